package steer

import (
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/cortigen/cortigen/pkg/latent"
)

// Kit is what was learned of a decoder, in a form that package artifact keeps: what
// Linear and Surrogate answer from, and how far measures reach. With it another
// process steers at once.
type Kit struct {
	Reference Reference `json:"reference"`
	// Probes, and the square root of the covariance of codes after Linear.Likely,
	// [dimensions][dimensions].
	Probes []latent.Probe `json:"probes"`
	Root   [][]float64    `json:"root,omitempty"`
	// Learned by the surrogate, one for each measure that it knows.
	Learned []Learned `json:"learned"`
	Reach   []Reach   `json:"reach"`
}

// Learned is what a surrogate knows of one measure.
type Learned struct {
	Lesson Lesson `json:"lesson"`
	// Codes that were learned from, the means there and over how many circuits.
	Codes  [][]float64 `json:"codes"`
	Values []float64   `json:"values"`
	N      []float64   `json:"n"`
	// Kernel has the parameters that were found: linear, quadratic, bump, length and
	// noise; empty of a measure that never varies.
	Kernel []float64 `json:"kernel,omitempty"`
}

// NewKit takes apart what was learned.
func NewKit(r Reference, l Linear, s *Surrogate, reach []Reach) Kit {
	k := Kit{Reference: r, Reach: reach}
	for _, name := range l.names {
		k.Probes = append(k.Probes, l.probes[name])
	}
	if l.root != nil {
		for i := range l.dim {
			k.Root = append(k.Root, mat.Row(nil, i, l.root))
		}
	}
	for j, g := range s.of {
		one := Learned{Lesson: s.lessons[j], Codes: g.codes, Values: g.values, N: g.n}
		if p := g.kernel; g.factor != nil {
			one.Kernel = []float64{p.linear, p.quadratic, p.bump, p.length, p.noise}
		}
		k.Learned = append(k.Learned, one)
	}
	return k
}

// Linear returns the method as it was. Parts that do not fit each other are an
// error.
func (k Kit) Linear() (Linear, error) {
	l, err := NewLinear(k.Probes...)
	if err != nil || k.Root == nil {
		return l, err
	}
	if len(k.Root) != l.dim {
		return Linear{}, fmt.Errorf("steer: kit: a root of %d rows for probes of %d dimensions", len(k.Root), l.dim)
	}
	l.root = mat.NewDense(l.dim, l.dim, nil)
	for i, row := range k.Root {
		if len(row) != l.dim {
			return Linear{}, fmt.Errorf("steer: kit: row %d of the root has %d numbers, the probes have %d dimensions", i, len(row), l.dim)
		}
		l.root.SetRow(i, row)
	}
	return l, nil
}

// Surrogate returns it as it was, without searching for its parameters again. Parts
// that do not fit each other are an error.
func (k Kit) Surrogate() (*Surrogate, error) {
	var m Surrogate
	for _, one := range k.Learned {
		g, err := one.gaussian()
		if err != nil {
			return nil, fmt.Errorf("steer: kit: %s: %w", one.Lesson.Measure, err)
		}
		m.names, m.of, m.lessons = append(m.names, one.Lesson.Measure), append(m.of, g), append(m.lessons, one.Lesson)
	}
	if len(m.of) == 0 {
		return nil, fmt.Errorf("steer: kit: nothing was learned")
	}
	return &m, nil
}

func (l Learned) gaussian() (*gaussian, error) {
	if len(l.Codes) == 0 || len(l.Values) != len(l.Codes) || len(l.N) != len(l.Codes) {
		return nil, fmt.Errorf("%d codes, %d values, %d counts", len(l.Codes), len(l.Values), len(l.N))
	}
	if i := slices.IndexFunc(l.Codes, func(c []float64) bool { return len(c) != len(l.Codes[0]) }); i >= 0 {
		return nil, fmt.Errorf("code %d has %d dimensions, the first %d", i, len(l.Codes[i]), len(l.Codes[0]))
	}
	switch p := l.Kernel; len(p) {
	case 0:
		return constant(l.Codes[0], l.Values[0]), nil
	case 5:
		return gaussianWith(kernel{p[0], p[1], p[2], p[3], p[4]}, l.Codes, l.Values, l.N)
	}
	return nil, fmt.Errorf("a kernel of %d parameters: it has 5", len(l.Kernel))
}
