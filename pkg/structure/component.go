package structure

import (
	"context"
	"fmt"
	"math"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// Components are the strong components of a graph: the largest sets of neurons
// that all reach one another along edges.
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
	n := g.Rows()
	s := search{g: g, rank: make([]int32, n), next: make([]int64, n)}
	copy(s.next, g.Offsets)
	for root := range n {
		if s.rank[root] != 0 {
			continue
		}
		if err := s.from(ctx, int32(root)); err != nil {
			return Components{}, fmt.Errorf("structure: strong components: %w", err)
		}
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
}

// step is a neuron on the path, and when it was met, counted from 1.
type step struct{ neuron, met int32 }

// checkEvery is after how many neurons a cancelled context is noticed.
const checkEvery = 1 << 12

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
