package cortex

import (
	"cmp"
	"math/rand/v2"
	"slices"
)

// grid finds neurons near a place of the sheet, whose somata are in the order of
// its squares: row by row.
type grid struct {
	somata [][2]float64 // x, y
	square float64      // side in µm
	width  int
	first  []int // by square: its first soma; one entry more than squares
}

// perReach is how many squares a reach is long.
const perReach = 3

// newGrid drops n somata on a sheet.
func newGrid(n int, side, reach float64, rng *rand.Rand) *grid {
	g := &grid{somata: make([][2]float64, n), square: reach / perReach}
	g.width = int(side/g.square) + 1
	for i := range g.somata {
		g.somata[i] = [2]float64{rng.Float64() * side, rng.Float64() * side}
	}
	slices.SortStableFunc(g.somata, func(p, q [2]float64) int { return cmp.Compare(g.index(p), g.index(q)) })
	g.first = make([]int, g.width*g.width+1)
	for _, p := range g.somata {
		g.first[g.index(p)+1]++
	}
	for k := range g.width * g.width {
		g.first[k+1] += g.first[k]
	}
	return g
}

func (g *grid) index(p [2]float64) int { return g.at(p[1])*g.width + g.at(p[0]) }

func (g *grid) at(v float64) int { return max(0, min(g.width-1, int(v/g.square))) }

// within appends the neurons from a given one on that lie at most radius from a
// place, ascending.
func (g *grid) within(near []int, x, y, radius float64, from int) []int {
	for row := g.at(y - radius); row <= g.at(y+radius); row++ {
		start, end := g.first[row*g.width+g.at(x-radius)], g.first[row*g.width+g.at(x+radius)+1]
		for i := max(start, from); i < end; i++ {
			if dx, dy := g.somata[i][0]-x, g.somata[i][1]-y; dx*dx+dy*dy <= radius*radius {
				near = append(near, i)
			}
		}
	}
	return near
}
