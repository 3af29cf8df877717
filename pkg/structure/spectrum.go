package structure

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack"
	"gonum.org/v1/gonum/lapack/lapack64"

	"github.com/cortigen/cortigen/pkg/circuit"
)

var spectrumMeasures = []Measure{
	{"spectral_radius", "1", 0, inf, "largest modulus of the eigenvalues of A; exactly 0 without a cycle", networks, cubic, AllRows, (*view).spectralRadius},
	{"spectral_gap", "1", 0, inf, "largest modulus of the eigenvalues of A less the second, each as often as it occurs", networks, cubic, AllRows, (*view).spectralGap},
	{"signed_spectral_radius", "1", 0, inf, "largest modulus of the eigenvalues of A with the rows of inhibitory neurons negative", "Dale's principle: Rajan & Abbott 2006, doi:10.1103/PhysRevLett.97.188104", cubic, AllRows, (*view).signedSpectralRadius},
	{"singular_entropy", "1", 0, 1, "entropy of the singular values of A over their sum, as a share of ln n", "Roy & Vetterli 2007, The effective rank, EUSIPCO; the share of ln n is ours", cubic, AllRows, (*view).singularEntropy},
}

// cubic says what n³ comes to with gonum's LAPACK on one core (ours).
const cubic = "n³: 5 s of 1,000 neurons, minutes of 3,000"

// spectrum holds moduli of eigenvalues, and the memory of finding them.
type spectrum struct {
	// largest and second are moduli, NaN where they were not found.
	largest, second float64
	known           bool

	members []int32 // of strongComponents
	ends    []int
	listed  bool

	place                    []int32
	a, real, imaginary, work []float64
}

// SpectralRadius returns the largest modulus of the eigenvalues of A, which is
// not symmetric. A circuit without a cycle has exactly 0: its matrix is
// nilpotent, which a numerical method would miss. NaN without neurons, where a
// row is unknown, or where the eigenvalues were not found.
//
// Eigenvalues of A are those of its strong components, one by one, since rows and
// columns can be put in an order that leaves nothing below the components'
// blocks. Neurons on no cycle add zeros. That is faster, and closer, than to ask
// for the eigenvalues of the whole: zeros that occur often come out as far off as
// the 1/k-th power of rounding.
func SpectralRadius(c *circuit.Circuit) float64 { return measured(c, (*view).spectralRadius) }

func (v *view) spectralRadius() float64 {
	if v.n == 0 || !v.whole {
		return math.NaN()
	}
	largest, _ := v.moduli()
	return largest
}

// SpectralGap returns the largest modulus of the eigenvalues of A less the
// second largest. Each counts as often as it occurs, and the two of a conjugate
// pair both: a ring has gap 0 (to rounding), and so has every circuit whose
// cycles' lengths have a common divisor. Exactly 0 without a cycle; NaN with
// fewer than two neurons, where a row is unknown, or where the eigenvalues were
// not found.
func SpectralGap(c *circuit.Circuit) float64 { return measured(c, (*view).spectralGap) }

func (v *view) spectralGap() float64 {
	if v.n < 2 || !v.whole {
		return math.NaN()
	}
	largest, second := v.moduli()
	return largest - second
}

// SignedSpectralRadius returns the largest modulus of the eigenvalues of S·A,
// where S is diagonal with the sign of every presynaptic neuron (Dale's
// principle): rows of inhibitory neurons are negative. Exactly 0 without a cycle;
// NaN where a neuron that has targets has no known sign, without neurons, where a
// row is unknown, or where the eigenvalues were not found.
func SignedSpectralRadius(c *circuit.Circuit) float64 {
	return measured(c, (*view).signedSpectralRadius)
}

func (v *view) signedSpectralRadius() float64 {
	if v.n == 0 || !v.whole {
		return math.NaN()
	}
	for i := range v.n {
		if v.c.Neuron(i).Sign == circuit.UnknownSign && len(v.c.CSR().Row(i)) > 0 {
			return math.NaN()
		}
	}
	largest, _ := v.largestTwo(func(i int32) float64 { return float64(v.c.Neuron(int(i)).Sign) })
	return largest
}

// moduli returns the two largest of A, which radius and gap share.
func (v *view) moduli() (largest, second float64) {
	s := &v.spectrum
	if !s.known {
		s.known = true
		s.largest, s.second = v.largestTwo(func(int32) float64 { return 1 })
	}
	return s.largest, s.second
}

// largestTwo returns the two largest moduli of the eigenvalues of A with rows
// times their weights; of one neuron the second is 0.
func (v *view) largestTwo(weight func(i int32) float64) (largest, second float64) {
	members, ends := v.strongComponents()
	for k := 1; k < len(ends); k++ {
		component := members[ends[k-1]:ends[k]]
		if len(component) == 1 {
			continue // no autapses, so no cycle
		}
		if !v.spectrum.eigenvalues(v.c.CSR(), component, weight) {
			return math.NaN(), math.NaN()
		}
		for k, re := range v.spectrum.real {
			modulus := math.Hypot(re, v.spectrum.imaginary[k])
			if modulus > largest {
				largest, modulus = modulus, largest
			}
			second = max(second, modulus)
		}
	}
	return largest, second
}

// strongComponents lists neurons by strong component: those of k are
// members[ends[k]:ends[k+1]].
func (v *view) strongComponents() (members []int32, ends []int) {
	s := &v.spectrum
	if s.listed {
		return s.members, s.ends
	}
	s.listed = true
	if v.strong.all(context.Background(), v.c.CSR()) != nil {
		return nil, nil // only a cancelled context is an error
	}
	count := int(v.strong.found)
	s.members, s.ends = cleared(s.members, v.n), cleared(s.ends, count+2)
	for _, rank := range v.strong.rank {
		s.ends[math.MaxInt32-rank+2]++
	}
	for k := range count {
		s.ends[k+1] += s.ends[k]
	}
	// Filling moves the beginning of each on to that of the next.
	for i, rank := range v.strong.rank {
		next := &s.ends[math.MaxInt32-rank+1]
		s.members[*next] = int32(i)
		*next++
	}
	s.ends = s.ends[:count+1]
	return s.members, s.ends
}

// eigenvalues finds those of a component into real and imaginary, and reports
// whether it could (QR algorithm of LAPACK's dgeev, by gonum).
func (s *spectrum) eigenvalues(g circuit.CSR, component []int32, weight func(i int32) float64) bool {
	n := len(component)
	s.place = cleared(s.place, g.Rows())
	for k, i := range component {
		s.place[i] = int32(k + 1)
	}
	s.a, s.real, s.imaginary = cleared(s.a, n*n), cleared(s.real, n), cleared(s.imaginary, n)
	for k, i := range component {
		for _, j := range g.Row(int(i)) {
			if l := s.place[j]; l > 0 {
				s.a[k*n+int(l)-1] = weight(i)
			}
		}
	}
	a, none := blas64.General{Rows: n, Cols: n, Stride: n, Data: s.a}, blas64.General{Stride: 1}
	ask := func(length int) int {
		return lapack64.Geev(lapack.LeftEVNone, lapack.RightEVNone, a, s.real, s.imaginary, none, none, s.work, length)
	}
	s.work = cleared(s.work, 1)
	ask(-1)
	s.work = cleared(s.work, int(s.work[0]))
	return ask(len(s.work)) == 0
}

// SingularEntropy returns the entropy of the singular values of A over their sum,
// p_k = σ_k/Σσ, as a share of its greatest value:
//
//	−Σ p_k ln p_k / ln n.
//
// It is 1 where all are equal, as of a ring, and 0 where only one is not 0, as
// where all targets are those of one neuron; exp(share·ln n) is the effective
// rank. NaN without edges, where a row is unknown, or where the singular values
// were not found.
//
// Roy & Vetterli 2007, "The effective rank", EUSIPCO; the share of ln n is ours.
func SingularEntropy(c *circuit.Circuit) float64 { return measured(c, (*view).singularEntropy) }

func (v *view) singularEntropy() float64 {
	if !v.whole || v.c.Edges() == 0 {
		return math.NaN()
	}
	s, n := &v.spectrum, v.n
	values, ok := s.singular(v.c, n)
	if !ok {
		return math.NaN()
	}
	// Small numbers first; those of rounding are added, but weigh nothing.
	slices.Sort(values)
	sum, entropy := 0.0, 0.0
	for _, value := range values {
		sum += value
	}
	for _, value := range values {
		if p := value / sum; p > 0 {
			entropy -= p * math.Log(p)
		}
	}
	return min(1, max(0, entropy/math.Log(float64(n))))
}

// singular finds the singular values of A (LAPACK's dgesvd, by gonum).
func (s *spectrum) singular(c *circuit.Circuit, n int) (values []float64, ok bool) {
	s.a, s.real = c.Dense(cleared(s.a, n*n)), cleared(s.real, n)
	a, none := blas64.General{Rows: n, Cols: n, Stride: n, Data: s.a}, blas64.General{Stride: 1}
	ask := func(length int) bool {
		return lapack64.Gesvd(lapack.SVDNone, lapack.SVDNone, a, none, none, s.real, s.work, length)
	}
	s.work = cleared(s.work, 1)
	ask(-1)
	s.work = cleared(s.work, int(s.work[0]))
	return s.real, ask(len(s.work))
}
