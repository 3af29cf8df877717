package experiment

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/fidelity"
	"github.com/cortigen/cortigen/pkg/latent"
	"github.com/cortigen/cortigen/pkg/seed"
)

// InpaintingName is the name of the experiment on hidden pairs.
const InpaintingName = "inpainting"

// hiddenShare of pairs, and of axons, is hidden (ours).
const hiddenShare = .2

// Inpainting hides pairs of test circuits, or whole axons, and has the Exchangeable
// model foretell them from what is left to see, beside baselines that see the same.
func (r *Run) Inpainting(ctx context.Context) (fidelity.Inpainting, error) {
	k, err := r.wiringKey(ctx, InpaintingName, "inpainting.go answers.go")
	if err != nil {
		return fidelity.Inpainting{}, err
	}
	return named(ctx, r, InpaintingName, k, r.inpainting)
}

func (r *Run) inpainting(ctx context.Context) (f fidelity.Inpainting, err error) {
	w, err := r.wired(ctx)
	if err != nil {
		return f, err
	}
	r.progress("inpaint", 0, 3, "fitting what the model is held against")
	rivals, err := fidelity.Inpainters(ctx, w.Train, r.sizes().Wiring.Effects, r.seed().Sub("inpainters"))
	if err != nil {
		return f, err
	}
	for i, task := range []struct {
		name string
		how  hiding
		into *fidelity.InpaintingTask
	}{{"hidden pairs", fidelity.HidePairs, &f.Pairs}, {"hidden axons", fidelity.HideRows, &f.Rows}} {
		r.progress("inpaint", 1+i, 3, task.name)
		s := r.seed().Sub(task.name)
		puzzles, err := fidelity.Hide(r.judged(w.Test), hiddenShare, task.how, s)
		if err != nil {
			return f, err
		}
		if *task.into, err = r.inpaint(ctx, w, rivals, puzzles, s.Sub("complete")); err != nil {
			return f, err
		}
	}
	return f, nil
}

// hiding is one way to hide.
type hiding = func(*circuit.Circuit, float64, *rand.Rand) (fidelity.Puzzle, error)

// inpaint has all answers foretell the same hidden pairs.
func (r *Run) inpaint(ctx context.Context, w wiring, rivals []fidelity.Inpainter, puzzles []fidelity.Puzzle, s seed.Seed) (fidelity.InpaintingTask, error) {
	t := fidelity.InpaintingTask{Share: hiddenShare, Taught: r.sizes().Wiring.Training.Hide}
	model, err := r.complete(ctx, w, puzzles, s)
	if err != nil {
		return t, err
	}
	draws, intervals := r.sizes().Draws, r.seed().Sub("intervals")
	if t.Model, err = fidelity.EvaluateInpainting(ctx, model, puzzles, draws, intervals); err != nil {
		return t, err
	}
	for _, other := range rivals {
		report, err := fidelity.EvaluateInpainting(ctx, other, puzzles, draws, intervals)
		if err != nil {
			return t, err
		}
		t.Others = append(t.Others, report)
	}
	t.Gains, err = fidelity.Compare(t.Model, t.Others, draws, intervals)
	return t, err
}

// complete asks a model about all puzzles at once, since it answers one caller at
// a time.
func (r *Run) complete(ctx context.Context, w wiring, puzzles []fidelity.Puzzle, s seed.Seed) (fidelity.Inpainter, error) {
	circuits, visible := make([]*circuit.Circuit, len(puzzles)), make([][]bool, len(puzzles))
	for i, p := range puzzles {
		circuits[i], visible[i] = p.Partial.Circuit, p.Partial.Mask()
	}
	p, err := w.model().Complete(ctx, circuits, visible, r.sizes().Wiring.Prior, s)
	if err != nil {
		return nil, err
	}
	known := completed{string(w.model().Config().Kind), map[*circuit.Circuit][]float64{}}
	for i, c := range circuits {
		known.answers[c] = p[i]
	}
	return known, nil
}

// completed is answers that are known, by the partial circuit.
type completed struct {
	name    string
	answers map[*circuit.Circuit][]float64
}

func (c completed) Name() string { return c.name }

func (c completed) Inpaint(_ context.Context, v fidelity.Partial, _ *rand.Rand) ([]float64, error) {
	p, asked := c.answers[v.Circuit]
	if !asked {
		return nil, fmt.Errorf("experiment: inpainting: the model was not asked about this circuit")
	}
	return p, nil
}

func (l *ledger) inpainting(f fidelity.Inpainting) {
	l.inpaintingTask("inpainting.", "a fifth of the ordered pairs hidden", f.Pairs)
	l.inpaintingTask("inpainting.rows.", "a fifth of the axons hidden", f.Rows)
}

func (l *ledger) inpaintingTask(prefix, how string, t fidelity.InpaintingTask) {
	best := t.Others[0]
	for _, other := range t.Others {
		if other.AUC.Value > best.AUC.Value {
			best = other
		}
	}
	note := how + fmt.Sprintf("; every answer sees the same rest; parts were hidden from the model in a share %g of its training", t.Taught)
	for _, score := range []struct {
		name, unit string
		of         func(fidelity.Report) latent.Interval
	}{
		{"edge_auc", "1", auc},
		{"edge_ap", "1", ap},
		{"nats_per_pair", "nats/pair", logLoss},
	} {
		l.add(prefix+"exchangeable."+score.name, score.of(t.Model), score.unit, byName(t.Others, score.of), note)
		l.add(prefix+"best_baseline."+score.name, score.of(best), score.unit, nil, best.Name+", of the greatest AUC; "+how)
	}
	for _, g := range t.Gains {
		if g.Over == best.Name {
			l.add(prefix+"exchangeable.edge_auc.gain_over_best_baseline", g.AUC, "1", map[string]float64{"no gain": 0}, "paired, over "+best.Name)
			l.add(prefix+"exchangeable.nats_per_pair.over_best_baseline", g.LogLoss, "nats/pair", map[string]float64{"no gain": 0}, "paired, less those of "+best.Name+"; below 0 the model is better")
		}
	}
}
