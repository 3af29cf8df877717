package structure_test

import (
	"context"
	"errors"
	"math"
	"runtime"
	"testing"

	"pgregory.net/rapid"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/structure"
)

// triadOfCode is the table of networkx 3.6.1 (algorithms/triads.py, TRICODES): for
// neurons v, u, w, the number of the triad plus 1 by the bits v→u, u→v, v→w, w→v,
// u→w, w→u, of value 1 to 32.
var triadOfCode = [64]int{
	1, 2, 2, 3, 2, 4, 6, 8, 2, 6, 5, 7, 3, 8, 7, 11, 2, 6, 4, 8, 5, 9, 9, 13, 6, 10, 9, 14, 7, 14, 12, 15,
	2, 5, 6, 7, 6, 9, 10, 14, 4, 9, 9, 12, 8, 13, 14, 15, 3, 7, 8, 11, 7, 12, 14, 15, 8, 14, 13, 15, 11, 15, 15, 16,
}

// naiveCensus looks at every triple of observed neurons.
func naiveCensus(c *circuit.Circuit) structure.TriadCensus {
	var t structure.TriadCensus
	for v := range c.Len() {
		for u := range v {
			for w := range u {
				if !c.Observed(v) || !c.Observed(u) || !c.Observed(w) {
					continue
				}
				code := 0
				for bit, e := range [6][2]int{{v, u}, {u, v}, {v, w}, {w, v}, {u, w}, {w, u}} {
					if c.Has(e[0], e[1]) {
						code |= 1 << bit
					}
				}
				t[triadOfCode[code]-1]++
			}
		}
	}
	return t
}

func TestTriadsAgainstEveryTriple(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawn(t, true)
		got := structure.Triads(c)
		if want := naiveCensus(c); got != want {
			t.Errorf("triads %v, by hand %v", got, want)
		}
		rows := int64(c.ObservedRows())
		if want := rows * (rows - 1) * (rows - 2) / 6; rows >= 2 && got.Total() != want {
			t.Errorf("%d triples of %d neurons, want %d", got.Total(), rows, want)
		}
	})
}

// What becomes of a triad where every edge is turned, and where every pair has
// the edges that it lacked.
func TestTriadsOfTransposeAndComplement(t *testing.T) {
	transposed := map[structure.Triad]structure.Triad{structure.Triad021D: structure.Triad021U, structure.Triad111D: structure.Triad111U, structure.Triad120D: structure.Triad120U}
	complement := map[structure.Triad]structure.Triad{
		structure.Triad003: structure.Triad300, structure.Triad012: structure.Triad210, structure.Triad102: structure.Triad201,
		structure.Triad021D: structure.Triad120U, structure.Triad021U: structure.Triad120D, structure.Triad021C: structure.Triad120C,
	}
	rapid.Check(t, func(t *rapid.T) {
		c := drawn(t, false)
		var turned, lacked []circuit.Edge
		for i := range c.Len() {
			for j := range c.Len() {
				if c.Has(i, j) {
					turned = append(turned, circuit.Edge{Pre: j, Post: i})
				} else if i != j {
					lacked = append(lacked, circuit.Edge{Pre: i, Post: j})
				}
			}
		}
		for _, test := range []struct {
			name  string
			edges []circuit.Edge
			swaps map[structure.Triad]structure.Triad
		}{{"transpose", turned, transposed}, {"complement", lacked, complement}} {
			d, err := c.WithEdges(test.edges)
			if err != nil {
				t.Fatal(err)
			}
			want := structure.Triads(c)
			for a, b := range test.swaps {
				want[a], want[b] = want[b], want[a]
			}
			if got := structure.Triads(d); got != want {
				t.Errorf("%s: %v, want %v", test.name, got, want)
			}
		}
	})
}

// A measure of known pairs is that of the sub-circuit of observed neurons.
func TestKnownPairsAreASubcircuit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawn(t, true)
		var observed []int
		for i := range c.Len() {
			if c.Observed(i) {
				observed = append(observed, i)
			}
		}
		d, err := c.Subcircuit(observed)
		if err != nil {
			t.Fatal(err)
		}
		before, after := profile(t, c), profile(t, d)
		for k, m := range structure.Measures() {
			if m.Unobserved == structure.KnownPairs && !same(before[k], after[k], math.Max(m.Spread(), 1e-12)) {
				t.Errorf("%s: %v, of the observed alone %v", m.Name, before[k], after[k])
			}
		}
	})
}

// Whole graphs against circuits: counts to the bit, on one core and on several.
func TestWholeGraphs(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	ctx := context.Background()
	rapid.Check(t, func(t *rapid.T) {
		c := drawn(t, false)
		for _, threads := range []int{1, 4} {
			runtime.GOMAXPROCS(threads)
			triads, err := structure.TriadsOf(ctx, c.CSR())
			if err != nil {
				t.Fatal(err)
			}
			if want := structure.Triads(c); triads != want {
				t.Errorf("%d threads: triads %v, of the circuit %v", threads, triads, want)
			}
			found, err := structure.ClusteringOfGraph(ctx, c.CSR())
			if err != nil {
				t.Fatal(err)
			}
			for i, want := range structure.ClusteringOf(c) {
				if !same(found.Of[i], want, 0) {
					t.Errorf("%d threads: clustering of %d is %v, in the circuit %v", threads, i, found.Of[i], want)
				}
			}
			for _, f := range []struct {
				name      string
				got, want float64
			}{
				{"clustering", found.Clustering, structure.Clustering(c)},
				{"cycle", found.Cycle, structure.ClusteringCycle(c)},
				{"middleman", found.Middleman, structure.ClusteringMiddleman(c)},
				{"in", found.In, structure.ClusteringIn(c)},
				{"out", found.Out, structure.ClusteringOut(c)},
				{"transitivity", found.Transitivity, structure.Transitivity(c)},
				{"transitivity undirected", found.TransitivityUndirected, structure.TransitivityUndirected(c)},
			} {
				if !same(f.got, f.want, 0) {
					t.Errorf("%d threads: %s %v, of the circuit %v", threads, f.name, f.got, f.want)
				}
			}
		}
	})
}

// The four kinds by their matrix products (Fagiolo 2007, table 1), entry by entry.
func TestKindsOfClustering(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawn(t, false)
		n := c.Len()
		a := func(i, j int) float64 {
			if i != j && c.Has(i, j) {
				return 1
			}
			return 0
		}
		var sums, defined [4]float64
		for i := range n {
			var has, possible [4]float64
			for j := range n {
				for k := range n {
					if i == j || j == k || i == k {
						continue
					}
					paths := [4]float64{a(i, j) * a(k, i), a(i, j) * a(k, i), a(j, i) * a(k, i), a(i, j) * a(i, k)}
					closing := [4]float64{a(j, k), a(k, j), a(j, k), a(j, k)}
					for kind := range paths {
						possible[kind] += paths[kind]
						has[kind] += paths[kind] * closing[kind]
					}
				}
			}
			for kind := range has {
				if possible[kind] > 0 {
					sums[kind] += has[kind] / possible[kind]
					defined[kind]++
				}
			}
		}
		got := [4]float64{structure.ClusteringCycle(c), structure.ClusteringMiddleman(c), structure.ClusteringIn(c), structure.ClusteringOut(c)}
		for kind := range got {
			if want := sums[kind] / defined[kind]; !same(got[kind], want, 1e-12) {
				t.Errorf("kind %d is %v, by its definition %v", kind, got[kind], want)
			}
		}
	})
}

func TestWholeGraphErrors(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	g := five().CSR()
	if _, err := structure.TriadsOf(ctx, g); !errors.Is(err, context.Canceled) {
		t.Errorf("triads, cancelled: %v", err)
	}
	if _, err := structure.ClusteringOfGraph(ctx, g); !errors.Is(err, context.Canceled) {
		t.Errorf("clustering, cancelled: %v", err)
	}
	if _, err := structure.SimplicesOf(ctx, g, 3); !errors.Is(err, context.Canceled) {
		t.Errorf("simplices, cancelled: %v", err)
	}
	if _, err := structure.SimplicesOf(context.Background(), g, 0); err == nil {
		t.Error("simplices up to dimension 0 are no error")
	}
	vast := circuit.CSR{Offsets: make([]int64, 1<<21+2)}
	if _, err := structure.TriadsOf(context.Background(), vast); err == nil {
		t.Error("triads that do not fit are no error")
	}
	// At the bound itself n(n−1)(n−2) is just below 2⁶³.
	vast.Offsets = vast.Offsets[1:]
	if got, err := structure.TriadsOf(context.Background(), vast); err != nil || got[structure.Triad003] != 1537226473786572800 {
		t.Errorf("2²¹ neurons have %v, %v", got, err)
	}
}

// An autapse in the rows of a whole graph is not a partner.
func TestWholeGraphsLeaveOutAutapses(t *testing.T) {
	ctx := context.Background()
	g := circuit.CSR{Offsets: []int64{0, 3, 5, 5}, Targets: []int32{0, 1, 2, 1, 2}}
	if got, err := structure.TriadsOf(ctx, g); err != nil || got != (structure.TriadCensus{structure.Triad030T: 1}) {
		t.Errorf("triads %v, %v", got, err)
	}
	if got, err := structure.SimplicesOf(ctx, g, 7); err != nil || len(got.Simplices) != 3 || got.Simplices[1] != 3 || got.Simplices[2] != 1 {
		t.Errorf("simplices %v, %v", got, err)
	}
}

func TestTriadNames(t *testing.T) {
	if got := structure.Triad120C.String() + structure.Triad(16).String(); got != "120CTriad(16)" {
		t.Errorf("names %q", got)
	}
	if _, err := structure.Find("triad_030T"); err != nil {
		t.Error(err)
	}
}

// Values by hand where triads and triangles have little to count.
func TestFewTriangles(t *testing.T) {
	nan := math.NaN()
	unobserved, err := complete(t, 3).WithObserved([]bool{false, false, false})
	if err != nil {
		t.Fatal(err)
	}
	partly, err := complete(t, 4).WithObserved([]bool{true, false, true, true})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		c    *circuit.Circuit
		want map[string]float64
	}{
		{"no neuron", of(t, 0), map[string]float64{"triad_003": 0, "clustering_in": nan, "transitivity_undirected": nan, "simplices_2": 0, "euler_characteristic": 0, "simplex_dimension": nan}},
		{"one neuron", of(t, 1), map[string]float64{"triad_003": 0, "clustering_cycle": nan, "simplices_2": 0, "euler_characteristic": 1, "simplex_dimension": 0}},
		{"two neurons", complete(t, 2), map[string]float64{"triad_003": 0, "triad_012": 0, "triad_102": 0, "transitivity_undirected": nan, "clustering_middleman": nan, "simplices_2": 0, "euler_characteristic": 0, "simplex_dimension": 1}},
		{"no edge", of(t, 4), map[string]float64{"triad_003": 4, "transitivity_undirected": nan, "clustering_out": nan, "euler_characteristic": 4, "simplex_dimension": 0}},
		{"cycle", of(t, 3, circuit.Edge{Pre: 0, Post: 1}, circuit.Edge{Pre: 1, Post: 2}, circuit.Edge{Pre: 2, Post: 0}), map[string]float64{"triad_030C": 1, "clustering": .5, "clustering_cycle": 1, "clustering_middleman": 0, "clustering_in": nan, "clustering_out": nan, "transitivity_undirected": 1, "simplices_2": 0, "euler_characteristic": 0, "simplex_dimension": 1}},
		// Simplices of dimension d are the sequences of d+1 of the 5 neurons.
		{"complete", complete(t, 5), map[string]float64{"triad_300": 10, "clustering_cycle": 1, "clustering_middleman": 1, "clustering_in": 1, "clustering_out": 1, "transitivity_undirected": 1, "simplices_2": 60, "simplices_3": 120, "simplices_4": 120, "simplices_5": 0, "euler_characteristic": 5 - 20 + 60 - 120 + 120, "simplex_dimension": 4}},
		{"all rows unobserved", unobserved, map[string]float64{"triad_003": 0, "triad_300": 0, "clustering": nan, "transitivity_undirected": nan, "simplices_2": 0, "euler_characteristic": 0, "simplex_dimension": nan}},
		{"one row unobserved", partly, map[string]float64{"triad_300": 1, "clustering": 1, "simplices_2": 6, "simplices_3": 0, "euler_characteristic": 3, "simplex_dimension": 2}},
	} {
		for name, want := range test.want {
			m, err := structure.Find(name)
			if err != nil {
				t.Fatal(err)
			}
			if got := m.Of(test.c); !same(got, want, 1e-12) {
				t.Errorf("%s: %s is %v, want %v", test.name, name, got, want)
			}
		}
	}
}

// complete has all edges.
func complete(t testing.TB, n int) *circuit.Circuit {
	t.Helper()
	var edges []circuit.Edge
	for i := range n {
		for j := range n {
			if i != j {
				edges = append(edges, circuit.Edge{Pre: i, Post: j})
			}
		}
	}
	return of(t, n, edges...)
}
