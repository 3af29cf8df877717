package structure_test

import (
	"context"
	"math"
	"reflect"
	"runtime"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/structure"
)

// naiveSimplices extends every sequence by every neuron, and notes of what
// dimension each neuron is part.
func naiveSimplices(c *circuit.Circuit) (counts []int64, highest []int) {
	highest = make([]int, c.Len())
	level := [][]int{}
	for i := range c.Len() {
		level = append(level, []int{i})
	}
	for d := 0; len(level) > 0; d++ {
		counts = append(counts, int64(len(level)))
		var longer [][]int
		for _, s := range level {
			for _, i := range s {
				highest[i] = d
			}
			for j := range c.Len() {
				if !slices.ContainsFunc(s, func(i int) bool { return i == j || !c.Has(i, j) }) {
					longer = append(longer, append(slices.Clone(s), j))
				}
			}
		}
		level = longer
	}
	return counts, highest
}

// sparse is a circuit whose simplices can be listed.
func sparse(t *rapid.T) *circuit.Circuit {
	n := rapid.IntRange(0, 20).Draw(t, "n")
	var edges []circuit.Edge
	for i := range n {
		for j := range n {
			if i != j && rapid.IntRange(0, 9).Draw(t, "edge") < 3 {
				edges = append(edges, circuit.Edge{Pre: i, Post: j})
			}
		}
	}
	neurons := make([]circuit.Neuron, n)
	for i := range neurons {
		neurons[i] = circuit.Neuron{ID: string(rune('a' + i)), Position: circuit.NoPosition()}
	}
	c, err := circuit.New(neurons, edges)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSimplicesOneByOne(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	rapid.Check(t, func(t *rapid.T) {
		c := sparse(t)
		want, highest := naiveSimplices(c)
		got, err := structure.Simplices(c)
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("simplices %v, %v, one by one %v", got, err, want)
		}
		if len(got) > 1 && got[1] != int64(c.Edges()) {
			t.Errorf("%d simplices of dimension 1, %d edges", got[1], c.Edges())
		}
		if d, err := structure.SimplexDimensions(c); err != nil || !slices.Equal(d, highest) {
			t.Errorf("dimensions of neurons %v, %v, one by one %v", d, err, highest)
		}
		for _, threads := range []int{1, 4} {
			runtime.GOMAXPROCS(threads)
			for _, most := range []int{1, 2, 3, 30} {
				cut := want[:min(len(want), most+1)]
				reached := slices.Clone(highest)
				for i := range reached {
					reached[i] = min(reached[i], most)
				}
				found, err := structure.SimplicesOf(context.Background(), c.CSR(), most)
				if err != nil || !slices.Equal(found.Simplices, cut) || !slices.Equal(found.Highest, reached) {
					t.Errorf("whole graph up to %d, %d threads: %v, %v, want %v, %v", most, threads, found, err, cut, reached)
				}
			}
		}
	})
}

// Past the limit counts end and measures are NaN: of the complete circuit of n
// neurons n!/(n−1−d)! simplices of dimension d are known as long as no lower
// dimension has more than 2¹⁸.
func TestTooManySimplices(t *testing.T) {
	for _, test := range []struct {
		n    int
		want []int64
		all  bool
	}{
		{8, []int64{8, 56, 336, 1680, 6720, 20160, 40320, 40320}, true},
		{9, []int64{9, 72, 504, 3024, 15120, 60480, 181440, 362880}, false},
		{30, []int64{30, 870, 24360, 657720}, false},
		{100, []int64{100, 9900, 970200}, false},
	} {
		c := complete(t, test.n)
		got, err := structure.Simplices(c)
		if !slices.Equal(got, test.want) || (err == nil) != test.all {
			t.Errorf("%d neurons: %v, %v, want %v", test.n, got, err, test.want)
		}
		if _, err := structure.SimplexDimensions(c); (err == nil) != test.all {
			t.Errorf("%d neurons: dimensions of neurons: %v", test.n, err)
		}
		if test.all {
			continue
		}
		p, err := structure.NewProfile(c, "euler_characteristic", "simplex_dimension", "simplices_2", "simplices_3", "simplices_7")
		if err != nil {
			t.Fatal(err)
		}
		nan := math.NaN()
		want := map[int][]float64{9: {nan, nan, 504, 3024, 362880}, 30: {nan, nan, 24360, 657720, nan}, 100: {nan, nan, 970200, nan, nan}}[test.n]
		for k, name := range p.Names {
			if !same(p.Values[k], want[k], 0) {
				t.Errorf("%d neurons: %s is %v, want %v", test.n, name, p.Values[k], want[k])
			}
		}
	}
}

// Many simplices, none of them high: above the limit all together, yet of no
// dimension alone, they are counted to the end.
func TestManySimplicesOfLowDimension(t *testing.T) {
	// Three sets of 60 neurons, all of each to all of the next ones: 60³ triads.
	var edges []circuit.Edge
	for i := range 180 {
		for j := (i/60 + 1) * 60; j < 180; j++ {
			edges = append(edges, circuit.Edge{Pre: i, Post: j})
		}
	}
	// A fourth set of 12 is sent to by one neuron of each.
	for i := range 3 {
		for j := range 12 {
			edges = append(edges, circuit.Edge{Pre: 60 * i, Post: 180 + j})
		}
	}
	want := []int64{192, 3*3600 + 36, 216000 + 36, 12}
	got, err := structure.Simplices(of(t, 192, edges...))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
	// More senders, and all together are 267 thousand, more than 2¹⁸; those of
	// dimension 2 are 223 thousand.
	for j := range 12 {
		for k := range 13 {
			for i := range 3 {
				edges = append(edges, circuit.Edge{Pre: 60*i + 1 + k, Post: 180 + j})
			}
		}
	}
	c := of(t, 192, edges...)
	// Sets of 14 senders each: 14³·12 of dimension 3, 3·14²·12 more of dimension 2.
	want = []int64{192, 3*3600 + 3*14*12, 216000 + 3*14*14*12, 14 * 14 * 14 * 12}
	got, err = structure.Simplices(c)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
	highest, err := structure.SimplexDimensions(c)
	for i, d := range highest {
		if in := i%60 < 14 || i >= 180; in && d != 3 || !in && d != 2 {
			t.Errorf("neuron %d is in dimension %d, %v", i, d, err)
		}
	}
	if err != nil || len(highest) != 192 {
		t.Errorf("dimensions of %d neurons, %v", len(highest), err)
	}
}

func TestShares(t *testing.T) {
	// Triad 0→1→2, 0→2, the edge 3→4 and a neuron alone.
	g, _, _, err := circuit.NewCSR(6, []circuit.Edge{{Pre: 0, Post: 1}, {Pre: 1, Post: 2}, {Pre: 0, Post: 2}, {Pre: 3, Post: 4}})
	if err != nil {
		t.Fatal(err)
	}
	found, err := structure.SimplicesOf(context.Background(), g, 7)
	if err != nil {
		t.Fatal(err)
	}
	for d, want := range []float64{1. / 6, 2. / 6, 3. / 6} {
		if got := found.Shares()[d]; !same(got, want, 1e-12) {
			t.Errorf("share of dimension %d is %v, want %v", d, got, want)
		}
	}
}
