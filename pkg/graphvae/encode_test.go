package graphvae_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/graphvae"
	"github.com/cortigen/cortigen/pkg/seed"
)

func encode(t rapid.TB, m *graphvae.Model, circuits ...*circuit.Circuit) graphvae.Posterior {
	t.Helper()
	p, err := m.Encode(context.Background(), circuits)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func encodeNeurons(t rapid.TB, m *graphvae.Model, c *circuit.Circuit) graphvae.Posterior {
	t.Helper()
	u, err := m.EncodeNeurons(context.Background(), []*circuit.Circuit{c})
	if err != nil {
		t.Fatal(err)
	}
	return u[0]
}

func bound(t rapid.TB, m *graphvae.Model, circuits ...*circuit.Circuit) []graphvae.Terms {
	t.Helper()
	terms, err := m.Bound(context.Background(), circuits, seed.Seed(3))
	if err != nil {
		t.Fatal(err)
	}
	return terms
}

// sameRow compares two rows of a posterior bit for bit.
func sameRow(p graphvae.Posterior, i int, q graphvae.Posterior, j int) bool {
	return slices.Equal(p.Mean[i], q.Mean[j]) && slices.Equal(p.LogVar[i], q.LogVar[j])
}

// The order in which a circuit's neurons are listed is no part of the circuit.
func TestEncodeIgnoresNeuronOrder(t *testing.T) { forKinds(t, encodeIgnoresNeuronOrder) }

func encodeIgnoresNeuronOrder(t *testing.T, kind graphvae.Kind) {
	circuits := toyCircuits(t, 6, 1)
	m := toyModelOf(t, circuits, kind)
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.SampledFrom(circuits).Draw(t, "circuit")
		order := rapid.Permutation(identity(c.Len())).Draw(t, "order")
		relabelled, err := c.Subcircuit(order)
		if err != nil {
			t.Fatal(err)
		}
		if !sameRow(encode(t, m, c), 0, encode(t, m, relabelled), 0) {
			t.Fatal("posteriors differ")
		}
		if kind == graphvae.Exchangeable {
			u, moved := encodeNeurons(t, m, c), encodeNeurons(t, m, relabelled)
			for i, from := range order {
				if !sameRow(u, from, moved, i) {
					t.Fatalf("neuron %d, now %d, has another code", from, i)
				}
			}
		}
		if a, b := bound(t, m, c)[0], bound(t, m, relabelled)[0]; a != b {
			t.Fatalf("bounds differ: %v and %v", a, b)
		}
	})
}

func identity(n int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	return order
}

// closeRow compares two rows of a posterior, means of order one, but for the last
// bits of float32.
func closeRow(p graphvae.Posterior, i int, q graphvae.Posterior, j int) bool {
	alike := func(x, y float64) bool { return math.Abs(x-y) <= 1e-6*max(1, math.Abs(x)) }
	return slices.EqualFunc(p.Mean[i], q.Mean[j], alike) && slices.EqualFunc(p.LogVar[i], q.LogVar[j], alike)
}

// A circuit's posterior does not depend on what it is encoded together with: 40
// circuits are one batch and a padded one. The last bits do depend on its place
// in the batch, since matrix products take the last rows in another way.
func TestEncodeIgnoresCompany(t *testing.T) { forKinds(t, encodeIgnoresCompany) }

func encodeIgnoresCompany(t *testing.T, kind graphvae.Kind) {
	circuits := toyCircuits(t, 40, 1)
	m := toyModelOf(t, circuits, kind)
	together := encode(t, m, circuits...)
	order := rand.New(rand.NewPCG(1, 1)).Perm(len(circuits))
	shuffled := make([]*circuit.Circuit, len(circuits))
	for k, i := range order {
		shuffled[k] = circuits[i]
	}
	inOtherOrder := encode(t, m, shuffled...)
	for k, i := range order {
		if !closeRow(together, i, inOtherOrder, k) {
			t.Errorf("circuit %d: another order gives another posterior", i)
		}
		if !closeRow(together, i, encode(t, m, circuits[i]), 0) {
			t.Errorf("circuit %d: alone it has another posterior", i)
		}
	}
}

// What stands in a row that was not observed is not known, so it must not count.
func TestUnobservedRowsDoNotCount(t *testing.T) { forKinds(t, unobservedRowsDoNotCount) }

func unobservedRowsDoNotCount(t *testing.T, kind graphvae.Kind) {
	circuits := toyCircuits(t, 3, 1)
	m := toyModelOf(t, circuits, kind)
	c := circuits[0] // its row 2 is not observed
	var kept []circuit.Edge
	for _, e := range c.EdgeList() {
		if e.Pre != 2 {
			kept = append(kept, e)
		}
	}
	for name, targets := range map[string][]int{"none": nil, "some": {0, 5}, "all": {0, 1, 3, 4, 5, 6, 7}} {
		edges := slices.Clone(kept)
		for _, post := range targets {
			edges = append(edges, circuit.Edge{Pre: 2, Post: post})
		}
		other, err := c.WithEdges(edges)
		if err != nil {
			t.Fatal(err)
		}
		if !sameRow(encode(t, m, c), 0, encode(t, m, other), 0) {
			t.Errorf("%s: posteriors differ", name)
		}
		if a, b := bound(t, m, c)[0], bound(t, m, other)[0]; a != b {
			t.Errorf("%s: bounds differ: %v and %v", name, a, b)
		}
		if a, b := everything(t, m, c), everything(t, m, other); !slices.Equal(a, b) {
			t.Errorf("%s: likelihoods, weighted bounds, pictures or codes of neurons differ", name)
		}
	}
	// And a row that was observed does count, so the test can see.
	other, err := c.WithEdges(kept[1:])
	if err != nil {
		t.Fatal(err)
	}
	if sameRow(encode(t, m, c), 0, encode(t, m, other), 0) {
		t.Error("an observed edge does not change the posterior")
	}
}

// everything lists all else that a model says of one circuit.
func everything(t *testing.T, m *graphvae.Model, c *circuit.Circuit) []float64 {
	t.Helper()
	ctx, some := context.Background(), []*circuit.Circuit{c}
	all, err := m.Likelihood(ctx, some, make3(1))
	if err != nil {
		t.Fatal(err)
	}
	weighted, err := m.ImportanceBound(ctx, some, 3, 1)
	if err != nil {
		t.Fatal(err)
	}
	all = append(all, weighted[0].LogLikelihood)
	all = append(all, reconstruct(t, m, some)[0].Edges...)
	if m.Config().Kind == graphvae.Exchangeable {
		u := encodeNeurons(t, m, c)
		all = append(append(all, slices.Concat(u.Mean...)...), slices.Concat(u.LogVar...)...)
	}
	return all
}

// A decoder may draw a circuit without neurons; it has a posterior too.
func TestEncodeEmptyCircuit(t *testing.T) { forKinds(t, encodeEmptyCircuit) }

func encodeEmptyCircuit(t *testing.T, kind graphvae.Kind) {
	m := toyModelOf(t, toyCircuits(t, 3, 1), kind)
	p := encode(t, m, &circuit.Circuit{})
	for j := range m.Dim() {
		if !(math.Abs(p.Mean[0][j]) < 100) || !(math.Abs(p.LogVar[0][j]) < 100) {
			t.Errorf("dimension %d: mean %g, log-variance %g", j, p.Mean[0][j], p.LogVar[0][j])
		}
	}
	if terms := bound(t, m, &circuit.Circuit{})[0]; terms.Edges != 0 || terms.Pairs != 0 || !math.IsNaN((graphvae.Terms{}).PerPair()) {
		t.Errorf("no neurons, but %v of %g pairs", terms, terms.Pairs)
	}
}

func TestEncodeNothing(t *testing.T) {
	m := toyModel(t, toyCircuits(t, 3, 1))
	if p := encode(t, m); len(p.Mean) != 0 || len(p.LogVar) != 0 {
		t.Errorf("posterior of no circuits: %v", p)
	}
}

// foreign is a circuit of n neurons of one class, the last of another.
func foreign(t *testing.T, n int, last circuit.Class) *circuit.Circuit {
	t.Helper()
	neurons := make([]circuit.Neuron, n)
	for i := range neurons {
		neurons[i] = circuit.Neuron{ID: fmt.Sprint(i), Class: "E", Position: circuit.NoPosition()}
	}
	neurons[n-1].Class = last
	c, err := circuit.New(neurons, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestUnfitCircuits(t *testing.T) {
	circuits := toyCircuits(t, 2, 1)
	m := toyModel(t, circuits)
	ctx := context.Background()
	for name, c := range map[string]struct {
		circuit *circuit.Circuit
		says    []string
	}{
		"too large":     {foreign(t, 13, "E"), []string{"circuit 2", "13 neurons", "12 slots"}},
		"unknown class": {foreign(t, 4, "chandelier"), []string{"circuit 2", "neuron 3", `"chandelier"`}},
		"no class":      {foreign(t, 4, ""), []string{"circuit 2", "neuron 3", `""`}},
	} {
		all := append(slices.Clone(circuits), c.circuit)
		_, encodeErr := m.Encode(ctx, all)
		_, boundErr := m.Bound(ctx, all, 1)
		reconstructErr := m.Reconstruct(ctx, all, func(int, graphvae.Reconstruction) error { return nil })
		_, likelihoodErr := m.Likelihood(ctx, all, make3(len(all)))
		for verb, err := range map[string]error{"encode": encodeErr, "bound": boundErr, "encode ": reconstructErr, "likelihood": likelihoodErr} {
			for _, word := range append(c.says, "graphvae: "+strings.TrimSpace(verb)) {
				if err == nil || !strings.Contains(err.Error(), word) {
					t.Errorf("%s, %s: error %v does not say %s", name, verb, err, word)
				}
			}
		}
	}
	if _, err := m.Likelihood(ctx, circuits, make3(1)); err == nil || !strings.Contains(err.Error(), "1 codes for 2 circuits") {
		t.Errorf("likelihood with too few codes: %v", err)
	}
}

// make3 returns n zero codes of the toy model's three dimensions.
func make3(n int) [][]float64 {
	z := make([][]float64, n)
	for i := range z {
		z[i] = make([]float64, 3)
	}
	return z
}

func TestCancelled(t *testing.T) {
	circuits := toyCircuits(t, 3, 1)
	m := toyModel(t, circuits)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, encodeErr := m.Encode(ctx, circuits)
	_, boundErr := m.Bound(ctx, circuits, 1)
	_, decodeErr := m.Decode(ctx, make3(1), 1, 1)
	_, likelihoodErr := m.Likelihood(ctx, circuits, make3(3))
	for verb, err := range map[string]error{"encode": encodeErr, "bound": boundErr, "decode": decodeErr, "likelihood": likelihoodErr} {
		if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), verb) {
			t.Errorf("%s: error %v", verb, err)
		}
	}
}
