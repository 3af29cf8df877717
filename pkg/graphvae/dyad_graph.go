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
	back := Transpose(d.theta, 1, 2)
	return Add(d.theta, Sub(Softplus(Add(back, d.rho)), Softplus(back)))
}

// logPartitionGraph returns log Z = log((1 + e^θ_ij) + e^θ_ji (1 + e^(θ_ij + ρ_ij))).
func (d dyads) logPartitionGraph() *Node {
	back := Transpose(d.theta, 1, 2)
	return LogAddExp(Softplus(d.theta), Add(back, Softplus(Add(d.theta, d.rho))))
}

// nllGraph returns the negative log-likelihood of the edges in nats, [b]. Pairs
// observed in both directions count with their joint probability, those
// observed in one with their marginal, others not at all.
func (d dyads) nllGraph(in inputs) *Node {
	a := in.adjacency
	aT := Transpose(a, 1, 2)
	n := a.Shape().Dimensions[1]
	real := Mul(ExpandAxes(in.real, 2), ExpandAxes(in.real, 1))
	distinct := OneMinus(ConvertDType(Diagonal(a.Graph(), n), a.DType()))
	pairs := Mul(real, ExpandLeftToRank(distinct, 3))
	row := ExpandAxes(in.observed, 2)    // is A_ij known?
	column := ExpandAxes(in.observed, 1) // is A_ji known?

	joint := Add(Mul(a, d.theta), Mul(aT, Transpose(d.theta, 1, 2)))
	joint = Sub(Add(joint, Mul(Mul(a, aT), d.rho)), d.logPartitionGraph())
	// Every pair is met twice, once from each side.
	both := MulScalar(Mul(Mul(row, column), joint), .5)

	eta := d.marginalGraph()
	single := Mul(Mul(row, OneMinus(column)), Sub(Mul(a, eta), Softplus(eta)))
	return Neg(ReduceSum(Mul(pairs, Add(both, single)), 1, 2))
}
