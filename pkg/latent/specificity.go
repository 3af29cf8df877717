package latent

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// Effects are what steps along directions did to measures of decoded circuits.
type Effects struct {
	// Targets names, for each direction, the measure that it is meant to change: one
	// of Measures.
	Targets  []string `json:"targets"`
	Measures []string `json:"measures"`
	// Change is [starts][directions][measures]: by how many sd over the training
	// circuits a measure of the circuits decoded after a step differs from before it.
	// NaN where undefined. All steps are of one length, or their rows are not
	// comparable; shares within a row do not depend on it.
	Change [][][]float64 `json:"change"`
	// Region of each start; nil when every start is its own.
	Region []string `json:"region,omitempty"`
}

// Validate returns every fault: shapes that differ, a target that is not among the
// measures, a change that is infinite.
func (e Effects) Validate() error {
	var faults []error
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("latent: effects: "+format, args...))
	}
	if len(e.Change) == 0 || len(e.Targets) == 0 || len(e.Measures) < 2 {
		fault("%d starts, %d directions, %d measures: give one, one and two or more", len(e.Change), len(e.Targets), len(e.Measures))
	}
	if e.Region != nil && len(e.Region) != len(e.Change) {
		fault("%d regions for %d starts", len(e.Region), len(e.Change))
	}
	for d, target := range e.Targets {
		if !slices.Contains(e.Measures, target) {
			fault("direction %d is meant for %q, which is not among the measures %q", d, target, e.Measures)
		}
	}
	for s, directions := range e.Change {
		if len(directions) != len(e.Targets) {
			fault("start %d has %d directions for %d targets", s, len(directions), len(e.Targets))
		}
		for d, row := range directions {
			if len(row) != len(e.Measures) {
				fault("start %d, direction %d has %d values for %d measures", s, d, len(row), len(e.Measures))
			}
			for m, v := range row {
				if math.IsInf(v, 0) {
					fault("start %d, direction %d, measure %d is infinite", s, d, m)
				}
			}
		}
	}
	return errors.Join(faults...)
}

// Specificity is how far each direction changes the measure that it is meant for and
// no other.
type Specificity struct {
	Targets  []string `json:"targets"`
	Measures []string `json:"measures"`
	// Matrix is the mean change over starts, [directions][measures], in sd.
	Matrix [][]float64 `json:"matrix"`
	// Share of each direction is the size of its change of its target over the sizes
	// of its changes of all measures: 1 changes nothing else, and 1 over the number of
	// measures is no aim at all. NaN for a direction that changes nothing.
	Share []Interval `json:"share"`
	// Dominance is the mean of Share over directions: diagonal dominance.
	Dominance Interval `json:"dominance"`
	// First is the share of directions that change their target more than any other
	// measure.
	First Interval `json:"first"`
	// Largest is the mean over directions of the share of whichever measure changes
	// most. A direction without any aim has one of these too, so it is what to look at
	// in the random control.
	Largest Interval `json:"largest"`
	// Directions in the means; others change nothing, or not in a way that is defined.
	Directions int `json:"directions"`
}

// Specificity judges the mean changes, with intervals over the regions of the starts.
// Changes are averaged over starts before sizes are taken, so that decoding noise
// cancels; what is left of it has size, and makes every direction look a little less
// specific than it is. Measures that are mechanically coupled, such as density and
// spectral radius, cannot be told apart by any direction: leave doubles out, or read
// the number beside its control. Diagonal dominance as defined here is ours. 0 draws
// are 2,000.
func (e Effects) Specificity(draws int, rng *rand.Rand) (Specificity, error) {
	if err := e.Validate(); err != nil {
		return Specificity{}, err
	}
	all := count(len(e.Change))
	s := Specificity{Targets: e.Targets, Measures: e.Measures, Matrix: e.mean(all)}
	intervals := bootstrapAll(namesOf(e.Region, all), func(starts []int) []float64 {
		aims := e.aims(e.mean(starts))
		values := []float64{over(aims, shareOf), over(aims, firstOf), over(aims, largestOf)}
		for _, a := range aims {
			values = append(values, a.share)
		}
		return values
	}, draws, rng)
	s.Dominance, s.First, s.Largest, s.Share = intervals[0], intervals[1], intervals[2], intervals[3:]
	for _, a := range e.aims(s.Matrix) {
		if !math.IsNaN(a.share) {
			s.Directions++
		}
	}
	return s, nil
}

// mean returns the mean change over starts of which it is defined, NaN over none.
func (e Effects) mean(starts []int) [][]float64 {
	matrix := make([][]float64, len(e.Targets))
	for d := range matrix {
		matrix[d] = make([]float64, len(e.Measures))
		for m := range matrix[d] {
			sum, n := 0., 0.
			for _, s := range starts {
				if v := e.Change[s][d][m]; !math.IsNaN(v) {
					sum, n = sum+v, n+1
				}
			}
			matrix[d][m] = sum / n
		}
	}
	return matrix
}

// aim is what one direction does: the share of its target, whether that is the
// largest (1 or 0), and the largest share. NaN where nothing changes or the target
// is undefined.
type aim struct{ share, first, largest float64 }

func shareOf(a aim) float64   { return a.share }
func firstOf(a aim) float64   { return a.first }
func largestOf(a aim) float64 { return a.largest }

func (e Effects) aims(matrix [][]float64) []aim {
	aims := make([]aim, len(matrix))
	for d, row := range matrix {
		target, sum, most := math.Abs(row[slices.Index(e.Measures, e.Targets[d])]), 0., 0.
		others := 0. // the largest change of another measure
		for m, v := range row {
			size := math.Abs(v)
			if math.IsNaN(size) {
				continue
			}
			sum, most = sum+size, max(most, size)
			if e.Measures[m] != e.Targets[d] {
				others = max(others, size)
			}
		}
		if math.IsNaN(target) || sum == 0 {
			aims[d] = aim{math.NaN(), math.NaN(), math.NaN()}
			continue
		}
		if aims[d] = (aim{share: target / sum, largest: most / sum}); target > others {
			aims[d].first = 1
		}
	}
	return aims
}

// over returns the mean of something over directions of which it is defined.
func over(aims []aim, of func(aim) float64) float64 {
	values := make([]float64, 0, len(aims))
	for _, a := range aims {
		if v := of(a); !math.IsNaN(v) {
			values = append(values, v)
		}
	}
	return stat.Mean(values, nil)
}

// Table returns the directions as a header and rows of text: the change of every
// measure in sd, and the share of the target.
func (s Specificity) Table() (header []string, rows [][]string) {
	header = append(append([]string{"direction for"}, s.Measures...), "share of its target")
	for d, target := range s.Targets {
		row := []string{target}
		for _, v := range s.Matrix[d] {
			row = append(row, fmt.Sprintf("%.2f", v))
		}
		rows = append(rows, append(row, s.Share[d].String()))
	}
	return header, rows
}

// SpecificityContrast is the specificity of directions beside that of random ones.
type SpecificityContrast struct {
	Directions Specificity `json:"directions"`
	Random     Specificity `json:"random"`
	// Gain is by how much Dominance exceeds the control's, Margin by how much it exceeds
	// the control's Largest, which lets every random direction choose its own target;
	// both over the same draws of regions.
	Gain   Interval `json:"gain"`
	Margin Interval `json:"margin"`
}

// Contrast judges directions beside random ones that were walked from the same
// starts, with the same step and the same measures. Each random direction is given a
// target like any other; with targets spread evenly over the measures, their mean
// Share is near 1 over the number of measures.
func (e Effects) Contrast(random Effects, draws int, rng *rand.Rand) (SpecificityContrast, error) {
	if !slices.Equal(e.Measures, random.Measures) || !slices.Equal(e.Region, random.Region) || len(e.Change) != len(random.Change) {
		return SpecificityContrast{}, fmt.Errorf("latent: specificity: the random directions must have the measures, starts and regions of the others")
	}
	own, err := e.Specificity(draws, rng)
	if err != nil {
		return SpecificityContrast{}, err
	}
	control, err := random.Specificity(draws, rng)
	if err != nil {
		return SpecificityContrast{}, fmt.Errorf("random directions: %w", err)
	}
	contrast := bootstrapAll(namesOf(e.Region, count(len(e.Change))), func(starts []int) []float64 {
		dominance, aims := over(e.aims(e.mean(starts)), shareOf), random.aims(random.mean(starts))
		return []float64{dominance - over(aims, shareOf), dominance - over(aims, largestOf)}
	}, draws, rng)
	return SpecificityContrast{Directions: own, Random: control, Gain: contrast[0], Margin: contrast[1]}, nil
}
