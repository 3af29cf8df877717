package fidelity

import (
	"context"
	"fmt"
	"math"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/latent"
	"github.com/cortigen/cortigen/pkg/seed"
)

// Report is how well one answer foretells the edges of several circuits.
type Report struct {
	Name string `json:"name"`
	// Scores are those of each circuit, Region where each lies.
	Scores []Scores `json:"scores"`
	Region []string `json:"region"`
	// Means over circuits with 95 % intervals over regions.
	AUC     latent.Interval `json:"auc"`
	AP      latent.Interval `json:"ap"`
	LogLoss latent.Interval `json:"log_loss"`
	// ROC is the curve of all pairs of all circuits together.
	ROC Curve `json:"roc"`
	// Calibration is how often pairs of like probability are edges.
	Calibration Curve `json:"calibration"`
}

// Curve is points to draw.
type Curve struct {
	X []float64 `json:"x"`
	Y []float64 `json:"y"`
}

// Evaluate scores the probabilities that predict gives for each circuit, by
// index. Intervals come from the given number of draws.
func Evaluate(ctx context.Context, name string, circuits []*circuit.Circuit, predict func(i int) ([]float64, error), draws int, s seed.Seed) (Report, error) {
	all, regions := make([][]pair, len(circuits)), make([]string, len(circuits))
	for i, c := range circuits {
		if err := ctx.Err(); err != nil {
			return Report{}, fmt.Errorf("fidelity: %s: %w", name, err)
		}
		p, err := predict(i)
		if err != nil {
			return Report{}, fmt.Errorf("fidelity: %s: circuit %d: %w", name, i, err)
		}
		if all[i], err = scored(c, p); err != nil {
			return Report{}, fmt.Errorf("fidelity: %s: circuit %d: %w", name, i, err)
		}
		regions[i] = c.Origin().Region
	}
	return newReport(name, all, regions, draws, s), nil
}

// newReport scores the pairs of every circuit.
func newReport(name string, circuits [][]pair, regions []string, draws int, s seed.Seed) Report {
	r := Report{Name: name, Region: regions}
	var all []pair
	for _, pairs := range circuits {
		r.Scores = append(r.Scores, Scores{AUC: area(pairs), AP: averagePrecision(pairs), LogLoss: logLoss(pairs)})
		all = append(all, pairs...)
	}
	r.AUC = r.interval(AUC, draws, s)
	r.AP = r.interval(AP, draws, s)
	r.LogLoss = r.interval(LogLoss, draws, s)
	r.ROC, r.Calibration = roc(all), calibration(all)
	return r
}

// EvaluateBaseline scores a baseline.
func EvaluateBaseline(ctx context.Context, b Baseline, circuits []*circuit.Circuit, draws int, s seed.Seed) (Report, error) {
	return Evaluate(ctx, b.Name(), circuits, func(i int) ([]float64, error) { return b.Predict(circuits[i]), nil }, draws, s)
}

// The scores, for Paired.
func AUC(s Scores) float64     { return s.AUC }
func AP(s Scores) float64      { return s.AP }
func LogLoss(s Scores) float64 { return s.LogLoss }

func (r Report) interval(score func(Scores) float64, draws int, s seed.Seed) latent.Interval {
	values := make([]float64, len(r.Scores))
	for i := range values {
		values[i] = score(r.Scores[i])
	}
	return MeanOver(values, r.Region, draws, s)
}

// MeanOver returns the mean of the defined values with its interval over
// regions. The same seed resamples the same regions, so that reports of the
// same circuits are comparable.
func MeanOver(values []float64, region []string, draws int, s seed.Seed) latent.Interval {
	return latent.Bootstrap(region, func(indices []int) float64 {
		sum, n := 0.0, 0.0
		for _, i := range indices {
			if !math.IsNaN(values[i]) {
				sum += values[i]
				n++
			}
		}
		return sum / n // NaN of none
	}, draws, s.Stream("regions"))
}

// Paired returns the mean difference of a score, a less b, over the circuits
// that both reports are of, with its interval over regions.
func Paired(a, b Report, score func(Scores) float64, draws int, s seed.Seed) (latent.Interval, error) {
	if len(a.Scores) != len(b.Scores) {
		return latent.Interval{}, fmt.Errorf("fidelity: paired: %q has %d circuits, %q has %d", a.Name, len(a.Scores), b.Name, len(b.Scores))
	}
	differences := make([]float64, len(a.Scores))
	for i := range differences {
		if a.Region[i] != b.Region[i] {
			return latent.Interval{}, fmt.Errorf("fidelity: paired: circuit %d of %q lies in %s, of %q in %s", i, a.Name, a.Region[i], b.Name, b.Region[i])
		}
		differences[i] = score(a.Scores[i]) - score(b.Scores[i])
	}
	return MeanOver(differences, a.Region, draws, s), nil
}

// curvePoints is how many points a drawn curve has at most.
const curvePoints = 100

// roc returns false against true positive rate.
func roc(pairs []pair) Curve {
	var x, y []float64
	found, wrong := 0.0, 0.0
	steps(pairs, func(edges, others float64) {
		found += edges
		wrong += others
		x, y = append(x, wrong), append(y, found)
	})
	c := Curve{X: []float64{0}, Y: []float64{0}}
	if found == 0 || wrong == 0 {
		return c
	}
	next := 0.0
	for k := range x {
		if rate := x[k] / wrong; rate >= next || k == len(x)-1 {
			c.X, c.Y = append(c.X, rate), append(c.Y, y[k]/found)
			next = rate + 1./curvePoints
		}
	}
	return c
}

// calibrationBins hold as many pairs each.
const calibrationBins = 12

// calibration returns mean probability against the share of edges, in bins of
// as many pairs each.
func calibration(pairs []pair) Curve {
	steps(pairs, func(_, _ float64) {}) // sorts
	var c Curve
	for k := range calibrationBins {
		part := pairs[k*len(pairs)/calibrationBins : (k+1)*len(pairs)/calibrationBins]
		if len(part) == 0 {
			continue
		}
		p, edges := 0.0, 0.0
		for _, q := range part {
			p += q.p
			if q.edge {
				edges++
			}
		}
		c.X, c.Y = append(c.X, p/float64(len(part))), append(c.Y, edges/float64(len(part)))
	}
	return c
}
