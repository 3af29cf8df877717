package fidelity

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/seed"
)

// cheap are measures of all families but those that take long.
var cheap = []string{"density", "out_degree_sd", "in_degree_sd", "out_degree_gini", "in_out_correlation", "reciprocity_ratio", "clustering", "transitivity", "spectral_radius", "singular_entropy"}

func compare(t *testing.T, real, generated []*circuit.Circuit) Generation {
	t.Helper()
	g, err := CompareGenerated(t.Context(), "test", real, generated, GenerationConfig{Measures: cheap}, 1)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func (g Generation) measure(t *testing.T, name string) MeasureMatch {
	t.Helper()
	for _, m := range g.Measures {
		if m.Measure == name {
			return m
		}
	}
	t.Fatalf("there is no %s", name)
	return MeasureMatch{}
}

// Circuits of the same law pass; those of a law that differs in one thing fail
// where it shows, and by kernel distance too.
func TestGenerationSeesWhatDiffers(t *testing.T) {
	real := heterogeneous.circuits(t, 160, 25, 1)
	same := compare(t, real, heterogeneous.circuits(t, 160, 25, 2))
	// By chance, a measure of the same law fails once in some twenty.
	if same.WithinFloor < .9 || same.Regions != 160 {
		t.Errorf("of the same law, %g of the measures pass, over %d regions: %+v", same.WithinFloor, same.Regions, same.Measures)
	}
	for _, d := range same.Descriptors {
		if !d.Passes {
			t.Errorf("of the same law, %s fails: %+v", d.Descriptor, d.MMD2)
		}
	}

	alike := heterogeneous
	alike.sigma, alike.base = cov2{.02, 0, .3}, heterogeneous.base+.3 // at about the same density
	other := compare(t, real, alike.circuits(t, 160, 25, 3))
	if m := other.measure(t, "out_degree_sd"); m.Passes || m.Wasserstein.Value < .5 || m.Wasserstein.Halves < 2*m.Wasserstein.Floor95 {
		t.Errorf("without sender effects, out_degree_sd passes: %+v", m)
	}
	if d := other.Descriptors[1]; d.Passes || d.Descriptor != "out-degree histogram" {
		t.Errorf("without sender effects, %s passes: %+v", d.Descriptor, d.MMD2)
	}
	if m := other.measure(t, "in_degree_sd"); m.Wasserstein.Value > other.measure(t, "out_degree_sd").Wasserstein.Value/2 {
		t.Errorf("without sender effects, in_degree_sd is far as well: %+v", m)
	}
	header, rows := other.Table()
	if len(rows) != len(cheap) || len(rows[0]) != len(header) || rows[len(rows)-1][7] == "" {
		t.Errorf("the table has rows %v", rows)
	}
}

// By hand: real 0 and 1, generated 1 and 2: half of the real ones lie below all
// generated, and all move by 1, which is √2 times the sd of 1/√2.
func TestMeasureMatchByHand(t *testing.T) {
	m := matchMeasure("x", []float64{0, 1, math.NaN()}, []float64{1, 2}, halvings{})
	near(t, "KS", m.KS.Value, .5, 1e-12)
	near(t, "Wasserstein", m.Wasserstein.Value, math.Sqrt2, 1e-12)
	if m.RealDefined != 2 || m.GeneratedDefined != 2 || m.RealMean != .5 || m.GeneratedMean != 1.5 || m.Passes || m.Note == "" {
		t.Errorf("match is %+v", m)
	}
	for name, c := range map[string]struct{ real, generated []float64 }{
		"nothing defined":    {[]float64{math.NaN(), math.NaN()}, []float64{1, 2}},
		"nothing generated":  {[]float64{1, 2}, []float64{math.NaN()}},
		"one value, another": {[]float64{1, 1, 1, 1}, []float64{2, 2, 2, 2}},
	} {
		h := newHalvings([]string{"a", "b", "c", "d"}[:len(c.real)], make([]string, len(c.generated)), 20, rand.New(rand.NewPCG(1, 1)))
		m := matchMeasure("x", c.real, c.generated, h)
		if m.Passes || m.Note == "" || m.judged() != (name == "one value, another") {
			t.Errorf("%s: %+v", name, m)
		}
		if _, err := artifact.Marshal(m); err != nil {
			t.Errorf("%s cannot be kept: %v", name, err)
		}
	}
	// A measure that is the same in all circuits, real and generated, passes.
	h := newHalvings([]string{"a", "b"}, []string{"a", "b"}, 20, rand.New(rand.NewPCG(1, 1)))
	if m := matchMeasure("x", []float64{3, 3}, []float64{3, 3}, h); !m.Passes {
		t.Errorf("the same everywhere fails: %+v", m)
	}
}

// By hand: at distances 1 (real), the bandwidth is 1. Real 0 and 1, generated 0
// and 2: e^−½ within real, e^−2 within generated, across the mean of 1, e^−2,
// e^−½ and e^−½.
func TestMMDByHand(t *testing.T) {
	k := newKernel([][]float64{{0}, {1}, {0}, {2}}, 2)
	half, two := math.Exp(-.5), math.Exp(-2)
	near(t, "bandwidth", k.bandwidth, 1, 0)
	near(t, "MMD²", k.mmd2([]int{0, 1}, []int{2, 3}), half+two-2*(1+two+2*half)/4, 1e-12)
	if !math.IsNaN(k.mmd2([]int{0}, []int{2, 3})) {
		t.Error("one circuit has an unbiased MMD")
	}
	if k := newKernel([][]float64{{1}, {1}}, 2); k.bandwidth != 1 {
		t.Errorf("equal circuits have bandwidth %g", k.bandwidth)
	}
}

// Halves share no region, are of equal sizes, and have generated circuits of the
// other half's regions beside them.
func TestHalvesAreDisjoint(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		count := rapid.IntRange(2, 8).Draw(t, "regions")
		region := func(label string) []string {
			names := make([]string, count, 40)
			for k := range names {
				names[k] = fmt.Sprint(k)
			}
			for range rapid.IntRange(0, 30).Draw(t, label) {
				names = append(names, fmt.Sprint(rapid.IntRange(0, count-1).Draw(t, "region")))
			}
			return names
		}
		real, generated := region("real"), region("generated")
		h := newHalvings(real, generated, 5, rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)))
		if h.regions != count || len(h.draws) != 5 {
			t.Fatalf("%d draws over %d regions", len(h.draws), h.regions)
		}
		for _, d := range h.draws {
			if len(d.left) != len(d.right) || len(d.left) != len(d.generated) || len(d.left) == 0 {
				t.Fatalf("sizes are %d, %d and %d", len(d.left), len(d.right), len(d.generated))
			}
			left := map[string]bool{}
			for _, i := range d.left {
				left[real[i]] = true
			}
			for k := range d.right {
				if left[real[d.right[k]]] || left[generated[d.generated[k]]] {
					t.Fatal("a region is in both halves")
				}
			}
		}
	})
}

// Descriptors do not depend on the order of neurons.
func TestDescriptorsAreInvariant(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
		c, _ := heterogeneous.draw(t, "x", rapid.IntRange(1, 20).Draw(rt, "n"), rng)
		turned, err := c.Subcircuit(rng.Perm(c.Len()))
		if err != nil {
			rt.Fatal(err)
		}
		for _, d := range descriptors {
			v := d.vectors([][]float64{d.of(c), d.of(turned)}, 1)
			for k := range v[0] {
				if math.Abs(v[0][k]-v[1][k]) > 1e-9 {
					rt.Fatalf("%s: %v, relabelled %v", d.name, v[0], v[1])
				}
			}
		}
	})
}

func TestGenerationOfTheDegenerate(t *testing.T) {
	var few []*circuit.Circuit
	for n := range 3 {
		c, _ := heterogeneous.draw(t, fmt.Sprint("r", n), n, rand.New(rand.NewPCG(1, 1)))
		few = append(few, c, masked(t, 8, rand.New(rand.NewPCG(uint64(n), 1))))
	}
	g := compare(t, few, few)
	if len(g.Descriptors) != len(descriptors) || len(g.Measures) != len(cheap) {
		t.Errorf("tiny circuits give %d measures and %d descriptors", len(g.Measures), len(g.Descriptors))
	}
	one := compare(t, few[:1], few)
	if one.WithinFloor == one.WithinFloor || one.Measures[0].Note == "" || one.Descriptors[0].Passes {
		t.Errorf("one region gives %+v", one)
	}
	if _, err := CompareGenerated(t.Context(), "x", few, nil, GenerationConfig{}, 1); err == nil || !strings.Contains(err.Error(), "0 generated") {
		t.Errorf("nothing generated gives %v", err)
	}
	if _, err := CompareGenerated(t.Context(), "x", few, few, GenerationConfig{Measures: []string{"densty"}}, 1); err == nil || !strings.Contains(err.Error(), "density") {
		t.Errorf("an unknown measure gives %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := CompareGenerated(ctx, "x", few, few, GenerationConfig{Measures: cheap}, seed.Seed(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled gives %v", err)
	}
}
