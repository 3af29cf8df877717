package figure

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"

	"github.com/cortigen/cortigen/pkg/fidelity"
	"github.com/cortigen/cortigen/pkg/latent"
)

var (
	exactMark  = mark{colour: grey, dot: 3.2}
	boundMark  = mark{colour: grey, dot: 3.2, hollow: true}
	chosenMark = mark{colour: blue, dot: 3.6}
	seedMark   = mark{colour: blue, dot: 3, hollow: true}
	lesserMark = mark{colour: sky, dot: 3}
)

// Standing shows what the wiring of held-out circuits costs under every answer,
// and by how much the model lies below each. The second panel is paired by
// circuit: circuits that are dear are so for everybody, which widens the whiskers
// of the first but not those of the second. An answer that costs so much that the
// others could not be told apart is written at the edge.
func Standing(s fidelity.Standing) (*Figure, error) {
	if s.Chosen < 0 || s.Chosen >= len(s.Seeds) {
		return nil, errNothing("no bound of a model")
	}
	names, all := standingRows(s)
	limit := costLimit(s)
	all, far := upTo(limit, len(names), all)
	f := newFigure(9.6, 1.3+.26*float64(len(names)))
	f.keys = []key{{"exact", exactMark}, {"an upper bound", boundMark}, {"the model, chosen on validation regions", chosenMark}}
	if len(s.Seeds) > 1 {
		f.keys = append(f.keys, key{"the model, other seeds", seedMark})
	}
	f.keys = append(f.keys, key{"of less draws or knowledge", lesserMark})
	var ground []plot.Plotter
	least := math.Inf(1)
	if o := s.Oracle; o != nil && defined(o.Floor.Mean.Value, o.Cost.Mean.Value) {
		least = min(o.Floor.Mean.Value, o.Cost.Mean.Value)
		ground = append(ground, acrossBand{lo: least, hi: max(o.Floor.Mean.Value, o.Cost.Mean.Value), colour: green, upright: true})
		f.keys = append(f.keys, key{"what the truth would pay", mark{colour: faint(green), band: true}})
	}
	costs, err := dotPanelOn(ground, fmt.Sprintf("Held-out wiring: %d circuits, n = %d regions", s.Judged, s.Chose().Mean.N), "nats per observed pair (lower is better)", names, all...)
	if err != nil {
		return nil, err
	}
	costs.Add(far)
	costs.X.Max = min(costs.X.Max, limit)
	costs.X.Min = min(costs.X.Min, least-.05*(costs.X.Max-least))
	margins, err := marginPanel(s, len(names))
	if err != nil {
		return nil, err
	}
	f.panels = [][]*plot.Plot{{costs, margins}}
	return f, nil
}

// standingRows are the other answers and then the model's.
func standingRows(s fidelity.Standing) (names []string, all []series) {
	model := len(s.Others)
	lines := []fidelity.Bounds{s.ELBO, s.Shuffled}
	words := []string{"model, of one draw", "model, neurons swapped"}
	names = append(names, "model: "+s.Kind)
	exact, bound := series{mark: exactMark}, series{mark: boundMark}
	for k, o := range s.Others {
		names = slices.Insert(names, k, o.Name)
		exact.values, bound.values = append(exact.values, plain(math.NaN())), append(bound.values, plain(math.NaN()))
		into := exact.values
		if o.Draws > 0 {
			into = bound.values
		}
		into[k] = o.Mean
	}
	all = append(all, exact, bound)
	at := func(m mark, row int, v latent.Interval) {
		s := series{mark: m, values: make([]latent.Interval, row+1)}
		for i := range s.values {
			s.values[i] = plain(math.NaN())
		}
		s.values[row] = v
		all = append(all, s)
	}
	at(chosenMark, model, s.Chose().Mean)
	for k, b := range s.Seeds {
		if k != s.Chosen {
			at(seedMark, model, b.Mean)
		}
	}
	for k, b := range lines {
		if len(b.PerPair) > 0 {
			names = append(names, words[k])
			at(lesserMark, len(names)-1, b.Mean)
		}
	}
	return names, all
}

// costLimit is beyond the first of the others, class × distance, by three
// quarters of what the best lies before it, and beyond all seeds of the model.
func costLimit(s fidelity.Standing) float64 {
	if len(s.Others) == 0 {
		return math.Inf(1)
	}
	first := s.Others[0].Mean.Value
	best := first
	for _, b := range slices.Concat(s.Others, s.Seeds) {
		if defined(b.Mean.Value) {
			best = min(best, b.Mean.Value)
		}
	}
	if s.Oracle != nil && defined(s.Oracle.Floor.Mean.Value) {
		best = min(best, s.Oracle.Floor.Mean.Value)
	}
	limit := first + max(.75*(first-best), .02*first)
	for _, b := range s.Seeds {
		limit = max(limit, b.Mean.Value+.05*(b.Mean.Value-best))
	}
	return limit
}

// marginPanel shows by how much the model lies below the other answers.
func marginPanel(s fidelity.Standing, n int) (*plot.Plot, error) {
	margins := series{mark: chosenMark}
	first, words := math.NaN(), make(notes, n)
	for k, o := range s.Others {
		margins.values = append(margins.values, plain(math.NaN()))
		if i := slices.IndexFunc(s.Margins, func(m fidelity.Margin) bool { return m.Over == o.Name }); i >= 0 {
			margins.values[k] = s.Margins[i].Nats
		}
		if !defined(margins.values[k].Value) {
			words[k] = "not compared"
		}
		if k == 0 {
			first = margins.values[k].Value
		}
	}
	limit := math.Inf(1)
	if defined(first) {
		limit = 2.5 * max(math.Abs(first), .002)
	}
	all, far := upTo(limit, n, []series{margins})
	p, err := dotPanelOn([]plot.Plotter{rule{upright: true, mark: guide}}, "The model lies below by", "nats per observed pair, paired (above 0: the model is better)", make([]string, n), all...)
	if err != nil {
		return nil, err
	}
	p.X.Max = min(limit, max(p.X.Max, 0))
	p.X.Min = min(p.X.Min, 0)
	p.Add(far, words)
	return p, nil
}

// mostClassPairs is how many are drawn.
const mostClassPairs = 6

// ClassPairs shows how well the model orders the pairs of neurons of the class
// pairs that have most edges: an answer that knows classes only lies on the
// diagonal.
func ClassPairs(w fidelity.WithinClasses) (*Figure, error) {
	var grid [][]*plot.Plot
	const columns = 3
	for _, c := range w.Each[:min(mostClassPairs, len(w.Each))] {
		if len(c.ROC.X) < 2 || !defined(c.AUC) {
			continue
		}
		p := newPanel(fmt.Sprintf("%s → %s: AUC %.2f", c.Pre, c.Post, c.AUC), fmt.Sprintf("false alarms (of %d)", c.Pairs-c.Edges), fmt.Sprintf("hits (of %d edges)", c.Edges))
		p.Add(rule{slope: 1, mark: guide})
		if err := (mark{colour: blue, line: 1.6}).draw(p, c.ROC.X, c.ROC.Y); err != nil {
			return nil, err
		}
		p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, 1, 0, 1
		if len(grid) == 0 || len(grid[len(grid)-1]) == columns {
			grid = append(grid, nil)
		}
		grid[len(grid)-1] = append(grid[len(grid)-1], p)
	}
	if len(grid) == 0 {
		return nil, errNothing("no class pair with edges and pairs without")
	}
	for last := len(grid) - 1; len(grid[last]) < len(grid[0]); {
		grid[last] = append(grid[last], nil)
	}
	f := newFigure(.3+2.7*float64(len(grid[0])), .4+2.6*float64(len(grid)), grid...)
	f.keys = []key{{"the model", mark{colour: blue, line: 1.6}}, {"knowing classes only", guide}}
	return f, nil
}

// Calibration shows how often pairs of like probability are edges: on the
// diagonal a probability means what it says. Bins hold as many pairs each; axes
// are logarithmic, so that a bin without an edge has no dot.
func Calibration(model fidelity.Report, others ...fidelity.Report) (*Figure, error) {
	p := newPanel(fmt.Sprintf("Calibration (n = %d regions)", model.AUC.N), "probability (mean of a bin)", "share of pairs that are edges")
	p.X.Tick.Marker, p.Y.Tick.Marker = powerTicks{}, powerTicks{}
	p.Add(rule{slope: 1, mark: guide})
	f := newFigure(4.6, 4.2, []*plot.Plot{p})
	drawn := 0
	for k, r := range append(slices.Clone(others), model) {
		m := mark{colour: otherColours[k%len(otherColours)], dot: 2.2, line: 1, dashed: true}
		if k == len(others) {
			m = mark{colour: blue, dot: 2.8, line: 1.6}
		}
		x, y := logs(r.Calibration)
		drawn += len(x)
		if err := m.draw(p, x, y); err != nil {
			return nil, err
		}
		f.keys = append(f.keys, key{r.Name, m})
	}
	if drawn == 0 {
		return nil, errNothing("no probabilities")
	}
	f.keys = append(f.keys, key{"as said", guide})
	p.X.Min, p.Y.Min = min(p.X.Min, p.Y.Min), min(p.X.Min, p.Y.Min)
	p.X.Max, p.Y.Max = max(p.X.Max, p.Y.Max), max(p.X.Max, p.Y.Max)
	return f, nil
}

// logs of the points of which both have one.
func logs(c fidelity.Curve) (x, y []float64) {
	for k := range c.X {
		if c.X[k] > 0 && c.Y[k] > 0 {
			x, y = append(x, math.Log10(c.X[k])), append(y, math.Log10(c.Y[k]))
		}
	}
	return x, y
}
