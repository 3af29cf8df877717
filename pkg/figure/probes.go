package figure

import (
	"cmp"
	"fmt"
	"image/color"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/palette"
	"gonum.org/v1/plot/palette/moreland"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg/draw"

	"github.com/cortigen/cortigen/pkg/latent"
)

var (
	codeMark   = mark{colour: blue, dot: 3}
	simpleMark = mark{colour: grey, dot: 3, hollow: true}
)

// Probes shows what can be read from the code on held-out circuits, beside what
// the numbers of neurons by class tell; a second panel shows the true factors,
// where there are any.
func Probes(p latent.Probing) (*Figure, error) {
	measures, err := probePanel("Measures of held-out circuits", p.Measures, len(p.Measures))
	if err != nil {
		return nil, err
	}
	row := []*plot.Plot{measures}
	if len(p.Factors) > 0 {
		factors, err := probePanel("True factors of the tissue", p.Factors, len(p.Factors))
		if err != nil {
			return nil, err
		}
		row = append(row, factors)
	}
	f := newFigure(1+3.4*float64(len(row)), 1.2+.19*float64(len(p.Measures)), row)
	f.keys = []key{{"from the code", codeMark}, {"from class counts alone", simpleMark}}
	return f, nil
}

// probePanel shows the best of some probes.
func probePanel(title string, of []latent.HeldOut, most int) (*plot.Plot, error) {
	best := slices.DeleteFunc(slices.Clone(of), func(h latent.HeldOut) bool { return h.Note != "" })
	if len(best) == 0 {
		return nil, errNothing("no probes")
	}
	slices.SortStableFunc(best, func(a, b latent.HeldOut) int { return cmp.Compare(b.R2.Value, a.R2.Value) })
	best = best[:min(most, len(best))]
	code, simple := series{mark: codeMark}, series{mark: simpleMark}
	var names []string
	for _, h := range best {
		names = append(names, spoken(h.Measure))
		code.values, simple.values = append(code.values, floor(h.R2)), append(simple.values, floor(h.Simple))
	}
	p, err := dotPanel(title, fmt.Sprintf("R² (n = %d regions; below %g is drawn there)", best[0].R2.N, worstR2), names, code, simple)
	if err != nil {
		return nil, err
	}
	p.Add(rule{upright: true, mark: guide})
	p.X.Max = 1
	return p, nil
}

// worstR2 is where the axis of R² ends: a probe that is worse than the mean by
// so much is of no interest in how much.
const worstR2 = -.5

func floor(i latent.Interval) latent.Interval {
	i.Value, i.Lo, i.Hi = max(i.Value, worstR2), max(i.Lo, worstR2), max(i.Hi, worstR2)
	return i
}

// Scatter shows what a probe predicts for the held-out circuits and what they
// have. A name that was not probed is an error.
func Scatter(p latent.Probing, name string) (*Figure, error) {
	h, err := probed(p, name)
	if err != nil {
		return nil, err
	}
	panel := newPanel(fmt.Sprintf("%s: R² = %.2f [%.2f, %.2f]", spoken(name), h.R2.Value, h.R2.Lo, h.R2.Hi),
		"measured", fmt.Sprintf("predicted from the code (n = %d regions)", h.R2.N))
	if err := (mark{colour: blue, dot: 2}).draw(panel, h.Values, h.Predicted); err != nil {
		return nil, err
	}
	panel.Add(rule{slope: 1, mark: guide})
	f := newFigure(3.8, 3.5, []*plot.Plot{panel})
	f.keys = []key{{"a held-out circuit", mark{colour: blue, dot: 2}}, {"as measured", guide}}
	return f, nil
}

func probed(p latent.Probing, name string) (latent.HeldOut, error) {
	h, ok := p.Of(name)
	if !ok {
		return h, fmt.Errorf("figure: %q was not probed", name)
	}
	if h.Note != "" {
		return h, fmt.Errorf("figure: there is no probe of %s: %s", name, h.Note)
	}
	return h, nil
}

// mapLevels is how many values the key of a map names.
const mapLevels = 5

// Map shows the codes of held-out circuits in their first two components, in
// colours of a measure.
func Map(p latent.Probing, name string) (*Figure, error) {
	h, err := probed(p, name)
	if err != nil {
		return nil, err
	}
	values := slices.DeleteFunc(slices.Clone(h.Values), func(v float64) bool { return !defined(v) })
	if len(values) == 0 || len(p.Map) != len(h.Values) {
		return nil, errNothing("no codes")
	}
	lo, hi := slices.Min(values), slices.Max(values)
	if !(hi > lo) {
		hi = lo + 1
	}
	shade := moreland.Kindlmann()
	shade.SetMin(lo)
	shade.SetMax(hi + .25*(hi-lo)) // the map ends in white, which paper has too
	panel := newPanel("Codes of held-out circuits", component(p, 0), component(p, 1))
	points := make(plotter.XYs, len(p.Map))
	for i, at := range p.Map {
		points[i] = plotter.XY{X: at[0], Y: at[1]}
	}
	dots, err := plotter.NewScatter(points)
	if err != nil {
		return nil, fmt.Errorf("figure: map: %w", err)
	}
	dots.GlyphStyleFunc = func(i int) draw.GlyphStyle {
		return draw.GlyphStyle{Color: colourOf(shade, h.Values[i]), Radius: 2.2, Shape: draw.CircleGlyph{}}
	}
	panel.Add(dots)
	f := newFigure(4.6, 4, []*plot.Plot{panel})
	for k := range mapLevels {
		v := lo + (hi-lo)*float64(k)/(mapLevels-1)
		level := fmt.Sprintf("%.2g", v)
		if k == 0 {
			level = spoken(name) + " " + level
		}
		f.keys = append(f.keys, key{level, mark{colour: colourOf(shade, v), dot: 3}})
	}
	return f, nil
}

// component labels the axis of a principal component.
func component(p latent.Probing, i int) string {
	if i >= len(p.Components.Explained) {
		return ""
	}
	return fmt.Sprintf("component %d (%.0f %% of variance)", i+1, 100*p.Components.Explained[i])
}

// colourOf returns grey for a value without colour.
func colourOf(m palette.ColorMap, v float64) color.RGBA {
	c, err := m.At(v)
	if err != nil {
		return grey
	}
	return color.RGBAModel.Convert(c).(color.RGBA)
}
