package cortex

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/seed"
)

// version changes with anything that changes a sheet.
const version = 2

// Checksum names the sheet of a configuration and seed.
func Checksum(cfg Config, s seed.Seed) (string, error) {
	text, err := json.Marshal(cfg.withDefaults())
	if err != nil {
		return "", fmt.Errorf("cortex: %w", err)
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "cortex %d %s %d", version, text, uint64(s)))
	return hex.EncodeToString(sum[:]), nil
}

// New makes a sheet: about a second for the default size on two cores. The
// circuits of the connectome carry the true factors. The same configuration and
// seed give the same sheet on any number of cores.
func New(ctx context.Context, cfg Config, s seed.Seed) (*connectome.Connectome, error) {
	sheet, err := Grow(ctx, cfg, s)
	if err != nil {
		return nil, err
	}
	return sheet.Connectome(), nil
}

// Sheet is a synthetic sheet of cortex together with what it was made from.
type Sheet struct {
	cfg     Config
	rule    rule
	cells   []cell
	neurons []circuit.Neuron
	factors map[string][]float64 // by name, of every neuron
	places  *lattice
	grid    *grid
	tissue  *connectome.Connectome
}

// Grow makes the sheet that New returns, and keeps the truth of it: see
// [Sheet.Truth].
func Grow(ctx context.Context, cfg Config, s seed.Seed) (*Sheet, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	sh, err := populate(ctx, cfg.withDefaults(), s)
	if err != nil {
		return nil, err
	}
	edges, err := sh.edges(ctx, s)
	if err != nil {
		return nil, err
	}
	sum, err := Checksum(cfg, s)
	if err != nil {
		return nil, err
	}
	sh.tissue, err = connectome.New(connectome.Data{
		Name: "cortex", Neurons: sh.neurons, Edges: edges, Factors: sh.factors, Checksum: sum,
		Report: connectome.Report{Layout: "synthetic cortex", Notes: []string{
			"synthetic: the planted factors " + strings.Join(factorNames(), ", ") + " are known for every neuron",
			fmt.Sprintf("edges between somata more than %g µm apart across the sheet are left out", sh.cfg.Reach),
		}},
	})
	return sh, err
}

// Connectome returns the sheet's neurons and edges.
func (s *Sheet) Connectome() *connectome.Connectome { return s.tissue }

// populate draws the neurons, with their factors and effects.
func populate(ctx context.Context, cfg Config, s seed.Seed) (*Sheet, error) {
	n := cfg.Neurons
	sh := &Sheet{cfg: cfg, rule: rule{logRatios()}, cells: make([]cell, n), neurons: make([]circuit.Neuron, n)}
	places := newLattice(cfg, func(name string) *rand.Rand { return s.Stream("field " + name) })
	if err := places.solve(ctx, typicalPairs()); err != nil {
		return nil, err
	}
	sh.places = places
	sh.factors = make(map[string][]float64, factorCount)
	for _, f := range factors {
		sh.factors[f.Name] = make([]float64, n)
	}
	sh.grid = newGrid(n, cfg.side(), cfg.Reach, s.Stream("somata"))
	rng := s.Stream("neurons")
	for i := range sh.cells {
		x, y := sh.grid.somata[i][0], sh.grid.somata[i][1]
		at := places.between(x, y)
		sh.cells[i], sh.neurons[i] = newCell(strconv.Itoa(i), x, y, at, rng)
		for k, f := range factors {
			sh.factors[f.Name][i] = at.factors[k]
		}
	}
	return sh, nil
}

// newCell draws a neuron at a place of the sheet. However the factors are, it
// takes the same numbers from rng, so that sheets that differ in a factor differ
// by it alone.
func newCell(id string, x, y float64, at node, rng *rand.Rand) (cell, circuit.Neuron) {
	k := drawClass(at.factors[eShare], rng)
	layer, depth := drawDepth(classes[k], rng)
	c := cell{x: x, y: y, depth: depth, group: groupOf(k, layer), within: withinLayer(layer, depth), place: placeOf(at)}
	c.effects(rng)
	return c, circuit.Neuron{
		ID: id, Class: classes[k].name, Layer: layers[layer].name, Sign: classes[k].sign,
		Position: circuit.Position{X: x, Y: y, Depth: depth},
	}
}

// effects draws those of a neuron.
func (c *cell) effects(rng *rand.Rand) {
	c.community = rng.IntN(communities)
	c.sender = c.spread * rng.NormFloat64()
	c.receiver = receiverShare * c.spread * rng.NormFloat64()
}

// chunk is how many neurons one worker takes at a time.
const chunk = 512

// edges draws all pairs within reach, every pair by a stream of its first
// neuron.
func (s *Sheet) edges(ctx context.Context, root seed.Seed) ([]circuit.Edge, error) {
	parts := make([][]circuit.Edge, (len(s.cells)+chunk-1)/chunk)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for k := range parts {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return fmt.Errorf("cortex: %w", err)
			}
			rng := root.Stream("edges", k)
			var near []int
			for i := k * chunk; i < min((k+1)*chunk, len(s.cells)); i++ {
				a := &s.cells[i]
				near = s.grid.within(near[:0], a.x, a.y, s.cfg.Reach, i+1)
				for _, j := range near {
					p, q, both := s.rule.outcomes(a, &s.cells[j])
					parts[k] = connect(parts[k], i, j, p, q, both, rng.Float64())
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	total := 0
	for _, part := range parts {
		total += len(part)
	}
	all := make([]circuit.Edge, 0, total)
	for _, part := range parts {
		all = append(all, part...)
	}
	return all, nil
}
