package graphvae

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
)

// wiringGraph is what a decoder says of circuits, given all codes: pairs are
// independent of each other, their two directions are not.
type wiringGraph struct {
	there       *Node        // [b, n] probability that this is a neuron at all; 0 or 1 where neurons are given
	classes     *Node        // [b, n, k] that it is, and of this class
	signs       *Node        // [b, n, 2] that it is, and excitatory, or inhibitory
	edge        *Node        // [b, n, n] P(A_ij = 1), 0 on the diagonal
	mutual      *Node        // [b, n, n] P(A_ij = A_ji = 1), 0 on the diagonal
	batch       inputs       // nothing for Slots
	composition *composition // nil where the model does not say it
}

// expectedWiringGraph decodes the arguments of the program: codes alone of a Slots
// model; of others a batch, codes and noise, and the signs of the neurons. It also
// returns z, which gradients are taken by.
func (c Config) expectedWiringGraph(w weightsGraph, nodes []*Node) (x wiringGraph, z *Node) {
	if c.Kind == Slots {
		logits, d := decodeSlotsGraph(w, c, nodes[0])
		return slotsWiringGraph(c, Softmax(logits), d), nodes[0]
	}
	in, codes, rest := c.unpackGraph(nodes)
	z = codes.z
	if c.WithoutU {
		codes.v = nil
	}
	read := readGraph(w, c, z)
	x = wiringGraph{there: in.real, classes: in.classes, signs: rest[0], batch: in}
	x.edge, x.mutual = decodeExchangeableGraph(w, c, in, read, codes.v).expectedGraph()
	if c.Composition {
		p := compositionOf(w, c, read, in.real.Shape().Dimensions[0])
		x.composition = &p
	}
	return x, z
}

// slotsWiringGraph takes probabilities of classes, the last the null class.
func slotsWiringGraph(c Config, classes *Node, d dyads) (x wiringGraph) {
	k := len(c.Classes)
	x.classes = Slice(classes, AxisRange(), AxisRange(), AxisRange(0, k))
	x.there = ReduceSum(x.classes, -1)
	x.signs = Einsum("bik,ks->bis", x.classes, Const(x.there.Graph(), c.signTable()))
	x.edge, x.mutual = d.expectedGraph()
	return x
}

// expectedGraph returns P(A_ij = 1) and P(A_ij = A_ji = 1), 0 on the diagonal.
func (d dyads) expectedGraph() (edge, mutual *Node) {
	eta, absent := d.marginalsGraph()
	logZ := Add(absent, softplusGraph(eta))
	both := Add(Add(d.theta, Transpose(d.theta, 1, 2)), d.rho)
	n := d.theta.Shape().Dimensions[1]
	others := ExpandAxes(OneMinus(DiagonalWithValue(ScalarOne(eta.Graph(), eta.DType()), n)), 0)
	return Mul(Sigmoid(eta), others), Mul(Exp(Sub(both, logZ)), others)
}

// momentsGraph are first and second moments of circuits with a wiringGraph, given
// all codes. Where neurons are given they are exact. Of a Slots model every slot
// counts by the probability that it is a neuron, in the places where sums over
// neurons stand: exact where that is 0 or 1.
type momentsGraph struct {
	wiringGraph
	n       *Node // [b] neurons
	pairs   *Node // [b] ordered pairs
	out, in *Node // [b, n] degrees of every neuron
	edges   *Node // [b] number of edges
	returns *Node // [b] number of edges whose reverse is an edge
	alone   *Node // [b] Σ var A_ij over ordered pairs
	covary  *Node // [b, n] Σ_j cov(A_ij, A_ji)

	closed, open *Node // [b, n] triangles of a neuron, and those it could have; made when asked for
}

func newMomentsGraph(x wiringGraph) *momentsGraph {
	m := &momentsGraph{wiringGraph: x}
	m.n = ReduceSum(m.there, -1)
	m.pairs = Sub(Square(m.n), ReduceSum(Square(m.there), -1))
	m.out, m.in = m.overTargets(m.edge), m.overTargets(Transpose(m.edge, 1, 2))
	m.edges = m.overNeurons(m.out)
	m.returns = m.overNeurons(m.overTargets(m.mutual))
	m.alone = m.overNeurons(m.overTargets(Mul(m.edge, OneMinus(m.edge))))
	m.covary = m.overTargets(Sub(m.mutual, Mul(m.edge, Transpose(m.edge, 1, 2))))
	return m
}

// overTargets sums a number of every pair, [b, n, n], over the second: [b, n].
func (m *momentsGraph) overTargets(x *Node) *Node { return timesGraph(x, m.there) }

// timesGraph multiplies matrices, [b, n, n], and vectors, [b, n].
func timesGraph(a, x *Node) *Node { return Einsum("bij,bj->bi", a, x) }

// overNeurons sums a number of every neuron, [b, n]: [b].
func (m *momentsGraph) overNeurons(x *Node) *Node { return ReduceSum(Mul(m.there, x), -1) }

// covarianceGraph returns the expected covariance over neurons of two degrees of
// theirs, with divisor n, [b]: that of the expected degrees, a and b, with what
// single neurons scatter about theirs, summed over neurons, less what the mean
// degree, which both share, scatters.
func (m *momentsGraph) covarianceGraph(a, b, scatter *Node) *Node {
	mean := ExpandAxes(Div(m.edges, m.n), -1)
	between := m.overNeurons(Mul(Sub(a, mean), Sub(b, mean)))
	shared := Div(Add(m.alone, m.overNeurons(m.covary)), m.n) // var of the number of edges, over n
	return Div(Sub(Add(between, scatter), shared), m.n)
}

// sdGraph returns the root of the expected variance over neurons of a degree, [b].
func (m *momentsGraph) sdGraph(degree *Node) *Node {
	const least = 1e-12 // so that the root has a slope where nothing varies
	return Sqrt(MaxScalar(m.covarianceGraph(degree, degree, m.alone), least))
}

// cvGraph returns sdGraph over the mean.
func (m *momentsGraph) cvGraph(degree *Node) *Node {
	return Div(m.sdGraph(degree), Div(m.edges, m.n))
}

func (m *momentsGraph) inOutCorrelationGraph() *Node {
	covariance := m.covarianceGraph(m.out, m.in, m.overNeurons(m.covary))
	return Div(covariance, Mul(m.sdGraph(m.out), m.sdGraph(m.in)))
}

// reciprocityRatioGraph is reciprocity over density.
func (m *momentsGraph) reciprocityRatioGraph() *Node {
	return Div(Mul(m.returns, m.pairs), Square(m.edges))
}

// between sums a number of every pair from the neurons of one group to those of
// another, each given by how much a neuron belongs to it, [b, n]: [b].
func between(from, x, to *Node) *Node {
	return ReduceSum(Mul(from, timesGraph(x, to)), -1)
}

// pairsBetween counts the ordered pairs of different neurons, [b].
func pairsBetween(from, to *Node) *Node {
	return Sub(Mul(ReduceSum(from, -1), ReduceSum(to, -1)), ReduceSum(Mul(from, to), -1))
}

// densityGraph returns the density from a group to another, [b].
func (m *momentsGraph) densityGraph(from, to *Node) *Node {
	return Div(between(from, m.edge, to), pairsBetween(from, to))
}

// reciprocityRatioOfGraph returns the mutual pairs between two groups over what
// they would be if directions were independent, [b].
func (m *momentsGraph) reciprocityRatioOfGraph(a, b *Node) *Node {
	chance := Mul(between(a, m.edge, b), between(b, m.edge, a))
	return Div(Mul(between(a, m.mutual, b), pairsBetween(a, b)), chance)
}

// ofClass and ofSign return how much every neuron is of a class or sign, [b, n].
func (m *momentsGraph) ofClass(k int) *Node { return lastGraph(m.classes, k) }
func (m *momentsGraph) ofSign(s int) *Node  { return lastGraph(m.signs, s) }

// lastGraph takes one entry of the last of three axes.
func lastGraph(x *Node, k int) *Node {
	return Squeeze(Slice(x, AxisRange(), AxisRange(), AxisElem(k)), -1)
}

// trianglesGraph returns the expected numbers of directed triangles of every
// neuron and of those it could have (Fagiolo 2007, eq. 9), [b, n] each. Both are
// exact: the pairs of a triangle are three, and independent; and of a pair's
// number of edges, s, s² less s is twice what the definition takes off again for
// mutual partners.
func (m *momentsGraph) trianglesGraph() (closed, open *Node) {
	if m.closed == nil {
		s := Add(m.edge, Transpose(m.edge, 1, 2))
		counted := Mul(s, ExpandAxes(m.there, 1))
		paths := Einsum("bij,bjk->bik", counted, s)
		m.closed = MulScalar(ReduceSum(Mul(paths, counted), -1), .5)
		m.open = Sub(Square(ReduceSum(counted, -1)), ReduceSum(Square(counted), -1))
	}
	return m.closed, m.open
}

// clusteringGraph averages, over neurons, expected triangles over expected
// possible ones. A neuron counts by the probability that it could have any, since
// those of circuits that cannot are left out.
func (m *momentsGraph) clusteringGraph() *Node {
	const least = 1e-18 // of one that has next to no partners
	closed, open := m.trianglesGraph()
	share, defined := Div(closed, MaxScalar(open, least)), m.twoPartnersGraph()
	return Div(m.overNeurons(Mul(share, defined)), m.overNeurons(defined))
}

// twoPartnersGraph returns the probability that a neuron has two partners or more,
// [b, n].
func (m *momentsGraph) twoPartnersGraph() *Node {
	const least = 1e-6 // so that a sure partner has a logarithm
	partner := Sub(Add(m.edge, Transpose(m.edge, 1, 2)), m.mutual)
	partner = Mul(partner, ExpandAxes(m.there, 1))
	without := MaxScalar(OneMinus(partner), least)
	none := Exp(ReduceSum(Log(without), -1))
	return OneMinus(Mul(none, OnePlus(ReduceSum(Div(partner, without), -1))))
}

func (m *momentsGraph) transitivityGraph() *Node {
	closed, open := m.trianglesGraph()
	return Div(m.overNeurons(closed), m.overNeurons(open))
}

// powerSteps is how often spectralRadiusGraph multiplies by the fourth power of
// the matrix (ours). What is then missing falls with the 48th power of the second
// eigenvalue over the first.
const powerSteps = 6

// spectralRadiusGraph returns the largest eigenvalue λ of the expected matrix, by
// powers from a vector of ones on either side, and what the noise W = A − E A adds
// to it in the mean: to second order E lᵀW²r / (λ lᵀr), where W² has a mean on its
// diagonal only, what the two directions of a pair have in common. Both sides are
// multiplied together, since every operation is one to compile.
func (m *momentsGraph) spectralRadiusGraph() *Node {
	matrix := Mul(m.edge, ExpandAxes(m.there, 1)) // has the eigenvalues of the neurons that are there
	second := scaledGraph(Einsum("bij,bjk->bik", matrix, matrix))
	fourth := scaledGraph(Einsum("bij,bjk->bik", second, second))
	both := Stack([]*Node{fourth, Transpose(fourth, 1, 2)}, 1) // [b, 2, n, n]
	vectors := OnesLike(Slice(both, AxisRange(), AxisRange(), AxisRange(), AxisElem(0)))
	for range powerSteps {
		vectors = scaledGraph(Einsum("bsij,bsjo->bsio", both, vectors))
	}
	side := func(s int) *Node { return Squeeze(Slice(vectors, AxisRange(), AxisElem(s)), 1, 3) }
	right, left := side(0), side(1) // left has there in it, as right has not
	product := Mul(left, right)
	length := ReduceSum(product, -1)
	radius := Div(ReduceSum(Mul(left, timesGraph(matrix, right)), -1), length)
	return Add(radius, Div(ReduceSum(Mul(product, m.covary), -1), Mul(radius, length)))
}

// scaledGraph scales the vectors or matrices of a batch to a sum of 1, by the last
// two axes. Nothing depends on the scale, so its slope is left out.
func scaledGraph(x *Node) *Node { return Div(x, StopGradient(ReduceAndKeep(x, ReduceSum, -2, -1))) }

// placedGraph returns the expected mean, over edges between neurons of known
// place, of a number of a pair, [b].
func (m *momentsGraph) placedGraph(of func(x, y, depth *Node) *Node) *Node {
	x, y, depth, known := placeGraph(m.batch)
	apart := func(v *Node) *Node { return Sub(ExpandAxes(v, 1), ExpandAxes(v, 2)) } // target less source
	value := of(apart(x), apart(y), apart(depth))
	return Div(between(known, Mul(m.edge, value), known), between(known, m.edge, known))
}

func (m *momentsGraph) wireLengthGraph(c Config) *Node {
	return m.placedGraph(func(x, y, depth *Node) *Node {
		square := Add(Add(Square(x), Square(y)), Square(MulScalar(depth, c.DepthSD/distanceUnit)))
		return MulScalar(Sqrt(square), distanceUnit)
	})
}

func (m *momentsGraph) downwardGraph() *Node {
	return m.placedGraph(func(_, _, depth *Node) *Node { return MaxScalar(Sign(depth), 0) })
}

func (m *momentsGraph) depthStepGraph(c Config) *Node {
	return m.placedGraph(func(_, _, depth *Node) *Node { return MulScalar(depth, c.DepthSD) })
}

// excitatoryShareGraph returns the share of excitatory neurons among those of
// known sign that the model makes, [b].
func (m *momentsGraph) excitatoryShareGraph(c Config) *Node {
	signs := ReduceSum(m.signs, 1)
	if m.composition != nil {
		signs = MatMul(Exp(m.composition.classes), Const(m.there.Graph(), c.signTable()))
	}
	excitatory := Squeeze(Slice(signs, AxisRange(), AxisElem(0)), -1)
	return Div(excitatory, ReduceSum(signs, -1))
}

// neuronsGraph returns the expected number of neurons that the model makes, [b].
func (m *momentsGraph) neuronsGraph() *Node {
	if m.composition == nil {
		return m.n
	}
	logs := make([]float32, maxNeurons)
	for i := range logs {
		logs[i] = float32(math.Log(float64(i + 1)))
	}
	every := ExpandAxes(Const(m.there.Graph(), logs), 0)
	return ReduceSum(Exp(Add(m.composition.countGraph(every), every)), -1)
}
