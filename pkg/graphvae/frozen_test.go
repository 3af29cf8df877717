package graphvae_test

import (
	"runtime"
	"runtime/debug"
	"slices"
	"testing"

	"github.com/cortigen/cortigen/pkg/graphvae"
)

// frozenBounds are the validation bounds of the toy run's ten epochs, as the
// first version of the kind had them, in nats. What changes training changes
// them: say why in the commit that does.
var frozenBounds = map[graphvae.Kind][]float64{graphvae.Slots: {
	0x1.b192cf29p+05, 0x1.911ef619p+05, 0x1.7b26921e8p+05, 0x1.6cd807bb8p+05, 0x1.62f8e616p+05,
	0x1.6225b25ap+05, 0x1.67a72aa2p+05, 0x1.62d10ef9p+05, 0x1.5ee94717p+05, 0x1.5dfece96p+05,
}, graphvae.Exchangeable: {
	0x1.d2e964b18p+05, 0x1.aabcd83cp+05, 0x1.85daf0d6p+05, 0x1.6ba23fcep+05, 0x1.57e5386bp+05,
	0x1.361dac65p+05, 0x1.2b349b81p+05, 0x1.327f6b91p+05, 0x1.35d70142p+05, 0x1.32d8b211p+05,
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
