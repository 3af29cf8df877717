package structure

import (
	"context"
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// Neurons 0 and 2 are joined through 3, whichever way edges run.
func TestWeakComponents(t *testing.T) {
	for name, c := range map[string]struct {
		g     circuit.CSR
		of    []int32
		sizes []int
	}{
		"the zero graph": {circuit.CSR{}, []int32{}, []int{}},
		"no edge":        {csrOf(t, 3), []int32{0, 1, 2}, []int{1, 1, 1}},
		"one way":        {csrOf(t, 2, circuit.Edge{Pre: 1, Post: 0}), []int32{0, 0}, []int{2}},
		"by a third":     {csrOf(t, 5, circuit.Edge{Pre: 0, Post: 3}, circuit.Edge{Pre: 2, Post: 3}, circuit.Edge{Pre: 4, Post: 1}), []int32{0, 1, 0, 0, 1}, []int{3, 2}},
	} {
		got, err := WeakComponents(t.Context(), c.g)
		if err != nil || !slices.Equal(got.Of, c.of) || !slices.Equal(got.Sizes, c.sizes) {
			t.Errorf("%s: %+v (%v), want %v and %v", name, got, err, c.of, c.sizes)
		}
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := WeakComponents(cancelled, csrOf(t, 3)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the context's", err)
	}
}

// Weak components are strong ones of the graph with every edge both ways.
func TestWeakComponentsAreStrongOnesBothWays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 60).Draw(t, "n")
		neuron := rapid.IntRange(0, n-1)
		var edges, both []circuit.Edge
		for range rapid.IntRange(0, n).Draw(t, "edges") {
			e := circuit.Edge{Pre: neuron.Draw(t, "pre"), Post: neuron.Draw(t, "post")}
			edges, both = append(edges, e), append(both, e, circuit.Edge{Pre: e.Post, Post: e.Pre})
		}
		weak, errWeak := WeakComponents(context.Background(), csrOf(t, n, edges...))
		strong, errStrong := StrongComponents(context.Background(), csrOf(t, n, both...))
		if errWeak != nil || errStrong != nil || !slices.Equal(weak.Of, strong.Of) || !slices.Equal(weak.Sizes, strong.Sizes) {
			t.Errorf("weak %+v, strong both ways %+v (%v, %v)", weak, strong, errWeak, errStrong)
		}
	})
}

// The longest chains of parents: edges against the order of neurons.
func TestWeakComponentsOfALongPath(t *testing.T) {
	const n = 300_000
	pairs := make([]circuit.Pair, 0, n)
	for i := n - 1; i > 0; i-- {
		pairs = append(pairs, circuit.Pair{Pre: int32(i), Post: int32(i - 1)})
	}
	g, _, _, err := circuit.NewCSRPairs(n, pairs, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := WeakComponents(t.Context(), g); err != nil || !slices.Equal(got.Sizes, []int{n}) {
		t.Errorf("%d components (%v), want one", len(got.Sizes), err)
	}
}
