package graphvae

import (
	"context"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/seed"
)

// tinyExchangeable is an Exchangeable model and circuits of 3 to 8 neurons, some
// rows of which are not observed and some places not known. Every other names a
// radius.
func tinyExchangeable(tb testing.TB, change func(*Config)) (*Model, []*circuit.Circuit) {
	tb.Helper()
	backend, err := GoBackend()
	if err != nil {
		tb.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(21, 22))
	circuits := make([]*circuit.Circuit, 6)
	for k := range circuits {
		n := 3 + k
		neurons, observed := make([]circuit.Neuron, n), make([]bool, n)
		var edges []circuit.Edge
		for i := range neurons {
			place := circuit.Position{X: 200 * rng.Float64(), Y: 200 * rng.Float64(), Depth: 1000 * rng.Float64()}
			if (i+k)%4 == 0 {
				place = circuit.NoPosition()
			}
			neurons[i] = circuit.Neuron{ID: strconv.Itoa(i), Class: []circuit.Class{"E", "I"}[i%2], Position: place}
			observed[i] = (i+k)%3 > 0
			for j := range n {
				if i != j && rng.Float64() < .4 {
					edges = append(edges, circuit.Edge{Pre: i, Post: j})
				}
			}
		}
		c, err := circuit.New(neurons, edges)
		if err == nil {
			c, err = c.WithObserved(observed)
		}
		if err != nil {
			tb.Fatal(err)
		}
		if k%2 == 0 {
			c = c.WithOrigin(circuit.Origin{Radius: 80 + 10*float64(k)})
		}
		circuits[k] = c.Canonical()
	}
	config := Config{Kind: Exchangeable, Classes: Vocabulary(circuits), Latent: 3, NeuronLatent: 2, Hidden: 8, Rank: 3, Stages: 2}
	if change != nil {
		change(&config)
	}
	m, err := New(backend, config, seed.Seed(7))
	if err != nil {
		tb.Fatal(err)
	}
	return m, circuits
}

// evaluated is all that the graphs of a model say of a batch: z, offsets of
// neurons and terms of the bound.
type evaluated struct {
	mean, logVar     []float64
	offset, logScale [][]float64 // by neuron
	terms            []float64
}

// evaluate runs the programs on one circuit as it stands, neurons in the given
// order and padded to the given width, with noise by neuron.
func evaluate(t *testing.T, m *Model, c *circuit.Circuit, width int, ez []float64, ev [][]float64) (e evaluated) {
	t.Helper()
	b := packBatch([]*circuit.Circuit{c}, 1, width, m.config)
	noise := m.config.newNoise(1, width)
	setRow(noise.z, ez, 0)
	for i, row := range ev {
		setRow(noise.v, row, i)
	}
	encoded, err := run(m.encode, "encode", b.tensors()...)
	if err != nil {
		t.Fatal(err)
	}
	neurons, err := run(m.neurons, "neurons", b.tensors()...)
	if err != nil {
		t.Fatal(err)
	}
	terms, err := run(m.terms, "terms", append(b.tensors(), noise.tensors()...)...)
	if err != nil {
		t.Fatal(err)
	}
	e.mean, e.logVar = rows(encoded[0], 1, m.config.Latent)[0], rows(encoded[1], 1, m.config.Latent)[0]
	e.offset, e.logScale = rows(neurons[1], c.Len(), m.config.NeuronLatent), rows(neurons[2], c.Len(), m.config.NeuronLatent)
	for _, term := range terms {
		for _, x := range term {
			e.terms = append(e.terms, float64(x))
		}
	}
	return e
}

// alike compares two lists but for float32's rounding of sums of tens of terms.
func alike(t *testing.T, what string, a, b []float64) {
	t.Helper()
	if d := largest(t, a, b); !(d <= 1e-5) {
		t.Errorf("%s differ by %g: %v and %v", what, d, a, b)
	}
}

// inAnotherOrder relabels a circuit's neurons at random, and what is given of each
// with them: place i has what was at order[i].
func inAnotherOrder(t *testing.T, c *circuit.Circuit, of [][]float64, rng *rand.Rand) (relabelled *circuit.Circuit, moved [][]float64, order []int) {
	t.Helper()
	order = rng.Perm(c.Len())
	relabelled, err := c.Subcircuit(order)
	if err != nil {
		t.Fatal(err)
	}
	for _, from := range order {
		moved = append(moved, of[from])
	}
	return relabelled, moved, order
}

// The networks themselves know no order of neurons: relabelled ones, which the
// public methods would sort, give the same z and bound, and the codes of neurons
// go with them.
func TestExchangeable(t *testing.T) {
	m, circuits := tinyExchangeable(t, nil)
	shake(t, m, .3)
	rng := rand.New(rand.NewPCG(23, 24))
	for _, c := range circuits {
		ez, ev := noiseOf(m, c, rng)
		relabelled, moved, order := inAnotherOrder(t, c, ev, rng)
		a, b := evaluate(t, m, c, 8, ez, ev), evaluate(t, m, relabelled, 8, ez, moved)
		alike(t, "means of z", a.mean, b.mean)
		alike(t, "log-variances of z", a.logVar, b.logVar)
		alike(t, "bounds", a.terms, b.terms)
		for i, from := range order {
			alike(t, "codes of neurons", a.offset[from], b.offset[i])
			alike(t, "log-variances of neurons", a.logScale[from], b.logScale[i])
		}
	}
}

// Nothing depends on how much padding stands behind a circuit.
func TestPaddingDoesNotCount(t *testing.T) {
	m, circuits := tinyExchangeable(t, nil)
	shake(t, m, .3)
	rng := rand.New(rand.NewPCG(25, 26))
	for _, c := range circuits {
		ez, ev := noiseOf(m, c, rng)
		a, b := evaluate(t, m, c, c.Len(), ez, ev), evaluate(t, m, c, 24, ez, ev)
		alike(t, "means of z", a.mean, b.mean)
		alike(t, "bounds", a.terms, b.terms)
		for i := range a.offset {
			alike(t, "codes of neurons", a.offset[i], b.offset[i])
		}
	}
	// And so a circuit's bound does not depend on the company of a larger one.
	small, large := circuits[0], columns(t, 1)[0]
	vocabulary := Vocabulary([]*circuit.Circuit{small, large})
	m, err := New(m.backend, Config{Kind: Exchangeable, Classes: vocabulary, Latent: 3, NeuronLatent: 2, Hidden: 8, Rank: 3, Stages: 1}, 7)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	alone, err := m.Bound(ctx, []*circuit.Circuit{small}, 9)
	if err != nil {
		t.Fatal(err)
	}
	together, err := m.Bound(ctx, []*circuit.Circuit{small, large}, 9)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := together[0].Total(), alone[0].Total(); math.Abs(got-want) > 1e-5*want {
		t.Errorf("beside a circuit of 100 neurons the bound is %g, alone %g", got, want)
	}
}

// At most eight widths to a doubling, and little padding.
func TestWidths(t *testing.T) {
	widths := map[int]bool{}
	for n := 1; n <= maxNeurons; n++ {
		w := widthOf(n)
		if w < n || w-n >= 8 && 8*(w-n) > n {
			t.Errorf("%d neurons are padded to %d", n, w)
		}
		widths[w] = true
		if most(w)*w*w > 1<<23 && most(w) > 1 {
			t.Errorf("%d circuits of width %d at once", most(w), w)
		}
	}
	if len(widths) > 16+8*5 {
		t.Errorf("%d widths up to %d neurons", len(widths), maxNeurons)
	}
}

// A circuit that is turned and pushed across the sheet is the same circuit.
func TestRotationDoesNotCount(t *testing.T) {
	m, circuits := tinyExchangeable(t, nil)
	shake(t, m, .3)
	for _, c := range circuits {
		sin, cos := math.Sincos(1.2)
		var neurons []circuit.Neuron
		for _, n := range c.Neurons() {
			if p := n.Position; p.Known() {
				n.Position = circuit.Position{X: cos*p.X - sin*p.Y + 5000, Y: sin*p.X + cos*p.Y - 300, Depth: p.Depth}
			}
			neurons = append(neurons, n)
		}
		turned, err := c.WithNeurons(neurons)
		if err != nil {
			t.Fatal(err)
		}
		ez, ev := noiseOf(m, c, rand.New(rand.NewPCG(27, 28)))
		alike(t, "bounds", evaluate(t, m, c, 8, ez, ev).terms, evaluate(t, m, turned, 8, ez, ev).terms)
	}
}
