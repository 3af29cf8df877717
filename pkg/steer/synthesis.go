package steer

import (
	"math"

	"github.com/cortigen/cortigen/pkg/latent"
)

// Synthesis is a benchmark of steering: what methods made of the same queries, how
// far measures reach at all, and how well the surrogate learned them.
type Synthesis struct {
	Reference Reference `json:"reference"`
	Board     Board     `json:"board"`
	Reach     []Reach   `json:"reach"`
	Lessons   []Lesson  `json:"lessons"`
	// Sweep has the answers to requests for each measure by itself, all over its range,
	// of the method that was asked for it.
	Sweep []Answer `json:"sweep,omitempty"`
	// Likeness says of every method, in the order of the board, whether edges of its
	// circuits lie where those of real ones do, which nobody asked for: how well a rule
	// of class and distance, fitted to real circuits, tells them from other pairs (area
	// under the curve). Real is the same of real circuits that it was not fitted to. A
	// wiring that puts edges where none belong is told worse, and one that lacks what
	// else makes wiring uneven may be told better: the nearer to Real, the better.
	Likeness []latent.Interval `json:"likeness,omitempty"`
	Real     latent.Interval   `json:"real"`
	// Samples are the circuits that every answer rests on.
	Samples int `json:"samples"`
}

// Asked are the sweep's answers of one measure, in the order of their targets.
func (s Synthesis) Asked(measure string) []Answer {
	var some []Answer
	for _, a := range s.Sweep {
		if a.Targets[0].Asked.Measure == measure {
			some = append(some, a)
		}
	}
	return some
}

// SweepRates are the shares of the sweep's targets that were hit, by measure, in the
// order of the reference: of those up to so many sd from its mean.
func (s Synthesis) SweepRates(upTo float64) []Rate {
	var rates []Rate
	for at, name := range s.Reference.Names {
		hits, n := 0, 0
		for _, a := range s.Asked(name) {
			if math.Abs(s.Reference.inSD(at, a.Targets[0].Asked.From)) > upTo+1e-9 {
				continue
			}
			n++
			if a.Hit() {
				hits++
			}
		}
		if n > 0 {
			rates = append(rates, Rate{name, wilson(hits, n)})
		}
	}
	return rates
}
