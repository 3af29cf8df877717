package fidelity

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// Unshrunk, the expected degrees are those of the circuit: the defining property
// of the law of greatest entropy. The prior of sd 100 lets 1e-3 edges slip where
// a degree is 0.
func TestExpectedDegreesAreTheCircuits(t *testing.T) {
	d, err := FitDegrees(t.Context(), heterogeneous.circuits(t, 4, 20, 3), 1)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
		n := rapid.IntRange(2, 20).Draw(rt, "n")
		c := masked(t, n, rng)
		p, err := d.corrected(Partial{Circuit: c}, unshrunk)
		if err != nil {
			rt.Fatal(err)
		}
		out, in := observedDegrees(c)
		for i := range n {
			var toOthers, fromOthers float64
			for j := range n {
				toOthers += p[i*n+j]
				if c.Observed(j) {
					fromOthers += p[j*n+i]
				}
			}
			if c.Observed(i) && math.Abs(toOthers-float64(out[i])) > 5e-3 || math.Abs(fromOthers-float64(in[i])) > 5e-3 {
				rt.Fatalf("neuron %d of %d: expected degrees %g and %g, want %d and %d", i, n, toOthers, fromOthers, out[i], in[i])
			}
		}
	})
}

// By hand: in training, the one neuron of class A has out-degree 1, that of B 0;
// in-degrees are 0 and 1. The prior is geometric with mean .5 over 0 and 1, so
// 3/4 and 1/4 after its cut: q = 1/3, 1 − q = 2/3, (2/3, 2/9) over 8/9. Each of
// the four degrees was seen once: −log((1 + prior)/2).
func TestDegreeCodeByHand(t *testing.T) {
	c, err := circuit.New([]circuit.Neuron{
		{ID: "a", Class: "A", Position: circuit.NoPosition()}, {ID: "b", Class: "B", Position: circuit.NoPosition()},
	}, []circuit.Edge{{Pre: 0, Post: 1}})
	if err != nil {
		t.Fatal(err)
	}
	codes := fitDegreeCodes([]*circuit.Circuit{c})
	near(t, "code", codes.nats(c), -2*math.Log((1+.25)/2)-2*math.Log((1+.75)/2), 1e-12)
	back, err := c.WithEdges([]circuit.Edge{{Pre: 1, Post: 0}})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "code of what was never seen", codes.nats(back), -2*math.Log(.25/2)-2*math.Log(.75/2), 1e-12)
}

// A code is one: over all degrees, probabilities add up to 1.
func TestDegreePriorAddsUp(t *testing.T) {
	for _, most := range []int{1, 5, 99} {
		sum := 0.
		for k := range most + 1 {
			sum += geometric(k, most, .1*float64(most))
		}
		near(t, "sum", sum, 1, 1e-12)
	}
}

// Reading the degrees helps with the edges, and costs more than it helps.
func TestReadingDegrees(t *testing.T) {
	train, test := heterogeneous.circuits(t, 30, 40, 1), heterogeneous.circuits(t, 8, 40, 2)
	d, err := FitDegrees(t.Context(), train, 1)
	if err != nil {
		t.Fatal(err)
	}
	r, err := d.ReadDegrees(t.Context(), test, 200, 1)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := EvaluateBaseline(t.Context(), FitClassDistance(train), test, 200, 1)
	if err != nil {
		t.Fatal(err)
	}
	gain, err := Paired(r.Report, plain, AUC, 200, 1)
	if err != nil || !(gain.Lo > .03) {
		t.Errorf("AUC gains %v (%v)", gain, err)
	}
	near(t, "bound", r.Bounds.Mean.Value, r.Report.LogLoss.Value+r.Code.Value/(40*39), 1e-12)
	below, err := r.Bounds.Below(ExactBounds(plain), 200, 1)
	if err != nil || !(below.Hi < 0) {
		t.Errorf("code and all, the reading is %v nats below class × distance (%v): the code cannot pay here", below, err)
	}
	// Two degrees a neuron, of about 2 to 3 nats each.
	if perDegree := r.Code.Value / 80; perDegree < 1.5 || perDegree > 3.5 {
		t.Errorf("a degree costs %.2f nats", perDegree)
	}
}
