package latent

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// keptVariance is the share of a code's variance that canonical correlation is asked
// about where no other is given: that of Raghu et al. 2017.
const keptVariance = .99

// CCA holds the pairs of directions, one in each of two tables with the same rows,
// along which the tables correlate most, each pair uncorrelated with those before.
type CCA struct {
	// A and B are the directions, [pairs][columns] of the first and second table;
	// along them the fitted rows have a sum of squares of 1.
	A [][]float64 `json:"a"`
	B [][]float64 `json:"b"`
	// CentreA and CentreB are the means of the fitted rows.
	CentreA []float64 `json:"centre_a"`
	CentreB []float64 `json:"centre_b"`
	// Correlations along the pairs over the FITTED rows, largest first. These are too
	// high, the more so the fewer rows: see [CompareCodes] for held-out ones.
	Correlations []float64 `json:"correlations"`
}

// FitCCA fits canonical correlation to two tables, [circuits][columns], of the same
// circuits. Each is first cut down to the leading principal components that hold a
// share of its variance, since canonical correlation else takes collapsed dimensions
// for as good as any (Raghu et al. 2017, SVCCA, arXiv:1706.05806); 0 means .99, 1
// keeps all but rounding. Both tables must vary, and circuits be more than the kept
// components of both together, or there is a correlation of 1 whatever they hold.
//
// Hotelling 1936, doi:10.1093/biomet/28.3-4.321; by singular values of QₐᵀQ_b, Björck
// & Golub 1973, doi:10.1090/S0025-5718-1973-0348991-3.
func FitCCA(a, b [][]float64, keep float64) (CCA, error) {
	if err := checkPair("canonical correlation", a, b); err != nil {
		return CCA{}, err
	}
	if keep == 0 {
		keep = keptVariance
	}
	if !(keep > 0 && keep <= 1) {
		return CCA{}, fmt.Errorf("latent: canonical correlation: keep %g of the variance: give a share up to 1, or 0 for %g", keep, keptVariance)
	}
	first, err := whiten("first", a, keep)
	if err != nil {
		return CCA{}, err
	}
	second, err := whiten("second", b, keep)
	if err != nil {
		return CCA{}, err
	}
	_, ka := first.scores.Dims()
	_, kb := second.scores.Dims()
	if len(a) < ka+kb+2 {
		return CCA{}, fmt.Errorf("latent: canonical correlation: %d circuits for %d and %d components: %d are needed", len(a), ka, kb, ka+kb+2)
	}
	var overlap mat.Dense
	overlap.Mul(first.scores.T(), second.scores)
	var svd mat.SVD
	if !svd.Factorize(&overlap, mat.SVDThin) {
		return CCA{}, errSVD
	}
	var u, v mat.Dense
	svd.UTo(&u)
	svd.VTo(&v)
	c := CCA{CentreA: first.centre, CentreB: second.centre, Correlations: svd.Values(nil), A: first.directions(&u), B: second.directions(&v)}
	for k, r := range c.Correlations {
		c.Correlations[k] = min(1, r)
	}
	return c, nil
}

// Variates returns the coordinates of other rows of the two tables along the pairs,
// [circuits][pairs] each.
func (c CCA) Variates(a, b [][]float64) (u, v [][]float64, err error) {
	if err := checkPair("canonical variates", a, b); err != nil {
		return nil, nil, err
	}
	if len(a[0]) != len(c.CentreA) || len(b[0]) != len(c.CentreB) {
		return nil, nil, fmt.Errorf("latent: canonical variates: tables of %d and %d columns, fitted to %d and %d", len(a[0]), len(b[0]), len(c.CentreA), len(c.CentreB))
	}
	return along(a, c.CentreA, c.A), along(b, c.CentreB, c.B), nil
}

// along returns the coordinates of rows, less a centre, along directions.
func along(x [][]float64, centre []float64, directions [][]float64) [][]float64 {
	coordinates := make([][]float64, len(x))
	from := make([]float64, len(centre))
	for i, row := range x {
		floats.SubTo(from, row, centre)
		coordinates[i] = make([]float64, 0, len(directions))
		for _, d := range directions {
			coordinates[i] = append(coordinates[i], floats.Dot(from, d))
		}
	}
	return coordinates
}

// checkPair wants two sound tables of the same rows.
func checkPair(what string, a, b [][]float64) error {
	if err := checkRows(what+": first table", a); err != nil {
		return err
	}
	if err := checkRows(what+": second table", b); err != nil {
		return err
	}
	if len(a) != len(b) {
		return fmt.Errorf("latent: %s: %d circuits in the first table, %d in the second: give codes of the same circuits", what, len(a), len(b))
	}
	return nil
}

// white is a table in its leading principal axes, each scaled to length 1.
type white struct {
	centre []float64
	scores *mat.Dense // [rows, kept], orthonormal columns
	axes   *mat.Dense // [columns, kept]
	values []float64  // singular values
}

func whiten(which string, x [][]float64, keep float64) (white, error) {
	m := dense(x, count(len(x)))
	w := white{centre: centre(m)}
	var svd mat.SVD
	if !svd.Factorize(m, mat.SVDThin) {
		return white{}, errSVD
	}
	w.values = svd.Values(nil)
	kept := leading(w.values, keep)
	if scale := floats.Norm(w.centre, 2) + w.values[0]; w.values[0] <= 1e-12*scale || kept == 0 {
		return white{}, fmt.Errorf("latent: canonical correlation: the %s table does not vary", which)
	}
	var u, v mat.Dense
	svd.UTo(&u)
	svd.VTo(&v)
	w.scores = mat.DenseCopyOf(u.Slice(0, len(x), 0, kept))
	w.axes = mat.DenseCopyOf(v.Slice(0, len(x[0]), 0, kept))
	return w, nil
}

// leading returns how many singular values hold a share of the sum of their squares,
// those of rounding left out.
func leading(values []float64, keep float64) int {
	total := floats.Dot(values, values)
	held, kept := 0., 0
	for kept < len(values) && values[kept] > 1e-9*values[0] && held < keep*total*(1-1e-12) {
		held += values[kept] * values[kept]
		kept++
	}
	return kept
}

// directions returns combinations of the kept axes in the columns' own units, a row
// for each column of m.
func (w white) directions(m *mat.Dense) [][]float64 {
	scaled := mat.DenseCopyOf(m)
	rows, pairs := scaled.Dims()
	for i := range rows {
		floats.Scale(1/w.values[i], scaled.RawRowView(i))
	}
	var d mat.Dense
	d.Mul(w.axes, scaled)
	all := make([][]float64, pairs)
	for k := range all {
		all[k] = mat.Col(nil, k, &d)
	}
	return all
}

// correlation returns the correlation of sums: n, Σu, Σv, Σu², Σv², Σuv. NaN where
// either does not vary.
func correlation(n, u, v, uu, vv, uv float64) float64 {
	varU, varV := uu-u*u/n, vv-v*v/n
	if !(varU > 1e-12*uu && varV > 1e-12*vv) {
		return math.NaN()
	}
	return min(1, max(-1, (uv-u*v/n)/math.Sqrt(varU*varV)))
}
