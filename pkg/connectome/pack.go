package connectome

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// layout is a way in which a pack of files holds a reconstruction. A new one
// joins by an entry in layouts.
type layout struct {
	// short is a word, name a few.
	short, name string
	// nodes and edges are file names without .csv or .csv.gz, and the columns
	// that they must have.
	nodes, edges             string
	nodeColumns, edgeColumns []string
	// neuron reads the row at hand; keep is false for what is not part of the
	// reconstruction, and then why says so.
	neuron func(t *table) (n circuit.Neuron, why string, err error)
	// edge reads pre, post and synapse count of the row at hand; why as above.
	edge func(t *table) (e rawEdge, why string, err error)
	// extra, where not "", is a number of every neuron that finish needs.
	extra string
	// finish, where not nil, is given everything before it is checked.
	finish func(d *Data, extra []float64) error
}

type rawEdge struct {
	pre, post string
	synapses  int32
}

// packs are the layouts as formats.
func packs() []format {
	var all []format
	for _, l := range layouts {
		all = append(all, format{Format: Format{Name: l.short, Title: l.name, Folder: true}, match: l.match, read: l.read})
	}
	return all
}

// nearEnough is how many of a layout's columns make one that is missing a fault:
// with fewer, it is another table.
const nearEnough = 5

// match returns the two tables; near names the one column that is missing, if
// it is one.
func (l layout) match(s *source) (files []string, near error) {
	if s.single() {
		return nil, nil
	}
	missing, found := 0, 0
	for _, want := range []struct {
		stem    string
		columns []string
	}{{l.nodes, l.nodeColumns}, {l.edges, l.edgeColumns}} {
		file := s.table(want.stem)
		have := s.header(file)
		for _, column := range want.columns {
			if slices.Contains(have, column) {
				found++
				continue
			}
			missing++
			if file != "" && near == nil {
				near = &ParseError{File: s.join(file), Line: 1, Column: column, Err: fmt.Errorf("missing, and format %s (%s) needs it", l.short, l.name)}
			}
		}
		files = append(files, file)
	}
	switch {
	case missing == 0:
		return files, nil
	case missing == 1 && found >= nearEnough:
		return nil, near
	}
	return nil, nil
}

// read takes the tables that match found.
func (l layout) read(ctx context.Context, s *source, files []string, r Reading) (Data, error) {
	p := &pack{layout: l, index: map[string]int{}, drops: map[string]int{}}
	if err := readTable(ctx, s.join(files[0]), p.addNeuron); err != nil {
		return Data{}, err
	}
	if err := readTable(ctx, s.join(files[1]), p.addEdge); err != nil {
		return Data{}, err
	}
	return p.finish()
}

// pack is a reading under way.
type pack struct {
	layout layout
	data   Data
	index  map[string]int // id → neuron
	extra  []float64      // by neuron
	order  []string       // reasons for drops, in order of appearance
	drops  map[string]int
}

// drop counts something that was left out.
func (p *pack) drop(why string) {
	if p.drops[why] == 0 {
		p.order = append(p.order, why)
	}
	p.drops[why]++
}

func (p *pack) addNeuron(t *table) error {
	n, why, err := p.layout.neuron(t)
	if err != nil {
		return err
	}
	if n.ID == "" {
		return t.fail("", errors.New("a neuron without an id"))
	}
	if _, twice := p.index[n.ID]; twice {
		p.drop("neuron listed again, after its first entry")
		return nil
	}
	if why != "" {
		p.drop(why)
		p.index[n.ID] = -1
		return nil
	}
	if !n.Position.Known() {
		n.Position = circuit.NoPosition()
	}
	p.index[n.ID] = len(p.data.Neurons)
	p.data.Neurons = append(p.data.Neurons, n)
	if p.layout.extra == "" {
		return nil
	}
	x, err := t.number(p.layout.extra)
	p.extra = append(p.extra, x)
	return err
}

func (p *pack) addEdge(t *table) error {
	e, why, err := p.layout.edge(t)
	if err != nil {
		return err
	}
	if why != "" {
		p.drop(why)
		return nil
	}
	pre, preListed := p.index[e.pre]
	post, postListed := p.index[e.post]
	switch {
	case !preListed || !postListed:
		p.drop("edge with an end that is not in the neuron table")
	case pre < 0 || post < 0:
		p.drop("edge with an end that was left out")
	default:
		p.data.Edges = append(p.data.Edges, circuit.Edge{Pre: pre, Post: post})
		if e.synapses > 0 {
			p.data.Synapses = append(p.data.Synapses, e.synapses)
		}
	}
	return nil
}

// finish hands over what was read.
func (p *pack) finish() (Data, error) {
	if p.layout.finish != nil {
		if err := p.layout.finish(&p.data, p.extra); err != nil {
			return Data{}, fmt.Errorf("connectome: %s: %w", p.layout.name, err)
		}
	}
	for _, why := range p.order {
		p.data.Report.Drops = append(p.data.Report.Drops, Drop{What: why, Count: p.drops[why]})
	}
	return p.data, nil
}
