package graphvae

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// neuronSurplus is how many numbers surplusGraph has of each neuron.
const neuronSurplus = 3

// circuitSurplus is how many it has of a circuit: one for each function of a
// pair's places, and seven.
func (c Config) circuitSurplus() int {
	if c.WithoutDistance {
		return 1 + 7
	}
	return bases + 7
}

// surplusGraph is what the edges of a circuit are more or less than class pairs
// and distances make one expect: first guesses at what the codes are, which the
// encoder would otherwise have to learn to make (ours).
//
// With p the expected and R = A − p the surplus of the visible pairs, and
// V = p(1 − p), a coefficient δ of logit p + δ·φ is guessed as ΣRφ/(1 + ΣVφ²),
// one step of Newton's method from 0 with a standard normal prior.
type surplusGraph struct {
	// neurons, [b, n, 3]: guesses at what a neuron sends, receives and returns.
	neurons *Node
	// circuit, [b, bases + 7]: guesses at the coefficients of basesGraph, each but
	// the first apart from it, and of ρ; at variances and covariance of what
	// neurons send and receive; closed triples beyond those; and how much there is
	// to see, of edges and of mutual pairs.
	circuit *Node
}

func newSurplusGraph(w weightsGraph, c Config, in inputs) surplusGraph {
	base := basesGraph(w, c, in)
	p := Sigmoid(expectedGraph(w, in, base))
	transposed := func(x *Node) *Node { return Transpose(x, 1, 2) }
	edges := surplusOf(in.adjacency, p, in.visible)
	mutual := surplusOf(Mul(in.adjacency, transposed(in.adjacency)), Mul(p, transposed(p)), Mul(in.visible, transposed(in.visible)))

	out, back := edges.sum(-1), edges.sum(1)
	s := surplusGraph{neurons: Stack([]*Node{out.guess(), back.guess(), mutual.sum(-1).guess()}, -1)}
	facts := []*Node{
		edges.onBasesGraph(base),
		ExpandAxes(mutual.sum(1, 2).guess(), -1),
		spreadGraph(out, out), spreadGraph(back, back), spreadGraph(out, back),
		closedGraph(edges),
		edges.sum(1, 2).amountGraph(), mutual.sum(1, 2).amountGraph(),
	}
	s.circuit = Concatenate(facts, -1)
	return surplusGraph{boundedGraph(s.neurons), boundedGraph(s.circuit)}
}

// boundedGraph keeps guesses within ±3: those of a young decoder, which expects
// far too much or too little, would otherwise drive it further.
func boundedGraph(x *Node) *Node { return MulScalar(Tanh(MulScalar(x, 1./3)), 3) }

// expectedWeights lists the coefficients of the expectation, and the depths that
// they speak of.
func expectedWeights(c Config) []weight {
	k, n := len(c.Classes), bases
	if c.WithoutDistance {
		n = 1
	}
	return []weight{{name: "expected/table", rows: k, cols: n * k}, {name: "expected/depth", rows: k, cols: 1}}
}

// usualDepthGraph returns the mean depth of each neuron's class, standardised,
// [b, n]. Like the coefficients it is fitted, not trained.
func usualDepthGraph(w weightsGraph, in inputs) *Node {
	return Squeeze(MatMul(in.classes, StopGradient(w.at("expected/depth"))), -1)
}

// expectedTableGraph returns the coefficients by class pair, [1, k, f, k]. They
// are not trained, but fitted before training begins (see trainer.expect).
func expectedTableGraph(w weightsGraph, f, k int) *Node {
	return StopGradient(Reshape(w.at("expected/table"), 1, k, f, k))
}

// expectedGraph returns the log-odds of edges that class pairs and distances
// give, [b, n, n], which the decoder starts from.
func expectedGraph(w weightsGraph, in inputs, base *Node) *Node {
	d, k := base.Shape().Dimensions, in.classes.Shape().Dimensions[2]
	table := BroadcastToDims(expectedTableGraph(w, d[2], k), d[0], k, d[2], k)
	return AddScalar(combineGraph(in, base, table), edgeBias)
}

// surplus is of the same kind of events: their number beyond the expected, and
// its variance if they were independent.
type surplus struct {
	value, variance *Node
}

func surplusOf(happened, p, visible *Node) surplus {
	return surplus{Mul(Sub(happened, p), visible), Mul(Mul(p, OneMinus(p)), visible)}
}

func (s surplus) sum(axes ...int) surplus {
	return surplus{ReduceSum(s.value, axes...), ReduceSum(s.variance, axes...)}
}

// guess is the effect on log-odds, shrunk.
func (s surplus) guess() *Node { return Div(s.value, OnePlus(s.variance)) }

// amountGraph says how much there is to guess from, on a scale of logarithms of
// order one, [b, 1].
func (s surplus) amountGraph() *Node { return ExpandAxes(MulScalar(Log1P(s.variance), .3), -1) }

// onBasesGraph guesses a coefficient for every function of places, [b, bases].
// All but the first are taken off their mean, so that none speaks of density
// but that.
func (s surplus) onBasesGraph(base *Node) *Node {
	onto := func(x, y *Node) *Node { return ReduceSum(Mul(ExpandAxes(x, 2), y), 1, 3) }
	total := surplus{ReduceSum(s.value, 1, 2), ReduceSum(s.variance, 1, 2)}
	value, first, second := onto(s.value, base), onto(s.variance, base), onto(s.variance, Square(base))
	mean := Div(first, MaxScalar(ExpandAxes(total.variance, -1), 1e-6))
	apart := surplus{
		Sub(value, Mul(mean, ExpandAxes(total.value, -1))),
		MaxScalar(Sub(second, Mul(mean, first)), 0),
	}
	density := ExpandAxes(total.guess(), -1)
	if base.Shape().Dimensions[2] == 1 {
		return density
	}
	return Concatenate([]*Node{density, Slice(apart.guess(), AxisRange(), AxisRange(1))}, -1)
}

// spreadGraph estimates, by moments, the covariance over neurons of two kinds of
// effects on log-odds, or the variance of one, [b, 1].
func spreadGraph(x, y surplus) *Node {
	products := Mul(x.value, y.value)
	if x == y {
		products = Sub(products, x.variance) // of chance alone
	}
	return ExpandAxes(Div(ReduceSum(products, -1), OnePlus(ReduceSum(Mul(x.variance, y.variance), -1))), -1)
}

// closedGraph counts closed triples of surpluses that neurons' own effects do not
// explain, in about the sd that they have by chance, [b, 1]: above 0 where
// neurons have modules.
func closedGraph(s surplus) *Node {
	sym := surplus{Add(s.value, Transpose(s.value, 1, 2)), Add(s.variance, Transpose(s.variance, 1, 2))}
	own := sym.sum(-1).guess()
	rest := Sub(sym.value, Mul(sym.variance, Add(ExpandAxes(own, 2), ExpandAxes(own, 1))))
	triples := func(x *Node) *Node { return ReduceSum(Mul(Einsum("bij,bjk->bik", x, x), x), 1, 2) }
	return ExpandAxes(Div(triples(rest), Sqrt(OnePlus(MulScalar(triples(sym.variance), 6)))), -1)
}
