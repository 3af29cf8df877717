package structure

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
	"gonum.org/v1/gonum/stat"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// Profile is several measures of one circuit.
type Profile struct {
	Names  []string  `json:"names"`
	Values []float64 `json:"values"`
}

// NewProfile computes the named measures, or all where none is named.
func NewProfile(c *circuit.Circuit, names ...string) (Profile, error) {
	measures, err := find(names)
	if err != nil {
		return Profile{}, err
	}
	return Profile{namesOf(measures), evaluate(measures, viewOf(c))}, nil
}

// Value returns the named measure; false when the profile does not have it.
func (p Profile) Value(name string) (float64, bool) {
	k := slices.Index(p.Names, name)
	if k < 0 {
		return math.NaN(), false
	}
	return p.Values[k], true
}

// Table is several measures of several circuits: rows are circuits.
type Table struct {
	Names []string    `json:"names"`
	Rows  [][]float64 `json:"rows"`
}

// Profiles computes the named measures, or all where none is named, of every
// circuit, on all cores.
func Profiles(ctx context.Context, circuits []*circuit.Circuit, names ...string) (Table, error) {
	measures, err := find(names)
	if err != nil {
		return Table{}, err
	}
	t := Table{Names: namesOf(measures), Rows: make([][]float64, len(circuits))}
	group, ctx := errgroup.WithContext(ctx)
	var next atomic.Int64
	for range min(runtime.GOMAXPROCS(0), len(circuits)) {
		group.Go(func() error {
			var v view
			for i := next.Add(1) - 1; i < int64(len(circuits)); i = next.Add(1) - 1 {
				if err := ctx.Err(); err != nil {
					return fmt.Errorf("structure: profiles: %w", err)
				}
				v.reset(circuits[i])
				t.Rows[i] = evaluate(measures, &v)
			}
			return nil
		})
	}
	return t, group.Wait()
}

func find(names []string) ([]Measure, error) {
	if len(names) == 0 {
		return registry, nil
	}
	measures := make([]Measure, len(names))
	for k, name := range names {
		var err error
		if measures[k], err = Find(name); err != nil {
			return nil, err
		}
	}
	return measures, nil
}

func namesOf(measures []Measure) []string {
	names := make([]string, len(measures))
	for k, m := range measures {
		names[k] = m.Name
	}
	return names
}

func evaluate(measures []Measure, v *view) []float64 {
	values := make([]float64, len(measures))
	for k, m := range measures {
		values[k] = m.of(v)
	}
	return values
}

// Column returns one measure of every circuit.
func (t Table) Column(name string) ([]float64, error) {
	k := slices.Index(t.Names, name)
	if k < 0 {
		if _, err := Find(name); err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("structure: the table has no %q: it has %q", name, t.Names)
	}
	values := make([]float64, len(t.Rows))
	for i, row := range t.Rows {
		values[i] = row[k]
	}
	return values, nil
}

// Summary describes one measure over circuits.
type Summary struct {
	Name string  `json:"name"`
	Mean float64 `json:"mean"`
	// SD has divisor n−1; NaN of fewer than two values.
	SD float64 `json:"sd"`
	// Defined of Of circuits had a value.
	Defined int `json:"defined"`
	Of      int `json:"of"`
}

// Summaries describes every column over its defined values.
func (t Table) Summaries() []Summary {
	all := make([]Summary, len(t.Names))
	for k, name := range t.Names {
		var values []float64
		for _, row := range t.Rows {
			if !math.IsNaN(row[k]) {
				values = append(values, row[k])
			}
		}
		all[k] = Summary{Name: name, Mean: mean(values), SD: math.NaN(), Defined: len(values), Of: len(t.Rows)}
		if len(values) > 1 {
			all[k].SD = stat.StdDev(values, nil)
		}
	}
	return all
}
