package graphvae

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// encodeProgramGraph encodes a batch of either kind.
func (c Config) encodeProgramGraph(w weightsGraph, in inputs) encodedGraph {
	if c.Kind == Exchangeable {
		return exchangeablePosteriorGraph(w, c, in)
	}
	mean, logVar := posteriorGraph(w, in, encodeGraph(w, in, in.classes, c.Stages))
	return encodedGraph{mean: mean, logVar: logVar}
}

// list returns q(z) and, where there are any, the states of neurons.
func (e encodedGraph) list() []*Node {
	if e.h == nil {
		return []*Node{e.mean, e.logVar}
	}
	return []*Node{e.mean, e.logVar, e.h}
}

// encodedFrom is the inverse of list.
func encodedFrom(nodes []*Node) encodedGraph {
	e := encodedGraph{mean: nodes[0], logVar: nodes[1]}
	if len(nodes) > 2 {
		e.h = nodes[2]
	}
	return e
}

// neuronsGraph returns the mean of z, and mean and log-variance of the neurons'
// offsets there.
func neuronsGraph(w weightsGraph, c Config, in inputs) []*Node {
	e := exchangeablePosteriorGraph(w, c, in)
	mean, logVar := neuronPosteriorGraph(w, e.h, neuronFeaturesGraph(in), readGraph(w, c, e.mean))
	return []*Node{e.mean, mean, logVar}
}

// decodeProgramGraph maps codes to what can be drawn: of Slots, codes z to
// probabilities of classes, θ, ρ and marginal probabilities of edges; of
// Exchangeable models, a batch with codes to the latter three.
func (c Config) decodeProgramGraph(w weightsGraph, nodes []*Node) []*Node {
	if c.Kind == Slots {
		logits, d := decodeSlotsGraph(w, c, nodes[0])
		return []*Node{Softmax(logits), d.theta, d.rho, Sigmoid(d.marginalGraph())}
	}
	in, codes, _ := c.unpackGraph(nodes)
	if c.WithoutU {
		codes.v = nil
	}
	d := decodeExchangeableGraph(w, c, in, readGraph(w, c, codes.z), codes.v)
	return []*Node{d.theta, d.rho, Sigmoid(d.marginalGraph())}
}

// likelihoodGraph returns what Model.Likelihood does, [b], at codes z; v is the
// noise that the neurons' codes are drawn with.
func (c Config) likelihoodGraph(w weightsGraph, in inputs, codes codesGraph) *Node {
	if c.Kind == Slots {
		logits, d := decodeSlotsGraph(w, c, codes.z)
		return Neg(Add(d.nllGraph(in), classNLLGraph(in, logits)))
	}
	t, _ := exchangeableTermsGraph(w, c, in, exchangeablePosteriorGraph(w, c, in), codes.z, codes.v, nil)
	nll := t.dataGraph()
	if t.neuronKL != nil {
		nll = Add(nll, ReduceSum(t.neuronKL, -1))
	}
	return Neg(nll)
}
