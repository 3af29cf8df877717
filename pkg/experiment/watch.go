package experiment

import (
	"context"
	"errors"
	"fmt"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/fidelity"
	"github.com/cortigen/cortigen/pkg/graphvae"
)

// ProgressOf returns what a display such as show.Training is told of an epoch of a
// training of one's own. What class × distance costs is not known to it.
func ProgressOf(task string, e graphvae.Epoch) fidelity.Progress {
	return fidelity.Progress{
		Task: task, Step: e.Steps, Of: e.Of, Epoch: e.Steps / e.Epoch, Seconds: e.Took.Seconds(),
		Train: bound(e.Train), Validation: bound(e.Validation), Beta: e.Beta, Units: e.Units, Pairs: e.Validation.Pairs, Best: e.Best,
	}
}

// watching tells of one training.
type watching struct {
	run  *Run
	task string
	// classDistance is what the table costs on the validation circuits, in nats per
	// pair; 0 where nobody watches.
	classDistance float64
	last          fidelity.Progress
}

func (r *Run) watching(cut connectome.Sample, task, backend string) (*watching, error) {
	w := &watching{run: r, task: task}
	r.progress(task, 0, 1, "on "+backend)
	if r.Watch == nil {
		return w, nil
	}
	var err error
	w.classDistance, err = tableCost(cut.Train, cut.Validation)
	return w, err
}

// tableCost returns what class × distance costs in nats per observed pair.
func tableCost(train, validation []*circuit.Circuit) (float64, error) {
	table := fidelity.FitClassDistance(train)
	nats, pairs := 0.0, 0.0
	for _, c := range validation {
		scores, err := fidelity.Edge(c, table.Predict(c))
		if err != nil {
			return 0, err
		}
		n := float64(c.ObservedRows() * (c.Len() - 1))
		nats, pairs = nats+n*scores.LogLoss, pairs+n
	}
	return nats / pairs, nil
}

// epoch tells of an epoch.
func (w *watching) epoch(e graphvae.Epoch) {
	if w.run.Watch == nil {
		w.run.progress(w.task, e.Steps, e.Of, fmt.Sprintf("validation bound %.0f nats", e.Validation.Total()))
		return
	}
	w.last = ProgressOf(w.task, e)
	w.last.ClassDistance = w.classDistance
	w.run.Watch(w.last)
}

// end tells of an interruption, so that no display is left with time to go.
func (w *watching) end(err error) {
	if w.run.Watch == nil || w.last.Step == 0 || !errors.Is(err, context.Canceled) {
		return
	}
	w.last.Stopped = true
	w.run.Watch(w.last)
}
