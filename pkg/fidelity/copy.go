package fidelity

import (
	"context"
	"fmt"
	"math"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/seed"
)

// Copies is the answer of somebody who looks for the training circuit that is
// most like the one that is asked about, edges and all, and copies it: class pair
// × distance, more where the copy has an edge and less where it has none. To say
// which it was costs log N nats for N training circuits.
type Copies struct {
	train []*circuit.Circuit
	base  Baseline
	// added to the log-odds where the copy has an edge, where it has none.
	there, missing float64
}

// copiedFrom is the number of training circuits that copies are tried on (ours).
const copiedFrom = 60

// FitCopies learns how much a copy is worth from training circuits that are
// copied from training circuits of other regions.
func FitCopies(ctx context.Context, train []*circuit.Circuit) (*Copies, error) {
	c := &Copies{train: train, base: FitClassDistance(train)}
	count := min(len(train), copiedFrom)
	tried := make([]*circuit.Circuit, count)
	own := make([]string, count)
	for k := range tried {
		tried[k] = train[k*len(train)/count]
		own[k] = tried[k].Origin().Region
	}
	index, _, err := nearest(ctx, tried, train, func(i, k int) bool { return train[k].Origin().Region != own[i] })
	if err != nil {
		return nil, fmt.Errorf("fidelity: %s: fit: %w", c.Name(), err)
	}
	var cells [2][]copiedPair
	for k, from := range index {
		if from < 0 {
			continue
		}
		c.each(tried[k], train[from], func(i, j int, state uint8, base float64) {
			if state != unknown && tried[k].Observed(i) {
				cells[state] = append(cells[state], copiedPair{base, tried[k].Has(i, j)})
			}
		})
	}
	c.missing, c.there = shiftOf(cells[absent]), shiftOf(cells[present])
	return c, nil
}

type copiedPair struct {
	base float64
	edge bool
}

// shiftOf returns what to add to the log-odds of pairs so that as many edges are
// expected as there are, by Newton's method with a ridge of 1.
func shiftOf(pairs []copiedPair) float64 {
	shift := 0.
	for range 30 {
		gradient, info := -shift, 1.
		for _, q := range pairs {
			p := 1 / (1 + math.Exp(-q.base-shift))
			gradient -= p
			if q.edge {
				gradient++
			}
			info += p * (1 - p)
		}
		shift += max(-2, min(2, gradient/info))
	}
	return shift
}

// each calls f for every ordered pair with what the copy has there.
func (c *Copies) each(asked, from *circuit.Circuit, f func(i, j int, state uint8, base float64)) {
	n := asked.Len()
	p, beside := c.base.Predict(asked), Align(asked, from)
	for i, a := range beside {
		for j, b := range beside {
			if i == j {
				continue
			}
			state := unknown
			if a >= 0 && b >= 0 && a != b && from.Observed(a) {
				state = absent
				if from.Has(a, b) {
					state = present
				}
			}
			f(i, j, state, logit(p[i*n+j]))
		}
	}
}

// Name is that of tables.
func (c *Copies) Name() string { return "copy of the nearest training circuit" }

// Read scores copies, and counts what it costs to name them.
func (c *Copies) Read(ctx context.Context, circuits []*circuit.Circuit, resamples int, s seed.Seed) (Reading, error) {
	index, _, err := nearest(ctx, circuits, c.train, anyTrain)
	if err != nil {
		return Reading{}, fmt.Errorf("fidelity: %s: %w", c.Name(), err)
	}
	r, err := Evaluate(ctx, c.Name(), circuits, func(k int) ([]float64, error) {
		n := circuits[k].Len()
		p := c.base.Predict(circuits[k])
		if index[k] < 0 {
			return p, nil
		}
		add := [...]float64{absent: c.missing, present: c.there, unknown: 0}
		c.each(circuits[k], c.train[index[k]], func(i, j int, state uint8, base float64) {
			p[i*n+j] = 1 / (1 + math.Exp(-base-add[state]))
		})
		return p, nil
	}, resamples, s)
	if err != nil {
		return Reading{}, err
	}
	code := make([]float64, len(circuits))
	for k := range code {
		code[k] = math.Log(max(1, float64(len(c.train))))
	}
	return newReading(r, circuits, code, resamples, s), nil
}
