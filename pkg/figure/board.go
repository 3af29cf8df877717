package figure

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"

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

// How an answer of a sweep ended.
var (
	metMark    = mark{colour: blue, dot: 2.4}
	refusedOne = mark{colour: orange, dot: 2.6, hollow: true}
	silentMark = mark{colour: vermillion, dot: 2.6, cross: true}
)

// Asked shows, for each measure that was asked for by itself, where it was to be and
// where the circuits came to lie: their mean, and their spread as a whisker. Grey lines
// are how far the measure reaches at all.
func Asked(s steer.Synthesis) (*Figure, error) {
	if len(s.Sweep) == 0 {
		return nil, errNothing("no measure was asked for by itself")
	}
	f := newFigure(9.6, 0)
	k := 0
	for at, name := range s.Reference.Names {
		answers := s.Asked(name)
		if len(answers) == 0 {
			continue
		}
		p := newPanel(spoken(name), "asked (sd)", "decoded (sd)")
		p.Add(rule{slope: 1, mark: guide})
		for _, reach := range s.Reach {
			if reach.Measure == name {
				p.Add(rule{offset: reach.LowSD, mark: faintGuide}, rule{offset: reach.HighSD, mark: faintGuide})
			}
		}
		if err := askedPanel(p, s.Reference, at, answers); err != nil {
			return nil, err
		}
		p.X.Min, p.X.Max = min(p.X.Min, -4.2), max(p.X.Max, 4.2)
		f.place(k, p)
		k++
	}
	f.height = vg.Length(2.4*float64((k+mapColumns-1)/mapColumns)+.4) * vg.Inch
	f.keys = []key{
		{fmt.Sprintf("within a quarter sd (mean of %d circuits, whisker: their sd)", s.Samples), metMark},
		{"said to be out of reach", refusedOne}, {"missed without a word", silentMark}, {"as asked", guide}, {"reach", faintGuide},
	}
	return f, nil
}

var faintGuide = mark{colour: pale, line: .8, dashed: true}

// askedPanel draws answers to requests for one measure.
func askedPanel(p *plot.Plot, r steer.Reference, at int, answers []steer.Answer) error {
	for _, a := range answers {
		t := a.Targets[0]
		x, y, spread := (t.Asked.From-r.Mean[at])/r.SD[at], t.Achieved.MeanSD, t.Achieved.SDSD
		m := metMark
		switch {
		case a.OutOfReach:
			m = refusedOne
		case !a.Hit():
			m = silentMark
		}
		if err := whisker(faint(m.colour)).draw(p, []float64{x, x}, []float64{y - spread, y + spread}); err != nil {
			return err
		}
		if err := m.draw(p, []float64{x}, []float64{y}); err != nil {
			return err
		}
	}
	return nil
}

// crowded says that a point before this one lies where its words would.
func crowded(at plotter.XYs, i int) bool {
	return slices.ContainsFunc(at[:i], func(other plotter.XY) bool {
		return math.Abs(other.Y-at[i].Y) < .04 && math.Abs(other.X-at[i].X) < .3
	})
}

// Front shows how often each method gave what was asked for against what it changed
// of what was to be held: up and left is better. Those that no other beats in both
// are joined. Beside it is whether edges lie where real ones do, which is in no request.
func Front(s steer.Synthesis) (*Figure, error) {
	if len(s.Board.Entries) == 0 {
		return nil, errNothing("no method")
	}
	p := newPanel(fmt.Sprintf("Hits and their price (n = %d)", len(s.Board.Queries)), "drift of what was to be held (sd)", "share of requests met")
	var best plotter.XYs
	words := plotter.XYLabels{}
	chance := math.NaN()
	for _, e := range s.Board.Entries {
		hit, drift := e.Standing.HitRate, e.Standing.HeldDriftSD
		if !defined(hit.Value, drift.Value) {
			continue
		}
		m := simpleMark
		if e.Standing.OnFront {
			m = codeMark
			best = append(best, plotter.XY{X: drift.Value, Y: hit.Value})
		}
		chance = e.Standing.HeldFloorSD.Value
		ends := whisker(faint(m.colour))
		if err := errors.Join(
			ends.draw(p, []float64{drift.Lo, drift.Hi}, []float64{hit.Value, hit.Value}),
			ends.draw(p, []float64{drift.Value, drift.Value}, []float64{hit.Lo, hit.Hi}),
			m.draw(p, []float64{drift.Value}, []float64{hit.Value}),
		); err != nil {
			return nil, err
		}
		words.XYs, words.Labels = append(words.XYs, plotter.XY{X: drift.Value, Y: hit.Value}), append(words.Labels, e.Method)
	}
	slices.SortFunc(best, func(a, b plotter.XY) int { return cmp.Compare(a.X, b.X) })
	joined := mark{colour: codeMark.colour, line: .8, dashed: true}
	var x, y []float64
	for _, at := range best {
		x, y = append(x, at.X), append(y, at.Y)
	}
	if err := joined.draw(p, x, y); err != nil {
		return nil, err
	}
	labels, err := plotter.NewLabels(words)
	if err != nil {
		return nil, err
	}
	for i := range labels.TextStyle {
		labels.TextStyle[i] = p.X.Tick.Label
		labels.TextStyle[i].XAlign, labels.TextStyle[i].YAlign = text.XLeft, text.YBottom
		if crowded(words.XYs, i) {
			labels.TextStyle[i].YAlign = text.YTop
		}
	}
	labels.Offset = vg.Point{X: vg.Points(4), Y: vg.Points(2)}
	p.Add(labels, rule{upright: true, offset: chance, mark: guide})
	p.X.Min, p.Y.Min, p.Y.Max = 0, 0, 1
	p.X.Max *= 1.25 // room for words
	f := newFigure(5.6, 4.4, []*plot.Plot{p})
	f.keys = []key{{"nobody hits more and drifts less", codeMark}, {"others", simpleMark}, {"by chance alone; of real circuits", guide}}
	if len(s.Likeness) == 0 {
		return f, nil
	}
	var names []string
	for _, e := range s.Board.Entries {
		names = append(names, e.Method)
	}
	alike, err := dotPanelOn([]plot.Plotter{rule{upright: true, offset: s.Real.Value, mark: guide}}, "Where nobody asked: do edges lie as in real circuits?", "AUC of class × distance", names, series{mark: codeMark, values: s.Likeness})
	if err != nil {
		return nil, err
	}
	alike.X.Min, alike.X.Max = min(alike.X.Min, s.Real.Value-.01), max(alike.X.Max, s.Real.Value+.01)
	f.width, f.panels[0] = 10*vg.Inch, append(f.panels[0], alike)
	return f, nil
}
