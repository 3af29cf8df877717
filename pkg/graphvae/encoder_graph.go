package graphvae

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
)

// inputs are a batch as nodes; shapes as in batch. place is nil for Slots.
type inputs struct {
	adjacency, classes, real, visible, place *Node
	column                                   *Node // nil but for Config.Composition
}

// statesWeights lists what encodeGraph uses. Features are those of a neuron:
// its class, and what a model adds.
func statesWeights(features, hidden, stages int) []weight {
	all := dense("encoder/embed", features+4, hidden)
	for s := range stages {
		all = append(all, dense(fmt.Sprintf("encoder/stage%d/message", s), 4*hidden, hidden)...)
		all = append(all, dense(fmt.Sprintf("encoder/stage%d/update", s), hidden, hidden)...)
	}
	return all
}

// posteriorWeights lists what posteriorGraph uses with so many facts.
func posteriorWeights(hidden, facts, latent int) []weight {
	all := dense("encoder/pool", 2*hidden+facts, hidden)
	all = append(all, dense("posterior/mean", hidden, latent)...)
	return append(all, dense("posterior/log_var", hidden, latent)...)
}

// encodeGraph returns the states h [b, N, hidden] of all neurons, zero for
// padding. Pairs that cannot be seen carry no message; the encoder is told what
// share of a neuron's pairs can, of either direction.
func encodeGraph(w weightsGraph, in inputs, features *Node, stages int) *Node {
	real := ExpandAxes(in.real, -1) // [b, N, 1]
	a := Mul(in.adjacency, in.visible)
	aT := Transpose(a, 1, 2)
	mutual := Mul(a, aT)
	outDegree := ReduceAndKeep(a, ReduceSum, -1)
	inDegree := ReduceAndKeep(aT, ReduceSum, -1)

	// Degrees as shares of the possible, scaled to be of order one at the
	// densities of cortex (ours).
	const scale = 5
	outSeen := ReduceAndKeep(in.visible, ReduceSum, -1)
	inSeen := Transpose(ReduceAndKeep(in.visible, ReduceSum, 1), 1, 2)
	others := MaxScalar(AddScalar(ReduceAndKeep(real, ReduceSum, 1), -1), 1)
	h := Concatenate([]*Node{
		features,
		MulScalar(Div(outDegree, MaxScalar(outSeen, 1)), scale),
		MulScalar(Div(inDegree, MaxScalar(inSeen, 1)), scale),
		Div(outSeen, others),
		Div(inSeen, others),
	}, -1)
	h = Mul(reluGraph(w.apply("encoder/embed", h)), real)

	out, in1, both := normaliseGraph(a), normaliseGraph(aT), normaliseGraph(mutual)
	for s := range stages {
		messages := Concatenate([]*Node{h, neighboursGraph(out, h), neighboursGraph(in1, h), neighboursGraph(both, h)}, -1)
		update := w.apply(fmt.Sprintf("encoder/stage%d/update", s), reluGraph(w.apply(fmt.Sprintf("encoder/stage%d/message", s), messages)))
		h = Mul(layerNormGraph(Add(h, update)), real)
	}
	return h
}

// posteriorGraph pools states over the real neurons, with facts about the circuit
// as a whole, [b, some] each or nil, into mean and log-variance of q(z), both
// [b, latent].
func posteriorGraph(w weightsGraph, in inputs, h *Node, facts ...*Node) (mean, logVar *Node) {
	real := ExpandAxes(in.real, -1)
	count := MaxScalar(ReduceSum(in.real, -1), 1)
	average := Div(ReduceSum(h, 1), ExpandAxes(count, -1))
	largest := ReduceMax(Add(h, MulScalar(OneMinus(real), -1e9)), 1)
	// The maximum over no neurons is 0, like their mean.
	largest = Mul(largest, ExpandAxes(MinScalar(ReduceSum(in.real, -1), 1), -1))
	all := []*Node{average, largest}
	for _, some := range facts {
		if some != nil {
			all = append(all, some)
		}
	}
	pooled := reluGraph(w.apply("encoder/pool", Concatenate(all, -1)))
	// Bounds on the log-variance keep a young model from overflow (ours).
	return w.apply("posterior/mean", pooled), ClipScalar(w.apply("posterior/log_var", pooled), -8, 4)
}

// normaliseGraph divides every row of a by the root of one more than its
// degree: between a sum, which grows with degree, and a mean, which hides it.
func normaliseGraph(a *Node) *Node {
	return Mul(a, Rsqrt(OnePlus(ReduceAndKeep(a, ReduceSum, -1))))
}

// neighboursGraph sums states over neighbours: [b, N, N] × [b, N, d].
func neighboursGraph(a, h *Node) *Node { return Einsum("bij,bjd->bid", a, h) }

func reluGraph(x *Node) *Node { return MaxScalar(x, 0) }

// layerNormGraph standardises the last axis; no gain or bias, which the next
// map has.
func layerNormGraph(x *Node) *Node {
	centred := Sub(x, ReduceAndKeep(x, ReduceMean, -1))
	variance := ReduceAndKeep(Square(centred), ReduceMean, -1)
	return Div(centred, Sqrt(AddScalar(variance, 1e-5))) // GoMLX has no gradient of Rsqrt
}
