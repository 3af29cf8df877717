package experiment

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/fidelity"
	"github.com/cortigen/cortigen/pkg/latent"
	"github.com/cortigen/cortigen/pkg/steer"
)

// SynthesisName is the name of the benchmark of steering.
const SynthesisName = "synthesis"

// synthesisSamples judge an answer, at most (ours).
const synthesisSamples = 64

// queries is the number of queries (ours): one for five made circuits of the preset,
// but one of each kind at least.
func (s sizes) queries() int { return max(12, s.Wiring.Made/5) }

// sweep is where each measure is asked to be by itself, in sd of the reference (ours):
// within its usual range, and beyond.
func (s sizes) sweep() []float64 {
	if s.small() {
		return []float64{-1, 1}
	}
	return []float64{-4, -3, -2, -1.5, -1, -.5, .5, 1, 1.5, 2, 3, 4}
}

// Synthesis asks several methods for circuits with chosen measures, one to three at
// once, near and far, with others held: steering the Exchangeable model in three
// ways, and answers that need no model. Gradients are also asked for each measure by
// itself, all over its range.
func (r *Run) Synthesis(ctx context.Context) (steer.Synthesis, error) {
	return r.synthesisOn(ctx, given)
}

// WholeSynthesis is Synthesis of the model that draws neurons too, whose share of
// excitatory ones is asked for as well. The queries are a quarter as many.
func (r *Run) WholeSynthesis(ctx context.Context) (steer.Synthesis, error) {
	return r.synthesisOn(ctx, ownNeurons)
}

// OutsideSynthesis is Synthesis on the neurons of every reconstruction that Outside
// tries the model of the embedded cortex on, by the names of these: what a model of
// one tissue makes of the neurons of another. Units are those of the embedded cortex.
// The queries are a quarter as many.
func (r *Run) OutsideSynthesis(ctx context.Context) (map[string]steer.Synthesis, error) {
	all := map[string]steer.Synthesis{}
	err := r.eachOutside(ctx, func(other *Run, sum string) error {
		s, err := r.synthesisOn(ctx, onNeuronsOf(other, sum))
		if err == nil && len(s.Board.Entries) > 0 {
			s.Likeness = nil // the rule is of other neurons
			all[other.Setting.DatasetName()] = s
		}
		return err
	})
	return all, err
}

func (r *Run) synthesisOn(ctx context.Context, at water) (steer.Synthesis, error) {
	k, err := r.helmKey(ctx, SynthesisName, at, "synthesis.go")
	if err != nil {
		return steer.Synthesis{}, err
	}
	return named(ctx, r, dotted(SynthesisName, at.name), k, func(ctx context.Context) (steer.Synthesis, error) {
		h, err := r.helm(ctx, at)
		if errors.Is(err, errNoPieces) {
			return steer.Synthesis{}, nil // kept, so that nobody looks again
		}
		if err != nil {
			return steer.Synthesis{}, err
		}
		gradient, err := h.Gradient()
		if err != nil {
			return steer.Synthesis{}, err
		}
		n := r.sizes().queries()
		if at.name != "" {
			n = max(12, n/4)
		}
		s, err := r.synthesis(ctx, h, n, h.Linear, gradient, h.Surrogate())
		if err != nil {
			return steer.Synthesis{}, err
		}
		s.Sweep, err = r.sweepWith(ctx, h, gradient)
		return s, err
	})
}

// synthesis puts queries to ways of steering, and to what they are to be better than.
func (r *Run) synthesis(ctx context.Context, h *Helm, n int, methods ...steer.Method) (steer.Synthesis, error) {
	samples := min(synthesisSamples, r.sizes().Samples)
	queries, err := steer.Queries(h.table, steer.Querying{N: n, Samples: samples, Budget: 4 * samples}, r.seed().Sub("queries"))
	if err != nil {
		return steer.Synthesis{}, err
	}
	requests := make([]steer.Request, len(queries))
	for i, q := range queries {
		requests[i] = q.Request
	}
	baselines, err := h.Baselines()
	if err != nil {
		return steer.Synthesis{}, err
	}
	methods = append(methods, baselines...)
	var answers [][]steer.Answer
	for i, m := range methods {
		r.progress("synthesis", i, len(methods), m.Name())
		answered, err := h.Rig.Evaluate(ctx, m, requests, r.seed().Sub("synthesis"))
		if err != nil {
			return steer.Synthesis{}, err
		}
		answers = append(answers, answered)
	}
	s := steer.Synthesis{Reference: h.Reference, Reach: h.Reach, Lessons: h.Learned.Lessons(), Samples: samples}
	if err := r.likeness(ctx, h, answers, &s); err != nil {
		return steer.Synthesis{}, err
	}
	s.Board, err = steer.NewBoard(queries, answers, r.sizes().Draws, r.seed().Stream("board"))
	return s, err
}

// likenessOf is how many circuits of an answer are looked at by likeness (ours).
const likenessOf = 4

// likeness fills in whether edges lie where real ones do.
func (r *Run) likeness(ctx context.Context, h *Helm, answers [][]steer.Answer, s *steer.Synthesis) error {
	rule := fidelity.FitClassDistance(h.known)
	told := func(circuits []*circuit.Circuit) (latent.Interval, error) {
		report, err := fidelity.Evaluate(ctx, rule.Name(), circuits, func(i int) ([]float64, error) { return rule.Predict(circuits[i]), nil }, r.sizes().Draws, r.seed().Sub("likeness"))
		return report.AUC, err
	}
	for _, of := range answers {
		var some []*circuit.Circuit
		for i, a := range of {
			for _, c := range a.Circuits[:min(likenessOf, len(a.Circuits))] {
				o := c.Origin() // an interval is over queries
				o.Region = strconv.Itoa(i)
				some = append(some, c.WithOrigin(o))
			}
		}
		one, err := told(some)
		if err != nil {
			return err
		}
		s.Likeness = append(s.Likeness, one)
	}
	var err error
	s.Real, err = told(h.unseen)
	return err
}

// sweepWith asks a method for each measure by itself, wherever a circuit can have it.
func (r *Run) sweepWith(ctx context.Context, h *Helm, m steer.Method) ([]steer.Answer, error) {
	samples := min(synthesisSamples, r.sizes().Samples)
	var requests []steer.Request
	for _, name := range h.Reference.Names {
		for _, sd := range r.sizes().sweep() {
			request := steer.Request{Targets: []steer.Target{steer.SD(name, sd)}, Samples: samples, Budget: 4 * samples}
			if _, err := h.Rig.Resolve(request); err == nil {
				requests = append(requests, request)
			}
		}
	}
	r.progress("synthesis", 0, 1, "each measure by itself")
	answers, err := h.Rig.Evaluate(ctx, m, requests, r.seed().Sub("sweep"))
	for i := range answers {
		answers[i].Circuits = nil
	}
	return answers, err
}

// synthesisRows are parts of names of rows, by those of the methods.
var synthesisRows = map[string]string{
	"likely": "linear", "gradient": "gradient", "surrogate": "surrogate", "retrieval": "retrieval", "rewire": "rewire", "sbm": "sbm",
	"no step": "no_step", "random direction": "random",
}

// synthesis, wholeSynthesis and outsideSynthesis add the rows of each; those outside
// under the names of the reconstructions.
func (l *ledger) synthesis(s steer.Synthesis)      { l.synthesisAs("steer.", s) }
func (l *ledger) wholeSynthesis(s steer.Synthesis) { l.synthesisAs("steer.whole.", s) }

func (l *ledger) outsideSynthesis(all map[string]steer.Synthesis) {
	proto := l.proto
	for _, name := range slices.Sorted(maps.Keys(all)) {
		l.proto.Dataset = name
		l.synthesisAs("steer.", all[name])
	}
	l.proto = proto
}

// synthesisAs adds how often each method hit, what else it changed, and how far
// measures reach.
func (l *ledger) synthesisAs(prefix string, s steer.Synthesis) {
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
	for k, e := range s.Board.Entries {
		name := prefix + synthesisRows[e.Method] + "."
		st := e.Standing
		l.add(name+"hit_rate", st.HitRate, "1", without(hits, e.Method),
			fmt.Sprintf("share of %d queries of one to three targets, near and far, all of them met within %g sd in the mean of %d decoded circuits; median miss %.3g sd; refused %.3g, of these rightly %.3g; on the Pareto front of hit and drift: %t", len(s.Board.Queries), steer.HitWithin, s.Samples, st.MissSD.Value, st.Refused.Value, st.Right.Value, st.OnFront))
		l.add(name+"held_drift_sd", st.HeldDriftSD, "sd", withFloor(without(drifts, e.Method), st.HeldFloorSD), "median over queries that hold something of the largest drift among the held")
		l.add(name+"diversity", st.Diversity, "1", without(diversities, e.Method), "spread of profiles within an answer over that of real circuits")
		l.add(name+"silent", st.Silent, "1", nil, "share of queries that were missed and not said to be out of reach")
		if k < len(s.Likeness) {
			l.add(name+"likeness", s.Likeness[k], "1", map[string]float64{"real circuits": s.Real.Value}, fmt.Sprintf("AUC at which class × distance, fitted to real circuits, tells the edges of %d circuits of each answer from other pairs; the nearer to real circuits the better", likenessOf))
		}
		for _, kind := range st.ByKind {
			l.add(name+"hit_rate."+slug(kind.Of), kind.Rate, "1", nil, "")
		}
	}
	for _, rate := range s.SweepRates(2) {
		l.add(prefix+"gradient.hit_rate."+rate.Of, rate.Rate, "1", nil, fmt.Sprintf("single targets within 2 sd, nothing held; mean of %d decoded circuits within %g sd", s.Samples, steer.HitWithin))
	}
	for _, reach := range s.Reach {
		l.add(prefix+"reach."+reach.Measure, latent.Interval{Value: (reach.LowSD + reach.HighSD) / 2, Lo: reach.LowSD, Hi: reach.HighSD, N: reach.Codes}, "sd", nil,
			"how far the measure goes inside the prior's ball, in sd of the training circuits: lo and hi are the least and the greatest mean that was decoded at one of n codes, and the value lies half way")
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
