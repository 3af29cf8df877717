package fidelity

import (
	"cmp"
	"context"
	"math"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"
)

// boosting says how trees are grown. The zero value of a field means its
// default. They are those of scikit-learn's HistGradientBoostingClassifier but
// for the depth, which it does not bound.
type boosting struct {
	trees    int     // at most; default 300
	depth    int     // default 6
	leaves   int     // rows a leaf has at least; default 20
	rate     float64 // learning rate; default .1
	ridge    float64 // of leaf values; default 1
	patience int     // trees without a gain on the held-out rows; default 20
}

func (b boosting) withDefaults() boosting {
	b.trees = cmp.Or(b.trees, 300)
	b.depth = cmp.Or(b.depth, 6)
	b.leaves = cmp.Or(b.leaves, 20)
	b.rate = cmp.Or(b.rate, .1)
	b.ridge = cmp.Or(b.ridge, 1)
	b.patience = cmp.Or(b.patience, 20)
	return b
}

// forest is a sum of trees: the log-odds of an outcome, over those that it
// started from. Gradient boosting with a logistic loss and Newton leaves:
// Friedman 2001, doi:10.1214/aos/1013203451; Chen & Guestrin 2016,
// doi:10.1145/2939672.2939785; on histograms of binned features as Ke et al.
// 2017 (LightGBM). Written here because no kept Go library trains such trees
// (leaves predicts only).
type forest struct {
	cuts  [][]float64 // by feature: bin b holds values up to cuts[b]
	trees [][]branch
	// course is the summed log-loss of the held rows with no tree, one, ….
	course []float64
}

// branch is a node of a tree: rows whose bin of the feature is at most `bin` go
// left. A leaf has no feature.
type branch struct {
	feature     int
	bin         uint8
	left, right int
	value       float64
}

// maxBins of a feature; bin 0 is for values that are NaN.
const maxBins = 64

// binned is a table of features by column, each value as its bin.
type binned struct {
	rows    int
	cuts    [][]float64
	columns [][]uint8
}

// newBinned cuts every feature at its quantiles over all rows.
func newBinned(rows int, features int, value func(row, feature int) float64) *binned {
	b := &binned{rows: rows, cuts: make([][]float64, features), columns: make([][]uint8, features)}
	values := make([]float64, rows)
	for k := range features {
		for i := range rows {
			values[i] = value(i, k)
		}
		b.cuts[k] = cutsOf(values)
		b.columns[k] = make([]uint8, rows)
		for i, v := range values {
			b.columns[k][i] = binOf(b.cuts[k], v)
		}
	}
	return b
}

// cutsOf returns at most maxBins−2 increasing cuts: between all values, where
// they are few, else at quantiles.
func cutsOf(values []float64) []float64 {
	sorted := slices.DeleteFunc(slices.Clone(values), math.IsNaN)
	slices.Sort(sorted)
	distinct := slices.Compact(slices.Clone(sorted))
	var cuts []float64
	if len(distinct) <= maxBins-1 {
		for k := 1; k < len(distinct); k++ {
			cuts = append(cuts, distinct[k-1]/2+distinct[k]/2)
		}
		return cuts
	}
	for k := 1; k < maxBins-1; k++ {
		cuts = append(cuts, sorted[k*len(sorted)/(maxBins-1)])
	}
	return slices.Compact(cuts)
}

// binOf is 0 for NaN, else one more than the number of cuts below the value.
func binOf(cuts []float64, v float64) uint8 {
	if math.IsNaN(v) {
		return 0
	}
	k, _ := slices.BinarySearch(cuts, v)
	return uint8(k + 1)
}

// logOdds of a row.
func (f *forest) logOdds(value func(feature int) float64) float64 {
	bins := make([]uint8, len(f.cuts))
	for k := range bins {
		bins[k] = binOf(f.cuts[k], value(k))
	}
	return f.ofBins(bins)
}

// ofBins is the log-odds of a row by its bins.
func (f *forest) ofBins(bins []uint8) float64 {
	sum := 0.
	for _, tree := range f.trees {
		sum += valueOf(tree, func(k int) uint8 { return bins[k] })
	}
	return sum
}

// valueOf follows a tree to its leaf.
func valueOf(tree []branch, bin func(feature int) uint8) float64 {
	k := 0
	for tree[k].feature >= 0 {
		if bin(tree[k].feature) <= tree[k].bin {
			k = tree[k].left
		} else {
			k = tree[k].right
		}
	}
	return tree[k].value
}

// boost grows trees on the rows of train until the log-loss on those of held has
// not fallen for some time, and keeps the trees up to its least. Without held
// rows it grows all. Start is the log-odds that the trees add to.
func boost(ctx context.Context, x *binned, y []bool, start []float64, train, held []int32, config boosting) (*forest, error) {
	g := &grower{binned: x, config: config.withDefaults(), score: slices.Clone(start), gradient: make([]float64, x.rows), hessian: make([]float64, x.rows)}
	f := &forest{cuts: x.cuts}
	if len(train) == 0 {
		return f, nil
	}
	loss := g.loss(y, held)
	best, bestLoss := 0, loss
	f.course = []float64{loss}
	rows := slices.Clone(train)
	g.spare = make([]int32, len(rows))
	for range g.config.trees {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for _, i := range train {
			p := 1 / (1 + math.Exp(-g.score[i]))
			g.gradient[i], g.hessian[i] = p, p*(1-p)
			if y[i] {
				g.gradient[i]--
			}
		}
		tree := g.grow(rows)
		f.trees = append(f.trees, tree)
		for _, part := range [][]int32{train, held} {
			for _, i := range part {
				g.score[i] += g.value(tree, i)
			}
		}
		if len(tree) == 1 && math.Abs(tree[0].value) < 1e-6 {
			break // nothing is left to learn
		}
		loss = g.loss(y, held)
		f.course = append(f.course, loss)
		if loss < bestLoss {
			best, bestLoss = len(f.trees), loss
		}
		if len(held) > 0 && len(f.trees)-best >= g.config.patience {
			break
		}
	}
	if len(held) > 0 {
		f.trees = f.trees[:best]
	}
	return f, nil
}

// grower holds what the growing of all trees shares.
type grower struct {
	*binned
	config            boosting
	score             []float64
	gradient, hessian []float64
	spare             []int32
}

// loss is the summed log-loss of rows.
func (g *grower) loss(y []bool, rows []int32) float64 {
	sum := 0.
	for _, i := range rows {
		s := g.score[i]
		if y[i] {
			s = -s
		}
		sum += max(s, 0) + math.Log1p(math.Exp(-math.Abs(s)))
	}
	return sum
}

// value of a tree for a row.
func (g *grower) value(tree []branch, row int32) float64 {
	return valueOf(tree, func(k int) uint8 { return g.columns[k][row] })
}

// cell is a bin of a histogram.
type cell struct{ gradient, hessian, rows float64 }

func (c *cell) add(o cell) {
	c.gradient, c.hessian, c.rows = c.gradient+o.gradient, c.hessian+o.hessian, c.rows+o.rows
}

func (c cell) less(o cell) cell {
	return cell{c.gradient - o.gradient, c.hessian - o.hessian, c.rows - o.rows}
}

type histogram [][maxBins]cell // by feature

// histogram sums over rows, features side by side.
func (g *grower) histogram(rows []int32) histogram {
	h := make(histogram, len(g.columns))
	fill := func(k int) {
		column, bins := g.columns[k], &h[k]
		for _, i := range rows {
			c := &bins[column[i]]
			c.gradient += g.gradient[i]
			c.hessian += g.hessian[i]
			c.rows++
		}
	}
	if len(rows) < 1<<14 {
		for k := range h {
			fill(k)
		}
		return h
	}
	var work errgroup.Group
	work.SetLimit(runtime.GOMAXPROCS(0))
	for k := range h {
		work.Go(func() error { fill(k); return nil })
	}
	_ = work.Wait() // nothing in it fails
	return h
}

// less returns the histogram of the other child.
func (h histogram) less(o histogram) histogram {
	rest := make(histogram, len(h))
	for k := range h {
		for b := range h[k] {
			rest[k][b] = h[k][b].less(o[k][b])
		}
	}
	return rest
}

// grow makes one tree, and leaves the rows in another order.
func (g *grower) grow(rows []int32) []branch {
	var tree []branch
	var split func(rows []int32, h histogram, depth int) int
	split = func(rows []int32, h histogram, depth int) int {
		var all cell
		for b := range h[0] {
			all.add(h[0][b])
		}
		at := len(tree)
		tree = append(tree, branch{feature: -1, value: -g.config.rate * all.gradient / (all.hessian + g.config.ridge)})
		if depth == g.config.depth {
			return at
		}
		feature, bin, found := g.best(h, all)
		if !found {
			return at
		}
		middle := g.divide(rows, g.columns[feature], bin)
		left, right := rows[:middle], rows[middle:]
		var hl, hr histogram
		if len(left) < len(right) {
			hl = g.histogram(left)
			hr = h.less(hl)
		} else {
			hr = g.histogram(right)
			hl = h.less(hr)
		}
		l := split(left, hl, depth+1)
		r := split(right, hr, depth+1)
		tree[at] = branch{feature: feature, bin: bin, left: l, right: r}
		return at
	}
	split(rows, g.histogram(rows), 0)
	return tree
}

// best returns the split that lowers the loss most: by
// ½·(G_l²/(H_l+λ) + G_r²/(H_r+λ) − G²/(H+λ)).
func (g *grower) best(h histogram, all cell) (feature int, bin uint8, found bool) {
	merit := func(c cell) float64 { return c.gradient * c.gradient / (c.hessian + g.config.ridge) }
	most := merit(all) + 1e-9
	for k := range h {
		var left cell
		for b := range len(g.cuts[k]) + 1 {
			left.add(h[k][b])
			right := all.less(left)
			if left.rows < float64(g.config.leaves) || right.rows < float64(g.config.leaves) {
				continue
			}
			if m := merit(left) + merit(right); m > most {
				feature, bin, most, found = k, uint8(b), m, true
			}
		}
	}
	return feature, bin, found
}

// divide puts the rows that go left first, in their order, and returns their
// number.
func (g *grower) divide(rows []int32, column []uint8, bin uint8) int {
	left, right := 0, 0
	for _, i := range rows {
		if column[i] <= bin {
			rows[left] = i
			left++
		} else {
			g.spare[right] = i
			right++
		}
	}
	copy(rows[left:], g.spare[:right])
	return left
}
