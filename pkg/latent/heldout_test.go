package latent

import (
	"math"
	"strings"
	"testing"
)

func TestProbingTable(t *testing.T) {
	heldOut := func(name string, r2 float64) HeldOut {
		return HeldOut{Measure: name, Score: Score{R2: Interval{r2, r2 - .1, r2 + .1, 3}, MeanR2: -.5}, Simple: Interval{Value: .25}, Across: Interval{.75, .7, .8, 6}, Q: .01}
	}
	p := Probing{
		Measures: []HeldOut{heldOut("low", .125), {Measure: "flat", Note: "does not vary", Score: Score{R2: Interval{Value: math.NaN()}}}, heldOut("high", .5)},
		Factors:  []HeldOut{heldOut("density", .9)},
	}
	header, rows := p.Table()
	var firsts []string
	for _, row := range rows {
		if len(row) != len(header) {
			t.Errorf("row %q has %d cells, the header %d", row[0], len(row), len(header))
		}
		firsts = append(firsts, row[0])
	}
	if got := strings.Join(firsts, ", "); got != "high, low, flat, true density" {
		t.Errorf("rows are %s, want the best first, what is undefined last, factors after measures", got)
	}
	if got := strings.Join(rows[0], "|"); got != "high|0.5 [0.4, 0.6] (n = 3)|-0.5|0.25|0.75 [0.7, 0.8] (n = 6)|0.01" {
		t.Errorf("the first row is %s", got)
	}
	if rows[2][1] != "does not vary" {
		t.Errorf("a measure without a probe says %q", rows[2][1])
	}
	if h, ok := p.Of("density"); !ok || h.R2.Value != .9 {
		t.Error("a factor is not found by its name")
	}
	if _, ok := p.Of("none"); ok {
		t.Error("a name that was not probed is found")
	}
}
