package figure

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"

	"github.com/cortigen/cortigen/pkg/steer"
)

// Traversal shows what becomes of every measure along the direction of one.
func Traversal(s steer.Study, measure string) (*Figure, error) {
	i := slices.IndexFunc(s.Traversals, func(t steer.Traversal) bool { return t.Measure == measure })
	if i < 0 {
		return nil, fmt.Errorf("figure: no traversal of %q, only of %q", measure, s.Measures)
	}
	t := s.Traversals[i]
	title := "Along " + spoken(measure)
	if len(t.Held) > 0 {
		title += ", " + strings.Join(t.Held, " and ") + " held"
	}
	own := newPanel(title, "step (prior sd)", "decoded circuits (sd of real ones)")
	others := newPanel("What else changes", "step (prior sd)", "decoded circuits (sd of real ones)")
	f := newFigure(7.4, 3.6, []*plot.Plot{own, others})
	own.Add(rule{mark: guide})
	others.Add(rule{mark: guide})
	drawn := 0
	for j, name := range t.Names {
		mean, lo, hi := curve(t, j)
		panel, m := others, mark{line: 1.4}
		switch {
		case name == measure:
			panel, m = own, mark{colour: vermillion, line: 2.2, dot: 2}
		case slices.Contains(t.Held, name):
			panel, m = own, mark{colour: blue, line: 1.8, dot: 2}
		default:
			m.colour = colour(drawn)
			m.dashed = drawn >= len(colours)
			drawn++
		}
		if panel == own {
			if err := band(panel, t.Steps, lo, hi, m.colour); err != nil {
				return nil, err
			}
		}
		if err := m.draw(panel, t.Steps, mean); err != nil {
			return nil, err
		}
		f.keys = append(f.keys, key{spoken(name), m})
	}
	f.keys = append(f.keys, key{fmt.Sprintf("± sd of %d circuits", t.Samples), mark{colour: pale, band: true}})
	return f, nil
}

// curve returns a measure's mean along a traversal, and one sd below and above.
func curve(t steer.Traversal, measure int) (mean, lo, hi []float64) {
	for k := range t.Steps {
		m, sd := t.Mean[k][measure], t.SD[k][measure]
		mean, lo, hi = append(mean, m), append(lo, m-sd), append(hi, m+sd)
	}
	return mean, lo, hi
}

// methodMark gives methods the colours that all figures of a study share; the
// baselines are grey.
func methodMark(i int, method string) mark {
	switch method {
	case steer.Stay{}.Name():
		return mark{colour: grey, dot: 2.6}
	case steer.Random{}.Name():
		return mark{colour: grey, dot: 2.6, hollow: true}
	}
	return mark{colour: []color.RGBA{sky, orange, blue, green, purple}[i%5], dot: 2.6}
}

// Knob shows, for each measure, what was asked for and what the decoded circuits
// have.
func Knob(s steer.Study) (*Figure, error) {
	if len(s.Methods) == 0 {
		return nil, errNothing("no methods")
	}
	var row []*plot.Plot
	for _, measure := range s.Measures {
		p, err := knobPanel("Turning "+spoken(measure), s, measure)
		if err != nil {
			return nil, err
		}
		row = append(row, p)
	}
	f := newFigure(.4+3.5*float64(len(row)), 3.6, row)
	f.keys = append(methodKeys(s), key{"as asked", guide})
	return f, nil
}

func methodKeys(s steer.Study) []key {
	var keys []key
	for i, t := range s.Methods {
		keys = append(keys, key{t.Method, methodMark(i, t.Method)})
	}
	return keys
}

// knobPanel draws mean and range over starting codes for each target.
func knobPanel(title string, s steer.Study, measure string) (*plot.Plot, error) {
	p := newPanel(title, "asked (sd)", "decoded circuits (sd; range over starts)")
	p.Add(rule{slope: 1, mark: guide})
	for i, trial := range s.Methods {
		m := methodMark(i, trial.Method)
		targets, achieved := byTarget(trial, measure)
		shift := .07 * (float64(i) - float64(len(s.Methods)-1)/2)
		w := whiskers{colour: m.colour}
		var mean []float64
		for k, target := range targets {
			w.at = append(w.at, target+shift)
			w.lo, w.hi = append(w.lo, slices.Min(achieved[k])), append(w.hi, slices.Max(achieved[k]))
			sum := 0.
			for _, v := range achieved[k] {
				sum += v
			}
			mean = append(mean, sum/float64(len(achieved[k])))
		}
		if anyDefined(w.lo, w.hi) {
			p.Add(w)
		}
		if err := m.draw(p, w.at, mean); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// byTarget returns the targets that were asked for, in order, and for each what
// was achieved from every start, in sd.
func byTarget(t steer.Trial, measure string) (targets []float64, achieved [][]float64) {
	for _, a := range t.Answers {
		if a.Request.Measure != measure || !defined(a.Achieved.MeanSD) {
			continue
		}
		at, found := slices.BinarySearch(targets, a.Request.Target)
		if !found {
			targets = slices.Insert(targets, at, a.Request.Target)
			achieved = slices.Insert(achieved, at, nil)
		}
		achieved[at] = append(achieved[at], a.Achieved.MeanSD)
	}
	return targets, achieved
}

// Drift shows, for each measure asked for, by how much the others changed: the
// mean size over requests.
func Drift(s steer.Study) (*Figure, error) {
	if len(s.Methods) == 0 {
		return nil, errNothing("no methods")
	}
	var row []*plot.Plot
	for _, measure := range s.Measures {
		var all []series
		var names []string
		for i, t := range s.Methods {
			names = driftNames(t, measure)
			one := series{mark: methodMark(i, t.Method)}
			for _, name := range names {
				one.values = append(one.values, plain(meanDrift(t, measure, name)))
			}
			all = append(all, one)
		}
		p, err := dotPanel("Drift when turning "+spoken(measure), "mean |change| (sd)", spokenAll(names), all...)
		if err != nil {
			return nil, err
		}
		p.X.Min = 0
		row = append(row, p)
	}
	f := newFigure(.4+3.7*float64(len(row)), 3.6, row)
	f.keys = methodKeys(s)
	return f, nil
}

func driftNames(t steer.Trial, measure string) []string {
	for _, a := range t.Answers {
		if a.Request.Measure == measure {
			var names []string
			for _, d := range a.Drift {
				names = append(names, d.Measure)
			}
			return names
		}
	}
	return nil
}

func meanDrift(t steer.Trial, measure, other string) float64 {
	sum, n := 0., 0
	for _, a := range t.Answers {
		if a.Request.Measure != measure {
			continue
		}
		for _, d := range a.Drift {
			if d.Measure == other && defined(d.SD) {
				sum += math.Abs(d.SD)
				n++
			}
		}
	}
	if n == 0 {
		return math.NaN()
	}
	return sum / float64(n)
}

// Knobs shows circuits that were decoded along the first direction.
func Knobs(s steer.Study) (*Figure, error) {
	if len(s.Shown) == 0 {
		return nil, errNothing("no circuits")
	}
	const most = 4
	var row []*plot.Plot
	for k := range min(most, len(s.Shown)) {
		shown := s.Shown[k*(len(s.Shown)-1)/max(1, min(most, len(s.Shown))-1)]
		row = append(row, wiring(fmt.Sprintf("step %+.1f: %d edges", shown.Step, shown.Circuit.Edges()), shown.Circuit.Canonical()))
	}
	return newFigure(2.6*float64(len(row)), 2.7, row), nil
}
