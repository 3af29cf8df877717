package fidelity

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/seed"
)

// Partial is a circuit of which some ordered pairs cannot be seen.
type Partial struct {
	// Circuit holds the visible edges only. Rows that are hidden whole are not
	// observed; those that are hidden in part are: ask Visible.
	Circuit *circuit.Circuit
	hidden  []bool // [n, n]; nil where whole rows are hidden
}

// Visible reports whether it can be seen if i→j is an edge.
func (v Partial) Visible(i, j int) bool {
	return i != j && v.Circuit.Observed(i) && (v.hidden == nil || !v.hidden[i*v.Circuit.Len()+j])
}

// Mask returns Visible of all pairs, row-major [n, n].
func (v Partial) Mask() []bool {
	n := v.Circuit.Len()
	mask := make([]bool, n*n)
	for i := range n {
		for j := range n {
			mask[i*n+j] = v.Visible(i, j)
		}
	}
	return mask
}

func (v Partial) state(i, j int) uint8 {
	switch {
	case !v.Visible(i, j):
		return unknown
	case v.Circuit.Has(i, j):
		return present
	}
	return absent
}

// Puzzle is a partial circuit with the answer.
type Puzzle struct {
	Partial Partial
	asked   []circuit.Edge
	answer  []bool
}

// Asked returns the hidden ordered pairs, by pre, then post.
func (p Puzzle) Asked() []circuit.Edge { return slices.Clone(p.asked) }

// HidePairs hides that share of the observed ordered pairs, drawn evenly, but
// for rounding. A share that hides none or all of them is an error.
func HidePairs(c *circuit.Circuit, share float64, rng *rand.Rand) (Puzzle, error) {
	n := c.Len()
	var pairs []circuit.Edge
	for i := range n {
		for j := range n {
			if i != j && c.Observed(i) {
				pairs = append(pairs, circuit.Edge{Pre: i, Post: j})
			}
		}
	}
	count, err := countOf(share, len(pairs), "ordered pairs")
	if err != nil {
		return Puzzle{}, err
	}
	hidden := make([]bool, n*n)
	for _, k := range rng.Perm(len(pairs))[:count] {
		hidden[pairs[k].Pre*n+pairs[k].Post] = true
	}
	visible, err := without(c, func(i, j int) bool { return hidden[i*n+j] })
	if err != nil {
		return Puzzle{}, err
	}
	return newPuzzle(c, Partial{visible, hidden}), nil
}

// HideRows hides that share of the observed rows, drawn evenly, but for rounding:
// axons that nobody proofread. Nothing of them is left to see. A share that hides
// none or all of them is an error.
func HideRows(c *circuit.Circuit, share float64, rng *rand.Rand) (Puzzle, error) {
	var rows []int
	left := make([]bool, c.Len())
	for i := range left {
		if left[i] = c.Observed(i); left[i] {
			rows = append(rows, i)
		}
	}
	count, err := countOf(share, len(rows), "rows")
	if err != nil {
		return Puzzle{}, err
	}
	for _, k := range rng.Perm(len(rows))[:count] {
		left[rows[k]] = false
	}
	visible, err := without(c, func(i, _ int) bool { return c.Observed(i) && !left[i] })
	if err != nil {
		return Puzzle{}, err
	}
	if visible, err = visible.WithObserved(left); err != nil {
		return Puzzle{}, fmt.Errorf("fidelity: hide: %w", err)
	}
	return newPuzzle(c, Partial{Circuit: visible}), nil
}

func countOf(share float64, of int, what string) (int, error) {
	count := int(math.Round(share * float64(of)))
	if !(share > 0 && share < 1) || count == 0 || count == of {
		return 0, fmt.Errorf("fidelity: hide: a share of %g of %d observed %s: use a share between 0 and 1 that hides some and leaves some", share, of, what)
	}
	return count, nil
}

// without returns the circuit without edges that are hidden.
func without(c *circuit.Circuit, hidden func(i, j int) bool) (*circuit.Circuit, error) {
	visible, err := c.WithEdges(slices.DeleteFunc(c.EdgeList(), func(e circuit.Edge) bool { return hidden(e.Pre, e.Post) }))
	if err != nil {
		return nil, fmt.Errorf("fidelity: hide: %w", err)
	}
	return visible, nil
}

// newPuzzle asks for the pairs that were observed and cannot be seen.
func newPuzzle(c *circuit.Circuit, v Partial) Puzzle {
	p := Puzzle{Partial: v}
	for i := range c.Len() {
		for j := range c.Len() {
			if i != j && c.Observed(i) && !v.Visible(i, j) {
				p.asked, p.answer = append(p.asked, circuit.Edge{Pre: i, Post: j}), append(p.answer, c.Has(i, j))
			}
		}
	}
	return p
}

// Hide makes a puzzle of every circuit, with a stream of random numbers of its
// own, by HidePairs or HideRows.
func Hide(circuits []*circuit.Circuit, share float64, how func(*circuit.Circuit, float64, *rand.Rand) (Puzzle, error), s seed.Seed) ([]Puzzle, error) {
	puzzles := make([]Puzzle, len(circuits))
	for k, c := range circuits {
		var err error
		if puzzles[k], err = how(c, share, s.Stream("hide", k)); err != nil {
			return nil, fmt.Errorf("circuit %d: %w", k, err)
		}
	}
	return puzzles, nil
}

// Inpainter foretells hidden pairs from the visible part of a circuit.
type Inpainter interface {
	// Name is that of tables.
	Name() string
	// Inpaint returns the probability of every edge, row-major [n, n]; only those
	// of hidden pairs are looked at. It may be called at the same time from
	// several goroutines, each with its own generator.
	Inpaint(ctx context.Context, v Partial, rng *rand.Rand) ([]float64, error)
}

// EvaluateInpainting scores an answer on the hidden pairs of every puzzle: AUC,
// average precision and nats per hidden pair, means over circuits with intervals
// over regions.
func EvaluateInpainting(ctx context.Context, in Inpainter, puzzles []Puzzle, resamples int, s seed.Seed) (Report, error) {
	asked := make([][]pair, len(puzzles))
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(runtime.GOMAXPROCS(0))
	for k, puzzle := range puzzles {
		work.Go(func() error {
			if err := ctx.Err(); err != nil {
				return fmt.Errorf("fidelity: inpainting: %s: %w", in.Name(), err)
			}
			p, err := in.Inpaint(ctx, puzzle.Partial, s.Stream("inpaint", k))
			if err == nil {
				asked[k], err = puzzle.scored(p)
			}
			if err != nil {
				return fmt.Errorf("fidelity: inpainting: %s: circuit %d: %w", in.Name(), k, err)
			}
			return nil
		})
	}
	if err := work.Wait(); err != nil {
		return Report{}, err
	}
	regions := make([]string, len(puzzles))
	for k, puzzle := range puzzles {
		regions[k] = puzzle.Partial.Circuit.Origin().Region
	}
	return newReport(in.Name(), asked, regions, resamples, s), nil
}

// scored lists the asked pairs with their probabilities.
func (p Puzzle) scored(probability []float64) ([]pair, error) {
	n := p.Partial.Circuit.Len()
	if len(probability) != n*n {
		return nil, fmt.Errorf("%d probabilities for %d neurons: give n × n, row presynaptic", len(probability), n)
	}
	pairs := make([]pair, len(p.asked))
	for k, e := range p.asked {
		x := probability[e.Pre*n+e.Post]
		if !(x >= 0 && x <= 1) {
			return nil, fmt.Errorf("the probability of %d→%d is %g", e.Pre, e.Post, x)
		}
		pairs[k] = pair{x, p.answer[k]}
	}
	return pairs, nil
}
