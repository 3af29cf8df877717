package steer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize"
)

// Expecter foretells measures of the circuits that a code decodes to, and how they
// change with it. A model of package graphvae does for measures that are smooth in
// the probabilities of edges, a Surrogate for those that it was taught.
type Expecter interface {
	// Expect returns, for each code, the expected value of every measure,
	// [codes][measures], and its gradient, [codes][measures][dimensions].
	Expect(ctx context.Context, codes [][]float64) (values [][]float64, gradients [][][]float64, err error)
	// Measures names them, in order.
	Measures() []string
}

// Gradient moves a code until the measures expected of it are as asked, by descent
// along their gradients: Gauss and Newton's steps for least squares, with a line search
// (Nocedal & Wright 2006, doi:10.1007/978-0-387-40065-5, ch. 10). With e(z) what is
// expected and t, h what is wanted, in sd of the reference, the loss is
//
//	Σ targets (e(z) − t)² + HoldWeight · Σ held (e(z) − h)² + PriorWeight · (|z|² + |z − start|²)
//
// outside an interval, and nothing inside. What the expectation missed at the
// start, where circuits were decoded, is taken for its bias everywhere. Outside the
// ball the square of the distance from it is added thirtyfold, and where that is
// not enough the code that was found is put back to the surface (ours).
//
// NewGradient puts a Corrected round it, which finds the bias where it counts.
type Gradient struct {
	Expecter  Expecter
	Reference Reference
	// Label is the name; empty means "gradient".
	Label string
	// HoldWeight of 0 means 1, PriorWeight of 0 means 0.001.
	HoldWeight, PriorWeight float64
	// Restarts is how many codes drawn from the prior are started from as well
	// where the start leads nowhere; 0 means 2, below 0 none. A round of correction
	// starts from the code of the one before.
	Restarts int
	// Iterations of descent from each; 0 means 30.
	Iterations int
	// anchored pulls to the start alone, not to the origin, so that what neither
	// targets nor held measures depend on stays where it was.
	anchored bool
}

// NewGradient returns the method that descends along the gradients of an expecter
// and corrects what it expects by what is decoded.
func NewGradient(g Rig, e Expecter) Corrected {
	base := Gradient{Expecter: e, Reference: g.Reference}
	return Corrected{Base: base, Rig: g, Label: base.Name()}
}

// Name returns the label.
func (m Gradient) Name() string { return cmp.Or(m.Label, "gradient") }

// Propose descends. A measure that is asked for or held and not expected, or an
// expectation that is not finite, is an error.
func (m Gradient) Propose(ctx context.Context, t Task, rng *rand.Rand) (Proposal, error) {
	d, err := m.descent(ctx, t)
	if err != nil {
		return Proposal{}, fmt.Errorf("steer: %s: %w", m.Name(), err)
	}
	begin, restarts := t.Start, cmp.Or(m.Restarts, 2)
	if t.near != nil {
		begin, restarts = t.near, 0
	}
	best, err := d.from(begin)
	if err != nil {
		return Proposal{}, fmt.Errorf("steer: %s: %w", m.Name(), err)
	}
	for k := 0; k < restarts && best.missed > HitWithin/2; k++ {
		other, err := d.from(FromPrior(len(t.Start), rng))
		if err != nil {
			return Proposal{}, fmt.Errorf("steer: %s: %w", m.Name(), err)
		}
		if other.loss < best.loss {
			best = other
		}
	}
	return Proposal{Code: best.code, Step: floats.Distance(best.code, t.Start, 2), OutOfReach: !(best.missed <= HitWithin)}, nil
}

// descent is one task's loss.
type descent struct {
	ctx      context.Context
	method   Gradient
	task     Task
	at       []int     // of the asked measures among those expected
	sd, bias []float64 // of the asked measures
	radius   float64
	been     []visit
}

// visit is what is expected of the asked measures at a code that was looked at.
type visit struct {
	z, values []float64
	gradients [][]float64
}

// slope is the loss at a code, its gradient, and its curvature as Gauss and Newton
// have it, which leaves out the curvature of what is expected: [dimensions],
// [dimensions, dimensions].
type slope struct {
	loss      float64
	gradient  []float64
	curvature *mat.SymDense
	missed    float64 // the largest miss of a target, in sd
}

// landing is where a descent ended.
type landing struct {
	code         []float64
	loss, missed float64 // missed is the largest miss of a target, in sd
}

func (m Gradient) descent(ctx context.Context, t Task) (*descent, error) {
	d := &descent{ctx: ctx, method: m, task: t, radius: Radius(len(t.Start))}
	known := m.Expecter.Measures()
	for _, name := range t.asked() {
		at := slices.Index(known, name)
		if at < 0 {
			return nil, fmt.Errorf("nothing is expected of %s, only of %q: learn a Surrogate of it", name, known)
		}
		d.at, d.sd = append(d.at, at), append(d.sd, m.Reference.sd(name))
	}
	expected, _, err := d.expect(t.Start)
	if err != nil {
		return nil, err
	}
	for i, name := range t.asked() {
		bias := t.before(name) - expected[i]
		if math.IsNaN(bias) {
			bias = 0 // circuits of the start lack the measure
		}
		d.bias = append(d.bias, bias)
	}
	return d, nil
}

// expect returns what is expected of the asked measures at a code, once for each
// code.
func (d *descent) expect(z []float64) (values []float64, gradients [][]float64, err error) {
	if k := slices.IndexFunc(d.been, func(v visit) bool { return slices.Equal(v.z, z) }); k >= 0 {
		return slices.Clone(d.been[k].values), d.been[k].gradients, nil
	}
	all, slopes, err := d.method.Expecter.Expect(d.ctx, [][]float64{z})
	if err != nil {
		return nil, nil, err
	}
	for i, at := range d.at {
		value, slope := all[0][at], slopes[0][at]
		if !finite(value) || !finite(norm(slope)) {
			return nil, nil, fmt.Errorf("what is expected of %s at %.3g is not finite", d.task.asked()[i], z)
		}
		values, gradients = append(values, value), append(gradients, slope)
	}
	d.been = append(d.been, visit{slices.Clone(z), slices.Clone(values), gradients})
	return values, gradients, nil
}

// loss at a code.
func (d *descent) loss(z []float64) (slope, error) {
	values, slopes, err := d.expect(z)
	if err != nil {
		return slope{}, err
	}
	floats.Add(values, d.bias)
	s := slope{gradient: make([]float64, len(z)), curvature: mat.NewSymDense(len(z), nil)}
	for i, miss := range d.task.misses(values) {
		weight := 1.
		if i >= len(d.task.Targets) {
			weight = cmp.Or(d.method.HoldWeight, 1)
		}
		if miss /= d.sd[i]; math.IsNaN(miss) {
			continue // held, but without spread or undefined at the start
		}
		if i < len(d.task.Targets) {
			s.missed = max(s.missed, math.Abs(miss))
			if miss == 0 {
				continue // within its interval, where nothing pulls
			}
		}
		s.loss += weight * miss * miss
		floats.AddScaled(s.gradient, 2*weight*miss/d.sd[i], slopes[i])
		s.curvature.SymRankOne(s.curvature, 2*weight/(d.sd[i]*d.sd[i]), mat.NewVecDense(len(z), slopes[i]))
	}
	prior := cmp.Or(d.method.PriorWeight, 1e-3)
	for k, v := range z {
		away := v - d.task.Start[k]
		if d.method.anchored {
			v = away
		}
		s.loss += prior * (v*v + away*away)
		s.gradient[k] += 2 * prior * (v + away)
		s.curvature.SetSym(k, k, s.curvature.At(k, k)+4*prior)
	}
	return s, nil
}

// Outside the ball (ours): the weight of the squared distance, and the distance in
// radii beyond which nothing is expected of codes any more.
const (
	fence    = 30
	farthest = 1.25
)

// fenced is the loss with what keeps codes inside. Codes that are far out, where a
// line search may look once, are taken for those less far in that direction.
func (d *descent) fenced(z []float64) (slope, error) {
	length := norm(z)
	beyond := length - d.radius
	if beyond <= 0 {
		return d.loss(z)
	}
	outward := floats.ScaleTo(make([]float64, len(z)), 1/length, z)
	at := z
	if length > farthest*d.radius {
		at = floats.ScaleTo(make([]float64, len(z)), farthest*d.radius, outward)
	}
	s, err := d.loss(at)
	if err != nil {
		return slope{}, err
	}
	if length > farthest*d.radius { // there it depends on the direction alone
		floats.AddScaled(s.gradient, -floats.Dot(s.gradient, outward), outward)
		floats.Scale(farthest*d.radius/length, s.gradient)
	}
	s.loss += fence * beyond * beyond
	floats.AddScaled(s.gradient, 2*fence*beyond, outward)
	s.curvature.SymRankOne(s.curvature, 2*fence, mat.NewVecDense(len(z), outward))
	return s, nil
}

// inside returns a code, put back to the surface if it is outside.
func (d *descent) inside(z []float64) []float64 {
	return floats.ScaleTo(make([]float64, len(z)), min(1, d.radius/max(norm(z), d.radius)), z)
}

// from descends from a code. Only what stops it early is an error: that a line
// search finds nothing lower is an end like any other.
func (d *descent) from(z []float64) (landing, error) {
	var fault error
	var at []float64 // the last place
	var there slope
	evaluate := func(z []float64) slope {
		if fault == nil && (at == nil || !slices.Equal(at, z)) {
			var s slope
			if s, fault = d.fenced(z); fault == nil {
				at, there = slices.Clone(z), s
			}
		}
		return there
	}
	problem := optimize.Problem{
		Func: func(z []float64) float64 { return evaluate(z).loss },
		Grad: func(gradient, z []float64) { copy(gradient, evaluate(z).gradient) },
		Hess: func(curvature *mat.SymDense, z []float64) {
			if s := evaluate(z); s.curvature != nil {
				curvature.CopySym(s.curvature)
			}
		},
		Status: func() (optimize.Status, error) {
			if fault = cmp.Or(fault, d.ctx.Err()); fault != nil {
				return optimize.Failure, fault
			}
			return optimize.NotTerminated, nil
		},
	}
	iterations := cmp.Or(d.method.Iterations, 30)
	settings := &optimize.Settings{
		MajorIterations: iterations, FuncEvaluations: 4 * iterations, GradientThreshold: 1e-3,
		Converger: &optimize.FunctionConverge{Absolute: 1e-4, Relative: 1e-3, Iterations: 2}, // a hundredth of an sd
	}
	end, err := optimize.Minimize(problem, z, settings, &optimize.Newton{Linesearcher: &optimize.Backtracking{}})
	if fault != nil {
		return landing{}, fault
	}
	if end == nil {
		return landing{}, cmp.Or(err, errors.New("the descent ended nowhere"))
	}
	ended, err := d.landing(d.inside(end.X))
	if err != nil {
		return landing{}, err
	}
	if began, err := d.landing(slices.Clone(z)); err != nil || began.loss < ended.loss {
		return began, err // putting back to the surface cost more than was won
	}
	return ended, nil
}

// landing says how good a code is.
func (d *descent) landing(code []float64) (landing, error) {
	s, err := d.loss(code)
	return landing{code, s.loss, s.missed}, err
}
