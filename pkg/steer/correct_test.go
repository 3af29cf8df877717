package steer

import (
	"math"
	"testing"

	"github.com/cortigen/cortigen/pkg/latent"
)

// An expectation that is wrong, in level and in slope, is corrected by looking.
func TestCorrected(t *testing.T) {
	rig, f := slantedBench(t)
	f.bias, f.factor = .4, .4
	r := Ask(SD("density", 1.1), "reciprocity")
	m := NewGradient(rig, f)
	plain, err := rig.Answer(t.Context(), m.Base, r, 4)
	if err != nil {
		t.Fatal(err)
	}
	corrected, err := rig.Answer(t.Context(), m, r, 4)
	if err != nil {
		t.Fatal(err)
	}
	if plain.Hit() || !corrected.Hit() || corrected.OutOfReach {
		t.Errorf("misses by %.2f sd as expected, by %.2f corrected", plain.HitSD, corrected.HitSD)
	}
	if plain.Spent != 0 {
		t.Errorf("without looking, %d circuits were decoded", plain.Spent)
	}
	r.Budget = 64 // one look: enough to know that it missed, not to correct it
	poor, err := rig.Answer(t.Context(), m, r, 4)
	if err != nil {
		t.Fatal(err)
	}
	if poor.Spent != 64 || !poor.OutOfReach || poor.Targets[0].Nearest != poor.Targets[0].Achieved.Mean {
		t.Errorf("with one look: spent %d, out of reach %v, nearest %g", poor.Spent, poor.OutOfReach, poor.Targets[0].Nearest)
	}
}

// The corrected linear method takes several targets, each as its probe sees it.
func TestCorrectedLinear(t *testing.T) {
	rig, linear := bench(t)
	m := Corrected{Base: linear, Rig: rig}
	r := Request{Targets: []Target{SD("density", 1.2), SD("reciprocity", 1.2)}}
	a, err := rig.Answer(t.Context(), m, r, 4)
	if err != nil {
		t.Fatal(err)
	}
	if !a.Hit() || a.Method != "linear, corrected" || len(a.Targets) != 2 {
		t.Errorf("%s misses %d targets by %.2f sd", a.Method, len(a.Targets), a.HitSD)
	}
}

// A probe whose slope is too flat asks for a step that ends at the surface, beyond
// the target, and, when asked for as much less as that missed, for the same step
// again: it has to be asked for less still before it comes back.
func TestCorrectedComesBack(t *testing.T) {
	rig, _ := bench(t)
	flat, err := NewLinear(latent.Probe{Measure: "density", Weights: []float64{.01, 0, 0, 0}, Intercept: .25, SD: rig.Reference.SD[0]})
	if err != nil {
		t.Fatal(err)
	}
	r := Ask(Value("density", .36)) // at z₀ = 1.87, by the curve; the probe says 11
	plain, err := rig.Answer(t.Context(), flat, r, 4)
	if err != nil {
		t.Fatal(err)
	}
	corrected, err := rig.Answer(t.Context(), Corrected{Base: flat, Rig: rig}, r, 4)
	if err != nil {
		t.Fatal(err)
	}
	if plain.Hit() || !plain.OutOfReach || !corrected.Hit() || corrected.OutOfReach {
		t.Errorf("misses by %.2f sd as proposed, by %.2f corrected (out of reach: %v)", plain.HitSD, corrected.HitSD, corrected.OutOfReach)
	}
}

// Broyden's rounds solve a linear response in few looks, whatever it does to what
// is asked for: halves or doubles it, or mixes the measures.
func TestAimConverges(t *testing.T) {
	for name, follows := range map[string][2][2]float64{
		"as asked": {{1, 0}, {0, 1}}, "halved": {{.5, 0}, {0, .5}}, "doubled": {{2, 0}, {0, 1.8}},
		"mixed": {{1, .6}, {-.4, .8}}, "uneven": {{.4, .3}, {0, 1.7}},
	} {
		task := Task{Request: Request{Targets: []Target{Value("a", 2), Value("b", -1)}}}
		a := newAim(task, Reference{Names: []string{"a", "b"}, SD: []float64{1, 2}})
		look := func() (missed float64) {
			by := a.aside()
			x := []float64{2 + by[0], (-1 + by[1]) / 2} // in sd
			missed, _ = a.look([]float64{.3 + follows[0][0]*x[0] + follows[0][1]*x[1], 2 * (-.2 + follows[1][0]*x[0] + follows[1][1]*x[1])})
			return missed
		}
		first, last := look(), math.Inf(1)
		rounds := 1
		for ; a.correct(.05) && rounds < 9; rounds++ {
			last = look()
		}
		if first < .05 || last > .05 {
			t.Errorf("%s: misses by %.3f sd at first, %.3f after %d looks", name, first, last, rounds)
		}
	}
}
