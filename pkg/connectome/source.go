package connectome

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// source is what a user pointed at: a folder of files, or one file. It looks at
// the beginnings of files once, however many formats ask.
type source struct {
	path string
	// dir is the folder, and files the names of the regular files in it, sorted;
	// of one file, its folder and its name alone.
	dir   string
	files []string
	heads map[string][]byte
	// faults are files whose beginning cannot be read, and why.
	faults []error
}

func newSource(path string) (*source, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("connectome: open: %w", err)
	}
	s := &source{path: path, dir: path, heads: map[string][]byte{}}
	if !info.IsDir() {
		s.dir, s.files = filepath.Dir(path), []string{filepath.Base(path)}
		return s, nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, fmt.Errorf("connectome: open: %w", err)
	}
	for _, e := range entries {
		if info, err := os.Stat(filepath.Join(path, e.Name())); err == nil && info.Mode().IsRegular() {
			s.files = append(s.files, e.Name())
		}
	}
	return s, nil
}

// single reports whether one file was pointed at.
func (s *source) single() bool { return s.path != s.dir }

// name is what a reconstruction from here is called where it does not say
// itself: the folder's or file's name, less what tells the format.
func (s *source) name() string {
	base := filepath.Base(filepath.Clean(s.path))
	if !s.single() {
		return base
	}
	for trimmed := base; ; base = trimmed {
		trimmed = strings.TrimSuffix(base, filepath.Ext(base))
		if trimmed == "" || trimmed == base || !slices.Contains(knownExtensions, strings.ToLower(filepath.Ext(base))) {
			return base
		}
	}
}

// knownExtensions are those that a reconstruction's name does not keep.
var knownExtensions = []string{".gz", ".csv", ".tsv", ".txt", ".graphml", ".json", ".npz", ".h5", ".hdf5", ".parquet"}

// join returns the path of a file of the source.
func (s *source) join(file string) string { return filepath.Join(s.dir, file) }

// with returns the files that have the extension, itself or before .gz.
func (s *source) with(extension string) []string {
	var found []string
	for _, file := range s.files {
		if strings.HasSuffix(strings.TrimSuffix(strings.ToLower(file), ".gz"), extension) {
			found = append(found, file)
		}
	}
	return found
}

// table returns stem.csv or stem.csv.gz, "" where there is neither.
func (s *source) table(stem string) string {
	for _, file := range []string{stem + ".csv", stem + ".csv.gz"} {
		if slices.Contains(s.files, file) {
			return file
		}
	}
	return ""
}

// headBytes is how much of a file formats may look at to recognise it.
const headBytes = 1 << 13

// head returns the first bytes of a file, uncompressed where it is gzip by
// content; empty where there is no such file, or it cannot be read, which goes to
// faults.
func (s *source) head(file string) []byte {
	if head, known := s.heads[file]; known {
		return head
	}
	if !slices.Contains(s.files, file) {
		return nil
	}
	head, err := readHead(s.join(file))
	if err != nil {
		s.faults = append(s.faults, &ParseError{File: s.join(file), Err: err})
	}
	s.heads[file] = head
	return head
}

func readHead(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	plain, err := decompressed(f, path)
	if err != nil {
		return nil, err
	}
	head := make([]byte, headBytes)
	n, err := io.ReadFull(plain, head)
	switch {
	case errors.Is(err, io.EOF):
		return nil, errors.New("the file is empty")
	case errors.Is(err, io.ErrUnexpectedEOF): // shorter than a head, or cut short: reading will tell
		err = nil
	}
	return head[:n], err
}

// decompressed reads through gzip where the content is gzip; a name that ends in
// .gz promises it.
func decompressed(f io.Reader, name string) (io.Reader, error) {
	buffered := bufio.NewReaderSize(f, 1<<16)
	magic, _ := buffered.Peek(2)
	if !bytes.Equal(magic, gzipMagic) {
		if strings.HasSuffix(name, ".gz") {
			return nil, errors.New("not a gzip file, though its name says so")
		}
		return buffered, nil
	}
	z, err := gzip.NewReader(buffered)
	if err != nil {
		return nil, fmt.Errorf("not a gzip file: %w", err)
	}
	return z, nil
}

var gzipMagic = []byte{0x1f, 0x8b}

// header returns the words of a delimited table's first line, without byte-order
// mark and outer spaces; nil where the head holds none.
func (s *source) header(file string) []string {
	line, _, _ := bytes.Cut(s.head(file), []byte("\n"))
	r := csv.NewReader(bytes.NewReader(line))
	if strings.HasSuffix(strings.TrimSuffix(strings.ToLower(file), ".gz"), ".tsv") {
		r.Comma = '\t'
	}
	words, err := r.Read()
	if err != nil {
		return nil
	}
	for k, word := range words {
		words[k] = headerWord(word)
		if word := words[k]; slices.Contains(words[:k], word) && word != "" {
			fault := &ParseError{File: s.join(file), Line: 1, Column: word, Err: errors.New("the header has it twice")}
			if !slices.ContainsFunc(s.faults, func(f error) bool { return f.Error() == fault.Error() }) {
				s.faults = append(s.faults, fault)
			}
		}
	}
	return words
}

// headerWord is a column's name as written, less byte-order mark and outer
// spaces.
func headerWord(word string) string {
	return strings.TrimPrefix(strings.TrimSpace(word), "\ufeff")
}

// hasColumns reports whether a table's header has all the columns.
func (s *source) hasColumns(file string, columns ...string) bool {
	header := s.header(file)
	return !slices.ContainsFunc(columns, func(c string) bool { return !slices.Contains(header, c) })
}

// checksum is the SHA-256 over names and bytes of the files, in order, and what
// the reading changes of them.
func (s *source) checksum(files []string, r Reading) (string, error) {
	sum := sha256.New()
	if changed := (Reading{Unproofread: r.Unproofread, VoxelNM: r.VoxelNM, Format: r.Format, Population: r.Population}); changed != (Reading{}) {
		fmt.Fprintf(sum, "%+v\n", changed)
	}
	for _, file := range files {
		fmt.Fprintf(sum, "%s\n", file)
		f, err := os.Open(s.join(file))
		if err != nil {
			return "", fmt.Errorf("connectome: %w", err)
		}
		_, err = io.Copy(sum, f)
		if err = errors.Join(err, f.Close()); err != nil {
			return "", fmt.Errorf("connectome: %w", err)
		}
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// listing names some of the files, for an error.
func (s *source) listing() string {
	if len(s.files) == 0 {
		return "no files"
	}
	shown := s.files[:min(len(s.files), 12)]
	text := strings.Join(shown, ", ")
	if more := len(s.files) - len(shown); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
