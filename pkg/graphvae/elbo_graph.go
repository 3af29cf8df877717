package graphvae

import (
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/optimizer"
)

// codesGraph holds numbers for z, [b, latent], and for the codes of neurons,
// [b, n, du], nil for Slots: codes, or the noise to draw them with.
type codesGraph struct {
	z, v *Node
}

// unpackGraph splits the arguments of a program into a batch, codes and the
// rest.
func (c Config) unpackGraph(nodes []*Node) (in inputs, codes codesGraph, rest []*Node) {
	in = inputs{adjacency: nodes[0], classes: nodes[1], real: nodes[2], visible: nodes[3]}
	nodes = nodes[4:]
	if c.Kind == Exchangeable {
		in.place, nodes = nodes[0], nodes[1:]
	}
	if c.Composition {
		in.column, nodes = nodes[0], nodes[1:]
	}
	if len(nodes) > 0 {
		codes.z, nodes = nodes[0], nodes[1:]
	}
	if len(nodes) > 0 && c.Kind == Exchangeable {
		codes.v, nodes = nodes[0], nodes[1:]
	}
	return in, codes, nodes
}

// lossGraph is the evidence lower bound, term by term, in nats. Classes, with
// the rest of the composition where a model says it, are nil where they are given,
// and neuronKL where there are no codes of neurons.
type lossGraph struct {
	edges, classes *Node // [b]
	kl             *Node // [b, latent]
	neuronKL       *Node // [b, n]
}

// elboGraph evaluates the bound at codes = mean + noise·sd.
func elboGraph(w weightsGraph, c Config, in inputs, noise codesGraph) lossGraph {
	if c.Kind == Exchangeable {
		return exchangeableLossGraph(w, c, in, exchangeablePosteriorGraph(w, c, in), noise, nil)
	}
	mean, logVar := posteriorGraph(w, in, encodeGraph(w, in, in.classes, c.Stages))
	z := drawGraph(mean, logVar, noise.z)
	logits, d := decodeSlotsGraph(w, c, z)
	return lossGraph{edges: d.nllGraph(in), classes: classNLLGraph(in, logits), kl: klGraph(mean, logVar)}
}

// drawGraph returns mean + noise·sd.
func drawGraph(mean, logVar, noise *Node) *Node {
	return Add(mean, Mul(noise, Exp(MulScalar(logVar, .5))))
}

// encodedGraph is what the encoder makes of a batch: states of neurons, nil
// where nothing reads them, and q(z).
type encodedGraph struct {
	h, mean, logVar *Node
}

// exchangeablePosteriorGraph encodes a batch. A z that is left out has the prior
// for a posterior.
func exchangeablePosteriorGraph(w weightsGraph, c Config, in inputs) (e encodedGraph) {
	z, u := c.widths()
	var s surplusGraph
	if z+u > 0 {
		s = newSurplusGraph(w, c, in)
		e.h = encodeGraph(w, in, Concatenate([]*Node{neuronFeaturesGraph(in), s.neurons}, -1), c.Stages)
	}
	if z > 0 {
		mean, logVar := posteriorGraph(w, in, e.h, s.circuit, compositionFactsGraph(c, in))
		centre, logSD := codeGraph(w)
		e.mean = Mul(Sub(mean, centre), Exp(Neg(logSD)))
		e.logVar = Sub(logVar, MulScalar(logSD, 2))
		return e
	}
	zero := Zeros(in.real.Graph(), in.real.Shape()) // [b, n]
	e.mean = BroadcastToDims(ReduceAndKeep(zero, ReduceSum, 1), in.real.Shape().Dimensions[0], c.Latent)
	e.logVar = e.mean
	return e
}

// exchangeableLossGraph evaluates the bound at codes drawn with the noise. A
// gate, where not nil, multiplies the neurons' offsets.
func exchangeableLossGraph(w weightsGraph, c Config, in inputs, e encodedGraph, noise codesGraph, gate *Node) lossGraph {
	t, _ := exchangeableTermsGraph(w, c, in, e, drawGraph(e.mean, e.logVar, noise.z), noise.v, gate)
	t.kl = klGraph(e.mean, e.logVar)
	return t
}

// offsetsGraph are the codes v that were drawn for the neurons and the
// posterior that they were drawn from, [b, n, du] each; nil without u.
type offsetsGraph struct {
	mean, logVar, drawn *Node
}

// exchangeableTermsGraph returns the terms that depend on z being what is given.
func exchangeableTermsGraph(w weightsGraph, c Config, in inputs, e encodedGraph, z, noise, gate *Node) (t lossGraph, o offsetsGraph) {
	read := readGraph(w, c, z)
	var v *Node
	if !c.WithoutU {
		o.mean, o.logVar = neuronPosteriorGraph(w, e.h, neuronFeaturesGraph(in), read)
		o.drawn = drawGraph(o.mean, o.logVar, noise)
		t.neuronKL = Mul(ReduceSum(klGraph(o.mean, o.logVar), -1), in.real)
		if v = o.drawn; gate != nil {
			v = Mul(v, ExpandLeftToRank(gate, 3))
		}
	}
	t.edges = decodeExchangeableGraph(w, c, in, read, v).nllGraph(in)
	if c.Composition {
		t.classes = compositionOf(w, c, read, in.real.Shape().Dimensions[0]).nllGraph(in)
	}
	return t, o
}

// klGraph returns KL(N(mean, e^logVar) ‖ N(0, 1)) by dimension.
func klGraph(mean, logVar *Node) *Node {
	return MulScalar(Sub(Add(Square(mean), Exp(logVar)), OnePlus(logVar)), .5)
}

// logRatioGraph returns log p/q by dimension of what was drawn from
// q = N(mean, e^logVar) with the noise, p being N(0, 1).
func logRatioGraph(logVar, noise, drawn *Node) *Node {
	return MulScalar(Sub(Add(Square(noise), logVar), Square(drawn)), .5)
}

// logWeightGraph returns log p(A, codes)/q(codes) at codes drawn from the
// posterior with the noise, [b]: with classes for Slots.
func logWeightGraph(w weightsGraph, c Config, in inputs, e encodedGraph, noise codesGraph) *Node {
	z := drawGraph(e.mean, e.logVar, noise.z)
	weight := ReduceSum(logRatioGraph(e.logVar, noise.z, z), -1)
	if c.Kind == Slots {
		logits, d := decodeSlotsGraph(w, c, z)
		return Sub(weight, Add(d.nllGraph(in), classNLLGraph(in, logits)))
	}
	t, o := exchangeableTermsGraph(w, c, in, e, z, noise.v, nil)
	if o.drawn != nil {
		ratio := Mul(ReduceSum(logRatioGraph(o.logVar, noise.v, o.drawn), -1), in.real)
		weight = Add(weight, ReduceSum(ratio, -1))
	}
	return Sub(weight, t.dataGraph())
}

// dataGraph is the negative log-likelihood of what the codes tell, [b].
func (t lossGraph) dataGraph() *Node {
	if t.classes == nil {
		return t.edges
	}
	return Add(t.edges, t.classes)
}

// fourGraph lists the terms for the host, those that are nil as zeros:
// [b], [b], [b, latent] and the sum over neurons, [b].
func (t lossGraph) fourGraph() []*Node {
	classes, neuronKL := t.classes, ZerosLike(t.edges)
	if classes == nil {
		classes = ZerosLike(t.edges)
	}
	if t.neuronKL != nil {
		neuronKL = ReduceSum(t.neuronKL, -1)
	}
	return []*Node{t.edges, classes, t.kl, neuronKL}
}

// scheduleGraph are the numbers that change from step to step, scalars. The last
// three are of Exchangeable models.
type scheduleGraph struct {
	rate, beta, clip   *Node
	betaU, gate, spare *Node
}

func scheduleOf(nodes []*Node) (s scheduleGraph) {
	s.rate, s.beta, s.clip = nodes[0], nodes[1], nodes[2]
	if len(nodes) > 3 {
		s.betaU, s.gate, s.spare = nodes[3], nodes[4], nodes[5]
	}
	return s
}

// stepGraph takes one step of Adam on the weighted terms, averaged over the
// batch, with the gradient clipped to a global norm, and returns the means of
// the four terms, unweighted.
func stepGraph(scope *model.Scope, w weightsGraph, c Config, in inputs, noise codesGraph, s scheduleGraph) []*Node {
	objective := slotsObjectiveGraph
	if c.Kind == Exchangeable {
		objective = exchangeableObjectiveGraph
	}
	loss, terms := objective(w, c, in, noise, s)

	optimizer.LearningRateVar(scope, dtypes.Float32, 0).SetNodeValue(s.rate)
	adam := optimizer.Adam().LearningRate(0).Done().(gradientOptimizer)
	gradients := clipGraph(scope.BuildTrainableVariablesGradientsGraph(loss), s.clip)
	adam.UpdateGraphWithGradients(scope, gradients, dtypes.Float32)
	return terms
}

// slotsObjectiveGraph returns edges + classes + beta·KL.
func slotsObjectiveGraph(w weightsGraph, c Config, in inputs, noise codesGraph, s scheduleGraph) (loss *Node, terms []*Node) {
	t := elboGraph(w, c, in, noise)
	edges, classes := ReduceAllMean(t.edges), ReduceAllMean(t.classes)
	kl := ReduceAllMean(ReduceSum(t.kl, -1))
	return Add(Add(edges, classes), Mul(s.beta, kl)), []*Node{edges, classes, kl, ZerosLike(kl)}
}

// exchangeableObjectiveGraph returns edges + composition + beta·KL(z) +
// betaU·KL(u), where of every dimension of z some nats are spared.
func exchangeableObjectiveGraph(w weightsGraph, c Config, in inputs, noise codesGraph, s scheduleGraph) (loss *Node, terms []*Node) {
	t := exchangeableLossGraph(w, c, in, exchangeablePosteriorGraph(w, c, in), noise, s.gate)
	edges, perUnit := ReduceAllMean(t.edges), ReduceMean(t.kl, 0)
	loss = Add(edges, Mul(s.beta, ReduceAllSum(Max(perUnit, s.spare))))
	classes, neuronKL := ZerosLike(edges), ZerosLike(edges)
	if t.classes != nil {
		classes = ReduceAllMean(t.classes)
		loss = Add(loss, classes)
	}
	if t.neuronKL != nil {
		neuronKL = ReduceAllMean(ReduceSum(t.neuronKL, -1))
		loss = Add(loss, Mul(s.betaU, neuronKL))
	}
	return loss, []*Node{edges, classes, ReduceAllSum(perUnit), neuronKL}
}

// gradientOptimizer is what GoMLX's Adam also offers.
type gradientOptimizer interface {
	UpdateGraphWithGradients(scope *model.Scope, gradients []*Node, lossDType dtypes.DType)
}

// clipGraph scales all gradients together so that their joint norm is at most
// limit.
func clipGraph(gradients []*Node, limit *Node) []*Node {
	square := ReduceAllSum(Square(gradients[0]))
	for _, g := range gradients[1:] {
		square = Add(square, ReduceAllSum(Square(g)))
	}
	factor := Min(ScalarOne(limit.Graph(), limit.DType()), Div(limit, Sqrt(AddScalar(square, 1e-12))))
	clipped := make([]*Node, len(gradients))
	for i, g := range gradients {
		clipped[i] = Mul(g, factor)
	}
	return clipped
}
