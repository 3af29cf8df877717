package graphvae

import (
	"fmt"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// batch is circuits as arrays, row-major, padded to N slots and, by repeating
// the last circuit, to a fixed number of circuits.
type batch struct {
	size, slots, kinds int
	adjacency          []float32 // [size, slots, slots]
	classes            []float32 // [size, slots, kinds]
	real               []float32 // [size, slots]
	observed           []float32 // [size, slots]; 0 for padding
}

// classIndex numbers a vocabulary.
func classIndex(vocabulary []ClassInfo) map[circuit.Class]int {
	index := make(map[circuit.Class]int, len(vocabulary))
	for k, info := range vocabulary {
		index[info.Class] = k
	}
	return index
}

// check reports the first circuit that the model cannot take.
func (c Config) check(circuits []*circuit.Circuit) error {
	index := classIndex(c.Classes)
	for i, circ := range circuits {
		if circ.Len() > c.Slots {
			return fmt.Errorf("circuit %d has %d neurons, but the model has %d slots: cut smaller columns or configure more slots", i, circ.Len(), c.Slots)
		}
		for j, n := range circ.Neurons() {
			if _, known := index[n.Class]; !known {
				return fmt.Errorf("circuit %d, neuron %d: class %q is not in the model's vocabulary: train on data that has it, or rename it", i, j, n.Class)
			}
		}
	}
	return nil
}

// newBatch packs circuits that were checked. Neurons must be in canonical
// order.
func newBatch(circuits []*circuit.Circuit, size int, c Config) batch {
	n, k := c.Slots, len(c.Classes)
	b := batch{
		size: size, slots: n, kinds: k,
		adjacency: make([]float32, size*n*n),
		classes:   make([]float32, size*n*k),
		real:      make([]float32, size*n),
		observed:  make([]float32, size*n),
	}
	index := classIndex(c.Classes)
	for i := range size {
		circ := circuits[min(i, len(circuits)-1)]
		for j, neuron := range circ.Neurons() {
			slot := i*n + j
			b.classes[slot*k+index[neuron.Class]] = 1
			b.real[slot] = 1
			if circ.Observed(j) {
				b.observed[slot] = 1
			}
			for _, post := range circ.CSR().Row(j) {
				b.adjacency[slot*n+int(post)] = 1
			}
		}
	}
	return b
}

// canonical returns the circuits with their neurons in canonical order.
func canonical(circuits []*circuit.Circuit) []*circuit.Circuit {
	ordered := make([]*circuit.Circuit, len(circuits))
	for i, c := range circuits {
		ordered[i] = c.Canonical()
	}
	return ordered
}
