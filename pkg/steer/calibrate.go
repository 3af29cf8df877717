package steer

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/cortigen/cortigen/pkg/latent"
	"github.com/cortigen/cortigen/pkg/seed"
)

// Calibration says how a response is measured. The zero value is usable.
type Calibration struct {
	// Steps at which circuits are decoded, evenly over the part of the direction
	// that lies within the ball; 0 means 9.
	Steps int `json:"steps,omitempty"`
	// Samples decoded at each; 0 means 64.
	Samples int `json:"samples,omitempty"`
}

// Response is what the decoder makes of steps along a direction.
type Response struct {
	Direction latent.Direction `json:"direction"`
	Start     []float64        `json:"start"`
	// Steps from the start in prior sd, and the mean of the direction's measure
	// over the circuits decoded there, in the measure's unit; NaN where none has
	// the measure.
	Steps  []float64 `json:"steps"`
	Values []float64 `json:"values"`
	// Knots are the monotone curve fitted through them: strictly increasing
	// steps and values that strictly increase or strictly decrease.
	Knots []Knot `json:"knots"`
	// Spent circuits were decoded for it.
	Spent int `json:"spent"`
}

// Knot is a point of a response curve.
type Knot struct {
	Step  float64 `json:"step"`
	Value float64 `json:"value"`
}

// Calibrated steps along the directions of Linear, as far as the decoder's own
// measured response says. It answers requests for one target; Corrected takes
// any number.
type Calibrated struct {
	// Base is the name of the method whose directions are taken.
	Base      string     `json:"base"`
	Responses []Response `json:"responses"`
}

// Calibrate measures the decoder's response for every distinct combination of
// measure, held measures and start among the requests; their targets play no
// part. A monotone curve is fitted to it by isotonic regression, rising or
// falling as the data's own slope (ours; Barlow et al. 1972, pool adjacent
// violators). The circuits are others than those that an answer is judged by
// as long as the seeds differ.
func Calibrate(ctx context.Context, g Rig, l Linear, requests []Request, c Calibration, s seed.Seed) (Calibrated, error) {
	if c.Steps < 0 || c.Steps == 1 || c.Samples < 0 {
		return Calibrated{}, fmt.Errorf("steer: calibrate: %d steps, %d samples: give 2 steps and 1 sample or more, or 0 for the default", c.Steps, c.Samples)
	}
	m := Calibrated{Base: l.Name()}
	for _, request := range requests {
		r, err := g.Resolve(request)
		if err != nil {
			return Calibrated{}, err
		}
		if err := single(r); err != nil {
			return Calibrated{}, fmt.Errorf("steer: calibrate: %w", err)
		}
		if _, known := m.response(r); known {
			continue
		}
		response, err := respond(ctx, g, l, r, c, s.Sub("steer.calibrate", len(m.Responses)))
		if err != nil {
			return Calibrated{}, err
		}
		m.Responses = append(m.Responses, response)
	}
	return m, nil
}

// single says what to do about a request for several targets.
func single(r Request) error {
	if len(r.Targets) == 1 {
		return nil
	}
	return fmt.Errorf("a request for %q: a response is of one measure: use Corrected for several targets", r.Measures())
}

func respond(ctx context.Context, g Rig, l Linear, r Request, c Calibration, s seed.Seed) (Response, error) {
	measure := r.Targets[0].Measure
	d, err := l.Direction(measure, r.Hold...)
	if err != nil {
		return Response{}, err
	}
	least, greatest := chord(r.Start, d.Vector)
	codes, steps, err := g.walk(d, evenly(least, greatest, cmp.Or(c.Steps, traversalSteps)), r.Start)
	if err != nil {
		return Response{}, fmt.Errorf("steer: calibrate %s: %w", measure, err)
	}
	samples := cmp.Or(c.Samples, defaultSamples)
	readings, err := g.read(ctx, codes, samples, []string{measure}, s)
	if err != nil {
		return Response{}, err
	}
	response := Response{Direction: d, Start: r.Start, Steps: steps, Spent: len(codes) * samples}
	for _, at := range readings {
		response.Values = append(response.Values, at[0].Mean)
	}
	if response.Knots = monotone(response.Steps, response.Values); response.Knots == nil {
		return Response{}, fmt.Errorf("steer: calibrate %s: it is undefined for all circuits decoded along its direction", measure)
	}
	return response, nil
}

// response returns that of a resolved request's measure, held measures (in any
// order) and start.
func (m Calibrated) response(r Request) (Response, bool) {
	at := slices.IndexFunc(m.Responses, func(q Response) bool {
		return q.Direction.Measure == r.Targets[0].Measure && slices.Equal(q.Start, r.Start) &&
			slices.Equal(slices.Sorted(slices.Values(q.Direction.Held)), slices.Sorted(slices.Values(r.Hold)))
	})
	if at < 0 {
		return Response{}, false
	}
	return m.Responses[at], true
}

// Name returns that of the base with ", calibrated".
func (m Calibrated) Name() string { return m.Base + ", calibrated" }

// Propose steps to where the response crosses the target, or to its end; of an
// interval, to the value nearest to the start. A request whose direction was not
// calibrated is an error.
func (m Calibrated) Propose(_ context.Context, t Task, _ *rand.Rand) (Proposal, error) {
	if err := single(t.Request); err != nil {
		return Proposal{}, fmt.Errorf("steer: %s: %w", m.Name(), err)
	}
	response, known := m.response(t.Request)
	target := t.Targets[0]
	if !known {
		return Proposal{}, fmt.Errorf("steer: no response of %s with %q held from this start was measured: add the request to Calibrate", target.Measure, t.Hold)
	}
	step, within := cross(response.Knots, target.nearest(at(response.Knots, 0)))
	p := move(t.Start, response.Direction.Vector, step)
	p.OutOfReach, p.Spent = !within, response.Spent
	return p, nil
}

// at returns the value of the curve at a step, that of its nearest end beyond.
func at(knots []Knot, step float64) float64 {
	first, last := knots[0], knots[len(knots)-1]
	if step <= first.Step {
		return first.Value
	}
	for k := 1; k < len(knots); k++ {
		if a, b := knots[k-1], knots[k]; step <= b.Step {
			return a.Value + (b.Value-a.Value)*(step-a.Step)/(b.Step-a.Step)
		}
	}
	return last.Value
}

// cross returns the step at which the curve has a value, by linear
// interpolation, or its nearest end and false.
func cross(knots []Knot, value float64) (step float64, within bool) {
	first, last := knots[0], knots[len(knots)-1]
	low, high := first, last
	if low.Value > high.Value {
		low, high = high, low
	}
	switch {
	case value < low.Value:
		return low.Step, false
	case value > high.Value:
		return high.Step, false
	}
	for k := 1; k < len(knots); k++ {
		a, b := knots[k-1], knots[k]
		if (value-a.Value)*(value-b.Value) <= 0 {
			return a.Step + (b.Step-a.Step)*(value-a.Value)/(b.Value-a.Value), true
		}
	}
	return first.Step, true // the curve is one point, and it is the value
}

// monotone fits a curve by pooling adjacent violators: each knot is a run of
// steps that had to be pooled, at its mean step and mean value. Undefined values
// are left out; of none, the curve is nil.
func monotone(steps, values []float64) []Knot {
	var x, y []float64
	for i, value := range values {
		if !math.IsNaN(value) {
			x, y = append(x, steps[i]), append(y, value)
		}
	}
	sign := 1.
	if len(x) > 1 && stat.Covariance(x, y, nil) < 0 {
		sign = -1
	}
	var knots []Knot
	var weights []float64
	for i := range x {
		knots, weights = append(knots, Knot{x[i], y[i]}), append(weights, 1)
		for k := len(knots) - 1; k > 0 && sign*knots[k].Value <= sign*knots[k-1].Value; k-- {
			knots[k-1] = pool(knots[k-1], weights[k-1], knots[k], weights[k])
			weights[k-1] += weights[k]
			knots, weights = knots[:k], weights[:k]
		}
	}
	return knots
}

func pool(a Knot, wa float64, b Knot, wb float64) Knot {
	total := wa + wb
	return Knot{(wa*a.Step + wb*b.Step) / total, (wa*a.Value + wb*b.Value) / total}
}
