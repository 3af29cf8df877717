package experiment

import (
	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/cortex"
	"github.com/cortigen/cortigen/pkg/fidelity"
	"github.com/cortigen/cortigen/pkg/graphvae"
)

// sizes are what a preset changes; all numbers are ours.
type sizes struct {
	// Columns cut by split.
	Train      int `json:"train"`
	Validation int `json:"validation"`
	Test       int `json:"test"`
	// Band is the neuron count of a column.
	Band connectome.ColumnConfig `json:"band"`
	// Model and Training; the vocabulary is that of the training columns.
	Model    graphvae.Config   `json:"model"`
	Training graphvae.Training `json:"training"`
	// Wiring is about the Exchangeable model.
	Wiring wiringSizes `json:"wiring"`
	// Replicates is the number of trainings from different seeds.
	Replicates int `json:"replicates"`
	// Draws is the number of bootstrap and permutation draws.
	Draws int `json:"draws"`
	// Tested is the most circuits of a reconstruction that are held against null
	// models, Surrogates the draws of each.
	Tested     int `json:"tested"`
	Surrogates int `json:"surrogates"`
	// Samples is the number of circuits decoded a steered code, Starts that of
	// the codes that steering starts from.
	Samples int `json:"samples"`
	Starts  int `json:"starts"`
}

// wiringSizes are of the Exchangeable model, which wires given neurons.
type wiringSizes struct {
	// Independent circuits of the embedded cortex by split; of a reconstruction, the
	// columns are those of the Slots model.
	Train      int `json:"train"`
	Validation int `json:"validation"`
	Test       int `json:"test"`
	// Model and Training; the vocabulary and the kind are filled in.
	Model    graphvae.Config   `json:"model"`
	Training graphvae.Training `json:"training"`
	// Short is the number of gradient steps of trainings that are compared among
	// themselves only; 0 for those of Training.
	Short int `json:"short,omitempty"`
	// Replicates is the number of trainings from different seeds.
	Replicates int `json:"replicates"`
	// Importance is the number of draws of an importance-weighted bound, Prior that
	// of codes from their prior, behind a probability of an edge.
	Importance int `json:"importance"`
	Prior      int `json:"prior"`
	// Judged is the most test circuits that costly judges see: the oracle, bounds of
	// many draws, inpainting, null models.
	Judged int `json:"judged"`
	// Made is the number of circuits that are generated, and of real ones that they
	// are held against where the source can make more.
	Made int `json:"made"`
	// Planted is the number of circuits at each strength of planted reciprocity.
	Planted int `json:"planted"`
	// Weights are those of the neurons' KL along the rate-distortion curve, beside 1.
	Weights []float64 `json:"weights"`
	// Parts are those that are taken out in turns, by the names of ablations; nil for
	// all.
	Parts []string `json:"parts,omitempty"`
	// Dims are numbers of dimensions of z to try.
	Dims []int `json:"dims"`
	// Effects and Trees say how the two baselines are fitted that take long.
	Effects fidelity.SenderReceiverConfig `json:"effects"`
	Trees   fidelity.BoostedTreesConfig   `json:"trees"`
	// Oracle says how closely is found what the truth of the embedded cortex pays.
	Oracle cortex.EvidenceConfig `json:"oracle"`
}

// presets are chosen so that Quick runs the course in a few minutes on two
// cores, with and without XLA; Standard makes the committed figures; Paper has
// the sizes of the papers.
var presets = map[artifact.Preset]sizes{
	artifact.Quick: {
		Train: 400, Validation: 64, Test: 96,
		Model:    graphvae.Config{Hidden: 48},
		Training: graphvae.Training{Steps: 400, Batch: 16}, Replicates: 1,
		Wiring: wiringSizes{
			Train: 400, Validation: 48, Test: 64,
			Model:    graphvae.Config{Hidden: 32},
			Training: graphvae.Training{Steps: 250, Batch: 16, Hide: .25}, Short: 120, Replicates: 1,
			Importance: 32, Prior: 32, Judged: 12, Made: 64, Planted: 32, Weights: []float64{.3}, Parts: []string{"without z", "independent pairs"}, Dims: []int{4},
			Effects: fidelity.SenderReceiverConfig{Circuits: 60, Draws: 32, Iterations: 12},
			Trees:   fidelity.BoostedTreesConfig{Pairs: 100_000, Trees: 60},
			Oracle:  cortex.EvidenceConfig{Steps: 300},
		},
		Draws: 400, Tested: 8, Surrogates: 60, Samples: 64, Starts: 2,
	},
	artifact.Standard: {
		Train: 1200, Validation: 160, Test: 240,
		Training: graphvae.Training{Steps: 1500}, Replicates: 3,
		Wiring: wiringSizes{
			Train: 2400, Validation: 160, Test: 320,
			Training: graphvae.Training{Steps: 1200, Hide: .25}, Short: 300, Replicates: 3,
			Importance: 200, Prior: 256, Judged: 64, Made: 1000, Planted: 400, Weights: []float64{.5, .3, .2, .1}, Dims: []int{1, 2, 4, 8, 32},
			Effects: fidelity.SenderReceiverConfig{Circuits: 200, Draws: 64, Iterations: 25},
			Trees:   fidelity.BoostedTreesConfig{Pairs: 300_000, Trees: 150},
		},
		Draws: 1000, Tested: 16, Surrogates: 200, Samples: 64, Starts: 8,
	},
	artifact.Paper: {
		Train: 4000, Validation: 400, Test: 600,
		Model:    graphvae.Config{Hidden: 128, Rank: 32},
		Training: graphvae.Training{Steps: 10000}, Replicates: 5,
		Wiring: wiringSizes{
			Train: 12000, Validation: 400, Test: 600,
			Model:    graphvae.Config{Hidden: 128, Rank: 32},
			Training: graphvae.Training{Steps: 5000, Hide: .25}, Replicates: 5,
			Importance: 5000, Prior: 1024, Judged: 400, Made: 2000, Planted: 1000, Weights: []float64{.7, .5, .3, .2, .1}, Dims: []int{1, 2, 4, 8, 16, 32},
		},
		Draws: 5000, Tested: 96, Surrogates: 2000, Samples: 256, Starts: 16,
	},
}
