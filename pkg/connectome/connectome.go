package connectome

import (
	"errors"
	"fmt"
	"slices"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// Connectome is a reconstruction: described neurons and the directed graph
// among them. It does not change once made.
type Connectome struct {
	name     string
	neurons  []circuit.Neuron
	edges    circuit.CSR
	synapses []int32   // one per edge in CSR order; nil when the source has no counts
	sizes    []float64 // likewise
	sizeUnit string
	observed []bool // nil: every row
	factors  map[string][]float64
	report   Report
	checksum string
}

// Report says what a source held and what of it was left out.
type Report struct {
	// Layout is the name of the file layout that was recognised.
	Layout string `json:"layout"`
	// Files are the names of the files read, without folders.
	Files []string `json:"files,omitempty"`
	// Neurons and Edges are what was kept.
	Neurons int `json:"neurons"`
	Edges   int `json:"edges"`
	// Drops says what was left out, how often and why, in reading order.
	Drops []Drop `json:"drops,omitempty"`
	// Notes are facts about the source that a user should know.
	Notes []string `json:"notes,omitempty"`
}

// Drop is a kind of thing that a reader left out.
type Drop struct {
	What  string `json:"what"`
	Count int    `json:"count"`
	Why   string `json:"why,omitempty"`
}

// Data is what a reader or a generator hands to New.
type Data struct {
	// Name of the reconstruction, such as "microns-minnie65-v117".
	Name    string
	Neurons []circuit.Neuron
	// Edges in any order. Autapses and repeats are dropped and counted.
	Edges []circuit.Edge
	// Synapses is the synapse count of each entry of Edges, or nil. Counts of
	// repeated edges are added up.
	Synapses []int32
	// Sizes is the summed size of the synapses of each entry of Edges, in
	// SizeUnit, or nil. Sizes of repeated edges are added up.
	Sizes []float64
	// SizeUnit is in the source's words, such as "voxels of 4×4×40 nm"; "" when
	// it does not say.
	SizeUnit string
	// Observed is the observed-rows mask; nil means all rows.
	Observed []bool
	// Factors holds, by name, one true generating factor a neuron; nil unless
	// the source knows its truth.
	Factors map[string][]float64
	// Report is what the reader has to say; New fills in the counts.
	Report Report
	// Checksum is the SHA-256 of the source in hexadecimal; for a generator, of
	// its configuration.
	Checksum string
}

// New checks data and makes a connectome of it.
func New(d Data) (*Connectome, error) {
	n := len(d.Neurons)
	var faults []error
	seen := make(map[string]int, n)
	for i, neuron := range d.Neurons {
		if j, twice := seen[neuron.ID]; twice {
			faults = append(faults, fmt.Errorf("connectome: %s: neurons %d and %d have the same id %q", d.Name, j, i, neuron.ID))
		}
		seen[neuron.ID] = i
	}
	if d.Observed != nil && len(d.Observed) != n {
		faults = append(faults, fmt.Errorf("connectome: %s: observed-rows mask of %d entries for %d neurons", d.Name, len(d.Observed), n))
	}
	if d.Synapses != nil && len(d.Synapses) != len(d.Edges) {
		faults = append(faults, fmt.Errorf("connectome: %s: %d synapse counts for %d edges", d.Name, len(d.Synapses), len(d.Edges)))
	}
	if d.Sizes != nil && len(d.Sizes) != len(d.Edges) {
		faults = append(faults, fmt.Errorf("connectome: %s: %d synapse sizes for %d edges", d.Name, len(d.Sizes), len(d.Edges)))
	}
	for name, values := range d.Factors {
		if len(values) != n {
			faults = append(faults, fmt.Errorf("connectome: %s: factor %q has %d values for %d neurons", d.Name, name, len(values), n))
		}
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	rows, duplicates, autapses, err := circuit.NewCSR(n, d.Edges)
	if err != nil {
		return nil, fmt.Errorf("connectome: %s: %w", d.Name, err)
	}
	c := &Connectome{name: d.Name, neurons: slices.Clone(d.Neurons), edges: rows, factors: d.Factors, report: d.Report, checksum: d.Checksum}
	if slices.Contains(d.Observed, false) {
		c.observed = slices.Clone(d.Observed)
	}
	c.synapses, c.sizes, c.sizeUnit = sumByEdge(rows, d.Edges, d.Synapses), sumByEdge(rows, d.Edges, d.Sizes), d.SizeUnit
	c.report.Neurons, c.report.Edges = n, rows.Edges()
	c.report.Drops = slices.Clone(d.Report.Drops)
	if autapses > 0 {
		c.report.Drops = append(c.report.Drops, Drop{"autapse", autapses, "a neuron's synapses on itself are not edges here"})
	}
	if duplicates > 0 {
		c.report.Drops = append(c.report.Drops, Drop{"repeated edge", duplicates, "merged into one edge; synapse counts, where known, were added up"})
	}
	return c, nil
}

// sumByEdge adds up a number of every entry of edges by the edge that it
// became; nil stays nil.
func sumByEdge[T int32 | float64](rows circuit.CSR, edges []circuit.Edge, of []T) []T {
	if of == nil {
		return nil
	}
	sums := make([]T, rows.Edges())
	for k, e := range edges {
		if e.Pre == e.Post {
			continue
		}
		at, _ := slices.BinarySearch(rows.Row(e.Pre), int32(e.Post))
		sums[rows.Offsets[e.Pre]+int64(at)] += of[k]
	}
	return sums
}

// Name returns the reconstruction's name.
func (c *Connectome) Name() string { return c.name }

// Len returns the number of neurons.
func (c *Connectome) Len() int { return len(c.neurons) }

// Edges returns the number of edges.
func (c *Connectome) Edges() int { return c.edges.Edges() }

// Neuron returns neuron i.
func (c *Connectome) Neuron(i int) circuit.Neuron { return c.neurons[i] }

// CSR returns the graph. The caller must not change it.
func (c *Connectome) CSR() circuit.CSR { return c.edges }

// Synapses returns one synapse count per edge, in CSR order, or nil where the
// source has none. The caller must not change it.
func (c *Connectome) Synapses() []int32 { return c.synapses }

// Sizes returns the summed synapse size of every edge, in CSR order, and its
// unit, or nil where the source has none. The caller must not change it.
func (c *Connectome) Sizes() (sizes []float64, unit string) { return c.sizes, c.sizeUnit }

// Factors returns one true generating factor a neuron, by name, or nil where the
// source does not know its truth. The caller must not change it.
func (c *Connectome) Factors() map[string][]float64 { return c.factors }

// Observed reports whether the outputs of neuron i were observed.
func (c *Connectome) Observed(i int) bool { return c.observed == nil || c.observed[i] }

// Report says what was read and what was left out.
func (c *Connectome) Report() Report { return c.report }

// Checksum returns the SHA-256 of the source, in hexadecimal.
func (c *Connectome) Checksum() string { return c.checksum }

// Circuit cuts out the given neurons, in the given order, with their mask.
// Where the source knows its generating factors, those of the circuit are the
// means over its neurons.
func (c *Connectome) Circuit(indices []int) (*circuit.Circuit, error) {
	at := make(map[int32]int, len(indices))
	neurons := make([]circuit.Neuron, len(indices))
	var observed []bool
	if c.observed != nil {
		observed = make([]bool, len(indices))
	}
	for k, i := range indices {
		if i < 0 || i >= c.Len() {
			return nil, fmt.Errorf("connectome: %s: neuron %d of %d", c.name, i, c.Len())
		}
		at[int32(i)] = k
		neurons[k] = c.neurons[i]
		if observed != nil {
			observed[k] = c.observed[i]
		}
	}
	var edges []circuit.Edge
	for k, i := range indices {
		for _, j := range c.edges.Row(i) {
			if post, in := at[j]; in {
				edges = append(edges, circuit.Edge{Pre: k, Post: post})
			}
		}
	}
	cut, err := circuit.New(neurons, edges)
	if err != nil {
		return nil, fmt.Errorf("connectome: %s: %w", c.name, err)
	}
	origin := circuit.Origin{Source: c.name}
	if c.factors != nil {
		origin.Factors = make(map[string]float64, len(c.factors))
		for name, values := range c.factors {
			sum := 0.0
			for _, i := range indices {
				sum += values[i]
			}
			origin.Factors[name] = sum / float64(len(indices))
		}
	}
	return cut.WithOrigin(origin).WithObserved(observed)
}
