package structure

import (
	"context"
	"fmt"
	"math/bits"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// Triad is one of the 16 ways in which three neurons can be wired, up to their
// order (Holland & Leinhardt 1970, doi:10.1086/224954). A name counts mutual,
// asymmetric and null pairs, in this order; the letter says down, up, cyclic or
// transitive.
type Triad int

// The triads, in the order of a census. B is the neuron that both pairs share.
const (
	Triad003  Triad = iota // no edge
	Triad012               // A→B
	Triad102               // A⇄B
	Triad021D              // A←B→C
	Triad021U              // A→B←C
	Triad021C              // A→B→C
	Triad111D              // A⇄B←C
	Triad111U              // A⇄B→C
	Triad030T              // A→B→C, A→C
	Triad030C              // A→B→C→A
	Triad201               // A⇄B⇄C
	Triad120D              // A←B→C, A⇄C
	Triad120U              // A→B←C, A⇄C
	Triad120C              // A→B→C, A⇄C
	Triad210               // A→B⇄C, A⇄C
	Triad300               // A⇄B⇄C, A⇄C
)

var triadNames = [16]string{"003", "012", "102", "021D", "021U", "021C", "111D", "111U", "030T", "030C", "201", "120D", "120U", "120C", "210", "300"}

// String returns the name, such as "030T".
func (t Triad) String() string {
	if t < 0 || int(t) >= len(triadNames) {
		return fmt.Sprintf("Triad(%d)", int(t))
	}
	return triadNames[t]
}

// TriadCensus counts the triples of neurons that are wired as each of the 16
// triads; a [Triad] is its index.
type TriadCensus [16]int64

// Total returns the number of triples, C(n, 3).
func (t TriadCensus) Total() int64 {
	sum := int64(0)
	for _, count := range t {
		sum += count
	}
	return sum
}

// closed returns the triples of which all three pairs are connected, open those
// of which two are.
func (t *TriadCensus) closed() int64 {
	return t[Triad030T] + t[Triad030C] + t[Triad120D] + t[Triad120U] + t[Triad120C] + t[Triad210] + t[Triad300]
}

func (t *TriadCensus) open() int64 {
	return t[Triad021D] + t[Triad021U] + t[Triad021C] + t[Triad111D] + t[Triad111U] + t[Triad201]
}

// transitivity returns the share of closed among connected triples, each closed
// one being three of those.
func (t *TriadCensus) transitivity() float64 {
	closed := 3 * t.closed()
	return ratio(float64(closed), float64(closed+t.open()))
}

var triadMeasures = triadTable()

func triadTable() []Measure {
	table := make([]Measure, len(triadNames))
	for k, name := range triadNames {
		table[k] = Measure{"triad_" + name, "triples", 0, inf, "number of triples of neurons wired as triad " + name, "Holland & Leinhardt 1970, doi:10.1086/224954", "m·n/16", KnownPairs,
			func(v *view) float64 { return float64(v.triads()[k]) }}
	}
	return table
}

// Triads returns the triad census of a circuit: how many triples of its observed
// neurons are wired in each of the 16 ways. Below three neurons all are 0.
//
// Names are those of networkx.triadic_census and igraph's triad_census, and so
// are the counts. Texts differ on 111D and 111U, and some exchange them: here
// the neuron of the mutual pair that has a second partner receives from it in
// 111D (A⇄B←C) and sends to it in 111U (A⇄B→C).
//
// Holland & Leinhardt 1970, doi:10.1086/224954. The way of counting is ours:
// closed triads by the bits that rows share, the rest from degrees.
func Triads(c *circuit.Circuit) TriadCensus {
	return measured(c, func(v *view) TriadCensus { return *v.triads() })
}

// census is the work for triads, and its result.
type census struct {
	counts TriadCensus
	made   bool
	// Bit rows of the asymmetric pairs.
	out, in []uint64
}

func (v *view) triads() *TriadCensus {
	w := &v.census
	if w.made {
		return &w.counts
	}
	w.made, w.counts = true, TriadCensus{}
	v.rows()
	w.out, w.in = resized(w.out, len(v.out)), resized(w.in, len(v.in))
	for k, both := range v.both {
		w.out[k], w.in[k] = v.out[k]&^both, v.in[k]&^both
	}
	var pairs pairs
	for i := range v.n {
		w.close(v, i)
		pairs.add(ones(v.row(w.out, i)), ones(v.row(w.in, i)), ones(v.row(v.both, i)))
	}
	w.counts[Triad030C] /= 3
	w.counts[Triad300] /= 3
	w.counts.complete(int64(v.c.ObservedRows()), pairs)
	return &w.counts
}

// close counts the closed triads of the asymmetric pairs i→j and the mutual pairs
// i⇄j with i < j: each at the one of its pairs that is unlike the others in it.
// Triads 030C and 300 have no such pair and are counted three times.
func (w *census) close(v *view, i int) {
	t := &w.counts
	out, in, both := v.row(w.out, i), v.row(w.in, i), v.row(v.both, i)
	for j := range bitsOf(out) {
		between, around, beside := overAsymmetric(out, in, both, v.row(w.out, j), v.row(w.in, j), v.row(v.both, j))
		t[Triad030T] += int64(between)
		t[Triad030C] += int64(around)
		t[Triad210] += int64(beside)
	}
	for j := range bitsOf(both) {
		if j < i {
			continue
		}
		outJ, inJ := v.row(w.out, j), v.row(w.in, j)
		t[Triad120D] += int64(common(in, inJ))
		t[Triad120U] += int64(common(out, outJ))
		t[Triad120C] += int64(common(out, inJ) + common(in, outJ))
		t[Triad300] += int64(common(both, v.row(v.both, j)))
	}
}

// overAsymmetric counts, for i→j, the neurons k with i→k→j, with j→k→i, and with
// i⇄k⇄j.
func overAsymmetric(out, in, both, outJ, inJ, bothJ []uint64) (between, around, beside int) {
	in, both, outJ, inJ, bothJ = in[:len(out)], both[:len(out)], outJ[:len(out)], inJ[:len(out)], bothJ[:len(out)]
	for w, o := range out {
		between += bits.OnesCount64(o & inJ[w])
		around += bits.OnesCount64(in[w] & outJ[w])
		beside += bits.OnesCount64(both[w] & bothJ[w])
	}
	return between, around, beside
}

// pairs sums, over neurons, how many pairs of its partners a neuron has by the
// kinds of its connections to them.
type pairs struct {
	outOut, inIn, outIn, outBoth, inBoth, bothBoth int64
	// asymmetric and mutual connections
	asymmetric, mutual int64
}

// add counts a neuron with so many targets, sources and mutual partners, each
// partner being of one kind.
func (p *pairs) add(targets, sources, partners int) {
	o, i, m := int64(targets), int64(sources), int64(partners)
	p.outOut += o * (o - 1) / 2
	p.inIn += i * (i - 1) / 2
	p.bothBoth += m * (m - 1) / 2
	p.outIn += o * i
	p.outBoth += o * m
	p.inBoth += i * m
	p.asymmetric += o
	p.mutual += m // twice: from both ends
}

// complete fills in, given the closed triads, the rest. A pair of partners is of
// an open triad where it is of no closed one; a connection has n−2 third neurons.
func (t *TriadCensus) complete(n int64, p pairs) {
	t[Triad021D] = p.outOut - t[Triad030T] - t[Triad120D]
	t[Triad021U] = p.inIn - t[Triad030T] - t[Triad120U]
	t[Triad021C] = p.outIn - t[Triad030T] - 3*t[Triad030C] - t[Triad120C]
	t[Triad111D] = p.inBoth - 2*t[Triad120D] - t[Triad120C] - t[Triad210]
	t[Triad111U] = p.outBoth - 2*t[Triad120U] - t[Triad120C] - t[Triad210]
	t[Triad201] = p.bothBoth - t[Triad210] - 3*t[Triad300]
	one := t[Triad111D] + t[Triad111U]
	two := t[Triad120D] + t[Triad120U] + t[Triad120C]
	if n < 3 {
		return
	}
	t[Triad012] = p.asymmetric*(n-2) - one - 2*(t[Triad021D]+t[Triad021U]+t[Triad021C]+two) - 3*(t[Triad030T]+t[Triad030C]) - t[Triad210]
	t[Triad102] = p.mutual/2*(n-2) - one - two - 2*(t[Triad201]+t[Triad210]) - 3*t[Triad300]
	t[Triad003] = n*(n-1)*(n-2)/6 - t.Total()
}

// mostTriads is up to how many neurons n³ fits a count.
const mostTriads = 1 << 21

// TriadsOf returns the triad census of a graph of up to 2²¹ neurons, as [Triads]
// does of a circuit, on all cores and with the same result on any number. Rows
// are taken as they are and autapses left out. The time is that of listing
// triangles, O(m·√m) at worst and far less where degrees are even; memory is 12
// bytes an edge and a byte a neuron and core.
//
// The order from few to many partners is that of Chiba & Nishizeki 1985,
// doi:10.1137/0214017. Errors: a cancelled context, too many neurons.
func TriadsOf(ctx context.Context, g circuit.CSR) (TriadCensus, error) {
	if n := g.Rows(); n > mostTriads {
		return TriadCensus{}, fmt.Errorf("structure: triads: %d neurons, whose triples may not fit 63 bits: count parts of at most %d", n, mostTriads)
	}
	s, err := newSkeleton(ctx, g)
	if err != nil {
		return TriadCensus{}, fmt.Errorf("structure: triads: %w", err)
	}
	listed, err := s.list(ctx, false)
	if err != nil {
		return TriadCensus{}, fmt.Errorf("structure: triads: %w", err)
	}
	return s.census(listed), nil
}
