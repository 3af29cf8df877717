package graphvae

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/seed"
)

// facts are what the encoder is told of a composition.
func (m naive) facts(c *circuit.Circuit, x [][]float64) []float64 {
	if !m.config.Composition {
		return nil
	}
	facts := []float64{math.Log(float64(c.Len()) / 100), 0, 0}
	if r := radiusByHand(c); r > 0 {
		facts[1], facts[2] = math.Log(r*r/1e4/float64(c.Len()))+math.Log(100), 1
	}
	means := make([]float64, len(x[0]))
	for _, row := range x {
		for f := range row {
			means[f] += row[f] / float64(len(x))
		}
	}
	return append(facts, means...)
}

// radiusByHand is the origin's, or √2 times the root of the mean square of the
// distances between pairs, over √2: in a disc that mean square is R².
func radiusByHand(c *circuit.Circuit) float64 {
	if r := c.Origin().Radius; r > 0 {
		return r
	}
	var sum, pairs float64
	for i, a := range c.Neurons() {
		for j, b := range c.Neurons() {
			if i != j && a.Position.Known() && b.Position.Known() {
				d := a.Position.Horizontal(b.Position)
				sum, pairs = sum+d*d, pairs+1
			}
		}
	}
	if pairs == 0 {
		return 0
	}
	return math.Sqrt(sum / pairs)
}

// composition is −log p(n, radius, classes, places | z), z as it is read.
func (m naive) composition(c *circuit.Circuit, z []float64) float64 {
	all, moved := m.config.compositionSizes()
	list := make([]float64, all)
	for i := range list {
		list[i] = 10 * m.matrix("composition/table", 0, i)
	}
	if !m.config.WithoutZ {
		for i, by := range m.apply("composition/second", relu(m.apply("composition/first", z))) {
			list[i] += by
		}
	}
	k := len(m.config.Classes)
	if want := 5 + 5*k + 3*k; moved != want || all != want+3*k {
		panic(fmt.Sprintf("%d parameters, %d of them moved", all, moved))
	}
	n := float64(c.Len())
	mean, sd := math.Log(100)+list[0], .3*math.Exp(list[1])+.001
	var sum float64
	weigh := func(n float64) float64 {
		return math.Exp(-math.Pow((math.Log(n)-mean)/sd, 2)/2) / n
	}
	for other := 1.; other <= maxNeurons; other++ {
		sum += weigh(other)
	}
	likelihood := math.Log(weigh(n) / sum)
	if r := radiusByHand(c); r > 0 {
		perNeuron := math.Log(r * r / 1e4 / n)
		likelihood += logNormal(perNeuron, list[2]-math.Log(100)+list[3]*math.Log(n/100), .3*math.Exp(list[4])+.01)
	}
	classes, known := list[5:5+k], list[5+k:5+2*k]
	weights, means, sds := list[5+2*k:5+5*k], list[5+5*k:5+8*k], list[5+8*k:]
	for _, neuron := range c.Neurons() {
		class := classIndex(m.config.Classes)[neuron.Class]
		likelihood += math.Log(softmaxByHand(classes)[class])
		odds := math.Exp(4 + known[class])
		if !neuron.Position.Known() {
			likelihood -= math.Log(1 + odds)
			continue
		}
		likelihood += math.Log(odds / (1 + odds))
		depth := (neuron.Position.Depth - m.config.DepthMean) / m.config.DepthSD
		var density float64
		for g, weight := range softmaxByHand(weights[3*class : 3*class+3]) {
			density += weight * math.Exp(logNormal(depth, float64(g-1)+means[3*class+g], math.Exp(sds[3*class+g])+.03))
		}
		likelihood += math.Log(density)
	}
	return -likelihood
}

func softmaxByHand(x []float64) []float64 {
	p, sum := make([]float64, len(x)), 0.
	for i := range x {
		p[i] = math.Exp(x[i])
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

func logNormal(x, mean, sd float64) float64 {
	return -math.Pow((x-mean)/sd, 2)/2 - math.Log(sd*math.Sqrt(2*math.Pi))
}

// expectFew has a model expect about five neurons in a column of 100 µm, give or
// take a half, so that circuits of as many do not cost a loss whose rounding hides
// the rest.
func expectFew(t *testing.T, m *Model) {
	t.Helper()
	weights, err := m.snapshot(isWeight)
	if err != nil {
		t.Fatal(err)
	}
	table := weights[weightScope+"composition/table"].values
	for i, x := range []float64{math.Log(.05), .5, math.Log(20), 0, .5} {
		table[i] = float32(x / codeSpeed)
	}
	if err := m.restore(weights); err != nil {
		t.Fatal(err)
	}
}

// composedAt returns all parameters of the compositions at some codes.
func composedAt(t *testing.T, m *Model, z [][]float64) (all []float64) {
	t.Helper()
	out, err := run(m.compose, "compose", m.codeTensor(z))
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range slices.Concat(out...) {
		all = append(all, float64(x))
	}
	return all
}

// row is a circuit of n neurons of one class without edges, in a column of the
// given radius in µm, its neurons at the given depths.
func row(t *testing.T, class circuit.Class, n int, radius float64, depths ...float64) *circuit.Circuit {
	t.Helper()
	neurons := make([]circuit.Neuron, n)
	for i := range neurons {
		neurons[i] = circuit.Neuron{ID: strconv.Itoa(i), Class: class, Position: circuit.NoPosition()}
		if i < len(depths) {
			neurons[i].Position = circuit.Position{Depth: depths[i]}
		}
	}
	c, err := circuit.New(neurons, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c.WithOrigin(circuit.Origin{Radius: radius}).Canonical()
}

// compositionOnly is a model of one class without codes, with a table.
func compositionOnly(t *testing.T, table map[int]float64) *Model {
	t.Helper()
	backend, err := GoBackend()
	if err != nil {
		t.Fatal(err)
	}
	m, err := New(backend, Config{
		Kind: Exchangeable, Composition: true, WithoutZ: true, WithoutU: true, Classes: []ClassInfo{{Class: "E"}}, Hidden: 4, Rank: 1, Stages: 1,
	}, 1)
	if err != nil {
		t.Fatal(err)
	}
	all, _ := m.config.compositionSizes()
	values := make([]float32, all)
	for i, x := range table {
		values[i] = float32(x / codeSpeed)
	}
	if err := m.restore(snapshot{weightScope + "composition/table": {dimensions: []int{all}, values: values}}); err != nil {
		t.Fatal(err)
	}
	return m
}

func compositionCost(t *testing.T, m *Model, circuits ...*circuit.Circuit) (nats []float64) {
	t.Helper()
	bounds, err := m.Bound(context.Background(), circuits, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range bounds {
		nats = append(nats, b.Classes)
	}
	return nats
}

// Probabilities of the number of neurons add up to one; the densities of radius and
// depth integrate to one. Numbers above 64 are left out where hardly any probability
// is left for them; integrals go over eight sds in steps that are small beside any.
func TestCompositionSumsToOne(t *testing.T) {
	const none = -40 // log-odds of a known place
	t.Run("number", func(t *testing.T) {
		for _, table := range []map[int]float64{
			{0: math.Log(8. / 100), 5 + 1: none},
			{0: math.Log(.3 / 100), 1: math.Log(2), 5 + 1: none}, // most of it below 1
			{0: math.Log(16. / 100), 1: -12, 5 + 1: none},        // 16, and nothing else
		} {
			m := compositionOnly(t, table)
			var circuits []*circuit.Circuit
			for n := 1; n <= 64; n++ {
				circuits = append(circuits, row(t, "E", n, 0))
			}
			var sum float64
			nats := compositionCost(t, m, circuits...)
			for _, x := range nats {
				sum += math.Exp(-x)
			}
			if math.Abs(sum-1) > 1e-4 {
				t.Errorf("%v: probabilities of 1 to 64 neurons add up to %g", table, sum)
			}
			if table[1] == -12 && math.Abs(nats[15]) > 1e-4 {
				t.Errorf("16 neurons, which are certain, cost %g nats", nats[15])
			}
		}
	})
	t.Run("depth", func(t *testing.T) {
		m := compositionOnly(t, map[int]float64{6: 10, 7: 1, 8: -.5, 10: -2, 12: 1, 13: -1, 15: .5})
		var circuits []*circuit.Circuit
		const step = .05
		for d := -12.; d < 12; d += step {
			circuits = append(circuits, row(t, "E", 1, 0, 600+300*d))
		}
		number := compositionCost(t, m, row(t, "E", 1, 0))[0] - math.Log1p(math.Exp(14)) // unknown, less what that costs
		var sum float64
		for _, x := range compositionCost(t, m, circuits...) {
			sum += step * math.Exp(number-x)
		}
		if math.Abs(sum-1) > 1e-3 {
			t.Errorf("the density of depth integrates to %g", sum)
		}
	})
	t.Run("radius", func(t *testing.T) {
		m := compositionOnly(t, map[int]float64{2: .7, 3: .2, 4: .4, 6: none})
		const step = .05
		for _, n := range []int{1, 7} {
			var circuits []*circuit.Circuit
			for y := -12.; y < 3; y += step { // log of squared radius in 100 µm, per neuron
				circuits = append(circuits, row(t, "E", n, 100*math.Exp((y+math.Log(float64(n)))/2)))
			}
			number := compositionCost(t, m, row(t, "E", n, 0))[0]
			var sum float64
			for _, x := range compositionCost(t, m, circuits...) {
				sum += step * math.Exp(number-x)
			}
			if math.Abs(sum-1) > 1e-3 {
				t.Errorf("the density of the radius of %d neurons integrates to %g", n, sum)
			}
		}
	})
}

// Neither the order of neurons nor padding nor a turned sheet changes what a
// composition costs.
func TestCompositionIsExchangeable(t *testing.T) {
	m, circuits := tinyExchangeable(t, func(c *Config) { c.Composition = true })
	shake(t, m, .3)
	rng := rand.New(rand.NewPCG(41, 42))
	for _, c := range circuits {
		ez, ev := noiseOf(m, c, rng)
		relabelled, moved, _ := inAnotherOrder(t, c, ev, rng)
		a := evaluate(t, m, c, 8, ez, ev)
		b, wide := evaluate(t, m, relabelled, 8, ez, moved), evaluate(t, m, c, 24, ez, ev)
		if a.terms[1] == 0 {
			t.Error("no composition")
		}
		alike(t, "means of z of relabelled neurons", a.mean, b.mean)
		alike(t, "bounds of relabelled neurons", a.terms, b.terms)
		alike(t, "bounds with more padding", a.terms, wide.terms)
	}
}

// The likelihood of a given code is that of edges and composition; z, with u left
// out and the wiring made independent of it, is only of use to the composition.
func TestCompositionInLikelihood(t *testing.T) {
	m, circuits := tinyExchangeable(t, func(c *Config) { c.Composition, c.WithoutU = true, true })
	shake(t, m, .3)
	ctx := context.Background()
	z := make([][]float64, len(circuits))
	for i := range z {
		z[i] = []float64{.5 * float64(i), -1, .3}
	}
	got, err := m.Likelihood(ctx, circuits, z)
	if err != nil {
		t.Fatal(err)
	}
	byHand := naiveOf(t, m)
	for i, c := range circuits {
		p, err := m.EdgeProbabilities(ctx, []*circuit.Circuit{c}, z[i:i+1], 1, 1)
		if err != nil || len(p) != 1 {
			t.Fatal(err)
		}
		r := make([]float64, len(z[i]))
		for j := range r {
			r[j] = codeSpeed*byHand.matrix("code/mean", 0, j) + math.Exp(codeSpeed*byHand.matrix("code/log_sd", 0, j))*z[i][j]
		}
		x := byHand.features(c)
		h := make([][]float64, c.Len())
		for j := range h {
			h[j] = layerNorm(byHand.apply("decoder/second", relu(byHand.apply("decoder/first", slices.Concat(x[j], r)))))
		}
		want := -byHand.composition(c, r)
		for a := range h {
			for b := a + 1; b < len(h); b++ {
				want += byHand.pair(c, h, r, a, b)
			}
		}
		if math.Abs(got[i]-want) > 1e-4*(1+math.Abs(want)) {
			t.Errorf("circuit %d: log-likelihood %g, by hand %g", i, got[i], want)
		}
	}
}

// What is drawn is what the likelihood says: number, radius, classes, known places
// and depths, within five standard errors of 2000 draws, and horizontal places lie
// evenly in the disc.
func TestCompositionFrequencies(t *testing.T) {
	m, _ := tinyExchangeable(t, func(c *Config) { c.Composition = true })
	shake(t, m, .3)
	var p composed
	err := m.eachComposed(context.Background(), [][]float64{{0, 0, 0}, {1, -1, .5}}, func(_ int, at composed) error {
		p = at // of the last
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	p.countMean, p.countSD = math.Log(6), .4 // few neurons, for speed
	const samples = 2000
	var numbers, radii, classes, known, depths, across []float64
	for k := range samples {
		c, err := p.draw(m.config, seed.Seed(3).Stream("draw", k))
		if err != nil {
			t.Fatal(err)
		}
		n, radius := float64(c.Len()), c.Origin().Radius
		numbers = append(numbers, n)
		expected := p.radiusMean + p.radiusSlope*math.Log(n/100)
		radii = append(radii, (math.Log(radius*radius/1e4/n)-expected)/p.radiusSD)
		for _, neuron := range c.Neurons() {
			classes = append(classes, float64(indicator(neuron.Class == "I")))
			if neuron.Class != "I" {
				continue
			}
			known = append(known, float64(indicator(neuron.Position.Known())))
			if at := neuron.Position; at.Known() {
				depths = append(depths, (at.Depth-600)/300)
				across = append(across, (at.X*at.X+at.Y*at.Y)/(radius*radius), 1-at.X/radius, 1+at.Y/radius)
			}
		}
	}
	var mean, sum float64
	for n := 1.; n < 200; n++ {
		weight := math.Exp(-math.Pow((math.Log(n)-math.Log(6))/.4, 2)/2) / n
		mean, sum = mean+n*weight, sum+weight
	}
	var depth float64
	for g := range mixture {
		depth += float64(p.weights[mixture+g] * p.means[mixture+g])
	}
	for _, c := range []struct {
		what   string
		values []float64
		want   float64
	}{
		{"neurons", numbers, mean / sum},
		{"radius", radii, 0},
		{"share of the second class", classes, float64(p.classes[1])},
		{"known places", known, float64(p.known[1])},
		{"depth", depths, depth},
	} {
		got, sd := stat.MeanStdDev(c.values, nil)
		if se := sd / math.Sqrt(float64(len(c.values))); !(math.Abs(got-c.want) <= 5*se) || se == 0 {
			t.Errorf("%s: mean %g, want %g (standard error %g)", c.what, got, c.want, se)
		}
	}
	if sd := stat.StdDev(radii, nil); math.Abs(sd-1) > 5/math.Sqrt(2*samples) {
		t.Errorf("radii have an sd of %g of what they should", sd)
	}
	// Squared distance over R² is uniform on [0, 1], and the middle is the origin.
	for k, want := range []float64{.5, 1, 1} {
		var values []float64
		for i := k; i < len(across); i += 3 {
			values = append(values, across[i])
		}
		got, sd := stat.MeanStdDev(values, nil)
		if !(math.Abs(got-want) <= 5*sd/math.Sqrt(float64(len(values)))) || slices.Max(values) > 2 {
			t.Errorf("places, number %d: mean %g, want %g", k, got, want)
		}
		if k == 0 && (math.Abs(sd-1/math.Sqrt(12)) > .02 || slices.Max(values) > 1+1e-9) {
			t.Errorf("squared distances have an sd of %g and a maximum of %g", sd, slices.Max(values))
		}
	}
}

// A single neuron, neurons without places and a vocabulary of one class are
// circuits like others.
func TestCompositionOfLittle(t *testing.T) {
	ctx := context.Background()
	for name, circuits := range map[string][]*circuit.Circuit{
		"one neuron":         {row(t, "E", 1, 0, 300), row(t, "E", 1, 0), row(t, "E", 1, 50, 500)},
		"unknown places":     {row(t, "E", 3, 0), row(t, "E", 5, 0)},
		"one place of three": {row(t, "E", 3, 0, 400), row(t, "E", 3, 0, 500)},
		"all in one place":   {row(t, "E", 3, 0, 400, 400, 400), row(t, "E", 2, 0, 400, 400)},
	} {
		backend, err := GoBackend()
		if err != nil {
			t.Fatal(err)
		}
		m, err := New(backend, Config{Kind: Exchangeable, Composition: true, Classes: Vocabulary(circuits), Latent: 2, NeuronLatent: 2, Hidden: 6, Rank: 2, Stages: 1}, 1)
		if err != nil {
			t.Fatal(err)
		}
		var first, last Epoch
		for e, err := range m.Train(ctx, slices.Repeat(circuits, 20), circuits, Training{Steps: 120, Batch: 2, LearningRate: .01}, 2) {
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if last = e; e.Epoch == 1 {
				first = e
			}
		}
		if !(last.Validation.Classes < first.Validation.Classes) {
			t.Errorf("%s: composition costs %g nats after training, %g before", name, last.Validation.Classes, first.Validation.Classes)
		}
		drawn, err := m.Decode(ctx, [][]float64{{0, 0}}, 40, 3)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var neurons, known float64
		for _, c := range drawn[0] {
			neurons += float64(c.Len())
			for _, n := range c.Neurons() {
				known += float64(indicator(n.Position.Known()))
			}
		}
		t.Logf("%s: %.1f neurons, %.2f of them with a place; %v", name, neurons/40, known/neurons, last.Validation)
		if name == "one neuron" && neurons/40 > 1.5 || name == "unknown places" && known/neurons > .2 || name == "all in one place" && known/neurons < .9 {
			t.Errorf("%s: %.1f neurons, %.2f of them with a place", name, neurons/40, known/neurons)
		}
	}
}

// What a model cannot do is said.
func TestCompositionFaults(t *testing.T) {
	with, circuits := tinyExchangeable(t, func(c *Config) { c.Composition = true })
	without, _ := tinyExchangeable(t, nil)
	empty, err := circuit.New(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	decode := func(ctx context.Context, m *Model, z []float64, samples int) error {
		_, err := m.Decode(ctx, [][]float64{z}, samples, 1)
		return err
	}
	_, noNeurons := with.Bound(ctx, append(circuits[:1:1], empty), 1)
	for name, c := range map[string]struct {
		err  error
		says string
	}{
		"not asked for": {decode(ctx, without, []float64{0, 0, 0}, 1), "Config.Composition"},
		"code":          {decode(ctx, with, []float64{0, 0}, 1), "code 0 has 2 dimensions, the model has 3"},
		"samples":       {decode(ctx, with, []float64{0, 0, 0}, 0), "0 samples"},
		"cancelled":     {decode(cancelled, with, []float64{0, 0, 0}, 1), "context canceled"},
		"no neurons":    {noNeurons, "circuit 1 has no neurons"},
		"slots":         {Config{Classes: with.config.Classes, Composition: true}.Validate(), `composition is set, but is of kind "exchangeable" only`},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.says) {
			t.Errorf("%s: error %v, want one with %q", name, c.err, c.says)
		}
	}
}
