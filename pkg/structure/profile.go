package structure

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strconv"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
	"gonum.org/v1/gonum/stat"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// Profile is several measures of one circuit. Values are NaN where a measure is not
// defined, which encoding/json refuses: package artifact writes null.
type Profile struct {
	Names  []string  `json:"names"`
	Values []float64 `json:"values"`
}

// NewProfile computes the named measures, or all where none is named. All of a
// circuit of 100 neurons take some milliseconds. Of thousands of neurons the
// spectrum takes minutes and cannot be cancelled (see [Measure.Cost]), and the rest
// seconds: name what you need. The error is a name that is not in the registry.
func NewProfile(c *circuit.Circuit, names ...string) (Profile, error) {
	measures, err := find(names)
	if err != nil {
		return Profile{}, err
	}
	return Profile{namesOf(measures), measured(c, func(v *view) []float64 { return evaluate(measures, v) })}, nil
}

// Value returns the named measure; false when the profile does not have it.
func (p Profile) Value(name string) (float64, bool) {
	k := slices.Index(p.Names, name)
	if k < 0 {
		return math.NaN(), false
	}
	return p.Values[k], true
}

// Table says what each measure is, for people: name, value, unit and definition.
func (p Profile) Table() (header []string, rows [][]string) {
	for k, name := range p.Names {
		m, err := Find(name)
		if err != nil {
			m = Measure{Unit: "?"} // a profile of another version
		}
		unit := m.Unit
		if unit == "1" {
			unit = ""
		}
		rows = append(rows, []string{name, number(p.Values[k]), unit, m.Definition})
	}
	return []string{"measure", "value", "unit", "what it is"}, rows
}

// number has four digits, and none after the point where it is a count.
func number(v float64) string {
	switch {
	case math.IsNaN(v):
		return "undefined"
	case v == math.Trunc(v) && math.Abs(v) < 1e15:
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}

// Table is several measures of several circuits: rows are circuits. Values are NaN
// where a measure is not defined, as those of a [Profile].
type Table struct {
	Names []string    `json:"names"`
	Rows  [][]float64 `json:"rows"`
}

// Profiles computes the named measures, or all where none is named, of every
// circuit, on all cores and with the same bits on any number. The context is looked
// at before each circuit. The error is a cancelled context or a name that is not in
// the registry, and then the table is empty.
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
	if err := group.Wait(); err != nil {
		return Table{}, err
	}
	return t, nil
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

// Lines gives the table for people, a circuit a line; each begins with its label,
// or its number from 0 where there is none.
func (t Table) Lines(labels ...string) (header []string, rows [][]string) {
	for i, values := range t.Rows {
		label := strconv.Itoa(i)
		if i < len(labels) {
			label = labels[i]
		}
		line := []string{label}
		for _, v := range values {
			line = append(line, number(v))
		}
		rows = append(rows, line)
	}
	return append([]string{"circuit"}, t.Names...), rows
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
