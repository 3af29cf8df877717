package latent_test

import (
	"math"
	"slices"
	"testing"

	"github.com/cortigen/cortigen/pkg/latent"
	"github.com/cortigen/cortigen/pkg/seed"
)

// By hand: of 1, 2, 3 around their mean 2, Σ(y−ȳ)² is 2. Predicted as 1, 2, 2 the
// error is 1, so R² is 1/2; as 1.5, 2, 2.5 it is 1/2, so R² is 3/4, and the share
// of the one in the other is 2/3.
func TestRSquaredAndShareByHand(t *testing.T) {
	nan := math.NaN()
	y, a, b := []float64{1, 2, 3, nan, 7}, []float64{1, 2, 2, 5, nan}, []float64{1.5, 2, 2.5, 5, 7}
	rng := seed.Seed(1).Stream("draws")
	r2, err := latent.RSquared(y, a, nil, 50, rng)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(r2.Value-.5) > 1e-12 || r2.N != 3 {
		t.Errorf("R² %v, by hand 1/2 of 3 circuits", r2)
	}
	share, err := latent.ShareOf(y, a, b, []string{"p", "q", "r", "r", "s"}, 50, rng)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(share.Value-2./3) > 1e-12 {
		t.Errorf("share %v, by hand 2/3", share)
	}
	if flat, err := latent.RSquared([]float64{2, 2}, []float64{1, 3}, nil, 50, rng); err != nil || !math.IsNaN(flat.Value) {
		t.Errorf("of what does not vary, R² is %v (%v)", flat, err)
	}
	if _, err := latent.RSquared(y, a[:4], nil, 50, rng); err == nil {
		t.Error("columns of different length are no error")
	}
	if _, err := latent.ShareOf(y, a, b, []string{"p"}, 50, rng); err == nil {
		t.Error("one group for five circuits is no error")
	}
}

func TestReadingTable(t *testing.T) {
	r := latent.Reading{Facts: []latent.Fact{
		{Measure: "flat", Code: latent.Interval{Value: math.NaN()}, Note: "does not vary"},
		{Measure: "density", Code: latent.Interval{Value: .3}},
		{Measure: "clustering", Code: latent.Interval{Value: .6}, Ceiling: latent.Interval{Value: .8}},
	}}
	header, rows := r.Table()
	var order []string
	for _, row := range rows {
		if len(row) != len(header) {
			t.Errorf("%d cells under %d headings", len(row), len(header))
		}
		order = append(order, row[0])
	}
	if want := []string{"clustering", "density", "flat"}; !slices.Equal(order, want) {
		t.Errorf("%v, want %v", order, want)
	}
	if f, found := r.Of("clustering"); !found || f.Ceiling.Value != .8 {
		t.Errorf("clustering: %v, %v", f, found)
	}
	if _, found := r.Of("edges"); found {
		t.Error("found what was not read")
	}
}
