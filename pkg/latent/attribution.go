package latent

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"

	"golang.org/x/sync/errgroup"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"github.com/cortigen/cortigen/pkg/seed"
)

// Surrogate predicts one measure from a code of [dimensions]. It is called from
// several goroutines at once, must neither change nor keep its argument, and must
// give the same value for the same code.
type Surrogate func(z []float64) float64

// Attribution says what each dimension of the code contributes to the value that
// a surrogate gives a measure: its SHAP values.
type Attribution struct {
	Measure string `json:"measure"`
	// Base is the mean of the surrogate over the background, in the measure's unit.
	Base float64 `json:"base"`
	// Values are the SHAP values, [circuits][dimensions], in the measure's unit. A
	// circuit's add up to its surrogate less Base.
	Values [][]float64 `json:"values"`
	// Errors are the standard errors of Values from sampling, of the same shape; nil
	// where Values are exact.
	Errors [][]float64 `json:"errors,omitempty"`
	// Importance is the mean size of a dimension's Values over circuits, in the
	// measure's unit. Noise has size too: a dimension without any effect falls to 0
	// only as its Errors do.
	Importance []float64 `json:"importance"`
	// Convergence holds the state after 1, 2, 4 … passes and after the last.
	Convergence []Convergence `json:"convergence,omitempty"`
}

// Convergence is how far the sampling had come after so many passes.
type Convergence struct {
	Passes int `json:"passes"`
	// Error is the root mean squared standard error over circuits and dimensions, in
	// the measure's unit; NaN after one pass, which has no spread.
	Error      float64   `json:"error"`
	Importance []float64 `json:"importance"`
}

// AttributionConfig says how long to sample. The zero value is usable.
type AttributionConfig struct {
	// Passes over the background; 0 means 16 (ours). Two or more, for standard
	// errors.
	Passes int `json:"passes,omitempty"`
}

// Explain returns the SHAP values of the linear probe for each row of x, in the
// measure's unit: weight × (input − mean training input), exact for inputs that
// vary independently, as the dimensions of N(0, I) do. It is Attributions with
// its base and importance.
func (p Probe) Explain(x [][]float64) (Attribution, error) {
	if err := checkRows("attribution of "+p.Measure, x); err != nil {
		return Attribution{}, err
	}
	values, err := p.Attributions(x)
	if err != nil {
		return Attribution{}, err
	}
	return Attribution{Measure: p.Measure, Base: p.Intercept + floats.Dot(p.Weights, p.Centre), Values: values, Importance: meanSize(values)}, nil
}

// Explain estimates the SHAP values of any surrogate for each row of x,
// [circuits][dimensions], against a background of codes, say those of the
// training circuits. A dimension's value is what the surrogate changes by when the
// dimension is taken from the circuit instead of a background code, averaged over
// background codes and over the orders in which the dimensions are taken (Štrumbelj
// & Kononenko 2014, doi:10.1007/s10115-013-0679-x, algorithm 1; Lundberg & Lee
// 2017, arXiv:1705.07874).
//
// A pass takes every background code once, with an order drawn for it and that
// order reversed (Mitchell et al. 2022, arXiv:2104.12199). So each pass adds up
// exactly to the surrogate less its mean over the background; a surrogate in which no
// three dimensions act together, such as a linear or a quadratic one, is exact after
// one pass; and the spread between passes is what standard errors are made of.
// Dimensions are taken as independent of each other: mixed codes that no circuit has
// are asked about too.
//
// A surrogate that returns NaN or an infinity is an error. Cost: circuits × passes
// × background × 2·dimensions calls of the surrogate.
func Explain(ctx context.Context, measure string, f Surrogate, x, background [][]float64, config AttributionConfig, s seed.Seed) (Attribution, error) {
	e := explainer{f: f, background: background, passes: cmp.Or(config.Passes, 16)}
	if err := e.check(measure, x); err != nil {
		return Attribution{}, err
	}
	a := Attribution{Measure: measure}
	for _, z := range background {
		e.bases = append(e.bases, f(z))
	}
	a.Base = floats.Sum(e.bases) / float64(len(e.bases))
	if math.IsNaN(a.Base) || math.IsInf(a.Base, 0) {
		return Attribution{}, fmt.Errorf("latent: attribution of %s: the surrogate's mean over the background is %g: leave such codes out", measure, a.Base)
	}
	sampled := make([][][]float64, len(x)) // [circuits][passes][dimensions]
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(runtime.GOMAXPROCS(0))
	for i, z := range x {
		work.Go(func() (err error) {
			if sampled[i], err = e.sample(ctx, z, s.Stream("latent.attribution "+measure, i)); err != nil {
				err = fmt.Errorf("latent: attribution of %s: circuit %d: %w", measure, i, err)
			}
			return err
		})
	}
	if err := work.Wait(); err != nil {
		return Attribution{}, err
	}
	for passes := 1; ; passes = min(2*passes, e.passes) {
		a.Values, a.Errors = summarise(sampled, passes)
		a.Importance = meanSize(a.Values)
		a.Convergence = append(a.Convergence, Convergence{Passes: passes, Error: rootMeanSquare(a.Errors), Importance: a.Importance})
		if passes == e.passes {
			return a, nil
		}
	}
}

// explainer samples orders of dimensions.
type explainer struct {
	f          Surrogate
	background [][]float64
	bases      []float64 // f of each background code
	passes     int
}

func (e explainer) check(measure string, x [][]float64) error {
	if err := checkRows("attribution of "+measure, x); err != nil {
		return err
	}
	if err := checkRows("attribution of "+measure+": background", e.background); err != nil {
		return err
	}
	if len(x[0]) != len(e.background[0]) {
		return fmt.Errorf("latent: attribution of %s: circuits have %d dimensions, the background has %d", measure, len(x[0]), len(e.background[0]))
	}
	if e.f == nil || e.passes < 2 {
		return fmt.Errorf("latent: attribution of %s: a surrogate and 2 or more passes are needed, or 0 for 16", measure)
	}
	return nil
}

// sample returns a circuit's values in each pass, [passes][dimensions].
func (e explainer) sample(ctx context.Context, z []float64, rng *rand.Rand) ([][]float64, error) {
	top := e.f(z)
	sampled := make([][]float64, e.passes)
	mixed := make([]float64, len(z))
	for p := range sampled {
		sampled[p] = make([]float64, len(z))
		for b, from := range e.background {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			order := rng.Perm(len(z))
			e.add(sampled[p], mixed, from, z, order, 1, e.bases[b], top)
			e.add(sampled[p], mixed, z, from, order, -1, top, e.bases[b])
		}
		floats.Scale(.5/float64(len(e.background)), sampled[p])
		if sum := floats.Sum(sampled[p]); math.IsNaN(sum) || math.IsInf(sum, 0) {
			return nil, fmt.Errorf("the surrogate is not a finite number at this code or at a mixture with the background")
		}
	}
	return sampled, nil
}

// add walks from one code to another, a dimension at a time in the given order, and
// adds to each dimension's sum sign times what the surrogate changed by. Walked
// from the circuit, with sign −1, it is the reversed order: what is lost when a
// dimension leaves first is what it gains when it comes last.
func (e explainer) add(sums, mixed, from, to []float64, order []int, sign, first, last float64) {
	copy(mixed, from)
	for k, d := range order {
		next := last
		if mixed[d] = to[d]; k < len(order)-1 {
			next = e.f(mixed)
		}
		sums[d] += sign * (next - first)
		first = next
	}
}

// summarise returns the mean over the first passes and its standard error, NaN of
// one pass, [circuits][dimensions].
func summarise(sampled [][][]float64, passes int) (mean, standardError [][]float64) {
	mean, standardError = make([][]float64, len(sampled)), make([][]float64, len(sampled))
	column := make([]float64, passes)
	for i, of := range sampled {
		mean[i], standardError[i] = make([]float64, len(of[0])), make([]float64, len(of[0]))
		for d := range of[0] {
			for p := range column {
				column[p] = of[p][d]
			}
			var sd float64
			mean[i][d], sd = stat.MeanStdDev(column, nil)
			standardError[i][d] = sd / math.Sqrt(float64(passes))
		}
	}
	return mean, standardError
}

// meanSize returns the mean absolute value of each column.
func meanSize(x [][]float64) []float64 {
	sizes := make([]float64, len(x[0]))
	for _, row := range x {
		for d, v := range row {
			sizes[d] += math.Abs(v)
		}
	}
	floats.Scale(1/float64(len(x)), sizes)
	return sizes
}

func rootMeanSquare(x [][]float64) float64 {
	sum := 0.
	for _, row := range x {
		sum += floats.Dot(row, row)
	}
	return math.Sqrt(sum / float64(len(x)*len(x[0])))
}
