package steer

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// What the curves can do, descent does: one target, several, an interval, with
// and without a measure held.
func TestGradientHits(t *testing.T) {
	rig, f := slantedBench(t)
	m := NewGradient(rig, f)
	for name, r := range map[string]Request{
		"density up":       Ask(SD("density", 1.3)),
		"density down":     Ask(SD("density", -1.3)),
		"reciprocity held": Ask(SD("density", 1.2), "reciprocity"),
		"density held":     Ask(SD("reciprocity", -1.2), "density"),
		"both":             {Targets: []Target{SD("density", 1), SD("reciprocity", -1)}},
		"interval":         Ask(BetweenSD("density", .8, 1.1), "reciprocity"),
		"from elsewhere":   {Targets: []Target{SD("density", -1)}, Hold: []string{"reciprocity"}, Start: []float64{1, -1, .5, 2}},
	} {
		a, err := rig.Answer(t.Context(), m, r, 4)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !a.Hit() || a.OutOfReach {
			t.Errorf("%s: misses by %.2f sd, out of reach: %v", name, a.HitSD, a.OutOfReach)
		}
		if len(r.Hold) > 0 && a.HeldDrift > .35 {
			t.Errorf("%s: %v drifts by %.2f sd, by chance %.2f", name, r.Hold, a.HeldDrift, a.HeldFloor)
		}
		if a.Spent == 0 || a.Spent > 512 || a.Judged != 64 {
			t.Errorf("%s: spent %d circuits, judged by %d", name, a.Spent, a.Judged)
		}
	}
	// That holding is an effort: without it reciprocity goes along.
	a, err := rig.Answer(t.Context(), m, Ask(SD("density", 1.2)), 4)
	if err != nil {
		t.Fatal(err)
	}
	if drift := a.Drift[0]; drift.Measure != "reciprocity" || math.Abs(drift.SD) < .6 {
		t.Errorf("without being held, %s drifts by %.2f sd only", drift.Measure, drift.SD)
	}
}

// The ball ends at z₀ = radius. There density is .1 + .3/(1 + e^−radius), by the
// toy's definition: what lies beyond is refused, with that value.
func TestGradientRefuses(t *testing.T) {
	rig, f := slantedBench(t)
	end := .1 + .3/(1+math.Exp(-Radius(4)))
	a, err := rig.Answer(t.Context(), NewGradient(rig, f), Ask(Value("density", end+.1)), 4)
	if err != nil {
		t.Fatal(err)
	}
	got := a.Targets[0]
	if !a.OutOfReach || math.Abs(got.Nearest-end) > .1*rig.Reference.SD[0] {
		t.Errorf("out of reach: %v, nearest %.4f, by the curve %.4f", a.OutOfReach, got.Nearest, end)
	}
	if math.Abs(a.HitSD-(end+.1-got.Nearest)/rig.Reference.SD[0]) > 1e-9 {
		t.Errorf("a miss by %g sd is told of %g", a.HitSD, got.Nearest)
	}
	within, err := rig.Answer(t.Context(), NewGradient(rig, f), Ask(Value("density", end-.02)), 4)
	if err != nil {
		t.Fatal(err)
	}
	if within.OutOfReach || !within.Hit() || !math.IsNaN(within.Targets[0].Nearest) {
		t.Errorf("just within reach: out of reach %v, misses by %.2f sd", within.OutOfReach, within.HitSD)
	}
}

// bowls expects what grows with the square of the distance from a point.
type bowls struct{ at [][]float64 }

func (b bowls) Measures() []string { return []string{"a", "b"}[:len(b.at)] }

func (b bowls) Expect(_ context.Context, codes [][]float64) (values [][]float64, gradients [][][]float64, err error) {
	for _, z := range codes {
		var value []float64
		var gradient [][]float64
		for _, at := range b.at {
			away := floats.SubTo(make([]float64, len(z)), z, at)
			value = append(value, floats.Dot(away, away)/2)
			gradient = append(gradient, away)
		}
		values, gradients = append(values, value), append(gradients, gradient)
	}
	return values, gradients, nil
}

// Wherever it is sent, a descent ends inside the ball and no higher than it began.
func TestDescentStaysInside(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		dim := rapid.IntRange(1, 6).Draw(t, "dimensions")
		b := bowls{[][]float64{FromPrior(dim, rng), FromPrior(dim, rng)}}
		floats.Scale(rapid.Float64Range(0, 4).Draw(t, "far"), b.at[0])
		task := Task{
			Request: Request{Targets: []Target{Value("a", rapid.Float64Range(-5, 50).Draw(t, "target"))}, Hold: []string{"b"}, Start: FromPrior(dim, rng)},
			Before:  []Reading{{Measure: "a", Mean: 1}, {Measure: "b", Mean: 2}}, Keep: []float64{2},
		}
		m := Gradient{Expecter: b, Reference: Reference{Names: b.Measures(), Mean: []float64{0, 0}, SD: []float64{1, 2}}, Restarts: -1}
		p, err := m.Propose(context.Background(), task, rng)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.check(dim); err != nil {
			t.Fatal(err)
		}
		d, err := m.descent(context.Background(), task)
		if err != nil {
			t.Fatal(err)
		}
		before, _ := d.loss(task.Start)
		after, _ := d.loss(p.Code)
		if after.loss > before.loss+1e-9 {
			t.Fatalf("the loss rose from %g to %g", before.loss, after.loss)
		}
	})
}

// The loss and its gradient, by finite differences: inside the ball, outside, and
// where nothing is expected any more.
func TestDescentGradient(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	b := bowls{[][]float64{FromPrior(3, rng), FromPrior(3, rng)}}
	task := Task{
		Request: Request{Targets: []Target{Between("a", 3, 4)}, Hold: []string{"b"}, Start: FromPrior(3, rng)},
		Before:  []Reading{{Measure: "a", Mean: 1}, {Measure: "b", Mean: 2}}, Keep: []float64{2.5},
	}
	m := Gradient{Expecter: b, Reference: Reference{Names: b.Measures(), Mean: []float64{0, 0}, SD: []float64{1, 2}}, HoldWeight: .7, PriorWeight: .1}
	d, err := m.descent(t.Context(), task)
	if err != nil {
		t.Fatal(err)
	}
	for _, far := range []float64{.6, 1.1, 1.7} {
		z := floats.ScaleTo(make([]float64, 3), far*Radius(3)/norm(task.Start), task.Start)
		here, err := d.fenced(z)
		if err != nil {
			t.Fatal(err)
		}
		for k := range z {
			const h = 1e-5
			up, down := slices.Clone(z), slices.Clone(z)
			up[k] += h
			down[k] -= h
			higher, _ := d.fenced(up)
			lower, _ := d.fenced(down)
			if want := (higher.loss - lower.loss) / (2 * h); math.Abs(here.gradient[k]-want) > 1e-6*max(1, math.Abs(want)) {
				t.Errorf("at %.1f radii the slope along dimension %d is %g, differences say %g", far, k, here.gradient[k], want)
			}
		}
		if length, want := norm(d.inside(z)), min(far, 1)*Radius(3); math.Abs(length-want) > 1e-9 {
			t.Errorf("at %.1f radii, inside is at %g, want %g", far, length, want)
		}
	}
}

// planes expects what is linear in the code.
type planes struct{ slopes [][]float64 }

func (p planes) Measures() []string { return []string{"a", "b"}[:len(p.slopes)] }

func (p planes) Expect(_ context.Context, codes [][]float64) (values [][]float64, gradients [][][]float64, err error) {
	for _, z := range codes {
		var value []float64
		for _, slope := range p.slopes {
			value = append(value, floats.Dot(slope, z))
		}
		values, gradients = append(values, value), append(gradients, p.slopes)
	}
	return values, gradients, nil
}

// counted counts the codes at which something is expected.
type counted struct {
	Expecter
	looks *int
}

func (c counted) Expect(ctx context.Context, codes [][]float64) ([][]float64, [][][]float64, error) {
	*c.looks += len(codes)
	return c.Expecter.Expect(ctx, codes)
}

// Of what is linear in the code, the curvature is all there is to know: inside the
// ball one step ends at the least loss, which is that of ridge regression, by solving
// its normal equations.
func TestDescentOfLinear(t *testing.T) {
	slopes := [][]float64{{1, .5, 0}, {0, 1, -1}}
	looks := 0
	task := Task{
		Request: Request{Targets: []Target{Value("a", 1.5)}, Hold: []string{"b"}, Start: []float64{.2, 0, .1}},
		Before:  []Reading{{Measure: "a", Mean: .2}, {Measure: "b", Mean: -.1}}, Keep: []float64{-.1},
	}
	m := Gradient{Expecter: counted{planes{slopes}, &looks}, Reference: Reference{Names: []string{"a", "b"}, Mean: []float64{0, 0}, SD: []float64{1, 1}}, PriorWeight: .05, Restarts: -1}
	p, err := m.Propose(t.Context(), task, nil)
	if err != nil {
		t.Fatal(err)
	}
	normal, right := mat.NewDense(3, 3, nil), mat.NewVecDense(3, nil)
	for k := range 3 {
		normal.Set(k, k, 2*.05)
		right.SetVec(k, .05*task.Start[k])
	}
	for i, want := range []float64{1.5, -.1} {
		slope := mat.NewVecDense(3, slopes[i])
		normal.RankOne(normal, 1, slope, slope)
		right.AddScaledVec(right, want, slope)
	}
	var least mat.VecDense
	if err := least.SolveVec(normal, right); err != nil {
		t.Fatal(err)
	}
	if away := floats.Distance(p.Code, least.RawVector().Data, 2); away > 1e-6 {
		t.Errorf("it ends at %.6f, ridge regression at %.6f", p.Code, least.RawVector().Data)
	}
	if looks > 6 {
		t.Errorf("it looked at %d codes", looks)
	}
}

// mute expects nothing that is a number.
type mute struct{ bowls }

func (m mute) Expect(ctx context.Context, codes [][]float64) (values [][]float64, gradients [][][]float64, err error) {
	values, gradients, err = m.bowls.Expect(ctx, codes)
	for i := range values {
		values[i][0] = math.NaN()
	}
	return values, gradients, err
}

func TestGradientErrors(t *testing.T) {
	rig, f := slantedBench(t)
	if _, err := rig.Answer(t.Context(), NewGradient(rig, f), Ask(SD("out_degree_cv", 1)), 1); err == nil || !strings.Contains(err.Error(), "nothing is expected of out_degree_cv") {
		t.Errorf("a measure that is not expected gives %v", err)
	}
	task := Task{Request: Request{Targets: []Target{Value("a", 1)}, Start: []float64{0, 0}}, Before: []Reading{{Measure: "a"}}}
	m := Gradient{Expecter: mute{bowls{[][]float64{{1, 0}}}}, Reference: Reference{Names: []string{"a"}, SD: []float64{1}}}
	if _, err := m.Propose(t.Context(), task, nil); err == nil || !strings.Contains(err.Error(), "of a at [0 0] is not finite") {
		t.Errorf("an expectation that is no number gives %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	m.Expecter = bowls{[][]float64{{1, 0}}}
	if _, err := m.Propose(ctx, task, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled descent gives %v", err)
	}
	if _, err := rig.Answer(t.Context(), Corrected{Base: collector{}, Rig: rig}, Ask(SD("density", 1)), 1); err == nil || !strings.Contains(err.Error(), "only codes can be corrected") {
		t.Errorf("correcting circuits gives %v", err)
	}
	if _, err := rig.Answer(t.Context(), Random{Like: collector{}}, Ask(SD("density", 1)), 1); err == nil || !strings.Contains(err.Error(), "no step") {
		t.Errorf("a random step as long as none gives %v", err)
	}
}

// collector answers with circuits: one neuron that contacts one other.
type collector struct{}

func (collector) Name() string { return "collector" }

func (collector) Propose(context.Context, Task, *rand.Rand) (Proposal, error) {
	c, err := circuit.New([]circuit.Neuron{{ID: "a", Position: circuit.NoPosition()}, {ID: "b", Position: circuit.NoPosition()}}, []circuit.Edge{{Pre: 0, Post: 1}})
	return Proposal{Circuits: []*circuit.Circuit{c}}, err
}
