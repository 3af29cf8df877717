package cortex

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// PosteriorConfig says how many samples are drawn; zero values mean the
// defaults.
type PosteriorConfig struct {
	// Draws is how many samples are kept. Default 100.
	Draws int `json:"draws,omitempty"`
	// Thin is how many sweeps over all neurons lie between two. Default 5.
	Thin int `json:"thin,omitempty"`
}

// Posterior is samples of a circuit's effects given its edges, neurons and
// factors.
type Posterior struct {
	Draws []Effects `json:"draws"`
	// LogLikelihood is that of every draw, in nats.
	LogLikelihood []float64 `json:"log_likelihood_nats"`
	// Effective is how many independent draws the log-likelihood's are worth;
	// EffectiveLeast and EffectiveMedian are those of single neurons' effects.
	Effective       float64 `json:"effective"`
	EffectiveLeast  float64 `json:"effective_least"`
	EffectiveMedian float64 `json:"effective_median"`
}

// Posterior draws from the posterior of the effects by a Markov chain that begins
// at the truth's own. Where those were drawn together with the circuit's edges,
// as those of Sheet.Truth and Specimens were, they are a sample of the posterior,
// so that the chain is stationary from its first step: there is no burn-in to
// doubt. A sweep gives each neuron in turn new effects s and r by elliptical
// slice sampling (Murray, Adams & MacKay 2010, arXiv:1001.0175) and a new
// community by its conditional probabilities. About a millisecond a sweep of a
// circuit of 90.
func (t *Truth) Posterior(ctx context.Context, cfg PosteriorConfig, rng *rand.Rand) (Posterior, error) {
	draws, thin := cmp.Or(cfg.Draws, 100), cmp.Or(cfg.Thin, 5)
	if draws < 1 || thin < 1 {
		return Posterior{}, fmt.Errorf("cortex: posterior: %d draws, %d sweeps between them: ask for 1 or more", draws, thin)
	}
	s, err := newSampler(t, rng)
	if err != nil {
		return Posterior{}, err
	}
	var p Posterior
	for range draws {
		for range thin {
			if err := ctx.Err(); err != nil {
				return Posterior{}, fmt.Errorf("cortex: posterior: %w", err)
			}
			s.sweep()
		}
		p.Draws = append(p.Draws, s.Effects.clone())
		p.LogLikelihood = append(p.LogLikelihood, s.logLikelihood())
	}
	p.judge()
	return p, nil
}

// judge fills in effective sample sizes.
func (p *Posterior) judge() {
	p.Effective = effective(p.LogLikelihood)
	var each []float64
	trace := make([]float64, len(p.Draws))
	for i := range p.Draws[0].Sender {
		for _, of := range []func(Effects) float64{
			func(e Effects) float64 { return e.Sender[i] },
			func(e Effects) float64 { return e.Receiver[i] },
		} {
			for k, e := range p.Draws {
				trace[k] = of(e)
			}
			each = append(each, effective(trace))
		}
	}
	slices.Sort(each)
	if len(each) > 0 {
		p.EffectiveLeast, p.EffectiveMedian = each[0], each[len(each)/2]
	}
}

// effective is the number of independent draws that a stationary sequence is
// worth for its mean, by Geyer's initial positive sequence (1992,
// doi:10.1214/ss/1177011137); at most its length.
func effective(x []float64) float64 {
	n := len(x)
	mean, variance := stat.PopMeanVariance(x, nil)
	if !(variance > 0) {
		return float64(n)
	}
	correlation := func(lag int) float64 {
		sum := 0.0
		for i := range n - lag {
			sum += (x[i] - mean) * (x[i+lag] - mean)
		}
		return sum / float64(n) / variance
	}
	time := -1.0
	for lag := 0; lag+1 < n; lag += 2 {
		pair := correlation(lag) + correlation(lag+1)
		if pair <= 0 {
			break
		}
		time += 2 * pair
	}
	return min(float64(n), float64(n)/max(time, 1e-9))
}

// sampler is a chain over the effects of one circuit whose target is their prior
// times a power of the likelihood: the posterior at power 1, the prior at 0.
type sampler struct {
	Effects
	truth  *Truth
	rng    *rand.Rand
	n      int
	power  float64
	dyads  []dyad // [n, n]
	spread []float64
	// senderOdds and receiverOdds are the exponentials of the effects.
	senderOdds, receiverOdds []float64
}

// dyad is what a sampler knows of a neuron i and another, j. It is kept as odds,
// so that new effects cost products and one root, not exponentials.
type dyad struct {
	forth, back float64 // odds of i→j and of j→i without effects and community
	affinity    float64 // of neurons of one community: a factor on both
	psi         float64 // odds ratio; 0 beyond reach, and of a neuron with itself
	edges       pairEdges
}

// pairEdges is which of the two edges of a pair there are.
type pairEdges uint8

const (
	neither pairEdges = iota
	forthOnly
	backOnly
	mutualPair
)

func newSampler(t *Truth, rng *rand.Rand) (*sampler, error) {
	n := len(t.cells)
	s := &sampler{truth: t, rng: rng, n: n, power: 1, dyads: make([]dyad, n*n), spread: make([]float64, n)}
	for i := range n {
		for j := range i {
			forth, back := t.circuit.Has(i, j), t.circuit.Has(j, i)
			if (forth || back) && !t.inReach(&t.cells[i], &t.cells[j]) {
				return nil, fmt.Errorf("cortex: posterior: neurons %d and %d are connected, but lie more than the sheet's reach of %g µm apart", i, j, t.reach)
			}
			s.dyads[i*n+j].edges, s.dyads[j*n+i].edges = pairEdgesOf(forth, back), pairEdgesOf(back, forth)
		}
	}
	s.take(t.Effects())
	s.settle(t.cells)
	return s, nil
}

func pairEdgesOf(forth, back bool) pairEdges {
	switch {
	case forth && back:
		return mutualPair
	case forth:
		return forthOnly
	case back:
		return backOnly
	}
	return neither
}

// take puts effects in place.
func (s *sampler) take(e Effects) {
	s.Effects = e
	s.senderOdds, s.receiverOdds = make([]float64, s.n), make([]float64, s.n)
	for i := range s.n {
		s.affect(i, e.Sender[i], e.Receiver[i])
	}
}

// affect gives a neuron its effects.
func (s *sampler) affect(i int, sender, receiver float64) {
	s.Sender[i], s.Receiver[i] = sender, receiver
	s.senderOdds[i], s.receiverOdds[i] = math.Exp(sender), math.Exp(receiver)
}

// settle puts all pairs under the places of cells.
func (s *sampler) settle(cells []cell) {
	for i := range cells {
		s.spread[i] = cells[i].spread
		for j := range i {
			a, b := &cells[i], &cells[j]
			if !s.truth.inReach(a, b) {
				continue
			}
			forth, back, affinity := s.truth.rule.pair(a, b)
			d, mirror := &s.dyads[i*s.n+j], &s.dyads[j*s.n+i]
			d.forth, d.back, d.affinity, d.psi = math.Exp(forth), math.Exp(back), math.Exp(affinity), oddsRatio(a, b)
			mirror.forth, mirror.back, mirror.affinity, mirror.psi = d.back, d.forth, d.affinity, d.psi
		}
	}
}

// probability is that of the pair's edges where effects and community multiply
// the odds of i→j and j→i. It is what outcome and bothWays say, with odds x and y
// in place of probabilities x/(1+x) and y/(1+y).
func (d *dyad) probability(forth, back float64) float64 {
	x, y, more := d.forth*forth, d.back*back, d.psi-1
	all := (1 + x) * (1 + y)
	s := all + (x+y+2*x*y)*more
	both := 2 * d.psi * x * y / (s + math.Sqrt(max(0, s*s-4*d.psi*more*x*y*all)))
	switch d.edges {
	case mutualPair:
		return both
	case forthOnly:
		return max(0, x*(1+y)/all-both)
	case backOnly:
		return max(0, y*(1+x)/all-both)
	}
	return max(0, (1-x*y)/all+both)
}

// logProduct is the logarithm of a product, of which it takes one for many
// factors.
type logProduct struct{ product, log float64 }

func (p *logProduct) times(x float64) {
	if p.product *= x; p.product < 1e-150 || p.product > 1e150 {
		p.carry()
	}
}

func (p *logProduct) carry() { p.log, p.product = p.sum(), 1 }

func (p *logProduct) sum() float64 { return p.log + math.Log(p.product) }

// around is the log-probability of all that is between i and others, with odds of
// effects of i put in place of its own.
func (s *sampler) around(i int, senderOdds, receiverOdds float64) float64 {
	return s.between(i, s.dyads[i*s.n:(i+1)*s.n], senderOdds, receiverOdds)
}

// between is the log-probability of all that is between i and the first neurons,
// as many as there are dyads.
func (s *sampler) between(i int, dyads []dyad, senderOdds, receiverOdds float64) float64 {
	total, own := logProduct{product: 1}, s.Community[i]
	for j := range dyads {
		d := &dyads[j]
		if d.psi == 0 {
			continue
		}
		forth, back := senderOdds*s.receiverOdds[j], receiverOdds*s.senderOdds[j]
		if s.Community[j] == own {
			forth, back = forth*d.affinity, back*d.affinity
		}
		total.times(d.probability(forth, back))
	}
	return total.sum()
}

func (s *sampler) logLikelihood() float64 {
	sum := 0.0
	for i := range s.n {
		sum += s.between(i, s.dyads[i*s.n:i*s.n+i], s.senderOdds[i], s.receiverOdds[i])
	}
	return sum
}

func (s *sampler) sweep() {
	for i := range s.n {
		s.slice(i)
		s.move(i)
	}
}

// slice draws new effects of neuron i from the ellipse through the present ones
// and others drawn from the prior.
func (s *sampler) slice(i int) {
	sender, receiver := s.Sender[i], s.Receiver[i]
	otherSender := s.spread[i] * s.rng.NormFloat64()
	otherReceiver := receiverShare * s.spread[i] * s.rng.NormFloat64()
	floor := s.power*s.around(i, s.senderOdds[i], s.receiverOdds[i]) + math.Log(1-s.rng.Float64())
	angle := 2 * math.Pi * s.rng.Float64()
	low, high := angle-2*math.Pi, angle
	for {
		sin, cos := math.Sincos(angle)
		newSender, newReceiver := sender*cos+otherSender*sin, receiver*cos+otherReceiver*sin
		if s.power*s.around(i, math.Exp(newSender), math.Exp(newReceiver)) >= floor {
			s.affect(i, newSender, newReceiver)
			return
		}
		if high-low < 1e-12 {
			return // the bracket has closed round the present effects
		}
		if angle < 0 {
			low = angle
		} else {
			high = angle
		}
		angle = low + (high-low)*s.rng.Float64()
	}
}

// move draws a new community of neuron i given those of the others.
func (s *sampler) move(i int) {
	var gain [communities]float64 // over being in none
	var within [communities]logProduct
	for k := range within {
		within[k].product = 1
	}
	for j := range s.n {
		d := &s.dyads[i*s.n+j]
		if d.psi == 0 {
			continue
		}
		forth, back := s.senderOdds[i]*s.receiverOdds[j], s.receiverOdds[i]*s.senderOdds[j]
		within[s.Community[j]].times(d.probability(forth*d.affinity, back*d.affinity) / d.probability(forth, back))
	}
	for k := range gain {
		gain[k] = s.power * within[k].sum()
	}
	most, total := slices.Max(gain[:]), 0.0
	for k := range gain {
		gain[k] = math.Exp(gain[k] - most)
		total += gain[k]
	}
	u := s.rng.Float64() * total
	for k := range gain {
		if u -= gain[k]; u < 0 || k == communities-1 {
			s.Community[i] = k
			return
		}
	}
}
