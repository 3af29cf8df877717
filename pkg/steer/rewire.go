package steer

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"

	"golang.org/x/sync/errgroup"
	"gonum.org/v1/gonum/floats"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// Rewire is the baseline that needs no model: real circuits, edges of which are
// added, taken away and moved, greedily, until they are as asked (ours). It knows
// nothing of what else is true of circuits.
//
// A step tries every move there is (a new edge anywhere, the reverse of an edge, the
// third of a triangle, from a neuron with many targets or to one with many sources;
// the loss of any edge, of one of a mutual pair, of one that has no reverse, from a
// neuron with few targets; and each gain with each loss), a number of edges at a
// time, and keeps the one after which the distance to targets and held values is
// least; it goes on with that one until it does not help any more. Where none helps
// the number of edges is halved.
type Rewire struct {
	Collection Collection
	// Circuits to answer with, each from another real one, the nearest first, or
	// over again where there are fewer. 0 means as many as the request has samples
	// where all that is asked can be counted from edge to edge, and 16 where whole
	// circuits must be measured again.
	Circuits int
	// Looks is how often each circuit may be measured again; 0 means 256. What can
	// be counted costs nothing. It is not the request's budget, which is of decoded
	// circuits.
	Looks int
	// Steps for each circuit; 0 means 400.
	Steps int
}

const (
	// content is the distance in sd at which a circuit is left alone: well within
	// HitWithin, since the mean of several is what counts (ours).
	content = .05
	// dearCircuits is the number of circuits where measuring is dear (ours).
	dearCircuits = 16
)

// Name returns "rewire".
func (Rewire) Name() string { return "rewire" }

// Propose rewires the nearest circuits, on all cores and with the same result on
// any number. It is an error where no circuit has all measures that are asked for.
func (m Rewire) Propose(ctx context.Context, t Task, rng *rand.Rand) (Proposal, error) {
	order := m.Collection.nearest(t)
	if len(order) == 0 {
		return Proposal{}, fmt.Errorf("steer: rewire: none of the %d circuits has all of %q", len(m.Collection.circuits), t.asked())
	}
	all := make([]*greed, m.count(t, order))
	for k := range all {
		all[k] = &greed{
			tally: newTally(m.Collection.circuits[order[k%len(order)]]), task: t, reference: m.Collection.reference,
			names: t.asked(), rng: rand.New(rand.NewPCG(rng.Uint64(), uint64(k))), looks: cmp.Or(m.Looks, 256),
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, g := range all {
		group.Go(func() error { return g.run(ctx, cmp.Or(m.Steps, 400)) })
	}
	if err := group.Wait(); err != nil {
		return Proposal{}, fmt.Errorf("steer: rewire: %w", err)
	}
	return m.gather(t, all)
}

// count is the number of circuits to answer with.
func (m Rewire) count(t Task, order []int) int {
	if m.Circuits > 0 {
		return m.Circuits
	}
	for _, i := range order {
		if !countable(m.Collection.circuits[i], t.asked()) {
			return min(dearCircuits, t.Samples)
		}
	}
	return t.Samples
}

// gather makes circuits of what was rewired, and says how near they are together.
func (m Rewire) gather(t Task, all []*greed) (p Proposal, err error) {
	sums := make([]float64, len(t.Targets))
	for _, g := range all {
		c, err := g.tally.circuit()
		if err != nil {
			return Proposal{}, fmt.Errorf("steer: rewire: %w", err)
		}
		o := c.Origin()
		p.Circuits = append(p.Circuits, c.WithOrigin(circuit.Origin{Source: "rewire", Split: o.Split, Region: o.Region, Radius: o.Radius}))
		p.Spent += g.spent
		floats.Add(sums, g.values[:len(sums)])
	}
	for i, target := range t.Targets {
		miss := target.Miss(sums[i]/float64(len(all))) / m.Collection.reference.sd(target.Measure)
		p.OutOfReach = p.OutOfReach || !(math.Abs(miss) <= HitWithin)
	}
	return p, nil
}

// greed is the rewiring of one circuit.
type greed struct {
	*tally
	task         Task
	reference    Reference
	names        []string
	rng          *rand.Rand
	values       []float64 // of the circuit as it is
	far          float64   // its distance
	looks, spent int
}

// run goes on until the circuit is near enough, no move of one edge helps, or steps
// or looks are spent.
func (g *greed) run(ctx context.Context, steps int) (err error) {
	if g.values, g.far, err = g.look(); err != nil {
		return err
	}
	block := max(1, len(g.edges)/16)
	var helped []pickEdge // the gain and the loss that did so last
	for range steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		if g.far <= content || g.spent >= g.looks {
			return nil
		}
		before := g.far
		if helped, err = g.step(block, helped); err != nil {
			return err
		}
		if g.far < before {
			continue
		}
		if block == 1 {
			return nil
		}
		block = max(1, block/2)
	}
	return nil
}

// look returns the asked measures of the circuit as it is, and its distance.
func (g *greed) look() (values []float64, far float64, err error) {
	values, dear, err := g.tally.values(g.names)
	if err != nil {
		return nil, 0, err
	}
	if dear {
		g.spent++
	}
	far, _ = distance(g.task, g.reference, values)
	return values, far, nil
}

// step makes the move that helped last again or, if that helps no more, the best of
// all moves, if it is better than none; it returns the one that it made.
func (g *greed) step(block int, helped []pickEdge) ([]pickEdge, error) {
	if helped != nil {
		if better, err := g.best(block, helped[:1], helped[1:]); better != nil || err != nil {
			return better, err
		}
	}
	return g.best(block, gains, losses)
}

// best tries gains with losses, and makes the best of these moves.
func (g *greed) best(block int, gains, losses []pickEdge) (made []pickEdge, err error) {
	var best []change
	for _, gain := range gains {
		for _, loss := range losses {
			if g.spent >= g.looks {
				break
			}
			changes := g.move(gain, loss, block)
			if len(changes) == 0 {
				continue
			}
			values, far, err := g.look()
			if err != nil {
				return nil, err
			}
			g.undo(changes)
			if far < g.far-1e-12 {
				g.values, g.far, best, made = values, far, changes, []pickEdge{gain, loss}
			}
		}
	}
	for _, c := range best {
		if c.came {
			g.add(c.edge)
		} else {
			g.remove(c.edge)
		}
	}
	return made, nil
}

// move makes a gain, a loss, or both, so many times or as often as it can.
func (g *greed) move(gain, loss pickEdge, block int) (changes []change) {
	for range block {
		if loss != nil {
			e, ok := loss(g.tally, g.rng)
			if !ok {
				break
			}
			g.remove(e)
			changes = append(changes, change{e, false})
		}
		if gain != nil {
			e, ok := gain(g.tally, g.rng)
			if !ok {
				break
			}
			g.add(e)
			changes = append(changes, change{e, true})
		}
	}
	return changes
}

// pickEdge draws an edge to add, or one to take away; false where there is none of
// its kind, or it is too rare to be found.
type pickEdge func(w *tally, rng *rand.Rand) (circuit.Edge, bool)

var (
	gains  = []pickEdge{nil, gainAnywhere, gainReverse, gainThird, gainRich, gainPopular}
	losses = []pickEdge{nil, loseAny, loseMutual, loseSingle, losePoor}
)

// gainWhere draws until an edge can be added.
func gainWhere(w *tally, draw func() circuit.Edge) (circuit.Edge, bool) {
	if len(w.rows) == 0 || w.n < 2 {
		return circuit.Edge{}, false
	}
	for range tries {
		if e := draw(); w.free(e) {
			return e, true
		}
	}
	return circuit.Edge{}, false
}

func gainAnywhere(w *tally, rng *rand.Rand) (circuit.Edge, bool) {
	return gainWhere(w, func() circuit.Edge {
		return circuit.Edge{Pre: w.rows[rng.IntN(len(w.rows))], Post: rng.IntN(w.n)}
	})
}

// gainReverse returns the other direction of an edge.
func gainReverse(w *tally, rng *rand.Rand) (circuit.Edge, bool) {
	e, ok := w.anyEdge(rng, func(e circuit.Edge) bool { return w.free(circuit.Edge{Pre: e.Post, Post: e.Pre}) })
	return circuit.Edge{Pre: e.Post, Post: e.Pre}, ok
}

// gainThird closes two edges that share a neuron.
func gainThird(w *tally, rng *rand.Rand) (circuit.Edge, bool) {
	if len(w.edges) < 2 {
		return circuit.Edge{}, false
	}
	return gainWhere(w, func() circuit.Edge {
		a, b := w.edges[rng.IntN(len(w.edges))], w.edges[rng.IntN(len(w.edges))]
		switch {
		case a.Post == b.Pre:
			return circuit.Edge{Pre: a.Pre, Post: b.Post}
		case a.Pre == b.Pre:
			return circuit.Edge{Pre: a.Post, Post: b.Post}
		case a.Post == b.Post:
			return circuit.Edge{Pre: a.Pre, Post: b.Pre}
		}
		return circuit.Edge{} // no neuron is shared
	})
}

// gainRich starts from a neuron in proportion to its number of targets.
func gainRich(w *tally, rng *rand.Rand) (circuit.Edge, bool) {
	if len(w.edges) == 0 {
		return circuit.Edge{}, false
	}
	return gainWhere(w, func() circuit.Edge {
		return circuit.Edge{Pre: w.edges[rng.IntN(len(w.edges))].Pre, Post: rng.IntN(w.n)}
	})
}

// gainPopular ends at a neuron in proportion to its number of sources.
func gainPopular(w *tally, rng *rand.Rand) (circuit.Edge, bool) {
	if len(w.edges) == 0 {
		return circuit.Edge{}, false
	}
	return gainWhere(w, func() circuit.Edge {
		return circuit.Edge{Pre: w.rows[rng.IntN(len(w.rows))], Post: w.edges[rng.IntN(len(w.edges))].Post}
	})
}

func loseAny(w *tally, rng *rand.Rand) (circuit.Edge, bool) {
	return w.anyEdge(rng, func(circuit.Edge) bool { return true })
}

func loseMutual(w *tally, rng *rand.Rand) (circuit.Edge, bool) {
	return w.anyEdge(rng, func(e circuit.Edge) bool { return w.has(circuit.Edge{Pre: e.Post, Post: e.Pre}) })
}

func loseSingle(w *tally, rng *rand.Rand) (circuit.Edge, bool) {
	return w.anyEdge(rng, func(e circuit.Edge) bool { return !w.has(circuit.Edge{Pre: e.Post, Post: e.Pre}) })
}

// losePoor takes an edge of a neuron that has no more targets than a second one.
func losePoor(w *tally, rng *rand.Rand) (circuit.Edge, bool) {
	if len(w.rows) == 0 {
		return circuit.Edge{}, false
	}
	rival := w.rows[rng.IntN(len(w.rows))]
	return w.anyEdge(rng, func(e circuit.Edge) bool { return w.out[e.Pre] <= w.out[rival] })
}
