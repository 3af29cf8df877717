package figure

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/fidelity"
	"github.com/cortigen/cortigen/pkg/latent"
)

func around(v, half float64) latent.Interval {
	return latent.Interval{Value: v, Lo: v - half, Hi: v + half, N: 7}
}

func bounds(name string, v float64, draws int) fidelity.Bounds {
	return fidelity.Bounds{Name: name, PerPair: []float64{v}, Mean: around(v, .004), Draws: draws}
}

// standing is of a model below class × distance and above the truth; the copy
// costs so much that it is written at the edge, and nobody compared the trees.
func standing() fidelity.Standing {
	s := fidelity.Standing{
		Kind: "exchangeable", Latent: 16, Test: 320, Judged: 96, Chosen: 1,
		Seeds: []fidelity.Bounds{bounds("seed 0", .1945, 500), bounds("seed 1", .1934, 500), bounds("seed 2", .194, 500)},
		ELBO:  bounds("elbo", .1962, 1), KL: around(12, 2), NeuronKL: around(70, 4), Shuffled: bounds("shuffled", .31, 500),
		Others: []fidelity.Bounds{bounds("class × distance", .1968, 0), bounds("boosted trees", .1963, 0), bounds("sender/receiver", .1943, 500), bounds("copy with code", .42, 0)},
		Oracle: &fidelity.Oracle{Cost: bounds("cost", .1928, 500), Floor: bounds("floor", .1924, 500)},
		Units:  []latent.Unit{{KL: 1, Active: true}, {KL: 2, Active: true}, {}},
	}
	for k, m := range []float64{.0034, nan, .0009, .2266} {
		s.Margins = append(s.Margins, fidelity.Margin{Over: s.Others[k].Name, Nats: around(m, .0004)})
	}
	arc := func(bow float64) fidelity.Curve {
		var c fidelity.Curve
		for k := range 21 {
			x := float64(k) / 20
			c.X, c.Y = append(c.X, x), append(c.Y, math.Pow(x, bow))
		}
		return c
	}
	for k := range 7 {
		s.Within.Each = append(s.Within.Each, fidelity.ClassPairScore{Pre: "L23_PC", Post: circuit.Class(fmt.Sprint("L", k, "_PC")), Pairs: 9000 - k, Edges: 900 - 100*k, AUC: .8 - .04*float64(k), ROC: arc(.3 + .1*float64(k))})
	}
	s.Within.Each[2].AUC = nan // no pair of these is without an edge
	s.Model = report("exchangeable", .86, .18)
	s.Baselines = []fidelity.Report{report("class × distance", .81, .197)}
	return s
}

func report(name string, auc, nats float64) fidelity.Report {
	r := fidelity.Report{Name: name, Scores: make([]fidelity.Scores, 7), AUC: around(auc, .01), AP: around(auc/2, .01), LogLoss: around(nats, .003)}
	for k := range 12 {
		p := .001 * math.Pow(1.7, float64(k))
		r.Calibration.X, r.Calibration.Y = append(r.Calibration.X, p), append(r.Calibration.Y, p*(.8+.03*float64(k)))
	}
	r.Calibration.Y[0] = 0
	return r
}

func gains(others []fidelity.Report) []fidelity.Gain {
	var all []fidelity.Gain
	for k, o := range others {
		all = append(all, fidelity.Gain{Over: o.Name, AUC: around(.02, .004), LogLoss: around(.002*float64(k)-.005, .001)})
	}
	return all
}

func rate() fidelity.Rate {
	var r fidelity.Rate
	for k, code := range []float64{820, 62, 240} {
		excess := &fidelity.Excess{Null: "distance_degree_exact"}
		auc := []float64{.93, .82, .89}[k]
		excess.AUC = fidelity.ExcessOf{Real: around(auc, .008), Nulls: around(auc-.03, .008), Excess: around(.03, .003)}
		r.Points = append(r.Points, fidelity.RatePoint{Name: fmt.Sprint("weight ", k), Weight: .1, Code: around(code, 10), AUC: around(auc, .008), PerPair: around(.19+code/20000, .003), Excess: excess})
	}
	r.Points[0].Excess = nil
	for k, name := range []string{"density", "class × distance", "boosted trees", "degrees", "copy"} {
		code := []float64{0, 0, 0, 520, 8}[k]
		r.Baselines = append(r.Baselines, fidelity.RatePoint{Name: name, Code: plain(code), AUC: around([]float64{.5, .81, .814, .84, .7}[k], .008), PerPair: around([]float64{.25, .1968, .1963, .26, .3}[k], .003)})
	}
	r.Baselines[4].PerPair = plain(nan)
	return r
}

// made is one way whose measures are further from real ones the larger far is;
// one measure is not defined in any circuit, one not in what was made.
func made(name string, far float64) fidelity.Made {
	m := fidelity.Made{
		Generation: fidelity.Generation{Name: name, Real: 300, Generated: 300, Regions: 14, WithinFloor: max(0, 1-far/3)},
		TwoSample:  fidelity.TwoSample{Name: name, Real: 300, Regions: 14, Logistic: around(min(.95, .53+.1*far), .03), Trees: around(.5, .03), Floor: .54, Floor95: .6},
		Novelty:    fidelity.Novelty{Name: name, Unique: 1, Nearest: around(.2-.02*far, .01), HeldOut: around(.2, .01), Limit: .3, Memorised: .01, Closest: .4},
	}
	for k, measure := range []string{"density", "reciprocity", "clustering", "out_degree_sd", "in_degree_sd", "path_length", "modularity", "spectral_radius", "simplices_2", "simplices_3", "triad_030T", "triad_300", "assortativity", "trophic_coherence", "rich_club"} {
		d := .02 + far*float64(k%5)/4
		m.Generation.Measures = append(m.Generation.Measures, fidelity.MeasureMatch{
			Measure: measure, RealMean: 1, RealSD: .5, GeneratedMean: 1 + .5*d*math.Cos(float64(k)), RealDefined: 300, GeneratedDefined: 300,
			Wasserstein: fidelity.Distance{Value: d, Halves: d + .1, Floor: .1, Floor95: .2}, KS: fidelity.Distance{Value: d / 3, Halves: d / 3, Floor: .1, Floor95: .2}, Passes: d < .1,
		})
	}
	last := &m.Generation.Measures[14]
	last.Wasserstein, last.GeneratedMean, last.Note = fidelity.Distance{Value: nan, Halves: nan, Floor: nan, Floor95: nan}, nan, "undefined in almost all real circuits"
	still := &m.Generation.Measures[4] // the same in all real circuits
	still.RealSD, still.Wasserstein.Value = 0, nan
	return m
}

func making() fidelity.Making {
	m := fidelity.Making{
		Conditional: made("conditional", .2), Unconditional: made("unconditional", .5),
		Others: []fidelity.Made{made("class × distance", 1.5), made("sender/receiver", .7), made("distance_degree", 3)},
		Prior:  report("exchangeable, prior", .82, .195), Baselines: []fidelity.Report{report("class × distance", .81, .1968), report("boosted trees", .815, .1963)},
	}
	m.Gains = gains(m.Baselines)[:1]
	m.Others[2].Novelty, m.Others[1].TwoSample = fidelity.Novelty{}, fidelity.TwoSample{}
	return m
}

func inpainting() fidelity.Inpainting {
	task := func(share float64) fidelity.InpaintingTask {
		others := []fidelity.Report{report("class × distance", .81, .1968), report("degrees of the rest", .83, .192), report("copy", .7, .24)}
		return fidelity.InpaintingTask{Share: share, Model: report("exchangeable", .86, .187), Others: others, Gains: gains(others)}
	}
	i := fidelity.Inpainting{Pairs: task(.2), Rows: task(.25)}
	i.Rows.Others[2].AUC = plain(nan)
	return i
}

// mutual was planted at four strengths, of which the last cannot be had.
func mutual() fidelity.Mutual {
	m := fidelity.Mutual{Circuits: 400}
	for _, planted := range []float64{4, 1, 1.5, 1.9} {
		p := fidelity.MutualPoint{
			Planted: planted, True: around(planted, .02), Cap: around(2.6, .1), Feasible: planted < 4,
			Real: around(planted, .05), Generated: around(planted*.95, .06), Independent: around(1.05, .05),
			Error: around(-.05, .03), IndependentError: around(1.05/planted-1, .03),
		}
		if !p.Feasible {
			p.True, p.Real, p.Generated, p.Independent, p.Error, p.IndependentError = plain(nan), plain(nan), plain(nan), plain(nan), plain(nan), plain(nan)
		}
		m.Points = append(m.Points, p)
	}
	return m
}

func ablations() []fidelity.Ablation {
	one := func(name string, margin, kl, neuronKL float64, dims, active int) fidelity.Ablation {
		return fidelity.Ablation{Name: name, Margin: around(margin, .0004), KL: around(kl, 1), NeuronKL: around(neuronKL, 3), Latent: dims, Active: active}
	}
	return []fidelity.Ablation{
		one("whole", 0, 12, 70, 16, 8),
		one("without z", .001, 0, 75, 16, 0), one("without u", .0025, 14, 0, 16, 9), one("independent edges", .0005, 12, 70, 16, 8), one("not compared", nan, 12, 70, 16, 8),
		one("32 dimensions of z", .0001, 12, 70, 32, 8), one("1 dimensions of z", .0012, 3, 74, 1, 1), one("16 dimensions of z", -.0001, 12, 70, 16, 8), one("4 dimensions of z", .0004, 9, 72, 4, 4),
	}
}

// reading is of twins or of the circuits themselves; one measure was not read, and
// one is worse than the mean.
func reading(twins bool) latent.Reading {
	r := latent.Reading{Twins: twins, Train: 2400, Test: 320, Siblings: 64}
	for k, measure := range []string{"density", "reciprocity_ratio", "out_degree_sd", "spectral_radius", "flat"} {
		f := latent.Fact{Measure: measure, Code: around(.9-.4*float64(k), .05), Classes: around(.1, .05), Factors: plain(nan), Ceiling: plain(nan), Share: plain(nan), Kept: plain(nan)}
		if twins {
			f.Factors, f.Ceiling, f.Kept, f.Share = around(.9, .03), around(.95-.1*float64(k), .03), around(.92-.3*float64(k), .05), around((.9-.4*float64(k))/(.95-.1*float64(k)), .05)
		}
		if measure == "flat" {
			f.Note, f.Code = "does not vary", plain(nan)
		}
		r.Facts = append(r.Facts, f)
	}
	return r
}

func fidelityFigures() map[string]drawn {
	return map[string]drawn{
		"standing":    {func() (*Figure, error) { return Standing(standing()) }, []string{"96 circuits, n = 7 regions", "nats per observed pair (lower is better)", "sender/receiver", "model: exchangeable", "0.42 →", "0.31 →", "0.227 →", "what the truth would pay", "an upper bound", "not compared", "other seeds"}},
		"rate":        {func() (*Figure, error) { return Rate(rate()) }, []string{"Edges told (n = 7 regions)", "code (nats per circuit, logarithmic beyond 10)", "boosted trees", "on null graphs: distance degree exact", "300"}},
		"class pairs": {func() (*Figure, error) { return ClassPairs(standing().Within) }, []string{"L23_PC → L0_PC: AUC 0.80", "hits (of 900 edges)", "false alarms (of 8100)", "knowing classes only"}},
		"calibration": {func() (*Figure, error) { s := standing(); return Calibration(s.Model, s.Baselines...) }, []string{"n = 7 regions", "share of pairs that are edges", "class × distance", "0.01"}},
		"generated":   {func() (*Figure, error) { return Generated(making()) }, []string{"Halves (n = 14 regions)", "All: 300 real, 300 made", "unconditional", "rings: does not pass", "a quarter sd", "0.25"}},
		"ways":        {func() (*Figure, error) { return Ways(making()) }, []string{"Told apart (n = 14 regions)", "sender/receiver", "not asked", "Nearest training circuit", "have a double"}},
		"foretold":    {func() (*Figure, error) { return Foretold(making()) }, []string{"From the neurons alone (n = 7 regions)", "boosted trees", "What the model saves", "not compared"}},
		"inpainting":  {func() (*Figure, error) { return Inpainting(inpainting()) }, []string{"20 % of pairs hidden (n = 7 regions)", "25 % of axons hidden", "degrees of the rest", "not defined", "the model itself"}},
		"planted":     {func() (*Figure, error) { return Mutual(mutual()) }, []string{"Mutual pairs (400 circuits a point)", "made ÷ real, less 1", "n = 7 regions", "the most there can be", "planted (times independence)", "without the mutual term", "within 10 %", "cannot be had"}},
		"reading":     {func() (*Figure, error) { return Reading(reading(true)) }, []string{"Measures of twins", "R² (n = 7 regions", "reciprocity ratio", "the ceiling", "Share of the ceiling", "from class counts alone"}},
		"no twins":    {func() (*Figure, error) { return Reading(reading(false)) }, []string{"Measures of held-out circuits", "R² (n = 7 regions", "from the code"}},
		"parts":       {func() (*Figure, error) { return Parts(ablations()) }, []string{"What is lost without it (n = 7 regions)", "without u", "whole", "codes of its neurons", "not compared"}},
		"dimensions":  {func() (*Figure, error) { return Dimensions(ablations(), 7) }, []string{"How many numbers are enough? (n = 7 regions)", "active dimensions", "planted: 7", "32"}},
	}
}

func TestFidelityFigures(t *testing.T) {
	for name, c := range fidelityFigures() {
		t.Run(name, func(t *testing.T) { check(t, c) })
	}
}

// A result that holds nothing gives an error, never an empty picture or a panic;
// so does one in which nothing is defined.
func TestNoFidelityToDraw(t *testing.T) {
	for name, make := range map[string]func() (*Figure, error){
		"standing":         func() (*Figure, error) { return Standing(fidelity.Standing{}) },
		"another training": func() (*Figure, error) { s := standing(); s.Chosen = 3; return Standing(s) },
		"rate":             func() (*Figure, error) { return Rate(fidelity.Rate{}) },
		"class pairs":      func() (*Figure, error) { return ClassPairs(fidelity.WithinClasses{}) },
		"undefined pairs":  func() (*Figure, error) { return ClassPairs(fidelity.WithinClasses{Each: standing().Within.Each[2:3]}) },
		"calibration":      func() (*Figure, error) { return Calibration(fidelity.Report{}) },
		"generated":        func() (*Figure, error) { return Generated(fidelity.Making{}) },
		"undefined measure": func() (*Figure, error) {
			m := making()
			return Generated(fidelity.Making{Conditional: fidelity.Made{Generation: fidelity.Generation{Name: "x", Measures: m.Conditional.Generation.Measures[14:]}}})
		},
		"ways":       func() (*Figure, error) { return Ways(fidelity.Making{}) },
		"foretold":   func() (*Figure, error) { return Foretold(fidelity.Making{}) },
		"inpainting": func() (*Figure, error) { return Inpainting(fidelity.Inpainting{}) },
		"planted":    func() (*Figure, error) { return Mutual(fidelity.Mutual{}) },
		"parts":      func() (*Figure, error) { return Parts(append(ablations()[:1], ablations()[5:]...)) },
		"dimensions": func() (*Figure, error) { return Dimensions(ablations()[:4], 7) },
	} {
		if f, err := make(); err == nil || f != nil || !strings.HasPrefix(err.Error(), "figure: ") {
			t.Errorf("%s: error is %v, want one of this package", name, err)
		}
	}
}

// Of a reconstruction there is no truth, and one training may have to do: the
// other panels are drawn, and nothing is said of what is not there.
func TestStandingWithoutTruth(t *testing.T) {
	s := standing()
	s.Oracle, s.Seeds, s.Chosen = nil, s.Seeds[1:2], 0
	f, err := Standing(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range f.keys {
		if strings.Contains(k.name, "truth") || strings.Contains(k.name, "other seeds") {
			t.Errorf("the key says %q", k.name)
		}
	}
}

// Below is seen at once: of the synthetic standing, the model's dot lies left of
// all others and right of the truth.
func TestStandingOrder(t *testing.T) {
	f, err := Standing(standing())
	if err != nil {
		t.Fatal(err)
	}
	centres, data := dotCentres(f.panels[0][0], 500, 300)
	x, _ := f.panels[0][0].Transforms(&data)
	model, truth := x(.1934), x(.1928)
	found := false
	for _, at := range centres {
		if math.Abs(float64(at.X-model)) < .01 {
			found = true
		} else if at.X < model {
			t.Errorf("a dot lies at %g, left of the model at %g", at.X, model)
		}
	}
	if !found || truth >= model || len(centres) != 7 { // two are beyond the edge
		t.Errorf("%d dots, the model among them: %v, the truth at %g", len(centres), found, truth)
	}
}

// Those are drawn on which the model is worst, and those on which others are; a
// measure without a floor is not.
func TestTellingMeasures(t *testing.T) {
	m := making()
	m.Conditional.Generation.Measures[0].Wasserstein.Value = 9 // density: the model alone is bad at it
	m.Others[0].Generation.Measures[5].Wasserstein.Value = 50  // path_length: so is another answer
	got := telling(ways(m))
	if len(got) != mostMeasures || got[0] != "density" {
		t.Errorf("measures are %q, want %d, density first", got, mostMeasures)
	}
	drawn := strings.Join(got, " ")
	if !strings.Contains(drawn, "path_length") || strings.Contains(drawn, "rich_club") {
		t.Errorf("measures are %q, want path_length among them, and not rich_club", got)
	}
	if few := telling(ways(fidelity.Making{Conditional: fidelity.Made{Generation: fidelity.Generation{Name: "x", Measures: m.Conditional.Generation.Measures[:2]}}})); len(few) != 2 {
		t.Errorf("of two measures %q are drawn", few)
	}
}

// The whole stands first among the parts; a number of dimensions may be its own.
func TestDivide(t *testing.T) {
	parts, dimensions := divide(ablations())
	if len(parts) != 5 || parts[0].Name != "whole" {
		t.Errorf("parts are %v", parts)
	}
	var of []int
	for _, d := range dimensions {
		of = append(of, d.Latent)
	}
	if fmt.Sprint(of) != "[1 4 16 32]" {
		t.Errorf("dimensions are %v", of)
	}
}

// Ticks of bent axes say what lies where they stand.
func TestBentAxes(t *testing.T) {
	for name, c := range map[string]struct {
		axis   curvedAxis
		lo, hi float64
		want   string
	}{
		"code":       {codeAxis, 0, 500, "0 10 30 100 300"},
		"sd":         {sdAxis, -1.5, 6, "-1 -0.25 0 0.25 1 5"},
		"dimensions": {dimensionAxis, 1, 32, "1 2 4 8 16 32"},
	} {
		var labels []string
		for _, tick := range c.axis.Ticks(c.axis.at(c.lo), c.axis.at(c.hi)) {
			labels = append(labels, tick.Label)
			if v, err := strconv.ParseFloat(tick.Label, 64); err != nil || c.axis.at(v) != tick.Value {
				t.Errorf("%s: the tick %q stands at %g", name, tick.Label, tick.Value)
			}
		}
		if got := strings.Join(labels, " "); got != c.want {
			t.Errorf("%s: labels are %s, want %s", name, got, c.want)
		}
	}
}

// By hand: costs gained are nats lost, and their interval turns round.
func TestSavedNats(t *testing.T) {
	r := report("other", .8, .2)
	row, err := answers("x", report("model", .9, .19), []fidelity.Report{r}, []fidelity.Gain{{Over: "other", LogLoss: latent.Interval{Value: -.01, Lo: -.03, Hi: -.005, N: 7}}})
	if err != nil {
		t.Fatal(err)
	}
	if p := row[2]; p.X.Min != 0 || math.Abs(p.X.Max-.03) > 1e-12 {
		t.Errorf("the axis of what is saved goes from %g to %g, want 0 to .03", p.X.Min, p.X.Max)
	}
}

// Every answer has its own mark in the key, and no panel of the curve is squeezed
// by another's words.
func TestRatePanels(t *testing.T) {
	f, err := Rate(rate())
	if err != nil {
		t.Fatal(err)
	}
	seen := map[mark]string{}
	for _, k := range f.keys {
		if other, twice := seen[k.mark]; twice {
			t.Errorf("%s and %s have the same mark", other, k.name)
		}
		seen[k.mark] = k.name
	}
	for i, p := range f.panels[0] {
		if first := f.panels[0][0]; p.X.Min != first.X.Min || p.X.Max != first.X.Max {
			t.Errorf("panel %d goes from %g to %g, the first from %g to %g", i, p.X.Min, p.X.Max, first.X.Min, first.X.Max)
		}
	}
}
