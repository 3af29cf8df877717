package main

import (
	"context"
	"errors"
	"maps"
	"path/filepath"
	"slices"

	"github.com/cortigen/cortigen/pkg/experiment"
	"github.com/cortigen/cortigen/pkg/figure"
	"github.com/cortigen/cortigen/pkg/steer"
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

// drawSynthesis draws what became of requests for circuits; of the embedded cortex
// also of whole circuits, and on neurons from elsewhere.
func drawSynthesis(ctx context.Context, r *experiment.Run, d *drawing) error {
	s, err := r.Synthesis(ctx)
	if err != nil {
		return err
	}
	if err := drawSynthesisOf(s, d, ""); err != nil || !d.synthetic {
		return err
	}
	if s, err = r.WholeSynthesis(ctx); err != nil {
		return err
	}
	if err := drawSynthesisOf(s, d, "-whole"); err != nil {
		return err
	}
	outside, err := r.OutsideSynthesis(ctx)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(outside)) {
		there := &drawing{dir: filepath.Join(filepath.Dir(d.dir), name)}
		err = errors.Join(err, drawSynthesisOf(outside[name], there, ""))
	}
	return err
}

func drawSynthesisOf(s steer.Synthesis, d *drawing, suffix string) error {
	return errors.Join(
		d.save("board"+suffix)(figure.Board(s)),
		d.save("front"+suffix)(figure.Front(s)),
		d.save("asked"+suffix)(figure.Asked(s)),
		d.save("reach"+suffix)(figure.Reach(s)),
	)
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
