package fidelity

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/structure"
)

// DescriptorMatch is the squared maximum mean discrepancy of a description of
// circuits that is a vector, such as a histogram of in-degrees: 0 between equal
// laws, below 0 by chance (unbiased estimate: Gretton et al. 2012, equation 3,
// JMLR 13:723–773).
type DescriptorMatch struct {
	Descriptor string `json:"descriptor"`
	// Bandwidth is the σ of the kernel exp(−|x−y|²/2σ²): the median distance of two
	// real circuits, whatever was generated.
	Bandwidth float64  `json:"bandwidth"`
	MMD2      Distance `json:"mmd2"`
	// Passes: below the 95th percentile of the floor.
	Passes bool `json:"passes"`
}

// descriptor turns circuits into vectors of one length; real ones set its
// scale. Neurons whose rows were not observed are left out.
type descriptor struct {
	name string
	// of returns what a circuit has: values to count, or the vector itself.
	of func(c *circuit.Circuit) []float64
	// vectors makes vectors of what circuits have; the first `real` are real.
	vectors func(all [][]float64, real int) [][]float64
}

// descriptors are those of You et al. 2018, arXiv:1802.08773, for directed
// graphs: degrees, clustering, and counts of small subgraphs; and the spectrum.
// How they are binned is ours: O'Bray et al. 2022, arXiv:2106.01098, show how
// much hangs on kernel and bandwidth, so that a value means something beside its
// floor only.
var descriptors = []descriptor{
	{"in-degree histogram", func(c *circuit.Circuit) []float64 { return numbers(c.InDegrees()) }, histograms},
	{"out-degree histogram", func(c *circuit.Circuit) []float64 { return numbers(c.OutDegrees()) }, histograms},
	{"clustering histogram", clusterings, histograms},
	{"singular spectrum", singularSpectrum, same},
	{"triad census", triadShares, standardised},
}

func numbers(degrees []int) []float64 {
	values := make([]float64, len(degrees))
	for i, d := range degrees {
		values[i] = float64(d)
	}
	return values
}

// clusterings are the coefficients of the neurons that have one.
func clusterings(c *circuit.Circuit) []float64 {
	return slices.DeleteFunc(slices.Clone(structure.ClusteringOf(c)), math.IsNaN)
}

// spectrumPoints is at how many ranks a spectrum is read, so that circuits of
// different sizes compare (ours).
const spectrumPoints = 16

// singularSpectrum is the singular values of A, largest first, over the root of
// the sum of their squares, interpolated at even ranks; zeros without an edge.
func singularSpectrum(c *circuit.Circuit) []float64 {
	points := make([]float64, spectrumPoints)
	n := c.Len()
	if n == 0 || c.Edges() == 0 {
		return points
	}
	var svd mat.SVD
	if !svd.Factorize(mat.NewDense(n, n, c.Dense(nil)), mat.SVDNone) {
		return points // does not happen to a finite matrix
	}
	values := svd.Values(nil)
	floats.Scale(1/math.Sqrt(float64(c.Edges())), values)
	for k := range points {
		at := float64(k) / (spectrumPoints - 1) * float64(n-1)
		low := int(at)
		high := min(low+1, n-1)
		points[k] = values[low] + (at-float64(low))*(values[high]-values[low])
	}
	return points
}

// triadShares are the sixteen counts over their sum.
func triadShares(c *circuit.Circuit) []float64 {
	census := structure.Triads(c)
	shares := make([]float64, len(census))
	total := 0.
	for k, count := range census {
		shares[k] = float64(count)
		total += shares[k]
	}
	if total > 0 {
		floats.Scale(1/total, shares)
	}
	return shares
}

// histogramBins span the range of real circuits evenly; what lies above is
// counted in the last (ours).
const histogramBins = 16

// histograms are shares of values by bin.
func histograms(all [][]float64, real int) [][]float64 {
	top := 0.
	for _, values := range all[:real] {
		for _, v := range values {
			top = max(top, v)
		}
	}
	vectors := make([][]float64, len(all))
	for i, values := range all {
		vectors[i] = make([]float64, histogramBins)
		for _, v := range values {
			bin := 0
			if top > 0 {
				bin = min(histogramBins-1, int(v/top*histogramBins))
			}
			vectors[i][bin] += 1 / float64(len(values))
		}
	}
	return vectors
}

func same(all [][]float64, _ int) [][]float64 { return all }

// standardised divides every coordinate by its sd over real circuits, so that
// rare triads count as much as the empty one. A coordinate that does not vary is
// divided by the smallest sd of the others.
func standardised(all [][]float64, real int) [][]float64 {
	scales := make([]float64, len(all[0]))
	least := math.Inf(1)
	for k := range scales {
		column := make([]float64, real)
		for i := range column {
			column[i] = all[i][k]
		}
		if real > 1 {
			scales[k] = stat.StdDev(column, nil)
		}
		if scales[k] > 1e-12 {
			least = min(least, scales[k])
		}
	}
	if math.IsInf(least, 1) {
		least = 1
	}
	vectors := make([][]float64, len(all))
	for i, v := range all {
		vectors[i] = slices.Clone(v)
		for k := range v {
			vectors[i][k] /= max(scales[k], least)
		}
	}
	return vectors
}

// matchDescriptors compares all of them.
func matchDescriptors(ctx context.Context, real, generated []*circuit.Circuit, h halvings) ([]DescriptorMatch, error) {
	all := make([]*circuit.Circuit, 0, len(real)+len(generated))
	for _, c := range slices.Concat(real, generated) {
		seen, err := observedPart(c)
		if err != nil {
			return nil, err
		}
		all = append(all, seen)
	}
	var matches []DescriptorMatch
	for _, d := range descriptors {
		raw := make([][]float64, len(all))
		for i, c := range all {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			raw[i] = d.of(c)
		}
		k := newKernel(d.vectors(raw, len(real)), len(real))
		m := DescriptorMatch{Descriptor: d.name, Bandwidth: k.bandwidth}
		m.MMD2 = h.distances(func(a, b []int, fromGenerated bool) float64 {
			if fromGenerated {
				b = shifted(b, len(real))
			}
			return k.mmd2(a, b)
		}, k.mmd2(countUp(len(real)), shifted(countUp(len(generated)), len(real))))
		m.Passes = m.MMD2.within()
		matches = append(matches, m)
	}
	return matches, nil
}

// observedPart is the circuit induced on the neurons with observed rows.
func observedPart(c *circuit.Circuit) (*circuit.Circuit, error) {
	if c.FullyObserved() {
		return c, nil
	}
	var rows []int
	for i := range c.Len() {
		if c.Observed(i) {
			rows = append(rows, i)
		}
	}
	part, err := c.Subcircuit(rows)
	if err != nil {
		return nil, fmt.Errorf("fidelity: %w", err)
	}
	return part, nil
}

func shifted(indices []int, by int) []int {
	moved := make([]int, len(indices))
	for k, i := range indices {
		moved[k] = i + by
	}
	return moved
}

// kernel holds that of all pairs of vectors.
type kernel struct {
	bandwidth float64
	values    [][]float64
}

// newKernel takes its bandwidth from the first `real` vectors.
func newKernel(vectors [][]float64, real int) kernel {
	var distances []float64
	for i := range real {
		for j := range i {
			distances = append(distances, floats.Distance(vectors[i], vectors[j], 2))
		}
	}
	slices.Sort(distances)
	k := kernel{bandwidth: 1, values: make([][]float64, len(vectors))}
	if len(distances) > 0 && distances[len(distances)/2] > 0 {
		k.bandwidth = distances[len(distances)/2]
	}
	for i := range vectors {
		k.values[i] = make([]float64, len(vectors))
		for j := range i + 1 {
			d := floats.Distance(vectors[i], vectors[j], 2) / k.bandwidth
			k.values[i][j] = math.Exp(-d * d / 2)
			k.values[j][i] = k.values[i][j]
		}
	}
	return k
}

// mmd2 is the unbiased estimate between two sets of different circuits; NaN where
// one has fewer than two.
func (k kernel) mmd2(a, b []int) float64 {
	if len(a) < 2 || len(b) < 2 {
		return math.NaN()
	}
	within := func(s []int) float64 {
		sum := 0.
		for x, i := range s {
			for _, j := range s[:x] {
				sum += k.values[i][j]
			}
		}
		return 2 * sum / float64(len(s)*(len(s)-1))
	}
	across := 0.
	for _, i := range a {
		for _, j := range b {
			across += k.values[i][j]
		}
	}
	return within(a) + within(b) - 2*across/float64(len(a)*len(b))
}
