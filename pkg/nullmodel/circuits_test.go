package nullmodel

import (
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// neuronsOf returns neurons without class or position.
func neuronsOf(n int) []circuit.Neuron {
	neurons := make([]circuit.Neuron, n)
	for i := range neurons {
		neurons[i] = circuit.Neuron{ID: strconv.Itoa(i), Position: circuit.NoPosition()}
	}
	return neurons
}

// randomCircuit has m edges, placed at random.
func randomCircuit(tb testing.TB, n, m int, rng *rand.Rand) *circuit.Circuit {
	tb.Helper()
	var edges []circuit.Edge
	for _, at := range choose(rng, m, n*(n-1)) {
		i, j := at/(n-1), at%(n-1)
		if j >= i {
			j++
		}
		edges = append(edges, circuit.Edge{Pre: i, Post: j})
	}
	return circuitOf(tb, neuronsOf(n), edges)
}

func circuitOf(tb testing.TB, neurons []circuit.Neuron, edges []circuit.Edge) *circuit.Circuit {
	tb.Helper()
	c, err := circuit.New(neurons, edges)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// described has m edges, placed at random, classes and positions.
func described(tb testing.TB, n, m int, rng *rand.Rand) *circuit.Circuit {
	tb.Helper()
	bare := randomCircuit(tb, n, m, rng)
	neurons := neuronsOf(n)
	for i := range neurons {
		neurons[i].Class = circuit.Class(rune('A' + i%10))
		neurons[i].Position = circuit.Position{X: 400 * rng.Float64(), Y: 400 * rng.Float64(), Depth: 400 * rng.Float64()}
	}
	return circuitOf(tb, neurons, bare.EdgeList())
}
