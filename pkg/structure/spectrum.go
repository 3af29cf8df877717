package structure

import (
	"math"
	"math/cmplx"

	"gonum.org/v1/gonum/mat"

	"github.com/cortigen/cortigen/pkg/circuit"
)

var spectrumMeasures = []Measure{
	{"spectral_radius", "1", 0, inf, "largest modulus of the eigenvalues of A; exactly 0 without a cycle", "", "n³", AllRows, ofCircuit(SpectralRadius)},
}

// SpectralRadius returns the largest modulus of the eigenvalues of A, which is
// not symmetric. A circuit without a cycle has exactly 0: its matrix is
// nilpotent, which a numerical method would miss. NaN without neurons, where a
// row is unknown, or where the eigenvalues were not found.
func SpectralRadius(c *circuit.Circuit) float64 {
	if c.Len() == 0 || !c.FullyObserved() {
		return math.NaN()
	}
	core := cyclicCore(c)
	if len(core) == 0 {
		return 0
	}
	// Neurons outside the core lie on no cycle and add only zeros.
	a := mat.NewDense(len(core), len(core), nil)
	for k, i := range core {
		for l, j := range core {
			if c.Has(i, j) {
				a.Set(k, l, 1)
			}
		}
	}
	var eigen mat.Eigen
	if !eigen.Factorize(a, mat.EigenNone) {
		return math.NaN()
	}
	radius := 0.0
	for _, value := range eigen.Values(nil) {
		radius = max(radius, cmplx.Abs(value))
	}
	return radius
}

// cyclicCore strips neurons without a source or without a target until none is
// left to strip. Every cycle survives; nothing survives without one.
func cyclicCore(c *circuit.Circuit) []int {
	rows := c.CSR()
	columns := rows.Transpose()
	in, out := c.InDegrees(), c.OutDegrees()
	gone := make([]bool, c.Len())
	var pending []int
	for i := range gone {
		if in[i] == 0 || out[i] == 0 {
			gone[i] = true
			pending = append(pending, i)
		}
	}
	for len(pending) > 0 {
		i := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		strip := func(j int32, degree []int) {
			if degree[j]--; degree[j] == 0 && !gone[j] {
				gone[j] = true
				pending = append(pending, int(j))
			}
		}
		for _, j := range rows.Row(i) {
			strip(j, in)
		}
		for _, j := range columns.Row(i) {
			strip(j, out)
		}
	}
	var core []int
	for i, g := range gone {
		if !g {
			core = append(core, i)
		}
	}
	return core
}
