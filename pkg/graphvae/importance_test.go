package graphvae

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/seed"
)

func importance(t *testing.T, m *Model, circuits []*circuit.Circuit, k int, s seed.Seed) []Importance {
	t.Helper()
	all, err := m.ImportanceBound(context.Background(), circuits, k, s)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Weights given by logs far below what a float holds, by hand.
func TestLogSum(t *testing.T) {
	ln2 := math.Log(2)
	for name, c := range map[string]struct {
		logs           []float64
		log, effective float64
	}{
		"one":               {[]float64{-1500}, -1500, 1},
		"two alike":         {[]float64{-1500, -1500}, -1500 + ln2, 2},
		"1, 2 and 1":        {[]float64{-1500, -1500 + ln2, -1500}, -1500 + 2*ln2, 16. / 6},
		"the largest first": {[]float64{800, -800}, 800, 1},
		"the largest last":  {[]float64{-800, 800}, 800, 1},
	} {
		var s logSum
		for _, x := range c.logs {
			s.add(x)
		}
		if math.Abs(s.log()-c.log) > 1e-12*math.Abs(c.log) || math.Abs(s.effective()-c.effective) > 1e-12 {
			t.Errorf("%s: log sum %g, effective %g, by hand %g, %g", name, s.log(), s.effective(), c.log, c.effective)
		}
	}
}

// In expectation, the bound of one draw is the ELBO, and more draws raise it:
// means over 80 seeds, paired, with five standard errors.
func TestImportanceBoundRises(t *testing.T) {
	for name, tiny := range tinyModels {
		t.Run(name, func(t *testing.T) {
			m, circuits := tiny(t)
			circuits = circuits[2:4]
			ks := []int{1, 4, 16}
			const seeds = 80
			// Column k holds what ks[k] gains on the one before, the first on the ELBO.
			sum, square := make([]float64, len(ks)), make([]float64, len(ks))
			for s := range seed.Seed(seeds) {
				bounds, err := m.Bound(context.Background(), circuits, s)
				if err != nil {
					t.Fatal(err)
				}
				before := 0.
				for _, b := range bounds {
					before -= b.Total()
				}
				for k := range ks {
					now := 0.
					for _, i := range importance(t, m, circuits, ks[k], s) {
						now += i.LogLikelihood
						if !(i.Effective >= 1-1e-9 && i.Effective <= float64(ks[k])+1e-9) || i.Samples != ks[k] {
							t.Fatalf("%d draws: %+v", ks[k], i)
						}
					}
					sum[k] += (now - before) / seeds
					square[k] += (now - before) * (now - before) / seeds
					before = now
				}
			}
			for k := range ks {
				se := math.Sqrt((square[k] - sum[k]*sum[k]) / seeds)
				t.Logf("%d draws: gain %.4f ± %.4f nats", ks[k], sum[k], se)
				if k == 0 && math.Abs(sum[k]) > 5*se {
					t.Errorf("one draw: the bound differs from the ELBO by %g ± %g", sum[k], se)
				}
				if k > 0 && sum[k] < 5*se {
					t.Errorf("%d draws gain %g ± %g over %d", ks[k], sum[k], se, ks[k-1])
				}
			}
		})
	}
}

// With as many draws as a few neurons need, the bound reaches what numerical
// integration gives: log p(A | c, p) of a model without z, whose one neuron's
// code has one dimension and is all there is to integrate.
func TestImportanceBoundReachesTheIntegral(t *testing.T) {
	m, all := tinyExchangeable(t, func(c *Config) { c.WithoutZ, c.NeuronLatent, c.Uncentred = true, 1, true })
	shake(t, m, .3)
	// A posterior about as wide as the prior, as good draws need.
	p, err := m.snapshot(isWeight)
	if err != nil {
		t.Fatal(err)
	}
	const path = weightScope + "neuron/second/bias"
	p[path].values[1] -= narrow
	if err := m.restore(snapshot{path: p[path]}); err != nil {
		t.Fatal(err)
	}
	c, err := all[1].Subcircuit([]int{0, 1})
	if err != nil {
		t.Fatal(err)
	}
	if c, err = c.WithObserved(nil); err != nil {
		t.Fatal(err)
	}
	// The integral over both codes, v ~ N(0, 1) each, by a grid of step .25 to ±5
	// (for smooth functions the error falls faster than any power of the step).
	const step, edge = .25, 20
	total := logSum{}
	b := packBatch([]*circuit.Circuit{c}, 1, 8, m.config)
	for i := -edge; i <= edge; i++ {
		for j := -edge; j <= edge; j++ {
			v, w := step*float64(i), step*float64(j)
			e := m.config.newNoise(1, 8)
			e.v[0], e.v[1] = float32(v), float32(w)
			out, err := run(m.decode, "decode", append(b.tensors(), e.tensors()...)...)
			if err != nil {
				t.Fatal(err)
			}
			p := logProbabilities(float64(out[0][1]), float64(out[0][8]), float64(out[1][1]))
			a := p[entry(c.Has(0, 1))][entry(c.Has(1, 0))]
			total.add(a - (v*v+w*w)/2 - math.Log(2*math.Pi) + 2*math.Log(step))
		}
	}
	got := importance(t, m, []*circuit.Circuit{c}, 5000, 3)[0]
	// The standard error of log mean w is the coefficient of variation of the
	// weights over √K, and K/effective = 1 + cv².
	se := math.Sqrt((5000/got.Effective - 1) / 5000)
	t.Logf("bound %.4f ± %.4f, integral %.4f, effective %.0f", got.LogLikelihood, se, total.log(), got.Effective)
	if math.Abs(got.LogLikelihood-total.log()) > 5*se+1e-4 {
		t.Errorf("bound %g ± %g, integral %g", got.LogLikelihood, se, total.log())
	}
}

func entry(there bool) int {
	if there {
		return 1
	}
	return 0
}

// More draws use those of fewer, and a circuit's own do not depend on company.
func TestImportanceBoundRepeats(t *testing.T) {
	m, circuits := tinyExchangeable(t, nil)
	shake(t, m, .3)
	alone := importance(t, m, circuits[:1], 33, 5)[0] // more than a batch
	together := importance(t, m, circuits, 33, 5)[0]
	if math.Abs(alone.LogLikelihood-together.LogLikelihood) > 1e-4 || math.Abs(alone.Effective-together.Effective) > 1e-2 {
		t.Errorf("alone %+v, with others %+v", alone, together)
	}
	if other := importance(t, m, circuits[:1], 33, 6)[0]; other == alone {
		t.Error("another seed gives the same bound")
	}
}

func TestImportanceBoundRefuses(t *testing.T) {
	m, circuits := tinyExchangeable(t, nil)
	if _, err := m.ImportanceBound(context.Background(), circuits, 0, 1); err == nil || !strings.Contains(err.Error(), "0 draws: ask for 1 or more") {
		t.Errorf("no draws: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := m.ImportanceBound(ctx, circuits, 5, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
