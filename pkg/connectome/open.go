package connectome

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// layout is a way in which a pack of files holds a reconstruction. A new one
// joins by an entry in layouts.
type layout struct {
	name string
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

// Open reads the pack of files in a folder. The layout is told by the files'
// headers. What is left out is counted in the connectome's Report. Ids are kept
// as written. The context is looked at every few thousand rows.
//
// Errors about a file's content are of type *ParseError.
func Open(ctx context.Context, dir string) (*Connectome, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return nil, fmt.Errorf("connectome: open: %w", err)
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("connectome: open: %s is a file: give the folder that holds the tables", dir)
	}
	l, err := recognise(dir)
	if err != nil {
		return nil, err
	}
	sum := sha256.New()
	p := &pack{layout: l, sum: sum, index: map[string]int{}, drops: map[string]int{}}
	p.data.Name = filepath.Base(filepath.Clean(dir))
	p.data.Report.Layout = l.name
	if err := errors.Join(p.readTable(ctx, findTable(dir, l.nodes), p.addNeuron)); err != nil {
		return nil, err
	}
	if err := p.readTable(ctx, findTable(dir, l.edges), p.addEdge); err != nil {
		return nil, err
	}
	return p.finish()
}

// recognise returns the first layout whose files are there with their columns.
func recognise(dir string) (layout, error) {
	headers := map[string][]string{}
	header := func(stem string) ([]string, string, error) {
		path := findTable(dir, stem)
		if path == "" {
			return nil, "", nil
		}
		if _, known := headers[path]; !known {
			t, err := openTable(path, sha256.New())
			if err != nil {
				return nil, path, err
			}
			for name := range t.columns {
				headers[path] = append(headers[path], name)
			}
			if err := t.close(); err != nil {
				return nil, path, fmt.Errorf("connectome: %w", err)
			}
		}
		return headers[path], path, nil
	}
	var near []error
	for _, l := range layouts {
		missing := 0
		var first error
		for _, want := range []struct {
			stem    string
			columns []string
		}{{l.nodes, l.nodeColumns}, {l.edges, l.edgeColumns}} {
			have, path, err := header(want.stem)
			if err != nil {
				return layout{}, err
			}
			for _, column := range want.columns {
				if !slices.Contains(have, column) {
					missing++
					if path != "" && first == nil {
						first = &ParseError{File: path, Line: 1, Column: column, Err: fmt.Errorf("missing, and layout %s needs it", l.name)}
					}
				}
			}
		}
		if missing == 0 {
			return l, nil
		}
		if missing == 1 && first != nil {
			near = append(near, first)
		}
	}
	if len(near) > 0 {
		return layout{}, errors.Join(near...)
	}
	return layout{}, fmt.Errorf("connectome: open: %s holds no known layout: %s; it has %s", dir, known(), listing(dir))
}

// known describes the layouts for an error.
func known() string {
	var all []string
	for _, l := range layouts {
		all = append(all, fmt.Sprintf("%s (%s.csv with %s; %s.csv with %s)", l.name, l.nodes, strings.Join(l.nodeColumns, ","), l.edges, strings.Join(l.edgeColumns, ",")))
	}
	return "known are " + strings.Join(all, "; ")
}

func listing(dir string) string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err.Error()
	}
	names := []string{}
	for _, e := range entries[:min(len(entries), 12)] {
		names = append(names, e.Name())
	}
	if len(entries) > 12 {
		names = append(names, fmt.Sprintf("and %d more", len(entries)-12))
	}
	if len(names) == 0 {
		return "no files"
	}
	return strings.Join(names, ", ")
}

// pack is a reading under way.
type pack struct {
	layout layout
	data   Data
	sum    hash.Hash
	index  map[string]int // id → neuron
	extra  []float64      // by neuron
	order  []string       // reasons for drops, in order of appearance
	drops  map[string]int
}

// readTable reads one file, row by row, and adds it to the checksum.
func (p *pack) readTable(ctx context.Context, path string, row func(t *table) error) (err error) {
	fmt.Fprintf(p.sum, "%s\n", filepath.Base(path))
	t, err := openTable(path, p.sum)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	p.data.Report.Files = append(p.data.Report.Files, filepath.Base(path))
	return t.each(ctx, func() error { return row(t) })
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

// finish makes the connectome.
func (p *pack) finish() (*Connectome, error) {
	if p.layout.finish != nil {
		if err := p.layout.finish(&p.data, p.extra); err != nil {
			return nil, fmt.Errorf("connectome: %s: %w", p.data.Name, err)
		}
	}
	for _, why := range p.order {
		p.data.Report.Drops = append(p.data.Report.Drops, Drop{What: why, Count: p.drops[why]})
	}
	unplaced := 0
	for _, n := range p.data.Neurons {
		if !n.Position.Known() {
			unplaced++
		}
	}
	if unplaced > 0 {
		p.data.Report.Notes = append(p.data.Report.Notes, fmt.Sprintf("%d of %d neurons have no position: cuts by space leave them out", unplaced, len(p.data.Neurons)))
	}
	p.data.Checksum = hex.EncodeToString(p.sum.Sum(nil))
	return New(p.data)
}

// Checksum returns what Connectome.Checksum would be after Open, without
// parsing: the SHA-256 over names and bytes of the files that Open reads.
func Checksum(dir string) (string, error) {
	l, err := recognise(dir)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	for _, stem := range []string{l.nodes, l.edges} {
		path := findTable(dir, stem)
		data, err := os.ReadFile(path)
		if err != nil {
			return "", fmt.Errorf("connectome: %w", err)
		}
		fmt.Fprintf(sum, "%s\n", filepath.Base(path))
		sum.Write(data)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
