package graphvae

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// Every ablation leaves out what it names and nothing else: the terms of the
// bound, the weights, and what codes and places can change.
func TestAblations(t *testing.T) {
	for name, c := range map[string]struct {
		change                                                 func(*Config)
		kl, neuronKL, byZ, byU, byDistance, mutual, reciprocal bool
		gone                                                   []string // parts of names of weights
	}{
		"whole":             {func(*Config) {}, true, true, true, true, true, true, true, nil},
		"without z":         {func(c *Config) { c.WithoutZ = true }, false, true, false, true, true, true, true, []string{"posterior/", "encoder/pool", "code/", "modulation", "shared"}},
		"without u":         {func(c *Config) { c.WithoutU = true }, true, false, true, false, true, true, true, []string{"prior/", "neuron/"}},
		"without z and u":   {func(c *Config) { c.WithoutZ, c.WithoutU = true, true }, false, false, false, false, true, true, true, []string{"encoder/", "posterior/", "prior/", "neuron/"}},
		"without bilinear":  {func(c *Config) { c.WithoutBilinear = true }, true, true, true, true, true, false, true, []string{"source", "target", "mutual"}},
		"without distance":  {func(c *Config) { c.WithoutDistance = true }, true, true, true, true, false, true, true, nil},
		"independent pairs": {func(c *Config) { c.IndependentPairs = true }, true, true, true, true, true, false, false, []string{"mutual", "reciprocity"}},
	} {
		t.Run(name, func(t *testing.T) {
			m, circuits := tinyExchangeable(t, c.change)
			shake(t, m, .3)
			for v := range m.store.IterVariables() {
				for _, part := range c.gone {
					if strings.Contains(v.Path(), part) {
						t.Errorf("there is a weight %s", v.Path())
					}
				}
			}
			bounds, err := m.Bound(context.Background(), circuits, 1)
			if err != nil {
				t.Fatal(err)
			}
			for i, b := range bounds {
				if (b.KL > 0) != c.kl || (b.NeuronKL > 0) != c.neuronKL || !(b.Edges > 0) {
					t.Errorf("circuit %d: %v", i, b)
				}
			}
			if w := importance(t, m, circuits, 2, 1); !finite(w[5].LogLikelihood) {
				t.Errorf("importance bound %+v", w[5])
			}
			if n, err := m.EncodeNeurons(context.Background(), circuits); err != nil || len(n[5].Mean) != 8 || (len(n[5].Mean[0]) == 2) != c.neuronKL {
				t.Errorf("codes of neurons: %v, %v", n[5], err)
			}
			square, swapped := squares(t, m)
			theta := func(of *circuit.Circuit, z, v float32) []float64 { theta, _ := logits(t, m, of, z, v); return theta }
			base := theta(square, 0, 0)
			moves := func(what string, other []float64, want bool) {
				t.Helper()
				if moved := largest(t, base, other) > 1e-5; moved != want {
					t.Errorf("%s changes θ: %v, want %v", what, moved, want)
				}
			}
			moves("z", theta(square, 1, 0), c.byZ)
			moves("u", theta(square, 0, 1), c.byU)
			moves("distance", theta(swapped, 0, 0), c.byDistance)
			_, rho := logits(t, m, square, 0, 0)
			if nonzero := slices.ContainsFunc(rho, func(x float64) bool { return x != 0 }); nonzero != c.reciprocal {
				t.Errorf("ρ = %v", rho)
			}
			_, other := logits(t, m, square, 0, 1)
			if moved := largest(t, rho, other) > 1e-5; moved != (c.mutual && c.byU) {
				t.Errorf("u changes ρ: %v", moved)
			}
			// And it trains: every weight is reached.
			for _, err := range m.Train(context.Background(), circuits, circuits, Training{Steps: 2}, 1) {
				if err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// squares are four neurons of one class at the corners of a square at one
// depth, and the same with two neighbours swapped: every neuron is as deep and
// as far from the centre as before, but the distances of pairs are not.
func squares(t *testing.T, m *Model) (square, swapped *circuit.Circuit) {
	t.Helper()
	at := func(order ...int) *circuit.Circuit {
		var neurons []circuit.Neuron
		for i, k := range order {
			sin, cos := math.Sincos(float64(k) * math.Pi / 2)
			neurons = append(neurons, circuit.Neuron{ID: strconv.Itoa(i), Class: m.config.Classes[0].Class, Position: circuit.Position{X: 80 * cos, Y: 80 * sin, Depth: 500}})
		}
		c, err := circuit.New(neurons, nil)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	return at(0, 1, 2, 3), at(1, 0, 2, 3)
}

// logits are θ and ρ off the diagonal of a circuit of four at a code whose first
// entry is z, where the code of the first neuron's first entry is v.
func logits(t *testing.T, m *Model, c *circuit.Circuit, z, v float32) (theta, rho []float64) {
	t.Helper()
	const width = 8
	b, e := packBatch([]*circuit.Circuit{c}, 1, width, m.config), m.config.newNoise(1, width)
	e.z[0], e.v[0] = z, v
	out, err := run(m.decode, "decode", append(b.tensors(), e.tensors()...)...)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		for j := range 4 {
			if i != j {
				theta, rho = append(theta, float64(out[0][i*width+j])), append(rho, float64(out[1][i*width+j]))
			}
		}
	}
	return theta, rho
}

// Centred, a shift of all neurons' codes together says nothing; uncentred, it
// does.
func TestCentredCodes(t *testing.T) {
	for _, uncentred := range []bool{false, true} {
		m, _ := tinyExchangeable(t, func(c *Config) { c.Uncentred = uncentred })
		shake(t, m, .3)
		square, _ := squares(t, m)
		b := packBatch([]*circuit.Circuit{square}, 1, 8, m.config)
		at := func(shift float32) []float64 {
			e := m.config.newNoise(1, 8)
			for i := range 4 {
				e.v[i*2] = shift + float32(i)/3
			}
			out, err := run(m.decode, "decode", append(b.tensors(), e.tensors()...)...)
			if err != nil {
				t.Fatal(err)
			}
			return rows(out[0], 1, 4)[0]
		}
		if moved := largest(t, at(0), at(1.5)) > 1e-4; moved != uncentred {
			t.Errorf("uncentred %v, but a common shift of u changes θ: %v", uncentred, moved)
		}
	}
}
