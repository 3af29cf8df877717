package figure

import (
	"cmp"
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"

	"github.com/cortigen/cortigen/pkg/fidelity"
)

// way is one way to make circuits, with its mark.
type way struct {
	fidelity.Made
	mark mark
	// other is true of what is not the model.
	other bool
}

// ways are those of a model, then others.
func ways(m fidelity.Making) []way {
	var all []way
	for k, made := range []fidelity.Made{m.Conditional, m.Unconditional} {
		if made.Generation.Name != "" {
			all = append(all, way{made, mark{colour: []color.RGBA{blue, vermillion}[k], dot: 3.2}, false})
		}
	}
	greys := []color.RGBA{black, grey, olive, purple, orange, sky, green}
	for k, made := range m.Others {
		all = append(all, way{made, mark{colour: greys[k%len(greys)], dot: 2.6}, true})
	}
	return all
}

func wayKeys(all []way) []key {
	var keys []key
	for _, w := range all {
		keys = append(keys, key{w.Generation.Name, w.mark})
	}
	return keys
}

// mostMeasures is how many are drawn: half those on which the model is furthest
// from real circuits, half those on which others are.
const mostMeasures = 12

// Generated shows how like held-out circuits generated ones are, measure by
// measure. Left, by how many sd of real circuits their mean is higher or lower.
// Middle, the distance of the two distributions in half of the circuits; the bar
// ends at the 95th percentile of that between halves of the real ones. Right, of
// all circuits together, which pass up to a quarter sd. A filled dot has passed
// every test, Kolmogorov and Smirnov's included. Of the measures that have a
// floor, those are drawn on which the model is worst, and those on which others
// are.
func Generated(m fidelity.Making) (*Figure, error) {
	all := ways(m)
	measures := telling(all)
	if len(measures) == 0 {
		return nil, errNothing("no measure with a floor")
	}
	var names []string
	floors := rowBars{colour: mark{colour: pale}}
	for _, name := range measures {
		match, _ := all[0].measure(name)
		names, floors.to = append(names, spoken(name)), append(floors.to, sdAxis.at(match.Wasserstein.Floor95))
	}
	g := all[0].Generation
	quarter := rule{upright: true, offset: sdAxis.at(.25), mark: mark{colour: vermillion, line: .8, dashed: true}}
	var row []*plot.Plot
	for k, part := range []struct {
		title, x string
		ground   []plot.Plotter
		of       func(fidelity.MeasureMatch) float64
	}{
		{"Means", "from the real mean (real sd)", []plot.Plotter{rule{upright: true, mark: guide}}, func(m fidelity.MeasureMatch) float64 { return shift(m) }},
		{fmt.Sprintf("Halves (n = %d regions)", g.Regions), "Wasserstein distance (real sd)", []plot.Plotter{floors}, func(m fidelity.MeasureMatch) float64 { return m.Wasserstein.Halves }},
		{fmt.Sprintf("All: %d real, %d made", g.Real, g.Generated), "Wasserstein distance (real sd)", []plot.Plotter{quarter}, func(m fidelity.MeasureMatch) float64 { return m.Wasserstein.Value }},
	} {
		if k > 0 {
			names = make([]string, len(measures))
		}
		p, err := dotPanelOn(part.ground, part.title, part.x, names, byWay(all, measures, part.of)...)
		if err != nil {
			return nil, err
		}
		p.Add(undefinedNotes(all, measures, part.of))
		p.X.Tick.Marker = sdAxis
		if k > 0 {
			p.X.Min, p.X.Max = 0, max(p.X.Max, sdAxis.at(1))
		}
		row = append(row, p)
	}
	f := newFigure(10.4, 1.5+(.16+.07*float64(len(all)))*float64(len(measures)), row)
	f.keys = append(wayKeys(all),
		key{"rings: does not pass", mark{colour: grey, dot: 3, hollow: true}}, key{"up to 95 % of real halves", mark{colour: faint(pale), band: true}},
		key{"a quarter sd", quarter.mark})
	return f, nil
}

func (w way) measure(name string) (fidelity.MeasureMatch, bool) {
	i := slices.IndexFunc(w.Generation.Measures, func(m fidelity.MeasureMatch) bool { return m.Measure == name })
	if i < 0 {
		nan := math.NaN()
		return fidelity.MeasureMatch{Measure: name, RealMean: nan, RealSD: nan, GeneratedMean: nan, Wasserstein: fidelity.Distance{Value: nan, Halves: nan, Floor: nan, Floor95: nan}}, false
	}
	return w.Generation.Measures[i], true
}

// shift is that of the mean in sd; NaN of a measure that does not vary.
func shift(m fidelity.MeasureMatch) float64 {
	switch {
	case m.GeneratedMean == m.RealMean:
		return 0
	case m.RealSD == 0:
		return math.NaN()
	}
	return (m.GeneratedMean - m.RealMean) / m.RealSD
}

// telling are the measures to draw, those on which the first way is furthest
// first.
func telling(all []way) []string {
	if len(all) == 0 {
		return nil
	}
	var names []string
	for _, m := range all[0].Generation.Measures {
		if defined(m.Wasserstein.Floor95, m.Wasserstein.Value) {
			names = append(names, m.Measure)
		}
	}
	byDistance := func(of []way) []string {
		furthest := func(name string) float64 {
			most := math.Inf(-1)
			for _, w := range of {
				if m, ok := w.measure(name); ok && defined(m.Wasserstein.Value) {
					most = max(most, m.Wasserstein.Value)
				}
			}
			return most
		}
		return slices.SortedStableFunc(slices.Values(names), func(a, b string) int { return cmp.Compare(furthest(b), furthest(a)) })
	}
	model := slices.DeleteFunc(slices.Clone(all), func(w way) bool { return w.other })
	chosen := slices.Clone(byDistance(model)[:min(mostMeasures/2, len(names))])
	for _, name := range byDistance(slices.DeleteFunc(slices.Clone(all), func(w way) bool { return !w.other })) {
		if len(chosen) < mostMeasures && !slices.Contains(chosen, name) {
			chosen = append(chosen, name)
		}
	}
	order := byDistance(all[:1])
	slices.SortFunc(chosen, func(a, b string) int { return slices.Index(order, a) - slices.Index(order, b) })
	return chosen
}

// byWay returns two series for each way: of what passes, and of what does not.
func byWay(all []way, measures []string, of func(fidelity.MeasureMatch) float64) []series {
	var many []series
	for _, w := range all {
		passed, failed := series{mark: w.mark}, series{mark: w.mark}
		failed.mark.hollow = true
		for _, name := range measures {
			m, _ := w.measure(name)
			yes, no := plain(sdAxis.at(of(m))), plain(math.NaN())
			if !m.Passes {
				yes, no = no, yes
			}
			passed.values, failed.values = append(passed.values, yes), append(failed.values, no)
		}
		many = append(many, passed, failed)
	}
	return many
}

// undefinedNotes are on lines on which no way has a dot.
func undefinedNotes(all []way, measures []string, of func(fidelity.MeasureMatch) float64) notes {
	words := make(notes, len(measures))
	for i, name := range measures {
		if !slices.ContainsFunc(all, func(w way) bool { m, _ := w.measure(name); return defined(of(m)) }) {
			words[i] = "not defined"
		}
	}
	return words
}

// Ways shows, for every way to make circuits, how many measures pass, how well
// somebody who sees all measures tells the circuits from real ones, how near they
// come to training circuits, and how many of them are old. Bars end at what real
// circuits have among themselves.
func Ways(m fidelity.Making) (*Figure, error) {
	all := ways(m)
	if len(all) == 0 {
		return nil, errNothing("no circuit was made")
	}
	var names []string
	floors := rowBars{from: .5, colour: mark{colour: pale}}
	share, told := series{mark: answerMark}, series{mark: answerMark}
	near, heldOut := series{mark: answerMark}, series{mark: otherAnswerMark}
	old, doubles := series{mark: answerMark}, series{mark: mark{colour: orange, dot: 3, hollow: true}}
	words := [4]edgeNotes{make(edgeNotes, len(all)), make(edgeNotes, len(all)), make(edgeNotes, len(all)), make(edgeNotes, len(all))}
	for k, w := range all {
		names = append(names, w.Generation.Name)
		floors.to = append(floors.to, w.TwoSample.Floor95)
		share.values, told.values = append(share.values, plain(w.Generation.WithinFloor)), append(told.values, w.TwoSample.AUC())
		near.values, heldOut.values = append(near.values, w.Novelty.Nearest), append(heldOut.values, w.Novelty.HeldOut)
		old.values, doubles.values = append(old.values, plain(w.Novelty.Memorised)), append(doubles.values, plain(1-w.Novelty.Unique))
		// A way that was not asked has the zero value, which is no number of circuits.
		for i, missing := range []bool{!defined(w.Generation.WithinFloor), w.TwoSample.Real == 0, w.Novelty.Name == "", w.Novelty.Name == ""} {
			if missing {
				words[i][k] = []string{"no floor", "not asked", "not asked", "not asked"}[i]
			}
		}
		if w.TwoSample.Real == 0 {
			told.values[k], floors.to[k] = plain(math.NaN()), math.NaN()
		}
		if w.Novelty.Name == "" {
			for _, s := range []series{near, heldOut, old, doubles} {
				s.values[k] = plain(math.NaN())
			}
		}
	}
	var row []*plot.Plot
	for k, part := range []struct {
		title, x string
		ground   []plot.Plotter
		of       []series
		lo, hi   float64
	}{
		{"Measures that pass", "share of those with a floor", nil, []series{share}, 0, 1},
		{fmt.Sprintf("Told apart (n = %d regions)", all[0].TwoSample.Regions), "AUC of a classifier (.5: cannot tell)", []plot.Plotter{floors, rule{upright: true, offset: .5, mark: guide}}, []series{told}, .45, 1},
		{"Nearest training circuit", "share of edges in common", nil, []series{near, heldOut}, 0, 0},
		{"Old ones", "share of circuits", []plot.Plotter{rule{upright: true, offset: .01, mark: guide}}, []series{old, doubles}, 0, .05},
	} {
		if k > 0 {
			names = make([]string, len(all))
		}
		p, err := dotPanelOn(part.ground, part.title, part.x, names, part.of...)
		if err != nil {
			return nil, err
		}
		p.Add(words[k])
		p.X.Min, p.X.Max = min(part.lo, p.X.Min), max(p.X.Max, part.hi)
		row = append(row, p)
	}
	f := newFigure(10.8, 1.6+.3*float64(len(all)), row)
	f.keys = []key{
		{"circuits that were made", answerMark}, {"held-out circuits", otherAnswerMark}, {"real regions among themselves, 95 %", mark{colour: faint(pale), band: true}},
		{"have a double", doubles.mark}, {"1 %, which chance gives", guide},
	}
	return f, nil
}
