package main

import (
	"context"
	"errors"

	"github.com/cortigen/cortigen/pkg/cortex"
	"github.com/cortigen/cortigen/pkg/experiment"
	"github.com/cortigen/cortigen/pkg/figure"
)

// drawStanding draws what held-out wiring costs, and how well edges are told;
// nothing of a single circuit.
func drawStanding(ctx context.Context, r *experiment.Run, d *drawing) error {
	standing, err := r.Standing(ctx)
	if err != nil {
		return err
	}
	return errors.Join(
		d.save("standing")(figure.Standing(standing)),
		d.save("class-pairs")(figure.ClassPairs(standing.Within)),
		d.save("calibration")(figure.Calibration(standing.Model, standing.Baselines...)),
	)
}

func drawRate(ctx context.Context, r *experiment.Run, d *drawing) error {
	rate, err := r.Rate(ctx)
	if err != nil {
		return err
	}
	return d.save("rate")(figure.Rate(rate))
}

func drawAblations(ctx context.Context, r *experiment.Run, d *drawing) error {
	all, err := r.Ablations(ctx)
	if err != nil {
		return err
	}
	planted := 0
	if d.synthetic {
		planted = len(cortex.Factors()) - 1 // the share of excitatory neurons shows in classes, not in wiring
	}
	return errors.Join(
		d.save("parts")(figure.Parts(all)),
		d.save("dimensions")(figure.Dimensions(all, planted)),
	)
}
