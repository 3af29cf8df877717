package figure

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/cortigen/cortigen/pkg/latent"
	"github.com/cortigen/cortigen/pkg/significance"
	"github.com/cortigen/cortigen/pkg/structure"
)

// nullMarks are those of null models, by how strict they are, with words for each; a
// dataset without positions has classes where others have distance.
var nullMarks = []struct {
	models, words []string
	mark          mark
}{
	{[]string{"er"}, []string{"as many edges"}, mark{colour: pale, dot: 3.2}},
	{[]string{"reciprocal_er"}, []string{"edges and mutual pairs"}, mark{colour: grey, dot: 3.2}},
	{[]string{"class_distance", "distance", "sbm"}, []string{"class and distance", "distance", "class"}, mark{colour: orange, dot: 3.2}},
	{[]string{"configuration"}, []string{"degrees"}, mark{colour: sky, dot: 3.2}},
	{[]string{"distance_degree", "dcsbm"}, []string{"degrees and distance", "degrees and class"}, mark{colour: blue, dot: 3.2}},
	{[]string{"degree_reciprocal"}, []string{"degrees and mutual pairs"}, mark{colour: black, dot: 3.2}},
}

// nullMark returns how a null model is drawn; false for one that is not.
func nullMark(model string) (int, bool) {
	for i, n := range nullMarks {
		if slices.Contains(n.models, model) {
			return i, true
		}
	}
	return 0, false
}

// nullKeys are those of the models that any of the findings has: one for each mark,
// with the words of all models that it stands for.
func nullKeys(all ...significance.Findings) []key {
	var keys []key
	for k := range nullMarks {
		if key, ok := nullKey(k, all); ok {
			keys = append(keys, key)
		}
	}
	return keys
}

func nullKey(k int, all []significance.Findings) (key, bool) {
	var words []string
	for w, model := range nullMarks[k].models {
		if slices.ContainsFunc(all, func(f significance.Findings) bool { _, ok := f.Report(model); return ok }) {
			words = append(words, nullMarks[k].words[w])
		}
	}
	return key{strings.Join(words, ", or "), nullMarks[k].mark}, len(words) > 0
}

// Triads shows by how many standard deviations each connected kind of three
// neurons is more or less frequent than null models have it; rings at the edge are
// of kinds of which every draw has one other number, such as none.
func Triads(f significance.Findings) (*Figure, error) {
	if len(f.Reports) == 0 {
		return nil, errNothing("no report of a null model")
	}
	names := significance.ConnectedTriads()
	p := newPanel(titleOf(f), "", "z (mean count against draws)")
	p.Y.Tick.Marker = arcsinhTicks{}
	p.Add(acrossBand{lo: math.Asinh(-2), hi: math.Asinh(2), colour: pale})
	lowest, highest := math.Asinh(-3), math.Asinh(3)
	var certain []triadDot
	for _, r := range f.Reports {
		k, ok := nullMark(r.Null)
		if !ok {
			continue
		}
		var x, y []float64
		for i, name := range names {
			s, ok := r.Score(name)
			at := float64(i) + .12*(float64(k)-2.5)
			switch {
			case ok && defined(s.Z):
				z := math.Asinh(s.Z)
				x, y = append(x, at), append(y, z)
				lowest, highest = min(lowest, z), max(highest, z)
			case ok && s.StandsOut():
				certain = append(certain, triadDot{at, s.Percentile == 1, nullMarks[k].mark})
			}
		}
		if err := nullMarks[k].mark.draw(p, x, y); err != nil {
			return nil, err
		}
	}
	fig := newFigure(8.4, 4.2, []*plot.Plot{p})
	fig.keys = append(nullKeys(f), key{"within 2 sd", mark{colour: faint(pale), band: true}})
	if len(certain) > 0 {
		rings := mark{colour: grey, dot: 3.2, hollow: true}
		fig.keys = append(fig.keys, key{"draws are all alike, and other", rings})
	}
	span := highest - lowest
	for _, c := range certain {
		edge := lowest - .06*span
		if c.more {
			edge = highest + .06*span
		}
		c.mark.hollow = true
		if err := c.mark.draw(p, []float64{c.x}, []float64{edge}); err != nil {
			return nil, err
		}
	}
	p.Add(triadRow{names})
	labels := make([]string, len(names))
	for i, name := range names {
		labels[i] = strings.TrimPrefix(name, "triad_")
	}
	p.NominalX(labels...)
	p.X.Min, p.X.Max = -.6, float64(len(names))-.4
	p.X.Tick.Length = 0
	// The strip above the highest is for the pictures of the triads.
	p.Y.Min, p.Y.Max = lowest-.1*span, highest+.22*span
	return fig, nil
}

// triadDot is a kind of triad that a null model never has in that number.
type triadDot struct {
	x    float64
	more bool
	mark mark
}

func titleOf(f significance.Findings) string {
	n := f.Reports[0].Circuits
	if f.Whole {
		return fmt.Sprintf("%s, the whole: %.0f neurons, %d draws", f.Overview.Name, f.Neurons, f.Reports[0].Draws)
	}
	return fmt.Sprintf("%s: %d circuits of %.0f neurons, %d draws of each", f.Overview.Name, n, f.Neurons, f.Reports[0].Draws)
}

// Nulls shows, for several datasets, how much of what is special a null model
// leaves: how many kinds of triads stand out, and how many times more of two
// things there are than it expects. A model that keeps a thing has no dot for it.
func Nulls(all []significance.Findings) (*Figure, error) {
	if len(all) == 0 {
		return nil, errNothing("no findings")
	}
	names := sourceNames(all)
	counts, err := dotPanel("Kinds of triads that stand out", "of 13, beyond 2 sd", names, byNull(all, func(r significance.Report) latent.Interval {
		beyond, _ := r.Beyond(significance.ConnectedTriads())
		return plain(float64(beyond))
	})...)
	if err != nil {
		return nil, err
	}
	counts.X.Min, counts.X.Max = -.5, 13.5
	panels := []*plot.Plot{counts}
	for _, m := range []struct{ measure, title string }{{"triad_030T", "Feed-forward triads (030T)"}, {"reciprocity_ratio", "Mutual pairs"}} {
		p, err := dotPanel(m.title, "observed ÷ null (log₂)", make([]string, len(all)), byNull(all, func(r significance.Report) latent.Interval {
			return log2Ratio(r, m.measure)
		})...)
		if err != nil {
			return nil, err
		}
		p.Add(rule{upright: true, offset: 0, mark: guide})
		panels = append(panels, p)
	}
	f := newFigure(10.4, .62*float64(len(all))+1.4, panels)
	f.keys = nullKeys(all...)
	return f, nil
}

// sourceNames says what each dataset's circuits are.
func sourceNames(all []significance.Findings) []string {
	var names []string
	for _, f := range all {
		of := "whole"
		if !f.Whole && len(f.Reports) > 0 {
			of = fmt.Sprintf("%d circuits", f.Reports[0].Circuits)
		}
		names = append(names, fmt.Sprintf("%s (%s)", f.Overview.Name, of))
	}
	return names
}

// byNull returns a series for each null model over datasets.
func byNull(all []significance.Findings, of func(significance.Report) latent.Interval) []series {
	many := make([]series, len(nullMarks))
	for k := range many {
		many[k] = series{mark: nullMarks[k].mark, values: make([]latent.Interval, len(all))}
		for i, f := range all {
			many[k].values[i] = plain(math.NaN())
			for _, r := range f.Reports {
				if at, ok := nullMark(r.Null); ok && at == k {
					many[k].values[i] = of(r)
				}
			}
		}
	}
	return many
}

// log2Ratio is a log-ratio in doublings; NaN where the null model gives the measure
// away.
func log2Ratio(r significance.Report, measure string) latent.Interval {
	s, ok := r.Score(measure)
	if !ok {
		return plain(math.NaN())
	}
	v := s.LogRatio
	if !s.Tested() {
		return plain(math.NaN()) // the null model keeps it: no finding, and no explanation
	}
	return latent.Interval{Value: v.Value / math.Ln2, Lo: v.Lo / math.Ln2, Hi: v.Hi / math.Ln2, N: v.N}
}

// dimensions of simplices that are drawn, from that of a directed triangle.
const lowestDimension, highestDimension = 2, 5

// Simplices shows how many all-to-all connected, ordered groups there are by
// dimension: of the first dataset beside its null models, and of all datasets as
// a ratio to the one that keeps degrees. A line ends where no draw has any.
func Simplices(all []significance.Findings) (*Figure, error) {
	if len(all) == 0 || len(all[0].Reports) == 0 {
		return nil, errNothing("no report of a null model")
	}
	counts := newPanel(sourceNames(all)[0], "dimension (neurons − 1)", "simplices in a circuit (mean)")
	counts.Y.Tick.Marker = powerTicks{}
	var x, observed []float64
	for d := lowestDimension; d <= highestDimension; d++ {
		if s, ok := all[0].Reports[0].Score(simplices(d)); ok && s.Observed > 0 {
			x, observed = append(x, float64(d)), append(observed, math.Log10(s.Observed))
		}
	}
	for _, r := range all[0].Reports {
		k, ok := nullMark(r.Null)
		if !ok {
			continue
		}
		var at, middle []float64
		for d := lowestDimension; d <= highestDimension; d++ {
			if s, ok := r.Score(simplices(d)); ok && s.Mean > 0 {
				at, middle = append(at, float64(d)), append(middle, math.Log10(s.Mean))
			}
		}
		m := nullMarks[k].mark
		m.line = 1
		if err := m.draw(counts, at, middle); err != nil {
			return nil, err
		}
	}
	seen := mark{colour: vermillion, dot: 3.4, line: 1.6}
	if err := seen.draw(counts, x, observed); err != nil {
		return nil, err
	}
	ratios := newPanel("Beyond degrees, all datasets", "dimension (neurons − 1)", "observed ÷ configuration (log₂)")
	ratios.Add(rule{mark: guide})
	keys := append(nullKeys(all[0]), key{"observed", seen})
	for k, f := range all {
		r, ok := f.Report("configuration")
		if !ok {
			continue
		}
		m := mark{colour: colour(k), line: 1.4, dot: 2.4, dashed: true} // lines of the left panel are not
		var x, y []float64
		for d := lowestDimension; d <= highestDimension; d++ {
			x, y = append(x, float64(d)), append(y, log2Ratio(r, simplices(d)).Value)
		}
		if err := m.draw(ratios, x, y); err != nil {
			return nil, err
		}
		keys = append(keys, key{f.Overview.Name, m})
	}
	for _, p := range []*plot.Plot{counts, ratios} {
		p.X.Min, p.X.Max = lowestDimension-.2, highestDimension+.2
	}
	f := newFigure(8.4, 4, []*plot.Plot{counts, ratios})
	f.keys = keys
	return f, nil
}

func simplices(dimension int) string { return fmt.Sprintf("simplices_%d", dimension) }

// PairReciprocity shows how many times more mutual pairs there are between signs
// of neurons than null models expect that keep degrees, without and with distance
// or class. Where there is no ratio, the line says what is lacking.
func PairReciprocity(all []significance.Findings) (*Figure, error) {
	if len(all) == 0 {
		return nil, errNothing("no findings")
	}
	names := sourceNames(all)
	var panels []*plot.Plot
	for _, pair := range []struct{ measure, title string }{{"reciprocity_ratio_ee", "E with E"}, {"reciprocity_ratio_ei", "E with I"}, {"reciprocity_ratio_ii", "I with I"}} {
		strict := byNull(all, func(r significance.Report) latent.Interval { return log2Ratio(r, pair.measure) })
		p, err := dotPanel("Mutual pairs, "+pair.title, "observed ÷ null (log₂)", names, strict[0], strict[3], strict[4])
		if err != nil {
			return nil, err
		}
		p.Add(rule{upright: true, offset: 0, mark: guide}, whyNoRatio(all, pair.measure, strict[0], strict[3], strict[4]))
		panels, names = append(panels, p), make([]string, len(all))
	}
	f := newFigure(10.4, .5*float64(len(all))+1.4, panels)
	for _, k := range []int{0, 3, 4} {
		if key, ok := nullKey(k, all); ok {
			f.keys = append(f.keys, key)
		}
	}
	return f, nil
}

// whyNoRatio says of datasets without a dot what they lack.
func whyNoRatio(all []significance.Findings, measure string, drawn ...series) notes {
	words := make(notes, len(all))
	for i, f := range all {
		if slices.ContainsFunc(drawn, func(s series) bool { return defined(s.values[i].Value) }) || len(f.Reports) == 0 {
			continue
		}
		s, ok := f.Reports[0].Score(measure)
		switch {
		case !ok || !defined(f.Overview.Excitatory):
			words[i] = "signs unknown"
		case !defined(s.Observed):
			words[i] = "no such edges"
		case s.Observed == 0:
			words[i] = "no mutual pair"
		default:
			words[i] = "none in draws"
		}
	}
	return words
}

// Spreads shows how measures are spread over the circuits of each dataset: the
// median, and the middle 90 %.
func Spreads(all []significance.Findings) (*Figure, error) {
	if len(all) == 0 {
		return nil, errNothing("no findings")
	}
	var names []string
	for _, f := range all {
		names = append(names, fmt.Sprintf("%s (n = %d)", f.Overview.Name, len(f.Values.Rows)))
	}
	const columns = 4
	measures := all[0].Values.Names
	var grid [][]*plot.Plot
	for k, measure := range measures {
		s := series{mark: mark{colour: blue, dot: 3}}
		for _, f := range all {
			values, err := f.Values.Column(measure)
			if err != nil {
				return nil, fmt.Errorf("figure: %w", err)
			}
			s.values = append(s.values, middleOf(values))
		}
		left := make([]string, len(all))
		if k%columns == 0 {
			left = names
			grid = append(grid, nil)
		}
		unit := "no unit"
		if m, err := structure.Find(measure); err == nil && m.Unit != "1" {
			unit = m.Unit
		}
		p, err := dotPanel(spoken(measure), unit, left, s)
		if err != nil {
			return nil, err
		}
		undefined := make(notes, len(all))
		for i, v := range s.values {
			if !defined(v.Value) {
				undefined[i] = "not defined"
			}
		}
		p.Add(undefined)
		grid[len(grid)-1] = append(grid[len(grid)-1], p)
	}
	for last := len(grid) - 1; len(grid[last]) < len(grid[0]); {
		grid[last] = append(grid[last], nil)
	}
	f := newFigure(10.4, (.24*float64(len(all))+1.2)*float64(len(grid)), grid...)
	f.keys = []key{{"median and middle 90 % of circuits", mark{colour: blue, dot: 3, line: 1.2}}}
	return f, nil
}

// middleOf is the median with the quantiles .05 and .95.
func middleOf(values []float64) latent.Interval {
	var has []float64
	for _, v := range values {
		if defined(v) {
			has = append(has, v)
		}
	}
	if len(has) == 0 {
		return plain(math.NaN())
	}
	slices.Sort(has)
	at := func(p float64) float64 { return stat.Quantile(p, stat.LinInterp, has, nil) }
	return latent.Interval{Value: at(.5), Lo: at(.05), Hi: at(.95), N: len(has)}
}

// arcsinhTicks are 0, 2 and powers of ten on an axis of arsinh x, which is linear
// about 0 and logarithmic far from it, on both sides. (A scale of the library's
// kind would do without the change of values, but it places the axis label's room
// by the middle of the values, which on such a scale is near its end.)
type arcsinhTicks struct{}

// Ticks implements plot.Ticker.
func (arcsinhTicks) Ticks(lo, hi float64) []plot.Tick {
	all := []plot.Tick{{Value: 0, Label: "0"}}
	for _, v := range []float64{2, 10, 100, 1000, 10000} {
		for _, at := range []float64{-v, v} {
			if y := math.Asinh(at); y >= lo && y <= hi {
				all = append(all, plot.Tick{Value: y, Label: fmt.Sprintf("%g", at)})
			}
		}
	}
	return all
}

// powerTicks are powers of ten on an axis of log₁₀ x.
type powerTicks struct{}

// Ticks implements plot.Ticker.
func (powerTicks) Ticks(lo, hi float64) []plot.Tick {
	var all []plot.Tick
	for k := math.Ceil(lo); k <= hi; k++ {
		all = append(all, plot.Tick{Value: k, Label: fmt.Sprintf("%g", math.Pow(10, k))})
	}
	return all
}

// acrossBand fills the panel between two heights, or between two places from left
// to right where it is upright.
type acrossBand struct {
	lo, hi  float64
	colour  color.RGBA
	upright bool
}

// Plot draws it.
func (b acrossBand) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	c.SetColor(faint(b.colour))
	box := vg.Rectangle{Min: vg.Point{X: c.Min.X, Y: y(b.lo)}, Max: vg.Point{X: c.Max.X, Y: y(b.hi)}}
	if b.upright {
		box = vg.Rectangle{Min: vg.Point{X: x(b.lo), Y: c.Min.Y}, Max: vg.Point{X: max(x(b.hi), x(b.lo)+1), Y: c.Max.Y}}
	}
	c.Fill(box.Path())
}

func faint(c color.RGBA) color.RGBA { return color.RGBA{c.R/2 + 127, c.G/2 + 127, c.B/2 + 127, 255} }
