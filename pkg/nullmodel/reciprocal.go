package nullmodel

import (
	"context"
	"math/rand/v2"
	"sync"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// DegreeReciprocal returns a circuit in which every neuron has as many mutual
// pairs, as many one-way outputs and as many one-way inputs: every such circuit
// is equally likely, up to what a finite chain leaves. With unobserved rows,
// mutual pairs are those of observed neurons, and an edge to an unobserved neuron
// is one-way.
//
// A step takes two connected pairs of one kind (now and then of any) and redraws
// all that is between their four neurons (three, where they share one) among the
// other ways in which each of these keeps its three degrees. That has in it swaps
// of mutual pairs, swaps of one-way edges that make no mutual pair, reversals of
// one-way cycles of three, and moves of several edges at once. How many pairs of
// pairs lead to the same four neurons is a matter of the degrees alone, so the
// uniform law stands still (ours).
//
// These moves reach all circuits of four neurons, but of the 583,346 classes of
// five 3 % fall into pieces (by enumeration; the plain moves, without those of
// several edges at once, leave 157,000 pieces too many instead of 19,000). So four
// times a draw the chain makes a thousand excursions: some steps of the chain of
// Configuration, which may break mutual degrees on the way, and are taken back
// where they have in the end. Since those steps reach every circuit of the same
// out- and in-degrees, some excursion leads from any circuit of the law to any
// other, and no other law stands still. How soon it is reached no theorem says;
// in all cases of up to five neurons that we enumerated, a draw has.
//
// For the setting, and for out- and in-degrees alone, see Roberts & Coolen 2012,
// doi:10.1103/PhysRevE.85.046103.
func DegreeReciprocal(c *circuit.Circuit, rng *rand.Rand) (*circuit.Circuit, error) {
	return once(degreeReciprocal, c, rng)
}

var degreeReciprocal = Model{
	Name:       "degree_reciprocal",
	Preserves:  Preserved{Edges: Exactly, MutualPairs: Exactly, OutDegrees: Exactly, InDegrees: Exactly, MutualDegrees: Exactly},
	Definition: "uniform over circuits with the same out-, in- and mutual degrees",
	Source:     "ours; the setting of Roberts & Coolen 2012, doi:10.1103/PhysRevE.85.046103",
	fit: func(_ context.Context, k *known) (law, error) {
		r := newRedraws(k.n, k.edges)
		r.steps = r.enough()
		return r, nil
	},
}

// redraws is the chain on circuits with given out-, in- and mutual degrees. Its
// start is not changed; every draw runs on a copy.
//
// A connected pair has two slots, one at each of its neurons. Slots of mutual
// pairs come first, then those of one-way pairs, each ordered by neuron: a
// neuron's slots stay its own.
type redraws struct {
	n, words     int
	bits         []uint64
	owner        []int32    // of a slot
	other        []int32    // the neuron that it is connected to
	first        [2][]int32 // slots of each neuron, and one more: mutual, one-way
	kind         [2]below   // slots of one kind
	all          below
	mutual       int // slots of mutual pairs
	steps        int
	threes, four *ways
}

// newRedraws starts a chain at edges ordered by source.
func newRedraws(n int, edges []circuit.Edge) *redraws {
	r := &redraws{n: n, words: (n + 63) / 64, threes: waysOfThree(), four: waysOfFour()}
	r.bits = make([]uint64, r.n*r.words)
	for _, e := range edges {
		r.flip(e.Pre, e.Post)
	}
	into := make([][]int32, r.n)
	for _, e := range edges {
		into[e.Post] = append(into[e.Post], int32(e.Pre))
	}
	row, at := make([]int32, r.n+1), 0
	for _, e := range edges {
		row[e.Pre+1]++
	}
	for i := range r.n {
		row[i+1] += row[i]
	}
	for kind := range r.first {
		r.first[kind] = make([]int32, r.n+1)
		for i := range r.n {
			r.first[kind][i] = int32(len(r.owner))
			for _, e := range edges[row[i]:row[i+1]] {
				if back := r.has(e.Post, i); back == (kind == 0) {
					r.add(i, e.Post)
				}
			}
			if kind == 1 {
				for _, j := range into[i] {
					if !r.has(i, int(j)) {
						r.add(i, int(j))
					}
				}
			}
		}
		r.first[kind][r.n] = int32(len(r.owner))
		r.kind[kind] = newBelow(len(r.owner) - at)
		at = len(r.owner)
	}
	r.mutual = int(r.first[1][0])
	r.all = newBelow(len(r.owner))
	return r
}

func (r *redraws) add(i, j int) {
	r.owner, r.other = append(r.owner, int32(i)), append(r.other, int32(j))
}

func (r *redraws) has(i, j int) bool { return r.bits[i*r.words+j>>6]>>(uint(j)&63)&1 == 1 }
func (r *redraws) flip(i, j int)     { r.bits[i*r.words+j>>6] ^= 1 << (uint(j) & 63) }

func (r *redraws) copied() *redraws {
	d := *r
	d.bits = append([]uint64(nil), r.bits...)
	d.other = append([]int32(nil), r.other...)
	return &d
}

// enough is the number of steps of one draw: stepsPerEdge a connected pair, more
// where steps from the start often change nothing.
func (r *redraws) enough() int {
	pairs := len(r.owner) / 2
	if pairs == 0 {
		return 0
	}
	tries := min(max(pairs, 200), 20000)
	changed := r.copied().run(tries, rand.New(rand.NewPCG(uint64(pairs), uint64(r.n))))
	perPair := min(stepsPerEdge*float64(tries)/float64(max(changed, 1)), mostStepsPerEdge)
	return max(fewestSteps, int(perPair*float64(pairs)))
}

// draw runs the chain in parts, with excursions between them.
func (r *redraws) draw(rng *rand.Rand) []circuit.Edge {
	d := r.copied()
	for range parts - 1 {
		d.run(r.steps/parts, rng)
		d = newRedraws(r.n, excursions(r.n, d.edges(), rng))
	}
	d.run(r.steps/parts, rng)
	return d.edges()
}

func (r *redraws) edges() []circuit.Edge {
	edges := make([]circuit.Edge, 0, r.mutual+(len(r.owner)-r.mutual)/2)
	for s, i := range r.owner {
		if j := int(r.other[s]); r.has(int(i), j) {
			edges = append(edges, circuit.Edge{Pre: int(i), Post: j})
		}
	}
	return edges
}

// run makes steps and returns how many changed something.
func (r *redraws) run(steps int, rng *rand.Rand) (changed int) {
	if len(r.owner) == 0 {
		return 0
	}
	for step := range steps {
		s, u := r.all.two(rng)
		switch kind := r.kindOf(s); step % reversalEvery {
		case 0: // any two
		case 1: // a path, which is where cycles of three are
			at := r.first[kind]
			i := r.other[s]
			u = int(at[i]) + rng.IntN(int(at[i+1]-at[i]))
		case 2: // nothing every other time, so that a lone choice is not made in step with the chain
			if rng.Uint64()&1 == 0 {
				continue
			}
			fallthrough
		default:
			t, _ := r.kind[kind].two(rng)
			u = t + kind*r.mutual
		}
		if r.redraw(s, u, rng) {
			changed++
		}
	}
	return changed
}

func (r *redraws) kindOf(slot int) int {
	if slot < r.mutual {
		return 0
	}
	return 1
}

// redraw moves to another way of connecting the neurons of two slots, if there is one.
func (r *redraws) redraw(s, u int, rng *rand.Rand) bool {
	var at [4]int
	at[0], at[1] = int(r.owner[s]), int(r.other[s])
	size := 2
	for _, i := range [...]int{int(r.owner[u]), int(r.other[u])} {
		if i != at[0] && i != at[1] {
			at[size] = i
			size++
		}
	}
	table := r.four
	switch size {
	case 2:
		return false
	case 3:
		table = r.threes
	}
	before := r.code(at[:size])
	alike := table.alike(before)
	if len(alike) == 1 {
		return false
	}
	after := alike[rng.IntN(len(alike)-1)]
	if after == before {
		after = alike[len(alike)-1]
	}
	r.change(at[:size], before, after)
	return true
}

// code says how a few neurons are connected: a bit for each entry, see entries.
func (r *redraws) code(at []int) (code uint16) {
	bit := 0
	for x, i := range at {
		for _, j := range at[x+1:] {
			if r.has(i, j) {
				code |= 1 << bit
			}
			if r.has(j, i) {
				code |= 2 << bit
			}
			bit += 2
		}
	}
	return code
}

// change turns bits, and lets slots whose pair is no longer of its kind take the
// place of those that are new: a neuron has as many of each kind as before.
func (r *redraws) change(at []int, before, after uint16) {
	var gone, come [2][4][3]int32
	var lost, won [2][4]int
	bit := 0
	for x, i := range at {
		for y := x + 1; y < len(at); y++ {
			j := at[y]
			was, is := before>>bit&3, after>>bit&3
			bit += 2
			if was == is {
				continue
			}
			if (was^is)&1 != 0 {
				r.flip(i, j)
			}
			if (was^is)&2 != 0 {
				r.flip(j, i)
			}
			if k, l := kindOfPair(was), kindOfPair(is); k != l {
				note(&gone, &lost, k, x, y, i, j)
				note(&come, &won, l, x, y, i, j)
			}
		}
	}
	for kind := range gone {
		for x, i := range at {
			row := r.other[r.first[kind][i]:r.first[kind][i+1]]
			for k := range lost[kind][x] {
				row[find(row, gone[kind][x][k])] = come[kind][x][k]
			}
		}
	}
}

// kindOfPair is 0 for a mutual pair, 1 for a one-way pair, −1 for none.
func kindOfPair(code uint16) int {
	switch code {
	case 0:
		return -1
	case 3:
		return 0
	}
	return 1
}

func note(lists *[2][4][3]int32, counts *[2][4]int, kind, x, y, i, j int) {
	if kind < 0 {
		return
	}
	lists[kind][x][counts[kind][x]] = int32(j)
	counts[kind][x]++
	lists[kind][y][counts[kind][y]] = int32(i)
	counts[kind][y]++
}

// find returns the place of a value that is there.
func find(row []int32, value int32) int {
	for k, v := range row {
		if v == value {
			return k
		}
	}
	panic("nullmodel: a slot has lost its pair") // cannot happen: change keeps slots and bits together
}

// ways groups the ways of connecting a few neurons by the degrees of each.
type ways struct {
	members     []uint16
	first, last []int32 // of the group of a code, in members
}

func (w *ways) alike(code uint16) []uint16 { return w.members[w.first[code]:w.last[code]] }

var (
	waysOfThree = sync.OnceValue(func() *ways { return waysOf(3) })
	waysOfFour  = sync.OnceValue(func() *ways { return waysOf(4) })
)

func waysOf(neurons int) *ways {
	codes := 1 << (neurons * (neurons - 1))
	groups := map[uint32][]uint16{}
	for code := range codes {
		key := degreesOf(neurons, uint16(code))
		groups[key] = append(groups[key], uint16(code))
	}
	w := &ways{first: make([]int32, codes), last: make([]int32, codes)}
	for code := range codes {
		group := groups[degreesOf(neurons, uint16(code))]
		if int(group[0]) == code {
			from := len(w.members)
			w.members = append(w.members, group...)
			for _, member := range group {
				w.first[member], w.last[member] = int32(from), int32(len(w.members))
			}
		}
	}
	return w
}

// degreesOf packs mutual, one-way out- and one-way in-degree of each neuron.
func degreesOf(neurons int, code uint16) (key uint32) {
	for x := range neurons {
		for y := x + 1; y < neurons; y++ {
			switch code & 3 {
			case 1:
				key += 1<<(6*x+2) + 1<<(6*y+4)
			case 2:
				key += 1<<(6*y+2) + 1<<(6*x+4)
			case 3:
				key += 1<<(6*x) + 1<<(6*y)
			}
			code >>= 2
		}
	}
	return key
}
