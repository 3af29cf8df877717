package cortex

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"

	"golang.org/x/sync/errgroup"
	"gonum.org/v1/gonum/floats"

	"github.com/cortigen/cortigen/pkg/seed"
)

// EvidenceConfig says how closely evidence is bracketed; zero values mean the
// defaults.
type EvidenceConfig struct {
	// Steps is how many powers of the likelihood a chain goes through. The gap of a
	// bracket falls about as 1/Steps: from .0021 nats per ordered pair at 200, in the
	// mean over circuits of usual size. Default 1,000.
	Steps int `json:"steps,omitempty"`
	// Chains is how many chains each end of the bracket is the mean of. More make
	// it closer, too, but less so than as many times the steps. Default 1.
	Chains int `json:"chains,omitempty"`
}

func (c EvidenceConfig) withDefaults() EvidenceConfig {
	c.Steps, c.Chains = cmp.Or(c.Steps, 1000), cmp.Or(c.Chains, 1)
	return c
}

// Validate returns every fault.
func (c EvidenceConfig) Validate() error {
	c = c.withDefaults()
	var faults []error
	if c.Steps < 1 {
		faults = append(faults, fmt.Errorf("cortex: evidence: %d steps: ask for 1 or more", c.Steps))
	}
	if c.Chains < 1 {
		faults = append(faults, fmt.Errorf("cortex: evidence: %d chains: ask for 1 or more", c.Chains))
	}
	return errors.Join(faults...)
}

// Bracket is what is known of the evidence log p(A | c, p) of a circuit: the
// log-probability of its edges A given the classes c and places p of its neurons
// and the way that [Circuits] makes circuits, but neither factors nor effects. No
// model that is told classes and places only can expect to say more of circuits
// so made.
type Bracket struct {
	// Lower is at most the evidence in expectation over chains, and Upper at least,
	// in nats. A single bracket may lie to one side, or the wrong way round, by
	// noise of about the gap: means over circuits are what to look at.
	Lower float64 `json:"lower_nats"`
	Upper float64 `json:"upper_nats"`
	// Truth is log p(A | c, p, factors, effects) of the true ones. It lies above the
	// evidence by how much the edges say of both: their mutual information, in the
	// mean over circuits.
	Truth float64 `json:"truth_nats"`
	// Pairs is how many ordered pairs of neurons there are.
	Pairs int `json:"pairs"`
}

// PerPair returns both ends in nats per ordered pair; NaN where there is none.
func (b Bracket) PerPair() (lower, upper float64) {
	return b.Lower / float64(b.Pairs), b.Upper / float64(b.Pairs)
}

// Gap is Upper − Lower in nats per ordered pair; NaN where there is none.
func (b Bracket) Gap() float64 { return (b.Upper - b.Lower) / float64(b.Pairs) }

// Evidence brackets the evidence of an independent circuit: see [Evidences].
func (t *Truth) Evidence(ctx context.Context, cfg EvidenceConfig, s seed.Seed) (Bracket, error) {
	all, err := Evidences(ctx, []*Truth{t}, cfg, s)
	if err != nil {
		return Bracket{}, err
	}
	return all[0], nil
}

// Evidences brackets the evidence of independent circuits from both sides, by
// bidirectional Monte Carlo (Grosse, Ghahramani & Adams 2015, arXiv:1511.02543).
//
// What is integrated out are the eight factors, each even over its range and the
// same all over the circuit, and of every neuron the sender effect, the receiver
// effect and the community, by their distributions given the factors. Classes are
// given, and tell of the E share: its prior is its range weighed by the
// probability of so many excitatory neurons. Intercept and odds ratio follow from
// the factors as in [Circuits], reciprocities beyond their cap lowered to it.
//
// Lower is the log-weight of annealed importance sampling (Neal 2001,
// doi:10.1023/A:1008923215028): a chain that begins with a draw from the prior and
// goes through prior·likelihood^β with β from 0 to 1. Its weight is unbiased for
// p(A | c, p), and so its logarithm is, in expectation, at most the evidence. Upper
// is that of a chain from β of 1 to 0 that begins with a draw from the posterior
// given the edges, whose inverse weight is unbiased for 1/p(A | c, p). Such a draw
// is at hand: factors and effects that a circuit was made from are one. This
// holds only of edges that were drawn from the truth, by [Specimens] with an empty
// blueprint or by [Truth.Redraw] on those, and cannot be checked; of edges from
// elsewhere, such as a model's, or of a blueprint that fixes factors, Upper bounds
// nothing while Lower still does. Both bounds hold for any number of steps; the
// gap between them, in expectation, is how far either can be from the evidence.
//
// Steps of a chain are sweeps of [Truth.Posterior] over the effects, at a power,
// and Metropolis moves of the factors. A circuit without a pair has evidence 0. A
// circuit with unobserved rows, one of a sheet, whose factors vary, a part of one,
// or one that does not carry its factors is an error. On all cores: circuit i
// depends on itself, cfg, s and i only. About 5 seconds for a circuit of 90 on one
// core at the default.
func Evidences(ctx context.Context, truths []*Truth, cfg EvidenceConfig, s seed.Seed) ([]Bracket, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	for i, t := range truths {
		if err := whole(t); err != nil {
			return nil, fmt.Errorf("cortex: evidence: circuit %d: %w", i, err)
		}
	}
	b := bracketer{cfg.withDefaults(), typicalPairs()}
	all := make([]Bracket, len(truths))
	ends := make([][2][]float64, len(truths)) // log-weights, by direction and chain
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, t := range truths {
		all[i] = Bracket{Truth: t.LogLikelihood(), Pairs: len(t.cells) * (len(t.cells) - 1)}
		for direction := range ends[i] {
			ends[i][direction] = make([]float64, b.cfg.Chains)
			for chain := range b.cfg.Chains {
				group.Go(func() (err error) {
					ends[i][direction][chain], err = b.end(ctx, t, direction, s.Sub("circuit", i), chain)
					if err != nil {
						return fmt.Errorf("cortex: evidence: circuit %d: %w", i, err)
					}
					return nil
				})
			}
		}
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for i := range all {
		all[i].Lower, all[i].Upper = logMean(ends[i][rising], 1), logMean(ends[i][falling], -1)
	}
	return all, nil
}

// whole refuses truths that cannot be asked for evidence at all.
func whole(t *Truth) error {
	if t == nil {
		return errors.New("there is no truth: give that of a circuit that Specimens made")
	}
	if !t.circuit.FullyObserved() {
		return errors.New("it has unobserved rows, whose edges are unknown: give it without its mask")
	}
	return nil
}

// The directions of chains.
const (
	rising = iota
	falling
)

// bracketer makes the ends of brackets.
type bracketer struct {
	cfg     EvidenceConfig
	typical *typical
}

// end runs one chain and returns its estimate of the evidence.
func (b bracketer) end(ctx context.Context, t *Truth, direction int, s seed.Seed, chain int) (float64, error) {
	rng := s.Stream([...]string{rising: "rise", falling: "fall"}[direction], chain)
	a, err := newAnnealer(t, b.typical, rng)
	if err != nil || a.n < 2 {
		return 0, err
	}
	if direction == rising {
		a.redraw()
		return a.rise(ctx, powers(b.cfg.Steps))
	}
	return a.fall(ctx, powers(b.cfg.Steps))
}

// logMean is the logarithm of the power mean of exponentials.
func logMean(logs []float64, power float64) float64 {
	scaled := make([]float64, len(logs))
	floats.ScaleTo(scaled, power, logs)
	return (floats.LogSumExp(scaled) - math.Log(float64(len(logs)))) / power
}
