package structure

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/cortigen/cortigen/pkg/circuit"
)

func csrOf(t interface{ Fatal(...any) }, n int, edges ...circuit.Edge) circuit.CSR {
	g, _, _, err := circuit.NewCSR(n, edges)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// By hand.
func TestStrongComponents(t *testing.T) {
	cycle := []circuit.Edge{{Pre: 0, Post: 1}, {Pre: 1, Post: 2}, {Pre: 2, Post: 0}}
	for name, c := range map[string]struct {
		g     circuit.CSR
		of    []int32
		sizes []int
	}{
		"the zero graph":       {circuit.CSR{}, []int32{}, []int{}},
		"no neuron":            {csrOf(t, 0), []int32{}, []int{}},
		"one neuron":           {csrOf(t, 1), []int32{0}, []int{1}},
		"no edge":              {csrOf(t, 3), []int32{0, 1, 2}, []int{1, 1, 1}},
		"one way":              {csrOf(t, 2, circuit.Edge{Pre: 1, Post: 0}), []int32{0, 1}, []int{1, 1}},
		"both ways":            {csrOf(t, 2, circuit.Edge{Pre: 1, Post: 0}, circuit.Edge{Pre: 0, Post: 1}), []int32{0, 0}, []int{2}},
		"a cycle and its tail": {csrOf(t, 5, append(cycle, circuit.Edge{Pre: 2, Post: 4}, circuit.Edge{Pre: 3, Post: 0})...), []int32{0, 0, 0, 1, 2}, []int{3, 1, 1}},
		"two cycles, one bridge": {csrOf(t, 6, append(cycle, circuit.Edge{Pre: 3, Post: 4}, circuit.Edge{Pre: 4, Post: 5}, circuit.Edge{Pre: 5, Post: 3}, circuit.Edge{Pre: 4, Post: 1})...),
			[]int32{0, 0, 0, 1, 1, 1}, []int{3, 3}},
		"a chord home": {csrOf(t, 4, circuit.Edge{Pre: 0, Post: 1}, circuit.Edge{Pre: 1, Post: 2}, circuit.Edge{Pre: 2, Post: 1}, circuit.Edge{Pre: 2, Post: 3}, circuit.Edge{Pre: 3, Post: 0}),
			[]int32{0, 0, 0, 0}, []int{4}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := StrongComponents(t.Context(), c.g)
			if err != nil || !slices.Equal(got.Of, c.of) || !slices.Equal(got.Sizes, c.sizes) {
				t.Errorf("%+v (%v), want %v and %v", got, err, c.of, c.sizes)
			}
			if want := slices.Max(append(slices.Clone(c.sizes), 0)); got.Largest() != want {
				t.Errorf("the largest has %d, want %d", got.Largest(), want)
			}
		})
	}
}

// reach says by repeated multiplication which neurons reach which (Warshall).
func reach(g circuit.CSR) [][]bool {
	n := g.Rows()
	r := make([][]bool, n)
	for i := range r {
		r[i] = make([]bool, n)
		r[i][i] = true
		for _, j := range g.Row(i) {
			r[i][j] = true
		}
	}
	for k := range n {
		for i := range n {
			for j := range n {
				r[i][j] = r[i][j] || r[i][k] && r[k][j]
			}
		}
	}
	return r
}

func TestStrongComponentsAreMutualReach(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "n")
		neuron := rapid.IntRange(0, n-1)
		edges := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) circuit.Edge {
			return circuit.Edge{Pre: neuron.Draw(t, "pre"), Post: neuron.Draw(t, "post")}
		}), 0, 3*n).Draw(t, "edges")
		g := csrOf(t, n, edges...)
		got, err := StrongComponents(context.Background(), g)
		if err != nil {
			t.Fatal(err)
		}
		r := reach(g)
		next := int32(0)
		counts := make([]int, len(got.Sizes))
		for i := range n {
			counts[got.Of[i]]++
			if got.Of[i] > next {
				t.Errorf("numbers are not in the order of first neurons: %v", got.Of)
			}
			next = max(next, got.Of[i]+1)
			for j := range n {
				if together := r[i][j] && r[j][i]; together != (got.Of[i] == got.Of[j]) {
					t.Errorf("%d and %d: together is %t, components are %v", i, j, together, got.Of)
				}
			}
		}
		if !slices.Equal(counts, got.Sizes) {
			t.Errorf("sizes are %v, want %v", got.Sizes, counts)
		}
	})
}

// A path as long as the graph must not meet the limit of a stack.
func TestStrongComponentsOfALongRing(t *testing.T) {
	const n = 300_000
	pairs := make([]circuit.Pair, n)
	for i := range pairs {
		pairs[i] = circuit.Pair{Pre: int32(i), Post: int32((i + 1) % n)}
	}
	g, _, _, err := circuit.NewCSRPairs(n, pairs, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := StrongComponents(t.Context(), g)
	if err != nil || !slices.Equal(got.Sizes, []int{n}) {
		t.Errorf("%d components of %d neurons at most (%v), want one", len(got.Sizes), got.Largest(), err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := StrongComponents(cancelled, g); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the context's", err)
	}
}

// What components say does not change when neurons are renamed.
func TestStrongComponentsRelabelled(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 8))
	const n = 200
	var edges, renamed []circuit.Edge
	to := rng.Perm(n)
	for range 300 {
		e := circuit.Edge{Pre: rng.IntN(n), Post: rng.IntN(n)}
		edges, renamed = append(edges, e), append(renamed, circuit.Edge{Pre: to[e.Pre], Post: to[e.Post]})
	}
	a, errA := StrongComponents(t.Context(), csrOf(t, n, edges...))
	b, errB := StrongComponents(t.Context(), csrOf(t, n, renamed...))
	if errA != nil || errB != nil || !slices.Equal(slices.Sorted(slices.Values(a.Sizes)), slices.Sorted(slices.Values(b.Sizes))) {
		t.Fatalf("sizes %v and %v (%v, %v)", a.Sizes, b.Sizes, errA, errB)
	}
	for i := range n {
		for j := range n {
			if (a.Of[i] == a.Of[j]) != (b.Of[to[i]] == b.Of[to[j]]) {
				t.Fatalf("%d and %d are together under one name only", i, j)
			}
		}
	}
}
