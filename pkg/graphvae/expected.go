package graphvae

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/gomlx/ml/model"
	"gonum.org/v1/gonum/mat"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// What an expectation is fitted with (ours): circuits at most, since they are
// only to start from; rounds of Newton's method; and the sd of a class pair's
// intercept about that of all, in log-odds.
const (
	expectedCircuits = 100
	expectedRounds   = 12
	expectedSD       = 2
)

// expectation is a logistic regression of edges on class pair and on the
// functions of places (see basesGraph), the latter with one coefficient for all
// class pairs.
type expectation struct {
	config    Config
	index     map[circuit.Class]int
	depth     []float64   // mean by class, standardised; 0 where no place is known
	intercept [][]float64 // by class of source and target, in log-odds
	on        []float64   // coefficients of the bases but the first
}

// expect fits the expectation to the training circuits and puts it into a model
// that has none yet: later trainings go on from what a model knows.
func (t *trainer) expect() error {
	c := t.model.config
	if c.Kind != Exchangeable {
		return nil
	}
	const table, depth = weightScope + "expected/table", weightScope + "expected/depth"
	s, err := t.model.snapshot(func(v *model.Variable) bool { return v.Path() == table || v.Path() == depth })
	if err != nil || slices.ContainsFunc(s[table].values, func(x float32) bool { return x != 0 }) {
		return err
	}
	e := newExpectation(c)
	if err := e.fit(evenly(t.train, expectedCircuits)); err != nil {
		return err
	}
	copy(s[table].values, e.table())
	for k, mean := range e.depth {
		s[depth].values[k] = float32(mean)
	}
	return t.model.restore(s)
}

// evenly takes so many of the circuits at most, evenly from all.
func evenly(circuits []*circuit.Circuit, most int) []*circuit.Circuit {
	if len(circuits) <= most {
		return circuits
	}
	some := make([]*circuit.Circuit, most)
	for i := range some {
		some[i] = circuits[i*len(circuits)/most]
	}
	return some
}

func newExpectation(c Config) *expectation {
	e := &expectation{config: c, index: classIndex(c.Classes), depth: make([]float64, len(c.Classes)), on: make([]float64, bases-1)}
	if c.WithoutDistance {
		e.on = nil
	}
	for range c.Classes {
		e.intercept = append(e.intercept, make([]float64, len(c.Classes)))
	}
	return e
}

// table returns the coefficients as the weight has them, [k, bases, k] flat, the
// intercepts without edgeBias.
func (e *expectation) table() []float32 {
	k, n := len(e.intercept), 1+len(e.on)
	table := make([]float32, k*n*k)
	for from := range k {
		for to := range k {
			table[from*n*k+to] = float32(e.intercept[from][to] - edgeBias)
			for f, b := range e.on {
				table[(from*n+1+f)*k+to] = float32(b)
			}
		}
	}
	return table
}

// seenPair is an observed ordered pair: what is told of it, and if it is an edge.
type seenPair struct {
	from, to int
	edge     float64
	base     [bases - 1]float64
}

// fit maximises the likelihood, intercepts and coefficients in turns, with
// normal priors that keep both finite whatever the circuits hold.
func (e *expectation) fit(circuits []*circuit.Circuit) error {
	e.fitDepth(circuits)
	pairs := e.pairs(circuits)
	edges := 1. // of two pairs that nobody saw, so that the density is never 0 or 1
	for _, p := range pairs {
		edges += p.edge
	}
	centre := math.Log(edges / (float64(len(pairs)) + 2 - edges))
	for _, row := range e.intercept {
		for to := range row {
			row[to] = centre
		}
	}
	for range expectedRounds {
		e.stepIntercepts(pairs, centre)
		if err := e.stepOn(pairs); err != nil {
			return err
		}
	}
	return nil
}

// fitDepth averages the depths of each class.
func (e *expectation) fitDepth(circuits []*circuit.Circuit) {
	known := make([]float64, len(e.depth))
	for _, c := range circuits {
		for _, n := range c.Neurons() {
			if n.Position.Known() {
				k := e.index[n.Class]
				known[k]++
				e.depth[k] += (e.standardised(n.Position.Depth) - e.depth[k]) / known[k]
			}
		}
	}
}

// standardised returns a depth in the model's units.
func (e *expectation) standardised(depth float64) float64 {
	return (depth - e.config.DepthMean) / e.config.DepthSD
}

// moments are the gradient and the curvature of a logistic likelihood by one
// number.
type moments struct{ gradient, curvature float64 }

// stepIntercepts takes one of Newton's steps in every intercept.
func (e *expectation) stepIntercepts(pairs []seenPair, centre float64) {
	k := len(e.intercept)
	byPair := make([]moments, k*k)
	for i := range pairs {
		p := &pairs[i]
		residual, variance := e.residual(p)
		m := &byPair[p.from*k+p.to]
		m.gradient, m.curvature = m.gradient+residual, m.curvature+variance
	}
	const precision = 1. / expectedSD / expectedSD
	for at, m := range byPair {
		intercept := &e.intercept[at/k][at%k]
		step := (m.gradient - precision*(*intercept-centre)) / (m.curvature + precision)
		*intercept += max(-1, min(1, step))
	}
}

// stepOn takes one of Newton's steps in the coefficients of the bases.
func (e *expectation) stepOn(pairs []seenPair) error {
	n := len(e.on)
	if n == 0 {
		return nil
	}
	var gradient [bases - 1]float64
	var curvature [bases - 1][bases - 1]float64
	for i := range pairs {
		p := &pairs[i]
		residual, variance := e.residual(p)
		for f, x := range p.base {
			gradient[f] += residual * x
			for g := f; g < n; g++ {
				curvature[f][g] += variance * x * p.base[g]
			}
		}
	}
	matrix := mat.NewSymDense(n, nil)
	for f, b := range e.on {
		gradient[f] -= b // standard normal priors
		curvature[f][f]++
		for g := f; g < n; g++ {
			matrix.SetSym(f, g, curvature[f][g])
		}
	}
	var factor mat.Cholesky
	if !factor.Factorize(matrix) {
		return errors.New("the regression of edges on distance has no solution: are there positions that are not numbers?")
	}
	var by mat.VecDense
	if err := factor.SolveVecTo(&by, mat.NewVecDense(n, gradient[:])); err != nil {
		return fmt.Errorf("the regression of edges on distance: %w", err)
	}
	for f := range e.on {
		e.on[f] += max(-1, min(1, by.AtVec(f)))
	}
	return nil
}

// residual returns what is not explained of a pair, A − p, and p(1 − p).
func (e *expectation) residual(pair *seenPair) (residual, variance float64) {
	eta := e.intercept[pair.from][pair.to]
	for f, b := range e.on {
		eta += b * pair.base[f]
	}
	p := 1 / (1 + math.Exp(-eta))
	return pair.edge - p, p * (1 - p)
}

// pairs lists the observed ordered pairs of circuits.
func (e *expectation) pairs(circuits []*circuit.Circuit) []seenPair {
	var all []seenPair
	for _, c := range circuits {
		for i := range c.Len() {
			if !c.Observed(i) {
				continue
			}
			for j := range c.Len() {
				if i == j {
					continue
				}
				p := seenPair{from: e.index[c.Neuron(i).Class], to: e.index[c.Neuron(j).Class], edge: float64(indicator(c.Has(i, j)))}
				if len(e.on) > 0 {
					p.base = e.basesOf(c.Neuron(i), c.Neuron(j))
				}
				all = append(all, p)
			}
		}
	}
	return all
}

// basesOf returns the functions of basesGraph but the first.
func (e *expectation) basesOf(source, target circuit.Neuron) [bases - 1]float64 {
	pre, post := source.Position, target.Position
	if !pre.Known() || !post.Known() {
		return [bases - 1]float64{bases - 2: 1}
	}
	down := (post.Depth - pre.Depth) / e.config.DepthSD
	straight := pre.Distance(post) / distanceUnit
	within := e.standardised(pre.Depth) - e.depth[e.index[source.Class]] + e.standardised(post.Depth) - e.depth[e.index[target.Class]]
	return [bases - 1]float64{pre.Horizontal(post) / distanceUnit, math.Abs(down), down, sign(down), math.Sqrt(straight), math.Exp(-straight), within}
}

func sign(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return 0
}
