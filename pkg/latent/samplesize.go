package latent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/cortigen/cortigen/pkg/seed"
)

// SampleSize is what a probe is worth that was fitted to so many circuits.
type SampleSize struct {
	Circuits int `json:"circuits"`
	// Regions that these came from, mean over repeats.
	Regions float64 `json:"regions"`
	// R2 on regions that are not among them: mean over repeats, with the range that 95
	// of 100 single repeats fall in: what one experiment of this size must be ready for.
	// N is the number of repeats that have a probe.
	R2 Interval `json:"r2"`
	// Undefined repeats have none: the measure does not vary, or too few regions.
	Undefined int `json:"undefined"`
}

// SampleSizeCurve says how many circuits a probe needs.
type SampleSizeCurve struct {
	Measure string       `json:"measure"`
	Sizes   []SampleSize `json:"sizes"`
	Repeats int          `json:"repeats"`
}

// SampleSizes fits a probe to more and more circuits and scores it on others. In
// every repeat a random fifth of the regions (or 1/config.Folds) is set aside to be
// scored; of the other circuits, in random order, the first n are fitted to, so that
// each sample holds the smaller ones. Penalties are chosen inside each sample. Inputs
// x are [circuits][dimensions]; groups may be nil; config's permutations and draws are
// not used. Nil sizes are 8, 16, 32 … and the largest that every repeat has; 0 repeats
// are 20 (ours). ErrUndefined when the measure does not vary or is defined in fewer
// than three groups.
//
// Repeats share circuits, so their range is that of experiments within this tissue,
// not of other tissue.
func SampleSizes(ctx context.Context, x [][]float64, y Outcome, groups []string, sizes []int, repeats int, config ProbeConfig, s seed.Seed) (SampleSizeCurve, error) {
	p, err := newProblem(x, y, groups, config, 3)
	if err != nil {
		return SampleSizeCurve{}, err
	}
	if repeats = cmp.Or(repeats, 20); repeats < 0 {
		return SampleSizeCurve{}, fmt.Errorf("latent: sample sizes of %s: %d repeats: give 1 or more, or 0 for 20", y.Measure, repeats)
	}
	parts := make([]partition, repeats)
	most := len(p.y)
	for r := range parts {
		parts[r] = p.partition(s.Stream("latent.samplesize "+y.Measure, r))
		most = min(most, len(parts[r].train))
	}
	if sizes, err = checkSizes(y.Measure, sizes, most); err != nil {
		return SampleSizeCurve{}, err
	}
	scores := make([][]float64, repeats) // [repeats][sizes]
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(runtime.GOMAXPROCS(0))
	for r, part := range parts {
		work.Go(func() (err error) {
			scores[r], err = p.learn(ctx, part, sizes)
			return err
		})
	}
	if err := work.Wait(); err != nil {
		return SampleSizeCurve{}, err
	}
	c := SampleSizeCurve{Measure: y.Measure, Repeats: repeats}
	for k, n := range sizes {
		c.Sizes = append(c.Sizes, p.sampleSize(n, parts, scores, k))
	}
	return c, nil
}

// checkSizes returns the sizes in order, or doubled ones up to the most there are.
func checkSizes(measure string, sizes []int, most int) ([]int, error) {
	if sizes == nil {
		for n := 8; n < most; n *= 2 {
			sizes = append(sizes, n)
		}
		return append(sizes, most), nil
	}
	sizes = slices.Sorted(slices.Values(sizes))
	if len(sizes) == 0 || sizes[0] < 2 || sizes[len(sizes)-1] > most {
		return nil, fmt.Errorf("latent: sample sizes of %s: sizes %v: give 2 to %d circuits, which is what every repeat has", measure, sizes, most)
	}
	return sizes, nil
}

// partition is a random order of training rows, and the rows of the regions that are
// set aside.
type partition struct{ train, test []int }

func (p problem) partition(rng *rand.Rand) partition {
	var part partition
	for k, b := range rng.Perm(len(p.blocks)) {
		// The last two regions always train, since a penalty is chosen between regions.
		if len(part.test)*p.config.Folds < len(p.y) && k < len(p.blocks)-2 {
			part.test = append(part.test, p.blocks[b]...)
		} else {
			part.train = append(part.train, p.blocks[b]...)
		}
	}
	slices.Sort(part.train) // so that only the shuffle orders them
	rng.Shuffle(len(part.train), func(i, j int) { part.train[i], part.train[j] = part.train[j], part.train[i] })
	return part
}

// learn returns the R² on the test rows of probes of each size; NaN where there is no
// probe.
func (p problem) learn(ctx context.Context, part partition, sizes []int) ([]float64, error) {
	scores := make([]float64, len(sizes))
	test := pick(p.y, part.test)
	for k, n := range sizes {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("latent: sample sizes of %s: %w", p.measure, err)
		}
		rows := part.train[:n]
		probe, err := FitProbe(pick(p.x, rows), Outcome{p.measure, pick(p.y, rows)}, pick(p.groups, rows), p.config)
		if errors.Is(err, ErrUndefined) {
			scores[k] = math.NaN()
			continue
		}
		if err != nil {
			return nil, err
		}
		predicted, err := probe.Predict(pick(p.x, part.test))
		if err != nil {
			return nil, err
		}
		scores[k] = rSquared(test, predicted, count(len(test)))
	}
	return scores, nil
}

// sampleSize sums up one size, the k-th.
func (p problem) sampleSize(n int, parts []partition, scores [][]float64, k int) SampleSize {
	s := SampleSize{Circuits: n, R2: Interval{Value: math.NaN(), Lo: math.NaN(), Hi: math.NaN()}}
	var defined []float64
	for r, part := range parts {
		s.Regions += float64(len(blocksOf(pick(p.groups, part.train[:n]), n))) / float64(len(parts))
		if v := scores[r][k]; !math.IsNaN(v) {
			defined = append(defined, v)
		}
	}
	s.Undefined = len(parts) - len(defined)
	s.R2.N = len(defined)
	s.R2.Value, _ = definedMean(defined, nil)
	if len(defined) > 1 {
		s.R2 = s.R2.around(defined)
	}
	return s
}
