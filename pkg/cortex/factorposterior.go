package cortex

import (
	"cmp"
	"context"
	"fmt"
	"runtime"

	"golang.org/x/sync/errgroup"
	"gonum.org/v1/gonum/stat"

	"github.com/cortigen/cortigen/pkg/seed"
)

// FactorPosterior is what the edges of an independent circuit say of its factors,
// neurons given, all else integrated out. Values are by factor, in its unit, as the
// circuit carries it: a reciprocity beyond its cap is the cap.
//
// Two chains are run, which err to opposite sides. One begins at the truth, which
// is an exact sample of the posterior, so that its draws are too, but a short chain
// remembers where it began: its mean lies too near the truth. The other begins with
// a draw from the prior that is annealed to the posterior: its mean is too far off
// where annealing did not arrive. What the best reader of the edges could know of a
// factor lies between.
type FactorPosterior struct {
	Mean     map[string]float64 `json:"mean"`
	Annealed map[string]float64 `json:"annealed_mean"`
	// Variance is that of the draws of the first chain, in squared units.
	Variance map[string]float64 `json:"variance"`
	// Effective is how many independent draws each factor's of the first chain are
	// worth.
	Effective map[string]float64 `json:"effective"`
}

// FactorPosteriorConfig says how long the chains are; zero values mean the defaults,
// all of them ours.
type FactorPosteriorConfig struct {
	// Draws are kept of each chain, Thin steps lie between two. Defaults 100 and 5.
	Draws int `json:"draws,omitempty"`
	Thin  int `json:"thin,omitempty"`
	// Annealing is how many steps lead from the prior to the posterior. Default 300.
	Annealing int `json:"annealing,omitempty"`
}

func (c FactorPosteriorConfig) withDefaults() (FactorPosteriorConfig, error) {
	c.Draws, c.Thin, c.Annealing = cmp.Or(c.Draws, 100), cmp.Or(c.Thin, 5), cmp.Or(c.Annealing, 300)
	if c.Draws < 2 || c.Thin < 1 || c.Annealing < 1 {
		return c, fmt.Errorf("cortex: posterior of factors: %d draws, %d steps between them, %d of annealing: ask for 2 draws or more, 1 step or more", c.Draws, c.Thin, c.Annealing)
	}
	return c, nil
}

// FactorPosteriors samples the posterior of the factors of independent circuits,
// with the chain and under the conditions of [Evidences]. On all cores: circuit i
// depends on itself, cfg, s and i only. About 3 seconds for a circuit of 90 on one
// core at the default of 100 draws, 5 steps between two.
func FactorPosteriors(ctx context.Context, truths []*Truth, cfg FactorPosteriorConfig, s seed.Seed) ([]FactorPosterior, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	all, typical := make([]FactorPosterior, len(truths)), typicalPairs()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, t := range truths {
		group.Go(func() (err error) {
			if err = whole(t); err == nil {
				all[i], err = factorPosterior(ctx, t, typical, cfg, s.Sub("circuit", i))
			}
			if err != nil {
				return fmt.Errorf("cortex: posterior of factors: circuit %d: %w", i, err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return all, nil
}

func factorPosterior(ctx context.Context, t *Truth, typical *typical, cfg FactorPosteriorConfig, s seed.Seed) (FactorPosterior, error) {
	a, err := newAnnealer(t, typical, s.Stream("from the truth"))
	if err != nil {
		return FactorPosterior{}, err
	}
	p := FactorPosterior{Mean: map[string]float64{}, Annealed: map[string]float64{}, Variance: map[string]float64{}, Effective: map[string]float64{}}
	traces, err := a.trace(ctx, cfg)
	if err != nil {
		return FactorPosterior{}, err
	}
	for k, f := range factors {
		p.Mean[f.Name], p.Variance[f.Name] = stat.PopMeanVariance(traces[k], nil)
		p.Effective[f.Name] = effective(traces[k])
	}
	if a, err = newAnnealer(t, typical, s.Stream("from the prior")); err != nil {
		return FactorPosterior{}, err
	}
	if a.n > 1 {
		a.redraw()
		if _, err := a.rise(ctx, powers(cfg.Annealing)); err != nil {
			return FactorPosterior{}, err
		}
	}
	if traces, err = a.trace(ctx, cfg); err != nil {
		return FactorPosterior{}, err
	}
	for k, f := range factors {
		p.Annealed[f.Name] = stat.Mean(traces[k], nil)
	}
	return p, nil
}

// trace runs the chain at power 1 and returns what the factors were, [factors][draws].
func (a *annealer) trace(ctx context.Context, cfg FactorPosteriorConfig) (traces [factorCount][]float64, err error) {
	a.power = 1
	for range cfg.Draws {
		for range cfg.Thin {
			if err := ctx.Err(); err != nil {
				return traces, err
			}
			a.step()
		}
		now := a.solve(a.factors).factors
		for k := range traces {
			traces[k] = append(traces[k], now[k])
		}
	}
	return traces, nil
}
