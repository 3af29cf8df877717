package latent

import (
	"fmt"

	"gonum.org/v1/gonum/floats"
)

// Direction is a way to walk in the code space.
type Direction struct {
	// Measure that grows along it.
	Measure string `json:"measure"`
	// Vector has length 1: a step of one is one prior standard deviation.
	Vector []float64 `json:"vector"`
	// PerStep is by how many of its sd over the training circuits the probe
	// expects the measure to grow with a step of one.
	PerStep float64 `json:"per_step"`
	// Held are the measures that were projected out.
	Held []string `json:"held,omitempty"`
}

// Direction returns the way along which the probe's measure grows fastest. A
// probe with zero weights has none, which is an error.
func (p Probe) Direction() (Direction, error) {
	length := floats.Norm(p.Weights, 2)
	if !(length > 0) || !(p.SD > 0) {
		return Direction{}, fmt.Errorf("latent: direction of %s: its probe has no slope: the codes do not predict it", p.Measure)
	}
	vector := floats.ScaleTo(make([]float64, len(p.Weights)), 1/length, p.Weights)
	return Direction{Measure: p.Measure, Vector: vector, PerStep: length / p.SD}, nil
}

// Effect returns by how many sd the measure of another direction grows, as its
// probe has it, with a step of one along d. Beside d.PerStep it says how
// specific d is. Other must come straight from a probe, with nothing held.
func (d Direction) Effect(other Direction) float64 {
	return other.PerStep * floats.Dot(d.Vector, other.Vector)
}

// parallel is the length below which what is left of a unit vector is rounding.
const parallel = 1e-6

// Orthogonalise takes from target its part along the held directions, so that
// their probes expect no change along what is left, by Gram–Schmidt. PerStep
// shrinks with the part that is lost. Held directions that depend on each other
// are no trouble; a target that lies in their span is an error.
func Orthogonalise(target Direction, hold ...Direction) (Direction, error) {
	var basis [][]float64
	var held []string
	for _, h := range hold {
		if len(h.Vector) != len(target.Vector) {
			return Direction{}, fmt.Errorf("latent: orthogonalise: %s has %d dimensions, %s has %d", h.Measure, len(h.Vector), target.Measure, len(target.Vector))
		}
		if rest, length := reject(h.Vector, basis); length > parallel {
			basis = append(basis, rest)
		}
		held = append(held, h.Measure)
	}
	vector, length := reject(target.Vector, basis)
	if length <= parallel {
		return Direction{}, fmt.Errorf("latent: orthogonalise: the direction of %s lies within those of %q: it cannot change while they are held", target.Measure, held)
	}
	return Direction{Measure: target.Measure, Vector: vector, PerStep: target.PerStep * length, Held: append(append([]string(nil), target.Held...), held...)}, nil
}

// reject returns what is left of v beside an orthonormal basis, scaled to length
// 1, and its length before that. Two passes keep it orthogonal to rounding.
func reject(v []float64, basis [][]float64) (rest []float64, length float64) {
	rest = append([]float64(nil), v...)
	for range 2 {
		for _, b := range basis {
			floats.AddScaled(rest, -floats.Dot(rest, b), b)
		}
	}
	if length = floats.Norm(rest, 2); length > 0 {
		floats.Scale(1/length, rest)
	}
	return rest, length
}
