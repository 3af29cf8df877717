package latent

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Reading is what a code tells of facts about circuits, beside what can be told at
// all.
type Reading struct {
	// Twins says that the code is of a circuit and the measure of another with the
	// same classes, positions and true factors, so that a code is not praised for
	// having seen the noise of its own circuit. Without, both are of the same.
	Twins bool `json:"twins"`
	// Train and Test are numbers of circuits, Siblings that of the further twins of
	// each test circuit behind the ceiling.
	Train    int    `json:"train"`
	Test     int    `json:"test"`
	Siblings int    `json:"siblings"`
	Facts    []Fact `json:"facts"`
}

// Fact is one measure, read in several ways; all are R² on test circuits, with
// intervals over regions.
type Fact struct {
	Measure string `json:"measure"`
	// Code is read by a linear probe of the code, Classes by one of the numbers of
	// neurons of each class.
	Code    Interval `json:"code"`
	Classes Interval `json:"classes"`
	// Where the truth is known: Factors is read by a fit to the true factors, their
	// products, and the class counts; Ceiling by the mean of further twins, which is
	// the best there is to know from factors, classes and positions; Share is Code
	// over Ceiling. Kept is Code on twins that keep the effects of single neurons
	// too: more than the ceiling's share can be known of these.
	Factors Interval `json:"factors"`
	Ceiling Interval `json:"ceiling"`
	Share   Interval `json:"share"`
	Kept    Interval `json:"kept"`
	// Values are those of the test circuits, Predicted by the code, Expected by
	// further twins where there are any.
	Values    []float64 `json:"values"`
	Predicted []float64 `json:"predicted"`
	Expected  []float64 `json:"expected,omitempty"`
	// Note says why a measure could not be read, where it could not.
	Note string `json:"note,omitempty"`
}

// RSquared returns the R² of predictions with its interval over groups. Circuits of
// which value or prediction is NaN are left out; NaN where the rest do not vary.
func RSquared(y, predicted []float64, groups []string, draws int, rng *rand.Rand) (Interval, error) {
	kept, err := complete(groups, y, predicted)
	if err != nil {
		return Interval{}, fmt.Errorf("latent: R²: %w", err)
	}
	y, predicted = pick(y, kept), pick(predicted, kept)
	return Bootstrap(namesOf(groups, kept), func(indices []int) float64 { return rSquared(y, predicted, indices) }, draws, rng), nil
}

// ShareOf returns the R² of one set of predictions over that of another, the
// ceiling, on the same circuits, with its interval over groups.
func ShareOf(y, predicted, ceiling []float64, groups []string, draws int, rng *rand.Rand) (Interval, error) {
	kept, err := complete(groups, y, predicted, ceiling)
	if err != nil {
		return Interval{}, fmt.Errorf("latent: share: %w", err)
	}
	y, predicted, ceiling = pick(y, kept), pick(predicted, kept), pick(ceiling, kept)
	return Bootstrap(namesOf(groups, kept), func(indices []int) float64 {
		return rSquared(y, predicted, indices) / rSquared(y, ceiling, indices)
	}, draws, rng), nil
}

// complete returns the rows of which all columns are numbers.
func complete(groups []string, columns ...[]float64) ([]int, error) {
	var kept []int
	for _, column := range columns {
		if len(column) != len(columns[0]) || groups != nil && len(groups) != len(column) {
			return nil, fmt.Errorf("%d values, %d predictions, %d groups: give one each", len(columns[0]), len(column), len(groups))
		}
	}
	for i := range columns[0] {
		sum := 0.
		for _, column := range columns {
			sum += column[i]
		}
		if !math.IsNaN(sum) {
			kept = append(kept, i)
		}
	}
	return kept, nil
}

// Of returns the fact about a measure.
func (r Reading) Of(measure string) (Fact, bool) {
	for _, f := range r.Facts {
		if f.Measure == measure {
			return f, true
		}
	}
	return Fact{}, false
}

// Table returns the facts as a header and rows of text, best read first.
func (r Reading) Table() (header []string, rows [][]string) {
	header = []string{"measure", "R² of the code", "class counts", "true factors, fitted", "ceiling", "share of the ceiling"}
	for _, f := range slices.SortedStableFunc(slices.Values(r.Facts), func(a, b Fact) int { return cmp.Compare(b.Code.Value, a.Code.Value) }) {
		if f.Note != "" {
			rows = append(rows, []string{f.Measure, f.Note, "", "", "", ""})
			continue
		}
		rows = append(rows, []string{f.Measure, f.Code.String(), fmt.Sprintf("%.3g", f.Classes.Value), fmt.Sprintf("%.3g", f.Factors.Value), fmt.Sprintf("%.3g", f.Ceiling.Value), f.Share.String()})
	}
	return header, rows
}
