package fidelity

import (
	"context"
	"fmt"
	"math"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/latent"
	"github.com/cortigen/cortigen/pkg/seed"
)

// Evidence is a lower bound on the log-probability of one circuit's wiring under
// a model with something to integrate out. It is one in expectation over the
// draws, log E[mean w] ≥ E[log mean w], and it rises with their number (Burda,
// Grosse & Salakhutdinov 2016, arXiv:1509.00519).
type Evidence struct {
	// LogLikelihood is log (1/K) Σ_k w_k in nats.
	LogLikelihood float64 `json:"log_likelihood"`
	// ELBO is mean log w: the bound of one draw.
	ELBO float64 `json:"elbo"`
	// Pairs is the number of observed ordered pairs.
	Pairs int `json:"pairs"`
	// Draws is K; Effective, (Σw)²/Σw², is how many of them count. Near 1, the
	// bound is loose.
	Draws     int     `json:"draws"`
	Effective float64 `json:"effective"`
}

// NewEvidence returns the bound from log importance weights,
// log p(wiring, hidden) − log q(hidden) of draws from q. No weight is an error,
// and so is one that is NaN or +Inf.
func NewEvidence(logWeights []float64, pairs int) (Evidence, error) {
	if len(logWeights) == 0 {
		return Evidence{}, fmt.Errorf("fidelity: evidence: no draws: give at least one log weight")
	}
	for k, l := range logWeights {
		if math.IsNaN(l) || math.IsInf(l, 1) {
			return Evidence{}, fmt.Errorf("fidelity: evidence: the log weight of draw %d is %g: the density of the proposal or of the model overflowed", k, l)
		}
	}
	return newEvidence(logWeights, pairs), nil
}

func newEvidence(logWeights []float64, pairs int) Evidence {
	s := sample{logWeight: logWeights}
	_, logMean, effective := s.weights()
	sum := 0.
	for _, l := range logWeights {
		sum += l
	}
	return Evidence{LogLikelihood: logMean, ELBO: sum / float64(len(logWeights)), Pairs: pairs, Draws: len(logWeights), Effective: effective}
}

// Ceiling returns an upper bound on the log-probability, in nats: the log of the
// mean weight of draws from a proposal and of one draw from the exact posterior,
// which data that were simulated together with what is hidden have (Grosse,
// Ghahramani & Adams 2015, arXiv:1511.02543, section 3: the reciprocal of that
// mean is an unbiased estimate of the reciprocal probability, and Jensen's
// inequality does the rest). It is one in expectation over data and draws. With Evidence
// from the same draws it brackets the truth: a narrow bracket says that the
// evidence is right, not just low. Errors are those of NewEvidence.
func Ceiling(logWeights []float64, exact float64) (float64, error) {
	e, err := NewEvidence(append([]float64{exact}, logWeights...), 0)
	if err != nil {
		return math.NaN(), err
	}
	return e.LogLikelihood, nil
}

// PerPair returns the upper bound on what the wiring costs, in nats per observed
// ordered pair; NaN without such pairs.
func (e Evidence) PerPair() float64 { return over(-e.LogLikelihood, float64(e.Pairs)) }

// Bounds are what the wiring of several circuits costs under one answer, in nats
// per observed ordered pair: an upper bound where something is integrated out,
// exact where pairs are independent.
type Bounds struct {
	Name    string    `json:"name"`
	PerPair []float64 `json:"per_pair"`
	Region  []string  `json:"region"`
	// Mean over circuits, with its interval over regions.
	Mean latent.Interval `json:"mean"`
	// Draws of every circuit, 0 where the cost is exact. Effective holds how many
	// of them count, by circuit.
	Draws     int       `json:"draws"`
	Effective []float64 `json:"effective,omitempty"`
}

// EvaluateBound bounds every circuit, by index, on all cores. The streams of
// random numbers are of the circuit, so results do not depend on the order.
func EvaluateBound(ctx context.Context, name string, circuits []*circuit.Circuit, bound func(i int, s seed.Seed) (Evidence, error), resamples int, s seed.Seed) (Bounds, error) {
	all := make([]Evidence, len(circuits))
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(runtime.GOMAXPROCS(0))
	for i := range circuits {
		work.Go(func() (err error) {
			if err := ctx.Err(); err != nil {
				return fmt.Errorf("fidelity: %s: %w", name, err)
			}
			if all[i], err = bound(i, s.Sub("bound", i)); err != nil {
				return fmt.Errorf("fidelity: %s: circuit %d: %w", name, i, err)
			}
			return nil
		})
	}
	if err := work.Wait(); err != nil {
		return Bounds{}, err
	}
	b := Bounds{Name: name}
	for i, e := range all {
		b.PerPair, b.Region = append(b.PerPair, e.PerPair()), append(b.Region, circuits[i].Origin().Region)
		b.Effective, b.Draws = append(b.Effective, e.Effective), max(b.Draws, e.Draws)
	}
	b.Mean = MeanOver(b.PerPair, b.Region, resamples, s)
	return b, nil
}

// Bound returns the bounds of the baseline on held-out circuits, each with that
// many draws of effects (0: 1,000).
func (m *SenderReceiver) Bound(ctx context.Context, circuits []*circuit.Circuit, draws, resamples int, s seed.Seed) (Bounds, error) {
	return EvaluateBound(ctx, m.Name(), circuits, func(i int, s seed.Seed) (Evidence, error) {
		return m.Evidence(circuits[i], draws, s.Stream("effects"))
	}, resamples, s)
}

// ExactBounds returns the log-loss of an answer with independent pairs, which is
// its cost.
func ExactBounds(r Report) Bounds {
	b := Bounds{Name: r.Name, Region: r.Region, Mean: r.LogLoss}
	for _, s := range r.Scores {
		b.PerPair = append(b.PerPair, s.LogLoss)
	}
	return b
}

// Below returns by how much the bounds lie below others, on the same circuits,
// in nats per pair: above 0 where b is the better answer.
func (b Bounds) Below(other Bounds, resamples int, s seed.Seed) (latent.Interval, error) {
	of := func(b Bounds) Report {
		r := Report{Name: b.Name, Region: b.Region}
		for _, v := range b.PerPair {
			r.Scores = append(r.Scores, Scores{LogLoss: v})
		}
		return r
	}
	return Paired(of(other), of(b), LogLoss, resamples, s)
}
