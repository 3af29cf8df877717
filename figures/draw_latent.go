package main

import (
	"context"
	"errors"

	"github.com/cortigen/cortigen/pkg/experiment"
	"github.com/cortigen/cortigen/pkg/figure"
)

// drawDirecting draws where measures point in the code of a circuit.
func drawDirecting(ctx context.Context, r *experiment.Run, d *drawing) error {
	compass, err := r.Directing(ctx)
	if err != nil {
		return err
	}
	return errors.Join(
		d.save("directions")(figure.Directions(compass)),
		d.save("importances")(figure.Importances(compass)),
		d.save("readouts")(figure.Readouts(compass)),
	)
}

// drawSynthesis draws what became of requests for circuits.
func drawSynthesis(ctx context.Context, r *experiment.Run, d *drawing) error {
	s, err := r.Synthesis(ctx)
	if err != nil {
		return err
	}
	return errors.Join(d.save("board")(figure.Board(s)), d.save("reach")(figure.Reach(s)))
}

// drawRecovering draws what is found again of the planted factors.
func drawRecovering(ctx context.Context, r *experiment.Run, d *drawing) error {
	if !d.synthetic {
		return nil // nothing was planted
	}
	recovery, err := r.Recovering(ctx)
	if err != nil {
		return err
	}
	return errors.Join(
		d.save("recovery")(figure.Recovery(recovery)),
		d.save("recovered")(figure.Recovered(recovery)),
		d.save("sample-sizes")(figure.SampleSizes(recovery)),
	)
}
