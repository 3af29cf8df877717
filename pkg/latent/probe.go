package latent

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
)

// ErrUndefined means that a measure has too few defined values, or no spread,
// or too few regions with defined values, for a probe.
var ErrUndefined = errors.New("a probe is not defined")

// Outcome is a measure of every circuit: what a probe predicts.
type Outcome struct {
	Measure string    `json:"measure"`
	Values  []float64 `json:"values"` // NaN where undefined
}

// Probe predicts a measure from a code: Intercept + Weights·z.
type Probe struct {
	Measure string `json:"measure"`
	// Weights are in the measure's unit per unit of each input, Intercept in the
	// measure's unit.
	Weights   []float64 `json:"weights"`
	Intercept float64   `json:"intercept"`
	// Penalty that cross-validation chose; see ProbeConfig.Penalties.
	Penalty float64 `json:"penalty"`
	// Centre is the mean training input.
	Centre []float64 `json:"centre"`
	// Mean and SD are those of the measure over the training circuits.
	Mean float64 `json:"mean"`
	SD   float64 `json:"sd"`
	// N training circuits were used; Missing were left out as undefined.
	N       int `json:"n"`
	Missing int `json:"missing"`
}

// FitProbe fits a probe to all circuits of which the measure is defined. The
// penalty is the one of least error in cross-validation over groups. Inputs x
// are [circuits][dimensions]; groups may be nil. ErrUndefined when the measure
// does not vary or is defined in fewer than two groups.
func FitProbe(x [][]float64, y Outcome, groups []string, config ProbeConfig) (Probe, error) {
	p, err := newProblem(x, y, groups, config, 2)
	if err != nil {
		return Probe{}, err
	}
	return p.fit()
}

// problem is a regression with its undefined rows left out and its defaults
// filled in.
type problem struct {
	measure string
	kept    []int // of the caller's rows
	x       [][]float64
	y       []float64
	groups  []string
	blocks  [][]int
	missing int
	config  ProbeConfig
}

func newProblem(x [][]float64, y Outcome, groups []string, config ProbeConfig, minGroups int) (problem, error) {
	kept, err := defined(x, y, groups)
	if err := errors.Join(err, config.Validate()); err != nil {
		return problem{}, err
	}
	p := problem{
		measure: y.Measure, kept: kept, x: pick(x, kept), y: pick(y.Values, kept), groups: namesOf(groups, kept),
		missing: len(x) - len(kept), config: config.withDefaults(),
	}
	p.blocks = blocksOf(p.groups, len(kept))
	if len(p.blocks) < minGroups {
		return problem{}, fmt.Errorf("latent: probe of %s: %w: it has values in %d regions, and %d are needed", y.Measure, ErrUndefined, len(p.blocks), minGroups)
	}
	if floats.Max(p.y) == floats.Min(p.y) {
		return problem{}, fmt.Errorf("latent: probe of %s: %w: all %d values are %g", y.Measure, ErrUndefined, len(kept), p.y[0])
	}
	return p, nil
}

// defined returns the rows of which the measure is a number, after checking
// that shapes agree.
func defined(x [][]float64, y Outcome, groups []string) ([]int, error) {
	if err := checkRows("probe of "+y.Measure, x); err != nil {
		return nil, err
	}
	if len(y.Values) != len(x) || groups != nil && len(groups) != len(x) {
		return nil, fmt.Errorf("latent: probe of %s: %d circuits, %d values, %d groups", y.Measure, len(x), len(y.Values), len(groups))
	}
	var kept []int
	for i, value := range y.Values {
		if math.IsInf(value, 0) {
			return nil, fmt.Errorf("latent: probe of %s: value %d is infinite: give NaN where it is undefined", y.Measure, i)
		}
		if !math.IsNaN(value) {
			kept = append(kept, i)
		}
	}
	return kept, nil
}

func (p problem) fit() (Probe, error) {
	splits, err := newSplits(p.x, p.blocks, p.config.Inner, p.config.PerColumn)
	if err != nil {
		return Probe{}, err
	}
	r, err := newRidge(p.x, count(len(p.x)), p.config.PerColumn)
	if err != nil {
		return Probe{}, err
	}
	probe := Probe{
		Measure: p.measure, Penalty: bestPenalty(splits, p.y, p.config.Penalties), Centre: r.centre,
		N: len(p.y), Missing: p.missing,
	}
	probe.Intercept, probe.Weights = r.linear(p.y, probe.Penalty)
	probe.Mean, probe.SD = stat.MeanStdDev(p.y, nil)
	return probe, nil
}

// Predict returns the measure predicted for each row of x.
func (p Probe) Predict(x [][]float64) ([]float64, error) {
	predicted := make([]float64, len(x))
	for i, row := range x {
		if len(row) != len(p.Weights) {
			return nil, fmt.Errorf("latent: probe of %s: row %d has %d columns, the probe has %d", p.Measure, i, len(row), len(p.Weights))
		}
		predicted[i] = p.Intercept + floats.Dot(p.Weights, row)
	}
	return predicted, nil
}

// Attributions returns the SHAP values of each input for each row of x,
// [rows][dimensions], in the measure's unit: weight × (input − training mean),
// which is exact for a linear model of independent inputs, and adds up to the
// prediction less the prediction at the training mean. Lundberg & Lee 2017,
// arXiv:1705.07874, corollary 1.
func (p Probe) Attributions(x [][]float64) ([][]float64, error) {
	if _, err := p.Predict(x); err != nil {
		return nil, err
	}
	values := make([][]float64, len(x))
	for i, row := range x {
		values[i] = floats.SubTo(make([]float64, len(row)), row, p.Centre)
		floats.Mul(values[i], p.Weights)
	}
	return values, nil
}

// Score is how well a probe predicts circuits that it was not fitted to.
type Score struct {
	// R2 with its interval over groups; undefined (NaN) where the scored values
	// do not vary.
	R2 Interval `json:"r2"`
	// MeanR2 is the baseline: R² of predicting the training mean. It is 0 when
	// the scored circuits have that same mean, and negative otherwise.
	MeanR2 float64 `json:"mean_r2"`
	// N circuits were scored; Missing were left out as undefined.
	N       int `json:"n"`
	Missing int `json:"missing"`
}

// Score predicts other circuits and compares. Draws of 0 are 2,000.
func (p Probe) Score(x [][]float64, y Outcome, groups []string, draws int, rng *rand.Rand) (Score, error) {
	kept, err := defined(x, y, groups)
	if err != nil {
		return Score{}, err
	}
	predicted, err := p.Predict(pick(x, kept))
	if err != nil {
		return Score{}, err
	}
	mean := make([]float64, len(kept))
	floats.AddConst(p.Mean, mean)
	s := newScore(pick(y.Values, kept), predicted, mean, namesOf(groups, kept), draws, rng)
	s.Missing = len(x) - len(kept)
	return s, nil
}

func newScore(y, predicted, mean []float64, groups []string, draws int, rng *rand.Rand) Score {
	r2 := func(indices []int) float64 { return rSquared(y, predicted, indices) }
	return Score{R2: Bootstrap(groups, r2, draws, rng), MeanR2: rSquared(y, mean, count(len(y))), N: len(y)}
}

// Gain returns by how much the R² of one set of predictions exceeds that of
// another on the same circuits, with a paired interval over groups: for example
// of a code over density alone. Circuits of which y or a prediction is NaN are
// left out.
func Gain(y, with, without []float64, groups []string, draws int, rng *rand.Rand) (Interval, error) {
	if len(with) != len(y) || len(without) != len(y) || groups != nil && len(groups) != len(y) {
		return Interval{}, fmt.Errorf("latent: gain: %d values, %d and %d predictions, %d groups", len(y), len(with), len(without), len(groups))
	}
	var kept []int
	for i := range y {
		if !math.IsNaN(y[i] + with[i] + without[i]) {
			kept = append(kept, i)
		}
	}
	y, with, without = pick(y, kept), pick(with, kept), pick(without, kept)
	return Bootstrap(namesOf(groups, kept), func(indices []int) float64 {
		return rSquared(y, with, indices) - rSquared(y, without, indices)
	}, draws, rng), nil
}

// rSquared returns 1 − Σ(y−ŷ)²/Σ(y−ȳ)² over the given items; NaN when they do
// not vary.
func rSquared(y, predicted []float64, indices []int) float64 {
	mean := 0.0
	for _, i := range indices {
		mean += y[i]
	}
	mean /= float64(len(indices))
	var unexplained, total float64
	for _, i := range indices {
		unexplained += (y[i] - predicted[i]) * (y[i] - predicted[i])
		total += (y[i] - mean) * (y[i] - mean)
	}
	if total == 0 {
		return math.NaN()
	}
	return 1 - unexplained/total
}
