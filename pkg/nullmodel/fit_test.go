package nullmodel

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// sums are what a law of independent entries expects of rows, columns and groups.
func sums(l *independent, groups sorting) (rows, columns, of []float64) {
	rows, columns, of = make([]float64, l.n), make([]float64, l.n), make([]float64, groups.count)
	for r, i := range l.rows {
		for j := range l.n {
			if p := l.p[r*l.n+j]; i != j {
				rows[i] += p
				columns[j] += p
				of[groups.of[r*l.n+j]] += p
			}
		}
	}
	return rows, columns, of
}

// have are the circuit's own numbers.
func have(k *known, groups sorting) (rows, columns, of []float64) {
	ones := &independent{k.rows, k.n, make([]float64, len(groups.of))}
	for r, i := range k.rows {
		for j := range k.n {
			if k.c.Has(i, j) {
				ones.p[r*k.n+j] = 1
			}
		}
	}
	return sums(ones, groups)
}

func near(t *testing.T, what string, got, want []float64, tolerance float64) {
	t.Helper()
	for i := range want {
		if math.Abs(got[i]-want[i]) > tolerance {
			t.Errorf("%s: number %d is %.8f, want %g", what, i, got[i], want[i])
			return
		}
	}
}

func masked(t *testing.T, c *circuit.Circuit) *circuit.Circuit {
	t.Helper()
	rows := make([]bool, c.Len())
	for i := range rows {
		rows[i] = i%4 != 1
	}
	c, err := c.WithObserved(rows)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Expected degrees and groups are those of the circuit to the stated tolerance,
// also where neurons have no edges or all.
func TestMaximumEntropyMeetsItsMeans(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	plain := described(t, 60, 400, rng)
	var star []circuit.Edge
	for _, e := range plain.EdgeList() {
		if e.Pre != 3 && e.Post != 5 && e.Pre != 7 {
			star = append(star, e)
		}
	}
	for j := range plain.Len() {
		if j != 7 && j != 5 {
			star = append(star, circuit.Edge{Pre: 7, Post: j})
		}
	}
	extreme, err := plain.WithEdges(star)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]*circuit.Circuit{
		"plain": plain, "masked": masked(t, plain), "sparse": described(t, 40, 25, rng), "dense": described(t, 20, 350, rng),
		"an empty row, an empty column, a row that is full but for it": extreme,
	} {
		t.Run(name, func(t *testing.T) {
			k := knownOf(c)
			for what, groups := range map[string]sorting{"class pairs": k.byClassPair(), "distances": k.byDistance()} {
				e, err := k.entropy(t.Context(), groups)
				if err != nil {
					t.Fatal(err)
				}
				rows, columns, of := sums(&e.independent, groups)
				wantRows, wantColumns, wantOf := have(k, groups)
				near(t, what+", out-degrees", rows, wantRows, 1.1e-6)
				near(t, what+", in-degrees", columns, wantColumns, 1.1e-6)
				near(t, what, of, wantOf, 1.1e-6)
			}
		})
	}
}

// By hand: three neurons in one class, 0→1, 0→2 and 1→0. Neuron 0 is full, neuron
// 2 gives nothing, so that 1→0 or 1→2 is left: neuron 2 has its one input from
// neuron 0, so it is 1→0. Nothing is random.
func TestMaximumEntropyWithoutChoice(t *testing.T) {
	neurons := neuronsOf(3)
	for i := range neurons {
		neurons[i].Class = "A"
	}
	c := circuitOf(t, neurons, []circuit.Edge{{Pre: 0, Post: 1}, {Pre: 0, Post: 2}, {Pre: 1, Post: 0}})
	k := knownOf(c)
	e, err := k.entropy(t.Context(), k.byClassPair())
	if err != nil {
		t.Fatal(err)
	}
	want := []float64{0, 1, 1, 1, 0, 0, 0, 0, 0}
	near(t, "entries", e.p, want, 0)
}

// The likelihood's maximum is found: no λ nearby is likelier, with p₀ at its own
// best, by brute force; and λ of circuits with known λ is found again.
func TestDecayLength(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, want := range []struct{ p0, lambda float64 }{{.3, 80}, {.9, 50}, {.1, 400}} {
		var found []float64
		for range 20 {
			blank := described(t, 120, 0, rng)
			k := knownOf(blank)
			var edges []circuit.Edge
			for i := range k.n {
				for j := range k.n {
					if i != j && rng.Float64() < want.p0*math.Exp(-k.distance(i, j)/want.lambda) {
						edges = append(edges, circuit.Edge{Pre: i, Post: j})
					}
				}
			}
			c, err := blank.WithEdges(edges)
			if err != nil {
				t.Fatal(err)
			}
			s, err := distance.Fit(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			l := s.law.(*independent)
			sum := 0.
			for _, p := range l.p {
				sum += p
			}
			if math.Abs(sum-float64(c.Edges())) > 1e-6 {
				t.Errorf("%.6f edges are expected of %d", sum, c.Edges())
			}
			// Two entries tell the slope.
			slope := math.Log(l.p[1]/l.p[2]) / (k.distance(0, 2) - k.distance(0, 1))
			found = append(found, slope)
		}
		mean, sd := stat.MeanStdDev(found, nil)
		if math.Abs(mean-1/want.lambda) > 4*sd/math.Sqrt(20) {
			t.Errorf("1/λ is %.6f ± %.6f, want %.6f", mean, sd, 1/want.lambda)
		}
	}
}

// Rates by hand. Edges at 1 and 3 of eight entries at 1 and eight at 3: the
// shares are 4/8 and 1/8, so exp(−2/λ) = 1/4 fits them both, and 1/λ = ln 2.
func TestRateByHand(t *testing.T) {
	repeat := func(d float64, times int) (all []float64) {
		for range times {
			all = append(all, d)
		}
		return all
	}
	for name, c := range map[string]struct {
		l    lengths
		want float64
	}{
		"two distances":     {lengths{append(repeat(1, 4), 3), append(repeat(1, 4), repeat(3, 7)...)}, math.Ln2},
		"p₀ at its bound":   {lengths{append(repeat(1, 7), 2), append(repeat(1, 1), repeat(2, 7)...)}, math.NaN()},
		"growing":           {lengths{append(repeat(1, 1), repeat(3, 4)...), append(repeat(1, 7), repeat(3, 4)...)}, 0},
		"one distance":      {lengths{repeat(2, 3), repeat(2, 5)}, 0},
		"all in one place":  {lengths{repeat(0, 3), repeat(0, 5)}, 0},
		"no edge":           {lengths{nil, repeat(1, 5)}, 0},
		"nothing but edges": {lengths{repeat(1, 5), nil}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			got := c.l.rate()
			want := c.want
			if math.IsNaN(want) { // the maximum over β of 7·(−β) − 2β + log(1−e^−β) + 7·log(1−e^−2β)
				best := math.Inf(-1)
				for beta := .01; beta < 5; beta += 1e-4 {
					if v := -9*beta + math.Log1p(-math.Exp(-beta)) + 7*math.Log1p(-math.Exp(-2*beta)); v > best {
						best, want = v, beta
					}
				}
			}
			if math.Abs(got-want) > 1e-3 {
				t.Errorf("the rate is %.5f, want %.5f", got, want)
			}
		})
	}
}

func TestWhatACircuitLacks(t *testing.T) {
	bare := randomCircuit(t, 9, 20, rand.New(rand.NewPCG(1, 2)))
	half := neuronsOf(3)
	half[0].Position, half[2].Position = circuit.Position{}, circuit.Position{}
	for name, c := range map[string]struct {
		m    Model
		c    *circuit.Circuit
		want string
	}{
		"classes":         {sbm, bare, "nullmodel: fit sbm: no neuron has a class"},
		"classes, dcsbm":  {dcsbm, bare, "nullmodel: fit dcsbm: no neuron has a class"},
		"positions":       {distance, bare, "nullmodel: fit distance: 9 of 9 neurons have no position, the first is neuron 0"},
		"one position":    {distanceDegreeExact, circuitOf(t, half, nil), `1 of 3 neurons have no position, the first is neuron 1 (id "1")`},
		"an empty model":  {Model{}, bare, "the model is empty"},
		"class, distance": {classDistance, bare, "no neuron has a class"},
	} {
		if _, err := c.m.Fit(t.Context(), c.c); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: the error is %v, want %q", name, err, c.want)
		}
	}
	if _, err := DistanceBins(bare); err == nil || !strings.Contains(err.Error(), "nullmodel: distance bins: ") {
		t.Errorf("bins without positions give %v", err)
	}
}

// Two hundred classes have more pairs than 16 bits count.
func TestManyClasses(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	neurons := neuronsOf(200)
	for i := range neurons {
		neurons[i].Class = circuit.Class(neurons[i].ID)
		neurons[i].Position = circuit.Position{X: rng.Float64(), Y: rng.Float64(), Depth: rng.Float64()}
	}
	c := circuitOf(t, neurons, randomCircuit(t, 200, 300, rng).EdgeList())
	for _, m := range []Model{sbm, dcsbm, classDistance} {
		d, err := once(m, c, rng)
		if err != nil {
			t.Fatal(err)
		}
		// Every block has one entry: nothing is left to chance.
		if d.Edges() != c.Edges() || !d.Has(c.EdgeList()[7].Pre, c.EdgeList()[7].Post) {
			t.Errorf("%s has other edges than each class pair leaves room for", m.Name)
		}
	}
}

// Every fit that takes long looks at its context; draws and diagnostics hand it on.
func TestFitEndsWithItsContext(t *testing.T) {
	c := described(t, 40, 200, rand.New(rand.NewPCG(7, 8)))
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for _, m := range []Model{dcsbm, distance, classDistance, distanceDegree, distanceDegreeExact} {
		_, err := m.Fit(over, c)
		if !errors.Is(err, context.Canceled) || !strings.HasPrefix(err.Error(), "nullmodel: fit "+m.Name+": ") {
			t.Errorf("%s: the error is %v, want that of the context", m.Name, err)
		}
	}
	// In the middle of the corrections, which are nearly all of that fit's time.
	k := knownOf(c)
	bins := k.byDistance()
	fitted, err := k.entropy(t.Context(), bins)
	if err != nil {
		t.Fatal(err)
	}
	if err := newSwaps(k.n, k.edges).weigh(over, k, bins, fitted); !errors.Is(err, context.Canceled) {
		t.Errorf("corrections give %v, want the error of the context", err)
	}
	if _, err := Draws(over, distanceDegreeExact, c, 3, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("draws give %v, want the error of the context", err)
	}
}
