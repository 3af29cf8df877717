package connectome

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// network is the reading of a SONATA network under way.
type network struct {
	ctx   context.Context
	h     *hdf5
	dir   string
	files sonataFiles
	// tables of types, by file.
	tables map[string]*typeTable

	nodes, edges []population
}

// population is a group of nodes or of edges in one of the files.
type population struct {
	file int
	name string
	// source and target are populations of nodes, of edges.
	source, target string
}

func (p population) path(below ...string) string {
	return path.Join(append([]string{map[bool]string{true: "/edges", false: "/nodes"}[p.source != ""], p.name}, below...)...)
}

// read takes the population that wanted names, or the only one.
func (w *network) read(wanted string) (Data, error) {
	if err := w.look(); err != nil {
		return Data{}, err
	}
	nodes, edges, err := w.choose(wanted)
	if err != nil {
		return Data{}, err
	}
	var d Data
	index, err := w.readNodes(nodes, &d)
	if err != nil {
		return Data{}, err
	}
	return d, w.readEdges(edges, index, &d)
}

// look lists the populations.
func (w *network) look() error {
	for file := range w.h.paths {
		objects, err := w.h.list(file)
		if err != nil {
			return err
		}
		for _, at := range slices.Sorted(maps.Keys(objects)) {
			switch dir, name := path.Split(at); dir {
			case "/nodes/":
				w.nodes = append(w.nodes, population{file: file, name: name})
			case "/edges/":
				w.edges = append(w.edges, population{file: file, name: name})
			}
		}
	}
	for k, e := range w.edges {
		objects := w.h.objects[e.file]
		e.source = objects["/edges/"+e.name+"/source_node_id"].text("node_population")
		e.target = objects["/edges/"+e.name+"/target_node_id"].text("node_population")
		if len(w.nodes) == 1 { // older writers leave it out
			e.source, e.target = cmp.Or(e.source, w.nodes[0].name), cmp.Or(e.target, w.nodes[0].name)
		}
		w.edges[k] = e
	}
	return nil
}

// choose finds the edges within one population of nodes.
func (w *network) choose(wanted string) (nodes, edges population, err error) {
	var found []population
	for _, e := range w.edges {
		if e.source == e.target && e.source != "" && (wanted == "" || wanted == e.name || wanted == e.source) {
			found = append(found, e)
		}
	}
	if len(found) != 1 {
		return nodes, edges, w.undecided(wanted, len(found))
	}
	at := slices.IndexFunc(w.nodes, func(p population) bool { return p.name == found[0].source })
	if at < 0 {
		return nodes, edges, w.undecided(wanted, 0)
	}
	return w.nodes[at], found[0], nil
}

func (w *network) undecided(wanted string, fits int) error {
	var nodes, edges []string
	for _, p := range w.nodes {
		nodes = append(nodes, p.name)
	}
	for _, e := range w.edges {
		edges = append(edges, fmt.Sprintf("%s (%s to %s)", e.name, cmp.Or(e.source, "?"), cmp.Or(e.target, "?")))
	}
	have := fmt.Sprintf("nodes %s; edges %s", cmp.Or(strings.Join(nodes, ", "), "none"), cmp.Or(strings.Join(edges, ", "), "none"))
	why := fmt.Sprintf("%d populations of edges run within a population of nodes: name one of edges in Reading.Population", fits)
	switch {
	case wanted != "":
		why = fmt.Sprintf("%d populations of edges within one of nodes are called %q, or run within it", fits, wanted)
	case fits == 0:
		why = "no population of edges runs within a population of nodes: open a folder (or a circuit_config.json) that has both files"
	}
	return &ParseError{File: w.dir, Err: fmt.Errorf("%s; there are %s", why, have)}
}

// groups reads which group each row is in, and where in it; a file may leave
// both out where there is one group.
func (w *network) groups(p population, kind string, rows int) (group, index []int64, err error) {
	objects := w.h.objects[p.file]
	at := [2]string{p.path(kind + "_group_id"), p.path(kind + "_group_index")}
	var columns [2][]int64
	for k := range at {
		if _, there := objects[at[k]]; !there {
			continue
		}
		if columns[k], err = w.ids(p, kind+[2]string{"_group_id", "_group_index"}[k]); err != nil {
			return nil, nil, err
		}
		if len(columns[k]) != rows {
			return nil, nil, w.fail(p, at[k], fmt.Errorf("%d rows, and there are %d %ss", len(columns[k]), rows, kind))
		}
	}
	return columns[0], columns[1], nil
}

func (w *network) fail(p population, column string, err error) error {
	return &ParseError{File: w.h.paths[p.file], Column: column, Err: err}
}

// ids reads a dataset of integers.
func (w *network) ids(p population, name string) ([]int64, error) {
	if err := w.ctx.Err(); err != nil {
		return nil, fmt.Errorf("connectome: %w", err)
	}
	v, err := w.h.read(p.file, p.path(name), "")
	switch {
	case err != nil:
		return nil, err
	case v.ints == nil || v.width != 1:
		return nil, w.fail(p, p.path(name), errors.New("integers are expected, one a row"))
	}
	return v.ints, nil
}

// attributesOf prepares the attributes of a population's rows.
func (w *network) attributesOf(p population, kind string, rows int, tables []typesFile) (*attributes, error) {
	a := &attributes{w: w, p: p, rows: rows}
	var err error
	if a.group, a.index, err = w.groups(p, kind, rows); err != nil {
		return nil, err
	}
	if _, there := w.h.objects[p.file][p.path(kind+"_type_id")]; !there {
		return a, nil
	}
	if a.types, err = w.ids(p, kind+"_type_id"); err != nil {
		return nil, err
	}
	if len(a.types) != rows {
		return nil, w.fail(p, p.path(kind+"_type_id"), fmt.Errorf("%d rows, and there are %d %ss", len(a.types), rows, kind))
	}
	name, err := w.typesOf(p, kind, tables)
	a.table = w.tables[name]
	return a, err
}

// typesOf finds the table of types that belongs to a population's file: by the
// configuration, by the name, or the only one.
func (w *network) typesOf(p population, kind string, tables []typesFile) (string, error) {
	h5, err := filepath.Rel(w.dir, w.h.paths[p.file])
	if err != nil {
		h5 = w.h.paths[p.file]
	}
	stem := func(name, what string) string {
		return strings.Trim(strings.TrimSuffix(strings.TrimSuffix(filepath.Base(name), filepath.Ext(name)), what), "_-.")
	}
	var candidates []string
	for _, t := range tables {
		switch {
		case t.of == h5:
			return t.name, nil
		case t.of == "" && stem(t.name, kind+"_types") == stem(h5, kind+"s"):
			return t.name, nil
		case t.of == "":
			candidates = append(candidates, t.name)
		}
	}
	if len(candidates) > 1 {
		return "", &ParseError{File: w.dir, Err: fmt.Errorf("which of the tables of types belongs to %s: %s? Name it alike, or open a circuit_config.json that says so", h5, strings.Join(candidates, ", "))}
	}
	return strings.Join(candidates, ""), nil
}

// readEdges adds the edges of a population.
func (w *network) readEdges(p population, index func(int64) (int, bool), d *Data) error {
	source, err := w.ids(p, "source_node_id")
	if err != nil {
		return err
	}
	target, err := w.ids(p, "target_node_id")
	if err != nil {
		return err
	}
	if len(source) != len(target) {
		return w.fail(p, p.path("target_node_id"), fmt.Errorf("%d rows, and source_node_id has %d", len(target), len(source)))
	}
	a, err := w.attributesOf(p, "edge", len(source), w.files.edgeTypes)
	if err != nil {
		return err
	}
	counts, err := a.column("nsyns")
	if err != nil {
		return err
	}
	sizes, err := a.column("size")
	if err != nil {
		return err
	}
	outside, none := 0, 0
	for row := range source {
		pre, preKnown := index(source[row])
		post, postKnown := index(target[row])
		if !preKnown || !postKnown {
			outside++
			continue
		}
		n, err := counts.synapses(row)
		if err != nil {
			return err
		}
		if n == 0 {
			none++
			continue
		}
		d.Pairs = append(d.Pairs, circuit.Pair{Pre: int32(pre), Post: int32(post)})
		d.Synapses = append(d.Synapses, n)
		if sizes != nil {
			size, _, err := sizes.number(row)
			if err != nil {
				return err
			}
			d.Sizes = append(d.Sizes, size)
		}
	}
	d.Report.leftOut(outside, "edge with an end that is not in the node population")
	d.Report.leftOut(none, "edge without a synapse")
	if sizes != nil {
		d.SizeUnit = w.h.objects[p.file][p.path("0", "size")].text("unit")
	}
	if err := mergeRows(d, len(source), counts != nil); err != nil {
		return w.fail(p, p.path(), err)
	}
	return nil
}

// mergeRows makes one edge of the rows of each pair. Where nothing counts the
// synapses of a row (counted) and no pair has two rows, there are no counts.
func mergeRows(d *Data, rows int, counted bool) error {
	before := len(d.Pairs)
	autapses, err := d.merge()
	if err != nil {
		return err
	}
	d.Report.leftOut(autapses, "row of a neuron onto itself (autapse)")
	switch pairs := len(d.Pairs); {
	case pairs+autapses < before:
		d.Report.Notes = append(d.Report.Notes, fmt.Sprintf("%d rows of edges are %d pairs of neurons: the rows of a pair were added up to synapses", rows, pairs))
	case !counted:
		d.Synapses = nil
	}
	return nil
}

// merge makes one entry of the Pairs of each pair, adds up their synapses and
// sizes, and returns how many it left out because they were autapses.
func (d *Data) merge() (autapses int, err error) {
	rows, at, _, autapses, err := d.rows()
	if err != nil {
		return 0, err
	}
	if d.Synapses, err = sumCounts(d.Synapses, at, rows.Edges()); err != nil {
		return 0, err
	}
	d.Sizes = sumSizes(d.Sizes, at, rows.Edges())
	d.Pairs = make([]circuit.Pair, 0, rows.Edges())
	for i := range rows.Rows() {
		for _, j := range rows.Row(i) {
			d.Pairs = append(d.Pairs, circuit.Pair{Pre: int32(i), Post: j})
		}
	}
	return autapses, nil
}

// leftOut adds a kind of thing that was left out, if any was.
func (r *Report) leftOut(count int, what string) {
	if count > 0 {
		r.Drops = append(r.Drops, Drop{What: what, Count: count})
	}
}
