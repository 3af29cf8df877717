package steer

import (
	"errors"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize"
	"gonum.org/v1/gonum/stat"
)

// gaussian is a Gaussian process regression (Rasmussen & Williams 2006, Gaussian
// Processes for Machine Learning, chapters 2 and 5) with the kernel
//
//	k(a, b) = 1 + linear²·a·b + quadratic²·(a·b)² + bump²·exp(−|a − b|²/2·length²)
//
// on standardised values, and noise²/n at a mean over n samples, in units of that
// at the mean n. Without bumps it is a quadratic ridge regression, whose penalties
// the marginal likelihood chooses; the bumps are for what is not quadratic (the
// choice of kernel is ours).
type gaussian struct {
	codes     [][]float64
	values, n []float64 // at the codes, over so many samples
	kernel    kernel
	mean, sd  float64 // of the values
	alpha     *mat.VecDense
	factor    *mat.Cholesky // nil: all values were the same
}

// constant expects one value everywhere, in as many dimensions as a code has.
func constant(code []float64, value float64) *gaussian {
	return &gaussian{codes: [][]float64{code}, values: []float64{value}, n: []float64{1}, mean: value}
}

// kernel is the parameters.
type kernel struct{ linear, quadratic, bump, length, noise float64 }

// first are the parameters that the search begins at, in dim dimensions: functions
// whose linear part explains half of the values' variance.
func first(dim int) kernel {
	d := float64(dim)
	return kernel{linear: .7 / math.Sqrt(d), quadratic: .3 / d, bump: .5, length: 1.5 * math.Sqrt(d), noise: .3}
}

// searchSteps bounds the evaluations of the marginal likelihood (ours).
const searchSteps = 160

// newGaussian fits to values at codes that were averaged over n samples each. The
// parameters are those of the greatest marginal likelihood times a lognormal prior
// round those of first, with sd 2 of their logarithms.
func newGaussian(codes [][]float64, values, n []float64) (*gaussian, error) {
	g, err := standardised(codes, values, n)
	if err != nil {
		return nil, err
	}
	start := first(len(codes[0]))
	problem := optimize.Problem{Func: func(x []float64) float64 {
		k := start.scaled(x)
		factor, ok := k.factor(g.products, g.noise)
		if !ok {
			return math.Inf(1)
		}
		var alpha mat.VecDense
		if factor.SolveVecTo(&alpha, g.y) != nil {
			return math.Inf(1)
		}
		return (mat.Dot(&alpha, g.y)+factor.LogDet())/2 + floats.Dot(x, x)/8
	}}
	settings := &optimize.Settings{FuncEvaluations: searchSteps, Converger: &optimize.FunctionConverge{Absolute: .01, Iterations: 20}}
	end, err := optimize.Minimize(problem, make([]float64, 5), settings, &optimize.NelderMead{})
	if end == nil {
		return nil, err
	}
	return g.with(start.scaled(end.X))
}

// gaussianWith fits with parameters that are known.
func gaussianWith(k kernel, codes [][]float64, values, n []float64) (*gaussian, error) {
	g, err := standardised(codes, values, n)
	if err != nil {
		return nil, err
	}
	return g.with(k)
}

// lesson is what a process is fitted to: values as standard scores, products of
// codes, and the relative variance of each value's noise.
type lesson struct {
	*gaussian
	y        *mat.VecDense
	products *mat.SymDense
	noise    []float64
}

func standardised(codes [][]float64, values, n []float64) (lesson, error) {
	l := lesson{gaussian: &gaussian{codes: codes, values: values, n: n}, products: mat.NewSymDense(len(codes), nil)}
	l.mean, l.sd = stat.MeanStdDev(values, nil)
	if len(values) < 2 || !(l.sd > 0) {
		return lesson{}, errors.New("the values do not vary")
	}
	y := make([]float64, len(values))
	for i, v := range values {
		y[i] = (v - l.mean) / l.sd
		l.noise = append(l.noise, stat.Mean(n, nil)/n[i])
	}
	l.y = mat.NewVecDense(len(y), y)
	for i, a := range codes {
		for j := range i + 1 {
			l.products.SetSym(i, j, floats.Dot(a, codes[j]))
		}
	}
	return l, nil
}

// with completes the process.
func (l lesson) with(k kernel) (*gaussian, error) {
	g := l.gaussian
	factor, ok := k.factor(l.products, l.noise)
	if !ok {
		return nil, errors.New("the covariance of the values is not positive: are codes finite?")
	}
	g.kernel, g.factor, g.alpha = k, factor, new(mat.VecDense)
	if err := factor.SolveVecTo(g.alpha, l.y); err != nil {
		return nil, err
	}
	return g, nil
}

// scaled multiplies the parameters by e to the x.
func (k kernel) scaled(x []float64) kernel {
	return kernel{k.linear * math.Exp(x[0]), k.quadratic * math.Exp(x[1]), k.bump * math.Exp(x[2]), k.length * math.Exp(x[3]), k.noise * math.Exp(x[4])}
}

// of returns the kernel of two codes, of their products with each other and
// themselves, and its bump.
func (k kernel) of(ab, aa, bb float64) (value, bump float64) {
	bump = k.bump * k.bump * math.Exp(-max(0, aa+bb-2*ab)/(2*k.length*k.length))
	return 1 + k.linear*k.linear*ab + k.quadratic*k.quadratic*ab*ab + bump, bump
}

// factor returns the covariance of values at codes with these products.
func (k kernel) factor(products *mat.SymDense, noise []float64) (*mat.Cholesky, bool) {
	n := len(noise)
	c := mat.NewSymDense(n, nil)
	for i := range n {
		for j := range i + 1 {
			value, _ := k.of(products.At(i, j), products.At(i, i), products.At(j, j))
			c.SetSym(i, j, value)
		}
		c.SetSym(i, i, c.At(i, i)+k.noise*k.noise*noise[i]+1e-8)
	}
	var factor mat.Cholesky
	return &factor, factor.Factorize(c)
}

// at returns the expected value at a code, its gradient, and the sd of the mean
// over as many samples as those learned from, what is not known of the function
// and what is chance of samples together.
func (g *gaussian) at(z []float64) (value float64, gradient []float64, sd float64) {
	if g.factor == nil {
		return g.mean, make([]float64, len(z)), 0
	}
	k := g.kernel
	zz := floats.Dot(z, z)
	to := mat.NewVecDense(len(g.codes), nil)
	gradient = make([]float64, len(z))
	for i, code := range g.codes {
		zc := floats.Dot(z, code)
		covariance, bump := k.of(zc, zz, floats.Dot(code, code))
		to.SetVec(i, covariance)
		a := g.alpha.AtVec(i)
		pull := bump / (k.length * k.length)
		floats.AddScaled(gradient, a*(k.linear*k.linear+2*k.quadratic*k.quadratic*zc+pull), code)
		floats.AddScaled(gradient, -a*pull, z)
	}
	floats.Scale(g.sd, gradient)
	var solved mat.VecDense
	own, _ := k.of(zz, zz, zz)
	variance := own + k.noise*k.noise
	if err := g.factor.SolveVecTo(&solved, to); err == nil {
		variance -= mat.Dot(&solved, to)
	}
	return g.mean + g.sd*mat.Dot(to, g.alpha), gradient, g.sd * math.Sqrt(max(variance, k.noise*k.noise))
}
