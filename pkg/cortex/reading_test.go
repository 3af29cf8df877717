package cortex_test

import (
	"context"
	"errors"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/cortex"
	"github.com/cortigen/cortigen/pkg/seed"
)

// readings returns what was planted in each circuit, and what it shows, by factor.
func readings(t *testing.T, truths []*cortex.Truth) (planted, shown [][]float64) {
	t.Helper()
	read, err := cortex.Readings(context.Background(), truths)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range cortex.Factors() {
		var x, y []float64
		for i, r := range read {
			x, y = append(x, truths[i].Blueprint()[f.Name]), append(y, r[f.Name])
		}
		planted, shown = append(planted, x), append(shown, y)
	}
	return planted, shown
}

// standardised regresses y on all columns of x, all in units of their sd.
func standardised(t *testing.T, y []float64, x [][]float64) []float64 {
	t.Helper()
	scaled := func(v []float64) []float64 {
		mean, sd := stat.MeanStdDev(v, nil)
		out := make([]float64, len(v))
		for i := range v {
			out[i] = (v[i] - mean) / sd
		}
		return out
	}
	design := mat.NewDense(len(y), len(x), nil)
	for k := range x {
		design.SetCol(k, scaled(x[k]))
	}
	var beta mat.VecDense
	if err := beta.SolveVec(design, mat.NewVecDense(len(y), scaled(y))); err != nil {
		t.Fatal(err)
	}
	return beta.RawVector().Data
}

// Factors do not leak. Of independent circuits, in which all eight are drawn
// independently, what a circuit shows of one factor (see Truth.Reading) is
// regressed on all: its own has nearly the whole effect, any other next to none.
// And the reading is in the factor's own unit: its slope on what was planted is 1.
func TestFactorsDoNotLeak(t *testing.T) {
	specimens, err := cortex.Specimens(context.Background(), nil, 300, connectome.ColumnConfig{}, seed.Seed(1))
	if err != nil {
		t.Fatal(err)
	}
	truths := make([]*cortex.Truth, len(specimens))
	for i, s := range specimens {
		truths[i] = s.Truth
	}
	planted, shown := readings(t, truths)
	for k, f := range cortex.Factors() {
		offset, slope := stat.LinearRegression(planted[k], shown[k], nil, false)
		effects := standardised(t, shown[k], planted)
		t.Logf("%-13s shown = %.3f + %.3f planted; effects of all: %.2f", f.Name, offset, slope, effects)
		// The sd of counts in a circuit of 90 neurons allows .8 to .95.
		if effects[k] < .8 {
			t.Errorf("%s: its own effect is %.2f sd", f.Name, effects[k])
		}
		// Three standard errors of a slope are .1. Heterogeneity is shown too large at
		// its top and cut at 0 at its bottom, by a tenth each.
		middle, sd := stat.MeanStdDev(planted[k], nil)
		tolerance := .1
		if f.Name == cortex.Heterogeneity {
			tolerance = .2
		}
		if math.Abs(slope-1) > tolerance || math.Abs(offset+slope*middle-middle) > .3*sd {
			t.Errorf("%s: shown = %.3f + %.3f planted", f.Name, offset, slope)
		}
		for other, g := range cortex.Factors() {
			// .15: five standard errors; penalised fits are a little biased, most by
			// heterogeneity for decay, .09.
			if other != k && math.Abs(effects[other]) > .15 {
				t.Errorf("%s leaks into %s: an effect of %.2f sd", g.Name, f.Name, effects[other])
			}
		}
	}
}

// Columns cut from a sheet show their factors too, though those vary within a
// column, and columns overlap.
func TestColumnsShowTheirFactors(t *testing.T) {
	var truths []*cortex.Truth
	for _, c := range columns(t, 150) {
		truth, err := sheet(t).Truth(c)
		if err != nil {
			t.Fatal(err)
		}
		truths = append(truths, truth)
	}
	planted, shown := readings(t, truths)
	for k, f := range cortex.Factors() {
		r := stat.Correlation(planted[k], shown[k], nil)
		t.Logf("%-13s r = %.3f", f.Name, r)
		if r < .65 {
			t.Errorf("%s: what columns show correlates %.3f with what was planted", f.Name, r)
		}
	}
}

// A circuit without edges shows its size and signs, nothing else.
func TestReadingOfNothing(t *testing.T) {
	specimens, err := cortex.Specimens(context.Background(), nil, 1, connectome.ColumnConfig{MinNeurons: 20, MaxNeurons: 20}, seed.Seed(1))
	if err != nil {
		t.Fatal(err)
	}
	whole := specimens[0].Truth.Reading()
	bare, err := specimens[0].Circuit.WithEdges(nil)
	if err != nil {
		t.Fatal(err)
	}
	truth, err := specimens[0].Truth.With(bare)
	if err != nil {
		t.Fatal(err)
	}
	none := truth.Reading()
	if none[cortex.Density] != 0 || none[cortex.EShare] != whole[cortex.EShare] {
		t.Errorf("density %v, E share %v", none[cortex.Density], none[cortex.EShare])
	}
	for _, name := range []string{cortex.Decay, cortex.Forwardness, cortex.Modularity, cortex.Tilt, cortex.Reciprocity, cortex.Heterogeneity} {
		if !math.IsNaN(none[name]) {
			t.Errorf("%s of a circuit without edges is %v", name, none[name])
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := cortex.Readings(ctx, []*cortex.Truth{specimens[0].Truth}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
