package experiment

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/latent"
	"github.com/cortigen/cortigen/pkg/steer"
)

// DirectingName is the name of the experiment on directions.
const DirectingName = "directing"

// directed are the measures that directions are looked for, one of each family, so
// that a change is not counted several times under several names (ours).
var directed = []string{
	"density", "out_degree_cv", "in_degree_cv", "reciprocity_ratio", "transitivity", "wire_length", "downward_share", "spectral_radius",
}

// Of the walks along directions (ours): how far, in prior sd; how many codes are
// explained, against how many, in how many passes.
const (
	directedStep     = 2
	explained        = 6
	explainedAgainst = 8
	explainedPasses  = 4
)

// Directing asks where measures point in the code of a circuit: walks along their
// directions and measures what is decoded, beside random directions; compares
// trainings from all seeds; and says which dimensions matter for which measure.
func (r *Run) Directing(ctx context.Context) (latent.Compass, error) {
	k, err := r.wiringKey(ctx, DirectingName, "directing.go pilot.go reconstruction.go answers.go probes.go")
	if err != nil {
		return latent.Compass{}, err
	}
	return named(ctx, r, DirectingName, k, r.directing)
}

func (r *Run) directing(ctx context.Context) (latent.Compass, error) {
	w, err := r.wired(ctx)
	if err != nil {
		return latent.Compass{}, err
	}
	decoder, err := steer.On(w.model(), likeTest(w)...)
	if err != nil {
		return latent.Compass{}, err
	}
	p, err := r.newPilot(ctx, w, decoder, directed)
	if err != nil {
		return latent.Compass{}, err
	}
	c := latent.Compass{Measures: p.rig.Reference.Names, Dim: w.model().Dim(), Step: directedStep, Samples: r.sizes().Samples}
	starts := p.starts(r.sizes().Starts)
	c.Starts = len(starts)
	if err := p.walks(ctx, starts, &c); err != nil {
		return latent.Compass{}, err
	}
	if err := p.explain(ctx, &c); err != nil {
		return latent.Compass{}, err
	}
	r.progress("directions", 3, 4, "how few suffice")
	if c.Readouts, err = latent.CompareReadouts(ctx, p.train.Mean, p.outcomes, p.train.Region, latent.ProbeConfig{Draws: r.sizes().Draws}, r.seed().Sub("readouts")); err != nil {
		return latent.Compass{}, err
	}
	return c, p.agree(ctx, w, &c)
}

// walks goes along the plain, the pure and random directions from every start.
func (p *pilot) walks(ctx context.Context, starts []int, c *latent.Compass) error {
	names := c.Measures
	var plain, pure, random [][]float64
	rng := p.run.seed().Stream("random directions")
	for k, name := range names {
		d, err := p.linear.Direction(name)
		if err != nil {
			return err
		}
		plain = append(plain, d.Vector)
		if d, err = p.linear.Direction(name, p.nearest(k)...); err != nil {
			return err
		}
		pure = append(pure, d.Vector)
		v := steer.FromPrior(c.Dim, rng)
		floats.Scale(1/floats.Norm(v, 2), v)
		random = append(random, v)
	}
	effects := make([]latent.Effects, 3)
	for k, directions := range [][][]float64{plain, pure, random} {
		p.run.progress("directions", 1, 4, []string{"walking along them", "walking along those that hold the others", "walking at random"}[k])
		var err error
		if effects[k], err = p.walk(ctx, starts, directions); err != nil {
			return err
		}
	}
	draws, s := p.run.sizes().Draws, p.run.seed().Sub("specificity")
	var err error
	if c.Plain, err = effects[0].Contrast(effects[2], draws, s.Stream("plain")); err == nil {
		c.Pure, err = effects[1].Contrast(effects[2], draws, s.Stream("pure"))
	}
	return err
}

// nearest are the other measures, those first whose outcomes go most with outcome k
// over the training circuits: all of them, or half as many as the code has
// dimensions, so that something is left to move.
func (p *pilot) nearest(k int) []string {
	of := func(j int) float64 {
		return math.Abs(stat.Correlation(p.outcomes[k].Values, p.outcomes[j].Values, nil))
	}
	var others []int
	for j := range p.outcomes {
		if j != k {
			others = append(others, j)
		}
	}
	slices.SortStableFunc(others, func(i, j int) int { return cmp.Compare(of(j), of(i)) })
	var names []string
	for _, j := range others[:min(len(others), p.rig.Decoder.Dim()/2)] {
		names = append(names, p.outcomes[j].Measure)
	}
	return names
}

// walk measures what a step along each direction changes; the circuits of a start
// have the same seed before and after, so that only the step differs.
func (p *pilot) walk(ctx context.Context, starts []int, directions [][]float64) (latent.Effects, error) {
	names := p.rig.Reference.Names
	e := latent.Effects{Targets: names, Measures: names}
	for _, at := range starts {
		codes := [][]float64{p.test.Mean[at]}
		for _, v := range directions {
			z := slices.Clone(p.test.Mean[at])
			floats.AddScaled(z, directedStep, v)
			codes = append(codes, z)
		}
		sound, err := p.rig.Sound(ctx, codes, p.run.sizes().Samples, p.run.seed().Sub("walk", at))
		if err != nil {
			return e, err
		}
		change := make([][]float64, len(directions))
		for d := range directions {
			change[d] = make([]float64, len(names))
			for m := range names {
				change[d][m] = (sound.Mean[1+d][m] - sound.Mean[0][m]) / p.rig.Reference.SD[m]
			}
		}
		e.Change, e.Region = append(e.Change, change), append(e.Region, p.test.Region[at])
	}
	return e, nil
}

// explain says which dimensions matter for which measure: of the probes, exactly,
// and of a surrogate that was learned from decoded circuits, by sampling.
func (p *pilot) explain(ctx context.Context, c *latent.Compass) error {
	p.run.progress("directions", 2, 4, "which dimensions matter")
	at := evenly(len(p.test.Mean), explained)
	codes := make([][]float64, len(at))
	for k, i := range at {
		codes[k] = p.test.Mean[i]
	}
	surrogate, _, err := p.surrogate(ctx)
	if err != nil {
		return err
	}
	rng := p.run.seed().Stream("background")
	background := make([][]float64, explainedAgainst)
	for k := range background {
		background[k] = steer.FromPrior(c.Dim, rng)
	}
	for j, probe := range p.probes {
		exact, err := probe.Explain(codes)
		if err != nil {
			return err
		}
		c.Weights = append(c.Weights, exact)
		respond, err := surrogate.Respond(probe.Measure)
		if err != nil {
			return err
		}
		sampled, err := latent.Explain(ctx, probe.Measure, respond, codes, background, latent.AttributionConfig{Passes: explainedPasses}, p.run.seed().Sub("explain", j))
		if err != nil {
			return err
		}
		c.Response = append(c.Response, sampled)
	}
	return nil
}

// agree compares the trainings from all seeds, where there are several, on circuits
// that none of them was trained on.
func (p *pilot) agree(ctx context.Context, w wiring, c *latent.Compass) error {
	if len(w.all) < 2 {
		return nil
	}
	p.run.progress("directions", 3, 4, "what other trainings say")
	held := slices.Concat(w.Validation, w.Test)
	regions := connectome.Regions(held)
	var codes [][][]float64
	predicted := make([][][]float64, len(p.outcomes)) // [measures][trainings][circuits]
	for i, one := range w.all {
		probes := p.probes
		if i != w.best {
			train, err := encode(ctx, one.model, w.Train)
			if err != nil {
				return err
			}
			if probes, err = probesOf(train, p.outcomes); err != nil {
				return err
			}
		}
		test, err := encode(ctx, one.model, held)
		if err != nil {
			return err
		}
		codes = append(codes, test.Mean)
		for k, probe := range probes {
			says, err := probe.Predict(test.Mean)
			if err != nil {
				return err
			}
			predicted[k] = append(predicted[k], says)
		}
	}
	stability, err := latent.CompareTrainings(ctx, codes, regions, latent.StabilityConfig{Draws: p.run.sizes().Draws}, p.run.seed().Sub("stability"))
	if err != nil {
		return err
	}
	c.Stability = &stability
	truth, err := steer.Profiles(ctx, held, p.rig.Reference.Names...)
	if err != nil {
		return err
	}
	for k, o := range outcomes(truth) {
		agreement, err := latent.CompareProbes(o, predicted[k], regions, p.run.sizes().Draws, p.run.seed().Stream("agreement", k))
		if err != nil {
			return err
		}
		c.Probes = append(c.Probes, agreement)
	}
	return nil
}

// directing adds how alone directions move their measures, and whether they last.
func (l *ledger) directing(c latent.Compass) {
	walked := fmt.Sprintf("steps of %g prior sd from %d codes of test circuits along %d directions, %d circuits decoded at each; mean of |change of its measure| over the sum of |changes| of all %d, in sd", c.Step, c.Starts, len(c.Measures), c.Samples, len(c.Measures))
	random := map[string]float64{"random directions": c.Plain.Random.Dominance.Value, "random directions, each given its best measure": c.Plain.Random.Largest.Value}
	l.add("directions.diagonal_dominance", c.Plain.Directions.Dominance, "1", random, walked)
	l.add("directions.diagonal_dominance.pure", c.Pure.Directions.Dominance, "1", random, "directions that leave the other probes as they are; "+walked)
	l.add("directions.random_control", c.Plain.Random.Dominance, "1", nil, walked)
	l.add("directions.first", c.Plain.Directions.First, "1", map[string]float64{"random directions": c.Plain.Random.First.Value}, "share of directions that change their measure more than any other")
	if c.Stability != nil {
		l.add("directions.seed_stability", c.Stability.Canonical, "1", map[string]float64{"circuits permuted, 95th percentile": c.Stability.Floor95},
			fmt.Sprintf("mean held-out canonical correlation of codes from %d seeds; rotation alone carries R² %v", c.Stability.Trainings, c.Stability.Procrustes))
		for _, p := range c.Probes {
			l.add("directions.agreement."+p.Measure, p.Correlation, "1", map[string]float64{"through the truth alone": p.Through.Value}, fmt.Sprintf("correlation of what probes of %d trainings say of the same held-out circuits", p.Trainings))
		}
	}
}
