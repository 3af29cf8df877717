package latent

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// Importances say how much each dimension of the code matters for each of several
// measures or factors.
type Importances struct {
	// Names of the measures or factors.
	Names []string `json:"names"`
	// Values are [dimensions][names], 0 or more, in sd of the measure or factor. A
	// column of zeros is a measure that no dimension matters for.
	Values [][]float64 `json:"values"`
}

// Validate returns every fault: no dimensions, rows of another length than Names,
// values that are negative or not finite.
func (m Importances) Validate() error {
	if len(m.Values) == 0 || len(m.Names) == 0 {
		return fmt.Errorf("latent: importances: %d dimensions, %d names: give one or more of each", len(m.Values), len(m.Names))
	}
	var faults []error
	for d, row := range m.Values {
		if len(row) != len(m.Names) {
			faults = append(faults, fmt.Errorf("latent: importances: dimension %d has %d values for %d names", d, len(row), len(m.Names)))
			continue
		}
		for k, v := range row {
			if !(v >= 0) || math.IsInf(v, 0) {
				faults = append(faults, fmt.Errorf("latent: importances: dimension %d, %s is %g: give 0 or more", d, m.Names[k], v))
			}
		}
	}
	return errors.Join(faults...)
}

// WeightImportances are those of linear probes: the size of each weight times the
// sd of its dimension over the codes, [circuits][dimensions], over the sd of the
// measure. A probe without weights, of a measure that was not defined, has zeros.
func WeightImportances(probes []Probe, codes [][]float64) (Importances, error) {
	weights, covariance, err := probesIn(probes, codes)
	if err != nil {
		return Importances{}, err
	}
	return Importances{Names: namesOfProbes(probes), Values: importances(weights, covariance)}, nil
}

// AttributionImportances are mean sizes of SHAP values, each over the sd of its
// measure.
func AttributionImportances(attributions []Attribution, sd []float64) (Importances, error) {
	if len(attributions) == 0 || len(sd) != len(attributions) {
		return Importances{}, fmt.Errorf("latent: importances: %d attributions, %d sd: give one of each for every measure", len(attributions), len(sd))
	}
	m := Importances{Values: make([][]float64, len(attributions[0].Importance))}
	for k, a := range attributions {
		if len(a.Importance) != len(m.Values) {
			return Importances{}, fmt.Errorf("latent: importances: %s has %d dimensions, %s has %d", a.Measure, len(a.Importance), attributions[0].Measure, len(m.Values))
		}
		m.Names = append(m.Names, a.Measure)
		for d, v := range a.Importance {
			m.Values[d] = append(m.Values[d], v/sd[k])
		}
	}
	return m, m.Validate()
}

// probesIn returns the weights of probes in sd of their measures, [dimensions,
// probes], and the covariance of the codes.
func probesIn(probes []Probe, codes [][]float64) (weights *mat.Dense, covariance *mat.SymDense, err error) {
	if err := checkRows("importances: codes", codes); err != nil {
		return nil, nil, err
	}
	if len(codes) < 2 || len(probes) == 0 {
		return nil, nil, fmt.Errorf("latent: importances: %d circuits, %d probes: give two circuits and one probe or more", len(codes), len(probes))
	}
	weights = mat.NewDense(len(codes[0]), len(probes), nil)
	for k, p := range probes {
		if len(p.Weights) == 0 {
			continue
		}
		if len(p.Weights) != len(codes[0]) || !(p.SD > 0) {
			return nil, nil, fmt.Errorf("latent: importances: the probe of %s has %d weights and sd %g, the codes have %d dimensions", p.Measure, len(p.Weights), p.SD, len(codes[0]))
		}
		for d, w := range p.Weights {
			weights.Set(d, k, w/p.SD)
		}
	}
	covariance = new(mat.SymDense)
	stat.CovarianceMatrix(covariance, dense(codes, count(len(codes))), nil)
	return weights, covariance, nil
}

func namesOfProbes(probes []Probe) []string {
	names := make([]string, len(probes))
	for k, p := range probes {
		names[k] = p.Measure
	}
	return names
}

// importances returns |weight| × sd of the dimension, [dimensions][names].
func importances(weights mat.Matrix, covariance mat.Matrix) [][]float64 {
	dims, names := weights.Dims()
	values := make([][]float64, dims)
	for d := range values {
		values[d] = make([]float64, names)
		sd := math.Sqrt(max(0, covariance.At(d, d)))
		for k := range values[d] {
			values[d][k] = sd * math.Abs(weights.At(d, k))
		}
	}
	return values
}
