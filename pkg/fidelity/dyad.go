package fidelity

import (
	"math"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// What is known of an ordered pair.
const (
	absent uint8 = iota
	present
	unknown
)

// dyad is an unordered pair of neurons i < j of which at least one direction is
// known, with what decides its base log-odds.
type dyad struct {
	i, j        int32
	forth, back uint8 // i→j and j→i
	tie         uint8 // index of ρ
	placed      bool  // both ends have positions
	// blocks index the class pairs of i→j and j→i.
	blocks [2]int32
	spots  [2]spot
}

// wiring is a circuit as a law of dyads sees it.
type wiring struct {
	n     int
	group []uint8 // by neuron: which Σ
	dyads []dyad
	known int // ordered pairs
}

// groups is how many kinds of neuron have their own Σ: I, unknown and E.
const groups = 3

func groupOf(s circuit.Sign) uint8 { return uint8(s + 1) }

// ties is the number of values that ρ may have: one an unordered pair of groups.
const ties = groups * groups

func tieOf(a, b uint8) uint8 { return min(a, b)*groups + max(a, b) }

// knownOf returns what a circuit tells of its ordered pairs: all of its
// observed rows.
func knownOf(c *circuit.Circuit) func(i, j int) uint8 {
	return func(i, j int) uint8 {
		switch {
		case !c.Observed(i):
			return unknown
		case c.Has(i, j):
			return present
		}
		return absent
	}
}

// newWiring lists the dyads of a circuit; block gives the index of a class pair.
func newWiring(c *circuit.Circuit, known func(i, j int) uint8, block func(pre, post circuit.Neuron) int32) *wiring {
	w := &wiring{n: c.Len(), group: make([]uint8, c.Len()), dyads: make([]dyad, 0, c.Len()*c.Len()/2)}
	for j, post := range c.Neurons() {
		w.group[j] = groupOf(post.Sign)
		for i := range j {
			pre := c.Neuron(i)
			d := dyad{i: int32(i), j: int32(j), forth: known(i, j), back: known(j, i), tie: tieOf(w.group[i], w.group[j])}
			if d.forth == unknown && d.back == unknown {
				continue
			}
			for _, state := range []uint8{d.forth, d.back} {
				if state != unknown {
					w.known++
				}
			}
			d.blocks = [2]int32{block(pre, post), block(post, pre)}
			if d.placed = pre.Position.Known() && post.Position.Known(); d.placed {
				d.spots = [2]spot{spotOf(pre, post), spotOf(post, pre)}
			}
			w.dyads = append(w.dyads, d)
		}
	}
	return w
}

// inputs describe one direction of a dyad: a lone intercept where nothing is
// known of distance.
func (d *dyad) inputs(direction int) [features]float64 {
	if !d.placed {
		return [features]float64{1}
	}
	return d.spots[direction].describe()
}

// outcomes are the probabilities of a dyad with
// P(a, b) ∝ exp(a·θ + b·θ' + a·b·ρ), from x = e^θ, y = e^θ' and m = e^ρ
// (Holland & Leinhardt 1981, doi:10.1080/01621459.1981.10477598).
type outcomes struct{ p, q, both float64 }

func outcomesOf(x, y, m float64) outcomes {
	mutual := x * y * m
	z := 1 + x + y + mutual
	return outcomes{p: (x + mutual) / z, q: (y + mutual) / z, both: mutual / z}
}

// slope holds the derivatives of a dyad's log-probability by θ, θ' and ρ, and
// its information about them: six numbers, the upper triangle by rows.
type slope struct {
	by   [3]float64
	info [6]float64
}

// slopeOf returns the slope of what was seen. Of a dyad with one direction
// known, the information is the expected one, p(1−p)·vvᵀ with
// v = E[a, b, ab | a=1] − E[a, b, ab | a=0]: that of the log of a sum is not
// always positive.
func slopeOf(d *dyad, x, y, m float64) slope {
	o := outcomesOf(x, y, m)
	var s slope
	switch {
	case d.back == unknown:
		u1, u0 := y*m/(1+y*m), y/(1+y)
		s.rankOne(d.forth, o.p, [3]float64{1, u1 - u0, u1})
	case d.forth == unknown:
		u1, u0 := x*m/(1+x*m), x/(1+x)
		s.rankOne(d.back, o.q, [3]float64{u1 - u0, 1, u1})
	default:
		a, b := float64(d.forth), float64(d.back)
		s.by = [3]float64{a - o.p, b - o.q, a*b - o.both}
		s.info = [6]float64{
			o.p * (1 - o.p), o.both - o.p*o.q, o.both * (1 - o.p),
			o.q * (1 - o.q), o.both * (1 - o.q),
			o.both * (1 - o.both),
		}
	}
	return s
}

func (s *slope) rankOne(seen uint8, p float64, v [3]float64) {
	k := 0
	for a := range 3 {
		s.by[a] = (float64(seen) - p) * v[a]
		for b := a; b < 3; b++ {
			s.info[k] = p * (1 - p) * v[a] * v[b]
			k++
		}
	}
}

// add adds a slope that weighs w.
func (s *slope) add(t slope, w float64) {
	for k := range s.by {
		s.by[k] += w * t.by[k]
	}
	for k := range s.info {
		s.info[k] += w * t.info[k]
	}
}

// chance is the factor by which a dyad multiplies the likelihood, once e^θ of
// every known edge is taken out: as a numerator and a denominator, so that many
// can be multiplied before a logarithm is taken.
func chance(d *dyad, x, y, m float64) (numerator, denominator float64) {
	z := 1 + x + y + x*y*m
	switch {
	case d.back == unknown && d.forth == present:
		return 1 + y*m, z
	case d.back == unknown:
		return 1 + y, z
	case d.forth == unknown && d.back == present:
		return 1 + x*m, z
	case d.forth == unknown:
		return 1 + x, z
	case d.forth == present && d.back == present:
		return m, z
	}
	return 1, z
}

// productLimit is where a running product becomes a logarithm.
const productLimit = 1e100

// logProduct multiplies quotients without losing them.
type logProduct struct{ log, above, below float64 }

func newLogProduct() logProduct { return logProduct{above: 1, below: 1} }

func (l *logProduct) times(numerator, denominator float64) {
	l.above *= numerator
	l.below *= denominator
	if l.above > productLimit || l.below > productLimit || l.above < 1/productLimit {
		l.log, l.above, l.below = l.value(), 1, 1
	}
}

func (l *logProduct) value() float64 { return l.log + math.Log(l.above) - math.Log(l.below) }
