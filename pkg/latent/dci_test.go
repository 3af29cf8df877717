package latent_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"github.com/cortigen/cortigen/pkg/latent"
)

// Reference: entropic_scores of the authors' own code (github.com/cianeastwood/qedr,
// lib/eval/regression.py) with scipy 1.17.1. The last dimension matters for nothing:
// its NaN is left out of the weighted mean, in which theirs would be 0 · NaN.
func TestDCIAgreesWithItsAuthors(t *testing.T) {
	m := latent.Importances{Names: []string{"density", "reciprocity", "decay"}, Values: [][]float64{{3, 0, 1}, {0, 2, .5}, {.25, .25, .25}, {0, 0, 0}}}
	d, err := m.DCI([]float64{.9, math.NaN(), .5})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "disentanglement", d.Disentanglement, 0.4570823701957728, 1e-12)
	near(t, "completeness", d.Completeness, 0.6211191013514873, 1e-12)
	near(t, "informativeness", d.Informativeness, .7, 1e-12)
	for k, want := range []float64{0.4881404928570853, 0.5445140849964047, 0} {
		near(t, fmt.Sprintf("dimension %d", k), d.PerDimension[k], want, 1e-12)
	}
	for k, want := range []float64{0.8043782181853723, 0.7483708326121772, 0.3106082532569122} {
		near(t, fmt.Sprintf("factor %d", k), d.PerFactor[k], want, 1e-12)
	}
	if !math.IsNaN(d.PerDimension[3]) || d.Factors != 3 {
		t.Errorf("a dimension of no matter scores %g; %d factors", d.PerDimension[3], d.Factors)
	}
}

func TestDCIEdges(t *testing.T) {
	for name, c := range map[string]struct {
		values       [][]float64
		disentangled float64
		complete     float64
	}{
		"one to one":             {[][]float64{{2, 0}, {0, 1}}, 1, 1},
		"all alike":              {[][]float64{{1, 1}, {1, 1}}, 0, 0},
		"two dimensions a piece": {[][]float64{{1, 0}, {1, 0}, {0, 1}, {0, 1}}, 1, .5}, // H = ln 2 of ln 4
		"nothing matters":        {[][]float64{{0, 0}, {0, 0}}, math.NaN(), math.NaN()},
		"one factor":             {[][]float64{{1}, {0}}, math.NaN(), 1},
		"one dimension":          {[][]float64{{1, 1}}, 0, math.NaN()},
		"one factor unread":      {[][]float64{{1, 0}, {1, 0}}, 1, 0},
	} {
		m := latent.Importances{Values: c.values, Names: []string{"a", "b"}[:len(c.values[0])]}
		d, err := m.DCI(nil)
		if err != nil {
			t.Fatal(err)
		}
		for what, pair := range map[string][2]float64{"disentanglement": {d.Disentanglement, c.disentangled}, "completeness": {d.Completeness, c.complete}} {
			if got, want := pair[0], pair[1]; math.Abs(got-want) > 1e-12 || math.IsNaN(got) != math.IsNaN(want) {
				t.Errorf("%s: %s %g, want %g", name, what, got, want)
			}
		}
		if !math.IsNaN(d.Informativeness) {
			t.Errorf("%s: informativeness %g of no R²", name, d.Informativeness)
		}
	}
}

// probesOf turns weights, [factors][dimensions], into probes of factors of sd 1.
func probesOf(weights [][]float64) []latent.Probe {
	probes := make([]latent.Probe, len(weights))
	for k, w := range weights {
		probes[k] = latent.Probe{Measure: fmt.Sprintf("factor %d", k), Weights: w, SD: 1}
	}
	return probes
}

// Scores do not change when dimensions or factors change places or factors are
// measured in other units; those of a code that is one factor a dimension are 1.
func TestDCIProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := stream(60, rapid.IntRange(0, 1<<20).Draw(t, "seed"))
		dims, factors := rapid.IntRange(2, 6).Draw(t, "dimensions"), rapid.IntRange(2, 5).Draw(t, "factors")
		m := latent.Importances{Values: gaussian(dims, factors, rng)}
		for k := range factors {
			m.Names = append(m.Names, fmt.Sprint(k))
		}
		moved := latent.Importances{Names: m.Names, Values: make([][]float64, dims)}
		columns := rng.Perm(factors)
		for i, from := range rng.Perm(dims) {
			for k := range m.Values[from] {
				m.Values[from][k] = math.Abs(m.Values[from][k])
			}
			for _, k := range columns {
				moved.Values[i] = append(moved.Values[i], 7*m.Values[from][k])
			}
		}
		a, err := m.DCI(nil)
		if err != nil {
			t.Fatal(err)
		}
		b, err := moved.DCI(nil)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(a.Disentanglement-b.Disentanglement) > 1e-12 || math.Abs(a.Completeness-b.Completeness) > 1e-12 {
			t.Fatalf("%v, in other order %v", a, b)
		}
		if a.Disentanglement < -1e-12 || a.Disentanglement > 1 || a.Completeness < -1e-12 || a.Completeness > 1 {
			t.Fatalf("%v is not between 0 and 1", a)
		}
	})
}

// A code whose dimensions are the factors is nearer to them than its turns; the same
// code turned at random is a draw from its turns.
func TestDCIOfTellsAxesFromTurns(t *testing.T) {
	codes := gaussian(400, 6, stream(61))
	axes := make([][]float64, 4)
	for k := range axes {
		axes[k] = make([]float64, 6)
		axes[k][k] = 1
	}
	aligned, err := latent.DCIOf(context.Background(), probesOf(axes), codes, nil, nil, 200, 1)
	if err != nil {
		t.Fatal(err)
	}
	if aligned.Disentanglement < .999 || aligned.DisentanglementP > .01 || aligned.Disentanglement95 > .6 || aligned.CompletenessP > .01 {
		t.Errorf("aligned: %+v", aligned)
	}
	var ps []float64
	for trial := range 40 {
		turned, err := latent.DCIOf(context.Background(), probesOf(rotate(axes, stream(62, trial))), codes, nil, nil, 99, 2)
		if err != nil {
			t.Fatal(err)
		}
		ps = append(ps, turned.DisentanglementP)
	}
	near(t, "mean p of codes turned at random", floats.Sum(ps)/40, .5, .19) // 4 · √(1/12/40)
}

// Only the given units turn: with two whose importances are alike and a third apart,
// turning the third alone changes nothing.
func TestDCIOfUnits(t *testing.T) {
	codes := gaussian(50, 3, stream(63))
	probes := probesOf([][]float64{{1, .2, 0}, {.1, 1, .3}})
	one, err := latent.DCIOf(context.Background(), probes, codes, []float64{.5, .7}, []int{2}, 50, 3)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "mean over turns of one unit", one.DisentanglementMean, one.Disentanglement, 1e-12)
	near(t, "p", one.DisentanglementP, 1, 0)
	near(t, "informativeness", one.Informativeness, .6, 1e-12)
	all, err := latent.DCIOf(context.Background(), probes, codes, nil, nil, 50, 3)
	if err != nil {
		t.Fatal(err)
	}
	if all.DisentanglementMean == one.DisentanglementMean {
		t.Error("turning all units changes nothing")
	}
}

// The importances of probes of turned codes are what the turn of weights and
// covariance makes them: here by fitting probes to turned codes. The penalty is fixed,
// since it acts alike in all axes.
func TestWeightImportancesFollowATurn(t *testing.T) {
	rng := stream(64)
	codes := gaussian(80, 3, rng)
	for i := range codes {
		codes[i][2] *= .3
	}
	y := outcome(planted(codes, []float64{1, -.5, 2}, .5, rng))
	angle := .7
	turn := mat.NewDense(3, 3, []float64{math.Cos(angle), -math.Sin(angle), 0, math.Sin(angle), math.Cos(angle), 0, 0, 0, 1})
	turned := make([][]float64, len(codes))
	for i, z := range codes {
		var v mat.VecDense
		v.MulVec(turn, mat.NewVecDense(3, z))
		turned[i] = v.RawVector().Data
	}
	config := latent.ProbeConfig{Penalties: []float64{.1}}
	before, err := latent.FitProbe(codes, y, nil, config)
	if err != nil {
		t.Fatal(err)
	}
	after, err := latent.FitProbe(turned, y, nil, config)
	if err != nil {
		t.Fatal(err)
	}
	var w mat.VecDense
	w.MulVec(turn, mat.NewVecDense(3, before.Weights))
	if !floats.EqualApprox(w.RawVector().Data, after.Weights, 1e-10) {
		t.Errorf("turned weights %v, weights of turned codes %v", w.RawVector().Data, after.Weights)
	}
	byTurn, err := latent.WeightImportances([]latent.Probe{{Measure: "m", Weights: w.RawVector().Data, SD: before.SD}}, turned)
	if err != nil {
		t.Fatal(err)
	}
	byFit, err := latent.WeightImportances([]latent.Probe{after}, turned)
	if err != nil {
		t.Fatal(err)
	}
	for d := range byFit.Values {
		near(t, fmt.Sprintf("dimension %d", d), byTurn.Values[d][0], byFit.Values[d][0], 1e-10)
	}
}

func TestImportanceErrors(t *testing.T) {
	codes := gaussian(10, 2, stream(65))
	good := latent.Importances{Names: []string{"a", "b"}, Values: [][]float64{{1, 2}}}
	_, r2 := good.DCI([]float64{1})
	_, weights := latent.WeightImportances([]latent.Probe{{Measure: "m", Weights: []float64{1}, SD: 1}}, codes)
	_, noProbes := latent.WeightImportances(nil, codes)
	_, oneCircuit := latent.WeightImportances(probesOf([][]float64{{1, 2}}), codes[:1])
	_, sd := latent.AttributionImportances([]latent.Attribution{{Measure: "m", Importance: []float64{1}}}, nil)
	_, zeroSD := latent.AttributionImportances([]latent.Attribution{{Measure: "m", Importance: []float64{1}}}, []float64{0})
	_, shapes := latent.AttributionImportances([]latent.Attribution{{Measure: "m", Importance: []float64{1}}, {Measure: "n", Importance: []float64{1, 2}}}, []float64{1, 1})
	_, unit := latent.DCIOf(context.Background(), probesOf([][]float64{{1, 2}}), codes, nil, []int{2}, 5, 1)
	_, noUnits := latent.DCIOf(context.Background(), probesOf([][]float64{{1, 2}}), codes, nil, []int{}, 5, 1)
	_, twice := latent.DCIOf(context.Background(), probesOf([][]float64{{1, 2}}), codes, nil, []int{1, 1}, 5, 1)
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"negative":    {latent.Importances{Names: []string{"a"}, Values: [][]float64{{-1}}}.Validate(), "dimension 0, a is -1"},
		"NaN":         {latent.Importances{Names: []string{"a"}, Values: [][]float64{{math.NaN()}}}.Validate(), "a is NaN"},
		"ragged":      {latent.Importances{Names: []string{"a"}, Values: [][]float64{{1, 2}}}.Validate(), "2 values for 1 names"},
		"empty":       {latent.Importances{}.Validate(), "0 dimensions"},
		"R²":          {r2, "1 R² for 2 factors"},
		"weights":     {weights, "1 weights and sd 1, the codes have 2"},
		"no probes":   {noProbes, "0 probes"},
		"one circuit": {oneCircuit, "1 circuits"},
		"sd":          {sd, "1 attributions, 0 sd"},
		"zero sd":     {zeroSD, "m is +Inf"},
		"shapes":      {shapes, "n has 2 dimensions, m has 1"},
		"unit":        {unit, "unit 2"},
		"no units":    {noUnits, "nil for all"},
		"twice":       {twice, "unit 1 is named twice"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("%s: error %v, want it to say %q", name, c.err, c.want)
		}
	}
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := latent.DCIOf(cancelled, probesOf([][]float64{{1, 2}}), codes, nil, nil, 5, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// A measure for which no probe is defined has a place and no importance.
func TestImportanceWithoutAProbe(t *testing.T) {
	m, err := latent.WeightImportances([]latent.Probe{{Measure: "flat", SD: math.NaN()}, {Measure: "density", Weights: []float64{2}, SD: 4}}, [][]float64{{-1}, {1}})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "flat", m.Values[0][0], 0, 0)
	near(t, "density", m.Values[0][1], math.Sqrt2/2, 1e-12) // 2 · √2 / 4
}
