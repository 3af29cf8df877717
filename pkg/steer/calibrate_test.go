package steer

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestTraverse(t *testing.T) {
	rig, linear := bench(t)
	d, err := linear.Direction("density")
	if err != nil {
		t.Fatal(err)
	}
	// From a start whose chord has ends that rounding could overstep.
	start := []float64{.123456789, -1.3, .777, .1}
	tr, err := rig.Traverse(t.Context(), d, nil, start, 32, 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(tr.Steps) != 9 || len(tr.Mean) != 9 || len(tr.Mean[0]) != len(rig.Reference.Names) {
		t.Fatalf("%d steps, means of %d", len(tr.Steps), len(tr.Mean))
	}
	if first, last := tr.Mean[0][0], tr.Mean[8][0]; last-first < 2 {
		t.Errorf("density goes from %.2f to %.2f sd along its direction", first, last)
	}
	if _, err := rig.Traverse(t.Context(), d, []float64{99}, nil, 1, 1); err == nil || !strings.Contains(err.Error(), "leaves the ball") {
		t.Errorf("a step outside gives %v", err)
	}
}

// Steps from one side of the ball to the other never overstep it by rounding.
func TestEvenlyStaysInside(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		least := rapid.Float64Range(-7, 0).Draw(t, "least")
		greatest := rapid.Float64Range(0, 7).Draw(t, "greatest")
		for _, step := range evenly(least, greatest, rapid.IntRange(2, 20).Draw(t, "n")) {
			if step < least || step > greatest {
				t.Fatalf("step %v is beyond %v to %v", step, least, greatest)
			}
		}
	})
}

// By hand: 99 % quantiles of chi-squared are 9.210 for 2 dimensions and 32.000
// for 16.
func TestRadius(t *testing.T) {
	if a, b := Radius(2), Radius(16); math.Abs(a-3.0349) > 1e-3 || math.Abs(b-5.6568) > 1e-3 {
		t.Errorf("radii are %.4f and %.4f", a, b)
	}
}

func TestMonotone(t *testing.T) {
	nan := math.NaN()
	for name, c := range map[string]struct {
		values []float64
		want   []Knot
	}{
		"rising":   {[]float64{1, 2, 3}, []Knot{{0, 1}, {1, 2}, {2, 3}}},
		"falling":  {[]float64{3, 2, 1}, []Knot{{0, 3}, {1, 2}, {2, 1}}},
		"violated": {[]float64{1, 3, 2, 4}, []Knot{{0, 1}, {1.5, 2.5}, {3, 4}}},
		"gaps":     {[]float64{1, nan, 3}, []Knot{{0, 1}, {2, 3}}},
		"flat":     {[]float64{2, 2}, []Knot{{.5, 2}}},
		"nothing":  {[]float64{nan, nan}, nil},
	} {
		steps := []float64{0, 1, 2, 3}[:len(c.values)]
		if got := monotone(steps, c.values); !slices.Equal(got, c.want) {
			t.Errorf("%s: knots are %v, want %v", name, got, c.want)
		}
	}
	for value, want := range map[float64]float64{1.5: .5, 1: 0, 4: 3, 3.25: 2.25} {
		step, within := cross([]Knot{{0, 1}, {1.5, 2.5}, {3, 4}}, value)
		if !within || math.Abs(step-want) > 1e-12 {
			t.Errorf("the curve has %g at %g (%v), want %g", value, step, within, want)
		}
	}
	if step, within := cross([]Knot{{0, 3}, {2, 1}}, 5); within || step != 0 {
		t.Errorf("beyond a falling curve the step is %g (%v)", step, within)
	}
}

// One code in a hundred of the prior lies outside: of 2,000 that are drawn none does.
func TestFromPrior(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	square := 0.
	for range 2000 {
		z := FromPrior(1, rng)[0]
		if square += z * z / 2000; math.Abs(z) > Radius(1) {
			t.Fatalf("a code at %g is outside the ball of radius %g", z, Radius(1))
		}
	}
	if math.Abs(square-.92) > .1 { // variance of a normal distribution cut at 2.576: 1 − 2·2.576·φ(2.576)/.99 = .925
		t.Errorf("the variance is %.3f", square)
	}
}
