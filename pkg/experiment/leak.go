package experiment

import (
	"context"

	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/fidelity"
	"github.com/cortigen/cortigen/pkg/graphvae"
)

// LeakName is the name of the experiment on random splits.
const LeakName = "leak"

// Leak measures what a random split of overlapping circuits pretends: it trains
// the model once more on the same tissue, split at random, and holds its scores
// against those of the split by space.
func (r *Run) Leak(ctx context.Context) (fidelity.Leak, error) {
	k, err := r.modelKey(ctx, LeakName, "leak.go")
	if err != nil {
		return fidelity.Leak{}, err
	}
	return named(ctx, r, LeakName, k, r.leak)
}

func (r *Run) leak(ctx context.Context) (fidelity.Leak, error) {
	t, err := r.trained(ctx)
	if err != nil {
		return fidelity.Leak{}, err
	}
	tissue, err := r.Tissue(ctx)
	if err != nil {
		return fidelity.Leak{}, err
	}
	c := r.cut()
	cut, err := connectome.NewRandomSample(ctx, tissue, c.Split, c.Band, c.Counts, r.seed().Sub("random split"))
	if err != nil {
		return fidelity.Leak{}, err
	}
	circuits, err := hash(r.columnsKey())
	if err != nil {
		return fidelity.Leak{}, err
	}
	how := r.slots(0)
	how.Split, how.task = "random", "train on a random split"
	random, err := r.train(ctx, t.backend, cut, circuits, how)
	if err != nil {
		return fidelity.Leak{}, err
	}
	m := t.model()
	l := fidelity.Leak{Kind: string(m.Config().Kind), Backend: t.backend.Name()}
	if l.Spatial, err = r.side(ctx, m, t.cut); err != nil {
		return fidelity.Leak{}, err
	}
	if l.Random, err = r.side(ctx, random.model, cut); err != nil {
		return fidelity.Leak{}, err
	}
	for k := range l.Spatial.Reports {
		l.Inflations = append(l.Inflations, fidelity.Apart(l.Random.Reports[k], l.Spatial.Reports[k], r.sizes().Draws, r.seed().Sub("intervals")))
	}
	return l, nil
}

// side scores a model, and what stands beside it, on a sample's test circuits.
func (r *Run) side(ctx context.Context, m *graphvae.Model, cut connectome.Sample) (fidelity.SplitSide, error) {
	draws, intervals := r.sizes().Draws, r.seed().Sub("intervals")
	report, _, err := r.scores(ctx, m, cut.Test)
	if err != nil {
		return fidelity.SplitSide{}, err
	}
	fitted := fidelity.FitClassDistance(cut.Train)
	memory := fidelity.FitMemory(cut.Train, fitted)
	s := fidelity.SplitSide{Reports: []fidelity.Report{report}}
	s.Neurons, s.Pairs = memory.Seen(cut.Test)
	for _, b := range []fidelity.Baseline{fitted, memory} {
		report, err := fidelity.EvaluateBaseline(ctx, b, cut.Test, draws, intervals)
		if err != nil {
			return fidelity.SplitSide{}, err
		}
		s.Reports = append(s.Reports, report)
	}
	return s, nil
}

func (l *ledger) leak(f fidelity.Leak) {
	seen := map[string]float64{"split by space": f.Spatial.Neurons}
	l.add("split.random.neurons_seen", number(f.Random.Neurons, len(f.Random.Reports[0].Scores)), "1", seen, "share of the test circuits' neurons that a training circuit holds too")
	for k, name := range []string{"split.random.edge_auc_inflation", "split.random.edge_auc_inflation.class_distance", "split.random.edge_auc_inflation.memory"} {
		l.add(name, f.Inflations[k].AUC, "1", map[string]float64{"split by space": f.Spatial.Reports[k].AUC.Value, "no leak": 0},
			f.Spatial.Reports[k].Name+": AUC on test circuits of a random split, less that of the split by space")
	}
}
