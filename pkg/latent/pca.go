package latent

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Components are the principal components of a table.
type Components struct {
	// Mean of each column, which was subtracted.
	Mean []float64 `json:"mean"`
	// Vectors are the components, [components][columns], of length 1, the one of
	// largest variance first. The entry of a vector that is largest in size is
	// positive (the first of equals), so that signs do not depend on the solver.
	Vectors [][]float64 `json:"vectors"`
	// Variances are those of the rows along each vector, with n − 1 in the
	// denominator.
	Variances []float64 `json:"variances"`
	// Explained is each variance's share of their sum; NaN where that is zero.
	Explained []float64 `json:"explained"`
}

// PCA returns the min(rows, columns) principal components of x, by singular
// value decomposition of the centred table. It wants two rows or more.
func PCA(x [][]float64) (Components, error) {
	if err := checkRows("principal components", x); err != nil {
		return Components{}, err
	}
	if len(x) < 2 {
		return Components{}, fmt.Errorf("latent: principal components: one row has no variance: give two or more")
	}
	centred := dense(x, count(len(x)))
	c := Components{Mean: centre(centred)}
	var svd mat.SVD
	if !svd.Factorize(centred, mat.SVDThin) {
		return Components{}, fmt.Errorf("latent: principal components: the singular value decomposition did not converge")
	}
	var v mat.Dense
	svd.VTo(&v)
	c.Variances = svd.Values(nil)
	for k, s := range c.Variances {
		c.Variances[k] = s * s / float64(len(x)-1)
		c.Vectors = append(c.Vectors, upright(mat.Col(nil, k, &v)))
	}
	total := floats.Sum(c.Variances)
	for _, variance := range c.Variances {
		share := math.NaN()
		if total > 0 {
			share = variance / total
		}
		c.Explained = append(c.Explained, share)
	}
	return c, nil
}

// Project returns the coordinates of each row of x, [rows][components].
func (c Components) Project(x [][]float64) ([][]float64, error) {
	projected := make([][]float64, len(x))
	for i, row := range x {
		if len(row) != len(c.Mean) {
			return nil, fmt.Errorf("latent: project: row %d has %d columns, the components have %d", i, len(row), len(c.Mean))
		}
		from := floats.SubTo(make([]float64, len(row)), row, c.Mean)
		projected[i] = make([]float64, len(c.Vectors))
		for k, v := range c.Vectors {
			projected[i][k] = floats.Dot(from, v)
		}
	}
	return projected, nil
}

// centre subtracts from each column of x its mean and returns the means.
func centre(x *mat.Dense) []float64 {
	rows, cols := x.Dims()
	means := make([]float64, cols)
	for i := range rows {
		floats.Add(means, x.RawRowView(i))
	}
	floats.Scale(1/float64(rows), means)
	for i := range rows {
		floats.Sub(x.RawRowView(i), means)
	}
	return means
}

// upright turns v round, in place, if its largest entry is negative.
func upright(v []float64) []float64 {
	floats.Scale(sense(v), v)
	return v
}

// sense returns −1 if the largest entry of v is negative, else 1. Entries within a
// part in 10⁹ of the largest count as equal to it.
func sense(v []float64) float64 {
	largest := floats.Norm(v, math.Inf(1))
	for _, entry := range v {
		if math.Abs(entry) >= largest*(1-1e-9) {
			return math.Copysign(1, entry)
		}
	}
	return 1
}
