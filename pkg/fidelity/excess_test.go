package fidelity

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/nullmodel"
)

func null(t *testing.T, name string) nullmodel.Model {
	t.Helper()
	m, err := nullmodel.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Who stores any graph has an AUC of 1 and an excess of 0. Who stores degrees
// has nothing left on nulls of the same degrees, but much on random graphs. Who
// knows that edges come in pairs has something left: the excess that counts.
func TestExcess(t *testing.T) {
	law := sociableLaw{base: -1, sigma: cov2{.5, 0, .5}, rho: 3}
	circuits := law.circuits(t, 24, 40, 1)
	degrees, err := FitDegrees(t.Context(), law.circuits(t, 20, 40, 2), 1)
	if err != nil {
		t.Fatal(err)
	}
	stored := func(_ context.Context, c *circuit.Circuit) ([]float64, error) { return c.Dense(nil), nil }
	byDegree := func(_ context.Context, c *circuit.Circuit) ([]float64, error) {
		return degrees.corrected(Partial{Circuit: c}, unshrunk)
	}
	byPartner := func(_ context.Context, c *circuit.Circuit) ([]float64, error) {
		p := make([]float64, c.Len()*c.Len())
		for i := range c.Len() {
			for j := range c.Len() {
				p[i*c.Len()+j] = .1
				if c.Has(j, i) {
					p[i*c.Len()+j] = .6
				}
			}
		}
		return p, nil
	}
	for name, c := range map[string]struct {
		reconstruct func(context.Context, *circuit.Circuit) ([]float64, error)
		null        string
		least, most float64 // of the AUC's excess
	}{
		"stored":                       {stored, "distance_degree", 0, 0},
		"degrees, of the same degrees": {byDegree, "distance_degree_exact", -.008, .008},
		"degrees, of random graphs":    {byDegree, "er", .1, .4},
		"partners":                     {byPartner, "distance_degree", .1, .4},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := MeasureExcess(t.Context(), name, circuits, c.reconstruct, null(t, c.null), 2, 200, 1)
			if err != nil {
				t.Fatal(err)
			}
			if x := e.AUC.Excess; x.Value < c.least || x.Value > c.most || e.Null != c.null || x.N != 24 {
				t.Errorf("the excess is %v (%v on circuits, %v on nulls), want %g to %g", x, e.AUC.Real, e.AUC.Nulls, c.least, c.most)
			}
			near(t, "excess", e.AUC.Excess.Value, e.AUC.Real.Value-e.AUC.Nulls.Value, 1e-9)
			near(t, "excess of the loss", e.LogLoss.Excess.Value, e.LogLoss.Nulls.Value-e.LogLoss.Real.Value, 1e-9)
		})
	}

	broken := errors.New("broken")
	fails := func(context.Context, *circuit.Circuit) ([]float64, error) { return nil, broken }
	if _, err := MeasureExcess(t.Context(), "x", circuits, fails, null(t, "er"), 1, 10, 1); !errors.Is(err, broken) || !strings.Contains(err.Error(), "circuit ") {
		t.Errorf("a failing model gives %v", err)
	}
	if _, err := MeasureExcess(t.Context(), "x", circuits, stored, null(t, "er"), 0, 10, 1); err == nil || !strings.Contains(err.Error(), "0 draws") {
		t.Errorf("no draws give %v", err)
	}
	if _, err := MeasureExcess(t.Context(), "x", circuits, stored, nullmodel.Model{}, 1, 10, 1); err == nil {
		t.Error("an empty null model gives no error")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := MeasureExcess(ctx, "x", circuits, stored, null(t, "er"), 1, 10, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled gives %v", err)
	}
}
