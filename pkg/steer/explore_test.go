package steer

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"pgregory.net/rapid"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/seed"
)

// explorer has two of the toy's four dimensions as axes, and its two measures as
// targets.
func explorer(t *testing.T) *Explorer {
	t.Helper()
	rig, f := slantedBench(t)
	axis := func(k int) Axis {
		v := make([]float64, 4)
		v[k] = 1
		return Axis{Name: "axis", Vector: v, Share: .5}
	}
	return &Explorer{Rig: rig, Expecter: f, Axes: []Axis{axis(0), axis(3)}, Measures: []string{"density", "reciprocity"}, Beside: []string{"out_degree_cv", "neurons"}, Samples: 32, Seed: 7}
}

func view(t *testing.T, e *Explorer, k Knobs) View {
	t.Helper()
	v, err := e.View(t.Context(), k)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// By hand: a shift is that much along the axis; without one, now is the start.
func TestExplorerShifts(t *testing.T) {
	e := explorer(t)
	e.Start = []float64{.5, 0, -.5, 0}
	still := view(t, e, Knobs{})
	if !slices.Equal(still.Code, e.Start) || len(still.Circuits) != 32 || still.PutBack || len(still.Notes) != 0 {
		t.Errorf("at zero the code is %g, of %d circuits, notes %q", still.Code, len(still.Circuits), still.Notes)
	}
	for j, r := range still.Now {
		if r != still.Start[j] && r.Measure != "neurons" { // whose sd is NaN
			t.Errorf("at zero %s is %g, at the start %g", r.Measure, r.Mean, still.Start[j].Mean)
		}
	}
	moved := view(t, e, Knobs{Shifts: []float64{1.5, -1}})
	if want := []float64{2, 0, -.5, -1}; !floats.EqualApprox(moved.Code, want, 1e-12) {
		t.Errorf("the code is %g, want %g", moved.Code, want)
	}
	if moved.Start[0] != still.Start[0] || !(moved.Now[0].MeanSD > still.Now[0].MeanSD+.5) {
		t.Errorf("density goes from %.2f to %.2f sd, with a start of %.2f", still.Now[0].MeanSD, moved.Now[0].MeanSD, moved.Start[0].MeanSD)
	}
	if names := []string{moved.Now[0].Measure, moved.Now[1].Measure, moved.Now[2].Measure, moved.Now[3].Measure}; !slices.Equal(names, []string{"density", "reciprocity", "out_degree_cv", "neurons"}) {
		t.Errorf("measures are %q", names)
	}
}

// The third dimension does nothing to the toy: with the same seed, whatever it is,
// the circuits are the same, edge by edge.
func TestExplorerSeedIsTheSame(t *testing.T) {
	e := explorer(t)
	e.Axes[1].Vector = []float64{0, 0, 0, 1}
	a, b, c := view(t, e, Knobs{}), view(t, e, Knobs{Shifts: []float64{0, 2}}), view(t, e, Knobs{Shifts: []float64{.3}})
	same := func(x, y []*circuit.Circuit) bool {
		return slices.EqualFunc(x, y, func(c, d *circuit.Circuit) bool { return slices.Equal(c.EdgeList(), d.EdgeList()) })
	}
	if !same(a.Circuits, b.Circuits) || same(a.Circuits, c.Circuits) {
		t.Errorf("circuits are the same: along what does nothing %v, along density %v", same(a.Circuits, b.Circuits), same(a.Circuits, c.Circuits))
	}
}

// What the curves can do is hit, on the circuits that are shown, from wherever the
// shifts led; and an axis of which the targets know nothing stays as it was set.
func TestExplorerTargets(t *testing.T) {
	e := explorer(t)
	for name, k := range map[string]Knobs{
		"density":     {Targets: []Target{SD("density", 1.2)}},
		"both":        {Targets: []Target{SD("density", -1), SD("reciprocity", .8)}},
		"from afar":   {Shifts: []float64{-1, 1.5}, Targets: []Target{SD("density", .7)}},
		"an interval": {Targets: []Target{BetweenSD("reciprocity", -1.4, -1)}},
		"in its unit": {Targets: []Target{Value("density", e.Rig.Reference.Mean[0])}},
	} {
		v := view(t, e, k)
		if v.OutOfReach || v.PutBack || len(v.Notes) > 0 || len(v.Targets) != len(k.Targets) {
			t.Errorf("%s: out of reach %v, put back %v, notes %q", name, v.OutOfReach, v.PutBack, v.Notes)
		}
		for i, target := range v.Targets {
			now := v.Now[slices.Index(e.Measures, target.Measure)]
			if target.Absolute || math.Abs(target.Miss(now.MeanSD)) > HitWithin {
				t.Errorf("%s: %s, and the circuits have %.2f sd", name, v.Targets[i], now.MeanSD)
			}
		}
		if len(k.Shifts) > 1 && math.Abs(v.Code[3]-1.5) > .2 {
			t.Errorf("%s: what does nothing was set to 1.5 and is at %.2f", name, v.Code[3])
		}
	}
}

// Wherever the knobs stand, the code is inside the ball, and what was done about
// it is said.
func TestExplorerStaysInside(t *testing.T) {
	e := explorer(t)
	e.Samples = 2
	rapid.Check(t, func(rt *rapid.T) {
		knob := rapid.Float64Range(-9, 9)
		k := Knobs{Shifts: []float64{knob.Draw(rt, "a"), knob.Draw(rt, "b")}}
		if rapid.Bool().Draw(rt, "aimed") {
			k.Targets = []Target{SD("density", rapid.Float64Range(-1, 12).Draw(rt, "target"))}
		}
		v, err := e.View(t.Context(), k)
		if err != nil && strings.Contains(err.Error(), "no circuit has it") {
			return
		}
		if err != nil {
			rt.Fatal(err)
		}
		if norm(v.Code) > Radius(4)*(1+1e-9) {
			rt.Fatalf("the code lies %.2f from the origin", norm(v.Code))
		}
		if outside := norm(k.Shifts) > Radius(4); v.PutBack != outside || outside && !strings.Contains(v.Notes[0], "put back") {
			rt.Fatalf("shifts of %.2f, put back %v, notes %q", norm(k.Shifts), v.PutBack, v.Notes)
		}
		if v.OutOfReach && len(v.Notes) == 0 && !v.PutBack {
			now := v.Now[0]
			if math.Abs(v.Targets[0].Miss(now.MeanSD)) > HitWithin {
				rt.Fatalf("out of reach, without a word")
			}
		}
	})
}

func TestExplorerSaysWhatIsOutOfReach(t *testing.T) {
	v := view(t, explorer(t), Knobs{Targets: []Target{Value("density", .9)}})
	if !v.OutOfReach || len(v.Notes) != 1 || !strings.Contains(v.Notes[0], "density") || !strings.Contains(v.Notes[0], "out of reach from here") {
		t.Errorf("out of reach %v, notes %q", v.OutOfReach, v.Notes)
	}
}

// Turning a target decodes one code, or two where the first missed, once the start
// is known: what a redraw costs.
func TestExplorerDecodesLittle(t *testing.T) {
	e := explorer(t)
	counts := &counting{Decoder: e.Rig.Decoder}
	e.Rig.Decoder = counts
	view(t, e, Knobs{})
	for k := range 8 {
		before := counts.codes
		view(t, e, Knobs{Targets: []Target{SD("density", float64(k)/8)}})
		if spent := counts.codes - before; spent > aims {
			t.Errorf("turn %d decoded %d codes", k, spent)
		}
	}
	before := counts.codes
	view(t, e, Knobs{Targets: []Target{SD("density", 7./8)}})
	if counts.codes != before {
		t.Error("what was just seen was decoded again")
	}
}

type counting struct {
	Decoder
	codes int
}

func (c *counting) Decode(ctx context.Context, z [][]float64, samples int, s seed.Seed) ([][]*circuit.Circuit, error) {
	c.codes += len(z)
	return c.Decoder.Decode(ctx, z, samples, s)
}

func TestExplorerFaults(t *testing.T) {
	nan := math.NaN()
	for want, change := range map[string]func(*Explorer, *Knobs){
		"no knobs":                   func(e *Explorer, _ *Knobs) { e.Axes, e.Measures = nil, nil },
		"no decoder":                 func(e *Explorer, _ *Knobs) { e.Rig.Decoder = nil },
		"has 1 dimensions":           func(e *Explorer, _ *Knobs) { e.Axes[0].Vector = []float64{1} },
		"has length 2":               func(e *Explorer, _ *Knobs) { e.Axes[0].Vector = []float64{2, 0, 0, 0} },
		"has length NaN":             func(e *Explorer, _ *Knobs) { e.Axes[0].Vector = []float64{nan, 0, 0, 0} },
		"nothing is expected":        func(e *Explorer, _ *Knobs) { e.Measures, e.Beside = []string{"out_degree_cv"}, nil },
		"nothing is expected of":     func(e *Explorer, _ *Knobs) { e.Expecter = nil },
		"does not vary":              func(e *Explorer, _ *Knobs) { e.Measures, e.Beside = []string{"neurons"}, nil },
		`did you mean "density"`:     func(e *Explorer, _ *Knobs) { e.Beside = []string{"densty"} },
		"density is named twice":     func(e *Explorer, _ *Knobs) { e.Beside = []string{"density"} },
		"outside the ball":           func(e *Explorer, _ *Knobs) { e.Start = []float64{9, 9, 9, 9} },
		"-1 samples":                 func(e *Explorer, _ *Knobs) { e.Samples = -1 },
		"3 shifts along 2 axes":      func(_ *Explorer, k *Knobs) { k.Shifts = []float64{1, 2, 3} },
		"finite numbers":             func(_ *Explorer, k *Knobs) { k.Shifts = []float64{nan} },
		"target density NaN":         func(_ *Explorer, k *Knobs) { k.Targets = []Target{SD("density", nan)} },
		"no circuit has it":          func(_ *Explorer, k *Knobs) { k.Targets = []Target{Value("density", 2)} },
		"out_degree_cv has no knob":  func(_ *Explorer, k *Knobs) { k.Targets = []Target{SD("out_degree_cv", 1)} },
		"density is asked for twice": func(_ *Explorer, k *Knobs) { k.Targets = []Target{SD("density", 1), SD("density", 2)} },
		"is not finite":              func(e *Explorer, k *Knobs) { e.Expecter, k.Targets = blank{}, []Target{SD("density", 1)} },
		"decode: broken":             func(e *Explorer, _ *Knobs) { e.Rig.Decoder = dials{dim: 4, err: errors.New("broken")} },
	} {
		e, k := explorer(t), Knobs{}
		change(e, &k)
		if _, err := e.View(t.Context(), k); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "steer: ") {
			t.Errorf("error is %v, want one with %q", err, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := explorer(t).View(ctx, Knobs{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled, the error is %v", err)
	}
}

// blank expects density and reciprocity, of which it knows no number.
type blank struct{}

func (blank) Measures() []string { return []string{"density", "reciprocity"} }

func (blank) Expect(_ context.Context, codes [][]float64) (values [][]float64, gradients [][][]float64, err error) {
	for range codes {
		values, gradients = append(values, []float64{math.NaN(), math.NaN()}), append(gradients, [][]float64{make([]float64, 4), make([]float64, 4)})
	}
	return values, gradients, nil
}

// hollow decodes circuits without edges, of which no measure that needs one is
// defined.
type hollow struct{ dials }

func (h hollow) Decode(ctx context.Context, z [][]float64, samples int, s seed.Seed) ([][]*circuit.Circuit, error) {
	all, err := h.dials.Decode(ctx, z, samples, s)
	for i := range all {
		for k, c := range all[i] {
			if all[i][k], err = c.WithEdges(nil); err != nil {
				return nil, err
			}
		}
	}
	return all, err
}

// A measure that no circuit has is not a number, and says so; nothing fails.
func TestExplorerOfUndefined(t *testing.T) {
	e := explorer(t)
	e.Rig.Decoder = hollow{dials{dim: 4}}
	v := view(t, e, Knobs{Targets: []Target{SD("reciprocity", 1)}})
	if !math.IsNaN(v.Now[1].MeanSD) || len(v.Notes) != 1 || !strings.Contains(v.Notes[0], "none of these circuits has it") {
		t.Errorf("reciprocity of no edges is %g, notes %q", v.Now[1].MeanSD, v.Notes)
	}
}

// Codes by hand: four times the variance along the first dimension as along the
// second, none along the third.
func TestPrincipalAxes(t *testing.T) {
	codes := [][]float64{{2, 0, 1}, {-2, 0, 1}, {0, 1, 1}, {0, -1, 1}}
	axes, err := PrincipalAxes(codes, 5)
	if err != nil {
		t.Fatal(err)
	}
	if len(axes) != 2 || axes[0].Name != "axis 1 (80 % of variance)" || axes[1].Name != "axis 2 (20 % of variance)" {
		t.Fatalf("axes are %+v", axes)
	}
	if !floats.EqualApprox(axes[0].Vector, []float64{1, 0, 0}, 1e-12) || math.Abs(axes[0].Share-.8) > 1e-12 {
		t.Errorf("the first is %+v", axes[0])
	}
	if one, err := PrincipalAxes(codes, 1); err != nil || len(one) != 1 {
		t.Errorf("of one asked for there are %d (%v)", len(one), err)
	}
	for want, bad := range map[string][][]float64{"do not vary": {{1, 2}, {1, 2}}, "one row": {{1, 2}}, "NaN": {{1, math.NaN()}, {2, 3}}} {
		if _, err := PrincipalAxes(bad, 2); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want one with %q", err, want)
		}
	}
	if _, err := PrincipalAxes(codes, 0); err == nil {
		t.Error("no axes are no error")
	}
}
