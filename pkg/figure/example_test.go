package figure_test

import (
	"fmt"

	"github.com/cortigen/cortigen/pkg/figure"
	"github.com/cortigen/cortigen/pkg/latent"
)

func Example() {
	probing := latent.Probing{
		Measures: []latent.HeldOut{{
			Measure: "density", Score: latent.Score{R2: latent.Interval{Value: .9, Lo: .8, Hi: .95, N: 24}},
			Values: []float64{.04, .07, .11}, Predicted: []float64{.05, .07, .1},
		}},
	}
	f, err := figure.Scatter(probing, "density")
	if err != nil {
		fmt.Println(err)
		return
	}
	png, err := f.PNG()
	fmt.Println(len(png) > 1000, err)
	_, err = figure.Scatter(probing, "reciprocity")
	fmt.Println(err)
	// Output:
	// true <nil>
	// figure: "reciprocity" was not probed
}
