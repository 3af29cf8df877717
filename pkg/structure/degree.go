package structure

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/cortigen/cortigen/pkg/circuit"
)

var degreeMeasures = []Measure{
	{"out_degree_mean", "neurons", 0, inf, "mean number of targets of an observed neuron", networks, "n", KnownRows, (*view).outDegreeMean},
	{"out_degree_sd", "neurons", 0, inf, "sd of the number of targets over observed neurons (divisor n)", networks, "n", KnownRows, (*view).outDegreeSD},
	{"out_degree_cv", "1", 0, inf, "out_degree_sd over out_degree_mean", networks, "n", KnownRows, (*view).outDegreeCV},
	{"out_degree_gini", "1", 0, 1, "mean absolute difference of two out-degrees over twice their mean", "Gini 1912", "n·log n", KnownRows, (*view).outDegreeGini},
	{"in_degree_mean", "neurons", 0, inf, "mean number of sources of a neuron", networks, "n+m", AllRows, (*view).inDegreeMean},
	{"in_degree_sd", "neurons", 0, inf, "sd of the number of sources over neurons (divisor n)", networks, "n+m", AllRows, (*view).inDegreeSD},
	{"in_degree_cv", "1", 0, inf, "in_degree_sd over the mean in-degree", networks, "n+m", AllRows, (*view).inDegreeCV},
	{"in_degree_gini", "1", 0, 1, "mean absolute difference of two in-degrees over twice their mean", "Gini 1912", "m+n·log n", AllRows, (*view).inDegreeGini},
	{"in_out_correlation", "1", -1, 1, "Pearson correlation of in- and out-degree over neurons", networks, "n+m", AllRows, (*view).inOutCorrelation},
	{"assortativity", "1", -1, 1, "Pearson correlation, over edges, of the out-degree of pre and the in-degree of post", "Newman 2003, doi:10.1103/PhysRevE.67.026126; Foster et al. 2010, doi:10.1073/pnas.0912671107", "n+m", AllRows, (*view).assortativity},
}

// degreeVectors are the degrees of a circuit.
type degreeVectors struct {
	made   bool
	out    []float64 // of observed neurons
	in     []float64 // of all neurons; empty where a row is unknown
	sorted []float64 // memory of gini
}

// degrees counts them once a circuit.
func (v *view) degreeVectors() *degreeVectors {
	d := &v.degree
	if d.made {
		return d
	}
	d.made = true
	d.out, d.in = d.out[:0], d.in[:0]
	g := v.c.CSR()
	for i := range v.n {
		if v.c.Observed(i) {
			d.out = append(d.out, float64(len(g.Row(i))))
		}
	}
	if v.whole {
		d.in = cleared(d.in, v.n)
		for _, j := range g.Targets {
			d.in[j]++
		}
	}
	return d
}

// ratio is NaN, not infinite, over 0.
func ratio(a, b float64) float64 {
	if b == 0 {
		return math.NaN()
	}
	return a / b
}

// mean is NaN of nothing.
func mean(x []float64) float64 {
	if len(x) == 0 {
		return math.NaN()
	}
	return stat.Mean(x, nil)
}

// sd has divisor n: a circuit is the whole, not a sample. NaN of nothing.
func sd(x []float64) float64 {
	if len(x) == 0 {
		return math.NaN()
	}
	return stat.PopStdDev(x, nil)
}

// gini is Σᵢⱼ|xᵢ−xⱼ| / 2n²x̄, by the ranks of the sorted values.
func (d *degreeVectors) gini(x []float64) float64 {
	d.sorted = append(d.sorted[:0], x...)
	slices.Sort(d.sorted)
	n, sum, differences := float64(len(x)), 0.0, 0.0
	for k, value := range d.sorted {
		sum += value
		differences += float64(2*k+1-len(x)) * value
	}
	return ratio(differences, n*sum)
}

// OutDegreeMean returns the mean number of targets of observed neurons; NaN
// without one.
func OutDegreeMean(c *circuit.Circuit) float64 { return measured(c, (*view).outDegreeMean) }

func (v *view) outDegreeMean() float64 { return mean(v.degreeVectors().out) }

// OutDegreeSD returns the sd, with divisor n, of the number of targets over
// observed neurons; NaN without one.
func OutDegreeSD(c *circuit.Circuit) float64 { return measured(c, (*view).outDegreeSD) }

func (v *view) outDegreeSD() float64 { return sd(v.degreeVectors().out) }

// OutDegreeCV returns the sd of out-degrees over their mean; NaN without edges.
func OutDegreeCV(c *circuit.Circuit) float64 { return measured(c, (*view).outDegreeCV) }

func (v *view) outDegreeCV() float64 { return ratio(v.outDegreeSD(), v.outDegreeMean()) }

// OutDegreeGini returns the Gini coefficient of the out-degrees of observed
// neurons: 0 where all have as many targets, towards 1 where one has them all
// (1 − 1/n exactly). NaN without edges. Gini 1912.
func OutDegreeGini(c *circuit.Circuit) float64 { return measured(c, (*view).outDegreeGini) }

func (v *view) outDegreeGini() float64 { d := v.degreeVectors(); return d.gini(d.out) }

// InDegreeMean returns the mean number of sources of a neuron, which is that of
// targets where all rows are observed; NaN without neurons or where a row is
// unknown.
func InDegreeMean(c *circuit.Circuit) float64 { return measured(c, (*view).inDegreeMean) }

func (v *view) inDegreeMean() float64 { return mean(v.degreeVectors().in) }

// InDegreeSD returns the sd, with divisor n, of the number of sources; NaN
// without neurons or where a row is unknown.
func InDegreeSD(c *circuit.Circuit) float64 { return measured(c, (*view).inDegreeSD) }

func (v *view) inDegreeSD() float64 { return sd(v.degreeVectors().in) }

// InDegreeCV returns the sd of in-degrees over their mean; NaN without edges or
// where a row is unknown.
func InDegreeCV(c *circuit.Circuit) float64 { return measured(c, (*view).inDegreeCV) }

func (v *view) inDegreeCV() float64 { return ratio(v.inDegreeSD(), v.inDegreeMean()) }

// InDegreeGini is OutDegreeGini of the numbers of sources; NaN without edges or
// where a row is unknown.
func InDegreeGini(c *circuit.Circuit) float64 { return measured(c, (*view).inDegreeGini) }

func (v *view) inDegreeGini() float64 { d := v.degreeVectors(); return d.gini(d.in) }

// InOutCorrelation returns the Pearson correlation of in- and out-degree over
// neurons; NaN where either does not vary or a row is unknown.
func InOutCorrelation(c *circuit.Circuit) float64 { return measured(c, (*view).inOutCorrelation) }

func (v *view) inOutCorrelation() float64 {
	d := v.degreeVectors()
	if !(sd(d.in) > 0) || !(sd(d.out) > 0) {
		return math.NaN()
	}
	return correlation(stat.Correlation(d.in, d.out, nil))
}

// correlation takes back what rounding added to one of 1 or −1.
func correlation(r float64) float64 { return min(1, max(-1, r)) }

// Assortativity returns the Pearson correlation, over edges, of the out-degree
// of the presynaptic and the in-degree of the postsynaptic neuron: do neurons
// with many targets contact those with many sources? NaN where either does not
// vary over edges or where a row is unknown.
//
// Newman 2003, doi:10.1103/PhysRevE.67.026126, in the out→in form of Foster et
// al. 2010, doi:10.1073/pnas.0912671107. It is networkx's
// degree_assortativity_coefficient(x="out", y="in") and igraph's
// assortativity_degree(directed=True). bctpy's assortativity_bin(flag=1) also
// asks for the out-degree of pre and the in-degree of post, but joins the two
// directions of an edge as if it had none, and gives another number.
func Assortativity(c *circuit.Circuit) float64 { return measured(c, (*view).assortativity) }

func (v *view) assortativity() float64 {
	d := v.degreeVectors()
	if len(d.in) == 0 || !varies(d.out) || !varies(d.in) {
		return math.NaN()
	}
	// A neuron is as often a pre as it has targets, so means over edges are those
	// of squares.
	var outs, ins float64
	for i := range d.in {
		outs += d.out[i] * d.out[i]
		ins += d.in[i] * d.in[i]
	}
	m := float64(v.c.Edges())
	outs, ins = outs/m, ins/m
	var both, outSquares, inSquares float64
	for i, out := range d.out {
		out -= outs
		for _, j := range v.c.CSR().Row(i) {
			in := d.in[j] - ins
			both += out * in
			inSquares += in * in
		}
		outSquares += d.out[i] * out * out
	}
	return correlation(both / math.Sqrt(outSquares*inSquares))
}

// varies reports whether degrees other than 0 differ: whether they vary over
// edges.
func varies(degrees []float64) bool {
	first := 0.0
	for _, degree := range degrees {
		if first == 0 {
			first = degree
		} else if degree != 0 && degree != first {
			return true
		}
	}
	return false
}
