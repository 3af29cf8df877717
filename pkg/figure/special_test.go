package figure

import (
	"math"
	"strconv"
	"testing"

	"gonum.org/v1/plot"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/significance"
	"github.com/cortigen/cortigen/pkg/structure"
)

// findings are of two datasets, one with positions and several circuits, one
// without and whole; some scores are undefined.
func findings() []significance.Findings {
	measures := append(significance.ConnectedTriads(), "reciprocity_ratio", "reciprocity_ratio_ee", "reciprocity_ratio_ei", "reciprocity_ratio_ii", "simplices_2", "simplices_3", "simplices_4", "simplices_5")
	var all []significance.Findings
	for d, models := range [][]string{{"er", "class_distance", "configuration", "distance_degree", "degree_reciprocal"}, {"er", "sbm", "configuration", "dcsbm", "degree_reciprocal"}} {
		f := significance.Findings{Overview: connectome.Overview{Name: []string{"toy", "brain"}[d], Excitatory: []float64{.8, nan}[d]}, Whole: d == 1, Neurons: 90}
		for k, model := range models {
			r := significance.Report{Null: model, Circuits: []int{7, 1}[d], Draws: 50}
			for i, measure := range measures {
				z := 200 / math.Pow(4, float64(k)) * math.Cos(float64(i))
				s := significance.Score{Measure: measure, Observed: 100 / float64(1+i), Mean: 80 / float64(1+i), Z: z, LogRatio: interval(z / 100)}
				if i%5 == 4 { // never in a draw
					s.Z, s.Percentile, s.Draws, s.LogRatio = nan, 1, 50, plain(nan)
				}
				if i%5 == 3 || d == 1 && measure == "reciprocity_ratio_ei" { // kept
					s.Z, s.Percentile = nan, .5
				}
				r.Scores = append(r.Scores, s)
			}
			f.Reports = append(f.Reports, r)
		}
		f.Values = structure.Table{Names: []string{"density", "modularity", "path_length", "clustering", "trophic_coherence"}, Rows: [][]float64{{.1, .2, 2, .1, nan}, {.2, .3, 3, .2, nan}, {.15, .1, 2, .3, nan}}}
		all = append(all, f)
	}
	return all
}

// The pictures are of the triads that their names mean to package structure.
func TestTriadPictures(t *testing.T) {
	names := significance.ConnectedTriads()
	if len(triadEdges) != len(names) {
		t.Errorf("%d pictures of %d triads", len(triadEdges), len(names))
	}
	for _, name := range names {
		edges := triadEdges[name[len("triad_"):]]
		if len(edges) == 0 {
			t.Errorf("%s has no picture", name)
			continue
		}
		var neurons []circuit.Neuron
		for i := range 3 {
			neurons = append(neurons, circuit.Neuron{ID: strconv.Itoa(i), Position: circuit.NoPosition()})
		}
		var list []circuit.Edge
		for _, e := range edges {
			list = append(list, circuit.Edge{Pre: e[0], Post: e[1]})
		}
		c, err := circuit.New(neurons, list)
		if err != nil {
			t.Fatal(err)
		}
		m, err := structure.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Of(c); got != 1 {
			t.Errorf("the picture of %s has %v of it", name, got)
		}
	}
}

// Ticks say what lies where they stand, and stand on the axis.
func TestCurvedTicks(t *testing.T) {
	for name, c := range map[string]struct {
		of     plot.Ticker
		lo, hi float64
		back   func(float64) float64
		labels int
	}{
		"arsinh": {arcsinhTicks{}, math.Asinh(-50), math.Asinh(3), math.Sinh, 4}, // 0, -2, 2, -10
		"log":    {powerTicks{}, -1.5, 2.2, func(x float64) float64 { return math.Pow(10, x) }, 4},
	} {
		ticks := c.of.Ticks(c.lo, c.hi)
		if len(ticks) != c.labels {
			t.Errorf("%s: %v", name, ticks)
		}
		for _, tick := range ticks {
			said, err := strconv.ParseFloat(tick.Label, 64)
			if err != nil || math.Abs(said-c.back(tick.Value)) > 1e-9*max(1, math.Abs(said)) || tick.Value < c.lo || tick.Value > c.hi {
				t.Errorf("%s: tick %v", name, tick)
			}
		}
	}
}
