package steer

import (
	"context"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"
)

// Method answers requests with codes.
type Method interface {
	// Name of the method, as results and figures show it.
	Name() string
	// Propose returns the code to decode for a request, which comes resolved:
	// its target is absolute, its start is there and inside the ball. The code
	// must be inside too. Methods that draw nothing ignore rng.
	Propose(ctx context.Context, r Request, rng *rand.Rand) (Proposal, error)
}

// Proposal is a method's answer before it is decoded.
type Proposal struct {
	Code []float64
	// Step is the signed distance from the start.
	Step float64
	// OutOfReach says that the method would have gone on, but for the ball or
	// the end of the decoder's response; the code is then the nearest it found.
	OutOfReach bool
}

// Stay is the baseline that answers every request with its start.
type Stay struct{}

// Name returns "no step".
func (Stay) Name() string { return "no step" }

// Propose returns the start.
func (Stay) Propose(_ context.Context, r Request, _ *rand.Rand) (Proposal, error) {
	return Proposal{Code: slices.Clone(r.Start)}, nil
}

// Random is the baseline that goes as far as another method, in a direction
// drawn uniformly. Where that would leave the ball it stops at the surface and
// says so.
type Random struct {
	Like Method
}

// Name returns "random direction".
func (Random) Name() string { return "random direction" }

// Propose returns a code as far from the start as that of the other method.
func (b Random) Propose(ctx context.Context, r Request, rng *rand.Rand) (Proposal, error) {
	like, err := b.Like.Propose(ctx, r, rng)
	if err != nil {
		return Proposal{}, err
	}
	v := make([]float64, len(r.Start))
	for i := range v {
		v[i] = rng.NormFloat64()
	}
	floats.Scale(1/norm(v), v)
	return move(r.Start, v, floats.Distance(like.Code, r.Start, 2)), nil
}

// Baselines returns what belongs beside every number of a method.
func Baselines(m Method) []Method { return []Method{Stay{}, Random{Like: m}} }
