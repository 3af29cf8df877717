package experiment

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/fidelity"
)

func TestEvenly(t *testing.T) {
	for name, c := range map[string]struct {
		n, most int
		want    []int
	}{
		"fewer": {3, 5, []int{0, 1, 2}}, "some": {10, 4, []int{0, 2, 5, 7}}, "one": {9, 1, []int{0}}, "none": {0, 3, []int{}},
	} {
		if got := evenly(c.n, c.most); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// All answers are of the same circuits, and what can be known beforehand holds.
func checkStanding(ctx context.Context, t *testing.T, r *Run) {
	s, err := r.Standing(ctx)
	if err != nil {
		t.Fatal(err)
	}
	w := r.sizes().Wiring
	if s.Test != w.Test || s.Judged != w.Judged || len(s.Seeds) != w.Replicates || len(s.Courses) != w.Replicates {
		t.Errorf("%d test circuits, %d judged, %d seeds", s.Test, s.Judged, len(s.Seeds))
	}
	if len(s.Others) != 6 || s.Others[0].Name != "class × distance" || len(s.Margins) != len(s.Others) {
		t.Errorf("%d others, %d margins", len(s.Others), len(s.Margins))
	}
	regions := s.Chose().Region
	for _, b := range slices.Concat(s.Others, s.Seeds, []fidelity.Bounds{s.ELBO, s.Shuffled}) {
		if len(b.PerPair) != w.Judged || !slices.Equal(b.Region, regions) {
			t.Errorf("%s: %d circuits of regions %v, the model's are %v", b.Name, len(b.PerPair), b.Region, regions)
		}
		for _, v := range b.PerPair {
			if !(v > 0 && v < 5) {
				t.Errorf("%s: a circuit costs %g nats a pair", b.Name, v)
			}
		}
	}
	for k, m := range s.Margins {
		if want := s.Others[k].Mean.Value - s.Chose().Mean.Value; math.Abs(m.Nats.Value-want) > 1e-12 {
			t.Errorf("over %s: margin %g, the means are %g apart", m.Over, m.Nats.Value, want)
		}
	}
	if s.Oracle == nil || s.Oracle.Cost.PerPair[0] == s.Oracle.Floor.PerPair[0] {
		t.Errorf("what the truth pays: %+v", s.Oracle)
	}
	if s.Relabelled > 1e-4 {
		t.Errorf("another order of neurons moves a code by %g", s.Relabelled)
	}
	if s.KL.Value < 0 || s.NeuronKL.Value < 0 {
		t.Errorf("codes of %g and %g nats", s.KL.Value, s.NeuronKL.Value)
	}
	for name := range answerRows {
		if _, found := s.Below(name); !found {
			t.Errorf("no answer is called %q", name)
		}
	}
}

// Its points are the model and every weight; each has its nulls. Where there are
// more weights, a wide one stands at the end.
func checkRate(ctx context.Context, t *testing.T, r *Run) {
	rate, err := r.Rate(ctx)
	if err != nil {
		t.Fatal(err)
	}
	standard := (&Run{Setting: artifact.Setting{Preset: artifact.Standard}}).bends()
	if last := standard[len(standard)-1]; len(standard) != 2+len(presets[artifact.Standard].Wiring.Weights) || !last.wide || last.weight >= 1 {
		t.Errorf("the points of the standard preset are %+v", standard)
	}
	if len(rate.Points) != 2 || rate.Points[0].Weight != 1 || len(rate.Baselines) != 5 {
		t.Errorf("%d points, %d baselines", len(rate.Points), len(rate.Baselines))
	}
	for _, p := range rate.Points {
		if p.Excess == nil || !(p.Excess.AUC.Nulls.Value > 0) || !(p.Code.Value > 0) {
			t.Errorf("%s: %+v", p.Name, p)
		}
	}
	for _, b := range rate.Baselines[:3] {
		if b.Code.Value != 0 {
			t.Errorf("%s sees classes and places only, and has a code of %g nats", b.Name, b.Code.Value)
		}
	}
}

// What was taken out has no code, and margins are over the whole.
func checkAblations(ctx context.Context, t *testing.T, r *Run) {
	all, err := r.Ablations(ctx)
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]fidelity.Ablation{}
	for _, a := range all {
		by[a.Name] = a
	}
	if len(all) != 7 || all[0].Name != whole || all[0].Margin.Value != 0 {
		t.Errorf("%d variants, first %s", len(all), all[0].Name)
	}
	if by["without u"].NeuronKL.Value != 0 || by["without z"].KL.Value != 0 || by["without bilinear"].NeuronKL.Value == 0 {
		t.Errorf("what was taken out has a code")
	}
	if by[dimensions(1)].Latent != 1 {
		t.Errorf("%+v", by[dimensions(1)])
	}
	for _, a := range all[1:] {
		if want := a.Bound.Mean.Value - all[0].Bound.Mean.Value; math.Abs(a.Margin.Value-want) > 1e-12 {
			t.Errorf("%s: margin %g, the means are %g apart", a.Name, a.Margin.Value, want)
		}
	}
}
