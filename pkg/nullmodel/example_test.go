package nullmodel_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/nullmodel"
	"github.com/cortigen/cortigen/pkg/seed"
)

func circuitOf(n int, edges ...circuit.Edge) *circuit.Circuit {
	neurons := make([]circuit.Neuron, n)
	for i := range neurons {
		neurons[i] = circuit.Neuron{ID: strconv.Itoa(i), Position: circuit.NoPosition()}
	}
	c, err := circuit.New(neurons, edges)
	if err != nil {
		panic(err)
	}
	return c
}

// 0⇄1, 1→2, 2→0, 2→3, 3→4. Out-degrees are 1, 2, 2, 1, 0 and in-degrees 2, 1, 1,
// 1, 1. A surrogate has them too, but not the mutual pair.
func Example() {
	c := circuitOf(5, circuit.Edge{Pre: 0, Post: 1}, circuit.Edge{Pre: 1, Post: 0}, circuit.Edge{Pre: 1, Post: 2},
		circuit.Edge{Pre: 2, Post: 0}, circuit.Edge{Pre: 2, Post: 3}, circuit.Edge{Pre: 3, Post: 4})
	d, err := nullmodel.Configuration(c, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("of the circuit: ", c.EdgeList(), c.OutDegrees(), c.InDegrees(), c.Mutual())
	fmt.Println("of a surrogate: ", d.EdgeList(), d.OutDegrees(), d.InDegrees(), d.Mutual())
	// Output:
	// of the circuit:  [{0 1} {1 0} {1 2} {2 0} {2 3} {3 4}] [1 2 2 1 0] [2 1 1 1 1] 1
	// of a surrogate:  [{0 2} {1 0} {1 3} {2 1} {2 4} {3 0}] [1 2 2 1 0] [2 1 1 1 1] 0
}

// The cycle 0→1→2→0 has one other circuit of its degrees, its reverse, which no
// swap of two edges reaches: every second draw should be the reverse.
func ExampleDraws() {
	c := circuitOf(4, circuit.Edge{Pre: 0, Post: 1}, circuit.Edge{Pre: 1, Post: 2}, circuit.Edge{Pre: 2, Post: 0})
	m, err := nullmodel.Find("configuration")
	if err != nil {
		fmt.Println(err)
		return
	}
	draws, err := nullmodel.Draws(context.Background(), m, c, 1000, seed.Seed(1))
	if err != nil {
		fmt.Println(err)
		return
	}
	reversed := 0
	for _, d := range draws {
		if d.Has(1, 0) && d.Has(2, 1) && d.Has(0, 2) {
			reversed++
		}
	}
	fmt.Println(m.Preserves)
	fmt.Println(reversed, "of 1000 are reversed")
	// Output:
	// edges exactly, out-degrees exactly, in-degrees exactly
	// 485 of 1000 are reversed
}

func ExampleFind() {
	_, err := nullmodel.Find("configration")
	fmt.Println(err)
	// Output: nullmodel: there is no null model "configration": did you mean "configuration"?
}
