package fidelity

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// Scores say how well probabilities foretell the edges of one circuit.
type Scores struct {
	// AUC is the area under the ROC curve: the probability that an edge has a
	// higher score than a pair without one, ties counting half. Hanley & McNeil
	// 1982, doi:10.1148/radiology.143.1.7063747.
	AUC float64 `json:"auc"`
	// AP is the average precision Σ (R_k − R_k−1)·P_k over thresholds, as
	// scikit-learn defines it.
	AP float64 `json:"ap"`
	// LogLoss is the negative log-likelihood in nats per observed ordered pair.
	LogLoss float64 `json:"log_loss"`
}

// pair is a scored ordered pair.
type pair struct {
	p    float64
	edge bool
}

// scored lists the observed ordered pairs without the diagonal.
func scored(c *circuit.Circuit, p []float64) ([]pair, error) {
	n := c.Len()
	if len(p) != n*n {
		return nil, fmt.Errorf("fidelity: %d probabilities for %d neurons: give n × n, row presynaptic", len(p), n)
	}
	pairs := make([]pair, 0, n*n)
	for i := range n {
		if !c.Observed(i) {
			continue
		}
		for j := range n {
			if i == j {
				continue
			}
			if x := p[i*n+j]; !(x >= 0 && x <= 1) {
				return nil, fmt.Errorf("fidelity: the probability of %d→%d is %g", i, j, x)
			}
			pairs = append(pairs, pair{p[i*n+j], c.Has(i, j)})
		}
	}
	return pairs, nil
}

// Edge scores p, row-major [n, n], p[pre, post] being the probability of an
// edge; its diagonal is not looked at. AUC and AP are NaN for a circuit without
// edges, and AUC for a complete one. A probability outside 0 to 1, or a wrong
// number of them, is an error.
func Edge(c *circuit.Circuit, p []float64) (Scores, error) {
	pairs, err := scored(c, p)
	if err != nil {
		return Scores{}, err
	}
	return Scores{AUC: area(pairs), AP: averagePrecision(pairs), LogLoss: logLoss(pairs)}, nil
}

// steps walks down the thresholds: for each distinct probability, how many
// edges and other pairs have it.
func steps(pairs []pair, f func(edges, others float64)) {
	slices.SortFunc(pairs, func(a, b pair) int { return cmp.Compare(b.p, a.p) })
	for first := 0; first < len(pairs); {
		edges, others, next := 0.0, 0.0, first
		for ; next < len(pairs) && pairs[next].p == pairs[first].p; next++ {
			if pairs[next].edge {
				edges++
			} else {
				others++
			}
		}
		f(edges, others)
		first = next
	}
}

func area(pairs []pair) float64 {
	var above, wins, allEdges, allOthers float64
	steps(pairs, func(edges, others float64) {
		wins += others * (above + edges/2)
		above += edges
		allEdges += edges
		allOthers += others
	})
	if allEdges == 0 || allOthers == 0 {
		return math.NaN()
	}
	return wins / (allEdges * allOthers)
}

func averagePrecision(pairs []pair) float64 {
	var found, seen, sum float64
	steps(pairs, func(edges, others float64) {
		found += edges
		seen += edges + others
		sum += edges * found / seen
	})
	if found == 0 {
		return math.NaN()
	}
	return sum / found
}

// floor keeps the log of a probability of 0 finite (that of scikit-learn for
// float64).
const floor = 2.220446049250313e-16

func logLoss(pairs []pair) float64 {
	if len(pairs) == 0 {
		return math.NaN()
	}
	sum := 0.0
	for _, q := range pairs {
		p := q.p
		if !q.edge {
			p = 1 - p
		}
		sum -= math.Log(max(p, floor))
	}
	return sum / float64(len(pairs))
}
