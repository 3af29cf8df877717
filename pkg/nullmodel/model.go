package nullmodel

import (
	"context"
	"fmt"
	"strings"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/internal/spelling"
)

// Model is a null model: circuits that share with one only what Preserves names
// and are otherwise random.
type Model struct {
	// Name is that of tables and of figures/results.json.
	Name string
	// Preserves says what is kept of the circuit; package nulltest holds it to that.
	Preserves Preserved
	// Definition says in one line what the law of a draw is, Source where it is from.
	Definition, Source string

	fit func(context.Context, *known) (law, error)
}

// Kept says how far a draw keeps a feature of the circuit.
type Kept uint8

const (
	// Not: nothing is promised.
	Not Kept = iota
	// Mean: the mean over draws is the circuit's own value.
	Mean
	// Exactly: every draw has the circuit's own value.
	Exactly
)

// String returns "not", "in the mean" or "exactly".
func (k Kept) String() string { return [...]string{"not", "in the mean", "exactly"}[k] }

// Preserved names features of a circuit and how far a null model keeps each.
// What is counted are edges of observed rows, and mutual pairs of neurons that
// are both observed; edges of other rows stay as they are in every draw.
type Preserved struct {
	// Edges is the number of edges.
	Edges Kept
	// MutualPairs is the number of pairs connected both ways.
	MutualPairs Kept
	// OutDegrees and InDegrees are those of every neuron.
	OutDegrees, InDegrees Kept
	// MutualDegrees is every neuron's number of mutual pairs.
	MutualDegrees Kept
	// ClassPairEdges is the number of edges from each class to each class.
	ClassPairEdges Kept
	// DistanceEdges is the number of edges in each of DistanceBins.
	DistanceEdges Kept
	// Skeleton is which pairs of neurons are connected at all.
	Skeleton Kept
}

// String lists what is kept, such as "edges exactly, out-degrees in the mean".
func (p Preserved) String() string {
	var parts []string
	for _, f := range []struct {
		name string
		kept Kept
	}{
		{"edges", p.Edges}, {"mutual pairs", p.MutualPairs}, {"out-degrees", p.OutDegrees}, {"in-degrees", p.InDegrees},
		{"mutual degrees", p.MutualDegrees}, {"edges per class pair", p.ClassPairEdges},
		{"edges per distance bin", p.DistanceEdges}, {"skeleton", p.Skeleton},
	} {
		if f.kept != Not {
			parts = append(parts, f.name+" "+f.kept.String())
		}
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, ", ")
}

// Models returns all null models, the plainest first.
func Models() []Model { return append([]Model(nil), registry...) }

// Find returns the null model of that name. The error for an unknown one names
// the nearest.
func Find(name string) (Model, error) {
	names := make([]string, len(registry))
	for k, m := range registry {
		if names[k] = m.Name; m.Name == name {
			return m, nil
		}
	}
	return Model{}, fmt.Errorf("nullmodel: there is no null model %q: did you mean %q?", name, spelling.Nearest(name, names))
}

// known is what of a circuit a null model may redraw: the rows that were observed.
type known struct {
	c *circuit.Circuit
	n int
	// rows are the observed neurons, others those that are not, both ascending.
	rows, others []int
	positions    []circuit.Position
	// edges are those of observed rows, fixed those of the others.
	edges, fixed []circuit.Edge
}

func knownOf(c *circuit.Circuit) *known {
	k := &known{c: c, n: c.Len()}
	for i, neuron := range c.Neurons() {
		k.positions = append(k.positions, neuron.Position)
		if c.Observed(i) {
			k.rows = append(k.rows, i)
		} else {
			k.others = append(k.others, i)
		}
	}
	for _, e := range c.EdgeList() {
		if c.Observed(e.Pre) {
			k.edges = append(k.edges, e)
		} else {
			k.fixed = append(k.fixed, e)
		}
	}
	return k
}

// needClasses is the error of a circuit without classes.
func (k *known) needClasses() error {
	for _, neuron := range k.c.Neurons() {
		if neuron.Class != "" {
			return nil
		}
	}
	if k.n == 0 {
		return nil
	}
	return fmt.Errorf("no neuron has a class: give Neuron.Class, or take a null model that needs none")
}

// needPositions is the error of a circuit in which some positions are not known.
func (k *known) needPositions() error {
	first, without := -1, 0
	for i, p := range k.positions {
		if !p.Known() {
			if without++; first < 0 {
				first = i
			}
		}
	}
	if without == 0 {
		return nil
	}
	return fmt.Errorf("%d of %d neurons have no position, the first is neuron %d (id %q): leave them out with Subcircuit, or take a null model that needs none", without, k.n, first, k.c.Neuron(first).ID)
}
