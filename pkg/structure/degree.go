package structure

import (
	"math"

	"gonum.org/v1/gonum/stat"

	"github.com/cortigen/cortigen/pkg/circuit"
)

var sizeMeasures = []Measure{
	{"neurons", "1", 0, inf, "number of neurons n", "", "1", Neurons, func(v *view) float64 { return float64(v.n) }},
	{"edges", "1", 0, inf, "number of edges from observed rows, m", "", "n", KnownRows, func(v *view) float64 { return float64(observedEdges(v.c)) }},
	{"density", "1", 0, 1, "m over the number of ordered pairs with an observed row", "", "n", KnownRows, ofCircuit(Density)},
	{"e_share", "1", 0, 1, "share of excitatory among neurons of known sign", "", "n", Neurons, ofCircuit(ExcitatoryShare)},
}

var degreeMeasures = []Measure{
	{"out_degree_mean", "neurons", 0, inf, "mean number of targets of an observed neuron", "", "n", KnownRows, ofCircuit(OutDegreeMean)},
	{"out_degree_sd", "neurons", 0, inf, "sd of the number of targets over observed neurons (divisor n)", "", "n", KnownRows, ofCircuit(OutDegreeSD)},
	{"out_degree_cv", "1", 0, inf, "out_degree_sd over out_degree_mean", "", "n", KnownRows, ofCircuit(OutDegreeCV)},
	{"in_degree_sd", "neurons", 0, inf, "sd of the number of sources over neurons (divisor n)", "", "n+m", AllRows, ofCircuit(InDegreeSD)},
	{"in_degree_cv", "1", 0, inf, "in_degree_sd over the mean in-degree", "", "n+m", AllRows, ofCircuit(InDegreeCV)},
	{"in_out_correlation", "1", -1, 1, "Pearson correlation of in- and out-degree over neurons", "", "n+m", AllRows, ofCircuit(InOutCorrelation)},
}

// observedEdges counts the edges of observed rows.
func observedEdges(c *circuit.Circuit) int {
	if c.FullyObserved() {
		return c.Edges()
	}
	m := 0
	for i := range c.Len() {
		if c.Observed(i) {
			m += len(c.CSR().Row(i))
		}
	}
	return m
}

// Density returns the share of ordered pairs with an observed presynaptic row
// that are edges; NaN where there are none.
func Density(c *circuit.Circuit) float64 {
	return ratio(float64(observedEdges(c)), float64(c.ObservedRows()*(c.Len()-1)))
}

// ratio is NaN, not infinite, over 0.
func ratio(a, b float64) float64 {
	if b == 0 {
		return math.NaN()
	}
	return a / b
}

// ExcitatoryShare returns the share of excitatory neurons among those of known
// sign; NaN where there are none.
func ExcitatoryShare(c *circuit.Circuit) float64 {
	var excitatory, known float64
	for _, n := range c.Neurons() {
		switch n.Sign {
		case circuit.Excitatory:
			excitatory++
			known++
		case circuit.Inhibitory:
			known++
		}
	}
	return ratio(excitatory, known)
}

// outDegrees lists the degrees of observed neurons.
func outDegrees(c *circuit.Circuit) []float64 {
	degrees := make([]float64, 0, c.Len())
	for i := range c.Len() {
		if c.Observed(i) {
			degrees = append(degrees, float64(len(c.CSR().Row(i))))
		}
	}
	return degrees
}

// inDegrees lists the degrees of all neurons, nil where a row is unknown.
func inDegrees(c *circuit.Circuit) []float64 {
	if !c.FullyObserved() {
		return nil
	}
	degrees := make([]float64, c.Len())
	for i, d := range c.InDegrees() {
		degrees[i] = float64(d)
	}
	return degrees
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

// OutDegreeMean returns the mean number of targets of observed neurons; NaN
// without one.
func OutDegreeMean(c *circuit.Circuit) float64 { return mean(outDegrees(c)) }

// OutDegreeSD returns the sd, with divisor n, of the number of targets over
// observed neurons; NaN without one.
func OutDegreeSD(c *circuit.Circuit) float64 { return sd(outDegrees(c)) }

// OutDegreeCV returns the sd of out-degrees over their mean; NaN without edges.
func OutDegreeCV(c *circuit.Circuit) float64 {
	d := outDegrees(c)
	return ratio(sd(d), mean(d))
}

// InDegreeSD returns the sd, with divisor n, of the number of sources; NaN
// without neurons or where a row is unknown.
func InDegreeSD(c *circuit.Circuit) float64 { return sd(inDegrees(c)) }

// InDegreeCV returns the sd of in-degrees over their mean; NaN without edges or
// where a row is unknown.
func InDegreeCV(c *circuit.Circuit) float64 {
	d := inDegrees(c)
	return ratio(sd(d), mean(d))
}

// InOutCorrelation returns the Pearson correlation of in- and out-degree over
// neurons; NaN where either does not vary or a row is unknown.
func InOutCorrelation(c *circuit.Circuit) float64 {
	in := inDegrees(c)
	if in == nil {
		return math.NaN()
	}
	out := outDegrees(c)
	if !(sd(in) > 0) || !(sd(out) > 0) {
		return math.NaN()
	}
	return stat.Correlation(in, out, nil)
}
