package steer

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/cortigen/cortigen/pkg/seed"
	"github.com/cortigen/cortigen/pkg/structure"
)

// Query is a request of a benchmark.
type Query struct {
	Request Request `json:"request"`
	// Far says that its farthest target is 3 to 4 sd from the mean of the
	// reference, and not up to 2.
	Far bool `json:"far,omitempty"`
}

// Querying says what to ask in a benchmark. The zero value is usable.
type Querying struct {
	// N queries; 0 means 200.
	N int `json:"n,omitempty"`
	// Measures that may be asked for and held; nil means all that vary. Three or
	// more.
	Measures []string `json:"measures,omitempty"`
	// Starts are taken in turn; nil means the origin.
	Starts [][]float64 `json:"starts,omitempty"`
	// Samples and Budget of each request; see Request.
	Samples int `json:"samples,omitempty"`
	Budget  int `json:"budget,omitempty"`
	// Spare is what must be left of a measure's sd, given the other targets, for
	// it to be asked for beside these or to be held, as a share; 0 means 0.7,
	// which is to say that they explain half of its variance.
	Spare float64 `json:"spare,omitempty"`
}

// Where targets lie, in sd of the reference (ours).
var (
	nearSD = [2]float64{.5, 2}
	farSD  = [2]float64{3, 4}
)

// strata is the number of kinds of query: one, two or three targets, near or far,
// with or without a measure held.
const strata = 12

// Queries draws what a benchmark asks, all kinds of query in turn and the measures
// in turn within each kind, from circuits of a table. Targets are drawn together:
// measures that go with each other in the circuits go with each other in what is
// asked, as L·u with L·Lᵀ the correlations and u even in a cube, scaled so that the
// farthest is at a distance drawn evenly from 0.5 to 2 or from 3 to 4 sd (ours).
// What no circuit can have, such as a negative density, is not asked. Two measures
// that tell the same of a circuit are never asked for together, and none is held
// that its targets determine: see Spare. Where no measures are found that are so free
// of each other, nothing is held, and if that does not help there are fewer targets;
// a board counts what was asked. The same table, configuration and seed give the
// same queries. It is an error where the measures are too few, or none can be where
// it should be.
func Queries(table structure.Table, q Querying, s seed.Seed) ([]Query, error) {
	d, err := newQueryDraw(table, q)
	if err != nil {
		return nil, fmt.Errorf("steer: queries: %w", err)
	}
	queries := make([]Query, cmp.Or(q.N, 200))
	for i := range queries {
		kind := i % strata
		far, turn, rng := kind/3%2 == 1, i/strata+5*kind, s.Stream("steer.query", i)
		r, ok := Request{}, false
		for targets := 1 + kind%3; targets > 0 && !ok; targets-- {
			for held := kind / 6; held >= 0 && !ok; held-- {
				r, ok = d.query(targets, held, far, turn, rng)
			}
		}
		if !ok {
			return nil, fmt.Errorf("steer: queries: number %d: no circuit can have any of %q where it should be, far: %v: give others", i, d.measures, far)
		}
		if len(q.Starts) > 0 {
			r.Start = slices.Clone(q.Starts[i%len(q.Starts)])
		}
		r.Samples, r.Budget = q.Samples, q.Budget
		queries[i] = Query{r, far}
	}
	return queries, nil
}

// queryDraw is what all queries of a benchmark share.
type queryDraw struct {
	reference   Reference
	measures    []string
	correlation *mat.SymDense
	spare       float64
}

func newQueryDraw(table structure.Table, q Querying) (queryDraw, error) {
	d := queryDraw{reference: NewReference(table), measures: q.Measures, spare: cmp.Or(q.Spare, .7)}
	if q.N < 0 || !(d.spare > 0 && d.spare < 1) {
		return d, fmt.Errorf("%d queries, %g to spare: give a positive number, and a share of 1", q.N, d.spare)
	}
	if d.measures == nil {
		for j, name := range d.reference.Names {
			if !math.IsNaN(d.reference.SD[j]) {
				d.measures = append(d.measures, name)
			}
		}
	}
	var faults []error
	for _, name := range d.measures {
		if err := d.reference.check(SD(name, 0)); err != nil {
			faults = append(faults, err)
		}
	}
	if len(d.measures) < 3 {
		faults = append(faults, fmt.Errorf("only %q vary: three or more are needed", d.measures))
	}
	if err := errors.Join(faults...); err != nil {
		return d, err
	}
	rows, err := complete(table, d.measures)
	if err != nil {
		return d, err
	}
	d.correlation = mat.NewSymDense(len(d.measures), nil)
	stat.CorrelationMatrix(d.correlation, rows, nil)
	return d, nil
}

// complete returns the named columns of the circuits that have all of them.
func complete(table structure.Table, names []string) (*mat.Dense, error) {
	var data []float64
	n := 0
	for _, row := range table.Rows {
		values := make([]float64, len(names))
		for k, name := range names {
			values[k] = row[slices.Index(table.Names, name)]
		}
		if !floats.HasNaN(values) {
			data = append(data, values...)
			n++
		}
	}
	if n <= len(names)+1 {
		return nil, fmt.Errorf("%d of %d circuits have all of the %d measures: more are needed to say how they go together", n, len(table.Rows), len(names))
	}
	return mat.NewDense(n, len(names), data), nil
}

// query draws one of so many targets and held measures; turn is which measure comes
// first. False where none was found.
func (d queryDraw) query(targets, held int, far bool, turn int, rng *rand.Rand) (Request, bool) {
	const draws = 200 // until measures that fit together and values that can be are found
	for k := range draws {
		chosen := []int{(turn + k/20) % len(d.measures)} // where one fits with nothing, the next
		for _, j := range rng.Perm(len(d.measures)) {
			if len(chosen) < targets+held && !slices.Contains(chosen, j) && d.free(append(slices.Clone(chosen), j)) {
				chosen = append(chosen, j)
			}
		}
		if len(chosen) < targets+held {
			continue
		}
		r := Request{Targets: d.targets(chosen[:targets], far, rng)}
		for _, j := range chosen[targets:] {
			r.Hold = append(r.Hold, d.measures[j])
		}
		if !slices.ContainsFunc(r.Targets, func(t Target) bool { return d.reference.check(t) != nil }) {
			return r, true
		}
	}
	return Request{}, false
}

// free reports whether each of some measures has enough of its sd to spare, given
// the others: of a linear regression on them, the root of 1 − R² is that of one
// over the diagonal of the inverse correlations.
func (d queryDraw) free(chosen []int) bool {
	factor, ok := d.factor(chosen)
	if !ok {
		return false
	}
	var inverse mat.SymDense
	if err := factor.InverseTo(&inverse); err != nil {
		return false
	}
	for k := range chosen {
		if 1/math.Sqrt(inverse.At(k, k)) < d.spare {
			return false
		}
	}
	return true
}

func (d queryDraw) factor(chosen []int) (*mat.Cholesky, bool) {
	among := mat.NewSymDense(len(chosen), nil)
	for a, i := range chosen {
		for b, j := range chosen[:a+1] {
			among.SetSym(a, b, d.correlation.At(i, j))
		}
	}
	var factor mat.Cholesky
	return &factor, factor.Factorize(among)
}

// targets draws where some measures should come to lie.
func (d queryDraw) targets(chosen []int, far bool, rng *rand.Rand) []Target {
	u := mat.NewVecDense(len(chosen), nil)
	for k := range chosen {
		u.SetVec(k, 2*rng.Float64()-1)
	}
	factor, _ := d.factor(chosen) // it was looked at when they were chosen
	var l mat.TriDense
	factor.LTo(&l)
	var x mat.VecDense
	x.MulVec(&l, u)
	span := nearSD
	if far {
		span = farSD
	}
	distance := span[0] + (span[1]-span[0])*rng.Float64()
	targets := make([]Target, len(chosen))
	for k, j := range chosen {
		targets[k] = SD(d.measures[j], x.AtVec(k)*distance/mat.Norm(&x, math.Inf(1)))
	}
	return targets
}
