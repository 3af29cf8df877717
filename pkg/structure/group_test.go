package structure_test

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/structure"
)

// Neurons 0 to 3 of the circuit of five are excitatory, 4 is inhibitory.
func ExampleSignPairs() {
	for _, p := range structure.SignPairs(five()) {
		if p.Pairs > 0 {
			fmt.Printf("%v→%v: %d of %d, %.3f; mutual %d, %.2f times chance\n", p.Pre, p.Post, p.Edges, p.Pairs, p.Density, p.Mutual, p.ReciprocityRatio)
		}
	}
	// Among six pairs of excitatory neurons 6·(5/12)² = 1.04 would be mutual.
	// Output:
	// E→E: 5 of 12, 0.417; mutual 1, 0.96 times chance
	// E→I: 1 of 4, 0.250; mutual 0, NaN times chance
	// I→E: 0 of 4, 0.000; mutual 0, NaN times chance
}

// placed is a random circuit with signs, classes, and positions of which some are
// not known; some rows may be unobserved.
func placed(t *rapid.T, masked bool) *circuit.Circuit {
	n := rapid.IntRange(0, 24).Draw(t, "n")
	p := rapid.Float64Range(0, .6).Draw(t, "density")
	place := rapid.Float64Range(-100, 100)
	neurons := make([]circuit.Neuron, n)
	var edges []circuit.Edge
	for i := range neurons {
		neurons[i] = circuit.Neuron{
			ID: strconv.Itoa(i), Sign: circuit.Sign(rapid.IntRange(-1, 1).Draw(t, "sign")), Position: circuit.NoPosition(),
			Class: circuit.Class(rapid.SampledFrom([]string{"", "23P", "4P", "BC"}).Draw(t, "class")),
		}
		if rapid.IntRange(0, 9).Draw(t, "placed") > 0 {
			neurons[i].Position = circuit.Position{X: place.Draw(t, "x"), Y: place.Draw(t, "y"), Depth: 5 * place.Draw(t, "depth")}
		}
		for j, u := range rapid.SliceOfN(rapid.Float64Range(0, 1), n, n).Draw(t, "u") {
			if i != j && u < p {
				edges = append(edges, circuit.Edge{Pre: i, Post: j})
			}
		}
	}
	c, err := circuit.New(neurons, edges)
	if err == nil && masked {
		c, err = c.WithObserved(rapid.SliceOfN(rapid.Bool(), n, n).Draw(t, "observed"))
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The table of classes against a look at every pair of neurons.
func TestClassPairsByDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := placed(t, rapid.Bool().Draw(t, "masked"))
		classes := circuit.Classes(c)
		table := structure.ClassPairs(c)
		if len(table) != len(classes)*len(classes) {
			t.Fatalf("%d entries of %d classes", len(table), len(classes))
		}
		edges := 0
		for k, got := range table {
			want := structure.ClassPair{Pre: classes[k/len(classes)], Post: classes[k%len(classes)]}
			both, there, back := 0., 0., 0.
			for i := range c.Len() {
				for j := range c.Len() {
					if i == j || c.Neuron(i).Class != want.Pre || c.Neuron(j).Class != want.Post || !c.Observed(i) {
						continue
					}
					want.Pairs++
					if c.Has(i, j) {
						want.Edges++
					}
					if !c.Observed(j) || want.Pre == want.Post && j < i {
						continue
					}
					both++
					if c.Has(i, j) {
						there++
					}
					if c.Has(j, i) {
						back++
					}
					if c.Has(i, j) && c.Has(j, i) {
						want.Mutual++
					}
				}
			}
			if want.Pre == want.Post { // both directions are one
				there, back = (there+back)/2, (there+back)/2
			}
			want.Density = float64(want.Edges) / float64(want.Pairs)
			want.ReciprocityRatio = float64(want.Mutual) / (both * (there / both) * (back / both))
			if !same(got.Density, want.Density, 1e-14) || !same(got.ReciprocityRatio, want.ReciprocityRatio, 1e-9) {
				t.Errorf("%+v, want %+v", got, want)
			}
			edges += got.Edges
			got.Density, got.ReciprocityRatio, want.Density, want.ReciprocityRatio = 0, 0, 0, 0
			if got != want {
				t.Errorf("%+v, want %+v", got, want)
			}
		}
		if m, _ := structure.Find("edges"); float64(edges) != m.Of(c) {
			t.Errorf("pairs of classes hold %d edges, the circuit %v", edges, m.Of(c))
		}
	})
}

// Measures by sign are those of a circuit of that sign only, or those of the
// table.
func TestSignMeasures(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := placed(t, true)
		var e []int
		for i, neuron := range c.Neurons() {
			if neuron.Sign == circuit.Excitatory {
				e = append(e, i)
			}
		}
		excitatory, err := c.Subcircuit(e)
		if err != nil {
			t.Fatal(err)
		}
		table := structure.SignPairs(c)
		for _, f := range []struct {
			name      string
			got, want float64
		}{
			{"density_ee", structure.DensityEE(c), structure.Density(excitatory)},
			{"reciprocity_ratio_ee", structure.ReciprocityRatioEE(c), structure.ReciprocityRatio(excitatory)},
			{"density_ei", structure.DensityEI(c), table[1].Density},
			{"density_ie", structure.DensityIE(c), table[3].Density},
			{"density_ii", structure.DensityII(c), table[4].Density},
			{"reciprocity_ratio_ei", structure.ReciprocityRatioEI(c), table[3].ReciprocityRatio},
			{"reciprocity_ratio_ii", structure.ReciprocityRatioII(c), table[4].ReciprocityRatio},
		} {
			if !same(f.got, f.want, 1e-12) {
				t.Errorf("%s is %v, want %v", f.name, f.got, f.want)
			}
		}
		order := []circuit.Sign{circuit.Excitatory, circuit.Inhibitory, circuit.UnknownSign}
		for k, p := range table {
			if p.Pre != order[k/3] || p.Post != order[k%3] {
				t.Errorf("entry %d is of %v→%v", k, p.Pre, p.Post)
			}
		}
	})
}

// By hand: two E and two I. E→I: 0→2, 0→3, 1→2; I→E: 2→0. Of 4 pairs
// 4·(3/4)·(1/4) = .75 would be mutual; one is.
func TestReciprocityOfTwoSigns(t *testing.T) {
	signs := []circuit.Sign{circuit.Excitatory, circuit.Excitatory, circuit.Inhibitory, circuit.Inhibitory}
	neurons := make([]circuit.Neuron, 4)
	for i := range neurons {
		neurons[i] = circuit.Neuron{ID: strconv.Itoa(i), Sign: signs[i], Class: circuit.Class(signs[i].String()), Position: circuit.NoPosition()}
	}
	c, err := circuit.New(neurons, []circuit.Edge{{Pre: 0, Post: 2}, {Pre: 0, Post: 3}, {Pre: 1, Post: 2}, {Pre: 2, Post: 0}})
	if err != nil {
		t.Fatal(err)
	}
	if got := structure.ReciprocityRatioEI(c); !same(got, 4./3, 1e-12) {
		t.Errorf("ratio %v, want 4/3", got)
	}
	if got := structure.ClassCounts(c); !slices.Equal(got, []structure.ClassCount{{Class: "E", Neurons: 2}, {Class: "I", Neurons: 2}}) {
		t.Errorf("classes %v", got)
	}
	if len(structure.ClassCounts(of(t, 0))) != 0 || len(structure.ClassPairs(of(t, 0))) != 0 {
		t.Error("a circuit without neurons has classes")
	}
	if p := structure.SignPairs(of(t, 0))[0]; !math.IsNaN(p.Density) {
		t.Errorf("without neurons: %+v", p)
	}
}

// A sign of no meaning counts as unknown.
func TestOddSign(t *testing.T) {
	c, err := circuit.New([]circuit.Neuron{{ID: "a", Sign: 7, Position: circuit.NoPosition()}, {ID: "b", Sign: 7, Position: circuit.NoPosition()}}, []circuit.Edge{{Pre: 0, Post: 1}})
	if err != nil {
		t.Fatal(err)
	}
	if p := structure.SignPairs(c)[8]; p.Edges != 1 || p.Pairs != 2 {
		t.Errorf("unknown→unknown is %+v", p)
	}
}
