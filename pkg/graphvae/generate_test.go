package graphvae

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/seed"
)

func generate(t *testing.T, m *Model, like []*circuit.Circuit, z [][]float64, samples int, s seed.Seed) [][]*circuit.Circuit {
	t.Helper()
	all, err := m.Generate(context.Background(), like, z, samples, s)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func probabilities(t *testing.T, m *Model, like []*circuit.Circuit, z [][]float64, draws int, s seed.Seed) [][]float64 {
	t.Helper()
	all, err := m.EdgeProbabilities(context.Background(), like, z, draws, s)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Generated circuits have the neurons, order and mask of those they are like,
// and edges of their own.
func TestGenerateKeepsNeurons(t *testing.T) {
	m, like := tinyExchangeable(t, nil)
	reversed := make([]int, like[5].Len())
	for i := range reversed {
		reversed[i] = len(reversed) - 1 - i
	}
	turned, err := like[5].Subcircuit(reversed)
	if err != nil {
		t.Fatal(err)
	}
	turned = turned.WithOrigin(circuit.Origin{Source: "tissue", Split: "test", Region: "r1", Radius: 40, Factors: map[string]float64{"density": 1}})
	like = append(like, turned)
	drawn := generate(t, m, like, nil, 3, 1)
	for i, some := range drawn {
		if len(some) != 3 {
			t.Fatalf("%d samples", len(some))
		}
		for _, c := range some {
			if c.Len() != like[i].Len() || c.ObservedRows() != like[i].ObservedRows() {
				t.Errorf("circuit %d: %d neurons, %d rows observed", i, c.Len(), c.ObservedRows())
			}
			for j, n := range c.Neurons() {
				was := like[i].Neuron(j)
				if n.ID != was.ID || n.Class != was.Class || n.Position.Known() != was.Position.Known() || c.Observed(j) != like[i].Observed(j) {
					t.Errorf("circuit %d, neuron %d: %+v, was %+v", i, j, n, was)
				}
			}
		}
	}
	if o := drawn[6][0].Origin(); o.Source != "graphvae" || o.Split != "test" || o.Region != "r1" || o.Radius != 40 || o.Factors != nil {
		t.Errorf("origin %+v", o)
	}
	// The order that neurons are listed in is no part of the circuit: with the
	// same codes, the same wiring.
	z := [][]float64{{.5, -1, 2}}
	a, b := generate(t, m, like[5:6], z, 1, 4)[0][0], generate(t, m, like[6:7], z, 1, 4)[0][0]
	for i := range reversed {
		for j := range reversed {
			if a.Has(reversed[i], reversed[j]) != b.Has(i, j) {
				t.Fatalf("edge %d→%d of the reversed circuit: %v", i, j, b.Has(i, j))
			}
		}
	}
	// Nor are the edges of the model circuit looked at.
	empty, err := like[5].WithEdges(nil)
	if err != nil {
		t.Fatal(err)
	}
	if c := generate(t, m, []*circuit.Circuit{empty}, z, 1, 4)[0][0]; !slices.Equal(c.EdgeList(), a.EdgeList()) {
		t.Error("the wiring depends on edges that are not to be looked at")
	}
}

// Over many samples, edges are as frequent as EdgeProbabilities says over as
// many draws, within 5 standard errors of both, though every sample has codes of
// its own; and samples of one code vary more than its mean probabilities do.
func TestGenerateFrequencies(t *testing.T) {
	m, circuits := tinyExchangeable(t, nil)
	shake(t, m, .3)
	like := circuits[3:4]
	n := like[0].Len()
	for name, z := range map[string][][]float64{"given": {{.5, -1, 1}}, "from the prior": nil} {
		const samples = 3000
		p := probabilities(t, m, like, z, samples, 2)[0]
		count := make([]float64, n*n)
		for _, c := range generate(t, m, like, z, samples, 3)[0] {
			for _, e := range c.EdgeList() {
				count[e.Pre*n+e.Post]++
			}
		}
		for at := range count {
			if at/n == at%n {
				if p[at] != 0 {
					t.Errorf("%s: an autapse has probability %g", name, p[at])
				}
				continue
			}
			if se := math.Sqrt(2 * p[at] * (1 - p[at]) / samples); !(math.Abs(count[at]/samples-p[at]) <= 5*se) {
				t.Errorf("%s: edge %d→%d in %g of %d samples, probability %g", name, at/n, at%n, count[at], samples, p[at])
			}
		}
	}
}

// The codes of neurons that generation draws are those of the learned prior:
// what the prior says changes what comes out.
func TestGenerationUsesThePriorOfU(t *testing.T) {
	m, circuits := tinyExchangeable(t, nil)
	shake(t, m, .3)
	like, z := circuits[3:4], [][]float64{{.5, -1, 1}}
	before := probabilities(t, m, like, z, 8, 2)[0]
	p, err := m.snapshot(isWeight)
	if err != nil {
		t.Fatal(err)
	}
	const path = weightScope + "prior/second/bias"
	for i := range p[path].values {
		p[path].values[i] += 2 // means by 2, sd by e
	}
	if err := m.restore(snapshot{path: p[path]}); err != nil {
		t.Fatal(err)
	}
	if after := probabilities(t, m, like, z, 8, 2)[0]; largest(t, before, after) < .01 {
		t.Error("another prior of u gives the same probabilities")
	}
	if one, two := probabilities(t, m, like, z, 1, 2)[0], probabilities(t, m, like, z, 1, 3)[0]; largest(t, one, two) < .01 {
		t.Error("two draws of u give the same probabilities")
	}
}

func TestGenerateRefuses(t *testing.T) {
	m, like := tinyExchangeable(t, nil)
	slots, _ := tinyModel(t)
	stranger := columns(t, 1)
	ctx := context.Background()
	for name, c := range map[string]struct {
		call func() error
		says []string
	}{
		"samples, codes": {func() error { _, err := m.Generate(ctx, like, [][]float64{{1, math.NaN(), 2}}, 0, 1); return err },
			[]string{"graphvae: generate", "0 samples", "1 codes for 6 circuits", "NaN in dimension 1"}},
		"dimension": {func() error { _, err := m.EdgeProbabilities(ctx, like[:1], [][]float64{{1}}, 1, 1); return err },
			[]string{"graphvae: edge probabilities", "code 0 has 1 dimensions"}},
		"class":       {func() error { _, err := m.Generate(ctx, stranger, nil, 1, 1); return err }, []string{"circuit 0, neuron 0", `class "0"`}},
		"kind":        {func() error { _, err := slots.Generate(ctx, like, nil, 1, 1); return err }, []string{`kind "slots"`, `"exchangeable"`}},
		"kind, on":    {func() error { _, err := slots.On(like[0]).Decode(ctx, nil, 1, 1); return err }, []string{`kind "slots"`}},
		"neurons":     {func() error { _, err := slots.EncodeNeurons(ctx, like); return err }, []string{`kind "slots"`, `"exchangeable"`}},
		"no neurons":  {func() error { _, err := m.Decode(ctx, [][]float64{{1, 2, 3}}, 1, 1); return err }, []string{"Generate", "On(circuit)"}},
		"too large":   {func() error { _, err := m.Encode(ctx, []*circuit.Circuit{crowd(t, maxNeurons+1)}); return err }, []string{"4097 neurons", "4096"}},
		"slots of u":  {func() error { return Config{Kind: Exchangeable, Classes: m.config.Classes, Slots: 5}.Validate() }, []string{"slots is set", `"slots" only`}},
		"all at once": {func() error { return Config{Kind: Exchangeable, NeuronLatent: 300, DepthSD: -1, Latent: -2}.Validate() }, []string{"classes are empty", "neuron latent is 300", "sd -1 µm", "latent is -2"}},
		"not of slots": {func() error {
			return Config{NeuronLatent: 3, WithoutZ: true, WithoutU: true, WithoutBilinear: true, WithoutDistance: true, Uncentred: true, DepthMean: 1, DepthSD: 1}.Validate()
		},
			[]string{"neuron latent is set", "without z", "without u", "without bilinear", "without distance", "uncentred", "depth mean", "depth sd", "classes are empty"}},
		"training": {func() error { return Training{UStart: .9, UWeight: -1, FreeBits: math.Inf(1)}.Validate() }, []string{"u starts at 0.9", "weight of u is -1", "free bits is +Inf"}},
		"training of slots": {func() error {
			for _, err := range slots.Train(ctx, like, like, Training{FreeBits: 1}, 1) {
				return err
			}
			return nil
		}, []string{"free bits", `"exchangeable"`}},
	} {
		err := c.call()
		for _, word := range c.says {
			if err == nil || !strings.Contains(err.Error(), word) {
				t.Errorf("%s: error %v does not say %s", name, err, word)
			}
		}
	}
}

// crowd is a circuit of n neurons of class E without edges.
func crowd(t *testing.T, n int) *circuit.Circuit {
	t.Helper()
	neurons := make([]circuit.Neuron, n)
	for i := range neurons {
		neurons[i] = circuit.Neuron{ID: slotID(i), Class: "E", Position: circuit.NoPosition()}
	}
	c, err := circuit.New(neurons, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A model on the neurons of one circuit turns codes into wirings of these.
func TestOn(t *testing.T) {
	m, circuits := tinyExchangeable(t, nil)
	on := m.On(circuits[2])
	z := [][]float64{{1, 0, 0}, {0, 2, 0}}
	drawn, err := on.Decode(context.Background(), z, 2, 9)
	if err != nil {
		t.Fatal(err)
	}
	if on.Dim() != 3 || len(drawn) != 2 || len(drawn[1]) != 2 || drawn[1][1].Len() != circuits[2].Len() {
		t.Fatalf("%d dimensions, %d codes", on.Dim(), len(drawn))
	}
	want := generate(t, m, []*circuit.Circuit{circuits[2], circuits[2]}, z, 2, 9)
	if !slices.Equal(drawn[1][1].EdgeList(), want[1][1].EdgeList()) {
		t.Error("another wiring than Generate's")
	}
}
