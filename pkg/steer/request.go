package steer

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
)

// defaultSamples is the least number of decoded circuits that a steering claim
// may rest on here (ours).
const defaultSamples = 64

// Request asks for circuits with a chosen measure.
type Request struct {
	// Measure to change.
	Measure string `json:"measure"`
	// Target is the value to reach: in sd of the reference from its mean, or, if
	// Absolute, in the measure's own unit.
	Target   float64 `json:"target"`
	Absolute bool    `json:"absolute,omitempty"`
	// Hold are the measures to keep as they are at the start.
	Hold []string `json:"hold,omitempty"`
	// Start is the code to start from; nil means the origin, the most probable
	// code of the prior.
	Start []float64 `json:"start,omitempty"`
	// Samples to decode and judge by; 0 means 64.
	Samples int `json:"samples,omitempty"`
}

// Resolve checks a request and fills in what it leaves open: the target becomes
// absolute, start and samples get their defaults. Every fault is reported: a
// measure that the rig does not read (with the nearest name, where it is
// misspelt), a measure both changed and held, a target that is not finite or
// that has no unit because the reference has no spread, a start of the wrong
// dimension or outside the ball.
func (g Rig) Resolve(r Request) (Request, error) {
	faults := []error{g.checkMeasures(r)}
	if math.IsNaN(r.Target) || math.IsInf(r.Target, 0) {
		faults = append(faults, fmt.Errorf("target %g: give a finite number", r.Target))
	}
	if r.Samples < 0 {
		faults = append(faults, fmt.Errorf("%d samples: give a positive number, or 0 for %d", r.Samples, defaultSamples))
	}
	start, err := g.start(r.Start)
	if err := errors.Join(append(faults, err)...); err != nil {
		return Request{}, fmt.Errorf("steer: request for %q: %w", r.Measure, err)
	}
	if !r.Absolute {
		at, _ := g.Reference.index(r.Measure)
		r.Target = g.Reference.Mean[at] + r.Target*g.Reference.SD[at]
	}
	r.Absolute, r.Start, r.Samples, r.Hold = true, start, cmp.Or(r.Samples, defaultSamples), slices.Clone(r.Hold)
	return r, nil
}

func (g Rig) checkMeasures(r Request) error {
	var faults []error
	at, err := g.Reference.index(r.Measure)
	if err != nil {
		faults = append(faults, err)
	} else if math.IsNaN(g.Reference.SD[at]) {
		faults = append(faults, fmt.Errorf("%s does not vary over the reference, so a miss has no unit: choose another measure", r.Measure))
	}
	for _, name := range r.Hold {
		if name == r.Measure {
			faults = append(faults, fmt.Errorf("%s is to change and to be held: leave it out of one", name))
		} else if _, err := g.Reference.index(name); err != nil {
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}

// start returns a copy of the code to start from, nil being the origin, or says
// why it is none.
func (g Rig) start(code []float64) ([]float64, error) {
	dim := g.Decoder.Dim()
	if code == nil {
		return make([]float64, dim), nil
	}
	if len(code) != dim {
		return nil, fmt.Errorf("start has %d dimensions, the decoder %d", len(code), dim)
	}
	if length := norm(code); !(length <= Radius(dim)) {
		return nil, fmt.Errorf("start is %.3g from the origin, outside the ball of radius %.3g that holds 99 %% of the prior", length, Radius(dim))
	}
	return slices.Clone(code), nil
}
