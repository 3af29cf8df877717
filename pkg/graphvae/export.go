package graphvae

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/circuit"
)

// ErrOutdated says that weights are of another version of the model than this
// program's, or of another configuration.
var ErrOutdated = errors.New("the weights are of another version of the model")

// configEntry holds the configuration among the weights: the bytes of its JSON.
const configEntry = "config.json"

// ExportWeights writes all weights to one npz file, which numpy opens without
// anything else: float32 arrays in their own shapes under their names, such as
// "decoder/first/matrix" of [in, out], and the configuration as the bytes of its
// JSON under "config.json". The file is written whole or not at all; one that is
// there is replaced. testdata/read_export.py reads it in five lines.
//
// To go on with a model in Go, use Save and Load.
func (m *Model) ExportWeights(path string) error {
	data, err := m.encodeWeights()
	if err == nil {
		err = artifact.WriteFile(path, data)
	}
	if err != nil {
		return fmt.Errorf("graphvae: export weights: %w", err)
	}
	return nil
}

// encodeWeights returns the bytes of the file that ExportWeights writes.
func (m *Model) encodeWeights() ([]byte, error) {
	weights, err := m.snapshot(isWeight)
	if err != nil {
		return nil, err
	}
	config, err := artifact.Marshal(m.config)
	if err != nil {
		return nil, err
	}
	arrays := artifact.Arrays{configEntry: config}
	for path, v := range weights {
		arrays[strings.TrimPrefix(path, weightScope)] = artifact.Tensor{Shape: v.dimensions, Values: v.values}
	}
	return artifact.EncodeArrays(arrays)
}

// decodeWeights reads what encodeWeights returned. A configuration that this
// program does not know is ErrOutdated.
func decodeWeights(data []byte) (Config, snapshot, error) {
	r, err := artifact.DecodeArrays(data)
	if err != nil {
		return Config{}, nil, err
	}
	var text []byte
	if err := r.Read(configEntry, &text); err != nil {
		return Config{}, nil, err
	}
	var config Config
	if err := artifact.Unmarshal(text, &config); err != nil {
		return Config{}, nil, fmt.Errorf("%w: its configuration: %w", ErrOutdated, err)
	}
	weights := snapshot{}
	for _, name := range r.Names() {
		if name == configEntry {
			continue
		}
		t, err := r.Tensor(name)
		if err != nil {
			return Config{}, nil, err
		}
		weights[weightScope+name] = saved{dimensions: t.Shape, values: t.Values}
	}
	return config, weights, nil
}

// fits reports weights that the model lacks, has in other shapes, or does not
// know: ErrOutdated.
func (m *Model) fits(weights snapshot) error {
	known := map[string]bool{}
	for v := range m.store.IterVariables() {
		if !isWeight(v) {
			continue
		}
		known[v.Path()] = true
		w, found := weights[v.Path()]
		if !found {
			return fmt.Errorf("%w: there is no weight %s", ErrOutdated, v.Path())
		}
		if !slices.Equal(w.dimensions, v.Shape().Dimensions) {
			return fmt.Errorf("%w: weight %s is %v, the model's is %v", ErrOutdated, v.Path(), w.dimensions, v.Shape().Dimensions)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(weights)) {
		if !known[path] {
			return fmt.Errorf("%w: the model has no weight %s", ErrOutdated, path)
		}
	}
	return nil
}

// ExportCodes writes the codes of circuits to one npz file, which numpy opens
// without anything else. The file is written whole or not at all; one that is
// there is replaced. testdata/read_export.py reads it in five lines.
//
//	array            type, shape                 holds
//	z_mean           float32 [circuits, latent]  mean of q(z|circuit)
//	z_log_var        float32 [circuits, latent]  its log-variance
//	circuit_source   text [circuits]             Origin().Source
//	circuit_region   text [circuits]             Origin().Region
//	circuit_split    text [circuits]             Origin().Split
//	circuit_neurons  int64 [circuits]            number of neurons
//	neuron_circuit   int64 [neurons]             row of the neuron's circuit above
//	neuron_id        text [neurons]              id
//	neuron_class     text [neurons]              class
//	u_mean           float32 [neurons, du]       mean of the neuron's code, as EncodeNeurons has it
//	u_log_var        float32 [neurons, du]       its log-variance
//
// Neurons stand in the order of the circuits and, within one, in its own. A model
// without codes of neurons, as one of kind Slots, leaves out the last two. No
// circuits, or circuits without a neuron, are an error.
func (m *Model) ExportCodes(ctx context.Context, path string, circuits []*circuit.Circuit) error {
	arrays, err := m.codes(ctx, circuits)
	if err != nil {
		return err
	}
	data, err := artifact.EncodeArrays(arrays)
	if err == nil {
		err = artifact.WriteFile(path, data)
	}
	if err != nil {
		return fmt.Errorf("graphvae: export codes: %w", err)
	}
	return nil
}

// codes are the arrays that ExportCodes writes.
func (m *Model) codes(ctx context.Context, circuits []*circuit.Circuit) (artifact.Arrays, error) {
	arrays := describe(circuits)
	if len(arrays["neuron_id"].([]string)) == 0 {
		return nil, errors.New("graphvae: export codes: there are no circuits, or none with a neuron")
	}
	z, err := m.Encode(ctx, circuits)
	if err != nil {
		return nil, err
	}
	arrays["z_mean"], arrays["z_log_var"] = tensor(z.Mean), tensor(z.LogVar)
	if _, du := m.config.widths(); m.config.Kind != Exchangeable || du == 0 {
		return arrays, nil
	}
	all, err := m.EncodeNeurons(ctx, circuits)
	if err != nil {
		return nil, err
	}
	var u Posterior
	for _, p := range all {
		u.Mean, u.LogVar = append(u.Mean, p.Mean...), append(u.LogVar, p.LogVar...)
	}
	arrays["u_mean"], arrays["u_log_var"] = tensor(u.Mean), tensor(u.LogVar)
	return arrays, nil
}

// describe says which circuits and neurons the rows of codes belong to.
func describe(circuits []*circuit.Circuit) artifact.Arrays {
	var source, region, split, id, class []string
	var size, of []int64
	for k, c := range circuits {
		o := c.Origin()
		source, region, split = append(source, o.Source), append(region, o.Region), append(split, o.Split)
		size = append(size, int64(c.Len()))
		for _, n := range c.Neurons() {
			of, id, class = append(of, int64(k)), append(id, n.ID), append(class, string(n.Class))
		}
	}
	return artifact.Arrays{
		"circuit_source": source, "circuit_region": region, "circuit_split": split, "circuit_neurons": size,
		"neuron_circuit": of, "neuron_id": id, "neuron_class": class,
	}
}

// tensor packs rows. They were float32, so no bit is lost.
func tensor(rows [][]float64) artifact.Tensor {
	t := artifact.Tensor{Shape: []int{len(rows), len(rows[0])}}
	for _, row := range rows {
		for _, x := range row {
			t.Values = append(t.Values, float32(x))
		}
	}
	return t
}
