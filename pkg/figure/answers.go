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

var (
	answerMark      = mark{colour: blue, dot: 3.5}
	otherAnswerMark = mark{colour: grey, dot: 3}
)

// answers shows how well a model and others foretell the same pairs: AUC, nats
// and, paired by circuit, the nats that the model saves over each.
func answers(title string, model fidelity.Report, others []fidelity.Report, gains []fidelity.Gain) ([]*plot.Plot, error) {
	var names []string
	saved := series{mark: answerMark}
	words := make(notes, len(others)+1)
	words[len(others)] = "the model itself"
	for k, o := range others {
		names = append(names, o.Name)
		saved.values = append(saved.values, plain(math.NaN()))
		if i := slices.IndexFunc(gains, func(g fidelity.Gain) bool { return g.Over == o.Name }); i >= 0 {
			g := gains[i].LogLoss // that of the model less that of the other
			saved.values[k] = latent.Interval{Value: -g.Value, Lo: -g.Hi, Hi: -g.Lo, N: g.N}
		}
		if !defined(saved.values[k].Value) {
			words[k] = "not compared"
		}
	}
	names = append(names, "model: "+model.Name)
	auc, err := answerPanel(fmt.Sprintf("%s (n = %d regions)", title, model.AUC.N), "edge AUC", names, model, others, func(r fidelity.Report) latent.Interval { return r.AUC })
	if err != nil {
		return nil, err
	}
	auc.Add(rule{upright: true, offset: .5, mark: guide})
	nothing := make([]string, len(names))
	nats, err := answerPanel("What they cost", "nats per pair (lower is better)", nothing, model, others, func(r fidelity.Report) latent.Interval { return r.LogLoss })
	if err != nil {
		return nil, err
	}
	gain, err := dotPanelOn([]plot.Plotter{rule{upright: true, mark: guide}}, "What the model saves", "nats per pair, paired", nothing, saved)
	if err != nil {
		return nil, err
	}
	gain.X.Min, gain.X.Max = min(gain.X.Min, 0), max(gain.X.Max, 0)
	gain.Add(words)
	return []*plot.Plot{auc, nats, gain}, nil
}

// answerPanel draws a score of others and, below them, of the model.
func answerPanel(title, x string, names []string, model fidelity.Report, others []fidelity.Report, score func(fidelity.Report) latent.Interval) (*plot.Plot, error) {
	baselines, own := series{mark: otherAnswerMark}, series{mark: answerMark, values: make([]latent.Interval, len(others)+1)}
	words := make(notes, len(others)+1)
	for k, o := range append(slices.Clone(others), model) {
		v := score(o)
		if !defined(v.Value) {
			words[k] = "not defined"
		}
		own.values[k] = plain(math.NaN())
		if k == len(others) {
			own.values[k] = v
			break
		}
		baselines.values = append(baselines.values, v)
	}
	p, err := dotPanel(title, x, names, baselines, own)
	if err != nil {
		return nil, err
	}
	p.Add(words)
	return p, nil
}

func answerKeys() []key { return []key{{"the model", answerMark}, {"others", otherAnswerMark}} }

// Inpainting shows how well hidden pairs are foretold from what is left to see:
// above where a share of the pairs is hidden, below where whole axons are.
func Inpainting(i fidelity.Inpainting) (*Figure, error) {
	var grid [][]*plot.Plot
	rows := 0
	for _, task := range []struct {
		words string
		of    fidelity.InpaintingTask
	}{{"%.0f %% of pairs hidden", i.Pairs}, {"%.0f %% of axons hidden", i.Rows}} {
		if len(task.of.Model.Scores) == 0 && !(task.of.Model.AUC.N > 0) {
			continue
		}
		row, err := answers(fmt.Sprintf(task.words, 100*task.of.Share), task.of.Model, task.of.Others, task.of.Gains)
		if err != nil {
			return nil, err
		}
		grid, rows = append(grid, row), rows+len(task.of.Others)+1
	}
	if len(grid) == 0 {
		return nil, errNothing("nothing was hidden")
	}
	f := newFigure(10.4, .8+.8*float64(len(grid))+.26*float64(rows), grid...)
	f.keys = answerKeys()
	return f, nil
}

// Foretold shows how well edges are foretold from the neurons alone: classes and
// places are seen, no edge is.
func Foretold(m fidelity.Making) (*Figure, error) {
	if len(m.Prior.Scores) == 0 && !(m.Prior.AUC.N > 0) {
		return nil, errNothing("no probabilities from the prior")
	}
	row, err := answers("From the neurons alone", m.Prior, m.Baselines, m.Gains)
	if err != nil {
		return nil, err
	}
	f := newFigure(10.4, 1.5+.26*float64(len(m.Baselines)+1), row)
	f.keys = answerKeys()
	return f, nil
}

var (
	realRatioMark   = mark{colour: black, dot: 2.8}
	generatedMark   = mark{colour: blue, dot: 3.2, line: 1.6}
	independentMark = mark{colour: orange, dot: 3, hollow: true, line: 1.2, dashed: true}
	capMark         = mark{colour: green, line: 1.2, dashed: true}
)

// tenth is what a generated ratio may miss (ours).
const tenth = .1

// Mutual shows how many times more mutual pairs there are than independent
// directions would give, planted against generated: on the diagonal, the model
// makes again what it was taught. Right, by how much what it makes differs from
// the real circuits. Crosses mark what cannot be had at these probabilities.
func Mutual(m fidelity.Mutual) (*Figure, error) {
	if len(m.Points) == 0 {
		return nil, errNothing("no planted ratio")
	}
	points := slices.SortedStableFunc(slices.Values(m.Points), func(a, b fidelity.MutualPoint) int { return cmp.Compare(a.Planted, b.Planted) })
	ratios := newPanel(fmt.Sprintf("Mutual pairs (%d circuits a point)", m.Circuits), "planted (times independence)", "in circuits (times independence)")
	misses := newPanel(fmt.Sprintf("Against the real ones (n = %d regions)", points[0].Error.N), "planted (times independence)", "made ÷ real, less 1")
	of := func(m mark, value func(fidelity.MutualPoint) latent.Interval) series {
		s := series{mark: m}
		for _, q := range points {
			s.values = append(s.values, value(q))
		}
		return s
	}
	var x, lo, hi, capped []float64
	for _, q := range points {
		x, lo, hi = append(x, q.Planted), append(lo, q.Planted*(1-tenth)), append(hi, q.Planted*(1+tenth))
		if !q.Feasible {
			capped = append(capped, q.Planted)
		}
	}
	if err := band(ratios, x, lo, hi, grey); err != nil {
		return nil, err
	}
	misses.Add(acrossBand{lo: -tenth, hi: tenth, colour: pale}, rule{mark: guide})
	misses.Y.Min, misses.Y.Max = -1.5*tenth, 1.5*tenth
	ratios.Add(rule{slope: 1, mark: guide})
	for _, on := range []struct {
		panel *plot.Plot
		of    series
	}{
		{ratios, of(capMark, func(q fidelity.MutualPoint) latent.Interval { return plain(q.Cap.Value) })},
		{ratios, of(independentMark, func(q fidelity.MutualPoint) latent.Interval { return q.Independent })},
		{ratios, of(generatedMark, func(q fidelity.MutualPoint) latent.Interval { return q.Generated })},
		{ratios, of(realRatioMark, func(q fidelity.MutualPoint) latent.Interval { return q.Real })},
		{misses, of(independentMark, func(q fidelity.MutualPoint) latent.Interval { return q.IndependentError })},
		{misses, of(generatedMark, func(q fidelity.MutualPoint) latent.Interval { return q.Error })},
	} {
		if err := on.of.over(on.panel, x); err != nil {
			return nil, err
		}
	}
	f := newFigure(8.6, 4.2, []*plot.Plot{ratios, misses})
	f.keys = []key{{"real circuits", realRatioMark}, {"the model", generatedMark}, {"without the mutual term", independentMark}, {"the most there can be", capMark}, {"within 10 %", mark{colour: pale, band: true}}}
	if len(capped) > 0 {
		cross := mark{colour: vermillion, dot: 4, cross: true}
		if err := cross.draw(ratios, capped, capped); err != nil {
			return nil, err
		}
		f.keys = append(f.keys, key{"cannot be had", cross})
	}
	return f, nil
}
