package structure

import (
	"math/bits"

	"github.com/cortigen/cortigen/pkg/circuit"
)

var triangleMeasures = []Measure{
	{"clustering", "1", 0, 1, "mean over neurons of the directed clustering coefficient, where it is defined", "Fagiolo 2007, doi:10.1103/PhysRevE.76.026107, eq. 9", "m·n/16", KnownPairs, (*view).clustering},
	{"transitivity", "1", 0, 1, "all directed triangles over all that could be, counted as for clustering", "Fagiolo 2007, doi:10.1103/PhysRevE.76.026107; bctpy transitivity_bd", "m·n/16", KnownPairs, (*view).transitivity},
}

// triangles returns, for neuron i of total degree d with d↔ mutual partners,
// how many directed triangles it has, ½[(A+Aᵀ)³]ii, and how many it could have,
// d(d−1) − 2d↔ (Fagiolo 2007, doi:10.1103/PhysRevE.76.026107, eq. 9).
func (v *view) triangles(i int) (has, possible float64) {
	out, in := v.row(v.out, i), v.row(v.in, i)
	degree := ones(out) + ones(in)
	// [(A+Aᵀ)³]ii = Σ_j S_ij Σ_k S_jk S_ki with S = A + Aᵀ, entries 0 to 2.
	twice := 0
	for _, side := range [2][]uint64{out, in} {
		for w, word := range side {
			for ; word != 0; word &= word - 1 {
				j := w*64 + bits.TrailingZeros64(word)
				outJ, inJ := v.row(v.out, j), v.row(v.in, j)
				twice += common(outJ, out) + common(outJ, in) + common(inJ, out) + common(inJ, in)
			}
		}
	}
	return float64(twice) / 2, float64(degree*(degree-1) - 2*ones(v.row(v.both, i)))
}

// Clustering returns the mean over observed neurons of the directed clustering
// coefficient of Fagiolo 2007: the triangles a neuron has over those it could
// have, among edges between observed neurons. Neurons that could have none are
// left out; NaN when all are. (bctpy and networkx count them as 0.)
func Clustering(c *circuit.Circuit) float64 { return viewOf(c).clustering() }

func (v *view) clustering() float64 {
	v.rows()
	sum, defined := 0.0, 0
	for i := range v.n {
		if has, possible := v.triangles(i); possible > 0 {
			sum += has / possible
			defined++
		}
	}
	return ratio(sum, float64(defined))
}

// Transitivity returns all triangles over all that could be, as Clustering
// counts them but over the circuit as a whole: bctpy's transitivity_bd. NaN
// where none could be.
func Transitivity(c *circuit.Circuit) float64 { return viewOf(c).transitivity() }

func (v *view) transitivity() float64 {
	v.rows()
	sum, total := 0.0, 0.0
	for i := range v.n {
		has, possible := v.triangles(i)
		sum += has
		total += possible
	}
	return ratio(sum, total)
}
