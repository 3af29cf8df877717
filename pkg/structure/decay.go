package structure

import (
	"math"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// likelihood is that of p(d) = exp(height − rate·d), where height is ln p₀ and
// rate 1/λ. Edges enter by their number and the sum of their lengths only; of the
// pairs that are none, every distance counts; those of a large circuit are gone
// through again for every look, so that memory grows with n only.
type likelihood struct {
	c     *circuit.Circuit
	p     *places
	apart func(p, q circuit.Position) float64

	edges, lengths      float64 // edges, and the sum of their lengths
	gaps, gapLengths    float64 // the same of ordered pairs that are none
	height, rate, value float64 // value is the log-likelihood
	// The gradient, and the curvature: minus the second derivatives.
	byHeight, byRate float64
	curvature        symmetric
}

// symmetric is a matrix of two rows.
type symmetric struct{ hh, hr, rr float64 }

func (s symmetric) determinant() float64 { return s.hh*s.rr - s.hr*s.hr }

// decay finds the maximum by Newton's method.
func (v *view) decay(apart func(p, q circuit.Position) float64) Decay {
	l := likelihood{c: v.c, p: v.placed(), apart: apart}
	l.count()
	nan := math.NaN()
	d := Decay{Length: nan, LengthError: nan, AtZero: nan, Edges: int(l.edges), Pairs: int(l.edges + l.gaps)}
	// At rate 0 the best height is ln(edges/pairs), and the slope towards larger
	// rates has the sign of the difference of the mean lengths of gaps and edges.
	// One part in 10¹² is rounding.
	if !(l.lengths > 0) || l.gaps == 0 || !(l.lengths*l.gaps < l.gapLengths*l.edges*(1-1e-12)) {
		return d
	}
	l.height = math.Log(l.edges / (l.edges + l.gaps))
	l.look()
	for range 100 {
		height, rate := l.newton()
		// The rise is twice what the parabola promises. What is left of it is the
		// square of the distance to the maximum in standard errors.
		rise := height*l.byHeight + rate*l.byRate
		if !(rise > 1e-18) || !l.climb(height, rate, rise) {
			break
		}
	}
	if !(l.rate > 0) {
		return d // edges are shorter by less than rounding lets one climb
	}
	d.Length, d.AtZero = 1/l.rate, math.Exp(l.height)
	variance := 1 / l.curvature.rr
	if l.height < 0 {
		variance = l.curvature.hh / l.curvature.determinant()
	}
	d.LengthError = math.Sqrt(variance) / (l.rate * l.rate)
	return d
}

// kept is up to how many neurons of known position the gaps are kept in memory.
const kept = 1 << 11

// gap is two neurons with one or two ordered pairs that are no edge.
type gap struct{ apart, directions float64 }

// row appends the gaps between neuron k and those after it, and returns also the
// number of edges with their lengths.
func (l *likelihood) row(gaps []gap, k int) (longer []gap, edges, lengths float64) {
	i := l.p.neuron[k]
	from, knownI, outI := l.p.at[i], l.c.Observed(int(i)), l.c.Bits(int(i))
	for _, j := range l.p.neuron[k+1:] {
		there, back, open := 0., 0., 0.
		if knownI {
			open++
			there = float64(outI[j/64] >> (uint(j) % 64) & 1)
		}
		if l.c.Observed(int(j)) {
			open++
			if l.c.Has(int(j), int(i)) {
				back = 1
			}
		}
		d := l.apart(from, l.p.at[j])
		edges += there + back
		lengths += (there + back) * d
		if open -= there + back; open > 0 {
			gaps = append(gaps, gap{d, open})
		}
	}
	return gaps, edges, lengths
}

// count goes through all pairs once, and keeps the gaps of a small circuit.
func (l *likelihood) count() {
	l.p.gaps = l.p.gaps[:0]
	for k := range l.p.neuron {
		begin := len(l.p.gaps)
		gaps, edges, lengths := l.row(l.p.gaps, k)
		l.edges += edges
		l.lengths += lengths
		for _, g := range gaps[begin:] {
			l.gaps += g.directions
			l.gapLengths += g.directions * g.apart
		}
		l.p.gaps = gaps
		if !l.keeps() {
			l.p.gaps = gaps[:0]
		}
	}
}

func (l *likelihood) keeps() bool { return len(l.p.neuron) <= kept }

// look computes the value with its derivatives; −Inf where p reaches 1 at a gap.
func (l *likelihood) look() {
	l.value = l.edges*l.height - l.rate*l.lengths
	l.byHeight, l.byRate, l.curvature = l.edges, -l.lengths, symmetric{}
	if l.keeps() {
		l.add(l.p.gaps)
		return
	}
	for k := range l.p.neuron {
		l.p.gaps, _, _ = l.row(l.p.gaps[:0], k)
		l.add(l.p.gaps)
	}
}

// add takes gaps into account.
func (l *likelihood) add(gaps []gap) {
	height, rate := l.height, l.rate
	byHeight, byRate, value := 0.0, 0.0, 0.0
	var c symmetric
	// Logarithms are taken of products of at most 16 factors, none below 2⁻⁵³.
	product := 1.0
	for k, g := range gaps {
		p := math.Exp(height - rate*g.apart)
		not := 1 - p
		if !(not > 0) {
			l.value = math.Inf(-1)
			return
		}
		odds := g.directions * p / not
		weight := odds / not
		byHeight -= odds
		byRate += odds * g.apart
		c.hh += weight
		weight *= g.apart
		c.hr -= weight
		c.rr += weight * g.apart
		product *= not
		if g.directions == 2 {
			product *= not
		}
		if k%8 == 7 {
			value += math.Log(product)
			product = 1
		}
	}
	l.value += value + math.Log(product)
	l.byHeight += byHeight
	l.byRate += byRate
	l.curvature = symmetric{l.curvature.hh + c.hh, l.curvature.hr + c.hr, l.curvature.rr + c.rr}
}

// newton is the step to the top of the parabola that fits here, or, where that
// would lead on beyond p₀ = 1, to its top at p₀ = 1. Where all gaps are of one
// length the parabola is a ridge, and a little more curvature gives it a top.
func (l *likelihood) newton() (height, rate float64) {
	const more = 1 + 1e-9
	c := symmetric{l.curvature.hh * more, l.curvature.hr, l.curvature.rr * more}
	height = (c.rr*l.byHeight - c.hr*l.byRate) / c.determinant()
	rate = (c.hh*l.byRate - c.hr*l.byHeight) / c.determinant()
	if l.height == 0 && !(height < 0) {
		return 0, l.byRate / c.rr
	}
	return height, rate
}

// climb goes a step, as far as p₀ = 1, or half of it, or a quarter ..., until the
// likelihood rises by a fair part of what was promised. Near the top, where
// rounding hides the rise, the whole step is right.
func (l *likelihood) climb(height, rate, rise float64) bool {
	from, share := *l, 1.0
	if from.height+height > 0 {
		share = -from.height / height
	}
	for range 60 {
		l.height, l.rate = from.height+share*height, from.rate+share*rate
		if from.height+height > 0 && share == -from.height/height {
			l.height = 0 // exactly
		}
		l.look()
		if l.value >= from.value+1e-4*share*rise || rise < 1e-9 && !math.IsInf(l.value, -1) {
			return true
		}
		share /= 2
	}
	*l = from
	return false
}
