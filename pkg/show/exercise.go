package show

import (
	"fmt"
	"math"
)

// Exercise says whether a reader's answer holds: within tolerance of the truth.
// An answer of NaN is none yet, and only the question is shown. The hint is for
// an answer that does not hold; the truth is not told.
func Exercise(answer, truth, tolerance float64, hint string) {
	Markdown("%s", verdict(answer, truth, tolerance, hint))
}

func verdict(answer, truth, tolerance float64, hint string) string {
	switch {
	case math.IsNaN(truth):
		return "*This exercise has no answer here: the number is undefined for this dataset.*"
	case math.IsNaN(answer):
		return "*Your turn: put your answer in place of `math.NaN()` and run the cell.*"
	case math.Abs(answer-truth) <= tolerance:
		return fmt.Sprintf("**It holds.** Yours: %.3g, measured: %.3g.", answer, truth)
	default:
		return fmt.Sprintf("**Not yet.** %s", hint)
	}
}
