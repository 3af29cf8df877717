package steer

import (
	"fmt"
	"math"
)

// By hand: a target that was met, one that is out of reach, what was held, and the
// rest.
func ExampleAnswer_Table() {
	a := Answer{
		Targets: []Achievement{
			{Asked: Between("density", .1, .2), Achieved: Reading{Mean: .21, SD: .02}, MissSD: .2, Nearest: math.NaN()},
			{Asked: Value("reciprocity", .6), Achieved: Reading{Mean: .4, SD: math.NaN()}, MissSD: 3.1, Nearest: .4},
		},
		Drift: []Drift{{Measure: "clustering", SD: -.3, Floor: .01}, {Measure: "out_degree_sd", SD: .12, Floor: math.NaN(), Held: true}},
	}
	_, rows := a.Table()
	for _, row := range rows {
		fmt.Printf("%q\n", row)
	}
	// Output:
	// ["density" "0.1 to 0.2" "0.21" "± 0.02" "miss 0.20" ""]
	// ["reciprocity" "0.6" "0.4" "± –" "miss 3.10, out of reach" ""]
	// ["out_degree_sd" "held" "" "" "drift +0.12" "–"]
	// ["clustering" "" "" "" "drift -0.30" "+0.01"]
}
