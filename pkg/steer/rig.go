package steer

import (
	"context"
	"fmt"
	"math"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/seed"
)

// Decoder turns codes into circuits. A model of package graphvae is one if it is
// of kind Slots or has a Composition; one that wires given neurons is with its
// method On, on those of one circuit, or as Given, on those of several. All draw
// whatever is not in the code (classes, codes of neurons) anew for every sample.
type Decoder interface {
	// Dim is the number of dimensions of a code.
	Dim() int
	// Decode draws circuits of each code, [codes][samples]. The same seed gives
	// the same circuits.
	Decode(ctx context.Context, z [][]float64, samples int, s seed.Seed) ([][]*circuit.Circuit, error)
}

// Rig decodes codes and reads measures off the circuits.
type Rig struct {
	Decoder Decoder
	// Reference names the measures that are read, which are those whose drift is
	// told, and gives their units.
	Reference Reference
}

// Reading is a measure of the circuits decoded from one code.
type Reading struct {
	Measure string `json:"measure"`
	// Mean and SD over the samples, in the measure's unit. SD is NaN with fewer
	// than two samples.
	Mean float64 `json:"mean"`
	SD   float64 `json:"sd"`
	// MeanSD is Mean as a deviation from the reference's mean, and SDSD is SD,
	// both in sd of the reference.
	MeanSD float64 `json:"mean_sd"`
	SDSD   float64 `json:"sd_sd"`
	// N samples had a defined value.
	N int `json:"n"`
}

// decode draws samples of every code.
func (g Rig) decode(ctx context.Context, codes [][]float64, samples int, s seed.Seed) ([][]*circuit.Circuit, error) {
	circuits, err := g.Decoder.Decode(ctx, codes, samples, s)
	if err != nil {
		return nil, fmt.Errorf("steer: decode: %w", err)
	}
	if len(circuits) != len(codes) {
		return nil, fmt.Errorf("steer: decode: %d sets of circuits for %d codes", len(circuits), len(codes))
	}
	return circuits, nil
}

// read decodes samples of every code and measures them: readings are [codes],
// each in the order of the names, which must be of the reference.
func (g Rig) read(ctx context.Context, codes [][]float64, samples int, names []string, s seed.Seed) ([][]Reading, error) {
	circuits, err := g.decode(ctx, codes, samples, s)
	if err != nil {
		return nil, err
	}
	readings := make([][]Reading, len(codes))
	for i, some := range circuits {
		if readings[i], err = g.measure(ctx, some, names); err != nil {
			return nil, err
		}
	}
	return readings, nil
}

// measure reads measures of the reference off circuits.
func (g Rig) measure(ctx context.Context, circuits []*circuit.Circuit, names []string) ([]Reading, error) {
	table, err := Profiles(ctx, circuits, names...)
	if err != nil {
		return nil, err
	}
	return g.readings(table.Rows, names)
}

// readings averages rows, one a circuit.
func (g Rig) readings(rows [][]float64, names []string) ([]Reading, error) {
	readings := make([]Reading, len(names))
	for j, name := range names {
		at, err := g.Reference.index(name)
		if err != nil {
			return nil, fmt.Errorf("steer: %w", err)
		}
		var values []float64
		for _, row := range rows {
			if !math.IsNaN(row[j]) {
				values = append(values, row[j])
			}
		}
		mean, sd := spread(values)
		readings[j] = Reading{
			Measure: name, Mean: mean, SD: sd, N: len(values),
			MeanSD: g.Reference.inSD(at, mean), SDSD: sd / g.Reference.SD[at],
		}
	}
	return readings, nil
}
