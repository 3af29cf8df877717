package graphvae

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// Kind names a generative model.
type Kind string

// Slots is the model with one code and canonical slots.
const Slots Kind = "slots"

// ClassInfo is an entry of a model's vocabulary: a class, and the layer and
// sign that decoded neurons of the class get.
type ClassInfo struct {
	Class circuit.Class `json:"class"`
	Layer circuit.Layer `json:"layer,omitempty"`
	Sign  circuit.Sign  `json:"sign,omitempty"`
}

// Config describes a model. The zero value of a field means its default.
type Config struct {
	// Kind of model. Default Slots.
	Kind Kind `json:"kind,omitempty"`
	// Classes is the vocabulary, usually that of the training circuits. Required.
	Classes []ClassInfo `json:"classes"`
	// Slots is N, the largest circuit. Default 100.
	Slots int `json:"slots,omitempty"`
	// Latent is the number of dimensions of z. Default 16 (ours).
	Latent int `json:"latent,omitempty"`
	// Hidden is the width of encoder and decoder states. Default 64 (ours).
	Hidden int `json:"hidden,omitempty"`
	// Rank is that of the bilinear forms of θ and ρ. Default 16 (ours).
	Rank int `json:"rank,omitempty"`
	// Stages is the number of message-passing stages. Default 3 (ours).
	Stages int `json:"stages,omitempty"`
	// IndependentPairs leaves out ρ, so that the two directions of a pair are
	// independent given z: an ablation.
	IndependentPairs bool `json:"independent_pairs,omitempty"`
}

// withDefaults fills in what is zero.
func (c Config) withDefaults() Config {
	c.Kind = cmp.Or(c.Kind, Slots)
	c.Slots = cmp.Or(c.Slots, 100)
	c.Latent = cmp.Or(c.Latent, 16)
	c.Hidden = cmp.Or(c.Hidden, 64)
	c.Rank = cmp.Or(c.Rank, 16)
	c.Stages = cmp.Or(c.Stages, 3)
	return c
}

// Validate returns every fault of the configuration.
func (c Config) Validate() error {
	c = c.withDefaults()
	var faults []error
	if c.Kind != Slots {
		faults = append(faults, fmt.Errorf("graphvae: config: kind %q: the only model is %q", c.Kind, Slots))
	}
	if len(c.Classes) == 0 {
		faults = append(faults, errors.New("graphvae: config: classes are empty: use Vocabulary of the training circuits"))
	}
	seen := map[circuit.Class]bool{}
	for _, info := range c.Classes {
		if seen[info.Class] {
			faults = append(faults, fmt.Errorf("graphvae: config: class %q is listed twice", info.Class))
		}
		seen[info.Class] = true
	}
	for _, field := range []struct {
		name            string
		value, min, max int
	}{
		{"slots", c.Slots, 2, 2048},
		{"latent", c.Latent, 1, 1024},
		{"hidden", c.Hidden, 1, 4096},
		{"rank", c.Rank, 1, 1024},
		{"stages", c.Stages, 1, 32},
	} {
		if field.value < field.min || field.value > field.max {
			faults = append(faults, fmt.Errorf("graphvae: config: %s is %d: use %d to %d", field.name, field.value, field.min, field.max))
		}
	}
	return errors.Join(faults...)
}

// Vocabulary lists the classes of the circuits, sorted, each with its most
// frequent layer and sign.
func Vocabulary(circuits []*circuit.Circuit) []ClassInfo {
	counts := map[ClassInfo]int{}
	for _, c := range circuits {
		for _, n := range c.Neurons() {
			counts[ClassInfo{n.Class, n.Layer, n.Sign}]++
		}
	}
	best := map[circuit.Class]ClassInfo{}
	for _, info := range slices.SortedFunc(maps.Keys(counts), compareInfo) {
		if known, ok := best[info.Class]; !ok || counts[info] > counts[known] {
			best[info.Class] = info
		}
	}
	return slices.SortedFunc(maps.Values(best), compareInfo)
}

func compareInfo(a, b ClassInfo) int {
	return cmp.Or(cmp.Compare(a.Class, b.Class), cmp.Compare(a.Layer, b.Layer), cmp.Compare(a.Sign, b.Sign))
}

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
		{"clip", t.Clip, 1e-9, 1e9},
	} {
		if !(field.value >= field.min && field.value <= field.max) { // NaN fails too
			faults = append(faults, fmt.Errorf("graphvae: training: %s is %g: use %g to %g", field.name, field.value, field.min, field.max))
		}
	}
	return errors.Join(faults...)
}
