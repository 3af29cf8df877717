package connectome

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// gathering is a reconstruction under way from a file whose nodes and edges
// carry named properties, in any order.
type gathering struct {
	path    string
	reading Reading
	// at numbers the file's words for nodes by first mention, be that as a node
	// or as an end of an edge; neuron gives each its neuron, -1 if none was seen.
	at     map[string]int
	neuron []int
	keys   []string // the file's word for each neuron
	edges  []circuit.Pair
	// neurons and links are what is known of each neuron and edge.
	neurons, links *properties
	name, sizeUnit string
	drops, notes   []string
	dropped        map[string]int
	// listed says that the neurons are rows of a table: an id is then a column's
	// or the row's number, never the column's if it suits.
	listed bool
}

// newGathering starts with nothing; fail makes an error at the place being read.
func newGathering(path string, r Reading, fail func(column string, err error) error) *gathering {
	voxels := r.VoxelNM
	if voxels == ([3]float64{}) {
		voxels = [3]float64{4, 4, 40}
	}
	means := func(word string) (meaning, bool) { return neuronMeaning(word, voxels) }
	return &gathering{
		path: path, reading: r, at: map[string]int{}, dropped: map[string]int{},
		neurons: newProperties("neuron", means, fail), links: newProperties("edge", edgeMeaning, fail),
	}
}

// number returns that of the file's word for a node.
func (g *gathering) number(key string) int {
	n, seen := g.at[key]
	if !seen {
		n = len(g.neuron)
		g.at[key] = n
		g.neuron = append(g.neuron, -1)
	}
	return n
}

// node names the neuron that was begun last.
func (g *gathering) node(key string) error {
	if key == "" {
		return errors.New("a node without an id")
	}
	n := g.number(key)
	if g.neuron[n] >= 0 {
		return fmt.Errorf("node %q is there twice", key)
	}
	g.neuron[n] = len(g.keys)
	g.keys = append(g.keys, key)
	return nil
}

// edge gives the edge that was begun last its ends.
func (g *gathering) edge(pre, post string) {
	g.edges = append(g.edges, circuit.Pair{Pre: int32(g.number(pre)), Post: int32(g.number(post))})
}

func (g *gathering) note(format string, args ...any) {
	g.notes = append(g.notes, fmt.Sprintf(format, args...))
}

// drop counts something that is left out.
func (g *gathering) drop(what string, count int) {
	if count > 0 && g.dropped[what] == 0 {
		g.drops = append(g.drops, what)
	}
	g.dropped[what] += count
}

// fault is an error about a property as a whole.
func (g *gathering) fault(column string, format string, args ...any) error {
	return &ParseError{File: g.path, Column: column, Err: fmt.Errorf(format, args...)}
}

// data makes a reconstruction of what was gathered.
func (g *gathering) data() (Data, error) {
	d := Data{Name: g.name}
	if err := errors.Join(g.neurons.complete(), g.links.complete()); err != nil {
		return Data{}, err
	}
	for _, step := range []func(*Data) error{g.fillNeurons, g.fillPositions, g.fillEdges, g.fillObserved} {
		if err := step(&d); err != nil {
			return Data{}, err
		}
	}
	g.noteUnread()
	for _, what := range g.drops {
		d.Report.Drops = append(d.Report.Drops, Drop{What: what, Count: g.dropped[what]})
	}
	d.Report.Notes = g.notes
	leaveUnproofread(&d, g.reading.Unproofread)
	return d, nil
}

func (g *gathering) fillNeurons(d *Data) error {
	ids, err := g.ids()
	if err != nil {
		return err
	}
	class, errClass := g.neurons.take(fieldClass)
	layer, errLayer := g.neurons.take(fieldLayer)
	sign, errSign := g.neurons.take(fieldSign)
	if err := errors.Join(errClass, errLayer, errSign); err != nil {
		return err
	}
	d.Neurons = make([]circuit.Neuron, len(ids))
	for i, id := range ids {
		n := circuit.Neuron{ID: id, Position: circuit.NoPosition()}
		if class != nil {
			n.Class = circuit.Class(class.texts[i])
		}
		if layer != nil {
			n.Layer = circuit.Layer(layer.texts[i])
		}
		if sign != nil && !math.IsNaN(sign.numbers[i]) {
			n.Sign = circuit.Sign(sign.numbers[i])
		}
		d.Neurons[i] = n
	}
	for _, f := range g.neurons.factors {
		if d.Factors == nil {
			d.Factors = map[string][]float64{}
		}
		if i := slices.IndexFunc(f.numbers, math.IsNaN); i >= 0 {
			return g.fault(f.name, "neuron %q has none, and a generating factor is needed of all", ids[i])
		}
		d.Factors[strings.TrimPrefix(f.name, factorPrefix)] = f.numbers
	}
	return nil
}

// ids chooses what neurons are called: an property that is an id by name, if it
// is there and different for every neuron, else the file's own word. Attributes
// called no more than id, name or label count where the file's words are mere
// numbering.
func (g *gathering) ids() ([]string, error) {
	numbered := isNumbering(g.keys)
	var candidates []*property
	for _, a := range g.neurons.byWord {
		if a.field == fieldID && (numbered || !a.weak) {
			candidates = append(candidates, a)
		} else if a.field == fieldID {
			g.neurons.unread[a.name] = true
		}
	}
	slices.SortFunc(candidates, func(a, b *property) int { return cmp.Compare(a.rank, b.rank) })
	chosen := g.keys
	for k, a := range candidates {
		a.pad(g.neurons.count)
		twice, missing := repeated(a.texts)
		switch {
		case twice == "" && !missing && a.fault != nil:
			return nil, a.fault
		case twice == "" && !missing:
			for _, other := range candidates[k+1:] {
				g.neurons.unread[other.name] = true
			}
			return a.texts, nil
		case g.listed && missing:
			return nil, g.fault(a.name, "a neuron without an id")
		case g.listed:
			return nil, g.fault(a.name, "%q is there twice", twice)
		}
		g.neurons.unread[a.name] = true
		g.note("property %q does not tell all neurons apart, so that ids are the file's own", a.name)
	}
	if g.listed && len(chosen) > 0 {
		g.note("no column of the table is an id: neurons are numbered from 0")
	}
	return chosen, nil
}

// repeated returns a text that is there twice, and whether an empty one is.
func repeated(texts []string) (twice string, empty bool) {
	seen := make(map[string]bool, len(texts))
	for _, text := range texts {
		if text == "" {
			return "", true
		}
		if seen[text] {
			return text, false
		}
		seen[text] = true
	}
	return "", false
}

// isNumbering reports whether words are numbers from 0 or 1 in order, with n or v
// before them or not.
func isNumbering(words []string) bool {
	for _, prefix := range []string{"", "n", "v"} {
		for first := range 2 {
			if numberedFrom(words, prefix, first) {
				return true
			}
		}
	}
	return false
}

func numberedFrom(words []string, prefix string, first int) bool {
	for i, word := range words {
		if word != prefix+strconv.Itoa(first+i) {
			return false
		}
	}
	return true
}

// fillPositions takes x, y and the depth. Where one of the first is not there, z
// stands in; where the depth is not, y is taken for it and z for y, as in frames
// of electron microscopy; where all four are, the sheet is what is across the
// depth. This is what plain tables do, too.
func (g *gathering) fillPositions(d *Data) error {
	var axes [4]*property
	for k, f := range []field{fieldX, fieldY, fieldZ, fieldDepth} {
		var err error
		if axes[k], err = g.neurons.take(f); err != nil {
			return err
		}
	}
	x, y, z, depth := axes[0], axes[1], axes[2], axes[3]
	var raw *property // z, where it is beside all others
	switch {
	case x != nil && y != nil && z != nil && depth != nil:
		raw = z
	case x != nil && y == nil:
		y = z
	case x != nil && y != nil && z != nil:
		g.note("there is no depth: %s is taken for it, as in frames of electron microscopy", y.name)
		y, depth = z, y
	}
	if x == nil || y == nil || depth == nil {
		for _, a := range axes {
			if a != nil {
				g.neurons.unread[a.name] = true
			}
		}
		return nil
	}
	g.place(d, [3]*property{x, y, depth})
	if raw == nil {
		return nil
	}
	g.inMicrometres(raw)
	across := make([]float64, len(raw.numbers))
	for i, z := range raw.numbers {
		if across[i] = raw.inUM(z); math.IsNaN(z) {
			d.Neurons[i].Position = circuit.NoPosition()
		}
	}
	if err := alignToDepth(d, across); err != nil {
		return g.fault(depth.name, "with x, y and z beside: %w: leave out one of the four", err)
	}
	return nil
}

// inMicrometres assumes a unit where there is none.
func (g *gathering) inMicrometres(a *property) {
	if a.nanometres == 0 {
		a.nanometres = umInNM
		g.note("%s has no unit in its name: µm are assumed", a.name)
	}
}

// place sets positions in µm; a half-known one is none.
func (g *gathering) place(d *Data, axes [3]*property) {
	for _, a := range axes {
		g.inMicrometres(a)
	}
	half := 0
	for i := range d.Neurons {
		p := circuit.Position{X: axes[0].inUM(axes[0].numbers[i]), Y: axes[1].inUM(axes[1].numbers[i]), Depth: axes[2].inUM(axes[2].numbers[i])}
		switch {
		case p.Known():
			d.Neurons[i].Position = p
		case !math.IsNaN(p.X) || !math.IsNaN(p.Y) || !math.IsNaN(p.Depth):
			half++
		}
	}
	if half > 0 {
		g.note("%d neurons have one or two coordinates of three: their positions are not known", half)
	}
}

// fillEdges takes edges among neurons, and their counts and sizes.
func (g *gathering) fillEdges(d *Data) error {
	counts, sizes, err := g.strengths()
	if err != nil {
		return err
	}
	kept := g.edges[:0]
	for k, e := range g.edges {
		pre, post := g.neuron[e.Pre], g.neuron[e.Post]
		switch {
		case pre < 0 || post < 0:
			g.drop(strayEdge, 1)
			continue
		case counts != nil && counts.numbers[k] == 0:
			g.drop("edge without a synapse", 1)
			continue
		}
		kept = append(kept, circuit.Pair{Pre: int32(pre), Post: int32(post)})
		for _, a := range []*property{counts, sizes} {
			if a != nil && math.IsNaN(a.numbers[k]) {
				return g.fault(a.name, "the edge %q → %q has none, though others have", g.keys[pre], g.keys[post])
			}
		}
		if counts != nil {
			d.Synapses = append(d.Synapses, int32(counts.numbers[k]))
		}
		if sizes != nil {
			d.Sizes = append(d.Sizes, sizes.numbers[k])
		}
	}
	if d.Pairs = kept; d.Sizes != nil {
		d.SizeUnit = g.sizeUnit
	}
	if unknown := g.dropped[strayEdge]; unknown > 0 && unknown == len(g.edges) {
		return g.fault("", "none of the %d edges has both ends among the %d nodes: ends must be the ids of nodes, written alike", unknown, len(g.keys))
	}
	return nil
}

// strayEdge is why an edge is left out.
const strayEdge = "edge with an end that is not among the nodes"

// strengths chooses the properties that are synapse counts and sizes. A weight
// is a count where all are whole, else a size; where there is a word for either,
// it is not looked at.
func (g *gathering) strengths() (counts, sizes *property, err error) {
	counts, errCounts := g.links.take(fieldSynapses)
	sizes, errSizes := g.links.take(fieldSize)
	if err := errors.Join(errCounts, errSizes); err != nil {
		return nil, nil, err
	}
	weight, errWeight := g.links.take(fieldWeight)
	if weight == nil {
		return counts, sizes, nil
	}
	part := func(x float64) bool { return !math.IsNaN(x) && x >= 0 && !whole(x) }
	allWhole := !slices.ContainsFunc(weight.numbers, part)
	switch {
	case allWhole && counts == nil:
		g.note("%s is whole everywhere, and taken for the count of synapses", weight.name)
		return weight, sizes, errWeight
	case !allWhole && sizes == nil:
		g.note("%s is not whole everywhere, and taken for the size of synapses", weight.name)
		g.sizeUnit = cmp.Or(g.sizeUnit, weight.name)
		return counts, weight, errWeight
	}
	g.links.unread[weight.name] = true
	return counts, sizes, nil
}

// fillObserved makes the mask, as the reading wants it. Where a source does not
// say it of a neuron, its outputs count as not observed.
func (g *gathering) fillObserved(d *Data) error {
	observed, err := g.neurons.take(fieldObserved)
	if observed == nil || err != nil {
		return err
	}
	unsaid := 0
	d.Observed = make([]bool, len(d.Neurons))
	for i, x := range observed.numbers {
		d.Observed[i] = x == 1
		if math.IsNaN(x) {
			unsaid++
		}
	}
	if unsaid > 0 {
		g.note("%d neurons have no %s, and count as not observed", unsaid, observed.name)
	}
	return nil
}

// noteUnread names the properties that were not made use of.
func (g *gathering) noteUnread() {
	for _, a := range []*properties{g.neurons, g.links} {
		const shown = 20
		names := slices.Sorted(maps.Keys(a.unread))
		text := strings.Join(names[:min(len(names), shown)], ", ")
		if more := len(names) - shown; more > 0 {
			text += fmt.Sprintf(" and %d more", more)
		}
		if len(names) > 0 {
			g.note("not read, of each %s: %s", a.of, text)
		}
	}
}

// leaveUnproofread does to neurons whose outputs were not observed what a reading
// wants done.
func leaveUnproofread(d *Data, u Unproofread) {
	switch {
	case d.Observed == nil || !slices.Contains(d.Observed, false):
		return
	case u == Trusted:
		d.Observed = nil
		d.Report.Notes = append(d.Report.Notes, "neurons that are not proofread count as observed, against what the source says")
	case u == LeftOut:
		dropUnproofread(d)
	}
}

func dropUnproofread(d *Data) {
	at := make([]int, len(d.Neurons))
	kept := d.Neurons[:0]
	for i, n := range d.Neurons {
		at[i] = -1
		if d.Observed[i] {
			at[i] = len(kept)
			for _, values := range d.Factors {
				values[len(kept)] = values[i]
			}
			kept = append(kept, n)
		}
	}
	for name, values := range d.Factors {
		d.Factors[name] = values[:len(kept)]
	}
	gone := len(d.Neurons) - len(kept)
	d.Neurons, d.Observed = kept, nil
	pairs := d.Pairs[:0]
	for k, e := range d.Pairs {
		if at[e.Pre] < 0 || at[e.Post] < 0 {
			continue
		}
		if d.Synapses != nil {
			d.Synapses[len(pairs)] = d.Synapses[k]
		}
		if d.Sizes != nil {
			d.Sizes[len(pairs)] = d.Sizes[k]
		}
		pairs = append(pairs, circuit.Pair{Pre: int32(at[e.Pre]), Post: int32(at[e.Post])})
	}
	d.Report.Drops = append(d.Report.Drops,
		Drop{What: "neuron that is not proofread", Count: gone},
		Drop{What: "edge of a neuron that is not proofread", Count: len(d.Pairs) - len(pairs)})
	d.Pairs = pairs
	d.Synapses, d.Sizes = d.Synapses[:min(len(pairs), len(d.Synapses))], d.Sizes[:min(len(pairs), len(d.Sizes))]
}
