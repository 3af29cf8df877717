package fidelity

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/latent"
)

// Edges, ids and mask stay where they are; classes and places move together, and
// none is lost.
func TestSwapLabels(t *testing.T) {
	c := deep(t, "AABBC", circuit.Edge{Pre: 0, Post: 1}, circuit.Edge{Pre: 4, Post: 2})
	c, err := c.WithObserved([]bool{true, true, false, true, true})
	if err != nil {
		t.Fatal(err)
	}
	moved := false
	for seed := range uint64(5) {
		swapped, err := SwapLabels(c, rand.New(rand.NewPCG(seed, 1)))
		if err != nil {
			t.Fatal(err)
		}
		type label struct {
			class circuit.Class
			depth float64
		}
		before, after := map[label]int{}, map[label]int{}
		for i, n := range c.Neurons() {
			m := swapped.Neuron(i)
			before[label{n.Class, n.Position.Depth}]++
			after[label{m.Class, m.Position.Depth}]++
			moved = moved || m.Class != n.Class
			if m.ID != n.ID || swapped.Observed(i) != c.Observed(i) {
				t.Fatalf("neuron %d: id %q, observed %t", i, m.ID, swapped.Observed(i))
			}
			for j := range c.Len() {
				if swapped.Has(i, j) != c.Has(i, j) {
					t.Fatalf("%d→%d has moved", i, j)
				}
			}
		}
		for l, n := range before {
			if after[l] != n {
				t.Fatalf("%v: %d before, %d after", l, n, after[l])
			}
		}
	}
	if !moved {
		t.Error("in five draws no class has moved")
	}
}

// By hand: from .5 and .3 to .3 and .1; bounds of .4 and .1 have come
// (.1 + .2) / (.2 + .2) of the way. The mean of ratios would be the same here, so
// the second case has ways of different lengths: (.1 + .0) / (.2 + .05).
func TestClosedByHand(t *testing.T) {
	of := func(values ...float64) Bounds {
		return Bounds{PerPair: values, Region: []string{"a", "b", "c"}[:len(values)]}
	}
	for name, c := range map[string]struct {
		from, at, to Bounds
		want         float64
	}{
		"same ways":  {of(.5, .3), of(.4, .1), of(.3, .1), .75},
		"other ways": {of(.5, .15), of(.4, .15), of(.3, .1), .4},
		"beyond":     {of(.5), of(.2), of(.3), 1.5},
		"no way":     {of(.5), of(.4), of(.5), math.NaN()},
	} {
		got, err := c.at.Closed(c.from, c.to, 50, 1)
		if err != nil {
			t.Fatal(err)
		}
		if math.IsNaN(c.want) != math.IsNaN(got.Value) || math.Abs(got.Value-c.want) > 1e-12 {
			t.Errorf("%s: %v, want %g", name, got, c.want)
		}
	}
	if _, err := of(1).Closed(of(1, 2), of(1), 10, 1); err == nil {
		t.Error("other circuits give no error")
	}
}

func TestOnly(t *testing.T) {
	b := Bounds{Name: "x", PerPair: []float64{1, 2, 3}, Region: []string{"a", "b", "c"}, Draws: 4, Effective: []float64{2, 3, 4}}
	some := b.Only([]int{0, 2}, 20, 1)
	if some.Mean.Value != 2 || some.Mean.N != 2 || some.Region[1] != "c" || some.Effective[1] != 4 || some.Draws != 4 || some.Name != "x" {
		t.Errorf("%+v", some)
	}
}

func TestWithin(t *testing.T) {
	point := func(name string, code, auc float64) RatePoint {
		return RatePoint{Name: name, Code: latent.Interval{Value: code}, AUC: latent.Interval{Value: auc}}
	}
	r := Rate{Points: []RatePoint{point("short", 50, .8), point("long", 800, .92), point("wasteful", 700, .9)}}
	for nats, want := range map[float64]string{40: "", 50: "short", 750: "wasteful", 800: "long"} {
		if p, found := r.Within(nats); p.Name != want || found != (want != "") {
			t.Errorf("within %g nats: %q", nats, p.Name)
		}
	}
}
