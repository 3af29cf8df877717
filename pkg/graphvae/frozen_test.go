package graphvae_test

import (
	"runtime"
	"runtime/debug"
	"slices"
	"testing"
)

// frozenBounds are the validation bounds of the toy run's ten epochs, as the
// first version had them, in nats. What changes training changes them: say why
// in the commit that does.
var frozenBounds = []float64{
	0x1.b192cf29p+05, 0x1.911ef619p+05, 0x1.7b26921e8p+05, 0x1.6cd807bb8p+05, 0x1.62f8e616p+05,
	0x1.6225b25ap+05, 0x1.67a72aa2p+05, 0x1.62d10ef9p+05, 0x1.5ee94717p+05, 0x1.5dfece96p+05,
}

// A seeded training repeats its bounds bit for bit, in one process and from one
// program to the next. The frozen bits are those of the pure-Go backend on
// amd64: elsewhere, and with GOAMD64=v3, the compiler joins products and sums
// (FMA), and SIMD adds in another order, either of which changes the last bits.
func TestFrozenTraining(t *testing.T) {
	first, name := validationBounds(t)
	if again, _ := validationBounds(t); !slices.Equal(first, again) {
		t.Errorf("one run gave %x, another %x", first, again)
	}
	if name != "go" || runtime.GOARCH != "amd64" || fused() {
		t.Logf("the frozen bits are not those of backend %s on %s", name, runtime.GOARCH)
		return
	}
	if !slices.Equal(first, frozenBounds) {
		t.Errorf("bounds are %x, were %x", first, frozenBounds)
	}
}

func validationBounds(t *testing.T) (bounds []float64, backend string) {
	t.Helper()
	r := newToyRun(t, "")
	for _, e := range r.epochs(t, 0) {
		bounds = append(bounds, e.Validation.Total())
	}
	return bounds, r.model.Backend().Name()
}

// fused reports whether the compiler may use FMA on amd64.
func fused() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.ContainsFunc(info.Settings, func(s debug.BuildSetting) bool {
		return s.Key == "GOAMD64" && s.Value >= "v3"
	})
}
