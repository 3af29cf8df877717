package graphvae

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
)

// slotWidth is the width of a slot's own embedding (ours).
const slotWidth = 32

// edgeBias is where the log-odds of an edge start: about 6 %, the density of a
// cortical column, so that the first steps are not spent on finding it (ours).
const edgeBias = -2.7

// slotsWeights lists what decodeSlotsGraph uses.
func slotsWeights(c Config) []weight {
	all := []weight{{name: "decoder/slot", rows: c.Slots, cols: slotWidth, sd: 1}}
	all = append(all, dense("decoder/first", slotWidth+c.Latent, 2*c.Hidden)...)
	all = append(all, dense("decoder/second", 2*c.Hidden, c.Hidden)...)
	all = append(all, dense("decoder/classes", c.Hidden, len(c.Classes)+1)...)
	all = append(all, dense("decoder/source", c.Hidden, c.Rank)...)
	all = append(all, dense("decoder/target", c.Hidden, c.Rank)...)
	all = append(all, dense("decoder/send", c.Hidden, 1)...)
	all = append(all, dense("decoder/receive", c.Hidden, 1)...)
	if !c.IndependentPairs {
		all = append(all, dense("decoder/mutual", c.Hidden, c.Rank)...)
		all = append(all, weight{name: "decoder/reciprocity", cols: 1})
	}
	return all
}

// decodeSlotsGraph maps codes z [b, latent] to class logits [b, N, K+1], whose
// last entry is the null class, and to dyads.
func decodeSlotsGraph(w weightsGraph, c Config, z *Node) (logits *Node, d dyads) {
	b := z.Shape().Dimensions[0]
	slots := BroadcastPrefix(w.at("decoder/slot"), b)
	codes := BroadcastToDims(ExpandAxes(z, 1), b, c.Slots, c.Latent)
	h := Concatenate([]*Node{slots, codes}, -1)
	h = layerNormGraph(w.apply("decoder/second", reluGraph(w.apply("decoder/first", h))))

	scale := 1 / math.Sqrt(float64(c.Rank))
	source, target := w.apply("decoder/source", h), w.apply("decoder/target", h)
	theta := MulScalar(Einsum("bir,bjr->bij", source, target), scale)
	theta = Add(theta, w.apply("decoder/send", h))                     // [b, N, 1]
	theta = Add(theta, Transpose(w.apply("decoder/receive", h), 1, 2)) // [b, 1, N]
	d.theta = AddScalar(theta, edgeBias)
	if c.IndependentPairs {
		d.rho = ZerosLike(d.theta)
	} else {
		mutual := w.apply("decoder/mutual", h)
		rho := MulScalar(Einsum("bir,bjr->bij", mutual, mutual), scale)
		d.rho = Add(rho, ExpandLeftToRank(w.at("decoder/reciprocity"), 3))
	}
	return w.apply("decoder/classes", h), d
}

// classNLLGraph returns the negative log-likelihood of the classes of all
// slots, null ones included, in nats, [b].
func classNLLGraph(in inputs, logits *Node) *Node {
	null := ExpandAxes(OneMinus(in.real), -1)
	truth := Concatenate([]*Node{in.classes, null}, -1)
	return Neg(ReduceSum(Mul(truth, LogSoftmax(logits)), 1, 2))
}
