package latent_test

import (
	"fmt"
	"slices"

	"github.com/cortigen/cortigen/pkg/latent"
)

// Two circuits. Unit 0 has means ±1 with variance 1, so ½·1² = 0.5 nats; unit 1
// equals the prior and says nothing.
func ExampleCodes_KLPerUnit() {
	codes := latent.Codes{
		Mean:   [][]float64{{1, 0}, {-1, 0}},
		LogVar: [][]float64{{0, 0}, {0, 0}},
	}
	fmt.Println(codes.KLPerUnit())
	// Output: [0.5 0] <nil>
}

// The measure is 3 + 2z at z = ±1. Inputs have sd 1 already, so a penalty of 1
// halves the weight: Σzy/(Σz² + n·1) = 8/(4+4).
func ExampleFitProbe() {
	z := [][]float64{{-1}, {1}, {-1}, {1}}
	density := latent.Outcome{Measure: "density", Values: []float64{1, 5, 1, 5}}
	probe, err := latent.FitProbe(z, density, nil, latent.ProbeConfig{Penalties: []float64{1}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%g + %g z\n", probe.Intercept, probe.Weights[0])
	direction, err := probe.Direction()
	fmt.Printf("%v, %.3f sd a step %v\n", direction.Vector, direction.PerStep, err) // 1 / √(16/3)
	// Output:
	// 3 + 1 z
	// [1], 0.433 sd a step <nil>
}

// Reciprocity grows along (0.6, 0.8) and density along (1, 0). With density held
// only (0, 1) is left, at 0.8 of the effect.
func ExampleOrthogonalise() {
	reciprocity := latent.Direction{Measure: "reciprocity", Vector: []float64{.6, .8}, PerStep: 2}
	density := latent.Direction{Measure: "density", Vector: []float64{1, 0}, PerStep: 1}
	d, err := latent.Orthogonalise(reciprocity, density)
	fmt.Printf("%.1f %.1f held %v %v\n", d.Vector, d.PerStep, d.Held, err)
	fmt.Printf("effect on density: %.1f before, %.1f after\n", reciprocity.Effect(density), d.Effect(density))
	// Output:
	// [0.0 1.0] 1.6 held [density] <nil>
	// effect on density: 0.6 before, 0.0 after
}

// Variances (2²+2²)/3 along the first axis, (1²+1²)/3 along the second.
func ExamplePCA() {
	components, err := latent.PCA([][]float64{{2, 0}, {-2, 0}, {0, 1}, {0, -1}})
	fmt.Printf("%.3f %.1f %.2f %v\n", components.Vectors, components.Variances, components.Explained, err)
	// Output: [[1.000 0.000] [0.000 1.000]] [2.7 0.7] [0.80 0.20] <nil>
}

// Ranks of the three: .01·3/1 = .03, .02·3/2 = .03, .9·3/3 = .9.
func ExampleBenjaminiHochberg() {
	fmt.Println(latent.BenjaminiHochberg([]float64{.9, .01, .02}))
	// Output: [0.9 0.03 0.03]
}

// One region has the values 1 and 3, the other 5 and 7. A draw holds either
// twice, or both: the mean of a draw is 2, 4 or 6.
func ExampleBootstrap() {
	values := []float64{1, 3, 5, 7}
	regions := []string{"west", "west", "east", "east"}
	mean := func(indices []int) float64 {
		sum := 0.0
		for _, i := range indices {
			sum += values[i]
		}
		return sum / float64(len(indices))
	}
	fmt.Println(latent.Bootstrap(regions, mean, 1000, stream(1)))
	// Output: 4 [2, 6] (n = 2)
}

// A unit that the score does not use is not active, whatever its divergence.
func ExampleCodes_Units() {
	codes := latent.Codes{
		Mean:   [][]float64{{1, 1}, {-1, -1}, {1, -1}, {-1, 1}},
		LogVar: [][]float64{{0, 0}, {0, 0}, {0, 0}, {0, 0}},
	}
	original := slices.Clone(codes.Mean)
	units, err := codes.Units(func(z [][]float64) (float64, error) {
		score := 0.0 // as if circuits were decoded from unit 0 alone
		for i := range z {
			score -= (z[i][0] - original[i][0]) * (z[i][0] - original[i][0])
		}
		return score, nil
	}, stream(2))
	for _, unit := range units {
		fmt.Println(unit.Index, unit.KL, unit.Active)
	}
	fmt.Println(err)
	// Output:
	// 0 0.5 true
	// 1 0.5 false
	// <nil>
}
