package structure_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/structure"
)

// sheet is a graph on a square of so many neurons a side, a step apart: numbers of
// targets and the draw for inputs are lognormal, and targets lie at distances of
// exponential law.
func sheet(tb testing.TB, side, edges int, reach float64) circuit.CSR {
	tb.Helper()
	rng := rand.New(rand.NewPCG(7, uint64(side)))
	n := side * side
	draw := make([]float64, n)
	sends := make([]float64, n)
	total := 0.0
	for i := range n {
		draw[i], sends[i] = min(1, math.Exp(.8*rng.NormFloat64()-1)), math.Exp(.8*rng.NormFloat64())
		total += sends[i]
	}
	var pairs []circuit.Pair
	for i := range n {
		x, y := float64(i%side), float64(i/side)
		for left := int(float64(edges)*sends[i]/total + rng.Float64()); left > 0; {
			angle, far := 2*math.Pi*rng.Float64(), reach*rng.ExpFloat64()
			tx, ty := int(math.Round(x+far*math.Cos(angle))), int(math.Round(y+far*math.Sin(angle)))
			j := ty*side + tx
			if tx < 0 || ty < 0 || tx >= side || ty >= side || i == j || rng.Float64() > draw[j] {
				continue
			}
			left--
			pairs = append(pairs, circuit.Pair{Pre: int32(i), Post: int32(j)})
		}
	}
	g, _, _, err := circuit.NewCSRPairs(n, pairs, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return g
}

// circuitOf has the edges of a whole graph.
func circuitOf(tb testing.TB, g circuit.CSR) *circuit.Circuit {
	tb.Helper()
	var edges []circuit.Edge
	for i := range g.Rows() {
		for _, j := range g.Row(i) {
			edges = append(edges, circuit.Edge{Pre: i, Post: int(j)})
		}
	}
	return of(tb, g.Rows(), edges...)
}

// transitive is how many of its six orders make a triad a directed simplex.
var transitive = map[structure.Triad]int64{
	structure.Triad030T: 1, structure.Triad120D: 2, structure.Triad120U: 2, structure.Triad120C: 1, structure.Triad210: 3, structure.Triad300: 6,
}

// agree holds the three ways of counting triangles of a whole graph to one another:
// each has code of its own.
func agree(t *testing.T, g circuit.CSR) {
	t.Helper()
	ctx := context.Background()
	begun := time.Now()
	census, err := structure.TriadsOf(ctx, g)
	if err != nil {
		t.Fatal(err)
	}
	triads := time.Since(begun)
	begun = time.Now()
	found, err := structure.SimplicesOf(ctx, g, 2)
	if err != nil {
		t.Fatal(err)
	}
	simplices := time.Since(begun)
	begun = time.Now()
	clustering, err := structure.ClusteringOfGraph(ctx, g)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d neurons, %d edges: triads %v, simplices up to dimension 2 %v, clustering %v; %v", g.Rows(), g.Edges(), triads, simplices, time.Since(begun), census)

	n := int64(g.Rows())
	if want := n * (n - 1) * (n - 2) / 6; census.Total() != want {
		t.Errorf("%d triples, want %d", census.Total(), want)
	}
	for k, count := range census {
		if count < 0 {
			t.Errorf("%d triads %s", count, structure.Triad(k))
		}
	}
	orders := int64(0)
	for triad, times := range transitive {
		orders += times * census[triad]
	}
	if found.Simplices[1] != int64(g.Edges()) || found.Simplices[2] != orders {
		t.Errorf("simplices %v, %d edges, and triads have %d transitive orders", found.Simplices, g.Edges(), orders)
	}
	// A corner of a triangle has as many directed ones as the product of its
	// pairs' edges: 1, 2, 4 or 8 each.
	has := 3 * float64(census[structure.Triad030T]+census[structure.Triad030C]+
		2*(census[structure.Triad120D]+census[structure.Triad120U]+census[structure.Triad120C])+4*census[structure.Triad210]+8*census[structure.Triad300])
	could := 0.0
	out, in := g.OutDegrees(), g.InDegrees()
	for i := range out {
		d := float64(out[i] + in[i])
		could += d * (d - 1)
	}
	could -= 4 * float64(g.Mutual())
	if !same(clustering.Transitivity, has/could, 1e-12) {
		t.Errorf("transitivity %v, from triads %v", clustering.Transitivity, has/could)
	}
}

func TestWholeGraphsAgree(t *testing.T) {
	agree(t, sheet(t, 60, 100_000, 4))
}

// A count without end stops soon after its context.
func TestSimplicesStopInTheMiddle(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	begun := time.Now()
	// 40 neurons, all connected, have 40!/19! simplices of dimension 20.
	_, err := structure.SimplicesOf(ctx, complete(t, 40).CSR(), 20)
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) > 10*time.Second {
		t.Errorf("after %v: %v", time.Since(begun), err)
	}
}

// About the size of MICrONS minnie65.
func TestWholeGraphsAgreeAtScale(t *testing.T) {
	if os.Getenv("CORTIGEN_SLOW") == "" {
		t.Skip("set CORTIGEN_SLOW=1 to count the triads of 67,600 neurons with 10 million edges")
	}
	agree(t, sheet(t, 260, 12_000_000, 30))
}

// The bit rows of circuits, several words long, against whole graphs.
func TestCircuitOfManyWords(t *testing.T) {
	g := sheet(t, 20, 7_000, 5)
	c := circuitOf(t, g)
	census, err := structure.TriadsOf(context.Background(), g)
	if got := structure.Triads(c); err != nil || got != census || got != naiveCensus(c) {
		t.Errorf("triads %v, whole graph %v, %v", got, census, err)
	}
	found, err := structure.SimplicesOf(context.Background(), g, 30)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(found.Simplices)
	counts, err := structure.Simplices(c)
	if err != nil {
		t.Fatal(err)
	}
	highest, err := structure.SimplexDimensions(c)
	if err != nil {
		t.Fatal(err)
	}
	for d := range found.Simplices {
		if counts[d] != found.Simplices[d] || len(counts) != len(found.Simplices) {
			t.Errorf("simplices %v, whole graph %v", counts, found.Simplices)
		}
	}
	for i := range highest {
		if highest[i] != found.Highest[i] {
			t.Errorf("neuron %d: dimension %d, whole graph %d", i, highest[i], found.Highest[i])
		}
	}
}

func BenchmarkWhole(b *testing.B) {
	// The numbers of the excitatory neurons and edges of Egas Santander et al. 2024.
	g := sheet(b, 98, 560_000, 9)
	b.Logf("%d neurons, %d edges", g.Rows(), g.Edges())
	ctx := context.Background()
	b.Run("triads", func(b *testing.B) {
		for b.Loop() {
			if _, err := structure.TriadsOf(ctx, g); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("clustering", func(b *testing.B) {
		for b.Loop() {
			if _, err := structure.ClusteringOfGraph(ctx, g); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("simplices", func(b *testing.B) {
		for b.Loop() {
			found, err := structure.SimplicesOf(ctx, g, 7)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(found.Simplices[2]), "triads")
			b.ReportMetric(float64(len(found.Simplices)-1), "dimension")
		}
	})
}

func BenchmarkFamilies(b *testing.B) {
	g := sheet(b, 10, 480, 5)
	c := circuitOf(b, g)
	b.Logf("%d neurons, %d edges", c.Len(), c.Edges())
	for name, f := range map[string]func(){
		"triads":     func() { structure.Triads(c) },
		"clustering": func() { structure.Clustering(c) },
		"simplices":  func() { _, _ = structure.Simplices(c) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f()
			}
		})
	}
}
