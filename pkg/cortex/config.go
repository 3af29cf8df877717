package cortex

import (
	"cmp"
	"errors"
	"fmt"
	"math"
)

// Config describes a sheet. The zero value of a field means its default.
type Config struct {
	// Neurons of the sheet. Default 60,000.
	Neurons int `json:"neurons,omitempty"`
	// PerArea is how many neurons lie under a µm² of the sheet. Default .0335,
	// so that a column of 90 has a radius of 29 µm (ours; that of the Blue Brain
	// rat column).
	PerArea float64 `json:"per_um2,omitempty"`
	// Reach is the largest distance across the sheet, in µm, of somata that may
	// be connected. Default 70, beyond the diameter of a column of 100.
	Reach float64 `json:"reach_um,omitempty"`
	// Correlation is the length, in µm, over which factors vary: their
	// correlation falls as exp(−d²/2ℓ²). Default 37, which leaves room for 200
	// areas of 2πℓ² on the default sheet.
	Correlation float64 `json:"correlation_um,omitempty"`
}

func (c Config) withDefaults() Config {
	c.Neurons = cmp.Or(c.Neurons, 60_000)
	c.PerArea = cmp.Or(c.PerArea, .0335)
	c.Reach = cmp.Or(c.Reach, 70)
	c.Correlation = cmp.Or(c.Correlation, 37)
	return c
}

// side is the length of the square sheet's side in µm.
func (c Config) side() float64 { return math.Sqrt(float64(c.Neurons) / c.PerArea) }

// Validate returns every fault.
func (c Config) Validate() error {
	c = c.withDefaults()
	var faults []error
	if c.Neurons < 100 || c.Neurons > 200_000 {
		faults = append(faults, fmt.Errorf("cortex: config: %d neurons: use 100 to 200,000", c.Neurons))
	}
	for _, field := range []struct {
		name            string
		value, min, max float64
	}{
		{"neurons per µm²", c.PerArea, 1e-4, 1},
		{"reach in µm", c.Reach, 1, 500},
		{"correlation length in µm", c.Correlation, 1, 1e5},
	} {
		if !(field.value >= field.min && field.value <= field.max) {
			faults = append(faults, fmt.Errorf("cortex: config: %s is %g: use %g to %g", field.name, field.value, field.min, field.max))
		}
	}
	return errors.Join(faults...)
}

// Factor is one entry of the blueprint.
type Factor struct {
	Name string
	// Min and Max bound its values; over the sheet they are spread evenly.
	Min, Max   float64
	Unit       string
	Definition string
}

// Names of the factors.
const (
	Density       = "density"
	Reciprocity   = "reciprocity"
	Heterogeneity = "heterogeneity"
)

// Factors returns the blueprint.
func Factors() []Factor { return append([]Factor(nil), factors[:]...) }

// The ranges are ours: wide enough for a column of a hundred neurons to show
// its factor through sampling noise, within what is reported for cortex. No odds
// ratio can make more mutual pairs than Σmin(p,q) allows, which at the highest
// density and spread is little more than twice chance: hence the bound of 2.
var factors = [3]Factor{
	{Density, .04, .14, "1", "expected share of ordered pairs of a column that are edges"},
	{Reciprocity, 1, 2, "1", "expected number of mutual pairs of a column over that of independent directions, ΣP11/Σp·q"},
	{Heterogeneity, .1, 1.2, "log-odds", "sd of the sender effects s; that of the receiver effects r is half of it"},
}

// receiverShare is the sd of receiver effects in units of that of sender
// effects (ours).
const receiverShare = .5
