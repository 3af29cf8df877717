package graphvae

import (
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/optimizer"
)

// lossGraph is the evidence lower bound, term by term, in nats.
type lossGraph struct {
	edges, classes *Node // [b]
	kl             *Node // [b, latent]
}

// elboGraph evaluates the bound at z = mean + noise·sd.
func elboGraph(w weightsGraph, c Config, in inputs, noise *Node) lossGraph {
	mean, logVar := posteriorGraph(w, in, encodeGraph(w, in, in.classes, c.Stages))
	z := Add(mean, Mul(noise, Exp(MulScalar(logVar, .5))))
	logits, d := decodeSlotsGraph(w, c, z)
	return lossGraph{edges: d.nllGraph(in), classes: classNLLGraph(in, logits), kl: klGraph(mean, logVar)}
}

// klGraph returns KL(N(mean, e^logVar) ‖ N(0, 1)) by dimension.
func klGraph(mean, logVar *Node) *Node {
	return MulScalar(Sub(Add(Square(mean), Exp(logVar)), OnePlus(logVar)), .5)
}

// stepGraph takes one step of Adam on edges + classes + beta·KL, averaged over
// the batch, with the gradient clipped to a global norm, and returns the means
// of the three terms.
func stepGraph(scope *model.Scope, w weightsGraph, c Config, in inputs, noise, rate, beta, clip *Node) []*Node {
	terms := elboGraph(w, c, in, noise)
	edges, classes := ReduceAllMean(terms.edges), ReduceAllMean(terms.classes)
	kl := ReduceAllMean(ReduceSum(terms.kl, -1))
	loss := Add(Add(edges, classes), Mul(beta, kl))

	optimizer.LearningRateVar(scope, dtypes.Float32, 0).SetNodeValue(rate)
	adam := optimizer.Adam().LearningRate(0).Done().(gradientOptimizer)
	gradients := clipGraph(scope.BuildTrainableVariablesGradientsGraph(loss), clip)
	adam.UpdateGraphWithGradients(scope, gradients, dtypes.Float32)
	return []*Node{edges, classes, kl}
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
