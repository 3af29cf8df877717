package cortex

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// Truth is what a circuit was drawn from: the factors of its neurons, their
// effects, and so the probability of every edge. Pairs are by the circuit's own
// order of neurons. It does not change.
type Truth struct {
	circuit *circuit.Circuit
	rule    rule
	cells   []cell
	reach   float64 // µm
}

// Effects are what neurons bring along that neither class, place nor factors
// tell: one entry a neuron.
type Effects struct {
	// Sender and Receiver are added to the log-odds of all edges that leave a
	// neuron, and that reach it.
	Sender   []float64 `json:"sender"`
	Receiver []float64 `json:"receiver"`
	// Community is from 0 to 3; only which neurons share one matters.
	Community []int `json:"community"`
}

// Truth returns that of a circuit cut from the sheet, in any order; its edges may
// be others. A neuron that is not the sheet's, or a mask, is an error.
func (s *Sheet) Truth(c *circuit.Circuit) (*Truth, error) {
	if !c.FullyObserved() {
		return nil, fmt.Errorf("cortex: truth: the circuit has unobserved rows, a sheet has none: give the circuit without its mask")
	}
	t := &Truth{circuit: c, rule: s.rule, reach: s.cfg.Reach, cells: make([]cell, c.Len())}
	for k, neuron := range c.Neurons() {
		i, err := strconv.Atoi(neuron.ID)
		if err != nil || i < 0 || i >= len(s.cells) || s.neurons[i] != neuron {
			return nil, fmt.Errorf("cortex: truth: neuron %d (id %q) is not of this sheet: ask the sheet that the circuit was cut from, by the same configuration and seed", k, neuron.ID)
		}
		t.cells[k] = s.cells[i]
	}
	return t, nil
}

// Circuit returns the circuit.
func (t *Truth) Circuit() *circuit.Circuit { return t.circuit }

// Blueprint returns the true factors, as means over the neurons.
func (t *Truth) Blueprint() Blueprint { return Blueprint(t.circuit.Origin().Factors) }

// Effects returns the true effects: one sample of their posterior given the
// circuit, since both were drawn together.
func (t *Truth) Effects() Effects {
	var e Effects
	for i := range t.cells {
		e.add(&t.cells[i])
	}
	return e
}

func (e *Effects) add(c *cell) {
	e.Sender, e.Receiver = append(e.Sender, c.sender), append(e.Receiver, c.receiver)
	e.Community = append(e.Community, c.community)
}

func (e Effects) clone() Effects {
	return Effects{slices.Clone(e.Sender), slices.Clone(e.Receiver), slices.Clone(e.Community)}
}

// DrawEffects draws from the prior: what the factors say before any edge is
// seen.
func (t *Truth) DrawEffects(rng *rand.Rand) Effects {
	var e Effects
	for _, c := range t.cells {
		c.effects(rng)
		e.add(&c)
	}
	return e
}

// At returns the truth of the same neurons with other effects.
func (t *Truth) At(e Effects) (*Truth, error) {
	n := len(t.cells)
	if len(e.Sender) != n || len(e.Receiver) != n || len(e.Community) != n {
		return nil, fmt.Errorf("cortex: truth: %d sender effects, %d receiver effects and %d communities for %d neurons: give one each", len(e.Sender), len(e.Receiver), len(e.Community), n)
	}
	u := *t
	u.cells = slices.Clone(t.cells)
	for i := range u.cells {
		u.cells[i].sender, u.cells[i].receiver, u.cells[i].community = e.Sender[i], e.Receiver[i], e.Community[i]
	}
	return &u, nil
}

// outcomes returns the probabilities of i→j, of j→i and of both.
func (t *Truth) outcomes(i, j int) (p, q, both float64) {
	a, b := &t.cells[i], &t.cells[j]
	if i == j || !t.inReach(a, b) {
		return 0, 0, 0
	}
	return t.rule.outcomes(a, b)
}

func (t *Truth) inReach(a, b *cell) bool {
	dx, dy := a.x-b.x, a.y-b.y
	return dx*dx+dy*dy <= t.reach*t.reach
}

// Marginal returns the probability of i→j; 0 of an autapse and beyond the
// sheet's reach.
func (t *Truth) Marginal(i, j int) float64 {
	p, _, _ := t.outcomes(i, j)
	return p
}

// Both returns the probability P11 of i→j and j→i at once. It is at most the
// smaller of the two marginals, and Marginal(i, j)·Marginal(j, i) at
// reciprocity 1.
func (t *Truth) Both(i, j int) float64 {
	_, _, both := t.outcomes(i, j)
	return both
}

// LogLikelihood returns the log-probability, in nats, of the circuit's edges
// given its neurons, factors and effects; −Inf where an edge cannot be.
func (t *Truth) LogLikelihood() float64 {
	sum := 0.0
	for i := range t.cells {
		for j := range i {
			p, q, both := t.outcomes(i, j)
			sum += math.Log(outcome(p, q, both, t.circuit.Has(i, j), t.circuit.Has(j, i)))
		}
	}
	return sum
}

// outcome is the probability of one of the four; never below 0 by rounding.
func outcome(p, q, both float64, forth, back bool) float64 {
	switch {
	case forth && back:
		return both
	case forth:
		return max(0, p-both)
	case back:
		return max(0, q-both)
	}
	return max(0, 1-p-q+both)
}

// LogPrior returns the log-density of the truth's effects given the factors, in
// nats.
func (t *Truth) LogPrior() float64 {
	sum := 0.0
	for _, c := range t.cells {
		s, r := c.sender/c.spread, c.receiver/(receiverShare*c.spread)
		sum -= (s*s+r*r)/2 + math.Log(2*math.Pi*receiverShare*c.spread*c.spread) + math.Log(communities)
	}
	return sum
}

// Redraw returns a twin: a circuit of the same neurons whose edges are drawn
// from the truth again.
func (t *Truth) Redraw(rng *rand.Rand) (*circuit.Circuit, error) {
	var edges []circuit.Edge
	for i := range t.cells {
		for j := range i {
			p, q, both := t.outcomes(i, j)
			edges = connect(edges, i, j, p, q, both, rng.Float64())
		}
	}
	return t.circuit.WithEdges(edges)
}

// Sibling returns a circuit of the same classes, positions and factors, whose
// effects and edges are both drawn again: what there is to know of it from the
// factors is all that it has in common with the circuit.
func (t *Truth) Sibling(rng *rand.Rand) (*circuit.Circuit, error) {
	u, err := t.At(t.DrawEffects(rng))
	if err != nil {
		return nil, err
	}
	return u.Redraw(rng)
}

// Ratio returns the expected number of mutual pairs over that of independent
// directions with the same probabilities, ΣP11/Σp·q, which is what reciprocity
// plants in the mean over effects; and the cap, the greatest that it can be,
// Σmin(p, q)/Σp·q. NaN of fewer than two neurons.
func (t *Truth) Ratio() (ratio, most float64) {
	var mutual, independent, least float64
	for i := range t.cells {
		for j := range i {
			p, q, both := t.outcomes(i, j)
			mutual, independent, least = mutual+both, independent+p*q, least+min(p, q)
		}
	}
	return mutual / independent, least / independent
}

// With returns the truth of another circuit of the same neurons, in any order: a
// twin, or one that a model made of them. A neuron that is not one of the truth's
// is an error.
func (t *Truth) With(c *circuit.Circuit) (*Truth, error) {
	at := make(map[string]int, len(t.cells))
	for i, neuron := range t.circuit.Neurons() {
		at[neuron.ID] = i
	}
	u := &Truth{circuit: c, rule: t.rule, reach: t.reach, cells: make([]cell, c.Len())}
	for k, neuron := range c.Neurons() {
		i, known := at[neuron.ID]
		if !known || t.circuit.Neuron(i) != neuron {
			return nil, fmt.Errorf("cortex: truth: neuron %d (id %q) is not of the circuit that the truth is of", k, neuron.ID)
		}
		u.cells[k] = t.cells[i]
	}
	return u, nil
}
