package latent_test

import (
	"context"
	"errors"
	"math"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/cortigen/cortigen/pkg/latent"
)

// More circuits, better probes: with variance 4 of signal in 8 dimensions and 1 of
// noise, R² nears 4/5, and with n circuits least squares lacks about 8/n of 1/5.
func TestSampleSizes(t *testing.T) {
	rng := stream(130)
	x := gaussian(600, 8, rng)
	y := outcome(planted(x, []float64{1, 1, 1, 1, 0, 0, 0, 0}, 1, rng))
	config := latent.ProbeConfig{Inner: 3, Penalties: []float64{1e-4, .01, .1, 1, 10}}
	c, err := latent.SampleSizes(context.Background(), x, y, regions(600, 10), nil, 6, config, 1)
	if err != nil {
		t.Fatal(err)
	}
	var sizes []int
	for _, s := range c.Sizes {
		sizes = append(sizes, s.Circuits)
	}
	if want := []int{8, 16, 32, 64, 128, 256, 480}; !reflect.DeepEqual(sizes, want) {
		t.Fatalf("sizes %v, want %v", sizes, want)
	}
	first, last := c.Sizes[0], c.Sizes[6]
	near(t, "R² of 480", last.R2.Value, .8, .03)
	near(t, "regions of 480", last.Regions, 48, 0)
	if first.R2.Value > last.R2.Value-.1 || last.R2.N != 6 || last.R2.Lo > last.R2.Value || last.R2.Hi < last.R2.Value || last.Undefined != 0 || first.Regions > 8 {
		t.Errorf("%+v … %+v", first, last)
	}
	for k := 1; k < len(c.Sizes); k++ {
		if c.Sizes[k].R2.Value < c.Sizes[k-1].R2.Value-.05 {
			t.Errorf("%v after %v", c.Sizes[k], c.Sizes[k-1])
		}
	}
}

// Samples are nested and seeded: a size has the same score whichever sizes are asked
// for beside it, and on any number of processors.
func TestSampleSizesAreNested(t *testing.T) {
	x, y, _ := sine()
	run := func(procs int, sizes ...int) latent.SampleSizeCurve {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		c, err := latent.SampleSizes(context.Background(), x, y, regions(24, 3), sizes, 3, latent.ProbeConfig{}, 2)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	one, many := run(1, 6, 12), run(4, 12, 9, 6)
	if one.Sizes[0] != many.Sizes[0] || one.Sizes[1] != many.Sizes[2] {
		t.Errorf("%+v\n%+v", one, many)
	}
}

// Sizes of which a repeat cannot make a probe, here where all circuits but one have the
// same value, say so.
func TestSampleSizesSayWhatIsUndefined(t *testing.T) {
	x, y, groups := sine()
	for i := range y.Values {
		if y.Values[i] = 1; i == 7 {
			y.Values[i] = 2
		}
	}
	c, err := latent.SampleSizes(context.Background(), x, y, groups, []int{3}, 8, latent.ProbeConfig{}, 3)
	if err != nil {
		t.Fatal(err)
	}
	if s := c.Sizes[0]; s.Undefined != 8 || !math.IsNaN(s.R2.Value) || !math.IsNaN(s.R2.Lo) || s.R2.N != 0 {
		t.Errorf("%+v", s)
	}
	for name, sizes := range map[string][]int{"too many": {30}, "one": {1}, "none": {}} {
		if _, err := latent.SampleSizes(context.Background(), x, y, groups, sizes, 2, latent.ProbeConfig{}, 3); err == nil || !strings.Contains(err.Error(), "give 2 to 18 circuits") {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if _, err := latent.SampleSizes(context.Background(), x, y, groups, nil, -1, latent.ProbeConfig{}, 3); err == nil {
		t.Error("-1 repeats are no error")
	}
	if _, err := latent.SampleSizes(context.Background(), x, y, regions(24, 12), nil, 2, latent.ProbeConfig{}, 3); !errors.Is(err, latent.ErrUndefined) {
		t.Errorf("two regions: %v", err)
	}
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := latent.SampleSizes(cancelled, x, y, groups, nil, 2, latent.ProbeConfig{}, 3); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
