package graphvae

import (
	"context"
	"math"
	"slices"
	"strconv"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/seed"
)

func TestDrawPair(t *testing.T) {
	ln3 := math.Log(3)
	for _, c := range []struct {
		forth, back, rho, u float64
		wantForth, wantBack bool
	}{
		// Four equal outcomes.
		{u: 0},
		{u: .249},
		{u: .251, wantForth: true},
		{u: .499, wantForth: true},
		{u: .501, wantBack: true},
		{u: .749, wantBack: true},
		{u: .751, wantForth: true, wantBack: true},
		{u: 1 - 1e-16, wantForth: true, wantBack: true},
		// Weights 1, 3, 1, 3 of eight.
		{forth: ln3, u: .124},
		{forth: ln3, u: .126, wantForth: true},
		{forth: ln3, u: .499, wantForth: true},
		{forth: ln3, u: .501, wantBack: true},
		{forth: ln3, u: .626, wantForth: true, wantBack: true},
		// Weights 1, 1, 1, 3 of six.
		{rho: ln3, u: .49, wantBack: true},
		{rho: ln3, u: .51, wantForth: true, wantBack: true},
		// Certain, though the weights overflow.
		{forth: 1000, u: 1e-9, wantForth: true, wantBack: false},
		{forth: 1000, back: 1000, u: .5, wantForth: true, wantBack: true},
		{forth: 1000, back: 1000, rho: -3000, u: .49, wantForth: true},
		{forth: 1000, back: 1000, rho: -3000, u: .51, wantBack: true},
		{forth: -1000, back: -1000, u: 1 - 1e-16},
	} {
		forth, back := drawPair(c.forth, c.back, c.rho, c.u)
		if forth != c.wantForth || back != c.wantBack {
			t.Errorf("drawPair(%g, %g, %g, %g) = %v, %v", c.forth, c.back, c.rho, c.u, forth, back)
		}
	}
}

func TestDrawClass(t *testing.T) {
	p := []float32{.25, 0, .5, .25}
	for u, want := range map[float64]int{0: 0, .2499: 0, .25: 2, .7499: 2, .75: 3, 1 - 1e-16: 3} {
		if got := drawClass(p, u); got != want {
			t.Errorf("drawClass at %g = %d, want %d", u, got, want)
		}
	}
	// Rounding may leave the sum a little short of one.
	if got := drawClass([]float32{.5, .4999}, .99999); got != 1 {
		t.Errorf("beyond the sum: class %d", got)
	}
}

// Over many samples, classes, edges and mutual pairs of each slot are as
// frequent as the decoder says, within 5 standard errors: of 130 numbers, one
// in 10⁴ such runs would show a larger deviation by chance, and the seed is
// fixed.
func TestDecodeFrequencies(t *testing.T) {
	m, _ := tinyModel(t)
	z := [][]float64{{.5, -1, 2}}
	const samples = 4000
	drawn, err := m.Decode(context.Background(), z, samples, seed.Seed(12))
	if err != nil {
		t.Fatal(err)
	}
	n, kinds := m.config.Slots, len(m.config.Classes)+1
	classes := make([]float64, n*kinds)
	present, edges, mutual := make([]float64, n*n), make([]float64, n*n), make([]float64, n*n)
	index := classIndex(m.config.Classes)
	for _, c := range drawn[0] {
		slots := make([]int, c.Len())
		absent := make([]bool, n)
		for s := range absent {
			absent[s] = true
		}
		for i, neuron := range c.Neurons() {
			if slots[i], err = strconv.Atoi(neuron.ID); err != nil {
				t.Fatal(err)
			}
			classes[slots[i]*kinds+index[neuron.Class]]++
			absent[slots[i]] = false
		}
		for s := range absent {
			if absent[s] {
				classes[s*kinds+kinds-1]++
			}
		}
		for i, si := range slots {
			for j, sj := range slots {
				if i == j {
					continue
				}
				at := si*n + sj
				present[at]++
				if c.Has(i, j) {
					edges[at]++
				}
				if c.Has(i, j) && c.Has(j, i) {
					mutual[at]++
				}
			}
		}
	}
	agree := func(what string, i, j int, count, of, p float64) {
		t.Helper()
		if se := math.Sqrt(p * (1 - p) / of); !(math.Abs(count/of-p) <= 5*se) {
			t.Errorf("%s of slots %d, %d: %g of %g, probability %g", what, i, j, count, of, p)
		}
	}
	err = m.decodeCodes(context.Background(), z, func(_ int, d decoded) error {
		for s := range n {
			for k := range kinds {
				agree("class", s, k, classes[s*kinds+k], samples, float64(d.classes[s*kinds+k]))
			}
			for r := range n {
				if s == r {
					continue
				}
				at := s*n + r
				agree("edge", s, r, edges[at], present[at], float64(d.marginal[at]))
				p := logProbabilities(float64(d.theta[at]), float64(d.theta[r*n+s]), float64(d.rho[at]))
				agree("mutual pair", s, r, mutual[at], present[at], math.Exp(p[1][1]))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Without ρ, the two directions of a pair are independent.
func TestIndependentPairs(t *testing.T) {
	backend, err := GoBackend()
	if err != nil {
		t.Fatal(err)
	}
	config := Config{Classes: []ClassInfo{{Class: "E"}}, Slots: 5, Latent: 2, Hidden: 6, Rank: 3, Stages: 1}
	with, err := New(backend, config, 1)
	if err != nil {
		t.Fatal(err)
	}
	config.IndependentPairs = true
	without, err := New(backend, config, 1)
	if err != nil {
		t.Fatal(err)
	}
	if with.Weights() <= without.Weights() {
		t.Errorf("%d weights with ρ, %d without", with.Weights(), without.Weights())
	}
	for _, m := range []*Model{with, without} {
		err = m.decodeCodes(context.Background(), [][]float64{{1, -1}}, func(_ int, d decoded) error {
			if any := slices.ContainsFunc(d.rho, func(x float32) bool { return x != 0 }); any == m.config.IndependentPairs {
				t.Errorf("independent pairs %v, but ρ = %v", m.config.IndependentPairs, d.rho)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// A decoded circuit that is encoded again keeps the order of its slots, also
// beyond the tenth.
func TestSlotIDsKeepOrder(t *testing.T) {
	var neurons []circuit.Neuron
	for slot := range 2048 {
		neurons = append(neurons, circuit.Neuron{ID: slotID(slot), Class: "E", Position: circuit.NoPosition()})
	}
	c, err := circuit.New(neurons, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, neuron := range c.Canonical().Neurons() {
		if neuron.ID != slotID(i) {
			t.Fatalf("neuron %s at place %d", neuron.ID, i)
		}
	}
}
