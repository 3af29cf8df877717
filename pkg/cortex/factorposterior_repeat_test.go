package cortex

import (
	"context"
	"errors"
	"reflect"
	"testing"
)

func TestFactorPosteriorsRepeatAndRefuse(t *testing.T) {
	all, cfg := truths(t, 2, 12, 1), FactorPosteriorConfig{Draws: 4, Thin: 1, Annealing: 10}
	a, err := FactorPosteriors(t.Context(), all, cfg, 2)
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := FactorPosteriors(t.Context(), all, cfg, 2); !reflect.DeepEqual(a, b) {
		t.Error("the same seed, another posterior")
	}
	if b, _ := FactorPosteriors(t.Context(), all[:1], cfg, 2); !reflect.DeepEqual(a[:1], b) {
		t.Error("a circuit's posterior depends on the others")
	}
	if _, err := FactorPosteriors(t.Context(), all, FactorPosteriorConfig{Draws: 1}, 2); err == nil {
		t.Error("the variance of one draw")
	}
	if _, err := FactorPosteriors(t.Context(), []*Truth{nil}, cfg, 2); err == nil {
		t.Error("no truth")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := FactorPosteriors(ctx, all, cfg, 2); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
