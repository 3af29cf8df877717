package steer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"gonum.org/v1/gonum/floats"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/latent"
	"github.com/cortigen/cortigen/pkg/seed"
)

// Axis is a direction of the code that can be turned like a knob.
type Axis struct {
	Name string `json:"name"`
	// Vector has length 1: a shift of 1 along it is one prior standard deviation.
	Vector []float64 `json:"vector"`
	// Share of the variance of encoded codes that lies along it; NaN where that
	// is not known.
	Share float64 `json:"share"`
}

// PrincipalAxes returns the directions along which codes, [circuits][dimensions],
// vary most, the first n of them or as many as vary; see latent.PCA. Each has its
// share of the variance in its name: "axis 1 (42 % of variance)". It is an error
// where n is no positive number, or where codes do not vary.
func PrincipalAxes(codes [][]float64, n int) ([]Axis, error) {
	if n < 1 {
		return nil, fmt.Errorf("steer: principal axes: %d axes: ask for 1 or more", n)
	}
	c, err := latent.PCA(codes)
	if err != nil {
		return nil, fmt.Errorf("steer: principal axes: %w", err)
	}
	var axes []Axis
	for k, v := range c.Vectors[:min(n, len(c.Vectors))] {
		if share := c.Explained[k]; share > 1e-9 { // below, it is rounding
			axes = append(axes, Axis{Name: fmt.Sprintf("axis %d (%.0f %% of variance)", k+1, 100*share), Vector: v, Share: share})
		}
	}
	if len(axes) == 0 {
		return nil, errors.New("steer: principal axes: the codes do not vary: encode other circuits, or train a model whose code is used")
	}
	return axes, nil
}

// Explorer turns knobs into circuits, fast enough to look at while they are turned:
// shifts of the code along axes, and targets for measures.
//
// Shifts set a code, Start + Σ shift·axis. Without targets that code is decoded.
// With targets a search begins at that code and ends at one near to it of which the
// targets are expected: Gradient's, without restarts and pulled to where it began
// alone, what is expected being corrected by what was decoded there. Where its end
// missed it is made once more, for as much more or less. So shifts set what the
// targets leave free, and where these pull the code lies elsewhere on the axes than
// the shifts say.
//
// Circuits of all codes are drawn with the same seed, so that what changes from
// one view to the next is the code's doing and not chance. Few samples make it
// fast; their means are those of so few.
//
// Fields must not change after the first View. Several goroutines may use one
// Explorer; one works at a time.
type Explorer struct {
	// Rig has the decoder, and the reference in whose sd measures are told.
	Rig Rig
	// Axes to shift the code along.
	Axes []Axis
	// Expecter foretells measures, such as a *Surrogate. It may be nil where none
	// gets a target.
	Expecter Expecter
	// Measures that may get a target. The reference and the expecter must have them.
	Measures []string
	// Beside are measures that are read off the circuits and shown, and get no
	// target. What takes long to measure makes every view take long.
	Beside []string
	// Start is the code at which all knobs stand at zero; nil means the origin.
	Start []float64
	// Samples decoded of each code; 0 means 8.
	Samples int
	Seed    seed.Seed

	mu   sync.Mutex
	seen []glance // the first at the start, then the last few others
}

// glance is what circuits of one code are like.
type glance struct {
	code     []float64
	circuits []*circuit.Circuit
	readings []Reading
}

// Knobs say where the knobs of an Explorer stand. The zero value is its start.
type Knobs struct {
	// Shifts along the axes, in their order, in prior sd; those that are missing
	// are zero.
	Shifts []float64 `json:"shifts,omitempty"`
	// Targets for measures, none, some or all of them.
	Targets []Target `json:"targets,omitempty"`
}

// View is what an Explorer makes of its knobs.
type View struct {
	Knobs Knobs
	// Code that was decoded, and circuits of it.
	Code     []float64
	Circuits []*circuit.Circuit
	// Start and Now are read off circuits of the start and of Code: the measures
	// that may get a target, then those beside.
	Start, Now []Reading
	// Targets of the knobs, in sd of the reference.
	Targets []Target
	// PutBack says that the shifts led out of the ball, and stop at its surface.
	PutBack bool
	// OutOfReach says that some target is not expected of any code that the
	// search found.
	OutOfReach bool
	// Notes say in words what else a reader must know: what was put back, what is
	// out of reach and how near it came, what circuits missed.
	Notes []string
}

// Check returns every fault of an explorer: axes that are missing, do not fit the
// decoder or have not length 1; measures that the reference or the expecter does
// not have; a start outside the ball.
func (e *Explorer) Check() error {
	if e.Rig.Decoder == nil {
		return errors.New("steer: explorer: it has no decoder: give its rig one")
	}
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if len(e.Axes)+len(e.Measures) == 0 {
		fault("it has no knobs: give it axes or measures")
	}
	for _, a := range e.Axes {
		if len(a.Vector) != e.Rig.Decoder.Dim() {
			fault("%s has %d dimensions, the decoder %d", a.Name, len(a.Vector), e.Rig.Decoder.Dim())
		} else if length := norm(a.Vector); !(math.Abs(length-1) < 1e-6) {
			fault("%s has length %g, not 1", a.Name, length)
		}
	}
	faults = append(faults, e.checkMeasures())
	if e.Samples < 0 {
		fault("%d samples: give a positive number, or 0 for 8", e.Samples)
	}
	_, err := e.Rig.start(e.Start)
	if err := errors.Join(append(faults, err)...); err != nil {
		return fmt.Errorf("steer: explorer: %w", err)
	}
	return nil
}

func (e *Explorer) checkMeasures() error {
	var faults []error
	for _, name := range e.Measures {
		if err := e.Rig.Reference.check(SD(name, 0)); err != nil {
			faults = append(faults, err)
		} else if e.Expecter == nil || !slices.Contains(e.Expecter.Measures(), name) {
			faults = append(faults, fmt.Errorf("nothing is expected of %s, so it can have no target: learn a Surrogate of it, or show it beside", name))
		}
	}
	for i, name := range e.names() {
		if _, err := e.Rig.Reference.index(name); err != nil {
			faults = append(faults, err)
		} else if slices.Contains(e.names()[:i], name) {
			faults = append(faults, fmt.Errorf("%s is named twice", name))
		}
	}
	return errors.Join(faults...)
}

// names are the measures that are read.
func (e *Explorer) names() []string { return slices.Concat(e.Measures, e.Beside) }

// View decodes what the knobs say. Knobs that are no numbers, that there are not,
// or that ask for what no circuit can have, are an error.
func (e *Explorer) View(ctx context.Context, k Knobs) (View, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.check(k); err != nil {
		return View{}, err
	}
	v := View{Knobs: k}
	base := e.base(&v)
	start, err := e.start(ctx)
	if err != nil {
		return View{}, err
	}
	now, err := e.look(ctx, base)
	if err == nil && len(k.Targets) > 0 {
		now, err = e.aim(ctx, now, &v)
	}
	if err != nil {
		return View{}, fmt.Errorf("steer: explorer: %w", err)
	}
	v.Code, v.Circuits = slices.Clone(now.code), slices.Clone(now.circuits)
	v.Start, v.Now = slices.Clone(start.readings), slices.Clone(now.readings)
	return v, nil
}

// check returns the faults of the explorer or, where it has none, of knobs.
func (e *Explorer) check(k Knobs) error {
	if err := e.Check(); err != nil {
		return err
	}
	var faults []error
	if len(k.Shifts) > len(e.Axes) {
		faults = append(faults, fmt.Errorf("%d shifts along %d axes", len(k.Shifts), len(e.Axes)))
	}
	if !finite(norm(k.Shifts)) {
		faults = append(faults, fmt.Errorf("shifts of %g: give finite numbers", k.Shifts))
	}
	for _, t := range k.Targets {
		if !slices.Contains(e.Measures, t.Measure) {
			faults = append(faults, fmt.Errorf("%s has no knob, only %q", t.Measure, e.Measures))
		}
	}
	if len(k.Targets) > 0 {
		faults = append(faults, e.Rig.checkTargets(Request{Targets: k.Targets}))
	}
	if err := errors.Join(faults...); err != nil {
		return fmt.Errorf("steer: explorer: %w", err)
	}
	return nil
}

// base returns the code that the shifts set, and notes where it was put back.
func (e *Explorer) base(v *View) []float64 {
	start, _ := e.Rig.start(e.Start) // it was checked
	shift := make([]float64, len(start))
	for i, by := range v.Knobs.Shifts {
		floats.AddScaled(shift, by, e.Axes[i].Vector)
	}
	length := norm(shift)
	if length == 0 {
		return start
	}
	floats.Scale(1/length, shift)
	p := move(start, shift, length)
	if p.OutOfReach {
		v.PutBack = true
		v.Notes = append(v.Notes, fmt.Sprintf("The shifts lead %.1f sd away, out of the ball that holds 99 %% of the prior: put back to its surface, %.1f sd away.", length, p.Step))
	}
	return p.Code
}

// start looks at the circuits of the start.
func (e *Explorer) start(ctx context.Context) (glance, error) {
	if len(e.seen) > 0 {
		return e.seen[0], nil
	}
	code, err := e.Rig.start(e.Start)
	if err != nil {
		return glance{}, fmt.Errorf("steer: explorer: %w", err)
	}
	return e.look(ctx, code)
}

// mostSeen is how many glances are kept: those at the start, where a search began
// and where it ended, and what it saw on the way.
const mostSeen = 4

// look decodes and measures circuits of a code.
func (e *Explorer) look(ctx context.Context, code []float64) (glance, error) {
	if k := slices.IndexFunc(e.seen, func(g glance) bool { return slices.Equal(g.code, code) }); k >= 0 {
		return e.seen[k], nil
	}
	circuits, err := e.Rig.decode(ctx, [][]float64{code}, cmp.Or(e.Samples, 8), e.Seed)
	if err != nil {
		return glance{}, err
	}
	readings, err := e.Rig.measure(ctx, circuits[0], e.names())
	if err != nil {
		return glance{}, err
	}
	if len(e.seen) == mostSeen {
		e.seen = slices.Delete(e.seen, 1, 2)
	}
	e.seen = append(e.seen, glance{code, circuits[0], readings})
	return e.seen[len(e.seen)-1], nil
}

// aims is how often a search is made: once, and once more for as much more or less
// as the first missed.
const aims = 2

// aim searches for a code near where it begins, and looks.
func (e *Explorer) aim(ctx context.Context, begin glance, v *View) (glance, error) {
	method, task := e.task(begin, v)
	var best glance
	for round := range aims {
		p, err := method.Propose(ctx, task, nil)
		if err != nil {
			return glance{}, err
		}
		found, err := e.look(ctx, p.Code)
		if err != nil {
			return glance{}, err
		}
		missed := found.missed(v.Targets)
		if round == 0 || missed < best.missed(v.Targets) {
			best, v.OutOfReach = found, p.OutOfReach
		}
		if p.OutOfReach || missed <= HitWithin/2 {
			break
		}
		task = task.aside(e.short(found, v.Targets))
		task.near = found.code
	}
	v.Notes = append(v.Notes, best.notes(v.Targets, v.OutOfReach)...)
	return best, nil
}

// task sets the targets of a view.
func (e *Explorer) task(begin glance, v *View) (Gradient, Task) {
	t := Task{Request: Request{Start: begin.code}, Before: begin.readings}
	for _, target := range v.Knobs.Targets {
		target = e.Rig.Reference.absolute(target)
		t.Targets, v.Targets = append(t.Targets, target), append(v.Targets, e.Rig.Reference.relative(target))
	}
	return Gradient{Expecter: e.Expecter, Reference: e.Rig.Reference, Restarts: -1, anchored: true}, t
}

// short returns by how much each target was fallen short of, in the measure's unit,
// 0 where that is undefined.
func (e *Explorer) short(g glance, targets []Target) []float64 {
	short := make([]float64, len(targets))
	for i, t := range targets {
		if miss := t.Miss(g.reading(t.Measure).MeanSD); !math.IsNaN(miss) {
			short[i] = -miss * e.Rig.Reference.sd(t.Measure)
		}
	}
	return short
}

// reading returns that of a measure that was read.
func (g glance) reading(measure string) Reading {
	return g.readings[slices.IndexFunc(g.readings, func(r Reading) bool { return r.Measure == measure })]
}

// missed returns by how much the farthest target was missed, in sd; infinite where
// no circuit has the measure.
func (g glance) missed(targets []Target) float64 {
	worst := 0.
	for _, t := range targets {
		miss := math.Abs(t.Miss(g.reading(t.Measure).MeanSD))
		if math.IsNaN(miss) {
			return math.Inf(1)
		}
		worst = max(worst, miss)
	}
	return worst
}

// notes say which targets were missed.
func (g glance) notes(targets []Target, outOfReach bool) []string {
	var notes []string
	for _, t := range targets {
		at := g.reading(t.Measure).MeanSD
		switch miss := math.Abs(t.Miss(at)); {
		case math.IsNaN(miss):
			notes = append(notes, fmt.Sprintf("%s: none of these circuits has it.", t))
		case miss > HitWithin && outOfReach:
			notes = append(notes, fmt.Sprintf("%s is out of reach from here: the nearest that was found is %.2f sd.", t, at))
		case miss > HitWithin:
			notes = append(notes, fmt.Sprintf("%s: these %d circuits have %.2f sd.", t, len(g.circuits), at))
		}
	}
	return notes
}

// relative returns a target in sd of a measure that the reference has.
func (r Reference) relative(t Target) Target {
	if !t.Absolute {
		return t
	}
	at := slices.Index(r.Names, t.Measure)
	return BetweenSD(t.Measure, r.inSD(at, t.From), r.inSD(at, t.To))
}
