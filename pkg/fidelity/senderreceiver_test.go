package fidelity

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/seed"
)

// sociableLaw is what sociable circuits are drawn from.
type sociableLaw struct {
	base  float64 // log-odds at distance 0
	sigma cov2
	rho   float64
}

func (l sociableLaw) theta(pre, post circuit.Neuron) float64 {
	t := l.base - pre.Position.Distance(post.Position)/100
	if pre.Class == "I" {
		t += .8
	}
	return t
}

// draw returns effects and a circuit of n neurons in a column.
func (l sociableLaw) draw(t testing.TB, name string, n int, rng *rand.Rand) (*circuit.Circuit, []float64) {
	t.Helper()
	neurons, u := make([]circuit.Neuron, n), make([]float64, 2*n)
	for i := range neurons {
		neurons[i] = circuit.Neuron{
			ID: fmt.Sprint(name, "-", i), Class: "E", Sign: circuit.Excitatory,
			Position: circuit.Position{X: 60 * rng.Float64(), Y: 60 * rng.Float64(), Depth: 300 * rng.Float64()},
		}
		if rng.Float64() < .3 {
			neurons[i].Class, neurons[i].Sign = "I", circuit.Inhibitory
		}
		a, b := rng.NormFloat64(), rng.NormFloat64()
		sd := math.Sqrt(l.sigma.ss)
		u[2*i] = sd * a
		u[2*i+1] = l.sigma.sr/sd*a + math.Sqrt(l.sigma.rr-l.sigma.sr*l.sigma.sr/l.sigma.ss)*b
	}
	var edges []circuit.Edge
	for i := range n {
		for j := range i {
			x := math.Exp(l.theta(neurons[i], neurons[j]) + u[2*i] + u[2*j+1])
			y := math.Exp(l.theta(neurons[j], neurons[i]) + u[2*j] + u[2*i+1])
			o := outcomesOf(x, y, math.Exp(l.rho))
			r := rng.Float64()
			if r < o.p {
				edges = append(edges, circuit.Edge{Pre: i, Post: j})
			}
			if r < o.both || r >= o.p && r < o.p+o.q-o.both {
				edges = append(edges, circuit.Edge{Pre: j, Post: i})
			}
		}
	}
	c, err := circuit.New(neurons, edges)
	if err != nil {
		t.Fatal(err)
	}
	return c.WithOrigin(circuit.Origin{Region: name}), u
}

func (l sociableLaw) circuits(t testing.TB, count, n int, s seed.Seed) []*circuit.Circuit {
	t.Helper()
	all := make([]*circuit.Circuit, count)
	for k := range all {
		all[k], _ = l.draw(t, fmt.Sprint("region-", k), n, s.Stream("sociable", k))
	}
	return all
}

var heterogeneous = sociableLaw{base: -1, sigma: cov2{.8, .2, .4}, rho: 1}

// What was planted is found: Σ and ρ within three of their standard errors over
// 50 × 45 neurons, about .035 for a variance of .8 (σ²·√(2/n), and half as much
// again for what edges leave open).
func TestSenderReceiverFindsWhatWasPlanted(t *testing.T) {
	for name, c := range map[string]struct {
		law       sociableLaw
		within    float64 // of Σ and ρ
		atLeast   float64 // nats a pair below class × distance
		iterating int
	}{
		"heterogeneous":       {heterogeneous, .1, .05, 0},
		"without mutual term": {sociableLaw{-1.2, cov2{.5, -.15, .3}, 0}, .1, .015, 0},
		// EM nears a variance of 0 slowly, which costs the bound next to nothing.
		"all alike, but for luck": {sociableLaw{-1, cov2{1e-6, 0, 1e-6}, 0}, .1, -.001, 10},
	} {
		t.Run(name, func(t *testing.T) {
			train := c.law.circuits(t, 50, 45, 1)
			m, err := FitSenderReceiver(t.Context(), train, SenderReceiverConfig{Pooled: true, Draws: 48, Iterations: c.iterating}, 1)
			if err != nil {
				t.Fatal(err)
			}
			sender, receiver, covariance := m.Sigma(circuit.Excitatory)
			near(t, "sender variance", sender, c.law.sigma.ss, c.within)
			near(t, "receiver variance", receiver, c.law.sigma.rr, c.within)
			near(t, "covariance", covariance, c.law.sigma.sr, c.within)
			near(t, "ρ", m.Rho(circuit.Excitatory, circuit.Inhibitory), c.law.rho, c.within)

			test := c.law.circuits(t, 10, 45, 2)
			bounds, err := m.Bound(t.Context(), test, 300, 200, 1)
			if err != nil {
				t.Fatal(err)
			}
			plain, err := EvaluateBaseline(t.Context(), FitClassDistance(train), test, 200, 1)
			if err != nil {
				t.Fatal(err)
			}
			below, err := bounds.Below(ExactBounds(plain), 200, 1)
			if err != nil {
				t.Fatal(err)
			}
			if !(below.Value >= c.atLeast) {
				t.Errorf("the bound is %v below class × distance, want at least %g", below, c.atLeast)
			}
			t.Logf("Σ %.3f %.3f %.3f, ρ %.3f; %v for %v nats a pair; course %.5f; effective %.0f", sender, covariance, receiver, m.Rho(0, 0), bounds.Mean, plain.LogLoss, m.Course(), bounds.Effective)
		})
	}
}

// trained is a small fit that several tests look at.
func trained(t testing.TB) *SenderReceiver {
	t.Helper()
	m, err := FitSenderReceiver(context.Background(), heterogeneous.circuits(t, 12, 30, 3), SenderReceiverConfig{Iterations: 4}, 1)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// The probabilities of all 64 graphs of three neurons add up to 1: the bound of
// many draws is the evidence itself.
func TestEvidenceOfAllGraphsAddsUp(t *testing.T) {
	m := trained(t)
	c, _ := heterogeneous.draw(t, "three", 3, rand.New(rand.NewPCG(1, 1)))
	sum, bySampling := 0., make([]float64, 9)
	for graph := range 64 {
		var edges []circuit.Edge
		for k, e := range []circuit.Edge{{Pre: 0, Post: 1}, {Pre: 1, Post: 0}, {Pre: 0, Post: 2}, {Pre: 2, Post: 0}, {Pre: 1, Post: 2}, {Pre: 2, Post: 1}} {
			if graph>>k&1 == 1 {
				edges = append(edges, e)
			}
		}
		g, err := c.WithEdges(edges)
		if err != nil {
			t.Fatal(err)
		}
		e, err := m.Evidence(g, 4000, rand.New(rand.NewPCG(2, uint64(graph))))
		if err != nil {
			t.Fatal(err)
		}
		p := math.Exp(e.LogLikelihood)
		sum += p
		for _, e := range edges {
			bySampling[e.Pre*3+e.Post] += p
		}
		if e.Pairs != 6 || e.Draws != 4000 || e.ELBO > e.LogLikelihood || e.Effective > 4000 {
			t.Errorf("graph %d: %+v", graph, e)
		}
	}
	near(t, "sum over all graphs", sum, 1, .005)
	// Marginals by quadrature are those by summing over graphs.
	for k, p := range m.Predict(c) {
		near(t, fmt.Sprint("marginal ", k), bySampling[k], p, .005)
	}
}

// On circuits that the model draws itself, the effects that they were drawn with
// are an exact sample of their posterior, and bound the evidence from above: the
// bound from below is within a third of a nat of about 700, and no more than
// chance above.
func TestEvidenceIsBracketed(t *testing.T) {
	m := &SenderReceiver{weights: [][features]float64{{-1, -1}, {-1}}}
	for g := range m.sigma {
		m.sigma[g] = cov2{.8, .2, .4}
	}
	for k := range m.rho {
		m.rho[k] = 1
	}
	places, _ := heterogeneous.draw(t, "x", 45, rand.New(rand.NewPCG(1, 1)))
	const circuits = 40
	widths := map[int]float64{}
	for k := range circuits {
		c, u, err := m.generate(places, rand.New(rand.NewPCG(2, uint64(k))))
		if err != nil {
			t.Fatal(err)
		}
		p, err := m.posterior(c, knownOf(c))
		if err != nil {
			t.Fatal(err)
		}
		s := p.draw(1000, rand.New(rand.NewPCG(3, uint64(k))))
		near(t, "weight of a draw", p.weigh(s.effects[7]), s.logWeight[7], 1e-8)
		for _, draws := range []int{1, 1000} {
			below, err := NewEvidence(s.logWeight[:draws], p.known)
			if err != nil {
				t.Fatal(err)
			}
			above, err := Ceiling(s.logWeight[:draws-1], p.weigh(u))
			if err != nil {
				t.Fatal(err)
			}
			widths[draws] += (above - below.LogLikelihood) / circuits
		}
	}
	t.Logf("the bracket is %.3f nats wide with one draw, %.3f with 1,000", widths[1], widths[1000])
	if w := widths[1000]; w < -.1 || w > .3 || widths[1] < .5 {
		t.Errorf("the bracket is %.3f nats wide with one draw, %.3f with 1,000", widths[1], w)
	}
}

// The gradient that Newton's method climbs is that of the height it climbs, also
// where one direction of a pair is not known.
func TestPosteriorClimbs(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
		c, u := heterogeneous.draw(t, "x", 6, rng)
		known := func(i, j int) uint8 {
			if (i*5+j*3)%4 == 0 {
				return unknown
			}
			return knownOf(c)(i, j)
		}
		m := &SenderReceiver{weights: [][features]float64{{-1, .2}, {-1}}, rho: [ties]float64{8: 1.5, 2: .5}}
		for g := range m.sigma {
			m.sigma[g] = cov2{.8, .2, .5}
		}
		e := newEffects(newWiring(c, known, m.block), m.base, m.rho, m.sigma)
		scratch, gradient := make([]float64, len(u)), make([]float64, len(u))
		e.derivatives(u, scratch, gradient)
		height := func(k int, h float64) float64 {
			v := append([]float64(nil), u...)
			v[k] += h
			return e.logLikelihood(v, scratch) + e.logPrior(v)
		}
		for k := range u {
			if slope := (height(k, 1e-5) - height(k, -1e-5)) / 2e-5; math.Abs(slope-gradient[k]) > 1e-5 {
				rt.Fatalf("slope along effect %d is %g, want %g", k, gradient[k], slope)
			}
		}
		p, err := e.posterior(nil)
		if err != nil {
			rt.Fatal(err)
		}
		top := e.logLikelihood(p.mode, scratch) + e.logPrior(p.mode)
		for range 20 {
			for k := range u {
				u[k] = p.mode[k] + .05*rng.NormFloat64()
			}
			if at := e.logLikelihood(u, scratch) + e.logPrior(u); at > top+1e-3 {
				rt.Fatalf("the mode has height %g, a place beside it %g", top, at)
			}
		}
	})
}

// More draws, a higher bound, up to what chance does to a mean.
func TestBoundRisesWithDraws(t *testing.T) {
	m := trained(t)
	c, _ := heterogeneous.draw(t, "x", 40, rand.New(rand.NewPCG(7, 7)))
	last := math.Inf(-1)
	for _, draws := range []int{1, 10, 100, 1000} {
		sum := 0.
		for k := range 30 {
			e, err := m.Evidence(c, draws, rand.New(rand.NewPCG(uint64(k), 5)))
			if err != nil {
				t.Fatal(err)
			}
			sum += e.LogLikelihood / 30
		}
		if sum < last-.02 {
			t.Errorf("the mean bound of %d draws is %.3f, that of a tenth %.3f", draws, sum, last)
		}
		last = sum
	}
}

func TestSenderReceiverRepeats(t *testing.T) {
	a, b := trained(t), trained(t)
	if a.sigma != b.sigma || a.rho != b.rho || a.weights[3] != b.weights[3] {
		t.Errorf("the same fit gives Σ %v and %v", a.sigma, b.sigma)
	}
	for k := 1; k < len(a.course); k++ {
		if a.course[k] > a.course[k-1]+1e-4 {
			t.Errorf("the bound rises from %.5f to %.5f nats a pair in iteration %d", a.course[k-1], a.course[k], k)
		}
	}
}

func TestSenderReceiverOfTheDegenerate(t *testing.T) {
	m := trained(t)
	strange, err := circuit.New([]circuit.Neuron{
		{ID: "a", Class: "new", Position: circuit.NoPosition()}, {ID: "b", Class: "E", Position: circuit.Position{X: 1e6}},
		{ID: "c", Class: "new", Position: circuit.Position{X: 1}},
	}, []circuit.Edge{{Pre: 0, Post: 1}})
	if err != nil {
		t.Fatal(err)
	}
	blank, err := strange.WithObserved([]bool{false, false, false})
	if err != nil {
		t.Fatal(err)
	}
	empty, err := circuit.New(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for name, c := range map[string]struct {
		circuit *circuit.Circuit
		pairs   int
	}{"strange": {strange, 6}, "nothing observed": {blank, 0}, "empty": {empty, 0}} {
		e, err := m.Evidence(c.circuit, 10, rng)
		if err != nil || e.Pairs != c.pairs || math.IsNaN(e.PerPair()) != (c.pairs == 0) || c.pairs == 0 && math.Abs(e.LogLikelihood) > 1e-9 {
			t.Errorf("%s: evidence is %+v (%v)", name, e, err)
		}
		if _, err := Edge(c.circuit, m.Predict(c.circuit)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := FitSenderReceiver(t.Context(), []*circuit.Circuit{blank}, SenderReceiverConfig{}, 1); err == nil || !strings.Contains(err.Error(), "no observed pairs") {
		t.Errorf("nothing to fit to gives %v", err)
	}
	if _, err := FitSenderReceiver(t.Context(), []*circuit.Circuit{strange}, SenderReceiverConfig{}, 1); err != nil {
		t.Errorf("a single strange circuit gives %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := FitSenderReceiver(ctx, []*circuit.Circuit{strange}, SenderReceiverConfig{}, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled fit gives %v", err)
	}
	if _, err := m.Bound(ctx, []*circuit.Circuit{strange}, 1, 1, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled bound gives %v", err)
	}
	for _, bad := range [][]float64{nil, {math.NaN()}, {0, math.Inf(1)}} {
		if _, err := NewEvidence(bad, 1); err == nil {
			t.Errorf("log weights %v are no error", bad)
		}
	}
	if e, err := NewEvidence([]float64{math.Log(1), math.Log(3)}, 2); err != nil || math.Abs(e.PerPair()+math.Log(2)/2) > 1e-12 || math.Abs(e.Effective-16./10) > 1e-12 {
		t.Errorf("weights 1 and 3 over two pairs give %+v (%v), want −log 2 / 2 and 16/10", e, err)
	}
}
