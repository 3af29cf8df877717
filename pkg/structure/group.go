package structure

import (
	"slices"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// GroupPair is what is known of the wiring from the neurons of one group to those
// of another, or of the same.
type GroupPair[G comparable] struct {
	Pre, Post G
	// Pairs is the number of ordered pairs of different neurons whose presynaptic
	// row was observed, Edges that of edges among them.
	Pairs, Edges int
	// Density is Edges over Pairs; NaN without a pair.
	Density float64
	// Mutual is the number of unordered pairs of neurons, one of either group, that
	// are connected both ways, both rows being observed. It is the same from Post
	// to Pre.
	Mutual int
	// ReciprocityRatio is Mutual over what it would be if the two directions of a
	// pair were independent, the number of such pairs times the densities of both
	// directions among them: 1 at chance, as in Song et al. 2005,
	// doi:10.1371/journal.pbio.0030068. NaN where a direction has no edge.
	ReciprocityRatio float64
}

// ClassPair is a GroupPair of classes, SignPair one of signs.
type (
	ClassPair = GroupPair[circuit.Class]
	SignPair  = GroupPair[circuit.Sign]
)

// ClassPairs returns one entry for every ordered pair of the classes that occur,
// in the order of circuit.Classes, the presynaptic class changing last. The
// empty class, of neurons whose class is not known, is one of them. In O(n+m+k²)
// for k classes.
func ClassPairs(c *circuit.Circuit) []ClassPair {
	classes := circuit.Classes(c)
	number := make(map[circuit.Class]int32, len(classes))
	for k, class := range classes {
		number[class] = int32(k)
	}
	var g groups
	g.of = make([]int32, c.Len())
	for i, neuron := range c.Neurons() {
		g.of[i] = number[neuron.Class]
	}
	g.count(c, len(classes))
	return tabled(&g, classes)
}

// SignPairs is ClassPairs for signs. All nine entries are always there, in the
// order excitatory, inhibitory, unknown.
func SignPairs(c *circuit.Circuit) []SignPair { return tabled(viewOf(c).signPairs(), signs[:]) }

// ClassCount is a class and its number of neurons.
type ClassCount struct {
	Class   circuit.Class
	Neurons int
}

// ClassCounts returns the number of neurons of every class that occurs, in the
// order of circuit.Classes.
func ClassCounts(c *circuit.Circuit) []ClassCount {
	classes := circuit.Classes(c)
	counts := make([]ClassCount, len(classes))
	for k, class := range classes {
		counts[k].Class = class
	}
	for _, neuron := range c.Neurons() {
		k, _ := slices.BinarySearch(classes, neuron.Class)
		counts[k].Neurons++
	}
	return counts
}

// Signs as groups.
const (
	excitatory = iota
	inhibitory
	unsigned
)

var signs = [...]circuit.Sign{excitatory: circuit.Excitatory, inhibitory: circuit.Inhibitory, unsigned: circuit.UnknownSign}

// signPairs counts, once a circuit, between excitatory, inhibitory and other
// neurons.
func (v *view) signPairs() *groups {
	if v.signs.made {
		return &v.signs
	}
	v.signs.made = true
	v.signs.of = cleared(v.signs.of, v.n)
	for i, neuron := range v.c.Neurons() {
		switch neuron.Sign {
		case circuit.Excitatory:
			v.signs.of[i] = excitatory
		case circuit.Inhibitory:
			v.signs.of[i] = inhibitory
		default:
			v.signs.of[i] = unsigned
		}
	}
	v.signs.count(v.c, len(signs))
	return &v.signs
}

// groups is a table of counts between groups of neurons.
type groups struct {
	made  bool
	of    []int32 // the group of every neuron
	k     int     // groups
	size  []int   // neurons of a group
	known []int   // those with an observed row
	cells []between
}

// between counts from one group to another.
type between struct {
	edges      int // from observed rows
	knownEdges int // those whose post has an observed row too
	mutual     int // those of knownEdges whose reverse is an edge
}

// count fills the table for k groups.
func (g *groups) count(c *circuit.Circuit, k int) {
	g.k = k
	g.size, g.known, g.cells = cleared(g.size, k), cleared(g.known, k), cleared(g.cells, k*k)
	for i, a := range g.of {
		g.size[a]++
		if !c.Observed(i) {
			continue
		}
		g.known[a]++
		for _, j := range c.CSR().Row(i) {
			cell := g.cell(int(a), int(g.of[j]))
			cell.edges++
			if !c.Observed(int(j)) {
				continue
			}
			cell.knownEdges++
			if c.Has(int(j), i) {
				cell.mutual++
			}
		}
	}
}

func (g *groups) cell(a, b int) *between { return &g.cells[a*g.k+b] }

// pairs counts ordered pairs of different neurons with an observed presynaptic
// row.
func (g *groups) pairs(a, b int) int {
	if a == b {
		return g.known[a] * (g.size[a] - 1)
	}
	return g.known[a] * g.size[b]
}

func (g *groups) density(a, b int) float64 {
	return ratio(float64(g.cell(a, b).edges), float64(g.pairs(a, b)))
}

// mutual counts unordered pairs of neurons: within a group each is met from both
// ends.
func (g *groups) mutual(a, b int) int {
	if a == b {
		return g.cell(a, b).mutual / 2
	}
	return g.cell(a, b).mutual
}

// reciprocityRatio is mutual over N·p(a→b)·p(b→a), with N the unordered pairs of
// neurons with both rows observed.
func (g *groups) reciprocityRatio(a, b int) float64 {
	ordered := float64(g.known[a]) * float64(g.known[b])
	if a == b {
		ordered = float64(g.known[a]) * float64(g.known[a]-1)
	}
	// Within a group there are half as many unordered pairs, and half as many
	// mutual pairs as edges that are one of two.
	there, back := g.cell(a, b), g.cell(b, a)
	return ratio(float64(there.mutual)*ordered, float64(there.knownEdges)*float64(back.knownEdges))
}

// tabled names the groups of a table.
func tabled[G comparable](g *groups, names []G) []GroupPair[G] {
	table := make([]GroupPair[G], 0, len(names)*len(names))
	for a, pre := range names {
		for b, post := range names {
			table = append(table, GroupPair[G]{
				Pre: pre, Post: post, Pairs: g.pairs(a, b), Edges: g.cell(a, b).edges, Density: g.density(a, b),
				Mutual: g.mutual(a, b), ReciprocityRatio: g.reciprocityRatio(a, b),
			})
		}
	}
	return table
}
