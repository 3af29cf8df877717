package connectome

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// Selections return indices of neurons, ascending; they combine with [Both] and
// go to Connectome.Circuit, or to Connectome.Within for what is too large for a
// circuit. Neurons without a position are in no selection by space.

// Box is a block of tissue in µm; its lower bounds belong to it, its upper ones
// do not.
type Box struct {
	Min, Max circuit.Position
}

// Crop selects the neurons in a box.
func (c *Connectome) Crop(b Box) []int {
	return c.Where(func(i int) bool {
		p := c.neurons[i].Position
		return p.X >= b.Min.X && p.X < b.Max.X && p.Y >= b.Min.Y && p.Y < b.Max.Y && p.Depth >= b.Min.Depth && p.Depth < b.Max.Depth
	})
}

// Ball selects the neurons whose somata lie at most radius µm from a place.
func (c *Connectome) Ball(centre circuit.Position, radius float64) []int {
	return c.Where(func(i int) bool { return c.neurons[i].Position.Distance(centre) <= radius })
}

// Cylinder selects the neurons at most radius µm from a vertical axis.
func (c *Connectome) Cylinder(x, y, radius float64) []int {
	axis := circuit.Position{X: x, Y: y}
	return c.Where(func(i int) bool { return c.neurons[i].Position.Horizontal(axis) <= radius })
}

// Layers selects the neurons of the given layers.
func (c *Connectome) Layers(layers ...circuit.Layer) []int {
	return c.Where(func(i int) bool { return slices.Contains(layers, c.neurons[i].Layer) })
}

// Classes selects the neurons of the given classes.
func (c *Connectome) Classes(classes ...circuit.Class) []int {
	return c.Where(func(i int) bool { return slices.Contains(classes, c.neurons[i].Class) })
}

// Signed selects the neurons of one sign.
func (c *Connectome) Signed(sign circuit.Sign) []int {
	return c.Where(func(i int) bool { return c.neurons[i].Sign == sign })
}

// ObservedRows selects the neurons whose outputs were observed.
func (c *Connectome) ObservedRows() []int { return c.Where(c.Observed) }

// Where selects the neurons that keep says yes to.
func (c *Connectome) Where(keep func(i int) bool) []int {
	var kept []int
	for i := range c.neurons {
		if keep(i) {
			kept = append(kept, i)
		}
	}
	return kept
}

// Both returns what is in two selections.
func Both(a, b []int) []int {
	in := make(map[int]bool, len(a))
	for _, i := range a {
		in[i] = true
	}
	return slices.DeleteFunc(slices.Clone(b), func(i int) bool { return !in[i] })
}

// Within returns the part of a reconstruction that lies among the given neurons,
// in ascending order: with their edges, counts, sizes, mask and factors. What
// names the cut, such as "layer 4", goes into the report. A repeated or missing
// index is an error.
func (c *Connectome) Within(indices []int, what string) (*Connectome, error) {
	indices = slices.Sorted(slices.Values(indices))
	at := make([]int32, c.Len())
	for i := range at {
		at[i] = -1
	}
	d := Data{Name: c.name, SizeUnit: c.sizeUnit, Report: c.report, Checksum: c.checksum}
	for k, i := range indices {
		if i < 0 || i >= c.Len() || k > 0 && i == indices[k-1] {
			return nil, fmt.Errorf("connectome: %s: within: neuron %d of %d is not there or named twice", c.name, i, c.Len())
		}
		at[i] = int32(k)
		d.Neurons = append(d.Neurons, c.neurons[i])
		if c.observed != nil {
			d.Observed = append(d.Observed, c.observed[i])
		}
	}
	for name, values := range c.factors {
		if d.Factors == nil {
			d.Factors = map[string][]float64{}
		}
		for _, i := range indices {
			d.Factors[name] = append(d.Factors[name], values[i])
		}
	}
	cut := 0
	for _, i := range indices {
		for e := c.edges.Offsets[i]; e < c.edges.Offsets[i+1]; e++ {
			post := at[c.edges.Targets[e]]
			if post < 0 {
				cut++
				continue
			}
			d.Edges = append(d.Edges, circuit.Edge{Pre: int(at[i]), Post: int(post)})
			if c.synapses != nil {
				d.Synapses = append(d.Synapses, c.synapses[e])
			}
			if c.sizes != nil {
				d.Sizes = append(d.Sizes, c.sizes[e])
			}
		}
	}
	d.Report.Drops = append(slices.Clone(c.report.Drops),
		Drop{"neuron outside the cut", c.Len() - len(indices), what},
		Drop{"edge that leaves the cut", cut, cmp.Or(what, "its target is not in it")})
	return New(d)
}
