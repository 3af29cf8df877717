package nullmodel

import (
	"fmt"
	"math"
	"slices"
	"sort"

	"github.com/cortigen/cortigen/pkg/circuit"
)

const (
	// edgesPerBin is about how many edges a distance bin holds, ours: enough that
	// a bin's count is known to a fifth.
	edgesPerBin = 25
	mostBins    = 20
)

// DistanceBins returns the upper bounds, in µm, of the bins of distance in which
// null models count edges: m/25 of them, but at least one and at most 20, that
// hold equal shares of the edges of observed rows; fewer where edges have the same
// length. The last bound is +Inf. A neuron without a position is an error. Ours.
func DistanceBins(c *circuit.Circuit) ([]float64, error) {
	k := knownOf(c)
	if err := k.needPositions(); err != nil {
		return nil, fmt.Errorf("nullmodel: distance bins: %w", err)
	}
	return k.bins(), nil
}

func (k *known) bins() []float64 {
	lengths := make([]float64, len(k.edges))
	for e, edge := range k.edges {
		lengths[e] = k.distance(edge.Pre, edge.Post)
	}
	slices.Sort(lengths)
	m := len(lengths)
	count := max(1, min(m/edgesPerBin, mostBins))
	bounds := make([]float64, count)
	for b := range count - 1 {
		bounds[b] = lengths[(b+1)*m/count-1]
	}
	bounds[count-1] = math.Inf(1)
	return slices.Compact(bounds)
}

func binOf(bounds []float64, d float64) int { return sort.SearchFloat64s(bounds, d) }
