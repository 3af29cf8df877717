package fidelity

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// By hand: of A→A, the edge has .9 and the other pair .1: one comparison, won. Of
// A→B, the edge has .2, the others .2, .5 and .7: a half of three. Of B→A and
// B→B there is no edge. Together 1½ of 4.
func TestWithinClassesByHand(t *testing.T) {
	c := deep(t, "AABB", circuit.Edge{Pre: 0, Post: 1}, circuit.Edge{Pre: 0, Post: 2})
	p := []float64{0, .9, .2, .2, .1, 0, .5, .7, .3, .3, 0, .3, .3, .3, .3, 0}
	w, err := EvaluateWithinClasses(t.Context(), "x", []*circuit.Circuit{c}, func(int) ([]float64, error) { return p, nil }, 10, 1)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "AUC", w.AUC.Value, 1.5/4, 0)
	if len(w.Each) != 4 || w.Each[0].Pre != "A" || w.Each[0].Post != "A" || w.Each[0].AUC != 1 || w.Each[1].Pairs != 4 || w.Each[1].AUC != .5/3 || !math.IsNaN(w.Each[3].AUC) {
		t.Errorf("by class pair: %+v", w.Each)
	}
}

// Who knows class pairs only, knows nothing within them.
func TestWithinClassesOfWhatKnowsClasses(t *testing.T) {
	circuits, truth := planted(t, 12)
	byClass := FitClass(circuits)
	for name, c := range map[string]struct {
		predict     func(*circuit.Circuit) []float64
		least, most float64
	}{"class": {byClass.Predict, .5, .5}, "truth": {truth, .6, .9}} {
		w, err := EvaluateWithinClasses(t.Context(), name, circuits, func(i int) ([]float64, error) { return c.predict(circuits[i]), nil }, 100, 1)
		if err != nil || w.AUC.Value < c.least || w.AUC.Value > c.most || w.AUC.N != 5 || len(w.Each) != 4 {
			t.Errorf("%s: %+v (%v)", name, w.AUC, err)
		}
	}
	if _, err := EvaluateWithinClasses(t.Context(), "x", circuits, func(int) ([]float64, error) { return nil, nil }, 10, 1); err == nil {
		t.Error("no probabilities give no error")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := EvaluateWithinClasses(ctx, "x", circuits, nil, 10, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled gives %v", err)
	}
}
