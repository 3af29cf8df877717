package latent

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// checkRows returns the first fault of a table: no rows, no columns, rows of
// different length, a number that is not finite.
func checkRows(what string, x [][]float64) error {
	if len(x) == 0 || len(x[0]) == 0 {
		return fmt.Errorf("latent: %s: no rows or no columns", what)
	}
	for i, row := range x {
		if len(row) != len(x[0]) {
			return fmt.Errorf("latent: %s: row %d has %d columns, row 0 has %d", what, i, len(row), len(x[0]))
		}
		for j, value := range row {
			if math.IsNaN(value) || math.IsInf(value, 0) {
				return fmt.Errorf("latent: %s: row %d, column %d is %g: leave such circuits out first", what, i, j, value)
			}
		}
	}
	return nil
}

// dense copies the given rows of x into a matrix.
func dense(x [][]float64, rows []int) *mat.Dense {
	m := mat.NewDense(len(rows), len(x[0]), nil)
	for k, i := range rows {
		m.SetRow(k, x[i])
	}
	return m
}

// pick returns the values at the given indices.
func pick[T any](values []T, indices []int) []T {
	picked := make([]T, len(indices))
	for k, i := range indices {
		picked[k] = values[i]
	}
	return picked
}

// count returns 0 … n−1.
func count(n int) []int {
	indices := make([]int, n)
	for i := range indices {
		indices[i] = i
	}
	return indices
}
