package graphvae_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/graphvae"
	"github.com/cortigen/cortigen/pkg/seed"
)

func decode(t *testing.T, m *graphvae.Model, z [][]float64, samples int, s seed.Seed) [][]*circuit.Circuit {
	t.Helper()
	all, err := m.Decode(context.Background(), z, samples, s)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func sameCircuit(t *testing.T, a, b *circuit.Circuit) bool {
	t.Helper()
	x, err := a.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	y, err := b.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	return string(x) == string(y)
}

// A sample is named by seed, code and number: neither more codes nor more
// samples change those that were there.
func TestDecodeRepeats(t *testing.T) {
	m := toyModel(t, toyCircuits(t, 3, 1))
	z := make3(40) // more than a batch
	for i := range z {
		z[i][0] = float64(i) / 10
	}
	all := decode(t, m, z, 3, 5)
	fewer := decode(t, m, z[:2], 2, 5)
	other := decode(t, m, z[:2], 2, 6)
	differ := 0
	for i := range fewer {
		for k := range fewer[i] {
			if !sameCircuit(t, all[i][k], fewer[i][k]) {
				t.Errorf("code %d, sample %d: another circuit", i, k)
			}
			if !sameCircuit(t, all[i][k], other[i][k]) {
				differ++
			}
		}
	}
	if differ == 0 {
		t.Error("another seed gives the same circuits")
	}
	if sameCircuit(t, all[0][0], all[0][1]) || sameCircuit(t, all[39][0], all[38][0]) {
		t.Error("two samples, or two codes, are drawn alike")
	}
	if len(all) != 40 || len(all[0]) != 3 {
		t.Errorf("%d × %d circuits, want 40 × 3", len(all), len(all[0]))
	}
}

// Decoded neurons carry their class's layer and sign, and can be encoded again.
func TestDecodedCircuits(t *testing.T) {
	m := toyModel(t, toyCircuits(t, 3, 1))
	drawn := decode(t, m, make3(1), 20, 5)[0]
	for _, c := range drawn {
		if c.Origin().Source != "graphvae" {
			t.Errorf("origin %+v", c.Origin())
		}
		for i, n := range c.Neurons() {
			want := circuit.Excitatory
			if n.Class == "I" {
				want = circuit.Inhibitory
			}
			if n.Sign != want || n.Layer != "L4" || n.Position.Known() {
				t.Errorf("neuron %d is %+v", i, n)
			}
		}
	}
	encode(t, m, drawn...)
}

func TestDecodeRefuses(t *testing.T) {
	m := toyModel(t, toyCircuits(t, 3, 1))
	for name, c := range map[string]struct {
		z       [][]float64
		samples int
		says    []string
	}{
		"dimension":  {[][]float64{{1, 2, 3}, {1, 2}}, 1, []string{"code 1", "2 dimensions", "has 3"}},
		"undefined":  {[][]float64{{1, math.NaN(), 3}}, 1, []string{"code 0", "NaN", "dimension 1"}},
		"infinite":   {[][]float64{{1, 2, math.Inf(-1)}}, 1, []string{"code 0", "-Inf", "dimension 2"}},
		"no samples": {make3(1), 0, []string{"0 samples", "1 or more"}},
	} {
		_, err := m.Decode(context.Background(), c.z, c.samples, 1)
		for _, word := range append(c.says, "graphvae: decode") {
			if err == nil || !strings.Contains(err.Error(), word) {
				t.Errorf("%s: error %v does not say %s", name, err, word)
			}
		}
	}
}

// expire is a context that ends when it is asked for the n-th time.
type expire struct {
	context.Context
	n int
}

func (e *expire) Err() error {
	if e.n--; e.n < 0 {
		return context.DeadlineExceeded
	}
	return nil
}

func TestDecodeEndsBetweenSamples(t *testing.T) {
	m := toyModel(t, toyCircuits(t, 3, 1))
	_, err := m.Decode(&expire{context.Background(), 50}, make3(1), 1_000_000, 1)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
}

// A reconstruction is in the order of the circuit that was asked about, and is
// the same picture whatever that order.
func TestReconstructKeepsOrder(t *testing.T) { forKinds(t, reconstructKeepsOrder) }

func reconstructKeepsOrder(t *testing.T, kind graphvae.Kind) {
	circuits := toyCircuits(t, 4, 1)
	m := toyModelOf(t, circuits, kind)
	var reversed []*circuit.Circuit
	for _, c := range circuits {
		order := identity(c.Len())
		for i := range order {
			order[i] = c.Len() - 1 - i
		}
		r, err := c.Subcircuit(order)
		if err != nil {
			t.Fatal(err)
		}
		reversed = append(reversed, r)
	}
	forth, back := reconstruct(t, m, circuits), reconstruct(t, m, reversed)
	for k, c := range circuits {
		n := c.Len()
		a, b := forth[k], back[k]
		if len(a.Edges) != n*n || kind == graphvae.Slots && len(a.Classes) != n || a.Padding < 0 || a.Padding > 12-n || a.Padding != b.Padding {
			t.Fatalf("circuit %d of %d neurons: %d edges, %d classes, padding %d and %d", k, n, len(a.Edges), len(a.Classes), a.Padding, b.Padding)
		}
		varied := false
		for i := range n {
			if kind == graphvae.Exchangeable {
				if a.Classes != nil || a.Padding != 0 {
					t.Errorf("circuit %d: classes %v, padding %d of a model that is given its neurons", k, a.Classes, a.Padding)
				}
			} else if a.Classes[i] != b.Classes[n-1-i] || a.Classes[i] < 0 || a.Classes[i] > 2 {
				t.Errorf("circuit %d, neuron %d: class %d, reversed %d", k, i, a.Classes[i], b.Classes[n-1-i])
			}
			for j := range n {
				p, q := a.Edges[i*n+j], b.Edges[(n-1-i)*n+n-1-j]
				if p != q || !(p >= 0 && p <= 1) || i == j && p != 0 || i != j && p == 0 {
					t.Errorf("circuit %d, %d→%d: probability %g, reversed %g", k, i, j, p, q)
				}
				varied = varied || i != j && p != a.Edges[1]
			}
		}
		if !varied {
			t.Errorf("circuit %d: all edges are equally probable", k)
		}
	}
}

func reconstruct(t *testing.T, m *graphvae.Model, circuits []*circuit.Circuit) []graphvae.Reconstruction {
	t.Helper()
	var all []graphvae.Reconstruction
	err := m.Reconstruct(context.Background(), circuits, func(i int, r graphvae.Reconstruction) error {
		if i != len(all) {
			t.Errorf("reconstruction %d came at place %d", i, len(all))
		}
		all = append(all, r)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestReconstructStopsAtAnError(t *testing.T) {
	circuits := toyCircuits(t, 4, 1)
	m := toyModel(t, circuits)
	enough, calls := errors.New("enough"), 0
	err := m.Reconstruct(context.Background(), circuits, func(int, graphvae.Reconstruction) error {
		calls++
		return enough
	})
	if !errors.Is(err, enough) || calls != 1 {
		t.Errorf("error %v after %d calls", err, calls)
	}
}
