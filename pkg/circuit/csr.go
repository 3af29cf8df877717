package circuit

import (
	"fmt"
	"slices"
)

// CSR is a directed graph as compressed sparse rows: the targets of row i are
// Targets[Offsets[i]:Offsets[i+1]], ascending and without repeats.
type CSR struct {
	// Offsets has one entry more than there are rows; the first is 0.
	Offsets []int64
	// Targets holds column indices.
	Targets []int32
}

// Pair is an ordered pair of neurons in half the memory of an Edge, for graphs of
// millions of them.
type Pair struct {
	Pre, Post int32
}

// NewCSR builds rows from edges over n neurons in O(n+m) time. It returns, beside the
// rows, how many edges it merged because they were repeated and how many
// autapses it left out; both are for the caller to report. An index outside
// [0, n) is an error.
func NewCSR(n int, edges []Edge) (rows CSR, duplicates, autapses int, err error) {
	if len(edges) >= manyPairs {
		pairs := make([]Pair, len(edges))
		for i, e := range edges {
			if e.Pre < 0 || e.Pre >= n || e.Post < 0 || e.Post >= n {
				return CSR{}, 0, 0, outside(i, e.Pre, e.Post, n)
			}
			pairs[i] = Pair{int32(e.Pre), int32(e.Post)}
		}
		return NewCSRPairs(n, pairs, nil)
	}
	offsets := make([]int64, n+1)
	for i, e := range edges {
		if e.Pre < 0 || e.Pre >= n || e.Post < 0 || e.Post >= n {
			return CSR{}, 0, 0, outside(i, e.Pre, e.Post, n)
		}
		if e.Pre == e.Post {
			autapses++
			continue
		}
		offsets[e.Pre+1]++
	}
	for i := range n {
		offsets[i+1] += offsets[i]
	}
	targets := make([]int32, offsets[n])
	next := slices.Clone(offsets[:n])
	for _, e := range edges {
		if e.Pre == e.Post {
			continue
		}
		targets[next[e.Pre]] = int32(e.Post)
		next[e.Pre]++
	}
	kept := int64(0)
	for i := range n {
		row := targets[offsets[i]:offsets[i+1]]
		slices.Sort(row)
		row = slices.Compact(row)
		offsets[i] = kept
		kept += int64(copy(targets[kept:], row))
	}
	duplicates = len(targets) - int(kept)
	offsets[n] = kept
	return CSR{Offsets: offsets, Targets: targets[:kept:kept]}, duplicates, autapses, nil
}

func outside(i, pre, post, n int) error {
	return fmt.Errorf("circuit: edge %d is %d→%d, but neurons run from 0 to %d", i, pre, post, n-1)
}

// Rows returns the number of rows; the zero CSR has none.
func (g CSR) Rows() int { return max(0, len(g.Offsets)-1) }

// Edges returns the number of edges.
func (g CSR) Edges() int { return len(g.Targets) }

// Row returns the targets of row i, ascending. The caller must not change them.
func (g CSR) Row(i int) []int32 { return g.Targets[g.Offsets[i]:g.Offsets[i+1]] }

// Has reports whether i→j is an edge, by binary search.
func (g CSR) Has(i, j int) bool {
	_, found := slices.BinarySearch(g.Row(i), int32(j))
	return found
}

// Transpose returns the graph with every edge turned round, in O(n+m) time.
func (g CSR) Transpose() CSR {
	n := g.Rows()
	offsets := make([]int64, n+1)
	for _, j := range g.Targets {
		offsets[j+1]++
	}
	for i := range n {
		offsets[i+1] += offsets[i]
	}
	targets := make([]int32, len(g.Targets))
	next := slices.Clone(offsets[:n])
	for i := range n {
		for _, j := range g.Row(i) {
			targets[next[j]] = int32(i)
			next[j]++
		}
	}
	return CSR{Offsets: offsets, Targets: targets}
}
