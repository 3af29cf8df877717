package structure_test

import (
	"fmt"
	"math"
	"math/cmplx"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/structure"
)

// signed gives the neurons of a circuit signs: E, I or ? each.
func signed(t *testing.T, c *circuit.Circuit, signs string) *circuit.Circuit {
	t.Helper()
	neurons := make([]circuit.Neuron, c.Len())
	for i, n := range c.Neurons() {
		sign, err := circuit.ParseSign(signs[i : i+1])
		if err != nil {
			t.Fatal(err)
		}
		n.Sign = sign
		neurons[i] = n
	}
	s, err := circuit.New(neurons, c.EdgeList())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// By hand.
func TestSpectrum(t *testing.T) {
	nan := math.NaN()
	unobserved, err := of(t, 3, ring(0, 3)...).WithObserved([]bool{true, false, true})
	if err != nil {
		t.Fatal(err)
	}
	chain := []circuit.Edge{{Pre: 0, Post: 1}, {Pre: 1, Post: 2}}
	for _, test := range []struct {
		name                        string
		c                           *circuit.Circuit
		radius, gap, signed, spread float64
	}{
		{"no neuron", of(t, 0), nan, nan, nan, nan},
		{"one neuron", of(t, 1), 0, nan, 0, nan},
		{"two neurons, no edge", of(t, 2), 0, 0, 0, nan},
		{"one edge", signed(t, of(t, 2, circuit.Edge{Pre: 0, Post: 1}), "E?"), 0, 0, 0, 0},
		{"no cycle, a sender of unknown sign", signed(t, of(t, 3, chain...), "E?E"), 0, 0, nan, math.Log(2) / math.Log(3)},
		// Rings have the n-th roots of 1, or of −1 with one inhibitory neuron.
		{"a ring", signed(t, of(t, 5, ring(0, 5)...), "EEEEI"), 1, 0, 1, 1},
		{"a mutual pair", signed(t, of(t, 2, full(0, 2)...), "EI"), 1, 0, 1, 1},
		// n−1, and −1 n−1 times; singular values are the moduli.
		{"complete", signed(t, of(t, 6, full(0, 6)...), "EEEEEE"), 5, 4, 5, (math.Ln2/2 + .5*math.Log(10)) / math.Log(6)},
		// 2, −1, −1 and 1, −1: one component has both of the largest apart.
		{"two components", signed(t, of(t, 5, append(full(0, 3), full(3, 2)...)...), "EEEEE"), 2, 1, 2, (math.Log(6)*4/6 + math.Log(3)*2/6) / math.Log(5)},
		// Two components alike: the largest occurs twice.
		{"two alike", signed(t, of(t, 6, append(full(0, 3), full(3, 3)...)...), "EEEEEE"), 2, 0, 2, (4./8*math.Log(8) + 4./8*math.Log(4)) / math.Log(6)},
		// S·A = (0 1 1; −1 0 −1; −1 −1 0): λ³ + λ − 2 = (λ − 1)(λ² + λ + 2).
		{"one excites two that inhibit", signed(t, of(t, 3, full(0, 3)...), "EII"), 2, 1, math.Sqrt2, 1.5 * math.Ln2 / math.Log(3)},
		{"a row unknown", unobserved, nan, nan, nan, nan},
	} {
		for _, m := range []struct {
			name      string
			got, want float64
		}{
			{"spectral_radius", structure.SpectralRadius(test.c), test.radius},
			{"spectral_gap", structure.SpectralGap(test.c), test.gap},
			{"signed_spectral_radius", structure.SignedSpectralRadius(test.c), test.signed},
			{"singular_entropy", structure.SingularEntropy(test.c), test.spread},
		} {
			if !same(m.got, m.want, 1e-9) {
				t.Errorf("%s: %s is %v, want %v", test.name, m.name, m.got, m.want)
			}
		}
	}
}

// Component by component, the spectrum is that of the whole matrix. There,
// defective zeros come out as large as the 1/n-th power of rounding: only clear
// moduli are compared.
func TestSpectrumOfWholeMatrix(t *testing.T) {
	moduli := func(t *rapid.T, a mat.Matrix) []float64 {
		var eigen mat.Eigen
		if !eigen.Factorize(a, mat.EigenNone) {
			t.Skip("eigenvalues were not found")
		}
		var all []float64
		for _, value := range eigen.Values(nil) {
			all = append(all, cmplx.Abs(value))
		}
		slices.Sort(all)
		return all
	}
	rapid.Check(t, func(t *rapid.T) {
		c := drawn(t, false)
		n := c.Len()
		if n < 2 {
			return
		}
		a := mat.NewDense(n, n, c.Dense(nil))
		all := moduli(t, a)
		radius, gap := structure.SpectralRadius(c), structure.SpectralGap(c)
		if second := radius - gap; second > .5 && !same(second, all[n-2], 1e-5) {
			t.Errorf("the second largest modulus is %v, of the whole matrix %v", second, all[n-2])
		}
		known := true
		for i, neuron := range c.Neurons() {
			known = known && (neuron.Sign != circuit.UnknownSign || len(c.CSR().Row(i)) == 0)
			for j := range n {
				a.Set(i, j, a.At(i, j)*float64(neuron.Sign))
			}
		}
		all = moduli(t, a)
		switch got := structure.SignedSpectralRadius(c); {
		case math.IsNaN(got) == known:
			t.Errorf("signed radius %v, but that all signs are known is %t", got, known)
		case known && got > .5 && !same(got, all[n-1], 1e-5):
			t.Errorf("signed radius %v, of the whole matrix %v", got, all[n-1])
		}
	})
}

// Singular values squared are the eigenvalues of AᵀA.
func TestSingularEntropyByProducts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawn(t, false)
		n := c.Len()
		if c.Edges() == 0 {
			if got := structure.SingularEntropy(c); !math.IsNaN(got) {
				t.Errorf("singular entropy without edges is %v", got)
			}
			return
		}
		a := mat.NewDense(n, n, c.Dense(nil))
		var product mat.SymDense
		product.SymOuterK(1, a)
		var eigen mat.EigenSym
		if !eigen.Factorize(&product, false) {
			t.Skip("eigenvalues were not found")
		}
		sum, want := 0.0, 0.0
		values := eigen.Values(nil)
		for k, value := range values {
			values[k] = math.Sqrt(max(0, value))
			sum += values[k]
		}
		for _, value := range values {
			if value > 0 {
				want -= value / sum * math.Log(value/sum)
			}
		}
		// Roots of rounded zeros are as large as 1e-7.
		if got := structure.SingularEntropy(c); !same(got, want/math.Log(float64(n)), 1e-5) {
			t.Errorf("singular entropy %v, by products %v", got, want/math.Log(float64(n)))
		}
	})
}

func ExampleSpectralGap() {
	// λ³ = λ + 1 has the plastic number ρ and a pair of modulus 1/√ρ.
	rho := structure.SpectralRadius(five())
	fmt.Printf("%.6f = %.6f − %.6f\n", structure.SpectralGap(five()), rho, 1/math.Sqrt(rho))
	// Output: 0.455881 = 1.324718 − 0.868837
}

func ExampleSingularEntropy() {
	// Rows 0 and 3 are apart from all others and have one entry each: singular
	// values 1 and 1. Rows 1 and 2 have products (2 1; 1 2): √3 and 1. Row 4 has 0.
	big, small := math.Sqrt(3)/(3+math.Sqrt(3)), 1/(3+math.Sqrt(3))
	fmt.Printf("%.4f = %.4f\n", structure.SingularEntropy(five()), -(big*math.Log(big)+3*small*math.Log(small))/math.Log(5))
	// Output: 0.8409 = 0.8409
}
