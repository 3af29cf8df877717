package nullmodel

import (
	"math/rand/v2"
	"testing"
)

// Fits and draws of every null on a column. That Configuration is fit for graphs
// as large as the larva's, BenchmarkConfiguration shows.
func BenchmarkModels(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	c := described(b, 100, 400, rng)
	for _, m := range Models() {
		b.Run(m.Name+"/fit", func(b *testing.B) {
			for b.Loop() {
				if _, err := m.Fit(b.Context(), c); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(m.Name+"/draw", func(b *testing.B) {
			s, err := m.Fit(b.Context(), c)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := s.Draw(rng); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
