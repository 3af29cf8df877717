package steer

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/cortigen/cortigen/pkg/seed"
)

// Corrected has a method look at what its code decodes to, and ask it again for
// more or less by as much as that missed, until it hits or the budget is spent.
// The code that came nearest is the answer. What a method expects (a probe, a mean
// over edge probabilities, a regression) may be biased; how biased it is where the
// target lies can be seen only there.
//
// In between it learns how far the decoded measures follow what it asks for: with
// x the amounts that are asked for beyond the targets and f the misses, all in sd,
// x ← x − J⁻¹f, J beginning as the identity and updated by Broyden's good formula
// (Broyden 1965, doi:10.1090/S0025-5718-1965-0198670-6). Held measures are aimed at
// like targets. The rest is ours.
type Corrected struct {
	// Base answers with codes.
	Base Method
	Rig  Rig
	// Label is the name; empty means that of the base with ", corrected".
	Label string
	// Within is the miss in sd at which it is content; 0 means 0.1.
	Within float64
}

// Limits of a correction (ours), in sd of the reference: what one round may ask
// for beyond the last, and the change below which two rounds say more about chance
// than about J. In prior sd: the step below which a code has not moved.
const (
	farthestAside = 1.5
	leastAside    = .1
	leastMove     = .01
)

// Name returns the label.
func (m Corrected) Name() string { return cmp.Or(m.Label, m.Base.Name()+", corrected") }

// Propose asks the base, looks, and asks again. Circuits decoded in a round are as
// many as those that the answer will be judged by, or 64 where these are more, or
// what is left of the budget. OutOfReach is what was decoded, not what the base
// says.
func (m Corrected) Propose(ctx context.Context, t Task, rng *rand.Rand) (Proposal, error) {
	aim := newAim(t, m.Rig.Reference)
	var best, previous Proposal
	least, spent := math.Inf(1), 0
	for {
		p, err := m.Base.Propose(ctx, t.aside(aim.aside()), rng)
		if err != nil {
			return Proposal{}, err
		}
		if err := p.check(m.Rig.Decoder.Dim()); err != nil || p.Code == nil {
			return Proposal{}, cmp.Or(err, fmt.Errorf("steer: %s: %s answers with circuits: only codes can be corrected", m.Name(), m.Base.Name()))
		}
		spent += p.Spent
		if previous.Code != nil && floats.Distance(p.Code, previous.Code, 2) < leastMove { // it gives no more
			best.Spent = spent
			return best, nil
		}
		previous = p
		samples := min(t.Samples, defaultSamples, t.Budget-spent)
		if samples < 1 { // nothing left to look with
			best.Spent = spent
			if best.Code == nil {
				best = p
			}
			return best, nil
		}
		readings, err := m.Rig.read(ctx, [][]float64{p.Code}, samples, t.asked(), seed.Seed(rng.Uint64()))
		if err != nil {
			return Proposal{}, err
		}
		spent += samples
		missed, off := aim.look(means(readings[0]))
		if off < least || best.Code == nil {
			best, least = p, off
			best.OutOfReach = !(missed <= HitWithin)
		}
		best.Spent = spent
		if !aim.correct(cmp.Or(m.Within, .1)) {
			return best, nil
		}
	}
}

func means(readings []Reading) []float64 {
	values := make([]float64, len(readings))
	for i, r := range readings {
		values[i] = r.Mean
	}
	return values
}

// aim is what to ask for beyond the targets and values to keep, and what is known
// of how that is followed. Lengths are in sd of the reference.
type aim struct {
	task    Task
	sd      []float64  // of the asked measures
	x, last []float64  // what is asked for beyond, now and in the round before
	f, was  []float64  // misses
	h       *mat.Dense // inverse of J
}

func newAim(t Task, r Reference) *aim {
	names := t.asked()
	a := &aim{task: t, x: make([]float64, len(names)), h: mat.NewDense(len(names), len(names), nil)}
	for i, name := range names {
		a.sd = append(a.sd, r.sd(name))
		a.h.Set(i, i, 1)
	}
	return a
}

// aside returns what to ask for beyond, in the measures' units.
func (a *aim) aside() []float64 {
	by := floats.MulTo(make([]float64, len(a.x)), a.x, a.sd)
	for i, v := range by {
		if math.IsNaN(v) { // held, and without spread: there is no sd to correct it by
			by[i] = 0
		}
	}
	return by
}

// look takes in what was decoded. Missed is the largest miss among the targets,
// NaN where one is undefined, and off the sum of the squares of all misses,
// infinite where a target is undefined.
func (a *aim) look(values []float64) (missed, off float64) {
	a.was, a.f = a.f, a.task.misses(values)
	for i := range a.f {
		a.f[i] /= a.sd[i]
		if i < len(a.task.Targets) {
			if math.IsNaN(a.f[i]) || math.IsNaN(missed) {
				missed = math.NaN()
				continue
			}
			missed = max(missed, math.Abs(a.f[i]))
		} else if math.IsNaN(a.f[i]) {
			a.f[i] = 0 // nothing to hold
		}
	}
	if math.IsNaN(missed) {
		return missed, math.Inf(1)
	}
	return missed, floats.Dot(a.f, a.f)
}

// correct changes what to ask for; false where there is nothing to correct: all
// is near enough, or a target is undefined.
func (a *aim) correct(within float64) bool {
	if floats.HasNaN(a.f) || floats.Norm(a.f, math.Inf(1)) <= within {
		return false
	}
	if a.was != nil {
		a.learn()
	}
	var step mat.VecDense
	step.MulVec(a.h, mat.NewVecDense(len(a.f), a.f))
	a.last = slices.Clone(a.x)
	for i, s := range step.RawVector().Data {
		a.x[i] -= min(max(s, -farthestAside), farthestAside)
	}
	return true
}

// learn updates H: H += (Δx − H·Δf)·Δxᵀ·H / (Δxᵀ·H·Δf). Where little was followed
// of what was asked for, or the other way, it learns nothing: so little may be
// chance.
func (a *aim) learn() {
	x := mat.NewVecDense(len(a.x), floats.SubTo(make([]float64, len(a.x)), a.x, a.last))
	f := mat.NewVecDense(len(a.f), floats.SubTo(make([]float64, len(a.f)), a.f, a.was))
	var hf, xh, rest mat.VecDense
	hf.MulVec(a.h, f)
	xh.MulVec(a.h.T(), x)
	by := mat.Dot(x, &hf)
	if moved := mat.Dot(x, x); moved < leastAside*leastAside || by < .1*moved {
		return
	}
	rest.SubVec(x, &hf)
	var update mat.Dense
	update.Outer(1/by, &rest, &xh)
	a.h.Add(a.h, &update)
}
