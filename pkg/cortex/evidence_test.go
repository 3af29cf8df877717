package cortex

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/seed"
)

func truths(t testing.TB, count, neurons int, s seed.Seed) []*Truth {
	t.Helper()
	band := connectome.ColumnConfig{MinNeurons: neurons, MaxNeurons: neurons}
	if neurons == 0 {
		band = connectome.ColumnConfig{}
	}
	specimens, err := Specimens(context.Background(), nil, count, band, s)
	if err != nil {
		t.Fatal(err)
	}
	all := make([]*Truth, count)
	for i, specimen := range specimens {
		all[i] = specimen.Truth
	}
	return all
}

// bruteForce is evidence by draws from the prior, without any of the annealer: the
// mean of p(A | c, p, factors, effects) over factors drawn evenly, weighed by the
// probability of the signs at their E share, and effects. All circuits have the
// same number of neurons. It returns logarithms.
func bruteForce(all []*Truth, draws int, s seed.Seed) []float64 {
	rng := s.Stream("brute force")
	solver := newSolver(typicalPairs())
	solver.radius = radius(len(all[0].cells), perArea)
	logs, weights := make([][]float64, len(all)), make([][]float64, len(all))
	for range draws {
		var n node
		for k := range n.factors {
			n.factors[k] = valueAt(k, rng.Float64())
		}
		share := n.factors[eShare]
		solver.solve(&n)
		for i, t := range all {
			u := *t
			u.cells = append([]cell(nil), t.cells...)
			signs := 0.0
			for k := range u.cells {
				u.cells[k].place = placeOf(n)
				u.cells[k].effects(rng)
				if t.circuit.Neuron(k).Sign == circuit.Excitatory {
					signs += math.Log(share)
				} else {
					signs += math.Log(1 - share)
				}
			}
			logs[i], weights[i] = append(logs[i], signs+u.LogLikelihood()), append(weights[i], signs)
		}
	}
	evidence := make([]float64, len(all))
	for i := range all {
		evidence[i] = floats.LogSumExp(logs[i]) - floats.LogSumExp(weights[i])
	}
	return evidence
}

// meanAndError are those of exponentials.
func meanAndError(logs []float64) (mean, err float64) {
	x := make([]float64, len(logs))
	for i, l := range logs {
		x[i] = math.Exp(l)
	}
	mean, sd := stat.MeanStdDev(x, nil)
	return mean, sd / math.Sqrt(float64(len(x)))
}

// Of tiny circuits, weights of both directions are unbiased about evidence by
// brute force; those of chains that begin at the wrong end are not.
func TestEvidenceIsThatOfBruteForce(t *testing.T) {
	const steps = 2 // few, so that a wrong start shows
	all := truths(t, 240, 5, seed.Seed(21))
	evidence := bruteForce(all, 800, seed.Seed(22))
	b := bracketer{EvidenceConfig{Steps: steps}, typicalPairs()}
	var rise, fall, fromTruth []float64
	for i, truth := range all {
		for direction, to := range []*[]float64{rising: &rise, falling: &fall} {
			end, err := b.end(context.Background(), truth, direction, seed.Seed(23).Sub("circuit", i), 0)
			if err != nil {
				t.Fatal(err)
			}
			*to = append(*to, end-evidence[i])
		}
		a, err := newAnnealer(truth, b.typical, seed.Seed(24).Stream("wrong", i))
		if err != nil {
			t.Fatal(err)
		}
		end, _ := a.rise(context.Background(), powers(steps))
		fromTruth = append(fromTruth, end-evidence[i])
	}
	floats.Scale(-1, fall) // the inverse weight is the unbiased one
	z := func(logs []float64) float64 {
		mean, err := meanAndError(logs)
		t.Logf("mean %.3f ± %.3f", mean, err)
		return (mean - 1) / err
	}
	if z := z(rise); math.Abs(z) > 4 {
		t.Errorf("weights of rising chains are off by %.1f standard errors", z)
	}
	if z := z(fall); math.Abs(z) > 4 {
		t.Errorf("inverse weights of falling chains are off by %.1f standard errors", z)
	}
	// In logarithms: bounds, and the wrong start is none.
	for name, c := range map[string]struct {
		logs []float64
		sign float64
	}{"lower": {rise, -1}, "upper": {fall, -1}, "lower from the truth": {fromTruth, 1}} {
		mean, sd := stat.MeanStdDev(c.logs, nil)
		z := c.sign * mean / sd * math.Sqrt(float64(len(c.logs)))
		t.Logf("%s: mean %.3f, %.1f standard errors beyond evidence", name, mean, z)
		if z < 3.5 {
			t.Errorf("%s: in the mean %.3f nats off evidence by brute force, %.1f standard errors to the side expected", name, mean, z)
		}
	}
}

// The evidences of all four circuits of two neurons add up to 1.
func TestEvidenceIsADistribution(t *testing.T) {
	truth := truths(t, 1, 2, seed.Seed(3))[0]
	var graphs []*Truth
	for _, edges := range [][]circuit.Edge{nil, {{Pre: 0, Post: 1}}, {{Pre: 1, Post: 0}}, {{Pre: 0, Post: 1}, {Pre: 1, Post: 0}}} {
		c, err := truth.circuit.WithEdges(edges)
		if err != nil {
			t.Fatal(err)
		}
		graph, err := truth.With(c)
		if err != nil {
			t.Fatal(err)
		}
		graphs = append(graphs, graph)
	}
	all, err := Evidences(context.Background(), graphs, EvidenceConfig{Steps: 2, Chains: 40}, seed.Seed(4))
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, b := range all {
		sum += math.Exp(b.Lower)
	}
	// A weight has a relative sd of about .4 here, and the first circuit nine tenths
	// of the sum.
	if math.Abs(sum-1) > .1 {
		t.Errorf("the evidences of all circuits add up to %.3f", sum)
	}
}

// Of a circuit of usual size, upper is above lower, the truth above both, and the
// gap shrinks with steps.
func TestBracketsClose(t *testing.T) {
	all := truths(t, 1, 0, seed.Seed(5))
	gap := map[int]float64{}
	for _, steps := range []int{20, 100} {
		brackets, err := Evidences(context.Background(), all, EvidenceConfig{Steps: steps}, seed.Seed(6))
		if err != nil {
			t.Fatal(err)
		}
		for i, b := range brackets {
			lower, upper := b.PerPair()
			t.Logf("%d steps: circuit %d has %.4f to %.4f nats per pair, truth %.4f", steps, i, lower, upper, b.Truth/float64(b.Pairs))
			gap[steps] += b.Gap() / float64(len(all))
			if n := all[i].circuit.Len(); b.Pairs != n*(n-1) || math.Abs(b.Gap()-(upper-lower)) > 1e-12 {
				t.Errorf("%d pairs of %d neurons, gap %v", b.Pairs, n, b.Gap())
			}
			if b.Truth < b.Upper {
				t.Errorf("circuit %d: its truth has %.1f nats, its evidence up to %.1f", i, b.Truth, b.Upper)
			}
		}
	}
	if !(gap[100] > 0 && gap[100] < gap[20]/2.5) {
		t.Errorf("the gap is %.5f nats per pair after 20 steps, %.5f after 100", gap[20], gap[100])
	}
}

func TestEvidenceIsTheSameOnAnyCores(t *testing.T) {
	all := truths(t, 3, 12, seed.Seed(7))
	cfg := EvidenceConfig{Steps: 5, Chains: 2}
	first, err := Evidences(context.Background(), all, cfg, seed.Seed(8))
	if err != nil {
		t.Fatal(err)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	again, err := Evidences(context.Background(), all, cfg, seed.Seed(8))
	if err != nil || !reflect.DeepEqual(first, again) {
		t.Errorf("on one core %v, on all %v (%v)", again, first, err)
	}
	one, err := all[0].Evidence(context.Background(), cfg, seed.Seed(8))
	if err != nil || one != first[0] {
		t.Errorf("alone %v, among others %v (%v)", one, first[0], err)
	}
	if other, _ := all[0].Evidence(context.Background(), cfg, seed.Seed(9)); other == one {
		t.Error("another seed gives the same bracket")
	}
}

func TestEvidenceOfLittle(t *testing.T) {
	ctx := context.Background()
	single := truths(t, 1, 1, seed.Seed(1))[0]
	if b, err := single.Evidence(ctx, EvidenceConfig{}, seed.Seed(1)); err != nil || b != (Bracket{}) || !math.IsNaN(b.Gap()) {
		t.Errorf("one neuron: %v, %v", b, err)
	}
	none, err := circuit.New(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	empty, err := single.With(none.WithOrigin(single.circuit.Origin()))
	if err != nil {
		t.Fatal(err)
	}
	if b, err := empty.Evidence(ctx, EvidenceConfig{}, seed.Seed(1)); err != nil || b != (Bracket{}) {
		t.Errorf("no neuron: %v, %v", b, err)
	}
	unconnected, err := truths(t, 1, 40, seed.Seed(1))[0].circuit.WithEdges(nil)
	if err != nil {
		t.Fatal(err)
	}
	truth, err := truths(t, 1, 40, seed.Seed(1))[0].With(unconnected)
	if err != nil {
		t.Fatal(err)
	}
	b, err := truth.Evidence(ctx, EvidenceConfig{Steps: 30}, seed.Seed(1))
	// Factors of few edges make it likelier than those of a usual circuit do.
	if err != nil || !(b.Lower > b.Truth && b.Lower < 0) || math.IsNaN(b.Upper) {
		t.Errorf("40 neurons without an edge: %v, %v", b, err)
	}
	if all, err := Evidences(ctx, nil, EvidenceConfig{}, seed.Seed(1)); err != nil || len(all) != 0 {
		t.Errorf("no circuits: %v, %v", all, err)
	}
}

func TestEvidenceFaults(t *testing.T) {
	ctx := context.Background()
	truth := truths(t, 1, 20, seed.Seed(1))[0]
	with := func(c *circuit.Circuit, err error) *Truth {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		u, err := truth.With(c)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	sheet, err := Grow(ctx, Config{Neurons: 500}, seed.Seed(1))
	if err != nil {
		t.Fatal(err)
	}
	cut, err := sheet.Connectome().Circuit([]int{1, 2, 3})
	if err != nil {
		t.Fatal(err)
	}
	ofSheet, err := sheet.Truth(cut)
	if err != nil {
		t.Fatal(err)
	}
	observed := make([]bool, 20)
	for name, c := range map[string]struct {
		truth *Truth
		cfg   EvidenceConfig
		want  string
	}{
		"no truth":        {nil, EvidenceConfig{}, "circuit 0: there is no truth"},
		"a mask":          {with(truth.circuit.WithObserved(observed)), EvidenceConfig{}, "circuit 0: it has unobserved rows"},
		"no factors":      {with(truth.circuit.WithOrigin(circuit.Origin{}), nil), EvidenceConfig{}, "does not carry the factor density"},
		"a part":          {with(truth.circuit.Subcircuit([]int{3, 5, 7})), EvidenceConfig{}, "not that of an independent circuit of 3 neurons"},
		"of a sheet":      {ofSheet, EvidenceConfig{}, "not that of an independent circuit"},
		"negative steps":  {truth, EvidenceConfig{Steps: -1}, "-1 steps"},
		"negative chains": {truth, EvidenceConfig{Chains: -2}, "-2 chains"},
	} {
		if _, err := Evidences(ctx, []*Truth{c.truth}, c.cfg, seed.Seed(1)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, expected %q", name, err, c.want)
		}
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := truth.Evidence(cancelled, EvidenceConfig{}, seed.Seed(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// readings of the joint distribution of factors, effects and edges on which a wrong
// annealer shows.
func (a *annealer) readings() []float64 {
	all := append([]float64{a.level, a.effort(), dot(a.Sender, degrees(a.truth.circuit.OutDegrees()))}, a.factors[:]...)
	edges, mutual := float64(a.truth.circuit.Edges()), float64(a.truth.circuit.Mutual())
	f := a.factors
	return append(all,
		f[density]*f[density], f[density]*edges, f[reciprocity]*mutual, f[heterogeneity]*a.effort(),
		f[heterogeneity]*f[density], f[eShare]*f[density], f[reciprocity]*f[density], f[modularity]*edges, f[eShare]*(a.excitatory-.89*float64(a.n)), a.place.intercept, a.place.logOdds)
}

// drift makes circuits, takes some steps from the truth of each, and returns by how
// many standard errors the reading that moves most does: by few if steps keep the
// joint distribution (Geweke 2004, doi:10.1198/016214504000001132, with independent
// replicates).
func drift(t *testing.T, all []*Truth, step func(a *annealer)) (worst float64) {
	t.Helper()
	var moved [][]float64
	for i, truth := range all {
		a, err := newAnnealer(truth, typicalPairs(), seed.Seed(31).Stream("drift", i))
		if err != nil {
			t.Fatal(err)
		}
		a.power = 1
		before := a.readings()
		for range 2 {
			step(a)
		}
		if err := a.faithful(); err != "" {
			t.Fatalf("circuit %d: %s", i, err)
		}
		for k, r := range a.readings() {
			if len(moved) == k {
				moved = append(moved, nil)
			}
			moved[k] = append(moved[k], r-before[k])
		}
	}
	for k := range moved {
		mean, sd := stat.MeanStdDev(moved[k], nil)
		if z := math.Abs(mean) / sd * math.Sqrt(float64(len(all))); sd > 0 {
			worst = max(worst, z)
		}
	}
	return worst
}

// faithful says what an annealer has that is not what its factors and effects say.
func (a *annealer) faithful() string {
	u := *a.truth
	u.cells = append([]cell(nil), a.truth.cells...)
	p := placeOf(a.solve(a.factors))
	for i := range u.cells {
		u.cells[i].place, u.cells[i].community = p, a.Community[i]
		u.cells[i].sender, u.cells[i].receiver = a.Sender[i], a.Receiver[i]
	}
	if got := u.LogLikelihood(); math.Abs(got-a.level) > 1e-3 || math.Abs(got-a.logLikelihood()) > 1e-3 {
		return fmt.Sprintf("the log-likelihood is %v, the annealer has %v and computes %v", got, a.level, a.logLikelihood())
	}
	if !p.near(a.place) || a.spread[0] != a.place.spread {
		return fmt.Sprintf("the place is %v, the annealer has %v", p, a.place)
	}
	return ""
}

func TestAnnealerKeepsTheJointDistribution(t *testing.T) {
	all := truths(t, 300, 12, seed.Seed(30))
	if z := drift(t, all, (*annealer).step); z > 4 {
		t.Errorf("steps move a reading by %.1f standard errors", z)
	}
	// The check sees steps that are wrong.
	for name, wrong := range map[string]func(a *annealer){
		"with an E share that classes do not tell of": func(a *annealer) {
			v := a.factors
			v[eShare] = valueAt(eShare, a.rng.Float64())
			a.hold(v, a.place.intercept, 0)
		},
		"with too much trust in edges": func(a *annealer) {
			a.power = 1.3
			a.step()
		},
	} {
		if z := drift(t, all, wrong); z < 5 {
			t.Errorf("steps %s move nothing by more than %.1f standard errors", name, z)
		}
	}
}

// volumeOf is the inverse of solve, and its volume that of finite differences.
func TestVolumeIsThatOfDifferences(t *testing.T) {
	a, err := newAnnealer(truths(t, 1, 20, seed.Seed(40))[0], typicalPairs(), seed.Seed(41).Stream("volume"))
	if err != nil {
		t.Fatal(err)
	}
	rng := seed.Seed(42).Stream("factors")
	known := 0
	for range 30 {
		var v values
		for k := range v {
			v[k] = valueAt(k, .05+.9*rng.Float64())
		}
		n := a.solve(v)
		got, volume, ok := a.volumeOf(v, n.intercept, n.logOdds)
		if !ok {
			continue // density or reciprocity is at its end
		}
		known++
		if math.Abs(got[density]/v[density]-1) > 1e-6 || math.Abs(got[reciprocity]/n.factors[reciprocity]-1) > 1e-6 {
			t.Errorf("factors are %v, of their place %v", v, got)
		}
		const h = 1e-4
		right, _, _ := a.volumeOf(v, n.intercept+h, n.logOdds)
		left, _, _ := a.volumeOf(v, n.intercept-h, n.logOdds)
		more, _, _ := a.volumeOf(v, n.intercept, n.logOdds+h)
		less, _, _ := a.volumeOf(v, n.intercept, n.logOdds-h)
		want := math.Log((right[density] - left[density]) * (more[reciprocity] - less[reciprocity]) / (4 * h * h))
		if math.Abs(volume-want) > 1e-5 {
			t.Errorf("the volume at %v is %v, by differences %v", v, volume, want)
		}
	}
	if known < 20 {
		t.Errorf("only %d of 30 places have a volume", known)
	}
}

// A move that holds on to the intercept's coordinates is taken as often as its prior
// and the volumes at both its ends say.
func TestHoldIsTakenByPriorAndVolume(t *testing.T) {
	a, err := newAnnealer(truths(t, 1, 3, seed.Seed(50))[0], typicalPairs(), seed.Seed(51).Stream("hold"))
	if err != nil {
		t.Fatal(err)
	}
	for k := range a.factors {
		a.factors[k] = valueAt(k, .2)
	}
	a.settle(placeOf(a.solve(a.factors)))
	const logPrior, trials = -1., 3000
	to := a.place.intercept + .6
	_, there, ok := a.volumeOf(a.factors, to, a.place.logOdds)
	here := there - .5 // not the true one, which differs too little to show
	want := math.Exp(logPrior + there - here)
	if !ok {
		t.Fatal("the move leads out of the range")
	}
	taken := 0.0
	factors, place := a.factors, a.place
	for range trials {
		a.factors, a.place, a.volume, a.volumeKnown = factors, place, here, true
		if a.hold(factors, to, logPrior) {
			taken++
			if a.place.intercept != to || a.volume != there || !(a.factors[density] > factors[density]) {
				t.Fatalf("taken, the intercept is %v, the volume %v, the density %v", a.place.intercept, a.volume, a.factors[density])
			}
		}
	}
	if z := (taken/trials - want) / math.Sqrt(want*(1-want)/trials); math.Abs(z) > 4 {
		t.Errorf("%.3f of moves are taken, expected %.3f", taken/trials, want)
	}
}
