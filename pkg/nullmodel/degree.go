package nullmodel

import (
	"context"
	"math/rand/v2"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// DCSBM returns a circuit of the degree-corrected block model: edges are
// independent with log-odds a_i + b_j + w(class of i, class of j), and in the
// mean every neuron has its out- and in-degree and each class as many edges to
// each class as in the circuit. Of all laws on directed simple graphs with those
// means it has the largest entropy. Karrer & Newman 2011,
// doi:10.1103/PhysRevE.83.016107, whose Poisson numbers of edges between a pair
// are replaced by one or none (Fronczak, Fronczak & Bujok 2013,
// doi:10.1103/PhysRevE.88.032810), so that no repeated edge has to be dropped. A
// circuit in which no neuron has a class is an error.
func DCSBM(c *circuit.Circuit, rng *rand.Rand) (*circuit.Circuit, error) { return once(dcsbm, c, rng) }

// DistanceDegree returns a circuit in which edges are independent with log-odds
// a_i + b_j + f(bin of the distance): in the mean every neuron has its out- and
// in-degree, and every one of DistanceBins as many edges as in the circuit. Of all
// laws on directed simple graphs with those means it has the largest entropy.
// Rows and columns that are empty or full, and bins, have no finite solution and
// are kept as they are. Every neuron needs a position.
// Squartini & Garlaschelli 2011, doi:10.1088/1367-2630/13/8/083001, with a term
// for distance (ours).
func DistanceDegree(c *circuit.Circuit, rng *rand.Rand) (*circuit.Circuit, error) {
	return once(distanceDegree, c, rng)
}

// DistanceDegreeExact returns a circuit with exactly the same out- and
// in-degrees, drawn with weight exp(Σ f(bin of the distance)) over its edges; f
// is such that in the mean every one of DistanceBins has as many edges as in the
// circuit. It starts from the f of DistanceDegree and is corrected along a
// chain (Robbins & Monro 1951, doi:10.1214/aoms/1177729586), which leaves the
// means about a tenth of a draw's spread from the circuit. The chain is that of
// Configuration with the acceptance of Metropolis et al. 1953,
// doi:10.1063/1.1699114. Every neuron needs a position. Ours.
func DistanceDegreeExact(c *circuit.Circuit, rng *rand.Rand) (*circuit.Circuit, error) {
	return once(distanceDegreeExact, c, rng)
}

var dcsbm = Model{
	Name:       "dcsbm",
	Preserves:  Preserved{Edges: Mean, OutDegrees: Mean, InDegrees: Mean, ClassPairEdges: Mean},
	Definition: "independent edges with log-odds a_i + b_j + w(class pair): maximum entropy",
	Source:     "Karrer & Newman 2011, doi:10.1103/PhysRevE.83.016107; Fronczak, Fronczak & Bujok 2013, doi:10.1103/PhysRevE.88.032810",
	fit: func(ctx context.Context, k *known) (law, error) {
		if err := k.needClasses(); err != nil {
			return nil, err
		}
		return k.entropy(ctx, k.byClassPair())
	},
}

var distanceDegree = Model{
	Name:       "distance_degree",
	Preserves:  Preserved{Edges: Mean, OutDegrees: Mean, InDegrees: Mean, DistanceEdges: Mean},
	Definition: "independent edges with log-odds a_i + b_j + f(distance bin): maximum entropy",
	Source:     "ours, after Squartini & Garlaschelli 2011, doi:10.1088/1367-2630/13/8/083001",
	fit: func(ctx context.Context, k *known) (law, error) {
		if err := k.needPositions(); err != nil {
			return nil, err
		}
		return k.entropy(ctx, k.byDistance())
	},
}

var distanceDegreeExact = Model{
	Name:       "distance_degree_exact",
	Preserves:  Preserved{Edges: Exactly, OutDegrees: Exactly, InDegrees: Exactly, DistanceEdges: Mean},
	Definition: "circuits with the same out- and in-degrees, weighted by exp(Σ f(distance bin)) over edges",
	Source:     "ours; Metropolis et al. 1953, doi:10.1063/1.1699114; Robbins & Monro 1951, doi:10.1214/aoms/1177729586",
	fit: func(ctx context.Context, k *known) (law, error) {
		if err := k.needPositions(); err != nil {
			return nil, err
		}
		bins := k.byDistance()
		fitted, err := k.entropy(ctx, bins)
		if err != nil {
			return nil, err
		}
		s := newSwaps(k.n, k.edges)
		if err := s.weigh(ctx, k, bins, fitted); err != nil {
			return nil, err
		}
		s.steps = s.enough()
		return s, nil
	},
}

// entropy fits the law of largest entropy.
func (k *known) entropy(ctx context.Context, groups sorting) (*maxent, error) {
	e := newMaxent(k, groups)
	if err := e.solve(ctx); err != nil {
		return nil, err
	}
	return e, nil
}
