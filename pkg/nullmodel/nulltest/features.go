package nulltest

import (
	"math"
	"sort"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/nullmodel"
)

// feature is something of a circuit that a null may keep: one number or several.
type feature struct {
	name string
	kept func(p nullmodel.Preserved) nullmodel.Kept
	of   func(c *circuit.Circuit, bounds []float64) []int
}

// entries calls f with every edge of an observed row.
func entries(c *circuit.Circuit, f func(i, j int)) {
	for _, e := range c.EdgeList() {
		if c.Observed(e.Pre) {
			f(e.Pre, e.Post)
		}
	}
}

func mutual(c *circuit.Circuit, i, j int) bool { return c.Observed(j) && c.Has(j, i) }

// features are counted here again, from the definitions and without what the
// models use.
var features = []feature{
	{"edges", func(p nullmodel.Preserved) nullmodel.Kept { return p.Edges }, func(c *circuit.Circuit, _ []float64) []int {
		of := []int{0}
		entries(c, func(i, j int) { of[0]++ })
		return of
	}},
	{"mutual pairs", func(p nullmodel.Preserved) nullmodel.Kept { return p.MutualPairs }, func(c *circuit.Circuit, _ []float64) []int {
		of := []int{0}
		entries(c, func(i, j int) {
			if i < j && mutual(c, i, j) {
				of[0]++
			}
		})
		return of
	}},
	{"out-degrees", func(p nullmodel.Preserved) nullmodel.Kept { return p.OutDegrees }, func(c *circuit.Circuit, _ []float64) []int {
		of := make([]int, c.Len())
		entries(c, func(i, j int) { of[i]++ })
		return of
	}},
	{"in-degrees", func(p nullmodel.Preserved) nullmodel.Kept { return p.InDegrees }, func(c *circuit.Circuit, _ []float64) []int {
		of := make([]int, c.Len())
		entries(c, func(i, j int) { of[j]++ })
		return of
	}},
	{"mutual degrees", func(p nullmodel.Preserved) nullmodel.Kept { return p.MutualDegrees }, func(c *circuit.Circuit, _ []float64) []int {
		of := make([]int, c.Len())
		entries(c, func(i, j int) {
			if mutual(c, i, j) {
				of[i]++
			}
		})
		return of
	}},
	{"edges per class pair", func(p nullmodel.Preserved) nullmodel.Kept { return p.ClassPairEdges }, func(c *circuit.Circuit, _ []float64) []int {
		classes := circuit.Classes(c)
		at := map[circuit.Class]int{}
		for k, class := range classes {
			at[class] = k
		}
		of := make([]int, len(classes)*len(classes))
		entries(c, func(i, j int) { of[at[c.Neuron(i).Class]*len(classes)+at[c.Neuron(j).Class]]++ })
		return of
	}},
	{"edges per distance bin", func(p nullmodel.Preserved) nullmodel.Kept { return p.DistanceEdges }, func(c *circuit.Circuit, bounds []float64) []int {
		of := make([]int, len(bounds))
		if bounds == nil {
			return of
		}
		entries(c, func(i, j int) {
			of[sort.SearchFloat64s(bounds, c.Neuron(i).Position.Distance(c.Neuron(j).Position))]++
		})
		return of
	}},
	{"skeleton", func(p nullmodel.Preserved) nullmodel.Kept { return p.Skeleton }, func(c *circuit.Circuit, _ []float64) []int {
		of := make([]int, c.Len()*c.Len())
		entries(c, func(i, j int) { of[min(i, j)*c.Len()+max(i, j)] = 1 })
		return of
	}},
}

// sampled is what a feature's numbers were over draws.
type sampled struct{ sum, squares []float64 }

func (s *sampled) add(values []int) {
	if s.sum == nil {
		s.sum, s.squares = make([]float64, len(values)), make([]float64, len(values))
	}
	for k, v := range values {
		s.sum[k] += float64(v)
		s.squares[k] += float64(v) * float64(v)
	}
}

// worst returns how far the mean is from what was wanted, for the number of a
// feature for which that is furthest, in units of what is allowed: five standard
// errors and, since laws may be fitted by simulation, a tenth of the spread.
func (s *sampled) worst(want []int, draws int) (at int, mean, allowed float64) {
	furthest := -1.
	for k, w := range want {
		m := s.sum[k] / float64(draws)
		variance := max(0, s.squares[k]/float64(draws)-m*m)
		// A number that never varied may be rare: one draw more could have had it.
		allow := 5*math.Sqrt((variance+1/float64(draws))/float64(draws)) + .1*math.Sqrt(variance)
		if off := math.Abs(m-float64(w)) / allow; off > furthest {
			furthest, at, mean, allowed = off, k, m, allow
		}
	}
	return at, mean, allowed
}
