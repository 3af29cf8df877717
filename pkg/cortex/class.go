package cortex

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// lambda is the length over which connection probability falls by e, in µm.
// Egas Santander et al. 2024, doi:10.1101/2024.03.15.585196: MICrONS, E to E.
const lambda = 84.5

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

// drawClass draws a class by share.
func drawClass(rng *rand.Rand) int {
	total := 0.0
	for _, c := range classes {
		total += c.share
	}
	u := rng.Float64() * total
	for k, c := range classes {
		if u -= c.share; u < 0 {
			return k
		}
	}
	return len(classes) - 1
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

// byKind are connection probabilities at 75 µm within layer 2/3 (Billeh et al.
// 2020, doi:10.1016/j.neuron.2020.01.040); those it does not give are ours.
// Slice values are far above those of electron microscopy, so only their ratios
// are used. Rows are presynaptic: pyramid, basket, Martinotti, bipolar,
// neurogliaform.
var byKind = [5][5]float64{
	{math.NaN(), .395, .182, .10, .10}, // pyramid to pyramid goes by layer
	{.411, .451, .05, .05, .10},
	{.424, .857, .05, .10, .10},
	{.05, .05, .30, .05, .05},
	{.30, .20, .10, .10, .20},
}

// byLayer are those from pyramid to pyramid between layers 2/3, 4, 5, 6, from
// the same source; those it does not give are ours.
var byLayer = [4][4]float64{
	{.160, .02, .083, .01},
	{.140, .243, .104, .01},
	{.021, .01, .116, .047},
	{.005, .01, .02, .026},
}

// logRatio returns the class part of the log-odds: the log of the published
// probability, of which only differences matter.
func logRatio(pre, post class, preLayer, postLayer int) float64 {
	if pre.kind == pyramid && post.kind == pyramid {
		return math.Log(byLayer[preLayer-1][postLayer-1])
	}
	return math.Log(byKind[pre.kind][post.kind])
}

// logRatios tabulates logRatio over groups: pairs of class and layer.
func logRatios() [][]float64 {
	table := make([][]float64, len(classes)*len(layers))
	for pre := range table {
		table[pre] = make([]float64, len(table))
		for post := range table {
			preLayer, postLayer := pre%len(layers), post%len(layers)
			a, b := classes[pre/len(layers)], classes[post/len(layers)]
			if slices.Contains(a.layers, preLayer) && slices.Contains(b.layers, postLayer) {
				table[pre][post] = logRatio(a, b, preLayer, postLayer)
			}
		}
	}
	return table
}
