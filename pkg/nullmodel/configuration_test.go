package nullmodel

import (
	"math/rand/v2"
	"testing"
)

func BenchmarkConfiguration(b *testing.B) {
	for _, size := range []struct {
		name string
		n, m int
	}{{"100 neurons 400 edges", 100, 400}, {"3000 neurons 110000 edges", 3000, 110000}} {
		b.Run(size.name, func(b *testing.B) {
			rng := rand.New(rand.NewPCG(1, 2))
			c := randomCircuit(b, size.n, size.m, rng)
			s, err := configuration.Fit(b.Context(), c)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Draw(rng); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(s.law.(*swaps).steps)/float64(size.m), "steps/edge")
		})
	}
}
