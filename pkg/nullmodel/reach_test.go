package nullmodel

import (
	"slices"
	"testing"
)

// forest joins digraphs that moves lead between.
type forest []int32

func newForest(n int) forest {
	f := make(forest, n)
	for i := range f {
		f[i] = int32(i)
	}
	return f
}

func (f forest) root(i int32) int32 {
	for f[i] != i {
		f[i] = f[f[i]]
		i = f[i]
	}
	return i
}

func (f forest) join(i, j int) { f[f.root(int32(i))] = f.root(int32(j)) }

func (f forest) trees() (count int) {
	for i, j := range f {
		if int(j) == i {
			count++
		}
	}
	return count
}

// A digraph of a few neurons is a number of two bits a pair, as in waysOf.
type digraph uint32

// bit is that of the entry i→j, of n neurons.
func bit(n, i, j int) digraph {
	x, y := min(i, j), max(i, j)
	pair := x*n - x*(x+1)/2 + y - x - 1
	if i < j {
		return 1 << (2 * pair)
	}
	return 2 << (2 * pair)
}

func (g digraph) between(n, i, j int) (there, back bool) {
	return g&bit(n, i, j) != 0, g&bit(n, j, i) != 0
}

// classes counts the different lists of mutual, out- and in-degrees.
func classes(n int) int {
	var keys []uint64
	for g := range digraph(1) << (n * (n - 1)) {
		var key uint64
		for i := range n {
			for j := range n {
				if i == j {
					continue
				}
				switch there, back := g.between(n, i, j); {
				case there && back:
					key += 1 << (9 * i)
				case there:
					key += 1 << (9*i + 3)
				case back:
					key += 1 << (9*i + 6)
				}
			}
		}
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return len(slices.Compact(keys))
}

// redrawn joins what the chain's moves of four neurons join.
func redrawn(n int) forest {
	f := newForest(1 << (n * (n - 1)))
	table := waysOfFour()
	for out := range n {
		if n == 4 && out > 0 {
			break
		}
		var at []int
		for i := range n {
			if n == 4 || i != out {
				at = append(at, i)
			}
		}
		// The entries among the four, in the order of a code of theirs.
		var entries []digraph
		for x, i := range at {
			for _, j := range at[x+1:] {
				entries = append(entries, bit(n, i, j), bit(n, j, i))
			}
		}
		for g := range digraph(1) << (n * (n - 1)) {
			var code uint16
			rest := g
			for k, entry := range entries {
				if g&entry != 0 {
					code |= 1 << k
					rest &^= entry
				}
			}
			for k, entry := range entries {
				if table.alike(code)[0]>>k&1 == 1 {
					rest |= entry
				}
			}
			f.join(int(g), int(rest))
		}
	}
	return f
}

// plain joins what swaps of two mutual pairs, swaps of two one-way edges and
// reversals of one-way cycles of three join.
func plain(n int) forest {
	f := newForest(1 << (n * (n - 1)))
	both := func(i, j int) digraph { return bit(n, i, j) | bit(n, j, i) }
	move := func(have, none, become digraph) {
		for g := range digraph(len(f)) {
			if g&have == have && g&none == 0 {
				f.join(int(g), int(g&^have|become))
			}
		}
	}
	for a := range n {
		for b := range n {
			for c := range n {
				if a == b || a == c || b == c {
					continue
				}
				if a < b && a < c {
					move(bit(n, a, b)|bit(n, b, c)|bit(n, c, a), bit(n, b, a)|bit(n, c, b)|bit(n, a, c), bit(n, b, a)|bit(n, c, b)|bit(n, a, c))
				}
				for d := range n {
					if a < c && d != a && d != b && d != c {
						empty := both(a, d) | both(c, b)
						move(both(a, b)|both(c, d), empty, empty)
						move(bit(n, a, b)|bit(n, c, d), empty|bit(n, b, a)|bit(n, d, c), bit(n, a, d)|bit(n, c, b))
					}
				}
			}
		}
	}
	return f
}

// What DegreeReciprocal says about reach, by enumeration of all digraphs.
func TestDegreeReciprocalReach(t *testing.T) {
	for _, c := range []struct{ neurons, classes, chain, plain int }{
		{4, 3550, 3550, 3704},
		{5, 583346, 602401, 740007},
	} {
		if got := classes(c.neurons); got != c.classes {
			t.Errorf("%d neurons have %d lists of degrees, want %d", c.neurons, got, c.classes)
		}
		if got := redrawn(c.neurons).trees(); got != c.chain {
			t.Errorf("on %d neurons moves of four leave %d pieces, want %d", c.neurons, got, c.chain)
		}
		if got := plain(c.neurons).trees(); got != c.plain {
			t.Errorf("on %d neurons the plain moves leave %d pieces, want %d", c.neurons, got, c.plain)
		}
	}
}
