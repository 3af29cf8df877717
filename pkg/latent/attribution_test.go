package latent_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"pgregory.net/rapid"

	"github.com/cortigen/cortigen/pkg/latent"
)

// curved is a surrogate in which three dimensions act together: of fewer, the sampling
// makes no error.
func curved(z []float64) float64 {
	return z[0]*z[1]*z[2] + math.Sin(z[2])*z[3] + z[0]*z[0]*z[1]*z[3]
}

// waves are the codes that the reference numbers were made from: 1.5·sin(1 + 4r + .7c²).
func waves() (x, background [][]float64) {
	for r := range 8 {
		row := make([]float64, 4)
		for c := range row {
			row[c] = 1.5 * math.Sin(1+4*float64(r)+.7*float64(c*c))
		}
		x = append(x, row)
	}
	return x[:2], x[2:]
}

// shapley returns the SHAP values of one code by their definition: the mean over all
// subsets of dimensions that come before, weighted by the number of their orders.
func shapley(f latent.Surrogate, z []float64, background [][]float64) []float64 {
	d := len(z)
	worth := make([]float64, 1<<d)
	mixed := make([]float64, d)
	for set := range worth {
		for _, b := range background {
			for k := range mixed {
				if mixed[k] = b[k]; set>>k&1 == 1 {
					mixed[k] = z[k]
				}
			}
			worth[set] += f(mixed) / float64(len(background))
		}
	}
	values := make([]float64, d)
	for set := range worth {
		n := bits.OnesCount(uint(set))
		for k := range values {
			if set>>k&1 == 0 {
				values[k] += (worth[set|1<<k] - worth[set]) * math.Gamma(float64(n)+1) * math.Gamma(float64(d-n)) / math.Gamma(float64(d)+1)
			}
		}
	}
	return values
}

// Reference: shap 0.51.0, explainers.Exact with maskers.Independent over the six
// background codes. Sampled values must lie within four of their own standard errors.
func TestExplainAgreesWithShap(t *testing.T) {
	x, background := waves()
	want := [][]float64{
		{0.037944073697980155, -0.20701296012651593, -0.7934497202956357, 0.35735552264818604},
		{0.8690119900374502, 0.5299990873366983, 0.27901528114968605, 0.2281552936377217},
	}
	a, err := latent.Explain(context.Background(), "density", curved, x, background, latent.AttributionConfig{Passes: 400}, 1)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "base", a.Base, 0.8918755334376579, 1e-12)
	for i := range x {
		exact := shapley(curved, x[i], background)
		for d := range want[i] {
			near(t, fmt.Sprintf("the definition, circuit %d, dimension %d", i, d), exact[d], want[i][d], 1e-12)
			near(t, fmt.Sprintf("sampled, circuit %d, dimension %d", i, d), a.Values[i][d], want[i][d], 4*a.Errors[i][d])
			if e := a.Errors[i][d]; e == 0 || e > .05 {
				t.Errorf("circuit %d, dimension %d has standard error %g: expected a small one", i, d, e)
			}
		}
	}
}

// Standard errors must be those of the estimate: the error in units of them has
// variance 1. Over 120 values that estimate has sd √(2/120) = .13, more since the
// values of a code hang together.
func TestExplainStandardErrorsAreRight(t *testing.T) {
	background := gaussian(5, 4, stream(50))
	x := gaussian(30, 4, stream(51))
	a, err := latent.Explain(context.Background(), "density", curved, x, background, latent.AttributionConfig{Passes: 50}, 2)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.
	for i, z := range x {
		for d, exact := range shapley(curved, z, background) {
			off := (a.Values[i][d] - exact) / a.Errors[i][d]
			sum += off * off / float64(4*len(x))
		}
	}
	if sum < .6 || sum > 1.6 {
		t.Errorf("squared errors are %.2f times what standard errors say", sum)
	}
}

// The error falls as one over the root of the passes, and importance settles.
func TestExplainConverges(t *testing.T) {
	a, err := latent.Explain(context.Background(), "density", curved, gaussian(20, 4, stream(52)), gaussian(8, 4, stream(53)), latent.AttributionConfig{Passes: 100}, 3)
	if err != nil {
		t.Fatal(err)
	}
	var passes []int
	for _, c := range a.Convergence {
		passes = append(passes, c.Passes)
	}
	if want := []int{1, 2, 4, 8, 16, 32, 64, 100}; !reflect.DeepEqual(passes, want) {
		t.Fatalf("states after %v passes, want %v", passes, want)
	}
	last, eighth := a.Convergence[7], a.Convergence[3]
	if !math.IsNaN(a.Convergence[0].Error) {
		t.Error("one pass claims a standard error")
	}
	near(t, "error after 100 passes over that after 8", last.Error/eighth.Error, math.Sqrt(8./100), .08)
	if !reflect.DeepEqual(last.Importance, a.Importance) {
		t.Error("the last state is not the result")
	}
}

// An order and its reverse cancel what pairs of dimensions do together, so one pass is
// exact where no three do: here against the definition.
func TestExplainIsExactForPairs(t *testing.T) {
	pairs := func(z []float64) float64 {
		return math.Exp(z[0])*z[1] + math.Sin(z[1])*z[2] - z[0]*math.Abs(z[3]) + z[4]*z[4]
	}
	x, background := gaussian(4, 5, stream(57)), gaussian(3, 5, stream(58))
	a, err := latent.Explain(context.Background(), "density", pairs, x, background, latent.AttributionConfig{Passes: 2}, 8)
	if err != nil {
		t.Fatal(err)
	}
	for i, z := range x {
		if want := shapley(pairs, z, background); !floats.EqualApprox(a.Values[i], want, 1e-12) {
			t.Errorf("circuit %d: %v, by definition %v", i, a.Values[i], want)
		}
	}
}

// A linear surrogate is exact: sampled values are those of the probe, whatever the
// seed. Any surrogate's values add up to it less the base, and a dimension that it
// does not look at has none.
func TestExplainKeepsTheAxioms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := stream(54, rapid.IntRange(0, 1<<20).Draw(t, "seed"))
		dims := rapid.IntRange(1, 7).Draw(t, "dimensions")
		x, background := gaussian(3, dims, rng), gaussian(rapid.IntRange(1, 6).Draw(t, "background"), dims, rng)
		p := latent.Probe{Measure: "density", Weights: gaussian(1, dims, rng)[0], Intercept: 3, Centre: make([]float64, dims)}
		for _, b := range background {
			floats.AddScaled(p.Centre, 1/float64(len(background)), b)
		}
		linear := func(z []float64) float64 { return p.Intercept + floats.Dot(p.Weights, z) }
		sampled, err := latent.Explain(context.Background(), "density", linear, x, background, latent.AttributionConfig{Passes: 2}, 4)
		if err != nil {
			t.Fatal(err)
		}
		exact, err := p.Explain(x)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(sampled.Base-exact.Base) > 1e-9 || !floats.EqualApprox(sampled.Importance, exact.Importance, 1e-9) {
			t.Fatalf("sampled %v, exact %v", sampled, exact)
		}
		for i := range x {
			if !floats.EqualApprox(sampled.Values[i], exact.Values[i], 1e-9) || floats.Max(sampled.Errors[i]) > 1e-9 {
				t.Fatalf("circuit %d: sampled %v ± %v, exact %v", i, sampled.Values[i], sampled.Errors[i], exact.Values[i])
			}
		}
		blind := func(z []float64) float64 { return math.Exp(z[0]) * math.Cos(floats.Sum(z[:(dims+1)/2])) }
		a, err := latent.Explain(context.Background(), "density", blind, x, background, latent.AttributionConfig{Passes: 2}, 5)
		if err != nil {
			t.Fatal(err)
		}
		for i, z := range x {
			if sum := floats.Sum(a.Values[i]); math.Abs(sum-(blind(z)-a.Base)) > 1e-9*(1+math.Abs(sum)) {
				t.Fatalf("circuit %d: values add up to %g, the surrogate less its base is %g", i, sum, blind(z)-a.Base)
			}
		}
		for d := (dims + 1) / 2; d < dims; d++ {
			if a.Importance[d] != 0 {
				t.Fatalf("dimension %d is not looked at and has importance %g", d, a.Importance[d])
			}
		}
	})
}

func TestExplainIsDeterministic(t *testing.T) {
	run := func(procs int) latent.Attribution {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		a, err := latent.Explain(context.Background(), "density", curved, gaussian(9, 4, stream(55)), gaussian(4, 4, stream(56)), latent.AttributionConfig{Passes: 3}, 6)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	if one, many := run(1), run(4); fmt.Sprint(one) != fmt.Sprint(many) {
		t.Errorf("one processor\n%v\nfour\n%v", one, many)
	}
}

func TestExplainErrors(t *testing.T) {
	x, background := waves()
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	nan := func(z []float64) float64 { return math.Log(z[0]) }
	mixed := func(z []float64) float64 { // finite at every code, not between them
		if z[0] == x[0][0] && z[1] != x[0][1] {
			return math.Inf(1)
		}
		return z[0]
	}
	for name, c := range map[string]struct {
		ctx        context.Context
		f          latent.Surrogate
		x          [][]float64
		background [][]float64
		passes     int
		want       string
	}{
		"no circuits":     {f: curved, background: background, want: "no rows"},
		"no background":   {f: curved, x: x, want: "background: no rows"},
		"dimensions":      {f: curved, x: [][]float64{{1, 2}}, background: background, want: "2 dimensions, the background has 4"},
		"one pass":        {f: curved, x: x, background: background, passes: 1, want: "2 or more passes"},
		"no surrogate":    {x: x, background: background, want: "a surrogate"},
		"NaN background":  {f: nan, x: x, background: background, want: "mean over the background is NaN"},
		"infinite mix":    {f: mixed, x: x, background: background, want: "circuit 0: the surrogate is not a finite number"},
		"cancelled":       {ctx: cancelled, f: curved, x: x, background: background, want: "canceled"},
		"a NaN dimension": {f: curved, x: [][]float64{{1, 2, math.NaN(), 4}}, background: background, want: "row 0, column 2 is NaN"},
	} {
		if c.ctx == nil {
			c.ctx = context.Background()
		}
		_, err := latent.Explain(c.ctx, "density", c.f, c.x, c.background, latent.AttributionConfig{Passes: c.passes}, 7)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want it to say %q", name, err, c.want)
		}
		if name == "cancelled" && !errors.Is(err, context.Canceled) {
			t.Errorf("error %v is not that of the context", err)
		}
	}
	if _, err := (latent.Probe{Measure: "density", Weights: []float64{1}}).Explain(x); err == nil {
		t.Error("a probe of another number of dimensions explains")
	}
}
