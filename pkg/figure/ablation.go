package figure

import (
	"cmp"
	"fmt"
	"slices"

	"gonum.org/v1/plot"

	"github.com/cortigen/cortigen/pkg/fidelity"
	"github.com/cortigen/cortigen/pkg/latent"
)

var (
	lossMark      = mark{colour: blue, dot: 3.2}
	dimensionMark = mark{colour: blue, dot: 3, line: 1.6}
	codeZMark     = mark{colour: purple, dot: 3}
	codeUMark     = mark{colour: green, dot: 3, hollow: true}
)

// Parts shows what a model loses without one of its parts, and where its code
// goes then: into that of the circuit or those of the neurons.
func Parts(whole fidelity.Standing, all []fidelity.Ablation) (*Figure, error) {
	parts, _ := divide(whole, all)
	if len(parts) == 0 {
		return nil, errNothing("no part was taken out")
	}
	loss, circuits, neurons := series{mark: lossMark}, series{mark: codeZMark}, series{mark: codeUMark}
	names, words := []string{"the whole"}, make(notes, len(parts)+1)
	loss.values, circuits.values, neurons.values = []latent.Interval{plain(0)}, []latent.Interval{bend(whole.KL)}, []latent.Interval{bend(whole.NeuronKL)}
	for k, a := range parts {
		names = append(names, a.Name)
		loss.values = append(loss.values, a.Margin)
		circuits.values, neurons.values = append(circuits.values, bend(a.KL)), append(neurons.values, bend(a.NeuronKL))
		if !defined(a.Margin.Value) {
			words[k+1] = "not compared"
		}
	}
	costs, err := dotPanelOn([]plot.Plotter{rule{upright: true, mark: guide}}, fmt.Sprintf("What is lost without it (n = %d regions)", parts[0].Margin.N), "nats per pair above the whole model, paired", names, loss)
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
	f.keys = []key{{"a model without the part", lossMark}, {"code of the circuit", codeZMark}, {"codes of its neurons", codeUMark}}
	return f, nil
}

func bend(i latent.Interval) latent.Interval { return codeAxis.interval(i) }

// divide tells models without a part from those with another number of
// dimensions of the circuit's code, the fewest first. A code of none is a part
// taken out.
func divide(whole fidelity.Standing, all []fidelity.Ablation) (parts, dimensions []fidelity.Ablation) {
	for _, a := range all {
		if a.Latent > 0 && a.Latent != whole.Latent {
			dimensions = append(dimensions, a)
		} else {
			parts = append(parts, a)
		}
	}
	slices.SortStableFunc(dimensions, func(a, b fidelity.Ablation) int { return cmp.Compare(a.Latent, b.Latent) })
	return parts, dimensions
}

// Dimensions shows what a model with fewer or more dimensions of the circuit's
// code loses against the whole, and how many of them it uses. Planted is the
// number of factors that made the circuits, 0 where it is not known.
func Dimensions(whole fidelity.Standing, all []fidelity.Ablation, planted int) (*Figure, error) {
	_, dimensions := divide(whole, all)
	if len(dimensions) == 0 {
		return nil, errNothing("one number of dimensions only")
	}
	used := 0
	for _, u := range whole.Units {
		if u.Active {
			used++
		}
	}
	dimensions = append(dimensions, fidelity.Ablation{Name: "the whole", Latent: whole.Latent, Active: used, Margin: plain(0)})
	slices.SortStableFunc(dimensions, func(a, b fidelity.Ablation) int { return cmp.Compare(a.Latent, b.Latent) })
	loss := newPanel(fmt.Sprintf("How many numbers are enough? (n = %d regions)", max(dimensions[0].Margin.N, dimensions[1].Margin.N)), "dimensions of the circuit's code", "nats per pair above the whole model")
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
	at := slices.IndexFunc(dimensions, func(a fidelity.Ablation) bool { return a.Latent == whole.Latent })
	if err := ring.draw(loss, x[at:at+1], []float64{0}); err != nil {
		return nil, err
	}
	f.keys = []key{{"trained with so many", dimensionMark}, {"the whole model", ring}, {"all of them used (right)", guide}}
	for _, p := range []*plot.Plot{loss, active} {
		p.X.Tick.Marker = dimensionAxis
	}
	active.Y.Min = 0
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
