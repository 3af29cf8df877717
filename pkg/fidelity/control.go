package fidelity

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/latent"
	"github.com/cortigen/cortigen/pkg/seed"
)

// SwapLabels returns the circuit with its neurons' classes, layers, signs and
// positions dealt anew among them at random, each neuron's all together, while
// ids, edges and mask stay: a control of which class and place tell nothing. What
// an answer still gains over the density of such circuits is no knowledge of
// them.
func SwapLabels(c *circuit.Circuit, rng *rand.Rand) (*circuit.Circuit, error) {
	neurons := make([]circuit.Neuron, c.Len())
	for i, from := range rng.Perm(c.Len()) {
		neurons[i] = c.Neuron(from)
		neurons[i].ID = c.Neuron(i).ID
	}
	swapped, err := c.WithNeurons(neurons)
	if err != nil {
		return nil, fmt.Errorf("fidelity: swap labels: %w", err)
	}
	return swapped, nil
}

// Only returns the bounds of some of the circuits, by index.
func (b Bounds) Only(indices []int, resamples int, s seed.Seed) Bounds {
	some := Bounds{Name: b.Name, Draws: b.Draws}
	for _, i := range indices {
		some.PerPair, some.Region = append(some.PerPair, b.PerPair[i]), append(some.Region, b.Region[i])
		if b.Effective != nil {
			some.Effective = append(some.Effective, b.Effective[i])
		}
	}
	some.Mean = MeanOver(some.PerPair, some.Region, resamples, s)
	return some
}

// Closed returns the share of the way from one answer's cost to another's that
// bounds have come, on the same circuits: a ratio of means, 1 at the end of the
// way, with its interval over regions. It is NaN where the way leads nowhere or
// up.
func (b Bounds) Closed(from, to Bounds, resamples int, s seed.Seed) (latent.Interval, error) {
	for _, other := range []Bounds{from, to} {
		if len(other.PerPair) != len(b.PerPair) {
			return latent.Interval{}, fmt.Errorf("fidelity: gap closed: %q has %d circuits, %q has %d", b.Name, len(b.PerPair), other.Name, len(other.PerPair))
		}
	}
	return latent.Bootstrap(b.Region, func(indices []int) float64 {
		come, way := 0., 0.
		for _, i := range indices {
			come += from.PerPair[i] - b.PerPair[i]
			way += from.PerPair[i] - to.PerPair[i]
		}
		if !(way > 0) {
			return math.NaN()
		}
		return come / way
	}, resamples, s.Stream("regions")), nil
}

// Within returns the point of the model's curve with the highest AUC among those
// whose code is at most that many nats a circuit; false where there is none.
func (r Rate) Within(nats float64) (best RatePoint, found bool) {
	for _, p := range r.Points {
		if p.Code.Value <= nats && (!found || p.AUC.Value > best.AUC.Value) {
			best, found = p, true
		}
	}
	return best, found
}
