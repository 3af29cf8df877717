package steer

import (
	"fmt"
	"math"
)

// Table returns what became of a request as a header and rows of text: targets first,
// then what was held, then everything else. Deviations are in sd of the reference.
func (a Answer) Table() (header []string, rows [][]string) {
	header = []string{"measure", "asked", "decoded", "spread", "off by, sd", "by chance, sd"}
	for _, t := range a.Targets {
		note := "miss " + inSD(t.MissSD)
		if !math.IsNaN(t.Nearest) {
			note += ", out of reach"
		}
		asked := t.Asked
		asked.Measure = ""
		rows = append(rows, []string{t.Asked.Measure, asked.String()[1:], short(t.Achieved.Mean), "± " + short(t.Achieved.SD), note, ""})
	}
	for _, held := range []bool{true, false} {
		for _, d := range a.Drift {
			if d.Held == held {
				asked := ""
				if held {
					asked = "held"
				}
				rows = append(rows, []string{d.Measure, asked, "", "", "drift " + signedSD(d.SD), signedSD(d.Floor)})
			}
		}
	}
	return header, rows
}

func short(value float64) string {
	if math.IsNaN(value) {
		return "–"
	}
	return fmt.Sprintf("%.3g", value)
}

func signedSD(value float64) string {
	if math.IsNaN(value) {
		return "–"
	}
	return fmt.Sprintf("%+.2f", value)
}
