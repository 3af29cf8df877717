package figure

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"

	"github.com/cortigen/cortigen/pkg/fidelity"
)

// Survey shows reconstructions side by side, by their circuits: what can be
// compared between sources, and how the out-degrees of the wholes are spread.
func Survey(all []fidelity.Portrait) (*Figure, error) {
	if len(all) == 0 {
		return nil, errNothing("no reconstructions")
	}
	var names []string
	for _, p := range all {
		n := fmt.Sprintf("n = %d regions", p.Means[0].N)
		if p.Whole {
			n = fmt.Sprintf("whole, %d neurons", p.Overview.Observed)
		}
		names = append(names, fmt.Sprintf("%s (%s)", p.Overview.Name, n))
	}
	returned, err := dotPanel("Mutual pairs", "reciprocity ÷ chance", names, of(all, "reciprocity_ratio", codeMark))
	if err != nil {
		return nil, err
	}
	returned.Add(rule{upright: true, offset: 1, mark: guide})
	spread, err := dotPanel("Unequal neurons", "CV of degrees", make([]string, len(all)), of(all, "out_degree_cv", outputDot), of(all, "in_degree_cv", inputDot))
	if err != nil {
		return nil, err
	}
	returned.X.Min, spread.X.Min = 0, 0
	curves, keys, err := degreeCurves(all)
	if err != nil {
		return nil, err
	}
	f := newFigure(10, 3.6, []*plot.Plot{returned, spread, curves})
	f.keys = append([]key{{"outputs", outputDot}, {"inputs", inputDot}}, keys...)
	return f, nil
}

var (
	outputDot = mark{colour: black, dot: 3}
	inputDot  = mark{colour: grey, dot: 3, hollow: true}
)

// of returns a measure of every portrait; one that was not taken is undefined.
func of(all []fidelity.Portrait, measure string, m mark) series {
	s := series{mark: m}
	for _, p := range all {
		mean := plain(math.NaN())
		if k := slices.Index(p.Measures, measure); k >= 0 {
			mean = p.Means[k]
		}
		s.values = append(s.values, mean)
	}
	return s
}

// widest is where the axis of degrees ends, in means: beyond lie few neurons.
const widest = 4

// degreeCurves draws the share of neurons with at most so many times the mean
// out-degree.
func degreeCurves(all []fidelity.Portrait) (*plot.Plot, []key, error) {
	p := newPanel("Out-degrees of the whole", "out-degree ÷ its mean", "share of neurons up to x")
	var keys []key
	for k, portrait := range all {
		o := portrait.Overview
		m := mark{colour: colour(k), line: 1.4, dashed: k >= len(colours)}
		mean := float64(o.Edges) / float64(o.Observed)
		var x, y []float64
		for percent, degree := range o.OutDegrees {
			if ratio := degree / mean; ratio <= widest {
				x, y = append(x, ratio), append(y, float64(percent)/100)
			}
		}
		if err := m.draw(p, x, y); err != nil {
			return nil, nil, err
		}
		keys = append(keys, key{o.Name, m})
	}
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, widest, 0, 1
	return p, keys, nil
}
