package experiment

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"

	"golang.org/x/sync/errgroup"

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/cortex"
	"github.com/cortigen/cortigen/pkg/fidelity"
	"github.com/cortigen/cortigen/pkg/nullmodel"
	"github.com/cortigen/cortigen/pkg/seed"
	"github.com/cortigen/cortigen/pkg/structure"
)

// MakingName is the name of the experiment that has models make circuits.
const MakingName = "making"

// Making has the Exchangeable model make circuits that nobody asked it to
// remember: wirings of the neurons of held-out circuits, and whole circuits; and
// edges of held-out circuits foretold without any code. All stand beside what
// simpler answers make of the same.
func (r *Run) Making(ctx context.Context) (fidelity.Making, error) {
	k, err := r.wiringKey(ctx, MakingName, "making.go answers.go")
	if err != nil {
		return fidelity.Making{}, err
	}
	return named(ctx, r, MakingName, k, r.making)
}

func (r *Run) making(ctx context.Context) (fidelity.Making, error) {
	w, err := r.wired(ctx)
	if err != nil {
		return fidelity.Making{}, err
	}
	rivals, err := r.fitRivals(ctx, w.Train)
	if err != nil {
		return fidelity.Making{}, err
	}
	var f fidelity.Making
	if err := r.foretell(ctx, w, rivals, &f); err != nil {
		return fidelity.Making{}, err
	}
	like, samples, err := r.likes(ctx, w)
	if err != nil {
		return fidelity.Making{}, err
	}
	b := bench{run: r, real: like, train: w.Train}
	r.progress("make", 0, 3+len(rivals.makers()), "circuits of given neurons")
	made, err := w.model().Generate(ctx, like, nil, samples, r.seed().Sub("generate"))
	if err != nil {
		return fidelity.Making{}, err
	}
	if f.Conditional, err = b.judge(ctx, "conditional", slices.Concat(made...), givenNeurons()); err != nil {
		return fidelity.Making{}, err
	}
	if f.Unconditional, err = r.whole(ctx, b, len(like)*samples); err != nil {
		return fidelity.Making{}, err
	}
	for i, m := range append(rivals.makers(), nullMaker(like)) {
		r.progress("make", 2+i, 3+len(rivals.makers()), m.name)
		made, err := m.makeAll(ctx, like, samples, r.seed().Sub("make "+m.name))
		if err != nil {
			return fidelity.Making{}, err
		}
		other, err := b.judge(ctx, m.name, made, givenNeurons())
		if err != nil {
			return fidelity.Making{}, err
		}
		f.Others = append(f.Others, other)
	}
	return f, nil
}

// likes returns held-out circuits, whose neurons are wired anew, so many times
// each: of the embedded cortex fresh ones, which no other experiment looks at;
// of a reconstruction the test circuits, since there are no more.
func (r *Run) likes(ctx context.Context, w wiring) ([]*circuit.Circuit, int, error) {
	count := r.sizes().Wiring.Made
	if r.Setting.Dataset != artifact.Cortex {
		return w.Test, (count + len(w.Test) - 1) / len(w.Test), nil
	}
	fresh, err := cortex.Circuits(ctx, nil, count, r.sizes().Band, r.seed().Sub("circuits to make"))
	return fresh, 1, err
}

// composed trains the Exchangeable model to draw neurons too.
func (r *Run) composed(ctx context.Context) (wiring, error) {
	return r.wire(ctx, variant{name: "with composition", change: func(how *recipe) { how.Model.Composition = true }, replicates: 1})
}

// whole trains the model to draw neurons too, and judges the circuits that it
// makes of codes from their prior.
func (r *Run) whole(ctx context.Context, b bench, count int) (fidelity.Made, error) {
	w, err := r.composed(ctx)
	if err != nil {
		return fidelity.Made{}, err
	}
	rng := r.seed().Stream("codes to make")
	z := make([][]float64, count)
	for i := range z {
		z[i] = make([]float64, w.model().Dim())
		for k := range z[i] {
			z[i][k] = rng.NormFloat64()
		}
	}
	r.progress("make", 1, 2, "whole circuits")
	made, err := w.model().Decode(ctx, z, 1, r.seed().Sub("decode"))
	if err != nil {
		return fidelity.Made{}, err
	}
	// No two share neurons with each other or with a real one, so each is a region.
	circuits := slices.Concat(made...)
	for i, c := range circuits {
		o := c.Origin()
		o.Region = "made-" + strconv.Itoa(i)
		circuits[i] = c.WithOrigin(o)
	}
	return b.judge(ctx, "unconditional", circuits, nil)
}

// bench is what made circuits are held against.
type bench struct {
	run         *Run
	real, train []*circuit.Circuit
}

// judge compares made circuits by the named measures, or all.
func (b bench) judge(ctx context.Context, name string, made []*circuit.Circuit, measures []string) (m fidelity.Made, err error) {
	draws, s := b.run.sizes().Draws, b.run.seed().Sub("judge made")
	if m.Generation, err = fidelity.CompareGenerated(ctx, name, b.real, made, fidelity.GenerationConfig{Measures: measures}, s); err != nil {
		return m, err
	}
	if m.TwoSample, err = fidelity.Classify(ctx, name, b.real, made, measures, draws, s); err != nil {
		return m, err
	}
	m.Novelty, err = fidelity.MeasureNovelty(ctx, name, made, b.real, b.train, draws, s)
	return m, err
}

// givenNeurons are the measures that the neurons of a circuit do not settle.
func givenNeurons() []string {
	var names []string
	for _, m := range structure.Measures() {
		if m.Unobserved != structure.Neurons {
			names = append(names, m.Name)
		}
	}
	return names
}

// rivals are fitted to training circuits.
type rivals struct {
	distance fidelity.Baseline
	trees    *fidelity.BoostedTrees
	effects  *fidelity.SenderReceiver
}

func (r *Run) fitRivals(ctx context.Context, train []*circuit.Circuit) (rivals, error) {
	f := rivals{distance: fidelity.FitClassDistance(train)}
	r.progress("make", 0, 1, "fitting what the model is held against")
	var err error
	if f.trees, err = r.fitTrees(ctx, train); err != nil {
		return rivals{}, err
	}
	f.effects, err = r.fitEffects(ctx, train)
	return f, err
}

// foretell scores edges of test circuits without a code: all there is to see are
// classes and positions.
func (r *Run) foretell(ctx context.Context, w wiring, others rivals, f *fidelity.Making) error {
	s := r.sizes()
	r.progress("make", 0, 1, "edges foretold without a code")
	p, err := w.model().EdgeProbabilities(ctx, w.Test, nil, s.Wiring.Prior, r.seed().Sub("prior"))
	if err != nil {
		return err
	}
	intervals := r.seed().Sub("intervals")
	f.Prior, err = fidelity.Evaluate(ctx, string(w.model().Config().Kind), w.Test, func(i int) ([]float64, error) { return p[i], nil }, s.Draws, intervals)
	if err != nil {
		return err
	}
	for _, b := range []fidelity.Baseline{others.distance, others.trees, others.effects} {
		report, err := fidelity.EvaluateBaseline(ctx, b, w.Test, s.Draws, intervals)
		if err != nil {
			return err
		}
		f.Baselines = append(f.Baselines, report)
	}
	f.Gains, err = fidelity.Compare(f.Prior, f.Baselines, s.Draws, intervals)
	return err
}

// maker wires the neurons of a circuit anew.
type maker struct {
	name string
	wire func(ctx context.Context, c *circuit.Circuit, rng *rand.Rand) (*circuit.Circuit, error)
}

func (f rivals) makers() []maker {
	return []maker{
		{f.distance.Name(), func(_ context.Context, c *circuit.Circuit, rng *rand.Rand) (*circuit.Circuit, error) {
			return fidelity.GenerateIndependent(f.distance, c, rng)
		}},
		{f.effects.Name(), func(_ context.Context, c *circuit.Circuit, rng *rand.Rand) (*circuit.Circuit, error) {
			return f.effects.Generate(c, rng)
		}},
	}
}

// nullMaker sees more than a generator may, the degrees of the circuit itself:
// with its distances where all positions are known.
func nullMaker(circuits []*circuit.Circuit) maker {
	name := "distance_degree_exact"
	for _, c := range circuits {
		for _, n := range c.Neurons() {
			if !n.Position.Known() {
				name = "configuration"
			}
		}
	}
	return maker{name, func(ctx context.Context, c *circuit.Circuit, rng *rand.Rand) (*circuit.Circuit, error) {
		null, err := nullmodel.Find(name)
		if err != nil {
			return nil, err
		}
		fitted, err := null.Fit(ctx, c)
		if err != nil {
			return nil, err
		}
		return fitted.Draw(rng)
	}}
}

// makeAll wires every circuit so many times, on all cores.
func (m maker) makeAll(ctx context.Context, like []*circuit.Circuit, samples int, s seed.Seed) ([]*circuit.Circuit, error) {
	made := make([]*circuit.Circuit, len(like)*samples)
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(runtime.GOMAXPROCS(0))
	for i := range made {
		work.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			var err error
			made[i], err = m.wire(ctx, like[i/samples], s.Stream("make", i))
			return err
		})
	}
	return made, work.Wait()
}

func (l *ledger) making(f fidelity.Making) {
	note := "test circuits, of which only classes and positions are seen; mean probability over draws of all codes from their priors"
	l.add("generation.conditional.edge_auc", f.Prior.AUC, "1", byName(f.Baselines, auc), note)
	l.add("generation.conditional.nats_per_pair", f.Prior.LogLoss, "nats/pair", byName(f.Baselines, logLoss), note)
	for _, g := range f.Gains {
		if g.Over == "boosted trees" {
			l.add("generation.conditional.edge_auc.gain_over_boosted_trees", g.AUC, "1", map[string]float64{"no gain": 0}, "paired")
			l.add("generation.conditional.nats_per_pair.over_boosted_trees", g.LogLoss, "nats/pair", map[string]float64{"no gain": 0}, "paired, less theirs; below 0 the model is better")
		}
	}
	l.made("generation.conditional.", f.Conditional, f.Others)
	l.made("generation.unconditional.", f.Unconditional, f.Others)
}

// made says how like real circuits the made ones are, and if they are new; the
// others wire given neurons.
func (l *ledger) made(prefix string, m fidelity.Made, others []fidelity.Made) {
	beside := func(of func(fidelity.Made) float64) map[string]float64 {
		values := map[string]float64{}
		for _, o := range others {
			values[o.Generation.Name+", neurons given"] = of(o)
		}
		return values
	}
	g := m.Generation
	l.add(prefix+"share_within_floor", number(g.WithinFloor, g.Generated), "1", beside(func(m fidelity.Made) float64 { return m.Generation.WithinFloor }),
		fmt.Sprintf("of measures that neurons alone do not settle and that have a floor: below the 95th percentile of halves of %d real circuits of %d regions, and below %g sd", g.Real, g.Regions, .25))
	aucs := beside(func(m fidelity.Made) float64 { return m.TwoSample.AUC().Value })
	aucs["real against real"], aucs["perfect"] = m.TwoSample.Floor, .5
	l.add(prefix+"classifier_auc", m.TwoSample.AUC(), "1", aucs, "the better of a logistic classifier and boosted trees on all these measures, in regions that it was not trained on")
	near := beside(func(m fidelity.Made) float64 { return m.Novelty.Nearest.Value })
	near["held-out circuits"] = m.Novelty.HeldOut.Value
	l.add(prefix+"novelty", m.Novelty.Nearest, "1", near, fmt.Sprintf("overlap of edges with the nearest training circuit, aligned by class and depth; %.3g unique", m.Novelty.Unique))
	copies := beside(func(m fidelity.Made) float64 { return m.Novelty.Memorised })
	copies["chance"] = .01
	l.add(prefix+"memorised", number(m.Novelty.Memorised, g.Generated), "1", copies, "share nearer to a training circuit than 99 % of held-out circuits are")
}
