package steer

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/cortigen/cortigen/pkg/latent"
)

// Linear steps until the probes predict the targets, and no change of what is
// held. For one target that is along its direction with the held ones projected
// out; the direction is that of the probe's weights or, after Likely, the most
// probable one.
type Linear struct {
	probes map[string]latent.Probe
	names  []string
	dim    int
	root   *mat.Dense // square root of the codes' covariance; nil: the identity
}

// NewLinear takes one probe for each measure that may be asked for or held. Two
// probes of one measure, or of different dimension, are an error.
func NewLinear(probes ...latent.Probe) (Linear, error) {
	l := Linear{probes: make(map[string]latent.Probe, len(probes))}
	for _, p := range probes {
		if _, twice := l.probes[p.Measure]; twice {
			return Linear{}, fmt.Errorf("steer: linear: two probes of %s", p.Measure)
		}
		if first := probes[0]; len(p.Weights) != len(first.Weights) {
			return Linear{}, fmt.Errorf("steer: linear: the probe of %s has %d dimensions, that of %s has %d", p.Measure, len(p.Weights), first.Measure, len(first.Weights))
		}
		l.probes[p.Measure], l.dim = p, len(p.Weights)
		l.names = append(l.names, p.Measure)
	}
	return l, nil
}

// Likely returns the method that takes, of all code changes that move the target's
// probe by as much and the held ones' not at all, the one that is most probable
// among the given codes, [circuits][dimensions]: C·W·(Wᵀ·C·W)⁻¹·e, with W the
// weights and C the covariance of the codes. Weights are a filter: they tell what
// to read, suppressing what is common to several measures, and a step along them
// may leave where circuits lie. C·w is the pattern that goes with the measure
// (Haufe et al. 2014, doi:10.1016/j.neuroimage.2013.10.067); to hold measures in
// its metric is ours. Fewer than two codes, or codes of another dimension, are an
// error.
func (l Linear) Likely(codes [][]float64) (Linear, error) {
	if len(codes) < 2 {
		return Linear{}, fmt.Errorf("steer: likely: %d codes: a covariance takes two or more", len(codes))
	}
	x := mat.NewDense(len(codes), l.dim, nil)
	for i, code := range codes {
		if len(code) != l.dim {
			return Linear{}, fmt.Errorf("steer: likely: code %d has %d dimensions, the probes have %d", i, len(code), l.dim)
		}
		x.SetRow(i, code)
	}
	covariance := mat.NewSymDense(l.dim, nil)
	stat.CovarianceMatrix(covariance, x, nil)
	var eigen mat.EigenSym
	if !eigen.Factorize(covariance, true) {
		return Linear{}, errors.New("steer: likely: the covariance of the codes has no eigenvectors: are all codes finite?")
	}
	var vectors, scaled mat.Dense
	eigen.VectorsTo(&vectors)
	scaled.Apply(func(_, j int, v float64) float64 { return v * math.Sqrt(max(0, eigen.Values(nil)[j])) }, &vectors)
	l.root = new(mat.Dense)
	l.root.Mul(&scaled, vectors.T())
	return l, nil
}

// Name returns "linear" or, after Likely, "likely".
func (l Linear) Name() string {
	if l.root != nil {
		return "likely"
	}
	return "linear"
}

func (l Linear) probe(measure string) (latent.Probe, error) {
	p, ok := l.probes[measure]
	if !ok {
		return latent.Probe{}, fmt.Errorf("steer: linear: no probe of %s, only of %q", measure, l.names)
	}
	return p, nil
}

// Direction returns the way along which a measure grows while the probes of the
// held ones see nothing. It is an error where a probe is missing or has no
// slope, or where nothing is left of the direction.
func (l Linear) Direction(measure string, hold ...string) (latent.Direction, error) {
	directions := make([]latent.Direction, 0, 1+len(hold))
	for _, name := range append([]string{measure}, hold...) {
		d, err := l.stretched(name)
		if err != nil {
			return latent.Direction{}, err
		}
		directions = append(directions, d)
	}
	d, err := latent.Orthogonalise(directions[0], directions[1:]...)
	if err != nil {
		return latent.Direction{}, fmt.Errorf("steer: linear: %w", err)
	}
	return l.shrink(d), nil
}

// stretched returns the direction of a measure's probe in the coordinates of
// stretch.
func (l Linear) stretched(measure string) (latent.Direction, error) {
	p, err := l.probe(measure)
	if err != nil {
		return latent.Direction{}, err
	}
	d, err := p.Direction()
	if err != nil {
		return latent.Direction{}, fmt.Errorf("steer: linear: %w", err)
	}
	if d = l.stretch(d); !(d.PerStep > 0) {
		return latent.Direction{}, fmt.Errorf("steer: linear: the codes do not vary along the direction of %s", measure)
	}
	return d, nil
}

// stretch returns the direction in the coordinates y in which the codes, root·y,
// have unit covariance; shrink returns it to theirs.
func (l Linear) stretch(d latent.Direction) latent.Direction {
	if l.root == nil {
		return d
	}
	length := 0.
	d.Vector, length = l.throughRoot(d.Vector)
	d.PerStep *= length
	return d
}

func (l Linear) shrink(d latent.Direction) latent.Direction {
	if l.root == nil {
		return d
	}
	length := 0.
	d.Vector, length = l.throughRoot(d.Vector)
	d.PerStep /= length
	return d
}

// throughRoot returns root·v, scaled to length 1, and its length before that.
func (l Linear) throughRoot(v []float64) ([]float64, float64) {
	var y mat.VecDense
	y.MulVec(l.root, mat.NewVecDense(len(v), v))
	unit := slices.Clone(y.RawVector().Data)
	length := norm(unit)
	floats.Scale(1/length, unit)
	return unit, length
}

// Propose steps from the probes' predictions at the start to the targets; see
// aim. Of an interval it takes the nearest value.
func (l Linear) Propose(_ context.Context, t Task, _ *rand.Rand) (Proposal, error) {
	step, missed, err := l.aim(t)
	if err != nil {
		return Proposal{}, err
	}
	length := norm(step)
	if length == 0 {
		return Proposal{Code: slices.Clone(t.Start), OutOfReach: missed > HitWithin}, nil
	}
	sign := 1.
	if len(t.Targets) == 1 && floats.Dot(step, l.probes[t.Targets[0].Measure].Weights) < 0 {
		sign = -1 // a step of one target is counted along its direction
	}
	p := move(t.Start, floats.ScaleTo(make([]float64, len(step)), sign/length, step), sign*length)
	p.OutOfReach = p.OutOfReach || missed > HitWithin
	return p, nil
}
