package artifact

import (
	"fmt"
	"reflect"
)

// Tensor is an array of float32 with any number of dimensions, row-major.
type Tensor struct {
	Shape  []int
	Values []float32
}

// size returns how many values the shape asks for, −1 where a dimension is
// below 1: an npz file here has no empty arrays with dimensions.
func (t Tensor) size() int {
	n := 1
	for _, d := range t.Shape {
		if d < 1 {
			return -1
		}
		n *= d
	}
	return n
}

// array returns the values as a Go array of the shape, which npyio writes with
// all its dimensions; of slices it knows only one.
func (t Tensor) array() (any, error) {
	if t.size() != len(t.Values) {
		return nil, fmt.Errorf("the shape %v does not fit %d values", t.Shape, len(t.Values))
	}
	kind := reflect.TypeFor[float32]()
	for i := len(t.Shape) - 1; i >= 0; i-- {
		kind = reflect.ArrayOf(t.Shape[i], kind)
	}
	array := reflect.New(kind)
	flat := reflect.NewAt(reflect.ArrayOf(len(t.Values), reflect.TypeFor[float32]()), array.UnsafePointer()).Elem()
	reflect.Copy(flat, reflect.ValueOf(t.Values))
	return array.Interface(), nil
}

// Tensor reads the named array of float32 with its shape.
func (r *ArrayReader) Tensor(name string) (Tensor, error) {
	var t Tensor
	if err := r.Read(name, &t.Values); err != nil {
		return Tensor{}, err
	}
	t.Shape = append(t.Shape, r.npz.Header(name).Descr.Shape...)
	if t.size() != len(t.Values) {
		return Tensor{}, fmt.Errorf("artifact: array %q: %w: its shape is %v, with %d values", name, ErrDamaged, t.Shape, len(t.Values))
	}
	return t, nil
}
