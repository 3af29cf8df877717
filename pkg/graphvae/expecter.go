package graphvae

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/internal/mlx"
	"github.com/cortigen/cortigen/pkg/seed"
)

// leastExpected is how many neurons a circuit must have for all measures to be
// defined of it: a triangle's.
const leastExpected = 3

// Expecter foretells measures of the circuits that codes decode to, and how they
// change with the code, without drawing any: see [Model.Expecter]. Like its model
// it is not safe for use by several goroutines at once, and it follows the model's
// weights when that is trained on.
type Expecter struct {
	model    *Model
	on       []*circuit.Circuit // in canonical order; one without neurons for Slots
	signs    [][]float32        // of every circuit's neurons, [n, 2] flat
	measures []expectable
	defined  [][]bool  // by measure and circuit
	count    []float64 // of the terms that a measure is the mean of
	draws    int
	seed     seed.Seed
	program  *model.Exec
}

// Expectable lists the measures that the model has expected values of, by the names
// that package structure gives them, and "density.<pre>-><post>" for every ordered
// pair of classes, structure.ClassPairs' densities.
func (m *Model) Expectable() []string {
	return namesOf(m.config.expectables())
}

// Expecter returns what foretells the named measures of decoded circuits.
//
// Of an Exchangeable model they are those of wirings of the given circuits'
// neurons: the mean over the circuits and, for each, over so many draws of its
// neurons' codes u from their prior. Draws are named by the seed, the circuit's
// place and their number, and are the same at every code, so that values are
// smooth in z. The circuits' edges are not looked at, nor are their masks: all rows
// count. A circuit of which a measure is not defined (no neuron of a class, no
// place known) is left out of the mean of that measure. Of a Slots model, which
// makes its neurons, circuits and draws are ignored.
//
// Given all codes, the pairs of neurons are independent, so the moments of counts
// of edges, mutual pairs, degrees and triangles follow from the probabilities of
// edges exactly. Measures that are ratios or roots of counts are those of the
// expected counts (the mean over draws is taken last): edges, density, degree
// means, density of class or sign pairs are without bias, the others nearly so
// where the circuit has many edges; see the package comment for each.
//
// Errors are an unknown measure, with the nearest name, or one that no code of this
// model changes; no measures, circuits or draws; a circuit that the model does not
// take, of fewer than 3 neurons, or, of all circuits, none that has the measure.
func (m *Model) Expecter(on []*circuit.Circuit, measures []string, draws int, s seed.Seed) (*Expecter, error) {
	e := &Expecter{model: m, draws: draws, seed: s}
	faults := e.choose(measures)
	if m.config.Kind == Slots {
		e.on, e.draws = []*circuit.Circuit{nil}, 1
	} else {
		faults = errors.Join(faults, e.place(on))
	}
	if faults = errors.Join(faults, e.define()); faults != nil {
		return nil, fmt.Errorf("graphvae: expecter: %w", faults)
	}
	var err error
	if e.program, err = m.expecting(e.measures); err != nil {
		return nil, fmt.Errorf("graphvae: expecter: %w", err)
	}
	return e, nil
}

// expecting returns the program of some measures, which is compiled when first
// run, once per width, and kept with the model.
func (m *Model) expecting(measures []expectable) (*model.Exec, error) {
	key := strings.Join(namesOf(measures), "\n")
	if known, ok := m.expect[key]; ok {
		return known, nil
	}
	program, err := model.NewExec(m.backend.mlx.Compute, m.store, func(scope *model.Scope, nodes []*graph.Node) []*graph.Node {
		return m.config.expectProgramGraph(weightsGraph{scope.Store(), nodes[0].Graph()}, nodes, measures)
	})
	if err != nil {
		return nil, err
	}
	if m.expect == nil {
		m.expect = map[string]*model.Exec{}
	}
	m.expect[key] = program.SetMaxCache(maxPrograms)
	return m.expect[key], nil
}

// choose looks the measures up.
func (e *Expecter) choose(names []string) error {
	if len(names) == 0 {
		return errors.New("no measures: name some of Expectable")
	}
	var faults []error
	for _, name := range names {
		measure, err := e.model.config.expectable(name)
		faults = append(faults, err)
		e.measures = append(e.measures, measure)
	}
	return errors.Join(faults...)
}

// place takes the circuits whose neurons are to be wired.
func (e *Expecter) place(on []*circuit.Circuit) error {
	var faults []error
	if len(on) == 0 {
		faults = append(faults, errors.New("no circuits: give some whose neurons the model is to wire"))
	}
	if e.draws < 1 {
		faults = append(faults, fmt.Errorf("%d draws: ask for 1 or more", e.draws))
	}
	for i, c := range on {
		if c == nil || c.Len() < leastExpected {
			return fmt.Errorf("circuit %d has fewer than %d neurons: leave it out", i, leastExpected)
		}
	}
	faults = append(faults, e.model.config.check(on))
	e.on = canonical(on)
	for _, c := range e.on {
		var signs []float32
		for _, n := range c.Neurons() {
			signs = append(signs, signRow(n.Sign)...)
		}
		e.signs = append(e.signs, signs)
	}
	return errors.Join(faults...)
}

// define says of which circuits each measure is defined.
func (e *Expecter) define() error {
	var faults []error
	for _, measure := range e.measures {
		defined, count := make([]bool, len(e.on)), 0.
		for i, c := range e.on {
			if defined[i] = c == nil || measure.between == nil || hasPair(c, measure.between); defined[i] {
				count += float64(e.draws)
			}
		}
		if count == 0 && len(e.on) > 0 && e.draws > 0 {
			faults = append(faults, fmt.Errorf("measure %q: none of the circuits has a pair of neurons that it is of: leave it out, or give others", measure.name))
		}
		e.defined, e.count = append(e.defined, defined), append(e.count, count)
	}
	return errors.Join(faults...)
}

func hasPair(c *circuit.Circuit, between func(pre, post circuit.Neuron) bool) bool {
	for i, pre := range c.Neurons() {
		for j, post := range c.Neurons() {
			if i != j && between(pre, post) {
				return true
			}
		}
	}
	return false
}

// Measures returns the names of the measures, in the order of Expect.
func (e *Expecter) Measures() []string { return namesOf(e.measures) }

func namesOf(measures []expectable) []string {
	names := make([]string, len(measures))
	for k, measure := range measures {
		names[k] = measure.name
	}
	return names
}

// Expect returns the expected measures of the circuits that codes decode to,
// values[code][measure] in the measure's unit, and their slopes along the
// dimensions of z, gradients[code][measure][dimension]. Gradients are the exact
// derivatives of the values (where a rectifier of the decoder has its kink, one
// side's). A number of measures costs as much as decoding and about that number of
// steps back through the decoder. The errors are a code of the wrong length, or
// with a number that is not finite, a code so far off that a measure is no number,
// and a cancelled context. Without codes both are empty.
func (e *Expecter) Expect(ctx context.Context, codes [][]float64) (values [][]float64, gradients [][][]float64, err error) {
	if err := e.model.checkCodes(codes); err != nil {
		return nil, nil, fmt.Errorf("graphvae: expect: %w", err)
	}
	values, gradients = e.zeros(len(codes))
	each := e.eachPlaced
	if e.model.config.Kind == Slots {
		each = e.eachCode
	}
	err = each(ctx, codes, func(code, on int, out [][]float32, i int) {
		for k := range e.measures {
			if e.defined[k][on] {
				e.add(values[code], gradients[code], out, i, k)
			}
		}
	})
	if err != nil {
		return nil, nil, err
	}
	for i := range codes {
		for k, measure := range e.measures {
			if !finite(values[i][k]) || !finite(gradients[i][k]...) {
				return nil, nil, fmt.Errorf("graphvae: expect: code %d: %s is %g there, or its slope is no number: the code is too far from the prior", i, measure.name, values[i][k])
			}
		}
	}
	return values, gradients, nil
}

func (e *Expecter) zeros(codes int) (values [][]float64, gradients [][][]float64) {
	values, gradients = make([][]float64, codes), make([][][]float64, codes)
	for i := range values {
		values[i], gradients[i] = make([]float64, len(e.measures)), make([][]float64, len(e.measures))
		for k := range gradients[i] {
			gradients[i][k] = make([]float64, e.model.config.Latent)
		}
	}
	return values, gradients
}

// add adds what entry i of a program's outputs says of measure k to its mean.
func (e *Expecter) add(values []float64, gradients [][]float64, out [][]float32, i, k int) {
	at, latent := i*len(e.measures)+k, e.model.config.Latent
	values[k] += float64(out[0][at]) / e.count[k]
	for l, slope := range out[1][at*latent : (at+1)*latent] {
		gradients[k][l] += float64(slope) / e.count[k]
	}
}

// eachPlaced runs the program of an Exchangeable model for every code, circuit and
// draw, and hands over where in its outputs they are.
func (e *Expecter) eachPlaced(ctx context.Context, codes [][]float64, f func(code, on int, out [][]float32, i int)) error {
	draws := make([]draw, 0, len(codes)*len(e.on)*e.draws)
	for code := range codes {
		for on := range e.on {
			for k := range e.draws {
				draws = append(draws, draw{on, code*e.draws + k})
			}
		}
	}
	return e.model.eachDraw(ctx, "expect", e.on, draws, func(part []draw, b batch, n noise) error {
		signs := make([]float32, b.size*b.slots*2)
		for i, d := range part {
			n.draw(i, e.on[d.circuit].Len(), e.seed.Stream("prior", d.circuit, d.sample%e.draws)) // as eachPrior does
			setRow(n.z, codes[d.sample/e.draws], i)
			copy(signs[i*b.slots*2:], e.signs[d.circuit])
		}
		args := append(append(b.tensors(), n.tensors()...), mlx.Tensor(signs, b.size, b.slots, 2))
		out, err := run(e.program, "expect", args...)
		if err != nil {
			return err
		}
		for i, d := range part {
			f(d.sample/e.draws, d.circuit, out, i)
		}
		return nil
	})
}

// eachCode runs the program of a Slots model.
func (e *Expecter) eachCode(ctx context.Context, codes [][]float64, f func(code, on int, out [][]float32, i int)) error {
	first := 0
	for part := range slices.Chunk(codes, evalBatch) {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("graphvae: expect: %w", err)
		}
		out, err := run(e.program, "expect", e.model.codeTensor(part))
		if err != nil {
			return err
		}
		for i := range part {
			f(first+i, 0, out, i)
		}
		first += len(part)
	}
	return nil
}
