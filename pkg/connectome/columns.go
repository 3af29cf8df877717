package connectome

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/seed"
)

// Shape is how a circuit is cut out of a reconstruction.
type Shape string

// The shapes.
const (
	// Column is a cylinder along depth.
	Column Shape = "column"
	// Ball is a sphere, for tissue that is not a sheet or where neighbours in depth
	// matter as much as those across.
	Ball Shape = "ball"
	// Walk is what a random walk with restarts visits, along edges either way: an
	// anatomical neighbourhood, where there are no positions.
	Walk Shape = "walk"
	// Hops is all within some number of steps of a neuron.
	Hops Shape = "hops"
)

// ColumnConfig says how circuits are cut: their shape, and the band that their
// neuron count falls in.
type ColumnConfig struct {
	// Shape; "" means Column where neurons have positions, else Walk.
	Shape Shape `json:"shape,omitempty"`
	// MinNeurons and MaxNeurons, both included. Defaults 81 and 100, those of
	// Liu, Li & Chen (arXiv:2505.13011).
	MinNeurons int `json:"min_neurons,omitempty"`
	MaxNeurons int `json:"max_neurons,omitempty"`
}

func (c ColumnConfig) withDefaults() ColumnConfig {
	c.MinNeurons = cmp.Or(c.MinNeurons, 81)
	c.MaxNeurons = cmp.Or(c.MaxNeurons, max(100, c.MinNeurons))
	return c
}

// draw returns a neuron count of the band.
func (c ColumnConfig) draw(rng *rand.Rand) int {
	return c.MinNeurons + rng.IntN(c.MaxNeurons-c.MinNeurons+1)
}

// Validate reports an empty band or an unknown shape.
func (c ColumnConfig) Validate() error {
	c = c.withDefaults()
	switch c.Shape {
	case "", Column, Ball, Walk, Hops:
	default:
		return fmt.Errorf("connectome: columns: shape %q: use %q, %q, %q or %q", c.Shape, Column, Ball, Walk, Hops)
	}
	if c.MinNeurons < 1 || c.MaxNeurons < c.MinNeurons {
		return fmt.Errorf("connectome: columns: a band of %d to %d neurons is empty", c.MinNeurons, c.MaxNeurons)
	}
	return nil
}

// tries is how often a column that does not fit is drawn again.
const tries = 2000

// Columns cuts count columns, or balls where cfg.Shape says so, of one split: the
// centre uniform over where columns fit (of a ball, as deep as a soma of the
// block), the neuron count uniform over the band, the radius such that it holds
// them. A column lies wholly inside one block and the tissue. Circuits are in
// canonical order; their origin names block, split and radius. Column i depends
// on seed and i only.
func Columns(ctx context.Context, c *Connectome, p *Partition, split Split, count int, cfg ColumnConfig, s seed.Seed) ([]*circuit.Circuit, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.Shape == Ball {
		k, err := newBalls(c, p, split, cfg.withDefaults())
		if err != nil {
			return nil, err
		}
		return cutAll(ctx, k.cut, split, count, s)
	}
	cutter, err := newCutter(c, p, split, cfg.withDefaults())
	if err != nil {
		return nil, err
	}
	return cutAll(ctx, cutter.cut, split, count, s)
}

// Neighbourhoods cuts count circuits of one split out of regions, where there are
// no positions; cfg.Shape says how ("" means Walk). Region, start and neuron
// count are drawn uniformly. Circuits are in canonical order; circuit i depends
// on seed and i only.
func Neighbourhoods(ctx context.Context, c *Connectome, regions []Region, split Split, count int, cfg ColumnConfig, s seed.Seed) ([]*circuit.Circuit, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	k, err := newNeighbourhoods(c, regions, split, cfg.withDefaults())
	if err != nil {
		return nil, err
	}
	return cutAll(ctx, k.cut, split, count, s)
}

// cutAll draws circuits in parallel, each by its own stream.
func cutAll(ctx context.Context, cut func(*rand.Rand) (*circuit.Circuit, error), split Split, count int, s seed.Seed) ([]*circuit.Circuit, error) {
	columns := make([]*circuit.Circuit, count)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range columns {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return fmt.Errorf("connectome: columns: %w", err)
			}
			column, err := cut(s.Stream("column "+string(split), i))
			columns[i] = column
			return err
		})
	}
	return columns, group.Wait()
}
