package graphvae

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"pgregory.net/rapid"

	"github.com/cortigen/cortigen/pkg/internal/mlx"
)

// dyadCase is one set of pair parameters with as many observations of it as
// there are circuits in the batch.
type dyadCase struct {
	batch
	theta, rho []float32 // [n, n]
}

// dyadGraphs evaluates, on the pure-Go backend, the negative log-likelihood [b]
// of a case, the marginal log-odds [n, n] and the gradient of the first
// circuit's likelihood by theta and rho, [n, n] each.
func dyadGraphs(tb testing.TB) func(c dyadCase) (nll, eta, byTheta, byRho []float32) {
	tb.Helper()
	backend, err := mlx.OpenGo()
	if err != nil {
		tb.Fatal(err)
	}
	exec, err := graph.NewExec(backend.Compute, func(nodes []*graph.Node) []*graph.Node {
		in := inputs{adjacency: nodes[0], classes: nodes[1], real: nodes[2], visible: nodes[3]}
		b, n := in.adjacency.Shape().Dimensions[0], in.adjacency.Shape().Dimensions[1]
		d := dyads{graph.BroadcastToDims(nodes[4], b, n, n), graph.BroadcastToDims(nodes[5], b, n, n)}
		nll := d.nllGraph(in)
		first := graph.ReduceAllSum(graph.Slice(nll, graph.AxisRange(0, 1)))
		gradients := graph.Gradient(first, nodes[4], nodes[5])
		return append([]*graph.Node{nll, graph.Slice(d.marginalGraph(), graph.AxisRange(0, 1))}, gradients...)
	})
	if err != nil {
		tb.Fatal(err)
	}
	return func(c dyadCase) (nll, eta, byTheta, byRho []float32) {
		args := append(c.tensors(), mlx.Tensor(c.theta, 1, c.slots, c.slots), mlx.Tensor(c.rho, 1, c.slots, c.slots))
		var flat [4][]float32
		outputs, err := exec.Call(args...)
		for i := range outputs {
			if err == nil {
				flat[i], err = mlx.Floats(outputs[i])
			}
		}
		if err != nil {
			panic(err)
		}
		return flat[0], flat[1], flat[2], flat[3]
	}
}

// logProbabilities enumerates the four outcomes of a pair in float64: the
// definition in the package comment, with nothing rearranged.
func logProbabilities(forth, back, rho float64) (p [2][2]float64) {
	logZ := math.Inf(-1)
	for a := range 2 {
		for b := range 2 {
			p[a][b] = float64(a)*forth + float64(b)*back + float64(a*b)*rho
			logZ = logAdd(logZ, p[a][b])
		}
	}
	for a := range 2 {
		for b := range 2 {
			p[a][b] -= logZ
		}
	}
	return p
}

func logAdd(x, y float64) float64 {
	top := max(x, y)
	return top + math.Log(math.Exp(x-top)+math.Exp(y-top))
}

// byHand is the negative log-likelihood of circuit k of a case.
func (c dyadCase) byHand(k int) float64 {
	var nll float64
	n := c.slots
	for i := range n {
		for j := i + 1; j < n; j++ {
			if c.real[k*n+i] == 0 || c.real[k*n+j] == 0 {
				continue
			}
			p := logProbabilities(float64(c.theta[i*n+j]), float64(c.theta[j*n+i]), float64(c.rho[i*n+j]))
			a, b := int(c.adjacency[k*n*n+i*n+j]), int(c.adjacency[k*n*n+j*n+i])
			switch iSeen, jSeen := c.visible[k*n*n+i*n+j] == 1, c.visible[k*n*n+j*n+i] == 1; {
			case iSeen && jSeen:
				nll -= p[a][b]
			case iSeen:
				nll -= logAdd(p[a][0], p[a][1])
			case jSeen:
				nll -= logAdd(p[0][b], p[1][b])
			}
		}
	}
	return nll
}

// drawDyads draws a case of one circuit of five slots. Unobserved rows hold
// entries too, which must not count.
func drawDyads(t *rapid.T, logit *rapid.Generator[float32]) dyadCase {
	const n = 5
	c := dyadCase{
		batch: batch{size: 1, slots: n, kinds: 1, adjacency: make([]float32, n*n), classes: make([]float32, n), real: make([]float32, n), visible: make([]float32, n*n)},
		theta: rapid.SliceOfN(logit, n*n, n*n).Draw(t, "theta"),
		rho:   rapid.SliceOfN(logit, n*n, n*n).Draw(t, "rho"),
	}
	size := rapid.IntRange(0, n).Draw(t, "size")
	mask := rapid.SliceOfN(rapid.Bool(), n*n, n*n).Draw(t, "visible")
	edges := rapid.SliceOfN(rapid.Bool(), n*n, n*n).Draw(t, "adjacency")
	for i := range n {
		if i < size {
			c.real[i] = 1
		}
		for j := range n {
			if i < size && j < size && i != j {
				c.adjacency[i*n+j], c.visible[i*n+j] = indicator(edges[i*n+j]), indicator(mask[i*n+j])
			}
			if j < i {
				c.rho[i*n+j] = c.rho[j*n+i]
			}
		}
	}
	return c
}

// The tolerance is float32's: ten pairs, each the difference of numbers up to
// 4·|logit| that are exact to 6e-8 of their size.
func TestEdgeLikelihoodByEnumeration(t *testing.T) {
	evaluate := dyadGraphs(t)
	for _, c := range []struct {
		name      string
		logit     *rapid.Generator[float32]
		tolerance float64
	}{
		{"ordinary", rapid.Float32Range(-6, 6), 1e-4},
		{"extreme", rapid.SampledFrom([]float32{-40, -20, 0, 20, 40}), 1e-3},
	} {
		t.Run(c.name, rapid.MakeCheck(func(t *rapid.T) {
			d := drawDyads(t, c.logit)
			nll, eta, byTheta, byRho := evaluate(d)
			if want := d.byHand(0); !(math.Abs(float64(nll[0])-want) <= c.tolerance) {
				t.Fatalf("negative log-likelihood %g, by enumeration %g", nll[0], want)
			}
			n := d.slots
			for i := range n {
				for j := range n {
					if i == j {
						continue
					}
					p := logProbabilities(float64(d.theta[i*n+j]), float64(d.theta[j*n+i]), float64(d.rho[i*n+j]))
					want := logAdd(p[1][0], p[1][1]) - logAdd(p[0][0], p[0][1])
					if got := float64(eta[i*n+j]); !(math.Abs(got-want) <= c.tolerance) {
						t.Fatalf("marginal log-odds of %d→%d: %g, by enumeration %g", i, j, got, want)
					}
					if !finite32(byTheta[i*n+j]) || !finite32(byRho[i*n+j]) {
						t.Fatalf("gradient of %d→%d: %g by θ, %g by ρ", i, j, byTheta[i*n+j], byRho[i*n+j])
					}
				}
			}
		}))
	}
}

func finite32(x float32) bool { return !math.IsNaN(float64(x)) && !math.IsInf(float64(x), 0) }

// With all observed, the gradient by θ is expectation less observation, as for
// any exponential family.
func TestEdgeLikelihoodGradient(t *testing.T) {
	evaluate := dyadGraphs(t)
	rapid.Check(t, func(t *rapid.T) {
		d := drawDyads(t, rapid.Float32Range(-4, 4))
		for at := range d.visible {
			i, j := at/d.slots, at%d.slots
			d.visible[at] = d.real[i] * d.real[j] * indicator(i != j)
		}
		_, eta, byTheta, _ := evaluate(d)
		n := d.slots
		for i := range n {
			for j := range n {
				want := 0.
				if i != j && d.real[i] == 1 && d.real[j] == 1 {
					want = 1/(1+math.Exp(-float64(eta[i*n+j]))) - float64(d.adjacency[i*n+j])
				}
				if got := float64(byTheta[i*n+j]); !(math.Abs(got-want) <= 1e-5) { // of order one, in float32
					t.Fatalf("∂/∂θ of %d→%d is %g, want %g", i, j, got, want)
				}
			}
		}
	})
}

// The 64 digraphs on three neurons are all there is, so their probabilities sum
// to 1, and so do those of what is observed when rows are masked.
func TestDigraphProbabilitiesSumToOne(t *testing.T) {
	evaluate := dyadGraphs(t)
	rng := rand.New(rand.NewPCG(1, 2))
	for _, unobserved := range [][]int{{}, {1}, {0, 2}, {0, 1, 2}} {
		t.Run(fmt.Sprint("unobserved", unobserved), func(t *testing.T) {
			const n, all = 3, 64
			c := dyadCase{
				batch: batch{size: all, slots: n, kinds: 1, adjacency: make([]float32, all*n*n), classes: make([]float32, all*n), real: make([]float32, all*n), visible: make([]float32, all*n*n)},
				theta: make([]float32, n*n), rho: make([]float32, n*n),
			}
			for i := range n {
				for j := range i {
					c.theta[i*n+j], c.theta[j*n+i] = float32(2*rng.NormFloat64()), float32(2*rng.NormFloat64())
					c.rho[i*n+j] = float32(2 * rng.NormFloat64())
					c.rho[j*n+i] = c.rho[i*n+j]
				}
			}
			for k := range all {
				for entry, at := range []int{1, 2, 3, 5, 6, 7} { // off the diagonal of 3 × 3
					c.adjacency[k*n*n+at] = float32(k >> entry & 1)
				}
				for i := range n {
					c.real[k*n+i] = 1
					for j := range n {
						c.visible[(k*n+i)*n+j] = indicator(i != j && !slices.Contains(unobserved, i))
					}
				}
			}
			nll, _, _, _ := evaluate(c)
			var sum float64
			for _, x := range nll {
				sum += math.Exp(-float64(x))
			}
			// Each unobserved entry doubles how often an observation is met.
			sum /= math.Pow(2, float64(2*len(unobserved)))
			if math.Abs(sum-1) > 1e-5 { // float32
				t.Errorf("probabilities sum to %g", sum)
			}
		})
	}
}
