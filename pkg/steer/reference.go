package steer

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/cortigen/cortigen/pkg/structure"
)

// Reference says which measures are read off decoded circuits, and what is
// usual for them: mean and standard deviation over real circuits.
type Reference struct {
	Names []string  `json:"names"`
	Mean  []float64 `json:"mean"`
	// SD is NaN for a measure that has no spread or fewer than two values.
	SD []float64 `json:"sd"`
}

// NewReference takes the mean and sd of each measure of a table over the
// circuits for which it is defined; Profiles makes such a table.
func NewReference(table structure.Table) Reference {
	r := Reference{Names: slices.Clone(table.Names)}
	for j := range table.Names {
		var values []float64
		for _, row := range table.Rows {
			if !math.IsNaN(row[j]) {
				values = append(values, row[j])
			}
		}
		mean, sd := spread(values)
		if sd == 0 {
			sd = math.NaN()
		}
		r.Mean, r.SD = append(r.Mean, mean), append(r.SD, sd)
	}
	return r
}

// spread returns mean and sd; NaN without values, and sd NaN with one.
func spread(values []float64) (mean, sd float64) {
	switch len(values) {
	case 0:
		return math.NaN(), math.NaN()
	case 1:
		return values[0], math.NaN()
	}
	return stat.MeanStdDev(values, nil)
}

// sd returns that of a measure, NaN of one that it does not have.
func (r Reference) sd(name string) float64 {
	if i := slices.Index(r.Names, name); i >= 0 {
		return r.SD[i]
	}
	return math.NaN()
}

// index returns the place of a measure. A name that is no measure at all gets an
// error that has the nearest.
func (r Reference) index(name string) (int, error) {
	if i := slices.Index(r.Names, name); i >= 0 {
		return i, nil
	}
	if _, err := rangeOf(name, r.Names); err != nil {
		return 0, err
	}
	return 0, fmt.Errorf("%s is not among the measures of the reference, %q: add it", name, r.Names)
}

// inSD returns a value of measure i as a deviation from its mean, in sd.
func (r Reference) inSD(i int, value float64) float64 { return (value - r.Mean[i]) / r.SD[i] }
