package experiment

import (
	"context"

	"gonum.org/v1/gonum/floats"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/latent"
	"github.com/cortigen/cortigen/pkg/steer"
	"github.com/cortigen/cortigen/pkg/structure"
)

// Of what is learned of a decoder (ours): how many circuits lend their neurons; at
// how many codes circuits are decoded for every measure, and at least.
const (
	pilotedLike       = 16
	soundedPerMeasure = 24
	leastSoundedCodes = 60
)

// likeTest are some test circuits, to lend their neurons.
func likeTest(w wiring) []*circuit.Circuit { return pick(w.Test, evenly(len(w.Test), pilotedLike)) }

// pilot is what is learned of a trained Exchangeable model to steer it by.
type pilot struct {
	run         *Run
	rig         steer.Rig
	train, test latent.Codes
	table       structure.Table // of the training circuits
	outcomes    []latent.Outcome
	probes      []latent.Probe
	linear      steer.Linear // most probable directions
}

// newPilot reads measures off the training circuits and fits probes.
func (r *Run) newPilot(ctx context.Context, w wiring, d steer.Decoder, measures []string) (*pilot, error) {
	p := &pilot{run: r}
	var err error
	if p.train, err = encode(ctx, w.model(), w.Train); err != nil {
		return nil, err
	}
	if p.test, err = encode(ctx, w.model(), w.Test); err != nil {
		return nil, err
	}
	r.progress("directions", 0, 4, "measures of the training circuits")
	if p.table, err = steer.Profiles(ctx, w.Train, measures...); err != nil {
		return nil, err
	}
	p.rig = steer.Rig{Decoder: d, Reference: steer.NewReference(p.table)}
	p.outcomes = outcomes(p.table)
	if p.probes, err = probesOf(p.train, p.outcomes); err != nil {
		return nil, err
	}
	linear, err := steer.NewLinear(p.probes...)
	if err != nil {
		return nil, err
	}
	p.linear, err = linear.Likely(p.train.Mean)
	return p, err
}

// probesOf fits a probe to each outcome.
func probesOf(codes latent.Codes, outcomes []latent.Outcome) ([]latent.Probe, error) {
	all := make([]latent.Probe, len(outcomes))
	for k, o := range outcomes {
		var err error
		if all[k], err = latent.FitProbe(codes.Mean, o, codes.Region, latent.ProbeConfig{}); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// starts are codes of test circuits inside the prior's ball, by their indices.
func (p *pilot) starts(most int) []int {
	var inside []int
	for i, z := range p.test.Mean {
		if floats.Norm(z, 2)+directedStep < steer.Radius(len(z)) {
			inside = append(inside, i)
		}
	}
	some := evenly(len(inside), most)
	for k, i := range some {
		some[k] = inside[i]
	}
	return some
}

// surrogate learns what is decoded from codes all over the ball, and how far each
// measure reaches.
func (p *pilot) surrogate(ctx context.Context) (*steer.Surrogate, []steer.Reach, error) {
	names := p.rig.Reference.Names
	var along [][]float64
	for _, name := range names {
		d, err := p.linear.Direction(name)
		if err != nil {
			return nil, nil, err
		}
		along = append(along, d.Vector)
	}
	dim := p.rig.Decoder.Dim()
	codes := steer.Spread(dim, max(leastSoundedCodes, min(soundedPerMeasure*len(names), p.run.sizes().Wiring.Made)), p.run.seed().Stream("sound"), along...)
	sound, err := p.rig.Sound(ctx, codes, p.run.sizes().Samples, p.run.seed().Sub("sound"))
	if err != nil {
		return nil, nil, err
	}
	reach, err := sound.Reach(p.rig.Reference)
	if err != nil {
		return nil, nil, err
	}
	surrogate, err := steer.Learn(ctx, sound, steer.Learning{}, p.run.seed().Sub("learn"))
	return surrogate, reach, err
}
