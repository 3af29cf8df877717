package steer

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/latent"
)

// A kit that went through a file answers bit for bit as what it was made from.
func TestKitKeepsMethods(t *testing.T) {
	sound, _ := made(3, 150, .02, rand.New(rand.NewPCG(1, 2)))
	learned, err := Learn(t.Context(), sound, Learning{}, 7)
	if err != nil {
		t.Fatal(err)
	}
	probes := []latent.Probe{
		{Measure: "a", Weights: []float64{1, .5, 0}, Centre: []float64{0, 0, 0}, SD: 1},
		{Measure: "flat", Weights: []float64{0, 1, -1}, Centre: []float64{0, 0, .5}, SD: 2},
	}
	linear, err := NewLinear(probes...)
	if err != nil {
		t.Fatal(err)
	}
	likely, err := linear.Likely(sound.Codes)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range []Linear{linear, likely} {
		text, err := artifact.Marshal(NewKit(Reference{Names: sound.Names}, l, learned, nil))
		if err != nil {
			t.Fatal(err)
		}
		var kit Kit
		if err := artifact.Unmarshal(text, &kit); err != nil {
			t.Fatal(err)
		}
		again, err := kit.Linear()
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(l, again) {
			t.Errorf("%s is kept as %+v, was %+v", l.Name(), again, l)
		}
		surrogate, err := kit.Surrogate()
		if err != nil {
			t.Fatal(err)
		}
		want, slopes, _ := learned.Expect(t.Context(), sound.Codes[:5])
		got, kept, err := surrogate.Expect(t.Context(), sound.Codes[:5])
		if err != nil || !reflect.DeepEqual(got, want) || !reflect.DeepEqual(kept, slopes) {
			t.Errorf("the surrogate expects %v (%v), expected %v", got, err, want)
		}
		if old, _ := learned.Interval("a", sound.Codes[0]); old.Hi <= old.Lo {
			t.Errorf("the interval is %v", old)
		} else if now, err := surrogate.Interval("a", sound.Codes[0]); err != nil || now != old {
			t.Errorf("the interval is %v (%v), was %v", now, err, old)
		}
	}
}

func TestKitErrors(t *testing.T) {
	probe := latent.Probe{Measure: "a", Weights: []float64{1, 0}}
	sound := Learned{Codes: [][]float64{{0, 0}, {1, 1}}, Values: []float64{0, 1}, N: []float64{1, 1}}
	for want, k := range map[string]Kit{
		"a root of 1 rows":               {Probes: []latent.Probe{probe}, Root: [][]float64{{1, 0}}},
		"row 1 of the root has 1 number": {Probes: []latent.Probe{probe}, Root: [][]float64{{1, 0}, {1}}},
		"two probes of a":                {Probes: []latent.Probe{probe, probe}},
	} {
		if _, err := k.Linear(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	bent, short := sound, sound
	bent.Kernel, short.N = []float64{1, 2}, []float64{1}
	uneven := Learned{Codes: [][]float64{{0, 0}, {1}}, Values: sound.Values, N: sound.N}
	for want, k := range map[string]Kit{
		"nothing was learned":       {},
		"a kernel of 2 parameters":  {Learned: []Learned{bent}},
		"2 codes, 2 values, 1 coun": {Learned: []Learned{short}},
		"code 1 has 1 dimensions":   {Learned: []Learned{uneven}},
	} {
		if _, err := k.Surrogate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}
