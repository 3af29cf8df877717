package latent

import (
	"cmp"
	"fmt"
	"slices"
)

// Atlas holds the codes of the circuits of each split, in their order.
type Atlas struct {
	Train      Codes `json:"train"`
	Validation Codes `json:"validation"`
	Test       Codes `json:"test"`
}

// HeldOut is a probe fitted to the codes of training circuits and scored once on
// those of test circuits, beside what can be told without the code.
type HeldOut struct {
	Measure string `json:"measure"`
	Probe   Probe  `json:"probe"`
	// R2 on the test circuits. Where their place differs from that of training, it
	// may be far below zero for a probe that is right about differences: MeanR2
	// says what the difference alone does.
	Score
	// Across is R2 over the training circuits by nested cross-validation with
	// whole regions left out, and P that of the measure permuted over regions; Q
	// is corrected over the measures.
	Across Interval `json:"across"`
	P      float64  `json:"p"`
	Q      float64  `json:"q"`
	// Simple is the same fit from counts of neurons by class, without wiring or
	// code; Gain is by how much R2 exceeds its R2, paired.
	Simple Interval `json:"simple"`
	Gain   Interval `json:"gain"`
	// Values and Predicted are those of the test circuits.
	Values    []float64 `json:"values"`
	Predicted []float64 `json:"predicted"`
	// Note says why there is no probe, where there is none.
	Note string `json:"note,omitempty"`
}

// Probing is what a code says of several things: measures of the circuits and,
// where the truth is known, the factors they were made from.
type Probing struct {
	Measures []HeldOut `json:"measures"`
	Factors  []HeldOut `json:"factors"`
	// Components are those of the training codes; Map holds the test codes in
	// their first two coordinates.
	Components Components   `json:"components"`
	Map        [][2]float64 `json:"map"`
	Region     []string     `json:"region"`
}

// Of returns the probe of a measure or factor.
func (p Probing) Of(name string) (HeldOut, bool) {
	for _, list := range [][]HeldOut{p.Measures, p.Factors} {
		for _, h := range list {
			if h.Measure == name {
				return h, true
			}
		}
	}
	return HeldOut{}, false
}

// Table returns the probes as a header and rows of text, best first; those of
// true factors after those of measures.
func (p Probing) Table() (header []string, rows [][]string) {
	header = []string{"what", "R², test regions", "by the training mean", "by class counts", "R², across training regions", "corrected p"}
	for _, group := range []struct {
		kind string
		of   []HeldOut
	}{{"", p.Measures}, {"true ", p.Factors}} {
		best := slices.SortedStableFunc(slices.Values(group.of), func(a, b HeldOut) int { return cmp.Compare(b.R2.Value, a.R2.Value) })
		for _, h := range best {
			if h.Note != "" {
				rows = append(rows, []string{group.kind + h.Measure, h.Note, "", "", "", ""})
				continue
			}
			rows = append(rows, []string{group.kind + h.Measure, h.R2.String(), fmt.Sprintf("%.3g", h.MeanR2), fmt.Sprintf("%.3g", h.Simple.Value), h.Across.String(), fmt.Sprintf("%.2g", h.Q)})
		}
	}
	return header, rows
}
