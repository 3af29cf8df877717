package connectome

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

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
	scratch  *sync.Pool // of *scratch
	in       []int32
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
	// Pairs may be given instead of Edges: half the memory, for millions of them.
	Pairs []circuit.Pair
	// Synapses is the synapse count of each entry of Edges or Pairs, or nil.
	// Counts of repeated edges are added up.
	Synapses []int32
	// Sizes is the summed size of the synapses of each entry, in
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
	if len(d.Edges) > 0 && len(d.Pairs) > 0 {
		faults = append(faults, fmt.Errorf("connectome: %s: %d edges and %d pairs: give one of the two", d.Name, len(d.Edges), len(d.Pairs)))
	}
	entries := len(d.Edges) + len(d.Pairs)
	if d.Synapses != nil && len(d.Synapses) != entries {
		faults = append(faults, fmt.Errorf("connectome: %s: %d synapse counts for %d edges", d.Name, len(d.Synapses), entries))
	}
	if d.Sizes != nil && len(d.Sizes) != entries {
		faults = append(faults, fmt.Errorf("connectome: %s: %d synapse sizes for %d edges", d.Name, len(d.Sizes), entries))
	}
	for name, values := range d.Factors {
		if len(values) != n {
			faults = append(faults, fmt.Errorf("connectome: %s: factor %q has %d values for %d neurons", d.Name, name, len(values), n))
		}
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	rows, at, duplicates, autapses, err := d.rows()
	if err != nil {
		return nil, fmt.Errorf("connectome: %s: %w", d.Name, err)
	}
	c := &Connectome{name: d.Name, neurons: slices.Clone(d.Neurons), edges: rows, factors: d.Factors, report: d.Report, checksum: d.Checksum, scratch: &sync.Pool{}}
	if slices.Contains(d.Observed, false) {
		c.observed = slices.Clone(d.Observed)
	}
	if c.synapses, err = sumCounts(d.Synapses, at, rows.Edges()); err != nil {
		return nil, fmt.Errorf("connectome: %s: %w", d.Name, err)
	}
	if c.sizes = sumSizes(d.Sizes, at, rows.Edges()); c.sizes != nil {
		c.sizeUnit = d.SizeUnit
	}
	if k := slices.IndexFunc(c.sizes, func(x float64) bool { return math.IsInf(x, 0) }); k >= 0 {
		return nil, fmt.Errorf("connectome: %s: the sizes of edge %d add up to more than a float64 holds", d.Name, k)
	}
	c.in = rows.InDegrees()
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

// rows builds the graph, and says where each entry went if there are numbers of
// entries to add up.
func (d Data) rows() (rows circuit.CSR, at []int32, duplicates, autapses int, err error) {
	n := len(d.Neurons)
	if d.Synapses == nil && d.Sizes == nil {
		if len(d.Pairs) > 0 {
			rows, duplicates, autapses, err = circuit.NewCSRPairs(n, d.Pairs, nil)
		} else {
			rows, duplicates, autapses, err = circuit.NewCSR(n, d.Edges)
		}
		return rows, nil, duplicates, autapses, err
	}
	pairs := d.Pairs
	if len(d.Edges) > 0 {
		pairs = make([]circuit.Pair, len(d.Edges))
		for k, e := range d.Edges {
			if e.Pre != int(int32(e.Pre)) || e.Post != int(int32(e.Post)) {
				return rows, nil, 0, 0, fmt.Errorf("edge %d is %d→%d, but neurons run from 0 to %d", k, e.Pre, e.Post, n-1)
			}
			pairs[k] = circuit.Pair{Pre: int32(e.Pre), Post: int32(e.Post)}
		}
	}
	at = make([]int32, len(pairs))
	rows, duplicates, autapses, err = circuit.NewCSRPairs(n, pairs, at)
	return rows, at, duplicates, autapses, err
}

// sumCounts adds up the counts of entries by the edge that each became; nil
// stays nil, and no edges have none.
func sumCounts(of, at []int32, edges int) ([]int32, error) {
	if of == nil || edges == 0 {
		return nil, nil
	}
	sums := make([]int32, edges)
	for k, edge := range at {
		if edge < 0 {
			continue
		}
		sum := int64(sums[edge]) + int64(of[k])
		if sum > math.MaxInt32 || of[k] < 0 {
			return nil, fmt.Errorf("entry %d: %d synapses make %d of its edge: give counts from 0, whose sums stay below 2³¹", k, of[k], sum)
		}
		sums[edge] = int32(sum)
	}
	return sums, nil
}

// sumSizes likewise, in the order of the entries, so that sums repeat to the bit.
func sumSizes(of []float64, at []int32, edges int) []float64 {
	if of == nil || edges == 0 {
		return nil
	}
	sums := make([]float64, edges)
	for k, edge := range at {
		if edge >= 0 {
			sums[edge] += of[k]
		}
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

// Degrees returns the number of targets and of sources of every neuron, which
// were counted when the reconstruction was made. Masked rows are counted as they
// are. The caller must not change in.
func (c *Connectome) Degrees() (out, in []int32) { return c.edges.OutDegrees(), c.in }

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
