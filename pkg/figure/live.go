package figure

import (
	"fmt"

	"gonum.org/v1/plot"

	"github.com/cortigen/cortigen/pkg/fidelity"
	"github.com/cortigen/cortigen/pkg/latent"
)

// Live shows a training so far, for a display that is drawn over: the bound of
// the validation circuits beside what class and distance alone cost, and what
// each dimension of the code carries now. Epochs before the KL term has its full
// weight are drawn pale: their bounds fall as the price of the code is enforced.
func Live(epochs []fidelity.Progress) (*Figure, error) {
	if len(epochs) == 0 {
		return nil, errNothing("no epoch")
	}
	now := epochs[len(epochs)-1]
	bound := newPanel("Validation bound", "step", "nats per observed pair")
	young, full, best := mark{colour: pale, line: 1.6, dot: 1.5}, mark{colour: orange, line: 1.6, dot: 1.5}, mark{colour: vermillion, dot: 4, hollow: true}
	if err := boundLines(bound, epochs, young, full, best); err != nil {
		return nil, err
	}
	f := newFigure(7.2, 2.6, []*plot.Plot{bound})
	f.keys = []key{{"KL weight rising", young}, {"KL weight full", full}, {"epoch that is kept", best}}
	if now.ClassDistance > 0 {
		table := mark{colour: black, line: 1, dashed: true}
		bound.Add(rule{offset: now.ClassDistance, mark: table})
		bound.Y.Min, bound.Y.Max = min(bound.Y.Min, .98*now.ClassDistance), max(bound.Y.Max, 1.02*now.ClassDistance)
		f.keys = append(f.keys, key{"class × distance", table})
	}
	bound.X.Min, bound.X.Max = 0, float64(now.Of)
	if len(now.Units) > 0 {
		units, err := unitBars(now.Units)
		if err != nil {
			return nil, err
		}
		f.panels[0] = append(f.panels[0], units)
	}
	return f, nil
}

// boundLines draws the bound per pair by step, and the epoch kept.
func boundLines(p *plot.Plot, epochs []fidelity.Progress, young, full, best mark) error {
	var x, y [2][]float64 // before and from full weight on
	var kept []float64
	for _, e := range epochs {
		k := 0
		if e.Beta >= 1 {
			k = 1
		}
		x[k], y[k] = append(x[k], float64(e.Step)), append(y[k], e.PerPair())
		if e.Best {
			kept = []float64{float64(e.Step), e.PerPair()}
		}
	}
	for k, m := range []mark{young, full} {
		if err := m.draw(p, x[k], y[k]); err != nil {
			return err
		}
	}
	if kept == nil {
		return nil
	}
	return best.draw(p, kept[:1], kept[1:])
}

// unitBars draws the KL of each dimension of z as a bar, those of an active unit
// strong.
func unitBars(units []float64) (*plot.Plot, error) {
	p := newPanel("What each unit carries", "unit of z", "KL, nats")
	active := 0
	for i, kl := range units {
		c := pale
		if kl > latent.ActiveKL {
			c, active = blue, active+1
		}
		at := float64(i + 1)
		if err := band(p, []float64{at - .35, at + .35}, []float64{0, 0}, []float64{kl, kl}, c); err != nil {
			return nil, err
		}
	}
	p.Title.Text += fmt.Sprintf(" (%d of %d active)", active, len(units))
	p.Add(rule{offset: latent.ActiveKL, mark: mark{colour: vermillion, line: .8, dashed: true}})
	p.X.Min, p.X.Max = 0, float64(len(units)+1)
	p.Y.Min = 0
	p.Y.Max = max(p.Y.Max, 2*latent.ActiveKL)
	return p, nil
}
