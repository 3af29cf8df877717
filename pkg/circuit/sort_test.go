package circuit

import (
	"cmp"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// sortedPairs is NewCSRPairs by one comparison sort.
func sortedPairs(n int, pairs []Pair) (rows CSR, at []int32, duplicates, autapses int) {
	order := make([]int, 0, len(pairs))
	at = make([]int32, len(pairs))
	for k, p := range pairs {
		at[k] = -1
		if p.Pre == p.Post {
			autapses++
			continue
		}
		order = append(order, k)
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(pairs[a].Pre, pairs[b].Pre), cmp.Compare(pairs[a].Post, pairs[b].Post))
	})
	rows.Offsets, rows.Targets = make([]int64, n+1), []int32{}
	for j, k := range order {
		if j > 0 && pairs[k] == pairs[order[j-1]] {
			duplicates++
		} else {
			rows.Targets = append(rows.Targets, pairs[k].Post)
			rows.Offsets[pairs[k].Pre+1]++
		}
		at[k] = int32(len(rows.Targets) - 1)
	}
	for i := range n {
		rows.Offsets[i+1] += rows.Offsets[i]
	}
	return rows, at, duplicates, autapses
}

func checkPairs(t interface{ Errorf(string, ...any) }, n int, pairs []Pair) {
	wantRows, wantAt, wantDuplicates, wantAutapses := sortedPairs(n, pairs)
	at := make([]int32, len(pairs))
	for _, places := range [][]int32{nil, at} {
		rows, duplicates, autapses, err := NewCSRPairs(n, pairs, places)
		if err != nil || duplicates != wantDuplicates || autapses != wantAutapses {
			t.Errorf("%d repeated, %d autapses (%v), want %d and %d", duplicates, autapses, err, wantDuplicates, wantAutapses)
		}
		if !slices.Equal(rows.Offsets, wantRows.Offsets) || !slices.Equal(rows.Targets, wantRows.Targets) {
			t.Errorf("rows are %v, want %v", rows, wantRows)
		}
	}
	if !slices.Equal(at, wantAt) {
		t.Errorf("places are %v, want %v", at, wantAt)
	}
}

func TestNewCSRPairs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(t, "n")
		neuron := rapid.Int32Range(0, int32(n)-1)
		pairs := rapid.SliceOf(rapid.Custom(func(t *rapid.T) Pair {
			return Pair{neuron.Draw(t, "pre"), neuron.Draw(t, "post")}
		})).Draw(t, "pairs")
		checkPairs(t, n, pairs)
	})
}

// On several cores the same comes out, repeats in the order in which they came.
func TestNewCSRPairsOnCores(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	rng := rand.New(rand.NewPCG(3, 4))
	for name, n := range map[string]int{"repeats": 300, "no neuron twice": 1 << 30} {
		pairs := make([]Pair, 5*manyPairs)
		if n > len(pairs) {
			n = len(pairs)
			for k, post := range rng.Perm(n) {
				pairs[k] = Pair{int32(k), int32(post)}
			}
		} else {
			for k := range pairs {
				pairs[k] = Pair{int32(rng.IntN(n)), int32(rng.IntN(n))}
			}
		}
		for _, cores := range []int{1, 2, 3, 8} {
			runtime.GOMAXPROCS(cores)
			t.Run(name, func(t *testing.T) { checkPairs(t, n, pairs) })
		}
	}
}

func TestNewCSRPairsFaults(t *testing.T) {
	many := make([]Pair, 3*manyPairs)
	many[2*manyPairs+5] = Pair{1, 9}
	for name, c := range map[string]struct {
		pairs []Pair
		want  string
	}{
		"negative":     {[]Pair{{0, 1}, {-1, 0}}, "circuit: edge 1 is -1→0, but neurons run from 0 to 1"},
		"beyond":       {[]Pair{{0, 2}}, "circuit: edge 0 is 0→2, but neurons run from 0 to 1"},
		"far in":       {many, "circuit: edge 65541 is 1→9, but neurons run from 0 to 1"},
		"of no neuron": {[]Pair{{0, 0}}, "circuit: edge 0 is 0→0, but neurons run from 0 to -1"},
	} {
		t.Run(name, func(t *testing.T) {
			n := 2
			if name == "of no neuron" {
				n = 0
			}
			if _, _, _, err := NewCSRPairs(n, c.pairs, nil); err == nil || err.Error() != c.want {
				t.Errorf("error %v, want %s", err, c.want)
			}
		})
	}
}

// A long list of edges takes the way of pairs; the rows are those of the short way.
func TestNewCSRLongAsShort(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	const n = 90
	var pairs []Pair
	var edges []Edge
	for range manyPairs {
		p := Pair{int32(rng.IntN(n)), int32(rng.IntN(n))}
		pairs, edges = append(pairs, p), append(edges, Edge{int(p.Pre), int(p.Post)})
	}
	want, _, wantDuplicates, wantAutapses := sortedPairs(n, pairs)
	rows, duplicates, autapses, err := NewCSR(n, edges)
	if err != nil || duplicates != wantDuplicates || autapses != wantAutapses || !slices.Equal(rows.Offsets, want.Offsets) || !slices.Equal(rows.Targets, want.Targets) {
		t.Errorf("%d repeated, %d autapses (%v), want %d and %d, and the same rows", duplicates, autapses, err, wantDuplicates, wantAutapses)
	}
	edges[77].Pre = n
	if _, _, _, err := NewCSR(n, edges); err == nil {
		t.Error("an edge from a neuron that is not there is taken")
	}
}
