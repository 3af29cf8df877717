package graphvae

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// Kind names a generative model.
type Kind string

// The kinds.
const (
	// Slots is the model with one code and canonical slots.
	Slots Kind = "slots"
	// Exchangeable is the model with a code of the circuit and one of each
	// neuron, of the wiring given classes and places.
	Exchangeable Kind = "exchangeable"
)

// maxNeurons is the largest circuit of an Exchangeable model, whose arithmetic
// is dense: one number a pair takes 64 MiB there, and there are dozens.
const maxNeurons = 4096

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
	// Slots is N, the largest circuit of a Slots model. Default 100.
	Slots int `json:"slots,omitempty"`
	// Latent is the number of dimensions of z. Default 16 (ours).
	Latent int `json:"latent,omitempty"`
	// Hidden is the width of encoder and decoder states. Default 64 (ours).
	Hidden int `json:"hidden,omitempty"`
	// NeuronLatent is the number of dimensions of u, the code of each neuron of
	// an Exchangeable model. Default 8 (ours).
	NeuronLatent int `json:"neuron_latent,omitzero"`
	// Rank is that of the bilinear forms of θ and ρ. Default 16 (ours).
	Rank int `json:"rank,omitempty"`
	// Stages is the number of message-passing stages. Default 3 (ours).
	Stages int `json:"stages,omitempty"`
	// IndependentPairs leaves out ρ, so that the two directions of a pair are
	// independent given z: an ablation.
	IndependentPairs bool `json:"independent_pairs,omitempty"`

	// The rest is of Exchangeable models only. DepthMean and DepthSD, in µm,
	// standardise depth. Defaults 600 and 300: about the middle and the spread of
	// somata in mouse cortex (ours).
	DepthMean float64 `json:"depth_mean_um,omitzero"`
	DepthSD   float64 `json:"depth_sd_um,omitzero"`
	// Uncentred lets the mean of u over a circuit's neurons vary. By default it
	// is taken out, relative to the prior, so that facts about the circuit as a
	// whole can live only in z.
	Uncentred bool `json:"uncentred,omitzero"`
	// Composition has the model also say how many neurons of which class lie where,
	// given z, so that it makes circuits without being given any neurons
	// (Model.Decode). By default it only wires neurons that are given.
	Composition bool `json:"composition,omitzero"`
	// WithoutZ leaves out the code of the circuit, WithoutU those of the neurons,
	// WithoutBilinear the products ⟨source, target⟩ and ⟨mutual, mutual⟩ of two
	// neurons' states, WithoutDistance all that depends on the distance of a pair,
	// though not on the depth of a neuron: ablations.
	WithoutZ        bool `json:"without_z,omitzero"`
	WithoutU        bool `json:"without_u,omitzero"`
	WithoutBilinear bool `json:"without_bilinear,omitzero"`
	WithoutDistance bool `json:"without_distance,omitzero"`
}

// withDefaults fills in what is zero.
func (c Config) withDefaults() Config {
	c.Kind = cmp.Or(c.Kind, Slots)
	c.Latent = cmp.Or(c.Latent, 16)
	c.Hidden = cmp.Or(c.Hidden, 64)
	c.Rank = cmp.Or(c.Rank, 16)
	c.Stages = cmp.Or(c.Stages, 3)
	if c.Kind != Exchangeable {
		c.Slots = cmp.Or(c.Slots, 100)
		return c
	}
	c.NeuronLatent = cmp.Or(c.NeuronLatent, 8)
	c.DepthMean, c.DepthSD = cmp.Or(c.DepthMean, 600), cmp.Or(c.DepthSD, 300)
	return c
}

// Validate returns every fault of the configuration.
func (c Config) Validate() error {
	faults := c.foreign()
	c = c.withDefaults()
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
	type size struct {
		name            string
		value, min, max int
	}
	sizes := []size{{"latent", c.Latent, 1, 1024}, {"hidden", c.Hidden, 1, 4096}, {"rank", c.Rank, 1, 1024}, {"stages", c.Stages, 1, 32}}
	if c.Kind == Exchangeable {
		sizes = append(sizes, size{"neuron latent", c.NeuronLatent, 1, 256})
		if !(c.DepthSD > 0) || math.IsInf(c.DepthSD, 0) || math.IsNaN(c.DepthMean) || math.IsInf(c.DepthMean, 0) {
			faults = append(faults, fmt.Errorf("graphvae: config: depth mean %g and sd %g µm: use finite numbers, the sd above 0", c.DepthMean, c.DepthSD))
		}
	} else {
		sizes = append(sizes, size{"slots", c.Slots, 2, 2048})
	}
	for _, s := range sizes {
		if s.value < s.min || s.value > s.max {
			faults = append(faults, fmt.Errorf("graphvae: config: %s is %d: use %d to %d", s.name, s.value, s.min, s.max))
		}
	}
	return errors.Join(faults...)
}

// foreign reports an unknown kind, and fields that are set but are not of the
// kind: what is asked for would silently not be done.
func (c Config) foreign() (faults []error) {
	fields := []struct {
		name string
		set  bool
		of   Kind
	}{
		{"slots", c.Slots != 0, Slots},
		{"neuron latent", c.NeuronLatent != 0, Exchangeable},
		{"depth mean", c.DepthMean != 0, Exchangeable},
		{"depth sd", c.DepthSD != 0, Exchangeable},
		{"uncentred", c.Uncentred, Exchangeable},
		{"composition", c.Composition, Exchangeable},
		{"without z", c.WithoutZ, Exchangeable},
		{"without u", c.WithoutU, Exchangeable},
		{"without bilinear", c.WithoutBilinear, Exchangeable},
		{"without distance", c.WithoutDistance, Exchangeable},
	}
	kind := cmp.Or(c.Kind, Slots)
	if kind != Slots && kind != Exchangeable {
		return []error{fmt.Errorf("graphvae: config: kind %q: the models are %q and %q", c.Kind, Slots, Exchangeable)}
	}
	for _, f := range fields {
		if f.set && f.of != kind {
			faults = append(faults, fmt.Errorf("graphvae: config: %s is set, but is of kind %q only, and this is %q", f.name, f.of, kind))
		}
	}
	return faults
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
