package circuit_test

import (
	"fmt"

	"github.com/cortigen/cortigen/pkg/circuit"
)

func Example() {
	at := func(depth float64) circuit.Position { return circuit.Position{Depth: depth} }
	c, err := circuit.New([]circuit.Neuron{
		{ID: "864691135866104", Class: "BC", Sign: circuit.Inhibitory, Position: at(310)},
		{ID: "864691135866105", Class: "23P", Sign: circuit.Excitatory, Position: at(200)},
		{ID: "864691135866106", Class: "23P", Sign: circuit.Excitatory, Position: at(180)},
	}, []circuit.Edge{{Pre: 0, Post: 1}, {Pre: 1, Post: 0}, {Pre: 1, Post: 2}})
	if err != nil {
		fmt.Println(err)
		return
	}
	ordered := c.Canonical()
	for i, n := range ordered.Neurons() {
		fmt.Println(n.ID, n.Class, ordered.CSR().Row(i))
	}
	fmt.Println("mutual pairs:", ordered.Mutual())
	// Output:
	// 864691135866106 23P []
	// 864691135866105 23P [0 2]
	// 864691135866104 BC [1]
	// mutual pairs: 1
}
