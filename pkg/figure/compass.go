package figure

import (
	"fmt"
	"slices"

	"gonum.org/v1/plot"

	"github.com/cortigen/cortigen/pkg/latent"
)

// mostChange is where the colours of changes end, in sd.
const mostChange = 1.5

// Directions shows what a step along each direction does to every measure of the
// decoded circuits, beside the same of random directions. A direction that changes
// its measure alone has colour on the diagonal only.
func Directions(c latent.Compass) (*Figure, error) {
	if len(c.Measures) == 0 || len(c.Pure.Directions.Matrix) == 0 {
		return nil, errNothing("no directions")
	}
	var row []*plot.Plot
	for k, part := range []struct {
		title string
		of    latent.Specificity
	}{
		{"Most probable directions", c.Plain.Directions}, {"Others' probes left as they are", c.Pure.Directions}, {"Random directions", c.Plain.Random},
	} {
		rows := c.Measures
		if k > 0 {
			rows = make([]string, len(c.Measures))
		}
		effects := make([][]latent.Interval, len(part.of.Matrix))
		for i, line := range part.of.Matrix {
			for _, v := range line {
				effects[i] = append(effects[i], plain(v))
			}
		}
		title := fmt.Sprintf("%s: %.2f on the diagonal", part.title, part.of.Dominance.Value)
		short := make([]string, len(c.Measures))
		for j := range short {
			short[j] = fmt.Sprint(j + 1)
		}
		y := ""
		if k == 0 {
			y = "direction of"
			rows = slices.Clone(rows)
			for j := range rows {
				rows[j] = fmt.Sprintf("%s %d", rows[j], j+1)
			}
		}
		p, err := effectPanel(title, "change of measure", y, short, rows, effects, mostChange)
		if err != nil {
			return nil, err
		}
		row = append(row, p)
	}
	f := newFigure(13, 3.9, row)
	f.keys = []key{
		{fmt.Sprintf("+%g sd and more", mostChange), mark{colour: effectColour(1), band: true}},
		{fmt.Sprintf("−%g sd and less", mostChange), mark{colour: effectColour(-1), band: true}},
		{fmt.Sprintf("steps of %g prior sd from %d codes, %d circuits each", c.Step, c.Starts, c.Samples), mark{}},
	}
	return f, nil
}

// Importances shows which dimensions of the code matter for which measure: of the
// linear probes, and of what is decoded. Each line is in units of its largest.
func Importances(c latent.Compass) (*Figure, error) {
	if len(c.Weights) == 0 || len(c.Response) != len(c.Weights) {
		return nil, errNothing("no importances")
	}
	dimensions := make([]string, c.Dim)
	for d := range dimensions {
		dimensions[d] = fmt.Sprint(d + 1)
	}
	var row []*plot.Plot
	for k, part := range []struct {
		title string
		of    []latent.Attribution
	}{{"What a linear probe reads", c.Weights}, {"What the decoder answers to", c.Response}} {
		var names []string
		var effects [][]latent.Interval
		for _, a := range part.of {
			name := a.Measure
			if k > 0 {
				name = ""
			}
			names = append(names, name)
			most := slices.Max(a.Importance)
			var line []latent.Interval
			for _, v := range a.Importance {
				line = append(line, plain(v/most))
			}
			effects = append(effects, line)
		}
		p, err := effectPanel(part.title, "dimension of the code", "", dimensions, names, effects, 1)
		if err != nil {
			return nil, err
		}
		row = append(row, p)
	}
	f := newFigure(12, 3.6, row)
	f.keys = []key{{"mean |SHAP value|, 1 the largest of its line", mark{colour: effectColour(1), band: true}}}
	return f, nil
}

// Readouts shows how few directions of the code suffice to read each measure.
func Readouts(c latent.Compass) (*Figure, error) {
	if len(c.Readouts) == 0 {
		return nil, errNothing("no readouts")
	}
	pca, pls, ridge := mark{colour: grey, dot: 2, line: 1.2}, mark{colour: blue, dot: 2, line: 1.2}, mark{colour: green, line: 1.2, dashed: true}
	f := newFigure(9.6, 2.3*float64((len(c.Readouts)+mapColumns-1)/mapColumns)+.4)
	for k, r := range c.Readouts {
		p := newPanel(spoken(r.Measure), "directions", "R²")
		for _, line := range []struct {
			mark mark
			r2   []float64
		}{{pca, r.ByPCA}, {pls, r.ByPLS}} {
			var x, y []float64
			for n, v := range line.r2 {
				if defined(v) {
					x, y = append(x, float64(n+1)), append(y, max(worstR2, v))
				}
			}
			if err := line.mark.draw(p, x, y); err != nil {
				return nil, err
			}
		}
		p.Add(rule{offset: max(worstR2, r.Ridge.Value), mark: ridge})
		p.Y.Max = 1
		f.place(k, p)
	}
	f.keys = []key{{"principal components", pca}, {"supervised directions (PLS)", pls}, {"all, a probe", ridge}}
	return f, nil
}
