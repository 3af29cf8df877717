package experiment

import (
	"context"
	"fmt"

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/fidelity"
	"github.com/cortigen/cortigen/pkg/graphvae"
)

// Pretrain writes the model that graphvae.Pretrained loads to a folder of the
// sources: the Exchangeable model of the setting that has the best validation
// bound of its replicates, trained before or now, judged once on the test
// circuits. Only the embedded cortex may be shipped.
func (r *Run) Pretrain(ctx context.Context, dir string) (graphvae.Made, error) {
	if r.Setting.Dataset != artifact.Cortex {
		return graphvae.Made{}, fmt.Errorf("experiment: pretrain: on %s: the model that ships is trained on %s", r.Setting.Dataset, artifact.Cortex)
	}
	w, err := r.wired(ctx)
	if err != nil {
		return graphvae.Made{}, err
	}
	made, err := r.made(ctx, w)
	if err == nil {
		err = w.model().SavePretrained(dir, made)
	}
	if err != nil {
		return made, fmt.Errorf("experiment: pretrain: %w", err)
	}
	return made, nil
}

// made says what the best replicate was trained on and what it reaches.
func (r *Run) made(ctx context.Context, w wiring) (graphvae.Made, error) {
	epochs := w.all[w.best].course.Epochs
	made := graphvae.Made{
		On:      fmt.Sprintf("%d independent circuits of the embedded cortex, seed %d", len(w.Train), r.Setting.Seed),
		Command: fmt.Sprintf("go run ./figures -pretrained -preset %s", r.Setting.Preset),
		Backend: w.backend.Name(), Steps: epochs[len(epochs)-1].Step, HeldOut: len(w.Test),
	}
	terms, err := w.model().Bound(ctx, w.Test, r.seed().Sub("pretrained"))
	if err != nil {
		return made, err
	}
	for _, t := range terms {
		made.Bound += t.PerPair() / float64(len(terms))
	}
	table, err := fidelity.EvaluateBaseline(ctx, fidelity.FitClassDistance(w.Train), w.Test, r.sizes().Draws, r.seed().Sub("pretrained"))
	made.ClassDistance = table.LogLoss.Value
	return made, err
}
