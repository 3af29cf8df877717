package nullmodel

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// hubs has m edges, out- and in-degrees that vary by a factor of ten, and mutual pairs.
func hubs(t *testing.T, n, m int, rng *rand.Rand) *circuit.Circuit {
	t.Helper()
	out, in := make([]float64, n), make([]float64, n)
	for i := range n {
		out[i], in[i] = math.Exp(rng.NormFloat64()), math.Exp(rng.NormFloat64())
	}
	top := 0.
	for i := range n {
		for j := range n {
			top = max(top, out[i]*in[j])
		}
	}
	neurons := neuronsOf(n)
	for i := range neurons {
		neurons[i].Position = circuit.Position{X: 300 * rng.Float64(), Y: 300 * rng.Float64(), Depth: 300 * rng.Float64()}
	}
	has := map[circuit.Edge]bool{}
	var edges []circuit.Edge
	for len(edges) < m {
		e := circuit.Edge{Pre: rng.IntN(n), Post: rng.IntN(n)}
		near := math.Exp(-neurons[e.Pre].Position.Distance(neurons[e.Post].Position) / 100)
		if e.Pre == e.Post || has[e] || rng.Float64() > near*out[e.Pre]*in[e.Post]/top {
			continue
		}
		has[e] = true
		edges = append(edges, e)
		if back := (circuit.Edge{Pre: e.Post, Post: e.Pre}); !has[back] && rng.IntN(4) == 0 && len(edges) < m {
			has[back] = true
			edges = append(edges, back)
		}
	}
	return circuitOf(t, neurons, edges)
}

func TestChainsMix(t *testing.T) {
	for name, c := range map[string]*circuit.Circuit{
		"sparse": hubs(t, 100, 400, rand.New(rand.NewPCG(1, 2))),
		"dense":  hubs(t, 40, 500, rand.New(rand.NewPCG(3, 4))),
	} {
		for _, m := range []Model{configuration, degreeReciprocal, distanceDegreeExact} {
			t.Run(name+" "+m.Name, func(t *testing.T) {
				chain, err := Mixing(t.Context(), m, c, 0, rand.New(rand.NewPCG(5, 6)))
				if err != nil {
					t.Fatal(err)
				}
				t.Logf("%+v, %.1f steps an edge", chain, chain.StepsPerEdge())
				if !chain.Mixed() {
					t.Error("the chain of a draw is too short")
				}
				short, err := Mixing(t.Context(), m, c, c.Edges()/2, rand.New(rand.NewPCG(5, 6)))
				if err != nil {
					t.Fatal(err)
				}
				if short.Mixed() || short.Kept < short.KeptForEver+4*short.KeptSE {
					t.Errorf("half a step an edge is taken for enough: %+v", short)
				}
			})
		}
	}
}

// A series of independent numbers has time 1, one in which x(t) is .9·x(t−1) and
// noise (1+.9)/(1−.9) = 19.
func TestAutocorrelationTime(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for name, c := range map[string]struct{ memory, want float64 }{"noise": {0, 1}, "memory": {.9, 19}} {
		x := make([]float64, 1<<17)
		for i := range x {
			x[i] = rng.NormFloat64()
			if i > 0 {
				x[i] += c.memory * x[i-1]
			}
		}
		if got := autocorrelationTime(x); math.Abs(got-c.want) > .1*c.want {
			t.Errorf("%s: the time is %.2f, want %.0f", name, got, c.want)
		}
	}
	if got := autocorrelationTime(make([]float64, 9)); !math.IsNaN(got) {
		t.Errorf("the time of what does not vary is %g", got)
	}
}

func TestMixingFaults(t *testing.T) {
	c := randomCircuit(t, 10, 20, rand.New(rand.NewPCG(1, 2)))
	rng := rand.New(rand.NewPCG(3, 4))
	if _, err := Mixing(t.Context(), er, c, 0, rng); err == nil || !strings.Contains(err.Error(), "without a chain") {
		t.Errorf("a model without a chain gives %v", err)
	}
	if _, err := Mixing(t.Context(), configuration, c, -1, rng); err == nil {
		t.Error("−1 steps are no error")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Mixing(ctx, configuration, c, 0, rng); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled context gives %v", err)
	}
	if chain, err := Mixing(t.Context(), configuration, randomCircuit(t, 4, 0, rng), 0, rng); err != nil || !chain.Mixed() {
		t.Errorf("no edges: %+v (%v)", chain, err)
	}
}
