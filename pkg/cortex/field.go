package cortex

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"

	"golang.org/x/sync/errgroup"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// waves is how many plane waves make a field: enough for its values to be
// close to normal.
const waves = 192

// lattice is places of the sheet, in rows of the same y, at which factors are
// drawn and their rules are solved. Between them all is interpolated.
type lattice struct {
	step  float64 // µm
	width int     // places a side
	nodes []node
}

// node is one place of a lattice.
type node struct {
	factors            values
	intercept, logOdds float64
}

// Places lie half a correlation length apart, and leastWidth a side: on sheets
// of less than a correlation length, eight fields still need as many patterns.
const (
	perCorrelation = 2
	leastWidth     = 12
)

// newLattice draws the factors of a sheet. Fields of a finite sheet are
// correlated by chance; what a field shares with those before it is taken out.
// Each is then spread evenly over its factor's range.
func newLattice(cfg Config, rng func(factor string) *rand.Rand) *lattice {
	width := max(leastWidth, int(math.Ceil(perCorrelation*cfg.side()/cfg.Correlation))) + 1
	l := &lattice{step: cfg.side() / float64(width-1), width: width, nodes: make([]node, width*width)}
	var fields [factorCount][]float64
	var group errgroup.Group
	for k, f := range factors {
		group.Go(func() error {
			fields[k] = l.field(cfg.Correlation, rng(f.Name))
			return nil
		})
	}
	group.Wait()
	for k, field := range fields {
		standardise(field)
		for _, other := range fields[:k] {
			floats.AddScaled(field, -floats.Dot(field, other)/floats.Dot(other, other), other)
		}
		standardise(field)
		for i, v := range field {
			l.nodes[i].factors[k] = valueAt(k, distuv.UnitNormal.CDF(v))
		}
	}
	for i := range l.nodes {
		cfg.Fixed.fix(&l.nodes[i].factors)
	}
	return l
}

// field returns a smooth random function at the places: a sum of plane waves
// whose correlation is exp(−d²/2ℓ²). Rahimi & Recht 2007, Random features for
// large-scale kernel machines, eq. 5.
func (l *lattice) field(length float64, rng *rand.Rand) []float64 {
	values := make([]float64, len(l.nodes))
	for range waves {
		kx, ky := rng.NormFloat64()*l.step/length, rng.NormFloat64()*l.step/length
		phase := 2 * math.Pi * rng.Float64()
		for i := range values {
			values[i] += math.Cos(kx*float64(i%l.width) + ky*float64(i/l.width) + phase)
		}
	}
	return values
}

func standardise(values []float64) {
	mean, sd := stat.MeanStdDev(values, nil)
	floats.AddConst(-mean, values)
	floats.Scale(1/sd, values)
}

// solve finds intercept and odds ratio of every place. Each row goes on from its
// first, so that the answer does not depend on the number of cores.
func (l *lattice) solve(ctx context.Context, t *typical) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for row := range l.width {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return fmt.Errorf("cortex: %w", err)
			}
			s := newSolver(t)
			for i := row * l.width; i < (row+1)*l.width; i++ {
				s.solve(&l.nodes[i])
			}
			return nil
		})
	}
	return group.Wait()
}

// between interpolates linearly, in x and in y, between the four places round
// one.
func (l *lattice) between(x, y float64) node {
	column, u := l.cell(x)
	row, v := l.cell(y)
	var n node
	for _, corner := range [4]struct {
		at     int
		weight float64
	}{
		{row*l.width + column, (1 - u) * (1 - v)},
		{row*l.width + column + 1, u * (1 - v)},
		{(row+1)*l.width + column, (1 - u) * v},
		{(row+1)*l.width + column + 1, u * v},
	} {
		c := &l.nodes[corner.at]
		for k := range n.factors {
			n.factors[k] += corner.weight * c.factors[k]
		}
		n.intercept += corner.weight * c.intercept
		n.logOdds += corner.weight * c.logOdds
	}
	return n
}

// cell returns the place before a coordinate, and how far beyond it, in steps.
func (l *lattice) cell(at float64) (before int, into float64) {
	at /= l.step
	before = max(0, min(l.width-2, int(at)))
	return before, at - float64(before)
}
