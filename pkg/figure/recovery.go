package figure

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"

	"github.com/cortigen/cortigen/pkg/latent"
)

var posteriorMark = mark{colour: green, dot: 2.6, hollow: true}

// Recovery shows how much of each planted factor the code knows, beside what can be
// known at all, and what share of that.
func Recovery(r latent.Recovery) (*Figure, error) {
	if len(r.Factors) == 0 {
		return nil, errNothing("no factor")
	}
	var names []string
	code, classes := series{mark: codeMark}, series{mark: simpleMark}
	ceiling, posterior := series{mark: ceilingMark}, series{mark: posteriorMark}
	shares, words := series{mark: codeMark}, make(notes, len(r.Factors))
	for k, f := range r.Factors {
		names = append(names, spoken(f.Factor))
		code.values, classes.values = append(code.values, floor(f.R2)), append(classes.values, floor(f.Classes))
		ceiling.values, posterior.values = append(ceiling.values, floor(f.Ceiling)), append(posterior.values, floor(f.Posterior))
		share := f.Share
		if f.Given {
			share, words[k] = plain(math.NaN()), "not in the wiring"
		}
		shares.values = append(shares.values, share)
	}
	title := fmt.Sprintf("Planted factors (n = %d circuits)", r.Judged)
	factors, err := dotPanelOn([]plot.Plotter{rule{upright: true, mark: guide}}, title, fmt.Sprintf("R² (below %g is drawn there)", worstR2), names, ceiling, posterior, code, classes)
	if err != nil {
		return nil, err
	}
	factors.X.Max = 1
	share, err := dotPanelOn([]plot.Plotter{rule{upright: true, offset: 1, mark: guide}}, "Share of the ceiling", "R² of the code ÷ ceiling", make([]string, len(names)), shares)
	if err != nil {
		return nil, err
	}
	share.Add(words)
	share.X.Min, share.X.Max = max(min(share.X.Min, 0), worstR2), min(max(share.X.Max, 1), 2)
	f := newFigure(9.6, 1.4+.36*float64(len(names)), []*plot.Plot{factors, share})
	f.keys = []key{
		{"the ceiling: chains from the truth", ceilingMark}, {"best readers: chains from the prior", posteriorMark},
		{"from the code", codeMark}, {"from class counts alone", simpleMark},
	}
	return f, nil
}

// Recovered shows, of every factor, what is read of single circuits against what
// was planted: by the code, and by who reads as well as can be.
func Recovered(r latent.Recovery) (*Figure, error) {
	if len(r.Factors) == 0 {
		return nil, errNothing("no factor")
	}
	read, best := mark{colour: blue, dot: 1.8}, mark{colour: green, dot: 1.4, hollow: true}
	f := newFigure(9.6, 2.3*float64((len(r.Factors)+mapColumns-1)/mapColumns)+.4)
	for k, one := range r.Factors {
		unit := ""
		if one.Unit != "1" {
			unit = " (" + one.Unit + ")"
		}
		p := newPanel(spoken(one.Factor), "planted"+unit, "read")
		p.Add(rule{slope: 1, mark: guide})
		if err := best.draw(p, one.Values, one.Known); err != nil {
			return nil, err
		}
		if err := read.draw(p, one.Values, one.Predicted); err != nil {
			return nil, err
		}
		f.place(k, p)
	}
	f.keys = []key{{fmt.Sprintf("from the code, n = %d circuits", r.Judged), read}, {"at best", best}, {"as planted", guide}}
	return f, nil
}

// SampleSizes shows how many training circuits a probe of each factor needs.
func SampleSizes(r latent.Recovery) (*Figure, error) {
	p := newPanel("How many circuits does a probe need?", "training circuits", "R² on others")
	f := newFigure(6, 4, []*plot.Plot{p})
	for k, curve := range r.Curves {
		var x, y []float64
		for _, s := range curve.Sizes {
			if defined(s.R2.Value) {
				x, y = append(x, sizeAxis.at(float64(s.Circuits))), append(y, max(worstR2, s.R2.Value))
			}
		}
		if len(x) < 2 {
			continue
		}
		m := mark{colour: colour(k), dot: 2.2, line: 1.2}
		if err := m.draw(p, x, y); err != nil {
			return nil, err
		}
		f.keys = append(f.keys, key{spoken(curve.Measure), m})
	}
	if len(f.keys) == 0 {
		return nil, errNothing("no curve")
	}
	p.Add(rule{mark: guide})
	p.X.Tick.Marker = sizeAxis
	p.Y.Max = 1
	return f, nil
}
