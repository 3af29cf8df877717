package connectome

import (
	"cmp"
	"context"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/seed"
)

// Sample is a reconstruction cut into circuits, split by space or, where there
// are no positions, by regions of the graph: what a model is trained and judged
// on, with what a figure shows of the tissue.
type Sample struct {
	Name   string `json:"name"`
	Report Report `json:"report"`
	// Partition is the split by space; nil where there are no positions.
	Partition *Partition `json:"partition,omitempty"`
	// Regions are the split of the graph; nil where there are positions.
	Regions []Region `json:"regions,omitempty"`
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

// NewSample divides the tissue and cuts the given number of circuits of each
// split: columns, or neighbourhoods where cut.Shape says so or no neuron has a
// position.
func NewSample(ctx context.Context, c *Connectome, split SplitConfig, cut ColumnConfig, counts map[Split]int, s seed.Seed) (Sample, error) {
	sample := Sample{Name: c.Name(), Report: c.Report()}
	cutSplit, err := sample.divide(ctx, c, split, cut, s)
	if err != nil {
		return Sample{}, err
	}
	for _, part := range []struct {
		split Split
		into  *[]*circuit.Circuit
	}{{Train, &sample.Train}, {Validation, &sample.Validation}, {Test, &sample.Test}} {
		if *part.into, err = cutSplit(part.split, counts[part.split]); err != nil {
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

// divide splits the tissue and returns what cuts circuits of a split.
func (s *Sample) divide(ctx context.Context, c *Connectome, split SplitConfig, cut ColumnConfig, from seed.Seed) (cutSplit func(Split, int) ([]*circuit.Circuit, error), err error) {
	if cut.Shape == "" && len(c.somata()) == 0 {
		cut.Shape = Walk
	}
	split.Neurons = cmp.Or(split.Neurons, cut.withDefaults().MaxNeurons)
	if cut.Shape == Walk || cut.Shape == Hops {
		s.Regions, err = NewRegions(c, split)
		return func(part Split, count int) ([]*circuit.Circuit, error) {
			return Neighbourhoods(ctx, c, s.Regions, part, count, cut, from)
		}, err
	}
	if cut.Shape == Ball {
		split.Radius = cmp.Or(split.Radius, ballRadius(c, split.Neurons))
	}
	s.Partition, err = NewPartition(c, split)
	return func(part Split, count int) ([]*circuit.Circuit, error) {
		return Columns(ctx, c, s.Partition, part, count, cut, from)
	}, err
}

// NewRandomSample is what not to do: circuits are cut all over the tissue, where
// NewSample would, and dealt out to the splits at random. Those of test and
// training overlap. It is here to show by how much that misleads.
func NewRandomSample(ctx context.Context, c *Connectome, split SplitConfig, cut ColumnConfig, counts map[Split]int, s seed.Seed) (Sample, error) {
	sample := Sample{Name: c.Name(), Report: c.Report()}
	cutSplit, err := sample.divide(ctx, c, split, cut, s)
	if err != nil {
		return Sample{}, err
	}
	for k := range sample.Regions {
		sample.Regions[k].Split = Train
	}
	if sample.Partition != nil {
		for k := range sample.Partition.Blocks {
			sample.Partition.Blocks[k].Split = Train
		}
	}
	all, err := cutSplit(Train, counts[Train]+counts[Validation]+counts[Test])
	if err != nil {
		return Sample{}, err
	}
	s.Stream("deal").Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for _, part := range []struct {
		split Split
		into  *[]*circuit.Circuit
	}{{Train, &sample.Train}, {Validation, &sample.Validation}, {Test, &sample.Test}} {
		for _, dealt := range all[:counts[part.split]] {
			origin := dealt.Origin()
			origin.Split = string(part.split)
			*part.into = append(*part.into, dealt.WithOrigin(origin))
		}
		all = all[counts[part.split]:]
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

// Disjoint returns, of circuits of one reconstruction, the first and every later
// one that shares no neuron with those taken before it; at most so many where most
// is above 0. Circuits of different regions share none.
func Disjoint(circuits []*circuit.Circuit, most int) []*circuit.Circuit {
	type neuron struct{ region, id string }
	taken := map[neuron]bool{}
	var apart []*circuit.Circuit
	for _, c := range circuits {
		if most > 0 && len(apart) == most {
			break
		}
		region, clash := c.Origin().Region, false
		for _, n := range c.Neurons() {
			clash = clash || taken[neuron{region, n.ID}]
		}
		if clash {
			continue
		}
		apart = append(apart, c)
		for _, n := range c.Neurons() {
			taken[neuron{region, n.ID}] = true
		}
	}
	return apart
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
