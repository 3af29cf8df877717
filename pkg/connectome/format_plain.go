package connectome

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// plain is a table of edges, with or without one of neurons: what everybody can
// write. Columns go by their names, in any order and case:
//
//	edges    pre and post, or a pair of aliases of them (endAliases); synapses (or n_syn, …);
//	         weight, which is a synapse count where all are whole numbers and else a size;
//	         size, or size[unit]
//	neurons  id (or root_id, node_id, …); class (cell_type, …); layer; sign (ei: E, I, 1, -1);
//	         x, y, z, depth with _um, _nm or _mm; observed (0 or 1); factor_NAME
//
// Fields are divided by commas, tabs, semicolons or blanks, whichever the first line
// has. A single table without a header is taken where its rows are two or three
// numbers. Save writes neurons.csv and edges.csv, with what is in the first place
// of each alias, and Open gives all of it back.
func plain() format {
	return format{
		Format: Format{Name: "plain", Title: "tables of edges and neurons", Folder: true},
		shy:    true, match: matchPlain, read: readPlain, save: savePlain,
	}
}

// endAliases are names of the two ends of an edge.
var endAliases = [][2]string{
	{"pre", "post"}, {"source", "target"}, {"src", "dst"}, {"from", "to"}, {"pre_id", "post_id"}, {"id_pre", "id_post"},
	{"pre_root_id", "post_root_id"}, {"pre_pt_root_id", "post_pt_root_id"}, {"presynaptic", "postsynaptic"},
	{"presynaptic_id", "postsynaptic_id"}, {"pre_neuron", "post_neuron"}, {"presynaptic_neuron", "postsynaptic_neuron"},
	{"pre_idx", "post_idx"}, {"pre_index", "post_index"}, {"pre_gid", "post_gid"}, {"pre_cell", "post_cell"},
	{"source_id", "target_id"}, {"source_neuron", "target_neuron"}, {"source_node_id", "target_node_id"}, {"from_id", "to_id"},
	{"bodyid_pre", "bodyid_post"}, {"fromnodeid", "tonodeid"}, {"sender", "receiver"},
}

// Names of the other columns, the one that Save writes first.
var (
	countAliases    = []string{"synapses", "n_syn", "nsyn", "n_synapses", "num_synapses", "syn_count", "synapse_count", "n_rows", "count", "counts"}
	weightAliases   = []string{"weight", "weights", "w"}
	sizeAliases     = []string{"size", "synapse_size", "sum_size", "sizes"}
	idAliases       = []string{"id", "root_id", "pt_root_id", "neuron_id", "node_id", "cell_id", "bodyid", "body_id", "neuron", "node", "gid", "idx", "index", "name"}
	classAliases    = []string{"class", "cell_type", "celltype", "type", "mtype", "cell_class", "super_class"}
	layerAliases    = []string{"layer", "cortical_layer"}
	signAliases     = []string{"sign", "ei", "e_i", "exc_inh", "synapse_class"}
	observedAliases = []string{"observed", "proofread", "axon_proofread"}
)

// Stems of the files of a folder, in the order in which they are preferred.
var (
	edgeStems   = []string{"edges", "edgelist", "edge_list", "connections", "connectivity", "synapses"}
	neuronStems = []string{"neurons", "nodes", "cells", "vertices"}
)

// endsOf returns the columns of the ends; near is where one of a pair is there.
func endsOf(d *dialect) (pre, post string, near bool) {
	if d.header == nil {
		return "pre", "post", false
	}
	for _, pair := range endAliases {
		pre, post := d.column(pair[0]), d.column(pair[1])
		if pre != "" && post != "" {
			return pre, post, false
		}
		near = near || pre != "" || post != ""
	}
	return "", "", near
}

// matchPlain returns the table of edges and, from a folder, that of neurons.
func matchPlain(s *source) (files []string, near error) {
	var edges, neurons []string
	for _, file := range s.files {
		if !s.single() && !delimited(file) {
			continue
		}
		d := dialectOf(s.head(file))
		if d == nil {
			continue
		}
		pre, _, half := endsOf(d)
		switch {
		case pre != "" && (d.header != nil || s.single() || slices.Contains(edgeStems, stem(file))):
			edges = append(edges, file)
		case d.header != nil && !half && d.column(idAliases...) != "":
			neurons = append(neurons, file)
		case half && (s.single() || slices.Contains(edgeStems, stem(file))):
			near = errors.Join(near, &ParseError{File: s.join(file), Line: d.top, Err: errors.New("it has the column of one end of edges, but not of the other: name them pre and post")})
		}
	}
	if len(s.faults) > 0 {
		return nil, nil // they say it
	}
	edge, err := choose(s, edges, edgeStems, "edges")
	if edge == "" {
		return nil, cmp.Or(err, near)
	}
	neuron, err := choose(s, neurons, neuronStems, "neurons")
	switch {
	case err != nil:
		return nil, err
	case neuron != "" && !s.single():
		return []string{edge, neuron}, nil
	}
	for _, file := range s.files {
		if slices.Contains(neuronStems, stem(file)) && delimited(file) && file != edge {
			return nil, &ParseError{File: s.join(file), Line: 1, Err: fmt.Errorf("beside %s this should be a table of neurons, but has no header with a column for ids: name it id", edge)}
		}
	}
	return []string{edge}, nil
}

// delimited reports whether a file's name is one of a table of text.
func delimited(file string) bool {
	file = strings.TrimSuffix(strings.ToLower(file), ".gz")
	return slices.ContainsFunc([]string{".csv", ".tsv", ".txt", ".tab", ".edges", ".edgelist"}, func(e string) bool { return strings.HasSuffix(file, e) })
}

// stem is a file's name in lower case, up to the first dot.
func stem(file string) string {
	before, _, _ := strings.Cut(strings.ToLower(file), ".")
	return before
}

// choose returns the one file, or the one whose name is preferred.
func choose(s *source, files, stems []string, what string) (string, error) {
	if len(files) == 1 {
		return files[0], nil
	}
	for _, want := range stems {
		named := slices.DeleteFunc(slices.Clone(files), func(f string) bool { return stem(f) != want })
		if len(named) == 1 {
			return named[0], nil
		}
	}
	if len(files) == 0 {
		return "", nil
	}
	return "", fmt.Errorf("connectome: open: %s: %s may each be the table of %s: name one %s.csv", s.path, strings.Join(files, ", "), what, stems[0])
}

// readPlain reads the table of edges and, where there is one, of neurons.
func readPlain(ctx context.Context, s *source, files []string, r Reading) (Data, error) {
	e := newEdgeTable(s, files[0])
	p := &plainReading{drops: map[string]int{}}
	if e.dialect.header == nil {
		p.note("the table of edges has no header: its columns are taken for %s", strings.Join(e.dialect.names(), ", "))
	}
	var index map[string]int32
	if len(files) > 1 {
		n := newNeuronTable(s, files[1], r.Unproofread, p)
		if err := n.read(ctx); err != nil {
			return Data{}, err
		}
		index = n.index
	}
	rows, err := e.read(ctx)
	if err != nil {
		return Data{}, err
	}
	if index == nil {
		for _, id := range rows.ids {
			p.data.Neurons = append(p.data.Neurons, circuit.Neuron{ID: id, Position: circuit.NoPosition()})
		}
		p.note("there is no table of neurons: those without an edge are not known")
	} else {
		p.resolve(&rows, index)
	}
	p.take(e, rows)
	p.noteIgnored(e.dialect, files[0], append([]string{e.columns.pre, e.columns.post, e.columns.size}, e.columns.value()[0])...)
	return p.finish(), nil
}

func newEdgeTable(s *source, file string) *edgeTable {
	d := dialectOf(s.head(file))
	e := &edgeTable{path: s.join(file), dialect: d, block: blockBytes}
	e.columns.pre, e.columns.post, _ = endsOf(d)
	e.columns.count, e.columns.weight = d.column(countAliases...), d.column(weightAliases...)
	e.columns.size = cmp.Or(d.column(sizeAliases...), d.bracketed(sizeAliases[0]))
	return e
}

// bracketed returns the column called name[anything], "" where there is none.
func (d *dialect) bracketed(name string) string {
	for _, column := range d.names() {
		if strings.HasPrefix(strings.ToLower(column), name+"[") && strings.HasSuffix(column, "]") {
			return column
		}
	}
	return ""
}

// plainReading is a reading under way.
type plainReading struct {
	data  Data
	order []string
	drops map[string]int
}

func (p *plainReading) drop(why string, count int) {
	if count > 0 && p.drops[why] == 0 {
		p.order = append(p.order, why)
	}
	p.drops[why] += count
}

func (p *plainReading) note(format string, args ...any) {
	p.data.Report.Notes = append(p.data.Report.Notes, fmt.Sprintf(format, args...))
}

// noteIgnored says which columns were not read.
func (p *plainReading) noteIgnored(d *dialect, file string, read ...string) {
	ignored := slices.DeleteFunc(d.names(), func(name string) bool { return slices.Contains(read, name) })
	if len(ignored) > 0 {
		p.note("%s: columns not read: %s", file, strings.Join(ignored, ", "))
	}
}

// leftOut is the place of a neuron that the table has and the reading leaves out.
const leftOut = -1

// resolve turns places among ids into places among neurons, and drops edges
// without one.
func (p *plainReading) resolve(rows *edgeRows, index map[string]int32) {
	const absent = -2
	to := make([]int32, len(rows.ids))
	for k, id := range rows.ids {
		at, listed := index[id]
		if !listed {
			at = absent
		}
		to[k] = at
	}
	absents, lefts := 0, 0
	rows.keep(func(k int) bool {
		pre, post := to[rows.pairs[k].Pre], to[rows.pairs[k].Post]
		switch {
		case pre == absent || post == absent:
			absents++
			return false
		case pre == leftOut || post == leftOut:
			lefts++
			return false
		}
		rows.pairs[k] = circuit.Pair{Pre: pre, Post: post}
		return true
	})
	p.drop("edge with an end that is not in the neuron table", absents)
	p.drop("edge with an end that was left out", lefts)
}

// keep drops the rows that f says no to, in order.
func (r *edgeRows) keep(f func(k int) bool) {
	kept := 0
	for k := range r.pairs {
		if !f(k) {
			continue
		}
		r.pairs[kept] = r.pairs[k]
		for v := range r.values {
			if r.values[v] != nil {
				r.values[v][kept] = r.values[v][k]
			}
		}
		kept++
	}
	r.pairs = r.pairs[:kept]
	for v := range r.values {
		if r.values[v] != nil {
			r.values[v] = r.values[v][:kept]
		}
	}
}

// take decides what the numbers are.
func (p *plainReading) take(e *edgeTable, rows edgeRows) {
	counts, sizes := rows.values[0], rows.values[1]
	p.data.SizeUnit = ""
	if _, unit, in := strings.Cut(e.columns.size, "["); in {
		p.data.SizeUnit = strings.TrimSuffix(unit, "]")
	}
	switch all := !slices.ContainsFunc(counts, func(x float64) bool { return !whole(x) }); {
	case counts == nil:
	case all:
		if e.columns.count == "" {
			p.note("all values of column %q are whole: they are taken for synapse counts", e.columns.weight)
		}
		zero := 0
		rows.keep(func(k int) bool {
			if counts[k] == 0 {
				zero++
			}
			return counts[k] != 0
		})
		p.drop("edge without a synapse", zero)
		p.data.Synapses = make([]int32, len(rows.pairs))
		for k, x := range rows.values[0] {
			p.data.Synapses[k] = int32(x)
		}
		sizes = rows.values[1]
	case sizes == nil:
		p.note("not all values of column %q are whole: they are taken for sizes", e.columns.weight)
		sizes, p.data.SizeUnit = counts, e.columns.weight
	default:
		p.note("column %q is not read: its values are not whole, and there are sizes beside", e.columns.weight)
	}
	p.data.Pairs, p.data.Sizes = rows.pairs, sizes
}

// finish hands over what was read.
func (p *plainReading) finish() Data {
	for _, why := range p.order {
		p.data.Report.Drops = append(p.data.Report.Drops, Drop{What: why, Count: p.drops[why]})
	}
	if !slices.ContainsFunc(p.data.Observed, func(o bool) bool { return !o }) {
		p.data.Observed = nil
	}
	return p.data
}

// signOf reads E and I in their usual spellings, and 1, -1 and 0.
func signOf(word string) (circuit.Sign, error) {
	switch word = strings.TrimSpace(word); word {
	case "1", "+1", "+":
		return circuit.Excitatory, nil
	case "-1", "-":
		return circuit.Inhibitory, nil
	case "0":
		return circuit.UnknownSign, nil
	}
	return circuit.ParseSign(word)
}

// unplaced reports whether a coordinate says nothing.
func unplaced(x float64) bool { return math.IsNaN(x) }
