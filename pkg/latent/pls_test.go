package latent_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
	"pgregory.net/rapid"

	"github.com/cortigen/cortigen/pkg/latent"
)

// sines are three measures of the circuits of sine: its own, a product with a cosine,
// and another sum of its columns.
func sines() (x [][]float64, outcomes []latent.Outcome, groups []string) {
	x, first, groups := sine()
	product, sum := latent.Outcome{Measure: "product"}, latent.Outcome{Measure: "sum"}
	for i, row := range x {
		f := float64(i)
		product.Values = append(product.Values, row[1]*row[2]+2*math.Cos(f))
		sum.Values = append(sum.Values, row[1]+row[2]+math.Sin(3*math.Pow(f, 1.3)))
	}
	return x, []latent.Outcome{first, product, sum}, groups
}

// Reference: scikit-learn 1.9.1, PLSRegression(scale=False) on the measures over their
// population sd, iterated 3,000 times (its default tolerance leaves 10⁻⁸); errors from LeaveOneGroupOut, measures scaled by
// each training part.
func TestFitPLSAgreesWithScikitLearn(t *testing.T) {
	x, outcomes, groups := sines()
	p, err := latent.FitPLS(x, outcomes, groups, 0, latent.ProbeConfig{Inner: 4})
	if err != nil {
		t.Fatal(err)
	}
	if !floats.EqualApprox(p.Errors, []float64{1.0323355202208744, 0.7559696045705041, 0.5551699045248013, 0.6193028826886028}, 1e-12) {
		t.Errorf("cross-validated errors %v", p.Errors)
	}
	if len(p.Directions) != 2 {
		t.Errorf("%d components chosen, the least error is with 2", len(p.Directions))
	}
	all, err := latent.FitPLS(x, outcomes, groups, 3, latent.ProbeConfig{})
	if err != nil {
		t.Fatal(err)
	}
	for k, want := range [][]float64{
		{0.10072586332004194, 0.09128957631228553, 0.9907171714042085},
		{-0.3030104225351531, 0.9527601636675668, 0.02080274893420117},
		{0.9950141624369288, 0.09798387909728433, -0.01860042975271971},
	} {
		if !floats.EqualApprox(all.Directions[k], want, 1e-11) {
			t.Errorf("direction %d is %v, want %v", k, all.Directions[k], want)
		}
	}
	for components, want := range map[int][2][]float64{
		1: {{-0.7308758095209018, -0.36576238680440615, -2.4883306991689045}, {-0.3697085184569198, -0.331008399537293, -1.2195488140954793}},
		2: {{-1.628620887829636, -0.17660739353487434, -0.8652019207838698}, {0.3615707811375591, -0.4850890337118995, -2.541706411935134}},
		3: {{-1.4605659860227795, -0.2039889345925886, -0.860434128309206}, {-0.5493225519508642, -0.33667525386378816, -2.5675488618251845}},
	} {
		predicted, err := all.Predict(x, components)
		if err != nil {
			t.Fatal(err)
		}
		for k, i := range []int{0, 23} {
			if !floats.EqualApprox(predicted[i], want[k], 1e-11) {
				t.Errorf("%d components, circuit %d: %v, want %v", components, i, predicted[i], want[k])
			}
		}
	}
}

// Coordinates are uncorrelated; all components are least squares, here the normal
// equations' property that residuals have nothing to do with inputs; no components are
// the mean; a measure in other units is predicted in these.
func TestPLSProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := stream(120, rapid.IntRange(0, 1<<20).Draw(t, "seed"))
		dims, measures := rapid.IntRange(1, 5).Draw(t, "dimensions"), rapid.IntRange(1, 4).Draw(t, "measures")
		x := gaussian(30, dims, rng)
		outcomes, scaled := make([]latent.Outcome, measures), make([]latent.Outcome, measures)
		for k := range outcomes {
			outcomes[k] = latent.Outcome{Measure: fmt.Sprint(k), Values: planted(x, gaussian(1, dims, rng)[0], 1, rng)}
			scaled[k] = latent.Outcome{Measure: fmt.Sprint(k), Values: floats.ScaleTo(make([]float64, 30), float64(k+2), outcomes[k].Values)}
		}
		p, err := latent.FitPLS(x, outcomes, nil, dims, latent.ProbeConfig{})
		if err != nil {
			t.Fatal(err)
		}
		other, err := latent.FitPLS(x, scaled, nil, dims, latent.ProbeConfig{})
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Directions) != dims {
			t.Fatalf("%d components of %d", len(p.Directions), dims)
		}
		for a := range p.Directions {
			for b := range a {
				along := func(k int) []float64 {
					c := make([]float64, 30)
					for i := range c {
						c[i] = floats.Dot(x[i], p.Directions[k])
					}
					return c
				}
				if r := stat.Correlation(along(a), along(b), nil); math.Abs(r) > 1e-7 {
					t.Fatalf("coordinates %d and %d correlate by %g", a, b, r)
				}
			}
		}
		full, _ := p.Predict(x, dims)
		none, _ := p.Predict(x, 0)
		rescaled, _ := other.Predict(x, dims)
		for k := range outcomes {
			residual := floats.SubTo(make([]float64, 30), outcomes[k].Values, column(full, k))
			for d := range dims {
				if off := stat.Covariance(residual, column(x, d), nil); math.Abs(off) > 1e-7 {
					t.Fatalf("residual of %d has covariance %g with dimension %d", k, off, d)
				}
			}
			if math.Abs(none[7][k]-stat.Mean(outcomes[k].Values, nil)) > 1e-12 || math.Abs(rescaled[3][k]-float64(k+2)*full[3][k]) > 1e-7 {
				t.Fatalf("measure %d: no components %g, other units %g of %g", k, none[7][k], rescaled[3][k], full[3][k])
			}
		}
	})
}

// The measures see one dimension of sd ½: PLS finds it first, PCA last. Of the other
// three, chance gives the first PLS direction weights of about ½/√160 each beside ¼ of
// its own, which leaves it an R² of about 3/4.
func TestPLSFindsWhatPCAMisses(t *testing.T) {
	rng := stream(121)
	x := gaussian(200, 4, rng)
	for i := range x {
		x[i][3] *= .5
	}
	weights := []float64{0, 0, 0, 1}
	outcomes := []latent.Outcome{{Measure: "density", Values: planted(x, weights, .1, rng)}, {Measure: "decay", Values: planted(x, weights, .1, rng)}}
	readouts, err := latent.CompareReadouts(context.Background(), x, outcomes, regions(200, 10), latent.ProbeConfig{Draws: 100}, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range readouts {
		if r.ByPLS[0] < .55 || r.ByPCA[2] > .1 || r.ByPCA[3] < .9 || r.PLS.Value < .9 || r.Ridge.Value < .9 {
			t.Errorf("%+v", r)
		}
		near(t, "all PLS directions beside all PCs", r.ByPLS[3], r.ByPCA[3], 1e-9)
		if r.PLS.N != 20 || r.N != 200 || len(r.Components) != 5 || r.PLS.Lo >= r.PLS.Value {
			t.Errorf("%+v", r)
		}
	}
}

// Reference: scikit-learn 1.9.1 in LeaveOneGroupOut: PCA and LinearRegression,
// PLSRegression, and PCA.inverse_transform of the measures scaled by the training part.
// Ridge is what CrossValidate says of each measure alone.
func TestCompareReadoutsAgreesWithScikitLearn(t *testing.T) {
	x, outcomes, groups := sines()
	config := latent.ProbeConfig{Folds: 4, Inner: 3, Draws: 50, Permutations: -1}
	readouts, err := latent.CompareReadouts(context.Background(), x, outcomes, groups, config, 2)
	if err != nil {
		t.Fatal(err)
	}
	for k, want := range []struct{ pca, pls, profile []float64 }{
		{[]float64{0.2653334049576074, 0.497873377197701, 0.8663953946085512}, []float64{0.206484293247854, 0.6106048820573456, 0.8663953946085512}, []float64{0.3569204938053623, 0.5620362021100103, 1}},
		{[]float64{-0.07349366147011449, -0.23272981048964403, -0.6520088342416959}, []float64{-0.07781844226230783, -0.21796869643586536, -0.6520088342416963}, []float64{0.40889812047624186, 0.5373218519107686, 1}},
		{[]float64{0.48749706818433824, 0.9457678342873873, 0.9277047915673367}, []float64{0.6034253353029423, 0.941854100804116, 0.9277047915673367}, []float64{-0.04129948926621485, 0.7680066198198126, 1}},
	} {
		r := readouts[k]
		if !floats.EqualApprox(r.ByPCA, want.pca, 1e-11) || !floats.EqualApprox(r.ByPLS, want.pls, 1e-11) || !floats.EqualApprox(r.ByProfile, want.profile, 1e-11) {
			t.Errorf("%s: %v, want %v", r.Measure, r, want)
		}
		alone, err := latent.CrossValidate(context.Background(), x, outcomes[k], groups, config, stream(122))
		if err != nil {
			t.Fatal(err)
		}
		near(t, r.Measure+" by ridge", r.Ridge.Value, alone.R2.Value, 1e-12)
	}
}

// The number of components is chosen inside each training part: it is that of FitPLS
// on the other regions alone, and so is the prediction. Folds of regions of one size
// are in their order.
func TestReadoutsChooseComponentsWithinTraining(t *testing.T) {
	x, outcomes, groups := sines()
	config := latent.ProbeConfig{Folds: 4, Inner: 3, Draws: 5}
	readouts, err := latent.CompareReadouts(context.Background(), x, outcomes, groups, config, 5)
	if err != nil {
		t.Fatal(err)
	}
	predicted := make([]float64, len(x)) // of the last measure
	for fold := range 4 {
		lo, hi := 6*fold, 6*fold+6
		var others []latent.Outcome
		for _, o := range outcomes {
			others = append(others, latent.Outcome{Measure: o.Measure, Values: slices.Concat(o.Values[:lo], o.Values[hi:])})
		}
		p, err := latent.FitPLS(slices.Concat(x[:lo], x[hi:]), others, slices.Concat(groups[:lo], groups[hi:]), 0, config)
		if err != nil {
			t.Fatal(err)
		}
		if got := readouts[0].Components[fold]; got != len(p.Directions) {
			t.Errorf("fold %d: %d components, FitPLS chooses %d", fold, got, len(p.Directions))
		}
		rows, err := p.Predict(x[lo:hi], 3)
		if err != nil {
			t.Fatal(err)
		}
		copy(predicted[lo:hi], column(rows, 2))
	}
	want, err := latent.RSquared(outcomes[2].Values, predicted, groups, 5, stream(126))
	if err != nil {
		t.Fatal(err)
	}
	near(t, "R²", readouts[2].PLS.Value, want.Value, 1e-12)
	if n := readouts[0].Components; slices.Max(n) == slices.Min(n) {
		t.Errorf("components %v: the same in all folds, which a fixed number would pass", n)
	}
}

// A measure that does not vary is NaN beside others that do; circuits that lack a
// measure are left out of all.
func TestReadoutsOfTheUndefined(t *testing.T) {
	x, outcomes, groups := sines()
	outcomes[0].Values[5] = math.NaN()
	outcomes[1].Values = make([]float64, len(x))
	readouts, err := latent.CompareReadouts(context.Background(), x, outcomes, groups, latent.ProbeConfig{Draws: 20}, 3)
	if err != nil {
		t.Fatal(err)
	}
	if r := readouts[1]; !math.IsNaN(r.Ridge.Value) || !math.IsNaN(r.PLS.Value) || !math.IsNaN(r.ByPCA[0]) || !math.IsNaN(r.ByProfile[2]) {
		t.Errorf("a flat measure: %+v", r)
	}
	if r := readouts[2]; math.IsNaN(r.Ridge.Value) || r.N != 23 || r.Missing != 1 {
		t.Errorf("beside it: %+v", r)
	}
	var rows [][]float64
	var kept []latent.Outcome
	for _, o := range outcomes {
		kept = append(kept, latent.Outcome{Measure: o.Measure, Values: append(append([]float64(nil), o.Values[:5]...), o.Values[6:]...)})
	}
	rows = append(append(rows, x[:5]...), x[6:]...)
	names := append(append([]string(nil), groups[:5]...), groups[6:]...)
	again, err := latent.CompareReadouts(context.Background(), rows, kept, names, latent.ProbeConfig{Draws: 20}, 3)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(again[2].ByPLS, readouts[2].ByPLS) || again[2].Ridge != readouts[2].Ridge {
		t.Errorf("without the circuit %+v, with it %+v", again[2], readouts[2])
	}
}

// Three circuits of five dimensions, and circuits that do not differ: few components
// or none, and no panic.
func TestPLSOfLittle(t *testing.T) {
	few := gaussian(3, 5, stream(123))
	p, err := latent.FitPLS(few, []latent.Outcome{{Measure: "density", Values: []float64{1, 2, 4}}}, nil, 5, latent.ProbeConfig{})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(p.Directions); n < 1 || n > 2 {
		t.Errorf("%d components of three circuits", n)
	}
	flat := [][]float64{{1, 2}, {1, 2}, {1, 2}}
	p, err = latent.FitPLS(flat, []latent.Outcome{{Measure: "density", Values: []float64{1, 2, 4}}}, nil, 2, latent.ProbeConfig{})
	if err != nil || len(p.Directions) != 0 {
		t.Errorf("%d components of equal codes (%v)", len(p.Directions), err)
	}
	x := gaussian(12, 20, stream(124)) // fewer circuits than dimensions
	y := latent.Outcome{Measure: "density", Values: planted(x, x[0], 1, stream(125))}
	readouts, err := latent.CompareReadouts(context.Background(), x, []latent.Outcome{y}, nil, latent.ProbeConfig{Draws: 5}, 4)
	if err != nil {
		t.Fatal(err)
	}
	if len(readouts[0].ByPCA) != 20 || floats.HasNaN(readouts[0].ByPCA) || floats.HasNaN(readouts[0].ByPLS) {
		t.Errorf("%+v", readouts[0])
	}
}

func TestPLSErrors(t *testing.T) {
	x, outcomes, groups := sines()
	fit := func(x [][]float64, outcomes []latent.Outcome, groups []string, components int, config latent.ProbeConfig) error {
		_, err := latent.FitPLS(x, outcomes, groups, components, config)
		return err
	}
	nan := latent.Outcome{Measure: "void", Values: make([]float64, len(x))}
	for i := range nan.Values {
		nan.Values[i] = math.NaN()
	}
	flat := []latent.Outcome{{Measure: "flat", Values: make([]float64, len(x))}}
	_, columns := latent.PLS{Centre: []float64{1}}.Predict(x, 1)
	_, regional := latent.CompareReadouts(context.Background(), x, outcomes, regions(24, 12), latent.ProbeConfig{}, 1)
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"components": {fit(x, outcomes, groups, 4, latent.ProbeConfig{}), "4 components of codes of 3 dimensions"},
		"lacking":    {fit(x, append(outcomes, nan), groups, 1, latent.ProbeConfig{}), "0 of 24 circuits have all measures"},
		"flat":       {fit(x, flat, groups, 1, latent.ProbeConfig{}), "no measure varies"},
		"none":       {fit(x, nil, groups, 1, latent.ProbeConfig{}), "no measures"},
		"groups":     {fit(x, outcomes, groups[:2], 1, latent.ProbeConfig{}), "2 groups"},
		"config":     {fit(x, outcomes, groups, 1, latent.ProbeConfig{Inner: 1}), "1 inner folds"},
		"codes":      {fit([][]float64{{math.Inf(1)}}, outcomes, nil, 1, latent.ProbeConfig{}), "PLS: codes: row 0"},
		"columns":    {columns, "row 0 has 3 columns, the fit has 1"},
		"regions":    {regional, "in 2 regions, and 3 are needed"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("%s: error %v, want it to say %q", name, c.err, c.want)
		}
	}
	if err := fit(x, flat, groups, 1, latent.ProbeConfig{}); !errors.Is(err, latent.ErrUndefined) {
		t.Errorf("error %v is not ErrUndefined", err)
	}
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := latent.CompareReadouts(cancelled, x, outcomes, groups, latent.ProbeConfig{}, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
