package structure_test

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/structure"
)

// degenerate circuits are those at which a formula divides by nothing.
func degenerate(t testing.TB) map[string]*circuit.Circuit {
	complete := func(n int) (edges []circuit.Edge) {
		for i := range n {
			for j := range n {
				if i != j {
					edges = append(edges, circuit.Edge{Pre: i, Post: j})
				}
			}
		}
		return edges
	}
	chain := []circuit.Edge{{Pre: 0, Post: 1}, {Pre: 1, Post: 2}, {Pre: 2, Post: 3}, {Pre: 0, Post: 3}}
	ring := append([]circuit.Edge{{Pre: 3, Post: 0}}, chain[:3]...)
	there, one := circuit.Position{X: 3, Depth: 100}, circuit.Excitatory
	// alike has neurons that only their numbers tell apart.
	alike := func(n int, sign circuit.Sign, p circuit.Position, edges ...circuit.Edge) *circuit.Circuit {
		neurons := make([]circuit.Neuron, n)
		for i := range neurons {
			neurons[i] = circuit.Neuron{ID: strconv.Itoa(i), Class: "4P", Sign: sign, Position: p}
		}
		c, err := circuit.New(neurons, edges)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	circuits := map[string]*circuit.Circuit{
		"zero value": {}, "no neuron": of(t, 0), "one neuron": of(t, 1), "one placed neuron": alike(1, one, there),
		"two neurons": of(t, 2), "one edge": of(t, 2, chain[0]), "a mutual pair": of(t, 2, complete(2)...),
		"no edge": of(t, 70), "no edge, one class in one place": alike(9, one, there),
		"no cycle": of(t, 4, chain...), "a ring": of(t, 4, ring...), "a star": of(t, 5, circuit.Edge{Pre: 0, Post: 1}, circuit.Edge{Pre: 0, Post: 2}, circuit.Edge{Pre: 3, Post: 0}, circuit.Edge{Pre: 4, Post: 0}),
		"complete 6": of(t, 6, complete(6)...), "complete 40": of(t, 40, complete(40)...), "complete 65": of(t, 65, complete(65)...),
		"complete, one class in one place": alike(6, one, there, complete(6)...),
		"inhibitory only":                  alike(4, circuit.Inhibitory, there, ring...), "no sign": alike(4, circuit.UnknownSign, there, ring...),
		"no position": alike(4, one, circuit.NoPosition(), ring...),
	}
	for _, name := range []string{"one neuron", "two neurons", "a mutual pair", "no cycle", "complete 6", "complete 40", "complete, one class in one place"} {
		c := circuits[name]
		for what, observed := range map[string]func(i int) bool{"no row": func(int) bool { return false }, "one row": func(i int) bool { return i == 0 }} {
			rows := make([]bool, c.Len())
			for i := range rows {
				rows[i] = observed(i)
			}
			masked, err := c.WithObserved(rows)
			if err != nil {
				t.Fatal(err)
			}
			circuits[name+", "+what+" observed"] = masked
		}
	}
	return circuits
}

// mustLieIn reports a measure that is infinite or outside of what it declares.
func mustLieIn(t interface{ Errorf(string, ...any) }, name string, values []float64) {
	for k, m := range structure.Measures() {
		if v := values[k]; math.IsInf(v, 0) || v < m.Min || v > m.Max {
			t.Errorf("%s: %s is %v, declared to be from %v to %v and finite", name, m.Name, v, m.Min, m.Max)
		}
	}
}

func TestEveryMeasureOfDegenerateCircuits(t *testing.T) {
	for name, c := range degenerate(t) {
		together, err := structure.NewProfile(c)
		if err != nil {
			t.Fatal(err)
		}
		mustLieIn(t, name, together.Values)
		for k, m := range structure.Measures() {
			if alone := m.Of(c); !same(alone, together.Values[k], 0) {
				t.Errorf("%s: %s is %v, in a profile %v", name, m.Name, alone, together.Values[k])
			}
		}
	}
}

// Rounding must not lead out of a range either: a correlation of 1 + 2⁻⁵² is none.
func TestEveryMeasureLiesInItsRange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		for _, c := range []*circuit.Circuit{drawn(t, true), placed(t, false), placed(t, true)} {
			mustLieIn(t, "drawn", profile(t, c))
		}
	})
}

// In a symmetric circuit in- and out-degree are equal, in a tournament one falls as
// the other rises: correlations are 1 and −1, which rounding may overshoot.
func TestCorrelationsOfEqualAndOppositeDegrees(t *testing.T) {
	for seed := range uint64(500) {
		rng := rand.New(rand.NewPCG(seed, 3))
		n := 5 + rng.IntN(25)
		var symmetric, tournament []circuit.Edge
		for i := range n {
			for j := range i {
				there, back := circuit.Edge{Pre: i, Post: j}, circuit.Edge{Pre: j, Post: i}
				if rng.Float64() < .3 {
					symmetric = append(symmetric, there, back)
				}
				if rng.Float64() < .5 {
					there = back
				}
				tournament = append(tournament, there)
			}
		}
		for want, edges := range map[float64][]circuit.Edge{1: symmetric, -1: tournament} {
			c := of(t, n, edges...)
			if got := structure.InOutCorrelation(c); !math.IsNaN(got) && (math.Abs(got) > 1 || !same(got, want, 1e-12)) {
				t.Errorf("seed %d: correlation of in- and out-degree %v, want %v", seed, got, want)
			}
			if got := structure.Assortativity(c); math.Abs(got) > 1 {
				t.Errorf("seed %d: assortativity %v", seed, got)
			}
		}
	}
}

// What returns more than a number: one entry a neuron, finite or NaN, and an error
// only where the documentation has one.
func TestEveryFunctionOfDegenerateCircuits(t *testing.T) {
	ctx, rng := t.Context(), rand.New(rand.NewPCG(1, 1))
	for name, c := range degenerate(t) {
		n, g := c.Len(), c.CSR()
		lengths := map[string]int{
			"Betweenness": len(structure.Betweenness(c)), "ClusteringOf": len(structure.ClusteringOf(c)),
			"TrophicLevels": len(structure.TrophicLevels(c)), "CoreNumbers": len(structure.CoreNumbers(c)),
		}
		must := func(what string, length int, err error) {
			if err != nil {
				t.Errorf("%s: %s: %v", name, what, err)
			}
			lengths[what] = length
		}
		communities, _, err := structure.Communities(ctx, c, 2, rng)
		must("Communities", len(communities), err)
		strong, err := structure.StrongComponents(ctx, g)
		must("StrongComponents", len(strong.Of), err)
		weak, err := structure.WeakComponents(ctx, g)
		must("WeakComponents", len(weak.Of), err)
		cores, err := structure.Cores(ctx, g)
		must("Cores", len(cores), err)
		clusterings, err := structure.ClusteringOfGraph(ctx, g)
		must("ClusteringOfGraph", len(clusterings.Of), err)
		complex, err := structure.SimplicesOf(ctx, g, 3)
		must("SimplicesOf", len(complex.Highest), err)
		if shares := complex.Shares(); n > 0 && !same(total(shares), 1, 1e-12) {
			t.Errorf("%s: shares of simplex dimensions %v do not add up to 1", name, shares)
		}
		dimensions, err := structure.SimplexDimensions(c)
		if _, tooMany := structure.Simplices(c); (err != nil) != (tooMany != nil) {
			t.Errorf("%s: dimensions of simplices: %v, their numbers: %v", name, err, tooMany)
		} else if err == nil {
			lengths["SimplexDimensions"] = len(dimensions)
		}
		lengths["Distances"] = 0
		for _, row := range structure.Distances(c) {
			if lengths["Distances"]++; len(row) != n {
				t.Errorf("%s: a row of %d distances", name, len(row))
			}
		}
		for what, length := range lengths {
			if length != n {
				t.Errorf("%s: %s has %d entries for %d neurons", name, what, length, n)
			}
		}
		if _, err := structure.Modularity(c, make([]int, n)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		census, err := structure.TriadsOf(ctx, g)
		if want := int64(n) * int64(n-1) * int64(n-2) / 6; err != nil || census.Total() != want {
			t.Errorf("%s: %d triads, want %d, %v", name, census.Total(), want, err)
		}
		for _, x := range append(structure.Betweenness(c), append(structure.TrophicLevels(c), structure.RichClub(c)...)...) {
			if math.IsInf(x, 0) || x < 0 {
				t.Errorf("%s: %v of a neuron", name, x)
			}
		}
		if d := structure.DecayOf(c); d.Pairs < d.Edges || d.Length <= 0 || math.IsInf(d.Length, 0) || d.AtZero > 1 {
			t.Errorf("%s: decay %+v", name, d)
		}
		if pairs := structure.SignPairs(c); len(pairs) != 9 {
			t.Errorf("%s: %d pairs of signs", name, len(pairs))
		}
		if classes := len(structure.ClassCounts(c)); len(structure.ClassPairs(c)) != classes*classes || (classes == 0) != (n == 0) {
			t.Errorf("%s: %d pairs of %d classes", name, len(structure.ClassPairs(c)), classes)
		}
	}
}
