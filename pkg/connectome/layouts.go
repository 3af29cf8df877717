package connectome

import (
	"strings"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// layouts are tried in order; one that asks for more columns comes first.
var layouts = []layout{
	{
		short: "bbp-sscx", name: "rat SSCx column (Blue Brain)",
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
		short: "pinky100-pack", name: "MICrONS pinky100, pyramidal subgraph",
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
		short: "allen-l4-tables", name: "V1 layer-4 model (Allen, tables)",
		nodes: "nodes", nodeColumns: []string{"node_id", "cell_type", "ei", "x_um", "y_um", "z_um", "layer"},
		edges: "edges", edgeColumns: []string{"pre", "post", "n_rows"},
		neuron: func(t *table) (circuit.Neuron, string, error) {
			n, err := typedNeuron(t, "node_id", "cell_type", circuit.Layer(t.text("layer")))
			if err == nil {
				n.Position, err = position(t, "x_um", "z_um", "y_um")
				n.Position.Depth = -n.Position.Depth // y is up, and 0 at the pia
			}
			return n, "", err
		},
		edge: plainEdge("pre", "post", "n_rows"),
	},
	{
		short: "winding2023", name: "Drosophila larva brain (Winding 2023)",
		nodes: "nodes", nodeColumns: []string{"node_id", "super_class"},
		edges: "edgelist", edgeColumns: []string{"source", "target", "weight"},
		neuron: func(t *table) (circuit.Neuron, string, error) {
			return circuit.Neuron{ID: t.text("node_id"), Class: circuit.Class(t.text("super_class")), Position: circuit.NoPosition()}, "", nil
		},
		edge: plainEdge("source", "target", "weight"),
	},
	{
		short: "cook2019", name: "C. elegans hermaphrodite (Cook 2019)",
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
