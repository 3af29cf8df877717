package experiment

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/fidelity"
	"github.com/cortigen/cortigen/pkg/graphvae"
	"github.com/cortigen/cortigen/pkg/seed"
)

// Run asks for results under one setting. Do not copy one that was used.
type Run struct {
	// Setting is the dataset, preset and seed.
	Setting artifact.Setting
	// Store keeps the results.
	Store *artifact.Store
	// Progress, where not nil, is told of long work: what is done, such as
	// "train 1 of 3", how many of its steps are done, and what to say of the last.
	// It must be quick. Package show has one for notebooks.
	Progress func(task string, done, total int, text string)
	// Watch, where not nil, is told of every epoch of a training, in place of
	// Progress. It must be quick. Package show has one for notebooks.
	Watch func(fidelity.Progress)

	tissues atomic.Pointer[tissues]
}

// Here returns the run that the environment asks for: CORTIGEN_DATASET,
// CORTIGEN_PRESET, CORTIGEN_SEED and CORTIGEN_CACHE.
func Here() (*Run, error) {
	setting, err := artifact.FromEnvironment()
	if err != nil {
		return nil, err
	}
	store, err := artifact.Default()
	if err != nil {
		return nil, err
	}
	return &Run{Setting: setting, Store: store}, nil
}

// Backend returns the backend that trains and decodes, and says why it was
// taken.
func (r *Run) Backend(ctx context.Context) (graphvae.Backend, error) {
	return graphvae.OpenBackend(ctx)
}

// Names of results, for artifact.Load with Setting.Name.
const (
	ColumnsName        = "columns"
	ReconstructionName = "reconstruction"
	CodesName          = "codes"
	ProbesName         = "probes"
	SteeringName       = "steering"
)

func (r *Run) seed() seed.Seed { return seed.Seed(r.Setting.Seed) }

func (r *Run) sizes() sizes { return presets[r.Setting.Preset] }

func (r *Run) progress(task string, done, total int, text string) {
	if r.Progress != nil {
		r.Progress(task, done, total, text)
	}
}

// key makes the key of an experiment that files of this package compute, their
// names separated by spaces; data are what it starts from.
func (r *Run) key(name, files, backend string, config any, data ...string) (artifact.Key, error) {
	sources := []string{"pkg/experiment/run.go"}
	for _, file := range strings.Fields(files) {
		sources = append(sources, "pkg/experiment/"+file)
	}
	return artifact.NewKey(name, config, r.Setting.Seed, backend, sources, data...)
}

// named makes or loads the result of a key, under the experiment's name.
func named[T any](ctx context.Context, r *Run, name string, k artifact.Key, compute func(context.Context) (T, error)) (T, error) {
	value, err := artifact.Do(ctx, r.Store, k, compute)
	if err == nil {
		err = r.Store.Name(r.Setting.Name(name), k)
	}
	if err != nil {
		return value, fmt.Errorf("experiment: %s: %w", name, err)
	}
	return value, nil
}
