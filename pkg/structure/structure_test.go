package structure_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/cmplx"
	"os"
	"reflect"
	"runtime"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/internal/outside"
	"github.com/cortigen/cortigen/pkg/structure"
)

// of makes a circuit from pairs of pre and post.
func of(t testing.TB, n int, edges ...circuit.Edge) *circuit.Circuit {
	t.Helper()
	neurons := make([]circuit.Neuron, n)
	for i := range neurons {
		neurons[i] = circuit.Neuron{ID: strconv.Itoa(i), Position: circuit.NoPosition()}
	}
	c, err := circuit.New(neurons, edges)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// drawn is a random circuit, some rows of which may be unobserved.
func drawn(t *rapid.T, masked bool) *circuit.Circuit {
	n := rapid.IntRange(0, 70).Draw(t, "n")
	p := rapid.Float64Range(0, 1).Draw(t, "density")
	var edges []circuit.Edge
	neurons := make([]circuit.Neuron, n)
	for i := range n {
		neurons[i] = circuit.Neuron{ID: strconv.Itoa(i), Sign: circuit.Sign(rapid.IntRange(-1, 1).Draw(t, "sign")), Position: circuit.NoPosition()}
	}
	u := rapid.SliceOfN(rapid.Float64Range(0, 1), n*n, n*n).Draw(t, "u")
	for i := range n {
		for j := range n {
			if i != j && u[i*n+j] < p {
				edges = append(edges, circuit.Edge{Pre: i, Post: j})
			}
		}
	}
	c, err := circuit.New(neurons, edges)
	if err == nil && masked {
		c, err = c.WithObserved(rapid.SliceOfN(rapid.Bool(), n, n).Draw(t, "observed"))
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// profile is all measures of a circuit, in the registry's order.
func profile(t *rapid.T, c *circuit.Circuit) []float64 {
	p, err := structure.NewProfile(c)
	if err != nil {
		t.Fatal(err)
	}
	return p.Values
}

func same(a, b, tolerance float64) bool {
	return math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) <= tolerance
}

func TestRelabellingChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawn(t, true)
		order := make([]int, c.Len())
		for i := range order {
			order[i] = i
		}
		relabelled, err := c.Subcircuit(rapid.Permutation(order).Draw(t, "order"))
		if err != nil {
			t.Fatal(err)
		}
		before, after := profile(t, c), profile(t, relabelled)
		for k, m := range structure.Measures() {
			// Sums in another order differ in the last bits.
			tolerance := math.Max(m.Spread(), 1e-12*math.Max(1, float64(c.Len())))
			if a, b := before[k], after[k]; !same(a, b, tolerance) {
				t.Errorf("%s: %v, relabelled %v", m.Name, a, b)
			}
		}
	})
}

// Transposing exchanges in and out and leaves the rest.
func TestTransposition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawn(t, false)
		var turned []circuit.Edge
		for _, e := range c.EdgeList() {
			turned = append(turned, circuit.Edge{Pre: e.Post, Post: e.Pre})
		}
		d, err := c.WithEdges(turned)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range []struct {
			name string
			a, b float64
		}{
			{"density", structure.Density(c), structure.Density(d)},
			{"reciprocity", structure.Reciprocity(c), structure.Reciprocity(d)},
			{"clustering", structure.Clustering(c), structure.Clustering(d)},
			{"transitivity", structure.Transitivity(c), structure.Transitivity(d)},
			{"degrees", structure.OutDegreeSD(c), structure.InDegreeSD(d)},
			{"degree cv", structure.InDegreeCV(c), structure.OutDegreeCV(d)},
			{"correlation", structure.InOutCorrelation(c), structure.InOutCorrelation(d)},
		} {
			if !same(f.a, f.b, 1e-12*math.Max(1, float64(c.Len()))) {
				t.Errorf("%s: %v, transposed %v", f.name, f.a, f.b)
			}
		}
	})
}

// What stands in an unobserved row must not matter.
func TestUnobservedRowsDoNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawn(t, true)
		var kept []circuit.Edge
		for _, e := range c.EdgeList() {
			if c.Observed(e.Pre) {
				kept = append(kept, e)
			}
		}
		emptied, err := c.WithEdges(kept)
		if err != nil {
			t.Fatal(err)
		}
		before, after := profile(t, c), profile(t, emptied)
		for k, m := range structure.Measures() {
			if a, b := before[k], after[k]; !same(a, b, 0) {
				t.Errorf("%s: %v, with unobserved rows emptied %v", m.Name, a, b)
			}
		}
	})
}

// The bit-row counts against the definition, by matrix products.
func TestTrianglesByMatrix(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawn(t, false)
		n := c.Len()
		if n == 0 {
			return
		}
		a := mat.NewDense(n, n, c.Dense(nil))
		var s, s2, s3, a2 mat.Dense
		s.Add(a, a.T())
		s2.Mul(&s, &s)
		s3.Mul(&s2, &s)
		a2.Mul(a, a)
		sum, defined, has, could := 0.0, 0, 0.0, 0.0
		for i := range n {
			d := mat.Sum(s.Slice(i, i+1, 0, n))
			possible := d*(d-1) - 2*a2.At(i, i)
			has += s3.At(i, i) / 2
			could += possible
			if possible > 0 {
				sum += s3.At(i, i) / 2 / possible
				defined++
			}
		}
		if want := sum / float64(defined); !same(structure.Clustering(c), want, 1e-12) {
			t.Errorf("clustering %v, by matrix %v", structure.Clustering(c), want)
		}
		if want := has / could; !same(structure.Transitivity(c), want, 1e-12) {
			t.Errorf("transitivity %v, by matrix %v", structure.Transitivity(c), want)
		}
	})
}

// Stripping neurons that lie on no cycle must not change the spectrum.
func TestSpectralRadiusOfWholeMatrix(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawn(t, false)
		if c.Len() == 0 {
			return
		}
		var eigen mat.Eigen
		if !eigen.Factorize(mat.NewDense(c.Len(), c.Len(), c.Dense(nil)), mat.EigenNone) {
			t.Skip("eigenvalues were not found")
		}
		want := 0.0
		for _, v := range eigen.Values(nil) {
			want = math.Max(want, cmplx.Abs(v))
		}
		// The whole matrix may have defective zeros, which come out as large as
		// the 1/n-th power of rounding; only a clear radius is compared.
		if got := structure.SpectralRadius(c); got != 0 && !same(got, want, 1e-5) {
			t.Errorf("spectral radius %v, of the whole matrix %v", got, want)
		}
	})
}

func TestDegenerate(t *testing.T) {
	nan := math.NaN()
	complete := []circuit.Edge{{Pre: 0, Post: 1}, {Pre: 0, Post: 2}, {Pre: 1, Post: 0}, {Pre: 1, Post: 2}, {Pre: 2, Post: 0}, {Pre: 2, Post: 1}}
	unobserved, err := of(t, 3, complete...).WithObserved(make([]bool, 3))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		c    *circuit.Circuit
		want map[string]float64
	}{
		{"no neuron", of(t, 0), map[string]float64{"neurons": 0, "edges": 0, "density": nan, "out_degree_mean": nan, "out_degree_sd": nan, "reciprocity": nan, "clustering": nan, "transitivity": nan, "spectral_radius": nan, "e_share": nan}},
		{"one neuron", of(t, 1), map[string]float64{"density": nan, "out_degree_mean": 0, "out_degree_sd": 0, "out_degree_cv": nan, "spectral_radius": 0, "in_out_correlation": nan, "reciprocity_ratio": nan}},
		{"no edge", of(t, 2), map[string]float64{"density": 0, "reciprocity": nan, "clustering": nan, "spectral_radius": 0}},
		{"no cycle", of(t, 3, circuit.Edge{Pre: 0, Post: 1}, circuit.Edge{Pre: 1, Post: 2}, circuit.Edge{Pre: 0, Post: 2}), map[string]float64{"density": .5, "reciprocity": 0, "reciprocity_ratio": 0, "spectral_radius": 0, "clustering": .5, "transitivity": .5}},
		{"complete", of(t, 3, complete...), map[string]float64{"density": 1, "reciprocity": 1, "reciprocity_ratio": 1, "clustering": 1, "transitivity": 1, "spectral_radius": 2, "out_degree_sd": 0, "in_out_correlation": nan}},
		{"all rows unobserved", unobserved, map[string]float64{"edges": 0, "density": nan, "out_degree_mean": nan, "in_degree_sd": nan, "reciprocity": nan, "clustering": nan, "spectral_radius": nan}},
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

func TestMasked(t *testing.T) {
	c, err := five().WithObserved([]bool{true, true, false, true, true})
	if err != nil {
		t.Fatal(err)
	}
	// Rows 0, 1, 3, 4 hold 1 + 2 + 1 + 0 edges of 16 pairs; among those four
	// neurons 0⇄1 and 3→4.
	for name, want := range map[string]float64{"edges": 4, "density": .25, "reciprocity": 2. / 3, "reciprocity_ratio": 2. / 3 / (3. / 12), "spectral_radius": math.NaN(), "clustering": math.NaN()} {
		m, err := structure.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		// 0 and 1 have only each other: d = 2, d↔ = 1, 2·1−2 = 0 triangles possible.
		if got := m.Of(c); !same(got, want, 1e-12) {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
}

// Five columns of the Blue Brain model with values from networkx 3.6.1, bctpy
// 0.6.1 and numpy; the file lies beside the data packs and does not ship.
func TestCrossCheck(t *testing.T) {
	for k := range 5 {
		path := outside.Reference(t, fmt.Sprintf("circuit_%d.json", k))
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var file struct {
			N      int
			Edges  [][2]int
			Values map[string]map[string]any
		}
		if err := json.Unmarshal(text, &file); err != nil {
			t.Fatal(err)
		}
		var edges []circuit.Edge
		for _, e := range file.Edges {
			edges = append(edges, circuit.Edge{Pre: e[0], Post: e[1]})
		}
		c := of(t, file.N, edges...)
		for _, v := range []struct {
			measure, value, library string
		}{
			{"density", "density", "networkx.density"},
			{"reciprocity", "reciprocity", "networkx.overall_reciprocity"},
			{"transitivity", "transitivity_directed", "bct.transitivity_bd"},
			{"spectral_radius", "spectral_radius", "max|numpy.linalg.eigvals|"},
		} {
			want, ok := file.Values[v.value][v.library].(float64)
			m, err := structure.Find(v.measure)
			if !ok || err != nil {
				t.Fatalf("%s: %s of %s: %v, %v", path, v.value, v.library, ok, err)
			}
			if got := m.Of(c); !same(got, want, 1e-9) {
				t.Errorf("%s: %s is %v, %s has %v", path, v.measure, got, v.library, want)
			}
		}
		// networkx averages over all neurons, with 0 where clustering is not
		// defined: bring ours to its convention.
		want := file.Values["clustering_directed_mean"]["networkx.average_clustering"].(float64)
		if got := structure.Clustering(c) * float64(definedClustering(c)) / float64(file.N); !same(got, want, 1e-9) {
			t.Errorf("%s: clustering over all neurons is %v, networkx has %v", path, got, want)
		}
	}
}

// definedClustering counts neurons that could have a triangle.
func definedClustering(c *circuit.Circuit) int {
	out, in := c.OutDegrees(), c.InDegrees()
	count := 0
	for i := range c.Len() {
		mutual := 0
		for _, j := range c.CSR().Row(i) {
			if c.Has(int(j), i) {
				mutual++
			}
		}
		if d := out[i] + in[i]; d*(d-1)-2*mutual > 0 {
			count++
		}
	}
	return count
}

// networkx 3.6.1 and numpy 2.4.6 on the circulant digraph of 12 neurons with
// i → i+1, i+2, i+5 (mod 12) for even i and i → i+1, i−1 (mod 12) for odd i.
func TestNetworkx(t *testing.T) {
	var edges []circuit.Edge
	for i := range 12 {
		steps := []int{1, 11}
		if i%2 == 0 {
			steps = []int{1, 2, 5}
		}
		for _, s := range steps {
			edges = append(edges, circuit.Edge{Pre: i, Post: (i + s) % 12})
		}
	}
	c := of(t, 12, edges...)
	for name, want := range networkx {
		m, err := structure.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Of(c); !same(got, want, 1e-12) {
			t.Errorf("%s is %v, networkx and numpy have %v", name, got, want)
		}
	}
}

var networkx = map[string]float64{
	"density": 0.22727272727272727, "reciprocity": 0.4, "clustering": 0.1714285714285714,
	"spectral_radius": 2.561552812808829, "out_degree_sd": 0.5, "in_degree_sd": 0.5, "in_out_correlation": 1,
}

func TestProfilesDoNotDependOnThreads(t *testing.T) {
	var circuits []*circuit.Circuit
	for k := range 40 {
		var edges []circuit.Edge
		for i := range 30 {
			for j := range 30 {
				if i != j && (i*7+j*13+k*5)%11 == 0 {
					edges = append(edges, circuit.Edge{Pre: i, Post: j})
				}
			}
		}
		circuits = append(circuits, of(t, 30, edges...))
	}
	run := func(threads int) structure.Table {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(threads))
		table, err := structure.Profiles(context.Background(), circuits)
		if err != nil {
			t.Fatal(err)
		}
		return table
	}
	one, many := run(1), run(4)
	if len(one.Rows) != 40 || len(one.Names) != len(structure.Measures()) {
		t.Fatalf("table of %d × %d", len(one.Rows), len(one.Names))
	}
	if fmt.Sprint(one) != fmt.Sprint(many) {
		t.Error("profiles differ between 1 and 4 threads")
	}
	column, err := one.Column("density")
	if err != nil || column[0] != structure.Density(circuits[0]) {
		t.Errorf("column %v, %v", column[:1], err)
	}
	if _, err := one.Column("densitty"); err == nil {
		t.Error("a misspelt column is no error")
	}
}

func TestProfilesErrors(t *testing.T) {
	if _, err := structure.NewProfile(five(), "density", "clusterin"); err == nil {
		t.Error("a misspelt measure is no error")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := structure.Profiles(ctx, []*circuit.Circuit{five()}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestSummaries(t *testing.T) {
	nan := math.NaN()
	table := structure.Table{Names: []string{"a", "b"}, Rows: [][]float64{{1, nan}, {3, 5}, {8, nan}}}
	got := table.Summaries()
	want := []structure.Summary{{Name: "a", Mean: 4, SD: math.Sqrt(13), Defined: 3, Of: 3}, {Name: "b", Mean: 5, SD: nan, Defined: 1, Of: 3}}
	if got[0] != want[0] || got[1].Mean != 5 || !math.IsNaN(got[1].SD) || got[1].Defined != 1 {
		t.Errorf("summaries %+v, want %+v", got, want)
	}
}

func TestRegistryIsSound(t *testing.T) {
	seen := map[string]bool{}
	c := five()
	for _, m := range structure.Measures() {
		if m.Name == "" || m.Unit == "" || m.Definition == "" || m.Source == "" || m.Cost == "" || m.Unobserved == "" || !(m.Min < m.Max) || seen[m.Name] {
			t.Errorf("entry %+v lacks something or is there twice", m)
		}
		seen[m.Name] = true
		if m.Spread() < 0 || m.Spread() > .02*math.Min(1, m.Max) {
			t.Errorf("%s may differ by %v when neurons are renumbered", m.Name, m.Spread())
		}
		if v := m.Of(c); v < m.Min || v > m.Max {
			t.Errorf("%s is %v, outside %v to %v", m.Name, v, m.Min, m.Max)
		}
	}
	copied := structure.Measures()
	copied[0].Name = "changed"
	if reflect.DeepEqual(copied[0].Name, structure.Measures()[0].Name) {
		t.Error("the registry can be changed from outside")
	}
}

func BenchmarkProfile(b *testing.B) {
	var edges []circuit.Edge
	for i := range 100 {
		for j := range 100 {
			if i != j && (i*37+j*101+i*j)%17 == 0 {
				edges = append(edges, circuit.Edge{Pre: i, Post: j})
			}
		}
	}
	c := of(b, 100, edges...)
	for _, m := range structure.Measures() {
		b.Run(m.Name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				m.Of(c)
			}
		})
	}
}
