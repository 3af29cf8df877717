package fidelity

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/latent"
)

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s is %.12g, want %.12g", what, got, want)
	}
}

// reference is a circuit of 12 neurons with probabilities full of ties, by a
// rule that Python can follow.
func reference(t *testing.T) (*circuit.Circuit, []float64) {
	t.Helper()
	const n = 12
	neurons, edges, p := make([]circuit.Neuron, n), []circuit.Edge{}, make([]float64, n*n)
	for i := range n {
		neurons[i] = circuit.Neuron{ID: fmt.Sprint(i), Position: circuit.NoPosition()}
		for j := range n {
			p[i*n+j] = float64((7*i+11*j+i*j)%13) / 13
			if i != j && ((3*i+5*j+i*j)%7 < 2 || p[i*n+j] > .8 && (i+j)%3 != 0) {
				edges = append(edges, circuit.Edge{Pre: i, Post: j})
			}
		}
	}
	c, err := circuit.New(neurons, edges)
	if err != nil {
		t.Fatal(err)
	}
	return c, p
}

// Values are those of scikit-learn 1.9.1 (roc_auc_score,
// average_precision_score, log_loss) on the same pairs.
func TestEdgeAgreesWithScikitLearn(t *testing.T) {
	c, p := reference(t)
	s, err := Edge(c, p)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "AUC", s.AUC, 0.7223328591749645, 1e-12)
	near(t, "average precision", s.AP, 0.5240254483774323, 1e-12)
	near(t, "log loss", s.LogLoss, 0.8727134598577325, 1e-12)

	rows := make([]bool, c.Len())
	for i := range rows {
		rows[i] = i != 3 && i != 7
	}
	masked, err := c.WithObserved(rows)
	if err != nil {
		t.Fatal(err)
	}
	if s, err = Edge(masked, p); err != nil {
		t.Fatal(err)
	}
	near(t, "AUC of observed rows", s.AUC, 0.7433646386280114, 1e-12)
	near(t, "average precision of observed rows", s.AP, 0.5208218406033038, 1e-12)
	near(t, "log loss of observed rows", s.LogLoss, 0.5952599081548463, 1e-12)
}

// AUC and average precision depend on the order of probabilities only.
func TestScoresAreOfRanks(t *testing.T) {
	c, _ := reference(t)
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		p, bent, turned := make([]float64, 144), make([]float64, 144), make([]float64, 144)
		for i := range p {
			p[i] = float64(rng.IntN(9)) / 8
			bent[i], turned[i] = math.Pow(p[i], 3)/2, 1-p[i]
		}
		a, errA := Edge(c, p)
		b, errB := Edge(c, bent)
		r, errR := Edge(c, turned)
		if err := errors.Join(errA, errB, errR); err != nil {
			t.Fatal(err)
		}
		if math.Abs(a.AUC-b.AUC) > 1e-12 || math.Abs(a.AP-b.AP) > 1e-12 || math.Abs(a.AUC+r.AUC-1) > 1e-12 {
			t.Fatalf("AUC %g and %g, %g turned round; AP %g and %g", a.AUC, b.AUC, r.AUC, a.AP, b.AP)
		}
	})
}

func TestEdgeOfDegenerateCircuits(t *testing.T) {
	two := []circuit.Neuron{{ID: "a", Position: circuit.NoPosition()}, {ID: "b", Position: circuit.NoPosition()}}
	empty, err := circuit.New(two, nil)
	if err != nil {
		t.Fatal(err)
	}
	full, err := empty.WithEdges([]circuit.Edge{{Pre: 0, Post: 1}, {Pre: 1, Post: 0}})
	if err != nil {
		t.Fatal(err)
	}
	p := []float64{9, 0, 1, -3} // the diagonal is not looked at
	s, err := Edge(empty, p)
	if err != nil || !math.IsNaN(s.AUC) || !math.IsNaN(s.AP) || math.IsInf(s.LogLoss, 0) || s.LogLoss < 10 {
		t.Errorf("without edges the scores are %+v (%v)", s, err)
	}
	if s, err = Edge(full, p); err != nil || !math.IsNaN(s.AUC) || s.AP != 1 {
		t.Errorf("of a complete circuit the scores are %+v (%v)", s, err)
	}
	for _, bad := range [][]float64{{0, 0, 0}, {0, 1.1, 0, 0}, {0, math.NaN(), 0, 0}} {
		if _, err := Edge(full, bad); err == nil {
			t.Errorf("probabilities %v are no error", bad)
		}
	}
}

// planted draws circuits of two classes whose probability of an edge is a
// logistic function of distance, steeper for one class pair.
func planted(t *testing.T, circuits int) (drawn []*circuit.Circuit, truth func(c *circuit.Circuit) []float64) {
	t.Helper()
	rng := rand.New(rand.NewPCG(4, 4))
	probability := func(pre, post circuit.Neuron) float64 {
		d := pre.Position.Distance(post.Position) / 100
		if pre.Class == "A" && post.Class == "A" {
			return 1 / (1 + math.Exp(-(1 - 3*d)))
		}
		return 1 / (1 + math.Exp(-(-1.5 - .3*d)))
	}
	truth = func(c *circuit.Circuit) []float64 { return predict(c, probability) }
	for k := range circuits {
		neurons := make([]circuit.Neuron, 60)
		for i := range neurons {
			neurons[i] = circuit.Neuron{
				ID: fmt.Sprint(k, "-", i), Class: circuit.Class([]string{"A", "B"}[rng.IntN(2)]),
				Position: circuit.Position{X: 60 * rng.Float64(), Y: 60 * rng.Float64(), Depth: 400 * rng.Float64()},
			}
		}
		var edges []circuit.Edge
		for i := range neurons {
			for j := range neurons {
				if i != j && rng.Float64() < probability(neurons[i], neurons[j]) {
					edges = append(edges, circuit.Edge{Pre: i, Post: j})
				}
			}
		}
		c, err := circuit.New(neurons, edges)
		if err != nil {
			t.Fatal(err)
		}
		drawn = append(drawn, c.WithOrigin(circuit.Origin{Region: fmt.Sprint("region-", k%5)}))
	}
	return drawn, truth
}

// The strongest baseline must be as strong as it can be: near the truth where
// the truth is of its kind.
func TestBaselines(t *testing.T) {
	circuits, truth := planted(t, 40)
	train, test := circuits[:30], circuits[30:]
	best, err := Evaluate(t.Context(), "truth", test, func(i int) ([]float64, error) { return truth(test[i]), nil }, 100, 1)
	if err != nil {
		t.Fatal(err)
	}
	reports := map[string]Report{}
	for _, b := range Baselines(train) {
		if reports[b.Name()], err = EvaluateBaseline(t.Context(), b, test, 100, 1); err != nil {
			t.Fatal(err)
		}
	}
	near(t, "AUC of density", reports["density"].AUC.Value, .5, 0)
	near(t, "AUC of class × distance", reports["class × distance"].AUC.Value, best.AUC.Value, .005)
	near(t, "log loss of class × distance", reports["class × distance"].LogLoss.Value, best.LogLoss.Value, .003)
	for _, weaker := range []string{"density", "class", "distance"} {
		if a, b := reports[weaker].LogLoss.Value, reports["class × distance"].LogLoss.Value; a < b+.01 {
			t.Errorf("log loss of %s is %.4f, that of class × distance %.4f: want a gap", weaker, a, b)
		}
	}
	// What is right on average is calibrated.
	for k, x := range reports["class × distance"].Calibration.X {
		near(t, fmt.Sprintf("share of edges where %.3f was foretold", x), reports["class × distance"].Calibration.Y[k], x, .05)
	}
}

// Fitting must not depend on the order that maps come in.
func TestBaselinesRepeat(t *testing.T) {
	circuits, _ := planted(t, 6)
	first := FitClassDistance(circuits).Predict(circuits[0])
	for range 3 {
		for i, p := range FitClassDistance(circuits).Predict(circuits[0]) {
			if p != first[i] {
				t.Fatalf("probability %d is %v, and was %v", i, p, first[i])
			}
		}
	}
}

// Classes and places that training did not have get what is known of all.
func TestBaselinesMeetTheUnknown(t *testing.T) {
	train, _ := planted(t, 6)
	strange, err := circuit.New([]circuit.Neuron{
		{ID: "a", Class: "new", Position: circuit.NoPosition()}, {ID: "b", Class: "A", Position: circuit.Position{X: 1e6}},
		{ID: "c", Class: "new", Position: circuit.Position{X: 1}},
	}, []circuit.Edge{{Pre: 0, Post: 1}})
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range Baselines(train) {
		if _, err := Edge(strange, b.Predict(strange)); err != nil {
			t.Errorf("%s: %v", b.Name(), err)
		}
	}
	for _, b := range Baselines(nil) { // nothing is known
		if _, err := Edge(strange, b.Predict(strange)); err != nil {
			t.Errorf("%s without training: %v", b.Name(), err)
		}
	}
}

func TestReport(t *testing.T) {
	circuits, truth := planted(t, 20)
	r, err := Evaluate(t.Context(), "truth", circuits, func(i int) ([]float64, error) { return truth(circuits[i]), nil }, 200, 1)
	if err != nil {
		t.Fatal(err)
	}
	if r.AUC.N != 5 || !(r.AUC.Lo < r.AUC.Value && r.AUC.Value < r.AUC.Hi) {
		t.Errorf("the AUC is %v, want an interval over 5 regions", r.AUC)
	}
	last := len(r.ROC.X) - 1
	if r.ROC.X[0] != 0 || r.ROC.Y[0] != 0 || r.ROC.X[last] != 1 || r.ROC.Y[last] != 1 || last > curvePoints+2 {
		t.Errorf("the ROC runs from (%g, %g) to (%g, %g) in %d points", r.ROC.X[0], r.ROC.Y[0], r.ROC.X[last], r.ROC.Y[last], last)
	}
	if itself, err := Paired(r, r, AUC, 100, 1); err != nil || itself.Value != 0 || itself.Lo != 0 || itself.Hi != 0 {
		t.Errorf("a report gains %v on itself (%v)", itself, err)
	}
	other := r
	other.Scores = r.Scores[:3]
	if _, err := Paired(r, other, AUC, 100, 1); err == nil {
		t.Error("reports of different circuits can be paired")
	}
	other = r
	other.Region = append([]string{"elsewhere"}, r.Region[1:]...)
	if _, err := Paired(r, other, AUC, 100, 1); err == nil {
		t.Error("reports of different regions can be paired")
	}
	broken := errors.New("broken")
	if _, err := Evaluate(t.Context(), "x", circuits, func(int) ([]float64, error) { return nil, broken }, 100, 1); !errors.Is(err, broken) {
		t.Errorf("a failing model gives %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := EvaluateBaseline(ctx, FitDensity(circuits), circuits, 100, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled evaluation gives %v", err)
	}
}

func TestVerdict(t *testing.T) {
	interval := func(v float64) latent.Interval { return latent.Interval{Value: v, Lo: v - .01, Hi: v + .01, N: 4} }
	of := func(model, gain float64) Reconstruction {
		return Reconstruction{
			Kind: "slots", Model: Report{Name: "slots", AUC: interval(model)},
			Baselines: []Report{{Name: "density", AUC: interval(.5)}, {Name: "class × distance", AUC: interval(.7)}},
			Gains:     []Gain{{Over: "density", AUC: interval(model - .5)}, {Over: "class × distance", AUC: interval(gain)}},
		}
	}
	for want, r := range map[string]Reconstruction{
		"does not reach class × distance (AUC 0.700)":      of(.6, -.1),
		"is better than class × distance (AUC 0.700)":      of(.8, .1),
		"cannot be told from class × distance (AUC 0.700)": of(.7, 0),
		"There is no baseline to compare with.":            {},
	} {
		if got := r.Verdict(); !strings.Contains(got, want) {
			t.Errorf("the verdict is %q, want %q", got, want)
		}
	}
	header, rows := of(.6, -.1).Table()
	if len(rows) != 4 || rows[0][0] != "density" || rows[2][0] != "slots" || len(rows[3]) != len(header) {
		t.Errorf("the table has rows %v", rows)
	}
	if _, known := of(.6, 0).Over("none"); known {
		t.Error("a gain over nothing is known")
	}
}
