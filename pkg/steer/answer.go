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
	// Seed is the one that Evaluate was given, and Index the request's place in its
	// list: the same rig and method give the same answer to them.
	Seed  seed.Seed `json:"seed"`
	Index int       `json:"index"`
	// Code that was decoded, and its signed distance from the start in prior sd;
	// nil and 0 of a method that answers with circuits.
	Code []float64 `json:"code,omitempty"`
	Step float64   `json:"step"`
	// Targets says how near the circuits came to each, in the order of the
	// request.
	Targets []Achievement `json:"targets"`
	// HitSD is the largest miss among the targets in sd of the reference; NaN
	// where a measure is undefined for every circuit.
	HitSD float64 `json:"hit_sd"`
	// OutOfReach says that the method knew of nothing that comes within HitWithin
	// of all targets. What it gave is the nearest that it found.
	OutOfReach bool `json:"out_of_reach,omitempty"`
	// Drift of every other measure of the reference.
	Drift []Drift `json:"drift"`
	// MedianDrift is the median size of Drift, HeldDrift the largest among the
	// held; NaN where there is none. The floors are the same of two independent
	// sets of circuits decoded at the start: what chance alone gives.
	MedianDrift float64 `json:"median_drift"`
	HeldDrift   float64 `json:"held_drift"`
	MedianFloor float64 `json:"median_floor"`
	HeldFloor   float64 `json:"held_floor"`
	// Diversity of the circuits.
	Diversity Diversity `json:"diversity"`
	// Spent circuits were decoded or measured by the method on the way, Judged
	// ones the answer rests on.
	Spent  int    `json:"spent"`
	Judged int    `json:"judged"`
	Note   string `json:"note,omitempty"`
	// Circuits that were judged.
	Circuits []*circuit.Circuit `json:"-"`
}

// Hit reports whether all targets were met within HitWithin.
func (a Answer) Hit() bool { return a.HitSD <= HitWithin }

// decodeSeed is what the circuits of a code were decoded with.
func (a Answer) decodeSeed() seed.Seed { return a.Seed.Sub("steer.answer", a.Index) }

// Achievement is what became of one target.
type Achievement struct {
	// Asked is the target in the measure's unit.
	Asked Target `json:"asked"`
	// Achieved is the measure of the answer's circuits.
	Achieved Reading `json:"achieved"`
	// MissSD is the distance of the achieved mean from the target, in sd of the
	// reference; NaN where the measure is undefined for every circuit.
	MissSD float64 `json:"miss_sd"`
	// Nearest is, in the measure's unit, what was reached where the request is
	// out of reach; else it is NaN.
	Nearest float64 `json:"nearest"`
}

// Drift is by how much a measure that was not asked for changed.
type Drift struct {
	Measure string `json:"measure"`
	// SD is the mean over the answer's circuits less that over those decoded at
	// the start, in sd of the reference; NaN where undefined.
	SD float64 `json:"sd"`
	// Floor is the same of circuits decoded at the start a second time.
	Floor float64 `json:"floor"`
	Held  bool    `json:"held,omitempty"`
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
// every method that is evaluated on the same requests with the same seed. Those
// that an answer is judged by are not those that the method saw on its way.
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
		start, err := starts.of(ctx, r)
		if err != nil {
			return nil, err
		}
		if answers[i], err = g.answer(ctx, m, newTask(r, start.before), start.again, s, i); err != nil {
			return nil, err
		}
		answers[i].Request = requests[i]
	}
	return answers, nil
}

// answer has a method propose, and judges that.
func (g Rig) answer(ctx context.Context, m Method, t Task, again []Reading, s seed.Seed, i int) (Answer, error) {
	p, err := m.Propose(ctx, t, s.Stream("steer.propose", i))
	if err != nil {
		return Answer{}, err
	}
	if err := p.check(g.Decoder.Dim()); err != nil {
		return Answer{}, fmt.Errorf("steer: request for %q: %s: %w", t.Measures(), m.Name(), err)
	}
	circuits := p.Circuits
	if p.Code != nil {
		decoded, err := g.decode(ctx, [][]float64{p.Code}, t.Samples, Answer{Seed: s, Index: i}.decodeSeed())
		if err != nil {
			return Answer{}, err
		}
		circuits = decoded[0]
	}
	after, err := g.measure(ctx, circuits, g.Reference.Names)
	if err != nil {
		return Answer{}, err
	}
	a := g.judge(t, p, again, after)
	a.Method, a.Seed, a.Index, a.Circuits, a.Judged = m.Name(), s, i, circuits, len(circuits)
	a.Diversity = g.diversity(t, circuits, after)
	return a, nil
}

// newTask tells a method what circuits of the start are like.
func newTask(r Request, before []Reading) Task {
	t := Task{Request: r, Before: before, Keep: make([]float64, len(r.Hold))}
	for i, name := range r.Hold {
		t.Keep[i] = t.before(name)
	}
	return t
}

// startReading is what was read off circuits of a start, twice over.
type startReading struct{ before, again []Reading }

// startReadings keeps what was read at each start.
type startReadings struct {
	rig      Rig
	seed     seed.Seed
	requests []Request
	readings []startReading
}

func (k *startReadings) of(ctx context.Context, r Request) (startReading, error) {
	known := slices.IndexFunc(k.requests, func(q Request) bool {
		return q.Samples == r.Samples && slices.Equal(q.Start, r.Start)
	})
	if known >= 0 {
		return k.readings[known], nil
	}
	var two startReading
	for i, into := range []*[]Reading{&two.before, &two.again} {
		label := []string{"steer.start", "steer.start.again"}[i]
		readings, err := k.rig.read(ctx, [][]float64{r.Start}, r.Samples, k.rig.Reference.Names, k.seed.Sub(label, len(k.requests)))
		if err != nil {
			return startReading{}, err
		}
		*into = readings[0]
	}
	k.requests, k.readings = append(k.requests, r), append(k.readings, two)
	return two, nil
}

// judge compares the circuits of a proposal with what was asked and with the
// circuits of the start.
func (g Rig) judge(t Task, p Proposal, again, after []Reading) Answer {
	a := Answer{Code: p.Code, Step: p.Step, OutOfReach: p.OutOfReach, Spent: p.Spent, Note: p.Note}
	for _, target := range t.Targets {
		at := slices.Index(g.Reference.Names, target.Measure)
		one := Achievement{Asked: target, Achieved: after[at], MissSD: math.Abs(target.Miss(after[at].Mean)) / g.Reference.SD[at], Nearest: math.NaN()}
		if p.OutOfReach {
			one.Nearest = one.Achieved.Mean
		}
		a.Targets = append(a.Targets, one)
		if math.IsNaN(one.MissSD) || one.MissSD > a.HitSD { // NaN stays: no comparison with it holds
			a.HitSD = one.MissSD
		}
	}
	for j, name := range g.Reference.Names {
		if slices.Contains(t.Measures(), name) {
			continue
		}
		a.Drift = append(a.Drift, Drift{
			Measure: name, Held: slices.Contains(t.Hold, name),
			SD: after[j].MeanSD - t.Before[j].MeanSD, Floor: again[j].MeanSD - t.Before[j].MeanSD,
		})
	}
	a.MedianDrift, a.HeldDrift = sizes(a.Drift, func(d Drift) float64 { return d.SD })
	a.MedianFloor, a.HeldFloor = sizes(a.Drift, func(d Drift) float64 { return d.Floor })
	return a
}

// sizes returns the median size of drifts and the largest of the held ones; NaN
// of none.
func sizes(drifts []Drift, of func(Drift) float64) (medianSize, held float64) {
	var all, ofHeld []float64
	for _, d := range drifts {
		size := math.Abs(of(d))
		if math.IsNaN(size) {
			continue
		}
		all = append(all, size)
		if d.Held {
			ofHeld = append(ofHeld, size)
		}
	}
	if len(ofHeld) == 0 {
		return median(all), math.NaN()
	}
	return median(all), floats.Max(ofHeld)
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
