package show_test

import (
	"math"

	"github.com/cortigen/cortigen/pkg/show"
)

// Outside a notebook, cells print what they would show.
func Example() {
	show.Table([]string{"answer", "edge AUC"}, [][]string{{"density", "0.5"}, {"class", "0.84"}})
	show.Exercise(math.NaN(), .5, .01, "Which answer knows nothing?")
	show.Exercise(.84, .5, .01, "Which answer knows nothing?")
	show.Exercise(.5, .5, .01, "Which answer knows nothing?")
	// Output:
	// answer	edge AUC
	// density	0.5
	// class	0.84
	// *Your turn: put your answer in place of `math.NaN()` and run the cell.*
	// **Not yet.** Which answer knows nothing?
	// **It holds.** Yours: 0.5, measured: 0.5.
}
