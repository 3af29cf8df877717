package latent_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/latent"
)

// R², ceiling and share are what Ceiling, RSquared and ShareOfCeiling say of the same
// circuits.
func TestRecoverFactorAgreesWithItsParts(t *testing.T) {
	rng := stream(140)
	const n = 120
	y, predicted, remaining := outcome(nil), make([]float64, n), make([]float64, n)
	for i := range n {
		y.Values = append(y.Values, rng.NormFloat64())
		predicted[i] = .5*y.Values[i] + .3*rng.NormFloat64()
		remaining[i] = .2 + .1*rng.Float64()
	}
	y.Values[3], predicted[4], remaining[5] = math.NaN(), math.NaN(), math.NaN()
	f, err := latent.RecoverFactor(y, predicted, remaining, regions(n, 10), 100, stream(141))
	if err != nil {
		t.Fatal(err)
	}
	for _, gone := range []int{3, 4, 5} { // of all three, as RecoverFactor leaves them out
		y.Values[gone] = math.NaN()
	}
	r2, err := latent.RSquared(y.Values, predicted, regions(n, 10), 100, stream(141))
	if err != nil {
		t.Fatal(err)
	}
	top, err := latent.Ceiling(y.Values, remaining, regions(n, 10), 100, stream(141))
	if err != nil {
		t.Fatal(err)
	}
	share, err := latent.ShareOfCeiling(y.Values, predicted, remaining, regions(n, 10), 100, stream(141))
	if err != nil {
		t.Fatal(err)
	}
	if f.R2 != r2 || f.Ceiling != top || f.Share != share || f.Factor != "density" {
		t.Errorf("%+v, by parts %v, %v, %v", f, r2, top, share)
	}
	if _, err := latent.RecoverFactor(y, predicted[:3], remaining, nil, 5, rng); err == nil || !strings.Contains(err.Error(), "recovery of density") {
		t.Errorf("error %v", err)
	}
}

func TestRecoveryTable(t *testing.T) {
	of := func(name string, ceiling, share float64) latent.RecoveredFactor {
		return latent.RecoveredFactor{Factor: name, Ceiling: latent.Interval{Value: ceiling}, Share: latent.Interval{Value: share}}
	}
	r := latent.Recovery{Factors: []latent.RecoveredFactor{of("e_share", .01, 7), of("decay", .6, .8), of("density", .9, .95), of("unknown", math.NaN(), math.NaN())}}
	r.Factors[0].Note = "given by class"
	header, rows := r.Table()
	var order []string
	for _, row := range rows {
		if len(row) != len(header) {
			t.Errorf("%d cells under %d headings", len(row), len(header))
		}
		order = append(order, row[0])
	}
	if got := strings.Join(order, " "); got != "density decay e_share unknown" && got != "density decay unknown e_share" {
		t.Errorf("order %s", got)
	}
	if f, found := r.Of("decay"); !found || !f.Identifiable() || f.Share.Value != .8 {
		t.Errorf("decay: %v, %v", f, found)
	}
	if f, found := r.Of("e_share"); !found || f.Identifiable() {
		t.Errorf("e_share: %v, %v", f, found)
	}
	if _, found := r.Of("none"); found {
		t.Error("found what was not recovered")
	}
	for _, row := range rows[2:] {
		if row[3] != "" || row[4] == "" {
			t.Errorf("%s is not identifiable: share %q, note %q", row[0], row[3], row[4])
		}
	}
}

// Planted factors in other units and turned: the code holds them, and says so
// whatever the units. Each factor is seen through noise of a quarter of its variance,
// so that its correlation with the best reading is √.8 = .894, an angle of 26.6°.
func TestFactorsAndCodeShareASpace(t *testing.T) {
	rng := stream(142)
	const n = 1000
	truth := gaussian(n, 3, rng)
	codes := make([][]float64, n)
	factors := []latent.Outcome{{Measure: "density"}, {Measure: "decay"}, {Measure: "reciprocity"}}
	for i, row := range truth {
		codes[i] = make([]float64, 3)
		for k, v := range row {
			codes[i][k] = v + .5*rng.NormFloat64()
			factors[k].Values = append(factors[k].Values, math.Pow(1000, float64(k))*(v+2))
		}
	}
	factors[1].Values[7] = math.NaN()
	codes = rotate(codes, rng)
	table, circuits, err := latent.Standardised(factors)
	if err != nil {
		t.Fatal(err)
	}
	if len(table) != n-1 || len(circuits) != n-1 || circuits[7] != 8 {
		t.Fatalf("%d rows of circuits %v …", len(table), circuits[:9])
	}
	for k := range factors {
		near(t, "mean of a column", floats.Sum(column(table, k)), 0, 1e-9)
		near(t, "variance of a column", floats.Dot(column(table, k), column(table, k))/(n-2), 1, 1e-9)
	}
	var kept [][]float64
	for _, i := range circuits {
		kept = append(kept, codes[i])
	}
	a, err := latent.CompareCodes(context.Background(), kept, table, nil, latent.StabilityConfig{Keep: 1, Permutations: -1, Draws: 50, Halvings: 3}, rng)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "mean angle", a.MeanAngle(), 26.6, 1.5)
	if angles := a.Angles(); len(angles) != 3 || math.Abs(floats.Sum(angles)/3-a.MeanAngle()) > 1e-12 {
		t.Errorf("angles %v", angles)
	}
	near(t, "angle of nothing in common", latent.Agreement{Correlations: []float64{-.1}}.MeanAngle(), 90, 1e-12)
}

func TestStandardisedErrors(t *testing.T) {
	flat := latent.Outcome{Measure: "flat", Values: []float64{1, 1}}
	for name, c := range map[string]struct {
		outcomes []latent.Outcome
		want     string
	}{
		"none": {nil, "no measures"}, "flat": {[]latent.Outcome{flat}, "flat does not vary"},
		"lengths": {[]latent.Outcome{flat, outcome([]float64{1})}, "2 circuits, but 1 values of density"},
		"no rows": {[]latent.Outcome{outcome([]float64{math.NaN()})}, "over the 0 circuits"},
	} {
		if _, _, err := latent.Standardised(c.outcomes); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want it to say %q", name, err, c.want)
		}
	}
	if _, _, err := latent.Standardised([]latent.Outcome{flat}); !errors.Is(err, latent.ErrUndefined) {
		t.Errorf("error %v is not ErrUndefined", err)
	}
}

// Results are stored: what is read back must be what was written, NaN too.
func TestRecoverySurvivesStorage(t *testing.T) {
	nan := math.NaN()
	r := latent.Recovery{
		Factors: []latent.RecoveredFactor{{Factor: "decay", R2: latent.Interval{Value: .5, Lo: nan, Hi: nan, N: 1}}},
		DCI:     latent.RotatedDCI{DCI: latent.DCI{Disentanglement: nan, PerDimension: []float64{.5, nan}}, Rotations: 10},
		Angle:   latent.SubspaceAngle{Angles: []float64{1, 2}},
		Best:    latent.SubspaceAngle{Angles: []float64{1}, P: nan},
		Curves:  []latent.SampleSizeCurve{{Measure: "decay", Sizes: []latent.SampleSize{{Circuits: 8, Regions: 3}}}},
	}
	data, err := artifact.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var read latent.Recovery
	if err := artifact.Unmarshal(data, &read); err != nil || fmt.Sprint(read) != fmt.Sprint(r) {
		t.Errorf("wrote %v, read %v (%v)", r, read, err)
	}
}
