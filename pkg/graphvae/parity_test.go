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

// otherBackend opens the backend that is not pure Go.
func otherBackend(tb testing.TB) Backend {
	tb.Helper()
	backend, err := OpenBackend(context.Background())
	if err != nil {
		tb.Fatal(err)
	}
	if strings.HasPrefix(backend.Name(), "go") {
		tb.Skip("needs XLA, but the backend is " + backend.Why())
	}
	return backend
}

// outputs are all numbers that a model gives for some circuits.
type outputs struct {
	posterior []float64 // means and log-variances
	decoded   []float64 // probabilities of classes and edges, at the means
	nats      []float64 // terms of the bound, circuit by circuit
}

func outputsOf(t *testing.T, m *Model, circuits []*circuit.Circuit) (o outputs) {
	t.Helper()
	ctx := context.Background()
	p, err := m.Encode(ctx, circuits)
	if err != nil {
		t.Fatal(err)
	}
	for i := range p.Mean {
		o.posterior = append(append(o.posterior, p.Mean[i]...), p.LogVar[i]...)
	}
	if m.config.Kind == Exchangeable {
		neurons, err := m.EncodeNeurons(ctx, circuits)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range neurons {
			o.posterior = append(o.posterior, slices.Concat(slices.Concat(n.Mean...), slices.Concat(n.LogVar...))...)
		}
		o.decoded = slices.Concat(probabilities(t, m, circuits, p.Mean, 3, 17)...)
		for _, w := range importance(t, m, circuits, 3, 17) {
			o.nats = append(o.nats, w.LogLikelihood)
		}
		if m.config.Composition {
			o.decoded = append(o.decoded, composedAt(t, m, p.Mean)...)
		}
	} else {
		err = m.decodeCodes(ctx, p.Mean, func(_ int, d decoded) error {
			for _, x := range slices.Concat(d.classes, d.marginal) {
				o.decoded = append(o.decoded, float64(x))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	terms, err := m.Bound(ctx, circuits, seed.Seed(17))
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range terms {
		o.nats = append(o.nats, x.Edges, x.Classes, x.KL, x.NeuronKL)
	}
	return o
}

// largest returns the largest difference of two lists, absolute up to one and
// relative above.
func largest(t *testing.T, a, b []float64) (worst float64) {
	t.Helper()
	if len(a) != len(b) {
		t.Fatalf("%d numbers and %d", len(a), len(b))
	}
	for i := range a {
		d := math.Abs(a[i]-b[i]) / max(1, math.Abs(a[i]))
		if !(d <= worst) { // NaN too
			worst = d
		}
	}
	return worst
}

// moved saves a model and loads it on another backend.
func moved(t *testing.T, m *Model, to Backend) *Model {
	t.Helper()
	dir := t.TempDir()
	if err := m.Save(dir); err != nil {
		t.Fatal(err)
	}
	loaded, err := Load(to, dir)
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}

// A model gives the same numbers on XLA as in pure Go, whichever of the two it
// was trained on, and training goes the same way on both. The tolerance is for
// float32 sums of a few hundred terms in another order.
func TestBackendsAgree(t *testing.T) {
	xla := otherBackend(t)
	for name, tiny := range tinyModels {
		t.Run(name, func(t *testing.T) {
			onGo, circuits := tiny(t)
			backendsAgree(t, onGo, circuits, xla)
		})
	}
}

func backendsAgree(t *testing.T, onGo *Model, circuits []*circuit.Circuit, xla Backend) {
	t.Helper()
	onXLA := moved(t, onGo, xla)
	const tolerance = 1e-4
	compare := func(when string, a, b *Model) {
		t.Helper()
		x, y := outputsOf(t, a, circuits), outputsOf(t, b, circuits)
		posterior, decoded, nats := largest(t, x.posterior, y.posterior), largest(t, x.decoded, y.decoded), largest(t, x.nats, y.nats)
		t.Logf("%s: largest difference of the posterior %.2g, of probabilities %.2g, of nats %.2g (relative)", when, posterior, decoded, nats)
		if !(max(posterior, decoded, nats) <= tolerance) {
			t.Errorf("%s: %s and %s differ by more than %g", when, a.Backend().Name(), b.Backend().Name(), tolerance)
		}
	}
	compare("as made", onGo, onXLA)

	// Adam's first steps are signs, which rounding can turn. The fastest weights of
	// either kind move at the same rate here: those of codeGraph are codeSpeed times
	// as fast as the others.
	rate := .01
	if onGo.config.Kind == Exchangeable {
		rate /= codeSpeed
	}
	curve := func(m *Model) (totals []float64) {
		for e, err := range m.Train(context.Background(), circuits, circuits, Training{Steps: 20, LearningRate: rate}, 18) {
			if err != nil {
				t.Fatal(err)
			}
			totals = append(totals, e.Train.Total(), e.Validation.Total())
		}
		return totals
	}
	apart := largest(t, curve(onGo), curve(onXLA))
	t.Logf("largest relative difference of the bound in 20 steps: %.2g", apart)
	if !(apart <= 1e-3) {
		t.Errorf("training goes apart by %g in 20 steps", apart)
	}
	compare("trained on XLA", onXLA, moved(t, onXLA, onGo.Backend()))
	compare("trained in Go", onGo, moved(t, onGo, xla))
}

// Every model with a part taken out has the same bound on both backends, which
// do not refuse the same shapes.
func TestAblationsOnBothBackends(t *testing.T) {
	xla := otherBackend(t)
	for name, change := range map[string]func(*Config){
		"without z":         func(c *Config) { c.WithoutZ = true },
		"without u":         func(c *Config) { c.WithoutU = true },
		"without bilinear":  func(c *Config) { c.WithoutBilinear = true },
		"without distance":  func(c *Config) { c.WithoutDistance = true },
		"independent pairs": func(c *Config) { c.IndependentPairs = true },
	} {
		t.Run(name, func(t *testing.T) {
			m, circuits := tinyExchangeable(t, change)
			shake(t, m, .1)
			var totals [2][]float64
			for k, one := range []*Model{m, moved(t, m, xla)} {
				for e, err := range one.Train(context.Background(), circuits, circuits, Training{Steps: 1}, 18) {
					if err != nil {
						t.Fatal(err)
					}
					totals[k] = append(totals[k], e.Train.Total()) // before Adam, whose signs rounding can turn
				}
			}
			if apart := largest(t, totals[0], totals[1]); !(apart <= 1e-4) {
				t.Errorf("the bounds are %v in Go and %v on XLA", totals[0], totals[1])
			}
		})
	}
}
