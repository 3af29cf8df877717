package fidelity

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// On circuits with sender and receiver effects and mutual pairs, the baseline
// that has them generates what cannot be told from held-out circuits; the one
// without fails wherever they show: also in density, which spreads with them.
func TestGeneratedByBaselines(t *testing.T) {
	train, test := heterogeneous.circuits(t, 200, 25, 1), heterogeneous.circuits(t, 300, 25, 2)
	effects, err := FitSenderReceiver(t.Context(), train, SenderReceiverConfig{Pooled: true, Draws: 24}, 1)
	if err != nil {
		t.Fatal(err)
	}
	plain := FitClassDistance(train)
	var with, without []*circuit.Circuit
	for k, c := range test {
		a, err := effects.Generate(c, rand.New(rand.NewPCG(1, uint64(k))))
		if err != nil {
			t.Fatal(err)
		}
		b, err := GenerateIndependent(plain, c, rand.New(rand.NewPCG(2, uint64(k))))
		if err != nil {
			t.Fatal(err)
		}
		with, without = append(with, a), append(without, b)
	}
	if g := compare(t, test, with); g.WithinFloor < .9 {
		t.Errorf("with effects, %g of the measures pass: %+v", g.WithinFloor, g.Measures)
	}
	if auc := tell(t, test, with).AUC(); auc.Value > .62 {
		t.Errorf("with effects, generated circuits are told with AUC %v", auc)
	}
	g := compare(t, test, without)
	for _, name := range []string{"density", "out_degree_sd", "in_degree_sd", "out_degree_gini", "reciprocity_ratio", "clustering"} {
		if m := g.measure(t, name); m.Passes {
			t.Errorf("without effects, %s passes: %+v", name, m)
		}
	}
	if auc := tell(t, test, without).Logistic; auc.Lo < .95 {
		t.Errorf("without effects, generated circuits are told with AUC %v only", auc)
	}
}

// Drawing from the baseline and asking it back: over many draws, an edge is as
// frequent as foretold.
func TestGenerateIsWhatPredictSays(t *testing.T) {
	m := trained(t)
	c := masked(t, 6, rand.New(rand.NewPCG(1, 1)))
	const draws = 4000
	for name, generate := range map[string]func(rng *rand.Rand) (*circuit.Circuit, error){
		"together":   func(rng *rand.Rand) (*circuit.Circuit, error) { return m.Generate(c, rng) },
		"one by one": func(rng *rand.Rand) (*circuit.Circuit, error) { return GenerateIndependent(m, c, rng) },
	} {
		count := make([]float64, 36)
		for k := range draws {
			d, err := generate(rand.New(rand.NewPCG(3, uint64(k))))
			if err != nil {
				t.Fatal(err)
			}
			if d.FullyObserved() || d.Neuron(3) != c.Neuron(3) {
				t.Fatalf("%s: another circuit", name)
			}
			for _, e := range d.EdgeList() {
				count[e.Pre*6+e.Post]++
			}
		}
		for k, p := range m.Predict(c) {
			// Four times the largest sd of a share, √(¼/4000).
			near(t, fmt.Sprint(name, ": share of ", k), count[k]/draws, p, .032)
		}
	}
}
