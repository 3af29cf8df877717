package steer

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// Method answers requests, with a code or with circuits.
type Method interface {
	// Name of the method, as results and figures show it.
	Name() string
	// Propose answers a task. A code must lie inside the ball. Methods that draw
	// nothing ignore rng.
	Propose(ctx context.Context, t Task, rng *rand.Rand) (Proposal, error)
}

// Task is what a method is told: a resolved request, whose targets are absolute
// and whose start is there and inside the ball, and what circuits of the start
// are like.
type Task struct {
	Request
	// Before is what was read off circuits decoded at the start, in the order of
	// the reference.
	Before []Reading
	// Keep is the value that each held measure should have; as evaluated, its
	// mean at the start. NaN where circuits of the start lack the measure.
	Keep []float64
	// near is a code that came near before, where a search may begin; nil where
	// there is none.
	near []float64
}

// before returns the mean of a measure at the start.
func (t Task) before(measure string) float64 {
	at := slices.IndexFunc(t.Before, func(r Reading) bool { return r.Measure == measure })
	return t.Before[at].Mean
}

// asked returns the measures of targets, then the held ones.
func (t Task) asked() []string { return slices.Concat(t.Measures(), t.Hold) }

// aside returns the task with other targets and values to keep: each asked
// measure is to come out so much higher, in its own unit.
func (t Task) aside(by []float64) Task {
	targets := make([]Target, len(t.Targets))
	for i, target := range t.Targets {
		targets[i] = target.shift(by[i])
	}
	keep := slices.Clone(t.Keep)
	floats.Add(keep, by[len(targets):])
	t.Targets, t.Keep = targets, keep
	return t
}

// misses returns by how much values of the asked measures, in the order of asked,
// miss: targets, then held ones.
func (t Task) misses(values []float64) []float64 {
	misses := make([]float64, len(values))
	for i, value := range values {
		if i < len(t.Targets) {
			misses[i] = t.Targets[i].Miss(value)
		} else {
			misses[i] = value - t.Keep[i-len(t.Targets)]
		}
	}
	return misses
}

// Proposal is a method's answer before it is judged: a code to decode or, of a
// method that has no codes, circuits.
type Proposal struct {
	Code     []float64
	Circuits []*circuit.Circuit
	// Step is the signed distance from the start; 0 without a code.
	Step float64
	// OutOfReach says that the method knows of nothing that comes within
	// HitWithin of all targets; what it proposes is the nearest that it found.
	OutOfReach bool
	// Spent circuits were decoded, or measured, on the way.
	Spent int
	// Note says in words what a reader of the answer should know, such as why a
	// target is out of reach.
	Note string
}

// check says whether there is something to judge: a code inside the ball, or
// circuits.
func (p Proposal) check(dim int) error {
	if p.Code == nil {
		if len(p.Circuits) == 0 {
			return errors.New("it proposed neither a code nor circuits")
		}
		return nil
	}
	if len(p.Code) != dim {
		return fmt.Errorf("it proposed a code of %d dimensions, the decoder has %d", len(p.Code), dim)
	}
	if length, radius := norm(p.Code), Radius(dim); !(length <= radius*(1+1e-9)) {
		return fmt.Errorf("it proposed a code %.3g from the origin, outside the ball of radius %.3g", length, radius)
	}
	return nil
}

// Stay is the baseline that answers every request with its start.
type Stay struct{}

// Name returns "no step".
func (Stay) Name() string { return "no step" }

// Propose returns the start.
func (Stay) Propose(_ context.Context, t Task, _ *rand.Rand) (Proposal, error) {
	return Proposal{Code: slices.Clone(t.Start)}, nil
}

// Random is the baseline that goes as far as another method, in a direction
// drawn uniformly. Where that would leave the ball it stops at the surface and
// says so. The other method must answer with codes.
type Random struct {
	Like Method
}

// Name returns "random direction".
func (Random) Name() string { return "random direction" }

// Propose returns a code as far from the start as that of the other method.
func (b Random) Propose(ctx context.Context, t Task, rng *rand.Rand) (Proposal, error) {
	like, err := b.Like.Propose(ctx, t, rng)
	if err != nil {
		return Proposal{}, err
	}
	if like.Code == nil {
		return Proposal{}, fmt.Errorf("steer: random direction: %s answers with circuits, and has no step to take", b.Like.Name())
	}
	v := make([]float64, len(t.Start))
	for i := range v {
		v[i] = rng.NormFloat64()
	}
	floats.Scale(1/norm(v), v)
	p := move(t.Start, v, floats.Distance(like.Code, t.Start, 2))
	p.Spent = like.Spent
	return p, nil
}

// Baselines returns what belongs beside every number of a method that answers
// with codes.
func Baselines(m Method) []Method { return []Method{Stay{}, Random{Like: m}} }
