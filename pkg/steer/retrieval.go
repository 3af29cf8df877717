package steer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/structure"
)

// Collection is real circuits and what they are like: what the baselines without
// a model have to go by.
type Collection struct {
	reference Reference
	circuits  []*circuit.Circuit
	table     structure.Table
}

// Collect reads the measures of a reference off circuits, one or more.
func Collect(ctx context.Context, r Reference, circuits []*circuit.Circuit) (Collection, error) {
	if len(circuits) == 0 {
		return Collection{}, errors.New("steer: collect: there are no circuits: give those that the reference was taken from")
	}
	table, err := Profiles(ctx, circuits, r.Names...)
	if err != nil {
		return Collection{}, err
	}
	return NewCollection(r, circuits, table)
}

// NewCollection is Collect where the measures of a reference were read off the
// circuits before: a row for each. A table of other circuits, or of other measures, is
// an error.
func NewCollection(r Reference, circuits []*circuit.Circuit, table structure.Table) (Collection, error) {
	if len(circuits) == 0 || len(table.Rows) != len(circuits) || !slices.Equal(table.Names, r.Names) {
		return Collection{}, fmt.Errorf("steer: collection: a table of %d circuits and %q for %d circuits and a reference of %q", len(table.Rows), table.Names, len(circuits), r.Names)
	}
	return Collection{r, slices.Clone(circuits), table}, nil
}

// nearest orders the circuits by how far they are from what a task asks, the
// nearest first; those that lack an asked measure are left out.
func (c Collection) nearest(t Task) []int {
	names := t.asked()
	distances := make([]float64, len(c.circuits))
	var order []int
	for i, row := range c.table.Rows {
		values := make([]float64, len(names))
		for k, name := range names {
			values[k] = row[slices.Index(c.table.Names, name)]
		}
		if distances[i], _ = distance(t, c.reference, values); !math.IsInf(distances[i], 1) {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(distances[i], distances[j]) })
	return order
}

// distance returns the root of the sum of the squares of what values of the asked
// measures miss, in sd of the reference, infinite where one is undefined, and the
// largest miss of a target. What is held without spread, or undefined at the start,
// does not count.
func distance(t Task, r Reference, values []float64) (far, missed float64) {
	names := t.asked()
	for k, miss := range t.misses(values) {
		if k >= len(t.Targets) && math.IsNaN(t.Keep[k-len(t.Targets)]) {
			continue
		}
		sd := r.sd(names[k])
		switch {
		case math.IsNaN(miss):
			return math.Inf(1), math.NaN()
		case math.IsNaN(sd):
			continue
		case k < len(t.Targets):
			missed = max(missed, math.Abs(miss/sd))
		}
		far = math.Hypot(far, miss/sd)
	}
	return far, missed
}

// Retrieval is the baseline that makes nothing: it answers with the real circuit,
// or circuits, nearest to what is asked, by the distance to targets and held values
// in sd of the reference.
type Retrieval struct {
	Collection Collection
	// Circuits to answer with; 0 means 1. More are more diverse and less near.
	Circuits int
}

// Name returns "retrieval".
func (Retrieval) Name() string { return "retrieval" }

// Propose picks the nearest. It is an error where no circuit has all measures that
// are asked for.
func (m Retrieval) Propose(_ context.Context, t Task, _ *rand.Rand) (Proposal, error) {
	order := m.Collection.nearest(t)
	if len(order) == 0 {
		return Proposal{}, fmt.Errorf("steer: retrieval: none of the %d circuits has all of %q", len(m.Collection.circuits), t.asked())
	}
	var p Proposal
	for _, i := range order[:min(cmp.Or(m.Circuits, 1), len(order))] {
		p.Circuits = append(p.Circuits, m.Collection.circuits[i])
	}
	var missed float64
	for _, target := range t.Targets {
		at := slices.Index(m.Collection.table.Names, target.Measure)
		mean := 0.
		for _, i := range order[:len(p.Circuits)] {
			mean += m.Collection.table.Rows[i][at] / float64(len(p.Circuits))
		}
		missed = max(missed, math.Abs(target.Miss(mean))/m.Collection.reference.SD[at])
	}
	p.OutOfReach = missed > HitWithin
	return p, nil
}
