package fidelity

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/integrate/quad"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// SenderReceiver is the baseline that decides whether a model knows more of
// wiring than two numbers a neuron: class pair × distance, with a sender and a
// receiver effect of every neuron and a term for mutual pairs, the effects
// integrated out.
//
//	P(A_ij, A_ji) ∝ exp(A_ij·θ_ij + A_ji·θ_ji + A_ij·A_ji·ρ)
//	θ_ij = w(class_i, class_j)·x_ij + s_i + r_j,  (s_i, r_i) ~ N(0, Σ)
//
//	symbol  meaning                                              in code
//	x_ij    1, distance, its root, depth below, below?, across   spot.describe
//	w       weights of a class pair                              weights
//	Σ       covariance of a neuron's two effects, by its sign    Sigma
//	ρ       log odds ratio of a pair's directions, by signs      Rho
//
// It is the p2 model of van Duijn, Snijders & Zijlstra 2004,
// doi:10.1046/j.0039-0402.2003.00258.x, which is also an additive-effects model
// of Hoff 2021, doi:10.1214/19-STS757, with a logistic link.
type SenderReceiver struct {
	index   map[blockKey]int32
	weights [][features]float64
	sigma   [groups]cov2
	rho     [ties]float64
	course  []float64
}

// blockKey names weights: those of a class pair, apart where distance is not
// known.
type blockKey struct {
	classPair
	placed bool
}

// The first two blocks are for class pairs that training did not have.
const (
	commonBlock, commonUnplaced = 0, 1
)

// Name is that of tables.
func (m *SenderReceiver) Name() string { return "class × distance × sender × receiver" }

// Sigma returns the variances of sender and receiver effects and their
// covariance, in squared log-odds, of neurons of a sign.
func (m *SenderReceiver) Sigma(s circuit.Sign) (sender, receiver, covariance float64) {
	c := m.sigma[groupOf(s)]
	return c.ss, c.rr, c.sr
}

// Rho returns the log odds ratio of the two directions of a pair of neurons of
// these signs.
func (m *SenderReceiver) Rho(a, b circuit.Sign) float64 { return m.rho[tieOf(groupOf(a), groupOf(b))] }

// Course returns the bound on the training circuits, in nats per known pair,
// after every iteration of the fit.
func (m *SenderReceiver) Course() []float64 { return append([]float64(nil), m.course...) }

func (m *SenderReceiver) block(pre, post circuit.Neuron) int32 {
	placed := pre.Position.Known() && post.Position.Known()
	if k, known := m.index[blockKey{classPair{pre.Class, post.Class}, placed}]; known {
		return k
	}
	if placed {
		return commonBlock
	}
	return commonUnplaced
}

// base returns the log-odds of both directions of a dyad without effects.
func (m *SenderReceiver) base(d *dyad) (forth, back float64) {
	return dot(m.weights[d.blocks[0]], d.inputs(0)), dot(m.weights[d.blocks[1]], d.inputs(1))
}

func dot(w, x [features]float64) float64 {
	sum := 0.
	for k := range w {
		sum += w[k] * x[k]
	}
	return sum
}

// posterior of the effects of a circuit of which some pairs are known.
func (m *SenderReceiver) posterior(c *circuit.Circuit, known func(i, j int) uint8) (*posterior, error) {
	return newEffects(newWiring(c, known, m.block), m.base, m.rho, m.sigma).posterior(nil)
}

// Evidence bounds the log-probability of a circuit's observed pairs, effects
// integrated out, by importance sampling with that many draws (0: 1,000) from
// Laplace's approximation to the effects' posterior, found for this circuit.
func (m *SenderReceiver) Evidence(c *circuit.Circuit, draws int, rng *rand.Rand) (Evidence, error) {
	p, err := m.posterior(c, knownOf(c))
	if err != nil {
		return Evidence{}, fmt.Errorf("fidelity: %s: evidence: %w", m.Name(), err)
	}
	s := p.draw(cmp.Or(draws, 1000), rng)
	return newEvidence(s.logWeight, p.known), nil
}

// quadraturePoints of either of the two standard normals that a pair's effects
// are made of. Seven are exact for polynomials of degree 13; with effects of sd
// 1 probabilities are then right to 1e-4.
const quadraturePoints = 7

// Predict returns the probability of every edge with effects and the other
// direction integrated out, row-major [n, n]: what is said of a circuit of which
// nothing but classes and positions is known.
func (m *SenderReceiver) Predict(c *circuit.Circuit) []float64 {
	at, weight := make([]float64, quadraturePoints), make([]float64, quadraturePoints)
	quad.Hermite{}.FixedLocations(at, weight, math.Inf(-1), math.Inf(1))
	n := c.Len()
	p := make([]float64, n*n)
	w := newWiring(c, func(int, int) uint8 { return absent }, m.block)
	for k := range w.dyads {
		d := &w.dyads[k]
		forth, back := m.base(d)
		a, b := m.sigma[w.group[d.i]], m.sigma[w.group[d.j]]
		// Of s_i + r_j and s_j + r_i.
		sdForth, sdBack := math.Sqrt(a.ss+b.rr), math.Sqrt(b.ss+a.rr)
		r := (a.sr + b.sr) / (sdForth * sdBack)
		var sum outcomes
		for k, u := range at {
			for l, v := range at {
				// Hermite's weight is e^−x², a normal's e^−x²/2, over √π each.
				g := math.Sqrt2 * u
				h := math.Sqrt2 * (r*u + math.Sqrt(1-r*r)*v)
				o := outcomesOf(math.Exp(forth+sdForth*g), math.Exp(back+sdBack*h), math.Exp(m.rho[d.tie]))
				sum.p += weight[k] * weight[l] / math.Pi * o.p
				sum.q += weight[k] * weight[l] / math.Pi * o.q
			}
		}
		p[int(d.i)*n+int(d.j)], p[int(d.j)*n+int(d.i)] = min(1, sum.p), min(1, sum.q)
	}
	return p
}

// Inpaint returns the probability of every edge given the visible part, its
// weighted mean over draws of effects, and given the other direction of the pair
// where that is visible.
func (m *SenderReceiver) Inpaint(ctx context.Context, v Partial, rng *rand.Rand) ([]float64, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("fidelity: %s: inpaint: %w", m.Name(), err)
	}
	p, err := m.posterior(v.Circuit, v.state)
	if err != nil {
		return nil, fmt.Errorf("fidelity: %s: inpaint: %w", m.Name(), err)
	}
	return m.foretell(p, v, p.draw(inpaintDraws, rng)), nil
}

// inpaintDraws of effects that a prediction is the mean of (ours): its error is
// then a fifteenth of the posterior's sd.
const inpaintDraws = 200

// foretell averages over a sample.
func (m *SenderReceiver) foretell(p *posterior, v Partial, s sample) []float64 {
	n := v.Circuit.Len()
	all := newEffects(newWiring(v.Circuit, func(int, int) uint8 { return absent }, m.block), m.base, m.rho, m.sigma)
	predicted := make([]float64, n*n)
	weights, _, _ := s.weights()
	exp := make([]float64, 2*n)
	for k, u := range s.effects {
		w := weights[k]
		if w == 0 {
			continue
		}
		all.each(exponentials(u, exp), func(d *dyad, x, y, mutual float64) {
			i, j := int(d.i), int(d.j)
			o := outcomesOf(x, y, mutual)
			predicted[i*n+j] += w * given(v.state(j, i), x, mutual, o.p)
			predicted[j*n+i] += w * given(v.state(i, j), y, mutual, o.q)
		})
	}
	for k := range predicted {
		predicted[k] = min(1, predicted[k]) // rounding
	}
	return predicted
}

// given returns the probability of one direction, of odds x where the other is
// absent, given the state of the other.
func given(other uint8, x, mutual, marginal float64) float64 {
	switch other {
	case present:
		return x * mutual / (1 + x*mutual)
	case absent:
		return x / (1 + x)
	}
	return marginal
}
