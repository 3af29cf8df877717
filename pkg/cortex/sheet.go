package cortex

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"strconv"

	"golang.org/x/sync/errgroup"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/seed"
)

// version changes with anything that changes a sheet.
const version = 1

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
// connectome's Circuit carries the true factors. The same configuration and
// seed give the same sheet on any number of cores.
func New(ctx context.Context, cfg Config, s seed.Seed) (*connectome.Connectome, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	sh := newSheet(cfg.withDefaults(), s)
	edges, err := sh.edges(ctx, s)
	if err != nil {
		return nil, err
	}
	sum, err := Checksum(cfg, s)
	if err != nil {
		return nil, err
	}
	return connectome.New(connectome.Data{
		Name: "cortex", Neurons: sh.neurons, Edges: edges, Factors: sh.factors, Checksum: sum,
		Report: connectome.Report{Layout: "synthetic cortex", Notes: []string{
			"synthetic: planted factors density, reciprocity and heterogeneity are known for every neuron",
			fmt.Sprintf("edges between somata more than %g µm apart across the sheet are left out", cfg.withDefaults().Reach),
		}},
	})
}

// sheet is neurons with their factors and what follows from those.
type sheet struct {
	cfg              Config
	neurons          []circuit.Neuron
	group            []int // class and layer, an index into ratios
	ratios           [][]float64
	factors          map[string][]float64
	sender, receiver []float64
	intercept        []float64 // by neuron; a pair has the mean of both
	logOdds          []float64
	grid             *grid
}

func newSheet(cfg Config, s seed.Seed) *sheet {
	n := cfg.Neurons
	sh := &sheet{cfg: cfg, neurons: make([]circuit.Neuron, n), group: make([]int, n), ratios: logRatios()}
	x, y := make([]float64, n), make([]float64, n)
	rng := s.Stream("neurons")
	for i := range sh.neurons {
		k := drawClass(rng)
		layer, depth := drawDepth(classes[k], rng)
		x[i], y[i] = rng.Float64()*cfg.side(), rng.Float64()*cfg.side()
		sh.group[i] = k*len(layers) + layer
		sh.neurons[i] = circuit.Neuron{
			ID: strconv.Itoa(i), Class: classes[k].name, Layer: layers[layer].name, Sign: classes[k].sign,
			Position: circuit.Position{X: x[i], Y: y[i], Depth: depth},
		}
	}
	sh.grid = newGrid(x, y, cfg.side(), cfg.Reach)
	sh.factors = blueprint(x, y, cfg.Correlation, func(name string) *rand.Rand { return s.Stream("field " + name) })
	solved := solve(sh.typicalTerms(s.Stream("typical columns")))
	sh.sender, sh.receiver = make([]float64, n), make([]float64, n)
	sh.intercept, sh.logOdds = make([]float64, n), make([]float64, n)
	effects := s.Stream("effects")
	for i := range n {
		spread := sh.factors[Heterogeneity][i]
		sh.sender[i] = spread * effects.NormFloat64()
		sh.receiver[i] = receiverShare * spread * effects.NormFloat64()
		sh.intercept[i], sh.logOdds[i] = solved.interpolate(sh.factors[Density][i], sh.factors[Reciprocity][i], spread)
	}
	return sh
}

// part is the log-odds of i→j without intercept and effects.
func (s *sheet) part(i, j int) float64 {
	return s.ratios[s.group[i]][s.group[j]] - s.distance(i, j)/lambda
}

// distance is that of two somata in µm.
func (s *sheet) distance(i, j int) float64 {
	p, q := &s.neurons[i].Position, &s.neurons[j].Position
	dx, dy, dz := p.X-q.X, p.Y-q.Y, p.Depth-q.Depth
	return math.Sqrt(dx*dx + dy*dy + dz*dz)
}

// probability is that of i→j.
func (s *sheet) probability(i, j int) float64 {
	return logistic((s.intercept[i]+s.intercept[j])/2 + s.part(i, j) + s.sender[i] + s.receiver[j])
}

// chunk is how many neurons one worker takes at a time.
const chunk = 512

// edges draws all pairs within reach, every pair by a stream of its first
// neuron.
func (s *sheet) edges(ctx context.Context, root seed.Seed) ([]circuit.Edge, error) {
	parts := make([][]circuit.Edge, (len(s.neurons)+chunk-1)/chunk)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for k := range parts {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return fmt.Errorf("cortex: %w", err)
			}
			rng := root.Stream("edges", k)
			var near []int
			for i := k * chunk; i < min((k+1)*chunk, len(s.neurons)); i++ {
				p := s.neurons[i].Position
				near = s.grid.within(near[:0], p.X, p.Y, s.cfg.Reach)
				for _, j := range near {
					if j > i {
						parts[k] = s.drawPair(parts[k], i, j, rng.Float64())
					}
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

// drawPair appends what u in [0, 1) makes of a pair.
func (s *sheet) drawPair(edges []circuit.Edge, i, j int, u float64) []circuit.Edge {
	p, q := s.probability(i, j), s.probability(j, i)
	both := bothWays(p, q, math.Exp((s.logOdds[i]+s.logOdds[j])/2))
	if u < p { // both, then forth alone, then back alone
		edges = append(edges, circuit.Edge{Pre: i, Post: j})
	}
	if u < both || u >= p && u < p+q-both {
		edges = append(edges, circuit.Edge{Pre: j, Post: i})
	}
	return edges
}
