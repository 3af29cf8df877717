package structure_test

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/structure"
)

// With h₀ = 0 the equations Λh = v of the circuit of five are 3h₁ − h₂ = −1,
// 3h₂ − h₁ − h₃ = −1, 2h₃ − h₂ − h₄ = 0, h₄ − h₃ = 1: h = 0, −.4, −.2, .8, 1.8,
// of which −.4 is the lowest. Edges 0→1, 1→0, 1→2, 2→0 go −.4, .4, .2, .2 up and
// the others 1, so F₀ = (1.4² + .6² + .8² + .8²)/6.
func ExampleTrophicCoherence() {
	fmt.Printf("levels %.1f\n", structure.TrophicLevels(five()))
	fmt.Printf("coherence %.1f\n", structure.TrophicCoherence(five()))
	// Output:
	// levels [0.4 0.0 0.2 1.2 2.2]
	// coherence 0.4
}

// Levels are those of least squares over edges, which a singular value
// decomposition finds without a pinned neuron.
func TestTrophicLevelsByLeastSquares(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := placed(t, false)
		edges := c.EdgeList()
		if len(edges) == 0 {
			return
		}
		steps, ones := mat.NewDense(len(edges), c.Len(), nil), mat.NewVecDense(len(edges), nil)
		for k, e := range edges {
			steps.Set(k, e.Post, 1)
			steps.Set(k, e.Pre, -1)
			ones.SetVec(k, 1)
		}
		var svd mat.SVD
		if !svd.Factorize(steps, mat.SVDThin) {
			t.Skip("no singular values")
		}
		var want mat.VecDense
		svd.SolveVecTo(&want, ones, svd.Rank(1e-9))
		var off mat.VecDense
		off.MulVec(steps, &want)
		off.SubVec(&off, ones)
		weak, err := structure.WeakComponents(t.Context(), c.CSR())
		if err != nil {
			t.Fatal(err)
		}
		lowest := make([]float64, len(weak.Sizes))
		for i, k := range weak.Of {
			lowest[k] = math.Min(lowest[k], want.AtVec(i))
		}
		for i, got := range structure.TrophicLevels(c) {
			if want := want.AtVec(i) - lowest[weak.Of[i]]; !same(got, want, 1e-9) {
				t.Errorf("level of %d is %v, by least squares %v", i, got, want)
			}
		}
		if got, want := structure.TrophicCoherence(c), 1-mat.Dot(&off, &off)/float64(len(edges)); !same(got, want, 1e-9) {
			t.Errorf("coherence %v, by least squares %v", got, want)
		}
	})
}

func TestFlowTransposed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := placed(t, false)
		d := transposed(t, c)
		level := 0 // edges between equal depths
		known := 0
		for _, e := range c.EdgeList() {
			p, q := c.Neuron(e.Pre).Position, c.Neuron(e.Post).Position
			if p.Known() && q.Known() {
				known++
				if p.Depth == q.Depth {
					level++
				}
			}
		}
		for _, f := range []struct {
			name string
			a, b float64
		}{
			{"trophic_coherence", structure.TrophicCoherence(c), structure.TrophicCoherence(d)},
			{"downward_share", structure.DownwardShare(c), 1 - float64(level)/float64(known) - structure.DownwardShare(d)},
			{"depth_step", structure.DepthStep(c), -structure.DepthStep(d)},
			{"wire_length", structure.WireLength(c), structure.WireLength(d)},
		} {
			if !same(f.a, f.b, 1e-10) {
				t.Errorf("%s: %v, transposed %v", f.name, f.a, f.b)
			}
		}
	})
}

func chain(n int) []circuit.Edge {
	edges := make([]circuit.Edge, n-1)
	for i := range edges {
		edges[i] = circuit.Edge{Pre: i, Post: i + 1}
	}
	return edges
}

func TestTrophicCoherenceOfKnownFlows(t *testing.T) {
	nan := math.NaN()
	layers := []circuit.Edge{{Pre: 0, Post: 2}, {Pre: 0, Post: 3}, {Pre: 1, Post: 3}, {Pre: 2, Post: 4}, {Pre: 3, Post: 4}}
	masked, err := of(t, 5, layers...).WithObserved([]bool{true, true, true, true, false})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		c      *circuit.Circuit
		want   float64
		levels []float64
	}{
		{"no neuron", of(t, 0), nan, nil},
		{"one neuron", of(t, 1), nan, []float64{0}},
		{"no edge", of(t, 2), nan, []float64{0, 0}},
		{"layers", of(t, 5, layers...), 1, []float64{0, 0, 1, 1, 2}},
		{"ring", of(t, 3, append(chain(3), circuit.Edge{Pre: 2, Post: 0})...), 0, []float64{0, 0, 0}},
		{"both ways", of(t, 2, circuit.Edge{Pre: 0, Post: 1}, circuit.Edge{Pre: 1, Post: 0}), 0, []float64{0, 0}},
		// h₁ = h₀ + 2/3, h₂ = h₀ + 4/3: off by 1/3 three times.
		{"feed-forward loop", of(t, 3, append(chain(3), circuit.Edge{Pre: 0, Post: 2})...), 8. / 9, []float64{0, 2. / 3, 4. / 3}},
		{"two components, the second backwards", of(t, 5, circuit.Edge{Pre: 0, Post: 1}, circuit.Edge{Pre: 4, Post: 3}, circuit.Edge{Pre: 3, Post: 2}), 1, []float64{0, 1, 2, 1, 0}},
		{"a row unknown", masked, nan, []float64{nan, nan, nan, nan, nan}},
	} {
		if got := structure.TrophicCoherence(test.c); !same(got, test.want, 1e-12) {
			t.Errorf("%s: coherence %v, want %v", test.name, got, test.want)
		}
		for i, got := range structure.TrophicLevels(test.c) {
			if !same(got, test.levels[i], 1e-12) {
				t.Errorf("%s: level of %d is %v, want %v", test.name, i, got, test.levels[i])
			}
		}
	}
}

// Above a thousand neurons levels are found step by step. A long chain is the
// hardest circuit for that.
func TestTrophicLevelsOfALongChain(t *testing.T) {
	const n = 2500
	c := of(t, n, chain(n)...)
	for i, got := range structure.TrophicLevels(c) {
		if !same(got, float64(i), 1e-9*n) {
			t.Fatalf("level of %d is %v", i, got)
		}
	}
	if got := structure.TrophicCoherence(c); !same(got, 1, 1e-9) {
		t.Errorf("coherence %v, want 1", got)
	}
}
