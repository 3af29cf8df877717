package latent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat"
)

// StabilityConfig says how codes of several trainings are compared. The zero value is
// usable.
type StabilityConfig struct {
	// Keep is the share of each code's variance that is compared; 0 means .99. See
	// FitCCA.
	Keep float64 `json:"keep,omitempty"`
	// Halvings of the regions, each used both ways; 0 means 10 (ours).
	Halvings int `json:"halvings,omitempty"`
	// Permutations behind the floor; 0 means 200 (ours), negative none.
	Permutations int `json:"permutations,omitempty"`
	// Draws behind the intervals; 0 means 2,000.
	Draws int `json:"draws,omitempty"`
}

// Validate returns every fault.
func (c StabilityConfig) Validate() error {
	var faults []error
	if c.Keep < 0 || c.Keep > 1 || math.IsNaN(c.Keep) {
		faults = append(faults, fmt.Errorf("latent: stability: keep %g of the variance: give a share up to 1, or 0 for %g", c.Keep, keptVariance))
	}
	if c.Halvings < 0 || c.Draws < 0 {
		faults = append(faults, fmt.Errorf("latent: stability: %d halvings and %d draws: give 0 or more", c.Halvings, c.Draws))
	}
	return errors.Join(faults...)
}

func (c StabilityConfig) withDefaults() StabilityConfig {
	c.Halvings, c.Draws = cmp.Or(c.Halvings, 10), cmp.Or(c.Draws, bootstrapDraws)
	c.Permutations = max(0, cmp.Or(c.Permutations, 200))
	return c
}

// Agreement is how far two codes of the same circuits say the same. Everything is
// fitted to one half of the regions and scored on the other.
type Agreement struct {
	// Canonical is the mean held-out canonical correlation: over the pairs of each
	// half, then over halves. Pairs are as many as the smaller code has kept
	// components, so what only the larger one says is not held against it.
	Canonical Interval `json:"canonical"`
	// Correlations of each pair, mean over halves; in order of the fit, so they need
	// not fall.
	Correlations []float64 `json:"correlations"`
	// Fitted is the mean canonical correlation on the fitted half: too high, and shown
	// to say by how much.
	Fitted float64 `json:"fitted"`
	// Floor and Floor95 are the mean and the 95th percentile of Canonical when the
	// circuits of the second code change places, regions as blocks; P is the share of
	// permutations that reach it, itself counted in. NaN without permutations.
	Floor   float64 `json:"floor"`
	Floor95 float64 `json:"floor_95"`
	P       float64 `json:"p"`
	// Procrustes is the held-out R² of each code carried into the other's frame by
	// rotation and one scale, mean over both ways and over halves.
	Procrustes Interval `json:"procrustes"`
}

// Angles returns the angles that go with the held-out correlations, in degrees: 0 where
// both codes hold the same coordinate, 90 where they have nothing in common. Between a
// code and planted factors it is the angle between what was planted and what was
// recovered that does not depend on the axes of either.
func (a Agreement) Angles() []float64 {
	angles := make([]float64, len(a.Correlations))
	for k, r := range a.Correlations {
		angles[k] = math.Acos(min(1, max(0, r))) * 180 / math.Pi
	}
	return angles
}

// MeanAngle returns the mean of Angles; NaN without any.
func (a Agreement) MeanAngle() float64 {
	return stat.Mean(a.Angles(), nil)
}

// CompareCodes says how far two codes of the same circuits, [circuits][dimensions],
// agree: whether two trainings found the same, whatever axes they call it by. Codes
// must be posterior means of circuits in the same order; groups name their regions,
// nil makes every circuit its own. Four groups are needed, and each half of them must
// have more circuits than both codes have components.
func CompareCodes(ctx context.Context, a, b [][]float64, groups []string, config StabilityConfig, rng *rand.Rand) (Agreement, error) {
	c, err := newComparison(a, b, groups, config)
	if err != nil {
		return Agreement{}, err
	}
	agreement, _, err := c.agreement(ctx, rng)
	return agreement, err
}

// agreement returns the agreement and the halves that it was taken from.
func (c comparison) agreement(ctx context.Context, rng *rand.Rand) (Agreement, []half, error) {
	halves, err := c.halves(ctx, c.b, c.config.Halvings, rng)
	if err != nil {
		return Agreement{}, nil, err
	}
	a := Agreement{Correlations: meanPairs(halves), Floor: math.NaN(), Floor95: math.NaN(), P: math.NaN()}
	for _, h := range halves {
		a.Fitted += stat.Mean(h.fitted, nil) / float64(len(halves))
	}
	a.Canonical, a.Procrustes = c.intervals(halves, rng)
	if c.config.Permutations == 0 {
		return a, halves, nil
	}
	floor := make([]float64, c.config.Permutations)
	for k := range floor {
		permuted, err := c.halves(ctx, c.permuted(rng), 1, rng)
		if err != nil {
			return Agreement{}, nil, err
		}
		floor[k] = meanOver(permuted, count(len(c.blocks)), half.canonical)
	}
	a.Floor, a.Floor95, a.P = upperTail(a.Canonical.Value, floor)
	return a, halves, nil
}

// intervals returns mean canonical correlation and Procrustes R² over halves, with
// intervals over regions.
func (c comparison) intervals(halves []half, rng *rand.Rand) (canonical, procrustes Interval) {
	both := bootstrapAll(c.names, func(drawn []int) []float64 {
		return []float64{meanOver(halves, drawn, half.canonical), meanOver(halves, drawn, half.procrustes)}
	}, c.config.Draws, rng)
	return both[0], both[1]
}

// comparison is two codes of the same circuits.
type comparison struct {
	a, b   [][]float64
	blocks [][]int
	names  []string // of the blocks
	config StabilityConfig
}

func newComparison(a, b [][]float64, groups []string, config StabilityConfig) (comparison, error) {
	if err := errors.Join(checkPair("stability", a, b), config.Validate()); err != nil {
		return comparison{}, err
	}
	if groups != nil && len(groups) != len(a) {
		return comparison{}, fmt.Errorf("latent: stability: %d circuits, %d groups", len(a), len(groups))
	}
	c := comparison{a: a, b: b, blocks: blocksOf(groups, len(a)), config: config.withDefaults()}
	if len(c.blocks) < 4 {
		return comparison{}, fmt.Errorf("latent: stability: circuits of %d regions: 4 are needed, two to fit and two to score", len(c.blocks))
	}
	c.names = namesOf(nil, count(len(c.blocks)))
	return c, nil
}

// permuted returns b with its circuits in other places, regions as blocks.
func (c comparison) permuted(rng *rand.Rand) [][]float64 {
	places := make([]float64, len(c.b))
	for i := range places {
		places[i] = float64(i)
	}
	permuted := make([][]float64, len(c.b))
	for i, from := range permuteBlocks(places, c.blocks, rng) {
		permuted[i] = c.b[int(from)]
	}
	return permuted
}

// halves halves the regions so often, fits to each half and sums up the other.
func (c comparison) halves(ctx context.Context, b [][]float64, halvings int, rng *rand.Rand) ([]half, error) {
	var all []half
	for range halvings {
		shuffled := rng.Perm(len(c.blocks))
		middle := len(shuffled) / 2
		for _, parts := range [][2][]int{{shuffled[:middle], shuffled[middle:]}, {shuffled[middle:], shuffled[:middle]}} {
			if err := ctx.Err(); err != nil {
				return nil, fmt.Errorf("latent: stability: %w", err)
			}
			h, err := c.half(b, parts[0], parts[1])
			if err != nil {
				return nil, err
			}
			all = append(all, h)
		}
	}
	return all, nil
}

// half fits to some blocks and sums up others.
func (c comparison) half(b [][]float64, fit, score []int) (half, error) {
	rows := rowsOf(pick(c.blocks, fit))
	fitA, fitB := pick(c.a, rows), pick(b, rows)
	canonical, err := FitCCA(fitA, fitB, c.config.Keep)
	if err != nil {
		return half{}, err
	}
	there, err := FitProcrustes(fitA, fitB)
	if err != nil {
		return half{}, err
	}
	back, err := FitProcrustes(fitB, fitA)
	if err != nil {
		return half{}, err
	}
	h := half{fitted: canonical.Correlations, pairs: make([]tally, len(c.blocks)), turns: make([][2]tally, len(c.blocks))}
	for _, block := range score {
		a, b := pick(c.a, c.blocks[block]), pick(b, c.blocks[block])
		u, v, err := canonical.Variates(a, b)
		if err != nil {
			return half{}, err
		}
		h.pairs[block] = tallyPairs(u, v)
		carriedA, err := there.Apply(a)
		if err != nil {
			return half{}, err
		}
		carriedB, err := back.Apply(b)
		if err != nil {
			return half{}, err
		}
		h.turns[block] = [2]tally{tallyErrors(b, carriedA), tallyErrors(a, carriedB)}
	}
	return h, nil
}
