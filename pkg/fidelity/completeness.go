package fidelity

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/latent"
	"github.com/cortigen/cortigen/pkg/seed"
)

// Completeness is how much of what is measured of a reconstruction hangs on what
// is made of neurons whose axons were not proofread. Their outputs are unknown;
// taken for none, they make wiring look sparse and one-sided.
type Completeness struct {
	// Name is the reconstruction's; Observed of its Neurons have known outputs.
	Name     string `json:"name"`
	Neurons  int    `json:"neurons"`
	Observed int    `json:"observed"`
	// Measures are density and reciprocity, in this order.
	Measures []ThreeWays `json:"measures"`
}

// ThreeWays is a measure by what is made of unobserved rows.
type ThreeWays struct {
	Measure string `json:"measure"`
	// Naive takes what was seen of every row for all there is.
	Naive latent.Interval `json:"naive"`
	// Masked counts the ordered pairs that are known, as package structure does:
	// for density those with an observed row; for reciprocity those with two.
	Masked latent.Interval `json:"masked"`
	// ProofreadOnly leaves neurons with unobserved rows out. Reciprocity is then
	// the same as masked.
	ProofreadOnly latent.Interval `json:"proofread_only"`
}

// MeasureCompleteness measures a whole reconstruction. Intervals are over
// neurons, drawn with replacement, a pair of copies of one neuron left out
// (Snijders & Borgatti 1999, Connections 22(2), 61–70), each edge weighing as
// often as its ends were drawn. A measure that is not defined is NaN. Cost: draws
// times the number of edges.
func MeasureCompleteness(ctx context.Context, c *connectome.Connectome, draws int, s seed.Seed) (Completeness, error) {
	all := Completeness{Name: c.Name(), Neurons: c.Len(), Observed: len(c.ObservedRows())}
	everyone := c.Where(func(int) bool { return true })
	everything := func(int) bool { return true }
	for _, m := range []struct {
		name string
		of   func(c *connectome.Connectome, weight []float64, row func(i int) bool) float64
	}{{"density", weightedDensity}, {"reciprocity", weightedReciprocity}} {
		ways := ThreeWays{Measure: m.name}
		for k, way := range []struct {
			into  *latent.Interval
			drawn []int
			row   func(i int) bool
		}{{&ways.Naive, everyone, everything}, {&ways.Masked, everyone, c.Observed}, {&ways.ProofreadOnly, c.ObservedRows(), c.Observed}} {
			// The same neurons are drawn for both measures.
			*way.into = latent.Bootstrap(ownGroups(len(way.drawn)), func(indices []int) float64 {
				if ctx.Err() != nil {
					return math.NaN()
				}
				weight := make([]float64, c.Len())
				for _, i := range indices {
					weight[way.drawn[i]]++
				}
				return m.of(c, weight, way.row)
			}, draws, s.Stream("completeness", k))
			if err := ctx.Err(); err != nil {
				return Completeness{}, fmt.Errorf("fidelity: completeness: %w", err)
			}
		}
		all.Measures = append(all.Measures, ways)
	}
	return all, nil
}

// ownGroups puts each of n things into a group of its own.
func ownGroups(n int) []string {
	groups := make([]string, n)
	for i := range groups {
		groups[i] = strconv.Itoa(i)
	}
	return groups
}

// weightedDensity is the density of observed rows, each ordered pair of
// different neurons weighing the product of their weights.
func weightedDensity(c *connectome.Connectome, weight []float64, row func(i int) bool) float64 {
	total := 0.
	for _, w := range weight {
		total += w
	}
	edges, pairs := 0., 0.
	for i, w := range weight {
		if w == 0 || !row(i) {
			continue
		}
		pairs += w * (total - w)
		for _, j := range c.CSR().Row(i) {
			edges += w * weight[j]
		}
	}
	return over(edges, pairs)
}

// weightedReciprocity is the share of edges whose reverse is an edge, among
// pairs with two observed rows.
func weightedReciprocity(c *connectome.Connectome, weight []float64, row func(i int) bool) float64 {
	edges, mutual := 0., 0.
	g := c.CSR()
	for i, w := range weight {
		if w == 0 || !row(i) {
			continue
		}
		for _, j := range g.Row(i) {
			if weight[j] == 0 || !row(int(j)) {
				continue
			}
			edges += w * weight[j]
			if _, back := slices.BinarySearch(g.Row(int(j)), int32(i)); back {
				mutual += w * weight[j]
			}
		}
	}
	return over(mutual, edges)
}

// over is NaN, not infinite, over 0.
func over(a, b float64) float64 {
	if b == 0 {
		return math.NaN()
	}
	return a / b
}
