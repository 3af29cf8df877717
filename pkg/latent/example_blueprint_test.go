package latent_test

import (
	"context"
	"fmt"

	"github.com/cortigen/cortigen/pkg/latent"
)

// Density is 3 + 2z₀ − z₁, and the mean code is the origin. At z = (1, 2) the first
// dimension adds 2, the second takes 2 away.
func ExampleProbe_Explain() {
	probe := latent.Probe{Measure: "density", Intercept: 3, Weights: []float64{2, -1}, Centre: []float64{0, 0}}
	a, err := probe.Explain([][]float64{{1, 2}})
	fmt.Println(a.Base, a.Values, a.Importance, err)
	// Output: 3 [[2 -2]] [2 2] <nil>
}

// The surrogate multiplies two dimensions. From a background of zeros, whichever comes
// second brings all of 2 · 3 = 6, so each has half of it.
func ExampleExplain() {
	product := func(z []float64) float64 { return z[0] * z[1] }
	a, err := latent.Explain(context.Background(), "clustering", product, [][]float64{{2, 3}}, [][]float64{{0, 0}}, latent.AttributionConfig{}, 1)
	fmt.Println(a.Base, a.Values, a.Errors, err)
	// Output: 0 [[3 3]] [[0 0]] <nil>
}

// Each of three dimensions matters for one factor only, so the code is disentangled.
// Decay hangs on two of them: 1 − ln 2/ln 3 = .37 complete, where density is 1.
func ExampleImportances_DCI() {
	m := latent.Importances{Names: []string{"density", "decay"}, Values: [][]float64{{1, 0}, {0, 1}, {0, 1}}}
	d, err := m.DCI(nil)
	fmt.Printf("%.2f disentangled, %.2f complete %.2f %v\n", d.Disentanglement, d.Completeness, d.PerFactor, err)
	// Output: 1.00 disentangled, 0.68 complete [1.00 0.37] <nil>
}

// Two planes in space share the first axis; the second is turned by 45°.
func ExamplePrincipalAngles() {
	angles, err := latent.PrincipalAngles([][]float64{{1, 0, 0}, {0, 1, 0}}, [][]float64{{1, 0, 0}, {0, 1, 1}})
	fmt.Printf("%.0f %v\n", angles, err)
	// Output: [0 45] <nil>
}

// A step for density changes it by 3 sd and reciprocity by 1, which is a share of 3/4;
// one for reciprocity changes nothing else. Random directions of this step change both
// alike: half each.
func ExampleEffects_Contrast() {
	measures := []string{"density", "reciprocity"}
	directions := latent.Effects{Targets: measures, Measures: measures, Change: [][][]float64{{{3, 1}, {0, 2}}}}
	random := latent.Effects{Targets: measures, Measures: measures, Change: [][][]float64{{{1, -1}, {2, 2}}}}
	c, err := directions.Contrast(random, 0, stream(200))
	fmt.Println(c.Directions.Dominance.Value, c.Random.Dominance.Value, c.Gain.Value, err)
	// Output: 0.875 0.5 0.375 <nil>
}

// The second code is the first turned by a quarter and twice as large, so a direction
// is turned with it, and a step there does half as much.
func ExampleProcrustes_Carry() {
	first := [][]float64{{1, 0}, {0, 1}, {-1, 0}, {0, -1}}
	second := [][]float64{{0, 2}, {-2, 0}, {0, -2}, {2, 0}}
	p, err := latent.FitProcrustes(first, second)
	if err != nil {
		fmt.Println(err)
		return
	}
	d, err := p.Carry(latent.Direction{Measure: "density", Vector: []float64{1, 0}, PerStep: 1})
	fmt.Printf("scale %.0f, R² %.0f: %.0f, %.1f sd a step %v\n", p.Scale, p.R2, d.Vector, d.PerStep, err)
	// Output: scale 2, R² 1: [0 1], 0.5 sd a step <nil>
}

// Density is z₀ + 2z₁, over codes of variance 4 and 1: its covariances are 1 · 4 and
// 2 · 1, and the first component goes along (4, 2), which is (2, 1)/√5.
func ExampleFitPLS() {
	z := [][]float64{{2, 1}, {2, -1}, {-2, 1}, {-2, -1}}
	density := latent.Outcome{Measure: "density", Values: []float64{4, 0, 0, -4}}
	p, err := latent.FitPLS(z, []latent.Outcome{density}, nil, 1, latent.ProbeConfig{})
	fmt.Printf("%.3f %v\n", p.Directions, err)
	// Output: [[0.894 0.447]] <nil>
}

// The decay of 1, 2, 3 has variance 2/3, and 1/6 of that stays unknown of each circuit:
// at most an R² of 3/4 can be had. The probe has 1/2, two thirds of it.
func ExampleRecoverFactor() {
	decay := latent.Outcome{Measure: "decay", Values: []float64{1, 2, 3}}
	f, err := latent.RecoverFactor(decay, []float64{1, 2, 2}, []float64{1. / 6, 1. / 6, 1. / 6}, nil, 0, stream(201))
	fmt.Printf("%.2f of %.2f is %.2f, identifiable %v %v\n", f.R2.Value, f.Ceiling.Value, f.Share.Value, f.Identifiable(), err)
	// Output: 0.50 of 0.75 is 0.67, identifiable true <nil>
}

// Without noise a line is known from four circuits as from eight.
func ExampleSampleSizes() {
	var z [][]float64
	density := latent.Outcome{Measure: "density"}
	for i := range 12 {
		z = append(z, []float64{float64(i % 7)})
		density.Values = append(density.Values, 2*float64(i%7))
	}
	c, err := latent.SampleSizes(context.Background(), z, density, nil, []int{4, 8}, 5, latent.ProbeConfig{}, 1)
	for _, s := range c.Sizes {
		fmt.Printf("%d circuits: R² %.2f\n", s.Circuits, s.R2.Value)
	}
	fmt.Println(err)
	// Output:
	// 4 circuits: R² 1.00
	// 8 circuits: R² 1.00
	// <nil>
}

// A code and the same code in other axes hold the same: 0° apart.
func ExampleCompareCodes() {
	code := gaussian(40, 2, stream(202))
	turned := make([][]float64, len(code))
	for i, z := range code {
		turned[i] = []float64{-z[1], z[0]}
	}
	a, err := latent.CompareCodes(context.Background(), code, turned, regions(40, 5), latent.StabilityConfig{Permutations: 19}, stream(203))
	fmt.Printf("correlation %.2f, p %.2f, Procrustes R² %.2f %v\n", a.Canonical.Value, a.P, a.Procrustes.Value, err)
	// Output: correlation 1.00, p 0.05, Procrustes R² 1.00 <nil>
}
