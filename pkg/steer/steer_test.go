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
	"pgregory.net/rapid"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/latent"
	"github.com/cortigen/cortigen/pkg/seed"
	"github.com/cortigen/cortigen/pkg/structure"
)

// dials is a decoder whose first dimension sets density and whose second sets
// reciprocity, by known curves; the others do nothing.
type dials struct {
	dim int
	err error
}

func (d dials) Dim() int { return d.dim }

// Density of pairs and share of edges that are returned.
func (d dials) truth(z []float64) (density, returned float64) {
	return .1 + .3/(1+math.Exp(-z[0])), .2 + .6/(1+math.Exp(-z[1]))
}

func (d dials) Decode(ctx context.Context, z [][]float64, samples int, s seed.Seed) ([][]*circuit.Circuit, error) {
	if d.err != nil {
		return nil, d.err
	}
	const n = 24
	neurons := make([]circuit.Neuron, n)
	for i := range neurons {
		neurons[i] = circuit.Neuron{ID: fmt.Sprint(i), Position: circuit.NoPosition()}
	}
	all := make([][]*circuit.Circuit, len(z))
	for k := range z {
		density, returned := d.truth(z[k])
		mutual := density * returned
		for i := range samples {
			rng := s.Stream("dials", k*samples+i)
			var edges []circuit.Edge
			for a := range n {
				for b := range a {
					switch u := rng.Float64(); {
					case u < mutual:
						edges = append(edges, circuit.Edge{Pre: a, Post: b}, circuit.Edge{Pre: b, Post: a})
					case u < density:
						edges = append(edges, circuit.Edge{Pre: a, Post: b})
					case u < 2*density-mutual:
						edges = append(edges, circuit.Edge{Pre: b, Post: a})
					}
				}
			}
			c, err := circuit.New(neurons, edges)
			if err != nil {
				return nil, err
			}
			all[k] = append(all[k], c)
		}
	}
	return all, ctx.Err()
}

// bench is a rig on the dials, with probes that are right near the origin.
func bench(t *testing.T) (Rig, Linear) {
	t.Helper()
	d := dials{dim: 4}
	rng := rand.New(rand.NewPCG(1, 1))
	codes := make([][]float64, 200)
	for i := range codes {
		codes[i] = make([]float64, d.dim)
		for j := range codes[i] {
			codes[i][j] = rng.NormFloat64()
		}
	}
	decoded, err := d.Decode(t.Context(), codes, 1, 5)
	if err != nil {
		t.Fatal(err)
	}
	table, err := structure.Profiles(t.Context(), slices.Concat(decoded...), "density", "reciprocity", "neurons", "out_degree_cv")
	if err != nil {
		t.Fatal(err)
	}
	rig := Rig{Decoder: d, Reference: NewReference(table)}
	var probes []latent.Probe
	for j, name := range table.Names[:2] {
		y := latent.Outcome{Measure: name}
		for _, row := range table.Rows {
			y.Values = append(y.Values, row[j])
		}
		p, err := latent.FitProbe(codes, y, nil, latent.ProbeConfig{})
		if err != nil {
			t.Fatal(err)
		}
		probes = append(probes, p)
	}
	linear, err := NewLinear(probes...)
	if err != nil {
		t.Fatal(err)
	}
	return rig, linear
}

func requestsFor(measure string, hold ...string) []Request {
	var all []Request
	for _, start := range [][]float64{nil, {.5, -.5, 1, 0}, {-1, 1, 0, .3}} {
		for _, target := range []float64{-1.2, -.6, .6, 1.2} {
			all = append(all, Request{Targets: []Target{SD(measure, target)}, Hold: hold, Start: start, Samples: 64})
		}
	}
	return all
}

func TestMethodsHitWhatTheyCan(t *testing.T) {
	rig, linear := bench(t)
	for _, measure := range []string{"density", "reciprocity"} {
		requests := requestsFor(measure)
		calibrated, err := Calibrate(t.Context(), rig, linear, requests, Calibration{}, 11)
		if err != nil {
			t.Fatal(err)
		}
		score := func(m Method) Score {
			t.Helper()
			answers, err := rig.Evaluate(t.Context(), m, requests, 3)
			if err != nil {
				t.Fatal(err)
			}
			return Summarise(answers, 200, rand.New(rand.NewPCG(1, 1)))
		}
		byProbe, byResponse, still, random := score(linear), score(calibrated), score(Stay{}), score(Random{Like: calibrated})
		if miss := byResponse.MeanHitSD.Value; miss > .12 || byResponse.HitRate.Value < .9 {
			t.Errorf("%s: calibrated misses by %.2f sd, hits %.0f %%", measure, miss, 100*byResponse.HitRate.Value)
		}
		if byProbe.MeanHitSD.Value > .4 || byProbe.MeanHitSD.Value < byResponse.MeanHitSD.Value {
			t.Errorf("%s: linear misses by %.2f sd, calibrated by %.2f", measure, byProbe.MeanHitSD.Value, byResponse.MeanHitSD.Value)
		}
		if still.MeanHitSD.Value < .6 || random.MeanHitSD.Value < .5 {
			t.Errorf("%s: baselines miss by %.2f (no step) and %.2f sd (random): then anything hits", measure, still.MeanHitSD.Value, random.MeanHitSD.Value)
		}
		if still.MedianDriftSD.Value > byResponse.MedianDriftSD.Value+.1 {
			t.Errorf("%s: no step drifts by %.2f sd, a step by %.2f", measure, still.MedianDriftSD.Value, byResponse.MedianDriftSD.Value)
		}
		if byResponse.Method != linear.Name()+", calibrated" || byResponse.N != len(requests) || byResponse.HitRate.N != 3 {
			t.Errorf("the score is of %q, %d requests, over %d starts", byResponse.Method, byResponse.N, byResponse.HitRate.N)
		}
	}
}

// To hold a measure must help: the probes are right, so its drift is near that of
// no step.
func TestHold(t *testing.T) {
	rig, linear := bench(t)
	requests := requestsFor("reciprocity", "density")
	answers, err := rig.Evaluate(t.Context(), linear, requests, 3)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range answers {
		if !(a.HeldDrift < .35) {
			t.Errorf("density was held and drifts by %.2f sd", a.HeldDrift)
		}
	}
}

// Weights tell what to read. Where codes vary together, the likely step follows
// them, and the probes see the same of both steps.
func TestLikely(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		const dim = 5
		var probes []latent.Probe
		for k := range 3 {
			p := latent.Probe{Measure: fmt.Sprint("m", k), SD: 1 + rng.Float64(), Weights: make([]float64, dim)}
			for j := range p.Weights {
				p.Weights[j] = rng.NormFloat64()
			}
			probes = append(probes, p)
		}
		mix, codes := make([][]float64, dim), make([][]float64, 60)
		for i := range mix {
			mix[i] = make([]float64, dim)
			for j := range mix[i] {
				mix[i][j] = rng.NormFloat64()
			}
		}
		for i := range codes {
			codes[i] = make([]float64, dim)
			for j := range dim {
				floats.AddScaled(codes[i], rng.NormFloat64(), mix[j])
			}
		}
		linear, err := NewLinear(probes...)
		if err != nil {
			t.Fatal(err)
		}
		likely, err := linear.Likely(codes)
		if err != nil {
			t.Fatal(err)
		}
		d, err := likely.Direction("m0", "m1", "m2")
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(floats.Norm(d.Vector, 2)-1) > 1e-9 {
			t.Fatalf("the direction has length %g", floats.Norm(d.Vector, 2))
		}
		moved := floats.Dot(probes[0].Weights, d.Vector) / probes[0].SD
		if math.Abs(moved-d.PerStep) > 1e-8*max(1, math.Abs(moved)) || !(moved > 0) {
			t.Fatalf("a step moves the probe by %g sd, and promises %g", moved, d.PerStep)
		}
		for _, held := range probes[1:] {
			if seen := floats.Dot(held.Weights, d.Vector); math.Abs(seen) > 1e-8 {
				t.Fatalf("the probe of %s sees %g of it", held.Measure, seen)
			}
		}
		// No other step that the probes see alike is more probable: its
		// Mahalanobis length is least.
		plain, err := linear.Direction("m0", "m1", "m2")
		if err != nil {
			t.Fatal(err)
		}
		a, b := mahalanobis(t, codes, d.Vector)/d.PerStep, mahalanobis(t, codes, plain.Vector)/plain.PerStep
		if a > b*(1+1e-9) {
			t.Fatalf("the likely step is %g codes' sd long per sd of the probe, the plain one %g", a, b)
		}
	})
}

// mahalanobis returns the length of v in sd of the codes, by solving with their
// covariance.
func mahalanobis(t *rapid.T, codes [][]float64, v []float64) float64 {
	dim := len(v)
	mean := make([]float64, dim)
	for _, c := range codes {
		floats.AddScaled(mean, 1/float64(len(codes)), c)
	}
	// Gaussian elimination on [C | v], C being small and positive.
	rows := make([][]float64, dim)
	for i := range rows {
		rows[i] = append(make([]float64, dim), v[i])
		for j := range dim {
			for _, c := range codes {
				rows[i][j] += (c[i] - mean[i]) * (c[j] - mean[j]) / float64(len(codes)-1)
			}
		}
	}
	for i := range rows {
		for k := range rows {
			if k != i {
				floats.AddScaled(rows[k], -rows[k][i]/rows[i][i], rows[i])
			}
		}
	}
	sum := 0.
	for i := range rows {
		sum += v[i] * rows[i][dim] / rows[i][i]
	}
	if !(sum > 0) {
		t.Fatalf("the squared length is %g", sum)
	}
	return math.Sqrt(sum)
}

// With codes that are spread alike in all directions there is nothing to follow.
func TestLikelyOfRoundCodesIsLinear(t *testing.T) {
	_, linear := bench(t)
	var codes [][]float64
	for j := range 4 {
		for _, sign := range []float64{-1, 1} {
			code := make([]float64, 4)
			code[j] = sign
			codes = append(codes, code)
		}
	}
	likely, err := linear.Likely(codes)
	if err != nil {
		t.Fatal(err)
	}
	a, errA := linear.Direction("reciprocity", "density")
	b, errB := likely.Direction("reciprocity", "density")
	if err := errors.Join(errA, errB); err != nil || !floats.EqualApprox(a.Vector, b.Vector, 1e-9) || math.Abs(a.PerStep-b.PerStep) > 1e-9 {
		t.Errorf("the directions are %v and %v (%v)", a, b, err)
	}
	if likely.Name() != "likely" || linear.Name() != "linear" {
		t.Errorf("the names are %q and %q", likely.Name(), linear.Name())
	}
	for name, bad := range map[string][][]float64{"one code": {{1, 2, 3, 4}}, "wrong dimension": {{1}, {2}}, "NaN": {{1, 2, 3, math.NaN()}, {1, 2, 3, 4}}} {
		if m, err := linear.Likely(bad); err == nil {
			if _, err := m.Direction("density"); err == nil {
				t.Errorf("%s is no error", name)
			}
		}
	}
	flat, err := linear.Likely([][]float64{{1, 1, 1, 1}, {1, 1, 1, 1}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := flat.Direction("density"); err == nil || !strings.Contains(err.Error(), "do not vary") {
		t.Errorf("codes that do not vary give %v", err)
	}
}

// What lies beyond the ball is answered at its surface, and said to be.
func TestOutOfReach(t *testing.T) {
	rig, linear := bench(t)
	far := []Request{Ask(Value("density", .95))}
	calibrated, err := Calibrate(t.Context(), rig, linear, far, Calibration{}, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []Method{linear, calibrated} {
		a, err := rig.Answer(t.Context(), m, far[0], 1)
		if err != nil {
			t.Fatal(err)
		}
		if length := floats.Norm(a.Code, 2); !a.OutOfReach || length > Radius(4)*(1+1e-9) || a.Targets[0].Nearest != a.Targets[0].Achieved.Mean {
			t.Errorf("%s: out of reach %v, %.2f from the origin, nearest %g", m.Name(), a.OutOfReach, length, a.Targets[0].Nearest)
		}
	}
}

func TestEvaluateRepeats(t *testing.T) {
	rig, linear := bench(t)
	requests := requestsFor("density")[:3]
	first, err := rig.Evaluate(t.Context(), Random{Like: linear}, requests, 3)
	if err != nil {
		t.Fatal(err)
	}
	second, err := rig.Evaluate(t.Context(), Random{Like: linear}, requests, 3)
	if err != nil {
		t.Fatal(err)
	}
	for i := range first {
		if first[i].Targets[0].Achieved != second[i].Targets[0].Achieved || !slices.Equal(first[i].Code, second[i].Code) {
			t.Errorf("answer %d differs with the same seed", i)
		}
	}
}

func TestErrorsOfTheDecoder(t *testing.T) {
	rig, linear := bench(t)
	broken := errors.New("broken")
	rig.Decoder = dials{dim: 4, err: broken}
	if _, err := rig.Answer(t.Context(), linear, Ask(SD("density", 1)), 1); !errors.Is(err, broken) {
		t.Errorf("error is %v, want the decoder's", err)
	}
	if _, err := Calibrate(t.Context(), rig, linear, requestsFor("density"), Calibration{}, 1); !errors.Is(err, broken) {
		t.Errorf("error is %v, want the decoder's", err)
	}
	rig.Decoder = dials{dim: 3}
	if _, err := rig.Answer(t.Context(), linear, Ask(SD("density", 1)), 1); err == nil || !strings.Contains(err.Error(), "dimensions") {
		t.Errorf("a decoder of another dimension gives %v", err)
	}
}

// outlaw proposes codes outside the ball.
type outlaw struct{ Stay }

func (outlaw) Propose(_ context.Context, r Task, _ *rand.Rand) (Proposal, error) {
	code := slices.Clone(r.Start)
	code[0] = 100
	return Proposal{Code: code}, nil
}

func TestEvaluateChecksMethods(t *testing.T) {
	rig, linear := bench(t)
	if _, err := rig.Answer(t.Context(), outlaw{}, Ask(SD("density", 0)), 1); err == nil || !strings.Contains(err.Error(), "outside the ball") {
		t.Errorf("a code outside the ball gives %v", err)
	}
	calibrated, err := Calibrate(t.Context(), rig, linear, requestsFor("density"), Calibration{}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rig.Answer(t.Context(), calibrated, Ask(SD("reciprocity", 0)), 1); err == nil || !strings.Contains(err.Error(), "Calibrate") {
		t.Errorf("a request that was not calibrated gives %v", err)
	}
	if _, err := Calibrate(t.Context(), rig, linear, nil, Calibration{Steps: 1}, 1); err == nil {
		t.Error("a response of one step is no error")
	}
	if _, err := linear.Direction("spectral_radius"); err == nil || !strings.Contains(err.Error(), "no probe of spectral_radius") {
		t.Errorf("a measure without probe gives %v", err)
	}
}

func TestNewLinearErrors(t *testing.T) {
	a := latent.Probe{Measure: "a", Weights: []float64{1, 0}, SD: 1}
	b := latent.Probe{Measure: "b", Weights: []float64{1}, SD: 1}
	if _, err := NewLinear(a, a); err == nil {
		t.Error("two probes of one measure are no error")
	}
	if _, err := NewLinear(a, b); err == nil {
		t.Error("probes of different dimensions are no error")
	}
}

func TestTraverse(t *testing.T) {
	rig, linear := bench(t)
	d, err := linear.Direction("density")
	if err != nil {
		t.Fatal(err)
	}
	// From a start whose chord has ends that rounding could overstep.
	start := []float64{.123456789, -1.3, .777, .1}
	tr, err := rig.Traverse(t.Context(), d, nil, start, 32, 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(tr.Steps) != 9 || len(tr.Mean) != 9 || len(tr.Mean[0]) != len(rig.Reference.Names) {
		t.Fatalf("%d steps, means of %d", len(tr.Steps), len(tr.Mean))
	}
	if first, last := tr.Mean[0][0], tr.Mean[8][0]; last-first < 2 {
		t.Errorf("density goes from %.2f to %.2f sd along its direction", first, last)
	}
	if _, err := rig.Traverse(t.Context(), d, []float64{99}, nil, 1, 1); err == nil || !strings.Contains(err.Error(), "leaves the ball") {
		t.Errorf("a step outside gives %v", err)
	}
}

// Steps from one side of the ball to the other never overstep it by rounding.
func TestEvenlyStaysInside(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		least := rapid.Float64Range(-7, 0).Draw(t, "least")
		greatest := rapid.Float64Range(0, 7).Draw(t, "greatest")
		for _, step := range evenly(least, greatest, rapid.IntRange(2, 20).Draw(t, "n")) {
			if step < least || step > greatest {
				t.Fatalf("step %v is beyond %v to %v", step, least, greatest)
			}
		}
	})
}

// By hand: 99 % quantiles of chi-squared are 9.210 for 2 dimensions and 32.000
// for 16.
func TestRadius(t *testing.T) {
	if a, b := Radius(2), Radius(16); math.Abs(a-3.0349) > 1e-3 || math.Abs(b-5.6568) > 1e-3 {
		t.Errorf("radii are %.4f and %.4f", a, b)
	}
}

func TestMonotone(t *testing.T) {
	nan := math.NaN()
	for name, c := range map[string]struct {
		values []float64
		want   []Knot
	}{
		"rising":   {[]float64{1, 2, 3}, []Knot{{0, 1}, {1, 2}, {2, 3}}},
		"falling":  {[]float64{3, 2, 1}, []Knot{{0, 3}, {1, 2}, {2, 1}}},
		"violated": {[]float64{1, 3, 2, 4}, []Knot{{0, 1}, {1.5, 2.5}, {3, 4}}},
		"gaps":     {[]float64{1, nan, 3}, []Knot{{0, 1}, {2, 3}}},
		"flat":     {[]float64{2, 2}, []Knot{{.5, 2}}},
		"nothing":  {[]float64{nan, nan}, nil},
	} {
		steps := []float64{0, 1, 2, 3}[:len(c.values)]
		if got := monotone(steps, c.values); !slices.Equal(got, c.want) {
			t.Errorf("%s: knots are %v, want %v", name, got, c.want)
		}
	}
	for value, want := range map[float64]float64{1.5: .5, 1: 0, 4: 3, 3.25: 2.25} {
		step, within := cross([]Knot{{0, 1}, {1.5, 2.5}, {3, 4}}, value)
		if !within || math.Abs(step-want) > 1e-12 {
			t.Errorf("the curve has %g at %g (%v), want %g", value, step, within, want)
		}
	}
	if step, within := cross([]Knot{{0, 3}, {2, 1}}, 5); within || step != 0 {
		t.Errorf("beyond a falling curve the step is %g (%v)", step, within)
	}
}

func TestSummarise(t *testing.T) {
	answer := func(measure string, start, miss, drift float64) Answer {
		return Answer{Request: Request{Targets: []Target{SD(measure, 0)}, Start: []float64{start}}, Method: "m", HitSD: miss, MedianDrift: drift, HeldDrift: math.NaN()}
	}
	rng := func() *rand.Rand { return rand.New(rand.NewPCG(1, 1)) }
	answers := []Answer{answer("a", 0, .1, 1), answer("a", 1, .5, 2), answer("a", 1, math.NaN(), 3), answer("a", 2, .2, 6)}
	answers[1].OutOfReach = true
	s := Summarise(answers, 100, rng())
	if s.N != 4 || s.Undefined != 1 || s.OutOfReach != .25 || s.HitRate.Value != .5 || math.Abs(s.MeanHitSD.Value-.8/3) > 1e-12 || s.MedianDriftSD.Value != 2.5 {
		t.Errorf("the score is %+v", s)
	}
	if s.HitRate.N != 3 {
		t.Errorf("of one measure the interval is over %d starts, want 3", s.HitRate.N)
	}
	if two := Summarise(append(answers, answer("b", 0, .1, 1)), 100, rng()); two.HitRate.N != 2 {
		t.Errorf("of two measures the interval is over %d", two.HitRate.N)
	}
	if none := Summarise(nil, 100, rng()); none.N != 0 || !math.IsNaN(none.HitRate.Value) || !math.IsNaN(none.OutOfReach) {
		t.Errorf("of nothing the score is %+v", none)
	}
}

func TestStudyTable(t *testing.T) {
	score := Score{MeanHitSD: latent.Interval{Value: .125}, HitRate: latent.Interval{Value: .5}, HeldDriftSD: latent.Interval{Value: math.NaN()}}
	s := Study{Measures: []string{"a", "b"}, Methods: []Trial{{Method: "m", ByMeasure: []Score{score, score}}, {Method: "n", ByMeasure: []Score{score, score}}}}
	header, rows := s.Table()
	if len(rows) != 4 || rows[1][0] != "a" || rows[1][1] != "n" || len(rows[0]) != len(header) || rows[0][2] != "0.12" || rows[0][5] != "–" {
		t.Errorf("the table is %v", rows)
	}
	if _, known := s.Trial("none"); known {
		t.Error("a method that did not run is known")
	}
}
