package fidelity

import (
	"cmp"
	"context"
	"fmt"
	"math"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/seed"
)

// BoostedTrees is a baseline that uses types and positions as freely as it
// likes: gradient-boosted trees that start from class pair × distance.
type BoostedTrees struct {
	start  Baseline
	forest *forest
	rates  pairRates
}

// BoostedTreesConfig says how to fit. The zero value of a field means its
// default.
type BoostedTreesConfig struct {
	// Pairs is how many ordered pairs are learned from at most, in circuits taken
	// evenly from all. Default 400,000.
	Pairs int `json:"pairs,omitempty"`
	// Trees at most; where to stop is found on regions left out. Default 300.
	Trees int `json:"trees,omitempty"`
}

// pairRates turn names into numbers: how often neurons of a class or layer
// send and receive in training.
type pairRates struct {
	class           table[classPair]
	pre, post       table[circuit.Class]
	preLay, postLay table[circuit.Layer]
}

func fitPairRates(train []*circuit.Circuit) pairRates {
	return pairRates{
		class:   fitTable("", train, func(pre, post circuit.Neuron) classPair { return classPair{pre.Class, post.Class} }),
		pre:     fitTable("", train, func(pre, _ circuit.Neuron) circuit.Class { return pre.Class }),
		post:    fitTable("", train, func(_, post circuit.Neuron) circuit.Class { return post.Class }),
		preLay:  fitTable("", train, func(pre, _ circuit.Neuron) circuit.Layer { return pre.Layer }),
		postLay: fitTable("", train, func(_, post circuit.Neuron) circuit.Layer { return post.Layer }),
	}
}

// of returns the rate of a pair's cell.
func (t table[K]) of(pre, post circuit.Neuron) float64 {
	if rate, known := t.rates[t.cell(pre, post)]; known {
		return rate
	}
	return t.rate
}

// pairFeatures is how many numbers describe an ordered pair.
const pairFeatures = 13

// describe fills in the features of a pair; start is the log-odds that the
// trees add to. Where positions are not known, they are NaN.
func (r *pairRates) describe(pre, post circuit.Neuron, start float64, into *[pairFeatures]float64) {
	p, q := pre.Position, post.Position
	*into = [pairFeatures]float64{
		start, r.class.of(pre, post), r.pre.of(pre, post), r.post.of(pre, post), r.preLay.of(pre, post), r.postLay.of(pre, post),
		float64(pre.Sign), float64(post.Sign), p.Depth, q.Depth,
		p.Horizontal(q), q.Depth - p.Depth, p.Distance(q),
	}
}

// FitBoostedTrees fits class pair × distance and then trees on what it leaves:
// class and layer of both ends, as rates; signs; depths; horizontal, vertical and
// straight distance. The number of trees is that which is best over three parts
// of the training regions, each foretold from the others, class pair × distance
// included; then everything is fitted to all. Training circuits of fewer than two
// regions, which share neurons, are divided by circuits; a single one gets twenty
// trees.
func FitBoostedTrees(ctx context.Context, train []*circuit.Circuit, config BoostedTreesConfig, s seed.Seed) (*BoostedTrees, error) {
	config.Pairs, config.Trees = cmp.Or(config.Pairs, 400_000), cmp.Or(config.Trees, 300)
	used := thinned(train, config.Pairs)
	regions := connectome.Regions(used)
	if len(indicesBy(regions)) < 2 {
		for k := range regions {
			regions[k] = fmt.Sprint(k)
		}
	}
	trees := min(20, config.Trees)
	if folds := foldsOf(regions, 3, s); len(folds) > 1 {
		var courses [][]float64
		for _, fold := range folds {
			grown, held := pick(used, others(len(used), fold)), pick(used, fold)
			b := &BoostedTrees{start: FitClassDistance(grown), rates: fitPairRates(grown)}
			if err := b.grow(ctx, grown, held, config.Trees); err != nil {
				return nil, err
			}
			courses = append(courses, b.forest.course)
		}
		trees = leastOf(courses)
	}
	b := &BoostedTrees{start: FitClassDistance(train), rates: fitPairRates(train)}
	return b, b.grow(ctx, used, nil, trees)
}

// leastOf returns where the sum of courses is least; one that has ended stays
// where it ended.
func leastOf(courses [][]float64) int {
	best, least := 0, math.Inf(1)
	for k := 0; ; k++ {
		sum, going := 0., false
		for _, course := range courses {
			if len(course) > 0 {
				sum += course[min(k, len(course)-1)]
			}
			going = going || k < len(course)
		}
		if !going {
			return best
		}
		if sum < least {
			best, least = k, sum
		}
	}
}

// thinned takes circuits evenly until they have as many pairs.
func thinned(train []*circuit.Circuit, pairs int) []*circuit.Circuit {
	total := 0
	for _, c := range train {
		total += c.ObservedRows() * max(0, c.Len()-1)
	}
	if total <= pairs {
		return train
	}
	count := max(1, len(train)*pairs/total)
	used := make([]*circuit.Circuit, count)
	for k := range used {
		used[k] = train[k*len(train)/count]
	}
	return used
}

// grow fits the trees.
func (b *BoostedTrees) grow(ctx context.Context, train, held []*circuit.Circuit, trees int) error {
	var rows [][pairFeatures]float64
	var y []bool
	var start []float64
	add := func(circuits []*circuit.Circuit) []int32 {
		from := len(rows)
		for _, c := range circuits {
			p := b.start.Predict(c)
			for i, pre := range c.Neurons() {
				for j, post := range c.Neurons() {
					if i == j || !c.Observed(i) {
						continue
					}
					var row [pairFeatures]float64
					base := logit(p[i*c.Len()+j])
					b.rates.describe(pre, post, base, &row)
					rows, y, start = append(rows, row), append(y, c.Has(i, j)), append(start, base)
				}
			}
		}
		indices := make([]int32, len(rows)-from)
		for k := range indices {
			indices[k] = int32(from + k)
		}
		return indices
	}
	grown, left := add(train), add(held)
	if len(grown) == 0 || trees == 0 {
		b.forest = &forest{cuts: make([][]float64, pairFeatures)}
		return nil
	}
	x := newBinned(len(rows), pairFeatures, func(row, k int) float64 { return rows[row][k] })
	var err error
	// Leaves of a hundred pairs hold a few edges each.
	if b.forest, err = boost(ctx, x, y, start, grown, left, boosting{trees: trees, leaves: 100, depth: 5}); err != nil {
		return fmt.Errorf("fidelity: %s: fit: %w", b.Name(), err)
	}
	return nil
}

// Name is that of tables.
func (b *BoostedTrees) Name() string { return "boosted trees" }

// Trees returns how many trees there are.
func (b *BoostedTrees) Trees() int { return len(b.forest.trees) }

// Predict returns the probability of every edge, row-major [n, n].
func (b *BoostedTrees) Predict(c *circuit.Circuit) []float64 {
	n := c.Len()
	p := b.start.Predict(c)
	var row [pairFeatures]float64
	var bins [pairFeatures]uint8
	for i, pre := range c.Neurons() {
		for j, post := range c.Neurons() {
			if i == j {
				continue
			}
			start := logit(p[i*n+j])
			b.rates.describe(pre, post, start, &row)
			for k, v := range row {
				bins[k] = binOf(b.forest.cuts[k], v)
			}
			p[i*n+j] = 1 / (1 + math.Exp(-start-b.forest.ofBins(bins[:])))
		}
	}
	return p
}
