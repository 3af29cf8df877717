package figure

import (
	"bytes"
	"fmt"
	"image"
	_ "image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/recorder"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/fidelity"
	"github.com/cortigen/cortigen/pkg/latent"
	"github.com/cortigen/cortigen/pkg/significance"
	"github.com/cortigen/cortigen/pkg/steer"
)

var nan = math.NaN()

func interval(v float64) latent.Interval {
	return latent.Interval{Value: v, Lo: v - .1, Hi: v + .1, N: 7}
}

func ring(t *testing.T, n int) *circuit.Circuit {
	t.Helper()
	neurons, edges := make([]circuit.Neuron, n), make([]circuit.Edge, n)
	for i := range n {
		neurons[i] = circuit.Neuron{ID: fmt.Sprint(i), Class: circuit.Class([]string{"23P", "4P"}[2*i/n]), Position: circuit.Position{X: float64(i), Depth: float64(10 * i)}}
		edges[i] = circuit.Edge{Pre: i, Post: (i + 1) % n}
	}
	c, err := circuit.New(neurons, edges)
	if err != nil {
		t.Fatal(err)
	}
	return c.WithOrigin(circuit.Origin{Region: fmt.Sprint("region-", n%3), Radius: float64(n)})
}

func sample(t *testing.T) connectome.Sample {
	s := connectome.Sample{Partition: &connectome.Partition{Blocks: []connectome.Block{
		{Name: "train-0", Split: connectome.Train, X1: 100, Y1: 100},
		{Name: "validation-0", Split: connectome.Validation, X0: 120, X1: 140, Y1: 100},
		{Name: "test-0", Split: connectome.Test, X0: 160, X1: 200, Y1: 100},
	}}}
	for i := range 4000 {
		s.Somata = append(s.Somata, connectome.Soma{X: float64(i % 200), Y: float64(i % 100), Depth: float64(i % 900), Class: circuit.Class(fmt.Sprint("class-", i/400))})
	}
	for n := range 6 {
		s.Train, s.Validation, s.Test = append(s.Train, ring(t, 10+n)), append(s.Validation, ring(t, 20+n)), append(s.Test, ring(t, 30+n))
	}
	return s
}

// graph is a sample of a brain without positions.
func graph(t *testing.T) connectome.Sample {
	s := sample(t)
	s.Somata, s.Partition = nil, nil
	for k, split := range []connectome.Split{connectome.Validation, connectome.Test, connectome.Train} {
		r := connectome.Region{Name: string(split), Split: split, Density: make([]float64, 3)}
		r.Density[k], r.Density[0] = .2, .1
		s.Regions = append(s.Regions, r)
	}
	return s
}

func portraits() []fidelity.Portrait {
	degrees := make([]float64, 101)
	for i := range degrees {
		degrees[i] = float64(i) / 5
	}
	o := connectome.Overview{Name: "one", Observed: 50, Edges: 500, OutDegrees: degrees}
	measures := []string{"reciprocity_ratio", "out_degree_cv", "in_degree_cv"}
	whole := connectome.Overview{Name: "two", Observed: 40, Edges: 500, OutDegrees: degrees}
	alone := latent.Interval{Value: 2, Lo: nan, Hi: nan, N: 1}
	return []fidelity.Portrait{
		{Overview: o, Measures: measures, Means: []latent.Interval{interval(2), interval(.8), interval(.6)}},
		{Overview: whole, Whole: true, Measures: measures, Means: []latent.Interval{alone, alone, {Value: nan, Lo: nan, Hi: nan}}},
	}
}

func completeness() []fidelity.Completeness {
	ways := func(measure string) fidelity.ThreeWays {
		return fidelity.ThreeWays{Measure: measure, Naive: interval(.2), Masked: interval(.4), ProofreadOnly: interval(.5)}
	}
	return []fidelity.Completeness{{Name: "toy", Neurons: 9, Observed: 3, Measures: []fidelity.ThreeWays{ways("density"), ways("reciprocity")}}}
}

func leak() fidelity.Leak {
	side := func(shift float64) fidelity.SplitSide {
		s := fidelity.SplitSide{Neurons: shift, Pairs: shift / 2}
		for _, name := range []string{"slots", "class × distance", "memory"} {
			s.Reports = append(s.Reports, fidelity.Report{Name: name, AUC: interval(.6 + shift/3)})
		}
		return s
	}
	return fidelity.Leak{Spatial: side(0), Random: side(.9)}
}

func reconstruction(t *testing.T) fidelity.Reconstruction {
	c := ring(t, 8)
	p := make([]float64, 64)
	for i := range p {
		p[i] = float64(i%7) / 10
	}
	course := fidelity.Course{Best: 1}
	for i := range 4 {
		course.Epochs = append(course.Epochs, fidelity.Moment{
			Step: 10 * i, Train: fidelity.Bound{Edges: 100 - float64(i), KL: 10}, Validation: fidelity.Bound{Edges: 101 - float64(i%2), KL: 9},
		})
	}
	return fidelity.Reconstruction{
		Kind: "slots", Courses: []fidelity.Course{course, course}, Chosen: 1, Model: fidelity.Report{Name: "slots", AUC: interval(.7)},
		Baselines: []fidelity.Report{{Name: "density", AUC: latent.Interval{Value: .5, Lo: nan, Hi: nan}}, {Name: "class × distance", AUC: interval(.8)}},
		Units:     []latent.Unit{{Index: 0, KL: .01, Cost: nan}, {Index: 1, KL: 2, Cost: 30, Active: true}},
		Example:   fidelity.Example{Circuit: c, Probabilities: p},
	}
}

func probing() latent.Probing {
	heldOut := func(name string, r2 float64) latent.HeldOut {
		return latent.HeldOut{Measure: name, Score: latent.Score{R2: interval(r2)}, Simple: interval(-3), Values: []float64{.1, .2, nan}, Predicted: []float64{.15, .18, .3}}
	}
	return latent.Probing{
		Measures:   []latent.HeldOut{heldOut("out_degree_sd", .2), heldOut("density", .9), {Measure: "flat", Note: "does not vary"}},
		Factors:    []latent.HeldOut{heldOut("true_one", .5)},
		Components: latent.Components{Explained: []float64{.6, .3, .1}},
		Map:        [][2]float64{{1, 2}, {3, 4}, {5, 6}},
	}
}

func study(t *testing.T) steer.Study {
	names := []string{"density", "reciprocity", "clustering"}
	s := steer.Study{Measures: []string{"density", "reciprocity"}}
	for i, measure := range s.Measures {
		tr := steer.Traversal{Measure: measure, Names: names, Steps: []float64{-1, 0, 1}, Samples: 64}
		if i == 1 {
			tr.Held = []string{"density"}
		}
		for k := range tr.Steps {
			tr.Mean, tr.SD = append(tr.Mean, []float64{float64(k), .5, nan}), append(tr.SD, []float64{.1, .2, nan})
		}
		s.Traversals = append(s.Traversals, tr)
	}
	for _, method := range []string{"linear", "likely, calibrated", "no step", "random direction"} {
		trial := steer.Trial{Method: method}
		for _, measure := range s.Measures {
			for _, target := range []float64{1, -1} {
				trial.Answers = append(trial.Answers, steer.Answer{
					Request: steer.Ask(steer.SD(measure, target)),
					Targets: []steer.Achievement{{Achieved: steer.Reading{MeanSD: target * .9}}},
					Drift:   []steer.Drift{{Measure: "clustering", SD: -.3}, {Measure: "neurons", SD: nan}},
				})
			}
		}
		s.Methods = append(s.Methods, trial)
	}
	for k, step := range []float64{-3, 0, 3} {
		s.Shown = append(s.Shown, steer.Shown{Step: step, Circuit: ring(t, 6+k)})
	}
	return s
}

// drawn is a figure with words that a reader must find in it.
type drawn struct {
	make  func() (*Figure, error)
	words []string
}

// all figures, each with words that a reader must find in it.
func all(t *testing.T) map[string]drawn {
	s, r, p, st := sample(t), reconstruction(t), probing(), study(t)
	return map[string]drawn{
		"tissue":         {func() (*Figure, error) { return Tissue(s) }, []string{"x (µm)", "y (µm)", "depth (µm)", "train", "test", "class-9"}},
		"regions":        {func() (*Figure, error) { return Tissue(graph(t)) }, []string{"Regions of the graph", "region of the presynaptic neuron", "train", "test"}},
		"depth":          {func() (*Figure, error) { return DepthProfile(s) }, []string{"depth (µm)", "mean degree within a circuit", "bins of 40 µm", "class-9", "middle half"}},
		"leak":           {func() (*Figure, error) { return Leak(leak()) }, []string{"AUC (n = 7 and 7 regions)", "test neurons", "memory", "random split"}},
		"survey":         {func() (*Figure, error) { return Survey(portraits()) }, []string{"reciprocity ÷ chance", "n = 7 regions", "whole, 40 neurons", "CV of degrees", "share of neurons up to x"}},
		"completeness":   {func() (*Figure, error) { return Completeness(completeness()) }, []string{"density", "reciprocity", "toy (3 of 9)", "unproofread rows masked"}},
		"columns":        {func() (*Figure, error) { return Columns(s) }, []string{"neurons in a column", "density", "radius of a column (µm)", "test: 6 columns, 3 regions"}},
		"adjacency":      {func() (*Figure, error) { return Adjacency(s.Train[0], s.Test[0]) }, []string{"presynaptic", "postsynaptic", "10 neurons, 10 edges", "23P", "4P"}},
		"live":           {func() (*Figure, error) { return Live(liveEpochs()) }, []string{"step", "nats per observed pair", "class × distance", "epoch that is kept", "2 of 3 active", "KL, nats"}},
		"training":       {func() (*Figure, error) { return Training(r) }, []string{"step", "nats per circuit", "validation, other seeds", "epoch that is kept"}},
		"reconstruction": {func() (*Figure, error) { return Reconstruction(r) }, []string{"edge AUC", "n = 7 regions", "class × distance", "model: slots"}},
		"scores":         {func() (*Figure, error) { return Scores(r) }, []string{"edge AUC", "n = 7 regions"}},
		"units":          {func() (*Figure, error) { return Units(r) }, []string{"KL, nats", "active: 1 of 2", "0.05 nats"}},
		"probes":         {func() (*Figure, error) { return Probes(p) }, []string{"n = 7 regions", "out degree sd", "true one", "from class counts alone"}},
		"scatter":        {func() (*Figure, error) { return Scatter(p, "density") }, []string{"measured", "n = 7 regions", "R² = 0.90 [0.80, 1.00]"}},
		"map":            {func() (*Figure, error) { return Map(p, "density") }, []string{"component 1 (60 % of variance)", "density 0.1"}},
		"traversal":      {func() (*Figure, error) { return Traversal(st, "reciprocity") }, []string{"step (prior sd)", "density held", "± sd of 64 circuits"}},
		"knob":           {func() (*Figure, error) { return Knob(st) }, []string{"asked (sd)", "range over starts", "no step", "random direction"}},
		"drift":          {func() (*Figure, error) { return Drift(st) }, []string{"mean |change| (sd)", "clustering"}},
		"knobs":          {func() (*Figure, error) { return Knobs(st) }, []string{"step -3.0: 6 edges", "step +3.0: 8 edges"}},
		"triads":         {func() (*Figure, error) { return Triads(findings()[0]) }, []string{"z (mean count against draws)", "toy: 7 circuits of 90 neurons, 50 draws of each", "030T", "300", "as many edges", "degrees and mutual pairs", "draws are all alike", "-100"}},
		"triads, whole":  {func() (*Figure, error) { return Triads(findings()[1]) }, []string{"brain, the whole: 90 neurons, 50 draws", "class", "degrees and class"}},
		"nulls":          {func() (*Figure, error) { return Nulls(findings()) }, []string{"toy (7 circuits)", "brain (whole)", "of 13, beyond 2 sd", "observed ÷ null (log₂)"}},
		"simplices":      {func() (*Figure, error) { return Simplices(findings()) }, []string{"dimension (neurons − 1)", "simplices in a circuit (mean)", "observed", "brain"}},
		"mutual":         {func() (*Figure, error) { return PairReciprocity(findings()) }, []string{"Mutual pairs, E with I", "toy (7 circuits)", "degrees and distance, or degrees and class", "signs unknown"}},
		"spreads":        {func() (*Figure, error) { return Spreads(findings()) }, []string{"toy (n = 3)", "trophic coherence", "not defined", "no unit", "edges", "middle 90 %"}},
		"story":          {func() (*Figure, error) { return Story(s, r, p, st) }, []string{"Turning a knob: density", "R² (n = 7 regions", "edge AUC"}},
	}
}

func TestFigures(t *testing.T) {
	for name, c := range all(t) {
		t.Run(name, func(t *testing.T) { check(t, c) })
	}
}

// check looks for the words, for numbers that are not finite, and for an image of
// some size, and draws the figure again.
func check(t *testing.T, c drawn) {
	t.Helper()
	f, err := c.make()
	if err != nil {
		t.Fatal(err)
	}
	svg, err := f.SVG()
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range c.words {
		if !bytes.Contains(svg, []byte(word)) {
			t.Errorf("it does not say %q", word)
		}
	}
	if bytes.Contains(svg, []byte("NaN")) || bytes.Contains(svg, []byte("Inf")) {
		t.Error("numbers that are not finite were drawn")
	}
	png, err := f.PNG()
	if err != nil {
		t.Fatal(err)
	}
	size, format, err := image.DecodeConfig(bytes.NewReader(png))
	if err != nil || format != "png" || size.Width < 400 || size.Height < 200 {
		t.Errorf("the image is %s of %d × %d (%v)", format, size.Width, size.Height, err)
	}
	again, err := c.make()
	if err != nil {
		t.Fatal(err)
	}
	svg2, err1 := again.SVG()
	png2, err2 := again.PNG()
	if err1 != nil || err2 != nil || !bytes.Equal(svg, svg2) || !bytes.Equal(png, png2) {
		t.Errorf("drawn again, it has other bytes (%v, %v)", err1, err2)
	}
}

// A result that holds nothing gives an error, never an empty picture or a panic.
func TestNothingToDraw(t *testing.T) {
	for name, make := range map[string]func() (*Figure, error){
		"tissue":            func() (*Figure, error) { return Tissue(connectome.Sample{}) },
		"depth":             func() (*Figure, error) { return DepthProfile(connectome.Sample{}) },
		"survey":            func() (*Figure, error) { return Survey(nil) },
		"completeness":      func() (*Figure, error) { return Completeness(nil) },
		"triads":            func() (*Figure, error) { return Triads(significance.Findings{}) },
		"nulls":             func() (*Figure, error) { return Nulls(nil) },
		"simplices":         func() (*Figure, error) { return Simplices(nil) },
		"mutual":            func() (*Figure, error) { return PairReciprocity(nil) },
		"spreads":           func() (*Figure, error) { return Spreads(nil) },
		"leak":              func() (*Figure, error) { return Leak(fidelity.Leak{}) },
		"columns":           func() (*Figure, error) { return Columns(connectome.Sample{}) },
		"adjacency":         func() (*Figure, error) { return Adjacency() },
		"training":          func() (*Figure, error) { return Training(fidelity.Reconstruction{}) },
		"live":              func() (*Figure, error) { return Live(nil) },
		"reconstruction":    func() (*Figure, error) { return Reconstruction(fidelity.Reconstruction{}) },
		"units":             func() (*Figure, error) { return Units(fidelity.Reconstruction{}) },
		"probes":            func() (*Figure, error) { return Probes(latent.Probing{}) },
		"unknown measure":   func() (*Figure, error) { return Scatter(probing(), "none") },
		"undefined measure": func() (*Figure, error) { return Map(probing(), "flat") },
		"unknown traversal": func() (*Figure, error) { return Traversal(study(t), "none") },
		"knob":              func() (*Figure, error) { return Knob(steer.Study{}) },
		"drift":             func() (*Figure, error) { return Drift(steer.Study{}) },
		"knobs":             func() (*Figure, error) { return Knobs(steer.Study{}) },
		"story":             func() (*Figure, error) { return Story(sample(t), reconstruction(t), probing(), steer.Study{}) },
	} {
		if f, err := make(); err == nil || f != nil || !strings.HasPrefix(err.Error(), "figure: ") {
			t.Errorf("%s: error is %v, want one of this package", name, err)
		}
	}
}

func TestSave(t *testing.T) {
	f, err := Scores(reconstruction(t))
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "new", "folder")
	if err := f.Save(dir, "scores"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"scores.png", "scores.svg"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s was not written (%v)", name, err)
		}
	}
}

// Pixels, by hand: in a ring of two neurons, a cell is black where there is an
// edge, rows being presynaptic from the top.
func TestMatrixOrientation(t *testing.T) {
	c, err := circuit.New([]circuit.Neuron{{ID: "a", Position: circuit.NoPosition()}, {ID: "b", Position: circuit.NoPosition()}}, []circuit.Edge{{Pre: 0, Post: 1}})
	if err != nil {
		t.Fatal(err)
	}
	f, err := Adjacency(c)
	if err != nil {
		t.Fatal(err)
	}
	png, err := f.PNG()
	if err != nil {
		t.Fatal(err)
	}
	picture, _, err := image.Decode(bytes.NewReader(png))
	if err != nil {
		t.Fatal(err)
	}
	// The black cell's centre of mass lies right of and above the matrix's middle.
	bounds, sumX, sumY, n := picture.Bounds(), 0, 0, 0
	for y := range bounds.Dy() {
		for x := range bounds.Dx() {
			if r, g, b, _ := picture.At(x, y).RGBA(); r+g+b == 0 && x > bounds.Dx()/6 && y < 5*bounds.Dy()/6 && y > bounds.Dy()/8 {
				sumX, sumY, n = sumX+x, sumY+y, n+1
			}
		}
	}
	if n < 1000 || sumX/n < bounds.Dx()/2 || sumY/n > bounds.Dy()/2 {
		t.Errorf("%d black pixels round (%d, %d) of %v, want them at the top right", n, sumX/max(1, n), sumY/max(1, n), bounds)
	}
}

func TestKeysBreakIntoLines(t *testing.T) {
	f := newFigure(3, 2, nil)
	for i := range 12 {
		f.keys = append(f.keys, key{fmt.Sprint("a long name ", i), mark{dot: 2}})
	}
	lines := f.keyLines(f.width)
	if len(lines) < 3 || len(slices.Concat(lines...)) != 12 {
		t.Errorf("12 long keys stand on %d lines", len(lines))
	}
	for _, line := range lines {
		var used float64
		for _, k := range line {
			used += float64(keyWidth(k))
		}
		if used > float64(f.width) && len(line) > 1 {
			t.Errorf("a line of %d keys is too wide", len(line))
		}
	}
}

// By hand: round steps, and 0 or a round end of the axis is among the labels.
func TestTicks(t *testing.T) {
	for name, c := range map[string]struct {
		lo, hi float64
		want   string
	}{
		"AUC":      {.5, .887, "0.5 0.6 0.7 0.8"},
		"R²":       {-.5, 1, "-0.5 0 0.5 1"},
		"sd":       {-1.2, 3.3, "-1 0 1 2 3"},
		"µm":       {0, 1340, "0 500 1000"},
		"tiny":     {0, 3e-5, "0 1e-05 2e-05 3e-05"},
		"rounding": {.1 + .2, .6, "0.3 0.4 0.5 0.6"},
	} {
		var labels []string
		for _, tick := range (ticks{}).Ticks(c.lo, c.hi) {
			if tick.Label != "" {
				labels = append(labels, tick.Label)
			}
		}
		if got := strings.Join(labels, " "); got != c.want {
			t.Errorf("%s: from %g to %g the labels are %s, want %s", name, c.lo, c.hi, got, c.want)
		}
	}
}

// dotCentres records where a panel of a size in points draws its dots.
func dotCentres(p *plot.Plot, width, height vg.Length) (centres []vg.Point, data draw.Canvas) {
	var record recorder.Canvas
	canvas := draw.NewCanvas(&record, width, height)
	p.Draw(canvas)
	for _, action := range record.Actions {
		var path vg.Path
		switch a := action.(type) {
		case *recorder.Fill:
			path = a.Path
		case *recorder.Stroke:
			path = a.Path
		}
		for _, part := range path {
			if part.Type == vg.ArcComp {
				centres = append(centres, part.Pos)
			}
		}
	}
	return centres, p.DataCanvas(canvas)
}

// A dot that is alone stands on its line; two stand a fixed distance apart,
// however tall the panel, and nearer to their own line than to the next.
func TestDotsStandAtTheirLabels(t *testing.T) {
	filled, ring := mark{colour: blue, dot: 3}, mark{colour: grey, dot: 3, hollow: true}
	nothing := plain(nan)
	for _, height := range []vg.Length{50, 200, 900} {
		p, err := dotPanel("", "x", []string{"both", "first", "second"},
			series{filled, []latent.Interval{interval(.3), interval(.5), nothing}},
			series{ring, []latent.Interval{interval(.6), nothing, interval(.4)}})
		if err != nil {
			t.Fatal(err)
		}
		centres, data := dotCentres(p, 300, height)
		_, y := p.Transforms(&data)
		if len(centres) != 4 {
			t.Fatalf("%d dots, want 4", len(centres))
		}
		off := []float64{float64(centres[0].Y - y(2)), float64(centres[1].Y - y(2)), float64(centres[2].Y - y(1)), float64(centres[3].Y - y(0))}
		want := []float64{2.5, -2.5, 0, 0} // 5 points apart
		if height < 100 {
			want[0] = .35 / 2 * float64(y(1)-y(0))
			want[1] = -want[0]
		}
		for k := range off {
			if math.Abs(off[k]-want[k]) > .01 {
				t.Errorf("height %g: dots stand %.2f points above their lines, want %.2f", height, off, want)
				break
			}
		}
	}
}

// What was asked is read from the axis: no method stands beside it.
func TestKnobStandsWhereItWasAsked(t *testing.T) {
	st := study(t)
	p, err := knobPanel("", st, "density")
	if err != nil {
		t.Fatal(err)
	}
	centres, data := dotCentres(p, 300, 300)
	x, _ := p.Transforms(&data)
	if len(centres) != 6 { // three methods with dots, of two targets
		t.Fatalf("%d dots, want 6", len(centres))
	}
	for k, at := range centres {
		if target := []float64{-1, 1}[k%2]; math.Abs(float64(at.X-x(target))) > .01 {
			t.Errorf("dot %d stands at %g, want %g, where %g was asked", k, at.X, x(target), target)
		}
	}
}

// Within one key, nothing looks like another thing.
func TestKeysDiffer(t *testing.T) {
	look := func(m mark) mark {
		for _, size := range []*float64{&m.dot, &m.line} {
			if *size > 0 {
				*size = 1
			}
		}
		return m
	}
	colours := func(m mark) mark { return mark{colour: m.colour, dashed: m.dashed, band: m.band} }
	figures := all(t)
	for name, of := range map[string]func(mark) mark{"story": look, "knob": look, "drift": look, "probes": look, "leak": look, "traversal": colours} {
		f, err := figures[name].make()
		if err != nil {
			t.Fatal(err)
		}
		seen := map[mark]string{}
		for _, k := range f.keys {
			if other, there := seen[of(k.mark)]; there {
				t.Errorf("%s: %q looks like %q", name, k.name, other)
			}
			seen[of(k.mark)] = k.name
		}
	}
}

// A traversal has more measures than the test's study: those of the course.
func TestTraversalColoursOfManyMeasures(t *testing.T) {
	names := []string{"neurons", "e_share", "density", "a", "b", "c", "reciprocity", "d", "e", "f"}
	tr := steer.Traversal{Measure: "reciprocity", Held: []string{"density"}, Names: names, Steps: []float64{0, 1}}
	for range tr.Steps {
		tr.Mean, tr.SD = append(tr.Mean, make([]float64, len(names))), append(tr.SD, make([]float64, len(names)))
	}
	f, err := Traversal(steer.Study{Traversals: []steer.Traversal{tr}}, "reciprocity")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[mark]string{}
	for _, k := range f.keys[:len(names)] {
		m := mark{colour: k.mark.colour, dashed: k.mark.dashed}
		if other, there := seen[m]; there {
			t.Errorf("%q has the colour of %q", k.name, other)
		}
		seen[m] = k.name
	}
}

// Contrast to white as WCAG 2.1 defines it (relative luminance); the bound 2 is
// ours: the yellow of Okabe & Ito has 1.3, their sky blue 2.3.
func TestColoursAreSeenOnPaper(t *testing.T) {
	for _, c := range colours {
		luminance := 0.
		for k, share := range []float64{.2126, .7152, .0722} {
			v := float64([]uint8{c.R, c.G, c.B}[k]) / 255
			if v <= .04045 {
				luminance += share * v / 12.92
			} else {
				luminance += share * math.Pow((v+.055)/1.055, 2.4)
			}
		}
		if contrast := 1.05 / (luminance + .05); contrast < 2 {
			t.Errorf("%v has a contrast of %.2f to white, want 2", c, contrast)
		}
	}
}

// A tick's label that sticks out of one panel does not move its title.
func TestTitlesStandAtOneHeight(t *testing.T) {
	left, right := newPanel("Bound", "x", "y"), newPanel("Price, lower", "x", "y")
	left.X.Max, left.Y.Max = 1, .95
	right.X.Max, right.Y.Max = 1, 1 // its topmost label stands at the edge
	f := newFigure(6, 3, []*plot.Plot{left, right})
	var record recorder.Canvas
	f.draw(draw.NewCanvas(&record, f.width, f.height))
	heights := map[string]vg.Length{}
	for _, action := range record.Actions {
		if text, ok := action.(*recorder.FillString); ok {
			heights[text.String] = text.Point.Y
		}
	}
	if heights["Bound"] == 0 || heights["Bound"] != heights["Price, lower"] {
		t.Errorf("titles stand at %g and %g", heights["Bound"], heights["Price, lower"])
	}
	// The label of the topmost tick is centred on the panel's upper end.
	if heights["Bound"] < heights["1"]+8 || heights["Bound"] > f.height-10 {
		t.Errorf("titles stand at %g, the topmost tick's label at %g, the figure ends at %g", heights["Bound"], heights["1"], f.height)
	}
	if left.Title.Text != "Bound" {
		t.Error("drawing changed the panel")
	}
}

// liveEpochs is a training in its course.
func liveEpochs() (all []fidelity.Progress) {
	for k := range 8 {
		all = append(all, fidelity.Progress{
			Step: 10 * (k + 1), Of: 200, Beta: min(1, float64(k)/4), Best: k != 6, Pairs: 100, ClassDistance: .95,
			Validation: fidelity.Bound{Edges: 90 - float64(k), KL: 10}, Units: []float64{2, .001, 8},
		})
	}
	return all
}
