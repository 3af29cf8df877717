package figure

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"

	"github.com/cortigen/cortigen/pkg/fidelity"
	"github.com/cortigen/cortigen/pkg/latent"
)

// Training shows how the bound and the price of the code went, epoch by epoch.
// The chosen training is drawn strong, those from other seeds pale.
func Training(r fidelity.Reconstruction) (*Figure, error) {
	if len(r.Courses) == 0 || len(r.Courses[r.Chosen].Epochs) == 0 {
		return nil, errNothing("no training")
	}
	bound := newPanel("Bound", "step", "nats per circuit")
	price := newPanel("Price of the code", "step", "KL, nats per circuit")
	trainMark, validationMark := mark{colour: blue, line: 1.6}, mark{colour: orange, line: 1.6}
	other, kept := mark{colour: pale, line: 1}, mark{colour: vermillion, dot: 4, hollow: true}
	for i, c := range r.Courses {
		if i != r.Chosen {
			if err := draws(other, c, line{bound, validationTotal}, line{price, validationKL}); err != nil {
				return nil, err
			}
		}
	}
	c := r.Courses[r.Chosen]
	if err := draws(trainMark, c, line{bound, trainTotal}, line{price, trainKL}); err != nil {
		return nil, err
	}
	if err := draws(validationMark, c, line{bound, validationTotal}, line{price, validationKL}); err != nil {
		return nil, err
	}
	best := fidelity.Course{Epochs: c.Epochs[c.Best : c.Best+1]}
	if err := draws(kept, best, line{bound, validationTotal}, line{price, validationKL}); err != nil {
		return nil, err
	}
	f := newFigure(7.2, 3.1, []*plot.Plot{bound, price})
	f.keys = []key{{"training circuits", trainMark}, {"validation circuits", validationMark}, {"epoch that is kept", kept}}
	if len(r.Courses) > 1 {
		f.keys = append(f.keys, key{"validation, other seeds", other})
	}
	return f, nil
}

type line struct {
	panel *plot.Plot
	of    func(fidelity.Moment) float64
}

func trainTotal(m fidelity.Moment) float64      { return m.Train.Total() }
func trainKL(m fidelity.Moment) float64         { return m.Train.KL }
func validationTotal(m fidelity.Moment) float64 { return m.Validation.Total() }
func validationKL(m fidelity.Moment) float64    { return m.Validation.KL }

func draws(m mark, c fidelity.Course, lines ...line) error {
	for _, l := range lines {
		var x, y []float64
		for _, moment := range c.Epochs {
			x, y = append(x, float64(moment.Step)), append(y, l.of(moment))
		}
		if err := m.draw(l.panel, x, y); err != nil {
			return err
		}
	}
	return nil
}

// Reconstruction shows a held-out circuit, what the model makes of its edges,
// and how it scores beside baselines.
func Reconstruction(r fidelity.Reconstruction) (*Figure, error) {
	c := r.Example.Circuit
	if c == nil {
		return nil, errNothing("no example circuit")
	}
	scores, err := scorePanel(r)
	if err != nil {
		return nil, err
	}
	return newFigure(9.6, 3.3, []*plot.Plot{
		wiring("A held-out circuit", c),
		probabilities("Edge probabilities, rebuilt", c, r.Example.Probabilities),
		scores,
	}), nil
}

// Scores shows the edge AUC of the model beside that of baselines.
func Scores(r fidelity.Reconstruction) (*Figure, error) {
	scores, err := scorePanel(r)
	if err != nil {
		return nil, err
	}
	return newFigure(4.6, 2.6, []*plot.Plot{scores}), nil
}

func scorePanel(r fidelity.Reconstruction) (*plot.Plot, error) {
	baselines := series{mark: mark{colour: grey, dot: 3}}
	model := series{mark: mark{colour: blue, dot: 3.5}}
	var names []string
	nan := plain(math.NaN())
	for _, b := range r.Baselines {
		names = append(names, b.Name)
		baselines.values, model.values = append(baselines.values, b.AUC), append(model.values, nan)
	}
	names = append(names, "model: "+r.Kind)
	baselines.values, model.values = append(baselines.values, nan), append(model.values, r.Model.AUC)
	p, err := dotPanel(fmt.Sprintf("Held-out edges (n = %d regions)", r.Model.AUC.N), "edge AUC", names, baselines, model)
	if err != nil {
		return nil, err
	}
	p.Add(rule{upright: true, offset: .5, mark: guide})
	return p, nil
}

// Units shows what each dimension of the code carries, the most first.
func Units(r fidelity.Reconstruction) (*Figure, error) {
	if len(r.Units) == 0 {
		return nil, errNothing("no units")
	}
	units := slices.SortedStableFunc(slices.Values(r.Units), func(a, b latent.Unit) int { return cmp.Compare(b.KL, a.KL) })
	active, collapsed := mark{colour: blue, dot: 3}, mark{colour: grey, dot: 3, hollow: true}
	information := newPanel("What a unit carries", "unit, by rank", "KL, nats")
	cost := newPanel("What is lost without it", "unit, by rank", "nats per circuit lost by shuffling")
	on := 0
	for i, u := range units {
		m := collapsed
		if u.Active {
			m = active
			on++
		}
		at := []float64{float64(i + 1)}
		if err := m.draw(information, at, []float64{u.KL}); err != nil {
			return nil, err
		}
		if err := m.draw(cost, at, []float64{u.Cost}); err != nil {
			return nil, err
		}
	}
	information.Add(rule{offset: latent.ActiveKL, mark: mark{colour: vermillion, line: .8, dashed: true}})
	information.Y.Min = min(0, information.Y.Min)
	for _, p := range []*plot.Plot{information, cost} {
		p.X.Min, p.X.Max = 0, float64(len(units)+1)
	}
	f := newFigure(7.2, 3, []*plot.Plot{information, cost})
	f.keys = []key{
		{fmt.Sprintf("active: %d of %d", on, len(units)), active}, {"collapsed", collapsed},
		{fmt.Sprintf("%g nats", latent.ActiveKL), mark{colour: vermillion, line: .8, dashed: true}},
	}
	return f, nil
}
