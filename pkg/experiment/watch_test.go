package experiment

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/fidelity"
)

// Who watches sees every epoch of a training and what class × distance costs on
// the same circuits. Interrupted, it is said so, and when asked again the training
// goes on where it was, to the same end.
func TestWatch(t *testing.T) {
	r := tinyRun(t)
	const epoch, whole = 2, 4 // steps, by the preset of tests
	var seen []fidelity.Progress
	ctx, cancel := context.WithCancel(t.Context())
	r.Watch = func(p fidelity.Progress) {
		seen = append(seen, p)
		if p.Step == epoch {
			cancel()
		}
	}
	r.Progress = func(task string, done, _ int, text string) {
		if done > 0 {
			t.Errorf("progress is told of a training that is watched: %s: %s", task, text)
		}
	}
	only := variant{replicates: 1}
	if _, err := r.wire(ctx, only); !errors.Is(err, context.Canceled) {
		t.Fatalf("error is %v, want the context's", err)
	}
	if len(seen) != 2 || seen[0].Stopped || !seen[1].Stopped || seen[1].Step != epoch || seen[1].Of != whole || !seen[1].Done() {
		t.Fatalf("interrupted, it told of %+v", seen)
	}
	first := seen[0]
	seen = nil
	w, err := r.wire(t.Context(), only)
	if err != nil {
		t.Fatal(err)
	}
	if len(seen) != 2 || seen[0].Step != epoch || seen[0].Seconds != 0 || seen[1].Step != whole || seen[1].Seconds == 0 || seen[1].Stopped || !seen[1].Done() {
		t.Fatalf("asked again, it told of %+v", seen)
	}
	if seen[0].Validation != first.Validation || seen[0].Task != "train the wiring 1 of 1" || seen[0].Epoch != epoch {
		t.Errorf("the first epoch came back as %+v, was %+v", seen[0], first)
	}
	table, err := fidelity.EvaluateBaseline(t.Context(), fidelity.FitClassDistance(w.Train), w.Validation, 2, 1)
	if err != nil {
		t.Fatal(err)
	}
	// Means over circuits and over pairs differ a little.
	if math.Abs(seen[1].ClassDistance-table.LogLoss.Value) > .01 {
		t.Errorf("class × distance costs %g, want about %g", seen[1].ClassDistance, table.LogLoss.Value)
	}
	units := 0.0
	for _, kl := range seen[1].Units {
		units += kl
	}
	if of := seen[1].Validation; len(seen[1].Units) != 3 || math.Abs(of.KL-of.NeuronKL-units) > 1e-6 {
		t.Errorf("units %v do not add up to the code of %+v", seen[1].Units, of)
	}

	// Never interrupted, it ends the same.
	other := tinyRun(t)
	other.Store = artifact.Open(t.TempDir())
	undisturbed, err := other.wire(t.Context(), only)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := undisturbed.all[0].course.Epochs, w.all[0].course.Epochs; len(a) != len(b) || a[1] != b[1] {
		t.Errorf("resumed: %+v, whole: %+v", b, a)
	}
}
