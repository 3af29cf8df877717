package latent

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

// tally holds sums over the circuits of a region, so that a bootstrap over regions
// adds sums and not circuits.
type tally []float64

// half is what was fitted to one half of the regions, summed over each region of the
// other.
type half struct {
	fitted []float64
	pairs  []tally    // of each region; nil of those fitted to
	turns  [][2]tally // there and back
}

// tallyPairs returns n, then Σu, Σv, Σu², Σv², Σuv of each pair.
func tallyPairs(u, v [][]float64) tally {
	t := make(tally, 1+5*len(u[0]))
	t[0] = float64(len(u))
	for i := range u {
		for k := range u[i] {
			p, q := u[i][k], v[i][k]
			floats.Add(t[1+5*k:6+5*k], []float64{p, q, p * p, q * q, p * q})
		}
	}
	return t
}

// tallyErrors returns n, Σ|y−ŷ|², Σ|y|², then Σy of each dimension.
func tallyErrors(y, predicted [][]float64) tally {
	t := make(tally, 3+len(y[0]))
	t[0] = float64(len(y))
	for i, row := range y {
		off := floats.Distance(row, predicted[i], 2)
		t[1] += off * off
		t[2] += floats.Dot(row, row)
		floats.Add(t[3:], row)
	}
	return t
}

// correlations returns the held-out correlation of each pair over the drawn blocks
// that are in this half.
func (h half) correlations(drawn []int) []float64 {
	t := make(tally, 1+5*len(h.fitted))
	for _, block := range drawn {
		if h.pairs[block] != nil {
			floats.Add(t, h.pairs[block])
		}
	}
	r := make([]float64, len(h.fitted))
	for k := range r {
		s := t[1+5*k : 6+5*k]
		r[k] = correlation(t[0], s[0], s[1], s[2], s[3], s[4])
	}
	return r
}

func (h half) canonical(drawn []int) float64 {
	mean, _ := definedMean(h.correlations(drawn), nil)
	return mean
}

// procrustes returns the mean R² of both ways over the drawn blocks in this half.
func (h half) procrustes(drawn []int) float64 {
	sum := 0.
	for way := range 2 {
		var t tally
		for _, block := range drawn {
			of := h.turns[block][way]
			if of != nil && t == nil {
				t = make(tally, len(of))
			}
			if of != nil {
				floats.Add(t, of)
			}
		}
		if t == nil {
			return math.NaN()
		}
		total := t[2] - floats.Dot(t[3:], t[3:])/t[0]
		if !(total > 1e-12*t[2]) {
			return math.NaN()
		}
		sum += (1 - t[1]/total) / 2
	}
	return sum
}

// meanOver returns the mean of a number over halves of which it is defined.
func meanOver(halves []half, drawn []int, of func(half, []int) float64) float64 {
	values := make([]float64, len(halves))
	for k, h := range halves {
		values[k] = of(h, drawn)
	}
	mean, _ := definedMean(values, nil)
	return mean
}

// meanPairs returns the held-out correlation of each pair, mean over the halves that
// have it.
func meanPairs(halves []half) []float64 {
	var pairs [][]float64
	for _, h := range halves {
		for k, r := range h.correlations(count(len(h.pairs))) {
			if k == len(pairs) {
				pairs = append(pairs, nil)
			}
			pairs[k] = append(pairs[k], r)
		}
	}
	means := make([]float64, len(pairs))
	for k, r := range pairs {
		means[k], _ = definedMean(r, nil)
	}
	return means
}
