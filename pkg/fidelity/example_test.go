package fidelity_test

import (
	"fmt"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/fidelity"
)

// Four neurons in two classes; A contacts B and nothing else. The baseline by
// class knows all that there is to know.
func Example() {
	at := func(id string, class circuit.Class, x float64) circuit.Neuron {
		return circuit.Neuron{ID: id, Class: class, Position: circuit.Position{X: x}}
	}
	c, err := circuit.New(
		[]circuit.Neuron{at("a", "A", 0), at("b", "A", 100), at("c", "B", 50), at("d", "B", 150)},
		[]circuit.Edge{{Pre: 0, Post: 2}, {Pre: 0, Post: 3}, {Pre: 1, Post: 2}, {Pre: 1, Post: 3}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, b := range fidelity.Baselines([]*circuit.Circuit{c})[:2] {
		s, err := fidelity.Edge(c, b.Predict(c))
		fmt.Printf("%s: AUC %.2f, average precision %.2f %v\n", b.Name(), s.AUC, s.AP, err)
	}
	// Output:
	// density: AUC 0.50, average precision 0.33 <nil>
	// class: AUC 1.00, average precision 1.00 <nil>
}
