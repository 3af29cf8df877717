package connectome

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// marks say what an HDF5 file seems to hold, by the names in it. What it does
// hold is seen when it is read.
type marks struct {
	hdf5                 bool
	nodes, edges, matrix bool
}

var hdf5Signature = []byte("\x89HDF\r\n\x1a\n")

// The names that tell; a longer one first, where one ends another.
var (
	nodeMark   = []byte("node_type_id")
	edgeMark   = []byte("source_node_id")
	matrixMark = []byte("vertex_properties")
)

// hdf5Files are the files of a source that may be HDF5: in a folder by their
// names, as there may be many large ones; one alone may be called anything.
func hdf5Files(s *source) []string {
	if s.single() {
		return s.files
	}
	return slices.Concat(s.with(".h5"), s.with(".hdf5"), s.with(".hdf"), s.with(".sonata"))
}

// marksOf looks through a file until something tells. Names may lie anywhere in
// an HDF5 file.
func marksOf(s *source, file string) (m marks) {
	if _, ok := signature(s.head(file)); !ok {
		return m
	}
	m.hdf5 = true
	f, err := os.Open(s.join(file))
	if err != nil {
		s.faults = append(s.faults, &ParseError{File: s.join(file), Err: err})
		return m
	}
	defer f.Close()
	const keep = 32 // longer than a mark
	window := make([]byte, keep+1<<20)
	kept := 0
	for {
		n, err := io.ReadFull(f, window[kept:])
		seen := window[:kept+n]
		m.matrix = m.matrix || bytes.Contains(seen, matrixMark)
		m.edges = m.edges || bytes.Contains(seen, edgeMark)
		m.nodes = m.nodes || bytes.Contains(seen, nodeMark)
		if err != nil || m.matrix || m.edges || m.nodes {
			return m
		}
		kept = copy(window, seen[max(0, len(seen)-keep):])
	}
}

// signature returns where an HDF5 file begins in its first bytes: at 0, or after
// a block of the user's.
func signature(head []byte) (at int, ok bool) {
	for at := 0; at+len(hdf5Signature) <= len(head); at = max(512, 2*at) {
		if bytes.HasPrefix(head[at:], hdf5Signature) {
			return at, true
		}
	}
	return 0, false
}

// uncut refuses HDF5 files that end before they say that they do, as broken
// downloads do.
func uncut(paths []string) error {
	for _, path := range paths {
		if err := uncutFile(path); err != nil {
			return &ParseError{File: path, Err: err}
		}
	}
	return nil
}

func uncutFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	head := make([]byte, headBytes)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("not an HDF5 file: %w", err)
	}
	at, ok := signature(head[:n])
	if !ok {
		return errors.New("not an HDF5 file: it does not begin as one")
	}
	end, ok := endOfFile(head[at:n])
	if !ok {
		return errors.New("not an HDF5 file: it ends within its first block")
	}
	if uint64(info.Size()) < end {
		return fmt.Errorf("it is cut short: it has %d bytes, and says that it has %d: fetch or copy it again", info.Size(), end)
	}
	return nil
}

// endOfFile is the end-of-file address in a superblock (HDF5 File Format
// Specification 3.0, section II.A), where its addresses have eight bytes.
func endOfFile(super []byte) (end uint64, ok bool) {
	if len(super) < 48 {
		return 0, false
	}
	at, size := 40, super[13] // version 0: after base and free-space addresses
	switch super[8] {
	case 1:
		at = 44
	case 2, 3:
		at, size = 28, super[9]
	}
	if size != 8 {
		return 0, true // rare; the library will tell
	}
	if len(super) < at+8 {
		return 0, false
	}
	return binary.LittleEndian.Uint64(super[at:]), true
}
