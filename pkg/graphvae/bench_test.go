package graphvae

import (
	"context"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// columns draws circuits of the size of a cortical column: 97 to 104 neurons of
// eleven classes within 100 µm of an axis, 6 % of pairs connected.
func columns(tb testing.TB, count int) []*circuit.Circuit {
	tb.Helper()
	rng := rand.New(rand.NewPCG(19, 20))
	all := make([]*circuit.Circuit, count)
	for k := range all {
		n := 97 + k%8
		neurons := make([]circuit.Neuron, n)
		var edges []circuit.Edge
		for i := range neurons {
			place := circuit.Position{X: 200*rng.Float64() - 100, Y: 200*rng.Float64() - 100, Depth: 1200 * rng.Float64()}
			neurons[i] = circuit.Neuron{ID: strconv.Itoa(i), Class: circuit.Class(strconv.Itoa(i % 11)), Position: place}
			for j := range n {
				if i != j && rng.Float64() < .06 {
					edges = append(edges, circuit.Edge{Pre: i, Post: j})
				}
			}
		}
		var err error
		if all[k], err = circuit.New(neurons, edges); err != nil {
			tb.Fatal(err)
		}
	}
	return canonical(all)
}

// BenchmarkStep is one step of training of each kind at the default
// configuration: 104 slots or neurons, 32 circuits, width 64.
func BenchmarkStep(b *testing.B) {
	circuits := columns(b, 32)
	pureGo, err := GoBackend()
	if err != nil {
		b.Fatal(err)
	}
	best, err := OpenBackend(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	backends := []Backend{pureGo}
	if !strings.HasPrefix(best.Name(), "go") {
		backends = append(backends, best)
	}
	for _, backend := range backends {
		for _, kind := range []Kind{Slots, Exchangeable} {
			b.Run(string(kind)+"/"+backend.Name(), func(b *testing.B) { benchmarkStep(b, backend, kind, circuits) })
		}
	}
}

func benchmarkStep(b *testing.B, backend Backend, kind Kind, circuits []*circuit.Circuit) {
	m, err := New(backend, Config{Kind: kind, Classes: Vocabulary(circuits)}, 1)
	if err != nil {
		b.Fatal(err)
	}
	step := func() {
		args := append(argumentsOf(m, circuits), float32(1e-3), float32(1), float32(5))
		if kind == Exchangeable {
			args = append(args, float32(1), float32(1), float32(0))
		}
		if _, err := run(m.step, "step", args...); err != nil {
			b.Fatal(err)
		}
	}
	step() // compiles
	for b.Loop() {
		step()
	}
}
