package structure

import (
	"context"
	"fmt"
	"math"
	"math/bits"

	"github.com/cortigen/cortigen/pkg/circuit"
)

const fagiolo = "Fagiolo 2007, doi:10.1103/PhysRevE.76.026107"

var triangleMeasures = []Measure{
	{"clustering", "1", 0, 1, "mean over neurons of the directed clustering coefficient, where it is defined", fagiolo + ", eq. 9", "m·n/16", KnownPairs, (*view).clustering},
	{"clustering_cycle", "1", 0, 1, "the same of cycles i→j→k→i", fagiolo + ", table 1", "m·n/16", KnownPairs, func(v *view) float64 { return v.meanOf(cycles) }},
	{"clustering_middleman", "1", 0, 1, "the same of j→i→k with j→k", fagiolo + ", table 1", "m·n/16", KnownPairs, func(v *view) float64 { return v.meanOf(middlemen) }},
	{"clustering_in", "1", 0, 1, "the same of j→i←k with j→k or k→j", fagiolo + ", table 1", "m·n/16", KnownPairs, func(v *view) float64 { return v.meanOf(ins) }},
	{"clustering_out", "1", 0, 1, "the same of j←i→k with j→k or k→j", fagiolo + ", table 1", "m·n/16", KnownPairs, func(v *view) float64 { return v.meanOf(outs) }},
	{"transitivity", "1", 0, 1, "all directed triangles over all that could be, counted as for clustering", fagiolo + "; bctpy transitivity_bd", "m·n/16", KnownPairs, (*view).transitivity},
	{"transitivity_undirected", "1", 0, 1, "share of closed among connected triples, directions left out", "Newman, Watts & Strogatz 2002, doi:10.1073/pnas.012582999", "m·n/16", KnownPairs, func(v *view) float64 { return v.triads().transitivity() }},
}

// corner is the directed triangles of one neuron i with two others j and k,
// by what it is in them (Fagiolo 2007, table 1).
type corner struct {
	cycle     int64 // i→j→k→i
	middleman int64 // j→i→k, j→k
	in        int64 // j→i, k→i, j→k
	out       int64 // i→j, i→k, j→k
}

func (c *corner) add(d *corner) {
	c.cycle += d.cycle
	c.middleman += d.middleman
	c.in += d.in
	c.out += d.out
}

// A kind returns the triangles of that kind that a neuron has, and could have
// with so many targets, sources and mutual partners, the last being among both
// others.
type kind func(c *corner, targets, sources, partners int64) (has, possible int64)

func cycles(c *corner, o, i, m int64) (has, possible int64)    { return c.cycle, o*i - m }
func middlemen(c *corner, o, i, m int64) (has, possible int64) { return c.middleman, o*i - m }
func ins(c *corner, o, i, m int64) (has, possible int64)       { return c.in, i * (i - 1) }
func outs(c *corner, o, i, m int64) (has, possible int64)      { return c.out, o * (o - 1) }

// every is the sum of the four: ½[(A+Aᵀ)³]ii of d(d−1) − 2m with d = o + i.
func every(c *corner, o, i, m int64) (has, possible int64) {
	return c.cycle + c.middleman + c.in + c.out, (o+i)*(o+i-1) - 2*m
}

// triangles are those of a view, made once.
type triangles struct {
	corners []corner
	degrees []degrees
	made    bool
}

// corners counts the triangles of every neuron, edge by edge: those over i→j
// with i→k and j→k are one more to send from i and one more through j.
func (v *view) corners() *triangles {
	w := &v.triangles
	if w.made {
		return w
	}
	w.made = true
	v.rows()
	w.corners, w.degrees = cleared(w.corners, v.n), resized(w.degrees, v.n)
	for i := range v.n {
		out, in := v.row(v.out, i), v.row(v.in, i)
		w.degrees[i] = degrees{int32(ones(out)), int32(ones(in)), int32(ones(v.row(v.both, i)))}
		at := &w.corners[i]
		for j := range bitsOf(out) {
			sent, received, around := overEdge(out, in, v.row(v.out, j), v.row(v.in, j))
			at.out += int64(sent)
			at.cycle += int64(around)
			w.corners[j].middleman += int64(sent)
			w.corners[j].in += int64(received)
		}
	}
	return w
}

// overEdge counts, for an edge i→j, the neurons that both send to, that both
// receive from, and that j sends to and i receives from.
func overEdge(out, in, outJ, inJ []uint64) (sent, received, around int) {
	in, outJ, inJ = in[:len(out)], outJ[:len(out)], inJ[:len(out)]
	for w, o := range out {
		i, oj := in[w], outJ[w]
		sent += bits.OnesCount64(o & oj)
		received += bits.OnesCount64(i & inJ[w])
		around += bits.OnesCount64(i & oj)
	}
	return sent, received, around
}

func (w *triangles) of(i int, k kind) (has, possible int64) {
	d := w.degrees[i]
	return k(&w.corners[i], int64(d.targets), int64(d.sources), int64(d.partners))
}

// meanOf is over the neurons that could have a triangle of the kind.
func (w *triangles) meanOf(k kind) float64 {
	sum, defined := 0.0, 0
	for i := range w.corners {
		if has, possible := w.of(i, k); possible > 0 {
			sum += float64(has) / float64(possible)
			defined++
		}
	}
	return ratio(sum, float64(defined))
}

func (w *triangles) transitivity() float64 {
	var has, possible int64
	for i := range w.corners {
		h, p := w.of(i, every)
		has += h
		possible += p
	}
	return ratio(float64(has), float64(possible))
}

// coefficients are in new memory.
func (w *triangles) coefficients() []float64 {
	values := make([]float64, len(w.corners))
	for i := range values {
		values[i] = math.NaN()
		if has, possible := w.of(i, every); possible > 0 {
			values[i] = float64(has) / float64(possible)
		}
	}
	return values
}

func (v *view) meanOf(k kind) float64 { return v.corners().meanOf(k) }
func (v *view) clustering() float64   { return v.meanOf(every) }
func (v *view) transitivity() float64 { return v.corners().transitivity() }

// Clustering returns the mean over observed neurons of the directed clustering
// coefficient of Fagiolo 2007, doi:10.1103/PhysRevE.76.026107, eq. 9: the
// triangles a neuron has over those it could have, among edges between observed
// neurons. Neurons that could have none are left out; NaN when all are.
//
// bctpy (clustering_coef_bd) and networkx (average_clustering) count such neurons
// as 0: their mean is that of [ClusteringOf] with 0 in place of NaN.
func Clustering(c *circuit.Circuit) float64 { return measured(c, (*view).clustering) }

// ClusteringOf returns the directed clustering coefficient of every neuron, as
// networkx.clustering of a DiGraph does, but NaN, not 0, where a neuron could have
// no triangle: it has one partner at most or was not observed.
func ClusteringOf(c *circuit.Circuit) []float64 {
	return measured(c, func(v *view) []float64 { return v.corners().coefficients() })
}

// ClusteringCycle returns the mean over observed neurons of the share of the
// pairs of a target j and another source k of a neuron that close a cycle, j→k:
// Fagiolo 2007, doi:10.1103/PhysRevE.76.026107, table 1. NaN where no neuron has
// such a pair.
func ClusteringCycle(c *circuit.Circuit) float64 {
	return measured(c, func(v *view) float64 { return v.meanOf(cycles) })
}

// ClusteringMiddleman is ClusteringCycle with k→j: the neuron stands on a detour.
func ClusteringMiddleman(c *circuit.Circuit) float64 {
	return measured(c, func(v *view) float64 { return v.meanOf(middlemen) })
}

// ClusteringIn returns the mean over observed neurons of the share of the ordered
// pairs of sources of a neuron that are edges: Fagiolo 2007,
// doi:10.1103/PhysRevE.76.026107, table 1. NaN where no neuron has two.
func ClusteringIn(c *circuit.Circuit) float64 {
	return measured(c, func(v *view) float64 { return v.meanOf(ins) })
}

// ClusteringOut is ClusteringIn of targets.
func ClusteringOut(c *circuit.Circuit) float64 {
	return measured(c, func(v *view) float64 { return v.meanOf(outs) })
}

// Transitivity returns all triangles over all that could be, as Clustering
// counts them but over the circuit as a whole: bctpy's transitivity_bd. NaN
// where none could be.
func Transitivity(c *circuit.Circuit) float64 { return measured(c, (*view).transitivity) }

// TransitivityUndirected returns, directions left out, three times the triangles
// over the paths of two connections (Newman, Watts & Strogatz 2002,
// doi:10.1073/pnas.012582999); NaN where there is no path. As igraph's
// transitivity_undirected and, but for 0 in place of NaN, networkx.transitivity of
// G.to_undirected().
func TransitivityUndirected(c *circuit.Circuit) float64 {
	return measured(c, func(v *view) float64 { return v.triads().transitivity() })
}

// Clusterings are the measures of triangles of a whole graph: each is what the
// function of its name returns of a circuit.
type Clusterings struct {
	// Of is the coefficient of every neuron, NaN where it is not defined.
	Of []float64
	// Clustering is their mean where defined; the next four are of one kind of
	// triangle.
	Clustering, Cycle, Middleman, In, Out float64

	Transitivity, TransitivityUndirected float64
}

// ClusteringOfGraph returns the clustering of a graph of up to 2²¹ neurons, at the
// cost of [TriadsOf] and 32 bytes a neuron and core. The error is a cancelled
// context or too many neurons.
func ClusteringOfGraph(ctx context.Context, g circuit.CSR) (Clusterings, error) {
	if n := g.Rows(); n > mostTriads {
		return Clusterings{}, fmt.Errorf("structure: clustering: %d neurons: count parts of at most %d", n, mostTriads)
	}
	s, err := newSkeleton(ctx, g)
	if err != nil {
		return Clusterings{}, fmt.Errorf("structure: clustering: %w", err)
	}
	listed, err := s.list(ctx, true)
	if err != nil {
		return Clusterings{}, fmt.Errorf("structure: clustering: %w", err)
	}
	w := triangles{corners: listed.corners, degrees: make([]degrees, len(s.degrees))}
	for i, d := range s.degrees {
		w.degrees[i] = degrees{d.targets + d.partners, d.sources + d.partners, d.partners}
	}
	t := s.census(listed)
	return Clusterings{
		Of:         w.coefficients(),
		Clustering: w.meanOf(every), Cycle: w.meanOf(cycles), Middleman: w.meanOf(middlemen), In: w.meanOf(ins), Out: w.meanOf(outs),
		Transitivity: w.transitivity(), TransitivityUndirected: t.transitivity(),
	}, nil
}
