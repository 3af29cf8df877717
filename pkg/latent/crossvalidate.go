package latent

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/cortigen/cortigen/pkg/seed"
)

// ProbeResult is a probe judged by nested cross-validation.
type ProbeResult struct {
	Measure string `json:"measure"`
	// Score pools the predictions of all outer folds. Its MeanR2 predicts each
	// fold by the mean of the others.
	Score
	// P is the share of permuted measures that are predicted at least as well,
	// the measure itself counted in; NaN without permutations. With few regions
	// it cannot be small: G regions have G! orders.
	P            float64 `json:"p"`
	Permutations int     `json:"permutations"`
	// Q is P corrected over the measures that were asked for together
	// (Benjamini–Hochberg); NaN for a measure alone.
	Q float64 `json:"q"`
	// Penalties that the outer folds chose. Ends of the grid in here mean that
	// the grid is too short.
	Penalties []float64 `json:"penalties,omitempty"`
	// Predicted is the out-of-fold prediction of every circuit; NaN where the
	// measure is undefined.
	Predicted []float64 `json:"predicted,omitempty"`
	// Probe is fitted to all circuits. Its own fit is not what R2 says.
	Probe Probe `json:"probe"`
	// Note says why there is no probe, where there is none.
	Note string `json:"note,omitempty"`
}

// CrossValidate judges how well a linear probe predicts a measure. Outer folds
// are whole groups; within each fold's training part, inner folds of whole
// groups choose the penalty; R² pools the outer predictions. The same is done
// for permuted measures, whose groups change places as blocks and whose values
// change places within them, so that what circuits of a region have in common
// does not pass for evidence (ours; nested selection after Varma & Simon 2006).
//
// Inputs x are [circuits][dimensions]; groups may be nil. ErrUndefined when the
// measure does not vary or is defined in fewer than three groups. Cost, beyond
// folds × inner decompositions: permutations × folds × inner × circuits ×
// dimensions multiplications.
func CrossValidate(ctx context.Context, x [][]float64, y Outcome, groups []string, config ProbeConfig, rng *rand.Rand) (ProbeResult, error) {
	p, err := newProblem(x, y, groups, config, 3)
	if err != nil {
		return ProbeResult{}, err
	}
	folds, err := newFolds(p.x, p.blocks, p.config.Folds, p.config.Inner, p.config.PerColumn)
	if err != nil {
		return ProbeResult{}, err
	}
	predicted, mean, penalties := p.outOfFold(folds, p.y)
	result := ProbeResult{
		Measure: y.Measure, Score: newScore(p.y, predicted, mean, p.groups, p.config.Draws, rng),
		P: math.NaN(), Permutations: p.config.Permutations, Q: math.NaN(),
		Penalties: penalties, Predicted: make([]float64, len(x)),
	}
	result.Missing = p.missing
	for i := range result.Predicted {
		result.Predicted[i] = math.NaN()
	}
	for k, i := range p.kept {
		result.Predicted[i] = predicted[k]
	}
	if p.config.Permutations > 0 {
		if result.P, err = p.pValue(ctx, folds, result.R2.Value, rng); err != nil {
			return ProbeResult{}, err
		}
	}
	result.Probe, err = p.fit()
	return result, err
}

// outOfFold predicts every row from the folds that it is not in, and returns
// the training mean and chosen penalty beside.
func (p problem) outOfFold(folds []fold, y []float64) (predicted, mean, penalties []float64) {
	predicted, mean = make([]float64, len(y)), make([]float64, len(y))
	for _, f := range folds {
		penalty := bestPenalty(f.inner, y, p.config.Penalties)
		trainMean, _ := f.moments(y)
		for k, value := range f.predict(y, penalty) {
			predicted[f.test[k]], mean[f.test[k]] = value, trainMean
		}
		penalties = append(penalties, penalty)
	}
	return predicted, mean, penalties
}

// pValue counts permuted measures that are predicted at least as well, the
// observed one in both numerator and denominator (Phipson & Smyth 2010).
func (p problem) pValue(ctx context.Context, folds []fold, observed float64, rng *rand.Rand) (float64, error) {
	all := count(len(p.y))
	atLeast := 1
	for range p.config.Permutations {
		if err := ctx.Err(); err != nil {
			return 0, fmt.Errorf("latent: probe of %s: %w", p.measure, err)
		}
		permuted := permuteBlocks(p.y, p.blocks, rng)
		predicted, _, _ := p.outOfFold(folds, permuted)
		if rSquared(permuted, predicted, all) >= observed {
			atLeast++
		}
	}
	return float64(atLeast) / float64(p.config.Permutations+1), nil
}

// CrossValidateAll judges a probe for each outcome, in parallel, and corrects
// the p-values over them. A measure for which a probe is not defined keeps its
// place, with NaN for numbers and a note. The stream of a measure depends on
// its name alone, so its result, Q apart, does not depend on its company.
func CrossValidateAll(ctx context.Context, x [][]float64, outcomes []Outcome, groups []string, config ProbeConfig, s seed.Seed) ([]ProbeResult, error) {
	results := make([]ProbeResult, len(outcomes))
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(runtime.GOMAXPROCS(0))
	for i, outcome := range outcomes {
		work.Go(func() (err error) {
			results[i], err = CrossValidate(ctx, x, outcome, groups, config, s.Stream("latent.probe "+outcome.Measure))
			if errors.Is(err, ErrUndefined) {
				results[i], err = undefinedResult(outcome, err), nil
			}
			return err
		})
	}
	if err := work.Wait(); err != nil {
		return nil, err
	}
	p := make([]float64, len(results))
	for i := range results {
		p[i] = results[i].P
	}
	for i, q := range BenjaminiHochberg(p) {
		results[i].Q = q
	}
	return results, nil
}

func undefinedResult(y Outcome, why error) ProbeResult {
	nan := math.NaN()
	r := ProbeResult{Measure: y.Measure, P: nan, Q: nan, Note: why.Error(), Probe: Probe{Measure: y.Measure, Intercept: nan, Penalty: nan, Mean: nan, SD: nan}}
	r.R2 = Interval{Value: nan, Lo: nan, Hi: nan}
	r.MeanR2 = nan
	return r
}
