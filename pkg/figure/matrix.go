package figure

import (
	"fmt"
	"image"
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// Adjacency shows who connects to whom in each circuit.
func Adjacency(circuits ...*circuit.Circuit) (*Figure, error) {
	if len(circuits) == 0 {
		return nil, errNothing("no circuits")
	}
	row := make([]*plot.Plot, len(circuits))
	for i, c := range circuits {
		row[i] = wiring(fmt.Sprintf("%d neurons, %d edges", c.Len(), c.Edges()), c)
	}
	return newFigure(3.4*float64(len(circuits)), 3.4, row), nil
}

// wiring draws an adjacency matrix in black.
func wiring(title string, c *circuit.Circuit) *plot.Plot {
	return matrix(title, c, func(i, j int) color.Color {
		if c.Has(i, j) {
			return color.Black
		}
		return color.White
	})
}

// probabilities draws a matrix of probabilities, row-major [n, n]: the darker,
// the more probable, black being the greatest.
func probabilities(title string, c *circuit.Circuit, p []float64) *plot.Plot {
	greatest := 0.
	for _, v := range p {
		greatest = max(greatest, v)
	}
	return matrix(title, c, func(i, j int) color.Color {
		return color.Gray{Y: uint8(255 * (1 - p[i*c.Len()+j]/greatest))}
	})
}

// matrix draws a cell for each pair, and lines between classes.
func matrix(title string, c *circuit.Circuit, shade func(pre, post int) color.Color) *plot.Plot {
	p := newPanel(title, "postsynaptic", "presynaptic")
	n := c.Len()
	img := image.NewRGBA(image.Rect(0, 0, n, n))
	for i := range n {
		for j := range n {
			img.Set(j, i, shade(i, j))
		}
	}
	size := float64(n)
	p.Add(plotter.NewImage(enlarge(img, 4), 0, 0, size, size))
	classGrid(p, c)
	return p
}

// classGrid gives a panel of n × n cells lines between classes, and their names as
// ticks.
func classGrid(p *plot.Plot, c *circuit.Circuit) {
	n, size := c.Len(), float64(c.Len())
	var xTicks, yTicks plot.ConstantTicks
	for start := 0; start < n; {
		end := start + 1
		for end < n && c.Neuron(end).Class == c.Neuron(start).Class {
			end++
		}
		line := mark{colour: sky, line: .6}
		if end < n {
			at := float64(end)
			p.Add(rule{upright: true, offset: at, mark: line}, rule{offset: size - at, mark: line})
		}
		middle := float64(start+end) / 2
		label := string(c.Neuron(start).Class)
		if end-start >= max(2, n/16) && label != "" { // room for a label
			yTicks = append(yTicks, plot.Tick{Value: size - middle, Label: label})
			if (end-start)*7 >= n { // and for one that lies
				xTicks = append(xTicks, plot.Tick{Value: middle, Label: label})
			}
		}
		start = end
	}
	p.X.Tick.Marker, p.Y.Tick.Marker = xTicks, yTicks
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, size, 0, size
	p.X.Padding, p.Y.Padding = 0, 0
}

// enlarge gives every pixel zoom × zoom of them, so that no viewer blurs cells.
func enlarge(img *image.RGBA, zoom int) image.Image {
	size := img.Bounds().Size()
	large := image.NewRGBA(image.Rect(0, 0, zoom*size.X, zoom*size.Y))
	for y := range zoom * size.Y {
		for x := range zoom * size.X {
			large.Set(x, y, img.At(x/zoom, y/zoom))
		}
	}
	return large
}
