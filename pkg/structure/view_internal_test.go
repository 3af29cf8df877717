package structure

import (
	"math"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// anyCircuit draws one of up to a length of neurons, large and small alike: with
// or without signs, positions and unknown rows.
func anyCircuit(t *rapid.T, most int) *circuit.Circuit {
	n := rapid.IntRange(0, most).Draw(t, "n")
	p := rapid.SampledFrom([]float64{0, .02, .1, .3, .9, 1}).Draw(t, "density")
	bare := rapid.Bool().Draw(t, "bare")
	seed := rapid.Uint64().Draw(t, "seed")
	random := func() float64 { seed++; return float64(mixed(seed*0x9e3779b97f4a7c15)>>11) / (1 << 53) }
	neurons, rows, edges := make([]circuit.Neuron, n), make([]bool, n), []circuit.Edge(nil)
	known := rapid.SampledFrom([]float64{0, .5, .9, 1, 1, 1, 1}).Draw(t, "known rows")
	for i := range neurons {
		neurons[i] = circuit.Neuron{ID: strconv.Itoa(i), Position: circuit.NoPosition()}
		if !bare && random() < .95 {
			neurons[i].Sign = circuit.Inhibitory
			if random() < .8 {
				neurons[i].Sign = circuit.Excitatory
			}
			neurons[i].Position = circuit.Position{X: 100 * random(), Y: 100 * random(), Depth: 900 * random()}
		}
		rows[i] = random() < known
		for j := range n {
			if i != j && random() < p {
				edges = append(edges, circuit.Edge{Pre: i, Post: j})
			}
		}
	}
	c, err := circuit.New(neurons, edges)
	if err == nil {
		c, err = c.WithObserved(rows)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Whatever a view measured before, and in whatever order it is asked now, it finds
// what a fresh one finds, to the bit.
func TestViewsForget(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var used view
		for range rapid.IntRange(2, 4).Draw(t, "circuits") {
			c := anyCircuit(t, rapid.SampledFrom([]int{4, 30, 140}).Draw(t, "most"))
			used.reset(c)
			order := rapid.Permutation(registry).Draw(t, "order")
			for _, m := range order[:rapid.IntRange(1, len(order)).Draw(t, "asked")] {
				got, want := m.of(&used), m.of(viewOf(c))
				if math.Float64bits(got) != math.Float64bits(want) && !(math.IsNaN(got) && math.IsNaN(want)) {
					t.Fatalf("%s is %v in a used view, %v in a fresh one", m.Name, got, want)
				}
			}
		}
	})
}

// The memory of a view must not hold on to the circuit that it measured.
func TestViewsLetGo(t *testing.T) {
	c, err := circuit.New([]circuit.Neuron{{ID: "a"}, {ID: "b"}}, []circuit.Edge{{Pre: 0, Post: 1}})
	if err != nil {
		t.Fatal(err)
	}
	v := viewOf(c)
	evaluate(registry, v)
	if v.strong.g.Targets != nil || v.strong.g.Offsets != nil {
		t.Error("the search for strong components keeps the graph")
	}
}
