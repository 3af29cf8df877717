package steer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// BlockModel is the baseline of who connects to whom by class alone: a stochastic
// block model (Holland, Laskey & Leinhardt 1983, doi:10.1016/0378-8733(83)90021-7)
// of real circuits, its rates scaled until the density is as asked. Pairs are
// independent, so there is nothing in it to turn for reciprocity, motifs or
// uneven degrees: see Addresses.
type BlockModel struct {
	circuits []*circuit.Circuit
	logits   map[block]float64 // of the probability of an edge
}

// kind is what the model knows of a neuron, and block a pair of kinds, pre first.
type kind struct {
	class circuit.Class
	sign  circuit.Sign
}
type block [2]kind

func kindOf(n circuit.Neuron) kind { return kind{n.Class, n.Sign} }

// NewBlockModel pools the edges of circuits by the classes of pre and post; only
// observed rows count. Half an edge is added to each block and to its complement,
// so that no probability is 0 or 1; it is one half in a block that was never
// observed. Answers have the neurons of these circuits, one after the other.
func NewBlockModel(circuits []*circuit.Circuit) (BlockModel, error) {
	if len(circuits) == 0 {
		return BlockModel{}, errors.New("steer: block model: there are no circuits: give those that the reference was taken from")
	}
	edges, pairs := map[block]float64{}, map[block]float64{}
	for _, c := range circuits {
		for i, pre := range c.Neurons() {
			if !c.Observed(i) {
				continue
			}
			for j, post := range c.Neurons() {
				if i == j {
					continue
				}
				at := block{kindOf(pre), kindOf(post)}
				pairs[at]++
				if c.Has(i, j) {
					edges[at]++
				}
			}
		}
	}
	m := BlockModel{slices.Clone(circuits), map[block]float64{}}
	for at, n := range pairs {
		m.logits[at] = math.Log((edges[at] + .5) / (n - edges[at] + .5))
	}
	return m, nil
}

// Name returns "sbm".
func (BlockModel) Name() string { return "sbm" }

// signPairs are the densities between signs, by measure.
var signPairs = map[string][2]circuit.Sign{
	"density_ee": {circuit.Excitatory, circuit.Excitatory}, "density_ei": {circuit.Excitatory, circuit.Inhibitory},
	"density_ie": {circuit.Inhibitory, circuit.Excitatory}, "density_ii": {circuit.Inhibitory, circuit.Inhibitory},
}

// overall are the measures that are the density times what neurons alone say.
var overall = []string{"density", "edges", "out_degree_mean", "in_degree_mean"}

// blocksOf tells of which blocks an addressed measure is the density, and how large
// a part of the whole that is: 0 a pair of classes, 1 one of signs, 2 all.
func blocksOf(measure string) (in func(block) bool, part int, ok bool) {
	if pre, post, ok := classPair(measure); ok {
		return func(b block) bool { return b[0].class == pre && b[1].class == post }, 0, true
	}
	if signs, ok := signPairs[measure]; ok {
		return func(b block) bool { return b[0].sign == signs[0] && b[1].sign == signs[1] }, 1, true
	}
	return func(block) bool { return true }, 2, slices.Contains(overall, measure)
}

// Addresses reports whether scaling rates can bring about any value of a measure:
// density and what is proportional to it, and the densities between signs or
// between classes.
func (BlockModel) Addresses(measure string) bool {
	_, _, ok := blocksOf(measure)
	return ok
}

// Propose draws a circuit for each sample, on the neurons of one real circuit after
// the other. Its expected density is as asked, or as held, exactly, unless all pairs
// would have to be connected: densities between classes first, by their own blocks,
// then those between signs, then that of all, by one factor of the odds in blocks
// that are still free, since nothing would be left to scale the other way round. A
// request with targets that it does not address is out of its reach, which the
// note says; the rest of it is answered.
func (m BlockModel) Propose(ctx context.Context, t Task, rng *rand.Rand) (Proposal, error) {
	p := Proposal{}
	var cannot []string
	for _, target := range t.Targets {
		if !m.Addresses(target.Measure) {
			cannot = append(cannot, target.Measure)
		}
	}
	if len(cannot) > 0 {
		p.OutOfReach, p.Note = true, "a block model has no means to change "+strings.Join(cannot, ", ")
	}
	order := slices.DeleteFunc(t.asked(), func(name string) bool { return !m.Addresses(name) })
	slices.SortStableFunc(order, func(a, b string) int {
		_, partA, _ := blocksOf(a)
		_, partB, _ := blocksOf(b)
		return cmp.Compare(partA, partB)
	})
	missed := map[string]float64{}
	for k := range t.Samples {
		if err := ctx.Err(); err != nil {
			return Proposal{}, fmt.Errorf("steer: block model: %w", err)
		}
		c := m.circuits[k%len(m.circuits)]
		w := m.rates(c)
		for _, name := range order {
			missed[name] += w.scale(t, name) / float64(t.Samples)
		}
		drawn, err := c.WithEdges(w.draw(rng))
		if err != nil {
			return Proposal{}, fmt.Errorf("steer: block model: %w", err)
		}
		if drawn, err = drawn.WithObserved(nil); err != nil {
			return Proposal{}, fmt.Errorf("steer: block model: %w", err)
		}
		p.Circuits = append(p.Circuits, drawn.WithOrigin(circuit.Origin{Source: "sbm"}))
	}
	for _, target := range t.Targets {
		if math.Abs(missed[target.Measure]) > 1e-3*math.Max(math.Abs(target.From), math.Abs(target.To)) {
			p.OutOfReach = true
		}
	}
	return p, nil
}

// rates are the blocks of one circuit, in the order in which they occur.
type rates struct {
	c      *circuit.Circuit
	at     map[block]int
	blocks []blockRate
}

// blockRate is the log-odds of an edge in a block of so many pairs; a fixed one was
// scaled already.
type blockRate struct {
	of    block
	pairs float64
	logit float64
	fixed bool
}

func (m BlockModel) rates(c *circuit.Circuit) *rates {
	w := &rates{c: c, at: map[block]int{}}
	for i, pre := range c.Neurons() {
		for j, post := range c.Neurons() {
			if i == j {
				continue
			}
			of := block{kindOf(pre), kindOf(post)}
			k, known := w.at[of]
			if !known {
				k = len(w.blocks)
				w.at[of] = k
				w.blocks = append(w.blocks, blockRate{of: of, logit: m.logits[of]})
			}
			w.blocks[k].pairs++
		}
	}
	return w
}

// scale shifts the log-odds of the blocks of an addressed measure, except for those
// that are fixed, until its expected value is the one asked or kept, and returns by
// how much it misses still. The blocks become fixed.
func (w *rates) scale(t Task, measure string) (missed float64) {
	in, _, _ := blocksOf(measure)
	var free []*blockRate
	pairs := 0.
	for k := range w.blocks {
		b := &w.blocks[k]
		if in(b.of) {
			free, pairs = append(free, b), pairs+b.pairs
		}
	}
	unit := pairs // edges that are one of the measure
	switch measure {
	case "edges":
		unit = 1
	case "out_degree_mean", "in_degree_mean":
		unit = float64(w.c.Len())
	}
	if pairs == 0 {
		return 0
	}
	wanted := unit * wantedOf(t, measure, expected(free, 0)/unit)
	if math.IsNaN(wanted) {
		return 0
	}
	low, high := -40., 40. // odds of e^−40 are as good as none
	for range 60 {
		if middle := (low + high) / 2; expected(free, middle) < wanted {
			low = middle
		} else {
			high = middle
		}
	}
	missed = (expected(free, high) - wanted) / unit
	for _, b := range free {
		if !b.fixed {
			b.logit += high
		}
		b.fixed = true
	}
	return missed
}

// wantedOf returns the value of a measure nearest to the present one that a task
// asks for, or keeps.
func wantedOf(t Task, measure string, present float64) float64 {
	if k := slices.Index(t.Measures(), measure); k >= 0 {
		return t.Targets[k].nearest(present)
	}
	return t.Keep[slices.Index(t.Hold, measure)]
}

// expected is the number of edges in blocks after a shift of those that are not
// fixed.
func expected(blocks []*blockRate, shift float64) (total float64) {
	for _, b := range blocks {
		if b.fixed {
			total += b.pairs / (1 + math.Exp(-b.logit))
		} else {
			total += b.pairs / (1 + math.Exp(-b.logit-shift))
		}
	}
	return total
}

func (w *rates) draw(rng *rand.Rand) []circuit.Edge {
	probability := make([]float64, len(w.blocks))
	for k, b := range w.blocks {
		probability[k] = 1 / (1 + math.Exp(-b.logit))
	}
	var edges []circuit.Edge
	for i, pre := range w.c.Neurons() {
		for j, post := range w.c.Neurons() {
			if i != j && rng.Float64() < probability[w.at[block{kindOf(pre), kindOf(post)}]] {
				edges = append(edges, circuit.Edge{Pre: i, Post: j})
			}
		}
	}
	return edges
}
