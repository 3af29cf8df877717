package structure

import (
	"slices"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// partners lists the neurons at the other ends of every neuron's edges: its
// targets, then its sources. A mutual partner stands twice, so that a list is as
// long as the total degree.
type partners struct {
	// Neuron i has the targets of[offsets[i]:sources[i]] and the sources
	// of[sources[i]:offsets[i+1]].
	offsets, sources []int
	of               []int32

	next     []int // of fill
	colours  colouring
	stripped stripping
}

// fill lists the edges of a graph between the neurons that are known.
func (p *partners) fill(g circuit.CSR, known func(i int) bool) {
	n := g.Rows()
	p.offsets, p.sources = cleared(p.offsets, n+1), cleared(p.sources, n)
	edges := func(each func(i, j int)) {
		for i := range n {
			if !known(i) {
				continue
			}
			for _, j := range g.Row(i) {
				if known(int(j)) {
					each(i, int(j))
				}
			}
		}
	}
	total := p.offsets[1:]
	edges(func(i, j int) { total[i]++; p.sources[i]++; total[j]++ })
	for i := range n {
		p.sources[i] += p.offsets[i] // the end of the targets
		total[i] += p.offsets[i]
	}
	p.of = cleared(p.of, p.offsets[n])
	p.next = append(p.next[:0], p.offsets[:n]...)
	next := p.next
	edges(func(i, j int) { p.of[next[i]] = int32(j); next[i]++ })
	edges(func(i, j int) { p.of[next[j]] = int32(i); next[j]++ })
}

func (p *partners) all(i int) []int32     { return p.of[p.offsets[i]:p.offsets[i+1]] }
func (p *partners) targets(i int) []int32 { return p.of[p.offsets[i]:p.sources[i]] }
func (p *partners) origins(i int) []int32 { return p.of[p.sources[i]:p.offsets[i+1]] }

// degree is in- and out-degree together.
func (p *partners) degree(i int) int { return p.offsets[i+1] - p.offsets[i] }

// edges counts those between known neurons.
func (p *partners) edges() int { return len(p.of) / 2 }

// order lists the known neurons so that the list depends on the graph and not on
// how its neurons are numbered: by colours, which start equal and are refined by
// the colours of targets and of sources until no refinement tells more neurons
// apart (Weisfeiler & Leman 1968); then the first of the first colour that
// several have is given one of its own, and so on. Only neurons that look alike
// to this without being exchangeable, as on a ring of six and two of three, or
// that are left after colouringRounds, are in the order of their numbers.
func (p *partners) order(known func(i int) bool) []int32 {
	c := &p.colours
	c.order = c.order[:0]
	for i := range p.sources {
		if known(i) {
			c.order = append(c.order, int32(i))
		}
	}
	c.colours, c.next = cleared(c.colours, len(p.sources)), cleared(c.next, len(p.sources))
	told := 0
	for range colouringRounds {
		now, repeated := c.refine(p)
		if now == len(c.order) {
			break
		}
		if now == told {
			c.colours[repeated] = mixed(c.colours[repeated] ^ 0xa0761d6478bd642f)
		}
		told = now
	}
	c.sort()
	return c.order
}

// colouringRounds bounds the time of an order; circuits of a hundred neurons need
// about five (ours).
const colouringRounds = 64

// colouring is the memory of an order.
type colouring struct {
	colours, next []uint64
	order         []int32
}

// refine mixes the colours of targets and sources into those of neurons. It
// returns how many colours there are and the first neuron of the first colour
// that several have.
func (c *colouring) refine(p *partners) (count int, repeated int32) {
	for _, i := range c.order {
		var to, from uint64
		for _, j := range p.targets(int(i)) {
			to += mixed(c.colours[j])
		}
		for _, j := range p.origins(int(i)) {
			from += mixed(^c.colours[j])
		}
		c.next[i] = mixed(c.colours[i] + 0x9e3779b97f4a7c15 + mixed(to)*3 + mixed(^from)*5)
	}
	c.colours, c.next = c.next, c.colours
	c.sort()
	for k, i := range c.order {
		if k == 0 || c.colours[i] != c.colours[c.order[k-1]] {
			count++
		} else if count == k {
			repeated = c.order[k-1]
		}
	}
	return count, repeated
}

func (c *colouring) sort() {
	slices.SortFunc(c.order, func(i, j int32) int {
		switch {
		case c.colours[i] < c.colours[j]:
			return -1
		case c.colours[i] > c.colours[j]:
			return 1
		}
		return int(i - j)
	})
}

// mixed spreads the bits of a word (the finaliser of SplitMix64: Steele, Lea &
// Flood 2014, doi:10.1145/2660193.2660195).
func mixed(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
