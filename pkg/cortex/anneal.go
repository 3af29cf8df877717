package cortex

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// annealer is a chain over factors and effects of an independent circuit. Its
// target is their prior times a power of the likelihood.
type annealer struct {
	sampler
	factors    values // as drawn: reciprocity may be above its cap
	place      place  // solved for them
	level      float64
	solver     *solver
	linear     []linear // [n, n], of j < i
	excitatory float64  // how many neurons are
	spare      []dyad
	// volume is that of volumeOf at the present factors, if it is known; capped says
	// that there is none.
	volume              float64
	volumeKnown, capped bool
}

// linear is how the log-odds of a pair depend on its place, which is the same for
// all pairs.
type linear struct {
	forth, back           float64 // odds of i→j and of j→i where all else is 0
	rate, forward, within float64 // what a unit of rate, forward and tilt adds to the log-odds of i→j
}

// newAnnealer begins at the truth of a circuit, which it checks to be that of an
// independent one.
func newAnnealer(t *Truth, typical *typical, rng *rand.Rand) (*annealer, error) {
	s, err := newSampler(t, rng)
	if err != nil {
		return nil, err
	}
	a := &annealer{sampler: *s, solver: newSolver(typical), spare: slices.Clone(s.dyads)}
	a.solver.radius = radius(a.n, perArea)
	a.learn()
	if err := a.recall(); err != nil {
		return nil, err
	}
	a.level = a.logLikelihood()
	return a, nil
}

// learn asks the rule what becomes of pairs at unit places.
func (a *annealer) learn() {
	a.linear = make([]linear, a.n*a.n)
	rule, cells := a.truth.rule, a.truth.cells
	for i := range cells {
		if a.truth.circuit.Neuron(i).Sign == circuit.Excitatory {
			a.excitatory++
		}
		for j := range i {
			at := func(p place) (forth, back float64) {
				u, v := cells[i], cells[j]
				u.place, v.place = p, p
				forth, back, _ = rule.pair(&u, &v)
				return forth, back
			}
			forth, back := at(place{})
			rate, _ := at(place{rate: 1})
			forward, _ := at(place{forward: 1})
			within, _ := at(place{tilt: 1})
			a.linear[i*a.n+j] = linear{math.Exp(forth), math.Exp(back), rate - forth, forward - forth, within - forth}
		}
	}
}

// settle puts all pairs under a place: what the sampler's does, in a fifth of the
// time.
func (a *annealer) settle(p place) {
	intercept, affinity, psi := math.Exp(p.intercept), math.Exp(p.affinity), math.Exp(p.logOdds)
	for i := range a.n {
		a.spread[i] = p.spread
		for j := range i {
			l := &a.linear[i*a.n+j]
			both, down := intercept*math.Exp(l.rate*p.rate+l.within*p.tilt), math.Exp(l.forward*p.forward)
			d, mirror := &a.dyads[i*a.n+j], &a.dyads[j*a.n+i]
			d.forth, d.back, d.affinity, d.psi = both*l.forth*down, both*l.back/down, affinity, psi
			mirror.forth, mirror.back, mirror.affinity, mirror.psi = d.back, d.forth, affinity, psi
		}
	}
	a.place = p
}

// Solved for the same factors from elsewhere, a place differs by less than
// sameSolution.
const sameSolution = 1e-5

// recall takes the true factors from where the circuit carries them. A
// reciprocity that was lowered to its cap could have been any above; which, is
// drawn.
func (a *annealer) recall() error {
	carried := a.truth.Blueprint()
	for k, f := range factors {
		v, ok := carried[f.Name]
		if !ok {
			return fmt.Errorf("cortex: evidence: the circuit does not carry the factor %s: give one that Specimens made, or a twin of it", f.Name)
		}
		a.factors[k] = v
	}
	highest := a.factors
	highest[reciprocity] = factors[reciprocity].Max
	n := a.solve(highest)
	if limit := n.factors[reciprocity]; math.Abs(limit-a.factors[reciprocity]) < sameSolution {
		a.factors[reciprocity] = limit + (factors[reciprocity].Max-limit)*a.rng.Float64()
	}
	p := placeOf(a.solve(a.factors))
	for i := range a.truth.cells {
		c := a.truth.cells[i].place
		if !c.near(p) || !math.IsInf(a.truth.reach, 1) {
			return fmt.Errorf("cortex: evidence: neuron %d lies where the rule of wiring is not that of an independent circuit of %d neurons with the factors it carries: give one that Specimens made, whole, or a twin of it", i, a.n)
		}
	}
	a.settle(p)
	return nil
}

func (p place) near(q place) bool {
	for _, d := range [...]float64{p.intercept - q.intercept, p.logOdds - q.logOdds, p.rate - q.rate, p.spread - q.spread, p.forward - q.forward, p.affinity - q.affinity, p.tilt - q.tilt} {
		if !(math.Abs(d) < sameSolution) {
			return false
		}
	}
	return true
}

func (a *annealer) solve(v values) node {
	n := node{factors: v}
	a.solver.solve(&n)
	return n
}

// redraw begins anew, with factors and effects from their prior.
func (a *annealer) redraw() {
	for k := range a.factors {
		a.factors[k] = valueAt(k, a.rng.Float64())
	}
	a.factors[eShare] = a.drawEShare()
	a.settle(placeOf(a.solve(a.factors)))
	var e Effects
	for _, c := range a.truth.cells {
		c.place = a.place
		c.effects(a.rng)
		e.add(&c)
	}
	a.take(e)
	a.volumeKnown = false
	a.level = a.logLikelihood()
}

// drawEShare draws from what the classes say of it: its range, weighed by the
// probability of so many excitatory neurons.
func (a *annealer) drawEShare() float64 {
	f := factors[eShare]
	logOf := func(share float64) float64 {
		return a.excitatory*math.Log(share) + (float64(a.n)-a.excitatory)*math.Log(1-share)
	}
	most := logOf(f.Max)
	if a.n > 0 {
		most = logOf(max(f.Min, min(f.Max, a.excitatory/float64(a.n))))
	}
	for {
		share := valueAt(eShare, a.rng.Float64())
		if math.Log(1-a.rng.Float64()) < logOf(share)-most {
			return share
		}
	}
}

// turns are moves of a factor by Metropolis's rule (as generalised by Hastings
// 1970, doi:10.1093/biomet/57.1.97), with intercept and odds ratio solved anew. sd
// is about that of a posterior of typicalNeurons at power 1.
var turns = [...]struct {
	factor int
	sd     float64
}{
	{density, .005}, {heterogeneity, .07}, {decay, 8}, {reciprocity, .3}, {forwardness, .25}, {modularity, .8}, {tilt, .3},
}

// turnsPerStep is how many of them, drawn evenly, are in a step (ours: with twice as
// many the gap falls by a third, but a step takes so much longer).
const turnsPerStep = 5

// step is one sweep over the effects and some moves of factors.
func (a *annealer) step() {
	a.sweep()
	a.level = a.logLikelihood()
	for range turnsPerStep {
		a.turn(a.rng.IntN(len(turns)))
	}
	a.shift()
	a.respread()
	a.reshare()
}

// turn moves a factor. Effects keep their size in units of their sd. The width of
// the move depends on the power and on chance, not on where the chain is or was.
func (a *annealer) turn(number int) {
	t, v := turns[number], a.factors
	f := factors[t.factor]
	prior, data := math.Sqrt(12)/(f.Max-f.Min), float64(a.n)/typicalNeurons/t.sd
	width := 2 / math.Sqrt(prior*prior+a.power*data*data) * math.Exp(.7*a.rng.NormFloat64())
	v[t.factor] = folded(v[t.factor]+width*a.rng.NormFloat64(), f.Min, f.Max)

	was, level, p := a.place, a.level, placeOf(a.solve(v))
	a.dyads, a.spare = a.spare, a.dyads
	a.settle(p)
	a.scale(p.spread / was.spread)
	a.level = a.logLikelihood()
	if a.power*(a.level-level) > math.Log(1-a.rng.Float64()) {
		a.factors, a.volumeKnown = v, false
		return
	}
	a.dyads, a.spare = a.spare, a.dyads
	a.place, a.level = was, level
	a.scale(was.spread / p.spread)
	for i := range a.spread {
		a.spread[i] = was.spread
	}
}

// scale multiplies all effects.
func (a *annealer) scale(by float64) {
	if by == 1 {
		return
	}
	for i := range a.n {
		a.affect(i, by*a.Sender[i], by*a.Receiver[i])
	}
}

// Three more moves hold on to intercept and odds ratio in place of density and
// reciprocity, which follow. Of these coordinates the prior is
// [annealer.volumeOf] times the other's. They leave the likelihood as it is, so
// that they are taken by the prior alone (moves of both kinds together: Yu & Meng
// 2011, doi:10.1198/jcgs.2011.203main).

// volumeOf returns the factors at an intercept and odds ratio, with the logarithm
// of how much density and reciprocity change by these; false where factors are
// out of range, or reciprocity is above its cap and does not tell the odds ratio.
func (a *annealer) volumeOf(v values, intercept, logOdds float64) (values, float64, bool) {
	s := a.solver
	s.prepare(v)
	got, change := s.marginals(intercept)
	independent, most := s.chance()
	both, bothChange := s.mutual(logOdds)
	v[density], v[reciprocity] = got, both/independent
	if v[reciprocity] > 1+nearestCap*(most/independent-1) {
		return v, 0, false
	}
	for _, k := range [...]int{density, reciprocity} {
		if !(v[k] >= factors[k].Min && v[k] <= factors[k].Max) {
			return v, 0, false
		}
	}
	return v, math.Log(change * bothChange / independent), true
}

// hold moves to factors at an intercept, with the present odds ratio, where the
// prior of all else changes by some nats. It says whether it does.
func (a *annealer) hold(v values, intercept, logPrior float64) bool {
	if !a.volumeKnown {
		now, volume, ok := a.volumeOf(a.factors, a.place.intercept, a.place.logOdds)
		a.volume, a.capped = volume, !ok || math.Abs(now[reciprocity]-a.factors[reciprocity]) > sameSolution
		a.volumeKnown = true
	}
	v, volume, ok := a.volumeOf(v, intercept, a.place.logOdds)
	if !ok || a.capped || math.Log(1-a.rng.Float64()) >= logPrior+volume-a.volume {
		return false
	}
	a.factors, a.volume = v, volume
	a.place.intercept = intercept
	return true
}

// senderPart is the part of a shift that senders take: their part of the variance.
const senderPart = 1 / (1 + receiverShare*receiverShare)

// shift moves the intercept, for which effects make good.
func (a *annealer) shift() {
	by := .1 * math.Exp(.7*a.rng.NormFloat64()) * a.rng.NormFloat64()
	old := a.effort()
	a.add(-by)
	s := a.place.spread
	if !a.hold(a.factors, a.place.intercept+by, (old-a.effort())/(2*s*s)) {
		a.add(by)
		return
	}
	factor := math.Exp(by)
	for k := range a.dyads {
		a.dyads[k].forth *= factor
		a.dyads[k].back *= factor
	}
}

// add spreads a shift over both effects of all neurons.
func (a *annealer) add(by float64) {
	for i := range a.n {
		a.affect(i, a.Sender[i]+senderPart*by, a.Receiver[i]+(1-senderPart)*by)
	}
}

// respread moves heterogeneity under effects that stay.
func (a *annealer) respread() {
	f, v := factors[heterogeneity], a.factors
	s := v[heterogeneity]
	t := folded(s+.05*math.Exp(.7*a.rng.NormFloat64())*a.rng.NormFloat64(), f.Min, f.Max)
	v[heterogeneity] = t
	if a.hold(v, a.place.intercept, a.effort()*(1/(2*s*s)-1/(2*t*t))-2*float64(a.n)*math.Log(t/s)) {
		a.place.spread = t
		for i := range a.spread {
			a.spread[i] = t
		}
	}
}

// reshare draws a new E share from what classes say of it.
func (a *annealer) reshare() {
	v := a.factors
	v[eShare] = a.drawEShare()
	a.hold(v, a.place.intercept, 0)
}

// effort is the sum of squares of effects, each in units of its share of the sd of
// senders.
func (a *annealer) effort() (sum float64) {
	for i := range a.n {
		s, r := a.Sender[i], a.Receiver[i]/receiverShare
		sum += s*s + r*r
	}
	return sum
}

// folded folds x back into a range.
func folded(x, low, high float64) float64 {
	x = math.Mod(math.Abs(x-low), 2*(high-low))
	return low + min(x, 2*(high-low)-x)
}

// bend is by how much powers are closer together near 0, where the first edges say
// most about factors (ours: of 1, 1.3, 1.6, 2, 3 and 4, the one with the least gap).
const bend = 1.3

// powers are those that a chain goes through, from 0 to 1.
func powers(steps int) []float64 {
	all := make([]float64, steps+1)
	for k := range all {
		all[k] = math.Pow(float64(k)/float64(steps), bend)
	}
	return all
}

// rise takes the chain from the prior to the posterior and returns the logarithm
// of its weight.
func (a *annealer) rise(ctx context.Context, powers []float64) (weight float64, err error) {
	for k := 1; k < len(powers); k++ {
		weight += (powers[k] - powers[k-1]) * a.level
		if a.power = powers[k]; k < len(powers)-1 {
			if err := ctx.Err(); err != nil {
				return 0, err
			}
			a.step()
		}
	}
	return weight, nil
}

// fall takes the chain from the posterior to the prior and returns the negative
// logarithm of its weight.
func (a *annealer) fall(ctx context.Context, powers []float64) (weight float64, err error) {
	for k := len(powers) - 1; k > 0; k-- {
		weight += (powers[k] - powers[k-1]) * a.level
		if a.power = powers[k-1]; k > 1 {
			if err := ctx.Err(); err != nil {
				return 0, err
			}
			a.step()
		}
	}
	return weight, nil
}
