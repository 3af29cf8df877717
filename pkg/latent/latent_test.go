package latent_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/latent"
	"github.com/cortigen/cortigen/pkg/seed"
)

func stream(index ...int) *rand.Rand { return seed.Seed(1).Stream("latent test", index...) }

// gaussian returns rows × cols standard normal numbers.
func gaussian(rows, cols int, rng *rand.Rand) [][]float64 {
	x := make([][]float64, rows)
	for i := range x {
		x[i] = make([]float64, cols)
		for j := range x[i] {
			x[i][j] = rng.NormFloat64()
		}
	}
	return x
}

// regions names rows in turn: perRegion of "r0", then "r1", …
func regions(rows, perRegion int) []string {
	names := make([]string, rows)
	for i := range names {
		names[i] = fmt.Sprintf("r%d", i/perRegion)
	}
	return names
}

func outcome(values []float64) latent.Outcome {
	return latent.Outcome{Measure: "density", Values: values}
}

// planted returns weights·x + noise.
func planted(x [][]float64, weights []float64, noise float64, rng *rand.Rand) []float64 {
	y := make([]float64, len(x))
	for i, row := range x {
		y[i] = floats.Dot(weights, row) + noise*rng.NormFloat64()
	}
	return y
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s is %v, want %v ± %g", what, got, want, tolerance)
	}
}

// sine is the table that the scikit-learn reference numbers were made from:
// X[i,j] = (1+j)·sin(1.3i + 2.1j + 0.7ij), y = X·(1, −.5, .2) + .5·sin(5 i^1.5),
// four groups of six.
func sine() (x [][]float64, y latent.Outcome, groups []string) {
	const n = 24
	values := make([]float64, n)
	for i := range n {
		f := float64(i)
		row := []float64{math.Sin(1.3 * f), 2 * math.Sin(1.3*f+2.1+.7*f), 3 * math.Sin(1.3*f+4.2+1.4*f)}
		x = append(x, row)
		values[i] = row[0] - .5*row[1] + .2*row[2] + .5*math.Sin(5*math.Pow(f, 1.5))
	}
	return x, outcome(values), regions(n, 6)
}

// Reference: scikit-learn 1.9.1 (numpy 2.4.6), GridSearchCV over
// StandardScaler + Ridge inside LeaveOneGroupOut, alpha = penalty × rows.
func TestCrossValidateAgreesWithScikitLearn(t *testing.T) {
	x, y, groups := sine()
	result, err := latent.CrossValidate(context.Background(), x, y, groups, latent.ProbeConfig{
		Folds: 4, Inner: 4, Penalties: []float64{.001, .01, .1, 1, 10}, PerColumn: true, Permutations: -1,
	}, stream())
	if err != nil {
		t.Fatal(err)
	}
	if want := []float64{.001, .001, .1, .1}; !reflect.DeepEqual(result.Penalties, want) {
		t.Errorf("penalties %v, want %v", result.Penalties, want)
	}
	near(t, "R²", result.R2.Value, 0.8537103710796327, 1e-12)
	near(t, "first prediction", result.Predicted[0], -1.5714442108706577, 1e-12)
	near(t, "final penalty", result.Probe.Penalty, .01, 0)
	near(t, "intercept", result.Probe.Intercept, -0.02062560706183684, 1e-12)
	for k, want := range []float64{0.9832641867399229, -0.42911190105929636, 0.2626039339620762} {
		near(t, fmt.Sprintf("weight %d", k), result.Probe.Weights[k], want, 1e-12)
	}
	if !math.IsNaN(result.P) {
		t.Errorf("p is %g without permutations", result.P)
	}
}

// Reference: scikit-learn 1.9.1 on X over the root of its mean column variance:
// RidgeCV (cv: leave one group out, scoring: mean squared error, alpha = penalty
// × 18 training rows) for the choice, Ridge (alpha = penalty × 24) for weights.
func TestFitProbeAgreesWithScikitLearn(t *testing.T) {
	x, y, groups := sine()
	for _, c := range []struct {
		name      string
		penalties []float64
		chosen    float64
		weights   []float64
		intercept float64
	}{
		{"Ridge .01", []float64{.01}, .01, []float64{0.9487548127438329, -0.42921253314026425, 0.2641649812763479}, -0.02034298708329814},
		{"Ridge 1", []float64{1}, 1, []float64{0.18038109255829413, -0.21737193172938896, 0.18670478859225517}, -0.022322242109145095},
		{"RidgeCV", []float64{.001, .1, 1, 10}, .001, []float64{0.9879617713460123, -0.4325279639217274, 0.26484908450471356}, -0.020486612354853065},
	} {
		t.Run(c.name, func(t *testing.T) {
			probe, err := latent.FitProbe(x, y, groups, latent.ProbeConfig{Inner: 4, Penalties: c.penalties})
			if err != nil {
				t.Fatal(err)
			}
			near(t, "penalty", probe.Penalty, c.chosen, 0)
			near(t, "intercept", probe.Intercept, c.intercept, 1e-12)
			for k, want := range c.weights {
				near(t, fmt.Sprintf("weight %d", k), probe.Weights[k], want, 1e-12)
			}
		})
	}
}

// Reference: scikit-learn 1.9.1, PCA; signs by this package's rule.
func TestPCAAgreesWithScikitLearn(t *testing.T) {
	x, _, _ := sine()
	components, err := latent.PCA(x)
	if err != nil {
		t.Fatal(err)
	}
	vectors := [][]float64{
		{0.01209725996377347, -0.10624636319866554, 0.9942662453329221},
		{-0.029178709640200105, 0.9938780562424796, 0.10655989969685697},
		{0.999501005104598, 0.03030048888596781, -0.008923069436554045},
	}
	for k, want := range []float64{4.641624687641408, 2.133426660895265, 0.520000246874426} {
		near(t, "variance", components.Variances[k], want, 1e-12)
		if !floats.EqualApprox(components.Vectors[k], vectors[k], 1e-12) {
			t.Errorf("component %d is %v, want %v", k, components.Vectors[k], vectors[k])
		}
	}
	near(t, "explained", components.Explained[0], 0.6362703028120034, 1e-12)
}

// Reference: scipy 1.17.1, stats.false_discovery_control; NaN is ours.
func TestBenjaminiHochbergAgreesWithSciPy(t *testing.T) {
	got := latent.BenjaminiHochberg([]float64{.01, .04, math.NaN(), .03, .2, .005})
	for i, want := range []float64{.025, .05, math.NaN(), .05, .2, .025} {
		if math.IsNaN(want) != math.IsNaN(got[i]) || math.Abs(got[i]-want) > 1e-15 {
			t.Errorf("q[%d] = %g, want %g", i, got[i], want)
		}
	}
}

// The weights must solve (XᵀX + nλI) w = Xᵀy, whatever the shape of X.
func TestFitProbeSolvesTheNormalEquations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows, cols := rapid.IntRange(4, 30).Draw(t, "rows"), rapid.IntRange(1, 12).Draw(t, "cols")
		penalty := math.Pow(10, rapid.Float64Range(-4, 2).Draw(t, "log penalty"))
		rng := stream(rapid.IntRange(0, 1<<20).Draw(t, "seed"))
		x := gaussian(rows, cols, rng)
		y := planted(x, gaussian(1, cols, rng)[0], 1, rng)
		probe, err := latent.FitProbe(x, outcome(y), nil, latent.ProbeConfig{Penalties: []float64{penalty}})
		if err != nil {
			t.Fatal(err)
		}
		if want := solveDirectly(x, y, penalty); !floats.EqualApprox(probe.Weights, want, 1e-8) {
			t.Fatalf("weights %v, direct solution %v", probe.Weights, want)
		}
	})
}

func solveDirectly(x [][]float64, y []float64, penalty float64) []float64 {
	rows, cols := len(x), len(x[0])
	m := mat.NewDense(rows, cols, nil)
	for j := range cols {
		mean := 0.0
		for i := range rows {
			mean += x[i][j] / float64(rows)
		}
		for i := range rows {
			m.Set(i, j, x[i][j]-mean)
		}
	}
	scale := mat.Norm(m, 2) / math.Sqrt(float64(rows*cols))
	m.Scale(1/scale, m)
	var left mat.Dense
	left.Mul(m.T(), m)
	for j := range cols {
		left.Set(j, j, left.At(j, j)+float64(rows)*penalty)
	}
	var right, w mat.VecDense
	right.MulVec(m.T(), mat.NewVecDense(rows, y))
	if err := w.SolveVec(&left, &right); err != nil {
		panic(err)
	}
	w.ScaleVec(1/scale, &w)
	return w.RawVector().Data
}

// N(0, I) does not care about rotation, and so R² must not.
func TestRotationKeepsR2(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := stream(rapid.IntRange(0, 1<<20).Draw(t, "seed"))
		x := gaussian(40, 5, rng)
		for i := range x { // a collapsed unit and an excited one
			x[i][0] *= .01
			x[i][1] *= 2
		}
		y := outcome(planted(x, []float64{1, 1, 1, 0, 0}, .5, rng))
		config := latent.ProbeConfig{Permutations: -1, Draws: 10}
		before, err := latent.CrossValidate(context.Background(), x, y, regions(40, 4), config, stream())
		if err != nil {
			t.Fatal(err)
		}
		after, err := latent.CrossValidate(context.Background(), rotate(x, rng), y, regions(40, 4), config, stream())
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(before.R2.Value-after.R2.Value) > 1e-9 {
			t.Fatalf("R² %v before the rotation, %v after", before.R2.Value, after.R2.Value)
		}
	})
}

func rotate(x [][]float64, rng *rand.Rand) [][]float64 {
	cols := len(x[0])
	var qr mat.QR
	square := mat.NewDense(cols, cols, nil)
	for j, row := range gaussian(cols, cols, rng) {
		square.SetRow(j, row)
	}
	qr.Factorize(square)
	var q mat.Dense
	qr.QTo(&q)
	rotated := make([][]float64, len(x))
	for i, row := range x {
		var v mat.VecDense
		v.MulVec(&q, mat.NewVecDense(cols, row))
		rotated[i] = v.RawVector().Data
	}
	return rotated
}

// With signal of variance 5 and noise of variance 1, R² is 5/6 at best. The
// tolerance is four standard errors of a correlation of that size at n = 600.
func TestPlantedDirectionIsRecovered(t *testing.T) {
	weights := []float64{2, 0, -1, 0}
	train, test := gaussian(600, 4, stream(1)), gaussian(600, 4, stream(2))
	y, yTest := outcome(planted(train, weights, 1, stream(3))), outcome(planted(test, weights, 1, stream(4)))
	result, err := latent.CrossValidate(context.Background(), train, y, regions(600, 20), latent.ProbeConfig{Permutations: 99}, stream(5))
	if err != nil {
		t.Fatal(err)
	}
	near(t, "cross-validated R²", result.R2.Value, 5./6, .05)
	near(t, "p", result.P, .01, 1e-12) // the least that 99 permutations can give
	if result.R2.N != 30 || result.R2.Lo >= result.R2.Value || result.R2.Hi <= result.R2.Value {
		t.Errorf("interval %v", result.R2)
	}
	score, err := result.Probe.Score(test, yTest, regions(600, 20), 500, stream(6))
	if err != nil {
		t.Fatal(err)
	}
	near(t, "R² on other circuits", score.R2.Value, 5./6, .05)
	if score.MeanR2 > 0 || score.MeanR2 < -.02 {
		t.Errorf("R² of the training mean is %g", score.MeanR2)
	}
	direction, err := result.Probe.Direction()
	if err != nil {
		t.Fatal(err)
	}
	cosine := floats.Dot(direction.Vector, weights) / math.Sqrt(5)
	near(t, "cosine with the planted direction", cosine, 1, .01)
	near(t, "effect of a step", direction.PerStep, math.Sqrt(5./6), .05)
}

// Regions whose circuits share an offset in code and, independently, in the
// measure: nothing can be known of a new region, but folds that divide regions
// recognise them by their codes.
func TestFoldsThatDivideRegionsLeak(t *testing.T) {
	const rows, perRegion, cols = 200, 20, 16
	rng := stream(7)
	centres, offsets := gaussian(rows/perRegion, cols, rng), gaussian(rows/perRegion, 1, rng)
	x, y := gaussian(rows, cols, rng), make([]float64, rows)
	for i := range x {
		floats.Scale(.2, x[i])
		floats.Add(x[i], centres[i/perRegion])
		y[i] = offsets[i/perRegion][0] + .2*rng.NormFloat64()
	}
	config := latent.ProbeConfig{Permutations: 99}
	honest, err := latent.CrossValidate(context.Background(), x, outcome(y), regions(rows, perRegion), config, stream(8))
	if err != nil {
		t.Fatal(err)
	}
	leaking, err := latent.CrossValidate(context.Background(), x, outcome(y), nil, config, stream(8))
	if err != nil {
		t.Fatal(err)
	}
	if honest.R2.Value > .1 || leaking.R2.Value < .8 || honest.P < .05 || leaking.P > .01 {
		t.Errorf("by region R² %.2f, p %.2f; by circuit R² %.2f, p %.2f: expected the second alone to look good", honest.R2.Value, honest.P, leaking.R2.Value, leaking.P)
	}
	t.Logf("R² by region %v, by circuit %v", honest.R2, leaking.R2)
}

// Where a measure has nothing to do with the code, but both vary by region, p
// must be as good as uniform: 60 draws have mean .5 ± .037.
func TestPIsUniformWithoutSignal(t *testing.T) {
	const trials, rows, perRegion, cols = 60, 60, 5, 3
	below, sum := 0, 0.0
	for trial := range trials {
		rng := stream(9, trial)
		centres, offsets := gaussian(rows/perRegion, cols, rng), gaussian(rows/perRegion, 1, rng)
		x, y := gaussian(rows, cols, rng), make([]float64, rows)
		for i := range x {
			floats.Add(x[i], centres[i/perRegion])
			y[i] = offsets[i/perRegion][0] + rng.NormFloat64()
		}
		config := latent.ProbeConfig{Permutations: 39, Penalties: []float64{.01, .1, 1}, Draws: 10}
		result, err := latent.CrossValidate(context.Background(), x, outcome(y), regions(rows, perRegion), config, rng)
		if err != nil {
			t.Fatal(err)
		}
		sum += result.P
		if result.P <= .1 {
			below++
		}
	}
	near(t, "mean p", sum/trials, .5, .12)
	if below > 13 { // P(more than 13 of 60 at rate .1) < .002
		t.Errorf("%d of %d p-values at or below .1", below, trials)
	}
}

// The percentile interval of a mean over 25 groups should hold the truth nearly
// 95 times in 100; resampling single items, which ignores the groups, should
// not.
func TestBootstrapCoverage(t *testing.T) {
	const trials, groups, each = 200, 25, 8
	grouped, single := 0, 0
	for trial := range trials {
		rng := stream(10, trial)
		values := make([]float64, groups*each)
		for g, offset := range gaussian(groups, 1, rng) {
			for k := range each {
				values[g*each+k] = offset[0] + .3*rng.NormFloat64()
			}
		}
		mean := func(indices []int) float64 {
			sum := 0.0
			for _, i := range indices {
				sum += values[i]
			}
			return sum / float64(len(indices))
		}
		if i := latent.Bootstrap(regions(len(values), each), mean, 200, rng); i.Lo <= 0 && 0 <= i.Hi {
			grouped++
		}
		if i := latent.Bootstrap(regions(len(values), 1), mean, 200, rng); i.Lo <= 0 && 0 <= i.Hi {
			single++
		}
	}
	if grouped < 176 || grouped > 198 || single > 140 { // 95 % of 200 is 190, sd 3; small samples lose a few
		t.Errorf("%d and %d of %d intervals hold the truth", grouped, single, trials)
	}
}

func TestBootstrapWithoutInterval(t *testing.T) {
	one := func([]int) float64 { return 1 }
	nan := func([]int) float64 { return math.NaN() }
	for name, i := range map[string]latent.Interval{
		"one group": latent.Bootstrap([]string{"a", "a"}, one, 10, stream()),
		"undefined": latent.Bootstrap([]string{"a", "b"}, nan, 10, stream()),
	} {
		if !math.IsNaN(i.Lo) || !math.IsNaN(i.Hi) {
			t.Errorf("%s: %v", name, i)
		}
	}
}

func TestOrthogonalise(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := stream(rapid.IntRange(0, 1<<20).Draw(t, "seed"))
		const dim = 6
		direction := func(v []float64) latent.Direction {
			return latent.Direction{Measure: "m", Vector: floats.ScaleTo(make([]float64, dim), 1/floats.Norm(v, 2), v), PerStep: rng.Float64() + .1}
		}
		var hold []latent.Direction
		for _, v := range gaussian(rapid.IntRange(0, 4).Draw(t, "held"), dim, rng) {
			hold = append(hold, direction(v))
		}
		if len(hold) > 0 { // one that depends on another
			hold = append(hold, hold[0])
		}
		target := direction(gaussian(1, dim, rng)[0])
		d, err := latent.Orthogonalise(target, hold...)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(floats.Norm(d.Vector, 2)-1) > 1e-12 || math.Abs(d.Effect(target)-d.PerStep) > 1e-12 || len(d.Held) != len(hold) {
			t.Fatalf("%+v: not of length 1, or its effect is not %g", d, d.Effect(target))
		}
		for _, h := range hold {
			if math.Abs(d.Effect(h)) > 1e-12 {
				t.Fatalf("effect %g on a held measure", d.Effect(h))
			}
		}
		if _, err := latent.Orthogonalise(target, append(hold, target)...); err == nil {
			t.Fatal("held what is to change, without an error")
		}
	})
}

// Attributions add up to the prediction less that at the training mean.
func TestAttributionsAddUp(t *testing.T) {
	x, y, groups := sine()
	probe, err := latent.FitProbe(x, y, groups, latent.ProbeConfig{})
	if err != nil {
		t.Fatal(err)
	}
	values, err := probe.Attributions(x)
	if err != nil {
		t.Fatal(err)
	}
	predicted, err := probe.Predict(append(x, probe.Centre))
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range values {
		near(t, "sum of attributions", floats.Sum(v), predicted[i]-predicted[len(x)], 1e-12)
	}
}

func TestUndefinedValuesAreLeftOut(t *testing.T) {
	x, y, groups := sine()
	want, err := latent.FitProbe(x[:20], outcome(y.Values[:20]), groups[:20], latent.ProbeConfig{})
	if err != nil {
		t.Fatal(err)
	}
	for i := 20; i < 24; i++ {
		y.Values[i] = math.NaN()
	}
	got, err := latent.FitProbe(x, y, groups, latent.ProbeConfig{})
	if err != nil {
		t.Fatal(err)
	}
	want.Missing = 4
	if !reflect.DeepEqual(got, want) {
		t.Errorf("with NaN %+v, without those circuits %+v", got, want)
	}
	result, err := latent.CrossValidate(context.Background(), x, y, groups, latent.ProbeConfig{Permutations: -1}, stream())
	if err != nil {
		t.Fatal(err)
	}
	if result.N != 20 || result.Missing != 4 || !math.IsNaN(result.Predicted[23]) || math.IsNaN(result.Predicted[0]) {
		t.Errorf("N %d, missing %d, predictions %v", result.N, result.Missing, result.Predicted)
	}
}

// R² of x + noise over R² of noise alone, on the same circuits.
func TestGain(t *testing.T) {
	rng := stream(11)
	const n = 300
	y, good, bad := make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range y {
		y[i] = rng.NormFloat64()
		good[i] = y[i] + .1*rng.NormFloat64()
	}
	y[0], good[1] = math.NaN(), math.NaN()
	gain, err := latent.Gain(y, good, bad, regions(n, 10), 200, rng)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "gain", gain.Value, .99, .02)
	if gain.Lo <= .9 || gain.N != 30 {
		t.Errorf("gain %v", gain)
	}
	if none, _ := latent.Gain(y, good, good, nil, 50, rng); none.Value != 0 || none.Lo != 0 || none.Hi != 0 {
		t.Errorf("gain over itself %v", none)
	}
}

// The same bits on one processor and on many, and alone or in company.
func TestCrossValidateAllIsDeterministic(t *testing.T) {
	x, y, groups := sine()
	rng := stream(12)
	flat, noise := outcome(make([]float64, len(x))), latent.Outcome{Measure: "noise"}
	flat.Measure = "flat"
	for range x {
		noise.Values = append(noise.Values, rng.NormFloat64())
	}
	outcomes := []latent.Outcome{y, flat, noise}
	run := func(procs int, outcomes ...latent.Outcome) []latent.ProbeResult {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		results, err := latent.CrossValidateAll(context.Background(), x, outcomes, groups, latent.ProbeConfig{Permutations: 19}, 3)
		if err != nil {
			t.Fatal(err)
		}
		return results
	}
	one, many, alone := run(1, outcomes...), run(4, outcomes...), run(2, noise)
	if fmt.Sprint(one) != fmt.Sprint(many) {
		t.Errorf("on one processor\n%v\non four\n%v", one, many)
	}
	alone[0].Q = one[2].Q
	if fmt.Sprint(alone[0]) != fmt.Sprint(one[2]) {
		t.Errorf("alone\n%v\nin company\n%v", alone[0], one[2])
	}
	if !math.IsNaN(one[1].R2.Value) || one[1].Note == "" || one[0].Q != min(1, 2*one[0].P) {
		t.Errorf("a measure without spread should have its place, a note, and no part in the correction: %+v, q %g of p %g", one[1], one[0].Q, one[0].P)
	}
}

// Results are stored: what is read back must be what was written, NaN too.
func TestResultsSurviveStorage(t *testing.T) {
	x, y, groups := sine()
	y.Values[3] = math.NaN()
	results, err := latent.CrossValidateAll(context.Background(), x, []latent.Outcome{y, {Measure: "flat", Values: make([]float64, len(x))}}, groups, latent.ProbeConfig{Permutations: -1}, 1)
	if err != nil {
		t.Fatal(err)
	}
	data, err := artifact.Marshal(results)
	if err != nil {
		t.Fatal(err)
	}
	var read []latent.ProbeResult
	if err := artifact.Unmarshal(data, &read); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(read) != fmt.Sprint(results) {
		t.Errorf("wrote\n%v\nread\n%v", results, read)
	}
}

func TestCrossValidateHonoursContext(t *testing.T) {
	x, y, groups := sine()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := latent.CrossValidate(ctx, x, y, groups, latent.ProbeConfig{}, stream()); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestErrors(t *testing.T) {
	x, y, groups := sine()
	one := func(values ...float64) latent.Outcome { return outcome(values) }
	fit := func(x [][]float64, y latent.Outcome, groups []string, config latent.ProbeConfig) error {
		_, err := latent.FitProbe(x, y, groups, config)
		return err
	}
	infinite := gaussian(24, 3, stream())
	infinite[2][1] = math.Inf(1)
	_, twoRegions := latent.CrossValidate(context.Background(), x, y, regions(24, 12), latent.ProbeConfig{}, stream())
	_, noSlope := latent.Probe{Measure: "density", Weights: []float64{0}, SD: 1}.Direction()
	_, columns := latent.Probe{Weights: []float64{0}}.Predict(x)
	_, oneRow := latent.PCA(x[:1])
	_, units := latent.Codes{Mean: x, LogVar: x[:2]}.KLPerUnit()
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"no rows":       {fit(nil, one(), nil, latent.ProbeConfig{}), "no rows"},
		"ragged":        {fit([][]float64{{1, 2}, {1}}, one(1, 2), nil, latent.ProbeConfig{}), "row 1 has 1 columns"},
		"infinite code": {fit(infinite, y, groups, latent.ProbeConfig{}), "row 2, column 1 is +Inf"},
		"short values":  {fit(x, one(1, 2), groups, latent.ProbeConfig{}), "24 circuits, 2 values"},
		"short groups":  {fit(x, y, groups[:3], latent.ProbeConfig{}), "3 groups"},
		"one fold":      {fit(x, y, groups, latent.ProbeConfig{Inner: 1}), "1 inner folds"},
		"zero penalty":  {fit(x, y, groups, latent.ProbeConfig{Penalties: []float64{0}}), "penalty 0"},
		"one region":    {fit(x, y, regions(24, 24), latent.ProbeConfig{}), "2 are needed"},
		"two regions":   {twoRegions, "3 are needed"},
		"no spread":     {fit([][]float64{{1}, {2}}, one(4, 4), nil, latent.ProbeConfig{}), "all 2 values are 4"},
		"all NaN":       {fit([][]float64{{1}, {2}}, one(math.NaN(), math.NaN()), nil, latent.ProbeConfig{}), "0 regions"},
		"no slope":      {noSlope, "no slope"},
		"columns":       {columns, "the probe has 1"},
		"one row":       {oneRow, "two or more"},
		"codes":         {units, "differ in shape"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("%s: error %v, want it to say %q", name, c.err, c.want)
		}
	}
}

func BenchmarkCrossValidate(b *testing.B) {
	x := gaussian(1500, 16, stream(1))
	y := outcome(planted(x, gaussian(1, 16, stream(2))[0], 2, stream(3)))
	for b.Loop() {
		if _, err := latent.CrossValidate(context.Background(), x, y, regions(1500, 50), latent.ProbeConfig{Permutations: 100}, stream(4)); err != nil {
			b.Fatal(err)
		}
	}
}
