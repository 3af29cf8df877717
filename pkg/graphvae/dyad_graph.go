package graphvae

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// dyads are the parameters of all pairs, [b, N, N]: theta[i, j] is the log-odds
// of i→j given no j→i, rho the symmetric log odds ratio of the pair.
type dyads struct {
	theta, rho *Node
}

// marginalGraph returns the log-odds of P(A_ij = 1), whatever A_ji is:
// θ_ij + log(1 + e^(θ_ji + ρ_ij)) − log(1 + e^θ_ji).
func (d dyads) marginalGraph() *Node {
	eta, _ := d.marginalsGraph()
	return eta
}

// marginalsGraph returns the log-odds of P(A_ij = 1) and the logarithm of the
// sum over the outcomes with A_ij = 0, log(1 + e^θ_ji).
func (d dyads) marginalsGraph() (eta, absent *Node) {
	back := Transpose(d.theta, 1, 2)
	absent = softplusGraph(back)
	return Add(d.theta, Sub(softplusGraph(Add(back, d.rho)), absent)), absent
}

// softplusGraph returns log(1 + e^x). GoMLX's own also minds infinities, which
// takes a quarter of a step's passes over all pairs.
func softplusGraph(x *Node) *Node {
	return Add(MaxScalar(x, 0), Log1P(Exp(Neg(Abs(x)))))
}

// nllGraph returns the negative log-likelihood of the edges in nats, [b]. Pairs
// observed in both directions count with their joint probability, those
// observed in one with their marginal, others not at all.
func (d dyads) nllGraph(in inputs) *Node {
	a := in.adjacency
	seen := in.visible
	both := Mul(seen, Transpose(seen, 1, 2))
	one := Sub(seen, both)

	// Of a pair that is seen both ways θ and log Z are met twice, once from each
	// side: θ_ij with A_ij is taken as it is met, ρ and log Z by half.
	eta, absent := d.marginalsGraph()
	present := softplusGraph(eta)
	half := MulScalar(both, .5)
	mutual := Mul(half, Mul(a, Transpose(a, 1, 2)))
	terms := Add(Mul(Mul(both, a), d.theta), Mul(mutual, d.rho))
	terms = Sub(terms, Mul(half, Add(absent, present)))
	terms = Add(terms, Mul(one, Sub(Mul(a, eta), present)))
	return Neg(ReduceSum(terms, 1, 2))
}
