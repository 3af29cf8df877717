package fidelity

import (
	"math"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// named makes a circuit of neurons with the given ids.
func named(t *testing.T, region string, ids []string, edges ...circuit.Edge) *circuit.Circuit {
	t.Helper()
	var neurons []circuit.Neuron
	for _, id := range ids {
		neurons = append(neurons, circuit.Neuron{ID: id, Position: circuit.NoPosition()})
	}
	c, err := circuit.New(neurons, edges)
	if err != nil {
		t.Fatal(err)
	}
	return c.WithOrigin(circuit.Origin{Region: region})
}

// By hand: a and b are in one training circuit, b and c in another; a and c
// never met, and d is new.
func TestMemoryKnowsWhatItHasSeen(t *testing.T) {
	train := []*circuit.Circuit{
		named(t, "r", []string{"a", "b"}, circuit.Edge{Pre: 0, Post: 1}),
		named(t, "r", []string{"b", "c"}),
	}
	flat := FitDensity(train) // one edge of four pairs
	m := FitMemory(train, flat)
	test := named(t, "r", []string{"a", "b", "c", "d"}, circuit.Edge{Pre: 0, Post: 1}, circuit.Edge{Pre: 2, Post: 3})
	p, guess := m.Predict(test), flat.Predict(test)[1]
	for _, c := range []struct {
		pre, post int
		want      float64
	}{{0, 1, certainty}, {1, 0, 1 - certainty}, {1, 2, 1 - certainty}, {0, 2, guess}, {2, 3, guess}, {3, 0, guess}, {0, 0, 0}} {
		if got := p[c.pre*4+c.post]; got != c.want {
			t.Errorf("%d→%d has probability %g, want %g", c.pre, c.post, got, c.want)
		}
	}
	neurons, pairs := m.Seen([]*circuit.Circuit{test})
	if neurons != .75 || math.Abs(pairs-4./12) > 1e-12 {
		t.Errorf("seen are %g of the neurons and %g of the pairs, want 3/4 and 4/12", neurons, pairs)
	}
}

func TestApart(t *testing.T) {
	a := Report{Name: "a", Scores: []Scores{{AUC: .9}, {AUC: .7}, {AUC: math.NaN()}}, Region: []string{"x", "y", "y"}}
	b := Report{Name: "b", Scores: []Scores{{AUC: .5}, {AUC: .6}}, Region: []string{"x", "z"}}
	g := Apart(a, b, 500, 1)
	if math.Abs(g.AUC.Value-.25) > 1e-12 || g.Over != "b" || g.AUC.N != 4 {
		t.Errorf("the difference is %+v, want .8 − .55 over 4 regions", g)
	}
	// The extremes of resampled means are .7 − .6 and .9 − .5.
	if g.AUC.Lo < .1-1e-12 || g.AUC.Hi > .4+1e-12 || g.AUC.Lo >= g.AUC.Hi {
		t.Errorf("the interval is %v", g.AUC)
	}
}
