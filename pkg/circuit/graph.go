package circuit

import (
	"math"
	"slices"
)

// OutDegrees returns the number of targets of every row.
func (g CSR) OutDegrees() []int32 {
	degrees := make([]int32, g.Rows())
	for i := range degrees {
		degrees[i] = int32(g.Offsets[i+1] - g.Offsets[i])
	}
	return degrees
}

// InDegrees returns the number of rows that each neuron is a target of. Large
// graphs are counted on all cores.
func (g CSR) InDegrees() []int32 {
	n, m := g.Rows(), len(g.Targets)
	workers := workersFor(m)
	counts := make([][]int32, workers)
	share(workers, func(w int) {
		of := make([]int32, n)
		counts[w] = of
		for _, j := range g.Targets[m*w/workers : m*(w+1)/workers] {
			of[j]++
		}
	})
	degrees := counts[0]
	for _, of := range counts[1:] {
		for j, k := range of {
			degrees[j] += k
		}
	}
	return degrees
}

// Mutual returns the number of unordered pairs connected both ways: reciprocity
// is twice that over the number of edges. It takes O(n+m) time on all cores.
//
// Rows ascend, so that while i grows, the place in row j at which i would stand
// only moves on: no row is searched (ours).
func (g CSR) Mutual() int {
	n := g.Rows()
	workers := workersFor(len(g.Targets))
	counts := make([]int, workers)
	// Neuron j has pairs with the j before it.
	begin := func(w int) int { return int(float64(n) * math.Sqrt(float64(w)/float64(workers))) }
	share(workers, func(w int) { counts[w] = g.mutual(begin(w), begin(w+1)) })
	sum := 0
	for _, c := range counts {
		sum += c
	}
	return sum
}

// columnsAtOnce is of how many neurons mutual keeps places: what it looks at of
// their rows stays near the processor.
const columnsAtOnce = 1 << 12

// mutual counts the pairs i < j with j from a range.
func (g CSR) mutual(from, to int) int {
	place := make([]int64, to) // by i: the first target that was not looked at
	for i := range place {
		at, _ := slices.BinarySearch(g.Row(i), int32(max(from, i+1)))
		place[i] = g.Offsets[i] + int64(at)
	}
	count := 0
	next := make([]int64, columnsAtOnce) // by j: where i stands in its row, or would
	for ; from < to; from += columnsAtOnce {
		end := min(from+columnsAtOnce, to)
		ends := g.Offsets[from+1 : end+1]
		copy(next, g.Offsets[from:end])
		for i := range end {
			at, stop := place[i], g.Offsets[i+1]
			for ; at < stop && int(g.Targets[at]) < end; at++ {
				j := int(g.Targets[at]) - from
				k := next[j]
				for k < ends[j] && g.Targets[k] < int32(i) {
					k++
				}
				if k < ends[j] && g.Targets[k] == int32(i) {
					count++
				}
				next[j] = k
			}
			place[i] = at
		}
	}
	return count
}
