package main

import (
	"context"
	"errors"

	"github.com/cortigen/cortigen/pkg/cortex"
	"github.com/cortigen/cortigen/pkg/experiment"
	"github.com/cortigen/cortigen/pkg/figure"
)

func drawColumns(ctx context.Context, r *experiment.Run, d *drawing) error {
	sample, err := r.Columns(ctx)
	if err != nil {
		return err
	}
	err = d.save("columns")(figure.Columns(sample))
	if sample.Partition != nil {
		err = errors.Join(err, d.save("depth")(figure.DepthProfile(sample)))
	}
	if d.synthetic {
		err = errors.Join(err, d.save("tissue")(figure.Tissue(sample)))
	}
	return err
}

func drawReconstruction(ctx context.Context, r *experiment.Run, d *drawing) error {
	result, err := r.Reconstruction(ctx)
	if err != nil {
		return err
	}
	err = errors.Join(
		d.save("training")(figure.Training(result)),
		d.save("scores")(figure.Scores(result)),
		d.save("units")(figure.Units(result)),
	)
	if d.synthetic {
		err = errors.Join(err, d.save("reconstruction")(figure.Reconstruction(result)))
	}
	return err
}

func drawLeak(ctx context.Context, r *experiment.Run, d *drawing) error {
	leak, err := r.Leak(ctx)
	if err != nil {
		return err
	}
	return d.save("leak")(figure.Leak(leak))
}

// drawSurvey draws what does not depend on the dataset, beside the cortex.
func drawSurvey(ctx context.Context, r *experiment.Run, d *drawing) error {
	if !d.synthetic {
		return nil
	}
	portraits, err := r.Survey(ctx)
	if err != nil {
		return err
	}
	complete, err := r.Completeness(ctx)
	if err != nil {
		return err
	}
	err = d.save("survey")(figure.Survey(portraits))
	if len(complete) > 0 {
		err = errors.Join(err, d.save("completeness")(figure.Completeness(complete)))
	}
	return err
}

// drawSpecial draws what null models leave of what is special, of all datasets,
// beside the cortex.
func drawSpecial(ctx context.Context, r *experiment.Run, d *drawing) error {
	if !d.synthetic {
		return nil
	}
	all, err := r.Special(ctx)
	if err != nil {
		return err
	}
	return errors.Join(
		d.save("triads")(figure.Triads(all[0])),
		d.save("nulls")(figure.Nulls(all)),
		d.save("simplices")(figure.Simplices(all)),
		d.save("mutual")(figure.PairReciprocity(all)),
		d.save("spreads")(figure.Spreads(all)),
	)
}

// drawBlueprint draws what the embedded cortex is made of.
func drawBlueprint(ctx context.Context, r *experiment.Run, d *drawing) error {
	if !d.synthetic {
		return nil
	}
	study, err := r.Blueprint(ctx)
	if err != nil {
		return err
	}
	return errors.Join(
		d.save("fields")(figure.Fields(study)),
		d.save("turn-reciprocity")(figure.Turn(study, cortex.Reciprocity)),
		d.save("turns")(figure.Turns(study)),
		d.save("effects")(figure.Effects(study)),
		d.save("published")(figure.Published(study)),
	)
}

func drawProbes(ctx context.Context, r *experiment.Run, d *drawing) error {
	probing, err := r.Probes(ctx)
	if err != nil {
		return err
	}
	return errors.Join(
		d.save("probes")(figure.Probes(probing)),
		d.save("map")(figure.Map(probing, "density")),
		d.save("density")(figure.Scatter(probing, "density")),
	)
}

func drawSteering(ctx context.Context, r *experiment.Run, d *drawing) error {
	study, err := r.Steering(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, measure := range study.Measures {
		errs = append(errs, d.save("traversal-"+measure)(figure.Traversal(study, measure)))
	}
	return errors.Join(append(errs,
		d.save("knob")(figure.Knob(study)),
		d.save("drift")(figure.Drift(study)),
	)...)
}

// drawStory draws the figure that says it all, for the README.
func drawStory(ctx context.Context, r *experiment.Run, d *drawing) error {
	if !d.synthetic {
		return nil // it shows the wiring of circuits
	}
	sample, err := r.Columns(ctx)
	if err != nil {
		return err
	}
	result, err := r.Reconstruction(ctx)
	if err != nil {
		return err
	}
	probing, err := r.Probes(ctx)
	if err != nil {
		return err
	}
	study, err := r.Steering(ctx)
	if err != nil {
		return err
	}
	return d.save("story")(figure.Story(sample, result, probing, study))
}
