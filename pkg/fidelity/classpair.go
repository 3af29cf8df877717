package fidelity

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/latent"
	"github.com/cortigen/cortigen/pkg/seed"
)

// ClassPairScore is how well an answer orders the pairs of neurons of two
// classes, among themselves: nothing is to be had for knowing that some classes
// connect more than others.
type ClassPairScore struct {
	Pre  circuit.Class `json:"pre"`
	Post circuit.Class `json:"post"`
	// Pairs and Edges of all circuits.
	Pairs int `json:"pairs"`
	Edges int `json:"edges"`
	// AUC and ROC are of all of them together.
	AUC float64 `json:"auc"`
	ROC Curve   `json:"roc"`
}

// WithinClasses are the scores of an answer by class pair.
type WithinClasses struct {
	Name string `json:"name"`
	// AUC is the probability that an edge has a higher score than a pair without one
	// of the same circuit and class pair: mean over circuits with its interval over
	// regions. An answer that knows class pairs only has .5.
	AUC latent.Interval `json:"auc"`
	// Each lists class pairs, those with most edges first.
	Each []ClassPairScore `json:"each"`
}

// EvaluateWithinClasses scores the probabilities that predict gives for each
// circuit, by index, within every class pair. Errors are those of Evaluate.
func EvaluateWithinClasses(ctx context.Context, name string, circuits []*circuit.Circuit, predict func(i int) ([]float64, error), resamples int, s seed.Seed) (WithinClasses, error) {
	all := map[classPair][]pair{}
	values, regions := make([]float64, len(circuits)), make([]string, len(circuits))
	for i, c := range circuits {
		if err := ctx.Err(); err != nil {
			return WithinClasses{}, fmt.Errorf("fidelity: %s: %w", name, err)
		}
		p, err := predict(i)
		if err == nil {
			_, err = scored(c, p)
		}
		if err != nil {
			return WithinClasses{}, fmt.Errorf("fidelity: %s: circuit %d: %w", name, i, err)
		}
		own := byClassPair(c, p)
		for key, pairs := range own {
			all[key] = append(all[key], pairs...)
		}
		values[i], regions[i] = areaWithin(own), c.Origin().Region
	}
	w := WithinClasses{Name: name, AUC: MeanOver(values, regions, resamples, s)}
	for key, pairs := range all {
		score := ClassPairScore{Pre: key.pre, Post: key.post, Pairs: len(pairs), AUC: area(pairs), ROC: roc(pairs)}
		for _, q := range pairs {
			if q.edge {
				score.Edges++
			}
		}
		w.Each = append(w.Each, score)
	}
	slices.SortFunc(w.Each, func(a, b ClassPairScore) int {
		return cmp.Or(cmp.Compare(b.Edges, a.Edges), cmp.Compare(a.Pre, b.Pre), cmp.Compare(a.Post, b.Post))
	})
	return w, nil
}

// byClassPair divides the observed ordered pairs.
func byClassPair(c *circuit.Circuit, p []float64) map[classPair][]pair {
	by := map[classPair][]pair{}
	n := c.Len()
	for i, pre := range c.Neurons() {
		for j, post := range c.Neurons() {
			if i != j && c.Observed(i) {
				key := classPair{pre.Class, post.Class}
				by[key] = append(by[key], pair{p[i*n+j], c.Has(i, j)})
			}
		}
	}
	return by
}

// areaWithin weighs class pairs by their comparisons, which are whole numbers, so
// that their sum does not depend on the order of a map; of areas it is rounded to
// the half comparisons that it counts.
func areaWithin(by map[classPair][]pair) float64 {
	halves, comparisons := 0., 0.
	for _, pairs := range by {
		edges := 0.
		for _, q := range pairs {
			if q.edge {
				edges++
			}
		}
		if n := edges * (float64(len(pairs)) - edges); n > 0 {
			halves += math.Round(2 * n * area(pairs))
			comparisons += n
		}
	}
	return over(halves/2, comparisons)
}
