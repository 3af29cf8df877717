package fidelity

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"runtime"

	"golang.org/x/sync/errgroup"
	"gonum.org/v1/gonum/mat"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/seed"
)

// SenderReceiverConfig says how to fit. The zero value of a field means its
// default.
type SenderReceiverConfig struct {
	// Circuits is how many training circuits are used at most, taken evenly from
	// all. Default 400: columns of one tissue overlap.
	Circuits int `json:"circuits,omitempty"`
	// Draws of effects, of every circuit in every iteration, once the fit has
	// settled with a few. Default 128.
	Draws int `json:"draws,omitempty"`
	// Iterations at most. Default 40.
	Iterations int `json:"iterations,omitempty"`
	// Pooled gives all neurons one Σ and all pairs one ρ. Default: Σ by sign, ρ by
	// the signs of both neurons.
	Pooled bool `json:"pooled,omitempty"`
}

func (c SenderReceiverConfig) withDefaults() SenderReceiverConfig {
	c.Circuits = cmp.Or(c.Circuits, 400)
	c.Draws = cmp.Or(c.Draws, 128)
	c.Iterations = cmp.Or(c.Iterations, 40)
	return c
}

const (
	// shards is into how many parts sums over circuits are divided: fixed, so that
	// they do not depend on the number of cores.
	shards = 16
	// fewDraws is how many draws a fit begins with. With so few, the larger of two
	// planted variances came out 2 to 5 % low, with 128 by 0 to 3 % (two simulated
	// samples of 80 circuits of 40 neurons).
	fewDraws = 16
	// fitEnd is the move of Σ and ρ, in log-odds, that ends the fit (ours).
	fitEnd = 2e-3
	// borrowed is by how many neurons of all kinds a Σ by sign, and a class's mean
	// effect, is smoothed (ours).
	borrowed = 20
	// ridgeRho pulls ρ to 0 as a prior of variance 10 would, so that signs whose
	// pairs training does not have are independent (ours).
	ridgeRho = .1
	// leastVariance keeps Σ invertible where neurons do not differ.
	leastVariance = 1e-4
)

// FitSenderReceiver maximises the marginal likelihood of the training circuits
// by Monte Carlo EM. In every iteration, the effects of each circuit are drawn
// from Laplace's approximation to their posterior and weighed by importance, so
// that what rises is the bound of Burda, Grosse & Salakhutdinov 2016,
// arXiv:1509.00519, of that many draws; weights and ρ then take one Newton step
// each, and Σ is the weighted second moment of the effects. What the mean effects
// of a class are off 0 goes into its intercepts (parameter expansion: Liu, Rubin
// & Wu 1998, doi:10.1093/biomet/85.4.755), without which they would crawl.
//
// Weights have the ridge of FitClassDistance towards those common to all class
// pairs. No training pair that is observed is an error. The time goes with
// circuits × iterations × n³: about 10 ms for each circuit of 90 neurons in each
// iteration.
func FitSenderReceiver(ctx context.Context, train []*circuit.Circuit, config SenderReceiverConfig, s seed.Seed) (*SenderReceiver, error) {
	f := newFit(train, config.withDefaults())
	if f.known == 0 {
		return nil, fmt.Errorf("fidelity: sender and receiver effects: the %d training circuits have no observed pairs: give circuits with observed rows", len(train))
	}
	f.draws = min(fewDraws, f.config.Draws)
	for range f.config.Iterations {
		sums, err := f.expect(ctx, s)
		if err != nil {
			return nil, fmt.Errorf("fidelity: sender and receiver effects: fit: %w", err)
		}
		if f.maximise(sums) >= fitEnd {
			continue
		}
		if f.draws == f.config.Draws {
			break
		}
		f.draws = f.config.Draws
	}
	return f.SenderReceiver, nil
}

// fit is a model on its way.
type fit struct {
	*SenderReceiver
	config  SenderReceiverConfig
	draws   int
	wirings []*wiring
	modes   [][]float64
	kind    [][]int32 // by circuit and neuron: its class
	classes int
	known   int // pairs
	start   [][features]float64
	// of gives the classes of pre and post of every block.
	of     [][2]int32
	placed []bool    // by block
	pairs  []float64 // by block
}

func newFit(train []*circuit.Circuit, config SenderReceiverConfig) *fit {
	start := FitClassDistance(train).(classDistance)
	f := &fit{SenderReceiver: &SenderReceiver{index: map[blockKey]int32{}}, config: config}
	lone := [features]float64{logit(FitDensity(train).(table[struct{}]).rate)}
	f.weights = [][features]float64{start.common, lone}
	for g := range f.sigma {
		f.sigma[g] = cov2{.5, 0, .3}
	}
	numbers := map[circuit.Class]int32{}
	for k, class := range circuit.Classes(train...) {
		numbers[class] = int32(k)
	}
	f.classes = len(numbers)
	f.of, f.placed = [][2]int32{{-1, -1}, {-1, -1}}, []bool{true, false}
	block := func(pre, post circuit.Neuron) int32 {
		key := blockKey{classPair{pre.Class, post.Class}, pre.Position.Known() && post.Position.Known()}
		k, known := f.index[key]
		if !known {
			k = int32(len(f.weights))
			f.index[key] = k
			w := lone
			if key.placed {
				if w, known = start.weights[key.classPair]; !known {
					w = start.common
				}
			}
			f.weights = append(f.weights, w)
			f.of, f.placed = append(f.of, [2]int32{numbers[pre.Class], numbers[post.Class]}), append(f.placed, key.placed)
		}
		return k
	}
	count := min(len(train), config.Circuits)
	for k := range count {
		c := train[k*len(train)/count]
		w := newWiring(c, knownOf(c), block)
		if config.Pooled {
			w.pool()
		}
		kind := make([]int32, c.Len())
		for i, neuron := range c.Neurons() {
			kind[i] = numbers[neuron.Class]
		}
		f.wirings, f.kind, f.known = append(f.wirings, w), append(f.kind, kind), f.known+w.known
	}
	f.modes = make([][]float64, len(f.wirings))
	f.start = append(f.start, f.weights...)
	f.countPairs()
	return f
}

// pool makes all neurons of one kind.
func (w *wiring) pool() {
	clear(w.group)
	for k := range w.dyads {
		w.dyads[k].tie = 0
	}
}

func (f *fit) countPairs() {
	f.pairs = make([]float64, len(f.weights))
	for _, w := range f.wirings {
		for k := range w.dyads {
			f.pairs[w.dyads[k].blocks[0]]++
			f.pairs[w.dyads[k].blocks[1]]++
		}
	}
}

func logit(p float64) float64 {
	p = min(max(p, 1e-6), 1-1e-6)
	return math.Log(p / (1 - p))
}

// expect draws the effects of all circuits and sums over them.
func (f *fit) expect(ctx context.Context, s seed.Seed) (*sums, error) {
	parts := make([]*sums, shards)
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(runtime.GOMAXPROCS(0))
	for shard := range parts {
		work.Go(func() error {
			parts[shard] = f.newSums()
			for k := shard; k < len(f.wirings); k += shards {
				if err := ctx.Err(); err != nil {
					return err
				}
				if err := f.visit(k, parts[shard], s); err != nil {
					return fmt.Errorf("circuit %d: %w", k, err)
				}
			}
			return nil
		})
	}
	if err := work.Wait(); err != nil {
		return nil, err
	}
	total := f.newSums()
	for _, part := range parts {
		total.add(part)
	}
	return total, nil
}

// visit adds a circuit. Its draws come from the same normal numbers in every
// iteration, so that the fit settles.
func (f *fit) visit(k int, into *sums, s seed.Seed) error {
	e := newEffects(f.wirings[k], f.base, f.rho, f.sigma)
	p, err := e.posterior(f.modes[k])
	if err != nil {
		return err
	}
	f.modes[k] = p.mode
	drawn := p.draw(f.draws, s.Stream("sender and receiver effects", k))
	weights, logMean, _ := drawn.weights()
	into.evidence += logMean
	slopes := make([]slope, len(e.dyads))
	exp := make([]float64, 2*e.n)
	for d, u := range drawn.effects {
		w := weights[d]
		for i := range e.n {
			m := &into.moments[int(f.kind[k][i])*groups+int(e.group[i])]
			a, b := u[2*i], u[2*i+1]
			m.add(moment{w, w * a, w * b, cov2{a * a, a * b, b * b}.times(w)})
		}
		at := 0
		e.each(exponentials(u, exp), func(d *dyad, x, y, m float64) {
			slopes[at].add(slopeOf(d, x, y, m), w)
			at++
		})
	}
	for l := range e.dyads {
		into.dyad(&e.dyads[l], &slopes[l])
	}
	return nil
}

// maximise moves all parameters, and returns the largest move of Σ and ρ.
func (f *fit) maximise(s *sums) float64 {
	f.course = append(f.course, -s.evidence/float64(f.known))
	shift := f.shifts(s.moments)
	for k := 2; k < len(f.weights); k++ {
		w, of := &f.weights[k], f.of[k]
		w[0] += shift[of[0]].s + shift[of[1]].r
		f.step(w, f.prior(k), &s.blocks[k])
	}
	f.shiftCommon()
	largest := f.moveSigma(s.moments, shift)
	for k := range f.rho {
		move := (s.rho[k] - ridgeRho*f.rho[k]) / (s.rhoInfo[k] + ridgeRho)
		move = max(-1, min(1, move))
		f.rho[k] += move
		if s.rhoInfo[k] > 0 {
			largest = max(largest, math.Abs(move))
		}
	}
	if f.config.Pooled {
		f.spread()
	}
	return largest
}

// shifts returns the mean effects of every class, smoothed towards 0.
func (f *fit) shifts(moments []moment) []moment {
	shift := make([]moment, f.classes)
	for class := range shift {
		m := &shift[class]
		for g := range groups {
			m.add(moments[class*groups+g])
		}
		m.s, m.r = m.s/(m.n+borrowed), m.r/(m.n+borrowed)
	}
	return shift
}

// prior is what the weights of a block are drawn towards.
func (f *fit) prior(k int) [features]float64 {
	if f.placed[k] {
		return f.weights[commonBlock]
	}
	return f.weights[commonUnplaced]
}

// step is Newton's, of bounded length.
func (f *fit) step(w *[features]float64, prior [features]float64, b *blockSums) {
	const ridge = 3
	info, gradient := mat.NewSymDense(features, nil), mat.NewVecDense(features, nil)
	for k := range features {
		gradient.SetVec(k, b.gradient[k]+ridge*(prior[k]-w[k]))
		for l := k; l < features; l++ {
			info.SetSym(k, l, b.info[k][l])
		}
		info.SetSym(k, k, b.info[k][k]+ridge)
	}
	var chol mat.Cholesky
	var move mat.VecDense
	if !chol.Factorize(info) || chol.SolveVecTo(&move, gradient) != nil {
		return // the ridge keeps this from happening but for overflow
	}
	scale := min(1, 2/max(1e-12, mat.Norm(&move, 2)))
	for k := range features {
		w[k] += scale * move.AtVec(k)
	}
}

// shiftCommon moves the common intercepts as the class pairs' have moved on
// average: with effects integrated out, all are lower than without.
func (f *fit) shiftCommon() {
	moved, pairs := 0., 0.
	for k := 2; k < len(f.weights); k++ {
		moved += f.pairs[k] * (f.weights[k][0] - f.start[k][0])
		pairs += f.pairs[k]
	}
	for k := range 2 {
		f.weights[k] = f.start[k]
		f.weights[k][0] += moved / pairs
	}
}

// moveSigma sets Σ of every kind of neuron, and returns the largest move of an
// sd or covariance.
func (f *fit) moveSigma(moments []moment, shift []moment) float64 {
	var second [groups]cov2
	var count [groups]float64
	var all cov2
	total := 0.
	for k, m := range moments {
		a := shift[k/groups]
		centred := m.second.plus(cov2{2 * a.s * m.s, a.s*m.r + a.r*m.s, 2 * a.r * m.r}, -1).plus(cov2{a.s * a.s, a.s * a.r, a.r * a.r}, m.n)
		second[k%groups] = second[k%groups].plus(centred, 1)
		count[k%groups] += m.n
		all, total = all.plus(centred, 1), total+m.n
	}
	all = all.times(1 / total)
	largest := 0.
	for g, old := range f.sigma {
		c := second[g].plus(all, borrowed).times(1 / (count[g] + borrowed))
		c.ss, c.rr = max(c.ss, leastVariance), max(c.rr, leastVariance)
		most := .98 * math.Sqrt(c.ss*c.rr)
		c.sr = max(-most, min(most, c.sr))
		if count[g] > 0 {
			largest = max(largest, math.Abs(math.Sqrt(c.ss)-math.Sqrt(old.ss)), math.Abs(math.Sqrt(c.rr)-math.Sqrt(old.rr)), math.Abs(c.sr-old.sr))
		}
		f.sigma[g] = c
	}
	return largest
}

// spread gives all kinds the values of the one that a pooled fit has.
func (f *fit) spread() {
	for g := range f.sigma {
		f.sigma[g] = f.sigma[0]
	}
	for k := range f.rho {
		f.rho[k] = f.rho[0]
	}
}
