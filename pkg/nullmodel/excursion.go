package nullmodel

import (
	"math/rand/v2"

	"github.com/cortigen/cortigen/pkg/circuit"
)

const (
	// parts of a draw have excursions between them.
	parts = 5
	// setOut is how many excursions are made each time: enough that of five
	// neurons all circuits are met, little beside the steps of a column. Ours.
	setOut = 1000
)

// excursion is a few steps of the chain of given out- and in-degrees, and what
// they have changed of mutual degrees.
type excursion struct {
	*swaps
	change []int32 // of every neuron's mutual degree
	off    int     // neurons with a change
	// moves are the slots that were swapped, or turned round where there are
	// three; no slot is −1.
	moves [][3]int
}

// excursions starts at some edges and returns others of the same out-, in- and
// mutual degrees, ordered by source. The steps are as likely as their
// undoing, and so is a walk of any number of them: the uniform law stands still.
func excursions(n int, edges []circuit.Edge, rng *rand.Rand) []circuit.Edge {
	if len(edges) == 0 {
		return edges
	}
	x := &excursion{swaps: newSwaps(n, edges), change: make([]int32, n)}
	for range setOut {
		x.moves = x.moves[:0]
		for more := true; more; more = rng.Uint64()&1 == 1 {
			x.step(rng)
		}
		if x.off > 0 {
			x.back()
		}
	}
	return x.edges()
}

func (x *excursion) step(rng *rand.Rand) {
	if rng.Uint64()%reversalEvery == 0 {
		if e, f, g, found := x.cycle(rng); found {
			x.turn(e, f, g)
			x.moves = append(x.moves, [3]int{e, f, g})
		}
		return
	}
	e, f := x.slot.two(rng)
	if !x.has(int(x.source[e]), int(x.target[f])) && !x.has(int(x.source[f]), int(x.target[e])) {
		x.swap(e, f)
		x.moves = append(x.moves, [3]int{e, f, -1})
	}
}

// back undoes all moves, the last first.
func (x *excursion) back() {
	for k := len(x.moves) - 1; k >= 0; k-- {
		switch m := x.moves[k]; {
		case m[2] < 0:
			x.swap(m[0], m[1])
		default:
			x.turn(m[0], m[2], m[1])
		}
	}
}

// swap exchanges the targets of two slots.
func (x *excursion) swap(e, f int) {
	x.take(e)
	x.take(f)
	x.target[e], x.target[f] = x.target[f], x.target[e]
	x.put(e)
	x.put(f)
}

// turn makes a→c, b→a and c→b of slots a→b, b→c and c→a.
func (x *excursion) turn(e, f, g int) {
	x.take(e)
	x.take(f)
	x.take(g)
	x.target[e], x.target[f], x.target[g] = x.source[g], x.source[e], x.source[f]
	x.put(e)
	x.put(f)
	x.put(g)
}

func (x *excursion) take(e int) {
	i, j := int(x.source[e]), int(x.target[e])
	x.flip(i, j)
	if x.has(j, i) {
		x.shift(i, -1)
		x.shift(j, -1)
	}
}

func (x *excursion) put(e int) {
	i, j := int(x.source[e]), int(x.target[e])
	x.flip(i, j)
	if x.has(j, i) {
		x.shift(i, 1)
		x.shift(j, 1)
	}
}

func (x *excursion) shift(i int, by int32) {
	if x.change[i] == 0 {
		x.off++
	}
	if x.change[i] += by; x.change[i] == 0 {
		x.off--
	}
}
