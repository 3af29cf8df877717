package cortex

import (
	"math"
	"slices"
)

// byKind are connection probabilities at 75 µm within layer 2/3 (Billeh et al.
// 2020, doi:10.1016/j.neuron.2020.01.040); those it does not give are ours.
// Slice values are far above those of electron microscopy, so only their ratios
// are used. Rows are presynaptic: pyramid, basket, Martinotti, bipolar,
// neurogliaform.
var byKind = [5][5]float64{
	{math.NaN(), math.NaN(), math.NaN(), .10, .10}, // pyramids to these three go by layer
	{math.NaN(), .451, .05, .05, .10},
	{.424, .857, .05, .10, .10},
	{.05, .05, .30, .05, .05},
	{.30, .20, .10, .10, .20},
}

// Those that go by layer: 2/3, 4, 5, 6, from the same source. Those it does not
// give are ours.
var (
	// pyramidToPyramid is by the layer of both.
	pyramidToPyramid = [4][4]float64{
		{.160, .02, .083, .01},
		{.140, .243, .104, .01},
		{.021, .01, .116, .047},
		{.005, .01, .02, .026},
	}
	// The others are by the pyramid's layer.
	pyramidToBasket     = [4]float64{.395, .43, .083, .083}
	pyramidToMartinotti = [4]float64{.182, .571, .063, .063}
	basketToPyramid     = [4]float64{.411, .411, .455, .455}
)

// connection is the table's entry for a pair of classes and layers.
func connection(pre, post class, preLayer, postLayer int) float64 {
	switch {
	case pre.kind == pyramid && post.kind == pyramid:
		return pyramidToPyramid[preLayer-1][postLayer-1]
	case pre.kind == pyramid && post.kind == basket:
		return pyramidToBasket[preLayer-1]
	case pre.kind == pyramid && post.kind == martinotti:
		return pyramidToMartinotti[preLayer-1]
	case pre.kind == basket && post.kind == pyramid:
		return basketToPyramid[postLayer-1]
	}
	return byKind[pre.kind][post.kind]
}

// groups is how many pairs of class and layer there could be.
var groups = len(classes) * len(layers)

// groupOf is the index of a class and layer in the table.
func groupOf(class, layer int) int { return class*len(layers) + layer }

// stretch multiplies log ratios. Published ones are averages over neurons, and
// averaging over effects and communities brings odds closer together: by
// √(1 + .346·σ²), where σ² is the variance of what is averaged over (Zeger, Liang
// & Albert 1988, doi:10.2307/2531734), about .8 in the middle of the blueprint.
// So that averages have the published ratios, those of single neurons are further
// apart. The same lengthens decay, by about lengthening: the middle of its range
// is the published 84.5 µm over that.
const (
	stretch     = 1.15
	lengthening = 1.1
)

// logRatios tabulates the class part of the log-odds over groups, row-major:
// the log of the published probability, of which only differences matter,
// stretched.
func logRatios() []float64 {
	table := make([]float64, groups*groups)
	for pre := range groups {
		for post := range groups {
			preLayer, postLayer := pre%len(layers), post%len(layers)
			a, b := classes[pre/len(layers)], classes[post/len(layers)]
			if slices.Contains(a.layers, preLayer) && slices.Contains(b.layers, postLayer) {
				table[pre*groups+post] = stretch * math.Log(connection(a, b, preLayer, postLayer))
			}
		}
	}
	return table
}
