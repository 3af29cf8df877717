package steer

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/seed"
)

// Answer is what became of a request.
type Answer struct {
	Request Request `json:"request"`
	Method  string  `json:"method"`
	// Code that was decoded, and its signed distance from the start in prior sd.
	Code []float64 `json:"code"`
	Step float64   `json:"step"`
	// Asked is the target in the measure's unit.
	Asked float64 `json:"asked"`
	// Achieved is the measure of the circuits decoded from Code.
	Achieved Reading `json:"achieved"`
	// HitSD is |achieved mean − asked| in sd of the reference; NaN where the
	// measure is undefined for every sample.
	HitSD float64 `json:"hit_sd"`
	// OutOfReach says that the method could not go as far as it would have had
	// to, and Nearest what was reached, in the measure's unit; else it is NaN.
	OutOfReach bool    `json:"out_of_reach,omitempty"`
	Nearest    float64 `json:"nearest"`
	// Drift of every other measure of the reference.
	Drift []Drift `json:"drift"`
	// MedianDrift is the median size of Drift, HeldDrift the largest among the
	// held; NaN where there is none.
	MedianDrift float64 `json:"median_drift"`
	HeldDrift   float64 `json:"held_drift"`
	// Circuits decoded from Code.
	Circuits []*circuit.Circuit `json:"-"`
}

// Drift is by how much a measure that was not asked for changed.
type Drift struct {
	Measure string `json:"measure"`
	// SD is the mean over the circuits decoded at the code less that over those
	// decoded at the start, in sd of the reference; NaN where undefined.
	SD   float64 `json:"sd"`
	Held bool    `json:"held,omitempty"`
}

// Answer has a method answer one request; see Evaluate.
func (g Rig) Answer(ctx context.Context, m Method, r Request, s seed.Seed) (Answer, error) {
	answers, err := g.Evaluate(ctx, m, []Request{r}, s)
	if err != nil {
		return Answer{}, err
	}
	return answers[0], nil
}

// Evaluate has a method answer requests, decodes each answer, and measures what
// came of it. All requests are checked before any is decoded. Circuits of the
// start are decoded once for all requests that share it, and are the same for
// every method that is evaluated on the same requests with the same seed.
func (g Rig) Evaluate(ctx context.Context, m Method, requests []Request, s seed.Seed) ([]Answer, error) {
	resolved := make([]Request, len(requests))
	for i, r := range requests {
		var err error
		if resolved[i], err = g.Resolve(r); err != nil {
			return nil, err
		}
	}
	starts := startReadings{rig: g, seed: s}
	answers := make([]Answer, len(requests))
	for i, r := range resolved {
		before, err := starts.of(ctx, r)
		if err != nil {
			return nil, err
		}
		p, err := m.Propose(ctx, r, s.Stream("steer.propose", i))
		if err != nil {
			return nil, err
		}
		after, circuits, err := g.read(ctx, [][]float64{p.Code}, r.Samples, g.Reference.Names, s.Sub("steer.answer", i))
		if err != nil {
			return nil, err
		}
		if answers[i], err = g.judge(r, p, before, after[0]); err != nil {
			return nil, err
		}
		answers[i].Request, answers[i].Method, answers[i].Circuits = requests[i], m.Name(), circuits[0]
	}
	return answers, nil
}

// startReadings keeps what was read at each start.
type startReadings struct {
	rig      Rig
	seed     seed.Seed
	requests []Request
	readings [][]Reading
}

func (k *startReadings) of(ctx context.Context, r Request) ([]Reading, error) {
	known := slices.IndexFunc(k.requests, func(q Request) bool {
		return q.Samples == r.Samples && slices.Equal(q.Start, r.Start)
	})
	if known >= 0 {
		return k.readings[known], nil
	}
	readings, _, err := k.rig.read(ctx, [][]float64{r.Start}, r.Samples, k.rig.Reference.Names, k.seed.Sub("steer.start", len(k.requests)))
	if err != nil {
		return nil, err
	}
	k.requests, k.readings = append(k.requests, r), append(k.readings, readings[0])
	return readings[0], nil
}

// judge compares the circuits of a proposal with what was asked and with the
// circuits of the start.
func (g Rig) judge(r Request, p Proposal, before, after []Reading) (Answer, error) {
	if length, radius := norm(p.Code), Radius(len(p.Code)); !(length <= radius*(1+1e-9)) {
		return Answer{}, fmt.Errorf("steer: request for %q: the method proposed a code %.3g from the origin, outside the ball of radius %.3g", r.Measure, length, radius)
	}
	target := slices.Index(g.Reference.Names, r.Measure)
	a := Answer{
		Code: p.Code, Step: p.Step, Asked: r.Target, Achieved: after[target],
		HitSD:      math.Abs(after[target].Mean-r.Target) / g.Reference.SD[target],
		OutOfReach: p.OutOfReach, Nearest: math.NaN(), HeldDrift: math.NaN(),
	}
	if p.OutOfReach {
		a.Nearest = a.Achieved.Mean
	}
	var sizes, held []float64
	for j, name := range g.Reference.Names {
		if j == target {
			continue
		}
		d := Drift{Measure: name, SD: after[j].MeanSD - before[j].MeanSD, Held: slices.Contains(r.Hold, name)}
		a.Drift = append(a.Drift, d)
		if math.IsNaN(d.SD) {
			continue
		}
		sizes = append(sizes, math.Abs(d.SD))
		if d.Held {
			held = append(held, math.Abs(d.SD))
		}
	}
	a.MedianDrift = median(sizes)
	if len(held) > 0 {
		a.HeldDrift = floats.Max(held)
	}
	return a, nil
}

// median returns that of unsorted numbers; NaN of none.
func median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	if n := len(sorted); n%2 == 0 {
		return stat.Mean(sorted[n/2-1:n/2+1], nil)
	}
	return sorted[len(sorted)/2]
}
