package structure_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/structure"
)

// In the circuit of five, 0⇄1, 1→2, 2→0, 2→3, 3→4: of 20 ordered pairs 6 are one
// edge apart, 0→2, 1→3, 2→1 and 2→4 two, 0→3 and 1→4 three, and 0→4 four. Neuron 4
// reaches nobody, 3 only 4.
func ExamplePathLength() {
	c := five()
	fmt.Printf("path length %.4f = (6·1 + 4·2 + 2·3 + 1·4) / 13\n", structure.PathLength(c))
	fmt.Printf("efficiency %.4f = (6 + 4/2 + 2/3 + 1/4) / 20\n", structure.Efficiency(c))
	fmt.Printf("%.2f of pairs have a path, the longest of %v edges\n", structure.ReachableShare(c), structure.Diameter(c))
	fmt.Printf("strong %.1f, weak %.1f\n", structure.LargestStrongShare(c), structure.LargestWeakShare(c))
	// Output:
	// path length 1.8462 = (6·1 + 4·2 + 2·3 + 1·4) / 13
	// efficiency 0.4458 = (6 + 4/2 + 2/3 + 1/4) / 20
	// 0.65 of pairs have a path, the longest of 4 edges
	// strong 0.6, weak 1.0
}

// No pair of the circuit of five has two shortest paths. Through 0 runs 2→1;
// through 1 run 0→2, 0→3, 0→4; through 2 run 0→3, 0→4, 1→3, 1→4; through 3 run
// 0→4, 1→4, 2→4. All over the 12 ordered pairs of two others.
func ExampleBetweenness() {
	for i, b := range structure.Betweenness(five()) {
		fmt.Printf("%d: %.0f/12\n", i, 12*b)
	}
	fmt.Printf("mean %.4f, max %.4f\n", structure.BetweennessMean(five()), structure.BetweennessMax(five()))
	// Output:
	// 0: 1/12
	// 1: 3/12
	// 2: 4/12
	// 3: 3/12
	// 4: 0/12
	// mean 0.1833, max 0.3333
}

func ExampleDistances() {
	for i, row := range structure.Distances(five()) {
		fmt.Println(i, row)
	}
	// Output:
	// 0 [0 1 2 3 4]
	// 1 [1 0 1 2 3]
	// 2 [1 2 0 1 2]
	// 3 [+Inf +Inf +Inf 0 1]
	// 4 [+Inf +Inf +Inf +Inf 0]
}

// floydWarshall returns all distances and the numbers of shortest paths.
func floydWarshall(c *circuit.Circuit) (d, paths [][]float64) {
	n := c.Len()
	d, paths = make([][]float64, n), make([][]float64, n)
	for i := range n {
		d[i], paths[i] = make([]float64, n), make([]float64, n)
		for j := range n {
			d[i][j] = math.Inf(1)
		}
		d[i][i], paths[i][i] = 0, 1
		for _, j := range c.CSR().Row(i) {
			d[i][j] = 1
		}
	}
	for k := range n {
		for i := range n {
			for j := range n {
				d[i][j] = min(d[i][j], d[i][k]+d[k][j])
			}
		}
	}
	// A shortest path to j comes from a neuron that is one edge nearer.
	for length := 1.0; length < float64(n); length++ {
		for i := range n {
			for j := range n {
				for k := range n {
					if d[i][j] == length && d[i][k] == length-1 && c.Has(k, j) {
						paths[i][j] += paths[i][k]
					}
				}
			}
		}
	}
	return d, paths
}

func TestPathsByFloydWarshall(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := placed(t, false)
		n := float64(c.Len())
		d, paths := floydWarshall(c)
		sum, inverse, reached, longest := 0., 0., 0., math.NaN()
		for i, got := range structure.Distances(c) {
			if !slices.Equal(got, d[i]) {
				t.Errorf("from %d distances are %v, want %v", i, got, d[i])
			}
			for j, length := range d[i] {
				if i == j || math.IsInf(length, 1) {
					continue
				}
				sum, inverse, reached = sum+length, inverse+1/length, reached+1
				if !(longest >= length) {
					longest = length
				}
			}
		}
		between, total, most := structure.Betweenness(c), 0., math.NaN()
		for k, got := range between {
			through := 0.
			for i := range d {
				for j := range d {
					if i != j && i != k && j != k && d[i][k]+d[k][j] == d[i][j] && !math.IsInf(d[i][j], 1) {
						through += paths[i][k] * paths[k][j] / paths[i][j]
					}
				}
			}
			through /= (n - 1) * (n - 2)
			if !same(got, through, 1e-12) {
				t.Errorf("betweenness of %d is %v, by counting %v", k, got, through)
			}
			total += through
			if !(most >= through) {
				most = through
			}
		}
		for _, f := range []struct {
			name      string
			got, want float64
		}{
			{"path_length", structure.PathLength(c), sum / reached},
			{"reachable_share", structure.ReachableShare(c), reached / (n * (n - 1))},
			{"efficiency", structure.Efficiency(c), inverse / (n * (n - 1))},
			{"diameter", structure.Diameter(c), longest},
			{"betweenness_mean", structure.BetweennessMean(c), total / n},
			{"betweenness_max", structure.BetweennessMax(c), most},
		} {
			if !same(f.got, f.want, 1e-12) {
				t.Errorf("%s is %v, want %v", f.name, f.got, f.want)
			}
		}
	})
}

// Turning every edge round turns every path round.
func TestPathsTransposed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawn(t, false)
		d := transposed(t, c)
		for _, name := range []string{"path_length", "reachable_share", "efficiency", "diameter", "betweenness_mean", "betweenness_max", "largest_strong_share", "largest_weak_share"} {
			m, err := structure.Find(name)
			if err != nil {
				t.Fatal(err)
			}
			if a, b := m.Of(c), m.Of(d); !same(a, b, 1e-12) {
				t.Errorf("%s: %v, transposed %v", name, a, b)
			} else if a < m.Min || a > m.Max {
				t.Errorf("%s: %v is outside %v to %v", name, a, m.Min, m.Max)
			}
		}
		a, b := structure.Betweenness(c), structure.Betweenness(d)
		for i := range a {
			if !same(a[i], b[i], 1e-12) {
				t.Errorf("betweenness of %d: %v, transposed %v", i, a[i], b[i])
			}
		}
	})
}

// A ring of n has every distance from 1 to n−1 once a neuron; each neuron is
// between on all of them but those of its own.
func TestRing(t *testing.T) {
	for _, n := range []int{3, 64, 65, 200, 3000} {
		edges := make([]circuit.Edge, n)
		for i := range edges {
			edges[i] = circuit.Edge{Pre: i, Post: (i + 1) % n}
		}
		c := of(t, n, edges...)
		harmonic := 0.
		for d := 1; d < n; d++ {
			harmonic += 1 / float64(d)
		}
		for _, f := range []struct {
			name      string
			got, want float64
		}{
			{"path_length", structure.PathLength(c), float64(n) / 2},
			{"efficiency", structure.Efficiency(c), harmonic / float64(n-1)},
			{"diameter", structure.Diameter(c), float64(n - 1)},
			{"reachable_share", structure.ReachableShare(c), 1},
			{"largest_strong_share", structure.LargestStrongShare(c), 1},
			{"betweenness_mean", structure.BetweennessMean(c), .5},
		} {
			if !same(f.got, f.want, 1e-9) {
				t.Errorf("n = %d: %s is %v, want %v", n, f.name, f.got, f.want)
			}
		}
		if n > 1000 {
			continue
		}
		for i, b := range structure.Betweenness(c) {
			if !same(b, .5, 1e-12) {
				t.Fatalf("n = %d: betweenness of %d is %v, want 1/2", n, i, b)
			}
		}
	}
}

func TestDegeneratePaths(t *testing.T) {
	nan := math.NaN()
	complete := []circuit.Edge{{Pre: 0, Post: 1}, {Pre: 0, Post: 2}, {Pre: 1, Post: 0}, {Pre: 1, Post: 2}, {Pre: 2, Post: 0}, {Pre: 2, Post: 1}}
	masked, err := of(t, 3, complete...).WithObserved([]bool{true, false, true})
	if err != nil {
		t.Fatal(err)
	}
	unknown := map[string]float64{"path_length": nan, "reachable_share": nan, "efficiency": nan, "diameter": nan, "betweenness_mean": nan, "betweenness_max": nan, "largest_strong_share": nan, "largest_weak_share": nan}
	for _, test := range []struct {
		name string
		c    *circuit.Circuit
		want map[string]float64
	}{
		{"no neuron", of(t, 0), unknown},
		{"one neuron", of(t, 1), map[string]float64{"path_length": nan, "reachable_share": nan, "efficiency": nan, "diameter": nan, "betweenness_mean": nan, "betweenness_max": nan, "largest_strong_share": 1, "largest_weak_share": 1}},
		{"two neurons", of(t, 2, circuit.Edge{Pre: 0, Post: 1}), map[string]float64{"path_length": 1, "reachable_share": .5, "efficiency": .5, "diameter": 1, "betweenness_mean": nan, "betweenness_max": nan, "largest_strong_share": .5, "largest_weak_share": 1}},
		{"no edge", of(t, 3), map[string]float64{"path_length": nan, "reachable_share": 0, "efficiency": 0, "diameter": nan, "betweenness_mean": 0, "betweenness_max": 0, "largest_strong_share": 1. / 3, "largest_weak_share": 1. / 3}},
		{"complete", of(t, 3, complete...), map[string]float64{"path_length": 1, "reachable_share": 1, "efficiency": 1, "diameter": 1, "betweenness_mean": 0, "betweenness_max": 0, "largest_strong_share": 1, "largest_weak_share": 1}},
		{"a row unknown", masked, unknown},
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
	for i, row := range structure.Distances(masked) {
		for j, d := range row {
			if i != j && !math.IsNaN(d) || i == j && d != 0 {
				t.Errorf("with a row unknown the distance %d→%d is %v", i, j, d)
			}
		}
	}
	for range structure.Distances(five()) {
		break
	}
}

// Through 1,030 layers of two neurons, each on both of the next, there are 2¹⁰²⁹
// shortest paths, more than a float64 holds: betweenness is NaN, never infinite
// or wrong, and what follows from distances is not affected.
func TestMorePathsThanAFloatHolds(t *testing.T) {
	const layers = 1030
	var edges []circuit.Edge
	for i := range 2 * (layers - 1) {
		next := i/2*2 + 2
		edges = append(edges, circuit.Edge{Pre: i, Post: next}, circuit.Edge{Pre: i, Post: next + 1})
	}
	c := of(t, 2*layers, edges...)
	if got := structure.BetweennessMax(c); !math.IsNaN(got) {
		t.Errorf("the largest betweenness is %v", got)
	}
	// Layers d apart make 4·(layers−d) pairs.
	between := 0.0
	for d := 1; d < layers; d++ {
		between += float64(4*(layers-d)) * float64(d-1)
	}
	n := float64(c.Len())
	if got, want := structure.BetweennessMean(c), between/(n*(n-1)*(n-2)); !same(got, want, 1e-15) {
		t.Errorf("the mean is %v, want %v", got, want)
	}
}

// Measures that need all rows are not defined without one; those that ask for no
// row do not mind.
func TestAllRowsOrNone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := placed(t, false)
		if c.Len() == 0 {
			return
		}
		rows := rapid.SliceOfN(rapid.Bool(), c.Len(), c.Len()).Draw(t, "observed")
		rows[rapid.IntRange(0, c.Len()-1).Draw(t, "unknown")] = false
		masked, err := c.WithObserved(rows)
		if err != nil {
			t.Fatal(err)
		}
		before, after := profile(t, c), profile(t, masked)
		for k, m := range structure.Measures() {
			switch {
			case m.Unobserved == structure.AllRows && !math.IsNaN(after[k]):
				t.Errorf("%s is %v where a row is unknown", m.Name, after[k])
			case m.Unobserved == structure.Neurons && !same(before[k], after[k], 0):
				t.Errorf("%s is %v, where a row is unknown %v", m.Name, before[k], after[k])
			}
		}
	})
}
