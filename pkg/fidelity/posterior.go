package fidelity

import (
	"errors"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// cov2 is a symmetric matrix of two: sender, sender with receiver, receiver.
type cov2 struct{ ss, sr, rr float64 }

func (c cov2) det() float64 { return c.ss*c.rr - c.sr*c.sr }

func (c cov2) inverse() cov2 {
	d := c.det()
	return cov2{c.rr / d, -c.sr / d, c.ss / d}
}

func (c cov2) plus(o cov2, w float64) cov2 { return cov2{c.ss + w*o.ss, c.sr + w*o.sr, c.rr + w*o.rr} }

func (c cov2) times(w float64) cov2 { return cov2{c.ss * w, c.sr * w, c.rr * w} }

// effects is the law of one circuit's sender and receiver effects given what is
// known of its edges. Effects are laid out sender 0, receiver 0, sender 1, ….
type effects struct {
	*wiring
	x, y   []float64 // e^θ of both directions of every dyad without effects
	logX   float64   // log of the product of those of known edges
	mutual [ties]float64
	prior  [groups]cov2 // precisions
	// out and in count the known edges that leave and reach a neuron.
	out, in []float64
}

// newEffects takes the base log-odds of both directions of a dyad from base.
func newEffects(w *wiring, base func(d *dyad) (forth, back float64), rho [ties]float64, sigma [groups]cov2) *effects {
	e := &effects{wiring: w, x: make([]float64, len(w.dyads)), y: make([]float64, len(w.dyads)), out: make([]float64, w.n), in: make([]float64, w.n)}
	for k := range w.dyads {
		d := &w.dyads[k]
		forth, back := base(d)
		e.x[k], e.y[k] = math.Exp(forth), math.Exp(back)
		if d.forth == present {
			e.logX += forth
			e.out[d.i]++
			e.in[d.j]++
		}
		if d.back == present {
			e.logX += back
			e.out[d.j]++
			e.in[d.i]++
		}
	}
	for k, r := range rho {
		e.mutual[k] = math.Exp(r)
	}
	for g, s := range sigma {
		e.prior[g] = s.inverse()
	}
	return e
}

// exponentials returns e^effect.
func exponentials(u []float64, into []float64) []float64 {
	for k, v := range u {
		into[k] = math.Exp(v)
	}
	return into
}

// each calls f for every dyad with its e^θ and e^θ', effects included, from
// exponentials of effects.
func (e *effects) each(exp []float64, f func(d *dyad, x, y, m float64)) {
	for k := range e.dyads {
		d := &e.dyads[k]
		f(d, e.x[k]*exp[2*d.i]*exp[2*d.j+1], e.y[k]*exp[2*d.j]*exp[2*d.i+1], e.mutual[d.tie])
	}
}

// logLikelihood of what is known, given effects; scratch has their size.
func (e *effects) logLikelihood(u, scratch []float64) float64 {
	exp := exponentials(u, scratch)
	sum := newLogProduct()
	e.each(exp, func(d *dyad, x, y, m float64) { sum.times(chance(d, x, y, m)) })
	total := e.logX + sum.value()
	for i := range e.n {
		total += e.out[i]*u[2*i] + e.in[i]*u[2*i+1]
	}
	return total
}

// logPrior of effects, without the −n·log 2π that a Gaussian proposal has too.
func (e *effects) logPrior(u []float64) float64 {
	sum := 0.
	for i := range e.n {
		p, s, r := e.prior[e.group[i]], u[2*i], u[2*i+1]
		sum += math.Log(p.det())/2 - (p.ss*s*s+2*p.sr*s*r+p.rr*r*r)/2
	}
	return sum
}

// posterior is the Gaussian about the most probable effects whose precision is
// the information there: Laplace's approximation.
type posterior struct {
	*effects
	mode  []float64
	upper *mat.TriDense // U, precision = UᵀU
	// logDet is that of the precision, halved.
	logDet float64
}

var errNotPositive = errors.New("the information about the effects is not positive definite: the likelihood overflowed")

const (
	newtonSteps = 60
	// newtonEnd is the largest move, in log-odds, at which the mode counts as
	// found (ours): a hundredth of a posterior's usual sd of about .3.
	newtonEnd = 3e-3
)

// posterior climbs from the given effects, or from 0 where there are none, by
// Newton's method with the expected information, halving steps that lead down.
func (e *effects) posterior(from []float64) (*posterior, error) {
	size := 2 * e.n
	p := &posterior{effects: e, mode: make([]float64, size)}
	copy(p.mode, from)
	scratch, trial := make([]float64, size), make([]float64, size)
	var chol mat.Cholesky
	gradient, step := make([]float64, size), mat.NewVecDense(max(1, size), nil)
	if size == 0 {
		return p, nil
	}
	height := e.logLikelihood(p.mode, scratch) + e.logPrior(p.mode)
	for range newtonSteps {
		if !chol.Factorize(e.derivatives(p.mode, scratch, gradient)) {
			return nil, errNotPositive
		}
		if err := chol.SolveVecTo(step, mat.NewVecDense(size, gradient)); err != nil {
			return nil, errNotPositive
		}
		move := step.RawVector().Data
		largest := floats.Norm(move, math.Inf(1))
		scale := min(1, 3/max(largest, 1e-12))
		for halvings := 0; ; halvings++ {
			floats.AddScaledTo(trial, p.mode, scale, move)
			at := e.logLikelihood(trial, scratch) + e.logPrior(trial)
			if at >= height || halvings == 20 {
				height = at
				break
			}
			scale /= 2
		}
		copy(p.mode, trial)
		if largest < newtonEnd {
			break
		}
	}
	// The information is that of one last, small step ago: it makes a proposal,
	// whose weights count what it lacks.
	p.upper = mat.NewTriDense(size, mat.Upper, nil)
	chol.UTo(p.upper)
	p.logDet = chol.LogDet() / 2
	return p, nil
}

// derivatives fills in the gradient of log-likelihood and log-prior, and returns
// the information.
func (e *effects) derivatives(u, scratch, gradient []float64) *mat.SymDense {
	size := 2 * e.n
	h := make([]float64, size*size)
	for i := range e.n {
		p, s, r := e.prior[e.group[i]], u[2*i], u[2*i+1]
		gradient[2*i], gradient[2*i+1] = -p.ss*s-p.sr*r, -p.sr*s-p.rr*r
		h[2*i*size+2*i], h[2*i*size+2*i+1], h[(2*i+1)*size+2*i+1] = p.ss, p.sr, p.rr
	}
	e.each(exponentials(u, scratch), func(d *dyad, x, y, m float64) {
		t := slopeOf(d, x, y, m)
		// θ holds the sender effect of i and the receiver effect of j, θ' the others.
		si, ri, sj, rj := 2*int(d.i), 2*int(d.i)+1, 2*int(d.j), 2*int(d.j)+1
		gradient[si] += t.by[0]
		gradient[rj] += t.by[0]
		gradient[sj] += t.by[1]
		gradient[ri] += t.by[1]
		forth, across, back := t.info[0], t.info[1], t.info[3]
		h[si*size+si] += forth
		h[rj*size+rj] += forth
		h[si*size+rj] += forth
		h[sj*size+sj] += back
		h[ri*size+ri] += back
		h[ri*size+sj] += back
		h[si*size+sj] += across
		h[si*size+ri] += across
		h[sj*size+rj] += across
		h[ri*size+rj] += across
	})
	return mat.NewSymDense(size, h) // reads the upper triangle
}

// sample holds draws of effects with their importance weights.
type sample struct {
	effects [][]float64
	// logWeight is log p(known, effects) − log q(effects).
	logWeight []float64
}

// draw samples the Gaussian.
func (p *posterior) draw(draws int, rng *rand.Rand) sample {
	s := sample{effects: make([][]float64, draws), logWeight: make([]float64, draws)}
	scratch := make([]float64, len(p.mode))
	for k := range s.effects {
		u := make([]float64, len(p.mode))
		square := 0.
		for l := range u {
			u[l] = rng.NormFloat64()
			square += u[l] * u[l]
		}
		if len(u) > 0 {
			blas64.Trsv(blas.NoTrans, p.upper.RawTriangular(), blas64.Vector{N: len(u), Inc: 1, Data: u})
			floats.Add(u, p.mode)
		}
		s.effects[k] = u
		s.logWeight[k] = p.logLikelihood(u, scratch) + p.logPrior(u) - p.logDet + square/2
	}
	return s
}

// weigh returns the log weight of given effects.
func (p *posterior) weigh(u []float64) float64 {
	off, turned := mat.NewVecDense(len(u), nil), mat.NewVecDense(len(u), nil)
	floats.SubTo(off.RawVector().Data, u, p.mode)
	turned.MulVec(p.upper, off)
	return p.logLikelihood(u, make([]float64, len(u))) + p.logPrior(u) - p.logDet + mat.Dot(turned, turned)/2
}

// weights returns the importance weights with sum 1, the log of their mean, and
// the effective sample size (Σw)²/Σw².
func (s sample) weights() (w []float64, logMean, effective float64) {
	top := floats.Max(s.logWeight)
	w = make([]float64, len(s.logWeight))
	if math.IsInf(top, -1) || math.IsNaN(top) {
		return w, math.Inf(-1), 0
	}
	sum, squares := 0., 0.
	for k, l := range s.logWeight {
		w[k] = math.Exp(l - top)
		sum += w[k]
		squares += w[k] * w[k]
	}
	floats.Scale(1/sum, w)
	return w, top + math.Log(sum/float64(len(w))), sum * sum / squares
}
