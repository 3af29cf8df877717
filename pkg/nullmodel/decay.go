package nullmodel

import (
	"context"
	"math"
	"math/rand/v2"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// Distance returns a circuit in which neurons d µm apart are connected with
// probability min(1, p₀·exp(−d/λ)), each ordered pair by itself. λ is that of the
// maximum likelihood over p₀ ≤ 1 and λ > 0 (λ is infinite where wiring does not
// decay), and p₀ is then such that the expected number of edges is that of the
// circuit, from which the likeliest differs a little. Every neuron needs a
// position. The exponential rule is that of Ercsey-Ravasz et al. 2013,
// doi:10.1016/j.neuron.2013.07.036; the fit is ours.
func Distance(c *circuit.Circuit, rng *rand.Rand) (*circuit.Circuit, error) {
	return once(distance, c, rng)
}

// ClassDistance is Distance with p₀ and λ for each pair of classes: expected are
// as many edges from each class to each class. A pair with fewer than 30 edges,
// or 30 entries without one, takes the λ of the whole circuit (ours).
func ClassDistance(c *circuit.Circuit, rng *rand.Rand) (*circuit.Circuit, error) {
	return once(classDistance, c, rng)
}

var distance = Model{
	Name:       "distance",
	Preserves:  Preserved{Edges: Mean},
	Definition: "independent edges with probability p₀·exp(−d/λ), fitted",
	Source:     "Ercsey-Ravasz et al. 2013, doi:10.1016/j.neuron.2013.07.036; fit ours",
	fit: func(ctx context.Context, k *known) (law, error) {
		if err := k.needPositions(); err != nil {
			return nil, err
		}
		return k.decays(ctx, k.sort(1, func(i, j int) int { return 0 }))
	},
}

var classDistance = Model{
	Name:       "class_distance",
	Preserves:  Preserved{Edges: Mean, ClassPairEdges: Mean},
	Definition: "independent edges with probability p₀·exp(−d/λ), p₀ and λ fitted per class pair",
	Source:     "ours, after Ercsey-Ravasz et al. 2013, doi:10.1016/j.neuron.2013.07.036",
	fit: func(ctx context.Context, k *known) (law, error) {
		if err := k.needClasses(); err != nil {
			return nil, err
		}
		if err := k.needPositions(); err != nil {
			return nil, err
		}
		return k.decays(ctx, k.byClassPair())
	},
}

// fewestToFit is how many edges, and how many entries without one, a class pair
// needs for a decay length of its own.
const fewestToFit = 30

// lengths are the distances of some entries, with and without an edge.
type lengths struct{ edges, gaps []float64 }

// decays fits each group of entries.
func (k *known) decays(ctx context.Context, groups sorting) (law, error) {
	of := make([]lengths, groups.count)
	for r, i := range k.rows {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for j, g := range groups.of[r*k.n : (r+1)*k.n] {
			if g < 0 {
				continue
			}
			d := k.distance(i, j)
			if k.c.Has(i, j) {
				of[g].edges = append(of[g].edges, d)
			} else {
				of[g].gaps = append(of[g].gaps, d)
			}
		}
	}
	var whole lengths
	for _, l := range of {
		whole.edges, whole.gaps = append(whole.edges, l.edges...), append(whole.gaps, l.gaps...)
	}
	pooled := whole.rate()
	falls := make([]fall, groups.count)
	for g, l := range of {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		rate := pooled
		if groups.count > 1 && len(l.edges) >= fewestToFit && len(l.gaps) >= fewestToFit {
			rate = l.rate()
		}
		falls[g] = l.fall(rate)
	}
	fitted := &independent{k.rows, k.n, make([]float64, len(groups.of))}
	for r, i := range k.rows {
		for j, g := range groups.of[r*k.n : (r+1)*k.n] {
			if g >= 0 {
				fitted.p[r*k.n+j] = falls[g].at(k.distance(i, j))
			}
		}
	}
	return fitted, nil
}

// fall is p(d) = min(1, top·exp(−rate·(d−nearest))).
type fall struct{ top, rate, nearest float64 }

func (f fall) at(d float64) float64 { return min(1, f.top*math.Exp(-f.rate*(d-f.nearest))) }

// fall takes the decay as given and has as many edges expected as there are.
func (l lengths) fall(rate float64) fall {
	f := fall{rate: rate, nearest: math.Inf(1)}
	for _, list := range [][]float64{l.edges, l.gaps} {
		for _, d := range list {
			f.nearest = min(f.nearest, d)
		}
	}
	switch {
	case len(l.edges) == 0:
		return fall{}
	case len(l.gaps) == 0:
		return fall{top: 1}
	}
	want := float64(len(l.edges))
	f.top = 1
	f.top = want / l.expected(f)
	if f.top <= 1 {
		return f
	}
	// Near neurons would be connected for more than certain: the others make up.
	low, high := 0., 1.
	for f.top = math.Exp(high); l.expected(f) < want && high < maxFall+1; f.top = math.Exp(high) {
		low, high = high, 2*high
	}
	for range 60 {
		mid := (low + high) / 2
		if f.top = math.Exp(mid); l.expected(f) < want {
			low = mid
		} else {
			high = mid
		}
	}
	return f
}

func (l lengths) expected(f fall) (sum float64) {
	for _, list := range [][]float64{l.edges, l.gaps} {
		for _, d := range list {
			sum += f.at(d)
		}
	}
	return sum
}

// maxFall bounds rate × range of distances, so that no probability is rounded to 0.
const maxFall = 500

// rate returns 1/λ of the maximum likelihood of edges with probability
// exp(α − d/λ), α ≤ 0, λ > 0. The log-likelihood is concave: Newton's method,
// then the bounds.
func (l lengths) rate() float64 {
	if len(l.edges) == 0 || len(l.gaps) == 0 {
		return 0
	}
	var sum, far float64
	for _, d := range l.edges {
		sum += d
		far = max(far, d)
	}
	for _, d := range l.gaps {
		far = max(far, d)
	}
	if far == 0 {
		return 0
	}
	fit := decayFit{gathered(l.gaps, far), float64(len(l.edges)), sum / far, false}
	alpha, beta := fit.newton(math.Log(fit.edges/float64(len(l.edges)+len(l.gaps))), 0)
	if alpha > 0 {
		fit.capped = true
		_, beta = fit.newton(0, max(beta, 1e-3))
	}
	return min(max(beta, 0), maxFall) / far
}

// heap is so many distances, together at their mean.
type heap struct{ count, at float64 }

// heaps is how many there are at most: 1/λ then is that of the distances
// themselves to within (range/λ/heaps)²/24.
const heaps = 1 << 14

// gathered divides distances by the farthest and heaps up those that are close.
func gathered(distances []float64, far float64) []heap {
	all := make([]heap, heaps)
	for _, d := range distances {
		h := &all[min(int(d/far*heaps), heaps-1)]
		h.count++
		h.at += d / far
	}
	filled := all[:0]
	for _, h := range all {
		if h.count > 0 {
			filled = append(filled, heap{h.count, h.at / h.count})
		}
	}
	return filled
}

// decayFit is the log-likelihood of η = α − β·d/far.
type decayFit struct {
	gaps       []heap
	edges, sum float64 // number of edges, and of their distances, over far
	capped     bool    // α stays 0
}

// value returns the log-likelihood with its gradient and the negative of its
// second derivatives; −Inf where a probability would be 1 or more.
func (f *decayFit) value(alpha, beta float64) (value float64, g [2]float64, h [3]float64) {
	value = alpha*f.edges - beta*f.sum
	g = [2]float64{f.edges, -f.sum}
	for _, gap := range f.gaps {
		d := gap.at
		eta := alpha - beta*d
		if eta >= 0 && !(f.capped && d == 0) {
			return math.Inf(-1), g, h
		}
		if eta >= 0 {
			continue // on top of one another and not connected: no β explains it, none is preferred
		}
		p := math.Exp(eta)
		value += gap.count * math.Log1p(-p)
		odds := p / (1 - p)
		curve := gap.count * odds * (1 + odds)
		odds *= gap.count
		g[0] -= odds
		g[1] += odds * d
		h[0] += curve
		h[1] -= curve * d
		h[2] += curve * d * d
	}
	return value, g, h
}

func (f *decayFit) newton(alpha, beta float64) (float64, float64) {
	value, g, h := f.value(alpha, beta)
	for range 100 {
		var step [2]float64
		if det := h[0]*h[2] - h[1]*h[1]; f.capped || det <= 1e-12*h[0]*h[2] {
			step[1] = g[1] / max(h[2], 1e-12)
			if !f.capped {
				step = [2]float64{g[0] / max(h[0], 1e-12), 0} // one distance only: no slope
			}
		} else {
			step = [2]float64{(h[2]*g[0] - h[1]*g[1]) / det, (h[0]*g[1] - h[1]*g[0]) / det}
		}
		gain := step[0]*g[0] + step[1]*g[1]
		if gain < 1e-8 { // a ten thousandth of the standard error
			break
		}
		t := 1.
		for ; t > 1e-10; t /= 2 {
			v, g2, h2 := f.value(alpha+t*step[0], beta+t*step[1])
			if v >= value+1e-4*t*gain {
				alpha, beta, value, g, h = alpha+t*step[0], beta+t*step[1], v, g2, h2
				break
			}
		}
		if t <= 1e-10 || beta > maxFall {
			break
		}
	}
	return alpha, beta
}
