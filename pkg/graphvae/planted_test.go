package graphvae_test

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/stat"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/graphvae"
	"github.com/cortigen/cortigen/pkg/seed"
)

// reciprocalCircuits draws circuits of 12 neurons of one class, a third of
// whose ordered pairs are connected. What differs from circuit to circuit is how
// likely a pair is connected both ways, from 1 in 50 to 1 in 3.6; independent
// directions would give 1 in 9.
func reciprocalCircuits(tb testing.TB, count int, s seed.Seed) []*circuit.Circuit {
	tb.Helper()
	all := make([]*circuit.Circuit, count)
	for k := range all {
		rng := s.Stream("reciprocal", k)
		both := .02 + .26*float64(k%10)/9
		neurons := make([]circuit.Neuron, 12)
		var edges []circuit.Edge
		for i := range neurons {
			neurons[i] = circuit.Neuron{ID: strconv.Itoa(i), Class: "E", Position: circuit.Position{X: 100 * rng.Float64(), Y: 100 * rng.Float64(), Depth: 500}}
			for j := range i {
				forth, back := pairOf(rng, 1./3, both)
				if forth {
					edges = append(edges, circuit.Edge{Pre: i, Post: j})
				}
				if back {
					edges = append(edges, circuit.Edge{Pre: j, Post: i})
				}
			}
		}
		var err error
		if all[k], err = circuit.New(neurons, edges); err != nil {
			tb.Fatal(err)
		}
	}
	return all
}

// hubCircuits draws circuits of 10 neurons, every other of which, on average,
// sends to three quarters of the others, the rest to one in ten.
func hubCircuits(tb testing.TB, count int, s seed.Seed) []*circuit.Circuit {
	tb.Helper()
	all := make([]*circuit.Circuit, count)
	for k := range all {
		rng := s.Stream("hubs", k)
		neurons := make([]circuit.Neuron, 10)
		var edges []circuit.Edge
		for i := range neurons {
			neurons[i] = circuit.Neuron{ID: strconv.Itoa(i), Class: "E", Position: circuit.NoPosition()}
			p := .1 + .65*float64(rng.IntN(2))
			for j := range neurons {
				if i != j && rng.Float64() < p {
					edges = append(edges, circuit.Edge{Pre: i, Post: j})
				}
			}
		}
		var err error
		if all[k], err = circuit.New(neurons, edges); err != nil {
			tb.Fatal(err)
		}
	}
	return all
}

// pairOf draws two directions of probability p, both together of probability both.
func pairOf(rng *rand.Rand, p, both float64) (forth, back bool) {
	switch u := rng.Float64(); {
	case u < both:
		return true, true
	case u < p:
		return true, false
	case u < 2*p-both:
		return false, true
	}
	return false, false
}

func reciprocity(c *circuit.Circuit) float64 {
	return 2 * float64(c.Mutual()) / float64(max(1, c.Edges()))
}

func trainExchangeable(t *testing.T, circuits []*circuit.Circuit, change func(*graphvae.Config), cfg graphvae.Training) *graphvae.Model {
	t.Helper()
	config := toyConfig(circuits, graphvae.Exchangeable)
	change(&config)
	backend, err := graphvae.GoBackend()
	if err != nil {
		t.Fatal(err)
	}
	m, err := graphvae.New(backend, config, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range m.Train(context.Background(), circuits[:100], circuits[100:], cfg, 2) {
		if err != nil {
			t.Fatal(err)
		}
	}
	return m
}

// activeUnits counts the dimensions of z that are used: of mean KL above .05
// nats, and dear when their values are shuffled over circuits.
func activeUnits(t *testing.T, m *graphvae.Model, circuits []*circuit.Circuit) (active int) {
	t.Helper()
	p := encode(t, m, circuits...)
	likelihood := func(z [][]float64) (sum float64) {
		all, err := m.Likelihood(context.Background(), circuits, z)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range all {
			sum += l / float64(len(circuits))
		}
		return sum
	}
	whole := likelihood(p.Mean)
	for j := range m.Dim() {
		kl, shuffled := 0., make([][]float64, len(circuits))
		for i := range circuits {
			kl += (p.Mean[i][j]*p.Mean[i][j] + math.Exp(p.LogVar[i][j]) - 1 - p.LogVar[i][j]) / 2 / float64(len(circuits))
			shuffled[i] = slices.Clone(p.Mean[i])
			shuffled[i][j] = p.Mean[(i+7)%len(circuits)][j]
		}
		lost := whole - likelihood(shuffled)
		t.Logf("unit %d: KL %.2f nats, shuffled it costs %.2f", j, kl, lost)
		if kl > .05 && lost > .05 {
			active++
		}
	}
	return active
}

// generatedAt returns the mean of a measure over circuits generated at the codes of
// given ones, and its correlation with theirs.
func generatedAt(t *testing.T, m *graphvae.Model, circuits []*circuit.Circuit, measure func(*circuit.Circuit) float64) (mean, r float64) {
	t.Helper()
	drawn, err := m.Generate(context.Background(), circuits, encode(t, m, circuits...).Mean, 8, 5)
	if err != nil {
		t.Fatal(err)
	}
	truth, got := make([]float64, len(circuits)), make([]float64, len(circuits))
	for i, some := range drawn {
		truth[i] = measure(circuits[i])
		for _, c := range some {
			got[i] += measure(c) / float64(len(some))
		}
	}
	return stat.Mean(got, nil), stat.Correlation(truth, got, nil)
}

var short = graphvae.Training{Steps: 160, Batch: 20, LearningRate: .01}

// Where density is what differs between circuits, z learns it: there is an
// active unit, circuits generated at a code have its circuit's density, and
// those from the prior vary as much as real ones. Without z they cannot.
func TestLearnsPlantedDensity(t *testing.T) {
	circuits := toyCircuits(t, 140, 1)
	held := circuits[100:]
	spread := func(m *graphvae.Model) float64 {
		drawn, err := m.Generate(context.Background(), held, nil, 1, 6)
		if err != nil {
			t.Fatal(err)
		}
		var densities []float64
		for _, some := range drawn {
			densities = append(densities, density(some[0]))
		}
		return stat.StdDev(densities, nil)
	}
	var real []float64
	for _, c := range held {
		real = append(real, density(c))
	}
	m := trainExchangeable(t, circuits, func(*graphvae.Config) {}, short)
	if active := activeUnits(t, m, held); active == 0 {
		t.Error("no unit of z is active")
	}
	mean, r := generatedAt(t, m, held, density)
	t.Logf("generated density: mean %.3f of %.3f, correlation %.3f; sd from the prior %.3f of %.3f", mean, stat.Mean(real, nil), r, spread(m), stat.StdDev(real, nil))
	if r < .8 || math.Abs(mean-stat.Mean(real, nil)) > .04 {
		t.Errorf("circuits generated at codes have a mean density of %.3f for %.3f, correlated by %.3f", mean, stat.Mean(real, nil), r)
	}
	if s := spread(m) / stat.StdDev(real, nil); s < .6 || s > 1.4 {
		t.Errorf("densities from the prior spread %.2f times as much as real ones", s)
	}
	without := trainExchangeable(t, circuits, func(c *graphvae.Config) { c.WithoutZ = true }, short)
	if s := spread(without) / stat.StdDev(real, nil); s > .6 {
		t.Errorf("without z, densities spread %.2f times as much as real ones", s)
	}
}

// Where reciprocity is what differs, z learns that too; independent pairs
// cannot, and give the share of mutual edges that density does, a third.
func TestLearnsPlantedReciprocity(t *testing.T) {
	circuits := reciprocalCircuits(t, 140, 1)
	held := circuits[100:]
	var real float64
	for _, c := range held {
		real += reciprocity(c) / float64(len(held))
	}
	m := trainExchangeable(t, circuits, func(*graphvae.Config) {}, short)
	mean, r := generatedAt(t, m, held, reciprocity)
	active := activeUnits(t, m, held)
	independent := trainExchangeable(t, circuits, func(c *graphvae.Config) { c.IndependentPairs = true }, short)
	other, s := generatedAt(t, independent, held, reciprocity)
	t.Logf("reciprocity %.3f; generated %.3f, correlation %.3f, %d active; independent pairs %.3f, %.3f", real, mean, r, active, other, s)
	if active == 0 || r < .7 || math.Abs(mean-real) > .05 {
		t.Errorf("%d active units, mean %.3f for %.3f, correlation %.3f", active, mean, real, r)
	}
	if s > r-.1 {
		t.Errorf("independent pairs follow reciprocity as well: correlations %.3f and %.3f", s, r)
	}
}

// Free bits keep units of z in use that the bound alone would give up, and do
// not enter the bound that is reported.
func TestFreeBits(t *testing.T) {
	circuits := reciprocalCircuits(t, 140, 2)
	kl := func(free float64) float64 {
		cfg := short
		cfg.Steps, cfg.FreeBits = 100, free
		m := trainExchangeable(t, circuits, func(*graphvae.Config) {}, cfg)
		bounds := bound(t, m, circuits[100:]...)
		var sum float64
		for _, b := range bounds {
			sum += b.KL / float64(len(bounds))
		}
		return sum
	}
	none, some := kl(0), kl(1)
	t.Logf("KL %.2f nats without free bits, %.2f with 1 a unit", none, some)
	if some < none+1 {
		t.Errorf("KL %.2f nats without free bits, %.2f with 1 nat for each of three units", none, some)
	}
}

// Where neurons differ, their codes say so, also where they start late; until
// then, edges are told without them. With a smaller weight, codes grow longer.
func TestScheduleOfU(t *testing.T) {
	circuits := hubCircuits(t, 140, 3)
	last := func(cfg graphvae.Training) (epochs []graphvae.Epoch) {
		m := toyModelOf(t, circuits, graphvae.Exchangeable)
		cfg.Steps, cfg.Batch, cfg.LearningRate = 100, 20, .01
		for e, err := range m.Train(context.Background(), circuits[:100], circuits[100:], cfg, 2) {
			if err != nil {
				t.Fatal(err)
			}
			epochs = append(epochs, e)
		}
		return epochs
	}
	late, usual, cheap := last(graphvae.Training{UStart: .4}), last(graphvae.Training{}), last(graphvae.Training{UWeight: .1})
	t.Logf("late: %v, then %v; usual %v, then %v; cheap %v", late[7].Train, late[19].Train, usual[7].Train, usual[19].Train, cheap[19].Train)
	if a, b := late[7], usual[7]; a.Train.Edges < b.Train.Edges+5 || a.Beta != 0 || b.Beta == 0 {
		t.Errorf("before u starts, %v, weight %g; else %v, weight %g", a.Train, a.Beta, b.Train, b.Beta)
	}
	if kl := late[19].Train.NeuronKL; kl < 1 || late[19].Beta != 1 {
		t.Errorf("u that starts late has a KL of %.2f nats in the end, weight %g", kl, late[19].Beta)
	}
	if usual[7].Train.NeuronKL < 1 {
		t.Errorf("from the first step on, but its KL is %.2f nats", usual[2].Train.NeuronKL)
	}
	if a, b := usual[19].Train, cheap[19].Train; b.NeuronKL < 2*a.NeuronKL || b.Edges > a.Edges {
		t.Errorf("with a weight of .1, %v; with 1, %v", b, a)
	}
	if i := slices.IndexFunc(late, func(e graphvae.Epoch) bool { return e.Best && e.Beta == 1 }); i < 0 {
		t.Error("no epoch with full weight is the best")
	}
}
