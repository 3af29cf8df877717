package graphvae_test

import (
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/graphvae"
	"github.com/cortigen/cortigen/pkg/seed"
)

// toyCircuits draws circuits of 8 to 12 neurons in two classes, each circuit
// with its own density between .1 and .6, so that there is one fact for a code
// to hold. Every third has an unobserved row.
func toyCircuits(tb testing.TB, count int, s seed.Seed) []*circuit.Circuit {
	tb.Helper()
	all := make([]*circuit.Circuit, count)
	for k := range all {
		all[k] = toyCircuit(tb, s.Stream("toy", k), .1+.5*float64(k%10)/9, k%3 == 0)
	}
	return all
}

func toyCircuit(tb testing.TB, rng *rand.Rand, density float64, masked bool) *circuit.Circuit {
	tb.Helper()
	n := 8 + rng.IntN(5)
	neurons := make([]circuit.Neuron, n)
	for i := range neurons {
		neurons[i] = circuit.Neuron{ID: strconv.Itoa(i), Class: "E", Layer: "L4", Sign: circuit.Excitatory, Position: circuit.Position{X: rng.Float64(), Y: rng.Float64(), Depth: 100 * rng.Float64()}}
		if i%4 == 3 {
			neurons[i].Class, neurons[i].Sign = "I", circuit.Inhibitory
		}
	}
	var edges []circuit.Edge
	for i := range n {
		for j := range n {
			if i != j && rng.Float64() < density {
				edges = append(edges, circuit.Edge{Pre: i, Post: j})
			}
		}
	}
	c, err := circuit.New(neurons, edges)
	if err == nil && masked {
		rows := make([]bool, n)
		for i := range rows {
			rows[i] = i != 2
		}
		c, err = c.WithObserved(rows)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// kinds are the models that tests run through.
var kinds = []graphvae.Kind{graphvae.Slots, graphvae.Exchangeable}

// toyConfig is a model small enough for the pure-Go backend in a test.
func toyConfig(circuits []*circuit.Circuit, kind graphvae.Kind) graphvae.Config {
	config := graphvae.Config{Kind: kind, Classes: graphvae.Vocabulary(circuits), Latent: 3, Hidden: 12, Rank: 4, Stages: 2}
	if kind == graphvae.Slots {
		config.Slots = 12
	} else {
		config.NeuronLatent = 2
	}
	return config
}

func toyModel(tb testing.TB, circuits []*circuit.Circuit) *graphvae.Model {
	tb.Helper()
	return toyModelOf(tb, circuits, graphvae.Slots)
}

func toyModelOf(tb testing.TB, circuits []*circuit.Circuit, kind graphvae.Kind) *graphvae.Model {
	tb.Helper()
	backend, err := graphvae.GoBackend()
	if err != nil {
		tb.Fatal(err)
	}
	m, err := graphvae.New(backend, toyConfig(circuits, kind), seed.Seed(1))
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

// forKinds runs a test for every kind of model.
func forKinds(t *testing.T, f func(t *testing.T, kind graphvae.Kind)) {
	for _, kind := range kinds {
		t.Run(string(kind), func(t *testing.T) { f(t, kind) })
	}
}
