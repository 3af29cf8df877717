package connectome

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// alignToDepth turns raw positions (X, Y and the given z) so that X and Y span
// the sheet. The depth axis is the direction in which positions covary with the
// table's own depths; X and Y are the two directions across it, in µm from the
// mean soma, and so are uncorrelated with depth over all somata. (A regression of
// depth on position would not do: where depths follow a curved sheet, its slope
// is tilted, and what is called a column would cross layers sideways.) Depths
// stay the table's. Neurons without a place are passed over.
func alignToDepth(d *Data, z []float64) error {
	var placed []int
	for i, n := range d.Neurons {
		if n.Position.Known() && !math.IsNaN(z[i]) {
			placed = append(placed, i)
		} else {
			d.Neurons[i].Position = circuit.NoPosition()
		}
	}
	if len(placed) < 4 {
		return fmt.Errorf("%d neurons have positions: the depth axis cannot be found", len(placed))
	}
	var raw [3][]float64
	var depths []float64
	for _, i := range placed {
		p := d.Neurons[i].Position
		for a, x := range [3]float64{p.X, p.Y, z[i]} {
			raw[a] = append(raw[a], x)
		}
		depths = append(depths, p.Depth)
	}
	var axis, centre [3]float64
	for a := range axis {
		axis[a], centre[a] = stat.Covariance(raw[a], depths, nil), stat.Mean(raw[a], nil)
	}
	if !(inner(axis, axis) > 0) {
		return fmt.Errorf("depths do not vary with position: the depth axis cannot be found")
	}
	axis = unit(axis)
	u := unit(across(axis))
	v := crossProduct(axis, u)
	along := make([]float64, len(placed))
	for k, i := range placed {
		from := [3]float64{raw[0][k] - centre[0], raw[1][k] - centre[1], raw[2][k] - centre[2]}
		d.Neurons[i].Position.X, d.Neurons[i].Position.Y, along[k] = inner(from, u), inner(from, v), inner(from, axis)
	}
	_, slope := stat.LinearRegression(along, depths, nil, false)
	d.Report.Notes = append(d.Report.Notes, fmt.Sprintf(
		"the sheet was turned: depth grows along (%.3f, %.3f, %.3f) of the raw frame, by %.3f µm per µm; the table's depths differ from that by a residual sd of %.1f µm",
		axis[0], axis[1], axis[2], slope, stat.StdDev(depths, nil)*math.Sqrt(max(0, 1-math.Pow(stat.Correlation(along, depths, nil), 2)))))
	return nil
}

// across returns a vector at a right angle to axis: away from the frame's own
// axis that it is least along, so that the choice is stable.
func across(axis [3]float64) [3]float64 {
	least := 0
	for a := range axis {
		if math.Abs(axis[a]) < math.Abs(axis[least]) {
			least = a
		}
	}
	var e [3]float64
	e[least] = 1
	return crossProduct(axis, e)
}

func crossProduct(a, b [3]float64) [3]float64 {
	return [3]float64{a[1]*b[2] - a[2]*b[1], a[2]*b[0] - a[0]*b[2], a[0]*b[1] - a[1]*b[0]}
}

func inner(a, b [3]float64) float64 { return a[0]*b[0] + a[1]*b[1] + a[2]*b[2] }

func unit(a [3]float64) [3]float64 {
	length := math.Sqrt(inner(a, a))
	return [3]float64{a[0] / length, a[1] / length, a[2] / length}
}
