package structure

import (
	"context"
	"iter"
	"math"
	"math/bits"

	"github.com/cortigen/cortigen/pkg/circuit"
)

var pathMeasures = []Measure{
	{"path_length", "edges", 1, inf, "mean length of the shortest path over ordered pairs that have one", "Watts & Strogatz 1998, doi:10.1038/30918", "n·m/64 to n·m", AllRows, (*view).pathLength},
	{"reachable_share", "1", 0, 1, "share of ordered pairs that have a path", networks, "n·m/64 to n·m", AllRows, (*view).reachableShare},
	{"efficiency", "1", 0, 1, "mean over ordered pairs of one over the length of the shortest path, 0 without one", "Latora & Marchiori 2001, doi:10.1103/PhysRevLett.87.198701", "n·m/64 to n·m", AllRows, (*view).efficiency},
	{"diameter", "edges", 1, inf, "longest shortest path over ordered pairs that have one", networks, "n·m/64 to n·m", AllRows, (*view).diameter},
	{"betweenness_mean", "1", 0, 1, "mean over neurons of the share of shortest paths of others that run through", "Freeman 1977, doi:10.2307/3033543", "n·m/64 to n·m", AllRows, (*view).betweennessMean},
	{"betweenness_max", "1", 0, 1, "the largest share of shortest paths of others that run through one neuron", "Brandes 2001, doi:10.1080/0022250X.2001.9990249", "n·m", AllRows, (*view).betweennessMax},
	{"largest_strong_share", "1", 0, 1, "share of neurons in the largest strong component", "Tarjan 1972, doi:10.1137/0201010", "n+m", AllRows, (*view).largestStrongShare},
	{"largest_weak_share", "1", 0, 1, "share of neurons in the largest weak component", networks, "n+m", AllRows, (*view).largestWeakShare},
}

// wave walks breadth first from up to 64 neurons at once, a bit of a word for
// each: a neuron met from several of them on the same step is looked at once.
// Then et al. 2014, doi:10.14778/2735496.2735507. Memory is 32 bytes a neuron.
type wave struct {
	seen, front, next []uint64 // by neuron: from which sources
	at, met           []int32  // neurons where front, next is not 0
}

// start places the sources first to last−1.
func (w *wave) start(n, first, last int) {
	w.seen, w.front, w.next = cleared(w.seen, n), cleared(w.front, n), cleared(w.next, n)
	w.at = w.at[:0]
	for i := first; i < last; i++ {
		w.seen[i], w.front[i] = 1<<(i-first), 1<<(i-first)
		w.at = append(w.at, int32(i))
	}
}

// step takes one edge more and reports whether that met anyone new. Then at lists
// the neurons met, and front says from which sources.
func (w *wave) step(g circuit.CSR) bool {
	seen, front, next, met := w.seen, w.front, w.next, w.met[:0]
	for _, i := range w.at {
		from := front[i]
		front[i] = 0
		for _, j := range g.Row(int(i)) {
			fresh := from &^ seen[j]
			if fresh == 0 {
				continue
			}
			if next[j] == 0 {
				met = append(met, j)
			}
			next[j] |= fresh
		}
	}
	for _, j := range met {
		seen[j] |= next[j]
	}
	w.at, w.met = met, w.at
	w.front, w.next = next, front
	return len(met) > 0
}

// distances counts the ordered pairs of a circuit by distance.
type distances struct {
	made   bool
	wave   wave
	counts []int64 // counts[d−1] pairs are d edges apart
}

// apart counts them once a circuit; nothing where a row is unknown.
func (v *view) apart() []int64 {
	d := &v.distances
	if d.made {
		return d.counts
	}
	d.made = true
	d.counts = d.counts[:0]
	if !v.whole {
		return d.counts
	}
	for first := 0; first < v.n; first += 64 {
		d.wave.start(v.n, first, min(first+64, v.n))
		for k := 0; d.wave.step(v.c.CSR()); k++ {
			if k == len(d.counts) {
				d.counts = append(d.counts, 0)
			}
			for _, j := range d.wave.at {
				d.counts[k] += int64(bits.OnesCount64(d.wave.front[j]))
			}
		}
	}
	return d.counts
}

// reached returns how many ordered pairs have a path.
func (v *view) reached() float64 {
	sum := int64(0)
	for _, count := range v.apart() {
		sum += count
	}
	return float64(sum)
}

// lengths is the sum of all distances.
func (v *view) lengths() float64 {
	sum := int64(0)
	for k, count := range v.apart() {
		sum += int64(k+1) * count
	}
	return float64(sum)
}

// orderedPairs is NaN where a row is unknown.
func (v *view) orderedPairs() float64 {
	if !v.whole {
		return math.NaN()
	}
	return float64(v.n) * float64(v.n-1)
}

// PathLength returns the characteristic path length: the mean number of edges of
// the shortest path, over ordered pairs of neurons that have a path. NaN without
// edges or where a row is unknown. Watts & Strogatz 1998, doi:10.1038/30918. It is
// igraph's average_path_length(unconn=True) and bctpy's charpath with
// include_diagonal and include_infinite off; networkx refuses circuits that are
// not strongly connected.
func PathLength(c *circuit.Circuit) float64 { return measured(c, (*view).pathLength) }

func (v *view) pathLength() float64 { return ratio(v.lengths(), v.reached()) }

// ReachableShare returns the share of ordered pairs of neurons that have a path;
// NaN of fewer than two neurons or where a row is unknown.
func ReachableShare(c *circuit.Circuit) float64 { return measured(c, (*view).reachableShare) }

func (v *view) reachableShare() float64 { return ratio(v.reached(), v.orderedPairs()) }

// Efficiency returns the global efficiency: the mean over ordered pairs of
// neurons of 1/d, where d is the number of edges of the shortest path and 1/d is
// 0 without one. NaN of fewer than two neurons or where a row is unknown. Latora
// & Marchiori 2001, doi:10.1103/PhysRevLett.87.198701; bctpy's efficiency_bin.
// networkx has it for undirected graphs only.
func Efficiency(c *circuit.Circuit) float64 { return measured(c, (*view).efficiency) }

func (v *view) efficiency() float64 {
	sum := 0.0
	for k, count := range v.apart() {
		sum += float64(count) / float64(k+1)
	}
	return ratio(sum, v.orderedPairs())
}

// Diameter returns the number of edges of the longest shortest path, over
// ordered pairs that have a path; NaN without edges or where a row is unknown.
// (networkx refuses circuits that are not strongly connected.)
func Diameter(c *circuit.Circuit) float64 { return measured(c, (*view).diameter) }

func (v *view) diameter() float64 {
	if longest := len(v.apart()); longest > 0 {
		return float64(longest)
	}
	return math.NaN()
}

// BetweennessMean returns the mean of Betweenness over neurons. A shortest path
// of d edges has d−1 neurons between its ends, so it follows from distances:
// the sum of d−1 over pairs that have a path, over n(n−1)(n−2). NaN of fewer than
// three neurons or where a row is unknown.
func BetweennessMean(c *circuit.Circuit) float64 { return measured(c, (*view).betweennessMean) }

func (v *view) betweennessMean() float64 {
	return ratio(v.lengths()-v.reached(), v.orderedPairs()*float64(v.n-2))
}

// Distances yields the neurons in order, each with the number of edges on the
// shortest path from it to every neuron: 0 to itself, +Inf to those that it does
// not reach. All others are NaN where a row of the circuit is unknown, since a
// path through it may be shorter. Every row is a new slice; of a large circuit
// 64 are in memory at a time.
func Distances(c *circuit.Circuit) iter.Seq2[int, []float64] {
	return func(yield func(int, []float64) bool) {
		var w wave
		for first := 0; first < c.Len(); first += 64 {
			rows := distancesFrom(&w, c, first, min(first+64, c.Len()))
			for k, row := range rows {
				if !yield(first+k, row) {
					return
				}
			}
		}
	}
}

// distancesFrom fills the rows of the neurons first to last−1.
func distancesFrom(w *wave, c *circuit.Circuit, first, last int) [][]float64 {
	without := math.Inf(1)
	if !c.FullyObserved() {
		without = math.NaN()
	}
	rows := make([][]float64, last-first)
	for k := range rows {
		rows[k] = make([]float64, c.Len())
		for j := range rows[k] {
			rows[k][j] = without
		}
		rows[k][first+k] = 0
	}
	if !c.FullyObserved() {
		return rows
	}
	w.start(c.Len(), first, last)
	for d := 1.0; w.step(c.CSR()); d++ {
		for _, j := range w.at {
			for sources := w.front[j]; sources != 0; sources &= sources - 1 {
				rows[bits.TrailingZeros64(sources)][j] = d
			}
		}
	}
	return rows
}

// LargestStrongShare returns the share of neurons in the largest strong
// component; NaN without neurons or where a row is unknown.
func LargestStrongShare(c *circuit.Circuit) float64 { return measured(c, (*view).largestStrongShare) }

func (v *view) largestStrongShare() float64 {
	if !v.whole {
		return math.NaN()
	}
	return ratio(float64(v.strong.largest(v.c.CSR())), float64(v.n))
}

// LargestWeakShare returns the share of neurons in the largest weak component;
// NaN without neurons or where a row is unknown.
func LargestWeakShare(c *circuit.Circuit) float64 { return measured(c, (*view).largestWeakShare) }

func (v *view) largestWeakShare() float64 {
	if !v.whole {
		return math.NaN()
	}
	return ratio(float64(v.weak().largest()), float64(v.n))
}

// weak finds the weak components once a circuit.
func (v *view) weak() *forest {
	if !v.hasForest {
		v.hasForest = true
		if v.forest.grow(context.Background(), v.c.CSR()) != nil {
			panic("structure: weak components: cancelled") // cannot happen: that context is never cancelled
		}
	}
	return &v.forest
}
