package structure

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// Large circuits take another way to levels; on the same circuit both must agree.
func TestGradientsAgreeWithDecomposition(t *testing.T) {
	c := column(t, 300)
	v := viewOf(c)
	direct := append([]float64(nil), v.trophicLevels()...)
	w := &v.trophic
	w.level = cleared(w.level, v.n)
	w.imbalance(c.CSR())
	for i, pinned := range w.pinned {
		if pinned {
			w.level[i] = 0
		}
	}
	w.gradients.solve(w, c.CSR())
	lowest := 0.0
	for _, h := range w.level {
		lowest = min(lowest, h)
	}
	for i, h := range w.level {
		if math.Abs(h-lowest-direct[i]) > 1e-10 {
			t.Fatalf("level of %d is %v by gradients, %v by decomposition", i, h-lowest, direct[i])
		}
	}
}

// A circuit whose gaps are not kept in memory must be fitted as well.
func TestDecayOfManyNeurons(t *testing.T) {
	const n, zero, length = kept + 100, .02, 60.
	rng := rand.New(rand.NewPCG(9, 26))
	neurons := make([]circuit.Neuron, n)
	var edges []circuit.Edge
	for i := range neurons {
		neurons[i] = circuit.Neuron{ID: strconv.Itoa(i), Position: circuit.Position{X: 300 * rng.Float64(), Depth: 300 * rng.Float64()}}
		for j := range i {
			p := zero * math.Exp(-neurons[i].Position.Distance(neurons[j].Position)/length)
			if rng.Float64() < p {
				edges = append(edges, circuit.Edge{Pre: i, Post: j})
			}
			if rng.Float64() < p {
				edges = append(edges, circuit.Edge{Pre: j, Post: i})
			}
		}
	}
	c, err := circuit.New(neurons, edges)
	if err != nil {
		t.Fatal(err)
	}
	d := DecayOf(c)
	if math.Abs(d.Length-length) > 4*d.LengthError || d.LengthError > 2 || d.Edges != len(edges) || d.Pairs != n*(n-1) {
		t.Errorf("%+v of %d edges, want λ = %v", d, len(edges), length)
	}
}
