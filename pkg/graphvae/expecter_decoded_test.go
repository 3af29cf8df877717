package graphvae_test

import (
	"context"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/graphvae"
	"github.com/cortigen/cortigen/pkg/seed"
	"github.com/cortigen/cortigen/pkg/structure"
)

// tissueCircuits draws circuits of 30 neurons that differ in density and
// reciprocity, in which neurons differ in how much they send, and near ones are
// connected more often.
func tissueCircuits(tb testing.TB, count int, s seed.Seed) []*circuit.Circuit {
	tb.Helper()
	all := make([]*circuit.Circuit, count)
	for k := range all {
		rng := s.Stream("tissue", k)
		neurons, sends := make([]circuit.Neuron, 30), make([]float64, 30)
		var edges []circuit.Edge
		for i := range neurons {
			neurons[i] = circuit.Neuron{ID: strconv.Itoa(i), Class: "E", Sign: circuit.Excitatory}
			if i%4 == 3 {
				neurons[i].Class, neurons[i].Sign = "I", circuit.Inhibitory
			}
			neurons[i].Position = circuit.Position{X: 100 * rng.Float64(), Y: 100 * rng.Float64(), Depth: 400 + 400*rng.Float64()}
			sends[i] = math.Exp(.5 * rng.NormFloat64())
		}
		density, mutual := .05+.1*float64(k%5)/4, .1+.5*float64(k%3)/2
		for i := range neurons {
			for j := range i {
				near := math.Exp(-neurons[i].Position.Distance(neurons[j].Position) / 300)
				p := min(.7, 1.5*density*near*(sends[i]+sends[j]))
				forth, back := pairOf(rng, p, p*(mutual+(1-mutual)*p))
				if forth {
					edges = append(edges, circuit.Edge{Pre: i, Post: j})
				}
				if back {
					edges = append(edges, circuit.Edge{Pre: j, Post: i})
				}
			}
		}
		var err error
		if all[k], err = circuit.New(neurons, edges); err != nil {
			tb.Fatal(err)
		}
	}
	return all
}

// tissueModel trains on them for a while.
func tissueModel(tb testing.TB, kind graphvae.Kind) (*graphvae.Model, []*circuit.Circuit) {
	tb.Helper()
	circuits := tissueCircuits(tb, 24, 1)
	backend, err := graphvae.GoBackend()
	if err != nil {
		tb.Fatal(err)
	}
	config := toyConfig(circuits, kind)
	if kind == graphvae.Slots {
		config.Slots = 32
	}
	m, err := graphvae.New(backend, config, 1)
	if err != nil {
		tb.Fatal(err)
	}
	for _, err := range m.Train(context.Background(), circuits[:20], circuits[20:], graphvae.Training{Steps: 40, Batch: 4, LearningRate: .02}, 2) {
		if err != nil {
			tb.Fatal(err)
		}
	}
	return m, circuits
}

// bias is how far an expected measure may lie from the mean of decoded circuits,
// beside the latter's error, in sd of the measure over decoded circuits. Those that
// are not here are ratios of sums over a whole circuit: .1 is left to them, and
// nothing to those that are exact.
var bias = map[string]float64{
	"neurons": 0, "edges": 0, "density": 0, "out_degree_mean": 0, "in_degree_mean": 0, "e_share": 0,
	"density_ee": 0, "density_ei": 0, "density_ie": 0, "density_ii": 0,
	"clustering": .25,
	// Over few edges of a sign pair.
	"reciprocity_ratio_ei": .25, "reciprocity_ratio_ii": 1,
}

// decodedBeside compares what is expected at a code with the mean over decoded
// circuits, measure by measure, within 4 standard errors of the mean and the bias.
func decodedBeside(t *testing.T, names []string, expected []float64, decoded []*circuit.Circuit) {
	t.Helper()
	var known []string
	for _, name := range names {
		if _, err := structure.Find(name); err == nil {
			known = append(known, name)
		} else if !strings.HasPrefix(name, "density.") {
			t.Errorf("package structure does not know %s", name)
		}
	}
	table, err := structure.Profiles(context.Background(), decoded, known...)
	if err != nil {
		t.Fatal(err)
	}
	for k, s := range table.Summaries() {
		at := slices.Index(names, known[k])
		allowed, listed := bias[s.Name]
		if !listed {
			allowed = .1
		}
		off := expected[at] - s.Mean
		t.Logf("%-20s expected %9.4g, decoded %9.4g ± %.2g, sd %.3g: off by %.2f sd", s.Name, expected[at], s.Mean, s.SD/math.Sqrt(float64(s.Defined)), s.SD, off/s.SD)
		if !(math.Abs(off) <= 4*s.SD/math.Sqrt(float64(s.Defined))+allowed*s.SD+1e-5*math.Abs(s.Mean)) {
			t.Errorf("%s: expected %g, decoded %g, sd %g over %d circuits", s.Name, expected[at], s.Mean, s.SD, s.Defined)
		}
	}
	for at, name := range names {
		if pre, post, found := strings.Cut(strings.TrimPrefix(name, "density."), "->"); found {
			mean, sd, n := classDensity(decoded, circuit.Class(pre), circuit.Class(post))
			if !(math.Abs(expected[at]-mean) <= 4*sd/math.Sqrt(n)) {
				t.Errorf("%s: expected %g, decoded %g, sd %g over %g circuits", name, expected[at], mean, sd, n)
			}
		}
	}
}

func classDensity(circuits []*circuit.Circuit, pre, post circuit.Class) (mean, sd, n float64) {
	var sum, squares float64
	for _, c := range circuits {
		for _, pair := range structure.ClassPairs(c) {
			if pair.Pre == pre && pair.Post == post && pair.Pairs > 0 {
				sum, squares, n = sum+pair.Density, squares+pair.Density*pair.Density, n+1
			}
		}
	}
	mean = sum / n
	return mean, math.Sqrt(max(0, squares/n-mean*mean)), n
}

// What is expected is what decoded circuits have in the mean. Draws of the neurons'
// codes are those of the decoded circuits, so that only the edges are left to
// chance.
func TestExpectedIsDecoded(t *testing.T) {
	ctx := context.Background()
	m, circuits := tissueModel(t, graphvae.Exchangeable)
	on, z := circuits[20:21], []float64{1.5, -1, .5}
	const draws = 200
	e, err := m.Expecter(on, m.Expectable(), draws, 3)
	if err != nil {
		t.Fatal(err)
	}
	values, _, err := e.Expect(ctx, [][]float64{z})
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := m.Generate(ctx, on, [][]float64{z}, draws, 3)
	if err != nil {
		t.Fatal(err)
	}
	decodedBeside(t, e.Measures(), values[0], decoded[0])
}

// A Slots model's composition is drawn too, and every slot counts by how likely it
// is a neuron.
func TestExpectedIsDecodedFromSlots(t *testing.T) {
	ctx := context.Background()
	m, _ := tissueModel(t, graphvae.Slots)
	z := [][]float64{{0, 0, 0}, {1.5, -1, .5}}
	e, err := m.Expecter(nil, m.Expectable(), 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	values, _, err := e.Expect(ctx, z)
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := m.Decode(ctx, z, 1000, 4)
	if err != nil {
		t.Fatal(err)
	}
	for i := range z {
		decodedBeside(t, e.Measures(), values[i], decoded[i])
	}
}

// The model that ships, on 90 neurons of its classes, the classes by depth.
func TestExpectedIsDecodedFromPretrained(t *testing.T) {
	if os.Getenv("CORTIGEN_SLOW") == "" {
		t.Skip("set CORTIGEN_SLOW=1 to decode 400 columns")
	}
	ctx := context.Background()
	backend, err := graphvae.OpenBackend(ctx)
	if err != nil {
		t.Fatal(err)
	}
	m, _, err := graphvae.Pretrained(backend)
	if err != nil {
		t.Fatal(err)
	}
	on := []*circuit.Circuit{column(t, m.Config().Classes, 90, 1), column(t, m.Config().Classes, 90, 2)}
	var names []string
	for _, name := range m.Expectable() {
		if !strings.Contains(name, "->") && name != "neurons" && name != "e_share" {
			names = append(names, name)
		}
	}
	const draws = 200
	e, err := m.Expecter(on, names, draws, 1)
	if err != nil {
		t.Fatal(err)
	}
	z := make([]float64, m.Dim())
	for l := range z {
		z[l] = .7 * float64(l%3-1)
	}
	values, _, err := e.Expect(ctx, [][]float64{z})
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := m.Generate(ctx, on, [][]float64{z, z}, draws, 1)
	if err != nil {
		t.Fatal(err)
	}
	decodedBeside(t, names, values[0], slices.Concat(decoded...))
}

// column draws neurons within 60 µm of an axis, whose classes lie below each other
// in the order of the vocabulary.
func column(tb testing.TB, classes []graphvae.ClassInfo, n int, s seed.Seed) *circuit.Circuit {
	tb.Helper()
	rng := s.Stream("column")
	neurons := make([]circuit.Neuron, n)
	for i := range neurons {
		k := i % len(classes)
		neurons[i] = circuit.Neuron{ID: strconv.Itoa(i), Class: classes[k].Class, Layer: classes[k].Layer, Sign: classes[k].Sign}
		neurons[i].Position = circuit.Position{X: 120*rng.Float64() - 60, Y: 120*rng.Float64() - 60, Depth: 100 + 800*(float64(k)+rng.Float64())/float64(len(classes))}
	}
	c, err := circuit.New(neurons, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}
