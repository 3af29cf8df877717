//go:build !race

// These take minutes under the race detector; factorposterior_repeat_test.go has what
// it should see.

package cortex

import (
	"math"
	"testing"
)

// Two neurons say nothing of the factors but the E share: their posterior is the
// prior, even over the range, of variance range²/12.
func TestFactorPosteriorOfNothingIsThePrior(t *testing.T) {
	p, err := FactorPosteriors(t.Context(), truths(t, 1, 2, 3), FactorPosteriorConfig{Draws: 500, Thin: 2, Annealing: 1}, 4)
	if err != nil {
		t.Fatal(err)
	}
	for k, f := range factors {
		if k == eShare || k == reciprocity { // classes tell of one, a cap binds the other
			continue
		}
		span := f.Max - f.Min
		if mean := (p[0].Mean[f.Name] - f.Min) / span; math.Abs(mean-.5) > .12 {
			t.Errorf("%s: mean at %.2f of its range, want .5", f.Name, mean)
		}
		if v := p[0].Variance[f.Name] / (span * span / 12); math.Abs(v-1) > .35 {
			t.Errorf("%s: variance %.2f of that of an even range", f.Name, v)
		}
	}
}

// A posterior is calibrated: over circuits, the mean square of what its mean misses
// is its variance, and the truth is within its spread. Means from the prior and
// from the truth agree.
func TestFactorPosteriorsAreCalibrated(t *testing.T) {
	all := truths(t, 8, 25, 11)
	posteriors, err := FactorPosteriors(t.Context(), all, FactorPosteriorConfig{Draws: 30, Thin: 3, Annealing: 150}, 5)
	if err != nil {
		t.Fatal(err)
	}
	var missed, apart float64
	names := []string{Density, Heterogeneity, Decay, Tilt, Forwardness}
	for i, p := range posteriors {
		for _, name := range names {
			f, each := all[i].Blueprint()[name], p.Variance[name]*float64(len(names)*len(all))
			missed += (f - p.Annealed[name]) * (f - p.Annealed[name]) / each
			apart += (p.Mean[name] - p.Annealed[name]) * (p.Mean[name] - p.Annealed[name]) / each
		}
	}
	// A chi-square of 40 lies within 1.8 times its mean in 99.9 %; a mean of 30 draws
	// that hang together adds to it.
	if !(missed > 1/1.8 && missed < 2.3) {
		t.Errorf("annealed means miss by %.2f of the posteriors' variances", missed)
	}
	if apart > .5 {
		t.Errorf("the two means lie apart by %.2f of the posteriors' variances: chains do not mix", apart)
	}
}
