package steer

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"gonum.org/v1/gonum/stat"

	"github.com/cortigen/cortigen/pkg/latent"
)

// HitWithin is the miss, in sd of the reference, up to which a request counts as
// hit (ours).
const HitWithin = .25

// Score sums up answers. Intervals are over the sets of measures asked for, since
// requests for one measure stand or fall together; those of a score of one
// measure are over the codes that were started from.
type Score struct {
	Method string `json:"method"`
	// HitRate is the share of requests whose decoded circuits came within
	// HitWithin of the target. A request that is undefined there is a miss; one
	// that was said to be out of reach counts as what it reached.
	HitRate latent.Interval `json:"hit_rate"`
	// MeanHitSD is the mean miss in sd, over requests where it is defined.
	MeanHitSD latent.Interval `json:"mean_hit_sd"`
	// MedianDriftSD is the median over requests of the median drift, in sd.
	MedianDriftSD latent.Interval `json:"median_drift_sd"`
	// HeldDriftSD is the mean over requests of the largest drift among the held
	// measures, in sd; NaN where nothing was held.
	HeldDriftSD latent.Interval `json:"held_drift_sd"`
	// OutOfReach is the share of requests that were said to be; Undefined is the
	// number whose decoded circuits all lack the measure.
	OutOfReach float64 `json:"out_of_reach"`
	Undefined  int     `json:"undefined"`
	// N requests.
	N int `json:"n"`
}

// Summarise scores the answers of one method. Draws of 0 are 2,000. Without
// answers every number is NaN.
func Summarise(answers []Answer, draws int, rng *rand.Rand) Score {
	n := len(answers)
	groups := independent(answers)
	hit, miss, drift, held := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	score := Score{N: n, OutOfReach: math.NaN()}
	outOfReach := 0
	for i, a := range answers {
		score.Method = a.Method
		miss[i], drift[i], held[i] = a.HitSD, a.MedianDrift, a.HeldDrift
		if a.Hit() {
			hit[i] = 1
		}
		if a.OutOfReach {
			outOfReach++
		}
		if math.IsNaN(a.HitSD) {
			score.Undefined++
		}
	}
	if n > 0 {
		score.OutOfReach = float64(outOfReach) / float64(n)
	}
	interval := func(values []float64, of func([]float64) float64) latent.Interval {
		return latent.Bootstrap(groups, func(indices []int) float64 { return of(definedAt(values, indices)) }, draws, rng)
	}
	score.HitRate = interval(hit, mean)
	score.MeanHitSD = interval(miss, mean)
	score.MedianDriftSD = interval(drift, median)
	score.HeldDriftSD = interval(held, mean)
	return score
}

// independent names the group of each answer: its measures or, where all have the
// same, its start.
func independent(answers []Answer) []string {
	measures, starts := make([]string, len(answers)), make([]string, len(answers))
	several := false
	for i, a := range answers {
		measures[i], starts[i] = strings.Join(a.Request.Measures(), ", "), fmt.Sprint(a.Request.Start)
		several = several || measures[i] != measures[0]
	}
	if several {
		return measures
	}
	return starts
}

func definedAt(values []float64, indices []int) []float64 {
	defined := make([]float64, 0, len(indices))
	for _, i := range indices {
		if !math.IsNaN(values[i]) {
			defined = append(defined, values[i])
		}
	}
	return defined
}

func mean(values []float64) float64 { return stat.Mean(values, nil) } // NaN of none
