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
			m.colour = otherColours[drawn%len(otherColours)]
			m.dashed = drawn >= len(otherColours)
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

// otherColours are those that the measure itself and the held ones leave.
var otherColours = []color.RGBA{green, orange, purple, sky, olive, black}

// curve returns a measure's mean along a traversal, and one sd below and above.
func curve(t steer.Traversal, measure int) (mean, lo, hi []float64) {
	for k := range t.Steps {
		m, sd := t.Mean[k][measure], t.SD[k][measure]
		mean, lo, hi = append(mean, m), append(lo, m-sd), append(hi, m+sd)
	}
	return mean, lo, hi
}

// methodMark gives methods the marks that all figures of a study share. Blue is
// the model's and the code's, and a ring is of class counts, in the same story;
// the baselines are grey.
func methodMark(i int, method string) mark {
	switch method {
	case steer.Stay{}.Name():
		return mark{colour: grey, dot: 2.6}
	case steer.Random{}.Name():
		return mark{colour: grey, dot: 2.6, cross: true}
	}
	return mark{colour: []color.RGBA{sky, green, purple, olive, black}[i%5], dot: 2.6}
}

// knobMark is a method's mark where its dots are joined.
func knobMark(i int, method string) mark {
	m := methodMark(i, method)
	m.line = 1.2
	m.dashed = m.cross
	return m
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
	f.keys = knobKeys(s)
	return f, nil
}

func methodKeys(s steer.Study, of func(int, string) mark) []key {
	var keys []key
	for i, t := range s.Methods {
		keys = append(keys, key{t.Method, of(i, t.Method)})
	}
	return keys
}

// knobKeys are what a panel of a knob needs.
func knobKeys(s steer.Study) []key {
	return append(methodKeys(s, knobMark), key{"range over starts", mark{colour: pale, band: true}}, key{"as asked", guide})
}

// knobPanel draws mean and range over starting codes for each target. All
// methods stand where they were asked to be, or hits would lie off the diagonal.
func knobPanel(title string, s steer.Study, measure string) (*plot.Plot, error) {
	p := newPanel(title, "asked (sd)", "decoded circuits (sd)")
	var lines []func() error
	for i, trial := range s.Methods {
		m := knobMark(i, trial.Method)
		targets, achieved := byTarget(trial, measure)
		var mean, lo, hi []float64
		for _, values := range achieved {
			sum := 0.
			for _, v := range values {
				sum += v
			}
			mean = append(mean, sum/float64(len(values)))
			lo, hi = append(lo, slices.Min(values)), append(hi, slices.Max(values))
		}
		if err := ranges(p, targets, lo, hi, m.colour); err != nil {
			return nil, err
		}
		lines = append(lines, func() error { return m.draw(p, targets, mean) })
	}
	p.Add(rule{slope: 1, mark: guide})
	for _, line := range lines { // above all bands
		if err := line(); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// ranges draws a band, or a whisker where there is one target only.
func ranges(p *plot.Plot, targets, lo, hi []float64, c color.RGBA) error {
	if len(targets) == 1 {
		return whisker(c).draw(p, []float64{targets[0], targets[0]}, []float64{lo[0], hi[0]})
	}
	return band(p, targets, lo, hi, c)
}

// asksFor reports whether a measure is the one target of an answer's request.
func asksFor(a steer.Answer, measure string) bool {
	return len(a.Targets) == 1 && a.Request.Targets[0].Measure == measure
}

// byTarget returns the targets that were asked for, in order, and for each what
// was achieved from every start, in sd.
func byTarget(t steer.Trial, measure string) (targets []float64, achieved [][]float64) {
	for _, a := range t.Answers {
		if !asksFor(a, measure) || !defined(a.Targets[0].Achieved.MeanSD) {
			continue
		}
		asked := a.Request.Targets[0].From
		at, found := slices.BinarySearch(targets, asked)
		if !found {
			targets = slices.Insert(targets, at, asked)
			achieved = slices.Insert(achieved, at, nil)
		}
		achieved[at] = append(achieved[at], a.Targets[0].Achieved.MeanSD)
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
	f.keys = methodKeys(s, methodMark)
	return f, nil
}

func driftNames(t steer.Trial, measure string) []string {
	for _, a := range t.Answers {
		if asksFor(a, measure) {
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
		if !asksFor(a, measure) {
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
