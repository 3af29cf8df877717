package cortex

import (
	"math"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// communities is how many communities neurons belong to, evenly and wherever
// they lie (ours: like the interleaved subnetworks of Yoshimura, Dantzker &
// Callaway 2005, doi:10.1038/nature03252).
const communities = 4

// cell is what the rule of wiring knows of a neuron.
type cell struct {
	x, y, depth float64 // µm
	group       int     // class and layer, an index into the table
	within      float64 // depth within the layer, −1 at its top, 1 at its bottom
	community   int
	// sender and receiver are the neuron's effects, in log-odds.
	sender, receiver float64
	place
}

// place is the part of the rule that varies from place to place. For a pair it
// is the mean of both ends.
type place struct {
	intercept, logOdds float64 // of mutual pairs
	rate               float64 // 1/λ, per µm
	spread             float64 // sd of sender effects
	forward            float64
	affinity           float64 // log-odds within a community
	tilt               float64
}

// placeOf turns factors, and what was solved for them, into a rule.
func placeOf(n node) place {
	return place{
		intercept: n.intercept, logOdds: n.logOdds,
		rate: 1 / n.factors[decay], spread: n.factors[heterogeneity], forward: n.factors[forwardness],
		affinity: math.Log(n.factors[modularity]), tilt: n.factors[tilt],
	}
}

// rule gives the log-odds of both directions of a pair.
type rule struct{ ratios []float64 }

// pair returns the log-odds of i→j and of j→i without effects and communities,
// and the affinity that neurons of one community have.
func (r rule) pair(a, b *cell) (forth, back, affinity float64) {
	dx, dy := a.x-b.x, a.y-b.y
	both := (a.intercept+b.intercept)/2 -
		(a.rate+b.rate)/2*(math.Sqrt(dx*dx+dy*dy)+math.Abs(a.depth-b.depth)) +
		(a.tilt+b.tilt)*(a.within+b.within)/4
	down := (a.forward + b.forward) / 4
	if a.depth > b.depth {
		down = -down
	}
	return both + r.ratios[a.group*groups+b.group] + down, both + r.ratios[b.group*groups+a.group] - down, (a.affinity + b.affinity) / 2
}

// probabilities returns those of i→j and of j→i.
func (r rule) probabilities(a, b *cell) (p, q float64) {
	forth, back, affinity := r.pair(a, b)
	if a.community == b.community {
		forth, back = forth+affinity, back+affinity
	}
	return logistic(forth + a.sender + b.receiver), logistic(back + b.sender + a.receiver)
}

// oddsRatio is that of the two directions of a pair.
func oddsRatio(a, b *cell) float64 { return math.Exp((a.logOdds + b.logOdds) / 2) }

// outcomes returns the probabilities of i→j, of j→i and of both at once.
func (r rule) outcomes(a, b *cell) (p, q, both float64) {
	p, q = r.probabilities(a, b)
	return p, q, bothWays(p, q, oddsRatio(a, b))
}

// connect appends what u in [0, 1) makes of a pair: both directions, i→j alone,
// j→i alone, or nothing, in this order.
func connect(edges []circuit.Edge, i, j int, p, q, both, u float64) []circuit.Edge {
	if u < p {
		edges = append(edges, circuit.Edge{Pre: i, Post: j})
	}
	if u < both || u >= p && u < p+q-both {
		edges = append(edges, circuit.Edge{Pre: j, Post: i})
	}
	return edges
}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// bothWays returns the probability of a mutual pair whose directions have
// probabilities p and q and odds ratio psi ≥ 1: Plackett 1965,
// doi:10.1080/01621459.1965.10480807. It is feasible for every psi: at most
// min(p, q), which it nears as psi grows.
func bothWays(p, q, psi float64) float64 {
	if psi-1 < 1e-9 {
		return p * q
	}
	s := 1 + (p+q)*(psi-1)
	// The smaller root in a form that does not cancel.
	return 2 * psi * p * q / (s + math.Sqrt(max(0, s*s-4*psi*(psi-1)*p*q)))
}
