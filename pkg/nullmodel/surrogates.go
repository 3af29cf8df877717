package nullmodel

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/seed"
)

// law is a null model fitted to one circuit. It is not changed by drawing.
type law interface {
	// draw returns the edges of observed rows, in any order.
	draw(rng *rand.Rand) []circuit.Edge
}

// Surrogates is a null model fitted to one circuit: draws are made from it, by
// several goroutines at once if need be.
type Surrogates struct {
	model Model
	known *known
	law   law
}

// Fit makes what draws need, once. The error says what the circuit lacks, such
// as classes or positions, that a fit did not converge, or that ctx is over.
func (m Model) Fit(ctx context.Context, c *circuit.Circuit) (*Surrogates, error) {
	if m.fit == nil {
		return nil, fmt.Errorf("nullmodel: fit: the model is empty: take one of Models, or Find")
	}
	k := knownOf(c)
	l, err := m.fit(ctx, k)
	if err != nil {
		return nil, fmt.Errorf("nullmodel: fit %s: %w", m.Name, err)
	}
	return &Surrogates{m, k, l}, nil
}

// Model returns the null model that was fitted.
func (s *Surrogates) Model() Model { return s.model }

// Draw returns one surrogate: the same neurons, mask and origin with other edges.
func (s *Surrogates) Draw(rng *rand.Rand) (*circuit.Circuit, error) {
	edges := s.law.draw(rng)
	d, err := s.known.c.WithEdges(append(edges, s.known.fixed...))
	if err != nil {
		return nil, fmt.Errorf("nullmodel: draw %s: %w", s.model.Name, err)
	}
	return d, nil
}

// Draws returns count surrogates of a circuit, made on all cores. Draw i has its
// own stream of the seed, so that the draws are the same on any number of cores,
// and the first draws of a longer list those of a shorter.
func Draws(ctx context.Context, m Model, c *circuit.Circuit, count int, s seed.Seed) ([]*circuit.Circuit, error) {
	draws := make([]*circuit.Circuit, max(0, count))
	err := Each(ctx, m, c, count, s, func(i int, d *circuit.Circuit) error {
		draws[i] = d
		return nil
	})
	if err != nil {
		return nil, err
	}
	return draws, nil
}

// Each calls f with each of the surrogates that Draws would return, and keeps
// none. It calls f from several goroutines at once and in no order: what f makes
// of draw i belongs in place i of something. The first error ends it.
func Each(ctx context.Context, m Model, c *circuit.Circuit, count int, s seed.Seed, f func(i int, draw *circuit.Circuit) error) error {
	if count < 0 {
		return fmt.Errorf("nullmodel: %d draws of %s: ask for 0 or more", count, m.Name)
	}
	fitted, err := m.Fit(ctx, c)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	var next atomic.Int64
	for range min(runtime.GOMAXPROCS(0), count) {
		group.Go(func() error {
			for i := int(next.Add(1) - 1); i < count; i = int(next.Add(1) - 1) {
				if err := ctx.Err(); err != nil {
					return fmt.Errorf("nullmodel: draws of %s: %w", m.Name, err)
				}
				d, err := fitted.Draw(s.Stream("surrogate", i))
				if err != nil {
					return err
				}
				if err := f(i, d); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// once fits and draws.
func once(m Model, c *circuit.Circuit, rng *rand.Rand) (*circuit.Circuit, error) {
	s, err := m.Fit(context.Background(), c)
	if err != nil {
		return nil, err
	}
	return s.Draw(rng)
}
