package connectome

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"path"
	"slices"
	"strings"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// connectivityMatrix is what ConnectomeUtilities' ConnectivityMatrix.to_h5
// writes (github.com/BlueBrain/ConnectomeUtilities): pandas DataFrames of
// vertices, edges and their ends in a group PREFIX/NAME of an HDF5 file.
//
//   - Of several groups, connectivity/full_matrix, else condensed, else full is
//     read, else the only one, else what Reading.Population names. A colon and a
//     column of edges after that name take this column for the default edge
//     property: "chemical/full_matrix:8".
//   - A neuron's id is the first of pt_root_id, root_id, neuron_id, id, node_ids,
//     Neuron and name that tells neurons apart, else the table's index; class is
//     cell_type, mtype or type; sign ei, synapse_class or classification_system;
//     layer layer.
//   - Positions: x_um, y_um, depth_um; or x_nm, y_nm, z_nm of a raw EM frame (y
//     is depth); or x, y, z with depth (the sheet is turned), or without (depth
//     is −y), in µm.
//   - Synapses are count, n_syn, nsyns or synapse_count, else the file's default
//     edge property where it holds counts (not a size, nor all ones); a row that
//     says 0 is no edge, as in ConnectivityMatrix.matrix. Sizes are
//     total_size or size. Rows of one pair are added up.
//   - What Save writes besides: observed, factor_NAME, neuron_id, and, of the
//     group, the attributes cortigen_name and cortigen_size_unit.
//
// Columns of Python objects are pickles and are left alone; column names are
// unpickled to lists of texts and integers and nothing else (see hdf5.py).
func connectivityMatrix() format {
	return format{
		Format: Format{Name: "connectivity-matrix", Title: "ConnectivityMatrix of ConnectomeUtilities, HDF5", Extension: ".h5"},
		match:  matchMatrix, read: readMatrix, save: saveMatrix,
	}
}

func matchMatrix(s *source) (files []string, near error) {
	for _, file := range hdf5Files(s) {
		if m := marksOf(s, file); m.matrix {
			files = append(files, file)
		}
	}
	switch {
	case len(files) > 1:
		return nil, &ParseError{File: s.path, Err: fmt.Errorf("there are %d ConnectivityMatrix files (%s): open one of them", len(files), strings.Join(files, ", "))}
	case len(files) == 0 && s.single() && len(s.files) == 1:
		if _, is := signature(s.head(s.files[0])); is {
			return nil, &ParseError{File: s.path, Err: errors.New("an HDF5 file, and neither SONATA (node_type_id, source_node_id) nor a ConnectivityMatrix (vertex_properties)")}
		}
	}
	return files, nil
}

func readMatrix(ctx context.Context, s *source, files []string, r Reading) (d Data, err error) {
	paths := []string{s.join(files[0])}
	if err := uncut(paths); err != nil {
		return d, err
	}
	h, err := openHDF5(ctx, r.Python, "r", paths...)
	if err != nil {
		return d, err
	}
	defer func() { err = h.close(err) }()
	return (&matrix{ctx: ctx, h: h}).read(r.Population)
}

// matrix is the reading of a ConnectivityMatrix under way.
type matrix struct {
	ctx   context.Context
	h     *hdf5
	group h5object
	ours  bool
	// property is the edge property that counts synapses where no column is named
	// for it.
	property string
	data     Data
}

func (m *matrix) fail(column string, err error) error {
	return &ParseError{File: m.h.paths[0], Column: path.Join(m.group.Path, column), Err: err}
}

func (m *matrix) read(wanted string) (Data, error) {
	objects, err := m.h.list(0)
	if err != nil {
		return Data{}, err
	}
	wanted, property, named := strings.Cut(wanted, ":")
	if m.group, err = m.choose(objects, wanted); err != nil {
		return Data{}, err
	}
	if m.property = property; !named {
		m.property = fmt.Sprint(m.group.Attrs["NEUROTOP_DEFAULT_EDGE"])
	}
	m.data.Name, m.ours = m.group.Attrs[sonataOurs].(string)
	vertices, err := openFrame(m.h, 0, m.group.Path+"/vertex_properties")
	if err != nil {
		return Data{}, err
	}
	vertices.exact = m.ours
	if err := m.vertices(vertices); err != nil {
		return Data{}, err
	}
	ends, err := openFrame(m.h, 0, m.group.Path+"/edge_indices")
	if err != nil {
		return Data{}, err
	}
	edges, err := openFrame(m.h, 0, m.group.Path+"/edges")
	if err != nil {
		return Data{}, err
	}
	if err := m.edges(ends, edges, named); err != nil {
		return Data{}, err
	}
	return m.data, m.ctx.Err()
}

// choose finds the group that is meant.
func (m *matrix) choose(objects map[string]h5object, wanted string) (h5object, error) {
	var all []string
	for _, at := range slices.Sorted(maps.Keys(objects)) {
		if group, is := strings.CutSuffix(at, "/edge_indices"); is && objects[group+"/vertex_properties"].Kind == "group" {
			all = append(all, group)
		}
	}
	var found []string
	for _, group := range all {
		prefix, name := path.Split(group)
		if wanted == "" || strings.Trim(wanted, "/") == strings.Trim(group, "/") || wanted == name || wanted == strings.Trim(prefix, "/") {
			found = append(found, group)
		}
	}
	for _, usual := range []string{"/connectivity/full_matrix", "/connectivity/condensed", "/connectivity/full"} {
		if wanted == "" && slices.Contains(found, usual) {
			found = []string{usual}
			if len(all) > 1 {
				m.data.Report.Notes = append(m.data.Report.Notes, fmt.Sprintf("of the groups %s, %s was read", strings.Join(all, ", "), usual))
			}
		}
	}
	if len(found) != 1 {
		have := "there is no group with edge_indices and vertex_properties"
		if len(all) > 0 {
			have = fmt.Sprintf("there are %s: name one in Reading.Population", strings.Join(all, ", "))
		}
		return h5object{}, &ParseError{File: m.h.paths[0], Err: fmt.Errorf("%d groups of a ConnectivityMatrix fit %q; %s", len(found), wanted, have)}
	}
	return objects[found[0]], nil
}

// edges reads the ends of edges and what is known of each.
func (m *matrix) edges(ends, edges *frame, asked bool) error {
	row, err := ends.first("row")
	if err != nil {
		return err
	}
	col, err := ends.first("col")
	if err != nil {
		return err
	}
	if row == nil || col == nil {
		return m.fail("edge_indices", fmt.Errorf("columns row and col are expected, and there are %s", ends.listing()))
	}
	if edges.rows != ends.rows && len(edges.names) > 0 {
		return m.fail("edges", fmt.Errorf("%d rows, and edge_indices has %d", edges.rows, ends.rows))
	}
	counts, err := m.counts(edges, asked)
	if err != nil {
		return err
	}
	sizes, err := edges.first(matrixSizes...)
	if err != nil {
		return err
	}
	if len(edges.odd) > 0 {
		m.data.Report.Notes = append(m.data.Report.Notes, fmt.Sprintf("columns of edges that are Python objects were not read: %s", strings.Join(edges.odd, ", ")))
	}
	none := 0
	for k := range ends.rows {
		e, err := m.edge(row, col, k)
		if err != nil {
			return err
		}
		n, err := counts.at(k)
		if err != nil {
			return err
		}
		if n == 0 {
			none++
			continue
		}
		m.data.Pairs, m.data.Synapses = append(m.data.Pairs, e), append(m.data.Synapses, n)
		if sizes != nil {
			m.data.Sizes = append(m.data.Sizes, sizes.number(k))
		}
	}
	if sizes != nil {
		m.data.SizeUnit = m.group.text(matrixUnit)
	}
	m.data.Report.leftOut(none, fmt.Sprintf("row of edges whose %s is 0", counts.name))
	if err := mergeRows(&m.data, ends.rows, counts.counted); err != nil {
		return m.fail("edges", err)
	}
	return nil
}

// edge is the ends of row k.
func (m *matrix) edge(row, col *column, k int) (e circuit.Pair, err error) {
	for _, end := range []struct {
		into *int32
		of   *column
	}{{&e.Pre, row}, {&e.Post, col}} {
		i, err := end.of.integer(k)
		if err != nil {
			return e, err
		}
		if i < 0 || i >= int64(len(m.data.Neurons)) {
			return e, m.fail("edge_indices: "+end.of.name, fmt.Errorf("row %d is vertex %d, and they run from 0 to %d", k, i, len(m.data.Neurons)-1))
		}
		*end.into = int32(i)
	}
	return e, nil
}

// matrixSizes are the columns of edges that hold sizes of synapses.
var matrixSizes = []string{"total_size", "size"}

// matrixCounts says how many synapses rows of edges stand for.
type matrixCounts struct {
	*column
	name    string
	counted bool
	// binary says that what is not 0 is one.
	binary bool
}

func (c matrixCounts) at(k int) (int32, error) {
	if c.column == nil {
		return 1, nil
	}
	x := c.number(k)
	switch {
	case c.binary && x != 0:
		return 1, nil
	case x != math.Trunc(x) || x < 0 || x > math.MaxInt32:
		return 0, c.f.fail(c.name, fmt.Errorf("row %d: %v is not a count", k, x))
	}
	return int32(x), nil
}

// counts finds the column of synapse counts.
func (m *matrix) counts(edges *frame, asked bool) (matrixCounts, error) {
	named, err := edges.first("count", "n_syn", "nsyns", "synapse_count")
	if err != nil || named != nil && !asked {
		c := matrixCounts{column: named, counted: true}
		if named != nil {
			c.name = named.name
		}
		return c, err
	}
	name := m.property
	c := matrixCounts{name: name, binary: true}
	if slices.Contains(matrixSizes, name) && !asked {
		return c, nil // each row is a synapse, or an edge
	}
	if c.column, err = edges.first(name); err != nil || c.column == nil {
		if err == nil && asked {
			err = m.fail("edges: "+name, fmt.Errorf("missing; there are %s", edges.listing()))
		}
		return c, err
	}
	ones, whole := true, true
	for k := range edges.rows {
		x := c.number(k)
		ones = ones && (x == 0 || x == 1)
		whole = whole && x >= 0 && x == math.Trunc(x)
	}
	note := "synapse counts are the edge property %q"
	if others := slices.DeleteFunc(slices.Clone(edges.names), func(n string) bool { return n == name }); len(others) > 0 {
		note += fmt.Sprintf("; there are also %s", strings.Join(others, ", "))
	}
	switch {
	case ones:
		return c, nil
	case !whole:
		note = "the edge property %q is no count and was left out; rows where it is 0 are no edges"
	default:
		c.binary, c.counted = false, true
	}
	m.data.Report.Notes = append(m.data.Report.Notes, fmt.Sprintf(note, name))
	return c, nil
}
