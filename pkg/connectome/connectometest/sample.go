package connectometest

import (
	"math/rand/v2"
	"strconv"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
)

// Fields are what of a reconstruction a format may hold, besides ids and edges.
type Fields struct {
	Class, Layer, Sign, Position, Synapses, Sizes, Observed, Factors bool
}

// All is everything.
var All = Fields{true, true, true, true, true, true, true, true}

// firstID needs all of 64 bits: as a float it would end in 680.
const firstID = 864691135866104123

// Sample returns a reconstruction of 24 neurons that has everything: ids beyond
// 2⁵³, classes with a comma and a quote, a neuron without a position and one
// without a class, neurons without edges, mutual pairs, unobserved rows, counts,
// sizes and factors. It is the same every time.
func Sample() connectome.Data {
	const n = 24
	rng := rand.New(rand.NewPCG(1, 2))
	d := connectome.Data{
		Name: "sample", SizeUnit: "voxels", Observed: make([]bool, n),
		Factors: map[string][]float64{"density": make([]float64, n)},
	}
	classes := []circuit.Class{"23P", "5P-IT", `a "quoted", odd one`, ""}
	layers := []circuit.Layer{"L2/3", "L5", "L1", ""}
	for i := range n {
		k := i % len(classes)
		neuron := circuit.Neuron{
			ID: strconv.Itoa(firstID + 2*i), Class: classes[k], Layer: layers[k], Sign: circuit.Sign(1 - i%3),
			Position: circuit.Position{X: 100 * rng.NormFloat64(), Y: 100 * rng.NormFloat64(), Depth: 800 * rng.Float64()},
		}
		if i == 5 {
			neuron.Position = circuit.NoPosition()
		}
		d.Neurons = append(d.Neurons, neuron)
		d.Observed[i] = i%4 != 1
		d.Factors["density"][i] = rng.Float64()
	}
	for i := range n - 2 { // the last two have no edge
		for j := range n - 2 {
			if i != j && rng.Float64() < .2 || j == i+1 && i%2 == 0 || i == j+1 && j%2 == 0 {
				d.Edges = append(d.Edges, circuit.Edge{Pre: i, Post: j})
				d.Synapses = append(d.Synapses, 1+int32(rng.IntN(9)))
				d.Sizes = append(d.Sizes, float64(1+rng.IntN(5000)))
			}
		}
	}
	return d
}

// Keep returns the data with only the given fields, as a format that holds no
// more would give it back.
func Keep(d connectome.Data, f Fields) connectome.Data {
	kept := connectome.Data{Name: d.Name, Edges: d.Edges}
	for _, n := range d.Neurons {
		k := circuit.Neuron{ID: n.ID, Position: circuit.NoPosition()}
		if f.Class {
			k.Class = n.Class
		}
		if f.Layer {
			k.Layer = n.Layer
		}
		if f.Sign {
			k.Sign = n.Sign
		}
		if f.Position {
			k.Position = n.Position
		}
		kept.Neurons = append(kept.Neurons, k)
	}
	if f.Synapses {
		kept.Synapses = d.Synapses
	}
	if f.Sizes {
		kept.Sizes, kept.SizeUnit = d.Sizes, d.SizeUnit
	}
	if f.Observed {
		kept.Observed = d.Observed
	}
	if f.Factors {
		kept.Factors = d.Factors
	}
	return kept
}
