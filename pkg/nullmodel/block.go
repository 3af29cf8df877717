package nullmodel

import (
	"context"
	"math/rand/v2"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// ER returns a circuit with as many edges, placed at random: every circuit on
// the same neurons with that many edges is equally likely. With unobserved rows,
// the edges of observed rows are redrawn among the entries of those rows.
// Erdős & Rényi 1959, doi:10.5486/PMD.1959.6.3-4.12, for digraphs.
func ER(c *circuit.Circuit, rng *rand.Rand) (*circuit.Circuit, error) { return once(er, c, rng) }

// SBM returns a circuit with as many edges from each class to each class, placed
// at random: every such circuit is equally likely. Neurons whose class is not
// known are a class of their own; a circuit in which no neuron has a class is an
// error. Holland, Laskey & Leinhardt 1983, doi:10.1016/0378-8733(83)90021-7, in
// its microcanonical form (Peixoto 2012, doi:10.1103/PhysRevE.85.056122).
func SBM(c *circuit.Circuit, rng *rand.Rand) (*circuit.Circuit, error) { return once(sbm, c, rng) }

var er = Model{
	Name:       "er",
	Preserves:  Preserved{Edges: Exactly},
	Definition: "uniform over circuits with as many edges",
	Source:     "Erdős & Rényi 1959, doi:10.5486/PMD.1959.6.3-4.12",
	fit:        func(_ context.Context, k *known) (law, error) { return blocksOf(k, make([]int, k.n), 1), nil },
}

var sbm = Model{
	Name:       "sbm",
	Preserves:  Preserved{Edges: Exactly, ClassPairEdges: Exactly},
	Definition: "uniform over circuits with as many edges from each class to each class",
	Source:     "Holland, Laskey & Leinhardt 1983, doi:10.1016/0378-8733(83)90021-7; Peixoto 2012, doi:10.1103/PhysRevE.85.056122",
	fit: func(_ context.Context, k *known) (law, error) {
		if err := k.needClasses(); err != nil {
			return nil, err
		}
		of, classes := k.classes()
		return blocksOf(k, of, classes), nil
	},
}

// classes numbers the classes, in their order, and tells each neuron's.
func (k *known) classes() (of []int, count int) {
	at := map[circuit.Class]int{}
	for i, class := range circuit.Classes(k.c) {
		at[class] = i
	}
	of = make([]int, k.n)
	for i, neuron := range k.c.Neurons() {
		of[i] = at[neuron.Class]
	}
	return of, len(at)
}

// blocks places a fixed number of edges in each block of the adjacency.
type blocks []block

// block is the entries from observed neurons of one class to neurons of a class.
type block struct {
	pre, post []int
	// same is the place in post of each pre, where both are of one class: there
	// is no edge.
	same  []int
	edges int
}

func blocksOf(k *known, class []int, classes int) blocks {
	pre, post := make([][]int, classes), make([][]int, classes)
	same := make([][]int, classes)
	for i := range k.n {
		a := class[i]
		if k.c.Observed(i) {
			pre[a] = append(pre[a], i)
			same[a] = append(same[a], len(post[a]))
		}
		post[a] = append(post[a], i)
	}
	all := make(blocks, classes*classes)
	for a := range classes {
		for b := range classes {
			all[a*classes+b] = block{pre: pre[a], post: post[b]}
		}
		all[a*classes+a].same = same[a]
	}
	for _, e := range k.edges {
		all[class[e.Pre]*classes+class[e.Post]].edges++
	}
	return all
}

func (all blocks) draw(rng *rand.Rand) []circuit.Edge {
	count := 0
	for _, b := range all {
		count += b.edges
	}
	edges := make([]circuit.Edge, 0, count)
	for _, b := range all {
		edges = b.draw(edges, rng)
	}
	return edges
}

func (b block) draw(edges []circuit.Edge, rng *rand.Rand) []circuit.Edge {
	if b.edges == 0 {
		return edges
	}
	width := len(b.post)
	if b.same != nil {
		width--
	}
	for _, entry := range choose(rng, b.edges, len(b.pre)*width) {
		i, j := entry/width, entry%width
		if b.same != nil && j >= b.same[i] {
			j++
		}
		edges = append(edges, circuit.Edge{Pre: b.pre[i], Post: b.post[j]})
	}
	return edges
}
