package structure

import (
	"context"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strconv"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// mostSimplices is after how many simplices of a circuit counting gives up. Real
// circuits of a hundred neurons have some hundreds; but where many edges run both
// ways their number is like a factorial: 21 neurons all connected have 10²⁰.
const mostSimplices = 1 << 18

// namedDimensions is up to which dimension the registry has a measure each.
const namedDimensions = 7

var cliqueMeasures = cliqueTable()

func cliqueTable() []Measure {
	const source = "Reimann et al. 2017, doi:10.3389/fncom.2017.00048"
	var table []Measure
	for d := 2; d <= namedDimensions; d++ {
		table = append(table, Measure{"simplices_" + strconv.Itoa(d), "simplices", 0, inf, fmt.Sprintf("number of directed simplices of dimension %d, of %d neurons", d, d+1), source, "simplices·n/64", KnownPairs,
			func(v *view) float64 { return v.simplices().count(d) }})
	}
	return append(table,
		Measure{"euler_characteristic", "1", -inf, inf, "sum over dimensions d of (−1)^d times the number of directed simplices", source, "simplices·n/64", KnownPairs, func(v *view) float64 { return v.simplices().euler() }},
		Measure{"simplex_dimension", "1", 0, inf, "highest dimension of a directed simplex", source, "simplices·n/64", KnownPairs, func(v *view) float64 { return v.simplices().dimension() }})
}

// flag is the work of counting a directed flag complex, and its result.
type flag struct {
	made  bool
	rows  []uint64 // bit rows of the graph
	words int      // of a row
	// levels holds, a row each, the neurons that extend the simplex at hand, by
	// its dimension.
	levels []uint64
	// counts are of simplices, by dimension.
	counts []int64
	// highest is by neuron the dimension of the largest simplex that it is in,
	// kept where marks says so.
	highest []int32
	marks   bool
	// stop is the dimension above which none is counted.
	stop int
	// limit lowers stop: to a dimension that has more simplices; and to
	// namedDimensions where all have more. 0 is none.
	limit, total int64
	// ctx is looked at every few thousand steps where there is one.
	ctx   context.Context
	steps int
}

// simplices counts those of the view.
func (v *view) simplices() *flag {
	if f := &v.flag; !f.made {
		f.made, f.marks = true, false
		f.of(v)
	}
	return &v.flag
}

// of counts the simplices of a view up to the limit.
func (f *flag) of(v *view) {
	v.rows()
	f.begin(v.out, v.words, v.n)
	f.stop, f.limit = math.MaxInt, mostSimplices
	f.found(0, v.c.ObservedRows())
	for i := range v.n {
		f.from(i, v.row(v.out, i))
	}
}

// begin forgets what was counted.
func (f *flag) begin(rows []uint64, words, n int) {
	f.rows, f.words = rows, words
	f.counts, f.total = f.counts[:0], 0
	if f.marks {
		f.highest = cleared(f.highest, n)
	}
}

// found counts simplices of a dimension.
func (f *flag) found(dimension, number int) {
	if number == 0 {
		return
	}
	for len(f.counts) <= dimension {
		f.counts = append(f.counts, 0)
	}
	f.counts[dimension] += int64(number)
	if f.limit == 0 {
		return
	}
	if f.total += int64(number); f.total > f.limit {
		f.stop = min(f.stop, namedDimensions)
	}
	if f.counts[dimension] > f.limit {
		f.stop = min(f.stop, dimension)
	}
}

// from counts the simplices that start at neuron i.
func (f *flag) from(i int, targets []uint64) {
	if size := ones(targets); size > 0 && f.stop > 0 {
		f.found(1, size)
		f.raise(i, f.extend(0, targets, size))
	}
}

// raise notes that neuron i is in a simplex of the dimension.
func (f *flag) raise(i, dimension int) {
	if f.marks {
		f.highest[i] = max(f.highest[i], int32(dimension))
	}
}

// extend counts the simplices that begin with one of that dimension, given the
// neurons that come after all of its own: dimension + 1 is counted already. It
// returns the highest dimension met.
//
// Simplices grow by their last neuron: each is met once, in its own order.
func (f *flag) extend(dimension int, after []uint64, size int) int {
	if size == 1 || dimension+2 > f.stop {
		if f.marks {
			for v := range bitsOf(after) {
				f.raise(v, dimension+1)
			}
		}
		return dimension + 1
	}
	if f.ctx != nil && f.cancelled() {
		return dimension + 1
	}
	next := f.level(dimension)
	highest := dimension + 1
	for v := range bitsOf(after) {
		reached := dimension + 1
		if left := intersect(next, after, f.rows[v*f.words:]); left > 0 {
			f.found(dimension+2, left)
			reached = f.extend(dimension+1, next, left)
		}
		f.raise(v, reached)
		highest = max(highest, reached)
	}
	return highest
}

// cancelled stops all counting once the context has ended.
func (f *flag) cancelled() bool {
	if f.steps++; f.steps%checkEvery == 0 && f.ctx.Err() != nil {
		f.stop = 0
	}
	return f.stop == 0
}

// level is the row of a dimension. Rows that were given out stay as they are
// when there have to be more.
func (f *flag) level(dimension int) []uint64 {
	for len(f.levels) < (dimension+1)*f.words {
		f.levels = append(f.levels, make([]uint64, f.words)...)
	}
	return f.levels[dimension*f.words : (dimension+1)*f.words]
}

// intersect puts into both what a and b share, and counts it.
func intersect(both, a, b []uint64) int {
	count := 0
	b, both = b[:len(a)], both[:len(a)]
	for w, word := range a {
		word &= b[w]
		both[w] = word
		count += bits.OnesCount64(word)
	}
	return count
}

// known returns the counts of dimensions that were counted to the end, and
// whether they are all. Which they are does not depend on the order of neurons.
func (f *flag) known() (counts []int64, all bool) {
	if len(f.counts) <= f.stop {
		return f.counts, true
	}
	return f.counts[:f.stop+1], false
}

func (f *flag) count(dimension int) float64 {
	counts, all := f.known()
	switch {
	case dimension < len(counts):
		return float64(counts[dimension])
	case all:
		return 0
	}
	return math.NaN()
}

func (f *flag) euler() float64 {
	counts, all := f.known()
	if !all {
		return math.NaN()
	}
	sum, sign := int64(0), int64(1)
	for _, count := range counts {
		sum += sign * count
		sign = -sign
	}
	return float64(sum)
}

func (f *flag) dimension() float64 {
	counts, all := f.known()
	if !all || len(counts) == 0 {
		return math.NaN()
	}
	return float64(len(counts) - 1)
}

func (f *flag) err() error {
	if counts, all := f.known(); !all {
		return fmt.Errorf("structure: simplices: more than %d, counted up to dimension %d: SimplicesOf counts up to a dimension of your choice without a limit", f.limit, len(counts)-1)
	}
	return nil
}

// Simplices returns the number of directed simplices by dimension, up to the
// highest that occurs: [0] neurons, [1] edges, [2] transitive triads. A directed
// simplex of dimension d is d+1 neurons in an order in which every earlier one
// has an edge to every later one. The same neurons with edges both ways have
// several such orders and are counted in each, as by pyflagser and connalysis.
// Only observed neurons count; without one the slice is empty.
//
// Where a circuit has more than 2¹⁸ of them the error says so. The counts are
// then exact but end at the first dimension that alone has more, at 7 the latest,
// and there may be higher ones. Measures of the registry are NaN beyond.
//
// Reimann et al. 2017, doi:10.3389/fncom.2017.00048; Lütgehetmann et al. 2020,
// doi:10.3390/a13010019. The counting by bit rows is ours.
func Simplices(c *circuit.Circuit) ([]int64, error) {
	var err error
	counts := measured(c, func(v *view) []int64 {
		f := v.simplices()
		known, _ := f.known()
		err = f.err()
		return slices.Clone(known)
	})
	return counts, err
}

// SimplexDimensions returns, by neuron, the highest dimension of a directed
// simplex that it takes part in, 0 where that is itself alone. The error is that
// of [Simplices], and then there are no dimensions.
// Egas Santander et al. 2024, doi:10.1101/2024.03.15.585196.
func SimplexDimensions(c *circuit.Circuit) ([]int, error) {
	v := viewOf(c)
	f := v.simplices()
	if err := f.err(); err != nil {
		return nil, err // without the time that marks take
	}
	f.marks = true
	f.of(v)
	dimensions := make([]int, c.Len())
	for i, d := range f.highest {
		dimensions[i] = int(d)
	}
	return dimensions, nil
}

// SimplexDimension returns the highest dimension of a directed simplex; NaN
// without an observed neuron or past the limit of [Simplices].
func SimplexDimension(c *circuit.Circuit) float64 {
	return measured(c, func(v *view) float64 { return v.simplices().dimension() })
}

// EulerCharacteristic returns the alternating sum Σ(−1)^d of the numbers of
// directed simplices of all dimensions, 0 without an observed neuron and NaN past
// the limit of [Simplices].
func EulerCharacteristic(c *circuit.Circuit) float64 {
	return measured(c, func(v *view) float64 { return v.simplices().euler() })
}

// FlagComplex is the directed flag complex of a graph up to some dimension.
type FlagComplex struct {
	// Simplices are counts by dimension, up to the highest that was found.
	Simplices []int64
	// Highest is by neuron the highest dimension that it takes part in.
	Highest []int
}

// Shares returns, by dimension, the share of neurons that take part in no higher
// one: the quantity of Egas Santander et al. 2024, doi:10.1101/2024.03.15.585196.
func (f FlagComplex) Shares() []float64 {
	shares := make([]float64, len(f.Simplices))
	for _, d := range f.Highest {
		shares[d] += 1 / float64(len(f.Highest))
	}
	return shares
}

// SimplicesOf counts the directed simplices of a graph of any size up to a
// dimension, 1 or more, on all cores and with the same result on any number. Rows
// are taken as they are and autapses left out. There is no limit but the context,
// so mind the dimension of a graph with many edges both ways. Memory is k²/8
// bytes a core at a neuron of k targets. The error is a cancelled context or a
// dimension below 1.
func SimplicesOf(ctx context.Context, g circuit.CSR, dimension int) (FlagComplex, error) {
	if dimension < 1 {
		return FlagComplex{}, fmt.Errorf("structure: simplices: up to dimension %d: give 1 (edges) or more", dimension)
	}
	var parts []*neighbourhood
	err := inParallel(ctx, g.Rows(), func() func(int) {
		h := &neighbourhood{g: g, local: make([]int32, g.Rows()), highest: make([]int32, g.Rows())}
		h.stop, h.ctx, h.marks = dimension, ctx, true
		parts = append(parts, h)
		return h.from
	})
	if err != nil {
		return FlagComplex{}, fmt.Errorf("structure: simplices: %w", err)
	}
	found := FlagComplex{Highest: make([]int, g.Rows())}
	for _, h := range parts {
		for d, count := range h.sums {
			if d == len(found.Simplices) {
				found.Simplices = append(found.Simplices, 0)
			}
			found.Simplices[d] += count
		}
		for i, d := range h.highest {
			found.Highest[i] = max(found.Highest[i], int(d))
		}
	}
	return found, nil
}

// neighbourhood counts the simplices that start at a neuron among its targets
// alone, which have short bit rows.
type neighbourhood struct {
	flag
	g       circuit.CSR
	local   []int32 // by neuron, 1 + its place among the targets
	targets []int32
	bits    []uint64
	sums    []int64
	highest []int32
}

func (h *neighbourhood) from(i int) {
	h.targets = h.targets[:0]
	for _, j := range h.g.Row(i) {
		if int(j) != i {
			h.targets = append(h.targets, j)
			h.local[j] = int32(len(h.targets))
		}
	}
	k := len(h.targets)
	words := (k + 63) / 64
	h.bits = cleared(h.bits, (k+1)*words)
	for a, j := range h.targets {
		row := h.bits[a*words : (a+1)*words]
		for _, to := range h.g.Row(int(j)) {
			if b := h.local[to] - 1; b >= 0 && int(b) != a {
				row[b/64] |= 1 << (b % 64)
			}
		}
	}
	all := h.bits[k*words:]
	for a := range k {
		all[a/64] |= 1 << (a % 64)
	}
	h.count(i, all, words, k)
	for _, j := range h.targets {
		h.local[j] = 0
	}
}

// count adds what is found to the sums.
func (h *neighbourhood) count(i int, all []uint64, words, k int) {
	h.begin(h.bits, words, k)
	h.found(0, 1)
	if k > 0 {
		h.found(1, k)
		h.highest[i] = max(h.highest[i], int32(h.extend(0, all, k)))
	}
	for d, count := range h.counts {
		if d == len(h.sums) {
			h.sums = append(h.sums, 0)
		}
		h.sums[d] += count
	}
	for a, j := range h.targets {
		h.highest[j] = max(h.highest[j], h.flag.highest[a])
	}
}
