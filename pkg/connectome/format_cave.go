package connectome

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// CAVE tables, as the connectome annotation versioning engine (Dorkenwald et al.
// 2025, doi:10.1038/s41592-024-02426-z) gives them out for MICrONS: a folder with
// tables in csv, csv.gz or parquet, told by their columns, whatever their names.
//
//   - synapses: pre_pt_root_id, post_pt_root_id and, where there is one, size
//     (synapses_pni_2 and its views; pinky100's pre_root_id, post_root_id,
//     cleft_vx), or a row a pair with n_syn and sum_size (connections_with_nuclei).
//   - cell types: pt_root_id, cell_type, classification_system or broad_type,
//     pt_position or pt_position_x, _y, _z.
//   - nuclei: pt_root_id, volume and a position, for cells that have none.
//   - proofreading: proofreading_status_public_release (status_axon: non, clean,
//     extended) or proofreading_status_and_strategy (status_axon: true or false;
//     strategy_axon: none, axon_fully_extended, …).
//
// The public dumps have no header row; a file STEM_header.csv beside STEM.csv.gz
// names their columns, and those of release v117 are known by name.
//
// Neurons are the cells of all cell-type tables, in the order of files and rows,
// that no table calls something else; without such tables, the cells of the
// proofreading tables; without those, all ends of synapses, by ascending id.
// Of two tables the one that gives a type, not only a sign, counts. A root id with
// two somata is two neurons merged by mistake: it is left out. Only synapses
// between neurons are kept, summed to edges. A neuron that no proofreading table
// calls clean or extended is not observed (see Reading.Unproofread).
//
// Positions are voxels of Reading.VoxelNM, by default 4 × 4 × 40 nm, as CAVE
// gives them unless it was asked for nanometres (then say 1 × 1 × 1). Depth is y
// of the raw EM frame.
func caveFormat() format {
	return format{
		Format: Format{Name: "cave", Title: "CAVE tables (MICrONS)", Folder: true},
		match:  matchCave, read: readCave,
	}
}

// caveCell is what the tables say of a root id.
type caveCell struct {
	id       int64
	kind     somaKind
	merged   bool
	class    string
	layer    string
	sign     int
	detail   int
	position circuit.Position
	axon     bool // proofread
	assessed bool // in a proofreading table
	typed    bool // in a cell-type table
}

// cave is a reading under way.
type cave struct {
	source  *source
	reading Reading
	voxel   [3]float64
	cells   []caveCell
	index   map[int64]int // of cells, by id
	// neuron is the index among neurons of a cell, −1 for what is not one.
	neuron []int32
	open   bool // every end of a synapse is a neuron
	drops  tally
	notes  []string
	clash  int
	edges  pairs
	sizes  bool
}

func readCave(ctx context.Context, s *source, _ []string, r Reading) (Data, error) {
	c := &cave{source: s, reading: r, index: map[int64]int{}, voxel: [3]float64{4, 4, 40}, sizes: true}
	if r.VoxelNM != [3]float64{} {
		c.voxel = r.VoxelNM
	}
	tables, others, broken := caveTables(s)
	if broken != nil {
		return Data{}, broken
	}
	if len(others) > 0 {
		c.notes = append(c.notes, fmt.Sprintf("left aside, since their columns are not those of synapses, cells or proofreading: %s", strings.Join(others, ", ")))
	}
	for _, step := range []struct {
		is   func(t caveTable) bool
		read func(ctx context.Context, t caveTable, rows *records) error
	}{
		{func(t caveTable) bool { return t.types }, c.readTypes},
		{func(t caveTable) bool { return t.proofed }, c.readProofreading},
		{func(t caveTable) bool { return t.nuclei }, c.readNuclei},
	} {
		if err := c.readAll(ctx, tables, step.is, step.read); err != nil {
			return Data{}, err
		}
	}
	c.list(tables)
	if err := c.readSynapses(ctx, tables); err != nil {
		return Data{}, err
	}
	return c.data(tables), nil
}

// readAll reads all tables of a kind.
func (c *cave) readAll(ctx context.Context, tables []caveTable, is func(t caveTable) bool, read func(ctx context.Context, t caveTable, rows *records) error) error {
	for _, t := range tables {
		if !is(t) {
			continue
		}
		rows, err := c.source.openRecords(t.file, t.header)
		if err != nil {
			return err
		}
		if err := errors.Join(read(ctx, t, rows), rows.close()); err != nil {
			return err
		}
	}
	return nil
}

// cell returns the entry of an id, made where there is none.
func (c *cave) cell(id int64) *caveCell {
	k, known := c.index[id]
	if !known {
		k = len(c.cells)
		c.index[id] = k
		c.cells = append(c.cells, caveCell{id: id, position: circuit.NoPosition()})
	}
	return &c.cells[k]
}

// placer picks the columns of a position and returns what reads it, in µm.
func (c *cave) placer(rows *records) (func() (circuit.Position, error), error) {
	for _, stem := range []string{"pt_position", "soma", "soma_position", ""} {
		if stem != "" && rows.has(stem) && stem != "soma" {
			at, err := rows.pick(stem)
			return func() (circuit.Position, error) {
				p, err := rows.point(at)
				return c.place(p, c.voxel), err
			}, err
		}
		for _, unit := range []struct {
			suffix string
			nm     [3]float64
		}{{"", c.voxel}, {"_nm", [3]float64{1, 1, 1}}} {
			names := [3]string{}
			for a, axis := range []string{"x", "y", "z"} {
				names[a] = strings.TrimPrefix(stem+"_"+axis+unit.suffix, "_")
			}
			if !rows.has(names[0]) || !rows.has(names[1]) || !rows.has(names[2]) {
				continue
			}
			return c.split(rows, names, unit.nm)
		}
	}
	return func() (circuit.Position, error) { return circuit.NoPosition(), nil }, nil
}

// split reads a position from three columns.
func (c *cave) split(rows *records, names [3]string, nm [3]float64) (func() (circuit.Position, error), error) {
	var at [3]picked
	for a, name := range names {
		var err error
		if at[a], err = rows.pick(name); err != nil {
			return nil, err
		}
	}
	return func() (circuit.Position, error) {
		var p [3]float64
		for a := range p {
			var err error
			if p[a], err = rows.number(at[a]); err != nil {
				return circuit.NoPosition(), err
			}
		}
		return c.place(p, nm), nil
	}, nil
}

// place turns raw coordinates into a position: y is depth.
func (c *cave) place(p [3]float64, nm [3]float64) circuit.Position {
	at := circuit.Position{X: p[0] * nm[0] / 1000, Y: p[2] * nm[2] / 1000, Depth: p[1] * nm[1] / 1000}
	if !at.Known() {
		return circuit.NoPosition()
	}
	return at
}

// caveSoma is a row of a cell-type table.
type caveSoma struct {
	cellType
	nucleus  string
	position circuit.Position
}

// readTypes reads a cell-type table.
func (c *cave) readTypes(ctx context.Context, t caveTable, rows *records) error {
	var root, word, system, nucleus picked
	for _, f := range []struct {
		into  *picked
		names []string
	}{{&root, rootColumns}, {&word, typeColumns}, {&system, groupColumns}, {&nucleus, []string{"target_id", "id_ref", "nucleus_id", "id"}}} {
		var err error
		if *f.into, err = rows.pick(f.names...); err != nil {
			return err
		}
	}
	place, err := c.placer(rows)
	if err != nil {
		return err
	}
	seen := map[int64]caveSoma{}
	var order []int64
	err = rows.each(ctx, func() error {
		id, err := rows.id(root)
		if err != nil {
			return err
		}
		if id == 0 {
			c.drops.add("cell without a segment (root id 0)", 1, "")
			return nil
		}
		soma, err := readSoma(rows, word, system, nucleus, place)
		if err != nil {
			return err
		}
		first, again := seen[id]
		if !again {
			order = append(order, id)
		}
		seen[id] = c.join(id, first, soma, again)
		return nil
	})
	for _, id := range order {
		c.learn(id, seen[id])
	}
	return err
}

func readSoma(rows *records, word, system, nucleus picked, place func() (circuit.Position, error)) (soma caveSoma, err error) {
	var words [3]string
	for k, f := range []picked{system, word, nucleus} {
		if words[k], err = rows.text(f); err != nil {
			return soma, err
		}
	}
	soma.cellType, soma.nucleus = readCellType(words[0], words[1]), words[2]
	soma.position, err = place()
	return soma, err
}

// join makes one of two rows of a table with the same root id.
func (c *cave) join(id int64, first, second caveSoma, again bool) caveSoma {
	switch {
	case !again:
		return second
	case first.kind != aNeuron && second.kind == aNeuron:
		c.drops.add("soma of another cell on a neuron's root id", 1, "glia merged with a neuron")
		return second
	case second.kind != aNeuron:
		if first.kind == aNeuron {
			c.drops.add("soma of another cell on a neuron's root id", 1, "glia merged with a neuron")
		}
		return first
	case first.nucleus == second.nucleus && (first.nucleus != "" || samePlace(first.position, second.position)):
		c.drops.add("cell listed again, after its first entry", 1, "")
		return first
	}
	c.cell(id).merged = true
	return first
}

func samePlace(p, q circuit.Position) bool {
	return p == q || !p.Known() && !q.Known()
}

// learn adds what a table says to what others did: one with more detail counts,
// of equals the first.
func (c *cave) learn(id int64, s caveSoma) {
	cell := c.cell(id)
	if cell.sign*s.sign < 0 {
		c.clash++
	}
	if !cell.position.Known() {
		cell.position = s.position
	}
	if cell.typed && s.detail <= cell.detail {
		cell.sign = cmp.Or(cell.sign, s.sign)
		return
	}
	cell.typed = true
	cell.kind, cell.class, cell.layer, cell.detail = s.kind, s.class, s.layer, s.detail
	cell.sign = cmp.Or(s.sign, cell.sign)
}

// readNuclei gives a place to cells that have none. Two nuclei on a cell leave
// it without one.
func (c *cave) readNuclei(ctx context.Context, _ caveTable, rows *records) error {
	root, err := rows.pick(rootColumns...)
	if err != nil {
		return err
	}
	place, err := c.placer(rows)
	if err != nil {
		return err
	}
	found := map[int64]circuit.Position{}
	err = rows.each(ctx, func() error {
		id, err := rows.id(root)
		if err != nil || id == 0 {
			return err
		}
		p, err := place()
		if _, again := found[id]; again {
			p = circuit.NoPosition()
		}
		found[id] = p
		return err
	})
	for k, cell := range c.cells {
		if p, known := found[cell.id]; known && !cell.position.Known() {
			c.cells[k].position = p
		}
	}
	return err
}

// list decides who is a neuron.
func (c *cave) list(tables []caveTable) {
	types := slices.ContainsFunc(tables, func(t caveTable) bool { return t.types })
	proofed := slices.ContainsFunc(tables, func(t caveTable) bool { return t.proofed })
	c.open = !types && !proofed
	c.neuron = make([]int32, len(c.cells))
	next := int32(0)
	for k, cell := range c.cells {
		c.neuron[k] = -1
		switch {
		case types && cell.assessedOnly():
			c.drops.add("proofread cell that is in no cell-type table", 1, "")
		case cell.kind == noNeuron:
			c.drops.add("cell that is not a neuron", 1, "")
		case cell.kind == perhapsNeuron:
			c.drops.add("cell that may not be a neuron", 1, "")
		case cell.merged:
			c.drops.add("root id with more than one soma", 1, "neurons merged by mistake")
		case proofed && !cell.axon && c.reading.Unproofread == LeftOut:
			c.drops.add("neuron whose axon was not proofread", 1, "")
		default:
			c.neuron[k] = next
			next++
		}
	}
}

// neurons returns how many there are.
func (c *cave) neurons() int {
	n := 0
	for _, k := range c.neuron {
		if k >= 0 {
			n++
		}
	}
	return n
}

// data hands over what was read.
func (c *cave) data(tables []caveTable) Data {
	d := Data{}
	order := make([]int, c.neurons())
	for k, i := range c.neuron {
		if i >= 0 {
			order[i] = k
		}
	}
	for _, k := range order {
		cell := c.cells[k]
		sign := circuit.Sign(cell.sign)
		class := circuit.Class(cell.class)
		if class == "" && sign != circuit.UnknownSign {
			class = circuit.Class(sign.String())
		}
		d.Neurons = append(d.Neurons, circuit.Neuron{ID: strconv.FormatInt(cell.id, 10), Class: class, Layer: circuit.Layer(cell.layer), Sign: sign, Position: cell.position})
	}
	c.edges.merge()
	for _, p := range c.edges.list {
		d.Edges = append(d.Edges, circuit.Edge{Pre: int(p.key >> 32), Post: int(uint32(p.key))})
		d.Synapses = append(d.Synapses, p.synapses)
		if c.sizes {
			d.Sizes = append(d.Sizes, p.size)
		}
	}
	if c.sizes {
		d.SizeUnit = "voxels"
	}
	d.Observed = c.mask(tables, order)
	d.Report.Drops, d.Report.Notes = c.drops.list, append(c.notes, c.placeNotes(order)...)
	return d
}

// placeNotes says how positions were made.
func (c *cave) placeNotes(order []int) (notes []string) {
	if slices.ContainsFunc(order, func(k int) bool { return c.cells[k].position.Known() }) {
		said := "the default"
		if c.reading.VoxelNM != [3]float64{} {
			said = "as asked for"
		}
		notes = append(notes, fmt.Sprintf("positions were taken as voxels of %g × %g × %g nm, %s (the tables do not say; pinky100's are 3.58 × 3.58 × 40)", c.voxel[0], c.voxel[1], c.voxel[2], said),
			"depth is y of the raw EM frame, not rotated to the pia")
	}
	if c.clash > 0 {
		notes = append(notes, fmt.Sprintf("%d times a table calls a cell excitatory and another inhibitory: the one with a type, else the first, was taken", c.clash))
	}
	return notes
}

// pairs adds up synapses by the ends they have.
type pairs struct {
	list   []pair
	merged int // the first of them, sorted and each once
}

type pair struct {
	key      uint64 // pre in the upper half, post in the lower
	synapses int32
	size     float64
}

// add counts synapses; the list is merged when it has doubled, so it is never
// longer than twice the number of edges and a million.
func (p *pairs) add(pre, post, synapses int32, size float64) error {
	p.list = append(p.list, pair{uint64(pre)<<32 | uint64(uint32(post)), synapses, size})
	if len(p.list) >= 2*p.merged+1<<20 {
		return p.merge()
	}
	return nil
}

func (p *pairs) merge() error {
	slices.SortStableFunc(p.list, func(a, b pair) int { return cmp.Compare(a.key, b.key) })
	kept := 0
	for k, next := range p.list {
		if k > 0 && p.list[kept-1].key == next.key {
			into := &p.list[kept-1]
			if int64(into.synapses)+int64(next.synapses) > math.MaxInt32 {
				return fmt.Errorf("connectome: more than 2³¹ synapses of one pair of neurons")
			}
			into.synapses += next.synapses
			into.size += next.size
			continue
		}
		p.list[kept] = next
		kept++
	}
	p.list = p.list[:kept]
	p.merged = kept
	return nil
}

// tally counts what is left out, in order of appearance.
type tally struct{ list []Drop }

func (t *tally) add(what string, count int, why string) {
	for k := range t.list {
		if t.list[k].What == what {
			t.list[k].Count += count
			return
		}
	}
	t.list = append(t.list, Drop{what, count, why})
}
