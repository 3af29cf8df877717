package cortex_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
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

func ExampleCircuits() {
	sparse := cortex.Blueprint{cortex.Density: .04, cortex.EShare: .9}
	circuits, err := cortex.Circuits(context.Background(), sparse, 2, connectome.ColumnConfig{MinNeurons: 90, MaxNeurons: 90}, seed.Seed(1))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range circuits {
		fmt.Printf("%d neurons, planted density %.2f, has %.3f\n", c.Len(), c.Origin().Factors[cortex.Density], structure.Density(c))
	}
	_, err = cortex.Circuits(context.Background(), cortex.Blueprint{cortex.Density: .5}, 2, connectome.ColumnConfig{}, seed.Seed(1))
	fmt.Println(err)
	// Output:
	// 90 neurons, planted density 0.04, has 0.037
	// 90 neurons, planted density 0.04, has 0.034
	// cortex: blueprint: factor density is 0.5: use 0.03 to 0.1 (unit 1)
}

// once makes the default sheet for all tests that look at it.
var once = sync.OnceValues(func() (*cortex.Sheet, error) {
	return cortex.Grow(context.Background(), cortex.Config{}, seed.Seed(3))
})

func sheet(t *testing.T) *cortex.Sheet {
	t.Helper()
	s, err := once()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// columns cuts some training columns of the default sheet.
func columns(t *testing.T, count int) []*circuit.Circuit {
	t.Helper()
	tissue := sheet(t).Connectome()
	part, err := connectome.NewPartition(tissue, connectome.SplitConfig{})
	if err != nil {
		t.Fatal(err)
	}
	all, err := connectome.Columns(context.Background(), tissue, part, connectome.Train, count, connectome.ColumnConfig{}, seed.Seed(1))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestBlueprintIsWhatColumnsShow(t *testing.T) {
	columns := columns(t, 400)
	table, err := structure.Profiles(context.Background(), columns, "density", "e_share", "reciprocity_ratio", "out_degree_cv")
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
	// Density and E share are planted as what a column is expected to show, so
	// their slopes are 1. The measured reciprocity ratio is to edges placed
	// anywhere, the planted one to the chance of these very pairs.
	for _, f := range []struct {
		factor, measure   string
		low, high, leastR float64
	}{
		{cortex.Density, "density", .85, 1.15, .8},
		{cortex.EShare, "e_share", .8, 1.2, .7},
		{cortex.Reciprocity, "reciprocity_ratio", 1, 6, .3},
		{cortex.Heterogeneity, "out_degree_cv", .1, .6, .35},
	} {
		measured, err := table.Column(f.measure)
		if err != nil {
			t.Fatal(err)
		}
		offset, slope := stat.LinearRegression(planted[f.factor], measured, nil, false)
		r := stat.Correlation(planted[f.factor], measured, nil)
		t.Logf("%s: measured = %.3f + %.3f planted, r = %.3f", f.factor, offset, slope, r)
		if slope < f.low || slope > f.high || r < f.leastR {
			t.Errorf("%s: slope %.3f, expected %.2f to %.2f; r %.3f, expected %.2f", f.factor, slope, f.low, f.high, r, f.leastR)
		}
	}
}

func TestSameOnAnyNumberOfCores(t *testing.T) {
	run := func(threads int, s seed.Seed) (sum, wiring, circuits string) {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(threads))
		tissue, err := cortex.New(context.Background(), cortex.Config{Neurons: 3000}, s)
		if err != nil {
			t.Fatal(err)
		}
		all, err := cortex.Circuits(context.Background(), nil, 5, connectome.ColumnConfig{}, s)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range all {
			circuits += fmt.Sprint(c.Origin(), c.CSR())
		}
		return tissue.Checksum(), fmt.Sprint(tissue.CSR()), circuits
	}
	sum, wiring, circuits := run(1, 5)
	sum3, wiring3, circuits3 := run(3, 5)
	if sum != sum3 || wiring != wiring3 || circuits != circuits3 {
		t.Error("1 and 3 threads give something else")
	}
	other, otherWiring, otherCircuits := run(2, 6)
	if sum == other || wiring == otherWiring || circuits == otherCircuits {
		t.Error("another seed gives the same")
	}
}

func TestConfigFaults(t *testing.T) {
	err := cortex.Config{
		Neurons: 3, PerArea: math.NaN(), Reach: -1, Correlation: 1e9,
		Fixed: cortex.Blueprint{"desnity": 1, cortex.Modularity: 1, cortex.Decay: math.NaN(), cortex.Tilt: 0},
	}.Validate()
	for _, word := range []string{"3 neurons", "NaN", "reach", "correlation", `no factor "desnity"`, "use some of density, e_share", "factor modularity is 1: use 2 to 5", "factor decay is NaN: use 58 to 96 (unit µm)"} {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("error %v does not mention %q", err, word)
		}
	}
	if err != nil && strings.Contains(err.Error(), "tilt is") {
		t.Errorf("a tilt of 0 is refused: %v", err)
	}
	if err := (cortex.Config{}).Validate(); err != nil {
		t.Errorf("the zero configuration is refused: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := cortex.New(ctx, cortex.Config{Neurons: 1000}, seed.Seed(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := cortex.Circuits(ctx, nil, 5, connectome.ColumnConfig{}, seed.Seed(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	for _, band := range []connectome.ColumnConfig{{MinNeurons: 5, MaxNeurons: 3}, {MinNeurons: -1}} {
		if _, err := cortex.Circuits(context.Background(), nil, 5, band, seed.Seed(1)); err == nil {
			t.Errorf("the band %v is taken", band)
		}
	}
	if _, err := cortex.Circuits(context.Background(), nil, -1, connectome.ColumnConfig{}, seed.Seed(1)); err == nil {
		t.Error("-1 circuits are made")
	}
}

// A factor that is fixed is the same everywhere; the others stay as they were.
func TestFixedFactors(t *testing.T) {
	ctx, fixed := context.Background(), cortex.Blueprint{cortex.Density: .05, cortex.Tilt: 0}
	free, err := cortex.New(ctx, cortex.Config{Neurons: 3000}, seed.Seed(7))
	if err != nil {
		t.Fatal(err)
	}
	tied, err := cortex.New(ctx, cortex.Config{Neurons: 3000, Fixed: fixed}, seed.Seed(7))
	if err != nil {
		t.Fatal(err)
	}
	if free.Checksum() == tied.Checksum() {
		t.Error("sheets with and without a fixed factor have one checksum")
	}
	for i := range free.Len() {
		if a, b := free.Neuron(i), tied.Neuron(i); a != b {
			t.Fatalf("neuron %d is %v and %v", i, a, b)
		}
	}
	for _, indices := range [][]int{{0}, {5, 17, 2999}} {
		a, err1 := free.Circuit(indices)
		b, err2 := tied.Circuit(indices)
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		for _, f := range cortex.Factors() {
			want, is := fixed[f.Name]
			if !is {
				want = a.Origin().Factors[f.Name]
			}
			if got := b.Origin().Factors[f.Name]; math.Abs(got-want) > 1e-12 {
				t.Errorf("%s is %g, expected %g", f.Name, got, want)
			}
		}
	}
	if density := float64(tied.Edges()); density > .85*float64(free.Edges()) {
		t.Errorf("%d edges at density .05, %d at .03 to .10", tied.Edges(), free.Edges())
	}
}

// Independent circuits are what columns of a sheet are: the same distributions of
// plain measures, within the sampling error of columns that overlap.
func TestCircuitsAreLikeColumns(t *testing.T) {
	columns := columns(t, 400)
	circuits, err := cortex.Circuits(context.Background(), nil, 400, connectome.ColumnConfig{}, seed.Seed(2))
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"neurons", "density", "e_share", "reciprocity_ratio", "out_degree_cv", "in_degree_cv", "clustering"}
	a, err := structure.Profiles(context.Background(), columns, names...)
	if err != nil {
		t.Fatal(err)
	}
	b, err := structure.Profiles(context.Background(), circuits, names...)
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, c := range circuits {
		if n := c.Len(); n < 81 || n > 100 {
			t.Errorf("a circuit of %d neurons", n)
		}
		for _, n := range c.Neurons() {
			if ids[n.ID] {
				t.Fatalf("two circuits have neuron %s", n.ID)
			}
			ids[n.ID] = true
		}
	}
	if regions := slices.Compact(slices.Sorted(slices.Values(connectome.Regions(circuits)))); len(regions) != len(circuits) {
		t.Errorf("%d regions of %d circuits", len(regions), len(circuits))
	}
	for i, s := range a.Summaries() {
		other := b.Summaries()[i]
		t.Logf("%s: columns %.3f ± %.3f, circuits %.3f ± %.3f", s.Name, s.Mean, s.SD, other.Mean, other.SD)
		// The training part of a sheet has about a hundred areas of correlation, so
		// means differ by a tenth of an sd by chance; factors vary a little within a
		// column, so that its sd is less.
		if math.Abs(s.Mean-other.Mean) > .35*other.SD || s.SD < .75*other.SD || s.SD > 1.2*other.SD {
			t.Errorf("%s: columns %.3f ± %.3f, circuits %.3f ± %.3f", s.Name, s.Mean, s.SD, other.Mean, other.SD)
		}
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		if _, err := cortex.New(context.Background(), cortex.Config{}, seed.Seed(1)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCircuits(b *testing.B) {
	for b.Loop() {
		if _, err := cortex.Circuits(context.Background(), nil, 100, connectome.ColumnConfig{}, seed.Seed(1)); err != nil {
			b.Fatal(err)
		}
	}
}
