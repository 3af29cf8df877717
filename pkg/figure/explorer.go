package figure

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/latent"
	"github.com/cortigen/cortigen/pkg/steer"
)

// Explorer shows what the knobs of an explorer make: the adjacency of one of the
// circuits, neurons by class and then depth; the same wiring with neurons where
// they lie, or by their order where no places are known; and the measures of all,
// as bars from the mean of the reference, beside those of the start and the
// targets. Lines are 95 % of the chance of so few circuits. It is drawn in little
// time: see Preview.
func Explorer(v steer.View) (*Figure, error) {
	if len(v.Circuits) == 0 || v.Circuits[0].Len() == 0 {
		return nil, errNothing("no circuit")
	}
	c := v.Circuits[0].Canonical()
	measures, err := explorerBars(v)
	if err != nil {
		return nil, err
	}
	f := newFigure(11, 3.9, []*plot.Plot{signedMatrix(c), wiresPanel(c), measures})
	f.keys = []key{{"excitatory", mark{colour: vermillion, dot: 3}}, {"inhibitory", mark{colour: blue, dot: 3}}}
	for _, n := range c.Neurons() {
		if n.Sign == circuit.UnknownSign {
			f.keys = append(f.keys, key{"sign unknown", mark{colour: grey, dot: 3}})
			break
		}
	}
	f.keys = append(f.keys, key{"now", nowMark}, key{"at the start", beganMark}, key{"target", targetMark})
	return f, nil
}

var (
	nowMark    = mark{colour: black, dot: 2.6}
	beganMark  = mark{colour: black, dot: 3, hollow: true}
	targetMark = mark{colour: green, line: 2.4}
)

// usualSD is how far the axis of measures goes either way, so that bars keep their
// scale while knobs are turned, as long as nothing is farther.
const usualSD = 3.5

// explorerBars draws the measures of a view.
func explorerBars(v steer.View) (*plot.Plot, error) {
	title := fmt.Sprintf("Measures (mean of %d circuits)", len(v.Circuits))
	var names []string
	now, start := series{mark: nowMark}, series{mark: beganMark}
	bars, words, limit := rowBars{colour: mark{colour: pale}}, notes{}, usualSD
	far := func(x float64) {
		if defined(x) {
			limit = max(limit, math.Ceil(math.Abs(x)))
		}
	}
	for i, r := range v.Now {
		half := 1.96 * r.SDSD / math.Sqrt(float64(r.N))
		at := latent.Interval{Value: r.MeanSD, Lo: r.MeanSD - half, Hi: r.MeanSD + half}
		names, words = append(names, spoken(r.Measure)), append(words, unreadable(r))
		now.values, bars.to = append(now.values, at), append(bars.to, r.MeanSD)
		start.values = append(start.values, plain(v.Start[i].MeanSD))
		for _, x := range []float64{at.Lo, at.Value, at.Hi, v.Start[i].MeanSD} {
			far(x)
		}
	}
	for _, t := range v.Targets {
		far(t.From)
		far(t.To)
	}
	p, err := dotPanelOn([]plot.Plotter{bars, rule{upright: true, mark: guide}}, title, "sd of the reference from its mean", names, start, now)
	if err != nil {
		return nil, err
	}
	p.Add(targetsOn{v.Targets, v.Now}, words)
	p.X.Min, p.X.Max = -limit, limit
	return p, nil
}

// unreadable says why a reading cannot be drawn, "" where it can.
func unreadable(r steer.Reading) string {
	switch {
	case defined(r.MeanSD):
		return ""
	case r.N == 0:
		return "no circuit has it"
	}
	return fmt.Sprintf("%.4g; the reference does not vary", r.Mean)
}

// targetsOn marks targets on the lines of readings: a stroke, or two with a line
// between them for an interval.
type targetsOn struct {
	targets  []steer.Target
	readings []steer.Reading
}

// Plot draws them.
func (t targetsOn) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	half := .45 * (y(1) - y(0))
	for i, r := range t.readings {
		for _, target := range t.targets {
			if target.Measure != r.Measure || !defined(target.From, target.To) {
				continue
			}
			at := y(float64(len(t.readings) - 1 - i))
			for _, end := range []float64{target.From, target.To} {
				c.StrokeLines(targetMark.style(), c.ClipLinesX([]vg.Point{{X: x(end), Y: at - half}, {X: x(end), Y: at + half}})...)
			}
			c.StrokeLines(targetMark.style(), c.ClipLinesX([]vg.Point{{X: x(target.From), Y: at}, {X: x(target.To), Y: at}})...)
		}
	}
}
