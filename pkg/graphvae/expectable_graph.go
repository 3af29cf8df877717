package graphvae

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/internal/spelling"
)

// expectable is a measure with an expected value that is smooth in z.
type expectable struct {
	name  string
	graph func(m *momentsGraph) *Node // [b]
	// between, where not nil, says which ordered pairs the measure is of: without
	// one it is not defined.
	between func(pre, post circuit.Neuron) bool
	// placed needs places of neurons, made neurons that the model makes.
	placed, made bool
}

// The groups of wiringGraph.signs.
const (
	excitatory = iota
	inhibitory
)

// signTable says of what sign the classes of the vocabulary are, [k, 2].
func (c Config) signTable() [][]float32 {
	table := make([][]float32, len(c.Classes))
	for k, info := range c.Classes {
		table[k] = signRow(info.Sign)
	}
	return table
}

// signRow is 1 at the place of a sign.
func signRow(s circuit.Sign) []float32 {
	return []float32{excitatory: indicator(s == circuit.Excitatory), inhibitory: indicator(s == circuit.Inhibitory)}
}

// expectables lists the measures that a model of the configuration has expected
// values of.
func (c Config) expectables() []expectable {
	var fit []expectable
	for _, e := range c.everyExpectable() {
		if (!e.placed || c.Kind == Exchangeable) && (!e.made || c.Kind == Slots || c.Composition) {
			fit = append(fit, e)
		}
	}
	return fit
}

func (c Config) everyExpectable() []expectable {
	all := []expectable{
		{name: "neurons", graph: (*momentsGraph).neuronsGraph, made: true},
		{name: "edges", graph: func(m *momentsGraph) *Node { return m.edges }},
		{name: "density", graph: func(m *momentsGraph) *Node { return Div(m.edges, m.pairs) }},
		{name: "e_share", graph: func(m *momentsGraph) *Node { return m.excitatoryShareGraph(c) }, made: true},
		{name: "out_degree_mean", graph: func(m *momentsGraph) *Node { return Div(m.edges, m.n) }},
		{name: "out_degree_sd", graph: func(m *momentsGraph) *Node { return m.sdGraph(m.out) }},
		{name: "out_degree_cv", graph: func(m *momentsGraph) *Node { return m.cvGraph(m.out) }},
		{name: "in_degree_mean", graph: func(m *momentsGraph) *Node { return Div(m.edges, m.n) }},
		{name: "in_degree_sd", graph: func(m *momentsGraph) *Node { return m.sdGraph(m.in) }},
		{name: "in_degree_cv", graph: func(m *momentsGraph) *Node { return m.cvGraph(m.in) }},
		{name: "in_out_correlation", graph: (*momentsGraph).inOutCorrelationGraph},
		{name: "reciprocity", graph: func(m *momentsGraph) *Node { return Div(m.returns, m.edges) }},
		{name: "reciprocity_ratio", graph: (*momentsGraph).reciprocityRatioGraph},
		{name: "clustering", graph: (*momentsGraph).clusteringGraph},
		{name: "transitivity", graph: (*momentsGraph).transitivityGraph},
		{name: "spectral_radius", graph: (*momentsGraph).spectralRadiusGraph},
		{name: "downward_share", graph: (*momentsGraph).downwardGraph, between: placed, placed: true},
		{name: "depth_step", graph: func(m *momentsGraph) *Node { return m.depthStepGraph(c) }, between: placed, placed: true},
		{name: "wire_length", graph: func(m *momentsGraph) *Node { return m.wireLengthGraph(c) }, between: placed, placed: true},
	}
	return append(append(all, signPairs()...), c.classPairs()...)
}

func placed(pre, post circuit.Neuron) bool { return pre.Position.Known() && post.Position.Known() }

// signPairs are the measures of the wiring between excitatory and inhibitory
// neurons.
func signPairs() (all []expectable) {
	signs := []circuit.Sign{excitatory: circuit.Excitatory, inhibitory: circuit.Inhibitory}
	letters := []string{excitatory: "e", inhibitory: "i"}
	for a := range signs {
		for b := range signs {
			between := func(pre, post circuit.Neuron) bool { return pre.Sign == signs[a] && post.Sign == signs[b] }
			all = append(all, expectable{name: "density_" + letters[a] + letters[b], between: between, graph: func(m *momentsGraph) *Node {
				return m.densityGraph(m.ofSign(a), m.ofSign(b))
			}})
			if a <= b {
				all = append(all, expectable{name: "reciprocity_ratio_" + letters[a] + letters[b], between: between, graph: func(m *momentsGraph) *Node {
					return m.reciprocityRatioOfGraph(m.ofSign(a), m.ofSign(b))
				}})
			}
		}
	}
	return all
}

// classPairs are the densities from one class of the vocabulary to another.
func (c Config) classPairs() (all []expectable) {
	for a, pre := range c.Classes {
		for b, post := range c.Classes {
			all = append(all, expectable{
				name:    fmt.Sprintf("density.%s->%s", pre.Class, post.Class),
				between: func(x, y circuit.Neuron) bool { return x.Class == pre.Class && y.Class == post.Class },
				graph:   func(m *momentsGraph) *Node { return m.densityGraph(m.ofClass(a), m.ofClass(b)) },
			})
		}
	}
	return all
}

// expectable returns the measure of that name. The error for an unknown one names
// the nearest.
func (c Config) expectable(name string) (expectable, error) {
	var names []string
	for _, e := range c.expectables() {
		if e.name == name {
			return e, nil
		}
		names = append(names, e.name)
	}
	for _, e := range c.everyExpectable() {
		if e.name == name && e.placed {
			return e, fmt.Errorf("measure %q needs the places of neurons, which a model of kind %q does not make: leave it out", name, c.Kind)
		} else if e.name == name {
			return e, fmt.Errorf("measure %q is of neurons that are given here, and no code changes it: leave it out, or use a model with Config.Composition", name)
		}
	}
	return expectable{}, fmt.Errorf("there is no expected %q that a code moves smoothly: did you mean %q?", name, spelling.Nearest(name, names))
}

// expectProgramGraph returns measures, [b, measures], and their gradients by z,
// [b, measures, latent]. The entries of a batch do not touch each other, so the
// gradient of a sum over them is that of each.
func (c Config) expectProgramGraph(w weightsGraph, nodes []*Node, measures []expectable) []*Node {
	x, z := c.expectedWiringGraph(w, nodes)
	moments := newMomentsGraph(x)
	values, gradients := make([]*Node, len(measures)), make([]*Node, len(measures))
	for k, measure := range measures {
		values[k] = measure.graph(moments)
		gradients[k] = Gradient(ReduceAllSum(values[k]), z)[0]
	}
	return []*Node{Stack(values, 1), Stack(gradients, 1)}
}
