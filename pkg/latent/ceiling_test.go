package latent_test

import (
	"math"
	"strings"
	"testing"

	"github.com/cortigen/cortigen/pkg/latent"
)

// By hand: 1, 2, 3 have variance 2/3; with 1/6 left of each when the circuit is known,
// the ceiling is 1 − (1/6)/(2/3) = 3/4. Predicted as 1, 2, 2, R² is 1/2: 2/3 of it.
func TestCeilingByHand(t *testing.T) {
	nan, left := math.NaN(), 1./6
	y, remaining, predicted := []float64{1, 2, 3, nan, 7}, []float64{left, left, left, left, nan}, []float64{1, 2, 2, 0, 0}
	top, err := latent.Ceiling(y, remaining, nil, 20, stream(80))
	if err != nil {
		t.Fatal(err)
	}
	share, err := latent.ShareOfCeiling(y, predicted, remaining, nil, 20, stream(80))
	if err != nil {
		t.Fatal(err)
	}
	near(t, "ceiling", top.Value, .75, 1e-12)
	near(t, "share", share.Value, 2./3, 1e-12)
	if top.N != 3 || share.N != 3 {
		t.Errorf("%d and %d circuits, 3 have all", top.N, share.N)
	}
	unknowable, err := latent.ShareOfCeiling(y, predicted, []float64{9, 9, 9, 9, 9}, nil, 20, stream(80))
	if err != nil || !math.IsNaN(unknowable.Value) {
		t.Errorf("of what cannot be known, the share is %v (%v)", unknowable, err)
	}
	if flat, err := latent.Ceiling([]float64{2, 2}, []float64{1, 1}, nil, 20, stream(80)); err != nil || !math.IsNaN(flat.Value) {
		t.Errorf("of what does not vary, the ceiling is %v (%v)", flat, err)
	}
}

// A factor of variance 1 seen through noise of variance 1/4: the posterior mean is
// .8 of what is seen, its variance .2, so the ceiling is .8 and the posterior mean has
// all of it. 25 regions: the interval should hold 1.
func TestPosteriorMeanReachesTheCeiling(t *testing.T) {
	rng := stream(81)
	const n = 2000
	y, seen, remaining := make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range y {
		y[i] = rng.NormFloat64()
		seen[i] = .8 * (y[i] + .5*rng.NormFloat64())
		remaining[i] = .2
	}
	top, err := latent.Ceiling(y, remaining, regions(n, 80), 200, stream(82))
	if err != nil {
		t.Fatal(err)
	}
	near(t, "ceiling", top.Value, .8, .02)
	share, err := latent.ShareOfCeiling(y, seen, remaining, regions(n, 80), 200, stream(82))
	if err != nil {
		t.Fatal(err)
	}
	near(t, "share", share.Value, 1, .03)
	if share.Lo > 1 || share.Hi < 1 || share.Hi-share.Lo > .1 || share.N != 25 {
		t.Errorf("share %v", share)
	}
}

func TestCeilingErrors(t *testing.T) {
	y := []float64{1, 2, 3}
	_, negative := latent.Ceiling(y, []float64{0, -1, 0}, nil, 5, stream(83))
	_, short := latent.Ceiling(y, []float64{0}, nil, 5, stream(83))
	_, groups := latent.ShareOfCeiling(y, y, y, []string{"a"}, 5, stream(83))
	for name, c := range map[string]struct {
		err  error
		want string
	}{"negative": {negative, "circuit 1 has variance -1"}, "short": {short, "give one each"}, "groups": {groups, "1 groups"}} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("%s: error %v, want it to say %q", name, c.err, c.want)
		}
	}
}
