package cortex_test

import (
	"context"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/cortigen/cortigen/pkg/cortex"
	"github.com/cortigen/cortigen/pkg/latent"
	"github.com/cortigen/cortigen/pkg/seed"
)

// Turning a factor through its range moves what circuits show of it by many sd, in
// its own unit and evenly, and what they show of any other by less than one.
func TestTurnFactor(t *testing.T) {
	const circuits = 16
	for _, f := range cortex.Factors() {
		t.Run(f.Name, func(t *testing.T) {
			turn, err := cortex.TurnFactor(context.Background(), f.Name, 3, circuits, seed.Seed(2))
			if err != nil {
				t.Fatal(err)
			}
			if want := []float64{f.Min, (f.Min + f.Max) / 2, f.Max}; math.Abs(turn.Levels[0]-want[0])+math.Abs(turn.Levels[1]-want[1])+math.Abs(turn.Levels[2]-want[2]) > 1e-9 {
				t.Errorf("levels %v, expected %v", turn.Levels, want)
			}
			for level, shown := range turn.Shown[f.Name] {
				// .15 of the range: three standard errors of 16 circuits.
				if planted := turn.Levels[level]; math.Abs(shown.Value-planted) > .15*(f.Max-f.Min) || shown.N != circuits || !(shown.Lo < shown.Value && shown.Value < shown.Hi) {
					t.Errorf("planted %.3g, shown %v", planted, shown)
				}
				if planted := turn.Circuits[level].Origin().Factors[f.Name]; math.Abs(planted-turn.Levels[level]) > 1e-9 {
					t.Errorf("the circuit shown for %g has %g", turn.Levels[level], planted)
				}
			}
			marked := [2]float64{float64(len(turn.Marked[0])), float64(len(turn.Marked[2]))}
			for k := range marked {
				marked[k] /= float64(turn.Circuits[2*k].Edges())
			}
			if f.Name == cortex.EShare { // inhibitory neurons, whose edges are marked, grow fewer
				marked[0], marked[1] = marked[1], marked[0]
			}
			if turn.Mark != "" && marked[0] >= marked[1] {
				t.Errorf("%s are not what the turn moves: %.3f and %.3f of all edges", turn.Mark, marked[0], marked[1])
			}
			for name, effect := range turn.Effects {
				if own := name == f.Name; own && effect.Value < 2 || !own && math.Abs(effect.Value) > 1 {
					t.Errorf("the effect on %s is %v sd", name, effect)
				}
			}
		})
	}
}

func TestTurnFactorFaults(t *testing.T) {
	ctx := context.Background()
	if _, err := cortex.TurnFactor(ctx, "desnity", 3, 5, 1); err == nil || !strings.Contains(err.Error(), `no factor "desnity"`) {
		t.Errorf("an unknown factor: %v", err)
	}
	if _, err := cortex.TurnFactor(ctx, cortex.Density, 1, 5, 1); err == nil || !strings.Contains(err.Error(), "2 or more") {
		t.Errorf("one level: %v", err)
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := cortex.TurnFactor(cancelled, cortex.Density, 2, 2, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// Fields are those that neurons carry.
func TestFieldsAreThoseOfNeurons(t *testing.T) {
	s := sheet(t)
	const width = 60
	fields := s.Fields(width)
	sums, counts := make([]float64, len(fields)), make([]float64, len(fields))
	for i := 0; i < s.Connectome().Len(); i += 97 {
		c, err := s.Connectome().Circuit([]int{i})
		if err != nil {
			t.Fatal(err)
		}
		p := c.Neuron(0).Position
		for k, f := range fields {
			at := int(p.Y/f.Side*width)*width + int(p.X/f.Side*width)
			d := (f.Values[at] - c.Origin().Factors[f.Factor.Name]) / (f.Factor.Max - f.Factor.Min)
			sums[k], counts[k] = sums[k]+d*d, counts[k]+1
		}
	}
	for k, f := range fields {
		// A square of 22 µm is .6 correlation lengths wide; a neuron lies 9 µm off its
		// middle.
		if rms := math.Sqrt(sums[k] / counts[k]); rms > .1 {
			t.Errorf("%s: the field is off by %.3f of its range", f.Factor.Name, rms)
		}
	}
}

func TestStudyNamesTheWorst(t *testing.T) {
	s := cortex.Study{
		Published: []cortex.Statistic{{Name: "a", Published: 1, Ours: 1.1, Tolerance: .2}, {Name: "b", Published: 5, Ours: 4, Tolerance: 1.25}},
		Turns: []cortex.Turn{
			{Factor: cortex.Factor{Name: cortex.Decay}, Effects: map[string]latent.Interval{cortex.Decay: {Value: 4}, cortex.Tilt: {Value: .2}}},
			{Factor: cortex.Factor{Name: cortex.Tilt}, Effects: map[string]latent.Interval{cortex.Decay: {Value: -.3}, cortex.Tilt: {Value: 6}}},
		},
	}
	if w := s.WorstPublished(); w.Name != "b" || math.Abs(w.Error()-.8) > 1e-12 {
		t.Errorf("worst is %s with %g, by hand b with .8", w.Name, w.Error())
	}
	want := cortex.Leak{Turned: cortex.Tilt, Shown: cortex.Decay, Effect: latent.Interval{Value: -.3}}
	if w := s.WorstLeak(); !reflect.DeepEqual(w, want) {
		t.Errorf("worst leak is %v, by hand %v", w, want)
	}
	if w := s.WeakestAnswer(); w.Turned != cortex.Decay || w.Effect.Value != 4 {
		t.Errorf("weakest answer is %v, by hand decay with 4", w)
	}
}
