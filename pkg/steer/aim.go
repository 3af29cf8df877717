package steer

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/cortigen/cortigen/pkg/latent"
)

// aim returns the shortest step after which the probes of the held measures
// predict the changes that are wanted of these (none, unless a correction asks
// for one) and, as far as that leaves a choice, those of the targets predict them
// with least squares. Missed is the largest miss that the probes predict, in their
// sd: more than rounding where targets depend on each other or on what is held.
// Shortest is in prior sd or, after Likely, in sd of the codes.
func (l Linear) aim(t Task) (step []float64, missed float64, err error) {
	if len(t.Start) != l.dim {
		return nil, 0, fmt.Errorf("steer: linear: the start has %d dimensions, the probes have %d", len(t.Start), l.dim)
	}
	held, kept, err := l.slopes(t.Hold, func(i int, p latent.Probe) float64 {
		if change := t.Keep[i] - t.before(p.Measure); !math.IsNaN(change) {
			return change
		}
		return 0
	})
	if err != nil {
		return nil, 0, err
	}
	asked, wanted, err := l.slopes(t.Measures(), func(i int, p latent.Probe) float64 {
		return -t.Targets[i].Miss(p.Intercept + floats.Dot(p.Weights, t.Start))
	})
	if err != nil {
		return nil, 0, err
	}
	y := make([]float64, l.dim)
	basis, err := solve(y, held, kept, nil)
	if err != nil {
		return nil, 0, err
	}
	if _, err := solve(y, asked, wanted, basis); err != nil {
		return nil, 0, err
	}
	for i, slope := range asked {
		missed = max(missed, math.Abs(floats.Dot(slope, y)-wanted[i]))
	}
	return l.fromStretched(y), missed, nil
}

// slopes returns, of the probe of each measure, its slope in the coordinates of
// stretch and the change that is wanted of it, both in sd of the probe.
func (l Linear) slopes(measures []string, change func(i int, p latent.Probe) float64) (slopes [][]float64, changes []float64, err error) {
	for i, name := range measures {
		d, err := l.stretched(name)
		if err != nil {
			return nil, nil, err
		}
		slopes = append(slopes, floats.ScaleTo(make([]float64, l.dim), d.PerStep, d.Vector))
		p := l.probes[name]
		changes = append(changes, change(i, p)/p.SD)
	}
	return slopes, changes, nil
}

// fromStretched returns the code step of one in the coordinates of stretch.
func (l Linear) fromStretched(y []float64) []float64 {
	if l.root == nil {
		return y
	}
	var step mat.VecDense
	step.MulVec(l.root, mat.NewVecDense(len(y), y))
	return step.RawVector().Data
}

// solve adds to y the shortest x that solves slopes·(y + x) = wanted with least
// squares among those orthogonal to a basis, and returns an orthonormal basis of
// the slopes. Of a slope that lies all but within the basis nothing is asked.
func solve(y []float64, slopes [][]float64, wanted []float64, without [][]float64) (basis [][]float64, err error) {
	if len(slopes) == 0 {
		return nil, nil
	}
	dim := len(y)
	rest, right := mat.NewDense(len(slopes), dim, nil), mat.NewVecDense(len(slopes), nil)
	for i, slope := range slopes {
		row := rest.RawRowView(i)
		copy(row, slope)
		for range 2 { // twice is enough for rounding
			for _, b := range without {
				floats.AddScaled(row, -floats.Dot(row, b), b)
			}
		}
		if norm(row) <= dependent*norm(slope) {
			clear(row)
			continue
		}
		right.SetVec(i, wanted[i]-floats.Dot(slope, y))
	}
	var svd mat.SVD
	if !svd.Factorize(rest, mat.SVDThin) {
		return nil, errors.New("steer: linear: the slopes of the probes have no singular value decomposition: are they finite?")
	}
	values := svd.Values(nil)
	rank := 0
	for rank < len(values) && values[rank] > dependent*values[0] {
		rank++
	}
	if rank == 0 {
		return nil, nil
	}
	var x mat.VecDense
	svd.SolveVecTo(&x, right, rank)
	floats.Add(y, x.RawVector().Data)
	var v mat.Dense
	svd.VTo(&v)
	for k := range rank {
		basis = append(basis, mat.Col(nil, k, &v))
	}
	return basis, nil
}

// dependent is the share of a slope below which what others leave of it is
// rounding; that of latent.Orthogonalise.
const dependent = 1e-6
