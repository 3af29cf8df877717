package fidelity

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/seed"
)

// Inpainters fits the answers that a model's inpainting has to be held against:
// the density of the visible part; class pair × distance, which does not look at
// it; the same with visible degrees; and the posterior of sender and receiver
// effects, which are fitted as config says.
func Inpainters(ctx context.Context, train []*circuit.Circuit, config SenderReceiverConfig, s seed.Seed) ([]Inpainter, error) {
	degrees, err := FitDegrees(ctx, train, s.Sub("degrees"))
	if err != nil {
		return nil, err
	}
	effects, err := FitSenderReceiver(ctx, train, config, s.Sub("sender and receiver"))
	if err != nil {
		return nil, err
	}
	return []Inpainter{FitVisibleDensity(train), Blind(FitClassDistance(train)), degrees, effects}, nil
}

// Blind is a baseline that does not look at the visible part.
func Blind(b Baseline) Inpainter { return blind{b} }

type blind struct{ Baseline }

func (b blind) Inpaint(_ context.Context, v Partial, _ *rand.Rand) ([]float64, error) {
	return b.Predict(v.Circuit), nil
}

// FitVisibleDensity gives every hidden pair the density of the visible ones,
// smoothed by twenty pairs of the training circuits' density.
func FitVisibleDensity(train []*circuit.Circuit) Inpainter {
	return visibleDensity{FitDensity(train).(table[struct{}]).rate}
}

type visibleDensity struct{ prior float64 }

func (visibleDensity) Name() string { return "density" }

func (d visibleDensity) Inpaint(_ context.Context, v Partial, _ *rand.Rand) ([]float64, error) {
	var seen tally
	n := v.Circuit.Len()
	for i := range n {
		for j := range n {
			if v.Visible(i, j) {
				seen.add(v.Circuit.Has(i, j))
			}
		}
	}
	rate := seen.rate(d.prior)
	return predict(v.Circuit, func(_, _ circuit.Neuron) float64 { return rate }), nil
}

// Degrees corrects class pair × distance by the degrees of the circuit itself:
// the law of greatest entropy with the log-odds
//
//	θ_ij = logit p(class pair, distance) + a_i + b_j
//
// whose expected degrees over the visible pairs are the visible ones (Karrer &
// Newman 2011, doi:10.1103/PhysRevE.83.016107, give the idea; here with a
// logistic link), shrunk: a and b have a normal prior of one sd, without which
// a degree of 0 in what is visible would be taken for a certainty.
type Degrees struct {
	base   Baseline
	spread float64
	codes  degreeCodes
}

// spreads are the sds of a and b, in log-odds, that FitDegrees chooses from. The
// last leaves degrees as they are, but for the infinite a of a degree of 0.
var spreads = []float64{.1, .25, .5, .75, 1, 1.5, 2.5, 5, unshrunk}

const unshrunk = 100

// chosenOn is the number of training circuits on which the sd is chosen (ours).
const chosenOn = 60

// FitDegrees fits class pair × distance, and chooses the sd that foretells a
// hidden fifth of the pairs of training circuits best.
func FitDegrees(ctx context.Context, train []*circuit.Circuit, s seed.Seed) (*Degrees, error) {
	d := &Degrees{base: FitClassDistance(train), spread: 1, codes: fitDegreeCodes(train)}
	var puzzles []Puzzle
	count := min(len(train), chosenOn)
	for k := range count {
		p, err := HidePairs(train[k*len(train)/count], .2, s.Stream("choose", k))
		if err != nil {
			continue // too small to hide anything of
		}
		puzzles = append(puzzles, p)
	}
	loss := make([][]float64, len(puzzles))
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(runtime.GOMAXPROCS(0))
	for k, puzzle := range puzzles {
		work.Go(func() error {
			for _, spread := range spreads {
				if err := ctx.Err(); err != nil {
					return fmt.Errorf("fidelity: %s: fit: %w", d.Name(), err)
				}
				p, err := d.corrected(puzzle.Partial, spread)
				if err != nil {
					return err
				}
				pairs, err := puzzle.scored(p)
				if err != nil {
					return err
				}
				loss[k] = append(loss[k], logLoss(pairs)*float64(len(pairs)))
			}
			return nil
		})
	}
	if err := work.Wait(); err != nil {
		return nil, err
	}
	best := 0.
	for l, spread := range spreads {
		sum := 0.
		for k := range loss {
			sum += loss[k][l]
		}
		if len(loss) > 0 && (l == 0 || sum < best) {
			best, d.spread = sum, spread
		}
	}
	return d, nil
}

// Name is that of tables.
func (d *Degrees) Name() string { return "class × distance × degrees" }

// Spread returns the sd of a and b, in log-odds, that was chosen.
func (d *Degrees) Spread() float64 { return d.spread }

// Inpaint corrects by the visible degrees.
func (d *Degrees) Inpaint(ctx context.Context, v Partial, _ *rand.Rand) ([]float64, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("fidelity: %s: inpaint: %w", d.Name(), err)
	}
	return d.corrected(v, d.spread)
}

// corrected returns the probabilities at an sd of a and b.
func (d *Degrees) corrected(v Partial, spread float64) ([]float64, error) {
	n := v.Circuit.Len()
	base := d.base.Predict(v.Circuit)
	var sigma [groups]cov2
	for g := range sigma {
		sigma[g] = cov2{spread * spread, 0, spread * spread}
	}
	noBlock := func(_, _ circuit.Neuron) int32 { return 0 }
	odds := func(d *dyad) (forth, back float64) {
		return logit(base[int(d.i)*n+int(d.j)]), logit(base[int(d.j)*n+int(d.i)])
	}
	p, err := newEffects(newWiring(v.Circuit, v.state, noBlock), odds, [ties]float64{}, sigma).posterior(nil)
	if err != nil {
		return nil, fmt.Errorf("fidelity: %s: %w", d.Name(), err)
	}
	all := newEffects(newWiring(v.Circuit, func(int, int) uint8 { return absent }, noBlock), odds, [ties]float64{}, sigma)
	corrected := make([]float64, n*n)
	all.each(exponentials(p.mode, make([]float64, 2*n)), func(d *dyad, x, y, _ float64) {
		corrected[int(d.i)*n+int(d.j)], corrected[int(d.j)*n+int(d.i)] = x/(1+x), y/(1+y)
	})
	return corrected, nil
}
