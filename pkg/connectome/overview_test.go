package connectome

import (
	"math"
	"testing"
)

// By hand, on the five neurons of select_test.go: edges a→b, b→a, a→c, d→e of
// observed rows (c→d is of a row that was not), so 4 edges of 4 × 4 pairs; among
// the observed a, b, d, e three edges of 12 pairs, two of them returned.
func TestOverview(t *testing.T) {
	o := five(t).Overview()
	for name, c := range map[string]struct{ got, want float64 }{
		"neurons": {float64(o.Neurons), 5}, "observed": {float64(o.Observed), 4}, "edges": {float64(o.Edges), 4},
		"placed": {float64(o.Placed), 4}, "classes": {float64(o.Classes), 3}, "E share": {o.Excitatory, .8},
		"synapses": {o.Synapses, (1. + 2 + 3 + 5) / 4}, "density": {o.Density, 4. / 16},
		"reciprocity": {o.Reciprocity, 2. / 3}, "excess": {o.Excess, (2. / 3) / (3. / 12)},
		"out-degree CV": {o.OutCV, math.Sqrt(2./3) / 1}, "largest out-degree": {o.OutDegrees[100], 2}, "median": {o.OutDegrees[50], 1},
	} {
		if math.Abs(c.got-c.want) > 1e-12 {
			t.Errorf("%s is %g, want %g", name, c.got, c.want)
		}
	}
	empty, err := New(Data{Name: "empty"})
	if err != nil {
		t.Fatal(err)
	}
	if o := empty.Overview(); !math.IsNaN(o.Density) || !math.IsNaN(o.Excess) || o.OutDegrees != nil {
		t.Errorf("nothing has %+v, want NaNs", o)
	}
	if header, rows := OverviewTable([]Overview{o}); len(rows) != 1 || len(rows[0]) != len(header) || rows[0][1] != "5 (outputs of 4)" {
		t.Errorf("the table is %v", rows)
	}
}
