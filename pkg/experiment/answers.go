package experiment

import (
	"context"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/fidelity"
)

// fitTrees fits boosted trees to training circuits.
func (r *Run) fitTrees(ctx context.Context, train []*circuit.Circuit) (*fidelity.BoostedTrees, error) {
	return fidelity.FitBoostedTrees(ctx, train, r.sizes().Wiring.Trees, r.seed().Sub("boosted trees"))
}

// fitEffects fits sender and receiver effects.
func (r *Run) fitEffects(ctx context.Context, train []*circuit.Circuit) (*fidelity.SenderReceiver, error) {
	return fidelity.FitSenderReceiver(ctx, train, r.sizes().Wiring.Effects, r.seed().Sub("sender and receiver"))
}

// others fills in what stands beside the model: answers that are given classes
// and places only, of which one integrates two numbers a neuron out, and answers
// that read the circuit and pay for it.
func (r *Run) others(ctx context.Context, p population, judged []int, s *fidelity.Standing) error {
	draws, intervals := r.sizes().Draws, r.seed().Sub("intervals")
	r.progress("baselines", 0, 4, "tables and trees")
	trees, err := r.fitTrees(ctx, p.Train)
	if err != nil {
		return err
	}
	exact := func(b fidelity.Baseline) (fidelity.Bounds, error) {
		report, err := fidelity.EvaluateBaseline(ctx, b, p.Test, draws, intervals)
		s.Baselines = append(s.Baselines, report)
		return fidelity.ExactBounds(report).Only(judged, draws, intervals), err
	}
	for _, b := range []fidelity.Baseline{fidelity.FitClassDistance(p.Train), trees, fidelity.FitDensity(p.Train)} {
		bounds, err := exact(b)
		if err != nil {
			return err
		}
		s.Others = append(s.Others, bounds)
	}
	r.progress("baselines", 1, 4, "sender and receiver effects")
	effects, err := r.fitEffects(ctx, p.Train)
	if err != nil {
		return err
	}
	bounds, err := effects.Bound(ctx, pick(p.Test, judged), r.sizes().Wiring.Importance, draws, intervals)
	if err != nil {
		return err
	}
	s.Others = append(s.Others, bounds)
	if s.Readings, err = r.readings(ctx, p); err != nil {
		return err
	}
	for _, reading := range s.Readings {
		s.Others = append(s.Others, reading.Bounds.Only(judged, draws, intervals))
	}
	return nil
}

// readings are the answers that see the test circuits themselves.
func (r *Run) readings(ctx context.Context, p population) ([]fidelity.Reading, error) {
	draws, intervals := r.sizes().Draws, r.seed().Sub("intervals")
	r.progress("baselines", 2, 4, "degrees of the circuit itself")
	degrees, err := fidelity.FitDegrees(ctx, p.Train, r.seed().Sub("degrees"))
	if err != nil {
		return nil, err
	}
	read, err := degrees.ReadDegrees(ctx, p.Test, draws, intervals)
	if err != nil {
		return nil, err
	}
	r.progress("baselines", 3, 4, "copies of training circuits")
	copies, err := fidelity.FitCopies(ctx, p.Train)
	if err != nil {
		return nil, err
	}
	copied, err := copies.Read(ctx, p.Test, draws, intervals)
	return []fidelity.Reading{read, copied}, err
}

// judged are the circuits that costly judges see.
func (r *Run) judged(circuits []*circuit.Circuit) []*circuit.Circuit {
	return pick(circuits, evenly(len(circuits), r.sizes().Wiring.Judged))
}

// pick returns the circuits of some indices.
func pick(circuits []*circuit.Circuit, indices []int) []*circuit.Circuit {
	some := make([]*circuit.Circuit, len(indices))
	for k, i := range indices {
		some[k] = circuits[i]
	}
	return some
}

// evenly returns at most so many indices of n, from all over.
func evenly(n, most int) []int {
	count := min(n, most)
	indices := make([]int, count)
	for k := range indices {
		indices[k] = k * n / count
	}
	return indices
}
