package steer

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
)

// Where a request says nothing (both ours).
const (
	// defaultSamples is the least number of decoded circuits that a steering
	// claim may rest on here.
	defaultSamples = 64
	// defaultBudget is enough for eight looks at as many circuits.
	defaultBudget = 8 * defaultSamples
)

// Request asks for circuits with chosen measures.
type Request struct {
	// Targets to reach, all at once; one or more.
	Targets []Target `json:"targets"`
	// Hold are the measures to keep as they are at the start.
	Hold []string `json:"hold,omitempty"`
	// Start is the code to start from, such as that of a circuit; nil means the
	// origin, the most probable code of the prior. See also FromPrior.
	Start []float64 `json:"start,omitempty"`
	// Samples to decode and judge by; 0 means 64.
	Samples int `json:"samples,omitempty"`
	// Budget is how many circuits a method may decode on the way to its answer,
	// beside those that it is judged by; 0 means 512.
	Budget int `json:"budget,omitempty"`
}

// Ask returns the request for one target with some measures held, from the
// origin.
func Ask(t Target, hold ...string) Request { return Request{Targets: []Target{t}, Hold: hold} }

// Target is where a measure should come to lie: in an interval, which is a value
// where its ends are the same.
type Target struct {
	Measure string `json:"measure"`
	// From and To are in sd of the reference from its mean or, if Absolute, in
	// the measure's own unit.
	From     float64 `json:"from"`
	To       float64 `json:"to"`
	Absolute bool    `json:"absolute,omitempty"`
}

// SD is a target so many sd of the reference above its mean.
func SD(measure string, sd float64) Target { return Target{Measure: measure, From: sd, To: sd} }

// Value is a target in the measure's own unit.
func Value(measure string, value float64) Target {
	return Target{Measure: measure, From: value, To: value, Absolute: true}
}

// BetweenSD is a target anywhere between two deviations from the mean of the
// reference, in its sd.
func BetweenSD(measure string, from, to float64) Target {
	return Target{Measure: measure, From: from, To: to}
}

// Between is a target anywhere between two values, in the measure's own unit. To
// ask for "at least", give the measure's maximum as its end.
func Between(measure string, from, to float64) Target {
	return Target{Measure: measure, From: from, To: to, Absolute: true}
}

// Miss returns by how much a value in the target's unit lies above its interval,
// below 0 where it lies below, and 0 within.
func (t Target) Miss(value float64) float64 { return value - t.nearest(value) }

// nearest returns the value of the interval that is nearest to another.
func (t Target) nearest(value float64) float64 {
	if math.IsNaN(value) {
		return value
	}
	return min(max(value, t.From), t.To)
}

// shift moves both ends.
func (t Target) shift(by float64) Target {
	t.From, t.To = t.From+by, t.To+by
	return t
}

// String writes the measure and where it should lie.
func (t Target) String() string {
	unit := " sd"
	if t.Absolute {
		unit = ""
	}
	if t.From == t.To {
		return fmt.Sprintf("%s %.4g%s", t.Measure, t.From, unit)
	}
	return fmt.Sprintf("%s %.4g to %.4g%s", t.Measure, t.From, t.To, unit)
}

// Measures returns the names of the targets' measures, in order.
func (r Request) Measures() []string {
	names := make([]string, len(r.Targets))
	for i, t := range r.Targets {
		names[i] = t.Measure
	}
	return names
}

// Resolve checks a request and fills in what it leaves open: targets become
// absolute; start, samples and budget get their defaults. Every fault is reported,
// with the name of its measure: one that the rig does not read (with the nearest
// name, where it is misspelt) or that has no spread over the reference, so that a
// miss has no unit; one that is asked for twice, held twice, or both asked for and
// held; a target that is no number, an empty interval, or one that no circuit can
// have since the measure's range ends before; a start of the wrong dimension or
// outside the ball. What is merely far is no fault: it is answered, out of reach
// or not.
func (g Rig) Resolve(r Request) (Request, error) {
	faults := []error{g.checkTargets(r), g.checkHold(r)}
	if r.Samples < 0 {
		faults = append(faults, fmt.Errorf("%d samples: give a positive number, or 0 for %d", r.Samples, defaultSamples))
	}
	if r.Budget < 0 {
		faults = append(faults, fmt.Errorf("a budget of %d circuits: give a positive number, or 0 for %d", r.Budget, defaultBudget))
	}
	start, err := g.start(r.Start)
	if err := errors.Join(append(faults, err)...); err != nil {
		return Request{}, fmt.Errorf("steer: request for %q: %w", r.Measures(), err)
	}
	targets := make([]Target, len(r.Targets))
	for i, t := range r.Targets {
		targets[i] = g.Reference.absolute(t)
	}
	r.Targets, r.Hold, r.Start = targets, slices.Clone(r.Hold), start
	r.Samples, r.Budget = cmp.Or(r.Samples, defaultSamples), cmp.Or(r.Budget, defaultBudget)
	return r, nil
}

func (g Rig) checkTargets(r Request) error {
	if len(r.Targets) == 0 {
		return errors.New("it has no targets: give one or more")
	}
	var faults []error
	seen := map[string]bool{}
	for _, t := range r.Targets {
		if seen[t.Measure] {
			faults = append(faults, fmt.Errorf("%s is asked for twice: give one target for it, an interval if need be", t.Measure))
		}
		seen[t.Measure] = true
		if err := g.Reference.check(t); err != nil {
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}

func (g Rig) checkHold(r Request) error {
	var faults []error
	for i, name := range r.Hold {
		if slices.Contains(r.Measures(), name) {
			faults = append(faults, fmt.Errorf("%s is to change and to be held: leave it out of one", name))
		} else if slices.Contains(r.Hold[:i], name) {
			faults = append(faults, fmt.Errorf("%s is held twice: name it once", name))
		} else if _, err := g.Reference.index(name); err != nil {
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}

// check says what is wrong with a target, by itself.
func (r Reference) check(t Target) error {
	at, err := r.index(t.Measure)
	if err != nil {
		return err
	}
	if math.IsNaN(r.SD[at]) {
		return fmt.Errorf("%s does not vary over the reference, so a miss has no unit: choose another measure", t.Measure)
	}
	if !finite(t.From) || !finite(t.To) {
		return fmt.Errorf("target %s: give finite numbers", t)
	}
	if t.From > t.To {
		return fmt.Errorf("target %s: the interval is empty: exchange its ends", t)
	}
	span, err := rangeOf(t.Measure, r.Names)
	if err != nil {
		return err // a reference that was not taken from circuits
	}
	if asked := r.absolute(t); asked.To < span[0] || asked.From > span[1] {
		return fmt.Errorf("target %s: no circuit has it, since %s lies between %g and %g: choose within, which is %.3g to %.3g sd", asked, t.Measure, span[0], span[1], r.inSD(at, span[0]), r.inSD(at, span[1]))
	}
	return nil
}

// absolute returns a target in the unit of its measure, which the reference has.
func (r Reference) absolute(t Target) Target {
	if t.Absolute {
		return t
	}
	at := slices.Index(r.Names, t.Measure)
	return Between(t.Measure, r.Mean[at]+t.From*r.SD[at], r.Mean[at]+t.To*r.SD[at])
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// start returns a copy of the code to start from, nil being the origin, or says
// why it is none.
func (g Rig) start(code []float64) ([]float64, error) {
	dim := g.Decoder.Dim()
	if code == nil {
		return make([]float64, dim), nil
	}
	if len(code) != dim {
		return nil, fmt.Errorf("start has %d dimensions, the decoder %d", len(code), dim)
	}
	if length := norm(code); !(length <= Radius(dim)) {
		return nil, fmt.Errorf("start is %.3g from the origin, outside the ball of radius %.3g that holds 99 %% of the prior", length, Radius(dim))
	}
	return slices.Clone(code), nil
}
