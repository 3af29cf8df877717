package experiment

import (
	"context"
	"fmt"
	"slices"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/graphvae"
	"github.com/cortigen/cortigen/pkg/latent"
	"github.com/cortigen/cortigen/pkg/steer"
)

// SynthesisName is the name of the benchmark of steering.
const SynthesisName = "synthesis"

// asked are the measures that a benchmark asks for and holds, and askedPair the two
// classes the density between which is asked for too, where there are such (ours).
var asked = []string{
	"density", "reciprocity", "out_degree_sd", "clustering", "spectral_radius", "downward_share",
}

// queries is the number of queries (ours): one for five made circuits of the preset,
// but one of each kind at least.
func (s sizes) queries() int { return max(12, s.Wiring.Made/5) }

// Of the method that follows gradients (ours): how many circuits lend their neurons
// to what is expected, with how many codes of neurons each, and how long it descends.
const (
	expectedLike     = 2
	expectedDraws    = 2
	descentSteps     = 15
	descentRestarts  = 1
	synthesisSamples = 64
)

// Synthesis asks several methods for circuits with chosen measures, one to three at
// once, near and far, with others held: steering the Exchangeable model in three
// ways, and answers that need no model.
func (r *Run) Synthesis(ctx context.Context) (steer.Synthesis, error) {
	k, err := r.wiringKey(ctx, SynthesisName, "synthesis.go directing.go reconstruction.go answers.go probes.go")
	if err != nil {
		return steer.Synthesis{}, err
	}
	return named(ctx, r, SynthesisName, k, func(ctx context.Context) (steer.Synthesis, error) { return r.synthesis(ctx, (*pilot).methods) })
}

// synthesis puts the queries to some methods.
func (r *Run) synthesis(ctx context.Context, methodsOf func(*pilot, context.Context, wiring, *steer.Surrogate) ([]steer.Method, error)) (steer.Synthesis, error) {
	w, err := r.wired(ctx)
	if err != nil {
		return steer.Synthesis{}, err
	}
	p, err := r.newPilot(ctx, w, append(slices.Clone(asked), pairAsked(w.Train)...))
	if err != nil {
		return steer.Synthesis{}, err
	}
	surrogate, reach, err := p.surrogate(ctx)
	if err != nil {
		return steer.Synthesis{}, err
	}
	methods, err := methodsOf(p, ctx, w, surrogate)
	if err != nil {
		return steer.Synthesis{}, err
	}
	samples := min(synthesisSamples, r.sizes().Samples)
	queries, err := steer.Queries(p.table, steer.Querying{N: r.sizes().queries(), Samples: samples, Budget: 4 * samples}, r.seed().Sub("queries"))
	if err != nil {
		return steer.Synthesis{}, err
	}
	requests := make([]steer.Request, len(queries))
	for i, q := range queries {
		requests[i] = q.Request
	}
	var answers [][]steer.Answer
	for i, m := range methods {
		r.progress("synthesis", i, len(methods), m.Name())
		answered, err := p.rig.Evaluate(ctx, m, requests, r.seed().Sub("synthesis"))
		if err != nil {
			return steer.Synthesis{}, err
		}
		answers = append(answers, answered)
	}
	s := steer.Synthesis{Reference: p.rig.Reference, Reach: reach, Lessons: surrogate.Lessons(), Samples: samples}
	s.Board, err = steer.NewBoard(queries, answers, r.sizes().Draws, r.seed().Stream("board"))
	return s, err
}

// pairAsked is the pair of classes that has most edges in the circuits, as a
// measure.
func pairAsked(circuits []*circuit.Circuit) []string {
	edges := map[[2]circuit.Class]int{}
	for _, c := range circuits[:min(len(circuits), 200)] {
		for _, e := range c.EdgeList() {
			edges[[2]circuit.Class{c.Neuron(e.Pre).Class, c.Neuron(e.Post).Class}]++
		}
	}
	var most [2]circuit.Class
	for pair, n := range edges {
		if n > edges[most] || n == edges[most] && (pair[0] < most[0] || pair[0] == most[0] && pair[1] < most[1]) {
			most = pair
		}
	}
	if most == ([2]circuit.Class{}) {
		return nil
	}
	return []string{steer.ClassPair(most[0], most[1])}
}

// methods are the three ways to steer and what they are held against.
func (p *pilot) methods(ctx context.Context, w wiring, surrogate *steer.Surrogate) ([]steer.Method, error) {
	gradient, err := p.gradient(w.model(), surrogate)
	if err != nil {
		return nil, err
	}
	others, err := p.withoutGradient(ctx, w, surrogate)
	return slices.Insert(others, 1, gradient), err
}

// withoutGradient are all methods but the one that descends along gradients, which
// takes far longer than the others together.
func (p *pilot) withoutGradient(ctx context.Context, w wiring, surrogate *steer.Surrogate) ([]steer.Method, error) {
	collection, err := steer.Collect(ctx, p.rig.Reference, w.Train)
	if err != nil {
		return nil, err
	}
	blocks, err := steer.NewBlockModel(w.Train)
	if err != nil {
		return nil, err
	}
	return []steer.Method{
		p.linear, steer.NewSurrogate(p.rig, surrogate), steer.Retrieval{Collection: collection},
		steer.Rewire{Collection: collection, Looks: min(256, 16*p.run.sizes().Samples)}, blocks, steer.Stay{}, steer.Random{Like: p.linear},
	}, nil
}

// gradient descends along what the model expects of measures, and along the
// surrogate for those that it has no expectation of.
func (p *pilot) gradient(m *graphvae.Model, surrogate *steer.Surrogate) (steer.Method, error) {
	known := m.Expectable()
	var names []string
	for _, name := range p.rig.Reference.Names {
		if slices.Contains(known, name) {
			names = append(names, name)
		}
	}
	expecter, err := m.Expecter(p.like[:min(expectedLike, len(p.like))], names, expectedDraws, p.run.seed().Sub("expect"))
	if err != nil {
		return nil, err
	}
	descent := steer.Gradient{Expecter: steer.Joined{expecter, surrogate}, Reference: p.rig.Reference, Restarts: descentRestarts, Iterations: min(descentSteps, p.run.sizes().Wiring.Training.Steps)}
	return steer.Corrected{Base: descent, Rig: p.rig, Label: descent.Name()}, nil
}

// synthesisRows are parts of names of rows, by those of the methods.
var synthesisRows = map[string]string{
	"likely": "linear", "gradient": "gradient", "surrogate": "surrogate", "retrieval": "retrieval", "rewire": "rewire", "sbm": "sbm",
	"no step": "no_step", "random direction": "random",
}

// synthesis adds how often each method hit, what else it changed, and how far
// measures reach.
func (l *ledger) synthesis(s steer.Synthesis) {
	hits, drifts, diversities := map[string]float64{}, map[string]float64{}, map[string]float64{}
	for _, e := range s.Board.Entries {
		hits[e.Method], drifts[e.Method], diversities[e.Method] = e.Standing.HitRate.Value, e.Standing.HeldDriftSD.Value, e.Standing.Diversity.Value
	}
	without := func(all map[string]float64, method string) map[string]float64 {
		others := map[string]float64{}
		for name, v := range all {
			if name != method {
				others[name] = v
			}
		}
		return others
	}
	for _, e := range s.Board.Entries {
		name := "steer." + synthesisRows[e.Method] + "."
		st := e.Standing
		l.add(name+"hit_rate", st.HitRate, "1", without(hits, e.Method),
			fmt.Sprintf("share of %d queries of one to three targets, near and far, all of them met within %g sd in the mean of %d decoded circuits; median miss %.3g sd; refused %.3g, of these rightly %.3g; on the Pareto front of hit and drift: %t", len(s.Board.Queries), steer.HitWithin, s.Samples, st.MissSD.Value, st.Refused.Value, st.Right.Value, st.OnFront))
		l.add(name+"held_drift_sd", st.HeldDriftSD, "sd", withFloor(without(drifts, e.Method), st.HeldFloorSD), "median over queries that hold something of the largest drift among the held")
		l.add(name+"diversity", st.Diversity, "1", without(diversities, e.Method), "spread of profiles within an answer over that of real circuits")
		for _, kind := range st.ByKind {
			l.add(name+"hit_rate."+slug(kind.Of), kind.Rate, "1", nil, "")
		}
		if e.Method == "gradient" {
			for _, m := range st.ByMeasure {
				l.add(name+"hit_rate."+m.Of, m.Rate, "1", nil, "single targets within 2 sd")
			}
		}
	}
	for _, reach := range s.Reach {
		l.add("steer.reach."+reach.Measure, latent.Interval{Value: reach.HighSD - reach.LowSD, Lo: reach.LowSD, Hi: reach.HighSD, N: reach.Codes}, "sd", nil,
			"how far the measure goes inside the prior's ball, in sd of the training circuits; here lo and hi are the least and the greatest mean that was decoded at one of n codes")
	}
}

func withFloor(others map[string]float64, floor latent.Interval) map[string]float64 {
	others["chance alone"] = floor.Value
	return others
}

// slug makes words part of a row's name.
func slug(words string) string {
	out := []rune(words)
	for i, c := range out {
		if c == ' ' || c == ',' {
			out[i] = '_'
		}
	}
	return string(out)
}
