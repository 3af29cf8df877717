package connectome

import (
	"cmp"
	"math"
	"slices"
)

// convexHull returns the corners of the convex hull, counter-clockwise, by the
// monotone chain of Andrew 1979, doi:10.1016/0020-0190(79)90072-3.
func convexHull(points [][2]float64) [][2]float64 {
	sorted := slices.Clone(points)
	slices.SortFunc(sorted, func(a, b [2]float64) int {
		return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
	})
	lower := chain(sorted)
	slices.Reverse(sorted)
	return append(lower, chain(sorted)...)
}

// chain returns one half of the hull without its last corner.
func chain(sorted [][2]float64) [][2]float64 {
	var half [][2]float64
	for _, p := range sorted {
		for len(half) >= 2 && turn(half[len(half)-2], half[len(half)-1], p) <= 0 {
			half = half[:len(half)-1]
		}
		half = append(half, p)
	}
	return half[:len(half)-1]
}

// turn is positive when a→b→c turns left: twice the triangle's signed area.
func turn(a, b, c [2]float64) float64 {
	return (b[0]-a[0])*(c[1]-a[1]) - (b[1]-a[1])*(c[0]-a[0])
}

// area returns that of a polygon whose corners run counter-clockwise.
func area(polygon [][2]float64) float64 {
	sum := 0.0
	for i, p := range polygon {
		q := polygon[(i+1)%len(polygon)]
		sum += p[0]*q[1] - p[1]*q[0]
	}
	return sum / 2
}

// bounds returns the smallest rectangle round a polygon.
func bounds(polygon [][2]float64) (x0, x1, y0, y1 float64) {
	x0, x1, y0, y1 = math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for _, p := range polygon {
		x0, x1 = min(x0, p[0]), max(x1, p[0])
		y0, y1 = min(y0, p[1]), max(y1, p[1])
	}
	return x0, x1, y0, y1
}

// side is one of a polygon, with its length.
type side struct {
	from, to [2]float64
	length   float64
}

func sidesOf(polygon [][2]float64) []side {
	sides := make([]side, len(polygon))
	for i, p := range polygon {
		q := polygon[(i+1)%len(polygon)]
		sides[i] = side{p, q, math.Hypot(q[0]-p[0], q[1]-p[1])}
	}
	return sides
}

// insideHull reports whether a disc lies wholly inside a convex polygon.
func insideHull(hull [][2]float64, x, y, radius float64) bool {
	return insideSides(sidesOf(hull), x, y, radius)
}

// insideSides reports whether a disc lies wholly inside a convex polygon: its
// centre is at least a radius to the left of every side.
func insideSides(sides []side, x, y, radius float64) bool {
	for i := range sides {
		s := &sides[i]
		if turn(s.from, s.to, [2]float64{x, y}) < radius*s.length {
			return false
		}
	}
	return true
}
