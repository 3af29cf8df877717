package figure

import (
	"image/color"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Colours of Okabe & Ito, Color Universal Design, 2008.
var (
	black      = color.RGBA{0, 0, 0, 255}
	grey       = color.RGBA{140, 140, 140, 255}
	pale       = color.RGBA{205, 205, 205, 255}
	orange     = color.RGBA{230, 159, 0, 255}
	sky        = color.RGBA{86, 180, 233, 255}
	green      = color.RGBA{0, 158, 115, 255}
	olive      = color.RGBA{150, 136, 0, 255} // for their yellow, which is hardly seen on white
	blue       = color.RGBA{0, 114, 178, 255}
	vermillion = color.RGBA{213, 94, 0, 255}
	purple     = color.RGBA{204, 121, 167, 255}
)

// colours in the order in which they are given to things without one of their
// own.
var colours = []color.RGBA{blue, vermillion, green, orange, purple, sky, olive, black}

func colour(i int) color.RGBA { return colours[i%len(colours)] }

// mark is how a series is drawn: dots, a line, or both.
type mark struct {
	colour color.RGBA
	// dot is the radius of dots in points, 0 for none.
	dot    float64
	hollow bool
	// cross draws crosses for dots.
	cross bool
	// line is the width in points, 0 for none.
	line   float64
	dashed bool
	// band fills the key's whole box.
	band bool
}

func (m mark) glyph() draw.GlyphStyle {
	var shape draw.GlyphDrawer = draw.CircleGlyph{}
	switch {
	case m.hollow:
		shape = draw.RingGlyph{}
	case m.cross:
		shape = draw.CrossGlyph{}
	}
	return draw.GlyphStyle{Color: m.colour, Radius: vg.Points(m.dot), Shape: shape}
}

func (m mark) style() draw.LineStyle {
	s := draw.LineStyle{Color: m.colour, Width: vg.Points(m.line)}
	if m.dashed {
		s.Dashes = []vg.Length{vg.Points(4), vg.Points(3)}
	}
	return s
}

func (m mark) thumbnail(c draw.Canvas) {
	if m.band {
		c.SetColor(m.colour)
		c.Fill(c.Rectangle.Path())
		return
	}
	middle := (c.Min.Y + c.Max.Y) / 2
	if m.line > 0 {
		c.StrokeLine2(m.style(), c.Min.X, middle, c.Max.X, middle)
	}
	if m.dot > 0 {
		g := m.glyph()
		g.Radius = max(g.Radius, 2.5)
		c.DrawGlyph(g, vg.Point{X: (c.Min.X + c.Max.X) / 2, Y: middle})
	}
}

// draw adds the points to a panel; undefined ones are left out.
func (m mark) draw(p *plot.Plot, x, y []float64) error {
	points := xys(x, y)
	if len(points) == 0 {
		return nil
	}
	if m.line > 0 {
		line, err := plotter.NewLine(points)
		if err != nil {
			return err
		}
		line.LineStyle = m.style()
		p.Add(line)
	}
	if m.dot > 0 {
		dots, err := plotter.NewScatter(points)
		if err != nil {
			return err
		}
		dots.GlyphStyle = m.glyph()
		p.Add(dots)
	}
	return nil
}

func xys(x, y []float64) plotter.XYs {
	var points plotter.XYs
	for i := range x {
		if defined(x[i], y[i]) {
			points = append(points, plotter.XY{X: x[i], Y: y[i]})
		}
	}
	return points
}

// steps draws the share of values at or below x as stairs.
func (m mark) steps(p *plot.Plot, sorted []float64) error {
	var x, y []float64
	n := float64(len(sorted))
	for i, v := range sorted {
		x, y = append(x, v, v), append(y, float64(i)/n, float64(i+1)/n)
	}
	return m.draw(p, x, y)
}

// whisker is the line of an interval.
func whisker(c color.RGBA) mark { return mark{colour: c, line: 1.2} }

// rule is a straight line through the whole panel: y = slope·x + offset, or
// upright at x = offset. It does not stretch the axes.
type rule struct {
	slope, offset float64
	upright       bool
	mark          mark
}

// Plot draws the line.
func (r rule) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	ends := []vg.Point{
		{X: x(p.X.Min), Y: y(r.slope*p.X.Min + r.offset)},
		{X: x(p.X.Max), Y: y(r.slope*p.X.Max + r.offset)},
	}
	if r.upright {
		ends = []vg.Point{{X: x(r.offset), Y: c.Min.Y}, {X: x(r.offset), Y: c.Max.Y}}
	}
	c.StrokeLines(r.mark.style(), c.ClipLinesXY(ends)...)
}

var guide = mark{colour: pale, line: 1}

// band fills the space between two curves over x.
func band(p *plot.Plot, x, lo, hi []float64, c color.RGBA) error {
	return fill(p, append(xys(x, lo), reversed(xys(x, hi))...), c)
}

// sideBand fills the space between two curves over y.
func sideBand(p *plot.Plot, y, lo, hi []float64, c color.RGBA) error {
	return fill(p, append(xys(lo, y), reversed(xys(hi, y))...), c)
}

func reversed(points plotter.XYs) plotter.XYs {
	slices.Reverse(points)
	return points
}

func fill(p *plot.Plot, outline plotter.XYs, c color.RGBA) error {
	if len(outline) < 3 {
		return nil
	}
	area, err := plotter.NewPolygon(outline)
	if err != nil {
		return err
	}
	area.Color = color.NRGBA{c.R, c.G, c.B, 50}
	area.LineStyle.Width = 0
	p.Add(area)
	return nil
}
