package mlx

import (
	"fmt"

	"github.com/gomlx/gomlx/core/tensors"
)

// Try runs f, which may build or run graphs, and turns a panic into an error
// that begins with the verb.
func Try(verb string, f func()) (err error) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case error:
			err = fmt.Errorf("mlx: %s: %w", verb, p)
		default:
			err = fmt.Errorf("mlx: %s: %v", verb, p)
		}
	}()
	f()
	return nil
}

// Tensor copies data, row-major, into a tensor of the given shape.
func Tensor(data []float32, shape ...int) *tensors.Tensor {
	return tensors.FromFlatDataAndDimensions(data, shape...)
}

// Floats copies a float32 tensor into a new slice, row-major.
func Floats(t *tensors.Tensor) ([]float32, error) {
	var out []float32
	err := Try("read tensor", func() { out = tensors.MustCopyFlatData[float32](t) })
	return out, err
}
