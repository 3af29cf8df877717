package fidelity_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

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

// Two draws of weights 1 and 3: their mean is 2, so the four pairs cost at most
// −log 2 / 4 nats each (weights are densities, and may exceed 1), and (1+3)²/(1+9)
// of the two draws count.
func ExampleNewEvidence() {
	e, err := fidelity.NewEvidence([]float64{math.Log(1), math.Log(3)}, 4)
	fmt.Printf("%.3f nats a pair, %.1f draws of %d count %v\n", e.PerPair(), e.Effective, e.Draws, err)
	// Output:
	// -0.173 nats a pair, 1.6 draws of 2 count <nil>
}

// Of three neurons in a ring, the outputs of one are hidden: two pairs are asked
// for, and one of the three edges is gone.
func ExampleHideRows() {
	at := func(id string) circuit.Neuron { return circuit.Neuron{ID: id, Position: circuit.NoPosition()} }
	ring, err := circuit.New([]circuit.Neuron{at("a"), at("b"), at("c")},
		[]circuit.Edge{{Pre: 0, Post: 1}, {Pre: 1, Post: 2}, {Pre: 2, Post: 0}})
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := fidelity.HideRows(ring, .3, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(p.Asked()), "pairs asked for,", p.Partial.Circuit.Edges(), "edges left,", p.Partial.Circuit.ObservedRows(), "rows observed")
	// Output:
	// 2 pairs asked for, 2 edges left, 2 rows observed
}

// Of two real circuits, one has an edge; of two generated ones, both have. By
// density they are half a circuit's density apart: 1/4, where real ones have an
// sd of √2/4.
func ExampleCompareGenerated() {
	pair := func(region string, edges ...circuit.Edge) *circuit.Circuit {
		c, err := circuit.New([]circuit.Neuron{{ID: "a", Position: circuit.NoPosition()}, {ID: "b", Position: circuit.NoPosition()}}, edges)
		if err != nil {
			panic(err) // cannot be
		}
		return c.WithOrigin(circuit.Origin{Region: region})
	}
	there := circuit.Edge{Pre: 0, Post: 1}
	g, err := fidelity.CompareGenerated(context.Background(), "always an edge",
		[]*circuit.Circuit{pair("x"), pair("y", there)}, []*circuit.Circuit{pair("x", there), pair("y", there)},
		fidelity.GenerationConfig{Measures: []string{"density"}}, 1)
	m := g.Measures[0]
	fmt.Printf("%s %.2f for %.2f ± %.3f: %.3f sd %v\n", m.Measure, m.GeneratedMean, m.RealMean, m.RealSD, m.Wasserstein.Value, err)
	// Output:
	// density 0.50 for 0.25 ± 0.354: 0.707 sd <nil>
}

// Two rings of three neurons, the second turned round: laid side by side by depth,
// they have no edge in common but what a fourth neuron adds to both.
func ExampleOverlap() {
	ring := func(edges ...circuit.Edge) *circuit.Circuit {
		var neurons []circuit.Neuron
		for i := range 4 {
			neurons = append(neurons, circuit.Neuron{ID: fmt.Sprint(i), Position: circuit.Position{Depth: float64(100 * i)}})
		}
		c, err := circuit.New(neurons, append(edges, circuit.Edge{Pre: 3, Post: 0}))
		if err != nil {
			panic(err) // cannot be
		}
		return c
	}
	forth := ring(circuit.Edge{Pre: 0, Post: 1}, circuit.Edge{Pre: 1, Post: 2}, circuit.Edge{Pre: 2, Post: 0})
	back := ring(circuit.Edge{Pre: 1, Post: 0}, circuit.Edge{Pre: 2, Post: 1}, circuit.Edge{Pre: 0, Post: 2})
	fmt.Printf("%.3f of the edges of either are in both\n", fidelity.Overlap(forth, back))
	// Output:
	// 0.143 of the edges of either are in both
}
