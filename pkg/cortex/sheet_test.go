package cortex

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat"
	"pgregory.net/rapid"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/seed"
)

// Whatever the factors are, density and reciprocity of the population are those
// planted: over pairs drawn apart from those that the rule was solved on.
func TestSolvedRuleHoldsForOtherPairs(t *testing.T) {
	s := newSolver(newTypical())
	const pairs = 400_000
	fresh := &typical{pairs: make([]typicalPair, pairs)}
	rng, ratios := seed.Seed(9).Stream("fresh"), logRatios()
	for i := range fresh.pairs {
		fresh.pairs[i] = drawTypical(ratios, rng)
		fresh.pairs[i].weight = 1. / pairs
	}
	judge := newSolver(fresh)
	for range 16 {
		var v values
		for k := range v {
			v[k] = valueAt(k, rng.Float64())
		}
		at := node{factors: v}
		s.solve(&at)
		v = at.factors
		judge.prepare(v)
		density_, _ := judge.marginals(at.intercept)
		both, _ := judge.mutual(at.logOdds)
		chance, _ := judge.chance()
		// 3 %: either has an error of about 1 %.
		if math.Abs(density_/v[density]-1) > .03 || math.Abs(both/chance/v[reciprocity]-1) > .03 {
			t.Errorf("at %.3v density is %.4f and reciprocity %.3f", v, density_, both/chance)
		}
	}
}

// Every corner of the blueprint has its density, and its reciprocity or nearly
// its cap, with a finite odds ratio. Places that are capped are rare.
func TestReciprocityIsCapped(t *testing.T) {
	s := newSolver(newTypical())
	check := func(v values) (capped bool) {
		at := node{factors: v}
		s.solve(&at)
		got, _ := s.marginals(at.intercept)
		both, _ := s.mutual(at.logOdds)
		chance, most := s.chance()
		wanted := min(v[reciprocity], 1+nearestCap*(most/chance-1))
		if math.Abs(got/v[density]-1) > 1e-3 || math.Abs(both/chance/wanted-1) > 1e-3 || math.Abs(at.factors[reciprocity]-wanted) > 1e-9 {
			t.Errorf("%.3v: density %.4f, reciprocity %.4f, cap %.4f, said to be %.4f", v, got, both/chance, most/chance, at.factors[reciprocity])
		}
		if at.logOdds >= mostLogOdds-1 {
			t.Errorf("%.3v: a log odds ratio of %.1f", v, at.logOdds)
		}
		return wanted < v[reciprocity]
	}
	var v values
	for corner := range 1 << factorCount {
		for k := range v {
			v[k] = valueAt(k, float64(corner>>k&1))
		}
		check(v)
	}
	rng, capped := seed.Seed(1).Stream("places"), 0
	const places = 4000
	for range places {
		for k := range v {
			v[k] = valueAt(k, rng.Float64())
		}
		if check(v) {
			capped++
		}
	}
	t.Logf("%d of %d places are capped", capped, places)
	if capped > places/100 {
		t.Errorf("%d of %d places are capped", capped, places)
	}
}

// In columns of a sheet the true probabilities have the planted density and
// reciprocity.
func TestColumnsHaveThePlantedDensityAndReciprocity(t *testing.T) {
	s, err := populate(context.Background(), Config{}.withDefaults(), seed.Seed(3))
	if err != nil {
		t.Fatal(err)
	}
	rng := seed.Seed(1).Stream("test")
	var densities, dense, reciprocities, mutual []float64
	for range 400 {
		x, y := 60+rng.Float64()*(s.cfg.side()-120), 60+rng.Float64()*(s.cfg.side()-120)
		inside := s.grid.within(nil, x, y, radius(typicalNeurons, perArea), 0)
		var planted, planted2, sum, both, chance float64
		for a, i := range inside {
			planted += s.factors[Density][i] / float64(len(inside))
			planted2 += s.factors[Reciprocity][i] / float64(len(inside))
			for _, j := range inside[:a] {
				p, q, b := s.rule.outcomes(&s.cells[i], &s.cells[j])
				sum, both, chance = sum+p+q, both+b, chance+p*q
			}
		}
		densities, dense = append(densities, planted), append(dense, sum/float64(len(inside)*(len(inside)-1)))
		reciprocities, mutual = append(reciprocities, planted2), append(mutual, both/chance)
	}
	for _, c := range []struct {
		name             string
		planted, is      []float64
		r, slope, offset float64
	}{
		// The neurons of one column are a small sample of classes and effects.
		{"density", densities, dense, .82, .08, .004},
		{"reciprocity", reciprocities, mutual, .85, .15, .15},
	} {
		r := stat.Correlation(c.planted, c.is, nil)
		offset, slope := stat.LinearRegression(c.planted, c.is, nil, false)
		t.Logf("%s: is %.4f + %.3f planted, r = %.3f", c.name, offset, slope, r)
		if r < c.r || math.Abs(slope-1) > c.slope || math.Abs(offset) > c.offset {
			t.Errorf("%s: is %.4f + %.3f planted, r = %.3f", c.name, offset, slope, r)
		}
	}
}

func TestFieldsAreIndependentAndMany(t *testing.T) {
	cfg := Config{}.withDefaults()
	if areas := cfg.side() * cfg.side() / (2 * math.Pi * cfg.Correlation * cfg.Correlation); areas < 200 {
		t.Errorf("%.0f areas of correlation on the sheet, at least 200 are wanted", areas)
	}
	s, err := populate(context.Background(), cfg, seed.Seed(4))
	if err != nil {
		t.Fatal(err)
	}
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

// A field's correlation is exp(−d²/2ℓ²), also between the places of the lattice.
func TestFieldsAreSmooth(t *testing.T) {
	cfg := Config{Neurons: 200_000}.withDefaults()
	l := newLattice(cfg, func(name string) *rand.Rand { return seed.Seed(2).Stream(name) })
	for _, distance := range []float64{10, 37, 90} {
		rng, sum := seed.Seed(5).Stream("places"), 0.0
		for k := range factors {
			var a, b []float64
			for range 5_000 {
				x, y := rng.Float64()*(cfg.side()-distance), rng.Float64()*cfg.side()
				a, b = append(a, l.between(x, y).factors[k]), append(b, l.between(x+distance, y).factors[k])
			}
			sum += stat.Correlation(a, b, nil)
		}
		want := math.Exp(-distance * distance / 2 / cfg.Correlation / cfg.Correlation)
		// .04: eight fields of 700 areas each have a standard error of .013;
		// spreading values evenly, and joining them by lines, change a correlation
		// by up to .02.
		if got := sum / factorCount; math.Abs(got-want) > .04 {
			t.Errorf("at %g µm the correlation is %.3f, expected %.3f", distance, got, want)
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

// connect must give every outcome its probability.
func TestConnect(t *testing.T) {
	for _, c := range [][3]float64{{.3, .2, .06}, {.3, .2, .19}, {.9, .8, .72}, {.01, .5, .01}} {
		p, q, both := c[0], c[1], c[2]
		var forth, back, mutual float64
		const draws = 100_000
		for k := range draws {
			edges := connect(nil, 4, 7, p, q, both, (float64(k)+.5)/draws)
			for _, e := range edges {
				if e == (circuit.Edge{Pre: 4, Post: 7}) {
					forth++
				} else {
					back++
				}
			}
			if len(edges) == 2 {
				mutual++
			}
		}
		if math.Abs(forth/draws-p) > 2e-5 || math.Abs(back/draws-q) > 2e-5 || math.Abs(mutual/draws-both) > 2e-5 {
			t.Errorf("%v: drawn are %v, %v and %v", c, forth/draws, back/draws, mutual/draws)
		}
	}
}

// Of blueprints that differ in one factor, circuits differ by that factor alone:
// neurons other than by class share keep their places, effects keep their ranks.
func TestTurningOneFactorKeepsTheRest(t *testing.T) {
	ctx, band := context.Background(), connectome.ColumnConfig{}
	low, err := Specimens(ctx, Blueprint{Decay: 58, Tilt: .5}, 3, band, seed.Seed(1))
	if err != nil {
		t.Fatal(err)
	}
	high, err := Specimens(ctx, Blueprint{Decay: 96, Tilt: .5}, 3, band, seed.Seed(1))
	if err != nil {
		t.Fatal(err)
	}
	for i := range low {
		a, b := low[i].Truth, high[i].Truth
		for k, f := range factors {
			x, y := a.Blueprint()[f.Name], b.Blueprint()[f.Name]
			if k == decay && (x != 58 || y != 96) || k != decay && x != y || k == tilt && x != .5 {
				t.Errorf("circuit %d: %s is %g and %g", i, f.Name, x, y)
			}
		}
		for j := range a.cells {
			c, d := a.cells[j], b.cells[j]
			c.place, d.place = place{}, place{}
			if c != d || a.circuit.Neuron(j) != b.circuit.Neuron(j) {
				t.Fatalf("circuit %d, neuron %d: %v and %v", i, j, c, d)
			}
		}
		shared := 0
		for _, e := range a.circuit.EdgeList() {
			if b.circuit.Has(e.Pre, e.Post) {
				shared++
			}
		}
		if n := a.circuit.Edges(); shared < n/2 || shared == n {
			t.Errorf("circuit %d: %d of %d edges stay", i, shared, n)
		}
	}
}
