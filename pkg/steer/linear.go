package steer

import (
	"context"
	"fmt"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"

	"github.com/cortigen/cortigen/pkg/latent"
)

// Linear steps along a probe's direction, with the directions of held measures
// projected out, until the probe predicts the target.
type Linear struct {
	probes map[string]latent.Probe
	names  []string
	dim    int
}

// NewLinear takes one probe for each measure that may be asked for or held. Two
// probes of one measure, or of different dimension, are an error.
func NewLinear(probes ...latent.Probe) (Linear, error) {
	l := Linear{probes: make(map[string]latent.Probe, len(probes))}
	for _, p := range probes {
		if _, twice := l.probes[p.Measure]; twice {
			return Linear{}, fmt.Errorf("steer: linear: two probes of %s", p.Measure)
		}
		if first := probes[0]; len(p.Weights) != len(first.Weights) {
			return Linear{}, fmt.Errorf("steer: linear: the probe of %s has %d dimensions, that of %s has %d", p.Measure, len(p.Weights), first.Measure, len(first.Weights))
		}
		l.probes[p.Measure], l.dim = p, len(p.Weights)
		l.names = append(l.names, p.Measure)
	}
	return l, nil
}

// Name returns "linear".
func (Linear) Name() string { return "linear" }

func (l Linear) probe(measure string) (latent.Probe, error) {
	p, ok := l.probes[measure]
	if !ok {
		return latent.Probe{}, fmt.Errorf("steer: linear: no probe of %s, only of %q", measure, l.names)
	}
	return p, nil
}

// Direction returns the way along which a measure grows while the probes of the
// held ones see nothing. It is an error where a probe is missing or has no
// slope, or where nothing is left of the direction.
func (l Linear) Direction(measure string, hold ...string) (latent.Direction, error) {
	directions := make([]latent.Direction, 0, 1+len(hold))
	for _, name := range append([]string{measure}, hold...) {
		p, err := l.probe(name)
		if err != nil {
			return latent.Direction{}, err
		}
		d, err := p.Direction()
		if err != nil {
			return latent.Direction{}, fmt.Errorf("steer: linear: %w", err)
		}
		directions = append(directions, d)
	}
	d, err := latent.Orthogonalise(directions[0], directions[1:]...)
	if err != nil {
		return latent.Direction{}, fmt.Errorf("steer: linear: %w", err)
	}
	return d, nil
}

// Propose steps from the probe's prediction at the start to the target.
func (l Linear) Propose(_ context.Context, r Request, _ *rand.Rand) (Proposal, error) {
	d, err := l.Direction(r.Measure, r.Hold...)
	if err != nil {
		return Proposal{}, err
	}
	if len(r.Start) != l.dim {
		return Proposal{}, fmt.Errorf("steer: linear: the start has %d dimensions, the probes have %d", len(r.Start), l.dim)
	}
	p := l.probes[r.Measure]
	predicted := p.Intercept + floats.Dot(p.Weights, r.Start)
	return move(r.Start, d.Vector, (r.Target-predicted)/(d.PerStep*p.SD)), nil
}
