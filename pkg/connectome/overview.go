package connectome

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// Overview is a reconstruction in a few numbers that give no neuron away: what
// may be shown of any, side by side.
type Overview struct {
	Name    string `json:"name"`
	Layout  string `json:"layout"`
	Neurons int    `json:"neurons"`
	// Observed is the number of neurons whose outputs were observed: all other
	// numbers are of their rows alone.
	Observed int `json:"observed"`
	Edges    int `json:"edges"`
	// Excitatory is the share of neurons of known sign that are; NaN where no sign
	// is known.
	Excitatory float64 `json:"excitatory"`
	Classes    int     `json:"classes"`
	// Placed is the number of neurons with a position.
	Placed int `json:"placed"`
	// Synapses is the mean synapse count of an edge; NaN where the source has none.
	Synapses float64 `json:"synapses"`
	// Density is edges over ordered pairs. Compare it within a source only: it
	// falls with the size of what was reconstructed.
	Density float64 `json:"density"`
	// Reciprocity is the share of edges, between neurons both of whose outputs were
	// observed, that are returned, and Excess that over the density among those
	// neurons: 1 is chance.
	Reciprocity float64 `json:"reciprocity"`
	Excess      float64 `json:"excess"`
	// InCV and OutCV are coefficients of variation of degrees.
	InCV  float64 `json:"in_cv"`
	OutCV float64 `json:"out_cv"`
	// OutDegrees are percentiles 0 to 100 of the out-degree.
	OutDegrees []float64 `json:"out_degrees"`
}

// Overview computes it in O(n + m).
func (c *Connectome) Overview() Overview {
	o := Overview{Name: c.name, Layout: c.report.Layout, Neurons: c.Len(), Synapses: math.NaN()}
	classes := map[circuit.Class]bool{}
	signs := map[circuit.Sign]int{}
	for i, n := range c.neurons {
		classes[n.Class] = true
		signs[n.Sign]++
		if n.Position.Known() {
			o.Placed++
		}
		if c.Observed(i) {
			o.Observed++
		}
	}
	o.Classes = len(classes)
	o.Excitatory = float64(signs[circuit.Excitatory]) / float64(signs[circuit.Excitatory]+signs[circuit.Inhibitory])
	c.overlook(&o)
	return o
}

// overlook fills in what edges of observed rows tell.
func (c *Connectome) overlook(o *Overview) {
	in := make([]float64, c.Len())
	var out []float64
	back := c.edges.Transpose()
	among, returned, synapses := 0, 0, 0.0
	for i := range c.neurons {
		if !c.Observed(i) {
			continue
		}
		row := c.edges.Row(i)
		out = append(out, float64(len(row)))
		o.Edges += len(row)
		for k, j := range row {
			in[j]++
			if c.synapses != nil {
				synapses += float64(c.synapses[c.edges.Offsets[i]+int64(k)])
			}
			if c.Observed(int(j)) {
				among++
			}
		}
		returned += shared(row, back.Row(i), c.Observed)
	}
	if c.synapses != nil {
		o.Synapses = synapses / float64(o.Edges)
	}
	n, rows := float64(c.Len()), float64(o.Observed)
	o.Density = float64(o.Edges) / (rows * (n - 1))
	o.Reciprocity = float64(returned) / float64(among)
	o.Excess = o.Reciprocity / (float64(among) / (rows * (rows - 1)))
	o.InCV, o.OutCV = variation(in), variation(out)
	if len(out) > 0 {
		slices.Sort(out)
		for p := range 101 {
			o.OutDegrees = append(o.OutDegrees, stat.Quantile(float64(p)/100, stat.Empirical, out, nil))
		}
	}
}

// shared counts what is in both of two ascending lists, and allowed.
func shared(a, b []int32, allowed func(int) bool) int {
	count := 0
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			a = a[1:]
		case a[0] > b[0]:
			b = b[1:]
		default:
			if allowed(int(a[0])) {
				count++
			}
			a, b = a[1:], b[1:]
		}
	}
	return count
}

func variation(values []float64) float64 {
	mean, sd := stat.MeanStdDev(values, nil)
	return sd / mean
}

// OverviewTable returns overviews as a header and rows of text.
func OverviewTable(all []Overview) (header []string, rows [][]string) {
	header = []string{"dataset", "neurons", "edges", "classes", "E share", "synapses an edge", "density", "reciprocity ÷ chance", "out-degree CV"}
	number := func(format string, x float64) string {
		if math.IsNaN(x) {
			return "–"
		}
		return fmt.Sprintf(format, x)
	}
	for _, o := range all {
		neurons := fmt.Sprint(o.Neurons)
		if o.Observed < o.Neurons {
			neurons += fmt.Sprintf(" (outputs of %d)", o.Observed)
		}
		rows = append(rows, []string{
			o.Name, neurons, fmt.Sprint(o.Edges), fmt.Sprint(o.Classes), number("%.2f", o.Excitatory), number("%.2f", o.Synapses),
			number("%.4f", o.Density), number("%.2f", o.Excess), number("%.2f", o.OutCV),
		})
	}
	return header, rows
}
