package figure

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	vgdraw "gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// ofSign is the colour of a neuron and of its edges.
func ofSign(s circuit.Sign) color.RGBA {
	switch s {
	case circuit.Excitatory:
		return vermillion
	case circuit.Inhibitory:
		return blue
	}
	return grey
}

// signedMatrix draws an adjacency matrix, each row in the colour of its neuron.
func signedMatrix(c *circuit.Circuit) *plot.Plot {
	p := newPanel(fmt.Sprintf("One of them: %d neurons, %d edges", c.Len(), c.Edges()), "postsynaptic", "presynaptic")
	p.Add(raster(func(img *image.RGBA) { drawCells(img, c) }))
	classGrid(p, c)
	return p
}

// drawCells fills an image with the cells of an adjacency matrix. Every cell has a
// pixel or more, so that none is lost where these are few.
func drawCells(img *image.RGBA, c *circuit.Circuit) {
	w, h, n := img.Rect.Dx(), img.Rect.Dy(), c.Len()
	for _, e := range c.EdgeList() {
		x, y := w*e.Post/n, h*e.Pre/n
		cell := image.Rect(x, y, max(x+1, w*(e.Post+1)/n), max(y+1, h*(e.Pre+1)/n))
		draw.Draw(img, cell, image.NewUniform(ofSign(c.Neuron(e.Pre).Sign)), image.Point{}, draw.Src)
	}
}

// wiresPanel draws neurons where they lie, from the pia downwards, and a line for
// each edge in the colour of its presynaptic neuron. Where the places of all are
// not known, each lies at its number, from the left to the right of lines of ten.
func wiresPanel(c *circuit.Circuit) *plot.Plot {
	p := newPanel("Its wiring", "x (µm)", "depth (µm)")
	var x, y []float64
	for _, n := range c.Neurons() {
		x, y = append(x, n.Position.X), append(y, n.Position.Depth)
	}
	if !defined(x...) || !defined(y...) {
		p.X.Label.Text, p.Y.Label.Text = "neuron, modulo 10", "neuron"
		for i := range x {
			x[i], y[i] = float64(i%10), float64(i)
		}
	}
	p.X.Min, p.X.Max = span(x)
	p.Y.Min, p.Y.Max = span(y)
	p.X.Padding, p.Y.Padding = 0, 0
	w := wires{c, inUnits(x, p.X.Min, p.X.Max), inUnits(y, p.Y.Min, p.Y.Max)}
	p.Add(raster(w.draw))
	p.Y.Scale = plot.InvertedScale{Normalizer: p.Y.Scale}
	return p
}

// span returns ends that have all values and some room between them.
func span(values []float64) (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, v := range values {
		lo, hi = min(lo, v), max(hi, v)
	}
	room := .04 * (hi - lo)
	if room == 0 {
		room = 1
	}
	return lo - room, hi + room
}

// inUnits returns values as shares of the way from one to another.
func inUnits(values []float64, from, to float64) []float64 {
	shares := make([]float64, len(values))
	for i, v := range values {
		shares[i] = (v - from) / (to - from)
	}
	return shares
}

// wires are a circuit's neurons at places that are shares of an image, from its top
// left.
type wires struct {
	circuit *circuit.Circuit
	x, y    []float64
}

// How strong one edge is among many, and the radius of a neuron in pixels.
const (
	wireStrength = .22
	somaRadius   = 3.2
)

func (w wires) draw(img *image.RGBA) {
	at := func(i int) (x, y float64) {
		return w.x[i] * float64(img.Rect.Dx()), w.y[i] * float64(img.Rect.Dy())
	}
	for _, e := range w.circuit.EdgeList() {
		x0, y0 := at(e.Pre)
		x1, y1 := at(e.Post)
		stroke(img, x0, y0, x1, y1, ofSign(w.circuit.Neuron(e.Pre).Sign), wireStrength)
	}
	for i, n := range w.circuit.Neurons() {
		x, y := at(i)
		disc(img, x, y, somaRadius+1, color.RGBA{255, 255, 255, 255})
		disc(img, x, y, somaRadius, ofSign(n.Sign))
	}
}

// stroke blends a line of one pixel's width into an image: each pixel along the
// longer side shares its colour with the one beside it, by how near the line is to
// either (Wu 1991, doi:10.1145/122718.122734).
func stroke(img *image.RGBA, x0, y0, x1, y1 float64, c color.RGBA, strength float64) {
	steep := math.Abs(y1-y0) > math.Abs(x1-x0)
	if steep {
		x0, y0, x1, y1 = y0, x0, y1, x1
	}
	if x0 > x1 {
		x0, y0, x1, y1 = x1, y1, x0, y0
	}
	slope := 0.
	if x1 > x0 {
		slope = (y1 - y0) / (x1 - x0)
	}
	for x := math.Round(x0); x <= x1; x++ {
		y := y0 + slope*(x-x0)
		low := math.Floor(y)
		for k, share := range []float64{1 - (y - low), y - low} {
			a, b := int(x), int(low)+k
			if steep {
				a, b = b, a
			}
			blend(img, a, b, c, share*strength)
		}
	}
}

// disc blends a filled circle into an image.
func disc(img *image.RGBA, x, y, radius float64, c color.RGBA) {
	for b := int(y - radius - 1); b <= int(y+radius+1); b++ {
		for a := int(x - radius - 1); a <= int(x+radius+1); a++ {
			inside := radius + .5 - math.Hypot(float64(a)-x, float64(b)-y)
			blend(img, a, b, c, min(1, max(0, inside)))
		}
	}
}

// blend moves a pixel towards a colour by a share of the way.
func blend(img *image.RGBA, x, y int, c color.RGBA, share float64) {
	if !(image.Point{X: x, Y: y}.In(img.Rect)) {
		return
	}
	pixel := img.Pix[img.PixOffset(x, y):][:3]
	for k, to := range []uint8{c.R, c.G, c.B} {
		pixel[k] += uint8(int(math.Round(share * (float64(to) - float64(pixel[k])))))
	}
}

// raster fills a panel with an image. Thousands of lines are drawn that way in
// little time.
type raster func(img *image.RGBA)

// Plot draws it. The vertical axis has no say: an image begins at its top.
func (r raster) Plot(c vgdraw.Canvas, _ *plot.Plot) {
	pixels, ok := pixelsOf(c)
	if !ok {
		img := blankImage(c.Rectangle.Size(), previewDPI)
		r(img)
		c.DrawImage(c.Rectangle, img)
		return
	}
	// Pixel by pixel: to scale an image by one takes longer than to draw it.
	img := blankImage(c.Rectangle.Size(), pixels.DPI())
	r(img)
	_, height := pixels.Size()
	corner := image.Pt(pixel(c.Min.X, pixels.DPI()), pixel(height-c.Max.Y, pixels.DPI()))
	draw.Draw(pixels.Image(), img.Rect.Add(corner), img, image.Point{}, draw.Src)
}

// pixelsOf returns the image below a canvas; false where there is none. A part of a
// canvas is a canvas that holds the whole.
func pixelsOf(c vg.Canvas) (pixels *vgimg.Canvas, ok bool) {
	for {
		part, cropped := c.(vgdraw.Canvas)
		if !cropped {
			pixels, ok = c.(*vgimg.Canvas)
			return pixels, ok
		}
		c = part.Canvas
	}
}

func pixel(length vg.Length, dpi float64) int { return int(math.Round(length.Dots(dpi))) }

// blankImage is white, and has a pixel or more.
func blankImage(size vg.Point, dpi float64) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, max(1, pixel(size.X, dpi)), max(1, pixel(size.Y, dpi))))
	draw.Draw(img, img.Rect, image.White, image.Point{}, draw.Src)
	return img
}
