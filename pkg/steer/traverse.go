package steer

import (
	"cmp"
	"context"
	"fmt"

	"gonum.org/v1/gonum/floats"

	"github.com/cortigen/cortigen/pkg/latent"
	"github.com/cortigen/cortigen/pkg/seed"
)

// traversalSteps is the number of steps where none are given (ours).
const traversalSteps = 9

// Traversal is what happens to every measure along a direction.
type Traversal struct {
	// Measure and Held are those of the direction.
	Measure string   `json:"measure"`
	Held    []string `json:"held,omitempty"`
	// Steps from the start, in prior sd.
	Steps []float64 `json:"steps"`
	// Names of the measures.
	Names []string `json:"names"`
	// Mean and SD over the circuits decoded at each step, [steps][measures], in
	// sd of the reference: Mean from its mean, SD the spread within the samples.
	Mean [][]float64 `json:"mean"`
	SD   [][]float64 `json:"sd"`
	// Samples decoded at each step.
	Samples int `json:"samples"`
}

// Traverse decodes circuits at steps along a direction and measures them. Nil
// steps are nine, evenly from one side of the ball to the other; a nil start is
// the origin; 0 samples are 64. A step that leaves the ball is an error.
func (g Rig) Traverse(ctx context.Context, d latent.Direction, steps, start []float64, samples int, s seed.Seed) (Traversal, error) {
	codes, steps, err := g.walk(d, steps, start)
	if err != nil {
		return Traversal{}, fmt.Errorf("steer: traverse %s: %w", d.Measure, err)
	}
	samples = cmp.Or(samples, defaultSamples)
	names := g.Reference.Names
	readings, err := g.read(ctx, codes, samples, names, s)
	if err != nil {
		return Traversal{}, err
	}
	t := Traversal{Measure: d.Measure, Held: d.Held, Steps: steps, Names: names, Samples: samples}
	for _, at := range readings {
		mean, sd := make([]float64, len(names)), make([]float64, len(names))
		for j, reading := range at {
			mean[j], sd[j] = reading.MeanSD, reading.SDSD
		}
		t.Mean, t.SD = append(t.Mean, mean), append(t.SD, sd)
	}
	return t, nil
}

// walk returns the codes at steps along a direction, and the steps.
func (g Rig) walk(d latent.Direction, steps, start []float64) (codes [][]float64, taken []float64, err error) {
	if start, err = g.start(start); err != nil {
		return nil, nil, err
	}
	if len(d.Vector) != len(start) {
		return nil, nil, fmt.Errorf("the direction has %d dimensions, the decoder %d", len(d.Vector), len(start))
	}
	if steps == nil {
		least, greatest := chord(start, d.Vector)
		steps = evenly(least, greatest, traversalSteps)
	}
	for _, step := range steps {
		p := move(start, d.Vector, step)
		if p.OutOfReach {
			least, greatest := chord(start, d.Vector)
			return nil, nil, fmt.Errorf("step %.3g leaves the ball: stay between %.3g and %.3g", step, least, greatest)
		}
		codes = append(codes, p.Code)
	}
	return codes, append([]float64(nil), steps...), nil
}

// evenly returns n numbers from least to greatest, none beyond them by rounding.
func evenly(least, greatest float64, n int) []float64 {
	steps := floats.Span(make([]float64, n), least, greatest)
	for i := range steps {
		steps[i] = min(max(steps[i], least), greatest)
	}
	return steps
}
