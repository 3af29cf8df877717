package structure

import (
	"math/bits"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// rowsOf returns the bit rows of the circuit induced on its observed neurons,
// and those of its transpose, both without copying where all are observed.
func rowsOf(c *circuit.Circuit) (out, in [][]uint64) {
	n := c.Len()
	keep := make([]uint64, (n+63)/64)
	for i := range n {
		if c.Observed(i) {
			keep[i/64] |= 1 << (uint(i) % 64)
		}
	}
	out, in = make([][]uint64, n), make([][]uint64, n)
	backing := make([]uint64, 2*n*len(keep))
	for i := range n {
		out[i], backing = backing[:len(keep)], backing[len(keep):]
		in[i], backing = backing[:len(keep)], backing[len(keep):]
	}
	for i := range n {
		if !c.Observed(i) {
			continue
		}
		for w, bits := range c.Bits(i) {
			out[i][w] = bits & keep[w]
		}
		for _, j := range c.CSR().Row(i) {
			if c.Observed(int(j)) {
				in[j][i/64] |= 1 << (uint(i) % 64)
			}
		}
	}
	return out, in
}

// common counts the bits that two rows share.
func common(a, b []uint64) int {
	count := 0
	for w := range a {
		count += bits.OnesCount64(a[w] & b[w])
	}
	return count
}

func ones(a []uint64) int { return common(a, a) }

// triangles returns, for neuron i of total degree d with d↔ mutual partners,
// how many directed triangles it has, ½[(A+Aᵀ)³]ii, and how many it could have,
// d(d−1) − 2d↔ (Fagiolo 2007, doi:10.1103/PhysRevE.76.026107, eq. 9).
func triangles(out, in [][]uint64, i int) (has, possible float64) {
	degree := ones(out[i]) + ones(in[i])
	// [(A+Aᵀ)³]ii = Σ_j S_ij Σ_k S_jk S_ki with S = A + Aᵀ, entries 0 to 2.
	twice := 0
	for _, side := range [2][]uint64{out[i], in[i]} {
		for w, word := range side {
			for ; word != 0; word &= word - 1 {
				j := w*64 + bits.TrailingZeros64(word)
				twice += common(out[j], out[i]) + common(out[j], in[i]) + common(in[j], out[i]) + common(in[j], in[i])
			}
		}
	}
	return float64(twice) / 2, float64(degree*(degree-1) - 2*common(out[i], in[i]))
}

// Clustering returns the mean over observed neurons of the directed clustering
// coefficient of Fagiolo 2007: the triangles a neuron has over those it could
// have, among edges between observed neurons. Neurons that could have none are
// left out; NaN when all are. (bctpy and networkx count them as 0.)
func Clustering(c *circuit.Circuit) float64 {
	out, in := rowsOf(c)
	sum, defined := 0.0, 0
	for i := range out {
		if has, possible := triangles(out, in, i); possible > 0 {
			sum += has / possible
			defined++
		}
	}
	return ratio(sum, float64(defined))
}

// Transitivity returns all triangles over all that could be, as Clustering
// counts them but over the circuit as a whole: bctpy's transitivity_bd. NaN
// where none could be.
func Transitivity(c *circuit.Circuit) float64 {
	out, in := rowsOf(c)
	sum, total := 0.0, 0.0
	for i := range out {
		has, possible := triangles(out, in, i)
		sum += has
		total += possible
	}
	return ratio(sum, total)
}
