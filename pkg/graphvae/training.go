package graphvae

import (
	"cmp"
	"errors"
	"fmt"
)

// Training describes a run of training. The zero value of a field means its
// default; all defaults are ours, from trials on validation regions.
type Training struct {
	// Steps is the number of gradient steps, rounded up to whole epochs.
	// Default 1500.
	Steps int `json:"steps,omitempty"`
	// Batch is the number of circuits a step. Default 32, or all where there
	// are fewer.
	Batch int `json:"batch,omitempty"`
	// LearningRate is Adam's at the start. Default 2e-3.
	LearningRate float64 `json:"learning_rate,omitempty"`
	// FinalRate is the share of LearningRate at the end of the cosine. Default .05.
	FinalRate float64 `json:"final_rate,omitempty"`
	// WarmUp is the share of steps over which the weight of the KL term rises
	// from 0 to 1. Default .3.
	WarmUp float64 `json:"warm_up,omitempty"`
	// UStart is the share of steps before which an Exchangeable model's neurons
	// have no codes of their own, so that z learns first. From there on the
	// weight of their KL term rises from 0 over WarmUp in its turn. Default 0: u
	// begins together with z.
	UStart float64 `json:"u_start,omitzero"`
	// UWeight is the weight of u's KL term at the end. Below 1, codes of neurons
	// grow longer and edges are told better than the bound is worth: points of a
	// rate–distortion curve, not models to generate with. The best epoch is then
	// chosen by the bound so weighted. Default 1.
	UWeight float64 `json:"u_weight,omitzero"`
	// FreeBits is how many nats of each dimension of z, averaged over a batch,
	// cost nothing in training, so that z does not collapse. Exchangeable models
	// only. It never enters a bound that is reported. Default 0: none.
	FreeBits float64 `json:"free_bits,omitzero"`
	// Hide is the probability that part of a circuit is hidden at a step, from
	// encoder and likelihood alike: an even share, up to a half, of its ordered
	// pairs or of its rows. So a model learns to encode what is seen in part (see
	// Model.Complete). Default 0.
	Hide float64 `json:"hide,omitzero"`
	// Clip is the largest global norm of the gradient. Default 5.
	Clip float64 `json:"clip,omitempty"`
	// Checkpoint is a folder for checkpoints, written after every epoch; a run
	// of the same training resumes from there. Default: none are written.
	Checkpoint string `json:"-"`
}

func (t Training) withDefaults(circuits int) Training {
	t.Steps = cmp.Or(t.Steps, 1500)
	t.Batch = min(cmp.Or(t.Batch, 32), circuits)
	t.LearningRate = cmp.Or(t.LearningRate, 2e-3)
	t.FinalRate = cmp.Or(t.FinalRate, .05)
	t.WarmUp = cmp.Or(t.WarmUp, .3)
	t.Clip = cmp.Or(t.Clip, 5)
	return t
}

// uWeight is UWeight or its default.
func (t Training) uWeight() float64 { return cmp.Or(t.UWeight, 1) }

// check reports what is set but not of a kind.
func (t Training) check(kind Kind) error {
	if kind != Exchangeable && (t.UStart != 0 || t.UWeight != 0 || t.FreeBits != 0) {
		return fmt.Errorf("start of u, weight of u or free bits are set, but are of kind %q only", Exchangeable)
	}
	return nil
}

// Validate returns every fault of the description.
func (t Training) Validate() error {
	t = t.withDefaults(1)
	var faults []error
	if t.Steps < 1 {
		faults = append(faults, fmt.Errorf("graphvae: training: %d steps: use 1 or more", t.Steps))
	}
	if t.Batch < 1 {
		faults = append(faults, fmt.Errorf("graphvae: training: batch of %d: use 1 or more", t.Batch))
	}
	for _, field := range []struct {
		name            string
		value, min, max float64
	}{
		{"learning rate", t.LearningRate, 1e-9, 1},
		{"final rate", t.FinalRate, 0, 1},
		{"warm-up", t.WarmUp, 1e-9, 1},
		{"start of u", t.UStart, 0, 1},
		{"weight of u", t.uWeight(), 1e-9, 1e3},
		{"free bits", t.FreeBits, 0, 1e3},
		{"hide", t.Hide, 0, 1},
		{"clip", t.Clip, 1e-9, 1e9},
	} {
		if !(field.value >= field.min && field.value <= field.max) { // NaN fails too
			faults = append(faults, fmt.Errorf("graphvae: training: %s is %g: use %g to %g", field.name, field.value, field.min, field.max))
		}
	}
	if t.UStart > 0 && t.UStart+t.WarmUp > 1 {
		faults = append(faults, fmt.Errorf("graphvae: training: u starts at %g and warms up over %g of the steps: the two must not exceed 1", t.UStart, t.WarmUp))
	}
	return errors.Join(faults...)
}
