package latent

import (
	"fmt"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// Procrustes carries one code into the frame of another by a shift, a rotation or
// reflection, and one scale: b ≈ CentreB + Scale · (a − CentreA) · Rotation. That is
// all by which two codes under N(0, I) may differ and still say the same in the same
// shares, where canonical correlation allows any linear map.
type Procrustes struct {
	CentreA []float64 `json:"centre_a"`
	CentreB []float64 `json:"centre_b"`
	// Rotation is [dimensions of a][dimensions of b]. Where these differ, it is that of
	// the smaller code with columns of zeros beside it.
	Rotation [][]float64 `json:"rotation"`
	Scale    float64     `json:"scale"`
	// R2 is the share of b's variance, and as much of a's, that the map accounts for
	// over the FITTED rows; 1 − R2 is the Procrustes disparity, 0 for codes that are
	// turns of each other.
	R2 float64 `json:"r2"`
}

// FitProcrustes fits the map of least squared error from a to b, codes of the same
// circuits, [circuits][dimensions]. Both must vary. Schönemann 1966,
// doi:10.1007/BF02289451; with a scale, Schönemann & Carroll 1970, Psychometrika 35, 245.
func FitProcrustes(a, b [][]float64) (Procrustes, error) {
	if err := checkPair("procrustes", a, b); err != nil {
		return Procrustes{}, err
	}
	x, y := dense(a, count(len(a))), dense(b, count(len(b)))
	p := Procrustes{CentreA: centre(x), CentreB: centre(y)}
	sizeX, sizeY := mat.Norm(x, 2), mat.Norm(y, 2)
	if sizeX <= 1e-12*floats.Norm(p.CentreA, 2) || sizeY <= 1e-12*floats.Norm(p.CentreB, 2) || sizeX*sizeY == 0 {
		return Procrustes{}, fmt.Errorf("latent: procrustes: one of the codes does not vary over %d circuits", len(a))
	}
	var across, u, v, turn mat.Dense
	across.Mul(x.T(), y)
	var svd mat.SVD
	if !svd.Factorize(&across, mat.SVDThin) {
		return Procrustes{}, errSVD
	}
	svd.UTo(&u)
	svd.VTo(&v)
	turn.Mul(&u, v.T())
	for d := range a[0] {
		p.Rotation = append(p.Rotation, mat.Row(nil, d, &turn))
	}
	overlap := floats.Sum(svd.Values(nil))
	p.Scale = overlap / (sizeX * sizeX)
	p.R2 = overlap / sizeX * overlap / sizeX / sizeY / sizeY
	return p, nil
}

// Apply carries codes of the first frame into the second.
func (p Procrustes) Apply(a [][]float64) ([][]float64, error) {
	carried := make([][]float64, len(a))
	for i, row := range a {
		if len(row) != len(p.CentreA) {
			return nil, fmt.Errorf("latent: procrustes: row %d has %d columns, the fit has %d", i, len(row), len(p.CentreA))
		}
		carried[i] = append([]float64(nil), p.CentreB...)
		for d, v := range row {
			floats.AddScaled(carried[i], p.Scale*(v-p.CentreA[d]), p.Rotation[d])
		}
	}
	return carried, nil
}

// Carry returns a direction of the first frame as the second has it. PerStep is what
// the first frame's probe expects of a step of length 1 in the second, carried back.
// A direction that the second frame has no place for is an error.
func (p Procrustes) Carry(d Direction) (Direction, error) {
	if len(d.Vector) != len(p.Rotation) {
		return Direction{}, fmt.Errorf("latent: procrustes: the direction of %s has %d dimensions, the fit has %d", d.Measure, len(d.Vector), len(p.Rotation))
	}
	carried := d
	carried.Vector = make([]float64, len(p.CentreB))
	for k, v := range d.Vector {
		floats.AddScaled(carried.Vector, v, p.Rotation[k])
	}
	length := floats.Norm(carried.Vector, 2)
	if length <= parallel || !(p.Scale > 0) {
		return Direction{}, fmt.Errorf("latent: procrustes: the direction of %s has nothing that answers to it in the other code", d.Measure)
	}
	floats.Scale(1/length, carried.Vector)
	carried.PerStep = d.PerStep * length / p.Scale
	return carried, nil
}
