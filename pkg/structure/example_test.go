package structure_test

import (
	"context"
	"fmt"
	"strconv"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/structure"
)

// five is a circuit to check by hand: 0⇄1, 1→2, 2→0, 2→3, 3→4.
func five() *circuit.Circuit {
	neurons := make([]circuit.Neuron, 5)
	for i := range neurons {
		neurons[i] = circuit.Neuron{ID: strconv.Itoa(i), Sign: circuit.Excitatory, Position: circuit.NoPosition()}
	}
	neurons[4].Sign = circuit.Inhibitory
	c, err := circuit.New(neurons, []circuit.Edge{{Pre: 0, Post: 1}, {Pre: 1, Post: 0}, {Pre: 1, Post: 2}, {Pre: 2, Post: 0}, {Pre: 2, Post: 3}, {Pre: 3, Post: 4}})
	if err != nil {
		panic(err)
	}
	return c
}

func Example() {
	c := five()
	// 6 of 20 ordered pairs are edges; 2 of the 6 run both ways.
	fmt.Printf("density %.2f, reciprocity %.3f, ratio %.3f\n", structure.Density(c), structure.Reciprocity(c), structure.ReciprocityRatio(c))
	// Out-degrees are 1, 2, 2, 1, 0: mean 1.2, variance .56.
	fmt.Printf("out-degree %.1f ± %.4f\n", structure.OutDegreeMean(c), structure.OutDegreeSD(c))
	// The only triangle of neurons is 0, 1, 2. With S = A + Aᵀ, its corners
	// have ½[S³] = 2 each. They could have 3·2−2 = 4, 4 and 3·2 = 6; neuron 3
	// could have 2 and has none; neuron 4 has one partner and is left out.
	fmt.Printf("clustering %.4f = (2/4 + 2/4 + 2/6 + 0/2) / 4\n", structure.Clustering(c))
	fmt.Printf("transitivity %.4f = 6 / 16\n", structure.Transitivity(c))
	// Cycles 0→1→0 and 0→1→2→0: λ³ = λ + 1, whose real root is the plastic number.
	fmt.Printf("spectral radius %.6f\n", structure.SpectralRadius(c))
	// Output:
	// density 0.30, reciprocity 0.333, ratio 1.111
	// out-degree 1.2 ± 0.7483
	// clustering 0.3333 = (2/4 + 2/4 + 2/6 + 0/2) / 4
	// transitivity 0.3750 = 6 / 16
	// spectral radius 1.324718
}

func ExampleFind() {
	_, err := structure.Find("spectral_raduis")
	fmt.Println(err)
	// Output:
	// structure: there is no measure "spectral_raduis": did you mean "spectral_radius"?
}

func ExampleProfile_Table() {
	p, err := structure.NewProfile(five(), "edges", "density", "in_degree_cv")
	if err != nil {
		fmt.Println(err)
		return
	}
	_, rows := p.Table()
	for _, row := range rows {
		fmt.Println(row[0], row[1])
	}
	// Output:
	// edges 6
	// density 0.3
	// in_degree_cv 0.3333
}

func ExampleTable_Lines() {
	t, err := structure.Profiles(context.Background(), []*circuit.Circuit{five(), {}}, "edges", "density")
	if err != nil {
		fmt.Println(err)
		return
	}
	header, rows := t.Lines("by hand")
	fmt.Println(header)
	fmt.Println(rows)
	// Output:
	// [circuit edges density]
	// [[by hand 6 0.3] [1 0 undefined]]
}

// Neurons 0, 1 and 2 reach one another; 3 only receives.
func ExampleStrongComponents() {
	g, _, _, err := circuit.NewCSR(4, []circuit.Edge{{Pre: 0, Post: 1}, {Pre: 1, Post: 2}, {Pre: 2, Post: 0}, {Pre: 2, Post: 3}})
	if err != nil {
		fmt.Println(err)
		return
	}
	found, err := structure.StrongComponents(context.Background(), g)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(found.Of, found.Sizes, found.Largest())
	// Output: [0 0 0 1] [3 1] 3
}
