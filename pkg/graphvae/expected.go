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
	expectedCircuits = 200
	expectedRounds   = 12
	expectedSD       = 2
)

// expectation is a logistic regression of edges on class pair and on the
// functions of places (see basesGraph), the latter with one coefficient for all
// class pairs.
type expectation struct {
	config    Config
	index     map[circuit.Class]int
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
	const path = weightScope + "expected/table"
	s, err := t.model.snapshot(func(v *model.Variable) bool { return v.Path() == path })
	if err != nil || slices.ContainsFunc(s[path].values, func(x float32) bool { return x != 0 }) {
		return err
	}
	e := newExpectation(c)
	if err := e.fit(evenly(t.train, expectedCircuits)); err != nil {
		return err
	}
	copy(s[path].values, e.table())
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
	e := &expectation{config: c, index: classIndex(c.Classes), on: make([]float64, bases-1)}
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

// moments are the gradient and the curvature of a logistic likelihood by one
// number.
type moments struct{ gradient, curvature float64 }

// fit maximises the likelihood, intercepts and coefficients in turns, with
// normal priors that keep both finite whatever the circuits hold.
func (e *expectation) fit(circuits []*circuit.Circuit) error {
	if err := e.start(circuits); err != nil {
		return err
	}
	centre := e.intercept[0][0]
	for range expectedRounds {
		byPair := make([][]moments, len(e.intercept))
		for k := range byPair {
			byPair[k] = make([]moments, len(e.intercept))
		}
		e.each(circuits, func(from, to int, _ []float64, residual, variance float64) {
			m := &byPair[from][to]
			m.gradient, m.curvature = m.gradient+residual, m.curvature+variance
		})
		for from, row := range byPair {
			for to, m := range row {
				const precision = 1. / expectedSD / expectedSD
				step := (m.gradient - precision*(e.intercept[from][to]-centre)) / (m.curvature + precision)
				e.intercept[from][to] += max(-1, min(1, step))
			}
		}
		if err := e.step(circuits); err != nil {
			return err
		}
	}
	return nil
}

// start gives every class pair the density of all.
func (e *expectation) start(circuits []*circuit.Circuit) error {
	edges, all := 1., 2. // never 0 or 1
	e.each(circuits, func(_, _ int, _ []float64, residual, _ float64) {
		edges, all = edges+residual+.5, all+1 // at log-odds 0, a residual is A − ½
	})
	for _, row := range e.intercept {
		for to := range row {
			row[to] = math.Log(edges / (all - edges))
		}
	}
	return nil
}

// step takes one of Newton's steps in the coefficients of the bases.
func (e *expectation) step(circuits []*circuit.Circuit) error {
	n := len(e.on)
	if n == 0 {
		return nil
	}
	gradient, curvature := mat.NewVecDense(n, nil), mat.NewSymDense(n, nil)
	e.each(circuits, func(_, _ int, base []float64, residual, variance float64) {
		for f, x := range base {
			gradient.SetVec(f, gradient.AtVec(f)+residual*x)
			for g := f; g < n; g++ {
				curvature.SetSym(f, g, curvature.At(f, g)+variance*x*base[g])
			}
		}
	})
	for f, b := range e.on {
		gradient.SetVec(f, gradient.AtVec(f)-b)
		curvature.SetSym(f, f, curvature.At(f, f)+1)
	}
	var factor mat.Cholesky
	if !factor.Factorize(curvature) {
		return errors.New("the regression of edges on distance has no solution: are there positions that are not numbers?")
	}
	var by mat.VecDense
	if err := factor.SolveVecTo(&by, gradient); err != nil {
		return fmt.Errorf("the regression of edges on distance: %w", err)
	}
	for f := range e.on {
		e.on[f] += max(-1, min(1, by.AtVec(f)))
	}
	return nil
}

// each calls f for every observed ordered pair with what is not explained of it,
// A − p, and p(1 − p).
func (e *expectation) each(circuits []*circuit.Circuit, f func(from, to int, base []float64, residual, variance float64)) {
	base := make([]float64, len(e.on))
	for _, c := range circuits {
		for i := range c.Len() {
			if !c.Observed(i) {
				continue
			}
			for j := range c.Len() {
				if i == j {
					continue
				}
				from, to := e.index[c.Neuron(i).Class], e.index[c.Neuron(j).Class]
				basesOf(base, e.config, c.Neuron(i).Position, c.Neuron(j).Position)
				eta := e.intercept[from][to]
				for k, b := range e.on {
					eta += b * base[k]
				}
				p := 1 / (1 + math.Exp(-eta))
				f(from, to, base, float64(indicator(c.Has(i, j)))-p, p*(1-p))
			}
		}
	}
}

// basesOf writes the functions of basesGraph but the first.
func basesOf(base []float64, c Config, pre, post circuit.Position) {
	if len(base) == 0 {
		return
	}
	if !pre.Known() || !post.Known() {
		clear(base)
		base[len(base)-1] = 1
		return
	}
	down := (post.Depth - pre.Depth) / c.DepthSD
	straight := pre.Distance(post) / distanceUnit
	copy(base, []float64{pre.Horizontal(post) / distanceUnit, math.Abs(down), down, math.Sqrt(straight), math.Exp(-straight), 0})
}
