package latent

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/cortigen/cortigen/pkg/seed"
)

// PrincipalAngles returns the angles between the spans of two sets of vectors,
// [vectors][dimensions], in degrees, smallest first; as many as the smaller span has
// dimensions. 0 is a line that both share, 90 one of the smaller span that is
// perpendicular to all of the other. Vectors that depend on each other, to 10⁻⁹ of
// the largest, add no dimension; a set without any is an error.
//
// Björck & Golub 1973, doi:10.1090/S0025-5718-1973-0348991-3: cosines from the
// singular values of QₐᵀQ_b, sines for angles below 45°, where cosines cannot tell.
func PrincipalAngles(a, b [][]float64) ([]float64, error) {
	qa, err := spanOf("first span", a)
	if err != nil {
		return nil, err
	}
	qb, err := spanOf("second span", b)
	if err != nil {
		return nil, err
	}
	if len(a[0]) != len(b[0]) {
		return nil, fmt.Errorf("latent: principal angles: vectors of %d and of %d dimensions", len(a[0]), len(b[0]))
	}
	return angles(qa, qb)
}

// spanOf returns an orthonormal basis of vectors, [dimensions, rank].
func spanOf(what string, vectors [][]float64) (*mat.Dense, error) {
	what = "principal angles: " + what
	if err := checkRows(what, vectors); err != nil {
		return nil, err
	}
	basis, err := orthonormal(dense(vectors, count(len(vectors))).T(), 1e-9)
	if err != nil {
		return nil, fmt.Errorf("latent: %s: %w", what, err)
	}
	if basis == nil {
		return nil, fmt.Errorf("latent: %s: all vectors are zero", what)
	}
	return basis, nil
}

// orthonormal returns a basis of the columns of m, leaving out directions whose
// singular value is below a share of the largest; nil where there is none.
func orthonormal(m mat.Matrix, least float64) (*mat.Dense, error) {
	var svd mat.SVD
	if !svd.Factorize(m, mat.SVDThin) {
		return nil, errSVD
	}
	values := svd.Values(nil)
	rank := 0
	for rank < len(values) && values[rank] > least*values[0] {
		rank++
	}
	if rank == 0 {
		return nil, nil
	}
	var u mat.Dense
	svd.UTo(&u)
	rows, _ := u.Dims()
	return mat.DenseCopyOf(u.Slice(0, rows, 0, rank)), nil
}

// angles returns the principal angles between orthonormal bases, in degrees.
func angles(qa, qb *mat.Dense) ([]float64, error) {
	var overlap, inside, rest mat.Dense
	overlap.Mul(qa.T(), qb)
	inside.Mul(qa, &overlap)
	rest.Sub(qb, &inside) // the part of the second span outside the first
	var cosine, sine mat.SVD
	if !cosine.Factorize(&overlap, mat.SVDNone) || !sine.Factorize(&rest, mat.SVDNone) {
		return nil, errSVD
	}
	cosines, sines := cosine.Values(nil), sine.Values(nil)
	slices.Reverse(sines) // smallest angle first, as the cosines; any beyond these are 1
	all := make([]float64, len(cosines))
	for k, c := range cosines {
		all[k] = math.Acos(min(1, c))
		if c*c > .5 {
			all[k] = math.Asin(min(1, sines[k]))
		}
		all[k] *= 180 / math.Pi
	}
	return all, nil
}

// SubspaceAngle compares the span of what was planted with that of what was
// recovered, and with random spans.
type SubspaceAngle struct {
	// Angles are the principal angles in degrees, smallest first; Mean is theirs.
	Angles []float64 `json:"angles"`
	Mean   float64   `json:"mean"`
	// Planted, Recovered and Dim are the dimensions of the spans and of the space.
	Planted   int `json:"planted"`
	Recovered int `json:"recovered"`
	Dim       int `json:"dim"`
	// Random is the mean of Mean over random spans of these dimensions, Random5 its 5th
	// percentile, P the share of random spans that are as near. Two random spans of 8
	// of 16 dimensions are 45° apart in the mean, and spans that together have more
	// dimensions than the space share a line whatever they are.
	Random  float64 `json:"random"`
	Random5 float64 `json:"random_5"`
	P       float64 `json:"p"`
}

// SubspaceAngles returns the principal angles between planted and recovered vectors,
// [vectors][dimensions], beside those of random spans of the same numbers of
// dimensions. 0 draws are 1,000.
func SubspaceAngles(ctx context.Context, planted, recovered [][]float64, draws int, s seed.Seed) (SubspaceAngle, error) {
	all, err := PrincipalAngles(planted, recovered)
	if err != nil {
		return SubspaceAngle{}, err
	}
	qa, err := spanOf("planted", planted)
	if err != nil {
		return SubspaceAngle{}, err
	}
	qb, err := spanOf("recovered", recovered)
	if err != nil {
		return SubspaceAngle{}, err
	}
	dim, first := qa.Dims()
	_, second := qb.Dims()
	a := SubspaceAngle{Angles: all, Mean: stat.Mean(all, nil), Planted: first, Recovered: second, Dim: dim}
	if draws <= 0 {
		draws = 1000
	}
	random := make([]float64, draws)
	asNear := 1
	for k := range random {
		if err := ctx.Err(); err != nil {
			return SubspaceAngle{}, fmt.Errorf("latent: subspace angles: %w", err)
		}
		// The angle is between the two alone, so one of them may stay.
		turned := mat.DenseCopyOf(rotation(dim, s.Stream("latent.subspace", k)).Slice(0, dim, 0, second))
		drawn, err := angles(qa, turned)
		if err != nil {
			return SubspaceAngle{}, err
		}
		if random[k] = stat.Mean(drawn, nil); random[k] <= a.Mean+1e-6 { // degrees; below is rounding
			asNear++
		}
	}
	slices.Sort(random)
	a.Random, a.Random5, a.P = stat.Mean(random, nil), quantile(random, .05), float64(asNear)/float64(draws+1)
	return a, nil
}

// Encoding returns how the code moves with each factor while the others rest: the
// slopes of a least-squares fit of the codes, [circuits][dimensions], to all factors
// together, [factors][dimensions], in code units per sd of the factor. Their span is
// where the encoder put the factors. That of the probes' weights is how they are read
// out again, and differs from it where the code's noise is not the same in all
// directions (Haufe et al. 2014, doi:10.1016/j.neuroimage.2013.10.067). Circuits
// with a NaN factor are left out. A factor that does not vary, or follows from the
// others, or fewer than factors + 2 circuits, is an error.
func Encoding(codes [][]float64, factors []Outcome) ([][]float64, error) {
	if err := checkRows("encoding: codes", codes); err != nil {
		return nil, err
	}
	table, kept, err := tableOf("encoding", len(codes), factors)
	if err != nil {
		return nil, err
	}
	if len(kept) < len(factors)+2 {
		return nil, fmt.Errorf("latent: encoding: %d circuits have all %d factors, and %d are needed", len(kept), len(factors), len(factors)+2)
	}
	f, z := dense(table, kept), dense(codes, kept)
	centre(f)
	centre(z)
	sd := scales(f, true)
	divideColumns(f, sd)
	for _, o := range factors {
		if flat(pick(o.Values, kept)) {
			return nil, fmt.Errorf("latent: encoding: %w: %s does not vary over %d circuits", ErrUndefined, o.Measure, len(kept))
		}
	}
	if basis, err := orthonormal(f, 1e-9); err != nil {
		return nil, err
	} else if _, rank := basis.Dims(); rank < len(factors) {
		return nil, fmt.Errorf("latent: encoding: %d factors vary in %d ways only: leave out what follows from others", len(factors), rank)
	}
	var slopes mat.Dense
	if err := slopes.Solve(f, z); err != nil {
		return nil, fmt.Errorf("latent: encoding: %w", err)
	}
	rows := make([][]float64, len(factors))
	for k := range rows {
		rows[k] = mat.Row(nil, k, &slopes)
	}
	return rows, nil
}

// flat is true of values that do not vary.
func flat(values []float64) bool { return len(values) == 0 || floats.Max(values) == floats.Min(values) }

// tableOf lays outcomes side by side, [circuits][outcomes], and returns the circuits
// that have all of them.
func tableOf(what string, circuits int, outcomes []Outcome) (table [][]float64, complete []int, err error) {
	if len(outcomes) == 0 {
		return nil, nil, fmt.Errorf("latent: %s: no measures", what)
	}
	table = make([][]float64, circuits)
	for _, o := range outcomes {
		if len(o.Values) != circuits {
			return nil, nil, fmt.Errorf("latent: %s: %d circuits, but %d values of %s", what, circuits, len(o.Values), o.Measure)
		}
		for i, v := range o.Values {
			if math.IsInf(v, 0) {
				return nil, nil, fmt.Errorf("latent: %s: value %d of %s is infinite: give NaN where it is undefined", what, i, o.Measure)
			}
			table[i] = append(table[i], v)
		}
	}
	for i, row := range table {
		if !floats.HasNaN(row) {
			complete = append(complete, i)
		}
	}
	return table, complete, nil
}
