package experiment

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/connectome"
)

// ownMemory is a run that shares no tissue with other tests.
func ownMemory(t *testing.T) *Run {
	r := tinyRun(t)
	return &Run{Setting: r.Setting, Store: r.Store}
}

func TestTissueIsMadeOnce(t *testing.T) {
	r := ownMemory(t)
	all := make([]*connectome.Connectome, 4)
	var work sync.WaitGroup
	for k := range all {
		work.Go(func() {
			var err error
			if all[k], err = r.Tissue(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	work.Wait()
	for _, one := range all {
		if one == nil || one != all[0] {
			t.Fatal("asked at the same time, there are two")
		}
	}
	if same, err := r.of(artifact.Cortex).Tissue(t.Context()); err != nil || same != all[0] {
		t.Errorf("a run made from it makes another (%v)", err)
	}
	r.Setting.Seed++
	if other, err := r.Tissue(t.Context()); err != nil || other == all[0] || other.Checksum() == all[0].Checksum() {
		t.Errorf("another seed gives the same tissue (%v)", err)
	}
}

// What fails is not kept, and who waits can be cancelled.
func TestTissueOfACancelledRun(t *testing.T) {
	r := ownMemory(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Tissue(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	r.memory().turn <- struct{}{} // somebody makes one
	if _, err := r.Tissue(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled while waiting: %v", err)
	}
	<-r.memory().turn
	calls := 0
	open := func() (int, error) {
		if calls++; calls == 1 {
			return 0, errors.New("the disk is away")
		}
		return 7, nil
	}
	var slot kept[int]
	for range 3 {
		_, _ = remember(t.Context(), r.memory(), &slot, "sum", open)
	}
	if calls != 2 || slot.tissue != 7 {
		t.Errorf("made %d times, want once more after it failed", calls)
	}
}
