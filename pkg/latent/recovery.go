package latent

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// identifiable is the ceiling from which a factor counts as one that circuits show
// (ours).
const identifiable = .1

// Recovery is how far a code finds again the factors that circuits were made from.
type Recovery struct {
	// Train circuits were fitted to, Judged ones are what all else is of.
	Train   int               `json:"train"`
	Judged  int               `json:"judged"`
	Factors []RecoveredFactor `json:"factors"`
	// DCI asks whether single dimensions stand for single factors, beside turned codes.
	DCI RotatedDCI `json:"dci"`
	// Angle is between the span of the factors over the judged circuits and that of
	// what is read of them from the code, beside random spans; Best is the same of who
	// reads circuits as well as can be. Factors that are not in the wiring are left out
	// of all three.
	Angle SubspaceAngle `json:"angle"`
	Best  SubspaceAngle `json:"best"`
	// Curves say how many circuits a probe of each factor needs.
	Curves []SampleSizeCurve `json:"curves,omitempty"`
}

// RecoveredFactor is one factor, read from the code of circuits that the probe did not
// see, beside what can be known of it from a circuit at all.
type RecoveredFactor struct {
	Factor string `json:"factor"`
	// R2 of the probe, Ceiling of anything that knows the circuit, Share of the one in
	// the other; see [Ceiling].
	R2      Interval `json:"r2"`
	Ceiling Interval `json:"ceiling"`
	Share   Interval `json:"share"`
	// Note says why a factor is not among the identifiable ones, where it is known.
	Note string `json:"note,omitempty"`
	// Unit of the factor. Given says that it shows in what the model is given, such as
	// which neurons there are, and not in how they are wired.
	Unit  string `json:"unit"`
	Given bool   `json:"given,omitempty"`
	// Classes is the R² of the numbers of neurons of each class, Posterior that of who
	// knows the rule of wiring and reads the circuit as well as can be, by chains that
	// did not begin at the truth: it errs downwards as Ceiling errs upwards.
	Classes   Interval `json:"classes"`
	Posterior Interval `json:"posterior"`
	// Values are those of the judged circuits, Predicted by the code, Known by the
	// posterior.
	Values    []float64 `json:"values,omitempty"`
	Predicted []float64 `json:"predicted,omitempty"`
	Known     []float64 `json:"known,omitempty"`
}

// RecoverFactor compares what a probe predicts of a factor with the factor, and with
// what is left unknown of it when the circuit is known: see [Ceiling]. All three are
// taken from the same draws of groups and the same circuits, those of which nothing is
// NaN. A factor of which circuits show next to nothing, because another has the same
// effect on wiring, or because it shows in what the model is given, has a ceiling near
// zero, and no share of it means anything: see Identifiable.
func RecoverFactor(y Outcome, predicted, remaining []float64, groups []string, draws int, rng *rand.Rand) (RecoveredFactor, error) {
	kept, err := knowable("recovery of "+y.Measure, groups, remaining, y.Values, predicted)
	if err != nil {
		return RecoveredFactor{}, err
	}
	values, predicted, remaining := pick(y.Values, kept), pick(predicted, kept), pick(remaining, kept)
	three := bootstrapAll(namesOf(groups, kept), func(indices []int) []float64 {
		r2, top := rSquared(values, predicted, indices), ceiling(values, remaining, indices)
		share := math.NaN()
		if top > 0 {
			share = r2 / top
		}
		return []float64{r2, top, share}
	}, draws, rng)
	return RecoveredFactor{Factor: y.Measure, R2: three[0], Ceiling: three[1], Share: three[2]}, nil
}

// Identifiable is true of a factor of which a circuit shows a tenth of the variance or
// more (ours).
func (f RecoveredFactor) Identifiable() bool { return f.Ceiling.Value >= identifiable }

// Of returns what was recovered of a factor.
func (r Recovery) Of(factor string) (RecoveredFactor, bool) {
	for _, f := range r.Factors {
		if f.Factor == factor {
			return f, true
		}
	}
	return RecoveredFactor{}, false
}

// Table returns the factors as a header and rows of text, those of the largest share
// first, those that are not identifiable last.
func (r Recovery) Table() (header []string, rows [][]string) {
	header = []string{"factor", "R² of the code", "ceiling", "share of the ceiling", "note"}
	sorted := slices.SortedStableFunc(slices.Values(r.Factors), func(a, b RecoveredFactor) int {
		if a.Identifiable() != b.Identifiable() {
			return map[bool]int{true: -1, false: 1}[a.Identifiable()]
		}
		return cmp.Compare(b.Share.Value, a.Share.Value)
	})
	for _, f := range sorted {
		share, note := f.Share.String(), f.Note
		if !f.Identifiable() {
			share, note = "", cmp.Or(note, "circuits do not show it")
		}
		rows = append(rows, []string{f.Factor, f.R2.String(), fmt.Sprintf("%.3g", f.Ceiling.Value), share, note})
	}
	return header, rows
}

// Standardised lays measures or factors side by side as a table, [circuits][measures],
// each scaled to mean 0 and sd 1 so that no unit weighs more than another, and returns
// which circuits the rows are: those that have all. It is for comparing factors with a
// code by [CompareCodes], or profiles by [PCA]. A measure that does not vary is an
// error, ErrUndefined.
func Standardised(outcomes []Outcome) (table [][]float64, circuits []int, err error) {
	n := 0
	if len(outcomes) > 0 {
		n = len(outcomes[0].Values)
	}
	rows, circuits, err := tableOf("standardised", n, outcomes)
	if err != nil {
		return nil, nil, err
	}
	table = make([][]float64, len(circuits))
	for k, o := range outcomes {
		values := pick(o.Values, circuits)
		if flat(values) {
			return nil, nil, fmt.Errorf("latent: standardised: %w: %s does not vary over the %d circuits that have all measures", ErrUndefined, o.Measure, len(circuits))
		}
		mean, sd := stat.MeanStdDev(values, nil)
		for row, i := range circuits {
			table[row] = append(table[row], (rows[i][k]-mean)/sd)
		}
	}
	return table, circuits, nil
}
