package nullmodel

import (
	"context"
	"math/rand/v2"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// ReciprocalER returns a circuit with as many edges and as many mutual pairs,
// placed at random: every such circuit is equally likely. With unobserved rows,
// mutual pairs are known among observed neurons only: edges among those, and
// edges from them to the others, are counted apart and each number is kept.
// The U|MAN law of Holland & Leinhardt 1976, doi:10.2307/270703.
func ReciprocalER(c *circuit.Circuit, rng *rand.Rand) (*circuit.Circuit, error) {
	return once(reciprocalER, c, rng)
}

// Bishuffled returns a circuit in which the same pairs are connected and as many
// of them both ways; which they are, and the directions of the others, are
// redrawn: every such circuit is equally likely. Edges from observed to
// unobserved neurons stay as they are. As bishuffled_model of the library
// Connectome-Analysis (Blue Brain Project 2024).
func Bishuffled(c *circuit.Circuit, rng *rand.Rand) (*circuit.Circuit, error) {
	return once(bishuffled, c, rng)
}

var reciprocalER = Model{
	Name:       "reciprocal_er",
	Preserves:  Preserved{Edges: Exactly, MutualPairs: Exactly},
	Definition: "uniform over circuits with as many edges and as many mutual pairs",
	Source:     "Holland & Leinhardt 1976, doi:10.2307/270703 (U|MAN)",
	fit: func(_ context.Context, k *known) (law, error) {
		d := dyadsOf(k)
		d.outside = block{pre: k.rows, post: k.others, edges: len(d.kept)}
		d.kept = nil
		d.pairs = d.all(k)
		return d, nil
	},
}

var bishuffled = Model{
	Name:       "bishuffled",
	Preserves:  Preserved{Edges: Exactly, MutualPairs: Exactly, Skeleton: Exactly},
	Definition: "uniform over circuits in which the same pairs are connected and as many of them both ways",
	Source:     "bishuffled_model of Connectome-Analysis (Blue Brain Project 2024)",
	fit:        func(_ context.Context, k *known) (law, error) { return dyadsOf(k), nil },
}

// dyads places a number of connected pairs, some of them mutual, among pairs of
// observed neurons.
type dyads struct {
	// pairs may be connected; Pre < Post.
	pairs []circuit.Edge
	// connected of them are, mutual of those both ways.
	connected, mutual int
	// outside is what goes from observed to unobserved neurons, drawn anew; kept
	// what of it stays.
	outside block
	kept    []circuit.Edge
}

// dyadsOf allows the pairs that are connected.
func dyadsOf(k *known) *dyads {
	d := new(dyads)
	for _, e := range k.edges {
		back := k.c.Has(e.Post, e.Pre)
		switch {
		case !k.c.Observed(e.Post):
			d.kept = append(d.kept, e)
		case !back:
			d.pairs = append(d.pairs, circuit.Edge{Pre: min(e.Pre, e.Post), Post: max(e.Pre, e.Post)})
		case e.Pre < e.Post:
			d.pairs = append(d.pairs, e)
			d.mutual++
		}
	}
	d.connected = len(d.pairs)
	return d
}

// all returns every pair of observed neurons.
func (d *dyads) all(k *known) []circuit.Edge {
	pairs := make([]circuit.Edge, 0, len(k.rows)*(len(k.rows)-1)/2)
	for at, i := range k.rows {
		for _, j := range k.rows[at+1:] {
			pairs = append(pairs, circuit.Edge{Pre: i, Post: j})
		}
	}
	return pairs
}

func (d *dyads) draw(rng *rand.Rand) []circuit.Edge {
	edges := make([]circuit.Edge, 0, d.connected+d.mutual+len(d.kept)+d.outside.edges)
	both := choose(rng, d.mutual, d.connected)
	for nth, p := range choose(rng, d.connected, len(d.pairs)) {
		pair := d.pairs[p]
		mutual := len(both) > 0 && both[0] == nth
		if mutual {
			both = both[1:]
		}
		turned := rng.Uint64()&1 == 1
		if mutual || !turned {
			edges = append(edges, pair)
		}
		if mutual || turned {
			edges = append(edges, circuit.Edge{Pre: pair.Post, Post: pair.Pre})
		}
	}
	edges = append(edges, d.kept...)
	return d.outside.draw(edges, rng)
}
