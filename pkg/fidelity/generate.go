package fidelity

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// GenerateIndependent draws a circuit with the neurons, mask and origin of c and
// every edge by itself, by the probabilities that a baseline gives: what a
// generator must at least be better than.
func GenerateIndependent(b Baseline, c *circuit.Circuit, rng *rand.Rand) (*circuit.Circuit, error) {
	n := c.Len()
	p := b.Predict(c)
	var edges []circuit.Edge
	for i := range n {
		for j := range n {
			if i != j && rng.Float64() < p[i*n+j] {
				edges = append(edges, circuit.Edge{Pre: i, Post: j})
			}
		}
	}
	drawn, err := c.WithEdges(edges)
	if err != nil {
		return nil, fmt.Errorf("fidelity: generate: %s: %w", b.Name(), err)
	}
	return drawn, nil
}

// Generate draws a circuit with the neurons, mask and origin of c: effects from
// their prior, then every pair of neurons from its four outcomes.
func (m *SenderReceiver) Generate(c *circuit.Circuit, rng *rand.Rand) (*circuit.Circuit, error) {
	drawn, _, err := m.generate(c, rng)
	return drawn, err
}

// generate returns the effects too.
func (m *SenderReceiver) generate(c *circuit.Circuit, rng *rand.Rand) (*circuit.Circuit, []float64, error) {
	e := newEffects(newWiring(c, func(int, int) uint8 { return absent }, m.block), m.base, m.rho, m.sigma)
	u := make([]float64, 2*e.n)
	for i := range e.n {
		s := m.sigma[e.group[i]]
		a, b := rng.NormFloat64(), rng.NormFloat64()
		sd := math.Sqrt(s.ss)
		u[2*i], u[2*i+1] = sd*a, s.sr/sd*a+math.Sqrt(s.rr-s.sr*s.sr/s.ss)*b
	}
	var edges []circuit.Edge
	e.each(exponentials(u, make([]float64, len(u))), func(d *dyad, x, y, mutual float64) {
		o := outcomesOf(x, y, mutual)
		r := rng.Float64()
		if r < o.p {
			edges = append(edges, circuit.Edge{Pre: int(d.i), Post: int(d.j)})
		}
		if r < o.both || r >= o.p && r < o.p+o.q-o.both {
			edges = append(edges, circuit.Edge{Pre: int(d.j), Post: int(d.i)})
		}
	})
	drawn, err := c.WithEdges(edges)
	if err != nil {
		return nil, nil, fmt.Errorf("fidelity: generate: %s: %w", m.Name(), err)
	}
	return drawn, u, nil
}
