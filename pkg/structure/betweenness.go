package structure

import (
	"math"
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
// doi:10.1080/0022250X.2001.9990249, in O(n·m) time and O(n+m) memory. It is
// networkx's betweenness_centrality; igraph's and bctpy's are (n−1)(n−2) times as
// large.
func Betweenness(c *circuit.Circuit) []float64 { return viewOf(c).between() }

// BetweennessMax returns the largest of Betweenness; NaN where those are.
func BetweennessMax(c *circuit.Circuit) float64 { return viewOf(c).betweennessMax() }

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
	if v.whole {
		b.prepare(v.n, v.c.Edges())
		for source := range v.n {
			b.outwards(v.c.CSR(), int32(source))
			b.home()
		}
	}
	pairs := v.orderedPairs() - 2*float64(v.n-1) // (n−1)(n−2)
	for i := range b.through {
		b.through[i] = ratio(b.through[i], pairs)
	}
	return b.through
}

// brandes is the memory of Brandes' algorithm.
type brandes struct {
	through []float64 // by neuron: the result
	depth   []int32   // by neuron: edges from the source, unmet where not met
	paths   []float64 // by neuron: shortest paths from the source
	gain    []float64 // by neuron: what it gives to those before it, a path
	order   []int32   // neurons in the order of meeting
	onward  []int32   // targets one edge further out, of order[0], order[1], ...
	begins  []int32   // where those of order[k] begin
}

const unmet = math.MaxInt32

func (b *brandes) prepare(n, m int) {
	b.depth, b.paths, b.gain = resized(b.depth, n), resized(b.paths, n), resized(b.gain, n)
	b.order, b.begins, b.onward = resized(b.order, n), resized(b.begins, n+1), resized(b.onward, m)
	for i := range b.depth {
		b.depth[i] = unmet
	}
}

// outwards counts shortest paths from the source and notes the edges on them.
func (b *brandes) outwards(g circuit.CSR, source int32) {
	depth, paths, onward := b.depth, b.paths, b.onward
	order := append(b.order[:0], source)
	depth[source], paths[source] = 0, 1
	edges := 0
	for k := 0; k < len(order); k++ {
		i := order[k]
		b.begins[k] = int32(edges)
		next, here := depth[i]+1, paths[i]
		for _, j := range g.Row(int(i)) {
			if depth[j] < next {
				continue
			}
			if depth[j] == unmet {
				depth[j], paths[j] = next, 0
				order = append(order, j)
			}
			paths[j] += here
			onward[edges] = j
			edges++
		}
	}
	b.begins[len(order)] = int32(edges)
	b.order = order
}

// home adds up, from the farthest neuron back to the source, and forgets depths.
func (b *brandes) home() {
	for k := len(b.order) - 1; k >= 0; k-- {
		i := b.order[k]
		b.depth[i] = unmet
		if k == 0 {
			return
		}
		gain := 0.0
		for _, j := range b.onward[b.begins[k]:b.begins[k+1]] {
			gain += b.gain[j]
		}
		through := b.paths[i] * gain
		b.through[i] += through
		b.gain[i] = (1 + through) / b.paths[i]
	}
}
