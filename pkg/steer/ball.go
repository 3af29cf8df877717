package steer

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat/distuv"
)

// Radius returns that of the ball round the origin which holds 99 % of N(0, I)
// in dim dimensions: the root of the chi-squared quantile. 3.03 for 2
// dimensions, 5.66 for 16.
func Radius(dim int) float64 {
	return math.Sqrt(distuv.ChiSquared{K: float64(dim)}.Quantile(.99))
}

// chord returns the least and the greatest step along a unit vector that stays
// within the ball, from a start inside: the roots of |start + t·v|² = radius².
func chord(start, v []float64) (least, greatest float64) {
	radius := Radius(len(start))
	along := floats.Dot(start, v)
	half := math.Sqrt(max(0, along*along+radius*radius-floats.Dot(start, start)))
	return -along - half, -along + half
}

// move proposes the code a step away along a unit vector or, where that lies
// outside the ball, the last code before.
func move(start, v []float64, step float64) Proposal {
	least, greatest := chord(start, v)
	inside := min(max(step, least), greatest)
	return Proposal{
		Code:       floats.AddScaledTo(make([]float64, len(start)), start, inside, v),
		Step:       inside,
		OutOfReach: inside != step,
	}
}

func norm(v []float64) float64 { return floats.Norm(v, 2) }

// FromPrior draws a code of N(0, I) from inside the ball: a start for those who
// do not care about which.
func FromPrior(dim int, rng *rand.Rand) []float64 {
	code := make([]float64, dim)
	for {
		for i := range code {
			code[i] = rng.NormFloat64()
		}
		if norm(code) < Radius(dim) {
			return code
		}
	}
}
