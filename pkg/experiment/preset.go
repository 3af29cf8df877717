package experiment

import (
	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/connectome"
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

// presets are chosen so that Quick runs the course in a few minutes on two
// cores, with and without XLA; Standard makes the committed figures; Paper has
// the sizes of the papers.
var presets = map[artifact.Preset]sizes{
	artifact.Quick: {
		Train: 400, Validation: 64, Test: 96,
		Model:    graphvae.Config{Hidden: 48},
		Training: graphvae.Training{Steps: 400, Batch: 16}, Replicates: 1,
		Draws: 400, Tested: 8, Surrogates: 60, Samples: 64, Starts: 2,
	},
	artifact.Standard: {
		Train: 1200, Validation: 160, Test: 240,
		Training: graphvae.Training{Steps: 1500}, Replicates: 3,
		Draws: 1000, Tested: 16, Surrogates: 200, Samples: 64, Starts: 8,
	},
	artifact.Paper: {
		Train: 4000, Validation: 400, Test: 600,
		Model:    graphvae.Config{Hidden: 128, Rank: 32},
		Training: graphvae.Training{Steps: 10000}, Replicates: 5,
		Draws: 5000, Tested: 96, Surrogates: 2000, Samples: 256, Starts: 16,
	},
}
