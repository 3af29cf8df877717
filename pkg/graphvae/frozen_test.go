package graphvae_test

import (
	"runtime"
	"runtime/debug"
	"slices"
	"testing"

	"github.com/cortigen/cortigen/pkg/graphvae"
)

// frozenBounds are the validation bounds of the toy run's ten epochs, in nats. What changes training changes
// them: say why in the commit that does.
var frozenBounds = map[graphvae.Kind][]float64{graphvae.Slots: {
	0x1.aef676498p+05, 0x1.8ec4b7de8p+05, 0x1.7adf74e58p+05, 0x1.6b96998p+05, 0x1.6285b443p+05,
	0x1.60ac4422p+05, 0x1.6537f75ep+05, 0x1.5f247cd5p+05, 0x1.5bc7c71cp+05, 0x1.5b4af5e8p+05,
}, graphvae.Exchangeable: {
	0x1.ce1098d2p+05, 0x1.940984a5p+05, 0x1.7c1e8a3ep+05, 0x1.5f2551248p+05, 0x1.3fa684f6p+05,
	0x1.29de8c2b8p+05, 0x1.296ebfe58p+05, 0x1.269ebd4a8p+05, 0x1.23ac34218p+05, 0x1.227b52598p+05,
}}

// A seeded training repeats its bounds bit for bit, in one process and from one
// program to the next. The frozen bits are those of the pure-Go backend on
// amd64: elsewhere, and with GOAMD64=v3, the compiler joins products and sums
// (FMA), and SIMD adds in another order, either of which changes the last bits.
func TestFrozenTraining(t *testing.T) { forKinds(t, frozen) }

func frozen(t *testing.T, kind graphvae.Kind) {
	first, name := validationBounds(t, kind)
	if again, _ := validationBounds(t, kind); !slices.Equal(first, again) {
		t.Errorf("one run gave %x, another %x", first, again)
	}
	if name != "go" || runtime.GOARCH != "amd64" || fused() {
		t.Logf("the frozen bits are not those of backend %s on %s", name, runtime.GOARCH)
		return
	}
	if !slices.Equal(first, frozenBounds[kind]) {
		t.Errorf("bounds are %x, were %x", first, frozenBounds[kind])
	}
}

func validationBounds(t *testing.T, kind graphvae.Kind) (bounds []float64, backend string) {
	t.Helper()
	r := newToyRunOf(t, kind, "")
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
