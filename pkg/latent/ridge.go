package latent

import (
	"errors"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// ridge is all of a regression that does not depend on what is predicted: the
// training inputs in their own principal axes. With T = X·V, X centred and
// scaled, TᵀT is diagonal, and the weights that minimise
// mean (y − T·g)² + penalty·|g|² are g_k = (Tᵀy)_k / (power_k + n·penalty) for
// every penalty at once.
type ridge struct {
	centre, scale []float64  // of the input columns
	axes          *mat.Dense // V, [columns, axes]
	train         []int      // rows fitted to
	turned        *mat.Dense // T, [train, axes]
	power         []float64  // squared singular values
}

var errSVD = errors.New("latent: ridge: the singular value decomposition did not converge")

// newRidge prepares the regression on the given rows of x.
func newRidge(x [][]float64, train []int, perColumn bool) (*ridge, error) {
	m := dense(x, train)
	r := &ridge{train: train, centre: centre(m)}
	r.scale = scales(m, perColumn)
	divideColumns(m, r.scale)
	var svd mat.SVD
	if !svd.Factorize(m, mat.SVDThin) {
		return nil, errSVD
	}
	r.axes, r.turned = new(mat.Dense), new(mat.Dense)
	svd.VTo(r.axes)
	r.turned.Mul(m, r.axes)
	r.power = svd.Values(nil)
	floats.Mul(r.power, r.power)
	return r, nil
}

// scales returns what to divide the centred columns by: the root of their mean
// variance, or each column's own sd. A zero becomes 1.
func scales(centred *mat.Dense, perColumn bool) []float64 {
	rows, cols := centred.Dims()
	variance := make([]float64, cols)
	for j := range variance {
		column := mat.Col(nil, j, centred)
		variance[j] = floats.Dot(column, column) / float64(rows)
	}
	if !perColumn {
		mean := floats.Sum(variance) / float64(cols)
		for j := range variance {
			variance[j] = mean
		}
	}
	for j, v := range variance {
		if variance[j] = math.Sqrt(v); v == 0 {
			variance[j] = 1
		}
	}
	return variance
}

func divideColumns(m *mat.Dense, by []float64) {
	rows, _ := m.Dims()
	for i := range rows {
		floats.Div(m.RawRowView(i), by)
	}
}

// turn returns the given rows of x in the training rows' axes.
func (r *ridge) turn(x [][]float64, rows []int) *mat.Dense {
	m := dense(x, rows)
	for i := range rows {
		floats.Sub(m.RawRowView(i), r.centre)
	}
	divideColumns(m, r.scale)
	var turned mat.Dense
	turned.Mul(m, r.axes)
	return &turned
}

// moments returns the mean of y over the training rows and Tᵀy.
func (r *ridge) moments(y []float64) (mean float64, along []float64) {
	along = make([]float64, len(r.power))
	for _, i := range r.train {
		mean += y[i]
	}
	mean /= float64(len(r.train))
	for k, i := range r.train {
		floats.AddScaled(along, y[i]-mean, r.turned.RawRowView(k))
	}
	return mean, along
}

// shrunk returns the weights along the axes at a penalty.
func (r *ridge) shrunk(along []float64, penalty float64) []float64 {
	weights := make([]float64, len(along))
	for k, a := range along {
		weights[k] = a / (r.power[k] + float64(len(r.train))*penalty)
	}
	return weights
}

// linear returns intercept and weights in the inputs' own units.
func (r *ridge) linear(y []float64, penalty float64) (intercept float64, weights []float64) {
	mean, along := r.moments(y)
	var w mat.VecDense
	w.MulVec(r.axes, mat.NewVecDense(len(along), r.shrunk(along, penalty)))
	weights = floats.DivTo(make([]float64, w.Len()), w.RawVector().Data, r.scale)
	return mean - floats.Dot(weights, r.centre), weights
}

// split is a regression and the rows that it is tested on.
type split struct {
	*ridge
	test  []int
	probe *mat.Dense   // test rows in the training rows' axes
	gram  mat.SymDense // probeᵀ·probe
}

func newSplit(x [][]float64, train, test []int, perColumn bool) (split, error) {
	r, err := newRidge(x, train, perColumn)
	if err != nil {
		return split{}, err
	}
	s := split{ridge: r, test: test, probe: r.turn(x, test)}
	s.gram.SymOuterK(1, s.probe.T())
	return s, nil
}

// predict returns what is predicted for the test rows at a penalty.
func (s split) predict(y []float64, penalty float64) []float64 {
	mean, along := s.moments(y)
	weights := s.shrunk(along, penalty)
	predicted := make([]float64, len(s.test))
	for k := range predicted {
		predicted[k] = mean + floats.Dot(s.probe.RawRowView(k), weights)
	}
	return predicted
}

// addErrors adds to sums the sum of squared test errors at each penalty,
// |r|² − 2 gᵀb + gᵀGg with r = y − mean, b = probeᵀr and G = probeᵀ·probe, which
// costs the same for 10 test rows as for 10,000.
func (s split) addErrors(sums, y, penalties []float64) {
	mean, along := s.moments(y)
	own := 0.0
	across := make([]float64, len(along))
	for k, i := range s.test {
		residual := y[i] - mean
		own += residual * residual
		floats.AddScaled(across, residual, s.probe.RawRowView(k))
	}
	for p, penalty := range penalties {
		g := mat.NewVecDense(len(along), s.shrunk(along, penalty))
		sums[p] += own - 2*floats.Dot(g.RawVector().Data, across) + mat.Inner(g, &s.gram, g)
	}
}

// fold is a cross-validation split with the splits of its training part.
type fold struct {
	split
	inner []split
}

// newSplits returns one split per fold of the blocks, at most k of them.
func newSplits(x [][]float64, blocks [][]int, k int, perColumn bool) ([]split, error) {
	var splits []split
	for _, test := range merge(blocks, k) {
		train := rowsOf(without(blocks, test))
		s, err := newSplit(x, train, test, perColumn)
		if err != nil {
			return nil, err
		}
		splits = append(splits, s)
	}
	return splits, nil
}

// newFolds returns the outer folds of nested cross-validation.
func newFolds(x [][]float64, blocks [][]int, outer, inner int, perColumn bool) ([]fold, error) {
	splits, err := newSplits(x, blocks, outer, perColumn)
	if err != nil {
		return nil, err
	}
	folds := make([]fold, len(splits))
	for f, s := range splits {
		folds[f].split = s
		if folds[f].inner, err = newSplits(x, without(blocks, s.test), inner, perColumn); err != nil {
			return nil, err
		}
	}
	return folds, nil
}

// rowsOf returns the items of all blocks.
func rowsOf(blocks [][]int) []int {
	var rows []int
	for _, block := range blocks {
		rows = append(rows, block...)
	}
	return rows
}

// bestPenalty returns the penalty of least squared error over the splits.
func bestPenalty(splits []split, y, penalties []float64) float64 {
	sums := make([]float64, len(penalties))
	for _, s := range splits {
		s.addErrors(sums, y, penalties)
	}
	return penalties[floats.MinIdx(sums)]
}
