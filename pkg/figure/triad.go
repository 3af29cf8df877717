package figure

import (
	"math"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// triadEdges are the edges of the connected triads, by the names of Holland and
// Leinhardt, over neurons 0 (above), 1 (lower left) and 2 (lower right).
var triadEdges = map[string][][2]int{
	"021D": {{0, 1}, {0, 2}},
	"021U": {{1, 0}, {2, 0}},
	"021C": {{1, 0}, {0, 2}},
	"111D": {{0, 1}, {1, 0}, {2, 0}},
	"111U": {{0, 1}, {1, 0}, {0, 2}},
	"030T": {{0, 1}, {0, 2}, {1, 2}},
	"030C": {{0, 1}, {1, 2}, {2, 0}},
	"201":  {{0, 1}, {1, 0}, {0, 2}, {2, 0}},
	"120D": {{0, 1}, {0, 2}, {1, 2}, {2, 1}},
	"120U": {{1, 0}, {2, 0}, {1, 2}, {2, 1}},
	"120C": {{1, 0}, {0, 2}, {1, 2}, {2, 1}},
	"210":  {{0, 1}, {1, 0}, {0, 2}, {1, 2}, {2, 1}},
	"300":  {{0, 1}, {1, 0}, {0, 2}, {2, 0}, {1, 2}, {2, 1}},
}

// triadRow draws a picture of each triad at the top of a panel with one place a
// triad.
type triadRow struct{ names []string }

// Plot draws the pictures.
func (r triadRow) Plot(c draw.Canvas, p *plot.Plot) {
	x, _ := p.Transforms(&c)
	radius := min(vg.Points(8), (x(1)-x(0))*.3)
	for i, name := range r.names {
		center := vg.Point{X: x(float64(i)), Y: c.Max.Y - 1.7*radius}
		drawTriad(c, center, radius, triadEdges[strings.TrimPrefix(name, "triad_")])
	}
}

func drawTriad(c draw.Canvas, center vg.Point, radius vg.Length, edges [][2]int) {
	var at [3]vg.Point
	for k, degrees := range [3]float64{90, 210, 330} {
		angle := degrees * math.Pi / 180
		at[k] = vg.Point{X: center.X + radius*vg.Length(math.Cos(angle)), Y: center.Y + radius*vg.Length(math.Sin(angle))}
	}
	for _, e := range edges {
		drawArrow(c, at[e[0]], at[e[1]])
	}
	for _, point := range at {
		c.DrawGlyph(draw.GlyphStyle{Color: grey, Radius: vg.Points(1.8), Shape: draw.CircleGlyph{}}, point)
	}
}

// drawArrow draws one from near a neuron to near another.
func drawArrow(c draw.Canvas, from, to vg.Point) {
	const gap, head, half = 2.4, 3.2, 1.5 // points
	dx, dy := float64(to.X-from.X), float64(to.Y-from.Y)
	length := math.Hypot(dx, dy)
	ux, uy := vg.Length(dx/length), vg.Length(dy/length)
	tip := vg.Point{X: to.X - gap*ux, Y: to.Y - gap*uy}
	neck := vg.Point{X: tip.X - head*ux, Y: tip.Y - head*uy}
	c.StrokeLine2(draw.LineStyle{Color: black, Width: vg.Points(.7)}, from.X+gap*ux, from.Y+gap*uy, neck.X, neck.Y)
	c.FillPolygon(black, []vg.Point{tip, {X: neck.X - half*uy, Y: neck.Y + half*ux}, {X: neck.X + half*uy, Y: neck.Y - half*ux}})
}
