package nullmodel

import (
	"context"
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// Chain says how well the Markov chain of a null model forgets the circuit that
// it starts from. Times are integrated autocorrelation times, 1 + 2Σρ(t), in steps
// an edge: of two states that far apart, the second is half news. They are NaN
// where the chain cannot change the quantity.
type Chain struct {
	Model string
	// Edges of observed rows, and Steps of the draws that were judged.
	Edges, Steps int
	// Accepted is the share of steps that changed something.
	Accepted float64
	// Kept is the share of the circuit's edges that a draw still has; KeptForEver
	// what it is along a chain that is hundreds of draws long. SE are standard errors.
	Kept, KeptSE               float64
	KeptForEver, KeptForEverSE float64
	// KeptTime is of that share, MutualTime of the number of mutual pairs,
	// TriangleTime of the number of triangles, directions aside.
	KeptTime, MutualTime, TriangleTime float64
	// States is of how many states of the chain the times are.
	States int
}

// StepsPerEdge is the length of a draw in the unit of the times.
func (c Chain) StepsPerEdge() float64 { return float64(c.Steps) / float64(c.Edges) }

// Mixed reports whether draws are as good as independent of the circuit: they are
// at least five times as long as the longest time, which is itself a hundredth or
// less of the chain that it was measured on, and they keep no more and no fewer of
// the circuit's edges than the chain does in the long run, within four standard
// errors. A circuit without edges is mixed. It is evidence, not proof: a chain
// that never leaves a corner looks mixed (ours).
func (c Chain) Mixed() bool {
	if c.Edges == 0 {
		return true
	}
	for _, time := range []float64{c.KeptTime, c.MutualTime, c.TriangleTime} {
		if 5*time > c.StepsPerEdge() || 100*time > float64(c.States)*statesApart {
			return false
		}
	}
	return math.Abs(c.Kept-c.KeptForEver) <= 4*math.Hypot(c.KeptSE, c.KeptForEverSE)+1e-12
}

const (
	// mixingDraws are made, and mixingStates looked at, statesApart steps an edge
	// apart, after mixingBurn draws' worth of steps. Ours.
	mixingDraws  = 64
	mixingStates = 2048
	statesApart  = .25
	mixingBurn   = 20
)

// walker is a chain that can be watched.
type walker interface {
	run(steps int, rng *rand.Rand) (changed int)
	has(i, j int) bool
}

// Mixing measures the chain of a null model on a circuit, with draws of the given
// number of steps, or of as many as Draw makes where steps is 0. Models without a
// chain are an error; of degree_reciprocal, the chain is judged without its
// excursions. It takes as long as about 700 draws. The windowing of
// autocorrelation times is that of Sokal 1997, doi:10.1007/978-1-4899-0319-8_6.
func Mixing(ctx context.Context, m Model, c *circuit.Circuit, steps int, rng *rand.Rand) (Chain, error) {
	s, err := m.Fit(ctx, c)
	if err != nil {
		return Chain{}, err
	}
	start, usual, err := s.walk()
	if err != nil {
		return Chain{}, err
	}
	if steps < 0 {
		return Chain{}, fmt.Errorf("nullmodel: mixing of %s: %d steps: ask for 1 or more, or 0 for those of a draw", m.Name, steps)
	}
	if steps == 0 {
		steps = usual
	}
	edges := s.known.edges
	chain := Chain{Model: m.Name, Edges: len(edges), Steps: steps, States: mixingStates}
	if len(edges) == 0 {
		return chain, nil
	}
	var kept []float64
	for range mixingDraws {
		if err := ctx.Err(); err != nil {
			return Chain{}, fmt.Errorf("nullmodel: mixing of %s: %w", m.Name, err)
		}
		w := start()
		w.run(steps, rng)
		kept = append(kept, share(w, edges))
	}
	chain.Kept, chain.KeptSE = stat.MeanStdDev(kept, nil)
	chain.KeptSE /= math.Sqrt(mixingDraws)
	if err := chain.watch(ctx, start(), usual, s.known, rng); err != nil {
		return Chain{}, err
	}
	return chain, nil
}

// walk returns how to start the chain, and the steps of a draw.
func (s *Surrogates) walk() (start func() walker, steps int, err error) {
	switch l := s.law.(type) {
	case *swaps:
		return func() walker { return l.copied() }, l.steps, nil
	case *redraws:
		return func() walker { return l.copied() }, l.steps, nil
	}
	return nil, 0, fmt.Errorf("nullmodel: mixing of %s: it is drawn without a chain, so there is nothing to mix", s.model.Name)
}

// share is how much of a list of edges a chain has.
func share(w walker, edges []circuit.Edge) float64 {
	has := 0
	for _, e := range edges {
		if w.has(e.Pre, e.Post) {
			has++
		}
	}
	return float64(has) / float64(len(edges))
}

// watch follows one long chain.
func (c *Chain) watch(ctx context.Context, w walker, usual int, k *known, rng *rand.Rand) error {
	apart := max(1, int(statesApart*float64(c.Edges)))
	w.run(mixingBurn*usual, rng)
	kept, mutual, triangles := make([]float64, mixingStates), make([]float64, mixingStates), make([]float64, mixingStates)
	changed := 0
	seen := newSkeleton(k.n)
	for t := range mixingStates {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("nullmodel: mixing of %s: %w", c.Model, err)
		}
		changed += w.run(apart, rng)
		kept[t] = share(w, k.edges)
		mutual[t], triangles[t] = seen.count(w)
	}
	c.Accepted = float64(changed) / float64(apart*mixingStates)
	perEdge := float64(apart) / float64(c.Edges)
	time := autocorrelationTime(kept)
	c.KeptForEver = stat.Mean(kept, nil)
	if !math.IsNaN(time) {
		c.KeptForEverSE = stat.StdDev(kept, nil) * math.Sqrt(time/mixingStates)
	}
	c.KeptTime, c.MutualTime, c.TriangleTime = time*perEdge, autocorrelationTime(mutual)*perEdge, autocorrelationTime(triangles)*perEdge
	return nil
}

// skeleton counts what is connected, directions aside.
type skeleton struct {
	n, words int
	rows     []uint64
}

func newSkeleton(n int) *skeleton {
	words := (n + 63) / 64
	return &skeleton{n, words, make([]uint64, n*words)}
}

func (s *skeleton) row(i int) []uint64 { return s.rows[i*s.words : (i+1)*s.words] }

// count returns mutual pairs and triangles.
func (s *skeleton) count(w walker) (mutual, triangles float64) {
	clear(s.rows)
	for i := range s.n {
		for j := range i {
			there, back := w.has(i, j), w.has(j, i)
			if there || back {
				s.row(i)[j/64] |= 1 << (j % 64)
				s.row(j)[i/64] |= 1 << (i % 64)
			}
			if there && back {
				mutual++
			}
		}
	}
	for i := range s.n {
		for at, word := range s.row(i) {
			for ; word != 0; word &= word - 1 {
				j := 64*at + bits.TrailingZeros64(word)
				if j > i {
					break
				}
				for k, common := range s.row(i) {
					triangles += float64(bits.OnesCount64(common & s.row(j)[k]))
				}
			}
		}
	}
	return mutual, triangles / 3
}

// autocorrelationTime sums autocorrelations up to the first window that is five
// times as long as the sum (Sokal 1997); NaN of a series that does not vary.
func autocorrelationTime(x []float64) float64 {
	mean, variance := stat.PopMeanVariance(x, nil)
	if variance <= 1e-18*max(1, mean*mean) {
		return math.NaN()
	}
	time := 1.
	for lag := 1; lag < len(x)/2 && float64(lag) < 5*time; lag++ {
		sum := 0.
		for t := lag; t < len(x); t++ {
			sum += (x[t] - mean) * (x[t-lag] - mean)
		}
		time += 2 * sum / variance / float64(len(x))
	}
	return max(time, 1)
}
