package figure

import (
	"math"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/cortigen/cortigen/pkg/latent"
)

// series is one number, with its interval, for each of several named things.
type series struct {
	mark   mark
	values []latent.Interval
}

// dotPanel draws series as dots with whiskers, one line for each name, the first
// at the top.
func dotPanel(title, x string, names []string, all ...series) (*plot.Plot, error) {
	return dotPanelOn(nil, title, x, names, all...)
}

// dotPanelOn draws a dotPanel on top of other things.
func dotPanelOn(ground []plot.Plotter, title, x string, names []string, all ...series) (*plot.Plot, error) {
	p := newPanel(title, x, "")
	p.Add(ground...)
	n := len(names)
	reversed := make([]string, n)
	for i, name := range names {
		reversed[n-1-i] = name
	}
	p.Add(rows{all, n})
	p.NominalY(reversed...)
	p.Y.Min, p.Y.Max = -.6, float64(n)-.4
	p.Y.Tick.Length = 0
	p.Y.LineStyle.Width = 0
	p.Y.Padding = 2
	return p, nil
}

// rows draws series as dots on lines, the first at the top. Dots that share a
// line stand above one another, the first series uppermost; a dot that is alone
// stands on its line.
type rows struct {
	all []series
	n   int
}

// apart is how far dots of one line stand apart, where that leaves them nearer
// to their own line than to the next.
const apart = 5 * vg.Inch / 72

// DataRange returns that of all ends and dots.
func (r rows) DataRange() (xmin, xmax, ymin, ymax float64) {
	xmin, xmax = math.Inf(1), math.Inf(-1)
	for _, s := range r.all {
		for _, v := range s.values {
			for _, x := range []float64{v.Value, v.Lo, v.Hi} {
				if defined(x) {
					xmin, xmax = min(xmin, x), max(xmax, x)
				}
			}
		}
	}
	return xmin, xmax, 0, float64(r.n - 1)
}

// GlyphBoxes keeps room for dots at the edge.
func (r rows) GlyphBoxes(p *plot.Plot) []plot.GlyphBox {
	var boxes []plot.GlyphBox
	for _, s := range r.all {
		for i, v := range s.values {
			if defined(v.Value) {
				boxes = append(boxes, plot.GlyphBox{X: p.X.Norm(v.Value), Y: p.Y.Norm(float64(r.n - 1 - i)), Rectangle: s.mark.glyph().Rectangle()})
			}
		}
	}
	return boxes
}

// Plot draws the whiskers and the dots.
func (r rows) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	height := y(1) - y(0)
	for i := range r.n {
		var present []series
		for _, s := range r.all {
			if i < len(s.values) && defined(s.values[i].Value) {
				present = append(present, s)
			}
		}
		pitch := min(apart, .7*height/vg.Length(len(present)))
		for k, s := range present {
			v := s.values[i]
			at := y(float64(r.n-1-i)) + pitch*(vg.Length(len(present)-1)/2-vg.Length(k))
			if defined(v.Lo, v.Hi) {
				c.StrokeLines(whisker(s.mark.colour).style(), c.ClipLinesX([]vg.Point{{X: x(v.Lo), Y: at}, {X: x(v.Hi), Y: at}})...)
			}
			c.DrawGlyph(s.mark.glyph(), vg.Point{X: x(v.Value), Y: at})
		}
	}
}

// notes are words on the lines of a dotPanel that have no dot, and say why.
type notes []string

// Plot writes them from the left end of their lines.
func (n notes) Plot(c draw.Canvas, p *plot.Plot) {
	_, y := p.Transforms(&c)
	style := p.X.Tick.Label
	style.Color, style.XAlign, style.YAlign = grey, text.XLeft, text.YCenter
	for i, words := range n {
		c.FillText(style, vg.Point{X: c.Min.X + style.Font.Size/2, Y: y(float64(len(n) - 1 - i))}, words)
	}
}

// plain is a number without an interval.
func plain(value float64) latent.Interval {
	return latent.Interval{Value: value, Lo: math.NaN(), Hi: math.NaN()}
}

// spoken turns the name of a measure into words.
func spoken(measure string) string { return strings.ReplaceAll(measure, "_", " ") }

func spokenAll(measures []string) []string {
	words := make([]string, len(measures))
	for i, m := range measures {
		words[i] = spoken(m)
	}
	return words
}
