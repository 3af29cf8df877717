package steer

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/seed"
)

// manifestFile lies in every export, and tells that it is one.
const manifestFile = "request.json"

// Manifest is the request.json of an export: the answer itself, and what a reader
// of the files beside it should know.
type Manifest struct {
	Answer
	// DecodeSeed and Judged are the seed and the number of samples with which the
	// decoder makes these very circuits of Code; 0 without a code.
	DecodeSeed seed.Seed `json:"decode_seed,omitzero"`
	// Model, Reference and what follows are as in Exporting.
	Model       any                        `json:"model,omitempty"`
	Reference   Reference                  `json:"reference,omitzero"`
	Unproofread connectome.Unproofread     `json:"unproofread,omitempty"`
	Simulator   connectome.SimulatorConfig `json:"simulator,omitzero"`
	// Units says what the numbers are in, here and in the files.
	Units map[string]string `json:"units"`
	// Exported lists files and circuits.
	Exported
}

// units of what an export holds.
var units = map[string]string{
	"adjacency":   "an edge runs from pre to post and has one synapse or more: circuits do not count them",
	"observed":    "false where the outputs of a neuron are unknown, not absent; where it is not said, all are known",
	"position":    "µm; x and y span the sheet, depth runs from the pia downwards",
	"sign":        "E or 1: excitatory, I or -1: inhibitory, of a neuron's own synapses",
	"simulator":   "weights and delays are a rule, stated at the head of each table, not measured",
	"code":        "prior standard deviations; step too",
	"from, to":    "where absolute, the measure's own unit, else standard deviations (sd) of the reference from its mean",
	"hit_sd":      "sd of the reference; miss_sd, mean_sd and sd_sd too",
	"drift":       "sd of the reference, against circuits decoded at the start; floor is the same of a second set from there",
	"spent":       "circuits; judged and samples too",
	"decode_seed": "decoding the code with it, as many samples as were judged, gives the circuits again",
}

// manifest describes what was written.
func (x *exporter) manifest() Manifest {
	m := Manifest{
		Answer: x.answer, Model: x.Model, Reference: x.Reference, Unproofread: x.Unproofread, Simulator: x.Simulator,
		Units: units, Exported: x.done,
	}
	if x.answer.Code != nil {
		m.DecodeSeed = x.answer.decodeSeed()
	}
	return m
}

// ReadManifest reads the request.json of an export. The answer in it has no
// circuits: those are in the files.
func ReadManifest(folder string) (Manifest, error) {
	text, err := os.ReadFile(filepath.Join(folder, manifestFile))
	if err != nil {
		return Manifest{}, fmt.Errorf("steer: %s is no export: %w", folder, err)
	}
	var m Manifest
	if err := artifact.Unmarshal(text, &m); err != nil {
		return Manifest{}, fmt.Errorf("steer: %s: %w", folder, err)
	}
	m.Folder = folder
	return m, nil
}
