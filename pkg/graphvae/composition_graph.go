package graphvae

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
)

// Of the composition (Config.Composition), which is the number of neurons, the
// radius of their column, and class and depth of each. All is ours.

// mixture is how many Gaussians the depths of a class are a mixture of.
const mixture = 3

// Where parameters start: about 100 neurons in a column of 100 µm, give or take a
// third, nearly all with a known place, so that the first steps are not spent on
// finding that.
var (
	countStart  = math.Log(100)
	radiusStart = math.Log(1. / 100)
	spreadStart = math.Log(.3)
)

const knownStart = 4

// The least standard deviations: of the log of the number of neurons, below which
// up to 1000 one number is certain; of the log of area per neuron, 1 %; and of
// depth, about a soma of 10 µm at the default DepthSD. Without them the density of
// what does not vary would grow without end.
const (
	countFloor  = .001
	radiusFloor = .01
	depthFloor  = .03
)

// columnWidth is how many numbers batch.column has of a circuit.
const columnWidth = 3

// compositionParts are the lengths of the parts of the list of parameters, in
// order: number of neurons (mean and log-sd of its log), radius (mean, slope and
// log-sd), then by class, [k] or [k, mixture]: log-odds of the class and of a known
// place; log-weights, means and log-sds of the depths.
func (c Config) compositionParts() [7]int {
	k := len(c.Classes)
	return [7]int{2, 3, k, k, k * mixture, k * mixture, k * mixture}
}

// compositionSizes returns how many parameters there are, and how many of them z
// moves: all but the spreads of depths, which are last.
func (c Config) compositionSizes() (all, moved int) {
	parts := c.compositionParts()
	for _, size := range parts {
		all += size
	}
	return all, all - parts[6]
}

// compositionWeights lists what compositionOf uses.
func compositionWeights(c Config) []weight {
	if !c.Composition {
		return nil
	}
	all, moved := c.compositionSizes()
	list := []weight{{name: "composition/table", cols: all}}
	if z, _ := c.widths(); z > 0 {
		list = append(list, dense("composition/first", z, c.Hidden)...)
		list = append(list, scaled(.1, dense("composition/second", c.Hidden, moved))...)
	}
	return list
}

// compositionStart are the parameters of a young model; the Gaussians of a class
// stand apart, so that they do not learn the same.
func (c Config) compositionStart() []float32 {
	parts := c.compositionParts()
	start := []float32{float32(countStart), float32(spreadStart), float32(radiusStart), 0, float32(spreadStart)}
	start = append(start, make([]float32, parts[2])...)
	for range parts[3] {
		start = append(start, knownStart)
	}
	start = append(start, make([]float32, parts[4])...)
	for i := range parts[5] {
		start = append(start, float32(i%mixture)-(mixture-1)/2)
	}
	return append(start, make([]float32, parts[6])...)
}

// composition are the parameters of p(n, radius, classes, places | z).
type composition struct {
	countMean, countSD                *Node // [b, 1], of log n
	radiusMean, radiusSlope, radiusSD *Node // [b, 1], of log radius²/n
	classes                           *Node // [b, k], log-probabilities
	known                             *Node // [b, k], log-odds
	weights                           *Node // [b, k, mixture], log-probabilities
	means                             *Node // [b, k, mixture]
	sds                               *Node // [b, k, mixture]
}

// compositionOf reads the parameters off r, nil where z is left out, for b codes.
// The table moves codeSpeed times as fast as other weights, since what it has to
// find may be far off.
func compositionOf(w weightsGraph, c Config, r *Node, b int) (p composition) {
	all, moved := c.compositionSizes()
	k := len(c.Classes)
	table := Add(Const(w.g, c.compositionStart()), MulScalar(w.at("composition/table"), codeSpeed))
	list := BroadcastToDims(ExpandAxes(table, 0), b, all)
	if r != nil {
		by := w.apply("composition/second", reluGraph(w.apply("composition/first", r)))
		still := BroadcastToDims(ScalarZero(w.g, list.DType()), b, all-moved)
		list = Add(list, Concatenate([]*Node{by, still}, -1))
	}
	var parts []*Node
	at := 0
	for _, size := range c.compositionParts() {
		parts, at = append(parts, Slice(list, AxisRange(), AxisRange(at, at+size))), at+size
	}
	one := func(part *Node, i int) *Node { return Slice(part, AxisRange(), AxisElem(i)) }
	p.countMean, p.countSD = one(parts[0], 0), spreadOf(one(parts[0], 1), countFloor)
	p.radiusMean, p.radiusSlope, p.radiusSD = one(parts[1], 0), one(parts[1], 1), spreadOf(one(parts[1], 2), radiusFloor)
	p.classes, p.known = LogSoftmax(parts[2]), parts[3]
	p.weights = LogSoftmax(Reshape(parts[4], b, k, mixture))
	p.means = Reshape(parts[5], b, k, mixture)
	p.sds = spreadOf(Reshape(parts[6], b, k, mixture), depthFloor)
	return p
}

// spreadOf turns a log into a standard deviation above a floor.
func spreadOf(log *Node, floor float64) *Node {
	return AddScalar(Exp(MinScalar(log, 5)), floor)
}

// list returns what the host draws from.
func (p composition) list() []*Node {
	return []*Node{
		p.countMean, p.countSD, p.radiusMean, p.radiusSlope, p.radiusSD,
		Exp(p.classes), Sigmoid(p.known), Exp(p.weights), p.means, p.sds,
	}
}

// nllGraph returns −log p(n, radius, classes, places | z) in nats, [b].
func (p composition) nllGraph(in inputs) *Node {
	fact := func(i int) *Node { return Slice(in.column, AxisRange(), AxisElem(i)) } // [b, 1]
	count, radius, hasRadius := fact(0), fact(1), fact(2)
	sum := p.countGraph(count)
	mean := Add(p.radiusMean, Mul(p.radiusSlope, AddScalar(count, -countStart)))
	sum = Add(sum, Mul(hasRadius, gaussianGraph(Div(Sub(radius, mean), p.radiusSD), Log(p.radiusSD))))
	return Neg(Add(Squeeze(sum, -1), p.neuronsGraph(in)))
}

// countGraph returns log P(n) of log n, [b, 1]. P(n) ∝ 1/n exp(−(log n − m)²/2s²)
// over n = 1 … maxNeurons.
func (p composition) countGraph(log *Node) *Node {
	scale := Reciprocal(MulScalar(p.countSD, math.Sqrt2))
	weigh := func(log *Node) *Node { return Sub(Neg(log), Square(Mul(Sub(log, p.countMean), scale))) }
	numbers := make([]float32, maxNeurons)
	for i := range numbers {
		numbers[i] = float32(math.Log(float64(i + 1)))
	}
	every := weigh(ExpandAxes(Const(log.Graph(), numbers), 0)) // [b, maxNeurons]
	return Sub(weigh(log), logSumGraph(every))
}

// neuronsGraph returns the log-likelihood of classes, of which places are known,
// and of known depths, [b].
func (p composition) neuronsGraph(in inputs) *Node {
	_, _, depth, known := placeGraph(in)
	of := func(byClass *Node) *Node { return Einsum("bik,bkm->bim", in.classes, byClass) } // zero for padding
	odds := Squeeze(of(ExpandAxes(p.known, -1)), -1)
	each := Mul(in.real, Sub(Mul(known, odds), Softplus(odds)))
	apart := Mul(Sub(ExpandAxes(depth, -1), of(p.means)), of(Reciprocal(p.sds)))
	depths := Add(of(p.weights), gaussianGraph(apart, of(Log(p.sds))))
	each = Add(each, Mul(known, Squeeze(logSumGraph(depths), -1)))
	classes := ReduceSum(Mul(in.classes, ExpandAxes(p.classes, 1)), 1, 2)
	return Add(classes, ReduceSum(each, -1))
}

// gaussianGraph returns the log-density of a normal number so many sds off the
// mean, given the log of the sd.
func gaussianGraph(off, logSD *Node) *Node {
	return Neg(AddScalar(Add(MulScalar(Square(off), .5), logSD), math.Log(2*math.Pi)/2))
}

// logSumGraph returns log Σ exp over the last axis, which is kept.
func logSumGraph(x *Node) *Node {
	top := StopGradient(ReduceAndKeep(x, ReduceMax, -1))
	return Add(top, Log(ReduceAndKeep(Exp(Sub(x, top)), ReduceSum, -1)))
}

// compositionFacts is how many numbers compositionFactsGraph has.
func (c Config) compositionFacts() int {
	if !c.Composition {
		return 0
	}
	return columnWidth + neuronFeatures(len(c.Classes))
}

// compositionFactsGraph is what the encoder is told of a composition, so that it
// need not count neurons: number and radius, from where parameters start, and the
// means of what is told of neurons. [b, columnWidth + 2k + 3]; nil where the model
// does not say the composition.
func compositionFactsGraph(c Config, in inputs) *Node {
	if !c.Composition {
		return nil
	}
	fact := func(i int) *Node { return Slice(in.column, AxisRange(), AxisElem(i)) }
	radius := Mul(AddScalar(fact(1), -radiusStart), fact(2))
	count := MaxScalar(ReduceAndKeep(in.real, ReduceSum, -1), 1)
	means := Div(ReduceSum(neuronFeaturesGraph(in), 1), count)
	return Concatenate([]*Node{AddScalar(fact(0), -countStart), radius, fact(2), means}, -1)
}

// compositionProgramGraph maps codes z to composition.list.
func (c Config) compositionProgramGraph(w weightsGraph, z *Node) []*Node {
	return compositionOf(w, c, readGraph(w, c, z), z.Shape().Dimensions[0]).list()
}
