package latent

import (
	"cmp"
	"errors"
	"fmt"
	"math"
)

// ProbeConfig says how a probe is fitted and judged. The zero value is usable.
type ProbeConfig struct {
	// Folds is the number of outer folds, made of whole groups; 0 means 5. With
	// fewer groups than that, each group is a fold.
	Folds int `json:"folds,omitempty"`
	// Inner is the number of folds that choose the penalty; 0 means 5.
	Inner int `json:"inner,omitempty"`
	// Penalties to choose from: the factor of |weights|² beside the MEAN squared
	// error, inputs scaled (scikit-learn's alpha divided by the number of rows).
	// Nil means 25 values from 10⁻⁵ to 10³, evenly on a log scale.
	Penalties []float64 `json:"penalties,omitempty"`
	// PerColumn scales every input column to sd 1. For inputs of different
	// units, such as a table of measures; codes need it not (see the package
	// comment).
	PerColumn bool `json:"per_column,omitempty"`
	// Permutations behind the p-value; 0 means 1,000, negative none.
	Permutations int `json:"permutations,omitempty"`
	// Draws behind the interval; 0 means 2,000.
	Draws int `json:"draws,omitempty"`
}

// Validate returns every fault.
func (c ProbeConfig) Validate() error {
	var faults []error
	if c.Folds < 0 || c.Folds == 1 || c.Inner < 0 || c.Inner == 1 {
		faults = append(faults, fmt.Errorf("latent: probe: %d outer and %d inner folds: give 2 or more, or 0 for 5", c.Folds, c.Inner))
	}
	for _, p := range c.Penalties {
		if !(p > 0) || math.IsInf(p, 0) {
			faults = append(faults, fmt.Errorf("latent: probe: penalty %g: give positive numbers", p))
		}
	}
	if c.Draws < 0 {
		faults = append(faults, fmt.Errorf("latent: probe: %d bootstrap draws", c.Draws))
	}
	return errors.Join(faults...)
}

func (c ProbeConfig) withDefaults() ProbeConfig {
	c.Folds = cmp.Or(c.Folds, 5)
	c.Inner = cmp.Or(c.Inner, 5)
	c.Permutations = max(0, cmp.Or(c.Permutations, 1000))
	c.Draws = cmp.Or(c.Draws, bootstrapDraws)
	if c.Penalties == nil {
		c.Penalties = make([]float64, 25)
		for k := range c.Penalties {
			c.Penalties[k] = math.Pow(10, -5+float64(k)/3)
		}
	}
	return c
}
