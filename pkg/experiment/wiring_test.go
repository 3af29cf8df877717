package experiment

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/cortex"
	"github.com/cortigen/cortigen/pkg/latent"
)

func TestNothingIsPlantedInAPack(t *testing.T) {
	r := tinyRun(t)
	r.Setting.Dataset = "some-pack"
	if _, err := r.Mutual(context.Background()); err == nil || !strings.Contains(err.Error(), "some-pack") {
		t.Errorf("error %v", err)
	}
}

// The truths of the training circuits are made again, by the same seed.
func TestTruthsAreOfTheTrainingCircuits(t *testing.T) {
	ctx := context.Background()
	r := tinyRun(t)
	p, err := r.population(ctx)
	if err != nil {
		t.Fatal(err)
	}
	again, err := cortex.Specimens(ctx, nil, len(p.Train), r.sizes().Band, r.seed().Sub("train circuits"))
	if err != nil {
		t.Fatal(err)
	}
	for i, one := range again {
		if _, err := one.Truth.With(p.Train[i]); err != nil {
			t.Errorf("circuit %d: %v", i, err)
		}
	}
	inputs := known(p.Train, composition(p.Train, circuit.Classes(p.Train...)))
	factors := len(cortex.Factors())
	if want := factors + factors*(factors+1)/2 + len(circuit.Classes(p.Train...)); len(inputs[0]) != want {
		t.Errorf("%d inputs, want %d", len(inputs[0]), want)
	}
	for k, f := range cortex.Factors() {
		if x := inputs[0][k]; x < -1 || x > 1 {
			t.Errorf("%s is %g of its range, from −1 to 1", f.Name, x)
		}
	}
}

func TestSizeOfAnInterval(t *testing.T) {
	for name, c := range map[string]struct{ in, want latent.Interval }{
		"below 0":  {latent.Interval{Value: -.2, Lo: -.3, Hi: -.1}, latent.Interval{Value: .2, Lo: .1, Hi: .3}},
		"above 0":  {latent.Interval{Value: .2, Lo: .1, Hi: .3}, latent.Interval{Value: .2, Lo: .1, Hi: .3}},
		"around 0": {latent.Interval{Value: -.1, Lo: -.4, Hi: .2}, latent.Interval{Value: .1, Lo: 0, Hi: .4}},
	} {
		if got := size(c.in); math.Abs(got.Value-c.want.Value)+math.Abs(got.Lo-c.want.Lo)+math.Abs(got.Hi-c.want.Hi) > 1e-12 {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
