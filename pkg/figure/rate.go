package figure

import (
	"cmp"
	"fmt"
	"image/color"
	"slices"

	"gonum.org/v1/plot"

	"github.com/cortigen/cortigen/pkg/fidelity"
	"github.com/cortigen/cortigen/pkg/latent"
)

var (
	rateMark     = mark{colour: blue, dot: 3, line: 1.6}
	nullRateMark = mark{colour: vermillion, dot: 3, hollow: true, line: 1.2, dashed: true}
)

// pointMark is that of the k-th baseline. Each is smaller than the one before, so
// that several of one place are seen.
func pointMark(k int) mark {
	others := []color.RGBA{grey, green, orange, purple, sky, black}
	return mark{colour: others[k%len(others)], dot: max(2, 4.6-.7*float64(k))}
}

// Rate shows how well edges are told against the length of the code that tells
// them: the model along its curve, the same on null graphs, which a code stores
// just as gladly, and baselines where their own codes put them. What lies between
// model and nulls is the excess, which has a panel of its own; the last shows what
// edges and code cost together.
func Rate(r fidelity.Rate) (*Figure, error) {
	if len(r.Points) == 0 {
		return nil, errNothing("no point of a model")
	}
	points := slices.SortedStableFunc(slices.Values(r.Points), func(a, b fidelity.RatePoint) int { return cmp.Compare(a.Code.Value, b.Code.Value) })
	var x []float64
	for _, p := range points {
		x = append(x, codeAxis.at(p.Code.Value))
	}
	plane := ratePanel(fmt.Sprintf("Edges told (n = %d regions)", points[0].AUC.N), "edge AUC")
	excess := ratePanel("Beyond null graphs", "edge AUC less that on nulls")
	cost := ratePanel("Edges and code together", "nats per pair (lower is better)")
	excess.Add(rule{mark: guide})
	null, withNulls := excesses(points, func(e fidelity.ExcessOf) latent.Interval { return e.Nulls })
	beyond, _ := excesses(points, func(e fidelity.ExcessOf) latent.Interval { return e.Excess })
	nullX := make([]float64, len(withNulls))
	for i, k := range withNulls {
		nullX[i] = x[k]
	}
	f := newFigure(10.8, 4, []*plot.Plot{plane, excess, cost})
	f.keys = []key{{"the model", rateMark}}
	type line struct {
		panel *plot.Plot
		x     []float64
		of    series
	}
	var lines []line
	for k, b := range r.Baselines {
		at, m := []float64{codeAxis.at(b.Code.Value)}, pointMark(k)
		lines = append(lines, line{plane, at, series{m, []latent.Interval{b.AUC}}}, line{cost, at, series{m, []latent.Interval{b.PerPair}}})
		f.keys = append(f.keys, key{b.Name, m})
	}
	lines = append(lines, []line{
		{plane, nullX, series{nullRateMark, null}},
		{plane, x, series{rateMark, scoresOf(points, func(p fidelity.RatePoint) latent.Interval { return p.AUC })}},
		{excess, nullX, series{rateMark, beyond}},
		{cost, x, series{rateMark, scoresOf(points, func(p fidelity.RatePoint) latent.Interval { return p.PerPair })}},
	}...)
	for _, l := range lines {
		if err := l.of.over(l.panel, l.x); err != nil {
			return nil, err
		}
	}
	for _, p := range []*plot.Plot{excess, cost} {
		p.X.Min, p.X.Max = min(p.X.Min, plane.X.Min), max(p.X.Max, plane.X.Max)
	}
	excess.Y.Min, excess.Y.Max = min(excess.Y.Min, 0), max(excess.Y.Max, 0)
	if len(null) > 0 {
		f.keys = slices.Insert(f.keys, 1, key{"the model on null graphs: " + spoken(points[withNulls[0]].Excess.Null), nullRateMark})
	} else {
		excess.Title.Text = "Beyond null graphs: not measured"
	}
	return f, nil
}

func ratePanel(title, y string) *plot.Plot {
	p := newPanel(title, "code (nats per circuit, logarithmic beyond 10)", y)
	p.X.Tick.Marker = codeAxis
	p.X.Min, p.X.Max = 0, codeAxis.at(30)
	return p
}

func scoresOf(points []fidelity.RatePoint, score func(fidelity.RatePoint) latent.Interval) []latent.Interval {
	values := make([]latent.Interval, len(points))
	for i, p := range points {
		values[i] = score(p)
	}
	return values
}

// excesses returns a part of the AUC's excess of the points that have one, and
// which these are.
func excesses(points []fidelity.RatePoint, part func(fidelity.ExcessOf) latent.Interval) (values []latent.Interval, index []int) {
	for k, p := range points {
		if p.Excess != nil {
			values, index = append(values, part(p.Excess.AUC)), append(index, k)
		}
	}
	return values, index
}
