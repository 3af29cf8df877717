package structure_test

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/stat"
	"pgregory.net/rapid"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/structure"
)

// Over the edges 0→1, 1→0, 1→2, 2→0, 2→3, 3→4 the out-degrees of pre are 1, 2, 2,
// 2, 2, 1 and the in-degrees of post 1, 2, 1, 2, 1, 1: covariance 6/9 over
// variances 12/9 and 12/9.
func ExampleAssortativity() {
	fmt.Printf("assortativity %.3f\n", structure.Assortativity(five()))
	// Out-degrees 0, 1, 1, 2, 2 differ by 20 over all ordered pairs: 20 / (2·25·1.2).
	fmt.Printf("Gini %.4f\n", structure.OutDegreeGini(five()))
	// Output:
	// assortativity 0.500
	// Gini 0.3333
}

func TestDegreesByDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawn(t, false)
		out, in := c.OutDegrees(), c.InDegrees()
		var pre, post []float64
		for _, e := range c.EdgeList() {
			pre, post = append(pre, float64(out[e.Pre])), append(post, float64(in[e.Post]))
		}
		if want := stat.Correlation(pre, post, nil); stat.StdDev(pre, nil) > 1e-9 && stat.StdDev(post, nil) > 1e-9 {
			if got := structure.Assortativity(c); !same(got, want, 1e-10) {
				t.Errorf("assortativity %v, over the list of edges %v", got, want)
			}
		} else if got := structure.Assortativity(c); !math.IsNaN(got) {
			t.Errorf("assortativity %v where degrees do not vary over edges", got)
		}
		for _, f := range []struct {
			name    string
			got     float64
			degrees []int
		}{{"out_degree_gini", structure.OutDegreeGini(c), out}, {"in_degree_gini", structure.InDegreeGini(c), in}} {
			differences, sum := 0., 0.
			for _, a := range f.degrees {
				sum += float64(a)
				for _, b := range f.degrees {
					differences += math.Abs(float64(a - b))
				}
			}
			if want := differences / (2 * float64(c.Len()) * sum); !same(f.got, want, 1e-12) {
				t.Errorf("%s is %v, by all pairs %v", f.name, f.got, want)
			}
		}
		if a, b := structure.InDegreeMean(c), structure.OutDegreeMean(c); !same(a, b, 1e-12) {
			t.Errorf("mean in-degree %v, mean out-degree %v", a, b)
		}
	})
}

func TestDegreesTransposed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawn(t, false)
		d := transposed(t, c)
		for _, f := range []struct {
			name string
			a, b float64
		}{
			{"gini", structure.OutDegreeGini(c), structure.InDegreeGini(d)},
			{"assortativity", structure.Assortativity(c), structure.Assortativity(d)},
		} {
			if !same(f.a, f.b, 1e-10) {
				t.Errorf("%s: %v, transposed %v", f.name, f.a, f.b)
			}
		}
	})
}

// transposed turns every edge round.
func transposed(t interface{ Fatal(...any) }, c *circuit.Circuit) *circuit.Circuit {
	var turned []circuit.Edge
	for _, e := range c.EdgeList() {
		turned = append(turned, circuit.Edge{Pre: e.Post, Post: e.Pre})
	}
	d, err := c.WithEdges(turned)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDegenerateDegrees(t *testing.T) {
	nan := math.NaN()
	star := of(t, 4, circuit.Edge{Pre: 0, Post: 1}, circuit.Edge{Pre: 0, Post: 2}, circuit.Edge{Pre: 0, Post: 3})
	masked, err := star.WithObserved([]bool{true, true, false, true})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		c    *circuit.Circuit
		want map[string]float64
	}{
		{"no neuron", of(t, 0), map[string]float64{"out_degree_gini": nan, "in_degree_gini": nan, "in_degree_mean": nan, "assortativity": nan}},
		{"one neuron", of(t, 1), map[string]float64{"out_degree_gini": nan, "in_degree_gini": nan, "in_degree_mean": 0, "assortativity": nan}},
		{"no edge", of(t, 3), map[string]float64{"out_degree_gini": nan, "in_degree_mean": 0, "assortativity": nan}},
		// One neuron has all three edges: 1 − 1/4.
		{"one to all", star, map[string]float64{"out_degree_gini": .75, "in_degree_gini": .25, "in_degree_mean": .75, "assortativity": nan}},
		// Out-degrees 3, 0, 0.
		{"a row unknown", masked, map[string]float64{"out_degree_gini": 2. / 3, "in_degree_gini": nan, "in_degree_mean": nan, "assortativity": nan}},
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
