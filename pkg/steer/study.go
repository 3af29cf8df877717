package steer

import (
	"fmt"
	"math"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// Study is a series of requests answered by several methods on one decoder.
type Study struct {
	Reference Reference `json:"reference"`
	// Measures that were asked for, and for each the traversal of its direction
	// from the origin.
	Measures   []string    `json:"measures"`
	Traversals []Traversal `json:"traversals"`
	// Methods have answered the same requests in the same order.
	Methods []Trial `json:"methods"`
	// Shown are circuits decoded along the first traversal, one a step.
	Shown []Shown `json:"shown"`
}

// Trial is what one method made of the requests.
type Trial struct {
	Method  string   `json:"method"`
	Answers []Answer `json:"answers"`
	// Score is over all requests, ByMeasure over those for each of the study's
	// measures.
	Score     Score   `json:"score"`
	ByMeasure []Score `json:"by_measure"`
}

// Shown is a decoded circuit to look at.
type Shown struct {
	// Step from the origin in prior sd.
	Step    float64          `json:"step"`
	Circuit *circuit.Circuit `json:"circuit"`
}

// Trial returns that of a method.
func (s Study) Trial(method string) (Trial, bool) {
	for _, t := range s.Methods {
		if t.Method == method {
			return t, true
		}
	}
	return Trial{}, false
}

// Table returns what each method made of each measure, as a header and rows of
// text.
func (s Study) Table() (header []string, rows [][]string) {
	header = []string{"measure", "method", "mean miss, sd", "within 0.25 sd", "median drift, sd", "largest held drift, sd", "out of reach"}
	for i, measure := range s.Measures {
		for _, t := range s.Methods {
			score := t.ByMeasure[i]
			rows = append(rows, []string{
				measure, t.Method, inSD(score.MeanHitSD.Value), percent(score.HitRate.Value),
				inSD(score.MedianDriftSD.Value), inSD(score.HeldDriftSD.Value), percent(score.OutOfReach),
			})
		}
	}
	return header, rows
}

// inSD writes a number of sd, or a dash where there is none, as where nothing was
// held.
func inSD(value float64) string {
	if math.IsNaN(value) {
		return "–"
	}
	return fmt.Sprintf("%.2f", value)
}

func percent(share float64) string { return fmt.Sprintf("%.0f %%", 100*share) }
