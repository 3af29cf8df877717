package steer

import (
	"math"
	"math/bits"
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// Diversity says how much circuits of one answer differ from each other: a method
// that gives the same circuit over and over has not understood what "circuits
// like that" means.
type Diversity struct {
	// Edge is the mean, over pairs of circuits, of the share of edges of either
	// that the other has not: 1 − |A ∩ B| / |A ∪ B| (Jaccard 1901). It needs
	// circuits of the same neurons, and is NaN for others. 0 of one circuit.
	Edge float64 `json:"edge"`
	// Profile is the median, over measures that were neither asked for nor held,
	// of the sd over the circuits, in sd of the reference: 1 where they differ as
	// much as real ones do. 0 of one circuit, NaN where no such measure is
	// defined.
	Profile float64 `json:"profile"`
}

// diversity of an answer's circuits, whose readings are in the order of the
// reference.
func (g Rig) diversity(t Task, circuits []*circuit.Circuit, readings []Reading) Diversity {
	if len(circuits) == 1 {
		return Diversity{}
	}
	var spreads []float64
	asked := t.asked()
	for _, r := range readings {
		if !slices.Contains(asked, r.Measure) && !math.IsNaN(r.SDSD) {
			spreads = append(spreads, r.SDSD)
		}
	}
	return Diversity{Edge: edgeDistance(circuits), Profile: median(spreads)}
}

// edgeDistance is the mean Jaccard distance of pairs of circuits; NaN unless all
// have the same neurons in the same order, or without an edge.
func edgeDistance(circuits []*circuit.Circuit) float64 {
	for _, c := range circuits[1:] {
		if !sameNeurons(circuits[0], c) {
			return math.NaN()
		}
	}
	var distances []float64
	for i, a := range circuits {
		for _, b := range circuits[:i] {
			shared := 0
			for row := range a.Len() {
				theirs := b.Bits(row)
				for w, word := range a.Bits(row) {
					shared += bits.OnesCount64(word & theirs[w])
				}
			}
			if either := a.Edges() + b.Edges() - shared; either > 0 {
				distances = append(distances, 1-float64(shared)/float64(either))
			}
		}
	}
	return stat.Mean(distances, nil)
}

func sameNeurons(a, b *circuit.Circuit) bool {
	if a.Len() != b.Len() {
		return false
	}
	for i := range a.Len() {
		if a.Neuron(i).ID != b.Neuron(i).ID {
			return false
		}
	}
	return true
}
