package structure_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/stat"
	"pgregory.net/rapid"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/structure"
)

// twoSites is the circuit of five with neurons 0, 1 and 2 in one place and 3 and 4
// in another, 100 µm below.
func twoSites() *circuit.Circuit {
	var neurons []circuit.Neuron
	for i, neuron := range five().Neurons() {
		neuron.Position = circuit.Position{Depth: 200}
		if i > 2 {
			neuron.Position.Depth = 300
		}
		neurons = append(neurons, neuron)
	}
	c, err := circuit.New(neurons, five().EdgeList())
	if err != nil {
		panic(err)
	}
	return c
}

// Only 2→3 of the six edges leaves its site.
func ExampleWireLength() {
	c := twoSites()
	fmt.Printf("wire %.2f µm = 100/6\n", structure.WireLength(c))
	fmt.Printf("downwards %.3f = 1/6, by %.2f µm an edge\n", structure.DownwardShare(c), structure.DepthStep(c))
	// Output:
	// wire 16.67 µm = 100/6
	// downwards 0.167 = 1/6, by 16.67 µm an edge
}

// Within a site 5 of 8 ordered pairs are edges, between sites 1 of 12. With two
// distances the curve goes through both: λ = 100 / ln((5/8)/(1/12)).
func ExampleDecayOf() {
	d := structure.DecayOf(twoSites())
	fmt.Printf("λ = %.2f µm = 100/ln 7.5, p₀ = %.3f; %d edges of %d pairs\n", d.Length, d.AtZero, d.Edges, d.Pairs)
	// Output: λ = 49.63 µm = 100/ln 7.5, p₀ = 0.625; 6 edges of 20 pairs
}

// block is a circuit drawn from p(d) = p₀·exp(−d/λ) in a block of tissue.
func block(t *testing.T, rng *rand.Rand, n int, side, zero, length float64) *circuit.Circuit {
	t.Helper()
	neurons := make([]circuit.Neuron, n)
	var edges []circuit.Edge
	for i := range neurons {
		neurons[i] = circuit.Neuron{ID: strconv.Itoa(i), Position: circuit.Position{X: side * rng.Float64(), Y: side * rng.Float64(), Depth: side * rng.Float64()}}
	}
	for i := range neurons {
		for j := range neurons {
			if d := neurons[i].Position.Distance(neurons[j].Position); i != j && rng.Float64() < zero*math.Exp(-d/length) {
				edges = append(edges, circuit.Edge{Pre: i, Post: j})
			}
		}
	}
	c, err := circuit.New(neurons, edges)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The first is the fit of Egas Santander et al. 2024 to MICrONS, the last starts at
// p₀ = 1, the most there is. Over 60 draws the errors, in standard errors, must be
// around 0 and as large as they say: the mean within 3.5/√60, the spread within
// what χ² of 59 allows at 3.5 σ.
func TestDecayIsRecovered(t *testing.T) {
	for _, truth := range []struct {
		n                  int
		side, zero, length float64
	}{{200, 300, .0671, 84.5}, {100, 200, .5, 40}, {100, 150, .3, 150}} {
		rng := rand.New(rand.NewPCG(3, 14))
		off := make([]float64, 60)
		for k := range off {
			d := structure.DecayOf(block(t, rng, truth.n, truth.side, truth.zero, truth.length))
			// In 1/λ the likelihood is nearer to a parabola than in λ.
			off[k] = (1/d.Length - 1/truth.length) / (d.LengthError / (d.Length * d.Length))
			if !(math.Abs(off[k]) < 4.5) {
				t.Errorf("λ = %v, p₀ = %v: %+v", truth.length, truth.zero, d)
			}
		}
		if m, sd := stat.MeanStdDev(off, nil); math.Abs(m) > 3.5/math.Sqrt(60) || sd < .68 || sd > 1.35 {
			t.Errorf("λ = %v, p₀ = %v: errors are %.2f ± %.2f standard errors", truth.length, truth.zero, m, sd)
		}
	}
}

// p₀ may not be above 1.
func TestDecayFromCertainty(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 15))
	capped, lengths := 0, make([]float64, 40)
	for k := range lengths {
		d := structure.DecayOf(block(t, rng, 60, 100, 1, 30))
		if d.AtZero > 1 {
			t.Fatalf("p₀ is %v", d.AtZero)
		}
		if d.AtZero == 1 {
			capped++
		}
		lengths[k] = d.Length
	}
	// Without the cap half of the fits would lie beyond.
	if capped < 10 || capped > 30 {
		t.Errorf("%d of 40 are at p₀ = 1", capped)
	}
	if m, sd := stat.MeanStdDev(lengths, nil); math.Abs(m-30) > 3.5*sd/math.Sqrt(40)+.3 {
		t.Errorf("λ is %.2f ± %.2f, want 30", m, sd)
	}
}

// plain is the log-likelihood, written out.
func plain(c *circuit.Circuit, zero, rate float64) float64 {
	sum := 0.0
	for i := range c.Len() {
		for j := range c.Len() {
			d := c.Neuron(i).Position.Distance(c.Neuron(j).Position)
			if i == j || math.IsNaN(d) || !c.Observed(i) {
				continue
			}
			if p := zero * math.Exp(-rate*d); c.Has(i, j) {
				sum += math.Log(p)
			} else {
				sum += math.Log1p(-p)
			}
		}
	}
	return sum
}

// No other p₀ and λ may be likelier, near or far, and where there is no λ it must
// be that the likelihood falls as 1/λ rises from 0.
func TestDecayIsTheMaximum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := placed(t, true)
		d := structure.DecayOf(c)
		if math.IsNaN(d.Length) {
			if d.Edges == 0 || d.Edges == d.Pairs {
				return
			}
			zero := float64(d.Edges) / float64(d.Pairs)
			top := plain(c, zero, 0)
			for _, rate := range []float64{1e-4, 1e-3, 1e-2} {
				for _, factor := range []float64{.5, .9, 1, 1.01, 1.1, 1.5, 2, 4} {
					if other := plain(c, math.Min(1, zero*factor), rate); other > top+1e-9 {
						t.Fatalf("no decay was found, but λ = %v with p₀ = %v is likelier: %v, %v", 1/rate, zero*factor, other, top)
					}
				}
			}
			return
		}
		if !(d.Length > 0) || !(d.AtZero > 0) || d.AtZero > 1 || !(d.LengthError > 0) {
			t.Fatalf("%+v", d)
		}
		top := plain(c, d.AtZero, 1/d.Length)
		for _, a := range []float64{.2, .8, .99, .9999, 1, 1.0001, 1.01, 1.2, 5} {
			for _, k := range []float64{0, .2, .8, .99, .9999, 1, 1.0001, 1.01, 1.2, 5} {
				if other := plain(c, math.Min(1, d.AtZero*a), k/d.Length); other > top+1e-9 {
					t.Fatalf("%+v has ln likelihood %v, λ/%v with p₀·%v %v", d, top, k, a, other)
				}
			}
		}
	})
}

// What an unobserved row holds, the order of neurons and the unit of length do not
// matter.
func TestSpaceIdentities(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := placed(t, true)
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
		order := make([]int, c.Len())
		for i := range order {
			order[i] = i
		}
		relabelled, err := c.Subcircuit(rapid.Permutation(order).Draw(t, "order"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"trophic_coherence", "downward_share", "depth_step", "wire_length", "decay_length", "decay_length_horizontal", "decay_length_depth"} {
			m, err := structure.Find(name)
			if err != nil {
				t.Fatal(err)
			}
			a, b, r := m.Of(c), m.Of(emptied), m.Of(relabelled)
			if !same(a, b, 0) {
				t.Errorf("%s is %v, with unobserved rows emptied %v", name, a, b)
			}
			// Where all gaps are of one length, the top of the likelihood is found to
			// rounding over the 1e-9 that newton adds.
			if !same(a, r, 1e-6*math.Max(1, math.Abs(a))) {
				t.Errorf("%s is %v, relabelled %v", name, a, r)
			}
		}
	})
}

// Edges that are shorter by less than can be told from rounding have no λ: an
// infinite one would be no length.
func TestDecayOfAlmostNoFall(t *testing.T) {
	var neurons []circuit.Neuron
	for i, depth := range []float64{0, 100, 200, -100, -200 * (1 + 1e-10)} {
		neurons = append(neurons, circuit.Neuron{ID: strconv.Itoa(i), Position: circuit.Position{Depth: depth}})
	}
	c, err := circuit.New(neurons, []circuit.Edge{{Pre: 0, Post: 1}, {Pre: 0, Post: 2}})
	if err == nil {
		c, err = c.WithObserved([]bool{true, false, false, false, false})
	}
	if err != nil {
		t.Fatal(err)
	}
	if d := structure.DecayOf(c); !math.IsNaN(d.Length) || !math.IsNaN(d.LengthError) || !math.IsNaN(d.AtZero) || d.Edges != 2 || d.Pairs != 4 {
		t.Errorf("decay %+v", d)
	}
}

func TestDegenerateSpace(t *testing.T) {
	nan := math.NaN()
	at := func(edges []circuit.Edge, x ...float64) *circuit.Circuit {
		neurons := make([]circuit.Neuron, len(x))
		for i := range x {
			neurons[i] = circuit.Neuron{ID: strconv.Itoa(i), Position: circuit.Position{X: x[i]}}
			if math.IsNaN(x[i]) {
				neurons[i].Position = circuit.NoPosition()
			}
		}
		c, err := circuit.New(neurons, edges)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	blind, err := at(chain(3), 0, 10, 20).WithObserved(make([]bool, 3))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		c    *circuit.Circuit
		want map[string]float64
	}{
		{"no neuron", of(t, 0), map[string]float64{"wire_length": nan, "decay_length": nan, "downward_share": nan, "depth_step": nan}},
		{"one neuron", at(nil, 5), map[string]float64{"wire_length": nan, "decay_length": nan, "downward_share": nan}},
		{"no positions", five(), map[string]float64{"wire_length": nan, "decay_length": nan, "downward_share": nan, "depth_step": nan}},
		{"no edge", at(nil, 0, 10), map[string]float64{"wire_length": nan, "decay_length": nan, "downward_share": nan}},
		{"all rows unobserved", blind, map[string]float64{"wire_length": nan, "decay_length": nan, "downward_share": nan, "depth_step": nan}},
		{"one position unknown", at(chain(3), 0, 10, nan), map[string]float64{"wire_length": 10, "decay_length": nan, "depth_step": 0}},
		{"equal depths", at(chain(3), 0, 10, 30), map[string]float64{"wire_length": 15, "downward_share": 0, "depth_step": 0, "decay_length_depth": nan}},
		// Every pair an edge, and only the far ones.
		{"complete", at([]circuit.Edge{{Pre: 0, Post: 1}, {Pre: 1, Post: 0}}, 0, 10), map[string]float64{"wire_length": 10, "decay_length": nan}},
		{"far ones", at([]circuit.Edge{{Pre: 0, Post: 2}, {Pre: 2, Post: 0}}, 0, 10, 30), map[string]float64{"decay_length": nan}},
		{"edges of length 0", at([]circuit.Edge{{Pre: 0, Post: 1}}, 0, 0, 30), map[string]float64{"wire_length": 0, "decay_length": nan}},
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
	// 4 edges of 10 µm and 2 gaps, both of 20 µm: without its bound p₀ would grow for
	// ever. At p₀ = 1, −40/λ + 2·ln(1−exp(−20/λ)) is greatest where exp(−20/λ) = 1/2.
	d := structure.DecayOf(at([]circuit.Edge{{Pre: 0, Post: 1}, {Pre: 1, Post: 0}, {Pre: 1, Post: 2}, {Pre: 2, Post: 1}}, 0, 10, 20))
	if want := 20 / math.Ln2; d.AtZero != 1 || !same(d.Length, want, 1e-7) {
		t.Errorf("gaps of one length: %+v, want λ = %v", d, want)
	}
}
