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
	// Within is the miss of targets in sd at which it is content, if what is held
	// is off by no more than twice that, which is about what chance does; 0 means
	// 0.1.
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
// what is left of the budget. The best of several rounds is so by luck in part, so
// a last look is kept for it alone. OutOfReach is what was decoded, not what the
// base says.
func (m Corrected) Propose(ctx context.Context, t Task, rng *rand.Rand) (Proposal, error) {
	c := &correction{Corrected: m, task: t, aim: newAim(t, m.Rig.Reference), rng: rng, least: math.Inf(1)}
	if err := c.run(ctx); err != nil {
		return Proposal{}, fmt.Errorf("steer: %s: %w", m.Name(), err)
	}
	best := c.best
	best.Spent = c.spent + c.beforehand
	if c.looks > 0 {
		best.OutOfReach = !(c.missed <= HitWithin)
	}
	return best, nil
}

// correction is one task's rounds.
type correction struct {
	Corrected
	task  Task
	aim   *aim
	rng   *rand.Rand
	last  Proposal // that was decoded
	best  Proposal
	least float64   // its sum of squared misses
	seen  []float64 // its means
	// missed is the largest miss of a target of the best
	missed       float64
	spent, looks int
	// beforehand is what the base spent; one that did so once for all, such as
	// Calibrated, says it every time. It is not of this budget.
	beforehand int
}

// stubborn is how often in a row a base may propose the same code, while it is
// asked for twice as much each time, before there is no more to be had (ours).
const stubborn = 3

func (c *correction) run(ctx context.Context) error {
	for same := 0; same < stubborn; {
		t := c.task.aside(c.aim.aside())
		t.near = c.last.Code
		p, err := c.Base.Propose(ctx, t, c.rng)
		if err != nil {
			return err
		}
		if err := p.check(c.Rig.Decoder.Dim()); err != nil {
			return err
		}
		if p.Code == nil {
			return fmt.Errorf("%s answers with circuits: only codes can be corrected", c.Base.Name())
		}
		c.beforehand = max(c.beforehand, p.Spent)
		if c.last.Code != nil && floats.Distance(p.Code, c.last.Code, 2) < leastMove {
			same++
			c.aim.insist(math.Exp2(float64(same)))
			continue
		}
		same = 0
		if c.looks > 0 && c.left() < 1 {
			break // what is left is for the last look
		}
		done, err := c.round(ctx, p)
		if err != nil || done {
			return err
		}
	}
	return c.lastLook(ctx)
}

// samples of one look.
func (c *correction) samples() int { return min(c.task.Samples, defaultSamples) }

// left is the number of circuits that may be decoded beside those of the last look.
func (c *correction) left() int { return c.task.Budget - c.spent - c.samples() }

// look decodes circuits of a code and returns the means of the asked measures; nil
// where the budget is spent.
func (c *correction) look(ctx context.Context, code []float64) ([]float64, error) {
	samples := min(c.samples(), c.task.Budget-c.spent)
	if samples < 1 {
		return nil, nil
	}
	readings, err := c.Rig.read(ctx, [][]float64{code}, samples, c.task.asked(), seed.Seed(c.rng.Uint64()))
	if err != nil {
		return nil, err
	}
	c.spent += samples
	c.looks++
	return means(readings[0]), nil
}

// round looks at what was proposed, keeps it if it is the best so far, and corrects
// what to ask for; done where there is nothing to correct.
func (c *correction) round(ctx context.Context, p Proposal) (done bool, err error) {
	values, err := c.look(ctx, p.Code)
	if err != nil {
		return true, err
	}
	if c.last = p; values == nil {
		c.best = p
		return true, nil
	}
	missed, off := c.aim.look(values)
	if off < c.least || c.best.Code == nil {
		c.best, c.least, c.seen, c.missed = p, off, values, missed
	}
	if c.aim.correct(cmp.Or(c.Within, .1)) {
		return false, nil
	}
	if c.looks == 1 || math.IsNaN(missed) {
		return true, nil // by no choice among several
	}
	return true, c.lastLook(ctx)
}

// lastLook looks at the best once more, and takes the mean of both looks.
func (c *correction) lastLook(ctx context.Context) error {
	if c.looks < 2 {
		return nil
	}
	values, err := c.look(ctx, c.best.Code)
	if err != nil || values == nil {
		return err
	}
	floats.Add(values, c.seen)
	floats.Scale(.5, values)
	c.missed, _ = newAim(c.task, c.Rig.Reference).look(values)
	return nil
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
	near := true
	for i, f := range a.f {
		if math.IsNaN(f) {
			return false
		}
		if i >= len(a.task.Targets) {
			f /= 2
		}
		near = near && math.Abs(f) <= within
	}
	if near {
		return false
	}
	if a.was != nil {
		a.learn()
	}
	a.last = slices.Clone(a.x)
	a.insist(1)
	return true
}

// insist asks for so many times the present misses less.
func (a *aim) insist(times float64) {
	var step mat.VecDense
	step.MulVec(a.h, mat.NewVecDense(len(a.f), a.f))
	for i, s := range step.RawVector().Data {
		a.x[i] -= times * min(max(s, -farthestAside), farthestAside)
	}
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
