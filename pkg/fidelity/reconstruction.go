package fidelity

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/latent"
	"github.com/cortigen/cortigen/pkg/seed"
)

// Reconstruction is what a trained model makes of held-out circuits, beside
// baselines that were fitted to the same training circuits.
type Reconstruction struct {
	// Kind of model, the backend it was trained on, its trained numbers and the
	// dimensions of its code.
	Kind    string `json:"kind"`
	Backend string `json:"backend"`
	Weights int    `json:"weights"`
	Latent  int    `json:"latent"`
	// Train, Validation and Test are numbers of circuits.
	Train      int `json:"train"`
	Validation int `json:"validation"`
	Test       int `json:"test"`
	// Courses are the trainings from different seeds; Chosen is the one with the
	// best validation bound, which all else here is about.
	Courses []Course `json:"courses"`
	Chosen  int      `json:"chosen"`
	// Model and Baselines score the edges of the test circuits; Gains compares.
	Model     Report   `json:"model"`
	Baselines []Report `json:"baselines"`
	Gains     []Gain   `json:"gains"`
	// Classes says how many neurons get their class.
	Classes ClassAccuracy `json:"classes"`
	// KL is the code length of the test circuits in nats per circuit.
	KL latent.Interval `json:"kl"`
	// PerPair is what the edges of the test circuits cost, code included, in nats
	// per ordered pair: an upper bound, to be held against a baseline's LogLoss.
	PerPair latent.Interval `json:"per_pair"`
	// Units are the dimensions of the code, judged on validation circuits.
	Units []latent.Unit `json:"units"`
	// Example is the first test circuit.
	Example Example `json:"example"`
}

// Course is how one training went.
type Course struct {
	Epochs []Moment `json:"epochs"`
	// Best indexes the epoch whose weights were kept: that of the least
	// validation bound with full weight of the KL term.
	Best int `json:"best"`
	// AUC of the edges of the test circuits, mean over circuits.
	AUC float64 `json:"auc"`
	// Seconds of wall time.
	Seconds float64 `json:"seconds"`
}

// Moment is a point of a training's course: the negative evidence lower bound,
// term by term, in nats per circuit.
type Moment struct {
	Step       int   `json:"step"`
	Train      Bound `json:"train"`
	Validation Bound `json:"validation"`
	// Beta is the weight of the KL term at the time.
	Beta float64 `json:"beta"`
}

// Bound is the negative evidence lower bound in nats per circuit.
type Bound struct {
	Edges   float64 `json:"edges"`
	Classes float64 `json:"classes"`
	// KL is the length of all codes, NeuronKL how much of it is those of neurons.
	KL       float64 `json:"kl"`
	NeuronKL float64 `json:"neuron_kl,omitzero"`
}

// Total returns the sum of the terms.
func (b Bound) Total() float64 { return b.Edges + b.Classes + b.KL }

// Gain is by how much a model's scores exceed those of another answer on the
// same circuits. Of LogLoss less is better.
type Gain struct {
	Over    string          `json:"over"`
	AUC     latent.Interval `json:"auc"`
	AP      latent.Interval `json:"ap"`
	LogLoss latent.Interval `json:"log_loss"`
}

// ClassAccuracy is the share of slots whose most probable class is right: over
// all slots, padding and its null class included, and over real neurons. The
// baseline gives every slot the class that it has most often in training.
type ClassAccuracy struct {
	AllSlots         latent.Interval `json:"all_slots"`
	Real             latent.Interval `json:"real"`
	BaselineAllSlots float64         `json:"baseline_all_slots"`
	BaselineReal     float64         `json:"baseline_real"`
}

// Example is a circuit with the probabilities that a model gives its edges.
type Example struct {
	Circuit *circuit.Circuit `json:"circuit"`
	// Probabilities are row-major [n, n], row presynaptic.
	Probabilities []float64 `json:"probabilities"`
}

// Compare returns the gains of a report over others, in their order.
func Compare(r Report, others []Report, draws int, s seed.Seed) ([]Gain, error) {
	gains := make([]Gain, len(others))
	for i, other := range others {
		gains[i].Over = other.Name
		for _, part := range []struct {
			score func(Scores) float64
			into  *latent.Interval
		}{{AUC, &gains[i].AUC}, {AP, &gains[i].AP}, {LogLoss, &gains[i].LogLoss}} {
			var err error
			if *part.into, err = Paired(r, other, part.score, draws, s); err != nil {
				return nil, err
			}
		}
	}
	return gains, nil
}

// Over returns the gain over a baseline, by its name.
func (r Reconstruction) Over(baseline string) (Gain, bool) {
	i := slices.IndexFunc(r.Gains, func(g Gain) bool { return g.Over == baseline })
	if i < 0 {
		return Gain{}, false
	}
	return r.Gains[i], true
}

// Table returns the scores of the model and its baselines, the baselines first,
// as a header and rows of text.
func (r Reconstruction) Table() (header []string, rows [][]string) {
	header = []string{"answer", "edge AUC", "average precision", "nats per pair"}
	for _, b := range r.Baselines {
		rows = append(rows, []string{b.Name, b.AUC.String(), b.AP.String(), b.LogLoss.String()})
	}
	rows = append(rows,
		[]string{r.Kind, r.Model.AUC.String(), r.Model.AP.String(), r.Model.LogLoss.String()},
		[]string{r.Kind + ", code counted", "", "", r.PerPair.String()})
	return header, rows
}

// Verdict says in a sentence how the model compares with the strongest
// baseline, the one of highest mean AUC.
func (r Reconstruction) Verdict() string {
	if len(r.Baselines) == 0 {
		return "There is no baseline to compare with."
	}
	best := slices.MaxFunc(r.Baselines, func(a, b Report) int { return cmp.Compare(a.AUC.Value, b.AUC.Value) })
	gain, _ := r.Over(best.Name)
	verdict := "cannot be told from"
	switch {
	case gain.AUC.Lo > 0:
		verdict = "is better than"
	case gain.AUC.Hi < 0:
		verdict = "does not reach"
	}
	return fmt.Sprintf("On held-out edges the %s model (AUC %.3f) %s %s (AUC %.3f): difference %v regions.",
		r.Kind, r.Model.AUC.Value, verdict, best.Name, best.AUC.Value, gain.AUC)
}
