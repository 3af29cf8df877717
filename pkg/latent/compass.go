package latent

// Compass is where measures point in a code: how alone each direction moves its
// measure, whether other trainings find the same, and which dimensions matter.
type Compass struct {
	// Measures that have a direction, Dim dimensions of the code, Step how far was
	// walked, in prior sd, Starts and Samples how many codes were walked from and
	// circuits decoded at each.
	Measures []string `json:"measures"`
	Dim      int      `json:"dim"`
	Step     float64  `json:"step"`
	Starts   int      `json:"starts"`
	Samples  int      `json:"samples"`
	// Plain directions are the most probable ones that move a measure's probe; Pure
	// ones leave the probes of all the others as they are. Both stand beside random
	// directions.
	Plain SpecificityContrast `json:"plain"`
	Pure  SpecificityContrast `json:"pure"`
	// Stability compares the codes of all trainings, Probes what their probes say.
	Stability *Stability       `json:"stability,omitempty"`
	Probes    []ProbeAgreement `json:"probes,omitempty"`
	// Weights are SHAP values of the linear probes, Response those of a surrogate of
	// what is decoded; importances only, [measures].
	Weights  []Attribution `json:"weights"`
	Response []Attribution `json:"response"`
	// Readouts say how few directions suffice.
	Readouts []Readout `json:"readouts"`
}
