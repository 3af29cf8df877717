package experiment

import (
	"math"
	"testing"

	"github.com/cortigen/cortigen/pkg/cortex"
)

// Every factor is there with all its readings, and only the E share does not show
// in wiring. A model after four steps recovers little, but no share is without its
// ceiling.
func TestRecovering(t *testing.T) {
	r := tinyRun(t)
	f, err := r.Recovering(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Factors) != len(cortex.Factors()) || f.Judged != 6 || f.Train != 16 {
		t.Fatalf("%d factors, %d circuits judged, %d trained on", len(f.Factors), f.Judged, f.Train)
	}
	for k, one := range f.Factors {
		if want := cortex.Factors()[k].Name; one.Factor != want || one.Given != (want == cortex.EShare) {
			t.Errorf("factor %d is %q (given %t), want %q", k, one.Factor, one.Given, want)
		}
		if len(one.Values) != f.Judged || len(one.Predicted) != f.Judged || len(one.Known) != f.Judged {
			t.Errorf("%s: %d values, %d predictions, %d posterior means of %d circuits", one.Factor, len(one.Values), len(one.Predicted), len(one.Known), f.Judged)
		}
		if !(one.Ceiling.Value <= 1) || !(one.R2.Value <= 1) {
			t.Errorf("%s: ceiling %v, code %v: R² is at most 1", one.Factor, one.Ceiling, one.R2)
		}
	}
	if d := f.Factors[0]; d.Factor == cortex.Density && !(d.Ceiling.Value > .5) {
		t.Errorf("the ceiling of density is %v: a circuit shows how dense it is", d.Ceiling)
	}
	if f.Angle.Planted != 6 && f.Angle.Planted != 5 || !(f.Best.Mean < f.Angle.Mean) {
		t.Errorf("planted %d dimensions; posterior means lie %v° away, the code %v°: nothing is nearer than the former", f.Angle.Planted, f.Best.Mean, f.Angle.Mean)
	}
	if math.IsNaN(f.DCI.Disentanglement95) {
		t.Error("no random turns beside the DCI")
	}
	var l ledger
	l.recovering(f)
	names := map[string]bool{}
	for _, row := range l.rows {
		names[row.Name] = true
	}
	for _, name := range []string{"blueprint.r2_of_ceiling.density", "blueprint.subspace_angle_deg", "blueprint.dci.disentanglement", "blueprint.dci.random_rotation_95"} {
		if !names[name] {
			t.Errorf("no row %s", name)
		}
	}
	r.Setting.Dataset = "bbp-rat-sscx-column"
	if _, err := r.Recovering(t.Context()); err == nil {
		t.Error("factors of tissue that nobody planted")
	}
}
