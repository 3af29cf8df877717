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

// The floor is what two sets of circuits of the start differ by. Of 64 circuits with
// a spread of s sd each, the two means differ by about s·√(2/64); who stays drifts no
// more than that.
func TestFloor(t *testing.T) {
	rig, _ := bench(t)
	a, err := rig.Answer(t.Context(), Stay{}, Ask(SD("density", 1), "reciprocity"), 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range a.Drift {
		if d.Measure == "neurons" { // without spread: in no unit
			if !math.IsNaN(d.SD) || !math.IsNaN(d.Floor) {
				t.Errorf("%s drifts by %g sd", d.Measure, d.SD)
			}
			continue
		}
		if d.Floor == 0 || d.Floor == d.SD || math.Abs(d.Floor) > .6 || math.Abs(d.SD) > .6 { // s is about 1: .18 on average
			t.Errorf("%s drifts by %.3f sd where nothing is done, by chance %.3f", d.Measure, d.SD, d.Floor)
		}
	}
	if a.HeldFloor != math.Abs(a.Drift[0].Floor) || !a.Drift[0].Held || a.MedianFloor == 0 {
		t.Errorf("the floor is %.3f, of what is held %.3f, drifts are %+v", a.MedianFloor, a.HeldFloor, a.Drift)
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
