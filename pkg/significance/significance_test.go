package significance_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/latent"
	"github.com/cortigen/cortigen/pkg/nullmodel"
	"github.com/cortigen/cortigen/pkg/seed"
	"github.com/cortigen/cortigen/pkg/significance"
	"github.com/cortigen/cortigen/pkg/structure"
)

// drawn is a random circuit of a region of its own.
func drawn(t testing.TB, rng *rand.Rand, n int, p float64, region int) *circuit.Circuit {
	t.Helper()
	neurons := make([]circuit.Neuron, n)
	for i := range neurons {
		neurons[i] = circuit.Neuron{ID: strconv.Itoa(i), Sign: circuit.Excitatory, Class: "P", Position: circuit.NoPosition()}
	}
	var edges []circuit.Edge
	for i := range n {
		for j := range n {
			if i != j && rng.Float64() < p {
				edges = append(edges, circuit.Edge{Pre: i, Post: j})
			}
		}
	}
	c, err := circuit.New(neurons, edges)
	if err != nil {
		t.Fatal(err)
	}
	return c.WithOrigin(circuit.Origin{Region: fmt.Sprint("region-", region)})
}

func several(t testing.TB, count, n int, p float64) []*circuit.Circuit {
	rng := seed.Seed(5).Stream("circuits")
	var all []*circuit.Circuit
	for k := range count {
		all = append(all, drawn(t, rng, n, p, k))
	}
	return all
}

func null(t testing.TB, name string) nullmodel.Model {
	t.Helper()
	m, err := nullmodel.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func measures(t testing.TB, names ...string) significance.Statistic {
	t.Helper()
	s, err := significance.Measures(names...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// What is drawn from a null model is nothing special to it: p-values of circuits
// that were drawn from it are uniform, which makes the share below .1 a tenth, and
// z has mean 0 and sd 1. With 200 tests the bounds are four standard errors.
func TestNothingSpecialAboutADraw(t *testing.T) {
	const tests = 200
	model, s := null(t, "er"), measures(t, "reciprocity")
	rng := seed.Seed(3).Stream("worlds")
	low, sum, squares := 0, 0., 0.
	for k := range tests {
		c, err := nullmodel.ER(drawn(t, rng, 24, .2, 0), rng)
		if err != nil {
			t.Fatal(err)
		}
		r, err := significance.Test(t.Context(), []*circuit.Circuit{c}, model, s, significance.Config{Draws: 99}, seed.Seed(k))
		if err != nil {
			t.Fatal(err)
		}
		if r.Scores[0].P <= .1 {
			low++
		}
		sum += r.Scores[0].Z
		squares += r.Scores[0].Z * r.Scores[0].Z
	}
	// Ties and the two sides make the test a little strict, never loose.
	if share := float64(low) / tests; share > .1+4*math.Sqrt(.09/tests) || share < .02 {
		t.Errorf("%.3f of p-values are below .1", share)
	}
	if mean := sum / tests; math.Abs(mean) > 4/math.Sqrt(tests) {
		t.Errorf("z has mean %.3f", mean)
	}
	if sd := math.Sqrt(squares / tests); math.Abs(sd-1) > 4/math.Sqrt(2*tests) {
		t.Errorf("z has sd %.3f", sd)
	}
}

// A circuit whose every edge is returned stands out against chance, and not at all
// against the null model that keeps mutual degrees.
func TestPlantedReciprocity(t *testing.T) {
	var circuits []*circuit.Circuit
	for _, c := range several(t, 6, 40, .04) {
		both := map[circuit.Edge]bool{}
		for _, e := range c.EdgeList() {
			both[e], both[circuit.Edge{Pre: e.Post, Post: e.Pre}] = true, true
		}
		var edges []circuit.Edge
		for i := range c.Len() {
			for j := range c.Len() {
				if e := (circuit.Edge{Pre: i, Post: j}); both[e] {
					edges = append(edges, e)
				}
			}
		}
		c, err := c.WithEdges(edges)
		if err != nil {
			t.Fatal(err)
		}
		circuits = append(circuits, c)
	}
	s := measures(t, "reciprocity", "edges")
	for _, c := range []struct {
		null    string
		special bool
	}{{"er", true}, {"configuration", true}, {"degree_reciprocal", false}} {
		r, err := significance.Test(t.Context(), circuits, null(t, c.null), s, significance.Config{Draws: 100}, 1)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := r.Score("reciprocity")
		if !ok || got.Observed != 1 {
			t.Fatalf("%s: %+v", c.null, got)
		}
		if c.special && (got.Z < 10 || got.Percentile != 1 || got.P > .02 || got.LogRatio.Value < 1 || got.LogRatio.Lo < .5 || got.Beyond != 6) {
			t.Errorf("%s: %+v, want it to stand out", c.null, got)
		}
		if !c.special && (!math.IsNaN(got.Z) || got.Percentile != .5 || got.P != 1 || got.LogRatio.Value != 0 || got.Beyond != 0) {
			t.Errorf("%s: %+v, want nothing", c.null, got)
		}
		// Every null model keeps the number of edges: no spread, no z.
		if e, _ := r.Score("edges"); !math.IsNaN(e.Z) || e.SD != 0 || e.Percentile != .5 {
			t.Errorf("%s: edges: %+v", c.null, e)
		}
	}
}

// By hand: a draw's mean is over circuits that have the number.
func TestUndefinedNumbers(t *testing.T) {
	circuits := append(several(t, 2, 12, .3), drawn(t, seed.Seed(1).Stream("x"), 12, 0, 9))
	s := measures(t, "reciprocity", "density", "path_length")
	r, err := significance.Test(t.Context(), circuits, null(t, "er"), s, significance.Config{Draws: 20}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Scores[0]; got.Circuits != 2 || got.Draws != 20 || math.IsNaN(got.Z) {
		t.Errorf("reciprocity, which the circuit without edges lacks: %+v", got)
	}
	if got := r.Scores[1]; got.Circuits != 3 {
		t.Errorf("density: %+v", got)
	}
	want := (structure.Reciprocity(circuits[0]) + structure.Reciprocity(circuits[1])) / 2
	if got := r.Scores[0].Observed; math.Abs(got-want) > 1e-15 {
		t.Errorf("observed %v, want %v", got, want)
	}
	nobody := significance.Statistic{Names: []string{"none"}, Of: func(*circuit.Circuit) []float64 { return []float64{math.NaN()} }}
	r, err = significance.Test(t.Context(), circuits, null(t, "er"), nobody, significance.Config{Draws: 20}, 1)
	if err != nil {
		t.Fatal(err)
	}
	got := r.Scores[0]
	for name, v := range map[string]float64{"observed": got.Observed, "z": got.Z, "p": got.P, "percentile": got.Percentile, "ratio": got.LogRatio.Value, "median": got.Spread[2]} {
		if !math.IsNaN(v) {
			t.Errorf("%s is %v, want NaN", name, v)
		}
	}
	if got.Circuits != 0 || got.Draws != 0 {
		t.Errorf("%+v", got)
	}
}

// p and percentile by hand, from draws that are 0, 1, 2 … by turns.
func TestMonteCarlo(t *testing.T) {
	c := several(t, 1, 6, .5)
	for _, k := range []struct {
		observed, percentile, p float64
	}{
		{-1, 0, 2. / 11}, {10, 1, 2. / 11}, {4.5, .5, 1}, {1, .15, 2 * 3. / 11},
	} {
		// The observed circuit is asked first, then ten draws.
		values := make(chan float64, 11)
		values <- k.observed
		for i := range 10 {
			values <- float64(i)
		}
		s := significance.Statistic{Names: []string{"counted"}, Of: func(*circuit.Circuit) []float64 { return []float64{<-values} }}
		r, err := significance.Test(t.Context(), c, null(t, "er"), s, significance.Config{Draws: 10}, 1)
		if err != nil {
			t.Fatal(err)
		}
		got := r.Scores[0]
		if math.Abs(got.Percentile-k.percentile) > 1e-12 || math.Abs(got.P-k.p) > 1e-12 {
			t.Errorf("%v among 0 to 9: percentile %v, p %v; want %v, %v", k.observed, got.Percentile, got.P, k.percentile, k.p)
		}
		// 0 to 9 have mean 4.5 and variance 82.5/9.
		if z := (k.observed - 4.5) / math.Sqrt(82.5/9); math.Abs(got.Z-z) > 1e-12 {
			t.Errorf("z of %v is %v, want %v", k.observed, got.Z, z)
		}
	}
}

// A number that draws have always, but another one, is the plainest finding: a
// triangle of mutual pairs among 60 neurons, where three pairs in 1,770 are hardly
// ever found together. z is not defined; p, q and counts say what there is.
func TestDrawsThatDoNotVary(t *testing.T) {
	var edges []circuit.Edge
	for i := range 3 {
		for j := range 3 {
			if i != j {
				edges = append(edges, circuit.Edge{Pre: i, Post: j})
			}
		}
	}
	c, err := drawn(t, seed.Seed(1).Stream("empty"), 60, 0, 0).WithEdges(edges)
	if err != nil {
		t.Fatal(err)
	}
	r, err := significance.Test(t.Context(), []*circuit.Circuit{c}, null(t, "reciprocal_er"), measures(t, "triad_300", "edges"), significance.Config{Draws: 99}, 1)
	if err != nil {
		t.Fatal(err)
	}
	r = significance.Correct(r)[0]
	s := r.Scores[0]
	if !math.IsNaN(s.Z) || s.SD != 0 || s.Percentile != 1 || s.P != .02 || s.Q != .02 || s.Beyond != 1 || !s.Tested() || !s.StandsOut() {
		t.Errorf("%+v, want it to stand out without z", s)
	}
	if s := r.Scores[1]; s.Tested() || s.StandsOut() || !math.IsNaN(s.Q) {
		t.Errorf("%+v, want nothing to be tested", s)
	}
	if beyond, tested := r.Beyond([]string{"triad_300", "edges", "absent"}); beyond != 1 || tested != 1 {
		t.Errorf("%d of %d stand out, want 1 of 1", beyond, tested)
	}
}

// By hand: two circuits at 10 and 0, of which every third draw lacks the number.
// Were means taken over whoever has it, draws of one circuit would stand beside
// those of the other; they are all 5. A third has it in too few draws to count, and
// a fourth in none: neither takes the ratio with it.
func TestDrawsWithoutTheNumber(t *testing.T) {
	circuits := several(t, 4, 6, .5)
	var asked [4]int
	of := func(c *circuit.Circuit) []float64 {
		k := int(c.Origin().Region[len("region-")] - '0')
		asked[k]++
		missing := [4]bool{asked[k]%3 == 2, asked[k]%3 == 0, asked[k] > 5, asked[k] > 1}[k]
		if missing {
			return []float64{math.NaN()}
		}
		return []float64{[4]float64{10, 0, 7, 7}[k]}
	}
	before := runtime.GOMAXPROCS(1) // the statistic counts
	defer runtime.GOMAXPROCS(before)
	r, err := significance.Test(t.Context(), circuits, null(t, "er"), significance.Statistic{Names: []string{"x"}, Of: of}, significance.Config{Draws: 12}, 1)
	if err != nil {
		t.Fatal(err)
	}
	s := r.Scores[0]
	if s.Circuits != 2 || s.Draws != 8 || s.Observed != 5 || s.Mean != 5 || s.SD != 0 || s.Percentile != .5 || s.LogRatio.Value != 0 {
		t.Errorf("%+v, want 2 circuits, 8 draws, 5 everywhere", s)
	}
}

func TestSameOnAnyNumberOfCores(t *testing.T) {
	circuits, s := several(t, 3, 30, .15), measures(t, "clustering", "triad_030T", "path_length")
	first := ""
	for k, cores := range []int{1, 2, 7} {
		before := runtime.GOMAXPROCS(cores)
		r, err := significance.Test(t.Context(), circuits, null(t, "configuration"), s, significance.Config{Draws: 16}, 4)
		runtime.GOMAXPROCS(before)
		if err != nil {
			t.Fatal(err)
		}
		text := fmt.Sprintf("%x", r) // every bit of every number
		if k == 0 {
			first = text
		} else if text != first {
			t.Errorf("on %d cores another report", cores)
		}
	}
}

func TestErrors(t *testing.T) {
	one := several(t, 1, 8, .3)
	s := measures(t, "density")
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	bad := significance.Statistic{Names: []string{"a", "b"}, Of: func(*circuit.Circuit) []float64 { return []float64{1} }}
	for name, c := range map[string]struct {
		ctx      context.Context
		circuits []*circuit.Circuit
		null     string
		s        significance.Statistic
		cfg      significance.Config
		want     string
	}{
		"no circuits":     {t.Context(), nil, "er", s, significance.Config{}, "no circuit"},
		"shared neurons":  {t.Context(), append(one, one...), "er", s, significance.Config{}, "connectome.Disjoint"},
		"one draw":        {t.Context(), one, "er", s, significance.Config{Draws: 1}, "2 or more"},
		"negative":        {t.Context(), one, "er", s, significance.Config{Resamples: -1}, "resamples is -1"},
		"no positions":    {t.Context(), one, "distance", s, significance.Config{}, "position"},
		"no statistic":    {t.Context(), one, "er", significance.Statistic{}, significance.Config{}, "no names"},
		"wrong statistic": {t.Context(), one, "er", bad, significance.Config{}, "1 numbers for 2 names"},
		"cancelled":       {cancelled, one, "er", s, significance.Config{}, "context canceled"},
	} {
		_, err := significance.Test(c.ctx, c.circuits, null(t, c.null), c.s, c.cfg, 1)
		if err == nil || !strings.HasPrefix(err.Error(), "significance: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error is %v, want one with %q", name, err, c.want)
		}
		if name == "cancelled" && !errors.Is(err, context.Canceled) {
			t.Errorf("%v is not context.Canceled", err)
		}
	}
	if _, err := significance.Measures("reciprocty"); err == nil || !strings.Contains(err.Error(), `"reciprocity"`) {
		t.Errorf("misspelt: %v", err)
	}
	if _, err := significance.Measures(); err == nil {
		t.Error("no measures: no error")
	}
}

// Correct looks at all reports together and leaves out what cannot vary.
func TestCorrect(t *testing.T) {
	a := significance.Report{Scores: []significance.Score{{Z: 3, P: .01}, {Z: math.NaN(), P: 1, Percentile: .5}}}
	b := significance.Report{Scores: []significance.Score{{Z: 1, P: .3}, {Z: 2, P: .04}}}
	got := significance.Correct(a, b)
	// By hand: .01·3/1, .04·3/2, .3·3/3.
	for k, want := range []float64{.03, .3, .06} {
		q := []float64{got[0].Scores[0].Q, got[1].Scores[0].Q, got[1].Scores[1].Q}[k]
		if math.Abs(q-want) > 1e-15 {
			t.Errorf("q %d is %v, want %v", k, q, want)
		}
	}
	if q := got[0].Scores[1].Q; !math.IsNaN(q) {
		t.Errorf("q of what does not vary is %v", q)
	}
	if a.Scores[0].Q != 0 {
		t.Error("the input was changed")
	}
}

func TestTable(t *testing.T) {
	header, rows := significance.Report{Null: "er", Scores: []significance.Score{
		{Measure: "reciprocity", Observed: .25, Mean: .1, SD: .02, Z: 7.5, Percentile: 1, Q: .01, LogRatio: latent.Interval{Value: math.Log(2.5), Lo: 0, Hi: math.Log(4)}},
		{Measure: "edges", Observed: 40, Mean: 40, Z: math.NaN(), Percentile: .5, Q: math.NaN(), LogRatio: latent.Interval{Lo: math.NaN(), Hi: math.NaN()}},
	}}.Table()
	got := fmt.Sprint(header, rows)
	want := "[against er observed draws ratio z percentile q] [[reciprocity 0.25 0.1 ± 0.02 2.50 [1.00, 4.00] 7.5 1.000 0.01] [edges 40 40 ± 0 1.00 – 0.500 –]]"
	if got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
