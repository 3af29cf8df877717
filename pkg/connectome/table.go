package connectome

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
)

// ParseError says where in a file something was wrong.
type ParseError struct {
	// File is the path as opened; Line counts from 1 and is 0 where the whole
	// file is meant; Column is the header's word, or "".
	File   string
	Line   int
	Column string
	Err    error
}

// Error gives file, line, column and what was wrong.
func (e *ParseError) Error() string {
	text := "connectome: " + e.File
	if e.Line > 0 {
		text += fmt.Sprintf(", line %d", e.Line)
	}
	if e.Column != "" {
		text += fmt.Sprintf(", column %q", e.Column)
	}
	return text + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *ParseError) Unwrap() error { return e.Err }

// table reads a CSV file with a header, row by row.
type table struct {
	path    string
	columns map[string]int
	rows    rowReader
	above   int // lines of the file before those that rows counts
	row     []string
	line    int
	closers []io.Closer
}

// readTable calls row for every row of a file.
func readTable(ctx context.Context, path string, row func(t *table) error) (err error) {
	t, err := openTable(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	return t.each(ctx, func() error { return row(t) })
}

// openTable opens a file and reads its header.
func openTable(path string) (*table, error) {
	t := &table{path: path}
	plain, err := t.open()
	if err != nil {
		return nil, err
	}
	rows := csv.NewReader(plain)
	rows.ReuseRecord = true
	t.rows = rows
	header, err := rows.Read()
	if err != nil {
		return nil, errors.Join(t.fail("", fmt.Errorf("no header: %w", err)), t.close())
	}
	t.line = 1
	t.columns = make(map[string]int, len(header))
	for k, name := range header {
		name = headerWord(name)
		if _, twice := t.columns[name]; twice {
			return nil, errors.Join(t.fail(name, errors.New("the header has it twice")), t.close())
		}
		t.columns[name] = k
	}
	return t, nil
}

// open returns the file's text, uncompressed.
func (t *table) open() (io.Reader, error) {
	f, err := os.Open(t.path)
	if err != nil {
		return nil, fmt.Errorf("connectome: %w", err)
	}
	t.closers = append(t.closers, f)
	plain, err := decompressed(f, t.path)
	if err != nil {
		return nil, errors.Join(t.fail("", err), t.close())
	}
	return plain, nil
}

func (t *table) close() error {
	var all error
	for _, c := range slices.Backward(t.closers) {
		all = errors.Join(all, c.Close())
	}
	return all
}

// fail is an error at the row being read.
func (t *table) fail(column string, err error) error {
	return &ParseError{File: t.path, Line: t.line, Column: column, Err: err}
}

// checkEvery is after how many rows a cancelled context is noticed.
const checkEvery = 1 << 14

// each calls f for every row.
func (t *table) each(ctx context.Context, f func() error) error {
	for n := 0; ; n++ {
		if n%checkEvery == 0 && ctx.Err() != nil {
			return fmt.Errorf("connectome: read %s: %w", t.path, ctx.Err())
		}
		var err error
		t.row, err = t.rows.Read()
		if len(t.row) > 0 {
			t.line, _ = t.rows.FieldPos(0)
			t.line += t.above
		}
		var fault *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, csv.ErrFieldCount):
			return t.fail("", fmt.Errorf("%d fields, the header has %d", len(t.row), len(t.columns)))
		case errors.As(err, &fault):
			t.line = fault.Line + t.above
			return t.fail("", fmt.Errorf("at byte %d of the line: %w", fault.Column, fault.Err))
		case err != nil:
			return t.fail("", fmt.Errorf("after this line: %w", err))
		}
		if err := f(); err != nil {
			return err
		}
	}
}

// text returns a field of the row; the column must exist.
func (t *table) text(column string) string { return t.row[t.columns[column]] }

// number returns a field as a number; an empty one, or one that says nan, is NaN.
func (t *table) number(column string) (float64, error) {
	field := strings.TrimSpace(t.text(column))
	if field == "" {
		return math.NaN(), nil
	}
	x, err := strconv.ParseFloat(field, 64)
	if err != nil || math.IsInf(x, 0) {
		return 0, t.fail(column, fmt.Errorf("%q is not a finite number", field))
	}
	return x, nil
}

// count returns a field as a synapse count.
func (t *table) count(column string) (int32, error) {
	field := strings.TrimSpace(t.text(column))
	x, err := strconv.ParseFloat(field, 64)
	if err != nil || x != math.Trunc(x) || x < 0 || x > math.MaxInt32 {
		return 0, t.fail(column, fmt.Errorf("%q is not a count", field))
	}
	return int32(x), nil
}

// flag returns a field that is 0 or 1.
func (t *table) flag(column string) (bool, error) {
	switch field := strings.TrimSpace(t.text(column)); field {
	case "1", "true", "True":
		return true, nil
	case "0", "false", "False":
		return false, nil
	default:
		return false, t.fail(column, fmt.Errorf("%q is neither 0 nor 1", field))
	}
}
