package graphvae

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/internal/mlx"
	"github.com/cortigen/cortigen/pkg/seed"
)

// evalBatch is the number of circuits that encoding and decoding take at once.
const evalBatch = 32

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

	encode, decode, terms, likelihood, step *model.Exec
}

// New makes a model with random weights drawn from the seed.
func New(backend Backend, config Config, s seed.Seed) (*Model, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	config = config.withDefaults()
	m := &Model{config: config, backend: backend, store: model.NewStore()}
	weights := append(encoderWeights(len(config.Classes), config.Hidden, config.Stages, config.Latent), slotsWeights(config)...)
	if err := initialise(m.store, weights, s); err != nil {
		return nil, err
	}
	return m, m.compilePrograms()
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

// compilePrograms declares the programs; each is compiled when first run,
// once per batch size.
func (m *Model) compilePrograms() error {
	weights := func(scope *model.Scope, g *graph.Graph) weightsGraph { return weightsGraph{scope.Store(), g} }
	unpack := func(nodes []*graph.Node) inputs { return inputs{nodes[0], nodes[1], nodes[2], nodes[3]} }
	for _, program := range []struct {
		exec  **model.Exec
		graph func(scope *model.Scope, nodes []*graph.Node) []*graph.Node
	}{
		{&m.encode, func(scope *model.Scope, nodes []*graph.Node) []*graph.Node {
			w, in := weights(scope, nodes[0].Graph()), unpack(nodes)
			mean, logVar := posteriorGraph(w, in, encodeGraph(w, in, in.classes, m.config.Stages))
			return []*graph.Node{mean, logVar}
		}},
		{&m.decode, func(scope *model.Scope, nodes []*graph.Node) []*graph.Node {
			logits, d := decodeSlotsGraph(weights(scope, nodes[0].Graph()), m.config, nodes[0])
			return []*graph.Node{graph.Softmax(logits), d.theta, d.rho, graph.Sigmoid(d.marginalGraph())}
		}},
		{&m.terms, func(scope *model.Scope, nodes []*graph.Node) []*graph.Node {
			t := elboGraph(weights(scope, nodes[0].Graph()), m.config, unpack(nodes), nodes[4])
			return []*graph.Node{t.edges, t.classes, t.kl}
		}},
		{&m.likelihood, func(scope *model.Scope, nodes []*graph.Node) []*graph.Node {
			in := unpack(nodes)
			logits, d := decodeSlotsGraph(weights(scope, nodes[0].Graph()), m.config, nodes[4])
			return []*graph.Node{graph.Neg(graph.Add(d.nllGraph(in), classNLLGraph(in, logits)))}
		}},
		{&m.step, func(scope *model.Scope, nodes []*graph.Node) []*graph.Node {
			return stepGraph(scope, weights(scope, nodes[0].Graph()), m.config, unpack(nodes), nodes[4], nodes[5], nodes[6], nodes[7])
		}},
	} {
		var err error
		if *program.exec, err = model.NewExec(m.backend.mlx.Compute, m.store, program.graph); err != nil {
			return fmt.Errorf("graphvae: %w", err)
		}
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

// tensors returns a batch as the arguments of a program.
func (b batch) tensors() []any {
	return []any{
		mlx.Tensor(b.adjacency, b.size, b.slots, b.slots),
		mlx.Tensor(b.classes, b.size, b.slots, b.kinds),
		mlx.Tensor(b.real, b.size, b.slots),
		mlx.Tensor(b.observed, b.size, b.slots),
	}
}

// normal returns rows × cols standard normal numbers as a tensor.
func normal(rng *rand.Rand, rows, cols int) *tensors.Tensor {
	values := make([]float32, rows*cols)
	for i := range values {
		values[i] = float32(rng.NormFloat64())
	}
	return mlx.Tensor(values, rows, cols)
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

// eachBatch checks circuits, puts them in canonical order and hands them over
// in batches; count is how many of a batch are not padding.
func (m *Model) eachBatch(ctx context.Context, verb string, circuits []*circuit.Circuit, f func(b batch, first, count int) error) error {
	if err := m.config.check(circuits); err != nil {
		return fmt.Errorf("graphvae: %s: %w", verb, err)
	}
	for first := 0; first < len(circuits); first += evalBatch {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("graphvae: %s: %w", verb, err)
		}
		some := canonical(circuits[first:min(first+evalBatch, len(circuits))])
		if err := f(newBatch(some, evalBatch, m.config), first, len(some)); err != nil {
			return err
		}
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

// Terms is the negative evidence lower bound of circuits, term by term, in
// nats per circuit; smaller is better.
type Terms struct {
	// Edges is the expected negative log-likelihood of the adjacency.
	Edges float64 `json:"edges"`
	// Classes is that of the slots' classes, null ones included.
	Classes float64 `json:"classes"`
	// KL is the code length, KL(q(z|A,c) ‖ p(z)).
	KL float64 `json:"kl"`
	// Pairs is the number of observed ordered pairs, for the bound per pair.
	Pairs float64 `json:"pairs"`
}

// Total returns the negative bound in nats per circuit.
func (t Terms) Total() float64 { return t.Edges + t.Classes + t.KL }

// PerPair returns what the edges cost, code included, in nats per observed
// ordered pair; NaN where none was observed.
func (t Terms) PerPair() float64 { return (t.Edges + t.KL) / t.Pairs }

// String gives the terms on one line.
func (t Terms) String() string {
	return fmt.Sprintf("−ELBO %.1f = edges %.1f + classes %.1f + KL %.2f nats", t.Total(), t.Edges, t.Classes, t.KL)
}

// finite reports whether all terms are numbers.
func (t Terms) finite() bool { return !math.IsNaN(t.Total()) && !math.IsInf(t.Total(), 0) }

// Bound returns the terms of every circuit with one draw of z each, the noise
// being named by the seed.
func (m *Model) Bound(ctx context.Context, circuits []*circuit.Circuit, s seed.Seed) ([]Terms, error) {
	all := make([]Terms, 0, len(circuits))
	err := m.eachBatch(ctx, "bound", circuits, func(b batch, first, count int) error {
		noise := normal(s.Stream("bound", first), evalBatch, m.config.Latent)
		out, err := run(m.terms, "bound", append(b.tensors(), noise)...)
		if err != nil {
			return err
		}
		kl := rows(out[2], count, m.config.Latent)
		for i := range count {
			t := Terms{Edges: float64(out[0][i]), Classes: float64(out[1][i]), Pairs: pairs(circuits[first+i])}
			for _, unit := range kl[i] {
				t.KL += unit
			}
			all = append(all, t)
		}
		return nil
	})
	return all, err
}

// Likelihood returns log p(A, c | z) of every circuit, in nats, given its row of
// z, [circuits, latent].
func (m *Model) Likelihood(ctx context.Context, circuits []*circuit.Circuit, z [][]float64) ([]float64, error) {
	if len(z) != len(circuits) {
		return nil, fmt.Errorf("graphvae: likelihood: %d codes for %d circuits", len(z), len(circuits))
	}
	if err := m.checkCodes(z); err != nil {
		return nil, fmt.Errorf("graphvae: likelihood: %w", err)
	}
	all := make([]float64, 0, len(circuits))
	err := m.eachBatch(ctx, "likelihood", circuits, func(b batch, first, count int) error {
		out, err := run(m.likelihood, "likelihood", append(b.tensors(), m.codeTensor(z[first:first+count]))...)
		if err != nil {
			return err
		}
		for i := range count {
			all = append(all, float64(out[0][i]))
		}
		return nil
	})
	return all, err
}

// checkCodes reports the first code of the wrong length or with a number that
// is not finite.
func (m *Model) checkCodes(z [][]float64) error {
	for i, code := range z {
		if len(code) != m.config.Latent {
			return fmt.Errorf("code %d has %d dimensions, the model has %d", i, len(code), m.config.Latent)
		}
		for j, x := range code {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return fmt.Errorf("code %d has %g in dimension %d: codes are finite", i, x, j)
			}
		}
	}
	return nil
}

// codeTensor packs at most evalBatch codes, padded with zeros.
func (m *Model) codeTensor(z [][]float64) *tensors.Tensor {
	flat := make([]float32, evalBatch*m.config.Latent)
	for i, code := range z {
		for j, x := range code {
			flat[i*m.config.Latent+j] = float32(x)
		}
	}
	return mlx.Tensor(flat, evalBatch, m.config.Latent)
}

// pairs returns the number of observed ordered pairs.
func pairs(c *circuit.Circuit) float64 { return float64(c.ObservedRows() * max(0, c.Len()-1)) }

// mean averages terms over circuits.
func mean(terms []Terms) Terms {
	var sum Terms
	for _, t := range terms {
		sum.Edges += t.Edges
		sum.Classes += t.Classes
		sum.KL += t.KL
		sum.Pairs += t.Pairs
	}
	n := float64(len(terms))
	return Terms{sum.Edges / n, sum.Classes / n, sum.KL / n, sum.Pairs / n}
}
