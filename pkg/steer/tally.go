package steer

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// tally is a circuit whose edges change one by one, and what is cheap to keep up
// with of its measures.
type tally struct {
	like    *circuit.Circuit
	n       int
	rows    []int // whose outputs are known, and so may change
	place   []int // of each entry of the adjacency among the edges, −1 if it is none; row-major [n, n]
	edges   []circuit.Edge
	out, in []int
	signs   []circuit.Sign
	// mutual edges (two a pair), sums of squares of degrees, edges between signs
	// and pairs that could be
	mutual, outSquares, inSquares int
	bySign, pairs                 map[[2]circuit.Sign]int
}

func newTally(c *circuit.Circuit) *tally {
	n := c.Len()
	w := &tally{
		like: c, n: n, place: make([]int, n*n), out: make([]int, n), in: make([]int, n), signs: make([]circuit.Sign, n),
		bySign: map[[2]circuit.Sign]int{}, pairs: map[[2]circuit.Sign]int{},
	}
	for k := range w.place {
		w.place[k] = -1
	}
	count := map[circuit.Sign]int{}
	for i, neuron := range c.Neurons() {
		w.signs[i] = neuron.Sign
		count[neuron.Sign]++
		if c.Observed(i) {
			w.rows = append(w.rows, i)
		}
	}
	for a, k := range count {
		for b, l := range count {
			w.pairs[[2]circuit.Sign{a, b}] = k * l
		}
		w.pairs[[2]circuit.Sign{a, a}] -= k
	}
	for _, e := range c.EdgeList() {
		w.add(e)
	}
	return w
}

func (w *tally) has(e circuit.Edge) bool { return w.place[e.Pre*w.n+e.Post] >= 0 }

func (w *tally) add(e circuit.Edge) {
	w.place[e.Pre*w.n+e.Post] = len(w.edges)
	w.edges = append(w.edges, e)
	w.count(e, 1)
}

func (w *tally) remove(e circuit.Edge) {
	at, last := w.place[e.Pre*w.n+e.Post], len(w.edges)-1
	moved := w.edges[last]
	w.edges[at], w.place[moved.Pre*w.n+moved.Post] = moved, at
	w.edges, w.place[e.Pre*w.n+e.Post] = w.edges[:last], -1
	w.count(e, -1)
}

// count takes in an edge that came (1) or went (−1).
func (w *tally) count(e circuit.Edge, by int) {
	w.outSquares += by*2*w.out[e.Pre] + 1 // (d ± 1)² − d²
	w.inSquares += by*2*w.in[e.Post] + 1
	w.out[e.Pre] += by
	w.in[e.Post] += by
	w.bySign[[2]circuit.Sign{w.signs[e.Pre], w.signs[e.Post]}] += by
	if w.has(circuit.Edge{Pre: e.Post, Post: e.Pre}) {
		w.mutual += 2 * by
	}
}

// cheap are the measures that value knows, of a circuit with all rows observed;
// that they are those of package structure is tested.
var cheap = []string{
	"edges", "density", "out_degree_mean", "in_degree_mean", "out_degree_sd", "in_degree_sd", "out_degree_cv", "in_degree_cv",
	"reciprocity", "reciprocity_ratio", "density_ee", "density_ei", "density_ie", "density_ii",
}

// value returns a cheap measure, NaN where it is undefined.
func (w *tally) value(measure string) float64 {
	n, m := float64(w.n), float64(len(w.edges))
	if signs, ok := signPairs[measure]; ok {
		return float64(w.bySign[signs]) / float64(w.pairs[signs])
	}
	sd := func(squares int) float64 { return math.Sqrt(max(0, float64(squares)/n-m/n*m/n)) }
	switch measure {
	case "edges":
		return m
	case "density":
		return m / (n * (n - 1))
	case "out_degree_mean", "in_degree_mean":
		return m / n
	case "out_degree_sd":
		return sd(w.outSquares)
	case "in_degree_sd":
		return sd(w.inSquares)
	case "out_degree_cv":
		return sd(w.outSquares) / (m / n)
	case "in_degree_cv":
		return sd(w.inSquares) / (m / n)
	case "reciprocity":
		return float64(w.mutual) / m
	case "reciprocity_ratio":
		return float64(w.mutual) / m / (m / (n * (n - 1)))
	}
	panic("steer: tally: " + measure + " is not cheap") // callers ask for cheap ones only
}

// countable reports whether all measures of a circuit are cheap.
func countable(c *circuit.Circuit, measures []string) bool {
	return c.FullyObserved() && !slices.ContainsFunc(measures, func(name string) bool { return !slices.Contains(cheap, name) })
}

// values returns measures: counted where all are cheap, else read off the circuit,
// which is the dear way.
func (w *tally) values(measures []string) (values []float64, dear bool, err error) {
	if countable(w.like, measures) {
		for _, name := range measures {
			values = append(values, w.value(name))
		}
		return values, false, nil
	}
	c, err := w.circuit()
	if err != nil {
		return nil, true, err
	}
	values, err = profile(c, measures)
	return values, true, err
}

func (w *tally) circuit() (*circuit.Circuit, error) { return w.like.WithEdges(w.edges) }

// change is an edge that came or went.
type change struct {
	edge circuit.Edge
	came bool
}

// undo takes back changes, the last first.
func (w *tally) undo(changes []change) {
	for _, c := range slices.Backward(changes) {
		if c.came {
			w.remove(c.edge)
		} else {
			w.add(c.edge)
		}
	}
}

// anyEdge draws an edge of a known row; false after too many that are not.
func (w *tally) anyEdge(rng *rand.Rand, fits func(circuit.Edge) bool) (circuit.Edge, bool) {
	if len(w.edges) == 0 {
		return circuit.Edge{}, false
	}
	for range tries {
		if e := w.edges[rng.IntN(len(w.edges))]; w.like.Observed(e.Pre) && fits(e) {
			return e, true
		}
	}
	return circuit.Edge{}, false
}

// free reports whether an edge may be added.
func (w *tally) free(e circuit.Edge) bool {
	return e.Pre != e.Post && w.like.Observed(e.Pre) && !w.has(e)
}

// tries is how often a random edge is drawn before it is taken that there is none
// of its kind (ours).
const tries = 64
