package structure

import (
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// sparseColumn is a circuit of 100 neurons in a column, with 400 edges: as sparse as the
// columns of the table of peers.
func sparseColumn(b *testing.B) *circuit.Circuit {
	rng := rand.New(rand.NewPCG(1, 5))
	neurons := make([]circuit.Neuron, 100)
	for i := range neurons {
		neurons[i] = circuit.Neuron{
			ID: strconv.Itoa(i), Sign: circuit.Sign(2*rng.IntN(2) - 1),
			Position: circuit.Position{X: 50 * rng.Float64(), Y: 50 * rng.Float64(), Depth: 1000 * rng.Float64()},
		}
	}
	taken := map[circuit.Edge]bool{}
	var edges []circuit.Edge
	for len(edges) < 400 {
		e := circuit.Edge{Pre: rng.IntN(100), Post: rng.IntN(100)}
		if e.Pre != e.Post && !taken[e] {
			taken[e], edges = true, append(edges, e)
		}
	}
	c, err := circuit.New(neurons, edges)
	if err != nil {
		b.Fatal(err)
	}
	return c
}

// BenchmarkSparse times measures as a caller of one meets them, and in a profile,
// where memory is used again.
func BenchmarkSparse(b *testing.B) {
	c := sparseColumn(b)
	for _, family := range [][]Measure{sizeMeasures, degreeMeasures, pairMeasures, pathMeasures, flowMeasures, spaceMeasures} {
		for _, m := range family {
			b.Run("once/"+m.Name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					m.Of(c)
				}
			})
			b.Run("again/"+m.Name, func(b *testing.B) {
				b.ReportAllocs()
				var v view
				v.reset(c)
				m.of(&v)
				for b.Loop() {
					v.reset(c)
					m.of(&v)
				}
			})
		}
	}
}
