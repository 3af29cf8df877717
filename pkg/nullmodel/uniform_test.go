package nullmodel

import (
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// level is that of the χ² tests: one of a thousand fair chains would fail. Seeds
// are fixed, so that a test that passes keeps passing.
const level = 1e-3

// codeOf numbers the digraphs of up to five neurons: a bit for each entry.
func codeOf(n int, edges []circuit.Edge) uint32 {
	var code uint32
	for _, e := range edges {
		code |= 1 << (e.Pre*n + e.Post)
	}
	return code
}

// alike enumerates all digraphs that keep has the same value of as for c: by
// brute force over every set of as many entries, edges of unobserved rows as they
// are.
func alike(c *circuit.Circuit, keep func(n int, has func(i, j int) bool) []int) []uint32 {
	n := c.Len()
	var entries []int
	var fixed uint32
	for i := range n {
		for j := range n {
			switch {
			case i != j && c.Observed(i):
				entries = append(entries, i*n+j)
			case c.Has(i, j):
				fixed |= 1 << (i*n + j)
			}
		}
	}
	want := keep(n, c.Has)
	var all []uint32
	for set := range uint32(1) << len(entries) {
		code := fixed
		for k, entry := range entries {
			code |= set >> k & 1 << entry
		}
		if bits.OnesCount32(code) == c.Edges() && slices.Equal(keep(n, func(i, j int) bool { return code>>(i*n+j)&1 == 1 }), want) {
			all = append(all, code)
		}
	}
	return all
}

// uniformity is the p-value of χ² over draws against the uniform law on all, and
// the number of draws that are none of all.
func uniformity(t *testing.T, s *Surrogates, all []uint32, draws int) (p float64, strangers int) {
	t.Helper()
	counts := make(map[uint32]int, len(all))
	rng := rand.New(rand.NewPCG(11, 12))
	for range draws {
		d, err := s.Draw(rng)
		if err != nil {
			t.Fatal(err)
		}
		counts[codeOf(d.Len(), d.EdgeList())]++
	}
	expected, chi2 := float64(draws)/float64(len(all)), 0.
	for _, code := range all {
		seen := counts[code]
		draws -= seen
		chi2 += (float64(seen) - expected) * (float64(seen) - expected) / expected
	}
	if len(all) == 1 {
		return 1, draws
	}
	return distuv.ChiSquared{K: float64(len(all) - 1)}.Survival(chi2), draws
}

// graph is a circuit to enumerate: 01 is the edge 0→1.
func graph(t *testing.T, n int, observed []bool, edges ...string) *circuit.Circuit {
	t.Helper()
	var list []circuit.Edge
	for _, e := range edges {
		list = append(list, circuit.Edge{Pre: int(e[0] - '0'), Post: int(e[1] - '0')})
	}
	neurons := neuronsOf(n)
	for i := range neurons {
		neurons[i].Class = []circuit.Class{"A", "B"}[i%2]
	}
	c, err := circuitOf(t, neurons, list).WithObserved(observed)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// degrees are the out- and in-degrees over observed rows, which alike leaves
// alone elsewhere.
func degrees(n int, has func(i, j int) bool) []int {
	of := make([]int, 2*n)
	for i := range n {
		for j := range n {
			if has(i, j) {
				of[i]++
				of[n+j]++
			}
		}
	}
	return of
}

func edgeCount(n int, has func(i, j int) bool) []int {
	sum := 0
	for _, d := range degrees(n, has)[:n] {
		sum += d
	}
	return []int{sum}
}

// How many circuits there are is counted by the enumeration; small ones can be
// checked by hand: a cycle of three has one other of its degrees, its reverse.
func TestConfigurationIsUniform(t *testing.T) {
	for name, c := range map[string]struct {
		c     *circuit.Circuit
		count int
	}{
		"cycle of three":                         {graph(t, 3, nil, "01", "12", "20"), 2},
		"cycle of three among four":              {graph(t, 4, nil, "01", "12", "20"), 2},
		"cycle of three among five":              {graph(t, 5, nil, "01", "12", "20"), 2},
		"a cycle that a mutual pair locks":       {graph(t, 3, nil, "01", "12", "20", "10"), 1},
		"cycle of three and a hub of all":        {graph(t, 4, nil, "01", "12", "20", "30", "31", "32", "03", "13", "23"), 2},
		"permutations of four without a fixture": {graph(t, 4, nil, "01", "12", "23", "30"), 9},
		"derangements of five":                   {graph(t, 5, nil, "01", "12", "23", "34", "40"), 44},
		"all degrees two, five":                  {graph(t, 5, nil, "01", "12", "23", "34", "40", "02", "13", "24", "30", "41"), 216},
		"uneven":                                 {graph(t, 5, nil, "01", "02", "03", "10", "12", "34", "43", "40"), 19},
		"a row unknown":                          {graph(t, 5, []bool{true, true, true, true, false}, "01", "12", "20", "34", "43", "04", "40"), 11},
		"only the cycle's rows known":            {graph(t, 4, []bool{true, true, true, false}, "01", "12", "20", "31"), 2},
	} {
		t.Run(name, func(t *testing.T) {
			checkUniform(t, configuration, c.c, c.count, degrees)
		})
	}
}

// Swaps alone do not reach the reverse of a cycle, and so fail the test that the
// chain passes.
func TestSwapsAloneAreNotUniform(t *testing.T) {
	for name, c := range map[string]*circuit.Circuit{
		"cycle of three among five": graph(t, 5, nil, "01", "12", "20"),
		"cycle and a hub of all":    graph(t, 4, nil, "01", "12", "20", "30", "31", "32", "03", "13", "23"),
	} {
		t.Run(name, func(t *testing.T) {
			s, err := configuration.Fit(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			s.law.(*swaps).without = true
			if p, _ := uniformity(t, s, alike(c, degrees), 2000); p > level {
				t.Errorf("p = %.2g without reversals", p)
			}
		})
	}
}

func TestERIsUniform(t *testing.T) {
	for name, c := range map[string]struct {
		c     *circuit.Circuit
		count int
	}{
		"4 of 12":        {graph(t, 4, nil, "01", "12", "20", "30"), 495},
		"all but one":    {graph(t, 3, nil, "01", "02", "10", "12", "20"), 6},
		"two rows known": {graph(t, 4, []bool{true, false, true, false}, "01", "21", "10", "32"), 15},
	} {
		t.Run(name, func(t *testing.T) {
			checkUniform(t, er, c.c, c.count, edgeCount)
		})
	}
}

// checkUniform draws from a null and holds it against the enumeration of what it
// should keep.
func checkUniform(t *testing.T, m Model, c *circuit.Circuit, count int, keep func(n int, has func(i, j int) bool) []int) {
	t.Helper()
	all := alike(c, keep)
	if len(all) != count {
		t.Errorf("there are %d such circuits, want %d", len(all), count)
	}
	s, err := m.Fit(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if p, strangers := uniformity(t, s, all, 25*len(all)+1000); p < level || strangers > 0 {
		t.Errorf("p = %.2g and %d draws that are no such circuit", p, strangers)
	}
}

func TestReciprocalERIsUniform(t *testing.T) {
	counts := func(n int, has func(i, j int) bool) []int {
		mutual := 0
		for i := range n {
			for j := range i {
				if has(i, j) && has(j, i) {
					mutual++
				}
			}
		}
		return append(edgeCount(n, has), mutual)
	}
	// By hand: one of 6 pairs is mutual, 2 of the 5 others one way or the other:
	// 6 · 10 · 4. Masked, with neuron 3 unknown: of 3 pairs one mutual, 1 of the
	// others one way or the other, 1 of 3 entries towards neuron 3.
	checkUniform(t, reciprocalER, graph(t, 4, nil, "01", "10", "12", "23"), 240, counts)
	known := []bool{true, true, true, false}
	checkUniform(t, reciprocalER, graph(t, 4, known, "01", "10", "12", "23", "31"), 3*2*2*3, func(n int, has func(i, j int) bool) []int {
		outside := 0
		for i := range 3 {
			if has(i, 3) {
				outside++
			}
		}
		return append(counts(3, has), outside)
	})
}

// Classes of graph are A, B, A, B, A. By hand: blocks A→A 2 of 6, A→B 1 of 6,
// B→A 1 of 6, B→B 1 of 2.
func TestSBMIsUniform(t *testing.T) {
	perBlock := func(n int, has func(i, j int) bool) []int {
		of := make([]int, 4)
		for i := range n {
			for j := range n {
				if has(i, j) {
					of[i%2*2+j%2]++
				}
			}
		}
		return of
	}
	checkUniform(t, sbm, graph(t, 5, nil, "02", "20", "01", "14", "13"), 15*6*6*2, perBlock)
	checkUniform(t, sbm, graph(t, 5, []bool{true, true, false, true, true}, "02", "01", "14", "13", "23"), 4*4*6*2, perBlock)
}

// By hand: 4 connected pairs, one of them mutual, 3 one way or the other.
func TestBishuffledIsUniform(t *testing.T) {
	kept := func(n int, has func(i, j int) bool) []int {
		var of []int
		mutual := 0
		for i := range n {
			for j := range i {
				connected := 0
				if has(i, j) || has(j, i) {
					connected = 1
				}
				if has(i, j) && has(j, i) {
					mutual++
				}
				of = append(of, connected)
			}
		}
		return append(of, mutual)
	}
	checkUniform(t, bishuffled, graph(t, 5, nil, "01", "10", "12", "23", "30"), 4*8, kept)
	// With row 3 unknown, 23 stays, and of 3 pairs one is mutual.
	known := []bool{true, true, true, false}
	checkUniform(t, bishuffled, graph(t, 4, known, "01", "10", "12", "20", "23", "30"), 3*4, func(n int, has func(i, j int) bool) []int {
		of := kept(3, has)
		for i := range 3 {
			if has(i, 3) {
				of = append(of, i)
			}
		}
		return of
	})
}

// reciprocalDegrees are mutual, out- and in-degrees, mutual ones among known rows.
func reciprocalDegrees(known int) func(n int, has func(i, j int) bool) []int {
	return func(n int, has func(i, j int) bool) []int {
		of := degrees(n, has)
		for i := range known {
			mutual := 0
			for j := range known {
				if i != j && has(i, j) && has(j, i) {
					mutual++
				}
			}
			of = append(of, mutual)
		}
		return of
	}
}

func TestDegreeReciprocalIsUniform(t *testing.T) {
	for name, c := range map[string]struct {
		c            *circuit.Circuit
		known, count int
	}{
		"three pairings of four":         {graph(t, 4, nil, "01", "10", "23", "32"), 4, 3},
		"cycle of three among five":      {graph(t, 5, nil, "01", "12", "20"), 5, 2},
		"one-way swap":                   {graph(t, 4, nil, "01", "23"), 4, 2},
		"a swap would make it mutual":    {graph(t, 3, nil, "01", "12"), 3, 1},
		"cycle of five, one-way":         {graph(t, 5, nil, "01", "12", "23", "34", "40"), 5, 24},
		"ring of mutual pairs":           {graph(t, 5, nil, "01", "10", "12", "21", "23", "32", "34", "43", "40", "04"), 5, 12},
		"mutual and one-way":             {graph(t, 5, nil, "01", "10", "23", "32", "02", "13", "34", "40"), 5, 12},
		"both kinds must move at once":   {graph(t, 5, nil, "01", "10", "23", "32", "02", "31", "12", "03"), 5, 3},
		"beyond moves of four":           {graph(t, 5, nil, "01", "04", "10", "12", "20", "31"), 5, 2},
		"a row unknown":                  {graph(t, 5, []bool{true, true, true, true, false}, "01", "10", "23", "32", "04", "24", "41", "30"), 4, 4},
		"cycle of three, a row unknown ": {graph(t, 4, []bool{true, true, true, false}, "01", "12", "20", "31"), 3, 2},
	} {
		t.Run(name, func(t *testing.T) { checkUniform(t, degreeReciprocal, c.c, c.count, reciprocalDegrees(c.known)) })
	}
}
