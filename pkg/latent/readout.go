package latent

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/cortigen/cortigen/pkg/seed"
)

// Readout is how well one measure is read from a code by few directions and by many.
// All R² are of the same circuits, each predicted from regions that it is not in.
type Readout struct {
	Measure string `json:"measure"`
	// Ridge reads all dimensions, with its penalty chosen inside the training part: a
	// probe.
	Ridge Interval `json:"ridge"`
	// PLS reads as many supervised directions as cross-validation inside the training
	// part chose for all measures together; Components are the numbers chosen, one per
	// fold.
	PLS        Interval `json:"pls"`
	Components []int    `json:"components"`
	// ByPCA, ByPLS and ByProfile are R² from 1, 2, 3 … directions: principal components
	// of the code; supervised ones; and principal components of the measures
	// themselves, each scaled to sd 1. The last see the circuit's own measures, this one
	// among them: what so few numbers could hold of all measures if that were all they
	// were for.
	ByPCA     []float64 `json:"by_pca"`
	ByPLS     []float64 `json:"by_pls"`
	ByProfile []float64 `json:"by_profile"`
	// N circuits have all measures; Missing were left out.
	N       int `json:"n"`
	Missing int `json:"missing"`
}

// CompareReadouts reads several measures from codes, [circuits][dimensions], by ridge,
// by PLS, and by principal components of the code and of the measures. Outer folds of
// whole groups are those of [CrossValidate] on the circuits that have all measures; a
// measure that does not vary over these has NaN. ErrUndefined when none varies or
// fewer than three groups have all measures.
func CompareReadouts(ctx context.Context, x [][]float64, outcomes []Outcome, groups []string, config ProbeConfig, s seed.Seed) ([]Readout, error) {
	t, err := newTables("readouts", x, outcomes, groups, config, 3)
	if err != nil {
		return nil, err
	}
	folds, err := newFolds(t.x, t.blocks, t.config.Folds, t.config.Inner, t.config.PerColumn)
	if err != nil {
		return nil, err
	}
	r := newReadings(t)
	for _, f := range folds {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("latent: readouts: %w", err)
		}
		if err := r.read(f); err != nil {
			return nil, err
		}
	}
	readouts := make([]Readout, len(t.measures))
	for k, measure := range t.measures {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("latent: readouts: %w", err)
		}
		y, rng := t.column(k), s.Stream("latent.readout "+measure)
		intervals := bootstrapAll(t.groups, func(indices []int) []float64 {
			return []float64{rSquared(y, r.ridge[k], indices), rSquared(y, r.pls[k], indices)}
		}, t.config.Draws, rng)
		readouts[k] = Readout{
			Measure: measure, Ridge: intervals[0], PLS: intervals[1], Components: r.components,
			ByPCA: curve(y, r.byPCA[k]), ByPLS: curve(y, r.byPLS[k]), ByProfile: curve(y, r.byProfile[k]),
			N: len(t.x), Missing: len(x) - len(t.x),
		}
	}
	return readouts, nil
}

// curve returns the R² of each set of predictions.
func curve(y []float64, predicted [][]float64) []float64 {
	r2 := make([]float64, len(predicted))
	for k, p := range predicted {
		r2[k] = rSquared(y, p, count(len(y)))
	}
	return r2
}

// readings are predictions of every circuit from folds that it is not in.
type readings struct {
	tables
	ridge, pls              [][]float64   // [measures][circuits]
	byPCA, byPLS, byProfile [][][]float64 // [measures][directions][circuits]
	components              []int
}

func newReadings(t tables) *readings {
	r := &readings{tables: t}
	rows := func(n int) [][]float64 {
		all := make([][]float64, n)
		for k := range all {
			all[k] = make([]float64, len(t.x))
		}
		return all
	}
	r.ridge, r.pls = rows(len(t.measures)), rows(len(t.measures))
	for range t.measures {
		r.byPCA, r.byPLS = append(r.byPCA, rows(len(t.x[0]))), append(r.byPLS, rows(len(t.x[0])))
		r.byProfile = append(r.byProfile, rows(len(t.measures)))
	}
	return r
}

// read predicts the test rows of a fold.
func (r *readings) read(f fold) error {
	for k := range r.measures {
		y := r.column(k)
		scatter(r.ridge[k], f.test, f.predict(y, bestPenalty(f.inner, y, r.config.Penalties)))
		for c, predicted := range f.byAxes(y) {
			scatter(r.byPCA[k][c], f.test, predicted)
		}
		for c := len(f.power); c < len(r.byPCA[k]); c++ { // fewer circuits than dimensions
			copyAt(r.byPCA[k][c], r.byPCA[k][c-1], f.test)
		}
	}
	if err := r.readPLS(f); err != nil {
		return err
	}
	return r.readProfile(f)
}

func (r *readings) readPLS(f fold) error {
	p := r.fit(f.train, len(r.x[0]))
	inner := make([][]int, len(f.inner))
	for k, s := range f.inner {
		inner[k] = s.test
	}
	chosen := floats.MinIdx(r.errors(inner, f.train))
	r.components = append(r.components, chosen)
	for components := range len(r.x[0]) + 1 {
		predicted, err := p.Predict(pick(r.x, f.test), components)
		if err != nil {
			return err
		}
		for i, row := range predicted {
			for k, v := range row {
				if components > 0 {
					r.byPLS[k][components-1][f.test[i]] = v
				}
				if components == chosen {
					r.pls[k][f.test[i]] = v
				}
			}
		}
	}
	return nil
}

// readProfile rebuilds the measures of the test rows from few of their principal
// components, which are those of the training rows.
func (r *readings) readProfile(f fold) error {
	y := dense(r.y, f.train)
	means := centre(y)
	scale := scales(y, true)
	divideColumns(y, scale)
	var svd mat.SVD
	if !svd.Factorize(y, mat.SVDThin) {
		return errSVD
	}
	var axes mat.Dense
	svd.VTo(&axes)
	_, kept := axes.Dims()
	for _, i := range f.test {
		from := floats.SubTo(make([]float64, len(means)), r.y[i], means)
		floats.Div(from, scale)
		rebuilt := make([]float64, len(means))
		for c := range r.measures {
			if c < kept {
				axis := mat.Col(nil, c, &axes)
				floats.AddScaled(rebuilt, floats.Dot(from, axis), axis)
			}
			for k := range r.measures {
				r.byProfile[k][c][i] = means[k] + scale[k]*rebuilt[k]
			}
		}
	}
	return nil
}

// byAxes returns what least squares on the first 1, 2, 3 … principal axes of the
// training rows predicts for the test rows.
func (s split) byAxes(y []float64) [][]float64 {
	mean, along := s.moments(y)
	predicted := make([][]float64, len(along))
	running := make([]float64, len(s.test))
	floats.AddConst(mean, running)
	for c, a := range along {
		if s.power[c] > 1e-12*s.power[0] {
			for k := range running {
				running[k] += s.probe.At(k, c) * a / s.power[c]
			}
		}
		predicted[c] = append([]float64(nil), running...)
	}
	return predicted
}

func scatter(into []float64, rows []int, values []float64) {
	for k, i := range rows {
		into[i] = values[k]
	}
}

func copyAt(into, from []float64, rows []int) {
	for _, i := range rows {
		into[i] = from[i]
	}
}
