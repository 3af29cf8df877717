package steer

import "github.com/cortigen/cortigen/pkg/circuit"

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
