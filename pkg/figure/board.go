package figure

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"

	"github.com/cortigen/cortigen/pkg/latent"
	"github.com/cortigen/cortigen/pkg/steer"
)

// Board shows how often each method gave what was asked for, what else it changed,
// and how different from each other its circuits are.
func Board(s steer.Synthesis) (*Figure, error) {
	if len(s.Board.Entries) == 0 {
		return nil, errNothing("no method")
	}
	var names []string
	hits, far := series{mark: codeMark}, series{mark: mark{colour: sky, dot: 2.6, hollow: true}}
	drifts, floors := series{mark: codeMark}, series{mark: simpleMark}
	diverse := series{mark: codeMark}
	for _, e := range s.Board.Entries {
		name := e.Method
		if e.Standing.OnFront {
			name += " *"
		}
		names = append(names, name)
		near, beyond := latent.Interval{Value: math.NaN()}, latent.Interval{Value: math.NaN()}
		if len(e.Standing.ByKind) > 1 {
			near, beyond = e.Standing.ByKind[0].Rate, e.Standing.ByKind[1].Rate
		}
		hits.values, far.values = append(hits.values, near), append(far.values, beyond)
		drifts.values, floors.values = append(drifts.values, e.Standing.HeldDriftSD), append(floors.values, plain(e.Standing.HeldFloorSD.Value))
		diverse.values = append(diverse.values, e.Standing.Diversity)
	}
	rate, err := dotPanel(fmt.Sprintf("Requests met (n = %d)", len(s.Board.Queries)), "share within a quarter sd", names, hits, far)
	if err != nil {
		return nil, err
	}
	rate.X.Min, rate.X.Max = 0, 1
	drift, err := dotPanelOn([]plot.Plotter{rule{upright: true, mark: guide}}, "What was to be held", "drift (sd)", make([]string, len(names)), drifts, floors)
	if err != nil {
		return nil, err
	}
	drift.X.Min = 0
	diversity, err := dotPanelOn([]plot.Plotter{rule{upright: true, offset: 1, mark: guide}}, "Diversity", "spread of an answer ÷ that of real circuits", make([]string, len(names)), diverse)
	if err != nil {
		return nil, err
	}
	diversity.X.Min = 0
	f := newFigure(11, 1.3+.3*float64(len(names)), []*plot.Plot{rate, drift, diversity})
	f.keys = []key{{"up to 2 sd", codeMark}, {"3 to 4 sd", far.mark}, {"chance alone", simpleMark}, {"* nobody hits more and drifts less", mark{}}}
	return f, nil
}

// Reach shows how far each measure goes in the decoder's hands.
func Reach(s steer.Synthesis) (*Figure, error) {
	if len(s.Reach) == 0 {
		return nil, errNothing("nothing was sounded")
	}
	ends := series{mark: codeMark}
	var names []string
	for _, r := range s.Reach {
		names = append(names, spoken(r.Measure))
		ends.values = append(ends.values, latent.Interval{Value: (r.LowSD + r.HighSD) / 2, Lo: r.LowSD, Hi: r.HighSD, N: r.Codes})
	}
	p, err := dotPanelOn([]plot.Plotter{rule{upright: true, mark: guide}}, "How far measures reach", "sd of real circuits from their mean", names, ends)
	if err != nil {
		return nil, err
	}
	f := newFigure(6, 1.1+.26*float64(len(names)), []*plot.Plot{p})
	f.keys = []key{{"from the least to the greatest mean that was decoded, and half way", codeMark}}
	return f, nil
}
