package nullmodel

import (
	"context"
	"math"
	"math/rand/v2"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// Configuration returns a circuit in which every neuron has as many outputs and
// as many inputs: every such circuit is equally likely, up to what a finite chain
// leaves. With unobserved rows, outputs of observed rows and inputs
// from them are kept.
//
// The chain swaps the targets of two edges (a→b, c→d becomes a→d, c→b) and turns
// round directed cycles of three (a→b→c→a becomes a→c→b→a), without which some
// circuits would never be reached (Rao, Jana & Bandyopadhyay 1996, Sankhyā A
// 58:225; Berger & Müller-Hannemann 2010, doi:10.1007/978-3-642-16926-7_21). A
// step that would make an autapse or a second edge counts and changes nothing,
// since else circuits with many open ways would be preferred
// (Artzy-Randrup & Stone 2005, doi:10.1103/PhysRevE.72.056708).
func Configuration(c *circuit.Circuit, rng *rand.Rand) (*circuit.Circuit, error) {
	return once(configuration, c, rng)
}

var configuration = Model{
	Name:       "configuration",
	Preserves:  Preserved{Edges: Exactly, OutDegrees: Exactly, InDegrees: Exactly},
	Definition: "uniform over circuits with the same out- and in-degrees",
	Source:     "Rao, Jana & Bandyopadhyay 1996, Sankhyā A 58:225; Berger & Müller-Hannemann 2010, doi:10.1007/978-3-642-16926-7_21; Artzy-Randrup & Stone 2005, doi:10.1103/PhysRevE.72.056708",
	fit: func(_ context.Context, k *known) (law, error) {
		s := newSwaps(k.n, k.edges)
		s.steps = s.enough()
		return s, nil
	},
}

const (
	// stepsPerEdge is how many swaps that are not rejected each edge sees in the
	// mean, halved: a swap moves two. Ours.
	stepsPerEdge = 10
	// fewestSteps are made even where there are few edges, since there a chain
	// is cheap and cycles of three may be all that can change.
	fewestSteps = 1000
	// mostStepsPerEdge bounds the chain where nearly every swap is rejected.
	mostStepsPerEdge = 200
	// reversalEvery is how often a step tries a cycle of three instead of a swap.
	reversalEvery = 8
)

// swaps is the chain on circuits with given degrees. Its start is not changed;
// every draw runs on a copy.
//
// Edges are slots, ordered by source: a neuron's slots keep their source, since
// its out-degree stays, and only targets change place.
type swaps struct {
	n, words int
	bits     []uint64 // rows with the diagonal set, so that no autapse looks free
	source   []int32  // of a slot
	target   []int32
	first    []int32 // slot of each neuron, and one more
	slot     below
	steps    int
	weights  *weights // nil: none
	// without is set by tests that show what reversals are for.
	without bool
}

// newSwaps starts a chain.
func newSwaps(n int, edges []circuit.Edge) *swaps {
	s := &swaps{n: n, words: (n + 63) / 64, slot: newBelow(len(edges))}
	s.bits = make([]uint64, s.n*s.words)
	s.first = make([]int32, s.n+1)
	s.source, s.target = make([]int32, len(edges)), make([]int32, len(edges))
	for _, edge := range edges {
		s.first[edge.Pre+1]++
	}
	for i := range s.n {
		s.first[i+1] += s.first[i]
		s.flip(i, i)
	}
	next := append([]int32(nil), s.first...)
	for _, edge := range edges {
		e := next[edge.Pre]
		next[edge.Pre]++
		s.source[e], s.target[e] = int32(edge.Pre), int32(edge.Post)
		s.flip(edge.Pre, edge.Post)
	}
	return s
}

func (s *swaps) has(i, j int) bool { return s.bits[i*s.words+j>>6]>>(uint(j)&63)&1 == 1 }
func (s *swaps) flip(i, j int)     { s.bits[i*s.words+j>>6] ^= 1 << (uint(j) & 63) }

// enough is the number of steps of one draw: stepsPerEdge an edge, more where
// swaps of the start are often rejected.
func (s *swaps) enough() int {
	m := len(s.target)
	if m == 0 {
		return 0
	}
	rng := rand.New(rand.NewPCG(uint64(m), uint64(s.n))) // of the circuit alone, so that a fit is always the same
	open, tries := 0., min(max(m, 200), 20000)
	for range tries {
		e, f := s.slot.two(rng)
		a, b, c, d := int(s.source[e]), int(s.target[e]), int(s.source[f]), int(s.target[f])
		switch {
		case s.has(a, d) || s.has(c, b):
		case s.weights == nil:
			open++
		default:
			open += min(1, s.weights.ratio(s.n, a, b, c, d))
		}
	}
	perEdge := min(stepsPerEdge*float64(tries)/math.Max(open, 1), mostStepsPerEdge)
	return max(fewestSteps, int(perEdge*float64(m)))
}

// copied returns a chain that may be run.
func (s *swaps) copied() *swaps {
	d := *s
	d.bits = append([]uint64(nil), s.bits...)
	d.target = append([]int32(nil), s.target...)
	return &d
}

func (s *swaps) draw(rng *rand.Rand) []circuit.Edge {
	d := s.copied()
	d.run(d.steps, rng)
	return d.edges()
}

func (s *swaps) edges() []circuit.Edge {
	edges := make([]circuit.Edge, len(s.target))
	for e, post := range s.target {
		edges[e] = circuit.Edge{Pre: int(s.source[e]), Post: int(post)}
	}
	return edges
}

// run makes steps and returns how many changed something.
func (s *swaps) run(steps int, rng *rand.Rand) (changed int) {
	if len(s.target) == 0 {
		return 0
	}
	for step := range steps {
		if step%reversalEvery == 0 {
			if !s.without && s.reverse(rng) {
				changed++
			}
			continue
		}
		// Slots are drawn alike before and after: a swap is as likely as its
		// undoing, and the uniform law stands still.
		e, f := s.slot.two(rng)
		a, b, c, d := int(s.source[e]), int(s.target[e]), int(s.source[f]), int(s.target[f])
		if s.has(a, d) || s.has(c, b) {
			continue
		}
		if s.weights != nil {
			if ratio := s.weights.ratio(s.n, a, b, c, d); ratio < 1 && rng.Float64() >= ratio {
				continue
			}
		}
		s.flip(a, b)
		s.flip(a, d)
		s.flip(c, d)
		s.flip(c, b)
		s.target[e], s.target[f] = int32(d), int32(b)
		changed++
	}
	return changed
}

// reverse tries to turn a cycle of three round: a random edge a→b, a random
// output b→c. The cycle is found from each of its edges with the same sum of
// chances as its reverse, since out-degrees stay. Every other time it does
// nothing, so that a lone cycle is not turned in step with the chain.
func (s *swaps) reverse(rng *rand.Rand) bool {
	e, f, g, found := s.cycle(rng)
	if !found {
		return false
	}
	a, b, c := int(s.source[e]), int(s.target[e]), int(s.target[f])
	for _, p := range [...][2]int{{a, b}, {b, c}, {c, a}, {b, a}, {c, b}, {a, c}} {
		s.flip(p[0], p[1])
	}
	s.target[e], s.target[f], s.target[g] = int32(c), int32(a), int32(b)
	return true
}

// cycle looks for the slots of a cycle of three without an edge backwards.
func (s *swaps) cycle(rng *rand.Rand) (e, f, g int, found bool) {
	e, _ = s.slot.two(rng)
	a, b := int(s.source[e]), int(s.target[e])
	outputs := int(s.first[b+1] - s.first[b])
	if rng.Uint64()&1 == 0 || outputs == 0 {
		return 0, 0, 0, false
	}
	f = int(s.first[b]) + rng.IntN(outputs)
	c := int(s.target[f])
	if !s.has(c, a) || c == a || s.has(b, a) || s.has(c, b) || s.has(a, c) {
		return 0, 0, 0, false
	}
	return e, f, s.slotOf(c, a), true
}

// slotOf finds the slot of an edge that is there.
func (s *swaps) slotOf(pre, post int) int {
	for e := s.first[pre]; ; e++ {
		if int(s.target[e]) == post {
			return int(e)
		}
	}
}
