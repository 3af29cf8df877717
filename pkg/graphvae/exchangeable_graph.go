package graphvae

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
)

// Units in which the decoder is told distances (ours): those of horizontal
// distance and of the straight line, in µm. Depth differences are in the
// standard deviations of Config.DepthSD.
const distanceUnit = 100

// bases is how many functions of a pair's places θ is linear in, the constant
// included (see basesGraph).
const bases = 9

// narrow is where the log-variance of neurons' codes starts: a young posterior
// that is as wide as the prior is noise, which the decoder learns to ignore
// before the encoder has learned to say anything (ours).
const narrow = -3

// neuronFeatures is how many numbers neuronFeaturesGraph gives with k classes.
func neuronFeatures(k int) int { return 2*k + 3 }

// widths returns the dimensions of z and u that the decoder reads: 0 of one
// that is left out.
func (c Config) widths() (z, u int) {
	if !c.WithoutZ {
		z = c.Latent
	}
	if !c.WithoutU {
		u = c.NeuronLatent
	}
	return z, u
}

// exchangeableWeights lists what the graphs of this file use.
func exchangeableWeights(c Config) []weight {
	k := len(c.Classes)
	f := neuronFeatures(k)
	z, u := c.widths()
	var all []weight
	if z+u > 0 {
		all = append(all, statesWeights(f+neuronSurplus, c.Hidden, c.Stages)...)
	}
	if z > 0 {
		all = append(all, posteriorWeights(c.Hidden, c.circuitSurplus()+c.compositionFacts(), c.Latent)...)
		all = append(all, weight{name: "code/mean", cols: z}, weight{name: "code/log_sd", cols: z})
	}
	if u > 0 {
		// Small second maps, so that a young model's prior is nearly N(0, I), and
		// its posterior nearly the prior (ours).
		all = append(all, dense("prior/first", f+z, c.Hidden)...)
		all = append(all, scaled(.1, dense("prior/second", c.Hidden, 2*u))...)
		all = append(all, dense("neuron/first", c.Hidden+f+z, c.Hidden)...)
		all = append(all, scaled(.1, dense("neuron/second", c.Hidden, 2*u))...)
	}
	all = append(all, dense("decoder/first", f+z+u, 2*c.Hidden)...)
	all = append(all, dense("decoder/second", 2*c.Hidden, c.Hidden)...)
	all = append(all, dense("decoder/send", c.Hidden, 1)...)
	all = append(all, dense("decoder/receive", c.Hidden, 1)...)
	all = append(all, pairWeights(c)...)
	all = append(all, expectedWeights(c)...)
	if !c.WithoutBilinear {
		all = append(all, dense("decoder/source", c.Hidden, c.Rank)...)
		all = append(all, dense("decoder/target", c.Hidden, c.Rank)...)
	}
	if !c.IndependentPairs {
		all = append(all, reciprocityWeights(c)...)
	}
	return append(all, compositionWeights(c)...)
}

// pairWeights lists the coefficients of the bases: tables [k, bases, k] by the
// classes of source and target, flat.
func pairWeights(c Config) []weight {
	k, n := len(c.Classes), bases
	if c.WithoutDistance {
		n = 1
	}
	all := []weight{{name: "decoder/pairs/table", rows: k, cols: n * k}, {name: "decoder/pairs/common", cols: n}}
	if z, _ := c.widths(); z > 0 {
		all = append(all, weight{name: "decoder/pairs/shared", rows: z, cols: n, sd: .1 / math.Sqrt(float64(z))})
		all = append(all, weight{name: "decoder/pairs/modulation", rows: z, cols: k * n * k})
	}
	return all
}

func reciprocityWeights(c Config) []weight {
	all := []weight{{name: "decoder/reciprocity/base", cols: 1}, {name: "decoder/reciprocity/table", rows: len(c.Classes), cols: len(c.Classes)}}
	if z, _ := c.widths(); z > 0 {
		all = append(all, weight{name: "decoder/reciprocity/z", rows: z, cols: 1, sd: .1 / math.Sqrt(float64(z))})
	}
	if !c.WithoutBilinear {
		all = append(all, dense("decoder/mutual", c.Hidden, c.Rank)...)
	}
	return all
}

// codeSpeed is how many times as fast as other weights the affine map of
// codeGraph moves, so that it keeps up with the encoder (ours).
const codeSpeed = 10

// codeGraph returns mean and log-sd of r = mean + sd·z, [1, dz], which is what
// encoder and decoder speak of; z ~ N(0, I) is r, standardised. The two weights
// follow where codes lie without a change of what codes mean. Without them, codes
// of circuits that are much alike stay where the first steps put them, away from
// the prior, and what is drawn from the prior is like no circuit.
func codeGraph(w weightsGraph) (mean, logSD *Node) {
	scaled := func(name string) *Node { return ExpandAxes(MulScalar(w.at(name), codeSpeed), 0) }
	return scaled("code/mean"), ClipScalar(scaled("code/log_sd"), -6, 3)
}

// readGraph turns z into r for those that read it, nil where it is left out.
func readGraph(w weightsGraph, c Config, z *Node) *Node {
	if c.WithoutZ {
		return nil
	}
	mean, logSD := codeGraph(w)
	return Add(mean, Mul(z, Exp(logSD)))
}

// placeGraph splits the places of a batch into coordinates across the sheet,
// depth and whether they are known, [b, n] each.
func placeGraph(in inputs) (x, y, depth, known *Node) {
	at := func(k int) *Node { return Squeeze(Slice(in.place, AxisRange(), AxisRange(), AxisElem(k)), -1) }
	return at(0), at(1), at(2), at(3)
}

// neuronFeaturesGraph returns what is given of every neuron, [b, n, 2k+3]:
// class, depth by class, depth, distance from the circuit's centre, and whether
// the place is known. Nothing of it changes when the sheet is turned.
func neuronFeaturesGraph(in inputs) *Node {
	x, y, depth, known := placeGraph(in)
	radius := Sqrt(Add(Square(x), Square(y)))
	depth = ExpandAxes(depth, -1)
	return Concatenate([]*Node{in.classes, Mul(in.classes, depth), depth, ExpandAxes(radius, -1), ExpandAxes(known, -1)}, -1)
}

// basesGraph returns the functions of each pair's places that θ is linear in,
// [b, n, bases, n], source first: 1, horizontal distance, depth difference
// without and with sign (positive where the target is deeper), that sign alone,
// root and exponential decay of the straight line, how much deeper the two lie
// together than is usual for their classes, and whether either place is unknown,
// where all the others but the first are 0.
func basesGraph(w weightsGraph, c Config, in inputs) *Node {
	x, y, depth, known := placeGraph(in)
	apart := func(v *Node) *Node { return Sub(ExpandAxes(v, 1), ExpandAxes(v, 2)) } // target less source
	both := Mul(ExpandAxes(known, 2), ExpandAxes(known, 1))
	one := OnesLike(both)
	if c.WithoutDistance {
		return ExpandAxes(one, 2)
	}
	square := Add(Square(apart(x)), Square(apart(y)))
	down := apart(depth)
	straight := Sqrt(Add(square, Square(MulScalar(down, c.DepthSD/distanceUnit))))
	within := Sub(depth, usualDepthGraph(w, in))
	all := []*Node{one}
	for _, base := range []*Node{Sqrt(square), Abs(down), down, Sign(down), Sqrt(straight), Exp(Neg(straight)), Add(ExpandAxes(within, 2), ExpandAxes(within, 1))} {
		all = append(all, Mul(base, both))
	}
	return Stack(append(all, OneMinus(both)), 2)
}

// byClassPairGraph looks up a table [b, k, k] for every pair: [b, n, n], zero
// for padding.
func byClassPairGraph(in inputs, table *Node) *Node {
	return Einsum("bil,bjl->bij", Einsum("bik,bkl->bil", in.classes, table), in.classes)
}

// pairsGraph is the part of θ that classes and places give, with coefficients
// moved by z (nil where it is left out): [b, n, n].
func pairsGraph(w weightsGraph, c Config, in inputs, z *Node) *Node {
	base := basesGraph(w, c, in)
	d := base.Shape().Dimensions
	b, f, k := d[0], d[2], len(c.Classes)
	table := Add(Reshape(w.at("decoder/pairs/table"), 1, k, f, k), Reshape(w.at("decoder/pairs/common"), 1, 1, f, 1))
	table = BroadcastToDims(Add(table, expectedTableGraph(w, f, k)), b, k, f, k)
	if z != nil {
		table = Add(table, Reshape(MatMul(z, w.at("decoder/pairs/shared")), b, 1, f, 1))
		table = Add(table, Reshape(MatMul(z, w.at("decoder/pairs/modulation")), b, k, f, k))
	}
	return combineGraph(in, base, table)
}

// combineGraph sums the bases with the coefficients of each pair's classes, from
// a table [b, k, f, k]: [b, n, n].
func combineGraph(in inputs, base, table *Node) *Node {
	d := table.Shape().Dimensions
	b, n, f, k := d[0], in.real.Shape().Dimensions[1], d[2], d[3]
	// The coefficients of every source towards every class, then every target.
	bySource := Einsum("bik,bkm->bim", in.classes, Reshape(table, b, k, f*k))
	byPair := Einsum("bml,bjl->bmj", Reshape(bySource, b, n*f, k), in.classes)
	return ReduceSum(Mul(base, Reshape(byPair, b, n, f, n)), 2)
}

// withCodeGraph puts z, where there is one, beside what is known of each
// neuron.
func withCodeGraph(z *Node, parts ...*Node) *Node {
	if z != nil {
		d := parts[0].Shape().Dimensions
		parts = append(parts, BroadcastToDims(ExpandAxes(z, 1), d[0], d[1], z.Shape().Dimensions[1]))
	}
	return Concatenate(parts, -1)
}

// halvesGraph maps x by two layers and splits the result in the middle.
func halvesGraph(w weightsGraph, name string, x *Node) (*Node, *Node) {
	y := w.apply(name+"/second", reluGraph(w.apply(name+"/first", x)))
	half := y.Shape().Dimensions[2] / 2
	return Slice(y, AxisRange(), AxisRange(), AxisRange(0, half)), Slice(y, AxisRange(), AxisRange(), AxisRange(half))
}

// neuronPosteriorGraph returns mean and log-variance of v, [b, n, du], the code
// of a neuron as an offset from its prior: u = prior mean + prior sd · v, so
// that the prior of v is N(0, I), and zeros cost nothing.
func neuronPosteriorGraph(w weightsGraph, h, features, z *Node) (mean, logVar *Node) {
	mean, logVar = halvesGraph(w, "neuron", withCodeGraph(z, h, features))
	return mean, ClipScalar(AddScalar(logVar, narrow), -8, 4)
}

// neuronCodesGraph turns offsets v into u, [b, n, du]. Their mean over the
// circuit's neurons is taken out, so that u cannot say what z should.
func neuronCodesGraph(w weightsGraph, c Config, in inputs, features, z, v *Node) *Node {
	real := ExpandAxes(in.real, -1)
	v = Mul(v, real)
	if !c.Uncentred {
		count := MaxScalar(ReduceAndKeep(real, ReduceSum, 1), 1)
		v = Mul(Sub(v, Div(ReduceAndKeep(v, ReduceSum, 1), count)), real)
	}
	mean, logVar := halvesGraph(w, "prior", withCodeGraph(z, features))
	return Add(mean, Mul(v, Exp(MulScalar(ClipScalar(logVar, -6, 3), .5))))
}

// decodeExchangeableGraph maps codes z [b, latent] and offsets v [b, n, du] to
// dyads on the neurons of a batch. Either is nil where it is left out.
func decodeExchangeableGraph(w weightsGraph, c Config, in inputs, z, v *Node) (d dyads) {
	features := neuronFeaturesGraph(in)
	known := features
	if v != nil {
		known = Concatenate([]*Node{features, neuronCodesGraph(w, c, in, features, z, v)}, -1)
	}
	h := withCodeGraph(z, known)
	h = layerNormGraph(w.apply("decoder/second", reluGraph(w.apply("decoder/first", h))))

	theta := pairsGraph(w, c, in, z)
	theta = Add(theta, w.apply("decoder/send", h))                     // [b, n, 1]
	theta = Add(theta, Transpose(w.apply("decoder/receive", h), 1, 2)) // [b, 1, n]
	if !c.WithoutBilinear {
		theta = Add(theta, productsGraph(w.apply("decoder/source", h), w.apply("decoder/target", h)))
	}
	d.theta = AddScalar(theta, edgeBias)
	d.rho = reciprocityGraph(w, c, in, z, h)
	return d
}

// reciprocityGraph returns ρ, symmetric, zero for independent pairs.
func reciprocityGraph(w weightsGraph, c Config, in inputs, z, h *Node) *Node {
	b, n, k := in.classes.Shape().Dimensions[0], in.classes.Shape().Dimensions[1], len(c.Classes)
	if c.IndependentPairs {
		return Zeros(h.Graph(), in.adjacency.Shape())
	}
	table := w.at("decoder/reciprocity/table")
	rho := byClassPairGraph(in, BroadcastToDims(ExpandAxes(Add(table, Transpose(table, 0, 1)), 0), b, k, k))
	rho = Add(rho, ExpandLeftToRank(w.at("decoder/reciprocity/base"), 3))
	if z != nil {
		rho = Add(rho, ExpandAxes(MatMul(z, w.at("decoder/reciprocity/z")), -1)) // [b, 1, 1]
	}
	if !c.WithoutBilinear {
		mutual := w.apply("decoder/mutual", h)
		rho = Add(rho, productsGraph(mutual, mutual))
	}
	return BroadcastToDims(rho, b, n, n)
}

// productsGraph returns ⟨a_i, b_j⟩/√rank, [b, n, n].
func productsGraph(a, b *Node) *Node {
	rank := a.Shape().Dimensions[2]
	return MulScalar(Einsum("bir,bjr->bij", a, b), 1/math.Sqrt(float64(rank)))
}
