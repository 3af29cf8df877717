package fidelity

import (
	"context"
	"fmt"
	"math"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/latent"
	"github.com/cortigen/cortigen/pkg/seed"
)

// MutualCount is what a circuit has of mutual pairs, among neurons whose rows are
// both observed.
type MutualCount struct {
	// Mutual is their number, Expected that of independent directions with the same
	// probabilities, Σp·q.
	Mutual   float64 `json:"mutual"`
	Expected float64 `json:"expected"`
}

// CountMutual counts mutual pairs of every circuit beside the number that would be
// there if the two directions of a pair were independent. Probabilities are those
// of class × distance, fitted to these circuits, and corrected by each circuit's own
// out- and in-degrees with the shrinkage of d: neither that some classes connect
// more than others, nor that near neurons do, nor hubs, are taken for reciprocity.
// Shrinkage leaves about a tenth of what hubs make, and whatever else makes p and q
// alike is taken for it, such as communities that nobody knows of; so compare with circuits of which as much is unknown (ours).
func (d *Degrees) CountMutual(ctx context.Context, circuits []*circuit.Circuit) ([]MutualCount, error) {
	own := &Degrees{base: FitClassDistance(circuits), spread: d.spread}
	counts := make([]MutualCount, len(circuits))
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(runtime.GOMAXPROCS(0))
	for k, c := range circuits {
		work.Go(func() error {
			if err := ctx.Err(); err != nil {
				return fmt.Errorf("fidelity: mutual pairs: %w", err)
			}
			p, err := own.corrected(Partial{Circuit: c}, own.spread)
			if err != nil {
				return fmt.Errorf("fidelity: mutual pairs: circuit %d: %w", k, err)
			}
			counts[k] = countMutual(c, p)
			return nil
		})
	}
	return counts, work.Wait()
}

func countMutual(c *circuit.Circuit, p []float64) (m MutualCount) {
	n := c.Len()
	for i := range n {
		for j := range i {
			if !c.Observed(i) || !c.Observed(j) {
				continue
			}
			m.Expected += p[i*n+j] * p[j*n+i]
			if c.Has(i, j) && c.Has(j, i) {
				m.Mutual++
			}
		}
	}
	return m
}

// MutualRatio returns the number of mutual pairs of all circuits over the expected
// one, with its interval over regions; NaN where none is expected. Sums are over
// circuits before the division, since a circuit alone has few.
func MutualRatio(counts []MutualCount, region []string, resamples int, s seed.Seed) latent.Interval {
	return latent.Bootstrap(region, func(indices []int) float64 { return mutualRatio(counts, indices) }, resamples, s.Stream("regions"))
}

// MutualError returns by how much the ratio of generated circuits differs from
// that of real ones, as a share of it, paired by circuit.
func MutualError(generated, real []MutualCount, region []string, resamples int, s seed.Seed) latent.Interval {
	return latent.Bootstrap(region, func(indices []int) float64 {
		return mutualRatio(generated, indices)/mutualRatio(real, indices) - 1
	}, resamples, s.Stream("regions"))
}

func mutualRatio(counts []MutualCount, indices []int) float64 {
	var all MutualCount
	for _, i := range indices {
		all.Mutual += counts[i].Mutual
		all.Expected += counts[i].Expected
	}
	return over(all.Mutual, all.Expected)
}

// PlantedMutual judges the circuits that a model makes, and those of one without
// the mutual term, of the neurons of real circuits with a planted strength. All
// three are of the same length and order, or it is an error.
func PlantedMutual(ctx context.Context, d *Degrees, planted float64, real, generated, independent []*circuit.Circuit, resamples int, s seed.Seed) (MutualPoint, error) {
	if len(generated) != len(real) || len(independent) != len(real) {
		return MutualPoint{}, fmt.Errorf("fidelity: mutual pairs: %d real circuits, %d and %d generated ones: give one of each real one", len(real), len(generated), len(independent))
	}
	p := MutualPoint{Planted: planted, Feasible: true}
	region := connectome.Regions(real)
	var counted [3][]MutualCount
	for k, circuits := range [3][]*circuit.Circuit{real, generated, independent} {
		var err error
		if counted[k], err = d.CountMutual(ctx, circuits); err != nil {
			return MutualPoint{}, err
		}
	}
	p.Real, p.Generated = MutualRatio(counted[0], region, resamples, s), MutualRatio(counted[1], region, resamples, s)
	p.Independent = MutualRatio(counted[2], region, resamples, s)
	p.Error = MutualError(counted[1], counted[0], region, resamples, s)
	p.IndependentError = MutualError(counted[2], counted[0], region, resamples, s)
	return p, nil
}

// Worst returns the feasible point of the greatest relative error; of none, the
// zero MutualPoint.
func (m Mutual) Worst() MutualPoint {
	var worst MutualPoint
	for _, p := range m.Points {
		if p.Feasible && math.Abs(p.Error.Value) >= math.Abs(worst.Error.Value) {
			worst = p
		}
	}
	return worst
}
