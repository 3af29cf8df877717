package connectome

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// balls cuts spheres of one split. They use a cutter's blocks and rooms.
type balls struct {
	cutter
	top, bottom float64 // depths of the outermost somata
}

func newBalls(c *Connectome, p *Partition, split Split, cfg ColumnConfig) (*balls, error) {
	k, err := newCutter(c, p, split, cfg)
	if err != nil {
		return nil, err
	}
	b := &balls{cutter: *k, top: math.Inf(1), bottom: math.Inf(-1)}
	for _, n := range c.neurons {
		if n.Position.Known() {
			b.top, b.bottom = min(b.top, n.Position.Depth), max(b.bottom, n.Position.Depth)
		}
	}
	return b, nil
}

// ballRadius is the median, over evenly chosen somata, of the radius of the ball
// round one that holds the given number of neurons.
func ballRadius(c *Connectome, neurons int) float64 {
	all := c.Where(func(i int) bool { return c.neurons[i].Position.Known() })
	var radii []float64
	distances := make([]float64, len(all))
	for k := range min(radiusProbes, len(all)) {
		centre := c.neurons[all[k*len(all)/min(radiusProbes, len(all))]].Position
		for j, i := range all {
			distances[j] = c.neurons[i].Position.Distance(centre)
		}
		slices.Sort(distances)
		radii = append(radii, distances[min(neurons, len(all))-1])
	}
	if len(radii) == 0 {
		return 0
	}
	slices.Sort(radii)
	return radii[len(radii)/2]
}

// cut draws until a ball fits: it lies wholly inside one block, the tissue seen
// from above, and the depths that have somata.
func (k *balls) cut(rng *rand.Rand) (*circuit.Circuit, error) {
	for range tries {
		b, x, y := k.place(rng)
		inside := k.inside[b]
		target := k.cfg.draw(rng)
		if len(inside.neurons) < target {
			continue
		}
		centre := circuit.Position{X: x, Y: y, Depth: k.tissue.neurons[inside.neurons[rng.IntN(len(inside.neurons))]].Position.Depth}
		near := make([]soma, len(inside.neurons))
		for j, i := range inside.neurons {
			near[j] = soma{i, k.tissue.neurons[i].Position.Distance(centre)}
		}
		slices.SortFunc(near, func(a, b soma) int {
			return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.neuron, b.neuron))
		})
		radius := near[target-1].distance
		block := k.blocks[b]
		if !block.Holds(x, y, radius) || !insideSides(k.sides, x, y, radius) || centre.Depth-radius < k.top || centre.Depth+radius > k.bottom {
			continue
		}
		chosen := make([]int, target)
		for j := range chosen {
			chosen[j] = int(near[j].neuron)
		}
		return k.tissue.cutOut(chosen, circuit.Origin{Split: string(block.Split), Region: block.Name, Radius: radius})
	}
	return nil, fmt.Errorf("connectome: %s: balls: none of %d to %d neurons fitted into the %s blocks and the depth of the tissue in %d tries: ask for fewer neurons",
		k.tissue.name, k.cfg.MinNeurons, k.cfg.MaxNeurons, k.blocks[0].Split, tries)
}
