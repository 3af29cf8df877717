package steer

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// made are soundings of a known function, whose chance has heavy tails: no normal
// distribution describes it.
func made(dim, n int, noise float64, rng *rand.Rand) (s Soundings, truth func(z []float64) float64) {
	truth = func(z []float64) float64 { return 1 + 2*z[0] - .5*z[1]*z[1] + math.Sin(2*z[0]) }
	s = Soundings{Names: []string{"a", "flat"}, Samples: 8}
	for range n {
		z := FromPrior(dim, rng)
		s.Codes = append(s.Codes, z)
		s.Mean = append(s.Mean, []float64{truth(z) + noise*heavy(rng), 3})
		s.N = append(s.N, []int{8, 8})
	}
	return s, truth
}

// heavy is a mixture: one in ten has five times the sd.
func heavy(rng *rand.Rand) float64 {
	if rng.IntN(10) == 0 {
		return 5 * rng.NormFloat64()
	}
	return rng.NormFloat64()
}

func TestSurrogateLearns(t *testing.T) {
	sound, truth := made(3, 150, .02, rand.New(rand.NewPCG(1, 2)))
	m, err := Learn(t.Context(), sound, Learning{}, 7)
	if err != nil {
		t.Fatal(err)
	}
	if names := m.Measures(); !slices.Equal(names, []string{"a", "flat"}) {
		t.Fatalf("learned %q", names)
	}
	if i, err := m.Interval("flat", []float64{1, 2, 3}); err != nil || i.Value != 3 || i.Lo != 3 || i.Hi != 3 { // it never varies
		t.Errorf("what is always 3 is expected at %v (%v)", i, err)
	}
	l := m.Lessons()[0]
	if l.R2 < .98 || l.Learned != 90 || l.Corrected != 30 || l.Checked != 30 || l.Measure != "a" {
		t.Errorf("the lesson is %+v", l)
	}
	rng, codes := rand.New(rand.NewPCG(8, 8)), [][]float64{}
	for range 20 {
		codes = append(codes, FromPrior(3, rng))
	}
	values, _, err := m.Expect(t.Context(), codes)
	if err != nil {
		t.Fatal(err)
	}
	var off float64
	for i, z := range codes {
		off += math.Abs(values[i][0]-truth(z)) / 20
	}
	if off > .15 { // the function's own sd is about 2.5
		t.Errorf("it is off by %.2f on average", off)
	}
	checkGradients(t, m, codes[:4], 1e-5)
}

// Intervals hold what they promise on new codes, though the chance is not normal:
// of 2,000, 90 % give or take what 40 codes to correct on leave open (a Beta
// distribution with sd .05: Vovk 2012, arXiv:1209.2673).
func TestSurrogateCoverage(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 2))
	sound, truth := made(2, 200, .5, rng)
	m, err := Learn(t.Context(), sound, Learning{}, 9)
	if err != nil {
		t.Fatal(err)
	}
	covered := 0.
	for range 2000 {
		z := FromPrior(2, rng)
		i, err := m.Interval("a", z)
		if err != nil {
			t.Fatal(err)
		}
		if y := truth(z) + .5*heavy(rng); i.Lo <= y && y <= i.Hi {
			covered += 1. / 2000
		}
	}
	if math.Abs(covered-.9) > .1 {
		t.Errorf("intervals of 90 %% cover %.1f %%", 100*covered)
	}
	if l := m.Lessons()[0]; math.Abs(l.Coverage-covered) > .16 || l.Nominal != .9 {
		t.Errorf("it says that they cover %.2f of %d, they cover %.2f", l.Coverage, l.Checked, covered)
	}
}

// The correction matters: a process that is too sure of itself, since what it
// learned from had no noise, is widened by what it misses elsewhere.
func TestLearnStretches(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	quiet, _ := made(2, 90, 0, rng)
	loud, _ := made(2, 90, 1, rng)
	part := func(s Soundings) lessonPart {
		codes, values, n := s.defined(0)
		return lessonPart{codes, values, n}
	}
	_, l, err := learn(part(quiet), part(loud), part(loud), .9)
	if err != nil {
		t.Fatal(err)
	}
	if l.Stretch < 3 || math.Abs(l.Coverage-.9) > .03 {
		t.Errorf("stretched by %.2f to cover %.2f", l.Stretch, l.Coverage)
	}
}

// The process is that of the textbook: at the codes it learned from, its mean is
// y − noise·α (Rasmussen & Williams 2006, equation 2.25, rearranged).
func TestGaussian(t *testing.T) {
	sound, _ := made(2, 40, .3, rand.New(rand.NewPCG(2, 2)))
	codes, values, n := sound.defined(0)
	n[3] = 2 // fewer samples: more noise
	g, err := newGaussian(codes, values, n)
	if err != nil {
		t.Fatal(err)
	}
	mean := floats.Sum(n) / float64(len(n))
	for i, z := range codes {
		value, _, sd := g.at(z)
		noise := g.kernel.noise * g.kernel.noise * mean / n[i]
		if want := values[i] - g.sd*(noise+1e-8)*g.alpha.AtVec(i); math.Abs(value-want) > 1e-6 {
			t.Errorf("code %d: %g, want %g", i, value, want)
		}
		if sd < g.sd*g.kernel.noise || sd > g.sd*g.kernel.noise*2 {
			t.Errorf("code %d: sd %g beside noise of %g", i, sd, g.sd*g.kernel.noise)
		}
	}
	if _, _, far := g.at([]float64{30, 30}); far < 3*g.sd*g.kernel.noise {
		t.Errorf("far away it is as sure: sd %g", far)
	}
	// The log determinant and the factor are of the covariance itself.
	var k mat.SymDense
	g.factor.ToSym(&k)
	want, _ := g.kernel.of(floats.Dot(codes[0], codes[1]), floats.Dot(codes[0], codes[0]), floats.Dot(codes[1], codes[1]))
	if math.Abs(k.At(0, 1)-want) > 1e-9 {
		t.Errorf("the covariance of two values is %g, by the kernel %g", k.At(0, 1), want)
	}
	if _, err := newGaussian(codes, make([]float64, len(codes)), n); err == nil {
		t.Error("values that do not vary are learned")
	}
}

// From soundings of a decoder to its circuits: what the surrogate promises, the
// decoder keeps, also of a measure that has no curve of its own here.
func TestSurrogateSteers(t *testing.T) {
	rig, _ := bench(t)
	codes := Spread(4, 120, rand.New(rand.NewPCG(4, 4)), []float64{1, 0, 0, 0}, []float64{0, 1, 0, 0})
	sound, err := rig.Sound(t.Context(), codes, 16, 5)
	if err != nil {
		t.Fatal(err)
	}
	surrogate, err := Learn(t.Context(), sound, Learning{}, 7)
	if err != nil {
		t.Fatal(err)
	}
	if names := surrogate.Measures(); !slices.Equal(names, []string{"density", "reciprocity", "neurons", "out_degree_cv"}) {
		t.Fatalf("learned %q", names)
	}
	m := NewSurrogate(rig, surrogate)
	for _, r := range []Request{
		Ask(SD("density", 1.3), "reciprocity", "neurons"),
		{Targets: []Target{SD("density", -1), SD("reciprocity", 1)}},
		Ask(SD("out_degree_cv", -.8)),
	} {
		a, err := rig.Answer(t.Context(), m, r, 4)
		if err != nil {
			t.Fatal(err)
		}
		if !a.Hit() || a.OutOfReach || a.Method != "surrogate" {
			t.Errorf("%s misses %v by %.2f sd", a.Method, r.Targets, a.HitSD)
		}
	}
	reaches, err := sound.Reach(rig.Reference)
	if err != nil {
		t.Fatal(err)
	}
	// Along the first direction density goes all the way its curve does.
	low, high := .1+.3/(1+math.Exp(Radius(4))), .1+.3/(1+math.Exp(-Radius(4)))
	if d := reaches[0]; d.Measure != "density" || !(math.Abs(d.Low-low) < .03) || !(math.Abs(d.High-high) < .03) || d.Codes != 120 {
		t.Errorf("density reaches %+v, by its curve %.3f to %.3f", d, low, high)
	}
}

// one expects of each code its first number, under a name.
type one string

func (o one) Measures() []string { return []string{string(o), "both"} }

func (o one) Expect(_ context.Context, codes [][]float64) (values [][]float64, gradients [][][]float64, err error) {
	if o == "" {
		return nil, nil, errors.New("broken")
	}
	for _, z := range codes {
		values = append(values, []float64{z[0], float64(len(o))})
		gradients = append(gradients, [][]float64{{1}, {0}})
	}
	return values, gradients, nil
}

func ExampleJoined() {
	j := Joined{one("a"), one("bb")}
	values, _, err := j.Expect(context.Background(), [][]float64{{7}})
	fmt.Println(j.Measures(), values, err)
	// Output: [a both bb] [[7 1 7]] <nil>
}

func TestSurrogateErrors(t *testing.T) {
	sound, _ := made(2, 60, .1, rand.New(rand.NewPCG(1, 1)))
	few := sound
	few.Codes, few.Mean, few.N = few.Codes[:20], few.Mean[:20], few.N[:20]
	torn := sound
	torn.N = torn.N[:3]
	void := sound
	void.Mean = slices.Repeat([][]float64{{math.NaN(), math.NaN()}}, 60)
	for name, c := range map[string]struct {
		sound  Soundings
		config Learning
		want   string
	}{
		"few":          {few, Learning{}, "a: it is defined at 20 codes: sound 50 or more"},
		"none":         {Soundings{}, Learning{}, "no soundings"},
		"torn":         {torn, Learning{}, "counts of 3"},
		"undefined":    {void, Learning{}, "all measures are undefined"},
		"coverage":     {sound, Learning{Nominal: 1}, "nominal coverage 1"},
		"held out":     {sound, Learning{Held: .6}, "0.6 held out"},
		"too sure":     {sound, Learning{Nominal: .99}, "hold out more"},
		"held too few": {sound, Learning{Held: .05}, "hold out more"},
	} {
		if _, err := Learn(t.Context(), c.sound, c.config, 1); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error is %v, want %q", name, err, c.want)
		}
	}
	m, err := Learn(t.Context(), sound, Learning{}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Interval("b", []float64{0, 0}); err == nil || !strings.Contains(err.Error(), "b was not learned") {
		t.Errorf("what was not learned gives %v", err)
	}
	if _, err := m.Interval("a", []float64{0}); err == nil || !strings.Contains(err.Error(), "1 dimensions") {
		t.Errorf("a code of another dimension gives %v", err)
	}
	if _, _, err := m.Expect(t.Context(), [][]float64{{0, 0}, {0}}); err == nil || !strings.Contains(err.Error(), "code 1") {
		t.Errorf("a code of another dimension gives %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Learn(ctx, sound, Learning{}, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled learning gives %v", err)
	}
	if _, _, err := (Joined{one("")}).Expect(t.Context(), nil); err == nil {
		t.Error("an error of one of the joined is lost")
	}
	rig, _ := bench(t)
	if _, err := rig.Sound(t.Context(), [][]float64{{1}}, 1, 1); err == nil || !strings.Contains(err.Error(), "code 0") {
		t.Errorf("sounding a code of another dimension gives %v", err)
	}
	if _, err := sound.Reach(rig.Reference); err == nil {
		t.Error("the reach of what the reference does not have is no error")
	}
}
