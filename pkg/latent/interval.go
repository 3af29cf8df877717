package latent

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// bootstrapDraws is the number of draws where none is given (ours): the ends of
// a 95 % interval then rest on 50 draws beyond each.
const bootstrapDraws = 2000

// Interval is a number with its 95 % interval.
type Interval struct {
	Value float64 `json:"value"`
	// Lo and Hi are NaN where no interval could be had.
	Lo float64 `json:"lo"`
	Hi float64 `json:"hi"`
	// N is the number of independent things that were resampled: regions.
	N int `json:"n"`
}

// String writes value, interval and n.
func (i Interval) String() string {
	return fmt.Sprintf("%.3g [%.3g, %.3g] (n = %d)", i.Value, i.Lo, i.Hi, i.N)
}

// Bootstrap returns stat of all items with its percentile interval over groups:
// each draw takes as many groups as there are, with replacement, and hands stat
// the indices of all their items, repeated as often as their group was drawn.
// Groups holds the name of each item's group. A draw of which stat is NaN is
// left out. Fewer than two groups, or no defined draw, have no interval. Where
// the percentiles miss the value, which a skewed stat of few groups can do, the
// interval is widened to hold it. Draws of 0 are 2,000.
//
// Efron & Tibshirani 1993, An Introduction to the Bootstrap, chapter 13;
// resampling whole groups: Davison & Hinkley 1997, section 3.8.
func Bootstrap(groups []string, stat func(indices []int) float64, draws int, rng *rand.Rand) Interval {
	return bootstrapAll(groups, func(indices []int) []float64 { return []float64{stat(indices)} }, draws, rng)[0]
}

// bootstrapAll is Bootstrap of several numbers that are taken from the same draws.
func bootstrapAll(groups []string, stat func(indices []int) []float64, draws int, rng *rand.Rand) []Interval {
	blocks := blocksOf(groups, len(groups))
	observed := stat(count(len(groups)))
	intervals := make([]Interval, len(observed))
	for k, value := range observed {
		intervals[k] = Interval{Value: value, Lo: math.NaN(), Hi: math.NaN(), N: len(blocks)}
	}
	if len(blocks) < 2 {
		return intervals
	}
	if draws <= 0 {
		draws = bootstrapDraws
	}
	drawn := make([][]float64, len(observed)) // of each number, those that are defined
	indices := make([]int, 0, len(groups))
	for range draws {
		indices = indices[:0]
		for range blocks {
			indices = append(indices, blocks[rng.IntN(len(blocks))]...)
		}
		for k, v := range stat(indices) {
			if !math.IsNaN(v) {
				drawn[k] = append(drawn[k], v)
			}
		}
	}
	for k, values := range drawn {
		intervals[k] = intervals[k].around(values)
	}
	return intervals
}

// around gives the interval its ends from draws.
func (i Interval) around(values []float64) Interval {
	if len(values) > 0 && !math.IsNaN(i.Value) {
		slices.Sort(values)
		i.Lo = min(i.Value, quantile(values, .025))
		i.Hi = max(i.Value, quantile(values, .975))
	}
	return i
}

// quantile interpolates between the two nearest of sorted values.
func quantile(sorted []float64, p float64) float64 {
	return stat.Quantile(p, stat.LinInterp, sorted, nil)
}
