package connectome

import (
	"cmp"
	"fmt"
	"math"
	"math/bits"
	"slices"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// Circuit cuts out the given neurons, in the given order, with their mask.
// Where the source knows its generating factors, those of the circuit are the
// means over its neurons. It takes time in proportion to the targets of the
// neurons.
func (c *Connectome) Circuit(indices []int) (*circuit.Circuit, error) {
	return c.cutAs(indices, circuit.Origin{Source: c.name, Factors: c.meanFactors(indices)})
}

// cutOut makes a circuit of the chosen neurons, in canonical order, that says
// where it was cut.
func (c *Connectome) cutOut(chosen []int, where circuit.Origin) (*circuit.Circuit, error) {
	// Means are over the chosen in their order: sums of floats depend on it.
	where.Source, where.Factors = c.name, c.meanFactors(chosen)
	order := c.canonical(chosen)
	return c.cutAs(order, where)
}

// canonical returns neurons in the order of circuit.CompareNeurons, whose keys it
// works out once a neuron instead of once a comparison.
func (c *Connectome) canonical(indices []int) []int {
	type key struct {
		*circuit.Neuron
		depth float64 // unknown ones are last
		index int
	}
	keys := make([]key, len(indices))
	for k, i := range indices {
		n := &c.neurons[i]
		keys[k] = key{n, math.Inf(1), i}
		if n.Position.Known() {
			keys[k].depth = n.Position.Depth
		}
	}
	slices.SortFunc(keys, func(a, b key) int {
		switch {
		case a.Class != b.Class:
			return cmp.Compare(a.Class, b.Class)
		case a.depth != b.depth:
			return cmp.Compare(a.depth, b.depth)
		}
		return cmp.Compare(a.ID, b.ID)
	})
	order := make([]int, len(keys))
	for k := range keys {
		order[k] = keys[k].index
	}
	return order
}

// cutAs makes the circuit of the given neurons, in the given order.
func (c *Connectome) cutAs(indices []int, origin circuit.Origin) (*circuit.Circuit, error) {
	neurons := make([]circuit.Neuron, len(indices))
	var observed []bool
	if c.observed != nil {
		observed = make([]bool, len(indices))
	}
	for k, i := range indices {
		if i < 0 || i >= c.Len() {
			return nil, fmt.Errorf("connectome: %s: neuron %d of %d", c.name, i, c.Len())
		}
		neurons[k] = c.neurons[i]
		if observed != nil {
			observed[k] = c.observed[i]
		}
	}
	s := c.borrow()
	defer c.scratch.Put(s)
	cut, err := circuit.New(neurons, s.among(c.edges, indices))
	if err != nil {
		return nil, fmt.Errorf("connectome: %s: %w", c.name, err)
	}
	return cut.WithOrigin(origin).WithObserved(observed)
}

// meanFactors returns the means of the generating factors, nil where they are not
// known.
func (c *Connectome) meanFactors(indices []int) map[string]float64 {
	if c.factors == nil {
		return nil
	}
	means := make(map[string]float64, len(c.factors))
	for name, values := range c.factors {
		sum := 0.0
		for _, i := range indices {
			if i >= 0 && i < len(values) { // cutAs says what is wrong with others
				sum += values[i]
			}
		}
		means[name] = sum / float64(len(indices))
	}
	return means
}

// scratch is what a cut needs for a moment.
type scratch struct {
	in     []uint64 // bit set of the neurons in the cut; empty between cuts
	place  []int32  // by neuron in the cut: its place there
	posts  []uint64 // bit set of the places of a row's targets
	edges  []circuit.Edge
	square []float64 // for the search of columns
}

func (c *Connectome) borrow() *scratch {
	if s, ok := c.scratch.Get().(*scratch); ok {
		return s
	}
	return &scratch{in: make([]uint64, (c.Len()+63)/64), place: make([]int32, c.Len())}
}

// among returns the edges among the given neurons, by their places, ordered by
// pre and post; they are good until the next call.
func (s *scratch) among(rows circuit.CSR, indices []int) []circuit.Edge {
	for k, i := range indices {
		s.in[i/64] |= 1 << (i % 64)
		s.place[i] = int32(k)
	}
	s.posts = append(s.posts[:0], make([]uint64, (len(indices)+63)/64)...)
	s.edges = s.edges[:0]
	for k, i := range indices {
		for _, target := range rows.Row(i) {
			if j := uint32(target); s.in[j/64]>>(j%64)&1 == 1 {
				post := uint32(s.place[j])
				s.posts[post/64] |= 1 << (post % 64)
			}
		}
		for w, word := range s.posts {
			for ; word != 0; word &= word - 1 {
				s.edges = append(s.edges, circuit.Edge{Pre: k, Post: 64*w + bits.TrailingZeros64(word)})
			}
			s.posts[w] = 0
		}
	}
	for _, i := range indices {
		s.in[i/64] = 0
	}
	return s.edges
}
