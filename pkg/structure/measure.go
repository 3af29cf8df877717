package structure

import (
	"fmt"
	"math"
	"slices"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/internal/spelling"
)

// Measure is an entry of the registry.
type Measure struct {
	// Name is that of tables and of figures/results.json.
	Name string
	// Unit is "1" for pure numbers.
	Unit string
	// Min and Max bound the defined values.
	Min, Max float64
	// Definition says in one line what is computed, Source where it is from; "ours"
	// where no paper is.
	Definition, Source string
	// Cost is the order of the running time in n neurons and m edges.
	Cost string
	// Unobserved says what becomes of rows that were not observed.
	Unobserved Unobserved

	of func(v *view) float64
}

// Unobserved is what a measure does about rows that were not observed.
type Unobserved string

const (
	// KnownRows: every entry of an observed row counts, also those towards
	// neurons whose own row is unknown.
	KnownRows Unobserved = "known rows"
	// KnownPairs: only neurons with observed rows count, and what is between them.
	KnownPairs Unobserved = "known pairs"
	// AllRows: the measure is NaN where any row is unknown.
	AllRows Unobserved = "all rows"
	// Neurons: the measure does not ask for rows.
	Neurons Unobserved = "neurons"
)

// ofCircuit makes an entry of a function that needs nothing shared.
func ofCircuit(f func(*circuit.Circuit) float64) func(*view) float64 {
	return func(v *view) float64 { return f(v.c) }
}

// Of returns the measure of a circuit, NaN where it is not defined.
func (m Measure) Of(c *circuit.Circuit) float64 { return measured(c, m.of) }

// Spread returns how far apart values of one circuit may lie when its neurons are
// put in another order, 0 where only the last bits of a sum can differ.
func (m Measure) Spread() float64 { return spreads[m.Name] }

var spreads = map[string]float64{
	// Neurons that look alike and are not are visited in the order of their
	// numbers (see Communities); other circuits have the same value exactly.
	"modularity": .02,
	// Another order is another route to eigenvalues. One that occurs k times with
	// fewer than k eigenvectors is found to the 1/k-th power of rounding only.
	"spectral_radius": 1e-5, "spectral_gap": 1e-3, "signed_spectral_radius": 1e-3,
}

// Measures returns the registry, in the order of tables.
func Measures() []Measure { return append([]Measure(nil), registry...) }

var inf = math.Inf(1)

// registry is made of one table a family; each stands in its family's file.
var registry = slices.Concat(sizeMeasures, degreeMeasures, pairMeasures, triadMeasures, triangleMeasures, cliqueMeasures, pathMeasures, mesoscaleMeasures, flowMeasures, spectrumMeasures, spaceMeasures)

// Find returns the measure of that name. The error for an unknown one names the
// nearest.
func Find(name string) (Measure, error) {
	for _, m := range registry {
		if m.Name == name {
			return m, nil
		}
	}
	return Measure{}, fmt.Errorf("structure: there is no measure %q: did you mean %q?", name, spelling.Nearest(name, namesOf(registry)))
}
