package fidelity

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// Baseline predicts edges from what is known without a model of wiring.
type Baseline interface {
	// Name is that of tables.
	Name() string
	// Predict returns the probability of every edge, row-major [n, n].
	Predict(c *circuit.Circuit) []float64
}

// Baselines fits all of them to training circuits.
func Baselines(train []*circuit.Circuit) []Baseline {
	return []Baseline{FitDensity(train), FitClass(train), FitDistance(train), FitClassDistance(train)}
}

// pseudo is by how many pairs of the overall rate each cell of a table is
// smoothed (ours): nothing where there are thousands, and enough that an empty
// cell is not a certainty.
const pseudo = 20

// tally counts pairs and edges.
type tally struct{ pairs, edges float64 }

func (t tally) rate(prior float64) float64 { return (t.edges + pseudo*prior) / (t.pairs + pseudo) }

// classPair is a cell of a table by classes.
type classPair struct{ pre, post circuit.Class }

// each calls f for every observed ordered pair.
func each(circuits []*circuit.Circuit, f func(pre, post circuit.Neuron, edge bool)) {
	for _, c := range circuits {
		for i, pre := range c.Neurons() {
			if !c.Observed(i) {
				continue
			}
			for j, post := range c.Neurons() {
				if i != j {
					f(pre, post, c.Has(i, j))
				}
			}
		}
	}
}

// table is a baseline that looks up a pair's cell.
type table[K comparable] struct {
	name  string
	cell  func(pre, post circuit.Neuron) K
	rates map[K]float64
	rate  float64 // of all pairs, for cells that training did not have
}

func (t table[K]) Name() string { return t.name }

func (t table[K]) Predict(c *circuit.Circuit) []float64 {
	return predict(c, func(pre, post circuit.Neuron) float64 {
		if rate, known := t.rates[t.cell(pre, post)]; known {
			return rate
		}
		return t.rate
	})
}

func predict(c *circuit.Circuit, f func(pre, post circuit.Neuron) float64) []float64 {
	n := c.Len()
	p := make([]float64, n*n)
	for i, pre := range c.Neurons() {
		for j, post := range c.Neurons() {
			if i != j {
				p[i*n+j] = f(pre, post)
			}
		}
	}
	return p
}

func fitTable[K comparable](name string, train []*circuit.Circuit, cell func(pre, post circuit.Neuron) K) table[K] {
	counts, all := map[K]tally{}, tally{}
	each(train, func(pre, post circuit.Neuron, edge bool) {
		k := cell(pre, post)
		t := counts[k]
		t.add(edge)
		counts[k] = t
		all.add(edge)
	})
	fitted := table[K]{name: name, cell: cell, rates: make(map[K]float64, len(counts)), rate: all.edges / max(1, all.pairs)}
	for k, t := range counts {
		fitted.rates[k] = t.rate(fitted.rate)
	}
	return fitted
}

func (t *tally) add(edge bool) {
	t.pairs++
	if edge {
		t.edges++
	}
}

// FitDensity gives every pair the density of the training circuits.
func FitDensity(train []*circuit.Circuit) Baseline {
	return fitTable("density", train, func(_, _ circuit.Neuron) struct{} { return struct{}{} })
}

// FitClass gives every pair the rate of its classes.
func FitClass(train []*circuit.Circuit) Baseline {
	return fitTable("class", train, func(pre, post circuit.Neuron) classPair { return classPair{pre.Class, post.Class} })
}

// bin is a bin of distance in µm: steps of a fifth on a log scale, which gives
// short distances, where probability changes fastest, the finer bins (ours).
// −1 is for pairs without positions.
func bin(d float64) int {
	if math.IsNaN(d) {
		return -1
	}
	return int(5 * math.Log2(1+d/20))
}

// FitDistance gives every pair the rate of its distance.
func FitDistance(train []*circuit.Circuit) Baseline {
	return fitTable("distance", train, func(pre, post circuit.Neuron) int { return bin(pre.Position.Distance(post.Position)) })
}

// FitClassDistance gives every pair a logistic function of distance, fitted
// to the pairs of its two classes: intercept, distance, its root, depth of post
// below pre, if it is below, and distance across, with a ridge towards the fit to
// all pairs, so that rare class pairs borrow the common decay (ours). Pairs without
// positions get the rate of their classes.
func FitClassDistance(train []*circuit.Circuit) Baseline {
	counts := map[classPair]map[spot]tally{}
	all := map[spot]tally{}
	each(train, func(pre, post circuit.Neuron, edge bool) {
		if !pre.Position.Known() || !post.Position.Known() {
			return
		}
		k, s := classPair{pre.Class, post.Class}, spotOf(pre, post)
		if counts[k] == nil {
			counts[k] = map[spot]tally{}
		}
		for _, m := range []map[spot]tally{counts[k], all} {
			t := m[s]
			t.add(edge)
			m[s] = t
		}
	})
	common := fitLogistic(all, [features]float64{-2.5}, 1e-3)
	b := classDistance{fallback: FitClass(train), common: common, weights: map[classPair][features]float64{}}
	for k, spots := range counts {
		b.weights[k] = fitLogistic(spots, common, 3)
	}
	return b
}

// spot is a small cell of horizontal distance and depth difference, so that a
// million pairs are fitted as a few thousand.
type spot struct{ across, down int }

const spotSize = 10 // µm

func spotOf(pre, post circuit.Neuron) spot {
	return spot{
		int(pre.Position.Horizontal(post.Position) / spotSize),
		int(math.Floor((post.Position.Depth - pre.Position.Depth) / spotSize)),
	}
}

// features is how many numbers describe a spot.
const features = 6

// describe returns intercept, distance and its root, how much and if at all post
// lies below pre, and distance across, in units near 1.
func (s spot) describe() [features]float64 {
	across, down := (float64(s.across)+.5)*spotSize, (float64(s.down)+.5)*spotSize
	d := math.Hypot(across, down) / 100
	below := 0.
	if down > 0 {
		below = 1
	}
	return [features]float64{1, d, math.Sqrt(d), max(0, down) / 100, below, across / 100}
}

type classDistance struct {
	fallback Baseline
	common   [features]float64
	weights  map[classPair][features]float64
}

func (b classDistance) Name() string { return "class × distance" }

func (b classDistance) Predict(c *circuit.Circuit) []float64 {
	n := c.Len()
	byClass := b.fallback.Predict(c)
	for i, pre := range c.Neurons() {
		for j, post := range c.Neurons() {
			if i == j || !pre.Position.Known() || !post.Position.Known() {
				continue
			}
			weights, known := b.weights[classPair{pre.Class, post.Class}]
			if !known {
				weights = b.common
			}
			byClass[i*n+j] = logistic(weights, spotOf(pre, post).describe())
		}
	}
	return byClass
}

func logistic(w, x [features]float64) float64 {
	sum := 0.0
	for k := range w {
		sum += w[k] * x[k]
	}
	return 1 / (1 + math.Exp(-sum))
}

// fitLogistic maximises the likelihood of the spots with a ridge towards prior,
// by Newton's method (iteratively reweighted least squares), which a ridge makes
// safe. Spots are added in a fixed order, since a map has none.
func fitLogistic(spots map[spot]tally, prior [features]float64, ridge float64) [features]float64 {
	order := sortedSpots(spots)
	w := prior
	for range 50 {
		hessian := mat.NewSymDense(features, nil)
		gradient := mat.NewVecDense(features, nil)
		for k := range features {
			hessian.SetSym(k, k, ridge)
			gradient.SetVec(k, ridge*(prior[k]-w[k]))
		}
		for _, s := range order {
			t, x := spots[s], s.describe()
			p := logistic(w, x)
			for k := range features {
				gradient.SetVec(k, gradient.AtVec(k)+(t.edges-t.pairs*p)*x[k])
				for l := k; l < features; l++ {
					hessian.SetSym(k, l, hessian.At(k, l)+t.pairs*p*(1-p)*x[k]*x[l])
				}
			}
		}
		var cholesky mat.Cholesky
		var step mat.VecDense
		if !cholesky.Factorize(hessian) || cholesky.SolveVecTo(&step, gradient) != nil {
			return w // the ridge keeps this from happening but for overflow
		}
		// A full step may overshoot where probabilities are near 0.
		scale := min(1, 3/max(1e-12, mat.Norm(&step, 2)))
		for k := range features {
			w[k] += scale * step.AtVec(k)
		}
		if mat.Norm(&step, 2) < 1e-8 {
			break
		}
	}
	return w
}

// sortedSpots lists the spots in a fixed order.
func sortedSpots(spots map[spot]tally) []spot {
	return slices.SortedFunc(maps.Keys(spots), func(a, b spot) int {
		return cmp.Or(cmp.Compare(a.across, b.across), cmp.Compare(a.down, b.down))
	})
}
