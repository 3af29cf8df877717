package steer

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"pgregory.net/rapid"

	"github.com/cortigen/cortigen/pkg/latent"
)

// To hold a measure must help: the probes are right, so its drift is near that of
// no step.
func TestHold(t *testing.T) {
	rig, linear := bench(t)
	requests := requestsFor("reciprocity", "density")
	answers, err := rig.Evaluate(t.Context(), linear, requests, 3)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range answers {
		if !(a.HeldDrift < .35) {
			t.Errorf("density was held and drifts by %.2f sd", a.HeldDrift)
		}
	}
}

// Weights tell what to read. Where codes vary together, the likely step follows
// them, and the probes see the same of both steps.
func TestLikely(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		const dim = 5
		var probes []latent.Probe
		for k := range 3 {
			p := latent.Probe{Measure: fmt.Sprint("m", k), SD: 1 + rng.Float64(), Weights: make([]float64, dim)}
			for j := range p.Weights {
				p.Weights[j] = rng.NormFloat64()
			}
			probes = append(probes, p)
		}
		mix, codes := make([][]float64, dim), make([][]float64, 60)
		for i := range mix {
			mix[i] = make([]float64, dim)
			for j := range mix[i] {
				mix[i][j] = rng.NormFloat64()
			}
		}
		for i := range codes {
			codes[i] = make([]float64, dim)
			for j := range dim {
				floats.AddScaled(codes[i], rng.NormFloat64(), mix[j])
			}
		}
		linear, err := NewLinear(probes...)
		if err != nil {
			t.Fatal(err)
		}
		likely, err := linear.Likely(codes)
		if err != nil {
			t.Fatal(err)
		}
		d, err := likely.Direction("m0", "m1", "m2")
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(floats.Norm(d.Vector, 2)-1) > 1e-9 {
			t.Fatalf("the direction has length %g", floats.Norm(d.Vector, 2))
		}
		moved := floats.Dot(probes[0].Weights, d.Vector) / probes[0].SD
		if math.Abs(moved-d.PerStep) > 1e-8*max(1, math.Abs(moved)) || !(moved > 0) {
			t.Fatalf("a step moves the probe by %g sd, and promises %g", moved, d.PerStep)
		}
		for _, held := range probes[1:] {
			if seen := floats.Dot(held.Weights, d.Vector); math.Abs(seen) > 1e-8 {
				t.Fatalf("the probe of %s sees %g of it", held.Measure, seen)
			}
		}
		// No other step that the probes see alike is more probable: its
		// Mahalanobis length is least.
		plain, err := linear.Direction("m0", "m1", "m2")
		if err != nil {
			t.Fatal(err)
		}
		a, b := mahalanobis(t, codes, d.Vector)/d.PerStep, mahalanobis(t, codes, plain.Vector)/plain.PerStep
		if a > b*(1+1e-9) {
			t.Fatalf("the likely step is %g codes' sd long per sd of the probe, the plain one %g", a, b)
		}
	})
}

// mahalanobis returns the length of v in sd of the codes, by solving with their
// covariance.
func mahalanobis(t *rapid.T, codes [][]float64, v []float64) float64 {
	dim := len(v)
	mean := make([]float64, dim)
	for _, c := range codes {
		floats.AddScaled(mean, 1/float64(len(codes)), c)
	}
	// Gaussian elimination on [C | v], C being small and positive.
	rows := make([][]float64, dim)
	for i := range rows {
		rows[i] = append(make([]float64, dim), v[i])
		for j := range dim {
			for _, c := range codes {
				rows[i][j] += (c[i] - mean[i]) * (c[j] - mean[j]) / float64(len(codes)-1)
			}
		}
	}
	for i := range rows {
		for k := range rows {
			if k != i {
				floats.AddScaled(rows[k], -rows[k][i]/rows[i][i], rows[i])
			}
		}
	}
	sum := 0.
	for i := range rows {
		sum += v[i] * rows[i][dim] / rows[i][i]
	}
	if !(sum > 0) {
		t.Fatalf("the squared length is %g", sum)
	}
	return math.Sqrt(sum)
}

// With codes that are spread alike in all directions there is nothing to follow.
func TestLikelyOfRoundCodesIsLinear(t *testing.T) {
	_, linear := bench(t)
	var codes [][]float64
	for j := range 4 {
		for _, sign := range []float64{-1, 1} {
			code := make([]float64, 4)
			code[j] = sign
			codes = append(codes, code)
		}
	}
	likely, err := linear.Likely(codes)
	if err != nil {
		t.Fatal(err)
	}
	a, errA := linear.Direction("reciprocity", "density")
	b, errB := likely.Direction("reciprocity", "density")
	if err := errors.Join(errA, errB); err != nil || !floats.EqualApprox(a.Vector, b.Vector, 1e-9) || math.Abs(a.PerStep-b.PerStep) > 1e-9 {
		t.Errorf("the directions are %v and %v (%v)", a, b, err)
	}
	if likely.Name() != "likely" || linear.Name() != "linear" {
		t.Errorf("the names are %q and %q", likely.Name(), linear.Name())
	}
	for name, bad := range map[string][][]float64{"one code": {{1, 2, 3, 4}}, "wrong dimension": {{1}, {2}}, "NaN": {{1, 2, 3, math.NaN()}, {1, 2, 3, 4}}} {
		if m, err := linear.Likely(bad); err == nil {
			if _, err := m.Direction("density"); err == nil {
				t.Errorf("%s is no error", name)
			}
		}
	}
	flat, err := linear.Likely([][]float64{{1, 1, 1, 1}, {1, 1, 1, 1}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := flat.Direction("density"); err == nil || !strings.Contains(err.Error(), "do not vary") {
		t.Errorf("codes that do not vary give %v", err)
	}
}

func TestNewLinearErrors(t *testing.T) {
	a := latent.Probe{Measure: "a", Weights: []float64{1, 0}, SD: 1}
	b := latent.Probe{Measure: "b", Weights: []float64{1}, SD: 1}
	if _, err := NewLinear(a, a); err == nil {
		t.Error("two probes of one measure are no error")
	}
	if _, err := NewLinear(a, b); err == nil {
		t.Error("probes of different dimensions are no error")
	}
}
