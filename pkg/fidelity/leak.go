package fidelity

import (
	"fmt"
	"math"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/latent"
	"github.com/cortigen/cortigen/pkg/seed"
)

// Leak is what a random split of overlapping circuits pretends, held against a
// split by space of the same tissue.
type Leak struct {
	Kind    string    `json:"kind"`
	Backend string    `json:"backend"`
	Spatial SplitSide `json:"spatial"`
	Random  SplitSide `json:"random"`
	// Inflations are by how much each answer's AUC is higher under the random
	// split, in the order of the sides' reports.
	Inflations []Gain `json:"inflations"`
}

// SplitSide is one of two ways to split the same tissue.
type SplitSide struct {
	// Neurons is the share of the test circuits' neurons, and Pairs that of their
	// ordered pairs, that some training circuit holds too.
	Neurons float64 `json:"neurons"`
	Pairs   float64 `json:"pairs"`
	// Reports are, in this order, of the model, of class × distance, and of
	// somebody who remembers every training pair by the names of its neurons.
	Reports []Report `json:"reports"`
}

// Apart returns by how much a's mean score exceeds b's, over different circuits,
// with an interval over the regions of both. The same region may be in both:
// they are resampled apart.
func Apart(a, b Report, draws int, s seed.Seed) Gain {
	var region []string
	for _, name := range a.Region {
		region = append(region, "a "+name)
	}
	for _, name := range b.Region {
		region = append(region, "b "+name)
	}
	of := func(score func(Scores) float64) latent.Interval {
		return latent.Bootstrap(region, func(indices []int) float64 {
			var sums, counts [2]float64
			for _, i := range indices {
				side, list := 0, a.Scores
				if i >= len(a.Scores) {
					side, list, i = 1, b.Scores, i-len(a.Scores)
				}
				if v := score(list[i]); !math.IsNaN(v) {
					sums[side] += v
					counts[side]++
				}
			}
			return sums[0]/counts[0] - sums[1]/counts[1] // NaN where a side is empty
		}, draws, s.Stream("regions of two"))
	}
	return Gain{Over: b.Name, AUC: of(AUC), AP: of(AP), LogLoss: of(LogLoss)}
}

// certainty is what Memory says of a pair that it has seen (ours: not 1, which a
// log-loss punishes without bound).
const certainty = .999

// Memory is the answer of somebody who remembers training circuits: for an
// ordered pair of neurons that a training circuit holds, what was there; for any
// other, what a fallback says. It knows nothing of wiring, and is perfect where
// test circuits overlap those of training.
type Memory struct {
	fallback Baseline
	circuits map[string][]int32 // by neuron's id: training circuits that hold it, ascending
	edges    map[[2]string]bool
}

// FitMemory remembers the training circuits.
func FitMemory(train []*circuit.Circuit, fallback Baseline) *Memory {
	m := &Memory{fallback: fallback, circuits: map[string][]int32{}, edges: map[[2]string]bool{}}
	for k, c := range train {
		for i, n := range c.Neurons() {
			m.circuits[n.ID] = append(m.circuits[n.ID], int32(k))
			for _, j := range c.CSR().Row(i) {
				m.edges[[2]string{n.ID, c.Neuron(int(j)).ID}] = true
			}
		}
	}
	return m
}

// Name is that of tables.
func (m *Memory) Name() string { return "memory" }

// Predict returns the probability of every edge, row-major [n, n].
func (m *Memory) Predict(c *circuit.Circuit) []float64 {
	p := m.fallback.Predict(c)
	n := c.Len()
	for i, pre := range c.Neurons() {
		for j, post := range c.Neurons() {
			switch {
			case i == j || !meet(m.circuits[pre.ID], m.circuits[post.ID]):
			case m.edges[[2]string{pre.ID, post.ID}]:
				p[i*n+j] = certainty
			default:
				p[i*n+j] = 1 - certainty
			}
		}
	}
	return p
}

// Seen returns the share of the circuits' neurons, and of their ordered pairs,
// that a training circuit holds.
func (m *Memory) Seen(circuits []*circuit.Circuit) (neurons, pairs float64) {
	var known, all, knownPairs, allPairs float64
	for _, c := range circuits {
		for i, pre := range c.Neurons() {
			all++
			if len(m.circuits[pre.ID]) > 0 {
				known++
			}
			for j, post := range c.Neurons() {
				if i == j {
					continue
				}
				allPairs++
				if meet(m.circuits[pre.ID], m.circuits[post.ID]) {
					knownPairs++
				}
			}
		}
	}
	return known / all, knownPairs / allPairs
}

// meet reports whether two ascending lists share an entry.
func meet(a, b []int32) bool {
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] == b[0]:
			return true
		case a[0] < b[0]:
			a = a[1:]
		default:
			b = b[1:]
		}
	}
	return false
}

// Table returns both splits side by side, as a header and rows of text.
func (l Leak) Table() (header []string, rows [][]string) {
	header = []string{"", "split by space", "random split", "inflation"}
	percent := func(share float64) string { return fmt.Sprintf("%.0f %%", 100*share) }
	rows = [][]string{
		{"test neurons seen in training", percent(l.Spatial.Neurons), percent(l.Random.Neurons), ""},
		{"test pairs seen in training", percent(l.Spatial.Pairs), percent(l.Random.Pairs), ""},
	}
	for k, r := range l.Spatial.Reports {
		rows = append(rows, []string{"edge AUC, " + r.Name, r.AUC.String(), l.Random.Reports[k].AUC.String(), l.Inflations[k].AUC.String()})
	}
	return header, rows
}
