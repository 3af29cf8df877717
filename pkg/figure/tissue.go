package figure

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/structure"
)

var splitColours = map[connectome.Split]mark{
	connectome.Train:      {colour: blue, line: 1.6},
	connectome.Validation: {colour: orange, line: 1.6},
	connectome.Test:       {colour: vermillion, line: 1.6},
}

var splits = []connectome.Split{connectome.Train, connectome.Validation, connectome.Test}

// somataDrawn is about how many somata a panel shows: more would be a blot.
const somataDrawn = 1500

func thin(somata []connectome.Soma) []connectome.Soma {
	var kept []connectome.Soma
	stride := max(1, len(somata)/somataDrawn)
	for i := 0; i < len(somata); i += stride {
		kept = append(kept, somata[i])
	}
	return kept
}

// Tissue shows where the neurons lie, from above with the blocks of the split
// and from the side with their classes.
func Tissue(s connectome.Sample) (*Figure, error) {
	if len(s.Regions) > 0 {
		return graphOnly(s)
	}
	above, err := fromAbove("Tissue, from above", s)
	if err != nil {
		return nil, err
	}
	side, classes, err := fromSide(s)
	if err != nil {
		return nil, err
	}
	f := newFigure(7.2, 3.9, []*plot.Plot{above, side})
	for _, split := range splits {
		f.keys = append(f.keys, key{string(split), splitColours[split]})
	}
	f.keys = append(f.keys, classes...)
	return f, nil
}

// graphOnly is Tissue where there are no positions.
func graphOnly(s connectome.Sample) (*Figure, error) {
	p, err := fromAbove("Regions of the graph", s)
	if err != nil {
		return nil, err
	}
	f := newFigure(4.2, 4.4, []*plot.Plot{p})
	for _, split := range splits {
		f.keys = append(f.keys, key{string(split), splitColours[split]})
	}
	return f, nil
}

// columnsDrawn is how many columns of each split a map shows.
const columnsDrawn = 16

func fromAbove(title string, s connectome.Sample) (*plot.Plot, error) {
	if len(s.Regions) > 0 {
		return regions(title, s.Regions)
	}
	if len(s.Somata) == 0 || s.Partition == nil {
		return nil, errNothing("tissue without positions")
	}
	p := newPanel(title, "x (µm)", "y (µm)")
	var x, y []float64
	for _, soma := range thin(s.Somata) {
		x, y = append(x, soma.X), append(y, soma.Y)
	}
	if err := (mark{colour: pale, dot: 1}).draw(p, x, y); err != nil {
		return nil, err
	}
	for _, b := range s.Partition.Blocks {
		m := splitColours[b.Split]
		if err := m.draw(p, []float64{b.X0, b.X1, b.X1, b.X0, b.X0}, []float64{b.Y0, b.Y0, b.Y1, b.Y1, b.Y0}); err != nil {
			return nil, err
		}
	}
	for _, split := range splits {
		columns := columnsOf(s, split)
		outline := splitColours[split]
		outline.line = .7
		for _, c := range columns[:min(len(columns), columnsDrawn)] {
			x, y := circle(c)
			if err := outline.draw(p, x, y); err != nil {
				return nil, err
			}
		}
	}
	return p, nil
}

// circle is the outline of a column, seen from above: round the middle between
// its outermost somata.
func circle(c *circuit.Circuit) (x, y []float64) {
	const corners = 24
	x0, x1, y0, y1 := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for _, n := range c.Neurons() {
		x0, x1 = min(x0, n.Position.X), max(x1, n.Position.X)
		y0, y1 = min(y0, n.Position.Y), max(y1, n.Position.Y)
	}
	for k := range corners + 1 {
		sin, cos := math.Sincos(2 * math.Pi * float64(k) / corners)
		x, y = append(x, (x0+x1)/2+c.Origin().Radius*cos), append(y, (y0+y1)/2+c.Origin().Radius*sin)
	}
	return x, y
}

// regions shows how densely the regions of a graph are connected, where nothing
// is known of space: a square for each pair, the darker, the denser.
func regions(title string, all []connectome.Region) (*plot.Plot, error) {
	p := newPanel(title, "region of the postsynaptic neuron", "region of the presynaptic neuron")
	densest := 0.
	for _, r := range all {
		densest = max(densest, slices.Max(r.Density))
	}
	n := len(all)
	img := image.NewRGBA(image.Rect(0, 0, n, n))
	for i, r := range all {
		for j, density := range r.Density {
			img.Set(j, i, color.Gray{Y: uint8(255 * (1 - density/densest))})
		}
	}
	p.Add(plotter.NewImage(enlarge(img, 16), 0, 0, float64(n), float64(n)))
	for i, r := range all {
		// A bar on the diagonal says what the region is for.
		m := splitColours[r.Split]
		m.line = 2.4
		at, side := float64(n-i), float64(i)
		if err := m.draw(p, []float64{side, side + 1, side + 1, side, side}, []float64{at, at, at - 1, at - 1, at}); err != nil {
			return nil, err
		}
	}
	p.X.Tick.Marker, p.Y.Tick.Marker = plot.ConstantTicks{}, plot.ConstantTicks{}
	p.X.Padding, p.Y.Padding = 0, 0
	return p, nil
}

func fromSide(s connectome.Sample) (*plot.Plot, []key, error) {
	p := newPanel("From the side", "x (µm)", "depth (µm)")
	of := map[circuit.Class][2][]float64{}
	for _, soma := range thin(s.Somata) {
		at := of[soma.Class]
		at[0], at[1] = append(at[0], soma.X), append(at[1], soma.Depth)
		of[soma.Class] = at
	}
	names := make([]circuit.Class, 0, len(of))
	for class := range of {
		names = append(names, class)
	}
	slices.Sort(names)
	var keys []key
	for i, class := range names {
		// Beyond eight classes colours repeat, hollow.
		m := mark{colour: colour(i), dot: 1.1, hollow: i >= len(colours)}
		if err := m.draw(p, of[class][0], of[class][1]); err != nil {
			return nil, nil, err
		}
		name := string(class)
		if name == "" {
			name = "no class"
		}
		keys = append(keys, key{name, m})
	}
	p.Y.Scale = plot.InvertedScale{Normalizer: p.Y.Scale}
	return p, keys, nil
}

// Columns shows how neuron count, density and radius of the columns are
// distributed in each split.
func Columns(s connectome.Sample) (*Figure, error) {
	panels := []struct {
		axis string
		of   func(*circuit.Circuit) float64
	}{
		{"neurons in a column", func(c *circuit.Circuit) float64 { return float64(c.Len()) }},
		{"density", structure.Density},
		{"radius of a column (µm)", func(c *circuit.Circuit) float64 { return c.Origin().Radius }},
	}
	if s.Partition == nil {
		panels = panels[:2] // no space, no radius
	}
	f := newFigure(7.2, 2.9, nil)
	for _, panel := range panels {
		p := newPanel("", panel.axis, "share of columns up to x")
		for _, split := range splits {
			var values []float64
			for _, c := range columnsOf(s, split) {
				if v := panel.of(c); defined(v) {
					values = append(values, v)
				}
			}
			slices.Sort(values)
			if err := splitColours[split].steps(p, values); err != nil {
				return nil, err
			}
		}
		f.panels[0] = append(f.panels[0], p)
	}
	for _, split := range splits {
		columns := columnsOf(s, split)
		if len(columns) == 0 {
			return nil, errNothing("columns for " + string(split))
		}
		regions := slices.Compact(slices.Sorted(slices.Values(connectome.Regions(columns))))
		f.keys = append(f.keys, key{fmt.Sprintf("%s: %d columns, %d regions", split, len(columns), len(regions)), splitColours[split]})
	}
	return f, nil
}

func columnsOf(s connectome.Sample, split connectome.Split) []*circuit.Circuit {
	switch split {
	case connectome.Train:
		return s.Train
	case connectome.Validation:
		return s.Validation
	default:
		return s.Test
	}
}
