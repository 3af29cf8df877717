package graphvae

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/internal/mlx"
)

// batch is circuits as arrays, row-major, padded to N slots and, by repeating
// the last circuit, to a fixed number of circuits.
type batch struct {
	size, slots, kinds int
	adjacency          []float32 // [size, slots, slots]
	classes            []float32 // [size, slots, kinds]
	real               []float32 // [size, slots]
	visible            []float32 // [size, slots, slots]; 1 where it is known if there is an edge
	place              []float32 // [size, slots, 4], see setPlaces; nil for Slots
	column             []float32 // [size, columnWidth], see setColumn; nil but for Config.Composition
}

// placeWidth is how many numbers say where a neuron is.
const placeWidth = 4

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
		switch n := circ.Len(); {
		case c.Kind == Slots && n > c.Slots:
			return fmt.Errorf("circuit %d has %d neurons, but the model has %d slots: cut smaller columns or configure more slots", i, n, c.Slots)
		case c.Composition && n == 0:
			return fmt.Errorf("circuit %d has no neurons, but a model with composition says how many there are, 1 or more: leave it out", i)
		case n > maxNeurons:
			return fmt.Errorf("circuit %d has %d neurons, but the arithmetic is dense, for %d at the most: cut smaller circuits", i, n, maxNeurons)
		}
		for j, n := range circ.Neurons() {
			if _, known := index[n.Class]; !known {
				return fmt.Errorf("circuit %d, neuron %d: class %q is not in the model's vocabulary: train on data that has it, or rename it", i, j, n.Class)
			}
		}
	}
	return nil
}

// width returns to how many neurons circuits are padded: N of Slots, and of
// Exchangeable models the largest circuit's number rounded up so that there are
// at most eight sizes to each doubling, with 8 the smallest step. A program is
// compiled for each size that is met, and no more than an eighth of the neurons
// of 64 or more are padding.
func (c Config) width(circuits []*circuit.Circuit) int {
	if c.Kind == Slots {
		return c.Slots
	}
	n := 1
	for _, circ := range circuits {
		n = max(n, circ.Len())
	}
	return widthOf(n)
}

// sharedWidth returns the width of all circuits together where none is so much
// smaller that this wastes more than compiling for several widths would, and
// otherwise 0.
func (c Config) sharedWidth(circuits []*circuit.Circuit) int {
	width := c.width(circuits)
	for _, circ := range circuits {
		if 4*widthOf(circ.Len()) < 3*width {
			return 0
		}
	}
	return width
}

func widthOf(n int) int {
	step := 8
	for n > 16*step {
		step *= 2
	}
	return (n + step - 1) / step * step
}

// evalSize returns how many entries a batch has that is to be evaluated, of so many
// in all: evalBatch, or fewer where there are fewer, in steps of 8.
func evalSize(all int) int { return min(evalBatch, (all+7)/8*8) }

// most returns how many circuits of a width are evaluated at once: evalBatch,
// but fewer of large ones, so that a number for every pair takes 32 MiB or less
// up to 2,896 neurons.
func most(width int) int {
	const numbers = 1 << 23
	size := evalBatch
	for size > 1 && size*width*width > numbers {
		size /= 2
	}
	return size
}

// packBatch packs circuits that were checked, padded to n neurons. Neurons must be
// in canonical order.
func packBatch(circuits []*circuit.Circuit, size, n int, c Config) batch {
	k := len(c.Classes)
	b := batch{
		size: size, slots: n, kinds: k,
		adjacency: make([]float32, size*n*n),
		classes:   make([]float32, size*n*k),
		real:      make([]float32, size*n),
		visible:   make([]float32, size*n*n),
	}
	if c.Kind == Exchangeable {
		b.place = make([]float32, size*n*placeWidth)
	}
	if c.Composition {
		b.column = make([]float32, size*columnWidth)
	}
	index := classIndex(c.Classes)
	for i := range size {
		circ := circuits[min(i, len(circuits)-1)]
		if c.Kind == Exchangeable {
			setPlaces(b.place[i*n*placeWidth:], circ, c)
		}
		if c.Composition {
			setColumn(b.column[i*columnWidth:], circ)
		}
		for j, neuron := range circ.Neurons() {
			slot := i*n + j
			b.classes[slot*k+index[neuron.Class]] = 1
			b.real[slot] = 1
			if circ.Observed(j) {
				for post := range circ.Len() {
					b.visible[slot*n+post] = indicator(post != j)
				}
			}
			for _, post := range circ.CSR().Row(j) {
				b.adjacency[slot*n+int(post)] = 1
			}
		}
	}
	return b
}

// setPlaces writes where each neuron is: across the sheet from the centre of
// those whose places are known, in units of distanceUnit; depth, standardised;
// and 1. All four are 0 where the place is not known.
func setPlaces(place []float32, circ *circuit.Circuit, c Config) {
	var x, y, known float64
	for _, neuron := range circ.Neurons() {
		if p := neuron.Position; p.Known() {
			x, y, known = x+p.X, y+p.Y, known+1
		}
	}
	for j, neuron := range circ.Neurons() {
		if p := neuron.Position; p.Known() {
			at := place[j*placeWidth:]
			at[0], at[1] = float32((p.X-x/known)/distanceUnit), float32((p.Y-y/known)/distanceUnit)
			at[2], at[3] = float32((p.Depth-c.DepthMean)/c.DepthSD), 1
		}
	}
}

// tensors returns a batch as the arguments of a program.
func (b batch) tensors() []any {
	all := []any{
		mlx.Tensor(b.adjacency, b.size, b.slots, b.slots),
		mlx.Tensor(b.classes, b.size, b.slots, b.kinds),
		mlx.Tensor(b.real, b.size, b.slots),
		mlx.Tensor(b.visible, b.size, b.slots, b.slots),
	}
	if b.place != nil {
		all = append(all, mlx.Tensor(b.place, b.size, b.slots, placeWidth))
	}
	if b.column != nil {
		all = append(all, mlx.Tensor(b.column, b.size, columnWidth))
	}
	return all
}

// normal returns rows × cols standard normal numbers as a tensor.
func normal(rng *rand.Rand, rows, cols int) *tensors.Tensor {
	return mlx.Tensor(normals(rng, make([]float32, rows*cols)), rows, cols)
}

// normals fills values with standard normal numbers and returns them.
func normals(rng *rand.Rand, values []float32) []float32 {
	for i := range values {
		values[i] = float32(rng.NormFloat64())
	}
	return values
}

// noise is what codes of a batch are drawn with: for each circuit numbers for z
// and, of Exchangeable models, for the codes of its neurons.
type noise struct {
	width, latent, neuronLatent int
	z                           []float32 // [size, latent]
	v                           []float32 // [size, width, neuronLatent]
}

func (c Config) newNoise(size, width int) noise {
	e := noise{width: width, latent: c.Latent, neuronLatent: c.NeuronLatent}
	e.z, e.v = make([]float32, size*c.Latent), make([]float32, size*width*c.NeuronLatent)
	return e
}

// draw draws the noise of circuit i of a batch, first for z, then for each of
// its n neurons, so that it does not depend on padding.
func (e noise) draw(i, n int, rng *rand.Rand) {
	normals(rng, e.z[i*e.latent:(i+1)*e.latent])
	e.drawNeurons(i, n, rng)
}

func (e noise) drawNeurons(i, n int, rng *rand.Rand) {
	at := i * e.width * e.neuronLatent
	normals(rng, e.v[at:at+n*e.neuronLatent])
}

// tensors returns the noise as arguments of a program.
func (e noise) tensors() []any {
	size := len(e.z) / e.latent
	all := []any{mlx.Tensor(e.z, size, e.latent)}
	if e.neuronLatent > 0 {
		all = append(all, mlx.Tensor(e.v, size, e.width, e.neuronLatent))
	}
	return all
}

// canonical returns the circuits with their neurons in canonical order.
func canonical(circuits []*circuit.Circuit) []*circuit.Circuit {
	ordered := make([]*circuit.Circuit, len(circuits))
	for i, c := range circuits {
		ordered[i] = c.Canonical()
	}
	return ordered
}

func indicator(b bool) float32 {
	if b {
		return 1
	}
	return 0
}

// pairs returns the number of observed ordered pairs.
func pairs(c *circuit.Circuit) float64 { return float64(c.ObservedRows() * max(0, c.Len()-1)) }

// finite reports whether all numbers are.
func finite(values ...float64) bool {
	for _, x := range values {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return false
		}
	}
	return true
}
