package structure

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// Communities looks for the division of neurons into communities that has the
// greatest directed modularity, and returns the best of that many runs: the
// community of every neuron, numbered from 0, −1 where its row is unknown, and
// the modularity. Only edges between observed neurons count. Without an edge
// every neuron is a community of its own and modularity is NaN. Fewer than one
// run is an error, and so is a cancelled context, looked at before each run.
//
// Blondel et al. 2008, doi:10.1088/1742-5468/2008/10/P10008 (the Louvain method),
// with the gain of directed modularity (Dugué & Perez 2015, hal-01231784); ours
// is that the method starts again from the communities it found until no neuron
// moves. Gains are whole numbers, so that none is lost to rounding. Neurons are
// visited in an order drawn from rng, over a list that does not depend on how
// they are numbered unless the circuit is symmetric: relabelled neurons get the
// same communities.
func Communities(ctx context.Context, c *circuit.Circuit, runs int, rng *rand.Rand) (of []int, modularity float64, err error) {
	if runs < 1 {
		return nil, 0, fmt.Errorf("structure: communities: %d runs, but at least one is needed", runs)
	}
	v := viewOf(c)
	l := v.communities()
	for range runs {
		if err := ctx.Err(); err != nil {
			return nil, 0, fmt.Errorf("structure: communities: %w", err)
		}
		l.run(rng)
	}
	of = make([]int, c.Len())
	for i := range of {
		of[i] = -1
	}
	for k, i := range l.neurons {
		of[i] = int(l.best[k])
	}
	return of, l.modularity(), nil
}

// communities prepares a search for the view's observed neurons.
func (v *view) communities() *louvain {
	p := v.partnered()
	l := &v.louvain
	l.neurons = p.order(v.c.Observed)
	l.prepare(p)
	return l
}

// louvain is a search under way. Its memory serves the next one.
type louvain struct {
	neurons []int32 // by place in base
	base    weighted
	levels  [2]weighted // whose neurons are communities of the level below
	m       int64       // edges

	of      []int32    // by place in base: the community
	at      [2][]int32 // by place in a level: the community
	best    []int32    // communities of the best run
	score   int64      // its modularity times m²
	sums    []flow     // by community
	links   []int64    // by community: edges to and from the neuron that is moved
	met     []int32    // communities with links
	visits  []int32
	waits   []bool
	members []int32
	numbers []int32
}

// weighted is a graph whose edges have no direction but whose neurons have: of
// directed modularity only the number of edges in a pair, whichever way they
// run, and the two degrees matter for a move.
type weighted struct {
	offsets []int
	to      []int32
	weight  []int64
	degrees []flow
}

// flow is how many edges leave and enter.
type flow struct{ out, in int64 }

func (g *weighted) size() int { return len(g.degrees) }

// prepare lays the graph of the neurons, in their order.
func (l *louvain) prepare(p *partners) {
	n, g := len(l.neurons), &l.base
	l.m, l.score = int64(p.edges()), math.MinInt64
	l.numbers = cleared(l.numbers, len(p.sources))
	place := l.numbers
	for k, i := range l.neurons {
		place[i] = int32(k)
	}
	g.offsets, g.to, g.weight, g.degrees = append(g.offsets[:0], 0), g.to[:0], g.weight[:0], cleared(g.degrees, n)
	for k, i := range l.neurons {
		for _, j := range p.all(int(i)) {
			g.to, g.weight = append(g.to, place[j]), append(g.weight, 1)
		}
		// Lists go by numbers of neurons, places do not.
		slices.Sort(g.to[g.offsets[k]:])
		g.offsets = append(g.offsets, len(g.to))
		g.degrees[k] = flow{int64(len(p.targets(int(i)))), int64(len(p.origins(int(i))))}
	}
	l.best = cleared(l.best, n)
	for k := range l.best {
		l.best[k] = int32(k)
	}
}

// run searches once and keeps what it found if that is the best so far.
func (l *louvain) run(rng *rand.Rand) {
	if l.m == 0 {
		return
	}
	l.of = cleared(l.of, l.base.size())
	for k := range l.of {
		l.of[k] = int32(k)
	}
	for l.move(&l.base, l.of, rng) {
		l.climb(rng)
	}
	if score := l.scored(); score > l.score {
		l.score = score
		copy(l.best, l.of)
		l.renumber(l.best)
	}
}

// climb merges communities, and communities of those, while that is a gain.
func (l *louvain) climb(rng *rand.Rand) {
	below := &l.base
	count := l.renumber(l.of)
	of := l.of
	for level := 0; ; level = 1 - level {
		g := &l.levels[level]
		l.condense(below, of, count, g)
		next := cleared(l.at[level], count)
		l.at[level] = next
		for k := range next {
			next[k] = int32(k)
		}
		if !l.move(g, next, rng) {
			return
		}
		count = l.renumber(next)
		for k, c := range l.of {
			l.of[k] = next[c]
		}
		below, of = g, next
	}
}

// move takes neurons to the communities of their partners while that is a gain,
// and reports whether any moved. There are at most as many communities as
// neurons.
func (l *louvain) move(g *weighted, of []int32, rng *rand.Rand) (moved bool) {
	n := g.size()
	l.sums, l.links = cleared(l.sums, n), cleared(l.links, n)
	l.visits = cleared(l.visits, n)
	for k, c := range of {
		l.sums[c].out += g.degrees[k].out
		l.sums[c].in += g.degrees[k].in
		l.visits[k] = int32(k)
	}
	rng.Shuffle(n, func(a, b int) { l.visits[a], l.visits[b] = l.visits[b], l.visits[a] })
	// Who stays is visited again when a partner has moved.
	l.waits = cleared(l.waits, n)
	for k := range l.waits {
		l.waits[k] = true
	}
	for at := 0; at < len(l.visits); at++ {
		k := l.visits[at]
		l.waits[k] = false
		if !l.moveOne(g, int(k), of) {
			continue
		}
		moved = true
		for _, j := range g.to[g.offsets[k]:g.offsets[k+1]] {
			if !l.waits[j] && of[j] != of[k] {
				l.waits[j] = true
				l.visits = append(l.visits, j)
			}
		}
	}
	return moved
}

// moveOne takes neuron k where the gain is greatest, if it is greater than where
// k is. The gain of a community is m·links − out·Σin − in·Σout: that of modularity,
// times m².
func (l *louvain) moveOne(g *weighted, k int, of []int32) bool {
	own, d := of[k], g.degrees[k]
	l.met = l.met[:0]
	for e := g.offsets[k]; e < g.offsets[k+1]; e++ {
		c := of[g.to[e]]
		if l.links[c] == 0 {
			l.met = append(l.met, c)
		}
		l.links[c] += g.weight[e]
	}
	l.sums[own].out -= d.out
	l.sums[own].in -= d.in
	best, most := own, l.m*l.links[own]-d.out*l.sums[own].in-d.in*l.sums[own].out
	for _, c := range l.met {
		if gain := l.m*l.links[c] - d.out*l.sums[c].in - d.in*l.sums[c].out; gain > most {
			best, most = c, gain
		}
		l.links[c] = 0
	}
	l.sums[best].out += d.out
	l.sums[best].in += d.in
	of[k] = best
	return best != own
}

// renumber numbers communities in the order of their first neurons and returns
// how many there are.
func (l *louvain) renumber(of []int32) (count int) {
	l.numbers = cleared(l.numbers, len(of))
	for k, c := range of {
		if l.numbers[c] == 0 {
			count++
			l.numbers[c] = int32(count)
		}
		of[k] = l.numbers[c] - 1
	}
	return count
}

// condense makes the graph of communities.
func (l *louvain) condense(g *weighted, of []int32, count int, into *weighted) {
	// Members of a community, one after the other, by counting.
	into.offsets = cleared(into.offsets, count+1)
	ends := into.offsets[1:]
	for _, c := range of {
		ends[c]++
	}
	for c := 1; c < count; c++ {
		ends[c] += ends[c-1]
	}
	l.members = cleared(l.members, len(of))
	for k := len(of) - 1; k >= 0; k-- {
		c := of[k]
		into.offsets[c+1]--
		l.members[into.offsets[c+1]] = int32(k)
	}
	into.to, into.weight, into.degrees = into.to[:0], into.weight[:0], cleared(into.degrees, count)
	l.links = cleared(l.links, count)
	next := 0
	for c := range count {
		l.met = l.met[:0]
		for ; next < len(of) && of[l.members[next]] == int32(c); next++ {
			k := int(l.members[next])
			into.degrees[c].out += g.degrees[k].out
			into.degrees[c].in += g.degrees[k].in
			for e := g.offsets[k]; e < g.offsets[k+1]; e++ {
				d := of[g.to[e]]
				if int(d) == c {
					continue
				}
				if l.links[d] == 0 {
					l.met = append(l.met, d)
				}
				l.links[d] += g.weight[e]
			}
		}
		into.offsets[c] = len(into.to)
		for _, d := range l.met {
			into.to, into.weight = append(into.to, d), append(into.weight, l.links[d])
			l.links[d] = 0
		}
	}
	into.offsets[count] = len(into.to)
}

// scored is the modularity of the neurons' communities, times m².
func (l *louvain) scored() int64 {
	g := &l.base
	l.sums = cleared(l.sums, g.size())
	twice := int64(0) // edges within, seen from both ends
	for k, c := range l.of {
		l.sums[c].out += g.degrees[k].out
		l.sums[c].in += g.degrees[k].in
		for _, j := range g.to[g.offsets[k]:g.offsets[k+1]] {
			if l.of[j] == c {
				twice++
			}
		}
	}
	score := l.m * twice / 2
	for _, s := range l.sums {
		score -= s.out * s.in
	}
	return score
}

func (l *louvain) modularity() float64 {
	if l.m == 0 {
		return math.NaN()
	}
	return float64(l.score) / float64(l.m) / float64(l.m)
}
