package experiment

import (
	"context"
	"fmt"

	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/cortex"
	"github.com/cortigen/cortigen/pkg/fidelity"
)

// oracle returns what some test circuits cost under the truth that they were made
// from, given classes and places: factors and effects integrated out. Nil where
// the truth is not known.
func (r *Run) oracle(ctx context.Context, p population, judged []int, s fidelity.Standing) (*fidelity.Oracle, error) {
	if p.truth == nil {
		return nil, nil
	}
	truths := make([]*cortex.Truth, len(judged))
	for k, i := range judged {
		truths[k] = p.truth[i].Truth
	}
	cfg := r.sizes().Wiring.Oracle
	r.progress("oracle", 0, 1, fmt.Sprintf("factors and effects of %d circuits are integrated out", len(judged)))
	brackets, err := cortex.Evidences(ctx, truths, cfg, r.seed().Sub("oracle"))
	if err != nil {
		return nil, err
	}
	draws, intervals := r.sizes().Draws, r.seed().Sub("intervals")
	region := connectome.Regions(pick(p.Test, judged))
	o := fidelity.Oracle{
		Cost:  fidelity.Bounds{Name: "the truth, at most", Region: region, Draws: max(1, cfg.Chains)},
		Floor: fidelity.Bounds{Name: "the truth, at least", Region: region, Draws: max(1, cfg.Chains)},
	}
	for _, b := range brackets {
		lower, upper := b.PerPair()
		o.Cost.PerPair, o.Floor.PerPair = append(o.Cost.PerPair, -lower), append(o.Floor.PerPair, -upper)
	}
	o.Cost.Mean = fidelity.MeanOver(o.Cost.PerPair, region, draws, intervals)
	o.Floor.Mean = fidelity.MeanOver(o.Floor.PerPair, region, draws, intervals)
	if o.Closed, err = s.Chose().Closed(s.Others[0], o.Cost, draws, intervals); err != nil {
		return nil, err
	}
	o.AtLeast, err = s.Chose().Closed(s.Others[0], o.Floor, draws, intervals)
	return &o, err
}

// oracle adds what the truth pays, where it is known.
func (l *ledger) oracle(s fidelity.Standing) {
	o := s.Oracle
	if o == nil {
		return
	}
	l.add("oracle.nats_per_pair", o.Cost.Mean, "nats/pair", map[string]float64{s.Others[0].Name: s.Others[0].Mean.Value, s.Kind: s.Chose().Mean.Value, "floor": o.Floor.Mean.Value},
		"the truth itself, factors and effects integrated out: at most this and at least the floor, in expectation over chains")
	closed := map[string]float64{s.Others[0].Name: 0, "the truth": 1}
	for _, other := range s.Others[1:] {
		if way := s.Others[0].Mean.Value - o.Cost.Mean.Value; way > 0 {
			closed[other.Name] = (s.Others[0].Mean.Value - other.Mean.Value) / way
		}
	}
	l.add("oracle.gap_closed", o.Closed, "1", closed, fmt.Sprintf("share of the way from %s to the truth that the model's bound has come, a ratio of means; to the floor %v", s.Others[0].Name, o.AtLeast))
}
