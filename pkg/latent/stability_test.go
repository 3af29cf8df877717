package latent_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"pgregory.net/rapid"

	"github.com/cortigen/cortigen/pkg/latent"
	"github.com/cortigen/cortigen/pkg/seed"
)

// trainings are codes of the same circuits: shared dimensions, turned differently by
// each, with noise and further dimensions of their own.
func trainings(n, circuits, shared, own int, noise float64, rng *rand.Rand) [][][]float64 {
	common := gaussian(circuits, shared, rng)
	codes := make([][][]float64, n)
	for k := range codes {
		codes[k] = gaussian(circuits, shared+own, rng)
		for i := range codes[k] {
			floats.Scale(noise, codes[k][i][:shared])
			floats.Add(codes[k][i][:shared], common[i])
		}
		codes[k] = rotate(codes[k], rng)
	}
	return codes
}

// Codes that share 3 of 5 dimensions with noise of variance 1/4 each: held-out
// correlations are 1/(1 + 1/4) = .8 for three pairs, fewer by the error of the fit,
// and 0 for two: .48 in the mean. Fitted ones are higher. Unrelated codes have none,
// and stand on their floor.
func TestCompareCodes(t *testing.T) {
	rng := stream(103)
	pair := trainings(2, 800, 3, 2, .5, rng)
	config := latent.StabilityConfig{Permutations: 49, Draws: 200}
	a, err := latent.CompareCodes(context.Background(), pair[0], pair[1], regions(800, 20), config, rng)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "mean canonical correlation", a.Canonical.Value, .48, .04)
	near(t, "first correlation", a.Correlations[0], .8, .05)
	near(t, "last correlation", a.Correlations[4], 0, .1)
	near(t, "floor", a.Floor, 0, .03)
	near(t, "p", a.P, .02, 1e-12)
	if a.Fitted < a.Canonical.Value+.01 || a.Canonical.Lo >= a.Canonical.Value || a.Canonical.Hi <= a.Canonical.Value || a.Canonical.N != 40 || a.Floor95 > .2 {
		t.Errorf("%+v", a)
	}
	// Σσ is 3 and each code's variance 3·1.25 + 2: R² is (3/5.75)².
	near(t, "Procrustes R²", a.Procrustes.Value, .272, .04)
	strangers, err := latent.CompareCodes(context.Background(), gaussian(120, 5, rng), gaussian(120, 5, rng), regions(120, 4), config, rng)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(strangers.Canonical.Value) > .1 || strangers.Fitted < .2 || strangers.P < .05 || strangers.Procrustes.Value > .05 {
		t.Errorf("unrelated codes: %+v", strangers)
	}
}

// Turning or moving either code changes nothing; a code and its own turn agree entirely.
func TestCompareCodesProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := stream(104, rapid.IntRange(0, 1<<20).Draw(t, "seed"))
		a := gaussian(40, 3, rng)
		b := trainings(1, 40, 3, 0, 1, rng)[0]
		for i := range b {
			floats.Add(b[i], a[i])
		}
		config := latent.StabilityConfig{Keep: 1, Permutations: -1, Draws: 10, Halvings: 2}
		compare := func(a, b [][]float64) latent.Agreement {
			r, err := latent.CompareCodes(context.Background(), a, b, regions(40, 4), config, stream(105))
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		moved := rotate(b, rng)
		for _, row := range moved {
			floats.AddConst(3, row)
		}
		before, after := compare(a, b), compare(rotate(a, rng), moved)
		if !floats.EqualApprox(before.Correlations, after.Correlations, 1e-7) || math.Abs(before.Procrustes.Value-after.Procrustes.Value) > 1e-7 {
			t.Fatalf("%+v before the turns, %+v after", before, after)
		}
		own := compare(a, rotate(a, rng))
		if math.Abs(own.Canonical.Value-1) > 1e-9 || math.Abs(own.Procrustes.Value-1) > 1e-9 || !math.IsNaN(own.P) {
			t.Fatalf("with itself: %+v", own)
		}
	})
}

func TestCompareTrainings(t *testing.T) {
	codes := trainings(3, 120, 2, 1, .3, stream(106))
	config := latent.StabilityConfig{Permutations: 9, Halvings: 2, Draws: 50}
	run := func(procs int) latent.Stability {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		s, err := latent.CompareTrainings(context.Background(), codes, regions(120, 6), config, 9)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	one, many := run(1), run(4)
	if fmt.Sprint(one) != fmt.Sprint(many) {
		t.Errorf("one processor\n%v\nfour\n%v", one, many)
	}
	sum := 0.
	for _, p := range one.Pairs {
		sum += p.Canonical.Value / 3
		if p.Floor95 > one.Floor95 {
			t.Errorf("a pair's floor %g is above %g", p.Floor95, one.Floor95)
		}
	}
	near(t, "mean over pairs", one.Canonical.Value, sum, 1e-12)
	if len(one.Pairs) != 3 || one.Trainings != 3 || one.Canonical.N != 20 {
		t.Errorf("%+v", one)
	}
}

// Two predictions of one truth that err apart correlate by the product of their
// correlations with it; two that err together by more.
func TestCompareProbes(t *testing.T) {
	const n = 4000
	rng := stream(107)
	truth, apart, together := make([]float64, n), make([][]float64, 3), make([][]float64, 2)
	for i := range truth {
		truth[i] = rng.NormFloat64()
		both := rng.NormFloat64()
		for k := range apart {
			apart[k] = append(apart[k], truth[i]+rng.NormFloat64())
		}
		for k := range together {
			together[k] = append(together[k], truth[i]+both)
		}
	}
	apart[0][3] = math.NaN()
	y := outcome(truth)
	a, err := latent.CompareProbes(y, apart, regions(n, 100), 100, rng)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "errors apart: correlation", a.Correlation.Value, .5, .05)
	near(t, "errors apart: through the truth", a.Through.Value, .5, .05)
	if a.Circuits != n-1 || a.Trainings != 3 || a.Correlation.N != 40 {
		t.Errorf("%+v", a)
	}
	b, err := latent.CompareProbes(y, together, nil, 10, rng)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "errors together: correlation", b.Correlation.Value, 1, 1e-12)
	near(t, "errors together: through the truth", b.Through.Value, .5, .05)
	c, err := latent.CompareProbes(latent.Outcome{Measure: "density"}, together, nil, 10, rng)
	if err != nil || !math.IsNaN(c.Through.Value) || math.Abs(c.Correlation.Value-1) > 1e-12 {
		t.Errorf("without true values: %+v (%v)", c, err)
	}
}

func TestStabilityErrors(t *testing.T) {
	ctx, rng := context.Background(), stream(108)
	a := gaussian(24, 3, rng)
	flat := make([][]float64, 24)
	for i := range flat {
		flat[i] = []float64{.1, .1}
	}
	cca := func(a, b [][]float64, keep float64) error { _, err := latent.FitCCA(a, b, keep); return err }
	procrustes := func(a, b [][]float64) error { _, err := latent.FitProcrustes(a, b); return err }
	codes := func(groups []string, config latent.StabilityConfig) error {
		_, err := latent.CompareCodes(ctx, a, a, groups, config, rng)
		return err
	}
	fit, err := latent.FitProcrustes(a, a)
	if err != nil {
		t.Fatal(err)
	}
	_, apply := fit.Apply(flat)
	_, carry := fit.Carry(latent.Direction{Measure: "decay", Vector: []float64{1}})
	_, _, variates := latent.CCA{}.Variates(a, a)
	_, one := latent.CompareTrainings(ctx, [][][]float64{a}, nil, latent.StabilityConfig{}, 1)
	_, unlike := latent.CompareTrainings(ctx, [][][]float64{a, a, a[:5]}, nil, latent.StabilityConfig{}, 1)
	_, oneProbe := latent.CompareProbes(outcome(nil), [][]float64{{1}}, nil, 5, rng)
	_, lengths := latent.CompareProbes(outcome(nil), [][]float64{{1, 2}, {1}}, nil, 5, rng)
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"rows":           {cca(a, a[:5], 0), "24 circuits in the first table, 5 in the second"},
		"flat code":      {cca(a, flat, 0), "the second table does not vary"},
		"few circuits":   {cca(a[:6], gaussian(6, 3, rng), 1), "6 circuits for 3 and 3 components: 8 are needed"},
		"keep":           {cca(a, a, 1.5), "keep 1.5"},
		"flat turn":      {procrustes(flat, a), "does not vary"},
		"NaN":            {procrustes([][]float64{{math.NaN()}}, a[:1]), "row 0, column 0 is NaN"},
		"apply":          {apply, "row 0 has 2 columns, the fit has 3"},
		"carry":          {carry, "1 dimensions, the fit has 3"},
		"variates":       {variates, "3 and 3 columns, fitted to 0 and 0"},
		"three regions":  {codes(regions(24, 8), latent.StabilityConfig{}), "3 regions: 4 are needed"},
		"groups":         {codes(regions(12, 3), latent.StabilityConfig{}), "24 circuits, 12 groups"},
		"config":         {codes(nil, latent.StabilityConfig{Keep: -1, Halvings: -1}), "-1 halvings"},
		"one training":   {one, "1 training"},
		"unlike":         {unlike, "trainings 0 and 2"},
		"one prediction": {oneProbe, "1 training"},
		"lengths":        {lengths, "give one each"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("%s: error %v, want it to say %q", name, c.err, c.want)
		}
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := latent.CompareTrainings(cancelled, [][][]float64{a, a}, nil, latent.StabilityConfig{}, seed.Seed(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
