package graphvae

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/seed"
)

// placedNeurons are so many neurons, excitatory of class E and inhibitory of
// class I in turns, one without a known place where there are 6 or more.
func placedNeurons(tb testing.TB, n int, s seed.Seed) *circuit.Circuit {
	tb.Helper()
	rng := s.Stream("neurons", n)
	neurons := make([]circuit.Neuron, n)
	for i := range neurons {
		neurons[i] = circuit.Neuron{ID: strconv.Itoa(i), Class: "E", Sign: circuit.Excitatory}
		if i%2 == 1 {
			neurons[i].Class, neurons[i].Sign = "I", circuit.Inhibitory
		}
		neurons[i].Position = circuit.Position{X: 200 * rng.Float64(), Y: 200 * rng.Float64(), Depth: 1000 * rng.Float64()}
		if i == 5 {
			neurons[i].Position = circuit.NoPosition()
		}
	}
	c, err := circuit.New(neurons, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

func expecter(tb testing.TB, m *Model, on []*circuit.Circuit, measures []string, draws int, s seed.Seed) *Expecter {
	tb.Helper()
	e, err := m.Expecter(on, measures, draws, s)
	if err != nil {
		tb.Fatal(err)
	}
	return e
}

func expect(tb testing.TB, e *Expecter, codes ...[]float64) (values [][]float64, gradients [][][]float64) {
	tb.Helper()
	values, gradients, err := e.Expect(context.Background(), codes)
	if err != nil {
		tb.Fatal(err)
	}
	return values, gradients
}

// shaken makes the tiny models with weights moved far enough that circuits differ,
// and neurons for them.
func shaken(t *testing.T, name string) (*Model, []*circuit.Circuit) {
	t.Helper()
	m, _ := tinyModels[name](t)
	for k, class := range []circuit.Sign{circuit.Excitatory, circuit.Inhibitory} {
		m.config.Classes[k].Sign = class
	}
	shake(t, m, .3)
	return m, []*circuit.Circuit{placedNeurons(t, 7, 1), placedNeurons(t, 10, 1)}
}

// The moments of a circuit of four neurons against the sum over all 4,096 wirings,
// each with its probability.
func TestExpectedByEnumeration(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"dependent":   nil,
		"independent": func(c *Config) { c.IndependentPairs = true },
	} {
		t.Run(name, func(t *testing.T) {
			m, _ := tinyExchangeable(t, change)
			shake(t, m, .3)
			on, z, s := []*circuit.Circuit{placedNeurons(t, 4, 2)}, []float64{.5, -1, 1.5}, seed.Seed(3)
			var sums wirings
			err := m.eachPrior(context.Background(), "test", on, [][]float64{z}, 1, s, func(_ draw, g given, _ *rand.Rand) error {
				sums = enumerate(on[0], g)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			want := sums.measures()
			var names []string
			for name := range want {
				names = append(names, name)
			}
			values, _ := expect(t, expecter(t, m, on, names, 1, s), z)
			for k, name := range names {
				if !(math.Abs(values[0][k]-want[name]) <= 2e-5*(1+math.Abs(want[name]))) {
					t.Errorf("%s: %g, over all wirings %g", name, values[0][k], want[name])
				}
			}
		})
	}
}

// wirings are sums over all wirings of some neurons, weighed by their
// probabilities.
type wirings struct {
	total                                float64
	edges, mutual, triangles, possible   float64
	outVariance, inVariance, covariance  float64
	excitatory, mixed, down, wire, steps float64 // edges E→E, E→I and downwards; lengths and steps in depth
	neurons                              float64
}

// enumerate adds up all wirings of a circuit without unknown places.
func enumerate(c *circuit.Circuit, g given) (w wirings) {
	n := c.Len()
	w.neurons = float64(n)
	a := make([][]float64, n)
	for i := range a {
		a[i] = make([]float64, n)
	}
	var pairs [][2]int
	for i := range n {
		for j := i + 1; j < n; j++ {
			pairs = append(pairs, [2]int{i, j})
		}
	}
	var choose func(k int, p float64)
	choose = func(k int, p float64) {
		if k == len(pairs) {
			w.add(c, a, p)
			return
		}
		i, j := pairs[k][0], pairs[k][1]
		at, back := g.place[i]*g.width+g.place[j], g.place[j]*g.width+g.place[i]
		forth, reverse, rho := float64(g.theta[at]), float64(g.theta[back]), float64(g.rho[at])
		z := 1 + math.Exp(forth) + math.Exp(reverse) + math.Exp(forth+reverse+rho)
		for outcome := range 4 {
			x, y := float64(outcome%2), float64(outcome/2)
			a[i][j], a[j][i] = x, y
			choose(k+1, p*math.Exp(x*forth+y*reverse+x*y*rho)/z)
		}
	}
	choose(0, 1)
	return w
}

func (w *wirings) add(c *circuit.Circuit, a [][]float64, p float64) {
	n := len(a)
	w.total += p
	out, in := make([]float64, n), make([]float64, n)
	for i := range n {
		for j := range n {
			pre, post := c.Neuron(i), c.Neuron(j)
			edge := p * a[i][j]
			out[i], in[j] = out[i]+a[i][j], in[j]+a[i][j]
			w.edges += edge
			w.mutual += edge * a[j][i]
			w.wire += edge * pre.Position.Distance(post.Position)
			w.steps += edge * (post.Position.Depth - pre.Position.Depth)
			if post.Position.Depth > pre.Position.Depth {
				w.down += edge
			}
			if pre.Class == "E" && post.Class == "E" {
				w.excitatory += edge
			}
			if pre.Class == "E" && post.Class == "I" {
				w.mixed += edge
			}
			for k := range n {
				w.triangles += p / 2 * (a[i][j] + a[j][i]) * (a[j][k] + a[k][j]) * (a[k][i] + a[i][k])
			}
		}
	}
	for i := range n {
		partners := 0.
		for j := range n {
			partners += a[i][j] * a[j][i]
		}
		degree := out[i] + in[i]
		w.possible += p * (degree*(degree-1) - 2*partners)
	}
	w.outVariance += p * covariance(out, out)
	w.inVariance += p * covariance(in, in)
	w.covariance += p * covariance(out, in)
}

func covariance(a, b []float64) (sum float64) {
	n := float64(len(a))
	var x, y float64
	for i := range a {
		x, y, sum = x+a[i]/n, y+b[i]/n, sum+a[i]*b[i]/n
	}
	return sum - x*y
}

// measures returns those that follow from the sums. Of four neurons in turns two
// are excitatory.
func (w *wirings) measures() map[string]float64 {
	pairs := w.neurons * (w.neurons - 1)
	return map[string]float64{
		"edges": w.edges, "density": w.edges / pairs,
		"out_degree_mean": w.edges / w.neurons, "in_degree_mean": w.edges / w.neurons,
		"out_degree_sd": math.Sqrt(w.outVariance), "in_degree_sd": math.Sqrt(w.inVariance),
		"out_degree_cv": math.Sqrt(w.outVariance) / (w.edges / w.neurons), "in_degree_cv": math.Sqrt(w.inVariance) / (w.edges / w.neurons),
		"in_out_correlation": w.covariance / math.Sqrt(w.outVariance*w.inVariance),
		"reciprocity":        w.mutual / w.edges, "reciprocity_ratio": w.mutual / w.edges / (w.edges / pairs),
		"transitivity": w.triangles / w.possible,
		"density_ee":   w.excitatory / 2, "density.E->E": w.excitatory / 2, "density_ei": w.mixed / 4, "density.E->I": w.mixed / 4,
		"downward_share": w.down / w.edges, "wire_length": w.wire / w.edges, "depth_step": w.steps / w.edges,
	}
}

// The measures that enumeration has no expected counts for: reciprocity between
// groups, from the joint probabilities; clustering and the spectral radius, from
// their definitions, in float64. The spectral radius is found by a thousand powers.
func TestExpectedByHand(t *testing.T) {
	m, _ := tinyExchangeable(t, nil)
	shake(t, m, .2)
	on, z, s := []*circuit.Circuit{placedNeurons(t, 12, 2)}, []float64{.5, -1, 1.5}, seed.Seed(3)
	var p, both [][]float64
	err := m.eachPrior(context.Background(), "test", on, [][]float64{z}, 1, s, func(_ draw, g given, _ *rand.Rand) error {
		p, both = joint(g)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	sign := func(i int) int { return i % 2 }
	names := []string{"reciprocity_ratio_ee", "reciprocity_ratio_ei", "reciprocity_ratio_ii", "clustering", "spectral_radius"}
	want := []float64{ratioOf(p, both, sign, 0, 0), ratioOf(p, both, sign, 0, 1), ratioOf(p, both, sign, 1, 1), clusteringOf(p, both), radiusOf(p, both)}
	values, _ := expect(t, expecter(t, m, on, names, 1, s), z)
	for k, name := range names {
		if !(math.Abs(values[0][k]-want[k]) <= 2e-5*(1+want[k])) {
			t.Errorf("%s: %g, by hand %g", name, values[0][k], want[k])
		}
	}
}

// joint returns the probabilities of edges and of mutual pairs.
func joint(g given) (p, both [][]float64) {
	n := len(g.place)
	p, both = make([][]float64, n), make([][]float64, n)
	for i := range n {
		p[i], both[i] = make([]float64, n), make([]float64, n)
		for j := range n {
			if i == j {
				continue
			}
			at, back := g.place[i]*g.width+g.place[j], g.place[j]*g.width+g.place[i]
			forth, reverse := math.Exp(float64(g.theta[at])), math.Exp(float64(g.theta[back]))
			mutual := forth * reverse * math.Exp(float64(g.rho[at]))
			z := 1 + forth + reverse + mutual
			p[i][j], both[i][j] = (forth+mutual)/z, mutual/z
		}
	}
	return p, both
}

func ratioOf(p, both [][]float64, group func(int) int, a, b int) float64 {
	var pairs, mutual, there, back float64
	for i := range p {
		for j := range p {
			if i != j && group(i) == a && group(j) == b {
				pairs, mutual, there, back = pairs+1, mutual+both[i][j], there+p[i][j], back+p[j][i]
			}
		}
	}
	return mutual * pairs / (there * back)
}

func clusteringOf(p, both [][]float64) float64 {
	n := len(p)
	s := func(i, j int) float64 { return p[i][j] + p[j][i] }
	var sum, weight float64
	for i := range n {
		closed, open, none, one := 0., 0., 1., 0.
		for j := range n {
			if i == j {
				continue
			}
			partner := s(i, j) - both[i][j]
			none, one = none*(1-partner), one+partner/(1-partner)
			for k := range n {
				if k != i && k != j {
					open += s(i, j) * s(i, k)
					closed += s(i, j) * s(j, k) * s(k, i) / 2
				}
			}
		}
		defined := 1 - none - none*one
		sum, weight = sum+defined*closed/open, weight+defined
	}
	return sum / weight
}

func radiusOf(p, both [][]float64) float64 {
	n := len(p)
	right, left := make([]float64, n), make([]float64, n)
	for i := range n {
		right[i], left[i] = 1, 1
	}
	radius := 0.
	for range 1000 {
		newRight, newLeft := make([]float64, n), make([]float64, n)
		radius = 0
		for i := range n {
			for j := range n {
				newRight[i] += p[i][j] * right[j]
				newLeft[j] += p[i][j] * left[i]
			}
			radius += newRight[i]
		}
		var sum float64
		for i := range n {
			sum += newLeft[i]
		}
		for i := range n {
			right[i], left[i] = newRight[i]/radius, newLeft[i]/sum
		}
	}
	var product, added float64
	for i := range n {
		product += left[i] * right[i]
		for j := range n {
			added += left[i] * right[i] * (both[i][j] - p[i][j]*p[j][i])
		}
	}
	return radius + added/(radius*product)
}

// Gradients against central differences of the values, for every measure that each
// model has, in random directions at random codes. In float32 a value is good to
// some 3e-7 of itself, which these steps turn into 1e-4. Now and then a step meets
// the kink of some neuron's rectifier, where the two differ however short it is: so
// half of the directions have to agree closely, and three quarters well.
func TestExpectedGradientByDifferences(t *testing.T) {
	for name := range tinyModels {
		t.Run(name, func(t *testing.T) {
			m, on := shaken(t, name)
			e := expecter(t, m, on, m.Expectable(), 2, 4)
			rng := seed.Seed(5).Stream("directions")
			const h, count = .002, 15
			var codes, directions [][]float64
			for range count {
				z, u := normalCode(m, rng), unitCode(m, rng)
				codes, directions = append(codes, z, along(z, h, u), along(z, -h, u)), append(directions, u)
			}
			values, gradients := expect(t, e, codes...)
			for k, measure := range e.Measures() {
				off, moved := make([]float64, count), 0.
				for i, u := range directions {
					gradient, value := gradients[3*i][k], math.Abs(values[3*i][k])
					norm := math.Sqrt(dot(gradient, gradient))
					moved = max(moved, norm)
					slope := (values[3*i+1][k] - values[3*i+2][k]) / (2 * h)
					off[i] = math.Abs(slope-dot(gradient, u)) / (norm + .05*value)
				}
				slices.Sort(off)
				if !(off[count/2] <= .001 && off[count*3/4] <= .01) {
					t.Errorf("%s: slopes by differences and by gradient differ by %.2g of its norm in the median, by %.2g in the upper quartile", measure, off[count/2], off[count*3/4])
				}
				if moved == 0 {
					t.Errorf("%s does not move with the code", measure)
				}
			}
		})
	}
}

func normalCode(m *Model, rng *rand.Rand) []float64 {
	z := make([]float64, m.Dim())
	for l := range z {
		z[l] = rng.NormFloat64()
	}
	return z
}

func unitCode(m *Model, rng *rand.Rand) []float64 {
	u := normalCode(m, rng)
	return along(make([]float64, len(u)), 1/math.Sqrt(dot(u, u)), u)
}

// along returns z + h·u.
func along(z []float64, h float64, u []float64) []float64 {
	sum := make([]float64, len(z))
	for l := range z {
		sum[l] = z[l] + h*u[l]
	}
	return sum
}

func dot(a, b []float64) (sum float64) {
	for l := range a {
		sum += a[l] * b[l]
	}
	return sum
}

// Nothing but classes, signs and places of the given neurons counts: neither their
// order, nor edges, nor masks; nor which circuits and codes are asked about beside.
func TestExpectedOfNeuronsOnly(t *testing.T) {
	for _, name := range []string{"exchangeable", "composition"} {
		t.Run(name, func(t *testing.T) {
			m, on := shaken(t, name)
			measures := m.Expectable()
			z, other := []float64{.5, -1, 1.5}, []float64{-2, .3, 0}
			values, gradients := expect(t, expecter(t, m, on[:1], measures, 3, 8), z)

			wired, err := on[0].WithEdges([]circuit.Edge{{Pre: 0, Post: 1}, {Pre: 3, Post: 2}})
			if err == nil {
				wired, err = wired.WithObserved([]bool{true, false, true, true, false, true, true})
			}
			if err == nil {
				wired, err = wired.Subcircuit([]int{6, 2, 0, 4, 1, 5, 3})
			}
			if err != nil {
				t.Fatal(err)
			}
			again, slopes := expect(t, expecter(t, m, []*circuit.Circuit{wired}, measures, 3, 8), z)
			for k := range measures {
				if again[0][k] != values[0][k] || !slices.Equal(slopes[0][k], gradients[0][k]) {
					t.Errorf("%s: %g, relabelled, wired and masked %g", measures[k], values[0][k], again[0][k])
				}
			}

			// A circuit of one class, of which half of the measures are not defined, in a
			// batch of another width.
			var excitatory []int
			for i := 0; i < 40; i += 2 {
				excitatory = append(excitatory, i)
			}
			big, err := placedNeurons(t, 40, 1).Subcircuit(excitatory)
			if err != nil {
				t.Fatal(err)
			}
			mixed := expecter(t, m, []*circuit.Circuit{on[0], big}, measures, 3, 8)
			alone, _ := expect(t, mixed, z)
			beside, _ := expect(t, mixed, other, z)
			for k, measure := range measures {
				if _, err := m.Expecter([]*circuit.Circuit{big}, []string{measure}, 3, 8); err != nil {
					alone[0][k] = values[0][k]
				}
				if want := alone[0][k]; !(math.Abs(beside[1][k]-want) <= 1e-5*(1+math.Abs(want))) {
					t.Errorf("%s: %g, want %g", measure, beside[1][k], want)
				}
			}
			if at := slices.Index(measures, "density_ie"); alone[0][at] != values[0][at] {
				t.Error("density_ie is defined of a circuit of class E")
			}
		})
	}
}

// An expectation over circuits and draws is the mean of those of each.
func TestExpectedIsAMean(t *testing.T) {
	m, on := shaken(t, "exchangeable")
	measures, z := m.Expectable(), []float64{.5, -1, 1.5}
	twice, slopes := expect(t, expecter(t, m, []*circuit.Circuit{on[0], on[0]}, measures, 64, 8), z)
	once, _ := expect(t, expecter(t, m, on[:1], measures, 64, 8), z)
	other, _ := expect(t, expecter(t, m, on[:1], measures, 64, 9), z)
	differ := false
	for k, measure := range measures {
		// The second of the two has draws of its own: a tenth is what 64 leave open
		// of measures that vary by as much as they are.
		if d := math.Abs(twice[0][k] - once[0][k]); !(d <= .1*(1+math.Abs(once[0][k]))) && measure != "depth_step" {
			t.Errorf("%s: %g of two circuits that are one, %g of that one", measure, twice[0][k], once[0][k])
		}
		differ = differ || other[0][k] != once[0][k]
	}
	if !differ {
		t.Error("another seed gives the same draws")
	}
	again, same := expect(t, expecter(t, m, []*circuit.Circuit{on[0], on[0]}, measures, 64, 8), z)
	for k, measure := range measures {
		if again[0][k] != twice[0][k] || !slices.Equal(same[0][k], slopes[0][k]) {
			t.Errorf("%s: %g, then %g", measure, twice[0][k], again[0][k])
		}
	}
}

// What a composition says of the neurons is what those of decoded circuits are in
// the mean, within 4 standard errors.
func TestExpectedComposition(t *testing.T) {
	m, on := shaken(t, "composition")
	z := []float64{.5, -1, 1}
	values, _ := expect(t, expecter(t, m, on[:1], []string{"neurons", "e_share"}, 1, 1), z)
	const samples = 2000
	decoded, err := m.Decode(context.Background(), [][]float64{z}, samples, 2)
	if err != nil {
		t.Fatal(err)
	}
	var sum, squares, excitatory float64
	for _, c := range decoded[0] {
		n := float64(c.Len())
		sum, squares = sum+n, squares+n*n
		for _, neuron := range c.Neurons() {
			excitatory += float64(indicator(neuron.Sign == circuit.Excitatory))
		}
	}
	mean := sum / samples
	if se := math.Sqrt((squares/samples - mean*mean) / samples); !(math.Abs(values[0][0]-mean) <= 4*se+1e-4*mean) {
		t.Errorf("%g neurons expected, %g ± %g decoded", values[0][0], mean, se)
	}
	share := excitatory / sum
	if se := math.Sqrt(share * (1 - share) / sum); !(math.Abs(values[0][1]-share) <= 4*se) {
		t.Errorf("E share %g expected, %g ± %g decoded", values[0][1], share, se)
	}
}

// A model without z expects the same of every code.
func TestExpectedWithoutZ(t *testing.T) {
	m, _ := tinyExchangeable(t, func(c *Config) { c.WithoutZ = true })
	shake(t, m, .3)
	values, gradients := expect(t, expecter(t, m, []*circuit.Circuit{placedNeurons(t, 7, 1)}, []string{"density", "clustering"}, 2, 1), []float64{0, 0, 0}, []float64{1, 2, 3})
	for k := range 2 {
		if values[0][k] != values[1][k] || !slices.Equal(gradients[1][k], []float64{0, 0, 0}) {
			t.Errorf("measure %d: %g and %g, slopes %g", k, values[0][k], values[1][k], gradients[1][k])
		}
	}
}

// Both backends have the same values and gradients. The tolerance is for float32
// sums in another order, of terms that cancel in a gradient of clustering, where it
// was 1.2e-4 on one machine; a gradient's is by its largest entry. XLA takes half a
// second to compile a measure, so that by default there are some of each kind of
// arithmetic.
func TestBackendsExpectTheSame(t *testing.T) {
	xla := otherBackend(t)
	for name, measures := range map[string][]string{
		"slots":       {"e_share", "clustering"},
		"composition": {"neurons", "in_out_correlation", "spectral_radius"},
	} {
		t.Run(name, func(t *testing.T) {
			onGo, on := shaken(t, name)
			if os.Getenv("CORTIGEN_SLOW") != "" {
				measures = onGo.Expectable()
			}
			rng := seed.Seed(7).Stream("codes")
			z := [][]float64{normalCode(onGo, rng), normalCode(onGo, rng)}
			values, gradients := expect(t, expecter(t, onGo, on, measures, 2, 8), z...)
			others, slopes := expect(t, expecter(t, moved(t, onGo, xla), on, measures, 2, 8), z...)
			for i := range z {
				for k, measure := range measures {
					scale, apart := 1., largest(t, values[i][k:k+1], others[i][k:k+1])
					for _, x := range gradients[i][k] {
						scale = max(scale, math.Abs(x))
					}
					for l, x := range gradients[i][k] {
						apart = max(apart, math.Abs(x-slopes[i][k][l])/scale)
					}
					if !(apart <= 5e-4) {
						t.Errorf("%s: %g and %g, slopes %g and %g", measure, values[i][k], others[i][k], gradients[i][k], slopes[i][k])
					}
				}
			}
		})
	}
}

func TestExpecterFaults(t *testing.T) {
	slots, _ := shaken(t, "slots")
	m, on := shaken(t, "exchangeable")
	composed, _ := shaken(t, "composition")
	excitatory, err := on[1].Subcircuit([]int{0, 2, 4, 6})
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := circuit.New([]circuit.Neuron{{ID: "1", Class: "E"}, {ID: "2", Class: "X"}, {ID: "3", Class: "E"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	density := []string{"density"}
	for name, test := range map[string]struct {
		model    *Model
		on       []*circuit.Circuit
		measures []string
		draws    int
		want     []string
	}{
		"misspelt":              {m, on, []string{"densty"}, 1, []string{`"densty"`, `did you mean "density"?`}},
		"misspelt class":        {m, on, []string{"density.E->Y"}, 1, []string{`did you mean "density.E->`}},
		"not smooth":            {m, on, []string{"modularity"}, 1, []string{`no expected "modularity"`}},
		"all at once":           {m, nil, []string{"densty", "edge"}, 0, []string{"density", "edges", "0 draws", "no circuits"}},
		"no measures":           {m, on, nil, 1, []string{"no measures", "Expectable"}},
		"given neurons":         {m, on, []string{"e_share"}, 1, []string{`"e_share"`, "given", "Config.Composition"}},
		"places of slots":       {slots, nil, []string{"wire_length"}, 1, []string{`"wire_length"`, "places", "slots"}},
		"no circuits":           {m, nil, density, 1, []string{"no circuits"}},
		"none of a composition": {composed, nil, density, 1, []string{"no circuits"}},
		"no draws":              {m, on, density, 0, []string{"0 draws"}},
		"too small":             {m, []*circuit.Circuit{on[0], pairOf(t, on[0])}, density, 1, []string{"circuit 1", "fewer than 3"}},
		"nil":                   {m, []*circuit.Circuit{nil}, density, 1, []string{"circuit 0"}},
		"unknown class":         {m, []*circuit.Circuit{stranger}, density, 1, []string{"circuit 0", `"X"`, "vocabulary"}},
		"no such pair":          {m, []*circuit.Circuit{excitatory}, []string{"density.E->I", "density_ii"}, 1, []string{`"density.E->I"`, `"density_ii"`, "none of the circuits"}},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := test.model.Expecter(test.on, test.measures, test.draws, 1)
			if err == nil || e != nil {
				t.Fatalf("no error, but %v", e)
			}
			for _, want := range append(test.want, "graphvae: expecter: ") {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
		})
	}
}

func pairOf(t *testing.T, c *circuit.Circuit) *circuit.Circuit {
	t.Helper()
	small, err := c.Subcircuit([]int{0, 1})
	if err != nil {
		t.Fatal(err)
	}
	return small
}

func TestExpectFaults(t *testing.T) {
	for name := range tinyModels {
		m, on := shaken(t, name)
		e := expecter(t, m, on, []string{"density", "reciprocity"}, 1, 1)
		for what, test := range map[string]struct {
			codes [][]float64
			want  string
		}{
			"short":    {[][]float64{{0, 0, 0}, {0, 0}}, "code 1 has 2 dimensions, the model has 3"},
			"NaN":      {[][]float64{{0, math.NaN(), 0}}, "code 0 has NaN in dimension 1"},
			"infinite": {[][]float64{{0, 0, math.Inf(1)}}, "code 0 has +Inf in dimension 2"},
			"far":      {[][]float64{{0, 0, 0}, {0, 1e38, 1e38}}, "code 1: density"},
		} {
			if what == "far" && m.config.Kind == Slots {
				continue // layer norm makes the same of all that is far
			}
			_, _, err := e.Expect(context.Background(), test.codes)
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "graphvae: expect: ") {
				t.Errorf("%s, %s: %v", name, what, err)
			}
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if _, _, err := e.Expect(ctx, [][]float64{{0, 0, 0}}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s, cancelled: %v", name, err)
		}
		values, gradients, err := e.Expect(context.Background(), nil)
		if len(values) != 0 || len(gradients) != 0 || err != nil {
			t.Errorf("%s, no codes: %v, %v, %v", name, values, gradients, err)
		}
	}
}

// BenchmarkExpect is one code on a circuit of about 100 neurons, of a model at its
// defaults, 8 draws of the neurons' codes, and 8 measures.
func BenchmarkExpect(b *testing.B) {
	on := columns(b, 4)[3:]
	backend, err := OpenBackend(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	m, err := New(backend, Config{Kind: Exchangeable, Classes: Vocabulary(on)}, 1)
	if err != nil {
		b.Fatal(err)
	}
	e := expecter(b, m, on, []string{"density", "reciprocity", "out_degree_sd", "in_degree_sd", "in_out_correlation", "clustering", "spectral_radius", "wire_length"}, 8, 1)
	z := make([]float64, m.Dim())
	expect(b, e, z) // compiles
	for b.Loop() {
		expect(b, e, z)
	}
}
