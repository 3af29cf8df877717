package graphvae

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/seed"
)

// setColumn writes what is told of a circuit as a whole: the log of its number of
// neurons; the log of the squared radius per neuron, in units of distanceUnit², and
// 1, or both 0 where nothing tells the radius.
func setColumn(column []float32, circ *circuit.Circuit) {
	n := float64(circ.Len())
	column[0] = float32(math.Log(n))
	if radius := columnRadius(circ) / distanceUnit; radius > 0 {
		column[1], column[2] = float32(math.Log(radius*radius/n)), 1
	}
}

// columnRadius is that which the origin names, else that of the disc in which
// evenly spread somata lie as far from their centre in the mean square, in µm; 0
// where fewer than two places are known.
func columnRadius(circ *circuit.Circuit) float64 {
	if r := circ.Origin().Radius; r > 0 {
		return r
	}
	var x, y, square, known float64
	for _, neuron := range circ.Neurons() {
		if p := neuron.Position; p.Known() {
			x, y, known = x+p.X, y+p.Y, known+1
		}
	}
	for _, neuron := range circ.Neurons() {
		if p := neuron.Position; p.Known() {
			dx, dy := p.X-x/known, p.Y-y/known
			square += dx*dx + dy*dy
		}
	}
	if known < 2 {
		return 0
	}
	// The mean square of a disc is R²/2, and that from the sample's own centre
	// (known−1)/known of it.
	return math.Sqrt(2 * square / (known - 1))
}

// composed is p(n, radius, classes, places | z) at one code, as the host draws
// from it; parameters as in composition.
type composed struct {
	countMean, countSD                float64
	radiusMean, radiusSlope, radiusSD float64
	classes, known                    []float32 // [k] probabilities
	weights, means, sds               []float32 // [k, mixture]
}

// composed cuts code i out of the outputs of the program.
func (m *Model) composed(out [][]float32, i int) composed {
	k := len(m.config.Classes)
	part := func(o, size int) []float32 { return out[o][i*size : (i+1)*size] }
	one := func(o int) float64 { return float64(out[o][i]) }
	return composed{
		one(0), one(1), one(2), one(3), one(4),
		part(5, k), part(6, k), part(7, k*mixture), part(8, k*mixture), part(9, k*mixture),
	}
}

// count draws the number of neurons.
func (p composed) count(rng *rand.Rand) int {
	logs := make([]float64, maxNeurons)
	top := math.Inf(-1)
	for i := range logs {
		x := math.Log(float64(i + 1))
		off := (x - p.countMean) / p.countSD
		logs[i] = -x - off*off/2
		top = max(top, logs[i])
	}
	var sum float64
	for i := range logs {
		logs[i] = math.Exp(logs[i] - top)
		sum += logs[i]
	}
	u := rng.Float64() * sum
	for i, weight := range logs {
		if u -= weight; u < 0 {
			return i + 1
		}
	}
	return maxNeurons
}

// radius draws that of a column of n neurons, in µm.
func (p composed) radius(n int, rng *rand.Rand) float64 {
	log := math.Log(float64(n))
	perNeuron := p.radiusMean + p.radiusSlope*(log-countStart) + p.radiusSD*rng.NormFloat64()
	return distanceUnit * math.Exp((perNeuron+log)/2)
}

// neuron draws class and place of a neuron in a disc round the origin.
func (p composed) neuron(c Config, radius float64, rng *rand.Rand) circuit.Neuron {
	k := drawClass(p.classes, rng.Float64())
	info := c.Classes[k]
	neuron := circuit.Neuron{Class: info.Class, Layer: info.Layer, Sign: info.Sign, Position: circuit.NoPosition()}
	if rng.Float64() >= float64(p.known[k]) {
		return neuron
	}
	part := k*mixture + drawClass(p.weights[k*mixture:(k+1)*mixture], rng.Float64())
	depth := float64(p.means[part]) + float64(p.sds[part])*rng.NormFloat64()
	from := radius * math.Sqrt(rng.Float64())
	sin, cos := math.Sincos(2 * math.Pi * rng.Float64())
	neuron.Position = circuit.Position{X: from * cos, Y: from * sin, Depth: c.DepthMean + c.DepthSD*depth}
	return neuron
}

// draw draws neurons in canonical order, without edges.
func (p composed) draw(c Config, rng *rand.Rand) (*circuit.Circuit, error) {
	n := p.count(rng)
	radius := p.radius(n, rng)
	neurons := make([]circuit.Neuron, n)
	for i := range neurons {
		neurons[i] = p.neuron(c, radius, rng)
	}
	slices.SortStableFunc(neurons, func(a, b circuit.Neuron) int { return circuit.CompareNeurons(&a, &b) })
	for i := range neurons {
		neurons[i].ID = slotID(i)
	}
	drawn, err := circuit.New(neurons, nil)
	if err != nil {
		return nil, err
	}
	return drawn.WithOrigin(circuit.Origin{Source: "graphvae", Radius: radius}), nil
}

// decodeComposition is Decode of a model that says the composition: neurons of each
// code first, then their wiring, as Generate draws it, with the rest of each
// sample's stream.
func (m *Model) decodeComposition(ctx context.Context, z [][]float64, samples int, s seed.Seed) ([][]*circuit.Circuit, error) {
	if err := m.checkCodes(z); err != nil {
		return nil, fmt.Errorf("graphvae: decode: %w", err)
	}
	var drawn []*circuit.Circuit
	var streams []*rand.Rand
	var draws []draw
	err := m.eachComposed(ctx, z, func(i int, p composed) error {
		for k := range samples {
			rng := s.Stream("decode", i, k)
			c, err := p.draw(m.config, rng)
			if err != nil {
				return err
			}
			draws = append(draws, draw{len(drawn), k})
			drawn, streams = append(drawn, c), append(streams, rng)
		}
		return ctx.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("graphvae: decode: %w", err)
	}
	err = m.eachDraw(ctx, "decode", drawn, draws, func(part []draw, b batch, e noise) error {
		for i, d := range part {
			e.drawNeurons(i, drawn[d.circuit].Len(), streams[d.circuit])
			setRow(e.z, z[d.circuit/samples], i)
		}
		out, err := run(m.decode, "decode", append(b.tensors(), e.tensors()...)...)
		if err != nil {
			return err
		}
		for i, d := range part {
			c := drawn[d.circuit]
			wired, err := c.WithEdges(m.given(out, i, b.slots, canonicalPlaces(c)).sample(streams[d.circuit]))
			if err != nil {
				return fmt.Errorf("graphvae: decode: %w", err)
			}
			drawn[d.circuit] = wired
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	all := make([][]*circuit.Circuit, len(z))
	for i := range all {
		all[i] = drawn[i*samples : (i+1)*samples : (i+1)*samples]
	}
	return all, nil
}

// eachComposed hands over the distribution of every code's composition, in order.
func (m *Model) eachComposed(ctx context.Context, z [][]float64, f func(i int, p composed) error) error {
	for first := 0; first < len(z); first += evalBatch {
		if err := ctx.Err(); err != nil {
			return err
		}
		count := min(evalBatch, len(z)-first)
		out, err := run(m.compose, "decode", m.codeTensor(z[first:first+count]))
		if err != nil {
			return err
		}
		for i := range count {
			if err := f(first+i, m.composed(out, i)); err != nil {
				return err
			}
		}
	}
	return nil
}
