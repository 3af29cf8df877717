package graphvae

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"time"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/seed"
)

// Epoch is one pass over the training circuits.
type Epoch struct {
	// Epoch counts from 1, Steps is how many gradient steps were taken by its
	// end, and Of how many there will be.
	Epoch int `json:"epoch"`
	Steps int `json:"steps"`
	Of    int `json:"of"`
	// Beta is the weight of the KL term at its end; of an Exchangeable model the
	// lesser of z's and u's, each as a share of what it ends at.
	Beta float64 `json:"beta"`
	// Train averages the terms over the epoch's steps, Validation those of the
	// validation circuits after it.
	Train      Terms `json:"train"`
	Validation Terms `json:"validation"`
	// Units is the KL of each dimension of z in nats, averaged over the validation
	// circuits.
	Units []float64 `json:"units,omitempty"`
	// Best reports whether this epoch has the best validation bound so far,
	// among those with full weight of the KL term.
	Best bool `json:"best"`
	// Took is wall time; zero for epochs restored from a checkpoint.
	Took time.Duration `json:"-"`
}

// Train fits the model and yields every epoch, those restored from a
// checkpoint first. When the loop over it ends, for whatever reason, the model
// holds the weights of the best epoch so far by the validation bound, or those
// it began with where there was none: epochs before the KL term has its full
// weight are candidates only while there is no later one. Training begins from
// the model's weights, with an optimiser that remembers nothing.
//
// Cancelling the context yields its error and ends training after the step at
// hand. A loss that is not a number is an error.
func (m *Model) Train(ctx context.Context, train, validation []*circuit.Circuit, cfg Training, s seed.Seed) iter.Seq2[Epoch, error] {
	return func(yield func(Epoch, error) bool) {
		if err := m.train(ctx, train, validation, cfg, s, yield); err != nil {
			yield(Epoch{}, fmt.Errorf("graphvae: train: %w", err))
		}
	}
}

func (m *Model) train(ctx context.Context, train, validation []*circuit.Circuit, cfg Training, s seed.Seed, yield func(Epoch, error) bool) error {
	t, err := m.newTrainer(train, validation, cfg, s)
	if err != nil {
		return err
	}
	defer t.useBest()
	for _, epoch := range t.state.Epochs {
		if !yield(epoch, nil) {
			return nil
		}
	}
	for len(t.state.Epochs) < t.epochs {
		epoch, err := t.epoch(ctx)
		if err != nil {
			return err
		}
		if err := t.save(); err != nil {
			return err
		}
		if !yield(epoch, nil) {
			return nil
		}
	}
	return nil
}

// trainer is a run of training.
type trainer struct {
	model             *Model
	cfg               Training
	seed              seed.Seed
	train, validation []*circuit.Circuit
	perEpoch, epochs  int
	width             int // of batches, 0 for that of each
	fingerprint       string
	state             trainingState
	best              snapshot // at first, the weights that training began with
}

// trainingState is what, beside weights, decides how training goes on.
type trainingState struct {
	Epochs []Epoch `json:"epochs"`
}

func (m *Model) newTrainer(train, validation []*circuit.Circuit, cfg Training, s seed.Seed) (*trainer, error) {
	if len(train) == 0 || len(validation) == 0 {
		return nil, errors.New("no training or no validation circuits: the best epoch is chosen on circuits that are not trained on")
	}
	if err := errors.Join(cfg.Validate(), cfg.check(m.config.Kind), m.config.check(train), m.config.check(validation)); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults(len(train))
	t := &trainer{model: m, cfg: cfg, seed: s, train: canonical(train), validation: validation}
	t.perEpoch = len(train) / cfg.Batch
	t.width = m.config.sharedWidth(train)
	t.epochs = (cfg.Steps + t.perEpoch - 1) / t.perEpoch
	if err := m.resetOptimiser(); err != nil {
		return nil, err
	}
	if err := t.expect(); err != nil {
		return nil, err
	}
	var err error
	if t.best, err = m.snapshot(isWeight); err != nil {
		return nil, err
	}
	return t, t.restore()
}

func (t *trainer) steps() int { return t.epochs * t.perEpoch }

// rate is the learning rate of a step: a cosine down to its final share.
func (t *trainer) rate(step int) float64 {
	progress := float64(step) / float64(t.steps())
	return t.cfg.LearningRate * (t.cfg.FinalRate + (1-t.cfg.FinalRate)*(1+math.Cos(math.Pi*progress))/2)
}

// beta is the weight of the KL term at a step.
func (t *trainer) beta(step int) float64 {
	return min(1, float64(step)/(t.cfg.WarmUp*float64(t.steps())))
}

// betaU is the share of its last weight that u's KL term has at a step. It is 0
// before u starts, so that its posterior stays as it was made: one that was
// pressed on the prior would be ignored for good.
func (t *trainer) betaU(step int) float64 {
	return max(0, min(1, (float64(step)-t.cfg.UStart*float64(t.steps()))/(t.cfg.WarmUp*float64(t.steps()))))
}

// gate is 0 while neurons have no codes of their own, then 1.
func (t *trainer) gate(step int) float64 {
	if float64(step) < t.cfg.UStart*float64(t.steps()) {
		return 0
	}
	return 1
}

// weight is Epoch.Beta after a step.
func (t *trainer) weight(step int) float64 {
	return min(t.beta(step), t.betaU(step))
}

// objective is what the best epoch has least of.
func (t *trainer) objective(terms Terms) float64 {
	return terms.Edges + terms.Classes + terms.KL + t.cfg.uWeight()*terms.NeuronKL
}

// epoch takes the steps of the next epoch and evaluates it.
func (t *trainer) epoch(ctx context.Context) (Epoch, error) {
	began := time.Now()
	number := len(t.state.Epochs)
	order := t.seed.Stream("order", number).Perm(len(t.train))
	terms := make([]Terms, t.perEpoch)
	for k := range t.perEpoch {
		if err := ctx.Err(); err != nil {
			return Epoch{}, err
		}
		var err error
		if terms[k], err = t.step(number*t.perEpoch+k, order[k*t.cfg.Batch:(k+1)*t.cfg.Batch]); err != nil {
			return Epoch{}, err
		}
	}
	bounds, units, err := t.model.bound(ctx, t.validation, t.seed.Sub("validation"))
	if err != nil {
		return Epoch{}, err
	}
	done := (number + 1) * t.perEpoch
	epoch := Epoch{
		Epoch: number + 1, Steps: done, Of: t.steps(), Beta: t.weight(done),
		Train: mean(terms), Validation: mean(bounds), Units: units, Took: time.Since(began),
	}
	if !epoch.Train.finite() || !epoch.Validation.finite() {
		return epoch, fmt.Errorf("epoch %d: the loss is not a number (training %v, validation %v): lower the learning rate", epoch.Epoch, epoch.Train, epoch.Validation)
	}
	epoch.Best = t.isBest(epoch)
	if epoch.Best {
		if t.best, err = t.model.snapshot(isWeight); err != nil {
			return epoch, err
		}
	}
	t.state.Epochs = append(t.state.Epochs, epoch)
	return epoch, nil
}

// isBest reports whether an epoch is to be preferred to all before it.
func (t *trainer) isBest(epoch Epoch) bool {
	for _, other := range t.state.Epochs {
		if other.Best && other.Beta >= epoch.Beta && t.objective(other.Validation) <= t.objective(epoch.Validation) {
			return false
		}
	}
	return true
}

// step takes one gradient step on the circuits of the given indices.
func (t *trainer) step(number int, indices []int) (Terms, error) {
	some := make([]*circuit.Circuit, len(indices))
	var observed float64
	for k, i := range indices {
		some[k] = t.train[i]
		observed += pairs(some[k]) / float64(len(indices))
	}
	b := packBatch(some, len(some), cmp.Or(t.width, t.model.config.width(some)), t.model.config)
	hideSome(b, some, t.cfg.Hide, t.seed.Stream("hide", number))
	args := append(b.tensors(), t.noise(number, b, some)...)
	args = append(args, float32(t.rate(number)), float32(t.beta(number)), float32(t.cfg.Clip))
	if t.model.config.Kind == Exchangeable {
		args = append(args, float32(t.cfg.uWeight()*t.betaU(number)), float32(t.gate(number)), float32(t.cfg.FreeBits))
	}
	out, err := run(t.model.step, "step", args...)
	if err != nil {
		return Terms{}, err
	}
	return Terms{Edges: float64(out[0][0]), Classes: float64(out[1][0]), KL: float64(out[2][0]), NeuronKL: float64(out[3][0]), Pairs: observed}, nil
}

// noise draws what the codes of a step are drawn with.
func (t *trainer) noise(step int, b batch, circuits []*circuit.Circuit) []any {
	rng := t.seed.Stream("noise", step)
	if t.model.config.Kind == Slots {
		return []any{normal(rng, b.size, t.model.config.Latent)}
	}
	e := t.model.config.newNoise(b.size, b.slots)
	for i, c := range circuits {
		e.draw(i, c.Len(), rng)
	}
	return e.tensors()
}

// useBest puts the best weights so far into the model.
func (t *trainer) useBest() {
	// A snapshot was taken from this very model, so it fits.
	if err := t.model.restore(t.best); err != nil {
		panic("graphvae: train: " + err.Error())
	}
}
