package graphvae

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/seed"
)

// draw names one draw of codes for one circuit.
type draw struct{ circuit, sample int }

// eachDraw packs circuits, in canonical order, in batches of one entry a draw,
// with noise to be filled.
func (m *Model) eachDraw(ctx context.Context, verb string, circuits []*circuit.Circuit, draws []draw, f func(part []draw, b batch, e noise) error) error {
	shared := m.config.sharedWidth(circuits)
	for first := 0; first < len(draws); {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("graphvae: %s: %w", verb, err)
		}
		part := draws[first:min(first+evalBatch, len(draws))]
		size := min(evalSize(len(draws)), most(max(shared, m.config.width(circuitsOf(circuits, part)))))
		part = part[:min(size, len(part))]
		packed := circuitsOf(circuits, part)
		b := packBatch(packed, size, cmp.Or(shared, m.config.width(packed)), m.config)
		if err := f(part, b, m.config.newNoise(size, b.slots)); err != nil {
			return err
		}
		first += len(part)
	}
	return nil
}

func circuitsOf(circuits []*circuit.Circuit, draws []draw) []*circuit.Circuit {
	some := make([]*circuit.Circuit, len(draws))
	for i, d := range draws {
		some[i] = circuits[d.circuit]
	}
	return some
}

// Generate draws wirings of given neurons from an Exchangeable model: the
// result is [circuits][samples], each with the neurons, order and mask of the
// circuit like[i], whose edges are not looked at. Edges are drawn in all rows,
// in those that the mask declares unknown too. The code of circuit i is z[i]; a
// nil z draws one from its prior for every sample. Codes of neurons always come
// from theirs. A sample is named by the seed, the circuit's place and its own
// number. The origin keeps split, region and radius, but not the factors, which
// are true of the original only.
func (m *Model) Generate(ctx context.Context, like []*circuit.Circuit, z [][]float64, samples int, s seed.Seed) ([][]*circuit.Circuit, error) {
	all := make([][]*circuit.Circuit, len(like))
	err := m.eachPrior(ctx, "generate", like, z, samples, s, func(d draw, g given, rng *rand.Rand) error {
		c, err := like[d.circuit].WithEdges(g.sample(rng))
		if err != nil {
			return fmt.Errorf("graphvae: generate: %w", err)
		}
		o := c.Origin()
		all[d.circuit] = append(all[d.circuit], c.WithOrigin(circuit.Origin{Source: "graphvae", Split: o.Split, Region: o.Region, Radius: o.Radius}))
		return nil
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// EdgeProbabilities returns, for the neurons of each circuit, the probability of
// every edge, row-major [n, n] in the circuit's order, its diagonal 0: the mean
// over a number of draws of the neurons' codes from their prior and, with a nil
// z, of z from its own. The circuits' edges are not looked at.
func (m *Model) EdgeProbabilities(ctx context.Context, like []*circuit.Circuit, z [][]float64, draws int, s seed.Seed) ([][]float64, error) {
	all := make([][]float64, len(like))
	for i, c := range like {
		all[i] = make([]float64, c.Len()*c.Len())
	}
	err := m.eachPrior(ctx, "edge probabilities", like, z, draws, s, func(d draw, g given, _ *rand.Rand) error {
		for at, p := range g.probabilities() {
			all[d.circuit][at] += p / float64(draws)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// eachPrior decodes, for every circuit, so many draws of codes from their
// priors, z where it is not given, and hands over what can be drawn with the
// rest of each draw's stream.
func (m *Model) eachPrior(ctx context.Context, verb string, like []*circuit.Circuit, z [][]float64, samples int, s seed.Seed, f func(d draw, g given, rng *rand.Rand) error) error {
	if err := m.needs(Exchangeable, verb); err != nil {
		return err
	}
	var fault error
	if samples < 1 {
		fault = fmt.Errorf("%d samples: ask for 1 or more", samples)
	}
	if z != nil && len(z) != len(like) {
		fault = errors.Join(fault, fmt.Errorf("%d codes for %d circuits", len(z), len(like)))
	}
	if err := errors.Join(fault, m.checkCodes(z), m.config.check(like)); err != nil {
		return fmt.Errorf("graphvae: %s: %w", verb, err)
	}
	draws := make([]draw, 0, len(like)*samples)
	places := make([][]int, len(like))
	for i, c := range like {
		places[i] = canonicalPlaces(c)
		for k := range samples {
			draws = append(draws, draw{i, k})
		}
	}
	return m.eachDraw(ctx, verb, canonical(like), draws, func(part []draw, b batch, e noise) error {
		streams := make([]*rand.Rand, len(part))
		for i, d := range part {
			streams[i] = s.Stream("prior", d.circuit, d.sample)
			e.draw(i, like[d.circuit].Len(), streams[i])
			if z != nil {
				setRow(e.z, z[d.circuit], i)
			}
		}
		out, err := run(m.decode, verb, append(b.tensors(), e.tensors()...)...)
		if err != nil {
			return err
		}
		for i, d := range part {
			if err := f(d, m.given(out, i, b.slots, places[d.circuit]), streams[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// given are the distributions of the edges of one circuit's neurons, padded to
// a width; place[i] is where neuron i stands.
type given struct {
	width                int
	theta, rho, marginal []float32 // [width, width]
	place                []int
}

// given cuts entry i out of the outputs of the decoder.
func (m *Model) given(out [][]float32, i, width int, place []int) given {
	square := width * width
	return given{width, out[0][i*square : (i+1)*square], out[1][i*square : (i+1)*square], out[2][i*square : (i+1)*square], place}
}

// sample draws the edges, pair by pair in the order of the places, so that
// relabelled neurons get the same wiring.
func (g given) sample(rng *rand.Rand) []circuit.Edge {
	n := len(g.place)
	neuron := make([]int, n)
	for i, place := range g.place {
		neuron[place] = i
	}
	var edges []circuit.Edge
	for i := range n {
		for j := i + 1; j < n; j++ {
			at, back := i*g.width+j, j*g.width+i
			hasForth, hasBack := drawPair(float64(g.theta[at]), float64(g.theta[back]), float64(g.rho[at]), rng.Float64())
			if hasForth {
				edges = append(edges, circuit.Edge{Pre: neuron[i], Post: neuron[j]})
			}
			if hasBack {
				edges = append(edges, circuit.Edge{Pre: neuron[j], Post: neuron[i]})
			}
		}
	}
	return edges
}

// probabilities returns the marginal probability of every edge, row-major
// [n, n] in the circuit's order.
func (g given) probabilities() []float64 {
	n := len(g.place)
	p := make([]float64, n*n)
	for i := range n {
		for j := range n {
			if i != j {
				p[i*n+j] = float64(g.marginal[g.place[i]*g.width+g.place[j]])
			}
		}
	}
	return p
}

// Conditional is an Exchangeable model on the neurons of one circuit: codes z
// decode to wirings of these.
type Conditional struct {
	model *Model
	like  *circuit.Circuit
}

// On returns the model on the neurons of a circuit. Its methods fail for a model
// of another kind.
func (m *Model) On(like *circuit.Circuit) Conditional { return Conditional{m, like} }

// Dim returns the number of dimensions of z.
func (c Conditional) Dim() int { return c.model.Dim() }

// Decode draws circuits of each code, [codes][samples], as Generate does.
func (c Conditional) Decode(ctx context.Context, z [][]float64, samples int, s seed.Seed) ([][]*circuit.Circuit, error) {
	like := make([]*circuit.Circuit, len(z))
	for i := range like {
		like[i] = c.like
	}
	return c.model.Generate(ctx, like, z, samples, s)
}
