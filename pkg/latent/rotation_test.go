package latent

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
	"pgregory.net/rapid"

	"github.com/cortigen/cortigen/pkg/seed"
)

func TestRotationIsOrthogonal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dim := rapid.IntRange(1, 9).Draw(t, "dimensions")
		q := rotation(dim, rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)))
		var product mat.Dense
		product.Mul(q, q.T())
		for i := range dim {
			product.Set(i, i, product.At(i, i)-1)
		}
		if off := mat.Norm(&product, 2); off > 1e-12 {
			t.Fatalf("Q·Qᵀ is %g from the identity", off)
		}
	})
}

// Under the Haar measure every entry of a 3×3 orthogonal matrix is uniform on −1 … 1
// (Archimedes), the trace has mean 0 and variance 1 (Diaconis & Shahshahani 1994), and
// half of the determinants are −1. Without the signs of R the first entry is never
// positive: LAPACK's reflections see to it. Tolerances are four standard errors of
// 4,000 draws.
func TestRotationIsEven(t *testing.T) {
	const draws = 4000
	rng := rand.New(rand.NewPCG(3, 0))
	var mean, square, trace, trace2, det float64
	for range draws {
		q := rotation(3, rng)
		mean += q.At(0, 0) / draws
		square += q.At(0, 0) * q.At(0, 0) / draws
		trace += mat.Trace(q) / draws
		trace2 += mat.Trace(q) * mat.Trace(q) / draws
		det += mat.Det(q) / draws
	}
	for what, c := range map[string][3]float64{
		"mean entry": {mean, 0, 4 * math.Sqrt(1./3/draws)}, "mean square": {square, 1. / 3, 4 * math.Sqrt(4./45/draws)},
		"mean trace": {trace, 0, 4 * math.Sqrt(1./draws)}, "mean squared trace": {trace2, 1, 4 * math.Sqrt(2./draws)}, "mean determinant": {det, 0, 4 * math.Sqrt(1./draws)},
	} {
		if math.Abs(c[0]-c[1]) > c[2] {
			t.Errorf("%s is %g, want %g ± %g", what, c[0], c[1], c[2])
		}
	}
}

// Turning weights and covariance is turning the codes: here codes whose dimensions vary
// by a hundredth to thrice as much are turned themselves, by the same rotations, and
// the probes read from them anew.
func TestTurnedImportancesAreThoseOfTurnedCodes(t *testing.T) {
	const dim, circuits, rotations = 4, 30, 7
	rng, s := rand.New(rand.NewPCG(5, 0)), seed.Seed(9)
	codes, probes := make([][]float64, circuits), make([]Probe, 3)
	for i := range codes {
		for _, sd := range []float64{.01, .3, 1, 3} {
			codes[i] = append(codes[i], sd*rng.NormFloat64())
		}
	}
	for k := range probes {
		probes[k] = Probe{Measure: string(rune('a' + k)), SD: float64(k + 1)}
		for range dim {
			probes[k].Weights = append(probes[k].Weights, rng.NormFloat64())
		}
	}
	units := []int{3, 0, 1}
	got, err := DCIOf(context.Background(), probes, codes, nil, units, rotations, s)
	if err != nil {
		t.Fatal(err)
	}
	disentangled, complete := make([]float64, rotations), make([]float64, rotations)
	for k := range rotations {
		turn := embedded(rotation(len(units), s.Stream("latent.rotation", k)), units, dim)
		turned := func(row []float64) []float64 {
			var v mat.VecDense
			v.MulVec(turn, mat.NewVecDense(dim, row))
			return v.RawVector().Data
		}
		turnedCodes, turnedProbes := make([][]float64, circuits), make([]Probe, len(probes))
		for i, row := range codes {
			turnedCodes[i] = turned(row)
		}
		for j, p := range probes {
			turnedProbes[j] = Probe{Measure: p.Measure, SD: p.SD, Weights: turned(p.Weights)}
		}
		m, err := WeightImportances(turnedProbes, turnedCodes)
		if err != nil {
			t.Fatal(err)
		}
		d, err := m.DCI(nil)
		if err != nil {
			t.Fatal(err)
		}
		disentangled[k], complete[k] = d.Disentanglement, d.Completeness
	}
	if want := stat.Mean(disentangled, nil); math.Abs(got.DisentanglementMean-want) > 1e-12 {
		t.Errorf("disentanglement of turns %g, of turned codes %g", got.DisentanglementMean, want)
	}
	if want := stat.Mean(complete, nil); math.Abs(got.CompletenessMean-want) > 1e-12 {
		t.Errorf("completeness of turns %g, of turned codes %g", got.CompletenessMean, want)
	}
}
