package artifact

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"github.com/sbinet/npyio/npz"
	"gonum.org/v1/gonum/mat"
)

// Arrays are named matrices and vectors, kept as one npz file: each value is a
// *mat.Dense, or a slice of float64, float32, int64, int32, uint8 or bool.
type Arrays map[string]any

// EncodeArrays returns the bytes of an npz file, the same for the same arrays.
func EncodeArrays(arrays Arrays) ([]byte, error) {
	var buffer bytes.Buffer
	w := npz.NewWriter(&buffer)
	for _, name := range slices.Sorted(maps.Keys(arrays)) {
		if err := w.Write(name, arrays[name]); err != nil {
			return nil, fmt.Errorf("artifact: array %q of type %T: %w", name, arrays[name], err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("artifact: arrays: %w", err)
	}
	return buffer.Bytes(), nil
}

// ArrayReader reads arrays from an npz file.
type ArrayReader struct {
	npz *npz.Reader
}

// DecodeArrays opens the bytes of an npz file.
func DecodeArrays(data []byte) (*ArrayReader, error) {
	r, err := npz.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fmt.Errorf("artifact: arrays: %w", err)
	}
	return &ArrayReader{npz: r}, nil
}

// Names returns the arrays' names, sorted.
func (r *ArrayReader) Names() []string {
	names := slices.Clone(r.npz.Keys())
	slices.Sort(names)
	return names
}

// Read stores the named array in *into, whose type must be that of the array:
// a *mat.Dense for matrices, a pointer to a slice for vectors.
func (r *ArrayReader) Read(name string, into any) error {
	if !slices.Contains(r.npz.Keys(), name) {
		return fmt.Errorf("artifact: no array %q; there are %q", name, r.Names())
	}
	if err := r.npz.Read(name, into); err != nil {
		return fmt.Errorf("artifact: array %q into %T: %w", name, into, err)
	}
	return nil
}

// Matrix reads the named array as a matrix.
func (r *ArrayReader) Matrix(name string) (*mat.Dense, error) {
	var m mat.Dense
	if err := r.Read(name, &m); err != nil {
		return nil, err
	}
	return &m, nil
}
