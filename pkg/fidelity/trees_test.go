package fidelity

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// bent draws circuits whose edges depend on depth in a way that class pair ×
// distance cannot follow: targets between 100 and 200 µm deep are preferred,
// those above and below avoided.
func bent(t *testing.T, circuits int, s uint64) (drawn []*circuit.Circuit, truth func(c *circuit.Circuit) []float64) {
	t.Helper()
	probability := func(pre, post circuit.Neuron) float64 {
		odds := -2 - pre.Position.Distance(post.Position)/150
		if d := post.Position.Depth; d > 100 && d < 200 {
			odds += 2
		}
		return 1 / (1 + math.Exp(-odds))
	}
	rng := rand.New(rand.NewPCG(s, 4))
	for k := range circuits {
		c, _ := heterogeneous.draw(t, fmt.Sprint("region-", k%6), 50, rng)
		var edges []circuit.Edge
		for i, pre := range c.Neurons() {
			for j, post := range c.Neurons() {
				if i != j && rng.Float64() < probability(pre, post) {
					edges = append(edges, circuit.Edge{Pre: i, Post: j})
				}
			}
		}
		c, err := c.WithEdges(edges)
		if err != nil {
			t.Fatal(err)
		}
		drawn = append(drawn, c)
	}
	return drawn, func(c *circuit.Circuit) []float64 { return predict(c, probability) }
}

// Trees come near a truth that class × distance misses, and do no harm where
// class × distance is the truth.
func TestBoostedTrees(t *testing.T) {
	train, truth := bent(t, 24, 1)
	test, _ := bent(t, 12, 2)
	trees, err := FitBoostedTrees(t.Context(), train, BoostedTreesConfig{}, 1)
	if err != nil {
		t.Fatal(err)
	}
	loss := func(b Baseline, test []*circuit.Circuit) float64 {
		r, err := EvaluateBaseline(t.Context(), b, test, 10, 1)
		if err != nil {
			t.Fatal(err)
		}
		return r.LogLoss.Value
	}
	best, err := Evaluate(t.Context(), "truth", test, func(i int) ([]float64, error) { return truth(test[i]), nil }, 10, 1)
	if err != nil {
		t.Fatal(err)
	}
	plain := loss(FitClassDistance(train), test)
	near(t, "log loss of the trees", loss(trees, test), best.LogLoss.Value, .003)
	if plain < best.LogLoss.Value+.02 || trees.Trees() < 10 {
		t.Errorf("class × distance has a loss of %.4f, the truth of %.4f; %d trees", plain, best.LogLoss.Value, trees.Trees())
	}

	smooth, truth := planted(t, 30)
	if trees, err = FitBoostedTrees(t.Context(), smooth[:20], BoostedTreesConfig{}, 1); err != nil {
		t.Fatal(err)
	}
	near(t, "log loss where class × distance is right", loss(trees, smooth[20:]), loss(FitClassDistance(smooth[:20]), smooth[20:]), .001)
}

func TestLeastOf(t *testing.T) {
	for name, c := range map[string]struct {
		courses [][]float64
		want    int
	}{
		"one":                {[][]float64{{3, 2, 4}}, 1},
		"two that disagree":  {[][]float64{{3, 2, 1}, {1, 1.5, 3}}, 1},
		"one ends and stays": {[][]float64{{5, 6}, {9, 8, 7, 8}}, 2},
		"none":               {nil, 0},
	} {
		if got := leastOf(c.courses); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

func TestBoostedTreesOfTheDegenerate(t *testing.T) {
	train, _ := bent(t, 6, 1)
	strange, err := circuit.New([]circuit.Neuron{
		{ID: "a", Class: "new", Layer: "L9", Position: circuit.NoPosition()}, {ID: "b", Class: "E", Position: circuit.Position{X: 1e6}},
	}, []circuit.Edge{{Pre: 0, Post: 1}})
	if err != nil {
		t.Fatal(err)
	}
	for name, circuits := range map[string][]*circuit.Circuit{"several": train, "one": train[:1], "none": nil, "strange": {strange}} {
		b, err := FitBoostedTrees(t.Context(), circuits, BoostedTreesConfig{Pairs: 3000, Trees: 5}, 1)
		if err != nil || b.Trees() > 5 {
			t.Fatalf("%s: %v", name, err)
		}
		for _, c := range []*circuit.Circuit{strange, train[5]} {
			if _, err := Edge(c, b.Predict(c)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := FitBoostedTrees(ctx, train, BoostedTreesConfig{}, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled gives %v", err)
	}
}
