package connectome

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// The attributes that may tell a neuron's class, sign and layer; the first that
// any neuron has is taken.
var (
	sonataClass = []string{"cell_type", "pop_name", "mtype", "model_name"}
	sonataSign  = []string{"ei", "synapse_class"}
	sonataLayer = []string{"layer"}
)

// Marks of files that Save wrote.
const (
	sonataOurs   = "cortigen_name" // attribute of the population: the reconstruction's name
	sonataID     = "neuron_id"
	sonataSeen   = "observed"
	sonataFactor = "factor_"
)

// readNodes adds the neurons of a population and returns where each node id is.
func (w *network) readNodes(p population, d *Data) (func(int64) (int, bool), error) {
	objects := w.h.objects[p.file]
	rows := -1
	for _, column := range []string{"node_type_id", "node_group_id", "node_id"} {
		if o, there := objects[p.path(column)]; there && o.Kind == "dataset" {
			rows = o.rows()
			break
		}
	}
	if rows < 0 {
		return nil, w.fail(p, p.path("node_type_id"), errors.New("missing: a population of nodes needs it"))
	}
	a, err := w.attributesOf(p, "node", rows, w.files.nodeTypes)
	if err != nil {
		return nil, err
	}
	ids, index, err := w.nodeIDs(p, rows, len(a.types))
	if err != nil {
		return nil, err
	}
	name, ours := objects[p.path()].Attrs[sonataOurs].(string)
	if d.Name = name; !ours {
		d.Report.Notes = append(d.Report.Notes, "depth is −y, as the models of cortex have it whose morphologies stand along y; SONATA itself does not say")
	}
	r := nodeReader{a: a, ours: ours}
	if err := r.columns(); err != nil {
		return nil, err
	}
	for row := range rows {
		n, err := r.neuron(row, ids)
		if err != nil {
			return nil, err
		}
		d.Neurons = append(d.Neurons, n)
	}
	if r.half > 0 {
		d.Report.Notes = append(d.Report.Notes, fmt.Sprintf("%d neurons have only part of a position, which was not taken", r.half))
	}
	d.Report.Notes = append(d.Report.Notes, r.note()...)
	if ours {
		err = r.truth(d)
	}
	return index, err
}

// nodeIDs are the node_ids, or the row numbers where there are none.
func (w *network) nodeIDs(p population, rows, typed int) (ids []int64, index func(int64) (int, bool), err error) {
	if _, there := w.h.objects[p.file][p.path("node_id")]; !there {
		if typed != rows { // a claim alone must not make neurons
			return nil, nil, w.fail(p, p.path("node_type_id"), errors.New("missing"))
		}
		return nil, func(id int64) (int, bool) { return int(id), id >= 0 && id < int64(rows) }, nil
	}
	if ids, err = w.ids(p, "node_id"); err != nil {
		return nil, nil, err
	}
	if len(ids) != rows {
		return nil, nil, w.fail(p, p.path("node_id"), fmt.Errorf("%d rows, and there are %d nodes", len(ids), rows))
	}
	at := make(map[int64]int, len(ids))
	for row, id := range ids {
		if before, twice := at[id]; twice {
			return nil, nil, w.fail(p, p.path("node_id"), fmt.Errorf("rows %d and %d both have id %d", before, row, id))
		}
		at[id] = row
	}
	return ids, func(id int64) (int, bool) { k, known := at[id]; return k, known }, nil
}

// nodeReader makes neurons of attributes.
type nodeReader struct {
	a    *attributes
	ours bool
	half int

	id, class, sign, layer, x, y, z *attribute
}

func (r *nodeReader) columns() error {
	var faults []error
	first := func(names ...string) *attribute {
		for _, name := range names {
			c, err := r.a.column(name)
			faults = append(faults, err)
			if c != nil {
				return c
			}
		}
		return nil
	}
	if r.ours {
		r.id = first(sonataID)
	}
	r.class, r.sign, r.layer = first(sonataClass...), first(sonataSign...), first(sonataLayer...)
	r.x, r.y, r.z = first("x"), first("y"), first("z")
	return errors.Join(faults...)
}

// note says where class, sign and layer come from.
func (r *nodeReader) note() []string {
	if r.ours {
		return nil
	}
	var from []string
	for _, c := range []struct {
		what string
		of   *attribute
	}{{"class", r.class}, {"sign", r.sign}, {"layer", r.layer}} {
		if c.of != nil {
			from = append(from, fmt.Sprintf("%s is %s", c.what, c.of.name))
		}
	}
	if from == nil {
		return nil
	}
	return []string{strings.Join(from, ", ") + " of the nodes or their types"}
}

func (r *nodeReader) neuron(row int, ids []int64) (n circuit.Neuron, err error) {
	if n.ID, err = r.id.text(row); err != nil {
		return n, err
	}
	if n.ID == "" {
		id := int64(row)
		if ids != nil {
			id = ids[row]
		}
		n.ID = strconv.FormatInt(id, 10)
	}
	class, err := r.class.text(row)
	if err != nil {
		return n, err
	}
	layer, err := r.layer.text(row)
	if err != nil {
		return n, err
	}
	sign, err := r.sign.text(row)
	if err != nil {
		return n, err
	}
	n.Class, n.Layer = circuit.Class(class), layerWord(layer, r.ours)
	if n.Sign, err = circuit.ParseSign(sign); err != nil {
		return n, r.a.w.fail(r.a.p, r.sign.name, fmt.Errorf("row %d: %w", row, err))
	}
	n.Position, err = r.position(row)
	return n, err
}

func (r *nodeReader) position(row int) (circuit.Position, error) {
	var p circuit.Position
	known := 0
	for _, c := range []struct {
		into *float64
		from *attribute
	}{{&p.X, r.x}, {&p.Depth, r.y}, {&p.Y, r.z}} {
		x, _, err := c.from.number(row)
		if err != nil {
			return p, err
		}
		if *c.into = x; x-x == 0 {
			known++
		}
	}
	if known < 3 {
		r.half += min(known, 1)
		return circuit.NoPosition(), nil
	}
	p.Depth = 0 - p.Depth // never −0
	return p, nil
}

// truth adds the mask and the factors of our own files.
func (r *nodeReader) truth(d *Data) error {
	seen, err := r.a.column(sonataSeen)
	if err != nil {
		return err
	}
	for row := 0; seen != nil && row < r.a.rows; row++ {
		x, _, err := seen.number(row)
		if err != nil {
			return err
		}
		d.Observed = append(d.Observed, x != 0)
	}
	for _, at := range slices.Sorted(maps.Keys(r.a.w.h.objects[r.a.p.file])) {
		dir, name := path.Split(at)
		factor, is := strings.CutPrefix(name, sonataFactor)
		if !is || dir != r.a.p.path("0")+"/" {
			continue
		}
		c, err := r.a.column(name)
		if err != nil {
			return err
		}
		values := make([]float64, r.a.rows)
		for row := range values {
			if values[row], _, err = c.number(row); err != nil {
				return err
			}
		}
		if d.Factors == nil {
			d.Factors = map[string][]float64{}
		}
		name = cmp.Or(r.a.w.h.objects[r.a.p.file][at].text("name"), factor)
		d.Factors[name] = values
	}
	return nil
}
