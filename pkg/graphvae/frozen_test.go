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
	0x1.b192ce808p+05, 0x1.911ef3d18p+05, 0x1.7b2693608p+05, 0x1.6cd80916p+05, 0x1.62f8e7abp+05,
	0x1.6225b208p+05, 0x1.67a72a66p+05, 0x1.62d10e3ep+05, 0x1.5ee94467p+05, 0x1.5dfecdd3p+05,
}, graphvae.Exchangeable: {
	0x1.d2a48896p+05, 0x1.aa9ef20ap+05, 0x1.85c26dd2p+05, 0x1.6bcda3c1p+05, 0x1.57dcf1bbp+05,
	0x1.367cbf5ap+05, 0x1.2bc94369p+05, 0x1.3281ed228p+05, 0x1.3554e26ap+05, 0x1.32a83f7ep+05,
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
