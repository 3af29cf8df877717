package figure

import (
	"fmt"

	"gonum.org/v1/plot"

	"github.com/cortigen/cortigen/pkg/fidelity"
	"github.com/cortigen/cortigen/pkg/latent"
)

// Completeness shows how density and reciprocity hang on what is made of neurons
// whose axons nobody proofread.
func Completeness(all []fidelity.Completeness) (*Figure, error) {
	if len(all) == 0 {
		return nil, errNothing("no reconstruction with a mask of unproofread axons")
	}
	ways := []struct {
		name string
		mark mark
		of   func(fidelity.ThreeWays) latent.Interval
	}{
		{"outputs of all taken for complete", mark{colour: vermillion, dot: 3, hollow: true}, func(w fidelity.ThreeWays) latent.Interval { return w.Naive }},
		{"unproofread rows masked", mark{colour: blue, dot: 3}, func(w fidelity.ThreeWays) latent.Interval { return w.Masked }},
		{"proofread neurons among themselves", mark{colour: grey, dot: 3}, func(w fidelity.ThreeWays) latent.Interval { return w.ProofreadOnly }},
	}
	var row []*plot.Plot
	for k, measure := range all[0].Measures {
		names := make([]string, len(all))
		var drawn []series
		for _, way := range ways {
			s := series{mark: way.mark}
			for i, c := range all {
				if k == 0 {
					names[i] = fmt.Sprintf("%s (%d of %d)", c.Name, c.Observed, c.Neurons)
				}
				s.values = append(s.values, way.of(c.Measures[k]))
			}
			drawn = append(drawn, s)
		}
		p, err := dotPanel("", spoken(measure.Measure), names, drawn...)
		if err != nil {
			return nil, err
		}
		p.X.Min = 0
		row = append(row, p)
	}
	f := newFigure(8.4, 1.9+.3*float64(len(all)), row)
	for _, way := range ways {
		f.keys = append(f.keys, key{way.name, way.mark})
	}
	return f, nil
}
