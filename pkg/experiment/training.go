package experiment

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/fidelity"
	"github.com/cortigen/cortigen/pkg/graphvae"
)

// recipe is what decides one training.
type recipe struct {
	Model    graphvae.Config   `json:"model"`
	Training graphvae.Training `json:"training"`
	// Replicate names the seeds.
	Replicate int `json:"replicate"`
	// Split, where not "", says that the circuits are split otherwise than by
	// space.
	Split string `json:"split,omitempty"`

	// task is what progress calls the training.
	task string
}

// trained is a training's result: the course is stored as a result, the weights
// in a folder that the same key names.
type trained struct {
	course fidelity.Course
	model  *graphvae.Model
}

// train returns one replicate, trained before or now, on circuits that the hash
// names. A training that was interrupted goes on where it was.
func (r *Run) train(ctx context.Context, backend graphvae.Backend, cut connectome.Sample, circuits string, how recipe) (trained, error) {
	// A class is a label that the tissue comes with, so the vocabulary may be that
	// of all splits; a class that no training circuit has is never predicted.
	how.Model.Classes = graphvae.Vocabulary(slices.Concat(cut.Train, cut.Validation, cut.Test))
	k, err := r.key("training", "training.go", backend.Name(), how, circuits)
	if err != nil {
		return trained{}, err
	}
	name, err := k.Hash()
	if err != nil {
		return trained{}, err
	}
	dir := filepath.Join(r.Store.Dir(), "models", name[:24])

	if entry, err := r.Store.Find(k); err == nil {
		var t trained
		t.model, err = graphvae.Load(backend, dir)
		if err = errors.Join(err, entry.Value(&t.course)); err == nil {
			return t, nil
		}
		r.progress("train", 0, 1, "the stored model cannot be read, training again: "+err.Error())
	} else if !errors.Is(err, artifact.ErrMissing) && !errors.Is(err, artifact.ErrDamaged) {
		return trained{}, err
	}

	if how.Training.Checkpoint, err = r.Store.Scratch(k); err != nil {
		return trained{}, err
	}
	t, err := r.fit(ctx, backend, cut, how)
	if err != nil {
		return trained{}, err
	}
	if err := t.model.Save(dir); err != nil {
		return trained{}, err
	}
	_, err = r.Store.Save(k, t.course, nil)
	return t, err
}

// fit runs a training to its end.
func (r *Run) fit(ctx context.Context, backend graphvae.Backend, cut connectome.Sample, how recipe) (trained, error) {
	start := time.Now()
	m, err := graphvae.New(backend, how.Model, r.seed().Sub("weights", how.Replicate))
	if err != nil {
		return trained{}, err
	}
	t := trained{model: m}
	watching, err := r.watching(cut, how.task, backend.Name())
	if err != nil {
		return trained{}, err
	}
	for epoch, err := range m.Train(ctx, cut.Train, cut.Validation, how.Training, r.seed().Sub("train", how.Replicate)) {
		if err != nil {
			watching.end(err)
			return trained{}, err
		}
		if epoch.Best {
			t.course.Best = len(t.course.Epochs)
		}
		t.course.Epochs = append(t.course.Epochs, fidelity.Moment{
			Step: epoch.Steps, Beta: epoch.Beta, Train: bound(epoch.Train), Validation: bound(epoch.Validation),
		})
		watching.epoch(epoch)
	}
	t.course.Seconds = time.Since(start).Seconds()
	return t, nil
}

func bound(t graphvae.Terms) fidelity.Bound {
	return fidelity.Bound{Edges: t.Edges, Classes: t.Classes, KL: t.CodeLength(), NeuronKL: t.NeuronKL}
}

// slots is the recipe of a replicate of the model of kind Slots.
func (r *Run) slots(replicate int) recipe {
	s := r.sizes()
	return recipe{Model: s.Model, Training: s.Training, Replicate: replicate, task: fmt.Sprintf("train %d of %d", replicate+1, s.Replicates)}
}

// trainAll returns so many replicates of a recipe, and the index of the one with
// the best validation bound.
func (r *Run) trainAll(ctx context.Context, backend graphvae.Backend, cut connectome.Sample, circuits string, replicates int, of func(replicate int) recipe) (all []trained, best int, err error) {
	for i := range replicates {
		t, err := r.train(ctx, backend, cut, circuits, of(i))
		if err != nil {
			return nil, 0, fmt.Errorf("experiment: training %d: %w", i+1, err)
		}
		all = append(all, t)
		if t.bound() < all[best].bound() {
			best = i
		}
	}
	return all, best, nil
}

// bound returns the validation bound of the epoch that was kept.
func (t trained) bound() float64 { return t.course.Epochs[t.course.Best].Validation.Total() }

// hash returns the hash of a key, for keys that build on its result.
func hash(k artifact.Key, err error) (string, error) {
	if err != nil {
		return "", err
	}
	return k.Hash()
}
