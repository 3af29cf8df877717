package cortex_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"sync"
	"testing"

	"gonum.org/v1/gonum/stat"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/cortex"
	"github.com/cortigen/cortigen/pkg/seed"
	"github.com/cortigen/cortigen/pkg/structure"
)

func ExampleNew() {
	tissue, err := cortex.New(context.Background(), cortex.Config{Neurons: 2000}, seed.Seed(1))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(tissue.Len(), "neurons; neuron 0 is a", tissue.Neuron(0).Class)
	// Output:
	// 2000 neurons; neuron 0 is a 23P
}

// once makes the default sheet for all tests that look at it.
var once = sync.OnceValues(func() (*connectome.Connectome, error) {
	return cortex.New(context.Background(), cortex.Config{}, seed.Seed(3))
})

func sheet(t *testing.T) *connectome.Connectome {
	t.Helper()
	tissue, err := once()
	if err != nil {
		t.Fatal(err)
	}
	return tissue
}

func TestBlueprintIsWhatColumnsShow(t *testing.T) {
	ctx := context.Background()
	tissue := sheet(t)
	part, err := connectome.NewPartition(tissue, connectome.SplitConfig{})
	if err != nil {
		t.Fatal(err)
	}
	columns, err := connectome.Columns(ctx, tissue, part, connectome.Train, 400, connectome.ColumnConfig{}, seed.Seed(1))
	if err != nil {
		t.Fatal(err)
	}
	table, err := structure.Profiles(ctx, columns, "density", "reciprocity_ratio", "out_degree_cv")
	if err != nil {
		t.Fatal(err)
	}
	planted := map[string][]float64{}
	for _, f := range cortex.Factors() {
		for _, c := range columns {
			v, ok := c.Origin().Factors[f.Name]
			if !ok || v < f.Min || v > f.Max {
				t.Fatalf("factor %s of a column is %v, %v: expected %v to %v", f.Name, v, ok, f.Min, f.Max)
			}
			planted[f.Name] = append(planted[f.Name], v)
		}
	}
	measured := func(name string) []float64 {
		column, err := table.Column(name)
		if err != nil {
			t.Fatal(err)
		}
		return column
	}
	// Density is planted as what a column is expected to show, so its slope is
	// 1. The measured ratio is to edges placed anywhere, the planted one to the
	// chance of these very pairs (see TestReciprocityIsPlanted), so there the
	// slope is larger. Bounds hold for seeds 3 to 7 with room to spare.
	for _, f := range []struct {
		factor, measure   string
		low, high, leastR float64
	}{
		{cortex.Density, "density", .85, 1.1, .85},
		{cortex.Reciprocity, "reciprocity_ratio", 1, 3.5, .5},
	} {
		offset, slope := stat.LinearRegression(planted[f.factor], measured(f.measure), nil, false)
		r := stat.Correlation(planted[f.factor], measured(f.measure), nil)
		t.Logf("%s: measured = %.3f + %.3f planted, r = %.3f", f.factor, offset, slope, r)
		if slope < f.low || slope > f.high || r < f.leastR {
			t.Errorf("%s: slope %.3f, expected %.2f to %.2f; r %.3f, expected %.2f", f.factor, slope, f.low, f.high, r, f.leastR)
		}
	}
	if r := stat.Correlation(planted[cortex.Heterogeneity], measured("out_degree_cv"), nil); r < .45 {
		t.Errorf("heterogeneity correlates %.3f with the out-degree cv, expected .45", r)
	}
	// Leaks: what a measure shows of a factor it is not meant for, once its own
	// is taken out.
	for _, leak := range []struct{ measure, own, other string }{
		{"density", cortex.Density, cortex.Heterogeneity},
		{"density", cortex.Density, cortex.Reciprocity},
	} {
		r := partial(measured(leak.measure), planted[leak.other], planted[leak.own])
		t.Logf("%s given %s: partial correlation with %s %.3f", leak.measure, leak.own, leak.other, r)
		if math.Abs(r) > .25 { // regions are few: |r| of .2 is chance
			t.Errorf("%s leaks into %s: partial correlation %.3f", leak.other, leak.measure, r)
		}
	}
}

// partial is the correlation of a and b given c.
func partial(a, b, c []float64) float64 {
	ab, ac, bc := stat.Correlation(a, b, nil), stat.Correlation(a, c, nil), stat.Correlation(b, c, nil)
	return (ab - ac*bc) / math.Sqrt((1-ac*ac)*(1-bc*bc))
}

// MICrONS v1718 class shares in %, as in package cortex; the tolerance is three
// binomial standard errors of 60,000 neurons.
func TestPublishedClassShares(t *testing.T) {
	tissue := sheet(t)
	counts, excitatory := map[circuit.Class]int{}, 0
	for i := range tissue.Len() {
		n := tissue.Neuron(i)
		counts[n.Class]++
		if n.Sign == circuit.Excitatory {
			excitatory++
		}
	}
	n := float64(tissue.Len())
	for class, percent := range map[circuit.Class]float64{"23P": 27.4, "4P": 20.6, "6P-IT": 16.2, "5P-IT": 11.0, "6P-CT": 9.4, "5P-ET": 3.0, "5P-NP": 1.3, "BC": 4.6, "MC": 3.4, "BPC": 2.1, "NGC": .9} {
		p := percent / 99.9 // the published shares add up to 99.9
		if got := float64(counts[class]) / n; math.Abs(got-p) > 3*math.Sqrt(p*(1-p)/n) {
			t.Errorf("%s: %.2f %% of neurons, published %.1f", class, 100*got, percent)
		}
	}
	if got := float64(excitatory) / n; math.Abs(got-.89) > .005 {
		t.Errorf("%.1f %% are excitatory, published 89", 100*got)
	}
}

// Decay with distance among pairs of one class, where the class part is
// constant: the log-odds fall by 1/84.5 a µm. Heterogeneity and density differ
// between places, which flattens the pooled curve a little.
func TestPublishedDecayLength(t *testing.T) {
	tissue := sheet(t)
	const bins, width = 7, 10.
	var pairs, edges [bins]float64
	for i := range 12000 {
		a := tissue.Neuron(i)
		if a.Class != "23P" {
			continue
		}
		for j := range 12000 {
			b := tissue.Neuron(j)
			if b.Class != "23P" || i == j {
				continue
			}
			if h := a.Position.Horizontal(b.Position); h > 60 {
				continue
			}
			if k := int(a.Position.Distance(b.Position) / width); k < bins {
				pairs[k]++
				if tissue.CSR().Has(i, j) {
					edges[k]++
				}
			}
		}
	}
	var x, y, w []float64
	for k := range bins {
		p := edges[k] / pairs[k]
		x, y, w = append(x, (float64(k)+.5)*width), append(y, math.Log(p/(1-p))), append(w, pairs[k]*p*(1-p))
	}
	_, slope := stat.LinearRegression(x, y, w, false)
	t.Logf("decay length %.1f µm", -1/slope)
	if length := -1 / slope; length < 70 || length > 125 {
		t.Errorf("decay length %.1f µm, published 84.5", length)
	}
}

func TestSameOnAnyNumberOfCores(t *testing.T) {
	run := func(threads int) *connectome.Connectome {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(threads))
		tissue, err := cortex.New(context.Background(), cortex.Config{Neurons: 3000}, seed.Seed(5))
		if err != nil {
			t.Fatal(err)
		}
		return tissue
	}
	a, b := run(1), run(3)
	if a.Checksum() != b.Checksum() || fmt.Sprint(a.CSR()) != fmt.Sprint(b.CSR()) {
		t.Error("the sheet differs between 1 and 3 threads")
	}
	other, err := cortex.New(context.Background(), cortex.Config{Neurons: 3000}, seed.Seed(6))
	if err != nil {
		t.Fatal(err)
	}
	if other.Checksum() == a.Checksum() || fmt.Sprint(a.CSR()) == fmt.Sprint(other.CSR()) {
		t.Error("another seed gives the same sheet")
	}
}

func TestConfigFaults(t *testing.T) {
	err := cortex.Config{Neurons: 3, PerArea: math.NaN(), Reach: -1, Correlation: 1e9}.Validate()
	for _, word := range []string{"3 neurons", "NaN", "reach", "correlation"} {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("error %v does not mention %q", err, word)
		}
	}
	if err := (cortex.Config{}).Validate(); err != nil {
		t.Errorf("the zero configuration is refused: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := cortex.New(ctx, cortex.Config{Neurons: 1000}, seed.Seed(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		if _, err := cortex.New(context.Background(), cortex.Config{}, seed.Seed(1)); err != nil {
			b.Fatal(err)
		}
	}
}
