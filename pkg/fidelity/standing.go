package fidelity

import (
	"slices"

	"github.com/cortigen/cortigen/pkg/latent"
)

// Standing is what the wiring of held-out circuits costs under a model that is
// given their neurons, beside every other answer to the same question.
type Standing struct {
	// Kind of model, the backend it was trained on, its trained numbers, and the
	// dimensions of the code of a circuit and of a neuron.
	Kind         string `json:"kind"`
	Backend      string `json:"backend"`
	Weights      int    `json:"weights"`
	Latent       int    `json:"latent"`
	NeuronLatent int    `json:"neuron_latent"`
	// Train, Validation and Test are numbers of circuits. Judged are those of the
	// test circuits that all bounds are of; scores and lengths of code are of all.
	Train      int `json:"train"`
	Validation int `json:"validation"`
	Test       int `json:"test"`
	Judged     int `json:"judged"`
	// Courses are the trainings from different seeds; Chosen is the one with the
	// best validation bound, which all else here is about.
	Courses []Course `json:"courses"`
	Chosen  int      `json:"chosen"`
	// Seeds are the importance-weighted bounds of all trainings.
	Seeds []Bounds `json:"seeds"`
	// ELBO is the bound of one draw; KL and NeuronKL are the lengths of the code of
	// the circuit and of those of its neurons, Code that of all of them, in nats per
	// circuit.
	ELBO     Bounds          `json:"elbo"`
	Code     latent.Interval `json:"code"`
	KL       latent.Interval `json:"kl"`
	NeuronKL latent.Interval `json:"neuron_kl"`
	// Others are the answers that the model is held against, class × distance
	// first, and Margins by how much the model's bound lies below each.
	Others  []Bounds `json:"others"`
	Margins []Margin `json:"margins"`
	// Oracle is what the truth itself would pay, where it is known.
	Oracle *Oracle `json:"oracle,omitempty"`
	// Units are the dimensions of the code of a circuit, judged on validation
	// circuits.
	Units []latent.Unit `json:"units"`
	// Relabelled is the largest difference, in any dimension, between the codes of
	// a circuit and of the same with its neurons in another order.
	Relabelled float64 `json:"relabelled"`
	// Shuffled is the bound of the model on test circuits whose neurons swapped
	// classes and places at random (see SwapLabels), and ShuffledBelow by how much
	// it lies below the cost at the training circuits' density: above 0, the model
	// knows more of the circuits than it was told.
	Shuffled      Bounds          `json:"shuffled"`
	ShuffledBelow latent.Interval `json:"shuffled_below"`
	// Model scores the edges decoded from the posterior means, Baselines those of
	// the others that see classes and places only, and Readings are the others that
	// read the circuit itself, at a cost.
	Model     Report    `json:"model"`
	Baselines []Report  `json:"baselines"`
	Readings  []Reading `json:"readings"`
	// Within scores the model within class pairs.
	Within WithinClasses `json:"within"`
}

// Chose returns the importance-weighted bounds of the training that was chosen.
func (s Standing) Chose() Bounds { return s.Seeds[s.Chosen] }

// Other returns another answer's bounds, by its name.
func (s Standing) Other(name string) (Bounds, bool) {
	i := slices.IndexFunc(s.Others, func(b Bounds) bool { return b.Name == name })
	if i < 0 {
		return Bounds{}, false
	}
	return s.Others[i], true
}

// Below returns by how much the model's bound lies below another answer's.
func (s Standing) Below(name string) (latent.Interval, bool) {
	i := slices.IndexFunc(s.Margins, func(m Margin) bool { return m.Over == name })
	if i < 0 {
		return latent.Interval{}, false
	}
	return s.Margins[i].Nats, true
}

// Margin is by how much a model's bound lies below another answer's, in nats per
// observed ordered pair, paired by circuit: above 0 the model is better.
type Margin struct {
	Over string          `json:"over"`
	Nats latent.Interval `json:"nats"`
}

// Oracle is what held-out circuits cost under the truth that they were drawn
// from, all that is hidden integrated out: between Floor and Cost, in
// expectation. No answer that was learned from circuits costs less than Floor.
type Oracle struct {
	Cost  Bounds `json:"cost"`
	Floor Bounds `json:"floor"`
	// Closed is the share of the way from class × distance to Cost that the
	// model's bound has come, a ratio of means over circuits, and AtLeast that of the
	// way to Floor.
	Closed  latent.Interval `json:"closed"`
	AtLeast latent.Interval `json:"at_least"`
}

// Rate says how well edges are told against what the code costs that tells them:
// a curve of trainings with different weights of the neurons' codes, and
// every baseline as a point.
type Rate struct {
	Points    []RatePoint `json:"points"`
	Baselines []RatePoint `json:"baselines"`
}

// RatePoint is one answer in the plane of code length and accuracy.
type RatePoint struct {
	Name string `json:"name"`
	// Weight is that of the neurons' KL in training; 0 for a baseline.
	Weight float64 `json:"weight,omitempty"`
	// Code is its length in nats per circuit.
	Code latent.Interval `json:"code"`
	AUC  latent.Interval `json:"auc"`
	AP   latent.Interval `json:"ap"`
	// PerPair is what edges and code cost together, in nats per pair.
	PerPair latent.Interval `json:"per_pair"`
	// Excess holds the scores against those of degree-matched nulls that went the
	// same way; nil for a baseline.
	Excess *Excess `json:"excess,omitempty"`
}

// Inpainting is how well hidden pairs are foretold from what is left to see.
type Inpainting struct {
	// Pairs has a share of the ordered pairs hidden, Rows a share of the axons.
	Pairs InpaintingTask `json:"pairs"`
	Rows  InpaintingTask `json:"rows"`
}

// InpaintingTask is one way to hide.
type InpaintingTask struct {
	Share float64 `json:"share"`
	// Taught is in which share of its training steps parts of circuits were hidden
	// from the model.
	Taught float64 `json:"taught"`
	// Model and Others foretell the same hidden pairs; Gains compares.
	Model  Report   `json:"model"`
	Others []Report `json:"others"`
	Gains  []Gain   `json:"gains"`
}

// Making is what a model makes: wirings of given neurons, and whole circuits.
type Making struct {
	Conditional   Made `json:"conditional"`
	Unconditional Made `json:"unconditional"`
	// Others are baselines and null models that made circuits too.
	Others []Made `json:"others"`
	// Prior scores, as edges, the mean probabilities over draws of all codes from
	// their priors, and Baselines those of answers that see as little.
	Prior     Report   `json:"prior"`
	Baselines []Report `json:"baselines"`
	Gains     []Gain   `json:"gains"`
}

// Made judges one way to make circuits.
type Made struct {
	Generation Generation `json:"generation"`
	TwoSample  TwoSample  `json:"two_sample"`
	Novelty    Novelty    `json:"novelty"`
}

// Mutual is how well a planted excess of mutual pairs is made again.
type Mutual struct {
	// Circuits is their number at every strength, Spread the shrinkage of the
	// degrees behind the expected numbers, in log-odds.
	Circuits int     `json:"circuits"`
	Spread   float64 `json:"spread"`
	// Steps and IndependentSteps are of training of the model and of that without
	// the mutual term.
	Steps            int           `json:"steps"`
	IndependentSteps int           `json:"independent_steps"`
	Points           []MutualPoint `json:"points"`
}

// MutualPoint is one strength of planting. Ratios are of mutual pairs to those
// expected of independent pairs: see Degrees.CountMutual.
type MutualPoint struct {
	Planted float64 `json:"planted"`
	// True is the ratio at the circuits' own true probabilities, mean over circuits,
	// and Cap the greatest that it could be at these. Within is the share of circuits
	// whose cap is above the planted ratio.
	True   latent.Interval `json:"true"`
	Cap    latent.Interval `json:"cap"`
	Within float64         `json:"within"`
	// Feasible says whether circuits of this strength can be had. Of others, all
	// that follows is NaN.
	Feasible bool `json:"feasible"`
	// Real circuits, those that the model makes of the same neurons, and those of
	// a model without the mutual term.
	Real        latent.Interval `json:"real"`
	Generated   latent.Interval `json:"generated"`
	Independent latent.Interval `json:"independent"`
	// Error is Generated over Real, less 1; IndependentError the same without the
	// mutual term.
	Error            latent.Interval `json:"error"`
	IndependentError latent.Interval `json:"independent_error"`
}

// Ablation is a model with a part taken out, trained and judged like the whole.
type Ablation struct {
	Name string `json:"name"`
	// Bound is importance-weighted; Margin by how much the whole model's lies below.
	Bound    Bounds          `json:"bound"`
	Margin   latent.Interval `json:"margin"`
	KL       latent.Interval `json:"kl"`
	NeuronKL latent.Interval `json:"neuron_kl"`
	AUC      latent.Interval `json:"auc"`
	Active   int             `json:"active"`
	// Latent is the number of dimensions of the circuit's code.
	Latent int `json:"latent"`
}
