package connectome

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// saveSONATA writes nodes.h5, edges.h5, their tables of types and a
// circuit_config.json. Node ids are rows, as SONATA wants them; the ids
// themselves are the attribute neuron_id.
func saveSONATA(ctx context.Context, c *Connectome, dir string, w Writing) error {
	types, of := neuronTypes(c)
	population := populationName(c.Name())
	if err := writeTypes(dir, types); err != nil {
		return err
	}
	if err := writeConfig(dir, population); err != nil {
		return err
	}
	h, err := openHDF5(ctx, w.Python, "w", filepath.Join(dir, "nodes.h5"), filepath.Join(dir, "edges.h5"))
	if err != nil {
		return err
	}
	s := &sonataWriter{h: h, c: c, nodes: "/nodes/" + population, edges: "/edges/" + population + "_to_" + population}
	s.head(population)
	s.writeNodes(of)
	s.writeEdges()
	return h.finish(s.err)
}

// populationName makes a name that can be a group of HDF5 and a word of others'
// configurations.
func populationName(name string) string {
	return cmp.Or(strings.Map(func(r rune) rune {
		if r < 128 && (r == '-' || r == '_' || r >= '0' && r <= '9' || r|32 >= 'a' && r|32 <= 'z') {
			return r
		}
		return '_'
	}, name), "neurons")
}

// neuronTypes are the combinations of class, sign and layer that there are, in
// order of appearance, and that of each neuron.
func neuronTypes(c *Connectome) (types []circuit.Neuron, of []int64) {
	at := map[circuit.Neuron]int64{}
	for i := range c.Len() {
		n := c.Neuron(i)
		key := circuit.Neuron{Class: n.Class, Sign: n.Sign, Layer: n.Layer}
		if _, known := at[key]; !known {
			at[key] = int64(len(types))
			types = append(types, key)
		}
		of = append(of, at[key])
	}
	return types, of
}

// orNULL is how SONATA's tables write nothing.
func orNULL(text string) string { return cmp.Or(text, "NULL") }

// signLetter is "e", "i" or "".
func signLetter(s circuit.Sign) string {
	return map[circuit.Sign]string{circuit.Excitatory: "e", circuit.Inhibitory: "i"}[s]
}

func writeTypes(dir string, types []circuit.Neuron) error {
	nodes := [][]string{{"node_type_id", "model_type", "model_template", "ei", "cell_type", "layer"}}
	for k, t := range types {
		nodes = append(nodes, []string{strconv.Itoa(k), "point_process", "nrn:IntFire1", orNULL(signLetter(t.Sign)), orNULL(string(t.Class)), orNULL(string(t.Layer))})
	}
	if err := writeTypeTable(filepath.Join(dir, "node_types.csv"), nodes); err != nil {
		return err
	}
	return writeTypeTable(filepath.Join(dir, "edge_types.csv"), [][]string{{"edge_type_id", "model_template"}, {"0", "NULL"}})
}

// writeTypeTable writes a table with spaces between fields.
func writeTypeTable(path string, rows [][]string) error {
	var b bytes.Buffer
	out := csv.NewWriter(&b)
	out.Comma = ' '
	if err := out.WriteAll(rows); err != nil {
		return fmt.Errorf("connectome: %s: %w", path, err)
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}

// writeConfig writes a configuration by which libsonata and bluepysnap find the
// files.
func writeConfig(dir, population string) error {
	edges := population + "_to_" + population
	text, err := json.MarshalIndent(map[string]any{
		"version":  2.3,
		"manifest": map[string]string{"$BASE_DIR": "."},
		"networks": map[string]any{
			"nodes": []any{map[string]any{
				"nodes_file": "$BASE_DIR/nodes.h5", "node_types_file": "$BASE_DIR/node_types.csv",
				"populations": map[string]any{population: map[string]string{"type": "point_neuron"}},
			}},
			"edges": []any{map[string]any{
				"edges_file": "$BASE_DIR/edges.h5", "edge_types_file": "$BASE_DIR/edge_types.csv",
				"populations": map[string]any{edges: map[string]string{"type": "chemical"}},
			}},
		},
	}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "circuit_config.json"), append(text, '\n'), 0o644)
}

// sonataWriter keeps the first error, so that a list of datasets reads as one.
type sonataWriter struct {
	h            *hdf5
	c            *Connectome
	nodes, edges string // groups
	err          error
}

// Files of the conversation.
const (
	nodeSide = 0
	edgeSide = 1
)

func (s *sonataWriter) ints(file int, path, as string, values []int64, width int, attrs map[string]any) {
	if s.err == nil {
		s.err = s.h.writeInts(file, path, as, values, width, attrs)
	}
}

func (s *sonataWriter) floats(file int, path string, values []float64, attrs map[string]any) {
	if s.err == nil {
		s.err = s.h.writeFloats(file, path, values, attrs)
	}
}

func (s *sonataWriter) texts(path string, text func(circuit.Neuron) string) {
	values := make([]string, s.c.Len())
	for i := range values {
		values[i] = text(s.c.Neuron(i))
	}
	if s.err == nil {
		s.err = s.h.writeTexts(nodeSide, path, values, nil)
	}
}

// head writes what tells a SONATA file, and the population's name.
func (s *sonataWriter) head(population string) {
	for file, at := range []string{s.nodes, s.edges} {
		attrs := map[string]any{}
		if file == nodeSide {
			attrs[sonataOurs] = s.c.Name()
		}
		for _, g := range []struct {
			path  string
			attrs map[string]any
		}{{"/", map[string]any{"version": []uint32{0, 1}, "magic": []uint32{0x0A7A}}}, {at, attrs}} {
			if s.err == nil {
				s.err = s.h.group(file, g.path, g.attrs)
			}
		}
	}
}

func (s *sonataWriter) writeNodes(types []int64) {
	n := s.c.Len()
	rows := make([]int64, n)
	for i := range rows {
		rows[i] = int64(i)
	}
	s.ints(nodeSide, s.nodes+"/node_id", "u8", rows, 1, nil)
	s.ints(nodeSide, s.nodes+"/node_type_id", "i8", types, 1, nil)
	s.ints(nodeSide, s.nodes+"/node_group_id", "u4", make([]int64, n), 1, nil)
	s.ints(nodeSide, s.nodes+"/node_group_index", "u8", rows, 1, nil)
	in := s.nodes + "/0/"
	s.texts(in+sonataID, func(n circuit.Neuron) string { return n.ID })
	s.texts(in+"cell_type", func(n circuit.Neuron) string { return string(n.Class) })
	s.texts(in+"layer", func(n circuit.Neuron) string { return string(n.Layer) })
	s.texts(in+"ei", func(n circuit.Neuron) string { return signLetter(n.Sign) })
	for _, axis := range []struct {
		name string
		of   func(circuit.Position) float64
	}{
		{"x", func(p circuit.Position) float64 { return p.X }},
		{"y", func(p circuit.Position) float64 { return 0 - p.Depth }},
		{"z", func(p circuit.Position) float64 { return p.Y }},
	} {
		values := make([]float64, n)
		for i := range values {
			values[i] = axis.of(s.c.Neuron(i).Position)
		}
		s.floats(nodeSide, in+axis.name, values, nil)
	}
	if s.c.observed != nil {
		seen := make([]int64, n)
		for i := range seen {
			if s.c.Observed(i) {
				seen[i] = 1
			}
		}
		s.ints(nodeSide, in+sonataSeen, "i1", seen, 1, nil)
	}
	for k, name := range slices.Sorted(maps.Keys(s.c.Factors())) {
		s.floats(nodeSide, fmt.Sprintf("%s%s%d_%s", in, sonataFactor, k, populationName(name)), s.c.Factors()[name], map[string]any{"name": name})
	}
}

func (s *sonataWriter) writeEdges() {
	rows, population := s.c.CSR(), map[string]any{"node_population": strings.TrimPrefix(s.nodes, "/nodes/")}
	m := rows.Edges()
	source, target, place := make([]int64, 0, m), make([]int64, 0, m), make([]int64, m)
	for i := range rows.Rows() {
		for _, j := range rows.Row(i) {
			place[len(source)] = int64(len(source))
			source, target = append(source, int64(i)), append(target, int64(j))
		}
	}
	s.ints(edgeSide, s.edges+"/source_node_id", "u8", source, 1, population)
	s.ints(edgeSide, s.edges+"/target_node_id", "u8", target, 1, population)
	s.ints(edgeSide, s.edges+"/edge_type_id", "i8", make([]int64, m), 1, nil)
	s.ints(edgeSide, s.edges+"/edge_group_id", "u4", make([]int64, m), 1, nil)
	s.ints(edgeSide, s.edges+"/edge_group_index", "u8", place, 1, nil)
	if s.err == nil {
		s.err = s.h.group(edgeSide, s.edges+"/0", nil)
	}
	if counts := s.c.Synapses(); counts != nil {
		wide := make([]int64, m)
		for k, n := range counts {
			wide[k] = int64(n)
		}
		s.ints(edgeSide, s.edges+"/0/nsyns", "i4", wide, 1, nil)
	}
	if sizes, unit := s.c.Sizes(); sizes != nil {
		s.floats(edgeSide, s.edges+"/0/size", sizes, map[string]any{"unit": unit})
	}
	s.index("source_to_target", source)
	s.index("target_to_source", target)
}

// index writes which ranges of edges each node has at one of their ends.
func (s *sonataWriter) index(name string, ends []int64) {
	perNode := make([][][2]int64, s.c.Len())
	for at := 0; at < len(ends); {
		end := at + 1
		for end < len(ends) && ends[end] == ends[at] {
			end++
		}
		perNode[ends[at]] = append(perNode[ends[at]], [2]int64{int64(at), int64(end)})
		at = end
	}
	var ofNode, ofEdges []int64
	for _, ranges := range perNode {
		begin := int64(len(ofEdges) / 2)
		for _, r := range ranges {
			ofEdges = append(ofEdges, r[:]...)
		}
		ofNode = append(ofNode, begin, int64(len(ofEdges)/2))
	}
	s.ints(edgeSide, s.edges+"/indices/"+name+"/node_id_to_ranges", "u8", ofNode, 2, nil)
	s.ints(edgeSide, s.edges+"/indices/"+name+"/range_to_edge_id", "u8", ofEdges, 2, nil)
}
