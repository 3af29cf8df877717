package artifact

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/sbinet/npyio/npz"
	"gonum.org/v1/gonum/mat"
)

// Arrays are named matrices and vectors, kept as one npz file: each value is a
// *mat.Dense, a Tensor, or a slice of float64, float32, int64, int32, uint8, bool or
// string.
type Arrays map[string]any

// EncodeArrays returns the bytes of an npz file, the same for the same arrays.
func EncodeArrays(arrays Arrays) ([]byte, error) {
	var buffer bytes.Buffer
	if err := WriteArrays(&buffer, arrays); err != nil {
		return nil, err
	}
	return buffer.Bytes(), nil
}

// WriteArrays writes what EncodeArrays returns.
func WriteArrays(out io.Writer, arrays Arrays) error {
	w := npz.NewWriter(out)
	for _, name := range slices.Sorted(maps.Keys(arrays)) {
		value, err := arrays[name], error(nil)
		if t, ok := value.(Tensor); ok {
			value, err = t.array()
		}
		if err == nil {
			err = w.Write(name, value)
		}
		if err != nil {
			return fmt.Errorf("artifact: array %q of type %T: %w", name, arrays[name], err)
		}
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("artifact: arrays: %w", err)
	}
	return nil
}

// ArrayReader reads arrays from an npz file.
type ArrayReader struct {
	npz *npz.Reader
	// atMost is more elements than the file can hold.
	atMost int
}

// DecodeArrays opens the bytes of an npz file.
func DecodeArrays(data []byte) (*ArrayReader, error) {
	return NewArrayReader(bytes.NewReader(data), int64(len(data)))
}

// Names returns the arrays' names, sorted.
func (r *ArrayReader) Names() []string {
	names := slices.Clone(r.npz.Keys())
	slices.Sort(names)
	return names
}

// Read stores the named array in *into, whose type must be that of the array:
// a *mat.Dense for matrices, a pointer to a slice for vectors. A file that is
// not sound is ErrDamaged.
func (r *ArrayReader) Read(name string, into any) error {
	if !slices.Contains(r.npz.Keys(), name) {
		return fmt.Errorf("artifact: no array %q; there are %q", name, r.Names())
	}
	if err := r.read(name, into); err != nil {
		return fmt.Errorf("artifact: array %q into %T: %w", name, into, err)
	}
	return nil
}

// read guards npyio (v0.9.0), which panics on headers that are cut short and
// takes the memory that a header asks for before it looks for the data.
func (r *ArrayReader) read(name string, into any) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", ErrDamaged, p)
		}
	}()
	if err := r.checkHeaderLength(name); err != nil {
		return err
	}
	if header := r.npz.Header(name); header != nil {
		room := r.atMost
		for _, n := range header.Descr.Shape {
			if n < 0 || n > room {
				return fmt.Errorf("%w: its shape is %v", ErrDamaged, header.Descr.Shape)
			}
			room /= max(n, 1)
		}
	}
	return r.npz.Read(name, into)
}

// Matrix reads the named array as a matrix.
func (r *ArrayReader) Matrix(name string) (*mat.Dense, error) {
	var m mat.Dense
	if err := r.Read(name, &m); err != nil {
		return nil, err
	}
	return &m, nil
}

// checkHeaderLength refuses a header that says it is longer than its file.
func (r *ArrayReader) checkHeaderLength(name string) error {
	f, err := r.npz.Open(name)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	defer f.Close()
	// "\x93NUMPY", major, minor, and from version 2 on a length of four bytes
	// (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
	var start [12]byte
	if _, err := io.ReadFull(f, start[:]); err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if length := binary.LittleEndian.Uint32(start[8:]); start[6] >= 2 && int64(length) > int64(r.atMost) {
		return fmt.Errorf("%w: its header is said to be %d bytes long", ErrDamaged, length)
	}
	return nil
}
