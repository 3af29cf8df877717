package experiment

import (
	"context"
	"fmt"

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/cortex"
	"github.com/cortigen/cortigen/pkg/graphvae"
)

// population is what the Exchangeable model is trained and judged on: circuits,
// the hash that names them and, of the embedded cortex, the truth of the test
// circuits, in their order.
type population struct {
	connectome.Sample
	hash  string
	truth []cortex.Specimen
}

// wiringCounts are the circuits of a population by split.
type wiringCounts struct {
	Train, Validation, Test int
}

// population returns independent circuits of the embedded cortex, of which there
// are as many as one wants and each differs, or else the setting's columns.
func (r *Run) population(ctx context.Context) (population, error) {
	if r.Setting.Dataset != artifact.Cortex {
		sample, err := r.Columns(ctx)
		if err != nil {
			return population{}, err
		}
		columns, err := hash(r.columnsKey())
		return population{Sample: sample, hash: columns}, err
	}
	sum, err := hash(r.populationKey())
	if err != nil {
		return population{}, err
	}
	return remember(ctx, r.memory(), &r.memory().population, sum, func() (population, error) { return r.populate(ctx, sum) })
}

// populate makes independent circuits of the embedded cortex.
func (r *Run) populate(ctx context.Context, hash string) (population, error) {
	p := population{Sample: connectome.Sample{Name: artifact.Cortex}, hash: hash}
	w := r.sizes().Wiring
	var err error
	if p.Train, err = cortex.Circuits(ctx, nil, w.Train, r.sizes().Band, r.seed().Sub("train circuits")); err != nil {
		return population{}, fmt.Errorf("experiment: population: %w", err)
	}
	if p.Validation, err = cortex.Circuits(ctx, nil, w.Validation, r.sizes().Band, r.seed().Sub("validation circuits")); err != nil {
		return population{}, fmt.Errorf("experiment: population: %w", err)
	}
	if p.truth, err = cortex.Specimens(ctx, nil, w.Test, r.sizes().Band, r.seed().Sub("test circuits")); err != nil {
		return population{}, fmt.Errorf("experiment: population: %w", err)
	}
	p.Test = specimenCircuits(p.truth)
	return p, nil
}

func specimenCircuits(specimens []cortex.Specimen) []*circuit.Circuit {
	circuits := make([]*circuit.Circuit, len(specimens))
	for i, s := range specimens {
		circuits[i] = s.Circuit
	}
	return circuits
}

// populationKey names the independent circuits of the embedded cortex, which take
// less time to make than to load.
func (r *Run) populationKey() (artifact.Key, error) {
	w := r.sizes().Wiring
	return r.key("population", "wiring.go", "", struct {
		Counts wiringCounts
		Band   connectome.ColumnConfig
	}{wiringCounts{w.Train, w.Validation, w.Test}, r.sizes().Band})
}

// wiring is a trained Exchangeable model with what it was trained on.
type wiring struct {
	population
	backend graphvae.Backend
	all     []trained
	best    int
}

// model returns the replicate with the best validation bound.
func (w wiring) model() *graphvae.Model { return w.all[w.best].model }

// variant is the Exchangeable model, or what is made of it for comparison.
type variant struct {
	// name says what was changed, "" for the model itself.
	name string
	// change alters the recipe.
	change func(*recipe)
	// replicates from different seeds.
	replicates int
	// short is for those that are compared among themselves only.
	short bool
}

// wire trains a variant of the Exchangeable model.
func (r *Run) wire(ctx context.Context, v variant) (wiring, error) {
	backend, err := r.Backend(ctx)
	if err != nil {
		return wiring{}, err
	}
	circuits, err := r.population(ctx)
	if err != nil {
		return wiring{}, err
	}
	of := func(replicate int) recipe {
		s := r.sizes().Wiring
		how := recipe{Model: s.Model, Training: s.Training, Replicate: replicate, task: fmt.Sprintf("train the wiring %d of %d", replicate+1, v.replicates)}
		how.Model.Kind = graphvae.Exchangeable
		if short := r.sizes().Wiring.Short; v.short && short > 0 {
			how.Training.Steps = short
		}
		if v.name != "" {
			how.task += ", " + v.name
		}
		if v.change != nil {
			v.change(&how)
		}
		return how
	}
	all, best, err := r.trainAll(ctx, backend, circuits.Sample, circuits.hash, v.replicates, of)
	return wiring{circuits, backend, all, best}, err
}

// wired trains the Exchangeable model itself, from all seeds.
func (r *Run) wired(ctx context.Context) (wiring, error) {
	return r.wire(ctx, variant{replicates: r.sizes().Wiring.Replicates})
}

// wiringKey is the key of a result that files of this package compute from the
// Exchangeable model; what else decides it is part of the configuration.
func (r *Run) wiringKey(ctx context.Context, name, files string) (artifact.Key, error) {
	backend, err := r.Backend(ctx)
	if err != nil {
		return artifact.Key{}, err
	}
	from := r.columnsKey
	if r.Setting.Dataset == artifact.Cortex {
		from = r.populationKey
	}
	circuits, err := hash(from())
	if err != nil {
		return artifact.Key{}, err
	}
	return r.key(name, "wiring.go training.go "+files, backend.Name(), r.sizes(), circuits)
}
