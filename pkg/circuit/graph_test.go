package circuit

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// bruteGraph counts by looking at every pair.
func bruteGraph(g CSR) (out, in []int32, mutual int) {
	n := g.Rows()
	out, in = make([]int32, n), make([]int32, n)
	for i := range n {
		for j := range n {
			if !slices.Contains(g.Row(i), int32(j)) {
				continue
			}
			out[i]++
			in[j]++
			if j > i && slices.Contains(g.Row(j), int32(i)) {
				mutual++
			}
		}
	}
	return out, in, mutual
}

func checkGraph(t interface{ Errorf(string, ...any) }, g CSR) {
	out, in, mutual := bruteGraph(g)
	if got := g.OutDegrees(); !slices.Equal(got, out) {
		t.Errorf("out-degrees are %v, want %v", got, out)
	}
	if got := g.InDegrees(); !slices.Equal(got, in) {
		t.Errorf("in-degrees are %v, want %v", got, in)
	}
	if got := g.Mutual(); got != mutual {
		t.Errorf("%d mutual pairs, want %d", got, mutual)
	}
}

func TestGraphCounts(t *testing.T) {
	checkGraph(t, CSR{})
	checkGraph(t, CSR{Offsets: []int64{0}})
	checkGraph(t, CSR{Offsets: []int64{0, 0}})
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 9).Draw(t, "n")
		neuron := rapid.IntRange(0, n-1)
		edges := rapid.SliceOf(rapid.Custom(func(t *rapid.T) Edge { return Edge{neuron.Draw(t, "pre"), neuron.Draw(t, "post")} })).Draw(t, "edges")
		g, _, _, err := NewCSR(n, edges)
		if err != nil {
			t.Fatal(err)
		}
		checkGraph(t, g)
	})
}

// By hand: 0⇄1, 1⇄2, 0→2.
func TestGraphCountsByHand(t *testing.T) {
	g, _, _, err := NewCSR(3, []Edge{{0, 1}, {1, 0}, {1, 2}, {2, 1}, {0, 2}})
	if err != nil {
		t.Fatal(err)
	}
	if g.Mutual() != 2 || !slices.Equal(g.OutDegrees(), []int32{2, 2, 1}) || !slices.Equal(g.InDegrees(), []int32{1, 2, 2}) {
		t.Errorf("%d mutual, out %v, in %v", g.Mutual(), g.OutDegrees(), g.InDegrees())
	}
}

func TestGraphCountsOnCores(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	rng := rand.New(rand.NewPCG(11, 12))
	const n = 400
	var edges []Edge
	for range 6 * manyPairs {
		// More edges among the first neurons, so that shares of rows differ.
		edges = append(edges, Edge{rng.IntN(1 + rng.IntN(n)), rng.IntN(n)})
	}
	g, _, _, err := NewCSR(n, edges)
	if err != nil {
		t.Fatal(err)
	}
	for _, cores := range []int{1, 2, 3, 8} {
		runtime.GOMAXPROCS(cores)
		checkGraph(t, g)
	}
}
