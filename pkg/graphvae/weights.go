package graphvae

import (
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/cortigen/cortigen/pkg/internal/mlx"
	"github.com/cortigen/cortigen/pkg/seed"
)

// weightScope holds all that is trained; the optimiser's state lies elsewhere.
const weightScope = "/weights/"

// weight is one trained matrix, or vector where rows is 0.
type weight struct {
	name       string
	rows, cols int
	sd         float64 // of its initial, normal values
}

// dense lists the two weights of an affine map from in to out features. Its
// matrix starts with sd 1/√in, so that unit inputs give unit outputs.
func dense(name string, in, out int) []weight {
	return []weight{
		{name: name + "/matrix", rows: in, cols: out, sd: 1 / math.Sqrt(float64(in))},
		{name: name + "/bias", cols: out},
	}
}

// scaled multiplies the initial values of weights.
func scaled(by float64, weights []weight) []weight {
	for i := range weights {
		weights[i].sd *= by
	}
	return weights
}

// initialise creates the weights in the store with values drawn on the host,
// so that they are the same on every backend.
func initialise(store *model.Store, weights []weight, s seed.Seed) error {
	for _, w := range weights {
		rng := s.Stream("weights/" + w.name)
		values := make([]float32, max(1, w.rows)*w.cols)
		if w.sd > 0 {
			for i := range values {
				values[i] = float32(rng.NormFloat64() * w.sd)
			}
		}
		shape := []int{w.rows, w.cols}
		if w.rows == 0 {
			shape = []int{w.cols}
		}
		if _, err := store.CreateVariable(weightScope+w.name, mlx.Tensor(values, shape...)); err != nil {
			return fmt.Errorf("graphvae: weight %s: %w", w.name, err)
		}
	}
	return nil
}

// weightsGraph reads weights into a graph by name.
type weightsGraph struct {
	store *model.Store
	g     *graph.Graph
}

// at returns the weight as a node.
func (w weightsGraph) at(name string) *graph.Node {
	v := w.store.GetVariable(weightScope + name)
	if v == nil {
		panic(fmt.Errorf("graphvae: no weight %q", name))
	}
	return v.NodeValue(w.g)
}

// apply maps x, [..., in], to [..., out] by the affine map of that name.
func (w weightsGraph) apply(name string, x *graph.Node) *graph.Node {
	y := graph.MatMul(x, w.at(name+"/matrix"))
	return graph.Add(y, graph.ExpandLeftToRank(w.at(name+"/bias"), y.Rank()))
}
