package graphvae_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/graphvae"
	"github.com/cortigen/cortigen/pkg/seed"
)

// From circuits to codes, and from codes to new circuits.
func Example() {
	circuits := toyCircuits(new(testing.B), 40, seed.Seed(1))
	train, validation := circuits[:32], circuits[32:]
	ctx := context.Background()

	backend, err := graphvae.GoBackend()
	if err != nil {
		panic(err)
	}
	model, err := graphvae.New(backend, graphvae.Config{
		Classes: graphvae.Vocabulary(train), Slots: 12, Latent: 3, Hidden: 12, Rank: 4, Stages: 2,
	}, seed.Seed(1))
	if err != nil {
		panic(err)
	}
	var first, best graphvae.Epoch
	for epoch, err := range model.Train(ctx, train, validation, graphvae.Training{Steps: 60, Batch: 16, LearningRate: .01}, seed.Seed(2)) {
		if err != nil {
			panic(err)
		}
		if epoch.Epoch == 1 {
			first = epoch
		}
		if epoch.Best {
			best = epoch
		}
	}
	fmt.Println("the bound improved by a third:", best.Validation.Total() < first.Validation.Total()*2/3)

	codes, err := model.Encode(ctx, validation)
	if err != nil {
		panic(err)
	}
	fmt.Println(len(codes.Mean), "codes of", model.Dim(), "dimensions")

	samples, err := model.Decode(ctx, codes.Mean, 5, seed.Seed(3))
	if err != nil {
		panic(err)
	}
	fmt.Println(len(samples), "×", len(samples[0]), "new circuits of the classes", circuit.Classes(samples[0]...))
	// Output:
	// the bound improved by a third: true
	// 8 codes of 3 dimensions
	// 8 × 5 new circuits of the classes [E I]
}

// How a code has to change for more edges is known without drawing any circuit.
func ExampleModel_Expecter() {
	circuits := toyCircuits(new(testing.B), 40, seed.Seed(1))
	ctx := context.Background()
	backend, err := graphvae.GoBackend()
	if err != nil {
		panic(err)
	}
	model, err := graphvae.New(backend, graphvae.Config{
		Kind: graphvae.Exchangeable, Classes: graphvae.Vocabulary(circuits), Latent: 3, NeuronLatent: 2, Hidden: 12, Rank: 4, Stages: 2,
	}, seed.Seed(1))
	if err != nil {
		panic(err)
	}
	for _, err := range model.Train(ctx, circuits[:32], circuits[32:], graphvae.Training{Steps: 40, Batch: 16, LearningRate: .01}, seed.Seed(2)) {
		if err != nil {
			panic(err)
		}
	}

	expecter, err := model.Expecter(circuits[32:33], []string{"density", "reciprocity"}, 16, seed.Seed(3))
	if err != nil {
		panic(err)
	}
	z := []float64{0, 0, 0}
	before, gradients, err := expecter.Expect(ctx, [][]float64{z})
	if err != nil {
		panic(err)
	}
	var square float64
	for _, slope := range gradients[0][0] {
		square += slope * slope
	}
	for d, slope := range gradients[0][0] {
		z[d] += .01 * slope / square // for .01 more of density
	}
	after, _, err := expecter.Expect(ctx, [][]float64{z})
	if err != nil {
		panic(err)
	}
	fmt.Println(expecter.Measures())
	fmt.Printf("density rises by %.3f\n", after[0][0]-before[0][0])
	// Output:
	// [density reciprocity]
	// density rises by 0.010
}

// A class that occurs in several layers gets the most frequent one.
func ExampleVocabulary() {
	neuron := func(id string, class circuit.Class, layer circuit.Layer, sign circuit.Sign) circuit.Neuron {
		return circuit.Neuron{ID: id, Class: class, Layer: layer, Sign: sign, Position: circuit.NoPosition()}
	}
	c, err := circuit.New([]circuit.Neuron{
		neuron("1", "MC", "L5", circuit.Inhibitory),
		neuron("2", "23P", "L2/3", circuit.Excitatory),
		neuron("3", "MC", "L2/3", circuit.Inhibitory),
		neuron("4", "MC", "L5", circuit.Inhibitory),
	}, nil)
	if err != nil {
		panic(err)
	}
	for _, info := range graphvae.Vocabulary([]*circuit.Circuit{c}) {
		fmt.Println(info.Class, info.Layer, info.Sign)
	}
	// Output:
	// 23P L2/3 E
	// MC L5 I
}
