package connectome

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/cortigen/cortigen/pkg/circuit"
)

const (
	matrixGroup = "connectivity/full_matrix"
	matrixUnit  = "cortigen_size_unit"
)

// saveMatrix writes a ConnectivityMatrix as its own to_h5 does: pandas puts the
// frames, and from_h5 opens them.
func saveMatrix(ctx context.Context, c *Connectome, path string, w Writing) error {
	if c.Len() == 0 {
		return errors.New("connectome: pandas keeps no table of no neurons: there is nothing to write")
	}
	h, err := openHDF5(ctx, w.Python, "frames", path)
	if err != nil {
		return err
	}
	s := &matrixWriter{h: h, c: c}
	s.vertices()
	s.put("vertex_properties", "table")
	property := s.edges()
	s.put("edges", "fixed")
	s.ends()
	s.put("edge_indices", "fixed")
	s.attributes(property)
	return h.finish(s.err)
}

// matrixWriter keeps the first error, so that a list of columns reads as one.
type matrixWriter struct {
	h   *hdf5
	c   *Connectome
	err error
}

func (s *matrixWriter) ints(name, as string, values []int64) {
	if s.err == nil {
		s.err = s.h.writeInts(0, name, as, values, 1, nil)
	}
}

func (s *matrixWriter) floats(name string, values []float64) {
	if s.err == nil {
		s.err = s.h.writeFloats(0, name, values, nil)
	}
}

func (s *matrixWriter) texts(name string, text func(circuit.Neuron) string) {
	values := make([]string, s.c.Len())
	for i := range values {
		values[i] = text(s.c.Neuron(i))
	}
	if s.err == nil {
		s.err = s.h.writeTexts(0, name, values, nil)
	}
}

// put makes a frame of the columns so far.
func (s *matrixWriter) put(name, format string) {
	if s.err == nil {
		s.err = s.h.done(map[string]any{"op": "put", "file": 0, "path": matrixGroup + "/" + name, "format": format}, name)
	}
}

func (s *matrixWriter) vertices() {
	s.texts("neuron_id", func(n circuit.Neuron) string { return n.ID })
	s.texts("cell_type", func(n circuit.Neuron) string { return string(n.Class) })
	s.texts("layer", func(n circuit.Neuron) string { return string(n.Layer) })
	s.texts("synapse_class", func(n circuit.Neuron) string {
		return map[circuit.Sign]string{circuit.Excitatory: "EXC", circuit.Inhibitory: "INH"}[n.Sign]
	})
	for _, axis := range []struct {
		name string
		of   func(circuit.Position) float64
	}{
		{"x_um", func(p circuit.Position) float64 { return p.X }},
		{"y_um", func(p circuit.Position) float64 { return p.Y }},
		{"depth_um", func(p circuit.Position) float64 { return p.Depth }},
	} {
		values := make([]float64, s.c.Len())
		for i := range values {
			values[i] = axis.of(s.c.Neuron(i).Position)
		}
		s.floats(axis.name, values)
	}
	if s.c.observed != nil {
		seen := make([]int64, s.c.Len())
		for i := range seen {
			if s.c.Observed(i) {
				seen[i] = 1
			}
		}
		s.ints("observed", "i1", seen)
	}
	for _, name := range slices.Sorted(maps.Keys(s.c.Factors())) {
		s.floats("factor_"+name, s.c.Factors()[name])
	}
}

// edges writes what is known of each edge and returns the default property.
func (s *matrixWriter) edges() string {
	m, property := s.c.Edges(), "count"
	counts := s.c.Synapses()
	values := make([]int64, m)
	for k := range values {
		values[k] = 1
		if counts != nil {
			values[k] = int64(counts[k])
		}
	}
	if counts != nil {
		s.ints(property, "i8", values)
	} else {
		property = "data"
		s.ints(property, "?", values)
	}
	if sizes, _ := s.c.Sizes(); sizes != nil {
		s.floats("size", sizes)
	}
	return property
}

func (s *matrixWriter) ends() {
	rows := s.c.CSR()
	row, col := make([]int64, 0, rows.Edges()), make([]int64, 0, rows.Edges())
	for i := range rows.Rows() {
		for _, j := range rows.Row(i) {
			row, col = append(row, int64(i)), append(col, int64(j))
		}
	}
	s.ints("row", "i8", row)
	s.ints("col", "i8", col)
}

// attributes are what from_h5 looks for, and what of the reconstruction is in no
// frame.
func (s *matrixWriter) attributes(property string) {
	attrs := map[string]any{
		"NEUROTOP_SHAPE": []int{s.c.Len(), s.c.Len()}, "NEUROTOP_DEFAULT_EDGE": property, "NEUROTOP_CLASS": "ConnectivityMatrix",
		sonataOurs: s.c.Name(),
	}
	if _, unit := s.c.Sizes(); unit != "" {
		attrs[matrixUnit] = unit
	}
	if s.err == nil {
		s.err = s.h.done(map[string]any{"op": "attributes", "file": 0, "path": matrixGroup, "attrs": attrs, "as": "<i8"}, matrixGroup)
	}
}
