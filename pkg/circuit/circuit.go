package circuit

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"maps"
	"math/bits"
	"slices"
)

// MaxNeurons is the largest circuit: above it, bit rows would cost more than
// 32 MiB and package connectome is the better place.
const MaxNeurons = 1 << 14

// Circuit is a directed simple graph over ordered, described neurons.
// The zero value is the empty circuit. Methods do not change it.
type Circuit struct {
	neurons  []Neuron
	rows     CSR
	bits     []uint64 // n rows of `words` words; bit j of row i is A[i, j]
	words    int
	observed []bool // nil: all
	origin   Origin
}

// Origin says where a circuit was taken from. All fields are optional.
type Origin struct {
	// Source names the reconstruction or generator.
	Source string `json:"source,omitempty"`
	// Split is "train", "validation" or "test".
	Split string `json:"split,omitempty"`
	// Region names the block of tissue. Circuits of different regions share no
	// neuron, so cross-validation and bootstrap group by it.
	Region string `json:"region,omitempty"`
	// Radius is that of the cut, in µm.
	Radius float64 `json:"radius_um,omitempty"`
	// Factors are the true generating factors, when the source knows them.
	Factors map[string]float64 `json:"factors,omitempty"`
}

// New makes a circuit. Every fault is reported at once: a repeated or empty id,
// a half-known position, an edge to a neuron that is not there, an autapse, a
// repeated edge. Slices are copied.
func New(neurons []Neuron, edges []Edge) (*Circuit, error) {
	n := len(neurons)
	if n > MaxNeurons {
		return nil, fmt.Errorf("circuit: %d neurons, more than %d: keep it as a connectome and cut columns", n, MaxNeurons)
	}
	var faults []error
	seen := make(map[string]int, n)
	for i, neuron := range neurons {
		if neuron.ID == "" {
			faults = append(faults, fmt.Errorf("circuit: neuron %d has no id", i))
		} else if j, twice := seen[neuron.ID]; twice {
			faults = append(faults, fmt.Errorf("circuit: neurons %d and %d have the same id %q", j, i, neuron.ID))
		}
		seen[neuron.ID] = i
		p := neuron.Position
		if !p.Known() && (finite(p.X) || finite(p.Y) || finite(p.Depth)) {
			faults = append(faults, fmt.Errorf("circuit: neuron %d (id %q) has the half-known position (%g, %g, %g): give all three coordinates in µm or NoPosition", i, neuron.ID, p.X, p.Y, p.Depth))
		}
	}
	rows, duplicates, autapses, err := NewCSR(n, edges)
	if err != nil {
		faults = append(faults, err)
	}
	if autapses > 0 {
		faults = append(faults, fmt.Errorf("circuit: %d autapses: leave out edges from a neuron to itself", autapses))
	}
	if duplicates > 0 {
		faults = append(faults, fmt.Errorf("circuit: %d repeated edges: merge them first (their count is a synapse count, not an edge)", duplicates))
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	c := &Circuit{neurons: slices.Clone(neurons), rows: rows, words: (n + 63) / 64}
	c.bits = make([]uint64, n*c.words)
	for i := range n {
		for _, j := range rows.Row(i) {
			c.bits[i*c.words+int(j)/64] |= 1 << (uint(j) % 64)
		}
	}
	return c, nil
}

// Len returns the number of neurons, n.
func (c *Circuit) Len() int { return len(c.neurons) }

// Edges returns the number of edges, m, those of unobserved rows included.
func (c *Circuit) Edges() int { return c.rows.Edges() }

// Neuron returns neuron i.
func (c *Circuit) Neuron(i int) Neuron { return c.neurons[i] }

// Neurons yields index and neuron, in order.
func (c *Circuit) Neurons() iter.Seq2[int, Neuron] { return slices.All(c.neurons) }

// Has reports A[pre, post].
func (c *Circuit) Has(pre, post int) bool {
	return c.bits[pre*c.words+post/64]>>(uint(post)%64)&1 == 1
}

// CSR returns the adjacency as compressed rows. The caller must not change it.
func (c *Circuit) CSR() CSR { return c.rows }

// Bits returns row pre of the adjacency as a bit set of ⌈n/64⌉ words, bit j%64
// of word j/64 being A[pre, j]. The caller must not change it.
func (c *Circuit) Bits(pre int) []uint64 {
	return c.bits[pre*c.words : (pre+1)*c.words : (pre+1)*c.words]
}

// EdgeList returns all edges, ordered by pre, then post.
func (c *Circuit) EdgeList() []Edge {
	edges := make([]Edge, 0, c.Edges())
	for i := range c.neurons {
		for _, j := range c.rows.Row(i) {
			edges = append(edges, Edge{i, int(j)})
		}
	}
	return edges
}

// Dense fills dst, row-major [n, n], with 0 and 1 and returns it. A nil or short dst
// is replaced by a new slice.
func (c *Circuit) Dense(dst []float64) []float64 {
	n := c.Len()
	if len(dst) < n*n {
		dst = make([]float64, n*n)
	}
	dst = dst[:n*n]
	clear(dst)
	for i := range n {
		for _, j := range c.rows.Row(i) {
			dst[i*n+int(j)] = 1
		}
	}
	return dst
}

// Observed reports whether the outputs of neuron i were observed.
func (c *Circuit) Observed(i int) bool { return c.observed == nil || c.observed[i] }

// FullyObserved reports whether no row is masked.
func (c *Circuit) FullyObserved() bool { return c.observed == nil }

// ObservedRows returns how many rows were observed.
func (c *Circuit) ObservedRows() int {
	if c.observed == nil {
		return c.Len()
	}
	count := 0
	for _, o := range c.observed {
		if o {
			count++
		}
	}
	return count
}

// Origin says where the circuit was taken from. The caller must not change its
// factors.
func (c *Circuit) Origin() Origin { return c.origin }

// WithOrigin returns the same circuit with another origin.
func (c *Circuit) WithOrigin(o Origin) *Circuit {
	d := *c
	o.Factors = maps.Clone(o.Factors)
	d.origin = o
	return &d
}

// WithObserved returns the same circuit with an observed-rows mask: one entry a
// neuron, false where its outputs are unknown. A mask without a false, or nil,
// means that all rows are observed. Edges in unobserved rows are kept, since a
// synapse that was seen is there, but the row's other entries stay unknown.
func (c *Circuit) WithObserved(rows []bool) (*Circuit, error) {
	if rows != nil && len(rows) != c.Len() {
		return nil, fmt.Errorf("circuit: observed-rows mask of %d entries for %d neurons", len(rows), c.Len())
	}
	d := *c
	d.observed = nil
	if slices.Contains(rows, false) {
		d.observed = slices.Clone(rows)
	}
	return &d, nil
}

// WithEdges returns a circuit of the same neurons, mask and origin with other
// edges: a surrogate or a decoded sample.
func (c *Circuit) WithEdges(edges []Edge) (*Circuit, error) {
	d, err := New(c.neurons, edges)
	if err != nil {
		return nil, err
	}
	d.observed, d.origin = c.observed, c.origin
	return d, nil
}

// WithNeurons returns a circuit of the same edges, mask and origin between other
// neurons, as many.
func (c *Circuit) WithNeurons(neurons []Neuron) (*Circuit, error) {
	if len(neurons) != c.Len() {
		return nil, fmt.Errorf("circuit: %d neurons in place of %d", len(neurons), c.Len())
	}
	d, err := New(neurons, c.EdgeList())
	if err != nil {
		return nil, err
	}
	d.observed, d.origin = c.observed, c.origin
	return d, nil
}

// Subcircuit returns the circuit induced on the given neurons, in the given
// order: a permutation relabels. A repeated or missing index is an error.
func (c *Circuit) Subcircuit(indices []int) (*Circuit, error) {
	at := make([]int, c.Len())
	for i := range at {
		at[i] = -1
	}
	neurons := make([]Neuron, len(indices))
	var observed []bool
	if c.observed != nil {
		observed = make([]bool, len(indices))
	}
	for k, i := range indices {
		if i < 0 || i >= c.Len() {
			return nil, fmt.Errorf("circuit: subcircuit: neuron %d of %d", i, c.Len())
		}
		if at[i] >= 0 {
			return nil, fmt.Errorf("circuit: subcircuit: neuron %d is named twice", i)
		}
		at[i] = k
		neurons[k] = c.neurons[i]
		if observed != nil {
			observed[k] = c.observed[i]
		}
	}
	var edges []Edge
	for k, i := range indices {
		for _, j := range c.rows.Row(i) {
			if at[j] >= 0 {
				edges = append(edges, Edge{k, at[j]})
			}
		}
	}
	d, err := New(neurons, edges)
	if err != nil {
		return nil, err
	}
	d.origin = c.origin
	return d.WithObserved(observed)
}

// Canonical returns the circuit with its neurons ordered by class, then depth
// (unknown depths last), then id. Source order, and so anything that it might
// give away, is lost.
func (c *Circuit) Canonical() *Circuit {
	order := make([]int, c.Len())
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return CompareNeurons(&c.neurons[i], &c.neurons[j]) })
	d, err := c.Subcircuit(order)
	if err != nil {
		panic("circuit: canonical: " + err.Error()) // cannot happen: order is a permutation of a valid circuit
	}
	return d
}

// CompareNeurons is the order of Canonical, as a function for sorting: below 0
// where a comes before b.
func CompareNeurons(a, b *Neuron) int {
	if c := cmp.Compare(a.Class, b.Class); c != 0 {
		return c
	}
	if c := compareDepth(a.Position, b.Position); c != 0 {
		return c
	}
	return cmp.Compare(a.ID, b.ID)
}

func compareDepth(p, q Position) int {
	switch {
	case p.Known() && q.Known():
		return cmp.Compare(p.Depth, q.Depth)
	case p.Known():
		return -1
	case q.Known():
		return 1
	}
	return 0
}

// Classes returns the classes that occur in any of the circuits, sorted.
func Classes(circuits ...*Circuit) []Class {
	set := map[Class]bool{}
	for _, c := range circuits {
		for _, neuron := range c.neurons {
			set[neuron.Class] = true
		}
	}
	return slices.Sorted(maps.Keys(set))
}

// Mutual returns the number of unordered pairs connected both ways, the masked
// rows included.
func (c *Circuit) Mutual() int {
	count := 0
	for i := range c.neurons {
		for _, j := range c.rows.Row(i) {
			if int(j) > i && c.Has(int(j), i) {
				count++
			}
		}
	}
	return count
}

// OutDegrees returns the number of targets of every neuron.
func (c *Circuit) OutDegrees() []int {
	degrees := make([]int, c.Len())
	for i := range degrees {
		for _, w := range c.Bits(i) {
			degrees[i] += bits.OnesCount64(w)
		}
	}
	return degrees
}

// InDegrees returns the number of sources of every neuron.
func (c *Circuit) InDegrees() []int {
	degrees := make([]int, c.Len())
	for _, j := range c.rows.Targets {
		degrees[j]++
	}
	return degrees
}
