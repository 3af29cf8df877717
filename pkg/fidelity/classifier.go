package fidelity

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/latent"
	"github.com/cortigen/cortigen/pkg/seed"
	"github.com/cortigen/cortigen/pkg/structure"
)

// TwoSample is how well generated circuits can be told from real ones by their
// measures: .5 is perfect, for who generates. Lopez-Paz & Oquab 2017,
// arXiv:1610.06545.
type TwoSample struct {
	Name string `json:"name"`
	// Real and Generated are numbers of circuits, Regions that of groups.
	Real      int `json:"real"`
	Generated int `json:"generated"`
	Regions   int `json:"regions"`
	// Logistic and Trees are AUC of two classifiers, each trained on other regions
	// than those it is asked about, with intervals over regions.
	Logistic latent.Interval `json:"logistic"`
	Trees    latent.Interval `json:"trees"`
	// Floor is the mean AUC of the better classifier when half of the regions of
	// real circuits are called generated, and Floor95 its 95th percentile: what
	// differences between regions give away. NaN of fewer than four regions.
	Floor   float64 `json:"floor"`
	Floor95 float64 `json:"floor_95"`
	// Telling are the measures of the largest weights in the logistic classifier of
	// all circuits, in sd, largest first: those that give generated circuits away
	// by being larger have weights above 0.
	Telling []Weight `json:"telling"`
}

// Weight is that of a measure.
type Weight struct {
	Measure string  `json:"measure"`
	Weight  float64 `json:"weight"`
}

// AUC returns that of the better classifier: the one to report.
func (t TwoSample) AUC() latent.Interval {
	if t.Trees.Value > t.Logistic.Value {
		return t.Trees
	}
	return t.Logistic
}

// classifierFolds of cross-validation, where there are as many regions.
const classifierFolds = 5

// Classify trains classifiers to tell generated circuits from real ones by the
// named measures, or all, and asks them about regions that they were not trained
// on. A generated circuit is of the region that its origin names: one made at
// the place of a real circuit is never in another fold than that. A measure that
// is undefined becomes the mean of the training circuits. What the classes of
// neurons show of a conditional generator is given to it: leave such measures
// out. Fewer than two regions, or a side without circuits, is an error.
func Classify(ctx context.Context, name string, real, generated []*circuit.Circuit, measures []string, resamples int, s seed.Seed) (TwoSample, error) {
	fail := func(err error) (TwoSample, error) {
		return TwoSample{}, fmt.Errorf("fidelity: two samples: %s: %w", name, err)
	}
	if len(real) == 0 || len(generated) == 0 {
		return fail(fmt.Errorf("%d real and %d generated circuits: give some of each", len(real), len(generated)))
	}
	all := slices.Concat(real, generated)
	table, err := structure.Profiles(ctx, all, measures...)
	if err != nil {
		return fail(err)
	}
	made := make([]bool, len(all))
	for i := range made {
		made[i] = i >= len(real)
	}
	regions := connectome.Regions(all)
	folds := foldsOf(regions, classifierFolds, s)
	if len(folds) < 2 {
		return fail(fmt.Errorf("all circuits are of one region: give some of at least two, so that one can be tested on what it was not trained on"))
	}
	t := TwoSample{Name: name, Real: len(real), Generated: len(generated), Regions: len(indicesBy(regions))}
	byLogistic, byTrees, err := classify(ctx, table.Rows, made, regions, folds, s)
	if err != nil {
		return fail(err)
	}
	if t.Floor, t.Floor95, err = classifierFloor(ctx, table.Rows[:len(real)], regions[:len(real)], s.Sub("floor")); err != nil {
		return fail(err)
	}
	t.Logistic = aucOver(folds, byLogistic, made, regions, resamples, s)
	t.Trees = aucOver(folds, byTrees, made, regions, resamples, s)
	scale := newScaling(table.Rows, countUp(len(all)))
	weights, err := fitRidge(scale.all(table.Rows), made, countUp(len(all)))
	if err != nil {
		return fail(err)
	}
	for k, measure := range table.Names {
		t.Telling = append(t.Telling, Weight{measure, weights[k+1]})
	}
	slices.SortStableFunc(t.Telling, func(a, b Weight) int { return -compareSize(a.Weight, b.Weight) })
	t.Telling = t.Telling[:min(10, len(t.Telling))]
	return t, nil
}

func compareSize(a, b float64) int {
	switch a, b = math.Abs(a), math.Abs(b); {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// foldsOf deals regions out, in random order, so that folds are of like numbers
// of regions.
func foldsOf(regions []string, most int, s seed.Seed) [][]int {
	by := indicesBy(regions)
	names := sortedNames(by)
	rng := s.Stream("folds")
	rng.Shuffle(len(names), func(a, b int) { names[a], names[b] = names[b], names[a] })
	folds := make([][]int, min(most, len(names)))
	for k, name := range names {
		folds[k%len(folds)] = append(folds[k%len(folds)], by[name]...)
	}
	return folds
}

// others returns the indices below n that are not in test.
func others(n int, test []int) []int {
	in := make([]bool, n)
	for _, i := range test {
		in[i] = true
	}
	return slices.DeleteFunc(countUp(n), func(i int) bool { return in[i] })
}

// classify returns the log-odds that two classifiers give every circuit, from
// the folds that it is not in.
func classify(ctx context.Context, rows [][]float64, made []bool, regions []string, folds [][]int, s seed.Seed) (byLogistic, byTrees []float64, err error) {
	byLogistic, byTrees = make([]float64, len(rows)), make([]float64, len(rows))
	for _, test := range folds {
		if err := classifyFold(ctx, rows, made, regions, others(len(rows), test), test, byLogistic, byTrees, s); err != nil {
			return nil, nil, err
		}
	}
	return byLogistic, byTrees, nil
}

// floorDraws is how often regions are divided for the floor (ours).
const floorDraws = 20

// classifierFloor calls half of the regions generated, again and again.
func classifierFloor(ctx context.Context, rows [][]float64, regions []string, s seed.Seed) (mean, high float64, err error) {
	by := indicesBy(regions)
	names := sortedNames(by)
	var floors []float64
	for draw := range floorDraws {
		if len(names) < 4 {
			break
		}
		rng := s.Stream("halves", draw)
		rng.Shuffle(len(names), func(a, b int) { names[a], names[b] = names[b], names[a] })
		made := make([]bool, len(rows))
		for _, i := range gather(by, names[:len(names)/2]) {
			made[i] = true
		}
		folds := foldsOf(regions, min(classifierFolds, len(names)/2), s.Sub("folds", draw))
		byLogistic, byTrees, err := classify(ctx, rows, made, regions, folds, s.Sub("classify", draw))
		if err != nil {
			return 0, 0, err
		}
		auc := max(aucWithin(folds, byLogistic, made, countUp(len(rows))), aucWithin(folds, byTrees, made, countUp(len(rows))))
		if !math.IsNaN(auc) {
			floors = append(floors, auc)
		}
	}
	if len(floors) == 0 {
		return math.NaN(), math.NaN(), nil
	}
	slices.Sort(floors)
	return stat.Mean(floors, nil), stat.Quantile(.95, stat.LinInterp, floors, nil), nil
}

// classifyFold fills in the log-odds of the tested circuits.
func classifyFold(ctx context.Context, rows [][]float64, made []bool, regions []string, train, test []int, byLogistic, byTrees []float64, s seed.Seed) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	x := newScaling(rows, train).all(rows)
	weights, err := fitRidge(x, made, train)
	if err != nil {
		return err
	}
	for _, i := range test {
		byLogistic[i] = weights[0]
		for k, v := range x[i] {
			byLogistic[i] += weights[k+1] * v
		}
	}
	// A fifth of the training regions says when to stop.
	inner := foldsOf(pick(regions, train), classifierFolds, s.Sub("stop"))
	grown, held := int32s(train), []int32(nil)
	if len(inner) > 1 {
		held = int32s(pick(train, inner[0]))
		grown = int32s(pick(train, others(len(train), inner[0])))
	}
	table := newBinned(len(rows), len(x[0]), func(row, k int) float64 { return rows[row][k] })
	f, err := boost(ctx, table, made, make([]float64, len(rows)), grown, held, boosting{depth: 3})
	if err != nil {
		return err
	}
	for _, i := range test {
		byTrees[i] = f.logOdds(func(k int) float64 { return rows[i][k] })
	}
	return nil
}

func pick[T any](values []T, indices []int) []T {
	picked := make([]T, len(indices))
	for k, i := range indices {
		picked[k] = values[i]
	}
	return picked
}

func int32s(indices []int) []int32 {
	small := make([]int32, len(indices))
	for k, i := range indices {
		small[k] = int32(i)
	}
	return small
}

// aucOver is the AUC with its interval over regions.
func aucOver(folds [][]int, score []float64, made []bool, regions []string, resamples int, s seed.Seed) latent.Interval {
	return latent.Bootstrap(regions, func(indices []int) float64 { return aucWithin(folds, score, made, indices) }, resamples, s.Stream("regions"))
}

// aucWithin compares circuits of one fold only, since each fold has a classifier
// of its own with a scale of its own, and averages over folds by their number of
// comparisons.
func aucWithin(folds [][]int, score []float64, made []bool, indices []int) float64 {
	fold := make([]int, len(score))
	for f, items := range folds {
		for _, i := range items {
			fold[i] = f
		}
	}
	pairs := make([][]pair, len(folds))
	generated := make([]float64, len(folds))
	for _, i := range indices {
		pairs[fold[i]] = append(pairs[fold[i]], pair{score[i], made[i]})
		if made[i] {
			generated[fold[i]]++
		}
	}
	wins, comparisons := 0., 0.
	for f, part := range pairs {
		if n := generated[f] * (float64(len(part)) - generated[f]); n > 0 {
			wins += n * area(part)
			comparisons += n
		}
	}
	return over(wins, comparisons)
}

// scaling centres and scales measures by training circuits.
type scaling struct{ mean, sd []float64 }

// newScaling leaves undefined values out; a measure that does not vary, or is
// nowhere defined, becomes 0.
func newScaling(rows [][]float64, train []int) scaling {
	s := scaling{make([]float64, len(rows[0])), make([]float64, len(rows[0]))}
	for k := range s.mean {
		values := make([]float64, len(train))
		for l, i := range train {
			values[l] = rows[i][k]
		}
		if values = defined(values, nil); len(values) > 1 {
			s.mean[k], s.sd[k] = stat.MeanStdDev(values, nil)
		}
	}
	return s
}

func (s scaling) all(rows [][]float64) [][]float64 {
	scaled := make([][]float64, len(rows))
	for i, row := range rows {
		scaled[i] = make([]float64, len(row))
		for k, v := range row {
			// What is further than ten sd is an error of tails, not ten times the news.
			if s.sd[k] > 0 && !math.IsNaN(v) {
				scaled[i][k] = max(-10, min(10, (v-s.mean[k])/s.sd[k]))
			}
		}
	}
	return scaled
}

// classifierRidge is that of weights per sd (ours): as a prior of sd 1.
const classifierRidge = 1

// fitRidge returns intercept and weights of the logistic regression with a ridge
// on all but the intercept, by Newton's method.
func fitRidge(x [][]float64, y []bool, rows []int) ([]float64, error) {
	width := len(x[0]) + 1
	w := make([]float64, width)
	row := make([]float64, width)
	var chol mat.Cholesky
	step := mat.NewVecDense(width, nil)
	for range 50 {
		h, gradient := make([]float64, width*width), make([]float64, width)
		for k := range w {
			ridge := float64(choose(k > 0, classifierRidge, 0)) + 1e-6
			h[k*width+k], gradient[k] = ridge, -ridge*w[k]
		}
		for _, i := range rows {
			row[0] = 1
			copy(row[1:], x[i])
			odds := 0.
			for k, v := range row {
				odds += w[k] * v
			}
			p := 1 / (1 + math.Exp(-odds))
			miss := -p
			if y[i] {
				miss++
			}
			for k, v := range row {
				gradient[k] += miss * v
				for l := k; l < width; l++ {
					h[k*width+l] += p * (1 - p) * v * row[l]
				}
			}
		}
		if !chol.Factorize(mat.NewSymDense(width, h)) || chol.SolveVecTo(step, mat.NewVecDense(width, gradient)) != nil {
			return nil, fmt.Errorf("the logistic classifier has no finite solution")
		}
		size := mat.Norm(step, 2)
		scale := min(1, 3/max(size, 1e-12))
		for k := range w {
			w[k] += scale * step.AtVec(k)
		}
		if size < 1e-8 {
			break
		}
	}
	return w, nil
}
