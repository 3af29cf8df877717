package steer

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/seed"
)

// slanted is dials of which the first dimension of the code turns both, so that
// density can change with reciprocity held only if the second makes up for it.
type slanted struct{ dials }

func (d slanted) inner(z []float64) []float64 {
	y := slices.Clone(z)
	y[1] = .8*z[0] + .6*z[1]
	return y
}

func (d slanted) Decode(ctx context.Context, z [][]float64, samples int, s seed.Seed) ([][]*circuit.Circuit, error) {
	turned := make([][]float64, len(z))
	for i := range z {
		turned[i] = d.inner(z[i])
	}
	return d.dials.Decode(ctx, turned, samples, s)
}

// foreseen expects of slanted what its curves say, but for a bias and a factor of
// the slope: x becomes bias + factor·x.
type foreseen struct {
	slanted
	bias, factor float64
}

func (f foreseen) Measures() []string { return []string{"reciprocity", "density"} }

func (f foreseen) Expect(_ context.Context, codes [][]float64) (values [][]float64, gradients [][][]float64, err error) {
	factor := f.factor
	if factor == 0 {
		factor = 1
	}
	for _, z := range codes {
		y := f.inner(z)
		density, returned := f.truth(y)
		s0, s1 := 1/(1+math.Exp(-y[0])), 1/(1+math.Exp(-y[1]))
		ofDensity, ofReturned := make([]float64, len(z)), make([]float64, len(z))
		ofDensity[0] = factor * .3 * s0 * (1 - s0)
		ofReturned[0], ofReturned[1] = factor*.6*s1*(1-s1)*.8, factor*.6*s1*(1-s1)*.6
		values = append(values, []float64{f.bias + factor*returned, f.bias + factor*density})
		gradients = append(gradients, [][]float64{ofReturned, ofDensity})
	}
	return values, gradients, nil
}

// slantedBench is the reference of bench on slanted dials, and what is foreseen
// of them.
func slantedBench(t *testing.T) (Rig, foreseen) {
	t.Helper()
	rig, _ := bench(t)
	rig.Decoder = slanted{dials{dim: 4}}
	return rig, foreseen{slanted: slanted{dials{dim: 4}}}
}

// Finite differences of the curves: the toy must be right before it can test.
func TestForeseen(t *testing.T) {
	_, f := slantedBench(t)
	checkGradients(t, f, [][]float64{{.3, -.5, 1, 0}, {-1.2, .8, 0, 2}}, 1e-6)
}

// checkGradients compares with central differences.
func checkGradients(t *testing.T, e Expecter, codes [][]float64, within float64) {
	t.Helper()
	const h = 1e-4
	_, gradients, err := e.Expect(t.Context(), codes)
	if err != nil {
		t.Fatal(err)
	}
	for i, z := range codes {
		for k := range z {
			up, down := slices.Clone(z), slices.Clone(z)
			up[k] += h
			down[k] -= h
			both, _, err := e.Expect(t.Context(), [][]float64{up, down})
			if err != nil {
				t.Fatal(err)
			}
			for j, name := range e.Measures() {
				want := (both[0][j] - both[1][j]) / (2 * h)
				if got := gradients[i][j][k]; math.Abs(got-want) > within*max(1, math.Abs(want)) {
					t.Errorf("%s by dimension %d at %v: gradient %g, differences say %g", name, k, z, got, want)
				}
			}
		}
	}
}
