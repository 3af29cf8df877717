package connectome

import (
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/gonum/stat"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// layouts are tried in order; one that asks for more columns comes first.
var layouts = []layout{
	{
		name:  "rat SSCx column (Blue Brain)",
		nodes: "nodes", nodeColumns: []string{"idx", "layer", "mtype", "ei", "depth_um", "x_um", "y_um", "z_um"},
		edges: "edges", edgeColumns: []string{"pre", "post"},
		neuron: func(t *table) (circuit.Neuron, string, error) {
			layer := circuit.Layer("L" + t.text("layer"))
			n, err := typedNeuron(t, "idx", "", layer)
			// Types by layer are conditioned on; the 59 m-types are too fine for
			// columns of a hundred neurons.
			n.Class = circuit.Class(string(layer) + n.Sign.String())
			if err == nil {
				n.Position, err = position(t, "x_um", "y_um", "depth_um")
			}
			return n, "", err
		},
		edge:  plainEdge("pre", "post", ""),
		extra: "z_um",
		finish: func(d *Data, z []float64) error {
			d.Report.Notes = append(d.Report.Notes, "a neuron's class is its layer and sign; edges are binary, without synapse counts")
			return alignToDepth(d, z)
		},
	},
	{
		name:  "MICrONS minnie65, proofread axons",
		nodes: "nodes", nodeColumns: []string{"root_id", "in_249", "ei", "cell_type", "layer", "x_um", "y_um", "z_um"},
		edges: "edges_proofread249", edgeColumns: []string{"pre", "post", "n_syn"},
		neuron: func(t *table) (circuit.Neuron, string, error) {
			proofread, err := t.flag("in_249")
			if err != nil {
				return circuit.Neuron{}, "", err
			}
			n, err := typedNeuron(t, "root_id", "cell_type", circuit.Layer(t.text("layer")))
			if err == nil {
				n.Position, err = position(t, "x_um", "z_um", "y_um") // y is depth in the raw EM frame
			}
			if !proofread {
				return n, "neuron whose axon was not proofread", err
			}
			return n, "", err
		},
		edge: plainEdge("pre", "post", "n_syn"),
		finish: func(d *Data, _ []float64) error {
			d.Report.Notes = append(d.Report.Notes, "depth is y of the raw EM frame, not rotated to the pia", "inhibitory means: not called excitatory by the soma classifier")
			return nil
		},
	},
	{
		name:  "MICrONS pinky100, pyramidal subgraph",
		nodes: "nodes", nodeColumns: []string{"root_id", "ei", "x_um", "y_um", "z_um", "in_subgraph"},
		edges: "edges", edgeColumns: []string{"pre", "post", "n_syn"},
		neuron: func(t *table) (circuit.Neuron, string, error) {
			n := circuit.Neuron{ID: t.text("root_id"), Layer: "L2/3"}
			switch ei := t.text("ei"); ei {
			case "g":
				return n, "glia", nil
			case "uncertain":
				return n, "cell that may not be a neuron", nil
			}
			in, err := t.flag("in_subgraph")
			if err != nil {
				return n, "", err
			}
			n, err = typedNeuron(t, "root_id", "", "L2/3")
			if err == nil {
				n.Position, err = position(t, "x_um", "z_um", "y_um")
			}
			if !in {
				return n, "neuron outside the proofread subgraph", err
			}
			return n, "", err
		},
		edge: plainEdge("pre", "post", "n_syn"),
	},
	{
		name:  "V1 layer-4 model (Allen, tables)",
		nodes: "nodes", nodeColumns: []string{"node_id", "cell_type", "ei", "x_um", "y_um", "z_um", "layer"},
		edges: "edges", edgeColumns: []string{"pre", "post", "n_rows"},
		neuron: func(t *table) (circuit.Neuron, string, error) {
			n, err := typedNeuron(t, "node_id", "cell_type", circuit.Layer(t.text("layer")))
			if err == nil {
				n.Position, err = position(t, "x_um", "z_um", "y_um")
			}
			return n, "", err
		},
		edge: plainEdge("pre", "post", "n_rows"),
	},
	{
		name:  "Drosophila larva brain (Winding 2023)",
		nodes: "nodes", nodeColumns: []string{"node_id", "super_class"},
		edges: "edgelist", edgeColumns: []string{"source", "target", "weight"},
		neuron: func(t *table) (circuit.Neuron, string, error) {
			return circuit.Neuron{ID: t.text("node_id"), Class: circuit.Class(t.text("super_class")), Position: circuit.NoPosition()}, "", nil
		},
		edge: plainEdge("source", "target", "weight"),
	},
	{
		name:  "C. elegans hermaphrodite (Cook 2019)",
		nodes: "nodes", nodeColumns: []string{"node_id", "pair", "side"},
		edges: "edgelist", edgeColumns: []string{"source", "target", "chemical_weight", "electrical_weight"},
		neuron: func(t *table) (circuit.Neuron, string, error) {
			return circuit.Neuron{ID: t.text("node_id"), Position: circuit.NoPosition()}, "", nil
		},
		edge: func(t *table) (rawEdge, string, error) {
			e := rawEdge{pre: t.text("source"), post: t.text("target")}
			if strings.TrimSpace(t.text("chemical_weight")) == "" {
				return e, "gap junction without a chemical synapse", nil
			}
			var err error
			e.synapses, err = t.count("chemical_weight")
			return e, "", err
		},
		finish: func(d *Data, _ []float64) error {
			d.Report.Notes = append(d.Report.Notes, "the table does not tell neurons from muscles and other end organs: all are kept")
			return nil
		},
	},
}

// typedNeuron reads id, class and sign. Where the type is empty, the class is
// the sign.
func typedNeuron(t *table, id, class string, layer circuit.Layer) (circuit.Neuron, error) {
	n := circuit.Neuron{ID: t.text(id), Layer: layer}
	var err error
	if n.Sign, err = circuit.ParseSign(t.text("ei")); err != nil {
		return n, t.fail("ei", err)
	}
	n.Class = circuit.Class(n.Sign.String())
	if class != "" && t.text(class) != "" {
		n.Class = circuit.Class(t.text(class))
	}
	return n, nil
}

// position reads a soma's place; a missing coordinate makes it unknown.
func position(t *table, x, y, depth string) (circuit.Position, error) {
	var p circuit.Position
	var err error
	for _, c := range []struct {
		into   *float64
		column string
	}{{&p.X, x}, {&p.Y, y}, {&p.Depth, depth}} {
		if *c.into, err = t.number(c.column); err != nil {
			return p, err
		}
	}
	return p, nil
}

// plainEdge reads the ends of an edge and, where count is not "", its synapses.
func plainEdge(pre, post, count string) func(t *table) (rawEdge, string, error) {
	return func(t *table) (e rawEdge, why string, err error) {
		e = rawEdge{pre: t.text(pre), post: t.text(post)}
		if count != "" {
			e.synapses, err = t.count(count)
			if err == nil && e.synapses == 0 {
				why = "edge without a synapse"
			}
		}
		return e, why, err
	}
}

// alignToDepth turns raw positions (X, Y and the given z) so that X and Y span
// the sheet. The depth axis is the direction in which positions covary with the
// table's own depths; X and Y are the two directions across it, in µm from the
// mean soma, and so are uncorrelated with depth over all somata. (A regression of
// depth on position would not do: where depths follow a curved sheet, its slope
// is tilted, and what is called a column would cross layers sideways.) Depths
// stay the table's. Neurons without a place are passed over.
func alignToDepth(d *Data, z []float64) error {
	var placed []int
	for i, n := range d.Neurons {
		if n.Position.Known() && !math.IsNaN(z[i]) {
			placed = append(placed, i)
		} else {
			d.Neurons[i].Position = circuit.NoPosition()
		}
	}
	if len(placed) < 4 {
		return fmt.Errorf("%d neurons have positions: the depth axis cannot be found", len(placed))
	}
	var raw [3][]float64
	var depths []float64
	for _, i := range placed {
		p := d.Neurons[i].Position
		for a, x := range [3]float64{p.X, p.Y, z[i]} {
			raw[a] = append(raw[a], x)
		}
		depths = append(depths, p.Depth)
	}
	var axis, centre [3]float64
	for a := range axis {
		axis[a], centre[a] = stat.Covariance(raw[a], depths, nil), stat.Mean(raw[a], nil)
	}
	if !(inner(axis, axis) > 0) {
		return fmt.Errorf("depths do not vary with position: the depth axis cannot be found")
	}
	axis = unit(axis)
	u := unit(across(axis))
	v := crossProduct(axis, u)
	along := make([]float64, len(placed))
	for k, i := range placed {
		from := [3]float64{raw[0][k] - centre[0], raw[1][k] - centre[1], raw[2][k] - centre[2]}
		d.Neurons[i].Position.X, d.Neurons[i].Position.Y, along[k] = inner(from, u), inner(from, v), inner(from, axis)
	}
	_, slope := stat.LinearRegression(along, depths, nil, false)
	d.Report.Notes = append(d.Report.Notes, fmt.Sprintf(
		"the sheet was turned: depth grows along (%.3f, %.3f, %.3f) of the raw frame, by %.3f µm per µm; the table's depths differ from that by a residual sd of %.1f µm",
		axis[0], axis[1], axis[2], slope, stat.StdDev(depths, nil)*math.Sqrt(max(0, 1-math.Pow(stat.Correlation(along, depths, nil), 2)))))
	return nil
}

// across returns a vector at a right angle to axis: away from the frame's own
// axis that it is least along, so that the choice is stable.
func across(axis [3]float64) [3]float64 {
	least := 0
	for a := range axis {
		if math.Abs(axis[a]) < math.Abs(axis[least]) {
			least = a
		}
	}
	var e [3]float64
	e[least] = 1
	return crossProduct(axis, e)
}

func crossProduct(a, b [3]float64) [3]float64 {
	return [3]float64{a[1]*b[2] - a[2]*b[1], a[2]*b[0] - a[0]*b[2], a[0]*b[1] - a[1]*b[0]}
}

func inner(a, b [3]float64) float64 { return a[0]*b[0] + a[1]*b[1] + a[2]*b[2] }

func unit(a [3]float64) [3]float64 {
	length := math.Sqrt(inner(a, a))
	return [3]float64{a[0] / length, a[1] / length, a[2] / length}
}
