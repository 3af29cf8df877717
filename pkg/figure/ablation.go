package figure

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/plot"

	"github.com/cortigen/cortigen/pkg/fidelity"
)

var (
	lossMark      = mark{colour: blue, dot: 3.2}
	dimensionMark = mark{colour: blue, dot: 3, line: 1.6}
	codeZMark     = mark{colour: purple, dot: 3}
	codeUMark     = mark{colour: green, dot: 3, hollow: true}
)

// Parts shows what a model loses without one of its parts, and where its code
// goes then: into that of the circuit or those of the neurons. The first of all is
// the whole model.
func Parts(all []fidelity.Ablation) (*Figure, error) {
	parts, _ := divide(all)
	if len(parts) < 2 {
		return nil, errNothing("no part was taken out")
	}
	loss, circuits, neurons := series{mark: lossMark}, series{mark: codeZMark}, series{mark: codeUMark}
	var names []string
	words := make(notes, len(parts))
	for k, a := range parts {
		names = append(names, a.Name)
		loss.values = append(loss.values, a.Margin)
		circuits.values, neurons.values = append(circuits.values, codeAxis.interval(a.KL)), append(neurons.values, codeAxis.interval(a.NeuronKL))
		if !defined(a.Margin.Value) {
			words[k] = "not compared"
		}
	}
	costs, err := dotPanelOn([]plot.Plotter{rule{upright: true, mark: guide}}, fmt.Sprintf("What is lost without it (n = %d regions)", parts[1].Margin.N), "nats per pair above the whole model, paired", names, loss)
	if err != nil {
		return nil, err
	}
	costs.Add(words)
	codes, err := dotPanel("Where the code goes", "nats per circuit (logarithmic beyond 10)", make([]string, len(names)), circuits, neurons)
	if err != nil {
		return nil, err
	}
	codes.X.Tick.Marker = codeAxis
	codes.X.Min, codes.X.Max = 0, max(codes.X.Max, codeAxis.at(30))
	f := newFigure(8.8, 1.4+.28*float64(len(names)), []*plot.Plot{costs, codes})
	f.keys = []key{{"one training each, from one seed", lossMark}, {"code of the circuit", codeZMark}, {"codes of its neurons", codeUMark}}
	return f, nil
}

// divide tells the whole and models without a part from those that differ in the
// number of dimensions of the circuit's code, the fewest first.
func divide(all []fidelity.Ablation) (parts, dimensions []fidelity.Ablation) {
	for _, a := range all {
		if a.Latent != all[0].Latent || strings.HasPrefix(a.Name, fmt.Sprintf("%d dimension", a.Latent)) {
			dimensions = append(dimensions, a)
		} else {
			parts = append(parts, a)
		}
	}
	slices.SortStableFunc(dimensions, func(a, b fidelity.Ablation) int { return cmp.Compare(a.Latent, b.Latent) })
	return parts, dimensions
}

// Dimensions shows what a model with fewer or more dimensions of the circuit's
// code loses against the whole, the first of all, and how many of them it uses.
// Planted is the number of factors that made the wiring, 0 where it is not known.
func Dimensions(all []fidelity.Ablation, planted int) (*Figure, error) {
	parts, dimensions := divide(all)
	if len(dimensions) == 0 {
		return nil, errNothing("one number of dimensions only")
	}
	whole := parts[0]
	n := dimensions[0].Margin.N
	dimensions = append(dimensions, whole)
	slices.SortStableFunc(dimensions, func(a, b fidelity.Ablation) int { return cmp.Compare(a.Latent, b.Latent) })
	loss := newPanel(fmt.Sprintf("How many numbers are enough? (n = %d regions)", n), "dimensions of the circuit's code", "nats per pair above the whole model")
	active := newPanel("How many are used", "dimensions of the circuit's code", "active dimensions")
	lost := series{mark: dimensionMark}
	var x, alive, most []float64
	for _, a := range dimensions {
		x, alive, most = append(x, dimensionAxis.at(float64(a.Latent))), append(alive, float64(a.Active)), append(most, float64(a.Latent))
		lost.values = append(lost.values, a.Margin)
	}
	loss.Add(rule{mark: guide})
	if err := lost.over(loss, x); err != nil {
		return nil, err
	}
	if err := guide.draw(active, x, most); err != nil {
		return nil, err
	}
	if err := dimensionMark.draw(active, x, alive); err != nil {
		return nil, err
	}
	f := newFigure(8.2, 3.6, []*plot.Plot{loss, active})
	ring := mark{colour: vermillion, dot: 5, hollow: true}
	at := dimensionAxis.at(float64(whole.Latent))
	for _, on := range []struct {
		panel *plot.Plot
		y     float64
	}{{loss, whole.Margin.Value}, {active, float64(whole.Active)}} {
		if err := ring.draw(on.panel, []float64{at}, []float64{on.y}); err != nil {
			return nil, err
		}
		on.panel.X.Tick.Marker = dimensionAxis
	}
	active.Y.Min = 0
	f.keys = []key{{"trained with so many", dimensionMark}, {"the whole model", ring}, {"all of them used (right)", guide}}
	if planted > 0 {
		m := mark{colour: orange, line: 1.2, dashed: true}
		at := dimensionAxis.at(float64(planted))
		for _, p := range []*plot.Plot{loss, active} {
			p.Add(rule{upright: true, offset: at, mark: m})
			p.X.Min, p.X.Max = min(p.X.Min, at), max(p.X.Max, at)
		}
		f.keys = append(f.keys, key{fmt.Sprintf("factors that were planted: %d", planted), m})
	}
	return f, nil
}
