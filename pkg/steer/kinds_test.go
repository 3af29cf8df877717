//go:build !race

// The race detector also checks pointers, and stops at an arithmetic of GoMLX's
// pure-Go matrix product that stays within its array by the time it is used.

package steer_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/graphvae"
	"github.com/cortigen/cortigen/pkg/seed"
	"github.com/cortigen/cortigen/pkg/steer"
	"github.com/cortigen/cortigen/pkg/structure"
)

// Both kinds of model are decoders, and one that wires given neurons a wirer.
var (
	_ steer.Decoder = (*graphvae.Model)(nil)
	_ steer.Decoder = graphvae.Conditional{}
	_ steer.Wirer   = (*graphvae.Model)(nil)
)

// classed is a ring of neurons of two classes.
func classed(t *testing.T, n int) *circuit.Circuit {
	t.Helper()
	neurons, edges := make([]circuit.Neuron, n), []circuit.Edge{}
	for i := range neurons {
		neurons[i] = circuit.Neuron{ID: string(rune('a' + i)), Class: "E", Sign: circuit.Excitatory, Position: circuit.NoPosition()}
		if i%3 == 0 {
			neurons[i].Class, neurons[i].Sign = "I", circuit.Inhibitory
		}
		edges = append(edges, circuit.Edge{Pre: i, Post: (i + 1) % n})
	}
	c, err := circuit.New(neurons, edges)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Models of all kinds, untrained, are steered alike: what is needed is a decoder.
func TestKindsOfModel(t *testing.T) {
	backend, err := graphvae.GoBackend()
	if err != nil {
		t.Fatal(err)
	}
	like := []*circuit.Circuit{classed(t, 8), classed(t, 11), classed(t, 14)}
	table, err := structure.Profiles(t.Context(), like, "neurons", "density")
	if err != nil {
		t.Fatal(err)
	}
	model := func(kind graphvae.Kind, composition bool) *graphvae.Model {
		config := graphvae.Config{Kind: kind, Classes: graphvae.Vocabulary(like), Latent: 3, Hidden: 8, Stages: 1, Composition: composition}
		if kind == graphvae.Slots {
			config.Slots = 14
		}
		m, err := graphvae.New(backend, config, 1)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	wirer := model(graphvae.Exchangeable, false)
	given, err := steer.On(wirer, like...)
	if err != nil {
		t.Fatal(err)
	}
	for name, decoder := range map[string]steer.Decoder{
		"slots": model(graphvae.Slots, false), "composition": model(graphvae.Exchangeable, true), "on one": wirer.On(like[1]), "on several": given,
	} {
		rig := steer.Rig{Decoder: decoder, Reference: steer.Reference{Names: table.Names, Mean: []float64{11, .1}, SD: []float64{3, .1}}}
		request := steer.Ask(steer.SD("density", 1))
		request.Start, request.Samples = []float64{.5, -.5, 0}, 10
		a, err := rig.Answer(t.Context(), steer.Stay{}, request, 3)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(a.Circuits) != 10 || slices.Equal(a.Circuits[0].EdgeList(), a.Circuits[3].EdgeList()) {
			t.Errorf("%s: %d circuits, the first two of like neurons the same", name, len(a.Circuits))
		}
		for k, c := range a.Circuits {
			if name == "on several" && c.Len() != like[k%3].Len() {
				t.Errorf("circuit %d has %d neurons, want those of circuit %d", k, c.Len(), k%3)
			}
		}
	}
	if _, err := steer.On(wirer); err == nil {
		t.Error("wiring the neurons of no circuit is no error")
	}
	if _, err := given.Decode(t.Context(), [][]float64{{0, 0, 0}}, 0, 1); err == nil || !strings.Contains(err.Error(), "0 samples") {
		t.Errorf("no samples give %v", err)
	}
}

// counting wires nothing and notes what it was asked.
type counting struct{ asked map[*circuit.Circuit]int }

func (counting) Dim() int { return 1 }

func (w counting) Generate(_ context.Context, like []*circuit.Circuit, z [][]float64, samples int, _ seed.Seed) ([][]*circuit.Circuit, error) {
	all := make([][]*circuit.Circuit, len(like))
	for i, c := range like {
		w.asked[c] += samples
		all[i] = slices.Repeat([]*circuit.Circuit{c}, samples)
	}
	return all, nil
}

// By hand: 5 samples of two codes on two circuits are circuits 0 1 0 1 0 of each;
// 6 are drawn for that. With one sample the second circuit is not asked for.
func TestOn(t *testing.T) {
	like := []*circuit.Circuit{classed(t, 4), classed(t, 5)}
	w := counting{map[*circuit.Circuit]int{}}
	given, err := steer.On(w, like...)
	if err != nil {
		t.Fatal(err)
	}
	all, err := given.Decode(t.Context(), [][]float64{{0}, {1}}, 5, 1)
	if err != nil {
		t.Fatal(err)
	}
	want := []*circuit.Circuit{like[0], like[1], like[0], like[1], like[0]}
	if !slices.Equal(all[0], want) || !slices.Equal(all[1], want) || w.asked[like[0]] != 6 || w.asked[like[1]] != 6 {
		t.Errorf("circuits are %v, asked for %v", all, w.asked)
	}
	if _, err := given.Decode(t.Context(), [][]float64{{0}}, 1, 1); err != nil || w.asked[like[1]] != 6 {
		t.Errorf("one sample asks for %v (%v)", w.asked, err)
	}
}
