package latent

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
)

// blocksOf returns the indices of each group's items, groups by name, items in
// order. Nil groups make every one of the n items its own.
func blocksOf(groups []string, n int) [][]int {
	if groups == nil {
		blocks := make([][]int, n)
		for i := range blocks {
			blocks[i] = []int{i}
		}
		return blocks
	}
	byName := map[string][]int{}
	for i, name := range groups {
		byName[name] = append(byName[name], i)
	}
	blocks := make([][]int, 0, len(byName))
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		blocks = append(blocks, byName[name])
	}
	return blocks
}

// namesOf returns the groups of the given items; items without groups are named
// by their index, so that each is its own.
func namesOf(groups []string, indices []int) []string {
	if groups != nil {
		return pick(groups, indices)
	}
	names := make([]string, len(indices))
	for k, i := range indices {
		names[k] = fmt.Sprint(i)
	}
	return names
}

// merge joins blocks into at most k folds of similar size: the largest block
// first, each into the fold that is smallest so far. Each fold is sorted.
func merge(blocks [][]int, k int) [][]int {
	bySize := slices.Clone(blocks)
	slices.SortStableFunc(bySize, func(a, b []int) int { return cmp.Compare(len(b), len(a)) })
	folds := make([][]int, min(k, len(blocks)))
	for _, block := range bySize {
		smallest := 0
		for f := range folds {
			if len(folds[f]) < len(folds[smallest]) {
				smallest = f
			}
		}
		folds[smallest] = append(folds[smallest], block...)
	}
	for _, fold := range folds {
		slices.Sort(fold)
	}
	return folds
}

// without returns the blocks of which no item is in the sorted fold. A fold is
// made of whole blocks, so the first item decides.
func without(blocks [][]int, fold []int) [][]int {
	return slices.DeleteFunc(slices.Clone(blocks), func(block []int) bool {
		_, in := slices.BinarySearch(fold, block[0])
		return in
	})
}

// permuteBlocks returns y with its blocks in random order and each block's
// values in random order: laid end to end, they are dealt out over the blocks'
// places again. Blocks of one size are exchanged exactly; of different sizes,
// some are divided between neighbours.
func permuteBlocks(y []float64, blocks [][]int, rng *rand.Rand) []float64 {
	dealt := make([]float64, 0, len(y))
	for _, b := range rng.Perm(len(blocks)) {
		for _, k := range rng.Perm(len(blocks[b])) {
			dealt = append(dealt, y[blocks[b][k]])
		}
	}
	permuted := make([]float64, len(y))
	next := 0
	for _, block := range blocks {
		for _, i := range block {
			permuted[i] = dealt[next]
			next++
		}
	}
	return permuted
}
