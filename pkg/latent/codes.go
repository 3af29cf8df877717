package latent

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// ActiveKL is the information, in nats, that a unit must carry on average to be
// called active (ours; of the order that Burda et al. 2016 use).
const ActiveKL = .05

// Codes are the posteriors q(z|circuit) = N(Mean, exp(LogVar)) of several
// circuits, under the prior N(0, I).
type Codes struct {
	// Mean and LogVar are [circuits][dimensions].
	Mean   [][]float64 `json:"mean"`
	LogVar [][]float64 `json:"log_var"`
	// Region is the group of each circuit: circuits of different regions share
	// no neuron. Nil where that is not known.
	Region []string `json:"region,omitempty"`
}

// Len returns the number of circuits.
func (c Codes) Len() int { return len(c.Mean) }

// Dim returns the number of dimensions, 0 without circuits.
func (c Codes) Dim() int {
	if len(c.Mean) == 0 {
		return 0
	}
	return len(c.Mean[0])
}

// Validate reports every fault: no circuits, shapes that differ, numbers that
// are not finite.
func (c Codes) Validate() error {
	faults := []error{checkRows("means", c.Mean), checkRows("log-variances", c.LogVar)}
	if len(c.LogVar) != len(c.Mean) || len(c.LogVar) > 0 && len(c.LogVar[0]) != c.Dim() {
		faults = append(faults, fmt.Errorf("latent: codes: means and log-variances differ in shape"))
	}
	if c.Region != nil && len(c.Region) != c.Len() {
		faults = append(faults, fmt.Errorf("latent: codes: %d regions for %d circuits", len(c.Region), c.Len()))
	}
	return errors.Join(faults...)
}

// KLPerUnit returns, for each dimension, the Kullback–Leibler divergence of the
// posterior from the prior, ½(μ² + σ² − ln σ² − 1), in nats, averaged over
// circuits (Kingma & Welling 2014, arXiv:1312.6114, appendix B).
func (c Codes) KLPerUnit() ([]float64, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	kl := make([]float64, c.Dim())
	for i, mean := range c.Mean {
		for j, mu := range mean {
			logVar := c.LogVar[i][j]
			kl[j] += (mu*mu + math.Exp(logVar) - logVar - 1) / 2
		}
	}
	for j := range kl {
		kl[j] /= float64(c.Len())
	}
	return kl, nil
}

// Unit is what is known of one dimension of the code.
type Unit struct {
	// Index of the dimension.
	Index int `json:"index"`
	// KL is the mean divergence from the prior, in nats.
	KL float64 `json:"kl"`
	// Cost is how much the score falls when this dimension is shuffled over
	// circuits, in the score's unit; NaN where the unit was not shuffled.
	Cost float64 `json:"cost"`
	// Active is true when KL is above ActiveKL and shuffling costs something.
	Active bool `json:"active"`
}

// Units tells the active dimensions from the collapsed ones. A divergence alone
// can be had without being of use to the decoder, so a unit above ActiveKL is
// also shuffled over circuits: score gets the codes, [circuits][dimensions] in
// the order of Mean, with that column permuted, and returns the mean
// log-likelihood of the circuits given them, say in nats per circuit. It is
// called once with the codes as they are and once per unit above ActiveKL.
func (c Codes) Units(score func(z [][]float64) (float64, error), rng *rand.Rand) ([]Unit, error) {
	kl, err := c.KLPerUnit()
	if err != nil {
		return nil, err
	}
	intact, err := score(c.Mean)
	if err != nil {
		return nil, fmt.Errorf("latent: units: score: %w", err)
	}
	units := make([]Unit, len(kl))
	for j := range units {
		units[j] = Unit{Index: j, KL: kl[j], Cost: math.NaN()}
		if kl[j] <= ActiveKL {
			continue
		}
		shuffled, err := score(shuffleColumn(c.Mean, j, rng))
		if err != nil {
			return nil, fmt.Errorf("latent: units: score with unit %d shuffled: %w", j, err)
		}
		units[j].Cost = intact - shuffled
		units[j].Active = units[j].Cost > 0
	}
	return units, nil
}

func shuffleColumn(x [][]float64, column int, rng *rand.Rand) [][]float64 {
	shuffled := make([][]float64, len(x))
	for i, from := range rng.Perm(len(x)) {
		shuffled[i] = slices.Clone(x[i])
		shuffled[i][column] = x[from][column]
	}
	return shuffled
}
