package fidelity

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
)

func tell(t *testing.T, real, generated []*circuit.Circuit) TwoSample {
	t.Helper()
	r, err := Classify(t.Context(), "test", real, generated, cheap, 300, 1)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// relabelled gives circuits regions of their own.
func relabelled(circuits []*circuit.Circuit, prefix string) []*circuit.Circuit {
	named := make([]*circuit.Circuit, len(circuits))
	for k, c := range circuits {
		named[k] = c.WithOrigin(circuit.Origin{Region: fmt.Sprint(prefix, k)})
	}
	return named
}

// Of the same law, nobody can tell; without sender effects, anybody can, by the
// out-degrees.
func TestClassifierSeesWhatDiffers(t *testing.T) {
	real := heterogeneous.circuits(t, 150, 25, 1)
	for name, generated := range map[string][]*circuit.Circuit{
		"other regions": relabelled(heterogeneous.circuits(t, 150, 25, 2), "other-"),
		"same regions":  heterogeneous.circuits(t, 150, 25, 3),
	} {
		same := tell(t, real, generated)
		for _, auc := range []float64{same.Logistic.Value, same.Trees.Value} {
			// The sd of an AUC of 150 and 150 is √((m+n+1)/12mn) = .033.
			near(t, name+": AUC of the same law", auc, .5, .1)
		}
		// The better of two, each with that sd or √2 of it for half as many: a little
		// above a half.
		if same.Floor < .45 || same.Floor > .62 || same.Floor95 < same.Floor || same.Floor95 > .75 {
			t.Errorf("%s: the floor is %g, its 95th percentile %g", name, same.Floor, same.Floor95)
		}
		if same.Logistic.Lo > .5 || same.Logistic.Hi < .5 || same.Regions != map[string]int{"other regions": 300, "same regions": 150}[name] {
			t.Errorf("%s: %+v", name, same)
		}
	}

	alike := heterogeneous
	alike.sigma, alike.base = cov2{.02, 0, .3}, heterogeneous.base+.3
	other := tell(t, real, alike.circuits(t, 150, 25, 3))
	if other.Logistic.Lo < .9 || other.Trees.Lo < .85 || other.AUC().Value < other.Trees.Value {
		t.Errorf("without sender effects the AUC is %v and %v", other.Logistic, other.Trees)
	}
	if top := other.Telling[0]; !strings.HasPrefix(top.Measure, "out_degree") || top.Weight > 0 {
		t.Errorf("what tells is %+v, want a smaller spread of out-degrees", other.Telling)
	}
}

// Copies cannot be told from what they are copies of, however many there are of
// a region.
func TestClassifierCannotTellCopies(t *testing.T) {
	real := heterogeneous.circuits(t, 40, 20, 1)
	r := tell(t, real, real)
	near(t, "logistic", r.Logistic.Value, .5, 1e-9)
	near(t, "trees", r.Trees.Value, .5, 1e-9)
}

// By hand: one measure, −1 and 1, one generated circuit at each end of four,
// three of four of one kind at either end; with the ridge λ on the weight w and
// none on the intercept, which is 0, 4·(3/4 − σ(w)) = λ·w.
func TestRidgeByHand(t *testing.T) {
	x := [][]float64{{-1}, {-1}, {-1}, {-1}, {1}, {1}, {1}, {1}}
	y := []bool{true, false, false, false, true, true, true, false}
	w, err := fitRidge(x, y, countUp(8))
	if err != nil {
		t.Fatal(err)
	}
	near(t, "intercept", w[0], 0, 1e-9)
	near(t, "slope of the penalised likelihood", 8*(.75-1/(1+math.Exp(-w[1])))-classifierRidge*w[1], 0, 1e-5)
}

func TestClassifierFaults(t *testing.T) {
	c, _ := heterogeneous.draw(t, "x", 8, rand.New(rand.NewPCG(1, 1)))
	some := []*circuit.Circuit{c, masked(t, 8, rand.New(rand.NewPCG(2, 1)))}
	if _, err := Classify(t.Context(), "x", some, nil, nil, 10, 1); err == nil || !strings.Contains(err.Error(), "0 generated") {
		t.Errorf("nothing generated gives %v", err)
	}
	if _, err := Classify(t.Context(), "x", some[:1], some[:1], cheap, 10, 1); err == nil || !strings.Contains(err.Error(), "one region") {
		t.Errorf("one region gives %v", err)
	}
	if _, err := Classify(t.Context(), "x", some, some, []string{"densty"}, 10, 1); err == nil || !strings.Contains(err.Error(), "density") {
		t.Errorf("an unknown measure gives %v", err)
	}
	// Undefined measures, and measures that do not vary, are no trouble.
	if r, err := Classify(t.Context(), "x", some, some, cheap, 10, 1); err != nil || math.IsNaN(r.Logistic.Value) || !math.IsNaN(r.Floor) {
		t.Errorf("two circuits, one masked, give %+v (%v)", r, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Classify(ctx, "x", some, some, cheap, 10, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled gives %v", err)
	}
}
