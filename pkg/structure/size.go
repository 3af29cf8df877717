package structure

import "github.com/cortigen/cortigen/pkg/circuit"

// networks is the textbook of measures that nobody in particular is known for.
const networks = "Newman 2010, Networks, doi:10.1093/acprof:oso/9780199206650.001.0001"

var sizeMeasures = []Measure{
	{"neurons", "1", 0, inf, "number of neurons n", networks, "1", Neurons, func(v *view) float64 { return float64(v.n) }},
	{"edges", "1", 0, inf, "number of edges from observed rows, m", networks, "n", KnownRows, func(v *view) float64 { return float64(observedEdges(v.c)) }},
	{"density", "1", 0, 1, "m over the number of ordered pairs with an observed row", networks, "n", KnownRows, ofCircuit(Density)},
	{"density_ee", "1", 0, 1, "density from excitatory to excitatory neurons", networks, "n+m", KnownRows, (*view).densityEE},
	{"density_ei", "1", 0, 1, "density from excitatory to inhibitory neurons", networks, "n+m", KnownRows, (*view).densityEI},
	{"density_ie", "1", 0, 1, "density from inhibitory to excitatory neurons", networks, "n+m", KnownRows, (*view).densityIE},
	{"density_ii", "1", 0, 1, "density from inhibitory to inhibitory neurons", networks, "n+m", KnownRows, (*view).densityII},
	{"e_share", "1", 0, 1, "share of excitatory among neurons of known sign", "ours", "n", Neurons, ofCircuit(ExcitatoryShare)},
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

// DensityEE returns the share of edges among ordered pairs from an excitatory
// neuron with an observed row to another excitatory neuron; NaN where there are
// none. Neurons of unknown sign are left out.
func DensityEE(c *circuit.Circuit) float64 { return measured(c, (*view).densityEE) }

// DensityEI is DensityEE from excitatory to inhibitory neurons.
func DensityEI(c *circuit.Circuit) float64 { return measured(c, (*view).densityEI) }

// DensityIE is DensityEE from inhibitory to excitatory neurons.
func DensityIE(c *circuit.Circuit) float64 { return measured(c, (*view).densityIE) }

// DensityII is DensityEE from inhibitory to inhibitory neurons.
func DensityII(c *circuit.Circuit) float64 { return measured(c, (*view).densityII) }

func (v *view) densityEE() float64 { return v.signPairs().density(excitatory, excitatory) }
func (v *view) densityEI() float64 { return v.signPairs().density(excitatory, inhibitory) }
func (v *view) densityIE() float64 { return v.signPairs().density(inhibitory, excitatory) }
func (v *view) densityII() float64 { return v.signPairs().density(inhibitory, inhibitory) }

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
