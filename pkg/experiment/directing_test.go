package experiment

import (
	"math"
	"testing"
)

// Eight measures, plain, pure and random directions from every start, on a model
// after four steps: all numbers are there, and the controls beside them.
func TestDirecting(t *testing.T) {
	r := tinyRun(t)
	c, err := r.Directing(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Measures) != len(directed) || c.Starts != 1 || len(c.Plain.Directions.Matrix) != len(directed) {
		t.Fatalf("%d measures, %d starts, %d directions", len(c.Measures), c.Starts, len(c.Plain.Directions.Matrix))
	}
	for _, share := range []float64{c.Plain.Directions.Dominance.Value, c.Pure.Directions.Dominance.Value, c.Plain.Random.Dominance.Value} {
		if !(share > 0 && share <= 1) {
			t.Errorf("a diagonal dominance of %g: it is a mean of shares", share)
		}
	}
	for k, a := range c.Weights {
		if a.Measure != directed[k] || len(a.Importance) != c.Dim || len(c.Response[k].Importance) != c.Dim {
			t.Errorf("importances of %q in %d and %d dimensions, of %d", a.Measure, len(a.Importance), len(c.Response[k].Importance), c.Dim)
		}
	}
	if c.Stability == nil || c.Stability.Trainings != 2 || len(c.Probes) != len(directed) {
		t.Errorf("stability %+v, %d agreements: there are two trainings", c.Stability, len(c.Probes))
	}
	if len(c.Readouts) != len(directed) || math.IsNaN(c.Readouts[0].Ridge.Value) {
		t.Errorf("readouts %+v", c.Readouts)
	}
	var l ledger
	l.directing(c)
	for _, row := range l.rows {
		if row.Name == "directions.diagonal_dominance" && len(row.Baselines) == 2 {
			return
		}
	}
	t.Error("no row of dominance with its controls")
}
