package cortex

import (
	"context"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/seed"
)

// strong shows every effect clearly.
var strong = Blueprint{Density: .10, Heterogeneity: 1.1, Reciprocity: 1.5, Modularity: 5}

func specimen(t *testing.T, b Blueprint, neurons int, number int) Specimen {
	t.Helper()
	all, err := Specimens(context.Background(), b, number+1, connectome.ColumnConfig{MinNeurons: neurons, MaxNeurons: neurons}, seed.Seed(4))
	if err != nil {
		t.Fatal(err)
	}
	return all[number]
}

// Frequencies over twins are those of the marginals and of both directions: the
// squared z of all pairs has mean 1.
func TestTwinsHaveTheTrueProbabilities(t *testing.T) {
	truth := specimen(t, strong, 30, 0).Truth
	const twins = 4000
	rng := seed.Seed(1).Stream("twins")
	n := truth.Circuit().Len()
	edges, both := make([]float64, n*n), make([]float64, n*n)
	for range twins {
		c, err := truth.Redraw(rng)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range c.EdgeList() {
			edges[e.Pre*n+e.Post]++
			if c.Has(e.Post, e.Pre) {
				both[e.Pre*n+e.Post]++
			}
		}
	}
	for name, c := range map[string]struct {
		count []float64
		of    func(i, j int) float64
	}{"marginal": {edges, truth.Marginal}, "both": {both, truth.Both}} {
		sum, pairs := 0.0, 0.0
		for i := range n {
			for j := range n {
				p := c.of(i, j)
				if i == j || p*twins < 5 {
					continue
				}
				z := (c.count[i*n+j] - p*twins) / math.Sqrt(p*(1-p)*twins)
				if math.Abs(z) > 5 {
					t.Errorf("%s of %d→%d is %.4f, twins have %.4f", name, i, j, p, c.count[i*n+j]/twins)
				}
				sum, pairs = sum+z*z, pairs+1
			}
		}
		// The mean of so many squared z has the standard error √(2/pairs).
		if mean := sum / pairs; pairs < 100 || math.Abs(mean-1) > 4*math.Sqrt(2/pairs) {
			t.Errorf("%s: squared z of %.0f pairs have mean %.3f, expected 1", name, pairs, mean)
		}
	}
}

// The sheet's own edges occur as often as its truth says, in every bin of
// probability.
func TestTruthOfASheetIsCalibrated(t *testing.T) {
	s, err := Grow(context.Background(), Config{Neurons: 3000}, seed.Seed(8))
	if err != nil {
		t.Fatal(err)
	}
	const bins = 8
	var expected, variance, found [bins]float64
	inside := s.grid.within(nil, s.cfg.side()/2, s.cfg.side()/2, 120, 0)
	c, err := s.Connectome().Circuit(inside)
	if err != nil {
		t.Fatal(err)
	}
	truth, err := s.Truth(c.Canonical())
	if err != nil {
		t.Fatal(err)
	}
	far := 0
	for i := range c.Len() {
		for j := range c.Len() {
			p := truth.Marginal(i, j)
			if p == 0 {
				far++
				continue
			}
			k := max(0, bins-1+int(math.Log2(p)))
			expected[k], variance[k] = expected[k]+p, variance[k]+p*(1-p)
			if truth.Circuit().Has(i, j) {
				found[k]++
			}
		}
	}
	if far <= c.Len() {
		t.Error("no pair lies beyond reach")
	}
	for k := range bins {
		if z := (found[k] - expected[k]) / math.Sqrt(variance[k]); variance[k] > 0 && math.Abs(z) > 4 {
			t.Errorf("probabilities of about 2^%d: %.0f edges, expected %.1f", k-bins+1, found[k], expected[k])
		}
	}
}

// The probabilities of all 64 circuits of three neurons add up to 1.
func TestLikelihoodIsADistribution(t *testing.T) {
	truth := specimen(t, strong, 3, 1).Truth
	pairs := []circuit.Edge{{Pre: 0, Post: 1}, {Pre: 1, Post: 0}, {Pre: 0, Post: 2}, {Pre: 2, Post: 0}, {Pre: 1, Post: 2}, {Pre: 2, Post: 1}}
	sum, edge, mutual := 0.0, 0.0, 0.0
	for graph := range 64 {
		var edges []circuit.Edge
		for k, e := range pairs {
			if graph>>k&1 == 1 {
				edges = append(edges, e)
			}
		}
		c, err := truth.Circuit().WithEdges(edges)
		if err != nil {
			t.Fatal(err)
		}
		other, err := truth.With(c)
		if err != nil {
			t.Fatal(err)
		}
		p := math.Exp(other.LogLikelihood())
		sum += p
		if c.Has(1, 2) {
			edge += p
			if c.Has(2, 1) {
				mutual += p
			}
		}
	}
	if math.Abs(sum-1) > 1e-12 || math.Abs(edge-truth.Marginal(1, 2)) > 1e-12 || math.Abs(mutual-truth.Both(1, 2)) > 1e-12 {
		t.Errorf("sums are %v, %v and %v; expected 1, %v and %v", sum, edge, mutual, truth.Marginal(1, 2), truth.Both(1, 2))
	}
}

func TestTruthFaults(t *testing.T) {
	ctx := context.Background()
	s, err := Grow(ctx, Config{Neurons: 500}, seed.Seed(1))
	if err != nil {
		t.Fatal(err)
	}
	other, err := New(ctx, Config{Neurons: 500}, seed.Seed(2))
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := other.Circuit([]int{3, 4})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Truth(foreign); err == nil || !strings.Contains(err.Error(), `neuron 0 (id "3") is not of this sheet`) {
		t.Errorf("a circuit of another sheet: %v", err)
	}
	own, err := s.Connectome().Circuit([]int{3, 4})
	if err != nil {
		t.Fatal(err)
	}
	masked, err := own.WithObserved([]bool{true, false})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Truth(masked); err == nil || !strings.Contains(err.Error(), "unobserved rows") {
		t.Errorf("a masked circuit: %v", err)
	}
	truth, err := s.Truth(own)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := truth.With(foreign); err == nil || !strings.Contains(err.Error(), `neuron 0 (id "3")`) {
		t.Errorf("the truth of a foreign circuit: %v", err)
	}
	if _, err := truth.At(Effects{Sender: []float64{1}}); err == nil || !strings.Contains(err.Error(), "1 sender effects") {
		t.Errorf("too few effects: %v", err)
	}
	if _, err := truth.Posterior(ctx, PosteriorConfig{Draws: -1}, seed.Seed(1).Stream("x")); err == nil {
		t.Error("-1 draws are made")
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := truth.Posterior(cancelled, PosteriorConfig{}, seed.Seed(1).Stream("x")); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if truth.Marginal(0, 0) != 0 || truth.Both(1, 1) != 0 {
		t.Error("autapses have a probability")
	}
}

// statistics on which a wrong sampler shows.
var statistics = map[string]func(s *sampler) float64{
	"sender²":     func(s *sampler) float64 { return dot(s.Sender, s.Sender) },
	"receiver²":   func(s *sampler) float64 { return dot(s.Receiver, s.Receiver) },
	"sender·out":  func(s *sampler) float64 { return dot(s.Sender, degrees(s.truth.circuit.OutDegrees())) },
	"receiver·in": func(s *sampler) float64 { return dot(s.Receiver, degrees(s.truth.circuit.InDegrees())) },
	"sender·receiver": func(s *sampler) float64 {
		return dot(s.Sender, s.Receiver)
	},
	"likelihood": func(s *sampler) float64 { return s.logLikelihood() },
	"pairs of one community": func(s *sampler) float64 {
		return s.within(func(i, j int) bool { return true })
	},
	"edges within communities": func(s *sampler) float64 { return s.within(s.truth.circuit.Has) },
	"mutual pairs × effects": func(s *sampler) float64 {
		sum := 0.0
		for _, e := range s.truth.circuit.EdgeList() {
			if s.truth.circuit.Has(e.Post, e.Pre) {
				sum += s.Sender[e.Pre] + s.Receiver[e.Post]
			}
		}
		return sum
	},
}

func (s *sampler) within(of func(i, j int) bool) (count float64) {
	for i := range s.n {
		for j := range s.n {
			if i != j && s.Community[i] == s.Community[j] && of(i, j) {
				count++
			}
		}
	}
	return count
}

func dot(a, b []float64) (sum float64) {
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

func degrees(of []int) []float64 {
	all := make([]float64, len(of))
	for i, d := range of {
		all[i] = float64(d)
	}
	return all
}

// invariance draws effects and a circuit together, runs the chain from there, and
// returns by how many standard errors each statistic moves: by none, if the chain
// keeps the joint distribution (Geweke 2004, doi:10.1198/016214504000001132, with
// independent replicates in place of one long chain).
func invariance(t *testing.T, replicates int, spoil func(*sampler)) map[string]float64 {
	t.Helper()
	truth := specimen(t, strong, 14, 0).Truth
	rng := seed.Seed(6).Stream("geweke")
	moved := map[string][2]float64{} // sums of differences and their squares
	for range replicates {
		drawn, err := truth.At(truth.DrawEffects(rng))
		if err != nil {
			t.Fatal(err)
		}
		c, err := drawn.Redraw(rng)
		if err != nil {
			t.Fatal(err)
		}
		if drawn, err = drawn.With(c); err != nil {
			t.Fatal(err)
		}
		s, err := newSampler(drawn, rng)
		if err != nil {
			t.Fatal(err)
		}
		spoil(s)
		before := map[string]float64{}
		for name, of := range statistics {
			before[name] = of(s)
		}
		for range 2 {
			s.sweep()
		}
		for name, of := range statistics {
			d := of(s) - before[name]
			moved[name] = [2]float64{moved[name][0] + d, moved[name][1] + d*d}
		}
	}
	z := map[string]float64{}
	for name, m := range moved {
		n := float64(replicates)
		mean := m[0] / n
		z[name] = mean / math.Sqrt((m[1]/n-mean*mean)/n)
	}
	return z
}

func TestPosteriorKeepsTheJointDistribution(t *testing.T) {
	const replicates = 3000
	for name, z := range invariance(t, replicates, func(*sampler) {}) {
		if math.Abs(z) > 4 {
			t.Errorf("the chain moves %s by %.1f standard errors", name, z)
		}
	}
	// The check sees chains that are wrong.
	for name, spoil := range map[string]func(*sampler){
		"a prior that is 15 % too wide": func(s *sampler) {
			for i := range s.spread {
				s.spread[i] *= 1.15
			}
		},
		"no reciprocity": func(s *sampler) {
			for k := range s.dyads {
				s.dyads[k].psi = min(s.dyads[k].psi, 1)
			}
		},
		"half the affinity": func(s *sampler) {
			for k := range s.dyads {
				s.dyads[k].affinity = math.Sqrt(s.dyads[k].affinity)
			}
		},
	} {
		worst := 0.0
		for _, z := range invariance(t, replicates, spoil) {
			worst = max(worst, math.Abs(z))
		}
		if worst < 6 {
			t.Errorf("a chain with %s moves nothing by more than %.1f standard errors", name, worst)
		}
	}
}

func TestPosterior(t *testing.T) {
	truth := specimen(t, nil, 60, 2).Truth
	cfg := PosteriorConfig{Draws: 60, Thin: 2}
	p, err := truth.Posterior(context.Background(), cfg, seed.Seed(3).Stream("posterior"))
	if err != nil {
		t.Fatal(err)
	}
	again, err := truth.Posterior(context.Background(), cfg, seed.Seed(3).Stream("posterior"))
	if err != nil || !reflect.DeepEqual(p, again) {
		t.Errorf("the same stream gives other draws (%v)", err)
	}
	t.Logf("of %d draws, effective are %.0f by likelihood, %.0f and more by effect, %.0f at the median", len(p.Draws), p.Effective, p.EffectiveLeast, p.EffectiveMedian)
	if len(p.Draws) != 60 || p.EffectiveMedian < 15 || p.EffectiveLeast < 2 || p.Effective > 60 {
		t.Errorf("%d draws, effective sizes %v, %v, %v", len(p.Draws), p.Effective, p.EffectiveLeast, p.EffectiveMedian)
	}
	for k, e := range p.Draws {
		at, err := truth.At(e)
		if err != nil {
			t.Fatal(err)
		}
		if got := at.LogLikelihood(); math.Abs(got-p.LogLikelihood[k]) > 1e-8 {
			t.Fatalf("draw %d has log-likelihood %v, is said to have %v", k, got, p.LogLikelihood[k])
		}
	}
	// What is drawn from the posterior knows the circuit better than the prior.
	blind, err := truth.At(truth.DrawEffects(seed.Seed(1).Stream("blind")))
	if err != nil {
		t.Fatal(err)
	}
	if blind.LogLikelihood() > p.LogLikelihood[0]-20 {
		t.Errorf("effects from the prior: %.1f nats, from the posterior %.1f", blind.LogLikelihood(), p.LogLikelihood[0])
	}
}

// Effective sizes of a first-order autoregression: n·(1−a)/(1+a).
func TestEffective(t *testing.T) {
	rng := seed.Seed(2).Stream("ar")
	for _, a := range []float64{0, .5, .9} {
		x := make([]float64, 20_000)
		for i := 1; i < len(x); i++ {
			x[i] = a*x[i-1] + rng.NormFloat64()
		}
		want := float64(len(x)) * (1 - a) / (1 + a)
		if got := effective(x); math.Abs(got/want-1) > .15 {
			t.Errorf("a = %g: %.0f effective draws, expected %.0f", a, got, want)
		}
	}
	if got := effective([]float64{3, 3, 3}); got != 3 {
		t.Errorf("a constant: %v", got)
	}
}

// A sibling has the neurons and factors, but neither edges nor effects: the
// neuron of the greatest sender effect has more edges in twins than in siblings.
func TestSiblingsHaveOtherEffects(t *testing.T) {
	truth := specimen(t, strong, 40, 1).Truth
	hub := 0
	for i := range truth.cells {
		if truth.cells[i].sender > truth.cells[hub].sender {
			hub = i
		}
	}
	mean := func(draw func() (*circuit.Circuit, error)) float64 {
		sum := 0.
		for range 300 {
			c, err := draw()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := truth.With(c); err != nil || c.Len() != truth.Circuit().Len() {
				t.Fatal("other neurons:", err)
			}
			if !reflect.DeepEqual(c.Origin(), truth.Circuit().Origin()) {
				t.Fatal("other factors")
			}
			sum += float64(len(c.CSR().Row(hub))) / 300
		}
		return sum
	}
	rng := seed.Seed(2).Stream("siblings")
	twins := mean(func() (*circuit.Circuit, error) { return truth.Redraw(rng) })
	siblings := mean(func() (*circuit.Circuit, error) { return truth.Sibling(rng) })
	if !(twins > 1.5*siblings) {
		t.Errorf("the hub has %g edges in twins, %g in siblings", twins, siblings)
	}
	var want float64
	for range 300 {
		other, err := truth.At(truth.DrawEffects(rng))
		if err != nil {
			t.Fatal(err)
		}
		for j := range other.cells {
			want += other.Marginal(hub, j) / 300
		}
	}
	// Out-degrees of siblings have an sd of about their mean: 300 give it to .08 of it.
	if math.Abs(siblings/want-1) > .35 {
		t.Errorf("the hub has %g edges in siblings, and %g are expected", siblings, want)
	}
}

func TestRatioIsThatOfThePairs(t *testing.T) {
	truth := specimen(t, strong, 30, 0).Truth
	var both, independent, least float64
	for i := range truth.Circuit().Len() {
		for j := range i {
			p, q := truth.Marginal(i, j), truth.Marginal(j, i)
			both, independent, least = both+truth.Both(i, j), independent+p*q, least+min(p, q)
		}
	}
	ratio, most := truth.Ratio()
	if math.Abs(ratio-both/independent) > 1e-12 || math.Abs(most-least/independent) > 1e-12 {
		t.Errorf("ratio %g, cap %g; summed over pairs %g and %g", ratio, most, both/independent, least/independent)
	}
	if ratio <= 1.2 || ratio > most {
		t.Errorf("ratio %g of a planted 1.5, cap %g", ratio, most)
	}
	if ratio, _ := specimen(t, Blueprint{Reciprocity: 1}, 30, 0).Truth.Ratio(); math.Abs(ratio-1) > 1e-9 {
		t.Errorf("ratio %g without reciprocity", ratio)
	}
	if ratio, most := specimen(t, nil, 1, 0).Truth.Ratio(); !math.IsNaN(ratio) || !math.IsNaN(most) {
		t.Errorf("one neuron has ratio %g, cap %g", ratio, most)
	}
}
