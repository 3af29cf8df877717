package latent

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

func drawGroups(t *rapid.T) []string {
	names := rapid.SliceOfN(rapid.IntRange(0, 8), 3, 60).Draw(t, "groups")
	groups := make([]string, len(names))
	for i, name := range names {
		groups[i] = strconv.Itoa(name)
	}
	return groups
}

// Folds are a partition and never divide a group; none is larger than the
// smallest by more than the largest group.
func TestFoldsKeepGroupsWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		groups := drawGroups(t)
		blocks := blocksOf(groups, len(groups))
		folds := merge(blocks, rapid.IntRange(2, 6).Draw(t, "k"))
		foldOf := map[string]int{}
		var all []int
		largest, smallestFold, largestFold := 0, math.MaxInt, 0
		for _, block := range blocks {
			largest = max(largest, len(block))
		}
		for f, fold := range folds {
			all = append(all, fold...)
			smallestFold, largestFold = min(smallestFold, len(fold)), max(largestFold, len(fold))
			for _, i := range fold {
				if before, seen := foldOf[groups[i]]; seen && before != f {
					t.Fatalf("group %s is in folds %d and %d", groups[i], before, f)
				}
				foldOf[groups[i]] = f
			}
			if rest := rowsOf(without(blocks, fold)); len(rest)+len(fold) != len(groups) {
				t.Fatalf("fold %v leaves %v", fold, rest)
			}
		}
		slices.Sort(all)
		if !slices.Equal(all, count(len(groups))) || largestFold-smallestFold > largest {
			t.Fatalf("folds %v of groups %v", folds, groups)
		}
	})
}

// A permutation keeps the values and, where blocks are of one size, their
// company.
func TestPermuteBlocks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		groups := drawGroups(t)
		y := make([]float64, len(groups))
		for i := range y {
			y[i] = float64(i)
		}
		permuted := permuteBlocks(y, blocksOf(groups, len(groups)), rng)
		slices.Sort(permuted)
		if !slices.Equal(permuted, y) {
			t.Fatalf("values %v", permuted)
		}
		equal := [][]int{{0, 3}, {1, 4}, {2, 5}}
		permuted = permuteBlocks([]float64{0, 1, 2, 10, 11, 12}, equal, rng)
		for _, block := range equal {
			if a, b := permuted[block[0]], permuted[block[1]]; math.Abs(a-b) != 10 {
				t.Fatalf("block %v holds %g and %g", block, a, b)
			}
		}
	})
}

// The closed form of the test error is that of the predictions themselves.
func TestSplitErrorsAreThoseOfItsPredictions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		rows, cols := rapid.IntRange(6, 40).Draw(t, "rows"), rapid.IntRange(1, 9).Draw(t, "cols")
		x, y := make([][]float64, rows), make([]float64, rows)
		for i := range x {
			for range cols {
				x[i] = append(x[i], rng.NormFloat64())
			}
			y[i] = x[i][0] + rng.NormFloat64()
		}
		cut := rapid.IntRange(3, rows-1).Draw(t, "cut")
		s, err := newSplit(x, count(rows)[:cut], count(rows)[cut:], rapid.Bool().Draw(t, "per column"))
		if err != nil {
			t.Fatal(err)
		}
		penalties := []float64{1e-5, .1, 100}
		sums := make([]float64, len(penalties))
		s.addErrors(sums, y, penalties)
		for p, penalty := range penalties {
			want := 0.0
			for k, predicted := range s.predict(y, penalty) {
				want += (predicted - y[cut+k]) * (predicted - y[cut+k])
			}
			if math.Abs(sums[p]-want) > 1e-9*(1+want) {
				t.Fatalf("penalty %g: %g by the closed form, %g by prediction", penalty, sums[p], want)
			}
		}
	})
}
