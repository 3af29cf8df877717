package latent

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// PLS holds supervised directions: those of the code that have most covariance with
// all measures at once, where PCA takes those of most variance whatever they say.
type PLS struct {
	Measures []string `json:"measures"`
	// Directions of the code, [components][dimensions], of length 1, the largest entry
	// positive; coordinates along them are uncorrelated over the fitted circuits.
	Directions [][]float64 `json:"directions"`
	// Slopes are [components][measures], in the measure's unit per unit of coordinate.
	Slopes [][]float64 `json:"slopes"`
	// Centre is the mean code, Mean and SD those of the measures, over the fitted
	// circuits.
	Centre []float64 `json:"centre"`
	Mean   []float64 `json:"mean"`
	SD     []float64 `json:"sd"`
	// Errors are the cross-validated mean squared errors with 0, 1, 2 … components, in
	// variances of each measure, mean over measures; nil when the number was given.
	Errors []float64 `json:"errors,omitempty"`
	// N circuits were used; Missing were left out, since they lack a measure.
	N       int `json:"n"`
	Missing int `json:"missing"`
}

// FitPLS fits partial least squares to codes, [circuits][dimensions], and several
// measures together, each scaled to sd 1. Components of 0 are chosen: the number of
// least error in cross-validation over groups, with config.Inner folds, none where
// none helps. Otherwise as many are fitted as were given, or fewer where no covariance
// is left. Only circuits that have every measure are used, so leave out a measure that
// many lack. A measure that does not vary is predicted by its mean. ErrUndefined when
// none varies or fewer than two groups are left.
//
// PLS2 of Wold 1975 in the form of Höskuldsson 1988, doi:10.1002/cem.1180020306 (its
// weights are singular vectors), computed by the kernel algorithm of Dayal &
// MacGregor 1997, doi:10.1002/(SICI)1099-128X(199701)11:1<73::AID-CEM435>3.0.CO;2-#.
// SIMPLS (de Jong 1993, doi:10.1016/0169-7439(93)85002-X) is the same for one measure
// and differs a little for several.
func FitPLS(x [][]float64, outcomes []Outcome, groups []string, components int, config ProbeConfig) (PLS, error) {
	t, err := newTables("PLS", x, outcomes, groups, config, 2)
	if err != nil {
		return PLS{}, err
	}
	if components < 0 || components > len(x[0]) {
		return PLS{}, fmt.Errorf("latent: PLS: %d components of codes of %d dimensions: give 1 to %d, or 0 to have the number chosen", components, len(x[0]), len(x[0]))
	}
	var cv []float64
	if components == 0 {
		cv = t.errors(merge(t.blocks, t.config.Inner), count(len(t.x)))
		components = floats.MinIdx(cv)
	}
	p := t.fit(count(len(t.x)), components)
	p.Errors, p.Missing = cv, len(x)-len(t.x)
	return p, nil
}

// Predict returns the measures that the first components predict for each row of x,
// [circuits][measures]; 0 components predict the mean, more than there are predict
// with all.
func (p PLS) Predict(x [][]float64, components int) ([][]float64, error) {
	predicted := make([][]float64, len(x))
	from := make([]float64, len(p.Centre))
	for i, row := range x {
		if len(row) != len(p.Centre) {
			return nil, fmt.Errorf("latent: PLS: row %d has %d columns, the fit has %d", i, len(row), len(p.Centre))
		}
		floats.SubTo(from, row, p.Centre)
		predicted[i] = append([]float64(nil), p.Mean...)
		for k := range min(max(0, components), len(p.Directions)) {
			floats.AddScaled(predicted[i], floats.Dot(from, p.Directions[k]), p.Slopes[k])
		}
	}
	return predicted, nil
}

// tables are codes and several measures of circuits that have all of these.
type tables struct {
	measures []string
	kept     []int // of the caller's rows
	x, y     [][]float64
	groups   []string
	blocks   [][]int
	config   ProbeConfig
}

func newTables(what string, x [][]float64, outcomes []Outcome, groups []string, config ProbeConfig, minGroups int) (tables, error) {
	if err := checkRows(what+": codes", x); err != nil {
		return tables{}, err
	}
	if err := config.Validate(); err != nil {
		return tables{}, err
	}
	if groups != nil && len(groups) != len(x) {
		return tables{}, fmt.Errorf("latent: %s: %d circuits, %d groups", what, len(x), len(groups))
	}
	table, kept, err := tableOf(what, len(x), outcomes)
	if err != nil {
		return tables{}, err
	}
	t := tables{kept: kept, x: pick(x, kept), y: pick(table, kept), groups: namesOf(groups, kept), config: config.withDefaults()}
	t.blocks = blocksOf(t.groups, len(kept))
	if len(t.blocks) < minGroups {
		return tables{}, fmt.Errorf("latent: %s: %w: %d of %d circuits have all measures, in %d regions, and %d are needed: leave out a measure that many lack", what, ErrUndefined, len(kept), len(x), len(t.blocks), minGroups)
	}
	varies := false
	for _, o := range outcomes {
		t.measures = append(t.measures, o.Measure)
		varies = varies || !flat(pick(o.Values, kept))
	}
	if !varies {
		return tables{}, fmt.Errorf("latent: %s: %w: no measure varies over %d circuits", what, ErrUndefined, len(kept))
	}
	return t, nil
}

// column returns one measure of all rows.
func (t tables) column(k int) []float64 {
	values := make([]float64, len(t.y))
	for i, row := range t.y {
		values[i] = row[k]
	}
	return values
}

// errors returns, for 0, 1, 2 … components, the squared error over folds that are
// held out of the given rows, in variances of each measure over all rows.
func (t tables) errors(folds [][]int, rows []int) []float64 {
	sums := make([]float64, len(t.x[0])+1)
	variance := make([]float64, len(t.measures))
	for k := range variance {
		variance[k] = stat.PopVariance(pick(t.column(k), rows), nil)
	}
	for _, test := range folds {
		p := t.fit(complement(rows, test), len(t.x[0]))
		for components := range sums {
			predicted, _ := p.Predict(pick(t.x, test), components) // rows are of one length
			for i, row := range predicted {
				for k, v := range row {
					if off := v - t.y[test[i]][k]; variance[k] > 0 {
						sums[components] += off * off / variance[k]
					}
				}
			}
		}
	}
	floats.Scale(1/float64(len(rows)*len(variance)), sums)
	return sums
}

// complement returns the rows that are not in the sorted fold.
func complement(rows, fold []int) []int {
	return rowsOf(without(singles(rows), fold))
}

func singles(rows []int) [][]int {
	blocks := make([][]int, len(rows))
	for k, i := range rows {
		blocks[k] = []int{i}
	}
	return blocks
}

// fit takes so many components from the given rows, or as many as there are.
func (t tables) fit(rows []int, components int) PLS {
	x, y := dense(t.x, rows), dense(t.y, rows)
	p := PLS{Measures: t.measures, Centre: centre(x), Mean: centre(y), N: len(rows)}
	scale, unit := scales(x, t.config.PerColumn), make([]float64, len(t.measures))
	divideColumns(x, scale)
	for k := range t.measures {
		if unit[k] = 1; !flat(pick(t.column(k), rows)) {
			unit[k] = floats.Norm(mat.Col(nil, k, y), 2) / math.Sqrt(float64(len(rows)))
		}
		p.SD = append(p.SD, stat.StdDev(pick(t.column(k), rows), nil))
	}
	divideColumns(y, unit)
	var k kernel
	k.inputs.SymOuterK(1, x.T())
	k.across.Mul(x.T(), y)
	k.take(components)
	for c, r := range k.rotations {
		floats.Div(r, scale)
		length := sense(r) * floats.Norm(r, 2)
		p.Directions = append(p.Directions, floats.ScaleTo(make([]float64, len(r)), 1/length, r))
		slope := floats.MulTo(make([]float64, len(unit)), k.slopes[c], unit)
		floats.Scale(length, slope)
		p.Slopes = append(p.Slopes, slope)
	}
	return p
}

// kernel is the state of the kernel algorithm: all it needs to know of the tables are
// their products.
type kernel struct {
	inputs    mat.SymDense // XᵀX
	across    mat.Dense    // XᵀY, less what is explained
	rotations [][]float64  // r: coordinates are X·r
	loadings  [][]float64  // p: of the inputs on the coordinates
	slopes    [][]float64  // q: of the measures on the coordinates
}

// take takes components until there are so many or no covariance is left.
func (k *kernel) take(components int) {
	first, all := mat.Norm(&k.across, 2), mat.Trace(&k.inputs)
	for range components {
		var svd mat.SVD
		if mat.Norm(&k.across, 2) <= 1e-10*first || !svd.Factorize(&k.across, mat.SVDThin) {
			return
		}
		var u mat.Dense
		svd.UTo(&u)
		r := mat.Col(nil, 0, &u)
		weight := append([]float64(nil), r...)
		for c, p := range k.loadings {
			floats.AddScaled(r, -floats.Dot(p, weight), k.rotations[c])
		}
		var p, q mat.VecDense
		p.MulVec(&k.inputs, mat.NewVecDense(len(r), r))
		power := floats.Dot(r, p.RawVector().Data)
		if power <= 1e-12*all {
			return
		}
		q.MulVec(k.across.T(), mat.NewVecDense(len(r), r))
		k.across.RankOne(&k.across, -1/power, &p, &q)
		p.ScaleVec(1/power, &p)
		q.ScaleVec(1/power, &q)
		k.rotations = append(k.rotations, r)
		k.loadings, k.slopes = append(k.loadings, p.RawVector().Data), append(k.slopes, q.RawVector().Data)
	}
}
