package graphvae_test

import (
	"context"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/graphvae"
)

// density is the share of observed pairs that are connected.
func density(c *circuit.Circuit) float64 {
	edges := 0
	for _, e := range c.EdgeList() {
		if c.Observed(e.Pre) {
			edges++
		}
	}
	return float64(edges) / float64(c.ObservedRows()*(c.Len()-1))
}

// design is the matrix of a linear regression: a constant, then the means.
func design(mean [][]float64) *mat.Dense {
	x := mat.NewDense(len(mean), len(mean[0])+1, nil)
	for i, row := range mean {
		x.SetRow(i, append([]float64{1}, row...))
	}
	return x
}

// fit regresses the densities of circuits on their posterior means.
func fit(t *testing.T, m *graphvae.Model, circuits []*circuit.Circuit) *mat.VecDense {
	t.Helper()
	y := mat.NewVecDense(len(circuits), nil)
	for i, c := range circuits {
		y.SetVec(i, density(c))
	}
	var beta mat.VecDense
	if err := beta.SolveVec(design(encode(t, m, circuits...).Mean), y); err != nil {
		t.Fatal(err)
	}
	return &beta
}

// correlation is that of densities with what is predicted from the codes of
// others, which may be the circuits themselves.
func correlation(t *testing.T, m *graphvae.Model, beta *mat.VecDense, circuits, encoded []*circuit.Circuit) float64 {
	t.Helper()
	var predicted mat.VecDense
	predicted.MulVec(design(encode(t, m, encoded...).Mean), beta)
	truth := make([]float64, len(circuits))
	for i, c := range circuits {
		truth[i] = density(c)
	}
	return stat.Correlation(truth, predicted.RawVector().Data, nil)
}

// After training, a linear map of the posterior means predicts the density of
// circuits that were not trained on; with the adjacency of another circuit in
// its place it does not, so it is the wiring that is encoded.
func TestCodesHoldDensity(t *testing.T) {
	circuits := toyCircuits(t, 100, 1)
	train, validation := circuits[:60], circuits[60:]
	m := toyModel(t, circuits)
	for _, err := range m.Train(context.Background(), train, validation, graphvae.Training{Steps: 200, Batch: 20, LearningRate: .01}, 2) {
		if err != nil {
			t.Fatal(err)
		}
	}
	beta := fit(t, m, train)
	r := correlation(t, m, beta, validation, validation)
	control := correlation(t, m, beta, validation, rewired(t, validation))
	t.Logf("correlation of density with its prediction: %.3f; with another's adjacency %.3f", r, control)
	if r < .8 {
		t.Errorf("codes predict density with a correlation of %.3f", r)
	}
	// The standard error of no correlation among 40 circuits is .16.
	if control > .48 {
		t.Errorf("with another circuit's adjacency, codes predict density with a correlation of %.3f", control)
	}
}

// rewired gives every circuit the edges of another, as far as it has the
// neurons.
func rewired(t *testing.T, circuits []*circuit.Circuit) []*circuit.Circuit {
	t.Helper()
	others := rand.New(rand.NewPCG(15, 16)).Perm(len(circuits))
	all := make([]*circuit.Circuit, len(circuits))
	for i, c := range circuits {
		var edges []circuit.Edge
		for _, e := range circuits[others[i]].EdgeList() {
			if e.Pre < c.Len() && e.Post < c.Len() {
				edges = append(edges, e)
			}
		}
		var err error
		if all[i], err = c.WithEdges(edges); err != nil {
			t.Fatal(err)
		}
	}
	return all
}
