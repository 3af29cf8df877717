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
	// be connected. Default: 2.4 times the radius of a column of 90, beyond the
	// diameter of a column of 100; 70 at the default PerArea. Larger columns need
	// more.
	Reach float64 `json:"reach_um,omitempty"`
	// Correlation is the length, in µm, over which factors vary: their
	// correlation falls as exp(−d²/2ℓ²). Default 37, which leaves room for 200
	// areas of 2πℓ² on the default sheet.
	Correlation float64 `json:"correlation_um,omitempty"`
	// Fixed gives factors the same value everywhere, by name. The others vary as
	// they would without it.
	Fixed Blueprint `json:"fixed,omitempty"`
}

// perArea is the default of Config.PerArea.
const perArea = .0335

func (c Config) withDefaults() Config {
	c.Neurons = cmp.Or(c.Neurons, 60_000)
	c.PerArea = cmp.Or(c.PerArea, perArea)
	c.Reach = cmp.Or(c.Reach, math.Round(2.4*radius(typicalNeurons, c.PerArea)))
	c.Correlation = cmp.Or(c.Correlation, 37)
	return c
}

// side is the length of the square sheet's side in µm.
func (c Config) side() float64 { return math.Sqrt(float64(c.Neurons) / c.PerArea) }

// radius of a column of n neurons, in µm.
func radius(n int, perArea float64) float64 { return math.Sqrt(float64(n) / (math.Pi * perArea)) }

// Validate returns every fault.
func (c Config) Validate() error {
	c = c.withDefaults()
	var faults []error
	if c.Neurons < 100 || c.Neurons > 1_000_000 {
		faults = append(faults, fmt.Errorf("cortex: config: %d neurons: use 100 to 1,000,000", c.Neurons))
	}
	for _, field := range []struct {
		name            string
		value, min, max float64
	}{
		{"neurons per µm²", c.PerArea, 1e-4, 1},
		{"reach in µm", c.Reach, 1, 2000},
		{"correlation length in µm", c.Correlation, 10, 1e5},
	} {
		if !(field.value >= field.min && field.value <= field.max) {
			faults = append(faults, fmt.Errorf("cortex: config: %s is %g: use %g to %g", field.name, field.value, field.min, field.max))
		}
	}
	return errors.Join(append(faults, c.Fixed.Validate())...)
}
