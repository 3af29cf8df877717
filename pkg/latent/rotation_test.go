package latent

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"
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
