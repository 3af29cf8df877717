package fidelity

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"
	"gonum.org/v1/gonum/stat"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/latent"
	"github.com/cortigen/cortigen/pkg/seed"
)

// Align lays a circuit beside another: for every neuron of c, the index of the
// neuron of d of the same class whose rank by depth is nearest, as a share of the
// class; −1 where d has none of the class. So the k-th of n neurons of a class
// stands beside the ⌊(k+½)·m/n⌋-th of m. Two neurons of c may stand beside the
// same of d (ours).
func Align(c, d *circuit.Circuit) []int {
	return align(ranks(c), ranks(d), c.Len())
}

// ranks lists the neurons of every class by depth.
func ranks(c *circuit.Circuit) map[circuit.Class][]int {
	order := countUp(c.Len())
	slices.SortStableFunc(order, func(i, j int) int {
		a, b := c.Neuron(i), c.Neuron(j)
		return circuit.CompareNeurons(&a, &b)
	})
	by := map[circuit.Class][]int{}
	for _, i := range order {
		by[c.Neuron(i).Class] = append(by[c.Neuron(i).Class], i)
	}
	return by
}

func align(c, d map[circuit.Class][]int, n int) []int {
	beside := make([]int, n)
	for class, own := range c {
		other := d[class]
		for k, i := range own {
			if beside[i] = -1; len(other) > 0 {
				beside[i] = other[(2*k+1)*len(other)/(2*len(own))]
			}
		}
	}
	return beside
}

// Overlap is how alike the edges of two circuits are once they are aligned: of
// the ordered pairs of c of which either c or d has an edge, the share of which
// both have (Jaccard). Pairs of c's unobserved rows, and what stands beside d's,
// are left out. NaN where there is no edge.
func Overlap(c, d *circuit.Circuit) float64 {
	return overlap(c, d, Align(c, d))
}

// overlap goes over edges only: what stands beside an edge of d are as many
// pairs as neurons stand beside its one end times those beside the other.
func overlap(c, d *circuit.Circuit, beside []int) float64 {
	rows, columns := make([]float64, d.Len()), make([]float64, d.Len())
	own, both, copied := 0., 0., 0.
	for i, a := range beside {
		if a < 0 {
			continue
		}
		columns[a]++
		if !c.Observed(i) || !d.Observed(a) {
			continue
		}
		rows[a]++
		for _, j := range c.CSR().Row(i) {
			if b := beside[j]; b >= 0 && b != a {
				own++
				if d.Has(a, b) {
					both++
				}
			}
		}
	}
	for a, count := range rows {
		if count > 0 {
			for _, b := range d.CSR().Row(a) {
				copied += count * columns[b]
			}
		}
	}
	return over(both, own+copied-both)
}

// nearest returns, for every circuit, the training circuit of the greatest
// overlap among those that may be it, and the overlap; −1 and NaN without one.
func nearest(ctx context.Context, circuits, train []*circuit.Circuit, may func(circuit, train int) bool) (index []int, overlaps []float64, err error) {
	ranked := make([]map[circuit.Class][]int, len(train))
	for k, d := range train {
		ranked[k] = ranks(d)
	}
	index, overlaps = make([]int, len(circuits)), make([]float64, len(circuits))
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(runtime.GOMAXPROCS(0))
	for i, c := range circuits {
		work.Go(func() error {
			own := ranks(c)
			index[i], overlaps[i] = -1, math.NaN()
			for k, d := range train {
				if err := ctx.Err(); err != nil {
					return err
				}
				if !may(i, k) {
					continue
				}
				if o := overlap(c, d, align(own, ranked[k], c.Len())); !math.IsNaN(o) && !(o <= overlaps[i]) {
					index[i], overlaps[i] = k, o
				}
			}
			return nil
		})
	}
	return index, overlaps, work.Wait()
}

func anyTrain(int, int) bool { return true }

// Novelty says whether generated circuits are new: how many differ from each
// other, and how near they come to training circuits, beside how near circuits of
// other tissue come that no model has seen.
type Novelty struct {
	Name string `json:"name"`
	// Unique is the share of generated circuits of which no other has the same
	// edges in the same order of neurons, by class and depth.
	Unique float64 `json:"unique"`
	// Nearest is the overlap of a generated circuit with the nearest training
	// circuit, HeldOut that of a held-out one: means with intervals over regions.
	Nearest latent.Interval `json:"nearest"`
	HeldOut latent.Interval `json:"held_out"`
	// Limit is the 99th percentile of held-out circuits' overlaps. Memorised is
	// the share of generated circuits above it: 1 % is what chance gives.
	Limit     float64 `json:"limit"`
	Memorised float64 `json:"memorised"`
	// Closest is the greatest overlap of a generated circuit.
	Closest float64 `json:"closest"`
}

// MeasureNovelty compares generated and held-out circuits with all training
// circuits. No circuit of a kind is an error.
func MeasureNovelty(ctx context.Context, name string, generated, heldOut, train []*circuit.Circuit, resamples int, s seed.Seed) (Novelty, error) {
	if len(generated) == 0 || len(heldOut) == 0 || len(train) == 0 {
		return Novelty{}, fmt.Errorf("fidelity: novelty: %s: %d generated, %d held-out and %d training circuits: give some of each", name, len(generated), len(heldOut), len(train))
	}
	_, of, err := nearest(ctx, generated, train, anyTrain)
	if err != nil {
		return Novelty{}, fmt.Errorf("fidelity: novelty: %s: %w", name, err)
	}
	_, real, err := nearest(ctx, heldOut, train, anyTrain)
	if err != nil {
		return Novelty{}, fmt.Errorf("fidelity: novelty: %s: %w", name, err)
	}
	n := Novelty{
		Name: name, Unique: unique(generated), Limit: math.NaN(), Memorised: math.NaN(), Closest: math.NaN(),
		Nearest: MeanOver(of, connectome.Regions(generated), resamples, s),
		HeldOut: MeanOver(real, connectome.Regions(heldOut), resamples, s),
	}
	if sorted := defined(real, nil); len(sorted) > 0 {
		n.Limit = stat.Quantile(.99, stat.LinInterp, sorted, nil)
	}
	if sorted := defined(of, nil); len(sorted) > 0 {
		above := 0.
		for _, o := range sorted {
			if o > n.Limit {
				above++
			}
		}
		n.Memorised, n.Closest = above/float64(len(sorted)), sorted[len(sorted)-1]
	}
	return n, nil
}

// unique returns the share of circuits that no other equals.
func unique(circuits []*circuit.Circuit) float64 {
	count := map[string]int{}
	keys := make([]string, len(circuits))
	for k, c := range circuits {
		ordered := c.Canonical()
		var classes []circuit.Class
		for _, neuron := range ordered.Neurons() {
			classes = append(classes, neuron.Class)
		}
		keys[k] = fmt.Sprint(classes, ordered.EdgeList())
		count[keys[k]]++
	}
	alone := 0.
	for _, key := range keys {
		if count[key] == 1 {
			alone++
		}
	}
	return alone / float64(len(circuits))
}
