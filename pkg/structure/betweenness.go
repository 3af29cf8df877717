package structure

import (
	"math"
	"math/bits"
	"slices"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// Betweenness returns for every neuron the share of others' shortest paths that
// run through it: the sum over ordered pairs of two others of the share of their
// shortest paths that do, over the (n−1)(n−2) such pairs. A pair without a path
// adds nothing. All are NaN of fewer than three neurons or where a row is
// unknown; they are also where a pair has more shortest paths than a float64 can
// count, 10³⁰⁸.
//
// Freeman 1977, doi:10.2307/3033543, by the algorithm of Brandes 2001,
// doi:10.1080/0022250X.2001.9990249, in O(n·m) time. It is
// networkx's betweenness_centrality; igraph's and bctpy's are (n−1)(n−2) times as
// large.
func Betweenness(c *circuit.Circuit) []float64 {
	return measured(c, func(v *view) []float64 { return slices.Clone(v.between()) })
}

// BetweennessMax returns the largest of Betweenness; NaN where those are.
func BetweennessMax(c *circuit.Circuit) float64 { return measured(c, (*view).betweennessMax) }

func (v *view) betweennessMax() float64 {
	if v.n == 0 {
		return math.NaN()
	}
	return slices.Max(v.between())
}

// between computes Betweenness in the memory of the view.
func (v *view) between() []float64 {
	b := &v.brandes
	b.through = cleared(b.through, v.n)
	for first := 0; v.whole && first < v.n; first += 64 {
		b.outwards(v.c.CSR(), first, min(first+64, v.n))
		b.home()
	}
	pairs := v.orderedPairs() - 2*float64(v.n-1) // (n−1)(n−2)
	for i := range b.through {
		b.through[i] = ratio(b.through[i], pairs)
	}
	return b.through
}

// brandes is the memory of Brandes' algorithm for 64 sources at once: a kilobyte a
// neuron, and 16 bytes for each edge and each distance from some source at which
// it is on a shortest path, of which dense circuits have two or three.
type brandes struct {
	wave    wave
	through []float64 // by neuron: the result
	// By neuron and source: the number of shortest paths there, and what a neuron
	// gives for each of them to the neuron before.
	paths, gain []lanes
	// The neurons met at distance 0, at distance 1, ..., from which sources, and
	// where each distance begins.
	met    []int32
	from   []uint64
	begins []int
	// The edges from those on shortest paths, and where those of each distance begin.
	onward []stretch
	starts []int
}

// stretch is an edge on shortest paths from some sources.
type stretch struct {
	pre, post int32
	sources   uint64
}

// lanes has a number for each of 64 sources.
type lanes [64]float64

// outwards counts the shortest paths from the sources first to last−1.
func (b *brandes) outwards(g circuit.CSR, first, last int) {
	n := g.Rows()
	b.paths, b.gain = cleared(b.paths, n), cleared(b.gain, n)
	b.met, b.from, b.begins = b.met[:0], b.from[:0], append(b.begins[:0], 0)
	b.onward, b.starts = b.onward[:0], b.starts[:0]
	b.wave.start(n, first, last)
	for i := first; i < last; i++ {
		b.paths[i][i-first] = 1
	}
	for b.note(); b.step(g); b.note() {
	}
}

// step takes the wave one edge on, as wave.step does, and on its way counts paths
// and keeps their edges: to look for those again would take as long.
func (b *brandes) step(g circuit.CSR) bool {
	w := &b.wave
	seen, front, next, met := w.seen, w.front, w.next, w.met[:0]
	b.starts = append(b.starts, len(b.onward))
	for _, i := range w.at {
		from := front[i]
		front[i] = 0
		before := &b.paths[i]
		for _, j := range g.Row(int(i)) {
			fresh := from &^ seen[j]
			if fresh == 0 {
				continue
			}
			if next[j] == 0 {
				met = append(met, j)
			}
			next[j] |= fresh
			add(&b.paths[j], before, fresh)
			b.onward = append(b.onward, stretch{i, j, fresh})
		}
	}
	for _, j := range met {
		seen[j] |= next[j]
	}
	w.at, w.met = met, w.at
	w.front, w.next = next, front
	return len(met) > 0
}

// note keeps whom the wave has just met.
func (b *brandes) note() {
	for _, j := range b.wave.at {
		b.met, b.from = append(b.met, j), append(b.from, b.wave.front[j])
	}
	b.begins = append(b.begins, len(b.met))
}

// home adds up from the farthest neurons back to the sources. Through a neuron
// with σ shortest paths run δ = σ·Σ (1+δ')/σ' of the source's, over the neurons
// one edge farther.
func (b *brandes) home() {
	for d := len(b.begins) - 2; d > 0; d-- {
		for k := b.begins[d]; k < b.begins[d+1]; k++ {
			j := b.met[k]
			b.through[j] += settle(&b.paths[j], &b.gain[j], b.from[k])
		}
		for _, e := range b.onward[b.starts[d-1]:b.starts[d]] {
			add(&b.gain[e.pre], &b.gain[e.post], e.sources)
		}
	}
}

// add adds y to x for the sources of a set.
func add(x, y *lanes, sources uint64) {
	for ; sources != 0; sources &= sources - 1 {
		s := bits.TrailingZeros64(sources) & 63
		x[s] += y[s]
	}
}

// settle returns what runs through a neuron and turns its gain, so far the sum
// over the neurons farther, into its own, (1+δ)/σ.
func settle(paths, gain *lanes, sources uint64) (through float64) {
	for ; sources != 0; sources &= sources - 1 {
		s := bits.TrailingZeros64(sources) & 63
		through += paths[s] * gain[s]
		gain[s] += 1 / paths[s]
	}
	return through
}
