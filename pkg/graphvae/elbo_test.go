package graphvae

import (
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/internal/mlx"
	"github.com/cortigen/cortigen/pkg/seed"
)

// klOf evaluates klGraph for one dimension.
func klOf(t *testing.T, mean, logVar float32) float64 {
	t.Helper()
	backend, err := mlx.OpenGo()
	if err != nil {
		t.Fatal(err)
	}
	kl, err := graph.CallOnce(backend.Compute, klGraph, mlx.Tensor([]float32{mean}, 1, 1), mlx.Tensor([]float32{logVar}, 1, 1))
	if err != nil {
		t.Fatal(err)
	}
	flat, err := mlx.Floats(kl)
	if err != nil {
		t.Fatal(err)
	}
	return float64(flat[0])
}

func TestKL(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, c := range []struct {
		mean, logVar float32
		want         float64 // by hand
	}{
		{0, 0, 0},
		{1, 0, .5},
		{-2, 0, 2},
		{0, 2, (math.E*math.E - 3) / 2},
		{.5, -3, (.25 + math.Exp(-3) + 2) / 2},
	} {
		got := klOf(t, c.mean, c.logVar)
		if math.Abs(got-c.want) > 1e-6*(1+c.want) { // float32
			t.Errorf("KL(N(%g, e^%g) ‖ N(0, 1)) = %g, by hand %g", c.mean, c.logVar, got, c.want)
		}
		// And by its definition, the mean of log q(z) − log p(z) over z ~ q.
		const draws = 20000
		var sum, square float64
		sd := math.Exp(float64(c.logVar) / 2)
		for range draws {
			e := rng.NormFloat64()
			z := float64(c.mean) + sd*e
			x := (z*z-e*e)/2 - math.Log(sd)
			sum += x
			square += x * x
		}
		estimate := sum / draws
		error5 := 5 * math.Sqrt(max(0, square/draws-estimate*estimate)/draws)
		if math.Abs(got-estimate) > error5+1e-6 {
			t.Errorf("KL(N(%g, e^%g) ‖ N(0, 1)) = %g, by Monte Carlo %g ± %g", c.mean, c.logVar, got, estimate, error5)
		}
	}
}

// tinyModel is a model and a batch of circuits, some rows of which are not
// observed, for tests of what is inside.
func tinyModel(tb testing.TB) (*Model, []*circuit.Circuit) {
	tb.Helper()
	backend, err := GoBackend()
	if err != nil {
		tb.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(5, 6))
	circuits := make([]*circuit.Circuit, 6)
	for k := range circuits {
		n := 3 + k%4
		neurons := make([]circuit.Neuron, n)
		observed := make([]bool, n)
		var edges []circuit.Edge
		for i := range neurons {
			neurons[i] = circuit.Neuron{ID: strconv.Itoa(i), Class: []circuit.Class{"E", "I"}[i%2], Position: circuit.NoPosition()}
			observed[i] = (i+k)%3 > 0
			for j := range n {
				if i != j && rng.Float64() < .4 {
					edges = append(edges, circuit.Edge{Pre: i, Post: j})
				}
			}
		}
		c, err := circuit.New(neurons, edges)
		if err == nil {
			c, err = c.WithObserved(observed)
		}
		if err != nil {
			tb.Fatal(err)
		}
		circuits[k] = c.Canonical()
	}
	m, err := New(backend, Config{Classes: Vocabulary(circuits), Slots: 7, Latent: 3, Hidden: 8, Rank: 3, Stages: 2}, seed.Seed(7))
	if err != nil {
		tb.Fatal(err)
	}
	return m, circuits
}

// gradientOf returns the loss at a fixed noise, and its gradient by each
// weight, by path.
func gradientOf(tb testing.TB, m *Model, circuits []*circuit.Circuit) func() (loss float64, gradient map[string][]float32) {
	tb.Helper()
	const beta = .7
	exec, err := model.NewExec(m.backend.mlx.Compute, m.store, func(scope *model.Scope, nodes []*graph.Node) []*graph.Node {
		in, noise, _ := m.config.unpackGraph(nodes)
		terms := elboGraph(weightsGraph{scope.Store(), nodes[0].Graph()}, m.config, in, noise).fourGraph()
		loss := graph.Add(graph.ReduceAllMean(graph.Add(terms[0], terms[1])), graph.MulScalar(graph.ReduceAllMean(graph.ReduceSum(terms[2], -1)), beta))
		if m.config.Kind == Exchangeable {
			loss = graph.Add(loss, graph.MulScalar(graph.ReduceAllMean(terms[3]), beta))
		}
		return append([]*graph.Node{loss}, scope.BuildTrainableVariablesGradientsGraph(loss)...)
	})
	if err != nil {
		tb.Fatal(err)
	}
	args := argumentsOf(m, circuits)
	return func() (float64, map[string][]float32) {
		tb.Helper()
		out, err := run(exec, "gradient", args...)
		if err != nil {
			tb.Fatal(err)
		}
		gradient := map[string][]float32{}
		i := 1
		for v := range m.store.IterVariables() {
			if isWeight(v) {
				gradient[v.Path()] = out[i]
				i++
			}
		}
		if i != len(out) {
			tb.Fatalf("%d gradients for %d weights", len(out)-1, i-1)
		}
		return float64(out[0][0]), gradient
	}
}

// argumentsOf are the first arguments of a program: a batch and fixed noise.
func argumentsOf(m *Model, circuits []*circuit.Circuit) []any {
	b, rng := packBatch(circuits, len(circuits), m.config.width(circuits), m.config), seed.Seed(8).Stream("noise")
	if m.config.Kind == Slots {
		return append(b.tensors(), normal(rng, len(circuits), m.config.Latent))
	}
	e := m.config.newNoise(len(circuits), b.slots)
	for i, c := range circuits {
		e.draw(i, c.Len(), rng)
	}
	return append(b.tensors(), e.tensors()...)
}

// tinyModels make a small model of each kind, with circuits for it, and one that
// says the composition. Tables of Exchangeable models start at 0, so their weights
// are shaken.
var tinyModels = map[string]func(t *testing.T) (*Model, []*circuit.Circuit){
	"slots": func(t *testing.T) (*Model, []*circuit.Circuit) { return tinyModel(t) },
	"exchangeable": func(t *testing.T) (*Model, []*circuit.Circuit) {
		m, circuits := tinyExchangeable(t, nil)
		shake(t, m, .1)
		return m, circuits
	},
	"composition": func(t *testing.T) (*Model, []*circuit.Circuit) {
		m, circuits := tinyExchangeable(t, func(c *Config) { c.Composition = true })
		shake(t, m, .12)
		expectFew(t, m)
		return m, circuits
	},
}

// The gradient of the whole bound, weight by weight, against central
// differences in random directions. In float32 the loss, 21 nats, is good to
// 2e-6, which a step of 1e-3 turns into 1e-3 of the slope; longer steps run over
// the kinks of ReLU and maximum. The tolerance allows three such errors, and 1 %
// of the gradient's norm for curvature.
func TestGradientByDifferences(t *testing.T) {
	for name, tiny := range tinyModels {
		t.Run(name, func(t *testing.T) { gradientByDifferences(t, tiny) })
	}
}

func gradientByDifferences(t *testing.T, tiny func(*testing.T) (*Model, []*circuit.Circuit)) {
	m, circuits := tiny(t)
	evaluate := gradientOf(t, m, circuits)
	_, gradient := evaluate()
	start, err := m.snapshot(isWeight)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(9, 10))
	for _, path := range slices.Sorted(maps.Keys(gradient)) {
		g := gradient[path]
		norm := length(g)
		if strings.HasPrefix(path, weightScope+"expected/") {
			if norm != 0 {
				t.Errorf("%s is trained, but is to stay as it was fitted", path)
			}
			continue
		}
		if norm == 0 {
			t.Errorf("%s has no influence on the loss", path)
			continue
		}
		for range 2 {
			// Half along the gradient, so that the slope is not lost in noise.
			u := make([]float32, len(g))
			for i := range u {
				u[i] = float32(float64(g[i])/norm + rng.NormFloat64()/math.Sqrt(float64(len(g))))
			}
			unit := length(u)
			var want float64
			for i := range u {
				u[i] /= float32(unit)
				want += float64(u[i]) * float64(g[i])
			}
			const h = 1e-3
			at := func(x float32) float64 { return lossAt(t, m, evaluate, start, path, u, x) }
			before, here, after := at(-h), at(0), at(h)
			// Where a kink of ReLU lies within h, one side still has the gradient's slope.
			miss := math.Abs((after-before)/(2*h) - want)
			if tolerance := .01*norm + 3e-3; miss > tolerance && math.Abs((after-here)/h-want) > tolerance && math.Abs((here-before)/h-want) > tolerance {
				t.Errorf("%s: slopes %g and %g by differences, %g by gradient (its norm %g)", path, (here-before)/h, (after-here)/h, want, norm)
			}
		}
	}
}

func length(v []float32) float64 {
	var square float64
	for _, x := range v {
		square += float64(x) * float64(x)
	}
	return math.Sqrt(square)
}

// lossAt returns the loss at start + h·u in one weight.
func lossAt(t *testing.T, m *Model, evaluate func() (float64, map[string][]float32), start snapshot, path string, u []float32, h float32) float64 {
	t.Helper()
	moved := saved{dimensions: start[path].dimensions, values: make([]float32, len(u))}
	for i, x := range start[path].values {
		moved.values[i] = x + h*u[i]
	}
	if err := m.restore(snapshot{path: moved}); err != nil {
		t.Fatal(err)
	}
	loss, _ := evaluate()
	if err := m.restore(snapshot{path: start[path]}); err != nil {
		t.Fatal(err)
	}
	return loss
}

// Adam's first step is rate·g/(|g| + ε), whatever the size of the gradient: a
// check by hand of optimiser, learning rate and clip.
func TestFirstStep(t *testing.T) {
	for name, tiny := range tinyModels {
		for _, clip := range []float32{1e6, 1e-3} {
			t.Run(fmt.Sprint(name, " clip ", clip), func(t *testing.T) {
				m, circuits := tiny(t)
				_, gradient := gradientOf(t, m, circuits)()
				before, err := m.snapshot(isWeight)
				if err != nil {
					t.Fatal(err)
				}
				const rate, beta = .01, .7
				args := append(argumentsOf(m, circuits), float32(rate), float32(beta), clip)
				if m.config.Kind == Exchangeable {
					args = append(args, float32(beta), float32(1), float32(0))
				}
				if _, err := run(m.step, "step", args...); err != nil {
					t.Fatal(err)
				}
				after, err := m.snapshot(isWeight)
				if err != nil {
					t.Fatal(err)
				}
				var square float64
				for _, g := range gradient {
					square += length(g) * length(g)
				}
				factor := min(1, float64(clip)/math.Sqrt(square))
				const epsilon = 1e-7 // GoMLX's default
				for path, g := range gradient {
					for i := range g {
						clipped := factor * float64(g[i])
						want := -rate * clipped / (math.Abs(clipped) + epsilon)
						got := float64(after[path].values[i] - before[path].values[i])
						// Weights are of order one and float32; where the gradient is of
						// the size of ε, its own rounding shows.
						if math.Abs(got-want) > 1e-5 && math.Abs(clipped) > 1e-5 {
							t.Fatalf("%s[%d] moved by %g, want %g (gradient %g)", path, i, got, want, g[i])
						}
					}
				}
			})
		}
	}
}

// The likelihood of a given code is what the bound reports at that code.
func TestLikelihoodAgreesWithBound(t *testing.T) {
	m, circuits := tinyModel(t)
	ctx, s := context.Background(), seed.Seed(11)
	bounds, err := m.Bound(ctx, circuits, s)
	if err != nil {
		t.Fatal(err)
	}
	p, err := m.Encode(ctx, circuits)
	if err != nil {
		t.Fatal(err)
	}
	noise, err := mlx.Floats(normal(s.Stream("bound", 0), evalBatch, m.config.Latent))
	if err != nil {
		t.Fatal(err)
	}
	z := make([][]float64, len(circuits))
	for i := range z {
		for j, mean := range p.Mean[i] {
			z[i] = append(z[i], mean+float64(noise[i*m.config.Latent+j])*math.Exp(p.LogVar[i][j]/2))
		}
	}
	likelihoods, err := m.Likelihood(ctx, circuits, z)
	if err != nil {
		t.Fatal(err)
	}
	for i, got := range likelihoods {
		if want := -(bounds[i].Edges + bounds[i].Classes); math.Abs(got-want) > 1e-4*math.Abs(want) { // float32
			t.Errorf("circuit %d: log-likelihood %g, by the bound %g", i, got, want)
		}
		var kl float64
		for j, mean := range p.Mean[i] {
			kl += (mean*mean + math.Exp(p.LogVar[i][j]) - 1 - p.LogVar[i][j]) / 2
		}
		if math.Abs(bounds[i].KL-kl) > 1e-4*(1+kl) {
			t.Errorf("circuit %d: KL %g, by the posterior %g", i, bounds[i].KL, kl)
		}
		if want := float64(circuits[i].ObservedRows() * (circuits[i].Len() - 1)); bounds[i].Pairs != want {
			t.Errorf("circuit %d: %g pairs, want %g", i, bounds[i].Pairs, want)
		}
	}
}

// A loss that is not a number ends training with an error that says when and
// what to do; the model keeps the weights of the last good epoch, here those it
// began with.
func TestLossThatIsNotANumber(t *testing.T) {
	m, circuits := tinyModel(t)
	huge := saved{dimensions: []int{m.config.Latent}, values: []float32{1e30, 0, 0}}
	if err := m.restore(snapshot{weightScope + "posterior/mean/bias": huge}); err != nil {
		t.Fatal(err)
	}
	before, err := m.snapshot(isWeight)
	if err != nil {
		t.Fatal(err)
	}
	var last error
	for _, err := range m.Train(context.Background(), circuits, circuits, Training{Steps: 3}, 1) {
		last = err
	}
	if last == nil || !strings.Contains(last.Error(), "epoch 1") || !strings.Contains(last.Error(), "lower the learning rate") {
		t.Errorf("error %v", last)
	}
	after, err := m.snapshot(isWeight)
	if err != nil {
		t.Fatal(err)
	}
	for path, w := range before {
		if !slices.Equal(w.values, after[path].values) {
			t.Errorf("%s changed", path)
		}
	}
}
