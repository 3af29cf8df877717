package fidelity

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// deep makes a circuit of neurons of given classes, each deeper than the last.
func deep(t *testing.T, classes string, edges ...circuit.Edge) *circuit.Circuit {
	t.Helper()
	var neurons []circuit.Neuron
	for i, class := range strings.Split(classes, "") {
		neurons = append(neurons, circuit.Neuron{ID: string(rune('a' + i)), Class: circuit.Class(class), Position: circuit.Position{Depth: float64(i)}})
	}
	c, err := circuit.New(neurons, edges)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// By hand: of two neurons of A, the upper stands beside the first of three,
// ⌊½·3/2⌋ = 0, the lower beside the last, ⌊1½·3/2⌋ = 2; B beside the second of
// two, ⌊½·2/1⌋ = 1; C beside nothing.
func TestAlignByHand(t *testing.T) {
	c, d := deep(t, "AABC"), deep(t, "ABABA")
	if got, want := Align(c, d), []int{0, 4, 3, -1}; !slices.Equal(got, want) {
		t.Errorf("beside the neurons stand %v, want %v", got, want)
	}
}

// By hand: of c's edges 0→1, 1→0 and 0→2, d has the first alone, and one more
// from its 2: one of four.
func TestOverlapByHand(t *testing.T) {
	c := deep(t, "AAB", circuit.Edge{Pre: 0, Post: 1}, circuit.Edge{Pre: 1, Post: 0}, circuit.Edge{Pre: 0, Post: 2})
	d := deep(t, "AAB", circuit.Edge{Pre: 0, Post: 1}, circuit.Edge{Pre: 2, Post: 0})
	near(t, "overlap", Overlap(c, d), .25, 0)
	masked, err := c.WithObserved([]bool{true, true, false})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "overlap without c's row 2", Overlap(masked, d), 1./3, 1e-15)
	for name, c := range map[string]*circuit.Circuit{"no edges": deep(t, "AAB"), "no class in common": deep(t, "XX", circuit.Edge{Pre: 0, Post: 1})} {
		if o := Overlap(c, deep(t, "AAB")); !math.IsNaN(o) {
			t.Errorf("%s: overlap is %g, want NaN", name, o)
		}
	}
}

// However its neurons are ordered, a circuit overlaps itself entirely.
func TestOverlapIsOfCircuitsNotOrders(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
		c, _ := heterogeneous.draw(t, "x", rapid.IntRange(2, 20).Draw(rt, "n"), rng)
		turned, err := c.Subcircuit(rng.Perm(c.Len()))
		if err != nil {
			rt.Fatal(err)
		}
		other, _ := heterogeneous.draw(t, "y", 12, rng)
		if o := Overlap(c, turned); c.Edges() > 0 && o != 1 {
			rt.Fatalf("overlap with itself is %g", o)
		}
		if a, b := Overlap(c, other), Overlap(turned, other); a != b && !(math.IsNaN(a) && math.IsNaN(b)) {
			rt.Fatalf("overlap with another is %g, relabelled %g", a, b)
		}
	})
}

// Going over edges gives what going over pairs gives.
func TestOverlapCountsPairs(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
		c, d := masked(t, rapid.IntRange(2, 20).Draw(rt, "n"), rng), masked(t, rapid.IntRange(2, 20).Draw(rt, "m"), rng)
		beside := Align(c, d)
		both, either := 0., 0.
		for i, a := range beside {
			for j, b := range beside {
				if a < 0 || b < 0 || a == b || !c.Observed(i) || !d.Observed(a) {
					continue
				}
				if c.Has(i, j) || d.Has(a, b) {
					either++
				}
				if c.Has(i, j) && d.Has(a, b) {
					both++
				}
			}
		}
		if got, want := Overlap(c, d), over(both, either); got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
			rt.Fatalf("overlap is %g, want %g", got, want)
		}
	})
}

func TestNoveltyFindsCopies(t *testing.T) {
	train, heldOut := heterogeneous.circuits(t, 60, 25, 1), heterogeneous.circuits(t, 60, 25, 2)
	novelty := func(generated []*circuit.Circuit) Novelty {
		n, err := MeasureNovelty(t.Context(), "test", generated, heldOut, train, 200, 1)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	fresh := novelty(heterogeneous.circuits(t, 60, 25, 3))
	if fresh.Memorised > .1 || fresh.Unique != 1 || math.Abs(fresh.Nearest.Value-fresh.HeldOut.Value) > .02 || fresh.Closest > .6 {
		t.Errorf("of the same law: %+v", fresh)
	}
	// Half are training circuits in another order of neurons, of which one edge in
	// ten is lost; one of these stands there twice.
	rng := rand.New(rand.NewPCG(1, 1))
	half := heterogeneous.circuits(t, 60, 25, 3)
	for k := range 30 {
		lossy, err := train[k].WithEdges(slices.DeleteFunc(train[k].EdgeList(), func(circuit.Edge) bool { return rng.Float64() < .1 }))
		if err == nil {
			half[k], err = lossy.Subcircuit(rng.Perm(25))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	half[59] = half[0]
	copied := novelty(half)
	if copied.Memorised < .5 || copied.Memorised > .6 || copied.Closest < .85 || math.Abs(copied.Unique-58./60) > 1e-12 {
		t.Errorf("half of them copies: %+v", copied)
	}
	if _, err := MeasureNovelty(t.Context(), "x", nil, heldOut, train, 10, 1); err == nil || !strings.Contains(err.Error(), "0 generated") {
		t.Errorf("nothing generated gives %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := MeasureNovelty(ctx, "x", half, heldOut, train, 10, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled gives %v", err)
	}
}

// A copy of what is alike by chance only is worth next to nothing, and does no
// harm; where test circuits are in training, it is worth all.
func TestCopies(t *testing.T) {
	train, test := heterogeneous.circuits(t, 60, 30, 1), relabelled(heterogeneous.circuits(t, 10, 30, 2), "test-")
	plain, err := EvaluateBaseline(t.Context(), FitClassDistance(train), test, 200, 1)
	if err != nil {
		t.Fatal(err)
	}
	copies, err := FitCopies(t.Context(), train)
	if err != nil {
		t.Fatal(err)
	}
	r, err := copies.Read(t.Context(), test, 200, 1)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "loss", r.Report.LogLoss.Value, plain.LogLoss.Value, .01)
	near(t, "code", r.Code.Value, math.Log(60), 1e-12)
	near(t, "bound", r.Bounds.Mean.Value, r.Report.LogLoss.Value+math.Log(60)/870, 1e-12)

	// The same tissue under other names of regions: every circuit is there twice.
	twice, err := FitCopies(t.Context(), slices.Concat(train, relabelled(train, "again-")))
	if err != nil {
		t.Fatal(err)
	}
	if r, err = twice.Read(t.Context(), relabelled(train[:5], "test-"), 200, 1); err != nil || r.Report.AUC.Value < .999 || r.Report.LogLoss.Value > .01 {
		t.Errorf("of what is in training, the AUC is %v, the loss %v (%v)", r.Report.AUC, r.Report.LogLoss, err)
	}
	for name, train := range map[string][]*circuit.Circuit{"none": nil, "one region": train[:1], "other classes": {deep(t, "XY", circuit.Edge{Pre: 0, Post: 1}), deep(t, "XYZ").WithOrigin(circuit.Origin{Region: "r"})}} {
		c, err := FitCopies(t.Context(), train)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Read(t.Context(), test, 10, 1); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
