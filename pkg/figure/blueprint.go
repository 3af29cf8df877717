package figure

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/palette/moreland"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg/draw"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/cortex"
	"github.com/cortigen/cortigen/pkg/latent"
)

// mapColumns is how many maps or curves of factors stand side by side.
const mapColumns = 4

// Fields shows where on the sheet each factor of the blueprint is low and high.
func Fields(s cortex.Study) (*Figure, error) {
	if len(s.Fields) == 0 {
		return nil, errNothing("no fields")
	}
	shade := moreland.Kindlmann()
	shade.SetMin(0)
	shade.SetMax(1.15) // the map ends in white, which paper has too
	f := newFigure(9.6, 2.3*float64((len(s.Fields)+mapColumns-1)/mapColumns)+.4)
	for i, field := range s.Fields {
		p := newPanel(fmt.Sprintf("%s, %.3g to %.3g%s", spoken(field.Factor.Name), field.Factor.Min, field.Factor.Max, unitOf(field.Factor)), "x (µm)", "y (µm)")
		img := image.NewRGBA(image.Rect(0, 0, field.Width, field.Width))
		for i, v := range field.Values {
			at := colourOf(shade, (v-field.Factor.Min)/(field.Factor.Max-field.Factor.Min))
			img.Set(i%field.Width, field.Width-1-i/field.Width, at) // images begin at the top
		}
		p.Add(plotter.NewImage(enlarge(img, 4), 0, 0, field.Side, field.Side))
		p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, field.Side, 0, field.Side
		p.X.Padding, p.Y.Padding = 0, 0
		f.place(i, p)
	}
	for k := range mapLevels {
		u := float64(k) / (mapLevels - 1)
		level := fmt.Sprintf("%.0f %%", 100*u)
		if k == 0 {
			level = "of the range: " + level
		}
		f.keys = append(f.keys, key{level, mark{colour: colourOf(shade, u), dot: 3}})
	}
	f.keys = append(f.keys, key{fmt.Sprintf("one sheet, n = %d neurons", s.Neurons), mark{}})
	return f, nil
}

// place puts a panel at the next place of rows of mapColumns.
func (f *Figure) place(i int, p *plot.Plot) {
	if i%mapColumns == 0 {
		f.panels = append(f.panels, make([]*plot.Plot, mapColumns))
	}
	f.panels[i/mapColumns][i%mapColumns] = p
}

// unitOf is a factor's unit with a space before it; nothing of a pure number.
func unitOf(f cortex.Factor) string {
	if f.Unit == "1" {
		return ""
	}
	return " " + f.Unit
}

// axisOf names a factor with its unit.
func axisOf(what string, f cortex.Factor) string {
	if f.Unit == "1" {
		return what + " " + spoken(f.Name)
	}
	return fmt.Sprintf("%s %s (%s)", what, spoken(f.Name), f.Unit)
}

var (
	shownMark   = mark{colour: blue, dot: 2.4, line: 1.4}
	plantedMark = mark{colour: grey, line: 1.2, dashed: true}
)

// Turn shows what becomes of one circuit as a factor is turned, and what circuits
// show of that factor. An unknown factor is an error.
func Turn(s cortex.Study, factor string) (*Figure, error) {
	i := slices.IndexFunc(s.Turns, func(t cortex.Turn) bool { return t.Factor.Name == factor })
	if i < 0 {
		return nil, fmt.Errorf("figure: the factor %q was not turned", factor)
	}
	t := s.Turns[i]
	var row []*plot.Plot
	for k, c := range t.Circuits {
		if c == nil {
			return nil, errNothing("no circuits")
		}
		row = append(row, markedWiring(fmt.Sprintf("%s %.3g: %d edges", spoken(factor), t.Levels[k*(len(t.Levels)-1)/2], c.Edges()), c, t.Marked[k]))
	}
	curve, n, err := turnPanel("What circuits show", t)
	if err != nil {
		return nil, err
	}
	f := newFigure(12, 3.3, append(row, curve))
	if t.Mark != "" {
		f.keys = []key{{t.Mark, mark{colour: vermillion, band: true}}, {"other edges", mark{colour: black, band: true}}}
	}
	f.keys = append(f.keys, turnKeys(n)...)
	return f, nil
}

// markedWiring draws an adjacency matrix in black, some edges in another colour.
func markedWiring(title string, c *circuit.Circuit, some []circuit.Edge) *plot.Plot {
	stands := make(map[circuit.Edge]bool, len(some))
	for _, e := range some {
		stands[e] = true
	}
	return matrix(title, c, func(i, j int) color.Color {
		switch {
		case stands[circuit.Edge{Pre: i, Post: j}]:
			return vermillion
		case c.Has(i, j):
			return color.Black
		}
		return color.White
	})
}

func turnKeys(n int) []key {
	return []key{{fmt.Sprintf("mean of n = %d independent circuits, 95 %% interval", n), shownMark}, {"as planted", plantedMark}}
}

// Turns shows, of every factor, what circuits show of it as it is turned.
func Turns(s cortex.Study) (*Figure, error) {
	if len(s.Turns) == 0 {
		return nil, errNothing("no factor was turned")
	}
	f := newFigure(9.6, 2.3*float64((len(s.Turns)+mapColumns-1)/mapColumns)+.4)
	for i, t := range s.Turns {
		p, n, err := turnPanel("", t)
		if err != nil {
			return nil, err
		}
		f.place(i, p)
		f.keys = turnKeys(n)
	}
	return f, nil
}

// turnPanel draws a factor's own reading against what was planted.
func turnPanel(title string, t cortex.Turn) (p *plot.Plot, n int, err error) {
	shown := t.Shown[t.Factor.Name]
	if len(shown) == 0 || len(shown) != len(t.Levels) {
		return nil, 0, errNothing("no reading of " + t.Factor.Name)
	}
	p = newPanel(title, axisOf("planted", t.Factor), axisOf("shown", t.Factor))
	p.Add(rule{slope: 1, mark: plantedMark})
	var values []float64
	for k, i := range shown {
		values, n = append(values, i.Value), max(n, i.N)
		if err := whisker(shownMark.colour).draw(p, []float64{t.Levels[k], t.Levels[k]}, []float64{i.Lo, i.Hi}); err != nil {
			return nil, 0, err
		}
	}
	return p, n, shownMark.draw(p, t.Levels, values)
}

// mostEffect is where the colours of effects end, in sd: what moves by more is
// plain to see in any one circuit.
const mostEffect = 3

// Effects shows what turning each factor does to what circuits show of every
// other: that factors do not leak into each other.
func Effects(s cortex.Study) (*Figure, error) {
	n := len(s.Turns)
	if n == 0 {
		return nil, errNothing("no factor was turned")
	}
	names, circuits := make([]string, n), 0
	effects := make([][]latent.Interval, n)
	for i, t := range s.Turns {
		names[i] = t.Factor.Name
		for _, other := range s.Turns {
			e := t.Effects[other.Factor.Name]
			circuits = max(circuits, e.N)
			effects[i] = append(effects[i], e)
		}
	}
	p, err := effectPanel(fmt.Sprintf("Effect of turning a factor through its range (sd over circuits; n = %d)", circuits), "what circuits show", "factor turned", names, names, effects, mostEffect)
	if err != nil {
		return nil, err
	}
	f := newFigure(8.4, 4.2, []*plot.Plot{p})
	f.keys = []key{
		{fmt.Sprintf("+%d sd and more", mostEffect), mark{colour: effectColour(1), band: true}},
		{fmt.Sprintf("−%d sd and less", mostEffect), mark{colour: effectColour(-1), band: true}},
		{"* the 95 % interval leaves out 0", mark{}},
	}
	return f, nil
}

// effectPanel is a table of effects, [rows][columns], in colours that end at most,
// with their numbers.
func effectPanel(title, x, y string, columns, rows []string, effects [][]latent.Interval, most float64) (*plot.Plot, error) {
	n, m := len(rows), len(columns)
	img := image.NewRGBA(image.Rect(0, 0, m, n))
	var words plotter.XYLabels
	var across, down plot.ConstantTicks
	for j, name := range columns {
		across = append(across, plot.Tick{Value: float64(j) + .5, Label: spoken(name)})
	}
	for i, name := range rows {
		down = append(down, plot.Tick{Value: float64(n-1-i) + .5, Label: spoken(name)})
		for j, e := range effects[i] {
			img.Set(j, i, effectColour(e.Value/most))
			words.XYs = append(words.XYs, plotter.XY{X: float64(j) + .5, Y: float64(n-1-i) + .5})
			words.Labels = append(words.Labels, effectWord(e))
		}
	}
	p := newPanel(title, x, y)
	p.Add(plotter.NewImage(enlarge(img, 64), 0, 0, float64(m), float64(n)))
	labels, err := plotter.NewLabels(words)
	if err != nil {
		return nil, fmt.Errorf("figure: effects: %w", err)
	}
	for i := range labels.TextStyle {
		labels.TextStyle[i].Font, labels.TextStyle[i].XAlign, labels.TextStyle[i].YAlign = sans(8, 0), draw.XCenter, draw.YCenter
	}
	p.Add(labels)
	p.X.Tick.Marker, p.Y.Tick.Marker = across, down
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, float64(m), 0, float64(n)
	p.X.Padding, p.Y.Padding = 0, 0
	return p, nil
}

// effectWord is an effect with a star where its interval leaves out 0.
func effectWord(e latent.Interval) string {
	if !defined(e.Value) {
		return "–"
	}
	word := fmt.Sprintf("%.1f", e.Value)
	if word == "-0.0" {
		word = "0.0"
	}
	if e.Lo > 0 || e.Hi < 0 {
		word += "*"
	}
	return word
}

// effectColour is white at 0, and the bluer or redder the larger an effect is, up to
// 1 and −1.
func effectColour(effect float64) color.RGBA {
	if !defined(effect) {
		return pale
	}
	end := sky
	if effect < 0 {
		end = orange
	}
	u := min(1, math.Abs(effect))
	mix := func(c uint8) uint8 { return uint8(255 + u*(float64(c)-255)) }
	return color.RGBA{mix(end.R), mix(end.G), mix(end.B), 255}
}

// Published shows how far the sheet's statistics are from published ones, in the
// tolerances that are claimed.
func Published(s cortex.Study) (*Figure, error) {
	if len(s.Published) == 0 {
		return nil, errNothing("no published statistics")
	}
	ours := series{mark: mark{colour: blue, dot: 3}}
	var names []string
	for _, p := range s.Published {
		names = append(names, fmt.Sprintf("%s: %.3g, published %.3g%s", p.Name, p.Ours, p.Published, unitOf(cortex.Factor{Unit: p.Unit})))
		in := func(v float64) float64 { return (v - p.Published) / p.Tolerance }
		ours.values = append(ours.values, latent.Interval{Value: in(p.Ours), Lo: in(p.Lo), Hi: in(p.Hi)})
	}
	panel, err := dotPanel(fmt.Sprintf("Published statistics (n = %d neurons)", s.Neurons), "ours − published, in tolerances", names, ours)
	if err != nil {
		return nil, err
	}
	bound := mark{colour: vermillion, line: 1, dashed: true}
	panel.Add(rule{upright: true, mark: guide}, rule{upright: true, offset: -1, mark: bound}, rule{upright: true, offset: 1, mark: bound})
	panel.X.Min, panel.X.Max = min(panel.X.Min, -1.1), max(panel.X.Max, 1.1)
	f := newFigure(8, 1.1+.17*float64(len(names)), []*plot.Plot{panel})
	f.keys = []key{{"the sheet, 95 % interval", ours.mark}, {"tolerance", bound}}
	return f, nil
}
