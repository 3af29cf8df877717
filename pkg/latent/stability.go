package latent

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"
	"gonum.org/v1/gonum/stat"

	"github.com/cortigen/cortigen/pkg/seed"
)

// Stability is how far the codes of several trainings agree.
type Stability struct {
	Trainings int `json:"trainings"`
	// Pairs of trainings, (0,1), (0,2) … (1,2) ….
	Pairs []Agreement `json:"pairs"`
	// Canonical and Procrustes are the means of those of the pairs, with intervals over
	// regions. They leave out that other trainings would differ from these: the spread of
	// Pairs is what there is to say of that.
	Canonical  Interval `json:"canonical"`
	Procrustes Interval `json:"procrustes"`
	// Floor95 is the largest of the pairs'.
	Floor95 float64 `json:"floor_95"`
}

// CompareTrainings compares every two of several codes of the same circuits,
// [trainings][circuits][dimensions]; see [CompareCodes].
func CompareTrainings(ctx context.Context, codes [][][]float64, groups []string, config StabilityConfig, s seed.Seed) (Stability, error) {
	if len(codes) < 2 {
		return Stability{}, fmt.Errorf("latent: stability: codes of %d training: two or more are needed", len(codes))
	}
	r := Stability{Trainings: len(codes)}
	var comparisons []comparison
	var names [][2]int
	for i := range codes {
		for j := range i {
			c, err := newComparison(codes[j], codes[i], groups, config)
			if err != nil {
				return Stability{}, fmt.Errorf("trainings %d and %d: %w", j, i, err)
			}
			comparisons, names = append(comparisons, c), append(names, [2]int{j, i})
		}
	}
	r.Pairs = make([]Agreement, len(comparisons))
	halves := make([][]half, len(comparisons))
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(runtime.GOMAXPROCS(0))
	for k, c := range comparisons {
		work.Go(func() (err error) {
			if r.Pairs[k], halves[k], err = c.agreement(ctx, s.Stream("latent.stability", names[k][0], names[k][1])); err != nil {
				err = fmt.Errorf("trainings %d and %d: %w", names[k][0], names[k][1], err)
			}
			return err
		})
	}
	if err := work.Wait(); err != nil {
		return Stability{}, err
	}
	r.Canonical, r.Procrustes = comparisons[0].intervals(slices.Concat(halves...), s.Stream("latent.stability"))
	r.Floor95 = r.Pairs[0].Floor95
	for _, a := range r.Pairs {
		r.Floor95 = max(r.Floor95, a.Floor95)
	}
	return r, nil
}

// ProbeAgreement is how far the probes of several trainings say the same of the same
// circuits. Codes of two trainings have no axes in common, so directions themselves
// cannot be compared; what they predict can. (To carry a direction from one training
// into another, see [Procrustes.Carry].)
type ProbeAgreement struct {
	Measure string `json:"measure"`
	// Correlation of two trainings' predictions, mean over pairs of trainings.
	Correlation Interval `json:"correlation"`
	// Through is what it would be if two trainings had nothing in common but the truth:
	// the product of their correlations with it. NaN without true values.
	Through   Interval `json:"through"`
	Trainings int      `json:"trainings"`
	Circuits  int      `json:"circuits"`
}

// CompareProbes compares predictions of one measure, [trainings][circuits], by probes
// that never saw these circuits, with intervals over groups. True values may be nil.
// Circuits of which a prediction or the true value is NaN are left out.
func CompareProbes(y Outcome, predicted [][]float64, groups []string, draws int, rng *rand.Rand) (ProbeAgreement, error) {
	if len(predicted) < 2 {
		return ProbeAgreement{}, fmt.Errorf("latent: agreement on %s: predictions of %d training: two or more are needed", y.Measure, len(predicted))
	}
	columns := slices.Clone(predicted)
	if y.Values != nil {
		columns = append(columns, y.Values)
	}
	kept, err := complete(groups, columns...)
	if err != nil {
		return ProbeAgreement{}, fmt.Errorf("latent: agreement on %s: %w", y.Measure, err)
	}
	for k := range columns {
		columns[k] = pick(columns[k], kept)
	}
	trainings := len(predicted)
	both := bootstrapAll(namesOf(groups, kept), func(indices []int) []float64 {
		drawn := make([][]float64, len(columns))
		for k := range columns {
			drawn[k] = pick(columns[k], indices)
		}
		return agreeing(drawn, trainings)
	}, draws, rng)
	return ProbeAgreement{Measure: y.Measure, Correlation: both[0], Through: both[1], Trainings: trainings, Circuits: len(kept)}, nil
}

// agreeing returns the mean correlation of every two of the first columns, and the
// mean product of their correlations with the last, if that is another.
func agreeing(columns [][]float64, trainings int) []float64 {
	sum, through, pairs := 0., 0., 0.
	for i := range trainings {
		for j := range i {
			sum += stat.Correlation(columns[i], columns[j], nil)
			truth := math.NaN()
			if len(columns) > trainings {
				truth = stat.Correlation(columns[i], columns[trainings], nil) * stat.Correlation(columns[j], columns[trainings], nil)
			}
			through, pairs = through+truth, pairs+1
		}
	}
	return []float64{sum / pairs, through / pairs}
}
