package latent_test

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
	"pgregory.net/rapid"

	"github.com/cortigen/cortigen/pkg/latent"
)

// cousin is the code that the reference numbers were made from: that of sine, turned
// and shaken.
func cousin() [][]float64 {
	x, _, _ := sine()
	b := make([][]float64, len(x))
	for i, row := range x {
		f := float64(i)
		b[i] = []float64{row[1] + .3*math.Sin(f*f), -row[0] + .2*math.Cos(2*f*f), .5*row[2] + .1*math.Sin(7*f)}
	}
	return b
}

// Reference: numpy 2.4.6 (QR of both, singular values of QₐᵀQ_b); and gonum's own
// CC, from covariances.
func TestCCAAgreesWithNumpyAndGonum(t *testing.T) {
	a, _, _ := sine()
	b := cousin()
	c, err := latent.FitCCA(a, b, 1)
	if err != nil {
		t.Fatal(err)
	}
	var peer stat.CC
	if err := peer.CanonicalCorrelations(table(a), table(b), nil); err != nil {
		t.Fatal(err)
	}
	for k, want := range []float64{0.9986750214532496, 0.9910261806177824, 0.9850422797358844} {
		near(t, fmt.Sprintf("correlation %d", k), c.Correlations[k], want, 1e-12)
		near(t, fmt.Sprintf("gonum's correlation %d", k), peer.CorrsTo(nil)[k], want, 1e-12)
	}
	u, v, err := c.Variates(a, b)
	if err != nil {
		t.Fatal(err)
	}
	for j := range 3 {
		for k := range 3 { // coordinates correlate with their partner alone
			want := 0.
			if j == k {
				want = c.Correlations[k]
			}
			near(t, fmt.Sprintf("correlation of coordinates %d and %d", j, k), stat.Correlation(column(u, j), column(v, k), nil), want, 1e-9)
		}
	}
}

func table(x [][]float64) *mat.Dense {
	m := mat.NewDense(len(x), len(x[0]), nil)
	for i, row := range x {
		m.SetRow(i, row)
	}
	return m
}

func column(x [][]float64, k int) []float64 {
	values := make([]float64, len(x))
	for i, row := range x {
		values[i] = row[k]
	}
	return values
}

// Collapsed dimensions are not asked about unless all variance is kept.
func TestCCAKeepsWhatVaries(t *testing.T) {
	rng := stream(100)
	a := gaussian(60, 4, rng)
	for i := range a {
		a[i][2] *= .01
		a[i][3] = 5
	}
	for keep, want := range map[float64]int{0: 2, .99: 2, 1: 3} {
		c, err := latent.FitCCA(a, gaussian(60, 5, rng), keep)
		if err != nil {
			t.Fatal(err)
		}
		if len(c.Correlations) != want {
			t.Errorf("keeping %g of the variance: %d pairs, want %d", keep, len(c.Correlations), want)
		}
	}
}

// Reference: scipy 1.17.1, spatial.procrustes (disparity) and
// linalg.orthogonal_procrustes (rotation; its scale over |X|²).
func TestProcrustesAgreesWithScipy(t *testing.T) {
	a, _, _ := sine()
	p, err := latent.FitProcrustes(a, cousin())
	if err != nil {
		t.Fatal(err)
	}
	near(t, "disparity", 1-p.R2, 0.11751539230241392, 1e-12)
	near(t, "scale", p.Scale, 0.6754407410095866, 1e-12)
	for i, row := range [][]float64{
		{0.01093609055275231, -0.9996788367717344, -0.02286099810011443},
		{0.9987796662344556, 0.00981937940285265, 0.04840204649321532},
		{-0.048162020721836, -0.02336242921560652, 0.9985662805548435},
	} {
		if !floats.EqualApprox(p.Rotation[i], row, 1e-12) {
			t.Errorf("row %d of the rotation is %v, want %v", i, p.Rotation[i], row)
		}
	}
}

// A code that is a turn of another, scaled and moved, is carried into it exactly, and
// a direction with it: the same change of the measure for the same walk.
func TestProcrustesUndoesATurn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := stream(101, rapid.IntRange(0, 1<<20).Draw(t, "seed"))
		dims, scale := rapid.IntRange(1, 6).Draw(t, "dimensions"), rapid.Float64Range(.1, 5).Draw(t, "scale")
		a := gaussian(20, dims, rng)
		shift := gaussian(1, dims, rng)[0]
		b := rotate(a, rng)
		for _, row := range b {
			floats.Scale(scale, row)
			floats.Add(row, shift)
		}
		p, err := latent.FitProcrustes(a, b)
		if err != nil {
			t.Fatal(err)
		}
		carried, err := p.Apply(a)
		if err != nil {
			t.Fatal(err)
		}
		for i := range b {
			if !floats.EqualApprox(carried[i], b[i], 1e-9) {
				t.Fatalf("row %d: %v, want %v", i, carried[i], b[i])
			}
		}
		if math.Abs(p.R2-1) > 1e-9 || math.Abs(p.Scale-scale) > 1e-9*scale {
			t.Fatalf("R² %g, scale %g of %g", p.R2, p.Scale, scale)
		}
		probe := latent.Probe{Measure: "density", Weights: gaussian(1, dims, rng)[0], SD: 2}
		d, err := probe.Direction()
		if err != nil {
			t.Fatal(err)
		}
		moved, err := p.Carry(d)
		if err != nil {
			t.Fatal(err)
		}
		ahead := floats.AddScaledTo(make([]float64, dims), a[0], 1.5, d.Vector)
		there, err := p.Apply([][]float64{a[0], ahead})
		if err != nil {
			t.Fatal(err)
		}
		walk := floats.SubTo(make([]float64, dims), there[1], there[0])
		if math.Abs(floats.Norm(moved.Vector, 2)-1) > 1e-12 || math.Abs(moved.PerStep*floats.Dot(walk, moved.Vector)-1.5*d.PerStep) > 1e-9*d.PerStep {
			t.Fatalf("carried %+v, from %+v", moved, d)
		}
	})
}

// Codes of different numbers of dimensions: the smaller one is found in the larger.
func TestProcrustesOfUnequalCodes(t *testing.T) {
	small := gaussian(30, 2, stream(102))
	large := make([][]float64, len(small))
	for i, row := range small {
		large[i] = []float64{row[1], 0, -row[0]}
	}
	for _, pair := range [][2][][]float64{{small, large}, {large, small}} {
		p, err := latent.FitProcrustes(pair[0], pair[1])
		if err != nil {
			t.Fatal(err)
		}
		near(t, "R²", p.R2, 1, 1e-12)
	}
	p, err := latent.FitProcrustes(large, small)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Carry(latent.Direction{Measure: "decay", Vector: []float64{0, 1, 0}, PerStep: 1}); err == nil {
		t.Error("a direction is carried to where it has no place")
	}
}
