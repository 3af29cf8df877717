package cortex

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"runtime"
	"strconv"

	"golang.org/x/sync/errgroup"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/seed"
)

// Specimen is a circuit with its truth.
type Specimen struct {
	Circuit *circuit.Circuit
	Truth   *Truth
}

// Circuits makes independent columns: no two share tissue, as columns of one
// sheet may. Factors that the blueprint names are those of every column; each of
// the others is drawn evenly from its range for each column, and is the same all
// over it. So an empty blueprint gives the population that sheets are from, and
// the blueprint of a circuit, Origin().Factors, gives others of its kind.
//
// The neuron count is uniform over the band; density is planted for it. Circuits
// are in canonical order, each is a region of its own. Circuit i depends on
// blueprint, band, seed and i only; blueprints that differ in one factor give
// circuits that differ by it alone, made from the same random numbers. About a
// millisecond each.
func Circuits(ctx context.Context, b Blueprint, count int, band connectome.ColumnConfig, s seed.Seed) ([]*circuit.Circuit, error) {
	specimens, err := Specimens(ctx, b, count, band, s)
	if err != nil {
		return nil, err
	}
	circuits := make([]*circuit.Circuit, count)
	for i, specimen := range specimens {
		circuits[i] = specimen.Circuit
	}
	return circuits, nil
}

// Specimens makes the circuits of Circuits, with their truth.
func Specimens(ctx context.Context, b Blueprint, count int, band connectome.ColumnConfig, s seed.Seed) ([]Specimen, error) {
	if err := b.Validate(); err != nil {
		return nil, err
	}
	if err := band.Validate(); err != nil {
		return nil, fmt.Errorf("cortex: circuits: %w", err)
	}
	if count < 0 {
		return nil, fmt.Errorf("cortex: circuits: %d circuits: ask for 0 or more", count)
	}
	band.MinNeurons = cmp.Or(band.MinNeurons, fewest)
	band.MaxNeurons = cmp.Or(band.MaxNeurons, max(most, band.MinNeurons))
	m := maker{blueprint: b, band: band, rule: rule{logRatios()}, typical: typicalPairs()}
	specimens := make([]Specimen, count)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range specimens {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return fmt.Errorf("cortex: circuits: %w", err)
			}
			var err error
			specimens[i], err = m.specimen(i, s.Sub("circuit", i))
			return err
		})
	}
	return specimens, group.Wait()
}

// The default band, that of connectome.ColumnConfig.
const fewest, most = 81, 100

// maker makes independent columns.
type maker struct {
	blueprint Blueprint
	band      connectome.ColumnConfig
	rule      rule
	typical   *typical
}

func (m maker) specimen(number int, s seed.Seed) (Specimen, error) {
	var at node
	rng := s.Stream("factors")
	for k := range at.factors {
		at.factors[k] = valueAt(k, rng.Float64())
	}
	m.blueprint.fix(&at.factors)
	rng = s.Stream("neurons")
	n := m.band.MinNeurons + rng.IntN(m.band.MaxNeurons-m.band.MinNeurons+1)
	solver := newSolver(m.typical)
	solver.radius = radius(n, perArea)
	solver.solve(&at)

	cells, neurons := make([]cell, n), make([]circuit.Neuron, n)
	for i := range n {
		x, y := inDisc(rng)
		cells[i], neurons[i] = newCell(strconv.Itoa(number)+"."+strconv.Itoa(i), x*solver.radius, y*solver.radius, at, rng)
	}
	rng = s.Stream("edges")
	var edges []circuit.Edge
	for i := range n {
		for j := range i {
			p, q, both := m.rule.outcomes(&cells[i], &cells[j])
			edges = connect(edges, i, j, p, q, both, rng.Float64())
		}
	}
	c, err := circuit.New(neurons, edges)
	if err != nil {
		return Specimen{}, fmt.Errorf("cortex: circuits: %w", err)
	}
	c = c.WithOrigin(circuit.Origin{
		Source: "cortex", Region: "circuit-" + strconv.Itoa(number), Radius: solver.radius, Factors: at.factors.blueprint(),
	})
	truth := &Truth{circuit: c, rule: m.rule, cells: cells, reach: math.Inf(1)}
	truth, err = truth.With(c.Canonical())
	if err != nil {
		return Specimen{}, fmt.Errorf("cortex: circuits: %w", err)
	}
	return Specimen{truth.circuit, truth}, nil
}
