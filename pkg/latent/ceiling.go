package latent

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat"
)

// Ceiling returns the R² that nothing can exceed which knows only what a circuit
// shows: 1 − mean of the variance of the truth given each circuit over its variance
// among circuits, with its interval over groups. Remaining holds, for every circuit,
// the variance of the factor that is left when the circuit is known, say of samples
// from its posterior under the true model. The law of total variance makes it the R²
// of the posterior mean in expectation; on few circuits that varies around it.
// Circuits of which either is NaN are left out; NaN where y does not vary.
func Ceiling(y, remaining []float64, groups []string, draws int, rng *rand.Rand) (Interval, error) {
	kept, err := knowable("ceiling", groups, remaining, y)
	if err != nil {
		return Interval{}, err
	}
	y, remaining = pick(y, kept), pick(remaining, kept)
	return Bootstrap(namesOf(groups, kept), func(indices []int) float64 { return ceiling(y, remaining, indices) }, draws, rng), nil
}

// ShareOfCeiling returns the R² of predictions over [Ceiling], on the same circuits,
// with the interval of the ratio over groups: both are resampled together. Where the
// ceiling is not above zero, nothing can be known and the share is NaN. For a ceiling
// that is itself a prediction, such as the mean of further twins, see [ShareOf].
func ShareOfCeiling(y, predicted, remaining []float64, groups []string, draws int, rng *rand.Rand) (Interval, error) {
	kept, err := knowable("share of ceiling", groups, remaining, y, predicted)
	if err != nil {
		return Interval{}, err
	}
	y, predicted, remaining = pick(y, kept), pick(predicted, kept), pick(remaining, kept)
	return Bootstrap(namesOf(groups, kept), func(indices []int) float64 {
		top := ceiling(y, remaining, indices)
		if !(top > 0) {
			return math.NaN()
		}
		return rSquared(y, predicted, indices) / top
	}, draws, rng), nil
}

// knowable returns the circuits of which everything is a number, after checking the
// variances.
func knowable(what string, groups []string, remaining []float64, columns ...[]float64) ([]int, error) {
	kept, err := complete(groups, append(columns, remaining)...)
	if err != nil {
		return nil, fmt.Errorf("latent: %s: %w", what, err)
	}
	for _, i := range kept {
		if remaining[i] < 0 {
			return nil, fmt.Errorf("latent: %s: circuit %d has variance %g: give 0 or more, or NaN", what, i, remaining[i])
		}
	}
	return kept, nil
}

func ceiling(y, remaining []float64, indices []int) float64 {
	values := pick(y, indices)
	variance := stat.PopVariance(values, nil)
	if !(variance > 0) {
		return math.NaN()
	}
	return 1 - stat.Mean(pick(remaining, indices), nil)/variance
}
