package nullmodel

import (
	"math/rand/v2"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// independent draws every entry of the observed rows by itself, with its own
// probability: row-major, observed rows by all neurons, 0 on the diagonal.
type independent struct {
	rows []int
	n    int
	p    []float64
}

func (l *independent) draw(rng *rand.Rand) []circuit.Edge {
	var edges []circuit.Edge
	for r, i := range l.rows {
		for j, p := range l.p[r*l.n : (r+1)*l.n] {
			if p > 0 && float64(rng.Uint64()>>11)*0x1p-53 < p {
				edges = append(edges, circuit.Edge{Pre: i, Post: j})
			}
		}
	}
	return edges
}

// sorting puts each entry of the observed rows into a group, −1 on the diagonal.
type sorting struct {
	of    []int32
	count int
}

func (k *known) sort(count int, group func(i, j int) int) sorting {
	s := sorting{make([]int32, len(k.rows)*k.n), count}
	for r, i := range k.rows {
		row := s.of[r*k.n : (r+1)*k.n]
		for j := range row {
			if row[j] = -1; i != j {
				row[j] = int32(group(i, j))
			}
		}
	}
	return s
}

// byClassPair groups entries by the classes of their two neurons.
func (k *known) byClassPair() sorting {
	of, classes := k.classes()
	return k.sort(classes*classes, func(i, j int) int { return of[i]*classes + of[j] })
}

// byDistance groups entries by DistanceBins.
func (k *known) byDistance() sorting {
	bounds := k.bins()
	return k.sort(len(bounds), func(i, j int) int { return binOf(bounds, k.distance(i, j)) })
}

func (k *known) distance(i, j int) float64 { return k.positions[i].Distance(k.positions[j]) }
