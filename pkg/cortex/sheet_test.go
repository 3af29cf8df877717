package cortex

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/stat"
	"pgregory.net/rapid"

	"github.com/cortigen/cortigen/pkg/seed"
)

// In columns of like planted reciprocity, mutual pairs are as many times more
// probable than independent directions would make them as was planted, whatever
// density and heterogeneity are; and density is as planted.
func TestReciprocityIsPlanted(t *testing.T) {
	s := newSheet(Config{}.withDefaults(), seed.Seed(3))
	rng := seed.Seed(1).Stream("test")
	const bins = 4
	var both, chance, planted, columns [bins]float64
	for range 400 {
		inside := s.grid.within(nil, 60+rng.Float64()*(s.cfg.side()-120), 60+rng.Float64()*(s.cfg.side()-120), 29)
		factor := 0.0
		for _, i := range inside {
			factor += s.factors[Reciprocity][i] / float64(len(inside))
		}
		k := min(bins-1, int((factor-factors[1].Min)/(factors[1].Max-factors[1].Min)*bins))
		planted[k] += factor
		columns[k]++
		for a, i := range inside {
			for _, j := range inside[:a] {
				p, q := s.probability(i, j), s.probability(j, i)
				both[k] += bothWays(p, q, math.Exp((s.logOdds[i]+s.logOdds[j])/2))
				chance[k] += p * q
			}
		}
	}
	for k := range bins {
		want, got := planted[k]/columns[k], both[k]/chance[k]
		t.Logf("%3.0f columns: planted %.2f, is %.2f", columns[k], want, got)
		// 8 %: the effects of the few neurons of a column are not those of the
		// typical pairs that the odds ratio was solved for.
		if math.Abs(got/want-1) > .08 {
			t.Errorf("planted reciprocity %.2f, is %.2f", want, got)
		}
	}
}

func TestFieldsAreIndependentAndMany(t *testing.T) {
	cfg := Config{}.withDefaults()
	if areas := cfg.side() * cfg.side() / (2 * math.Pi * cfg.Correlation * cfg.Correlation); areas < 200 {
		t.Errorf("%.0f areas of correlation on the sheet, at least 200 are wanted", areas)
	}
	s := newSheet(cfg, seed.Seed(4))
	for a, f := range factors {
		for _, g := range factors[:a] {
			if r := stat.Correlation(s.factors[f.Name], s.factors[g.Name], nil); math.Abs(r) > .1 {
				t.Errorf("%s and %s correlate %.3f over the sheet", f.Name, g.Name, r)
			}
		}
		mean, sd := stat.MeanStdDev(s.factors[f.Name], nil)
		if even := (f.Max - f.Min) / math.Sqrt(12); math.Abs(mean-(f.Min+f.Max)/2) > .05*(f.Max-f.Min) || math.Abs(sd/even-1) > .1 {
			t.Errorf("%s has mean %.3f and sd %.3f, not those of an even spread over %g to %g", f.Name, mean, sd, f.Min, f.Max)
		}
	}
}

// The joint probability of a pair respects its marginals and has the odds ratio
// that was asked for.
func TestBothWays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.Float64Range(1e-4, .9999).Draw(t, "p")
		q := rapid.Float64Range(1e-4, .9999).Draw(t, "q")
		psi := math.Exp(rapid.Float64Range(0, 10).Draw(t, "log psi"))
		both := bothWays(p, q, psi)
		forth, back := p-both, q-both
		none := 1 - p - q + both
		if both < 0 || forth < -1e-12 || back < -1e-12 || none < -1e-12 {
			t.Fatalf("not a distribution: %v %v %v %v", both, forth, back, none)
		}
		// Rounding in the small cells limits the check where ψ is large.
		if forth > 1e-6 && back > 1e-6 && none > 1e-6 {
			if got := both * none / (forth * back); math.Abs(got/psi-1) > 1e-6 {
				t.Errorf("odds ratio %v, asked for %v", got, psi)
			}
		}
	})
}

// drawPair must give every outcome its probability.
func TestDrawPair(t *testing.T) {
	s := newSheet(Config{Neurons: 200}.withDefaults(), seed.Seed(2))
	for _, pair := range [][2]int{{0, 1}, {5, 9}, {17, 3}} {
		i, j := pair[0], pair[1]
		var counts [2]float64
		const draws = 100_000
		for k := range draws {
			for _, e := range s.drawPair(nil, i, j, (float64(k)+.5)/draws) {
				if e.Pre == i {
					counts[0]++
				} else {
					counts[1]++
				}
			}
		}
		for k, want := range []float64{s.probability(i, j), s.probability(j, i)} {
			if got := counts[k] / draws; math.Abs(got-want) > 2e-5 {
				t.Errorf("pair %v, direction %d: %v of draws, probability %v", pair, k, got, want)
			}
		}
	}
}
