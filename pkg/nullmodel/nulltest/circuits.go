package nulltest

import (
	"fmt"
	"math"
	"math/rand/v2"

	"pgregory.net/rapid"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// neurons have classes and positions in a cube of 300 µm.
func neurons(n, classes int, rng *rand.Rand) []circuit.Neuron {
	all := make([]circuit.Neuron, n)
	for i := range all {
		all[i] = circuit.Neuron{
			ID: fmt.Sprint("n", i), Class: circuit.Class(rune('A' + i%max(1, classes))),
			Position: circuit.Position{X: 300 * rng.Float64(), Y: 300 * rng.Float64(), Depth: 300 * rng.Float64()},
		}
	}
	return all
}

// build makes a circuit of an edge test; it panics on what circuit.New forbids,
// which the kit does not do.
func build(neurons []circuit.Neuron, observed []bool, has func(i, j int) bool) *circuit.Circuit {
	var edges []circuit.Edge
	for i := range neurons {
		for j := range neurons {
			if i != j && has(i, j) {
				edges = append(edges, circuit.Edge{Pre: i, Post: j})
			}
		}
	}
	c, err := circuit.New(neurons, edges)
	if err == nil {
		c, err = c.WithObserved(observed)
	}
	if err != nil {
		panic("nulltest: " + err.Error())
	}
	return c
}

// drawn is a circuit of up to 30 neurons and any density, with mutual pairs and,
// in half of the cases, unobserved rows.
func drawn(t *rapid.T) *circuit.Circuit {
	n := rapid.IntRange(0, 30).Draw(t, "neurons")
	rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
	density, mutual := rapid.Float64Range(0, 1).Draw(t, "density"), rapid.Float64Range(0, 1).Draw(t, "mutual")
	all := neurons(n, rapid.IntRange(1, 3).Draw(t, "classes"), rng)
	entry := make([]bool, n*n)
	for i := range n {
		for j := range n {
			entry[i*n+j] = rng.Float64() < density || j < i && entry[j*n+i] && rng.Float64() < mutual
		}
	}
	var observed []bool
	if rapid.Bool().Draw(t, "masked") {
		observed = make([]bool, n)
		for i := range observed {
			observed[i] = rng.IntN(4) > 0
		}
	}
	return build(all, observed, func(i, j int) bool { return entry[i*n+j] })
}

// planted is a circuit that has everything: hubs, blocks of classes, mutual pairs
// that are short, a middle distance at which most edges are, and class pairs that
// are not symmetric. It is the same every time.
func planted(masked bool) *circuit.Circuit {
	const n = 40
	rng := rand.New(rand.NewPCG(2, 3))
	all := neurons(n, 3, rng)
	block := [3][3]float64{{.2, 1, .1}, {.2, .9, 1.2}, {1.3, .1, .4}}
	out, in := make([]float64, n), make([]float64, n)
	for i := range n {
		out[i], in[i] = math.Exp(.7*rng.NormFloat64()), math.Exp(.7*rng.NormFloat64())
	}
	entry := make([]bool, n*n)
	for i := range n {
		for j := range n {
			d := all[i].Position.Distance(all[j].Position)
			p := .6 * block[i%3][j%3] * out[i] * in[j] * math.Exp(-(d-200)*(d-200)/(2*40*40))
			entry[i*n+j] = rng.Float64() < p
		}
	}
	for i := range n {
		for j := range i {
			if d := all[i].Position.Distance(all[j].Position); d < 110 && rng.Float64() < .5 {
				entry[i*n+j], entry[j*n+i] = true, true
			}
		}
	}
	var observed []bool
	if masked {
		observed = make([]bool, n)
		for i := range observed {
			observed[i] = i%5 != 0
		}
	}
	return build(all, observed, func(i, j int) bool { return entry[i*n+j] })
}

// hardly are circuits at the edge of what a circuit is.
func hardly() map[string]*circuit.Circuit {
	rng := rand.New(rand.NewPCG(5, 6))
	none := func(i, j int) bool { return false }
	all := func(i, j int) bool { return true }
	cycle := func(n int) func(i, j int) bool { return func(i, j int) bool { return j == (i+1)%n } }
	some := func(i, j int) bool { return (3*i+5*j)%4 == 0 }
	bare := neurons(6, 1, rng)
	for i := range bare {
		bare[i].Class, bare[i].Position = "", circuit.NoPosition()
	}
	heap := neurons(8, 2, rng)
	for i := range heap {
		heap[i].Position = circuit.Position{}
	}
	odd := neurons(8, 2, rng)
	odd[3].Position, odd[5].Class = circuit.NoPosition(), ""
	return map[string]*circuit.Circuit{
		"no neuron":                    build(nil, nil, none),
		"one neuron":                   build(neurons(1, 1, rng), nil, none),
		"one neuron, not observed":     build(neurons(1, 1, rng), []bool{false}, none),
		"two neurons":                  build(neurons(2, 2, rng), nil, none),
		"two neurons, one edge":        build(neurons(2, 1, rng), nil, func(i, j int) bool { return i == 0 }),
		"two neurons, both edges":      build(neurons(2, 2, rng), nil, all),
		"no edge":                      build(neurons(9, 3, rng), nil, none),
		"complete":                     build(neurons(9, 3, rng), nil, all),
		"complete but one":             build(neurons(5, 2, rng), nil, func(i, j int) bool { return i != 1 || j != 3 }),
		"one class":                    build(neurons(9, 1, rng), nil, some),
		"a class each":                 build(neurons(9, 9, rng), nil, some),
		"no row observed":              build(neurons(9, 3, rng), make([]bool, 9), some),
		"one row observed":             build(neurons(9, 3, rng), []bool{3: true, 8: false}, some),
		"cycle of three":               build(neurons(3, 1, rng), nil, cycle(3)),
		"cycle of nine":                build(neurons(9, 2, rng), nil, cycle(9)),
		"a star":                       build(neurons(9, 2, rng), nil, func(i, j int) bool { return i == 4 }),
		"an order":                     build(neurons(9, 2, rng), nil, func(i, j int) bool { return i < j }),
		"without classes or positions": build(bare, nil, some),
		"all in one place":             build(heap, nil, some),
		"one class and place unknown":  build(odd, nil, some),
	}
}
