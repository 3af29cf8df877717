package connectome

import (
	"context"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/seed"
)

// Sample is a reconstruction cut into columns, split by space: what a model is
// trained and judged on, with what a figure shows of the tissue.
type Sample struct {
	Name      string     `json:"name"`
	Report    Report     `json:"report"`
	Partition *Partition `json:"partition"`
	// Somata are neurons with a position, without their edges: all, or about
	// somataKept of them, evenly chosen in the order of the source.
	Somata []Soma `json:"somata"`
	// Train, Validation and Test are columns in canonical order.
	Train      []*circuit.Circuit `json:"train"`
	Validation []*circuit.Circuit `json:"validation"`
	Test       []*circuit.Circuit `json:"test"`
}

// Soma is where a neuron lies, in µm, and its class.
type Soma struct {
	X     float64       `json:"x"`
	Y     float64       `json:"y"`
	Depth float64       `json:"depth"`
	Class circuit.Class `json:"class"`
}

// somataKept is how many somata a sample keeps for figures of the tissue.
const somataKept = 5000

// NewSample divides the tissue and cuts the given number of columns of each
// split.
func NewSample(ctx context.Context, c *Connectome, split SplitConfig, band ColumnConfig, counts map[Split]int, s seed.Seed) (Sample, error) {
	sample := Sample{Name: c.Name(), Report: c.Report()}
	var err error
	if sample.Partition, err = NewPartition(c, split); err != nil {
		return Sample{}, err
	}
	for _, part := range []struct {
		split Split
		into  *[]*circuit.Circuit
	}{{Train, &sample.Train}, {Validation, &sample.Validation}, {Test, &sample.Test}} {
		if *part.into, err = Columns(ctx, c, sample.Partition, part.split, counts[part.split], band, s); err != nil {
			return Sample{}, err
		}
	}
	stride := max(1, len(c.neurons)/somataKept)
	for i := 0; i < len(c.neurons); i += stride {
		if n := c.neurons[i]; n.Position.Known() {
			sample.Somata = append(sample.Somata, Soma{n.Position.X, n.Position.Y, n.Position.Depth, n.Class})
		}
	}
	return sample, nil
}

// Regions returns the region of every circuit.
func Regions(circuits []*circuit.Circuit) []string {
	regions := make([]string, len(circuits))
	for i, c := range circuits {
		regions[i] = c.Origin().Region
	}
	return regions
}

// Shared returns how many neurons occur in a circuit of a and in one of b. A
// split by space has none; a random split of overlapping columns has many.
func Shared(a, b []*circuit.Circuit) int {
	in := map[string]bool{}
	for _, c := range a {
		for _, n := range c.Neurons() {
			in[n.ID] = true
		}
	}
	shared := map[string]bool{}
	for _, c := range b {
		for _, n := range c.Neurons() {
			if in[n.ID] {
				shared[n.ID] = true
			}
		}
	}
	return len(shared)
}
