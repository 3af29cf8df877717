package structure

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/lapack/lapack64"

	"github.com/cortigen/cortigen/pkg/circuit"
)

var flowMeasures = []Measure{
	{"trophic_coherence", "1", 0, 1, "1 − F₀: how nearly every edge goes one level up", "MacKay, Johnson & Sansom 2020, doi:10.1098/rsos.201138", "n³", AllRows, (*view).trophicCoherence},
	{"downward_share", "1", 0, 1, "share of edges whose post is deeper than its pre, of those with both depths known", "ours", "n+m", KnownRows, (*view).downwardShare},
	{"depth_step", "µm", -inf, inf, "mean over edges of the depth of post less that of pre", "ours", "n+m", KnownRows, (*view).depthStep},
}

// TrophicLevels returns for every neuron its level h in the flow along edges: the
// h for which Σ (h_post − h_pre − 1)² over edges is least, so that edges go one
// level up as nearly as can be. They solve Λh = v, where v is in-degree less
// out-degree and Λ the Laplacian of A + Aᵀ. Levels of a weak component are known
// up to a constant; its lowest is put at 0, and so is a neuron without edges. In
// a circuit of layers each of which feeds the next they are the layers; in a ring
// all are 0. All are NaN where a row is unknown.
//
// MacKay, Johnson & Sansom 2020, doi:10.1098/rsos.201138.
// (Levine's older trophic levels need a neuron without sources, which circuits
// seldom have.)
//
// In O(n³) time and n² memory, up to a thousand neurons by Cholesky's
// decomposition; in larger circuits by conjugate gradients, in O(n+m) memory, to
// about ten digits.
func TrophicLevels(c *circuit.Circuit) []float64 {
	return measured(c, func(v *view) []float64 { return slices.Clone(v.trophicLevels()) })
}

// directly is up to how many neurons levels are found by decomposition.
const directly = 1 << 10

// trophic is the memory of levels.
type trophic struct {
	degree    []float64 // u: in- and out-degree together
	level     []float64 // first v, then h
	pinned    []bool    // the first neuron of a weak component
	lowest    []float64 // by root of a weak component
	laplacian []float64 // [n, n]
	gradients gradients
}

func (v *view) trophicLevels() []float64 {
	t := &v.trophic
	t.level = cleared(t.level, v.n)
	if !v.whole {
		for i := range t.level {
			t.level[i] = math.NaN()
		}
		return t.level
	}
	t.imbalance(v.c.CSR())
	components := v.weak()
	t.pinned, t.lowest = cleared(t.pinned, v.n), cleared(t.lowest, v.n)
	for i := range v.n {
		// A level is free in every component: that of its first neuron is 0.
		if components.root(int32(i)) == int32(i) {
			t.pinned[i], t.level[i] = true, 0
		}
	}
	if v.n <= directly {
		t.decompose(v.c.CSR())
	} else {
		t.gradients.solve(t, v.c.CSR())
	}
	for i, h := range t.level {
		root := components.root(int32(i))
		t.lowest[root] = min(t.lowest[root], h)
	}
	for i := range t.level {
		t.level[i] -= t.lowest[components.root(int32(i))]
	}
	return t.level
}

// imbalance fills u and v.
func (t *trophic) imbalance(g circuit.CSR) {
	t.degree = cleared(t.degree, g.Rows())
	for i := range t.degree {
		row := g.Row(i)
		t.degree[i] += float64(len(row))
		t.level[i] -= float64(len(row))
		for _, j := range row {
			t.degree[j]++
			t.level[j]++
		}
	}
}

// decompose solves Λh = v with the rows and columns of pinned neurons left out,
// which makes Λ positive definite.
func (t *trophic) decompose(g circuit.CSR) {
	n := len(t.level)
	if n == 0 {
		return
	}
	t.laplacian = cleared(t.laplacian, n*n)
	for i := range n {
		t.laplacian[i*n+i] = t.degree[i]
		if t.pinned[i] {
			t.laplacian[i*n+i] = 1
			continue
		}
		for _, j := range g.Row(i) {
			if !t.pinned[j] {
				low, high := min(i, int(j)), max(i, int(j))
				t.laplacian[low*n+high]--
			}
		}
	}
	factor, ok := lapack64.Potrf(blas64.Symmetric{Uplo: blas.Upper, N: n, Stride: n, Data: t.laplacian})
	if !ok {
		panic("structure: trophic levels: the pinned Laplacian is not positive definite") // cannot happen: it is weakly diagonally dominant, and strictly so beside a pinned neuron
	}
	lapack64.Potrs(factor, blas64.General{Rows: n, Cols: 1, Stride: 1, Data: t.level})
}

// gradients is the memory of conjugate gradients, Hestenes & Stiefel 1952,
// doi:10.6028/jres.049.044, with the diagonal as preconditioner.
type gradients struct {
	solution, residual, scaled, direction, image []float64
}

// solve puts h in the place of v. The residual falls to 10⁻¹³ of v, or as far as
// 20n steps take it.
func (s *gradients) solve(t *trophic, g circuit.CSR) {
	n := len(t.level)
	s.solution, s.residual = cleared(s.solution, n), append(s.residual[:0], t.level...)
	s.scaled, s.direction, s.image = resized(s.scaled, n), cleared(s.direction, n), resized(s.image, n)
	enough := 1e-13 * floats.Norm(s.residual, 2)
	before := 1.0
	for range 20 * n {
		if floats.Norm(s.residual, 2) <= enough {
			break
		}
		for i, r := range s.residual {
			s.scaled[i] = r / max(1, t.degree[i])
		}
		now := floats.Dot(s.residual, s.scaled)
		floats.Scale(now/before, s.direction)
		floats.Add(s.direction, s.scaled)
		before = now
		t.multiply(g, s.image, s.direction)
		step := now / floats.Dot(s.direction, s.image)
		floats.AddScaled(s.solution, step, s.direction)
		floats.AddScaled(s.residual, -step, s.image)
	}
	copy(t.level, s.solution)
}

// multiply sets y to Λx without the pinned.
func (t *trophic) multiply(g circuit.CSR, y, x []float64) {
	floats.MulTo(y, t.degree, x)
	for i := range y {
		for _, j := range g.Row(i) {
			y[i] -= x[j]
			y[j] -= x[i]
		}
	}
	for i, pinned := range t.pinned {
		if pinned {
			y[i] = 0
		}
	}
}

// TrophicCoherence returns 1 − F₀, with F₀ the mean over edges of
// (h_post − h_pre − 1)² at the levels of TrophicLevels: 1 where every edge goes
// exactly one level up, 0 where every neuron has as many sources as targets, as
// in a ring. NaN without edges or where a row is unknown. MacKay, Johnson &
// Sansom 2020, doi:10.1098/rsos.201138.
func TrophicCoherence(c *circuit.Circuit) float64 { return measured(c, (*view).trophicCoherence) }

func (v *view) trophicCoherence() float64 {
	if !v.whole || v.c.Edges() == 0 {
		return math.NaN()
	}
	level := v.trophicLevels()
	sum := 0.0
	for i := range v.n {
		for _, j := range v.c.CSR().Row(i) {
			off := level[j] - level[i] - 1
			sum += off * off
		}
	}
	return max(0, 1-sum/float64(v.c.Edges())) // a last bit may be below 0
}

// DownwardShare returns the share of edges whose postsynaptic neuron is deeper
// than its presynaptic one, of the edges of observed rows between neurons of
// known position; NaN without one. An edge between equal depths is not downward:
// where there is none the share of upward edges is 1 less this.
func DownwardShare(c *circuit.Circuit) float64 { return measured(c, (*view).downwardShare) }

func (v *view) downwardShare() float64 {
	p := v.placed()
	return ratio(float64(p.downward), float64(p.edges))
}

// DepthStep returns the mean over edges of the depth of the postsynaptic neuron
// less that of the presynaptic one, in µm: above 0 where edges lead downwards.
// Edges are those of DownwardShare.
func DepthStep(c *circuit.Circuit) float64 { return measured(c, (*view).depthStep) }

func (v *view) depthStep() float64 {
	p := v.placed()
	return ratio(p.steps, float64(p.edges))
}
