package latent

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/cortigen/cortigen/pkg/seed"
)

// DCI says how far single dimensions of a code stand for single factors: Eastwood
// & Williams 2018, A framework for the quantitative evaluation of disentangled
// representations, ICLR.
type DCI struct {
	// Disentanglement is 1 when each dimension matters for one factor only, 0 when
	// each matters for all alike: the mean of PerDimension, weighted by how much each
	// matters. NaN for one factor.
	Disentanglement float64 `json:"disentanglement"`
	// Completeness is 1 when each factor hangs on one dimension only, 0 when each
	// hangs on all alike: the mean of PerFactor. NaN for one dimension.
	Completeness float64 `json:"completeness"`
	// Informativeness is the mean of R2, how well the factors are predicted from the
	// code at all; NaN where no R2 was given.
	Informativeness float64 `json:"informativeness"`
	// PerDimension is NaN for a dimension that matters for nothing, PerFactor for a
	// factor that nothing matters for; these are left out of the means.
	PerDimension []float64 `json:"per_dimension"`
	PerFactor    []float64 `json:"per_factor"`
	// R2 of each factor on held-out circuits, as given; NaN ones are left out.
	R2 []float64 `json:"r2,omitempty"`
	// Factors is the number of factors in Completeness.
	Factors int `json:"factors"`
}

// DCI returns disentanglement and completeness of importances, with the R² of each
// name on held-out circuits for informativeness; r2 may be nil. Both are 1 minus an
// entropy of shares, in units of the entropy of equal shares. They depend on the
// axes of the code, for which a N(0, I) prior does not care: see [DCIOf] for the
// comparison with rotated codes, without which they should not be shown.
func (m Importances) DCI(r2 []float64) (DCI, error) {
	if err := m.Validate(); err != nil {
		return DCI{}, err
	}
	if r2 != nil && len(r2) != len(m.Names) {
		return DCI{}, fmt.Errorf("latent: DCI: %d R² for %d factors", len(r2), len(m.Names))
	}
	d := DCI{R2: slices.Clone(r2)}
	var weights []float64
	for _, row := range m.Values {
		d.PerDimension = append(d.PerDimension, concentration(row))
		weights = append(weights, floats.Sum(row))
	}
	column := make([]float64, len(m.Values))
	for k := range m.Names {
		for i, row := range m.Values {
			column[i] = row[k]
		}
		d.PerFactor = append(d.PerFactor, concentration(column))
	}
	d.Disentanglement, _ = definedMean(d.PerDimension, weights)
	d.Completeness, d.Factors = definedMean(d.PerFactor, nil)
	d.Informativeness, _ = definedMean(d.R2, nil)
	return d, nil
}

// concentration returns 1 − H/ln n of the shares of n values in their sum; NaN when
// that is zero or n is one.
func concentration(values []float64) float64 {
	sum := floats.Sum(values)
	if sum == 0 || len(values) < 2 {
		return math.NaN()
	}
	shares := floats.ScaleTo(make([]float64, len(values)), 1/sum, values)
	return 1 - stat.Entropy(shares)/math.Log(float64(len(values)))
}

// definedMean returns the weighted mean of the values that are numbers, and how many
// those are; NaN of none. Nil weights are equal.
func definedMean(values, weights []float64) (mean float64, n int) {
	sum, total := 0., 0.
	for i, v := range values {
		if math.IsNaN(v) {
			continue
		}
		w := 1.
		if weights != nil {
			w = weights[i]
		}
		sum, total, n = sum+w*v, total+w, n+1
	}
	return sum / total, n
}

// RotatedDCI is the DCI of a code beside that of the same code and the same probes in
// randomly turned axes.
type RotatedDCI struct {
	DCI
	Rotations int `json:"rotations"`
	// Mean and 95th percentile over rotations.
	DisentanglementMean float64 `json:"disentanglement_mean"`
	Disentanglement95   float64 `json:"disentanglement_95"`
	CompletenessMean    float64 `json:"completeness_mean"`
	Completeness95      float64 `json:"completeness_95"`
	// P is the share of rotations that do at least as well, the code itself counted in.
	DisentanglementP float64 `json:"disentanglement_p"`
	CompletenessP    float64 `json:"completeness_p"`
}

// DCIOf returns the DCI of linear probes of factors by [WeightImportances], beside
// that of the same probes in codes that are turned by random rotations, drawn evenly
// from all (the Haar measure): a code that is no nearer to the factors than a random
// turn of itself is not disentangled, whatever its number. Rotations turn the given
// units among themselves; nil turns all. A code of which most units have collapsed is
// told from its turns by that alone, so give the active ones to ask about the rest.
// Informativeness does not change with a turn. R2 may be nil; 0 rotations are 1,000.
func DCIOf(ctx context.Context, probes []Probe, codes [][]float64, r2 []float64, units []int, rotations int, s seed.Seed) (RotatedDCI, error) {
	weights, covariance, err := probesIn(probes, codes)
	if err != nil {
		return RotatedDCI{}, err
	}
	names := namesOfProbes(probes)
	own, err := Importances{names, importances(weights, covariance)}.DCI(r2)
	if err != nil {
		return RotatedDCI{}, err
	}
	if units, err = checkUnits(units, len(codes[0])); err != nil {
		return RotatedDCI{}, err
	}
	if rotations <= 0 {
		rotations = 1000
	}
	disentangled, complete := make([]float64, rotations), make([]float64, rotations)
	for k := range rotations {
		if err := ctx.Err(); err != nil {
			return RotatedDCI{}, fmt.Errorf("latent: DCI: %w", err)
		}
		turn := embedded(rotation(len(units), s.Stream("latent.rotation", k)), units, len(codes[0]))
		var turnedWeights, half, turnedCovariance mat.Dense
		turnedWeights.Mul(turn, weights)
		half.Mul(turn, covariance)
		turnedCovariance.Mul(&half, turn.T())
		turned, err := Importances{names, importances(&turnedWeights, &turnedCovariance)}.DCI(nil)
		if err != nil {
			return RotatedDCI{}, err
		}
		disentangled[k], complete[k] = turned.Disentanglement, turned.Completeness
	}
	r := RotatedDCI{DCI: own, Rotations: rotations}
	r.DisentanglementMean, r.Disentanglement95, r.DisentanglementP = upperTail(own.Disentanglement, disentangled)
	r.CompletenessMean, r.Completeness95, r.CompletenessP = upperTail(own.Completeness, complete)
	return r, nil
}

// upperTail returns the mean and the 95th percentile of draws, and the share that
// reach a value, that value counted in; all NaN where the value is.
func upperTail(value float64, draws []float64) (mean, top, p float64) {
	if math.IsNaN(value) {
		return value, value, value
	}
	atLeast := 1
	for _, v := range draws {
		if v >= value-1e-12 { // a turn that changes nothing but the last bits is as good
			atLeast++
		}
	}
	draws = slices.Sorted(slices.Values(draws))
	return stat.Mean(draws, nil), quantile(draws, .95), float64(atLeast) / float64(len(draws)+1)
}

// checkUnits returns all units for nil, and an error for one that is not there or
// named twice.
func checkUnits(units []int, dim int) ([]int, error) {
	if units == nil {
		return count(dim), nil
	}
	if len(units) == 0 {
		return nil, fmt.Errorf("latent: DCI: no units to rotate: give nil for all")
	}
	seen := make([]bool, dim)
	for _, u := range units {
		if u < 0 || u >= dim || seen[u] {
			return nil, fmt.Errorf("latent: DCI: unit %d is named twice or is not among the %d", u, dim)
		}
		seen[u] = true
	}
	return units, nil
}

// rotation draws an orthogonal matrix evenly from all: the Q of a Gaussian matrix,
// its columns turned so that R has a positive diagonal. Mezzadri 2007,
// arXiv:math-ph/0609050.
func rotation(dim int, rng *rand.Rand) *mat.Dense {
	g := mat.NewDense(dim, dim, nil)
	for i := range dim {
		for j := range dim {
			g.Set(i, j, rng.NormFloat64())
		}
	}
	var qr mat.QR
	qr.Factorize(g)
	var q, r mat.Dense
	qr.QTo(&q)
	qr.RTo(&r)
	for j := range dim {
		if r.At(j, j) < 0 {
			for i := range dim {
				q.Set(i, j, -q.At(i, j))
			}
		}
	}
	return &q
}

// embedded returns the identity of so many dimensions with a matrix in the rows and
// columns of the given units.
func embedded(q *mat.Dense, units []int, dim int) *mat.Dense {
	m := mat.NewDense(dim, dim, nil)
	for d := range dim {
		m.Set(d, d, 1)
	}
	for i, u := range units {
		for j, v := range units {
			m.Set(u, v, q.At(i, j))
		}
	}
	return m
}
