package circuit

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
)

// manyPairs is from how many edges on building rows goes over several cores.
const manyPairs = 1 << 15

// NewCSRPairs is NewCSR for pairs. Where at is not nil it must have one entry a
// pair, and is filled with the place in Targets of the edge that the pair
// became, -1 for an autapse. It works on all cores, in O(n·cores+m) time and 8
// bytes a pair beside its results (16 with at); what it returns does not depend
// on the number of cores. More than 2³¹-1 pairs are an error.
func NewCSRPairs(n int, pairs []Pair, at []int32) (rows CSR, duplicates, autapses int, err error) {
	if at != nil && len(at) != len(pairs) {
		panic(fmt.Sprintf("circuit: %d places for %d pairs", len(at), len(pairs)))
	}
	if len(pairs) > math.MaxInt32 || n > math.MaxInt32 {
		return CSR{}, 0, 0, fmt.Errorf("circuit: %d edges over %d neurons, more than %d: split the graph", len(pairs), n, math.MaxInt32)
	}
	s := sorting{n: n, pairs: pairs, places: at != nil, workers: workersFor(len(pairs))}
	if err := s.byPost(); err != nil {
		return CSR{}, 0, 0, err
	}
	s.byPre()
	autapses = len(pairs) - len(s.targets)
	rows, duplicates = s.compact(at)
	return rows, duplicates, autapses, nil
}

// workersFor is how many goroutines share m pairs.
func workersFor(m int) int { return max(1, min(runtime.GOMAXPROCS(0), m/manyPairs)) }

// sorting orders pairs by two stable counting sorts, by post and then by pre:
// each row then ascends, and repeats stand side by side in their first order.
type sorting struct {
	n       int
	pairs   []Pair
	places  bool // whether from is wanted
	workers int

	posts   []int32 // where the pairs of each post begin in sources
	sources []int32 // the pre of each pair, in order of post
	first   []int32 // which pair each was
	offsets []int64
	targets []int32 // the post of each pair, in order of pre, then post
	from    []int32
}

// share runs f on every worker at once.
func share(workers int, f func(w int)) {
	if workers == 1 {
		f(0)
		return
	}
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() { f(w) })
	}
	group.Wait()
}

// starts turns counts by worker and key into the place at which each worker puts
// its first of each key, and returns where keys begin.
func starts(counts [][]int32, n int) []int32 {
	begin := make([]int32, n+1)
	at := int32(0)
	for key := range n {
		begin[key] = at
		for _, of := range counts {
			of[key], at = at, at+of[key]
		}
	}
	begin[n] = at
	return begin
}

// byPost orders the pairs that are not autapses by post.
func (s *sorting) byPost() error {
	m := len(s.pairs)
	part := func(w int) (from, to int) { return m * w / s.workers, m * (w + 1) / s.workers }
	counts := make([][]int32, s.workers)
	bad := make([]int, s.workers)
	share(s.workers, func(w int) {
		of := make([]int32, s.n)
		counts[w], bad[w] = of, -1
		from, to := part(w)
		for k, p := range s.pairs[from:to] {
			if uint(p.Pre) >= uint(s.n) || uint(p.Post) >= uint(s.n) {
				bad[w] = from + k
				return
			}
			if p.Pre != p.Post {
				of[p.Post]++
			}
		}
	})
	for _, k := range bad {
		if k >= 0 {
			return outside(k, int(s.pairs[k].Pre), int(s.pairs[k].Post), s.n)
		}
	}
	s.posts = starts(counts, s.n)
	s.sources = make([]int32, s.posts[s.n])
	if s.places {
		s.first = make([]int32, s.posts[s.n])
	}
	share(s.workers, func(w int) {
		next := counts[w]
		from, to := part(w)
		for k, p := range s.pairs[from:to] {
			if p.Pre == p.Post {
				continue
			}
			at := next[p.Post]
			next[p.Post] = at + 1
			s.sources[at] = p.Pre
			if s.places {
				s.first[at] = int32(from + k)
			}
		}
	})
	return nil
}

// evenly returns where worker w's share of keys begins, so that each has about
// as many entries.
func evenly(begin []int32, w, workers int) int {
	n := len(begin) - 1
	if w == workers {
		return n
	}
	want := int32(int64(begin[n]) * int64(w) / int64(workers))
	low, high := 0, n
	for low < high {
		if mid := (low + high) / 2; begin[mid] < want {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low
}

// byPre orders what byPost left by pre.
func (s *sorting) byPre() {
	counts := make([][]int32, s.workers)
	share(s.workers, func(w int) {
		of := make([]int32, s.n)
		counts[w] = of
		for _, pre := range s.sources[s.posts[evenly(s.posts, w, s.workers)]:s.posts[evenly(s.posts, w+1, s.workers)]] {
			of[pre]++
		}
	})
	begin := starts(counts, s.n)
	s.offsets = make([]int64, s.n+1)
	for i, b := range begin {
		s.offsets[i] = int64(b)
	}
	s.targets = make([]int32, len(s.sources))
	if s.places {
		s.from = make([]int32, len(s.sources))
	}
	share(s.workers, func(w int) {
		next := counts[w]
		for post := evenly(s.posts, w, s.workers); post < evenly(s.posts, w+1, s.workers); post++ {
			for k := s.posts[post]; k < s.posts[post+1]; k++ {
				pre := s.sources[k]
				at := next[pre]
				next[pre] = at + 1
				s.targets[at] = int32(post)
				if s.places {
					s.from[at] = s.first[k]
				}
			}
		}
	})
	s.sources, s.first = nil, nil
}

// compact merges repeats, which stand side by side, and tells pairs where they
// went.
func (s *sorting) compact(at []int32) (rows CSR, duplicates int) {
	duplicates = s.repeats()
	for k := range at {
		at[k] = -1
	}
	if duplicates == 0 {
		if at != nil {
			share(s.workers, func(w int) {
				from, to := len(s.from)*w/s.workers, len(s.from)*(w+1)/s.workers
				for k, pair := range s.from[from:to] {
					at[pair] = int32(from + k)
				}
			})
		}
		return CSR{Offsets: s.offsets, Targets: s.targets}, 0
	}
	kept := int64(0)
	for i := range s.n {
		from, to := s.offsets[i], s.offsets[i+1]
		s.offsets[i] = kept
		last := int32(-1)
		for k := from; k < to; k++ {
			if t := s.targets[k]; t != last {
				s.targets[kept], last = t, t
				kept++
			}
			if at != nil {
				at[s.from[k]] = int32(kept - 1)
			}
		}
	}
	s.offsets[s.n] = kept
	return CSR{Offsets: s.offsets, Targets: slices.Clip(s.targets[:kept])}, duplicates
}

// repeats counts pairs that are the same as the one before.
func (s *sorting) repeats() int {
	counts := make([]int, s.workers)
	share(s.workers, func(w int) {
		count := 0
		for i := s.n * w / s.workers; i < s.n*(w+1)/s.workers; i++ {
			row := s.targets[s.offsets[i]:s.offsets[i+1]]
			for k := 1; k < len(row); k++ {
				if row[k] == row[k-1] {
					count++
				}
			}
		}
		counts[w] = count
	})
	sum := 0
	for _, c := range counts {
		sum += c
	}
	return sum
}
