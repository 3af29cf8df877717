package figure

import (
	"cmp"
	"fmt"
	"slices"

	"gonum.org/v1/plot"

	"github.com/cortigen/cortigen/pkg/latent"
)

var (
	ceilingMark = mark{colour: green, dot: 3}
	factorsMark = mark{colour: orange, dot: 2.6, hollow: true}
	keptMark    = mark{colour: sky, dot: 2.6}
)

// Reading shows how much of each measure of held-out circuits can be foretold
// from the code of the circuit, beside what class counts foretell and, where the
// truth is known, what can be foretold at all; the second panel then has the share
// of that ceiling.
func Reading(r latent.Reading) (*Figure, error) {
	facts := slices.DeleteFunc(slices.Clone(r.Facts), func(f latent.Fact) bool { return f.Note != "" || !defined(f.Code.Value) })
	if len(facts) == 0 {
		return nil, errNothing("no measure that could be read")
	}
	slices.SortStableFunc(facts, func(a, b latent.Fact) int { return cmp.Compare(b.Code.Value, a.Code.Value) })
	names, shares, words := []string(nil), series{mark: codeMark}, make(notes, len(facts))
	code, classes, kept, factors, ceiling := series{mark: codeMark}, series{mark: simpleMark}, series{mark: keptMark}, series{mark: factorsMark}, series{mark: ceilingMark}
	for k, f := range facts {
		names = append(names, spoken(f.Measure))
		code.values, classes.values = append(code.values, floor(f.Code)), append(classes.values, floor(f.Classes))
		kept.values, factors.values, ceiling.values = append(kept.values, floor(f.Kept)), append(factors.values, floor(f.Factors)), append(ceiling.values, floor(f.Ceiling))
		shares.values = append(shares.values, f.Share)
		if !defined(f.Share.Value) {
			words[k] = "no ceiling"
		}
	}
	keys := []key{{"from the code", codeMark}, {"from class counts alone", simpleMark}}
	all, title, height := []series{code, classes}, "Measures of held-out circuits", .22
	if r.Twins {
		all, title, height = []series{ceiling, code, kept, factors, classes}, "Measures of twins", .38
		keys = append([]key{{"all there is to know: the ceiling", ceilingMark}}, keys...)
		keys = append(keys, key{"from true factors, fitted", factorsMark}, key{"twins that keep their neurons' effects", keptMark})
	}
	n := facts[0].Code.N
	measures, err := dotPanelOn([]plot.Plotter{rule{upright: true, mark: guide}}, title, fmt.Sprintf("R² (n = %d regions; below %g is drawn there)", n, worstR2), names, all...)
	if err != nil {
		return nil, err
	}
	measures.X.Max = 1
	row := []*plot.Plot{measures}
	if r.Twins {
		share, err := dotPanelOn([]plot.Plotter{rule{upright: true, offset: 1, mark: guide}}, "Share of the ceiling", "R² of the code ÷ ceiling", make([]string, len(names)), shares)
		if err != nil {
			return nil, err
		}
		share.Add(words)
		share.X.Min, share.X.Max = max(min(share.X.Min, 0), worstR2), min(max(share.X.Max, 1), 2)
		row = append(row, share)
	}
	f := newFigure(2.4+3.6*float64(len(row)), 1.4+height*float64(len(names)), row)
	f.keys = keys
	return f, nil
}
