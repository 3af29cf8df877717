package latent_test

import (
	"math"
	"testing"

	"github.com/cortigen/cortigen/pkg/latent"
)

// Reference: scipy 1.17.1, stats.false_discovery_control of the p-values that are
// numbers. Ties share the largest of their ranks.
func TestBenjaminiHochbergAgreesWithScipy(t *testing.T) {
	nan := math.NaN()
	got := latent.BenjaminiHochberg([]float64{.03, nan, .001, .04, .04, .8, nan, .02, .5})
	want := []float64{.056, nan, .007, .056, .056, .8, nan, .056, 0.5833333333333334}
	for i := range want {
		if math.IsNaN(got[i]) != math.IsNaN(want[i]) || math.Abs(got[i]-want[i]) > 1e-12 {
			t.Errorf("%d: %g, want %g", i, got[i], want[i])
		}
	}
	if len(latent.BenjaminiHochberg(nil)) != 0 {
		t.Error("something of nothing")
	}
}
