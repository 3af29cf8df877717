package connectome

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// Plane is how a cortical sheet lies in the frame of its source.
type Plane struct {
	// Down is the direction of growing depth, a unit vector in the source's X, Y
	// and Depth.
	Down [3]float64 `json:"down"`
	// Pia is the depth, along Down and in µm, from which depths are counted.
	Pia float64 `json:"pia_um"`
	// Groups and Neurons are what it was fitted to; Residual is the standard
	// deviation, in µm, of depths within a group.
	Groups   int     `json:"groups"`
	Neurons  int     `json:"neurons"`
	Residual float64 `json:"residual_um"`
}

// Tilt returns the angle, in degrees, between Down and the source's depth axis.
func (p Plane) Tilt() float64 { return math.Acos(min(1, p.Down[2])) * 180 / math.Pi }

// String says it in a line, as a report does.
func (p Plane) String() string {
	return fmt.Sprintf("the sheet was turned by %.1f°: depth grows along (%.3f, %.3f, %.3f) of the raw frame, from %.0f µm on; fitted to %d neurons of %d layers or classes, with a residual sd of %.0f µm",
		p.Tilt(), p.Down[0], p.Down[1], p.Down[2], p.Pia, p.Neurons, p.Groups, p.Residual)
}

const (
	// piaGroup is how many neurons a layer or class must have to count in a fit
	// (ours).
	piaGroup = 20
	// piaTop is the share of somata above the one that lies piaDepth µm deep: in
	// minnie65, with the pia where the consortium's standard_transform puts it
	// (github.com/CAVEconnectome/standard_transform, version 1.4), 1 % of the
	// 56,209 excitatory somata lie above 84 µm.
	piaTop   = .01
	piaDepth = 84
)

// FitPlane finds how the sheet lies in a raw frame, as that of an electron
// microscope, whose third axis is only roughly depth: the plane that neurons of
// one layer (or, where layers are not known, of one class) scatter about is the
// same for all, but for its depth. Slopes are by least squares within groups, in
// a frame that is turned until none is left. The pia is put so that one soma in
// a hundred is less than 84 µm deep, as in minnie65: where layer 2 was not
// reconstructed, depths are off by a constant. Ours; curvature is left alone.
//
// Too few neurons, or all on a line, is an error.
func FitPlane(neurons []circuit.Neuron) (Plane, error) {
	groups := layersOf(neurons)
	if len(groups) == 0 {
		return Plane{}, fmt.Errorf("connectome: depth: no layer or class has %d neurons with positions: a plane cannot be fitted", piaGroup)
	}
	p := Plane{Down: [3]float64{0, 0, 1}, Groups: len(groups)}
	for range 20 {
		slopeX, slopeY, residual, err := p.slopes(groups)
		if err != nil {
			return Plane{}, err
		}
		u, v := p.axes()
		for a := range p.Down {
			p.Down[a] -= slopeX*u[a] + slopeY*v[a]
		}
		p.Down = unit(p.Down)
		p.Residual = residual
		if math.Hypot(slopeX, slopeY) < 1e-9 {
			break
		}
	}
	var depths []float64
	for _, g := range groups {
		for _, at := range g {
			depths = append(depths, inner(at, p.Down))
		}
	}
	slices.Sort(depths)
	p.Neurons = len(depths)
	p.Pia = stat.Quantile(piaTop, stat.Empirical, depths, nil) - piaDepth
	return p, nil
}

// layersOf gathers the places of neurons by layer, or by class for those without
// one, and keeps what is large enough.
func layersOf(neurons []circuit.Neuron) [][][3]float64 {
	by := map[string][][3]float64{}
	for _, n := range neurons {
		if name := cmp.Or(string(n.Layer), string(n.Class)); n.Position.Known() && name != "" {
			by[name] = append(by[name], [3]float64{n.Position.X, n.Position.Y, n.Position.Depth})
		}
	}
	var names []string
	for name, places := range by {
		if len(places) >= piaGroup {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	groups := make([][][3]float64, len(names))
	for k, name := range names {
		groups[k] = by[name]
	}
	return groups
}

// axes returns two directions across Down: the first the source's X as far as
// it lies in the sheet.
func (p Plane) axes() (u, v [3]float64) {
	along := p.Down[0]
	u = unit([3]float64{1 - along*p.Down[0], -along * p.Down[1], -along * p.Down[2]})
	return u, crossProduct(p.Down, u)
}

// slopes returns how depth changes across the sheet within groups, per µm, and
// what is left.
func (p Plane) slopes(groups [][][3]float64) (slopeX, slopeY, residual float64, err error) {
	u, v := p.axes()
	var across mat.SymDense
	across.ReuseAsSym(2)
	var with [2]float64
	depthSquares, n := 0.0, 0
	for _, g := range groups {
		x, y, depth := make([]float64, len(g)), make([]float64, len(g)), make([]float64, len(g))
		for k, at := range g {
			x[k], y[k], depth[k] = inner(at, u), inner(at, v), inner(at, p.Down)
		}
		weight := float64(len(g) - 1)
		across.SetSym(0, 0, across.At(0, 0)+weight*stat.Variance(x, nil))
		across.SetSym(0, 1, across.At(0, 1)+weight*stat.Covariance(x, y, nil))
		across.SetSym(1, 1, across.At(1, 1)+weight*stat.Variance(y, nil))
		with[0] += weight * stat.Covariance(x, depth, nil)
		with[1] += weight * stat.Covariance(y, depth, nil)
		depthSquares += weight * stat.Variance(depth, nil)
		n += len(g)
	}
	var slope mat.VecDense
	if err := slope.SolveVec(&across, mat.NewVecDense(2, with[:])); err != nil {
		return 0, 0, 0, fmt.Errorf("connectome: depth: somata lie on a line, seen from above: a plane cannot be fitted: %w", err)
	}
	explained := slope.AtVec(0)*with[0] + slope.AtVec(1)*with[1]
	return slope.AtVec(0), slope.AtVec(1), math.Sqrt(max(0, depthSquares-explained) / float64(n)), nil
}

// Place returns a raw place in the sheet's own frame: X and Y across it, depth
// from the pia.
func (p Plane) Place(raw circuit.Position) circuit.Position {
	if !raw.Known() {
		return circuit.NoPosition()
	}
	at := [3]float64{raw.X, raw.Y, raw.Depth}
	u, v := p.axes()
	return circuit.Position{X: inner(at, u), Y: inner(at, v), Depth: inner(at, p.Down) - p.Pia}
}

// Aligned returns the reconstruction with all positions in the sheet's own
// frame; the report says so.
func (c *Connectome) Aligned(p Plane) *Connectome {
	d := *c
	d.neurons = slices.Clone(c.neurons)
	for i := range d.neurons {
		d.neurons[i].Position = p.Place(c.neurons[i].Position)
	}
	d.report.Notes = append(slices.Clone(c.report.Notes), p.String())
	return &d
}
