package graphvae

import (
	"cmp"
	"context"
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/internal/mlx"
	"github.com/cortigen/cortigen/pkg/seed"
)

// evalBatch is the number of circuits that encoding and decoding take at once.
const evalBatch = 32

// maxPrograms is how many sizes a program is compiled for: more than the widths
// up to maxNeurons, for some sizes of batch each.
const maxPrograms = 512

// Backend does a model's arithmetic.
type Backend struct {
	mlx *mlx.Backend
}

// OpenBackend takes the best backend that this machine can run: what
// GOMLX_BACKEND says, else XLA where there is a PJRT plugin, else pure Go.
func OpenBackend(ctx context.Context) (Backend, error) {
	b, err := mlx.Open(ctx)
	return Backend{b}, err
}

// GoBackend takes the pure-Go backend, which repeats a run bit for bit.
func GoBackend() (Backend, error) {
	b, err := mlx.OpenGo()
	return Backend{b}, err
}

// Name returns what results record: "go", "go+simd", "xla:cpu" or "xla:cuda".
func (b Backend) Name() string { return b.mlx.Name() }

// Why says in one line which backend was taken and for what reason.
func (b Backend) Why() string { return b.mlx.Why() }

// Model is a generative model of circuits with its weights. Its methods are not
// safe for use by several goroutines at once.
type Model struct {
	config  Config
	backend Backend
	store   *model.Store

	encode, neurons, decode, terms, likelihood, weigh, complete, step, compose *model.Exec

	expect map[string]*model.Exec // by measures, see Expecter
}

// New makes a model with random weights drawn from the seed.
func New(backend Backend, config Config, s seed.Seed) (*Model, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	config = config.withDefaults()
	m := &Model{config: config, backend: backend, store: model.NewStore()}
	if err := initialise(m.store, weightsOf(config), s); err != nil {
		return nil, err
	}
	return m, m.compilePrograms()
}

// weightsOf lists what a model of the kind trains.
func weightsOf(c Config) []weight {
	if c.Kind == Exchangeable {
		return exchangeableWeights(c)
	}
	all := statesWeights(len(c.Classes), c.Hidden, c.Stages)
	all = append(all, posteriorWeights(c.Hidden, 0, c.Latent)...)
	return append(all, slotsWeights(c)...)
}

// Config returns the model's configuration, defaults filled in.
func (m *Model) Config() Config { return m.config }

// Backend returns the backend that the model runs on.
func (m *Model) Backend() Backend { return m.backend }

// Weights returns the number of trained numbers.
func (m *Model) Weights() int {
	total := 0
	for v := range m.store.IterVariables() {
		if isWeight(v) {
			total += v.Shape().Size()
		}
	}
	return total
}

// compilePrograms declares the programs; each is compiled when first run, once
// per size of batch and, of Exchangeable models, per width (see Config.width).
func (m *Model) compilePrograms() error {
	for _, program := range []struct {
		exec  **model.Exec
		graph func(scope *model.Scope, w weightsGraph, nodes []*graph.Node) []*graph.Node
	}{
		{&m.encode, func(_ *model.Scope, w weightsGraph, nodes []*graph.Node) []*graph.Node {
			in, _, _ := m.config.unpackGraph(nodes)
			return m.config.encodeProgramGraph(w, in).list()
		}},
		{&m.neurons, func(_ *model.Scope, w weightsGraph, nodes []*graph.Node) []*graph.Node {
			in, _, _ := m.config.unpackGraph(nodes)
			return neuronsGraph(w, m.config, in)
		}},
		{&m.decode, func(_ *model.Scope, w weightsGraph, nodes []*graph.Node) []*graph.Node {
			return m.config.decodeProgramGraph(w, nodes)
		}},
		{&m.compose, func(_ *model.Scope, w weightsGraph, nodes []*graph.Node) []*graph.Node {
			return m.config.compositionProgramGraph(w, nodes[0])
		}},
		{&m.terms, func(_ *model.Scope, w weightsGraph, nodes []*graph.Node) []*graph.Node {
			in, noise, _ := m.config.unpackGraph(nodes)
			return elboGraph(w, m.config, in, noise).fourGraph()
		}},
		{&m.likelihood, func(_ *model.Scope, w weightsGraph, nodes []*graph.Node) []*graph.Node {
			in, codes, _ := m.config.unpackGraph(nodes)
			return []*graph.Node{m.config.likelihoodGraph(w, in, codes)}
		}},
		{&m.weigh, func(_ *model.Scope, w weightsGraph, nodes []*graph.Node) []*graph.Node {
			in, noise, encoded := m.config.unpackGraph(nodes)
			return []*graph.Node{logWeightGraph(w, m.config, in, encodedFrom(encoded), noise)}
		}},
		{&m.complete, func(_ *model.Scope, w weightsGraph, nodes []*graph.Node) []*graph.Node {
			in, noise, encoded := m.config.unpackGraph(nodes)
			return completeGraph(w, m.config, in, encodedFrom(encoded), noise)
		}},
		{&m.step, func(scope *model.Scope, w weightsGraph, nodes []*graph.Node) []*graph.Node {
			in, noise, rest := m.config.unpackGraph(nodes)
			return stepGraph(scope, w, m.config, in, noise, scheduleOf(rest))
		}},
	} {
		exec, err := model.NewExec(m.backend.mlx.Compute, m.store, func(scope *model.Scope, nodes []*graph.Node) []*graph.Node {
			return program.graph(scope, weightsGraph{scope.Store(), nodes[0].Graph()}, nodes)
		})
		if err != nil {
			return fmt.Errorf("graphvae: %w", err)
		}
		*program.exec = exec.SetMaxCache(maxPrograms)
	}
	return nil
}

// run executes a program and returns its outputs, flattened row-major.
func run(program *model.Exec, verb string, args ...any) ([][]float32, error) {
	var outputs []*tensors.Tensor
	var err error
	if panicked := mlx.Try(verb, func() { outputs, err = program.Exec(args...) }); panicked != nil {
		return nil, fmt.Errorf("graphvae: %w", panicked)
	}
	if err != nil {
		return nil, fmt.Errorf("graphvae: %s: %w", verb, err)
	}
	flat := make([][]float32, len(outputs))
	for i, output := range outputs {
		if flat[i], err = mlx.Floats(output); err != nil {
			return nil, fmt.Errorf("graphvae: %s: %w", verb, err)
		}
	}
	return flat, nil
}

// Posterior holds q(z|circuit) of several circuits: rows of Mean and LogVar are
// circuits, columns dimensions of z.
type Posterior struct {
	Mean   [][]float64 `json:"mean"`
	LogVar [][]float64 `json:"log_var"`
}

// Encode returns the posterior of every circuit, [circuits, latent]. Neurons
// may be in any order. Circuits do not influence each other, but the last bits
// of float32 depend on a circuit's place in the list. A circuit with too many
// neurons, or a class outside the vocabulary, is an error.
func (m *Model) Encode(ctx context.Context, circuits []*circuit.Circuit) (Posterior, error) {
	var p Posterior
	err := m.eachBatch(ctx, "encode", circuits, func(b batch, first, count int) error {
		out, err := run(m.encode, "encode", b.tensors()...)
		if err == nil {
			p.Mean = append(p.Mean, rows(out[0], count, m.config.Latent)...)
			p.LogVar = append(p.LogVar, rows(out[1], count, m.config.Latent)...)
		}
		return err
	})
	return p, err
}

// EncodeNeurons returns, for every circuit, the posterior of its neurons' codes
// at the mean of z: rows are neurons in the circuit's order, columns the
// dimensions of u, [n, neuron latent]. A code is given as an offset from its
// prior in the prior's standard deviations, so that mean 0 and log-variance 0
// say that the wiring taught nothing about the neuron. A model without u gives
// rows of no columns; one of kind Slots has no such codes: an error.
func (m *Model) EncodeNeurons(ctx context.Context, circuits []*circuit.Circuit) ([]Posterior, error) {
	if err := m.needs(Exchangeable, "encode neurons"); err != nil {
		return nil, err
	}
	all := make([]Posterior, 0, len(circuits))
	_, width := m.config.widths()
	if width == 0 {
		for _, c := range circuits {
			all = append(all, Posterior{Mean: make([][]float64, c.Len()), LogVar: make([][]float64, c.Len())})
		}
		return all, m.config.check(circuits)
	}
	err := m.eachBatch(ctx, "encode neurons", circuits, func(b batch, first, count int) error {
		out, err := run(m.neurons, "encode neurons", b.tensors()...)
		if err != nil {
			return err
		}
		for i := range count {
			var p Posterior
			for _, place := range canonicalPlaces(circuits[first+i]) {
				at := (i*b.slots + place) * width
				p.Mean = append(p.Mean, rows(out[1][at:at+width], 1, width)...)
				p.LogVar = append(p.LogVar, rows(out[2][at:at+width], 1, width)...)
			}
			all = append(all, p)
		}
		return nil
	})
	return all, err
}

// needs reports that something is not done by models of this kind.
func (m *Model) needs(kind Kind, verb string) error {
	if m.config.Kind != kind {
		return fmt.Errorf("graphvae: %s: the model is of kind %q: only %q does this", verb, m.config.Kind, kind)
	}
	return nil
}

// eachBatch checks circuits, puts them in canonical order and hands them over
// in batches; count is how many of a batch are not padding.
func (m *Model) eachBatch(ctx context.Context, verb string, circuits []*circuit.Circuit, f func(b batch, first, count int) error) error {
	if err := m.config.check(circuits); err != nil {
		return fmt.Errorf("graphvae: %s: %w", verb, err)
	}
	shared := m.config.sharedWidth(circuits)
	for first := 0; first < len(circuits); {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("graphvae: %s: %w", verb, err)
		}
		some := circuits[first:min(first+evalBatch, len(circuits))]
		size := evalSize(len(circuits))
		if m.config.Kind == Exchangeable {
			size = min(size, most(max(shared, m.config.width(some))))
		}
		some = canonical(some[:min(size, len(some))])
		if err := f(packBatch(some, size, cmp.Or(shared, m.config.width(some)), m.config), first, len(some)); err != nil {
			return err
		}
		first += len(some)
	}
	return nil
}

// rows splits a flat [n, cols] array, of which the first count rows are wanted.
func rows(flat []float32, count, cols int) [][]float64 {
	out := make([][]float64, count)
	for i := range out {
		out[i] = make([]float64, cols)
		for j := range out[i] {
			out[i][j] = float64(flat[i*cols+j])
		}
	}
	return out
}
