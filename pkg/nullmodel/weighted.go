package nullmodel

import (
	"context"
	"math"
	"math/rand/v2"
)

// weights make a chain prefer edges by the distance that they span.
type weights struct {
	bin    []int16   // of every entry, row-major by neuron
	f      []float64 // of a bin
	factor []float64 // exp f
}

func (w *weights) set() {
	for b, f := range w.f {
		w.factor[b] = math.Exp(f)
	}
}

// ratio is how much likelier the circuit is after a swap.
func (w *weights) ratio(n, a, b, c, d int) float64 {
	return w.factor[w.bin[a*n+d]] * w.factor[w.bin[c*n+b]] / (w.factor[w.bin[a*n+b]] * w.factor[w.bin[c*n+d]])
}

const (
	// correctionSteps are made in all to correct f, but at least
	// fewestCorrections and at most mostCorrections corrections of one step an
	// edge. The chain's memory is about four steps an edge, so that a mean over
	// the second half of 2,000 is known to a fifteenth of the spread of a draw.
	correctionSteps   = 1e7
	fewestCorrections = 500
	mostCorrections   = 2000
)

// weigh gives the chain the f of a fitted maximum-entropy law and corrects it
// until the mean of each bin along the chain is that of the circuit: f grows by
// what is missing over the bin's variance, in steps that get smaller, and the mean
// of the second half of them is kept (Robbins & Monro 1951; Polyak & Juditsky
// 1992, doi:10.1137/0330046). Its random numbers are of the circuit alone, so that
// a fit is always the same.
func (s *swaps) weigh(ctx context.Context, k *known, bins sorting, fitted *maxent) error {
	w := &weights{make([]int16, k.n*k.n), make([]float64, bins.count), make([]float64, bins.count)}
	copy(w.f, fitted.theta[len(k.rows)+k.n:])
	variance := make([]float64, bins.count)
	for r, i := range k.rows {
		for j, g := range bins.of[r*k.n : (r+1)*k.n] {
			if g >= 0 {
				w.bin[i*k.n+j] = int16(g)
				p := fitted.p[r*k.n+j]
				variance[g] += p * (1 - p)
			}
		}
	}
	w.set()
	s.weights = w
	m := len(s.target)
	if m == 0 || bins.count == 1 {
		return nil
	}
	want := s.perBin()
	chain := s.copied()
	rng := rand.New(rand.NewPCG(uint64(m), uint64(k.n)))
	rounds := max(fewestCorrections, min(correctionSteps/m, mostCorrections))
	mean := make([]float64, bins.count)
	for round := range rounds {
		if err := ctx.Err(); err != nil {
			return err
		}
		chain.run(max(m, 10), rng)
		have := chain.perBin()
		pace := 1 / math.Pow(10+float64(round), .7)
		for b := range w.f {
			w.f[b] += pace * (want[b] - have[b]) / max(variance[b], 1)
			if round >= rounds/2 {
				mean[b] += w.f[b] / float64(rounds-rounds/2)
			}
		}
		w.set()
	}
	copy(w.f, mean)
	w.set()
	return nil
}

// perBin counts the chain's edges.
func (s *swaps) perBin() []float64 {
	counts := make([]float64, len(s.weights.f))
	for e, post := range s.target {
		counts[s.weights.bin[int(s.source[e])*s.n+int(post)]]++
	}
	return counts
}
