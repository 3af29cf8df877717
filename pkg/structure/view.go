package structure

import (
	"iter"
	"math/bits"
	"sync"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// view is a circuit made ready for measuring. What several measures need, such
// as its bit rows, is made once, when first asked for, in memory that the next
// circuit uses again: a profile of many circuits allocates nothing in its inner
// loops. A view belongs to one goroutine.
type view struct {
	c *circuit.Circuit
	n int // neurons
	// whole reports whether all rows are observed.
	whole bool

	words int // of a bit row
	// Bit rows of the circuit induced on its observed neurons, one after the
	// other: to, from and both ways.
	out, in, both []uint64
	all           []uint64 // the memory of the three
	hasRows       bool
	either        []uint64 // out or in, in the memory of commonNeighbourBias

	partners    partners
	hasPartners bool
	louvain     louvain
	degrees     []int

	spectrum spectrum

	census    census
	triangles triangles
	flag      flag

	signs  groups
	degree degreeVectors

	distances distances
	brandes   brandes
	strong    search
	forest    forest
	hasForest bool
	trophic   trophic
	places    places
}

// viewOf returns a view that nothing has been asked of.
func viewOf(c *circuit.Circuit) *view {
	v := new(view)
	v.reset(c)
	return v
}

// views are kept for their memory, which is most of what a measure of a small
// circuit would cost.
var views = sync.Pool{New: func() any { return new(view) }}

// measured returns something of a circuit, which must not lie in the view's memory.
func measured[T any](c *circuit.Circuit, of func(*view) T) T {
	v := views.Get().(*view)
	v.reset(c)
	result := of(v)
	v.c = nil // or the circuit would live as long as the view
	views.Put(v)
	return result
}

// reset turns the view to another circuit and forgets all but the memory.
func (v *view) reset(c *circuit.Circuit) {
	v.c, v.n, v.whole = c, c.Len(), c.FullyObserved()
	v.words = (v.n + 63) / 64
	v.hasRows, v.hasPartners = false, false
	v.spectrum.known, v.spectrum.listed = false, false
	v.census.made, v.triangles.made, v.flag.made = false, false, false
	v.signs.made, v.degree.made = false, false
	v.distances.made, v.hasForest, v.places.made = false, false, false
}

// rows makes the bit rows.
func (v *view) rows() {
	if v.hasRows {
		return
	}
	v.hasRows = true
	size := v.n * v.words
	v.all = cleared(v.all, 3*size)
	v.out, v.in, v.both = v.all[:size], v.all[size:2*size], v.all[2*size:]
	g, in := v.c.CSR(), v.in
	for i := range v.n {
		if !v.c.Observed(i) {
			continue
		}
		out, word, bit := v.row(v.out, i), i/64, uint64(1)<<(i%64)
		for _, j := range g.Row(i) {
			if v.whole || v.c.Observed(int(j)) {
				out[j/64] |= 1 << (j % 64)
				in[int(j)*v.words+word] |= bit
			}
		}
	}
	for k, o := range v.out {
		v.both[k] = o & in[k]
	}
}

// row returns row i of bit rows.
func (v *view) row(rows []uint64, i int) []uint64 { return rows[i*v.words : (i+1)*v.words] }

// cleared returns a slice of that length, all zero, in the memory of s where it
// fits.
func cleared[T any](s []T, length int) []T {
	if cap(s) < length {
		return make([]T, length)
	}
	s = s[:length]
	clear(s)
	return s
}

// resized is cleared without the clearing.
func resized[T any](s []T, length int) []T {
	if cap(s) < length {
		return make([]T, length)
	}
	return s[:length]
}

// bitsOf yields the places of the bits of a row, ascending.
func bitsOf(row []uint64) iter.Seq[int] {
	return func(yield func(int) bool) {
		for w, word := range row {
			for ; word != 0; word &= word - 1 {
				if !yield(w*64 + bits.TrailingZeros64(word)) {
					return
				}
			}
		}
	}
}

// common counts the bits that two rows share.
func common(a, b []uint64) int {
	count := 0
	b = b[:len(a)] // spares looking at its end for every word
	for w, word := range a {
		count += bits.OnesCount64(word & b[w])
	}
	return count
}

func ones(a []uint64) int {
	count := 0
	for _, word := range a {
		count += bits.OnesCount64(word)
	}
	return count
}
