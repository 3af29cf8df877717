package significance_test

import (
	"context"
	"fmt"
	"strconv"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/nullmodel"
	"github.com/cortigen/cortigen/pkg/significance"
)

// Twelve neurons in six pairs, each connected both ways: far more than twelve
// edges thrown at random would give (about half a pair), and exactly what a model
// has that keeps every neuron's mutual partners.
func Example() {
	neurons := make([]circuit.Neuron, 12)
	var edges []circuit.Edge
	for i := range neurons {
		neurons[i] = circuit.Neuron{ID: strconv.Itoa(i), Position: circuit.NoPosition()}
		edges = append(edges, circuit.Edge{Pre: i, Post: i ^ 1})
	}
	c, err := circuit.New(neurons, edges)
	if err != nil {
		fmt.Println(err)
		return
	}
	statistic, err := significance.Measures("reciprocity")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, name := range []string{"er", "degree_reciprocal"} {
		null, err := nullmodel.Find(name)
		if err != nil {
			fmt.Println(err)
			return
		}
		report, err := significance.Test(context.Background(), []*circuit.Circuit{c}, null, statistic, significance.Config{Draws: 199}, 1)
		if err != nil {
			fmt.Println(err)
			return
		}
		s := report.Scores[0]
		fmt.Printf("%s: observed %.0f, percentile %.1f, p %.2f, more than 5 sd above: %v\n", name, s.Observed, s.Percentile, s.P, s.Z > 5)
	}
	// Output:
	// er: observed 1, percentile 1.0, p 0.01, more than 5 sd above: true
	// degree_reciprocal: observed 1, percentile 0.5, p 1.00, more than 5 sd above: false
}
