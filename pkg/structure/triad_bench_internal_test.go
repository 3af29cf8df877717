package structure

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// column is a circuit with about the degrees and reciprocity of a cortical column
// of 100 neurons: lognormal degrees, density near 5 %.
func column(tb testing.TB, n int) *circuit.Circuit {
	tb.Helper()
	rng := rand.New(rand.NewPCG(100, 5))
	sends, receives := make([]float64, n), make([]float64, n)
	neurons := make([]circuit.Neuron, n)
	for i := range neurons {
		neurons[i] = circuit.Neuron{ID: strconv.Itoa(i), Position: circuit.NoPosition()}
		sends[i], receives[i] = math.Exp(.5*rng.NormFloat64()-.125), math.Exp(.5*rng.NormFloat64()-.125)
	}
	var edges []circuit.Edge
	for i := range n {
		for j := range n {
			if i != j && rng.Float64() < .05*sends[i]*receives[j] {
				edges = append(edges, circuit.Edge{Pre: i, Post: j})
			}
		}
	}
	c, err := circuit.New(neurons, edges)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// Each with the rows of its circuit made anew, as a profile does once for all.
func benchmarkView(b *testing.B, of func(v *view)) {
	c := column(b, 100)
	v := viewOf(c)
	of(v)
	b.ReportAllocs()
	b.ReportMetric(float64(c.Edges()), "edges")
	for b.Loop() {
		v.reset(c)
		of(v)
	}
}

func BenchmarkViewRows(b *testing.B)      { benchmarkView(b, func(v *view) { v.rows() }) }
func BenchmarkViewTriads(b *testing.B)    { benchmarkView(b, func(v *view) { v.triads() }) }
func BenchmarkViewTriangles(b *testing.B) { benchmarkView(b, func(v *view) { v.clustering() }) }
func BenchmarkViewSimplices(b *testing.B) { benchmarkView(b, func(v *view) { v.simplices() }) }

// A view that has measured a circuit of the size measures the next in the memory
// that it has.
func TestViewMakesNoGarbage(t *testing.T) {
	c := column(t, 100)
	v := viewOf(c)
	for _, m := range append(append(append([]Measure(nil), triadMeasures...), triangleMeasures...), cliqueMeasures...) {
		if made := testing.AllocsPerRun(10, func() {
			v.reset(c)
			m.of(v)
		}); made != 0 {
			t.Errorf("%s: %v pieces of memory", m.Name, made)
		}
	}
}
