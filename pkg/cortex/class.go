package cortex

import (
	"math/rand/v2"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// class is a cell class: its share of neurons, and where it lies.
type class struct {
	name   circuit.Class
	share  float64
	sign   circuit.Sign
	kind   kind
	layers []int // indices into layers; neurons are spread over them by thickness
}

// kind groups classes for connection probability.
type kind int

const (
	pyramid kind = iota
	basket       // parvalbumin
	martinotti
	bipolar // vasoactive intestinal peptide
	neurogliaform
)

// layers of mouse visual cortex with their depths in µm (ours, rounded from
// atlas values).
var layers = []struct {
	name     circuit.Layer
	top, end float64
}{{"L1", 0, 110}, {"L2/3", 110, 320}, {"L4", 320, 440}, {"L5", 440, 650}, {"L6", 650, 880}}

// classes in the shares of MICrONS v1718 (MICrONS Consortium 2025,
// doi:10.1038/s41586-025-08790-w); the layers of inhibitory classes are ours.
var classes = []class{
	{"23P", .274, circuit.Excitatory, pyramid, []int{1}},
	{"4P", .206, circuit.Excitatory, pyramid, []int{2}},
	{"5P-IT", .110, circuit.Excitatory, pyramid, []int{3}},
	{"5P-ET", .030, circuit.Excitatory, pyramid, []int{3}},
	{"5P-NP", .013, circuit.Excitatory, pyramid, []int{3}},
	{"6P-IT", .162, circuit.Excitatory, pyramid, []int{4}},
	{"6P-CT", .094, circuit.Excitatory, pyramid, []int{4}},
	{"BC", .046, circuit.Inhibitory, basket, []int{1, 2, 3, 4}},
	{"MC", .034, circuit.Inhibitory, martinotti, []int{1, 3, 4}},
	{"BPC", .021, circuit.Inhibitory, bipolar, []int{1, 2}},
	{"NGC", .009, circuit.Inhibitory, neurogliaform, []int{0, 1}},
}

// shareOf is the share of the classes of one sign.
func shareOf(sign circuit.Sign) float64 {
	total := 0.0
	for _, c := range classes {
		if c.sign == sign {
			total += c.share
		}
	}
	return total
}

// excitatoryShare is the published one.
var excitatoryShare = shareOf(circuit.Excitatory) / (shareOf(circuit.Excitatory) + shareOf(circuit.Inhibitory))

// drawClass draws a sign by the given share of excitatory neurons, then a class
// of that sign by its published share.
func drawClass(eShare float64, rng *rand.Rand) int {
	sign, u := circuit.Inhibitory, rng.Float64()
	if u < eShare {
		sign, u = circuit.Excitatory, u/eShare
	} else {
		u = (u - eShare) / (1 - eShare)
	}
	u *= shareOf(sign)
	last := 0
	for k, c := range classes {
		if c.sign != sign {
			continue
		}
		if last = k; u < c.share {
			break
		}
		u -= c.share
	}
	return last
}

// drawDepth draws a layer of the class by thickness, and a depth in it.
func drawDepth(c class, rng *rand.Rand) (layer int, depth float64) {
	total := 0.0
	for _, l := range c.layers {
		total += layers[l].end - layers[l].top
	}
	u := rng.Float64() * total
	for _, l := range c.layers {
		thickness := layers[l].end - layers[l].top
		if u < thickness {
			return l, layers[l].top + u
		}
		u -= thickness
	}
	last := c.layers[len(c.layers)-1]
	return last, layers[last].end
}
