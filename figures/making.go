package main

import (
	"context"
	"errors"

	"github.com/cortigen/cortigen/pkg/experiment"
	"github.com/cortigen/cortigen/pkg/figure"
)

func drawMaking(ctx context.Context, r *experiment.Run, d *drawing) error {
	made, err := r.Making(ctx)
	if err != nil {
		return err
	}
	return errors.Join(
		d.save("generated")(figure.Generated(made)),
		d.save("ways")(figure.Ways(made)),
		d.save("foretold")(figure.Foretold(made)),
	)
}

// drawMutual draws what is planted in the embedded cortex only.
func drawMutual(ctx context.Context, r *experiment.Run, d *drawing) error {
	if !d.synthetic {
		return nil
	}
	mutual, err := r.Mutual(ctx)
	if err != nil {
		return err
	}
	return d.save("mutual")(figure.Mutual(mutual))
}

// drawReading makes the numbers of the table; there is no figure of them.
func drawReading(ctx context.Context, r *experiment.Run, _ *drawing) error {
	_, err := r.Reading(ctx)
	return err
}
