package graphvae

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/seed"
)

// Dim returns the number of dimensions of z.
func (m *Model) Dim() int { return m.config.Latent }

// decoded are the distributions of one code's circuit.
type decoded struct {
	classes    []float32 // [N, K+1] probabilities, the last the null class
	theta, rho []float32 // [N, N]
	marginal   []float32 // [N, N] probability of an edge
}

// decodeCodes returns the distributions of every code, in order.
func (m *Model) decodeCodes(ctx context.Context, z [][]float64, f func(i int, d decoded) error) error {
	n, k := m.config.Slots, len(m.config.Classes)+1
	if err := m.checkCodes(z); err != nil {
		return fmt.Errorf("graphvae: decode: %w", err)
	}
	for first := 0; first < len(z); first += evalBatch {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("graphvae: decode: %w", err)
		}
		count := min(evalBatch, len(z)-first)
		out, err := run(m.decode, "decode", m.codeTensor(z[first:first+count]))
		if err != nil {
			return err
		}
		for i := range count {
			d := decoded{
				classes:  out[0][i*n*k : (i+1)*n*k],
				theta:    out[1][i*n*n : (i+1)*n*n],
				rho:      out[2][i*n*n : (i+1)*n*n],
				marginal: out[3][i*n*n : (i+1)*n*n],
			}
			if err := f(first+i, d); err != nil {
				return err
			}
		}
	}
	return nil
}

// Decode draws circuits from p(c, A | z), samples of each code: the result is
// [codes][samples]. A sample is named by the seed, its code's place and its own
// number.
//
// Of Slots, slots that draw the null class are left out, so circuits differ in
// size; a neuron's id is its slot's number. Positions are not modelled: decoded
// neurons have none.
//
// An Exchangeable model with Config.Composition draws the number of neurons, 1 to
// 4096, the radius of their column, classes and depths from p(n, radius, c, p | z),
// horizontal places evenly in the disc of that radius round (0, 0), and their wiring
// as Generate does. Circuits are in canonical order and their origin names the
// radius. Any other Exchangeable model is given its neurons, and decodes with
// Generate or On: here it is an error.
func (m *Model) Decode(ctx context.Context, z [][]float64, samples int, s seed.Seed) ([][]*circuit.Circuit, error) {
	if m.config.Kind != Slots && !m.config.Composition {
		return nil, fmt.Errorf("graphvae: decode: a model of kind %q wires given neurons: use Generate, or Decode of On(circuit), or train one with Config.Composition", m.config.Kind)
	}
	if samples < 1 {
		return nil, fmt.Errorf("graphvae: decode: %d samples: ask for 1 or more", samples)
	}
	if m.config.Composition {
		return m.decodeComposition(ctx, z, samples, s)
	}
	all := make([][]*circuit.Circuit, len(z))
	err := m.decodeCodes(ctx, z, func(i int, d decoded) error {
		all[i] = make([]*circuit.Circuit, samples)
		for k := range samples {
			if err := ctx.Err(); err != nil {
				return fmt.Errorf("graphvae: decode: %w", err)
			}
			c, err := m.sample(d, s.Stream("decode", i, k))
			if err != nil {
				return fmt.Errorf("graphvae: decode: %w", err)
			}
			all[i][k] = c
		}
		return nil
	})
	return all, err
}

// sample draws one circuit.
func (m *Model) sample(d decoded, rng *rand.Rand) (*circuit.Circuit, error) {
	n, kinds := m.config.Slots, len(m.config.Classes)+1
	var slots []int
	var neurons []circuit.Neuron
	for s := range n {
		k := drawClass(d.classes[s*kinds:(s+1)*kinds], rng.Float64())
		if k == kinds-1 {
			continue
		}
		info := m.config.Classes[k]
		slots = append(slots, s)
		neurons = append(neurons, circuit.Neuron{
			ID: slotID(s), Class: info.Class, Layer: info.Layer, Sign: info.Sign, Position: circuit.NoPosition(),
		})
	}
	var edges []circuit.Edge
	for i, si := range slots {
		for j := i + 1; j < len(slots); j++ {
			sj := slots[j]
			forth, back := drawPair(float64(d.theta[si*n+sj]), float64(d.theta[sj*n+si]), float64(d.rho[si*n+sj]), rng.Float64())
			if forth {
				edges = append(edges, circuit.Edge{Pre: i, Post: j})
			}
			if back {
				edges = append(edges, circuit.Edge{Pre: j, Post: i})
			}
		}
	}
	c, err := circuit.New(neurons, edges)
	if err != nil {
		return nil, err
	}
	return c.WithOrigin(circuit.Origin{Source: "graphvae"}), nil
}

// slotID names a decoded neuron after its slot. All digits are written, so that
// the canonical order of a decoded circuit, whose neurons have no depth, is that
// of its slots.
func slotID(slot int) string { return fmt.Sprintf("%04d", slot) }

// drawClass inverts the distribution function at u in [0, 1).
func drawClass(probabilities []float32, u float64) int {
	for k, p := range probabilities {
		if u -= float64(p); u < 0 {
			return k
		}
	}
	return len(probabilities) - 1
}

// drawPair draws both directions of a pair by inverting, at u in [0, 1), the
// distribution over none, forth, back, both.
func drawPair(forth, back, rho, u float64) (hasForth, hasBack bool) {
	both := forth + back + rho
	top := max(0, forth, back, both)
	none, f, b, t := math.Exp(-top), math.Exp(forth-top), math.Exp(back-top), math.Exp(both-top)
	switch u *= none + f + b + t; {
	case u < none:
		return false, false
	case u < none+f:
		return true, false
	case u < none+f+b:
		return false, true
	}
	return true, true
}

// Reconstruction is a model's picture of one circuit, decoded from the means of
// its posterior, those of the neurons' codes included.
type Reconstruction struct {
	// Edges holds, row-major [n, n], the marginal probability of every edge of
	// the circuit's n neurons in the order of the circuit that was asked about.
	Edges []float64
	// Classes is the most probable class of each of the circuit's n neurons, as
	// an index into the vocabulary; len(vocabulary) is the null class. Nil for an
	// Exchangeable model, which is given the classes.
	Classes []int
	// Padding is how many of the N − n padding slots of a Slots model get the
	// null class.
	Padding int
}

// Reconstruct encodes each circuit, decodes the posterior mean and hands the
// result to f, in order. An error of f ends it.
func (m *Model) Reconstruct(ctx context.Context, circuits []*circuit.Circuit, f func(i int, r Reconstruction) error) error {
	if m.config.Kind == Exchangeable {
		return m.reconstructGiven(ctx, circuits, f)
	}
	p, err := m.Encode(ctx, circuits)
	if err != nil {
		return err
	}
	return m.decodeCodes(ctx, p.Mean, func(i int, d decoded) error {
		return f(i, m.reconstruction(circuits[i], d))
	})
}

// reconstructGiven is Reconstruct of an Exchangeable model.
func (m *Model) reconstructGiven(ctx context.Context, circuits []*circuit.Circuit, f func(i int, r Reconstruction) error) error {
	program, codes := m.neurons, func(out [][]float32, b batch) []any {
		return noise{b.slots, m.config.Latent, m.config.NeuronLatent, out[0], out[1]}.tensors()
	}
	if m.config.WithoutU {
		program, codes = m.encode, func(out [][]float32, b batch) []any {
			e := m.config.newNoise(b.size, b.slots)
			e.z = out[0]
			return e.tensors()
		}
	}
	return m.eachBatch(ctx, "reconstruct", circuits, func(b batch, first, count int) error {
		out, err := run(program, "reconstruct", b.tensors()...)
		if err == nil {
			out, err = run(m.decode, "reconstruct", append(b.tensors(), codes(out, b)...)...)
		}
		if err != nil {
			return err
		}
		for i := range count {
			g := m.given(out, i, b.slots, canonicalPlaces(circuits[first+i]))
			if err := f(first+i, Reconstruction{Edges: g.probabilities()}); err != nil {
				return err
			}
		}
		return nil
	})
}

func (m *Model) reconstruction(c *circuit.Circuit, d decoded) Reconstruction {
	n, slots, kinds := c.Len(), m.config.Slots, len(m.config.Classes)+1
	place := canonicalPlaces(c)
	r := Reconstruction{Edges: make([]float64, n*n), Classes: make([]int, n)}
	for i := range n {
		r.Classes[i] = likeliest(d.classes[place[i]*kinds : (place[i]+1)*kinds])
		for j := range n {
			if i != j {
				r.Edges[i*n+j] = float64(d.marginal[place[i]*slots+place[j]])
			}
		}
	}
	for s := n; s < slots; s++ {
		if likeliest(d.classes[s*kinds:(s+1)*kinds]) == kinds-1 {
			r.Padding++
		}
	}
	return r
}

// canonicalPlaces returns, for each neuron of a circuit, its slot.
func canonicalPlaces(c *circuit.Circuit) []int {
	slot := make(map[string]int, c.Len())
	for s, neuron := range c.Canonical().Neurons() {
		slot[neuron.ID] = s
	}
	places := make([]int, c.Len())
	for i, neuron := range c.Neurons() {
		places[i] = slot[neuron.ID]
	}
	return places
}

func likeliest(probabilities []float32) int {
	best := 0
	for k, p := range probabilities {
		if p > probabilities[best] {
			best = k
		}
	}
	return best
}
