package experiment

import (
	"context"
	"fmt"

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/catalogue"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/cortex"
)

// Tissue opens the setting's dataset: the embedded cortex, or what
// catalogue.Locate finds under its name. Asked again, a run returns the same
// connectome without making it anew: it keeps the embedded cortex and the file
// that it opened last. Safe for use by several goroutines.
func (r *Run) Tissue(ctx context.Context) (*connectome.Connectome, error) {
	if r.Setting.Dataset == artifact.Cortex {
		sheet, err := r.sheet(ctx)
		if err != nil {
			return nil, err
		}
		return sheet.Connectome(), nil
	}
	path, err := catalogue.Locate(r.Setting.Dataset)
	if err != nil {
		return nil, err
	}
	sum, err := connectome.Checksum(path)
	if err != nil {
		return nil, err
	}
	return remember(ctx, r.memory(), &r.memory().opened, sum, func() (*connectome.Connectome, error) { return connectome.Open(ctx, path) })
}

// sheet returns the embedded cortex, whatever the setting's dataset is.
func (r *Run) sheet(ctx context.Context) (*cortex.Sheet, error) {
	sum, err := cortex.Checksum(cortex.Config{}, r.cortexSeed())
	if err != nil {
		return nil, err
	}
	return remember(ctx, r.memory(), &r.memory().sheet, sum, func() (*cortex.Sheet, error) {
		return cortex.Grow(ctx, cortex.Config{}, r.cortexSeed())
	})
}

// tissues are kept in memory, at most one of each kind: the embedded cortex, what
// was opened of a file, and independent circuits of the cortex.
type tissues struct {
	// turn holds one token: who has it may look and make. A channel, since who
	// waits may be cancelled.
	turn       chan struct{}
	sheet      kept[*cortex.Sheet]
	opened     kept[*connectome.Connectome]
	population kept[population]
}

// kept is a tissue with the checksum that names it.
type kept[T any] struct {
	checksum string
	tissue   T
}

// memory is shared by a run and those made from it with of.
func (r *Run) memory() *tissues {
	r.tissues.CompareAndSwap(nil, &tissues{turn: make(chan struct{}, 1)})
	return r.tissues.Load()
}

// of returns the run of another dataset.
func (r *Run) of(dataset string) *Run {
	other := &Run{Setting: r.Setting, Store: r.Store, Progress: r.Progress}
	other.Setting.Dataset = dataset
	other.tissues.Store(r.memory())
	return other
}

// remember returns what is kept under a checksum, or makes it and keeps it in
// place of what was there. What fails is not kept.
func remember[T any](ctx context.Context, all *tissues, slot *kept[T], checksum string, open func() (T, error)) (T, error) {
	select {
	case all.turn <- struct{}{}:
	case <-ctx.Done():
		var none T
		return none, fmt.Errorf("experiment: tissue: %w", ctx.Err())
	}
	defer func() { <-all.turn }()
	if slot.checksum == checksum {
		return slot.tissue, nil
	}
	made, err := open()
	if err == nil {
		*slot = kept[T]{checksum, made}
	}
	return made, err
}
