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
	"github.com/cortigen/cortigen/pkg/nullmodel"
	"github.com/cortigen/cortigen/pkg/seed"
)

// Excess is a score of reconstruction less the same score on null graphs: what
// is left of it once everything is taken away that storing the same classes,
// distances and degrees of a random graph would score too. A large code stores
// any graph, and its AUC says nothing; its excess does.
type Excess struct {
	Name string `json:"name"`
	// Null names the null model, Draws how many of it each circuit has.
	Null  string `json:"null"`
	Draws int    `json:"draws"`
	// Real and Nulls are the scores, Excess their paired difference, with intervals
	// over regions. Of LogLoss less is better: there the excess is nulls less real.
	AUC     ExcessOf `json:"auc"`
	AP      ExcessOf `json:"ap"`
	LogLoss ExcessOf `json:"log_loss"`
}

// ExcessOf is one score on circuits and on their nulls.
type ExcessOf struct {
	Real   latent.Interval `json:"real"`
	Nulls  latent.Interval `json:"nulls"`
	Excess latent.Interval `json:"excess"`
}

// MeasureExcess scores what reconstruct makes of every circuit and of draws of a
// null model of it. Reconstruct sees the graph that it is asked about, as an
// autoencoder does; nulls must take the same way as circuits, encoding included.
//
// Nullmodel's "distance_degree_exact" keeps every degree and the law of distance.
// Its "distance_degree" is faster, but keeps degrees on average only: chance
// spreads them once more, so that whoever stores degrees scores higher on it than
// on the circuits themselves, by .017 AUC in a test of this package, and an
// excess over it is too low by that.
//
// Reconstruct may be called at the same time from several goroutines.
func MeasureExcess(ctx context.Context, name string, circuits []*circuit.Circuit, reconstruct func(ctx context.Context, c *circuit.Circuit) ([]float64, error), null nullmodel.Model, draws, resamples int, s seed.Seed) (Excess, error) {
	if draws < 1 {
		return Excess{}, fmt.Errorf("fidelity: excess: %s: %d draws of %s: ask for at least one", name, draws, null.Name)
	}
	real, nulls := make([]Scores, len(circuits)), make([]Scores, len(circuits))
	score := func(ctx context.Context, c *circuit.Circuit) (Scores, error) {
		p, err := reconstruct(ctx, c)
		if err != nil {
			return Scores{}, err
		}
		return Edge(c, p)
	}
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(runtime.GOMAXPROCS(0))
	for k, c := range circuits {
		work.Go(func() error {
			err := ctx.Err()
			if err == nil {
				real[k], err = score(ctx, c)
			}
			if err == nil {
				nulls[k], err = meanOfNulls(ctx, c, null, draws, s.Sub("nulls", k), score)
			}
			if err != nil {
				return fmt.Errorf("fidelity: excess: %s: circuit %d: %w", name, k, err)
			}
			return nil
		})
	}
	if err := work.Wait(); err != nil {
		return Excess{}, err
	}
	e := Excess{Name: name, Null: null.Name, Draws: draws}
	regions := connectome.Regions(circuits)
	for _, part := range []struct {
		of   func(Scores) float64
		sign float64
		into *ExcessOf
	}{{AUC, 1, &e.AUC}, {AP, 1, &e.AP}, {LogLoss, -1, &e.LogLoss}} {
		of, values := func(scores []Scores) []float64 {
			values := make([]float64, len(scores))
			for k, score := range scores {
				values[k] = part.of(score)
			}
			return values
		}, make([]float64, len(circuits))
		a, b := of(real), of(nulls)
		for k := range values {
			values[k] = part.sign * (a[k] - b[k])
		}
		*part.into = ExcessOf{MeanOver(a, regions, resamples, s), MeanOver(b, regions, resamples, s), MeanOver(values, regions, resamples, s)}
	}
	return e, nil
}

// meanOfNulls scores draws of a circuit; scores that are not defined are left
// out.
func meanOfNulls(ctx context.Context, c *circuit.Circuit, null nullmodel.Model, draws int, s seed.Seed, score func(context.Context, *circuit.Circuit) (Scores, error)) (Scores, error) {
	fitted, err := null.Fit(ctx, c)
	if err != nil {
		return Scores{}, err
	}
	all := make([]Scores, draws)
	for d := range all {
		graph, err := fitted.Draw(s.Stream("draw", d))
		if err != nil {
			return Scores{}, err
		}
		if all[d], err = score(ctx, graph); err != nil {
			return Scores{}, fmt.Errorf("draw %d of %s: %w", d, null.Name, err)
		}
	}
	mean := func(of func(Scores) float64) float64 {
		sum, n := 0., 0.
		for _, s := range all {
			if v := of(s); !math.IsNaN(v) {
				sum, n = sum+v, n+1
			}
		}
		return over(sum, n)
	}
	return Scores{mean(AUC), mean(AP), mean(LogLoss)}, nil
}
