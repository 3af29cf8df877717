package graphvae_test

import (
	"context"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"gonum.org/v1/gonum/stat"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/graphvae"
	"github.com/cortigen/cortigen/pkg/seed"
)

// variedCircuits draws circuits with one hidden factor f between 0 and 1: about
// 8 + 12 f neurons, of which .35 + .5 f are excitatory, these about 300 + 300 f µm
// deep and inhibitory ones 700 µm, in a column of 2000 µm² a neuron; a fifth of the
// pairs are connected.
func variedCircuits(tb testing.TB, count int, s seed.Seed) []*circuit.Circuit {
	tb.Helper()
	all := make([]*circuit.Circuit, count)
	for k := range all {
		all[k] = variedCircuit(tb, s.Stream("varied", k), float64(k%20)/19)
	}
	return all
}

func variedCircuit(tb testing.TB, rng *rand.Rand, factor float64) *circuit.Circuit {
	tb.Helper()
	n := int(math.Round(8 + 12*factor + rng.NormFloat64()))
	radius := math.Sqrt(2000 * float64(n) / math.Pi)
	neurons := make([]circuit.Neuron, n)
	for i := range neurons {
		from, turn := radius*math.Sqrt(rng.Float64()), 2*math.Pi*rng.Float64()
		at := circuit.Position{X: from * math.Cos(turn), Y: from * math.Sin(turn), Depth: 700 + 60*rng.NormFloat64()}
		neurons[i] = circuit.Neuron{ID: strconv.Itoa(i), Class: "I", Layer: "L5", Sign: circuit.Inhibitory}
		if rng.Float64() < .35+.5*factor {
			at.Depth = 300 + 300*factor + 60*rng.NormFloat64()
			neurons[i].Class, neurons[i].Layer, neurons[i].Sign = "E", "L4", circuit.Excitatory
		}
		neurons[i].Position = at
	}
	var edges []circuit.Edge
	for i := range n {
		for j := range n {
			if i != j && rng.Float64() < .2 {
				edges = append(edges, circuit.Edge{Pre: i, Post: j})
			}
		}
	}
	c, err := circuit.New(neurons, edges)
	if err != nil {
		tb.Fatal(err)
	}
	return c.WithOrigin(circuit.Origin{Radius: radius})
}

// described are facts about the neurons of some circuits; depth, the mean of
// excitatory neurons, is NaN where there are none. Pooled ones are over all neurons.
type described struct {
	number, share, depth, area []float64
	pooledShare, pooledDepth   float64
}

func describe(circuits []*circuit.Circuit) (d described) {
	var all, excitatory, placed, depths float64
	for _, c := range circuits {
		var count, at, depth float64
		for _, n := range c.Neurons() {
			if n.Class == "E" {
				count++
			}
			if n.Class == "E" && n.Position.Known() {
				at, depth = at+1, depth+n.Position.Depth
			}
		}
		n, radius := float64(c.Len()), c.Origin().Radius
		all, excitatory, placed, depths = all+n, excitatory+count, placed+at, depths+depth
		d.number, d.share = append(d.number, n), append(d.share, count/n)
		d.depth, d.area = append(d.depth, depth/at), append(d.area, math.Pi*radius*radius/n)
	}
	d.pooledShare, d.pooledDepth = excitatory/all, depths/placed
	return d
}

// known leaves out pairs of numbers one of which is NaN.
func known(x, y []float64) (a, b []float64) {
	for i := range x {
		if !math.IsNaN(x[i]) && !math.IsNaN(y[i]) {
			a, b = append(a, x[i]), append(b, y[i])
		}
	}
	return a, b
}

func together(x, y []float64) float64 {
	a, b := known(x, y)
	return stat.Correlation(a, b, nil)
}

// fromPrior decodes one circuit of each of many codes.
func fromPrior(t *testing.T, m *graphvae.Model, count int) []*circuit.Circuit {
	t.Helper()
	rng, z := seed.Seed(9).Stream("z"), make([][]float64, count)
	for i := range z {
		for range m.Dim() {
			z[i] = append(z[i], rng.NormFloat64())
		}
	}
	return slices.Concat(decode(t, m, z, 1, 8)...)
}

// Where number, share of a class and depth vary together, z learns it: circuits
// from the prior have their means and spreads and vary together as real ones do,
// and what is decoded at a circuit's code is like it. Without z, the means are
// right, but nothing varies together.
func TestLearnsPlantedComposition(t *testing.T) {
	circuits := variedCircuits(t, 120, 1)
	held := circuits[100:]
	learn := func(change func(*graphvae.Config)) *graphvae.Model {
		return trainExchangeable(t, circuits, func(c *graphvae.Config) {
			c.Composition, c.WithoutU = true, true
			change(c)
		}, graphvae.Training{Steps: 160, Batch: 20, LearningRate: .01})
	}
	m, without := learn(func(*graphvae.Config) {}), learn(func(c *graphvae.Config) { c.WithoutZ = true })
	real, drawn, plain := describe(circuits), describe(fromPrior(t, m, 400)), describe(fromPrior(t, without, 400))
	for _, c := range []struct {
		what        string
		real, drawn []float64
		mean        float64 // how far means may lie apart
	}{
		{"neurons", real.number, drawn.number, 1.5},
		{"share of E", real.share, drawn.share, .05},
		{"depth of E", real.depth, drawn.depth, 30},
		{"area", real.area, drawn.area, 100},
	} {
		reals, draws := c.real, c.drawn
		reals, _ = known(reals, reals)
		draws, _ = known(draws, draws)
		a, sa := stat.MeanStdDev(reals, nil)
		b, sb := stat.MeanStdDev(draws, nil)
		t.Logf("%s: %.3g ± %.3g; generated %.3g ± %.3g", c.what, a, sa, b, sb)
		if !(math.Abs(a-b) <= c.mean) {
			t.Errorf("%s: mean %.3g, generated %.3g", c.what, a, b)
		}
		if c.what != "area" && !(sb >= .7*sa && sb <= 1.4*sa) {
			t.Errorf("%s: sd %.3g, generated %.3g", c.what, sa, sb)
		}
	}
	number, withoutZ := stat.Mean(real.number, nil), stat.Mean(plain.number, nil)
	t.Logf("without z: %.3g neurons of %.3g; over all neurons a share of %.3f of %.3f, a depth of %.0f of %.0f", withoutZ, number, plain.pooledShare, real.pooledShare, plain.pooledDepth, real.pooledDepth)
	if !(math.Abs(withoutZ-number) <= 1.5 && math.Abs(plain.pooledShare-real.pooledShare) <= .05 && math.Abs(plain.pooledDepth-real.pooledDepth) <= 30) {
		t.Error("without z, means are others")
	}
	rs, rd := together(real.number, real.share), together(real.number, real.depth)
	ds, dd := together(drawn.number, drawn.share), together(drawn.number, drawn.depth)
	ps, pd := together(plain.number, plain.share), together(plain.number, plain.depth)
	t.Logf("correlation of number with share %.2f, generated %.2f, without z %.2f; with depth %.2f, %.2f, %.2f", rs, ds, ps, rd, dd, pd)
	if !(math.Abs(ds-rs) <= .2 && math.Abs(dd-rd) <= .2) {
		t.Errorf("number varies together with share and depth by %.2f and %.2f, generated %.2f and %.2f", rs, rd, ds, dd)
	}
	if !(math.Abs(ps) <= .25 && math.Abs(pd) <= .25) { // five standard errors of no correlation among 400
		t.Errorf("without z, number varies together with share and depth by %.2f and %.2f", ps, pd)
	}
	// At the codes of circuits that were not trained on.
	truth, got := describe(held), describe(slices.Concat(decode(t, m, encode(t, m, held...).Mean, 1, 7)...))
	numbers, depths := together(truth.number, got.number), together(truth.depth, got.depth)
	t.Logf("decoded at codes of held-out circuits: number correlated by %.2f, depth by %.2f", numbers, depths)
	if !(numbers >= .8 && depths >= .8) {
		t.Errorf("decoded at codes, number is correlated by %.2f, depth by %.2f", numbers, depths)
	}
}

// composing is a small model that says the composition, with circuits for it.
func composing(t *testing.T) (*graphvae.Model, []*circuit.Circuit) {
	t.Helper()
	circuits := variedCircuits(t, 24, 1)
	config := toyConfig(circuits, graphvae.Exchangeable)
	config.Composition = true
	backend, err := graphvae.GoBackend()
	if err != nil {
		t.Fatal(err)
	}
	m, err := graphvae.New(backend, config, 1)
	if err != nil {
		t.Fatal(err)
	}
	return m, circuits
}

// A sample is named by seed, code and number, and a model that was saved decodes
// the same ones. It is what steering asks for.
func TestComposedCircuits(t *testing.T) {
	m, circuits := composing(t)
	for _, err := range m.Train(context.Background(), circuits[:16], circuits[16:], graphvae.Training{Steps: 40, Batch: 16, LearningRate: .01}, 2) {
		if err != nil {
			t.Fatal(err)
		}
	}
	var _ interface { // as steer.Decoder, which lies above
		Dim() int
		Decode(ctx context.Context, z [][]float64, samples int, s seed.Seed) ([][]*circuit.Circuit, error)
	} = m
	z := [][]float64{{0, 0, 0}, {1, 0, -1}, {0, 2, 0}}
	all, fewer := decode(t, m, z, 3, 5), decode(t, m, z[:2], 2, 5)
	dir := t.TempDir()
	if err := m.Save(dir); err != nil {
		t.Fatal(err)
	}
	loaded, err := graphvae.Load(m.Backend(), dir)
	if err != nil {
		t.Fatal(err)
	}
	for i, some := range decode(t, loaded, z[:2], 2, 5) {
		for k := range some {
			if !sameCircuit(t, all[i][k], fewer[i][k]) || !sameCircuit(t, some[k], fewer[i][k]) {
				t.Errorf("code %d, sample %d: another circuit", i, k)
			}
		}
	}
	if sameCircuit(t, all[0][0], all[0][1]) || sameCircuit(t, all[0][0], all[1][0]) || sameCircuit(t, all[0][0], decode(t, m, z[:1], 1, 6)[0][0]) {
		t.Error("two samples, codes or seeds give the same circuit")
	}
	edges := 0
	for _, c := range slices.Concat(all...) {
		edges += c.Edges()
		if o := c.Origin(); o.Source != "graphvae" || !(o.Radius > 0) {
			t.Errorf("origin %+v", o)
		}
		if !sameCircuit(t, c, c.Canonical()) || c.ObservedRows() != c.Len() {
			t.Errorf("not in canonical order, or %d of %d rows observed", c.ObservedRows(), c.Len())
		}
		for i, n := range c.Neurons() {
			want := map[circuit.Class]graphvae.ClassInfo{"E": {Class: "E", Layer: "L4", Sign: circuit.Excitatory}, "I": {Class: "I", Layer: "L5", Sign: circuit.Inhibitory}}[n.Class]
			if n.Layer != want.Layer || n.Sign != want.Sign || math.Hypot(n.Position.X, n.Position.Y) > c.Origin().Radius {
				t.Errorf("neuron %d: %+v in a column of %g µm", i, n, c.Origin().Radius)
			}
		}
	}
	if edges == 0 {
		t.Error("no edges")
	}
	// They are circuits like others: wired anew, and encoded.
	if again, err := m.On(all[0][0]).Decode(context.Background(), z[:1], 1, 5); err != nil || again[0][0].Len() != all[0][0].Len() {
		t.Errorf("wired anew: %v, %v", again, err)
	}
	if codes := encode(t, m, slices.Concat(all...)...); len(codes.Mean) != 9 {
		t.Errorf("%d codes", len(codes.Mean))
	}
}

// The wiring of composed circuits is that of their code: what Generate gives for
// the same neurons and code has the same density.
func TestComposedWiring(t *testing.T) {
	m, _ := composing(t)
	z := [][]float64{{.5, -1, 1}}
	drawn := decode(t, m, z, 20, 5)[0]
	wired, err := m.Generate(context.Background(), drawn, slices.Repeat(z, len(drawn)), 1, 6)
	if err != nil {
		t.Fatal(err)
	}
	var a, b, pairs float64
	for i, c := range drawn {
		a, b = a+float64(c.Edges()), b+float64(wired[i][0].Edges())
		pairs += float64(c.Len() * (c.Len() - 1))
	}
	t.Logf("density %.4f, of Generate %.4f, %g pairs", a/pairs, b/pairs, pairs)
	if a == 0 || math.Abs(a-b) > .1*b {
		t.Errorf("%g edges, %g by Generate", a, b)
	}
}

// Training that is broken off goes on from its checkpoint as if it had not been.
func TestCompositionResumes(t *testing.T) {
	bounds := func(dir string, stop int) (all []float64) {
		m, circuits := composing(t)
		r := toyRun{m, circuits[:12], circuits[12:], graphvae.Training{Steps: 12, Batch: 4, LearningRate: .01, Checkpoint: dir}}
		for _, e := range r.epochs(t, stop) {
			all = append(all, e.Validation.Total(), e.Validation.Classes)
		}
		return all
	}
	dir := filepath.Join(t.TempDir(), "broken off")
	whole := bounds(t.TempDir(), 0)
	if bounds(dir, 2); !slices.Equal(bounds(dir, 0), whole) {
		t.Error("another course after a break")
	}
	if len(whole) != 8 || slices.Contains(whole, 0) {
		t.Errorf("bounds and compositions %v", whole)
	}
}
