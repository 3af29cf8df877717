package cortex

// grid finds neurons near a place of the sheet.
type grid struct {
	x, y  []float64
	cell  float64
	width int
	cells [][]int // neurons by cell, ascending
}

func newGrid(x, y []float64, side, cell float64) *grid {
	g := &grid{x: x, y: y, cell: cell, width: int(side/cell) + 1}
	g.cells = make([][]int, g.width*g.width)
	for i := range x {
		c := g.at(y[i])*g.width + g.at(x[i])
		g.cells[c] = append(g.cells[c], i)
	}
	return g
}

func (g *grid) at(v float64) int { return max(0, min(g.width-1, int(v/g.cell))) }

// within appends the neurons at most radius from a place, in a fixed order.
func (g *grid) within(near []int, x, y, radius float64) []int {
	for row := g.at(y - radius); row <= g.at(y+radius); row++ {
		for column := g.at(x - radius); column <= g.at(x+radius); column++ {
			for _, i := range g.cells[row*g.width+column] {
				if dx, dy := g.x[i]-x, g.y[i]-y; dx*dx+dy*dy <= radius*radius {
					near = append(near, i)
				}
			}
		}
	}
	return near
}
