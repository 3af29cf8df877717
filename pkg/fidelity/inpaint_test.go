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
)

// masked is a circuit of which every fifth row was not observed.
func masked(t testing.TB, n int, rng *rand.Rand) *circuit.Circuit {
	t.Helper()
	c, _ := heterogeneous.draw(t, "masked", n, rng)
	rows := make([]bool, n)
	for i := range rows {
		rows[i] = i%5 != 4
	}
	c, err := c.WithObserved(rows)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// ways are those of hiding.
var ways = map[string]func(*circuit.Circuit, float64, *rand.Rand) (Puzzle, error){"pairs": HidePairs, "rows": HideRows}

// Every observed pair is either visible, as it was, or asked for, and then
// nothing of it is left.
func TestHiddenPairsAreHidden(t *testing.T) {
	for name, hide := range ways {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
				n := rapid.IntRange(6, 15).Draw(rt, "n")
				c := masked(t, n, rng)
				p, err := hide(c, .2, rng)
				if err != nil {
					rt.Fatal(err)
				}
				asked := map[circuit.Edge]bool{}
				for k, e := range p.Asked() {
					asked[e] = true
					if p.Partial.Circuit.Has(e.Pre, e.Post) || p.answer[k] != c.Has(e.Pre, e.Post) {
						rt.Fatalf("%v is asked for: visible %v, answer %v, truth %v", e, p.Partial.Circuit.Has(e.Pre, e.Post), p.answer[k], c.Has(e.Pre, e.Post))
					}
				}
				if want := int(math.Round(.2 * float64(c.ObservedRows()*(n-1)))); name == "pairs" && len(asked) != want {
					rt.Fatalf("%d pairs are asked for, want %d", len(asked), want)
				}
				mask := p.Partial.Mask()
				for i := range n {
					for j := range n {
						visible := p.Partial.Visible(i, j)
						if mask[i*n+j] != visible || visible != (i != j && c.Observed(i) && !asked[circuit.Edge{Pre: i, Post: j}]) {
							rt.Fatalf("%d→%d: visible %v, asked %v", i, j, visible, asked[circuit.Edge{Pre: i, Post: j}])
						}
						if visible && p.Partial.Circuit.Has(i, j) != c.Has(i, j) {
							rt.Fatalf("%d→%d is visible, but not as it was", i, j)
						}
					}
				}
			})
		})
	}
}

// inpainters are all that the package has, fitted to a few circuits.
func inpainters(t testing.TB, count, n int) []Inpainter {
	t.Helper()
	all, err := Inpainters(t.Context(), heterogeneous.circuits(t, count, n, 3), SenderReceiverConfig{}, 1)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// What is hidden changes nothing: the same puzzle made of a circuit with all its
// hidden pairs turned round gets the same answers, to the bit.
func TestInpaintersCannotPeek(t *testing.T) {
	all := inpainters(t, 12, 30)
	for name, hide := range ways {
		c := masked(t, 30, rand.New(rand.NewPCG(3, 3)))
		p, err := hide(c, .2, rand.New(rand.NewPCG(4, 4)))
		if err != nil {
			t.Fatal(err)
		}
		edges := p.Partial.Circuit.EdgeList()
		for k, e := range p.Asked() {
			if !p.answer[k] {
				edges = append(edges, e)
			}
		}
		turned, err := c.WithEdges(edges)
		if err != nil {
			t.Fatal(err)
		}
		q, err := hide(turned, .2, rand.New(rand.NewPCG(4, 4)))
		if err != nil {
			t.Fatal(err)
		}
		for _, in := range all {
			a, errA := in.Inpaint(t.Context(), p.Partial, rand.New(rand.NewPCG(5, 5)))
			b, errB := in.Inpaint(t.Context(), q.Partial, rand.New(rand.NewPCG(5, 5)))
			if err := errors.Join(errA, errB); err != nil {
				t.Fatal(err)
			}
			for k := range a {
				if a[k] != b[k] {
					t.Fatalf("%s, hidden %s: pair %d→%d has %g, and %g with hidden pairs turned round", in.Name(), name, k/30, k%30, a[k], b[k])
				}
			}
		}
	}
}

// knowing is an answer that knows the effects that circuits were drawn with.
type knowing struct {
	law     sociableLaw
	effects map[string][]float64 // by region
}

func (knowing) Name() string { return "truth" }

func (k knowing) Inpaint(_ context.Context, v Partial, _ *rand.Rand) ([]float64, error) {
	u, n := k.effects[v.Circuit.Origin().Region], v.Circuit.Len()
	p := make([]float64, n*n)
	for i, pre := range v.Circuit.Neurons() {
		for j, post := range v.Circuit.Neurons() {
			if i == j {
				continue
			}
			x := math.Exp(k.law.theta(pre, post) + u[2*i] + u[2*j+1])
			y := math.Exp(k.law.theta(post, pre) + u[2*j] + u[2*i+1])
			p[i*n+j] = given(v.state(j, i), x, math.Exp(k.law.rho), outcomesOf(x, y, math.Exp(k.law.rho)).p)
		}
	}
	return p, nil
}

// On circuits of its own law, the posterior of the effects is the best answer
// there is, short of knowing them; and each answer that uses more of what is
// visible is better.
func TestInpaintersStandInOrder(t *testing.T) {
	all := inpainters(t, 20, 50)
	truth := knowing{heterogeneous, map[string][]float64{}}
	var test []*circuit.Circuit
	for k := range 16 {
		c, u := heterogeneous.draw(t, fmt.Sprint("test-", k), 50, rand.New(rand.NewPCG(9, uint64(k))))
		test = append(test, c)
		truth.effects[c.Origin().Region] = u
	}
	for name, hide := range ways {
		t.Run(name, func(t *testing.T) {
			puzzles, err := Hide(test, .2, hide, 1)
			if err != nil {
				t.Fatal(err)
			}
			var reports []Report
			for _, in := range append(all, truth) {
				r, err := EvaluateInpainting(t.Context(), in, puzzles, 200, 1)
				if err != nil {
					t.Fatal(err)
				}
				t.Logf("%s: AUC %v, AP %v, %v nats", r.Name, r.AUC, r.AP, r.LogLoss)
				reports = append(reports, r)
			}
			for k := 1; k < len(reports); k++ {
				if gain, err := Paired(reports[k-1], reports[k], LogLoss, 200, 1); err != nil || !(gain.Lo > 0) {
					t.Errorf("hidden %s: %s is %v nats a pair better than %s (%v), want an interval above 0", name, reports[k].Name, gain, reports[k-1].Name, err)
				}
			}
			near(t, "AUC of density", reports[0].AUC.Value, .5, 0)
			// Effects are known to within the sd of their posterior; the sender effect
			// of a hidden row hardly at all, which costs what it is worth: the .1 by
			// which knowing sender effects raises the AUC over class × distance.
			best, known := reports[3], reports[4]
			near(t, "AUC of the posterior", best.AUC.Value, known.AUC.Value, map[string]float64{"pairs": .03, "rows": .1}[name])
		})
	}
}

func TestDegreesChooseTheirSpread(t *testing.T) {
	for _, c := range []struct {
		law      sociableLaw
		min, max float64
	}{{heterogeneous, .5, 1}, {sociableLaw{-1, cov2{1e-6, 0, 1e-6}, 0}, .1, .25}} {
		d, err := FitDegrees(t.Context(), c.law.circuits(t, 30, 40, 1), 1)
		if err != nil || d.Spread() < c.min || d.Spread() > c.max {
			t.Errorf("planted variances %v: the chosen sd is %g (%v), want %g to %g", c.law.sigma, d.Spread(), err, c.min, c.max)
		}
	}
	if d, err := FitDegrees(t.Context(), nil, 1); err != nil || d.Spread() != 1 {
		t.Errorf("without training the sd is %g (%v), want 1", d.Spread(), err)
	}
}

// broken says more than it may.
type broken struct{ p []float64 }

func (broken) Name() string { return "broken" }

func (b broken) Inpaint(context.Context, Partial, *rand.Rand) ([]float64, error) { return b.p, nil }

func TestInpaintingFaults(t *testing.T) {
	c, _ := heterogeneous.draw(t, "x", 6, rand.New(rand.NewPCG(1, 1)))
	rng := rand.New(rand.NewPCG(1, 1))
	for name, hide := range ways {
		for _, share := range []float64{0, 1, -1, .001, .999, math.NaN()} {
			if _, err := hide(c, share, rng); err == nil || !strings.Contains(err.Error(), "share") {
				t.Errorf("hiding a share of %g of the %s gives %v", share, name, err)
			}
		}
	}
	puzzles, err := Hide([]*circuit.Circuit{c}, .5, HidePairs, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range [][]float64{nil, make([]float64, 35), {0: 0, 1: 7, 35: 0}} {
		for k := range p {
			p[k] = max(p[k], float64(k%2)*2)
		}
		if _, err := EvaluateInpainting(t.Context(), broken{p}, puzzles, 10, 1); err == nil || !strings.Contains(err.Error(), "broken: circuit 0") {
			t.Errorf("probabilities %v give %v", p, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, in := range inpainters(t, 3, 12) {
		if _, err := EvaluateInpainting(ctx, in, puzzles, 10, 1); !errors.Is(err, context.Canceled) {
			t.Errorf("%s, cancelled, gives %v", in.Name(), err)
		}
	}
	// Nothing was asked: nothing is scored.
	if r, err := EvaluateInpainting(t.Context(), broken{}, nil, 10, 1); err != nil || !math.IsNaN(r.AUC.Value) {
		t.Errorf("no puzzles give %v (%v)", r.AUC, err)
	}
}
