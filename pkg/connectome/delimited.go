package connectome

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
)

// dialect is how a table of unknown origin is written.
type dialect struct {
	// comma divides fields: ',', '\t', ';', or ' ' for any run of blanks and
	// tabs, where quotes mean nothing.
	comma byte
	// top is how many lines stand before the first row: comments and the header.
	top int
	// header has the columns' names; nil where the first line is a row already.
	header []string
	// fields is their number.
	fields int
}

// comment reports whether a line at the top of a table says something about it.
func comment(line []byte) bool { return len(line) > 0 && (line[0] == '#' || line[0] == '%') }

// dialectOf tells how a table is written from its first bytes; nil where it is
// no table with a header, or of two or three columns of numbers. Lines at the top
// that begin with # or % are comments, the last of which may be the header, as
// numpy and SNAP write it.
func dialectOf(head []byte) *dialect {
	// A line that the head cuts off tells nothing.
	if len(head) == headBytes {
		head = head[:bytes.LastIndexByte(head, '\n')+1]
	}
	d := &dialect{}
	var last []byte
	for {
		line, rest, more := bytes.Cut(head, []byte("\n"))
		line = bytes.TrimPrefix(bytes.TrimRight(line, "\r"), []byte("\ufeff"))
		if !comment(line) && len(bytes.TrimSpace(line)) > 0 {
			return d.first(line, bytes.TrimLeft(last, "#% \t"))
		}
		if !more {
			return nil
		}
		if comment(line) {
			last = line
		}
		d.top, head = d.top+1, rest
	}
}

// first decides by the first line that is no comment, and by the comment before.
func (d *dialect) first(line, said []byte) *dialect {
	if bytes.IndexByte(line, 0) >= 0 {
		return nil
	}
	d.comma = ' '
	for _, comma := range []byte("\t,;") {
		if bytes.IndexByte(line, comma) >= 0 {
			d.comma = comma
			break
		}
	}
	words := d.split(line)
	if words == nil {
		return nil
	}
	d.fields = len(words)
	if numbers(words) {
		for _, comma := range []byte{d.comma, ' ', ',', '\t'} {
			if header := (&dialect{comma: comma}).split(said); len(header) == len(words) && !numbers(header) {
				d.header = header
				return d
			}
		}
		if len(words) == 2 || len(words) == 3 {
			return d
		}
		return nil
	}
	d.header = words
	d.top++
	return d
}

// split returns the words of a line, nil where it cannot be divided.
func (d *dialect) split(line []byte) []string {
	if d.comma == ' ' {
		return strings.FieldsFunc(string(line), blank)
	}
	r := csv.NewReader(bytes.NewReader(line))
	r.Comma = rune(d.comma)
	words, err := r.Read()
	if err != nil {
		return nil
	}
	for k, word := range words {
		words[k] = headerWord(word)
	}
	return words
}

func blank(r rune) bool { return r == ' ' || r == '\t' }

// numbers reports whether a line is a row without a header: its first two words
// are whole numbers, the others numbers.
func numbers(words []string) bool {
	if len(words) < 2 {
		return false
	}
	for k, word := range words {
		if k < 2 && !digits(strings.TrimSpace(word)) {
			return false
		}
		if _, err := strconv.ParseFloat(strings.TrimSpace(word), 64); err != nil {
			return false
		}
	}
	return true
}

// digits reports whether a word is a whole number from 0.
func digits(word string) bool {
	return word != "" && strings.Trim(word, "0123456789") == ""
}

// rowReader gives the rows of a table; csv.Reader is one.
type rowReader interface {
	Read() ([]string, error)
	FieldPos(field int) (line, column int)
}

// open opens a table that is written in the dialect, before its first row.
func (d *dialect) open(path string) (*table, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("connectome: %w", err)
	}
	plain, err := decompressed(f, path)
	if err != nil {
		return nil, errors.Join(&ParseError{File: path, Err: err}, f.Close())
	}
	t, err := d.table(path, plain)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	t.closers = []io.Closer{f}
	return t, nil
}

// table is open for text that is at hand.
func (d *dialect) table(path string, text io.Reader) (*table, error) {
	t := &table{path: path, line: d.top, columns: map[string]int{}}
	names := d.names()
	for k, name := range names {
		t.columns[name] = k
	}
	if name := twice(names); name != "" {
		return nil, t.fail(name, errors.New("the header has it twice"))
	}
	lines := bufio.NewReaderSize(text, 1<<16)
	if err := d.skipTop(lines); err != nil {
		return nil, t.fail("", err)
	}
	if d.comma == ' ' {
		t.rows = &blankRows{lines: lines, line: d.top, fields: d.fields}
		return t, nil
	}
	rows := csv.NewReader(lines)
	rows.Comma, rows.ReuseRecord, rows.FieldsPerRecord = rune(d.comma), true, d.fields
	t.rows, t.above = rows, d.top
	return t, nil
}

// names returns one name a column: those of the header, or of what columns
// without one are.
func (d *dialect) names() []string {
	if d.header == nil {
		return []string{"pre", "post", "weight"}[:d.fields]
	}
	names := slices.Clone(d.header)
	for k, name := range names {
		if name == "" {
			names[k] = fmt.Sprintf("(column %d)", k+1)
		}
	}
	return names
}

// twice returns a name that is in a list more than once, "" where none is.
func twice(names []string) string {
	for k, name := range names {
		if slices.Contains(names[:k], name) {
			return name
		}
	}
	return ""
}

// skipTop passes over the lines before the first row.
func (d *dialect) skipTop(r *bufio.Reader) error {
	for range d.top {
		for {
			_, err := r.ReadSlice('\n')
			if err == nil || errors.Is(err, io.EOF) {
				break
			}
			if !errors.Is(err, bufio.ErrBufferFull) {
				return err
			}
		}
	}
	return nil
}

// blankRows reads rows whose fields are divided by blanks.
type blankRows struct {
	lines  *bufio.Reader
	line   int
	fields int
}

// Read returns the next row that is not empty.
func (b *blankRows) Read() ([]string, error) {
	for {
		text, err := b.lines.ReadString('\n')
		if text == "" {
			return nil, err
		}
		b.line++
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		row := strings.FieldsFunc(strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r"), blank)
		switch len(row) {
		case 0:
		case b.fields:
			return row, nil
		default:
			return row, csv.ErrFieldCount
		}
	}
}

// FieldPos returns the line of the row.
func (b *blankRows) FieldPos(int) (line, column int) { return b.line, 1 }

// column returns the first of the header's names that one of the aliases means,
// "" where there is none.
func (d *dialect) column(aliases ...string) string {
	names := d.names()
	for _, alias := range aliases {
		if k := slices.IndexFunc(names, func(name string) bool { return columnWord(name) == alias }); k >= 0 {
			return names[k]
		}
	}
	return ""
}

// columnWord is a column's name as aliases have it: lower case, with underscores.
func columnWord(name string) string {
	return strings.NewReplacer(" ", "_", "-", "_", ".", "_").Replace(strings.ToLower(name))
}
