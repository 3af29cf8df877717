package cortex

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// Factor is one entry of the blueprint.
type Factor struct {
	Name string `json:"name"`
	// Min and Max bound its values; over the sheet they are spread evenly.
	Min        float64 `json:"min"`
	Max        float64 `json:"max"`
	Unit       string  `json:"unit"`
	Definition string  `json:"definition"`
}

// Names of the factors.
const (
	Density       = "density"
	EShare        = "e_share"
	Decay         = "decay"
	Heterogeneity = "heterogeneity"
	Reciprocity   = "reciprocity"
	Forwardness   = "forwardness"
	Modularity    = "modularity"
	Tilt          = "tilt"
)

// Places of the factors in a [factorCount]float64.
const (
	density = iota
	eShare
	decay
	heterogeneity
	reciprocity
	forwardness
	modularity
	tilt
	factorCount
)

// values are all factors of one place.
type values [factorCount]float64

// factors, whose ranges are ours: wide enough for a column of a hundred neurons
// to show its factor through sampling noise, within what is reported for cortex.
// E share has the published value in its middle; of decay, see [lengthening].
//
// No odds ratio can make more mutual pairs than Σmin(p, q) allows, as
// P11 ≤ min(p, q). That is least where edges are many and concentrated: see
// [nearestCap].
//
// A community term of less than about 2:1 cannot be seen in a column of a hundred
// neurons, hence the lower bound of modularity.
var factors = [factorCount]Factor{
	{Density, .03, .10, "1", "expected share of ordered pairs of a column that are edges"},
	{EShare, .80, .98, "1", "probability that a neuron is excitatory; it shows in classes, not in wiring"},
	{Decay, 58, 96, "µm", "length λ over which a neuron's odds of an edge fall by e, across the sheet and in depth alike"},
	{Heterogeneity, .1, 1.1, "log-odds", "sd of the sender effects s; that of the receiver effects r is half of it"},
	{Reciprocity, 1, 1.9, "1", "expected number of mutual pairs of a column over that of independent directions, ΣP11/Σp·q; no more than the cap that P11 ≤ min(p, q) sets"},
	{Forwardness, 0, 1, "log-odds", "log-odds of an edge to a deeper neuron over the same edge turned round"},
	{Modularity, 2, 5, "1", "odds of an edge within a community over those of one between communities"},
	{Tilt, -1, 1, "log-odds", "log-odds of an edge between neurons at the bottom of their layers over one in the middle"},
}

// Factors returns the blueprint: every factor with its range.
func Factors() []Factor { return append([]Factor(nil), factors[:]...) }

// Blueprint gives factors by name, in the units of [Factors]. What it does not
// name varies. That of a circuit's Origin().Factors is one.
type Blueprint map[string]float64

// Validate returns every fault: an unknown factor, a value out of range.
func (b Blueprint) Validate() error {
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(b)) {
		k := slices.IndexFunc(factors[:], func(f Factor) bool { return f.Name == name })
		if k < 0 {
			faults = append(faults, fmt.Errorf("cortex: blueprint: there is no factor %q: use some of %s", name, strings.Join(factorNames(), ", ")))
			continue
		}
		if f, v := factors[k], b[name]; !(v >= f.Min && v <= f.Max) {
			faults = append(faults, fmt.Errorf("cortex: blueprint: factor %s is %g: use %g to %g (unit %s)", name, v, f.Min, f.Max, f.Unit))
		}
	}
	return errors.Join(faults...)
}

// fix puts the named values in place.
func (b Blueprint) fix(v *values) {
	for k, f := range factors {
		if fixed, ok := b[f.Name]; ok {
			v[k] = fixed
		}
	}
}

// blueprint names the values.
func (v values) blueprint() Blueprint {
	b := make(Blueprint, factorCount)
	for k, f := range factors {
		b[f.Name] = v[k]
	}
	return b
}

func factorNames() []string {
	names := make([]string, factorCount)
	for k, f := range factors {
		names[k] = f.Name
	}
	return names
}

// valueAt is the value of factor k a share u of the way through its range.
func valueAt(k int, u float64) float64 { return factors[k].Min + (factors[k].Max-factors[k].Min)*u }

// middle is the middle of all ranges.
func middle() values {
	var v values
	for k := range v {
		v[k] = valueAt(k, .5)
	}
	return v
}

// receiverShare is the sd of receiver effects in units of that of sender
// effects (ours).
const receiverShare = .5

// effectSD is the sd of s+r, in units of that of s.
var effectSD = math.Sqrt(1 + receiverShare*receiverShare)
