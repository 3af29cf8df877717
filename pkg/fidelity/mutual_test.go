package fidelity

import (
	"fmt"
	"math"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/seed"
)

// By hand: of three neurons with p = .5 throughout, three pairs have .25 expected
// mutual ones each. 0↔1 is mutual. Without the row of neuron 2 one pair is left.
func TestCountMutualByHand(t *testing.T) {
	neurons := []circuit.Neuron{{ID: "a"}, {ID: "b"}, {ID: "c"}}
	c, err := circuit.New(neurons, []circuit.Edge{{Pre: 0, Post: 1}, {Pre: 1, Post: 0}, {Pre: 1, Post: 2}})
	if err != nil {
		t.Fatal(err)
	}
	p := []float64{0, .5, .5, .5, 0, .5, .5, .5, 0}
	if got, want := countMutual(c, p), (MutualCount{1, .75}); got != want {
		t.Errorf("%v, by hand %v", got, want)
	}
	if c, err = c.WithObserved([]bool{true, true, false}); err != nil {
		t.Fatal(err)
	}
	if got, want := countMutual(c, p), (MutualCount{1, .25}); got != want {
		t.Errorf("with two rows %v, by hand %v", got, want)
	}
	counts := []MutualCount{{3, 1}, {0, 1}}
	if r := MutualRatio(counts, []string{"x", "y"}, 100, 1); r.Value != 1.5 || r.N != 2 {
		t.Errorf("ratio %v, by hand 3/2", r)
	}
	if e := MutualError(counts, []MutualCount{{2, 1}, {2, 1}}, []string{"x", "y"}, 100, 1); math.Abs(e.Value+.25) > 1e-12 {
		t.Errorf("error %v, by hand 1.5/2 − 1", e)
	}
}

// The ratio that is counted is the true one but for the tenth that shrinkage leaves
// of what hubs make, though hubs, classes and distances make p and q alike: counted
// without them it is one and a half times as large or more.
func TestCountedRatioIsTheTrueOne(t *testing.T) {
	for _, rho := range []float64{0, 1.2} {
		t.Run(fmt.Sprint("rho ", rho), func(t *testing.T) {
			law := sociableLaw{base: -1.2, sigma: cov2{.8, .4, .4}, rho: rho}
			var circuits []*circuit.Circuit
			var both, independent, plain float64
			for k := range 16 {
				c, u := law.draw(t, fmt.Sprint("region-", k), 50, seed.Seed(5).Stream("ratio", k))
				circuits = append(circuits, c)
				for i := range c.Len() {
					for j := range i {
						a, b := c.Neuron(i), c.Neuron(j)
						o := outcomesOf(math.Exp(law.theta(a, b)+u[2*i]+u[2*j+1]), math.Exp(law.theta(b, a)+u[2*j]+u[2*i+1]), math.Exp(rho))
						both, independent = both+o.both, independent+o.p*o.q
						density := float64(c.Edges()) / float64(c.Len()*(c.Len()-1))
						plain += density * density
					}
				}
			}
			d := &Degrees{base: FitClassDistance(circuits), spread: .75}
			counts, err := d.CountMutual(t.Context(), circuits)
			if err != nil {
				t.Fatal(err)
			}
			mutual := 0.
			for _, c := range counts {
				mutual += c.Mutual
			}
			got, want := MutualRatio(counts, connectome.Regions(circuits), 100, 1).Value, both/independent
			if math.Abs(got/want-1) > .16 {
				t.Errorf("ratio %.3f, true %.3f", got, want)
			}
			if mutual/plain < 1.5*want {
				t.Errorf("the test is too easy: counted without classes, distance and hubs, the ratio is %.3f for a true %.3f", mutual/plain, want)
			}
		})
	}
}

// A model that makes the same circuits again has no error; one that makes none of
// the mutual pairs has lost all.
func TestPlantedMutual(t *testing.T) {
	real := sociableLaw{base: -1, sigma: cov2{.4, 0, .4}, rho: 1}.circuits(t, 6, 25, 7)
	torn := make([]*circuit.Circuit, len(real))
	for k, c := range real {
		var edges []circuit.Edge
		for _, e := range c.EdgeList() {
			if e.Pre < e.Post || !c.Has(e.Post, e.Pre) {
				edges = append(edges, e)
			}
		}
		var err error
		if torn[k], err = c.WithEdges(edges); err != nil {
			t.Fatal(err)
		}
	}
	d := &Degrees{spread: .5}
	p, err := PlantedMutual(t.Context(), d, 2, real, real, torn, 50, 1)
	if err != nil {
		t.Fatal(err)
	}
	if !p.Feasible || p.Planted != 2 || p.Real != p.Generated || p.Error.Value != 0 || p.Independent.Value != 0 || p.IndependentError.Value != -1 {
		t.Errorf("%+v", p)
	}
	if _, err := PlantedMutual(t.Context(), d, 2, real, real[1:], torn, 50, 1); err == nil {
		t.Error("one circuit less is no error")
	}
	m := Mutual{Points: []MutualPoint{p, {Planted: 4, Error: p.IndependentError}, {Planted: 3, Feasible: true, Error: p.IndependentError}}}
	if worst := m.Worst(); worst.Planted != 3 {
		t.Errorf("the worst point is %g, want 3: 4 is not feasible", worst.Planted)
	}
}
