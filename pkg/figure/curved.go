package figure

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/cortigen/cortigen/pkg/latent"
)

// curvedAxis bends an axis: values are drawn at their place on it, ticks say the
// values. (See arcsinhTicks for why no scale of the library is used.)
type curvedAxis struct {
	at func(float64) float64
	// ticks are values that have one.
	ticks []float64
}

// Ticks implements plot.Ticker.
func (a curvedAxis) Ticks(lo, hi float64) []plot.Tick {
	var all []plot.Tick
	for _, v := range a.ticks {
		if y := a.at(v); y >= lo && y <= hi {
			all = append(all, plot.Tick{Value: y, Label: fmt.Sprintf("%g", v)})
		}
	}
	return all
}

func (a curvedAxis) interval(i latent.Interval) latent.Interval {
	return latent.Interval{Value: a.at(i.Value), Lo: a.at(i.Lo), Hi: a.at(i.Hi), N: i.N}
}

var (
	// codeAxis is of nats per circuit: linear to about 10, logarithmic beyond, since
	// many answers have no code.
	codeAxis = curvedAxis{func(v float64) float64 { return math.Asinh(v / 10) }, []float64{0, 10, 30, 100, 300, 1000, 3000, 10000}}
	// sdAxis is of distances in sd: linear to .25, which passes, logarithmic beyond.
	sdAxis = curvedAxis{func(v float64) float64 { return math.Asinh(4 * v) }, []float64{-100, -25, -5, -1, -.25, 0, .25, 1, 5, 25, 100}}
	// dimensionAxis is of numbers that are doubled.
	dimensionAxis = curvedAxis{math.Log2, []float64{1, 2, 4, 8, 16, 32, 64}}
	// sizeAxis is of numbers of circuits.
	sizeAxis = curvedAxis{math.Log2, []float64{8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192}}
)

// over draws a series over x, with upright whiskers.
func (s series) over(p *plot.Plot, x []float64) error {
	var y []float64
	for i, v := range s.values {
		if err := whisker(s.mark.colour).draw(p, []float64{x[i], x[i]}, []float64{v.Lo, v.Hi}); err != nil {
			return err
		}
		y = append(y, v.Value)
	}
	return s.mark.draw(p, x, y)
}

// edgeNotes are words at the right end of the lines of a dotPanel, of dots that
// lie beyond it.
type edgeNotes []string

// Plot writes them.
func (n edgeNotes) Plot(c draw.Canvas, p *plot.Plot) {
	_, y := p.Transforms(&c)
	style := p.X.Tick.Label
	style.Color, style.XAlign, style.YAlign = grey, text.XRight, text.YCenter
	for i, words := range n {
		c.FillText(style, vg.Point{X: c.Max.X, Y: y(float64(len(n) - 1 - i))}, words)
	}
}

// upTo takes out dots that lie beyond a limit, and says where they lie.
func upTo(limit float64, n int, all []series) ([]series, edgeNotes) {
	kept, words := make([]series, len(all)), make(edgeNotes, n)
	for k, s := range all {
		kept[k] = series{s.mark, slices.Clone(s.values)}
		for i, v := range s.values {
			if v.Value > limit {
				kept[k].values[i] = plain(math.NaN())
				words[i] = fmt.Sprintf("%.3g →", v.Value)
			}
		}
	}
	return kept, words
}

// rowBars are bars along the lines of a dotPanel, from one value to another.
type rowBars struct {
	from   float64
	to     []float64
	colour mark
}

// DataRange returns that of all bars.
func (b rowBars) DataRange() (xmin, xmax, ymin, ymax float64) {
	xmin, xmax = b.from, b.from
	for _, v := range b.to {
		if defined(v) {
			xmin, xmax = min(xmin, v), max(xmax, v)
		}
	}
	return xmin, xmax, 0, float64(len(b.to) - 1)
}

// Plot draws them, most of a line high.
func (b rowBars) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	half := .4 * (y(1) - y(0))
	c.SetColor(faint(b.colour.colour))
	for i, v := range b.to {
		if !defined(v) {
			continue
		}
		middle := y(float64(len(b.to) - 1 - i))
		box := vg.Rectangle{Min: vg.Point{X: min(x(b.from), x(v)), Y: middle - half}, Max: vg.Point{X: max(x(b.from), x(v)), Y: middle + half}}
		c.Fill(box.Path())
	}
}
