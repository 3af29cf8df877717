package structure

import (
	"context"
	"fmt"
	"math"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// Components are the strong components of a graph, the largest sets of neurons
// that all reach one another along edges, or its weak components, the same with
// edges followed both ways.
type Components struct {
	// Of is the component of every neuron. Components are numbered from 0 in the
	// order of their first neurons.
	Of []int32
	// Sizes is the number of neurons of every component.
	Sizes []int
}

// Largest returns the number of neurons of the largest component, 0 for a graph
// without neurons.
func (c Components) Largest() int {
	largest := 0
	for _, size := range c.Sizes {
		largest = max(largest, size)
	}
	return largest
}

// StrongComponents returns the strong components of a graph of any size, in
// O(n+m) time and 24 bytes a neuron beside the result. The context is looked at
// every few thousand neurons. A row that was not observed is taken as it is.
//
// Tarjan 1972, doi:10.1137/0201010, with one number a neuron instead of two, by
// Pearce 2016, doi:10.1016/j.ipl.2015.08.010, and without recursion.
func StrongComponents(ctx context.Context, g circuit.CSR) (Components, error) {
	var s search
	if err := s.all(ctx, g); err != nil {
		return Components{}, fmt.Errorf("structure: strong components: %w", err)
	}
	return s.numbered(), nil
}

// search is a walk in depth under way.
type search struct {
	g circuit.CSR
	// rank of a neuron is 0 before it is met, then the least order of meeting
	// among the unfinished neurons that it is known to reach. Once its component
	// is complete it is a number of that, counted down from the largest, so that
	// no minimum takes it for one of the unfinished.
	rank    []int32
	next    []int64 // by neuron: the edge to follow next
	path    []step  // from the root to where we are
	waiting []int32 // neurons left whose component is not complete
	met     int32
	found   int32
	sizes   []int32 // memory of largest
}

// step is a neuron on the path, and when it was met, counted from 1.
type step struct{ neuron, met int32 }

// checkEvery is after how many neurons a cancelled context is noticed.
const checkEvery = 1 << 12

// all finds every component, in the memory of the search before.
func (s *search) all(ctx context.Context, g circuit.CSR) error {
	n := g.Rows()
	s.g, s.met, s.found = g, 0, 0
	defer func() { s.g = circuit.CSR{} }() // or the graph would live as long as the memory
	s.rank, s.next = cleared(s.rank, n), append(s.next[:0], g.Offsets[:n]...)
	s.path, s.waiting = s.path[:0], s.waiting[:0]
	for root := range n {
		if s.rank[root] != 0 {
			continue
		}
		if err := s.from(ctx, int32(root)); err != nil {
			return err
		}
	}
	return nil
}

func (s *search) from(ctx context.Context, root int32) error {
	s.meet(root)
	for len(s.path) > 0 {
		at := s.path[len(s.path)-1]
		if j, ok := s.onward(at.neuron); ok {
			if s.met%checkEvery == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			s.meet(j)
			continue
		}
		s.path = s.path[:len(s.path)-1]
		s.leave(at)
	}
	return ctx.Err()
}

func (s *search) meet(i int32) {
	s.met++
	s.rank[i] = s.met
	s.path = append(s.path, step{i, s.met})
}

// onward follows the edges of i up to one to a neuron that was not met. That edge
// is looked at again afterwards, for the rank at its end.
func (s *search) onward(i int32) (j int32, ok bool) {
	rank, begin := s.rank[i], s.next[i]
	for e, j := range s.g.Targets[begin:s.g.Offsets[i+1]] {
		of := s.rank[j]
		if of == 0 {
			s.next[i], s.rank[i] = begin+int64(e), rank
			return j, true
		}
		rank = min(rank, of)
	}
	s.next[i], s.rank[i] = s.g.Offsets[i+1], rank
	return 0, false
}

// leave completes a component where a neuron reaches none met before it.
func (s *search) leave(at step) {
	if s.rank[at.neuron] < at.met {
		s.waiting = append(s.waiting, at.neuron)
		return
	}
	component := math.MaxInt32 - s.found
	s.found++
	s.rank[at.neuron] = component
	for k := len(s.waiting) - 1; k >= 0 && s.rank[s.waiting[k]] >= at.met; k-- {
		s.rank[s.waiting[k]] = component
		s.waiting = s.waiting[:k]
	}
}

// numbered turns ranks into numbers in the order of first neurons.
func (s *search) numbered() Components {
	c := Components{Of: s.rank, Sizes: make([]int, 0, s.found)}
	number := make([]int32, s.found)
	for i, rank := range s.rank {
		k := &number[math.MaxInt32-rank]
		if *k == 0 {
			c.Sizes = append(c.Sizes, 0)
			*k = int32(len(c.Sizes))
		}
		c.Of[i] = *k - 1
		c.Sizes[*k-1]++
	}
	return c
}

// largest returns the number of neurons of the largest component of a small
// graph.
func (s *search) largest(g circuit.CSR) int {
	if s.all(context.Background(), g) != nil {
		return 0 // cannot happen: that context is never cancelled
	}
	s.sizes = cleared(s.sizes, int(s.found))
	largest := int32(0)
	for _, rank := range s.rank {
		size := &s.sizes[math.MaxInt32-rank]
		*size++
		largest = max(largest, *size)
	}
	return int(largest)
}

// WeakComponents returns the weak components of a graph of any size, in
// O(n+m·log n) time at worst, in practice O(n+m), and 4 bytes a neuron beside the
// result. The context is looked at every few thousand neurons. A row that was not
// observed is taken as it is.
//
// By disjoint sets, Galler & Fischer 1964, doi:10.1145/364099.364331, with the
// halved paths of Tarjan & van Leeuwen 1984, doi:10.1145/62.2160.
func WeakComponents(ctx context.Context, g circuit.CSR) (Components, error) {
	var f forest
	if err := f.grow(ctx, g); err != nil {
		return Components{}, fmt.Errorf("structure: weak components: %w", err)
	}
	return f.numbered(), nil
}

// forest holds disjoint sets of neurons as trees: a neuron's parent, itself at a
// root. A root is the first neuron of its set.
type forest struct {
	parent []int32
	sizes  []int32 // memory of largest
}

// grow joins the two ends of every edge.
func (f *forest) grow(ctx context.Context, g circuit.CSR) error {
	f.parent = resized(f.parent, g.Rows())
	for i := range f.parent {
		f.parent[i] = int32(i)
	}
	for i := range f.parent {
		if i%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		a := f.root(int32(i))
		for _, j := range g.Row(i) {
			b := f.root(j)
			f.parent[max(a, b)] = min(a, b)
			a = min(a, b)
		}
	}
	return nil
}

// root climbs to the root and halves the way for the next time.
func (f *forest) root(i int32) int32 {
	for parent := f.parent[i]; parent != i; parent = f.parent[i] {
		f.parent[i] = f.parent[parent]
		i = f.parent[i]
	}
	return i
}

// numbered gives sets numbers in the order of first neurons.
func (f *forest) numbered() Components {
	c := Components{Of: make([]int32, len(f.parent)), Sizes: []int{}}
	for i := range f.parent {
		root := f.root(int32(i))
		if int(root) == i {
			c.Of[i] = int32(len(c.Sizes))
			c.Sizes = append(c.Sizes, 0)
		}
		c.Of[i] = c.Of[root]
		c.Sizes[c.Of[i]]++
	}
	return c
}

// largest returns the number of neurons of the largest set.
func (f *forest) largest() int {
	f.sizes = cleared(f.sizes, len(f.parent))
	largest := int32(0)
	for i := range f.parent {
		size := &f.sizes[f.root(int32(i))]
		*size++
		largest = max(largest, *size)
	}
	return int(largest)
}
