package cortex

import (
	"math"
	"math/rand/v2"
)

// term is an ordered pair of a typical column: the class and distance part of
// both directions' log-odds, and standard normal effects of both neurons.
type term struct {
	forth, back                              float64
	sender, receiver, otherSender, otherRecv float64
}

// The grids on which intercept and odds ratio are solved; between their points
// they are interpolated.
const (
	densityPoints       = 7
	heterogeneityPoints = 6
	reciprocityPoints   = 6
)

// solution gives, by density and heterogeneity, the intercept b that makes the
// expected density of a column right and, by reciprocity too, the log odds
// ratio that makes its reciprocity right.
type solution struct {
	intercept [densityPoints][heterogeneityPoints]float64
	logOdds   [densityPoints][heterogeneityPoints][reciprocityPoints]float64
}

// solve finds both by bisection over the pairs of typical columns.
func solve(terms []term) *solution {
	var s solution
	p, q := make([]float64, len(terms)), make([]float64, len(terms))
	for d := range densityPoints {
		for h := range heterogeneityPoints {
			density, sd := at(0, d, densityPoints), at(2, h, heterogeneityPoints)
			s.intercept[d][h] = bisect(-12, 6, func(b float64) bool {
				marginals(terms, b, sd, p, q)
				sum := 0.0
				for i := range p {
					sum += p[i] + q[i]
				}
				return sum < density*2*float64(len(p))
			})
			marginals(terms, s.intercept[d][h], sd, p, q)
			chance := 0.0
			for i := range p {
				chance += p[i] * q[i]
			}
			for r := range reciprocityPoints {
				ratio := at(1, r, reciprocityPoints)
				s.logOdds[d][h][r] = bisect(0, 12, func(logOdds float64) bool {
					both := 0.0
					for i := range p {
						both += bothWays(p[i], q[i], math.Exp(logOdds))
					}
					return both < ratio*chance
				})
			}
		}
	}
	return &s
}

// at is grid point k of a factor.
func at(factor, k, points int) float64 {
	f := factors[factor]
	return f.Min + (f.Max-f.Min)*float64(k)/float64(points-1)
}

// marginals fills p and q with both directions' probabilities.
func marginals(terms []term, b, sd float64, p, q []float64) {
	for i, t := range terms {
		p[i] = logistic(b + t.forth + sd*(t.sender+receiverShare*t.otherRecv))
		q[i] = logistic(b + t.back + sd*(t.otherSender+receiverShare*t.receiver))
	}
}

// bisect returns where below turns from true to false between low and high.
func bisect(low, high float64, below func(x float64) bool) float64 {
	for range 24 { // to 1e-6
		middle := (low + high) / 2
		if below(middle) {
			low = middle
		} else {
			high = middle
		}
	}
	return (low + high) / 2
}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// bothWays returns the probability of a mutual pair whose directions have
// probabilities p and q and odds ratio psi ≥ 1: Plackett 1965,
// doi:10.1080/01621459.1965.10480807. It is feasible for every psi.
func bothWays(p, q, psi float64) float64 {
	if psi-1 < 1e-9 {
		return p * q
	}
	s := 1 + (p+q)*(psi-1)
	// The smaller root in a form that does not cancel.
	return 2 * psi * p * q / (s + math.Sqrt(max(0, s*s-4*psi*(psi-1)*p*q)))
}

// interpolate returns intercept and log odds ratio at the given factors.
func (s *solution) interpolate(density, reciprocity, heterogeneity float64) (intercept, logOdds float64) {
	d, du := between(0, density, densityPoints)
	r, ru := between(1, reciprocity, reciprocityPoints)
	h, hu := between(2, heterogeneity, heterogeneityPoints)
	for i, wi := range [2]float64{1 - du, du} {
		for j, wj := range [2]float64{1 - hu, hu} {
			intercept += wi * wj * s.intercept[d+i][h+j]
			for k, wk := range [2]float64{1 - ru, ru} {
				logOdds += wi * wj * wk * s.logOdds[d+i][h+j][r+k]
			}
		}
	}
	return intercept, logOdds
}

// between returns the grid cell of a value and how far into it.
func between(factor int, value float64, points int) (cell int, into float64) {
	f := factors[factor]
	u := (value - f.Min) / (f.Max - f.Min) * float64(points-1)
	cell = max(0, min(points-2, int(u)))
	return cell, u - float64(cell)
}

// typicalColumns and typicalPairs are how many pairs of how many columns stand
// for all when intercepts are solved.
const (
	typicalColumns = 50
	typicalPairs   = 40
)

// typicalTerms draws pairs of neurons of columns: same cylinders of the sheet's
// own neurons as a cut would find.
func (s *sheet) typicalTerms(rng *rand.Rand) []term {
	const radius = 29 // µm: that of a column of 90 neurons at the default density
	var terms []term
	for range typicalColumns {
		x := radius + rng.Float64()*(s.cfg.side()-2*radius)
		y := radius + rng.Float64()*(s.cfg.side()-2*radius)
		inside := s.grid.within(nil, x, y, radius)
		if len(inside) < 2 {
			continue
		}
		for range typicalPairs {
			i, j := inside[rng.IntN(len(inside))], inside[rng.IntN(len(inside))]
			if i == j {
				continue
			}
			terms = append(terms, term{
				s.part(i, j), s.part(j, i),
				rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64(),
			})
		}
	}
	return terms
}
