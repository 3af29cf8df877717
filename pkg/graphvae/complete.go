package graphvae

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/seed"
)

// Complete returns, for each circuit, the probability of every edge given what
// can be seen of it, row-major [n, n] in the circuit's order, its diagonal 0.
// Of circuit i, visible[i][pre·n + post] says whether it is known if pre→post is
// an edge; entries of A that are not are not looked at. A nil visible[i], or a
// nil visible, stands for the circuit's own mask.
//
// A probability is the mean over draws of all codes from their posterior given
// the visible part. Where the pair's other direction is visible, it is the one
// given that. Draws are named by the seed, the circuit's place and their number.
// Exchangeable models only. One that was trained with Training.Hide has learned
// to encode what is seen in part.
func (m *Model) Complete(ctx context.Context, circuits []*circuit.Circuit, visible [][]bool, draws int, s seed.Seed) ([][]float64, error) {
	if err := errors.Join(m.needs(Exchangeable, "complete"), checkVisible(circuits, visible, draws)); err != nil {
		return nil, err
	}
	all := make([][]float64, 0, len(circuits))
	err := m.eachBatch(ctx, "complete", circuits, func(b batch, first, count int) error {
		some := make([]seenPart, count)
		for i := range some {
			some[i] = newSeenPart(circuits[first+i], visible, first+i)
			some[i].hide(b, i)
		}
		encoded, err := run(m.encode, "complete", b.tensors()...)
		if err != nil {
			return err
		}
		e := m.config.newNoise(b.size, b.slots)
		for k := range draws {
			if err := ctx.Err(); err != nil {
				return fmt.Errorf("graphvae: complete: %w", err)
			}
			for i := range some {
				e.draw(i, circuits[first+i].Len(), s.Stream("complete", first+i, k))
			}
			args := append(append(b.tensors(), e.tensors()...), m.asEncoded(encoded, b)...)
			out, err := run(m.complete, "complete", args...)
			if err != nil {
				return err
			}
			for i := range some {
				some[i].add(m.given(out, i, b.slots, some[i].place), 1/float64(draws))
			}
		}
		for i := range some {
			all = append(all, some[i].p)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

func checkVisible(circuits []*circuit.Circuit, visible [][]bool, draws int) error {
	var faults []error
	if draws < 1 {
		faults = append(faults, fmt.Errorf("graphvae: complete: %d draws: ask for 1 or more", draws))
	}
	if visible != nil && len(visible) != len(circuits) {
		return errors.Join(append(faults, fmt.Errorf("graphvae: complete: %d masks for %d circuits", len(visible), len(circuits)))...)
	}
	for i, mask := range visible {
		if n := circuits[i].Len(); mask != nil && len(mask) != n*n {
			faults = append(faults, fmt.Errorf("graphvae: complete: the mask of circuit %d has %d entries, its %d neurons need %d", i, len(mask), n, n*n))
		}
	}
	return errors.Join(faults...)
}

// seenPart is a circuit with what can be seen of it, and the probabilities of its
// edges as they are added up.
type seenPart struct {
	circuit *circuit.Circuit
	place   []int // of every neuron in canonical order
	visible []bool
	p       []float64
}

func newSeenPart(c *circuit.Circuit, visible [][]bool, i int) seenPart {
	n := c.Len()
	s := seenPart{circuit: c, place: canonicalPlaces(c), p: make([]float64, n*n)}
	if visible != nil {
		s.visible = visible[i]
	}
	if s.visible == nil {
		s.visible = make([]bool, n*n)
		for pre := range n {
			for post := range n {
				s.visible[pre*n+post] = c.Observed(pre)
			}
		}
	}
	return s
}

// hide marks what cannot be seen in entry i of a batch, and nothing else.
func (s seenPart) hide(b batch, i int) {
	n := s.circuit.Len()
	for pre := range n {
		for post := range n {
			at := (i*b.slots+s.place[pre])*b.slots + s.place[post]
			b.visible[at] = indicator(pre != post && s.visible[pre*n+post])
			b.adjacency[at] *= b.visible[at]
		}
	}
}

// add adds the probabilities that one draw of codes gives, weighted.
func (s seenPart) add(g given, weight float64) {
	n := s.circuit.Len()
	for i := range n {
		for j := range n {
			if i == j {
				continue
			}
			at := g.place[i]*g.width + g.place[j]
			p := float64(g.marginal[at])
			if s.visible[j*n+i] {
				odds := float64(g.theta[at])
				if s.circuit.Has(j, i) {
					odds += float64(g.rho[at])
				}
				p = 1 / (1 + math.Exp(-odds))
			}
			s.p[i*n+j] += weight * p
		}
	}
}

// asEncoded returns what the encoder made of a batch as arguments of a program
// that takes the same batch.
func (m *Model) asEncoded(encoded [][]float32, b batch) []any {
	same := make([]draw, b.size)
	for i := range same {
		same[i].circuit = i
	}
	return m.encodedOf(same, encoded, b.slots, b)
}

// completeGraph decodes codes drawn from the posterior with the noise, to θ, ρ and
// marginal probabilities, [b, n, n].
func completeGraph(w weightsGraph, c Config, in inputs, e encodedGraph, noise codesGraph) []*Node {
	read := readGraph(w, c, drawGraph(e.mean, e.logVar, noise.z))
	var v *Node
	if !c.WithoutU {
		mean, logVar := neuronPosteriorGraph(w, e.h, neuronFeaturesGraph(in), read)
		v = drawGraph(mean, logVar, noise.v)
	}
	d := decodeExchangeableGraph(w, c, in, read, v)
	return []*Node{d.theta, d.rho, Sigmoid(d.marginalGraph())}
}

// hideSome hides part of some circuits of a batch, each with that probability:
// an even share, up to a half, of its pairs or of its rows.
func hideSome(b batch, circuits []*circuit.Circuit, probability float64, rng *rand.Rand) {
	for i, c := range circuits {
		if rng.Float64() >= probability {
			continue
		}
		share, rows := rng.Float64()/2, rng.IntN(2) == 0
		for pre := range c.Len() {
			whole := rng.Float64() < share
			for post := range c.Len() {
				if rows && whole || !rows && rng.Float64() < share {
					b.visible[(i*b.slots+pre)*b.slots+post] = 0
				}
			}
		}
	}
}
