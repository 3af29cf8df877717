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
// community by its conditional probabilities. About 10 ms a sweep of a circuit of
// 90.
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

// sampler is a chain over the effects of one circuit.
type sampler struct {
	Effects
	truth    *Truth
	rng      *rand.Rand
	n        int
	base     []float64 // [n, n]: log-odds of i→j without effects and community
	affinity []float64 // [n, n]
	psi      []float64 // [n, n]; 0 beyond reach
	edge     []bool    // [n, n]
	spread   []float64
}

func newSampler(t *Truth, rng *rand.Rand) (*sampler, error) {
	n := len(t.cells)
	s := &sampler{
		Effects: t.Effects(), truth: t, rng: rng, n: n,
		base: make([]float64, n*n), affinity: make([]float64, n*n), psi: make([]float64, n*n), edge: make([]bool, n*n),
	}
	for i := range n {
		s.spread = append(s.spread, t.cells[i].spread)
		for j := range i {
			a, b := &t.cells[i], &t.cells[j]
			forth, back := i*n+j, j*n+i
			s.edge[forth], s.edge[back] = t.circuit.Has(i, j), t.circuit.Has(j, i)
			if !t.inReach(a, b) {
				if s.edge[forth] || s.edge[back] {
					return nil, fmt.Errorf("cortex: posterior: neurons %d and %d are connected, but lie more than the sheet's reach of %g µm apart", i, j, t.reach)
				}
				continue
			}
			s.base[forth], s.base[back], s.affinity[forth] = t.rule.pair(a, b)
			s.affinity[back] = s.affinity[forth]
			s.psi[forth] = oddsRatio(a, b)
			s.psi[back] = s.psi[forth]
		}
	}
	return s, nil
}

// pair is the log-probability of what is between i and j, with effects of i put
// in place of its own.
func (s *sampler) pair(i, j int, sender, receiver float64, same bool) float64 {
	forth, back := i*s.n+j, j*s.n+i
	if i == j || s.psi[forth] == 0 {
		return 0
	}
	x, y := s.base[forth]+sender+s.Receiver[j], s.base[back]+s.Sender[j]+receiver
	if same {
		x, y = x+s.affinity[forth], y+s.affinity[forth]
	}
	p, q := logistic(x), logistic(y)
	return math.Log(outcome(p, q, bothWays(p, q, s.psi[forth]), s.edge[forth], s.edge[back]))
}

// around is the log-probability of all that is between i and others.
func (s *sampler) around(i int, sender, receiver float64) float64 {
	sum := 0.0
	for j := range s.n {
		sum += s.pair(i, j, sender, receiver, s.Community[i] == s.Community[j])
	}
	return sum
}

func (s *sampler) logLikelihood() float64 {
	sum := 0.0
	for i := range s.n {
		for j := range i {
			sum += s.pair(i, j, s.Sender[i], s.Receiver[i], s.Community[i] == s.Community[j])
		}
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
	floor := s.around(i, sender, receiver) + math.Log(1-s.rng.Float64())
	angle := 2 * math.Pi * s.rng.Float64()
	low, high := angle-2*math.Pi, angle
	for {
		sin, cos := math.Sincos(angle)
		newSender, newReceiver := sender*cos+otherSender*sin, receiver*cos+otherReceiver*sin
		if s.around(i, newSender, newReceiver) >= floor {
			s.Sender[i], s.Receiver[i] = newSender, newReceiver
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
	for j := range s.n {
		if j != i {
			gain[s.Community[j]] += s.pair(i, j, s.Sender[i], s.Receiver[i], true) - s.pair(i, j, s.Sender[i], s.Receiver[i], false)
		}
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
