package cortex

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/seed"
)

// typicalNeurons is the size of the column that a sheet's density is planted
// for.
const typicalNeurons = 90

// typical is pairs that stand for all pairs of a column, with effects: those
// that make edges often are drawn more often and weigh less, so that sums over
// them have little error.
type typical struct{ pairs []typicalPair }

// typicalPair is an unordered pair of neurons of a column of unknown radius and
// factors.
type typicalPair struct {
	forth, back float64 // log ratios
	across      float64 // distance across the sheet, in radii
	inDepth     float64 // µm
	down        float64 // +1/2 where the second is the deeper one
	within      float64 // mean depth within layers
	same        float64 // 1 in one community
	inhibitory  int     // how many of the two are
	z, w        float64 // effects on both directions, in units of their sd
	weight      float64 // sums to 1, at the published E share
}

// candidates are drawn, and kept of them taken, by the power keeping of their
// probability at about the intercept of the middle (ours: of some tried, those
// with the least error, below 1 % of density and reciprocity).
const (
	candidates      = 160_000
	kept            = 1_200
	keeping         = .7
	middleIntercept = 1
)

// typicalPairs are those of newTypical, which takes a tenth of a second, made when
// first asked for.
var typicalPairs = sync.OnceValue(newTypical)

// newTypical draws typical pairs: always the same, so that the rule of a place
// is a function of its factors.
func newTypical() *typical {
	rng := seed.Seed(0).Stream("cortex typical pairs")
	ratios := logRatios()
	all := make([]typicalPair, candidates)
	// A pair is kept by its probability in the middle of all ranges, but less than
	// in proportion: pairs that hardly connect there may elsewhere.
	score := make([]float64, candidates)
	at := placeOf(node{factors: middle()})
	total := 0.0
	for i := range all {
		all[i] = drawTypical(ratios, rng)
		forth, back := all[i].logits(at, radius(typicalNeurons, perArea))
		score[i] = math.Pow(logistic(forth+middleIntercept)+logistic(back+middleIntercept), keeping)
		total += score[i]
	}
	order := make([]int, candidates)
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		if score[a] < score[b] {
			return -1
		}
		return 1
	})
	t := &typical{}
	sum, next := 0.0, .5
	for _, i := range order {
		sum += score[i] / total * kept
		if sum < next {
			continue
		}
		next++
		pair := all[i]
		pair.weight = total / score[i] / kept / candidates
		t.pairs = append(t.pairs, pair)
	}
	return t
}

// drawTypical draws two neurons of a column.
func drawTypical(ratios []float64, rng *rand.Rand) typicalPair {
	type end struct {
		class, layer int
		depth        float64
		x, y         float64
	}
	draw := func() (e end) {
		e.class = drawClass(excitatoryShare, rng)
		e.layer, e.depth = drawDepth(classes[e.class], rng)
		e.x, e.y = inDisc(rng)
		return e
	}
	a, b := draw(), draw()
	p := typicalPair{
		forth:  ratios[groupOf(a.class, a.layer)*groups+groupOf(b.class, b.layer)],
		back:   ratios[groupOf(b.class, b.layer)*groups+groupOf(a.class, a.layer)],
		across: math.Hypot(a.x-b.x, a.y-b.y), inDepth: math.Abs(a.depth - b.depth), down: .5,
		within: (withinLayer(a.layer, a.depth) + withinLayer(b.layer, b.depth)) / 2,
		z:      rng.NormFloat64(), w: rng.NormFloat64(),
	}
	if a.depth > b.depth {
		p.down = -.5
	}
	if rng.IntN(communities) == 0 {
		p.same = 1
	}
	for _, e := range []end{a, b} {
		if classes[e.class].sign == circuit.Inhibitory {
			p.inhibitory++
		}
	}
	return p
}

// inDisc draws a place of the unit disc.
func inDisc(rng *rand.Rand) (x, y float64) {
	r, angle := math.Sqrt(rng.Float64()), 2*math.Pi*rng.Float64()
	return r * math.Cos(angle), r * math.Sin(angle)
}

// withinLayer is a depth's place in its layer, −1 at the top, 1 at the bottom.
func withinLayer(layer int, depth float64) float64 {
	l := layers[layer]
	return 2*(depth-l.top)/(l.end-l.top) - 1
}

// logits are the log-odds of both directions but for the intercept.
func (p *typicalPair) logits(at place, radius float64) (forth, back float64) {
	both := at.tilt*p.within + at.affinity*p.same - (p.across*radius+p.inDepth)*at.rate
	down, sd := at.forward*p.down, at.spread*effectSD
	return both + p.forth + down + sd*p.z, both + p.back - down + sd*p.w
}

// share is the pair's weight at an E share.
func (p *typicalPair) share(eShare float64) float64 {
	e, i := eShare/excitatoryShare, (1-eShare)/(1-excitatoryShare)
	return p.weight * [3]float64{e * e, e * i, i * i}[p.inhibitory]
}

// solver finds the intercept that makes the expected density of a column right
// and then, at those marginal probabilities, the log odds ratio that makes its
// reciprocity right. Both go by Newton's method from where the last one ended.
type solver struct {
	typical            *typical
	radius             float64
	forth, back        []float64 // odds but for the intercept's
	weight             []float64
	p, q               []float64
	intercept, logOdds float64
}

func newSolver(t *typical) *solver {
	n := len(t.pairs)
	return &solver{
		typical: t, radius: radius(typicalNeurons, perArea), intercept: -1, logOdds: 1,
		forth: make([]float64, n), back: make([]float64, n), weight: make([]float64, n), p: make([]float64, n), q: make([]float64, n),
	}
}

// Bounds of what is solved for.
const (
	leastIntercept, mostIntercept = -12, 12
	leastLogOdds, mostLogOdds     = 0, 9
)

// prepare puts the pairs under some factors.
func (s *solver) prepare(v values) {
	at := placeOf(node{factors: v})
	for i := range s.typical.pairs {
		pair := &s.typical.pairs[i]
		forth, back := pair.logits(at, s.radius)
		s.forth[i], s.back[i], s.weight[i] = math.Exp(forth), math.Exp(back), pair.share(v[eShare])
	}
}

// nearestCap is how close to its cap Σmin(p, q)/Σp·q reciprocity is planted, as a
// share of the way from 1: nearer, odds ratios go beyond all bounds. Of all
// blueprints, one in a hundred is meant to be nearer; its reciprocity is lowered.
const nearestCap = .95

// solve fills in intercept and odds ratio of a place, and lowers a reciprocity
// that is out of reach.
func (s *solver) solve(n *node) {
	s.prepare(n.factors)
	s.intercept = newton(s.intercept, leastIntercept, mostIntercept, func(b float64) (miss, slope float64) {
		got, change := s.marginals(b)
		return math.Log(n.factors[density] / got), change / got
	})
	s.marginals(s.intercept)
	chance, most := s.chance()
	wanted := min(n.factors[reciprocity], 1+nearestCap*(most/chance-1))
	n.factors[reciprocity], n.intercept, n.logOdds = wanted, s.intercept, 0
	if wanted <= 1 {
		return
	}
	s.logOdds = newton(s.logOdds, leastLogOdds, mostLogOdds, func(x float64) (miss, slope float64) {
		both, change := s.mutual(x)
		return math.Log(wanted * chance / both), change / both
	})
	n.logOdds = s.logOdds
}

// chance returns the share of mutual pairs if directions were independent, and
// the most that there can be.
func (s *solver) chance() (independent, most float64) {
	for i, w := range s.weight {
		independent += w * s.p[i] * s.q[i]
		most += w * min(s.p[i], s.q[i])
	}
	return independent, most
}

// marginals fills in the probabilities of both directions and returns the
// density and its derivative by the intercept.
func (s *solver) marginals(intercept float64) (density, change float64) {
	b := math.Exp(intercept)
	for i, w := range s.weight {
		p, q := b*s.forth[i], b*s.back[i]
		p, q = p/(1+p), q/(1+q)
		s.p[i], s.q[i] = p, q
		density += w / 2 * (p + q)
		change += w / 2 * (p*(1-p) + q*(1-q))
	}
	return density, change
}

// mutual returns the share of mutual pairs and its derivative by the log odds
// ratio.
func (s *solver) mutual(logOdds float64) (both, change float64) {
	psi := math.Exp(logOdds)
	for i, w := range s.weight {
		p, q := s.p[i], s.q[i]
		b := bothWays(p, q, psi)
		both += w * b
		if none := 1 - p - q + b; b > 0 && p > b && q > b && none > 0 {
			change += w / (1/b + 1/(p-b) + 1/(q-b) + 1/none)
		}
	}
	return both, change
}

// Newton's method ends with the first step below tolerance, whose error is of the
// order of its square, after mostSteps at the latest.
const (
	tolerance = 1e-4
	mostSteps = 60
)

// newton finds where miss, which falls, is 0 between low and high; slope is that
// of its negative. A step out of bounds is replaced by one to the middle.
func newton(x, low, high float64, of func(x float64) (miss, slope float64)) float64 {
	for range mostSteps {
		miss, slope := of(x)
		if miss > 0 {
			low = x
		} else {
			high = x
		}
		next := x + miss/slope
		if !(next > low && next < high) {
			next = (low + high) / 2
		}
		if x, next = next, x; math.Abs(x-next) < tolerance {
			break
		}
	}
	return x
}
