package connectome

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// readSynapses reads the tables with a row a synapse or, where there is none,
// those with a row a pair of neurons.
func (c *cave) readSynapses(ctx context.Context, tables []caveTable) error {
	raw := func(t caveTable) bool { return t.synapses }
	counted := func(t caveTable) bool { return t.counted }
	is, files := raw, fileNames(tables, raw)
	if spare := fileNames(tables, counted); len(files) == 0 {
		is, files = counted, spare
	} else if len(spare) > 0 {
		c.notes = append(c.notes, fmt.Sprintf("%s counts synapses that %s lists: the list was taken", strings.Join(spare, ", "), strings.Join(files, ", ")))
	}
	if len(files) > 1 {
		c.notes = append(c.notes, fmt.Sprintf("synapses are those of %s together; if these overlap, leave all but one out", strings.Join(files, ", ")))
	}
	if err := c.readAll(ctx, tables, is, c.readEnds); err != nil {
		return err
	}
	if c.open {
		c.sortNeurons()
	}
	return c.edges.merge()
}

func fileNames(tables []caveTable, is func(t caveTable) bool) (files []string) {
	for _, t := range tables {
		if is(t) {
			files = append(files, t.file)
		}
	}
	return files
}

// readEnds reads a table of synapses.
func (c *cave) readEnds(ctx context.Context, t caveTable, rows *records) error {
	var pre, post, count, size picked
	for _, f := range []struct {
		into  *picked
		names []string
	}{{&pre, preColumns}, {&post, postColumns}, {&count, countColumns}, {&size, sizeColumns}} {
		var err error
		if *f.into, err = rows.pick(f.names...); err != nil {
			return err
		}
	}
	if size == noColumn {
		c.sizes = false
	}
	unlisted, orphans, autapses := 0, 0, 0
	err := rows.each(ctx, func() error {
		from, err := rows.id(pre)
		if err != nil {
			return err
		}
		to, err := rows.id(post)
		if err != nil {
			return err
		}
		n, volume, err := rows.weight(count, size)
		if err != nil {
			return err
		}
		if from == 0 || to == 0 {
			orphans += int(n)
			return nil
		}
		i, j := c.end(from), c.end(to)
		switch {
		case i < 0 || j < 0:
			unlisted += int(n)
		case i == j:
			autapses += int(n)
		case n > 0:
			return c.edges.add(i, j, n, volume)
		}
		return nil
	})
	for _, d := range []Drop{
		{"synapse with an end that is no segment (root id 0)", orphans, ""},
		{"synapse with an end that is not a listed neuron", unlisted, ""},
		{"autapse", autapses, "a neuron's synapses on itself are not edges here"},
	} {
		if d.Count > 0 {
			c.drops.add(d.What, d.Count, d.Why)
		}
	}
	return err
}

// weight returns a row's number of synapses, 1 without a column for it, and
// their size.
func (r *records) weight(count, size picked) (int32, float64, error) {
	n, volume := 1., 0.
	var err error
	if count != noColumn {
		if n, err = r.number(count); err == nil && !(n >= 0 && n <= math.MaxInt32 && n == math.Trunc(n)) {
			err = r.fail(count, fmt.Errorf("%g is not a number of synapses", n))
		}
	}
	if err == nil && size != noColumn {
		if volume, err = r.number(size); err == nil && !(volume >= 0) {
			err = r.fail(size, errors.New("a size of 0 or more is needed"))
		}
	}
	return int32(n), volume, err
}

// end returns the neuron that an id is, −1 where it is none.
func (c *cave) end(id int64) int32 {
	k, known := c.index[id]
	if known {
		return c.neuron[k]
	}
	if !c.open {
		return -1
	}
	c.cell(id)
	n := int32(len(c.neuron))
	c.neuron = append(c.neuron, n)
	return n
}

// sortNeurons puts neurons that were met in synapses into the order of their
// ids, so that the order of rows does not matter.
func (c *cave) sortNeurons() {
	order := make([]int, len(c.cells))
	for k := range order {
		order[k] = k
	}
	slices.SortFunc(order, func(a, b int) int {
		if c.cells[a].id < c.cells[b].id {
			return -1
		}
		return 1
	})
	for n, k := range order {
		c.neuron[k] = int32(n)
	}
	// A cell's place in c.cells is what it was called in c.edges until here.
	for k, p := range c.edges.list {
		c.edges.list[k].key = uint64(c.neuron[p.key>>32])<<32 | uint64(uint32(c.neuron[uint32(p.key)]))
	}
	c.edges.merged = 0
}
