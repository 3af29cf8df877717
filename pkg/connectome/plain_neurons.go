package connectome

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// neuronTable reads a plain table of neurons into a reading.
type neuronTable struct {
	file, path  string
	dialect     *dialect
	unproofread Unproofread
	into        *plainReading
	index       map[string]int32 // id → neuron, or leftOut

	id, class, layer, sign, observed string
	x, y, z, depth                   axis
	factors                          []string
	raw                              []float64 // z of each neuron, where there is a depth beside
}

// axis is a column of positions; "" where there is none.
type axis struct {
	column string
	perUM  float64 // how many of its units make a µm
}

func newNeuronTable(s *source, file string, u Unproofread, into *plainReading) *neuronTable {
	d := dialectOf(s.head(file))
	n := &neuronTable{
		file: file, path: s.join(file), dialect: d, unproofread: u, into: into, index: map[string]int32{},
		id: d.column(idAliases...), class: d.column(classAliases...), layer: d.column(layerAliases...),
		sign: d.column(signAliases...), observed: d.column(observedAliases...),
	}
	n.x, n.y, n.z, n.depth = n.axis("x"), n.axis("y"), n.axis("z"), n.axis("depth")
	for _, name := range d.names() {
		if strings.HasPrefix(name, factorPrefix) {
			n.factors = append(n.factors, name)
		}
	}
	return n
}

// axis finds a column of positions by its letter and unit.
func (n *neuronTable) axis(letter string) axis {
	for _, unit := range []struct {
		suffix string
		perUM  float64
	}{{"_um", 1}, {"_µm", 1}, {"_nm", 1000}, {"_mm", 1e-3}, {"", 1}} {
		if column := n.dialect.column(letter+unit.suffix, "soma_"+letter+unit.suffix, "pos_"+letter+unit.suffix); column != "" {
			if unit.suffix == "" {
				n.into.note("%s: column %q has no unit in its name: µm are assumed", n.file, column)
			}
			return axis{column, unit.perUM}
		}
	}
	return axis{}
}

func (n *neuronTable) read(ctx context.Context) (err error) {
	t, err := n.dialect.open(n.path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	p := n.into
	if len(n.factors) > 0 {
		p.data.Factors = map[string][]float64{}
		for _, column := range n.factors {
			p.data.Factors[strings.TrimPrefix(column, factorPrefix)] = []float64{}
		}
	}
	if err := t.each(ctx, func() error { return n.add(t) }); err != nil {
		return err
	}
	read := append([]string{n.id, n.class, n.layer, n.sign, n.observed, n.x.column, n.y.column, n.depth.column}, n.factors...)
	if n.x.column != "" {
		read = append(read, n.z.column)
	}
	p.noteIgnored(n.dialect, n.file, read...)
	return n.place()
}

// add takes a row.
func (n *neuronTable) add(t *table) error {
	p := n.into
	neuron, err := n.neuron(t)
	if err != nil {
		return err
	}
	if _, twice := n.index[neuron.ID]; twice {
		p.drop("neuron listed again, after its first entry", 1)
		return nil
	}
	observed := true
	if n.observed != "" && n.unproofread != Trusted {
		if observed, err = t.flag(n.observed); err != nil {
			return err
		}
	}
	if !observed && n.unproofread == LeftOut {
		p.drop("neuron whose outputs were not observed", 1)
		n.index[neuron.ID] = leftOut
		return nil
	}
	var z float64
	if neuron.Position, z, err = n.position(t); err != nil {
		return err
	}
	for _, column := range n.factors {
		x, err := t.number(column)
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(column, factorPrefix)
		p.data.Factors[name] = append(p.data.Factors[name], x)
	}
	n.index[neuron.ID] = int32(len(p.data.Neurons))
	p.data.Neurons, p.data.Observed, n.raw = append(p.data.Neurons, neuron), append(p.data.Observed, observed), append(n.raw, z)
	return nil
}

// neuron reads what is text.
func (n *neuronTable) neuron(t *table) (circuit.Neuron, error) {
	neuron := circuit.Neuron{ID: strings.Clone(strings.TrimSpace(t.text(n.id)))}
	if neuron.ID == "" {
		return neuron, t.fail(n.id, errors.New("a neuron without an id"))
	}
	field := func(column string) string {
		if column == "" {
			return ""
		}
		return strings.Clone(t.text(column))
	}
	neuron.Class, neuron.Layer = circuit.Class(field(n.class)), circuit.Layer(field(n.layer))
	for _, f := range []struct{ column, text string }{{n.id, neuron.ID}, {n.class, string(neuron.Class)}, {n.layer, string(neuron.Layer)}} {
		if err := checkText(f.text); err != nil {
			return neuron, t.fail(f.column, err)
		}
	}
	if n.sign != "" {
		var err error
		if neuron.Sign, err = signOf(t.text(n.sign)); err != nil {
			return neuron, t.fail(n.sign, err)
		}
	}
	return neuron, nil
}

// position reads a soma's place as written, in µm; z apart. Which axis is depth
// is for place to say.
func (n *neuronTable) position(t *table) (p circuit.Position, z float64, err error) {
	z = math.NaN()
	p = circuit.NoPosition()
	for _, a := range []struct {
		axis
		into *float64
	}{{n.x, &p.X}, {n.y, &p.Y}, {n.depth, &p.Depth}, {n.z, &z}} {
		if a.column == "" {
			continue
		}
		if *a.into, err = t.number(a.column); err != nil {
			return p, z, err
		}
		if a.perUM != 1 {
			*a.into /= a.perUM
		}
	}
	return p, z, nil
}

// place brings positions into the frame of the sheet, as far as the columns tell
// it.
func (n *neuronTable) place() error {
	p := n.into
	have := func(axes ...axis) bool {
		return !slices.ContainsFunc(axes, func(a axis) bool { return a.column == "" })
	}
	known := func(i int) bool { return p.data.Neurons[i].Position.Known() }
	partly := 0
	switch {
	case have(n.x, n.y, n.z, n.depth):
		if err := alignToDepth(&p.data, n.raw); err != nil {
			return &ParseError{File: n.path, Column: n.depth.column, Err: fmt.Errorf("with x, y and z beside: %w: leave out one of the four", err)}
		}
	case have(n.x, n.y, n.depth):
	case have(n.x, n.z, n.depth):
		for i := range p.data.Neurons {
			p.data.Neurons[i].Position.Y = n.raw[i]
		}
	case have(n.x, n.y, n.z):
		p.note("%s has no column of depth: %q is taken for it, as in frames of electron microscopy", n.file, n.y.column)
		for i := range p.data.Neurons {
			at := &p.data.Neurons[i].Position
			at.Y, at.Depth = n.raw[i], at.Y
		}
	case have(n.x) || have(n.y) || have(n.z) || have(n.depth):
		p.note("%s has two coordinates or fewer: positions are not known", n.file)
	}
	for i := range p.data.Neurons {
		if at := &p.data.Neurons[i].Position; !known(i) {
			if !unplaced(at.X) || !unplaced(at.Y) || !unplaced(at.Depth) {
				partly++
			}
			*at = circuit.NoPosition()
		}
	}
	if partly > 0 {
		p.note("%s: %d neurons have some coordinates, not all: their positions are not known", n.file, partly)
	}
	return nil
}
