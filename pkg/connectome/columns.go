package connectome

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"

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
	case "", Column, Walk, Hops:
	default:
		return fmt.Errorf("connectome: columns: shape %q: use %q, %q or %q", c.Shape, Column, Walk, Hops)
	}
	if c.MinNeurons < 1 || c.MaxNeurons < c.MinNeurons {
		return fmt.Errorf("connectome: columns: a band of %d to %d neurons is empty", c.MinNeurons, c.MaxNeurons)
	}
	return nil
}

// tries is how often a column that does not fit is drawn again.
const tries = 2000

// Columns cuts count columns of one split: the centre uniform over where
// columns fit, the neuron count uniform over the band, the radius by bisection.
// A column lies wholly inside one block and the tissue. Circuits are in
// canonical order; their origin names block, split and radius. Column i depends
// on seed and i only.
func Columns(ctx context.Context, c *Connectome, p *Partition, split Split, count int, cfg ColumnConfig, s seed.Seed) ([]*circuit.Circuit, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
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

// cutOut makes a circuit of the chosen neurons, in canonical order, that says
// where it was cut.
func (c *Connectome) cutOut(chosen []int, where circuit.Origin) (*circuit.Circuit, error) {
	cut, err := c.Circuit(chosen)
	if err != nil {
		return nil, err
	}
	origin := cut.Origin()
	where.Source, where.Factors = origin.Source, origin.Factors
	return cut.Canonical().WithOrigin(where), nil
}

// cutter draws columns of one split.
type cutter struct {
	tissue *Connectome
	part   *Partition
	cfg    ColumnConfig
	blocks []Block
	inside [][]int   // by block: the neurons in it
	room   []float64 // by block, running sum of room
}

func newCutter(c *Connectome, p *Partition, split Split, cfg ColumnConfig) (*cutter, error) {
	k := &cutter{tissue: c, part: p, cfg: cfg, blocks: p.Of(split)}
	if len(k.blocks) == 0 {
		return nil, fmt.Errorf("connectome: %s: columns: the partition has no block for %q", c.name, split)
	}
	total := 0.0
	k.inside = make([][]int, len(k.blocks))
	for b, block := range k.blocks {
		for i, n := range c.neurons {
			if n.Position.Known() && block.Holds(n.Position.X, n.Position.Y, 0) {
				k.inside[b] = append(k.inside[b], i)
			}
		}
		total += p.room(block)
		k.room = append(k.room, total)
	}
	return k, nil
}

// cut draws until a column fits.
func (k *cutter) cut(rng *rand.Rand) (*circuit.Circuit, error) {
	for range tries {
		at := rng.Float64() * k.room[len(k.room)-1]
		b, _ := slices.BinarySearch(k.room, at)
		b = min(b, len(k.blocks)-1)
		block := k.blocks[b]
		x := block.X0 + rng.Float64()*(block.X1-block.X0)
		y := block.Y0 + rng.Float64()*(block.Y1-block.Y0)
		target := k.cfg.draw(rng)
		chosen, radius := k.bisect(b, x, y, target)
		if chosen == nil || !k.part.fits(block, x, y, radius) {
			continue
		}
		return k.tissue.cutOut(chosen, circuit.Origin{Split: string(block.Split), Region: block.Name, Radius: radius})
	}
	return nil, fmt.Errorf("connectome: %s: columns: no column of %d to %d neurons fitted into the %s blocks in %d tries: make blocks larger or columns smaller",
		k.tissue.name, k.cfg.MinNeurons, k.cfg.MaxNeurons, k.blocks[0].Split, tries)
}

// bisect finds a radius round (x, y) that holds target neurons of the block, or
// where somata at equal distance make that impossible, a number in the band;
// nil when the block has too few.
func (k *cutter) bisect(block int, x, y float64, target int) (chosen []int, radius float64) {
	centre := circuit.Position{X: x, Y: y}
	type soma struct {
		neuron   int
		distance float64
	}
	somata := make([]soma, len(k.inside[block]))
	for j, i := range k.inside[block] {
		somata[j] = soma{i, k.tissue.neurons[i].Position.Horizontal(centre)}
	}
	slices.SortFunc(somata, func(a, b soma) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.neuron, b.neuron))
	})
	within := func(r float64) int {
		n, _ := slices.BinarySearchFunc(somata, r, func(s soma, r float64) int {
			if s.distance <= r {
				return -1
			}
			return 1
		})
		return n
	}
	if len(somata) < k.cfg.MinNeurons {
		return nil, 0
	}
	low, high := 0.0, somata[len(somata)-1].distance
	for range 60 {
		radius = (low + high) / 2
		switch n := within(radius); {
		case n == target:
			low, high = radius, radius
		case n < target:
			low = radius
		default:
			high = radius
		}
	}
	n := within(radius)
	if n < k.cfg.MinNeurons || n > k.cfg.MaxNeurons {
		return nil, 0
	}
	for _, s := range somata[:n] {
		chosen = append(chosen, s.neuron)
	}
	return chosen, radius
}
