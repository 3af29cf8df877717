package fidelity_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/fidelity"
	"github.com/cortigen/cortigen/pkg/internal/outside"
	"github.com/cortigen/cortigen/pkg/seed"
	"github.com/cortigen/cortigen/pkg/structure"
)

// unfinished is a random graph of known density and reciprocity of which some
// axons were cut short: of a hidden row, each edge is seen with probability seen.
func unfinished(t *testing.T, rng *rand.Rand, n int, density, hidden, seen float64) (got *connectome.Connectome, truth *circuit.Circuit) {
	t.Helper()
	d := connectome.Data{Name: "unfinished"}
	var whole []circuit.Edge
	for i := range n {
		d.Neurons = append(d.Neurons, circuit.Neuron{ID: fmt.Sprint(i), Position: circuit.NoPosition()})
		d.Observed = append(d.Observed, rng.Float64() >= hidden)
	}
	for i := range n {
		for j := range i {
			// A pair has none, one or both directions; both more often than by chance.
			u := rng.Float64()
			both, one := density*.3, density*.7
			switch {
			case u < both:
				whole = append(whole, circuit.Edge{Pre: i, Post: j}, circuit.Edge{Pre: j, Post: i})
			case u < both+one:
				whole = append(whole, circuit.Edge{Pre: i, Post: j})
			case u < both+2*one:
				whole = append(whole, circuit.Edge{Pre: j, Post: i})
			}
		}
	}
	for _, e := range whole {
		if d.Observed[e.Pre] || rng.Float64() < seen {
			d.Edges = append(d.Edges, e)
		}
	}
	got, err := connectome.New(d)
	if err != nil {
		t.Fatal(err)
	}
	truth, err = circuit.New(d.Neurons, whole)
	if err != nil {
		t.Fatal(err)
	}
	return got, truth
}

// Over many graphs of which half of the axons were cut to a fifth, the masked
// measures are right on average and the naive ones far too low. By hand: of the
// edges, .5 + .5·.2 = .6 are seen; of the mutual pairs, .25 + .5·.2 + .25·.04 = .36
// in both directions. So naive density is .6 of the truth, and naive reciprocity
// .36/.6 = .6 of it.
func TestMaskedMeasuresAreUnbiased(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const graphs = 100
	var off [2][3][]float64 // by measure and way: over the truth
	for range graphs {
		got, truth := unfinished(t, rng, 150, .08, .5, .2)
		c, err := fidelity.MeasureCompleteness(t.Context(), got, 2, seed.Seed(1))
		if err != nil {
			t.Fatal(err)
		}
		for k, want := range []float64{structure.Density(truth), structure.Reciprocity(truth)} {
			m := c.Measures[k]
			for w, v := range []float64{m.Naive.Value, m.Masked.Value, m.ProofreadOnly.Value} {
				off[k][w] = append(off[k][w], v/want)
			}
		}
	}
	for k, measure := range []string{"density", "reciprocity"} {
		for w, want := range []float64{.6, 1, 1} {
			sum, squares := 0., 0.
			for _, v := range off[k][w] {
				sum, squares = sum+v, squares+v*v
			}
			mean := sum / graphs
			// Four standard errors of the mean.
			tolerance := 4 * math.Sqrt((squares/graphs-mean*mean)/graphs)
			if math.Abs(mean-want) > tolerance || tolerance > .05 {
				t.Errorf("%s, way %d: %.3f of the truth on average, want %.3f ± %.3f", measure, w, mean, want, tolerance)
			}
		}
	}
}

// The masked values are those of package structure; intervals hold the value
// and, as they should about 19 times of 20, the truth.
func TestCompletenessIsThatOfStructure(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	holds := 0
	const graphs = 30
	for range graphs {
		got, truth := unfinished(t, rng, 120, .1, .4, .1)
		c, err := fidelity.MeasureCompleteness(t.Context(), got, 200, seed.Seed(1))
		if err != nil {
			t.Fatal(err)
		}
		all := got.Where(func(int) bool { return true })
		whole, err := got.Circuit(all)
		if err != nil {
			t.Fatal(err)
		}
		naive, err := whole.WithObserved(nil)
		if err != nil {
			t.Fatal(err)
		}
		some, err := got.Circuit(got.ObservedRows())
		if err != nil {
			t.Fatal(err)
		}
		for k, of := range []func(*circuit.Circuit) float64{structure.Density, structure.Reciprocity} {
			m := c.Measures[k]
			for w, pair := range [][2]float64{{m.Naive.Value, of(naive)}, {m.Masked.Value, of(whole)}, {m.ProofreadOnly.Value, of(some)}} {
				if math.Abs(pair[0]-pair[1]) > 1e-12 {
					t.Errorf("%s, way %d: %v, package structure says %v", m.Measure, w, pair[0], pair[1])
				}
			}
			if !(m.Masked.Lo <= m.Masked.Value && m.Masked.Value <= m.Masked.Hi) {
				t.Errorf("the interval is %v", m.Masked)
			}
		}
		if m := c.Measures[0].Masked; m.Lo <= structure.Density(truth) && structure.Density(truth) <= m.Hi {
			holds++
		}
	}
	if holds < 25 { // of 30 at .95, fewer than 25 happen once in 500 times
		t.Errorf("intervals of density hold the truth %d times of %d", holds, graphs)
	}
}

func TestCompletenessIsCancelled(t *testing.T) {
	got, _ := unfinished(t, rand.New(rand.NewPCG(5, 6)), 20, .2, .5, .5)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := fidelity.MeasureCompleteness(ctx, got, 10, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want the context's", err)
	}
}

// MICrONS v117, from the pack: counts by hand in Python (see
// connectome.TestPublishedMinnie).
func TestPublishedCompleteness(t *testing.T) {
	c, err := connectome.Open(t.Context(), outside.Pack(t, "microns-minnie65-v117"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := fidelity.MeasureCompleteness(t.Context(), c, 400, 1)
	if err != nil {
		t.Fatal(err)
	}
	for k, want := range [][3]float64{{8068. / (595 * 594), 6714. / (249 * 594), 2424. / (249 * 248)}, {902. / 8068, 840. / 2424, 840. / 2424}} {
		m := got.Measures[k]
		t.Logf("%s: naive %v, masked %v, proofread only %v", m.Measure, m.Naive, m.Masked, m.ProofreadOnly)
		for w, v := range []float64{m.Naive.Value, m.Masked.Value, m.ProofreadOnly.Value} {
			if math.Abs(v-want[w]) > 1e-12 {
				t.Errorf("%s, way %d: %v, want %v", m.Measure, w, v, want[w])
			}
		}
		if m.Naive.Hi >= m.Masked.Lo {
			t.Errorf("%s: naive %v and masked %v are not apart", m.Measure, m.Naive, m.Masked)
		}
	}
}
