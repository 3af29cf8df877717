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

func drawInpainting(ctx context.Context, r *experiment.Run, d *drawing) error {
	inpainting, err := r.Inpainting(ctx)
	if err != nil {
		return err
	}
	return d.save("inpainting")(figure.Inpainting(inpainting))
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
	return d.save("planted")(figure.Mutual(mutual))
}

func drawReading(ctx context.Context, r *experiment.Run, d *drawing) error {
	reading, err := r.Reading(ctx)
	if err != nil {
		return err
	}
	return d.save("reading")(figure.Reading(reading))
}
