package latent

import (
	"cmp"
	"math"
	"slices"
)

// BenjaminiHochberg returns p-values adjusted for their number: calling every
// measure below a level significant keeps the expected share of false calls
// among them below it. NaN stays NaN and is not counted. Benjamini & Hochberg
// 1995, doi:10.1111/j.2517-6161.1995.tb02031.x, as the step-up adjustment of R's
// p.adjust.
func BenjaminiHochberg(p []float64) []float64 {
	adjusted := make([]float64, len(p))
	var order []int
	for i, value := range p {
		adjusted[i] = math.NaN()
		if !math.IsNaN(value) {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(p[i], p[j]) })
	least := 1.0
	for rank := len(order); rank > 0; rank-- {
		i := order[rank-1]
		least = min(least, p[i]*float64(len(order))/float64(rank))
		adjusted[i] = least
	}
	return adjusted
}
