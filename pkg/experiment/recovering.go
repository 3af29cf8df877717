package experiment

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat"

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/cortex"
	"github.com/cortigen/cortigen/pkg/latent"
)

// RecoveringName is the name of the experiment that looks for the planted factors.
const RecoveringName = "recovering"

// Recovering asks what the code of the Exchangeable model knows of the factors that
// circuits were made from, beside what can be known of them at all. Only of the
// embedded cortex are factors known.
func (r *Run) Recovering(ctx context.Context) (latent.Recovery, error) {
	if r.Setting.Dataset != artifact.Cortex {
		return latent.Recovery{}, fmt.Errorf("experiment: %s: nobody knows what %s was made from: use the embedded %s", RecoveringName, r.Setting.DatasetName(), artifact.Cortex)
	}
	k, err := r.wiringKey(ctx, RecoveringName, "recovering.go reconstruction.go answers.go probes.go")
	if err != nil {
		return latent.Recovery{}, err
	}
	return named(ctx, r, RecoveringName, k, r.recovering)
}

// samples of a posterior of factors, at most (ours).
const factorDraws = 100

// recoveringRepeats of a curve over sample sizes (ours).
const recoveringRepeats = 12

func (r *Run) recovering(ctx context.Context) (latent.Recovery, error) {
	w, err := r.wired(ctx)
	if err != nil {
		return latent.Recovery{}, err
	}
	judged := evenly(len(w.Test), 2*r.sizes().Wiring.Judged)
	f := factorReader{run: r, train: w.Train, test: pick(w.Test, judged), classes: circuit.Classes(w.Train...)}
	if err := f.encode(ctx, w); err != nil {
		return latent.Recovery{}, err
	}
	truths := make([]*cortex.Truth, len(judged))
	for k, i := range judged {
		truths[k] = w.truth[i].Truth
	}
	r.progress("recover", 0, 2, fmt.Sprintf("what %d circuits say of their factors at best", len(judged)))
	if f.posteriors, err = cortex.FactorPosteriors(ctx, truths, cortex.FactorPosteriorConfig{Draws: max(2, min(factorDraws, r.sizes().Wiring.Prior)), Annealing: r.sizes().Wiring.Oracle.Steps}, r.seed().Sub("factors")); err != nil {
		return latent.Recovery{}, err
	}
	r.progress("recover", 1, 2, "what their codes say")
	all := latent.Recovery{Train: len(w.Train), Judged: len(judged)}
	for _, factor := range cortex.Factors() {
		one, curve, err := f.factor(ctx, factor)
		if err != nil {
			return latent.Recovery{}, err
		}
		all.Factors, all.Curves = append(all.Factors, one), append(all.Curves, curve)
	}
	if all.Angle, all.Best, err = f.angles(ctx, all.Factors); err != nil {
		return latent.Recovery{}, err
	}
	units, err := r.units(ctx, w.model(), w.Validation)
	if err != nil {
		return latent.Recovery{}, err
	}
	all.DCI, err = f.disentangled(ctx, all.Factors, units)
	return all, err
}

// factorReader reads factors of test circuits.
type factorReader struct {
	run         *Run
	train, test []*circuit.Circuit
	classes     []circuit.Class
	// codes are posterior means, [circuits][dimensions].
	trainCodes, testCodes [][]float64
	posteriors            []cortex.FactorPosterior
	probes                []latent.Probe
}

func (f *factorReader) encode(ctx context.Context, w wiring) error {
	train, err := encode(ctx, w.model(), f.train)
	if err != nil {
		return err
	}
	test, err := encode(ctx, w.model(), f.test)
	f.trainCodes, f.testCodes = train.Mean, test.Mean
	return err
}

// factor reads one factor in all ways, and says how many circuits that takes.
func (f *factorReader) factor(ctx context.Context, factor cortex.Factor) (one latent.RecoveredFactor, curve latent.SampleSizeCurve, err error) {
	train, test := factorOf(f.train, factor.Name), factorOf(f.test, factor.Name)
	remaining, known := make([]float64, len(f.test)), make([]float64, len(f.test))
	for i, p := range f.posteriors {
		remaining[i], known[i] = p.Variance[factor.Name], p.Annealed[factor.Name]
	}
	probe, err := latent.FitProbe(f.trainCodes, train, connectome.Regions(f.train), latent.ProbeConfig{})
	if err != nil {
		return one, curve, err
	}
	f.probes = append(f.probes, probe)
	predicted, err := probe.Predict(f.testCodes)
	if err != nil {
		return one, curve, err
	}
	regions, draws := connectome.Regions(f.test), f.run.sizes().Draws
	stream := func() *rand.Rand { return f.run.seed().Stream("recovered regions") } // the same for all
	if one, err = latent.RecoverFactor(test, predicted, remaining, regions, draws, stream()); err != nil {
		return one, curve, err
	}
	one.Unit, one.Values, one.Predicted, one.Known = factor.Unit, test.Values, predicted, known
	if one.Given = factor.Name == cortex.EShare; one.Given {
		one.Note = "it shows in which neurons there are"
	}
	if one.Posterior, err = latent.RSquared(test.Values, known, regions, draws, stream()); err != nil {
		return one, curve, err
	}
	if one.Classes, err = f.fromClasses(train, test.Values, stream()); err != nil {
		return one, curve, err
	}
	curve, err = latent.SampleSizes(ctx, f.trainCodes, train, connectome.Regions(f.train), nil, recoveringRepeats, latent.ProbeConfig{}, f.run.seed().Sub("sample sizes"))
	if errors.Is(err, latent.ErrUndefined) {
		err = nil // too few circuits for a curve: it has no sizes
	}
	return one, curve, err
}

// fromClasses reads a factor from the numbers of neurons of each class.
func (f *factorReader) fromClasses(train latent.Outcome, test []float64, rng *rand.Rand) (latent.Interval, error) {
	probe, err := latent.FitProbe(composition(f.train, f.classes), train, connectome.Regions(f.train), latent.ProbeConfig{PerColumn: true})
	if err != nil {
		return undefined, err
	}
	predicted, err := probe.Predict(composition(f.test, f.classes))
	if err != nil {
		return undefined, err
	}
	return latent.RSquared(test, predicted, connectome.Regions(f.test), f.run.sizes().Draws, rng)
}

// angles compares the span of the factors that show in wiring, over the test
// circuits, with that of what the code says of them, and of what could be known.
func (f *factorReader) angles(ctx context.Context, all []latent.RecoveredFactor) (code, best latent.SubspaceAngle, err error) {
	var planted, predicted, known [][]float64
	for _, one := range all {
		if !one.Given {
			planted, predicted, known = append(planted, centred(one.Values)), append(predicted, centred(one.Predicted)), append(known, centred(one.Known))
		}
	}
	s := f.run.seed().Sub("random spans")
	if code, err = latent.SubspaceAngles(ctx, planted, predicted, f.run.sizes().Draws, s); err == nil {
		best, err = latent.SubspaceAngles(ctx, planted, known, f.run.sizes().Draws, s)
	}
	return code, best, err
}

// centred takes the mean off and divides by the sd.
func centred(values []float64) []float64 {
	mean, sd := stat.PopMeanStdDev(values, nil)
	all := make([]float64, len(values))
	for i, v := range values {
		if sd > 0 {
			all[i] = (v - mean) / sd
		}
	}
	return all
}

// disentangled is the DCI of the factors that show in wiring; turns are of the active
// units, or of all where fewer than two are.
func (f *factorReader) disentangled(ctx context.Context, all []latent.RecoveredFactor, units []latent.Unit) (latent.RotatedDCI, error) {
	var turned []int
	for k, u := range units {
		if u.Active {
			turned = append(turned, k)
		}
	}
	if len(turned) < 2 {
		turned = nil
	}
	var probes []latent.Probe
	var r2 []float64
	for k, one := range all {
		if !one.Given {
			probes, r2 = append(probes, f.probes[k]), append(r2, one.R2.Value)
		}
	}
	return latent.DCIOf(ctx, probes, f.trainCodes, r2, turned, f.run.sizes().Draws, f.run.seed().Sub("turns"))
}

// recovering adds what was found of every factor.
func (l *ledger) recovering(f latent.Recovery) {
	for _, one := range f.Factors {
		others := map[string]float64{"class counts": one.Classes.Value, "ceiling": one.Ceiling.Value, "posterior means of chains from the prior": one.Posterior.Value}
		note := fmt.Sprintf("linear probe of the mean of q(z), fitted on %d training circuits, on %d test circuits", f.Train, f.Judged)
		l.add("blueprint.r2."+one.Factor, one.R2, "1", others, note)
		l.add("blueprint.r2_of_ceiling."+one.Factor, one.Share, "1", map[string]float64{"posterior means of chains from the prior": one.Posterior.Value / one.Ceiling.Value},
			"R² of the code over 1 − E Var(factor | A, c, p)/Var(factor), estimated by chains that begin at the truth; "+note)
	}
	l.add("blueprint.subspace_angle_deg", number(f.Angle.Mean, f.Judged), "°", map[string]float64{"posterior means": f.Best.Mean, "random spans": f.Angle.Random},
		fmt.Sprintf("mean principal angle, over test circuits, between the span of %d planted factors and that of what is read of them; each: %.3g", f.Angle.Planted, f.Angle.Angles))
	l.add("blueprint.dci.disentanglement", number(f.DCI.Disentanglement, f.Train), "1", map[string]float64{"random rotations": f.DCI.DisentanglementMean, "their 95th percentile": f.DCI.Disentanglement95},
		"a N(0, I) prior does not care for axes: beside the same code, its active units turned at random")
	l.add("blueprint.dci.random_rotation_95", number(f.DCI.Disentanglement95, f.DCI.Rotations), "1", nil, "95th percentile of disentanglement over random turns of the code")
	l.add("blueprint.dci.completeness", number(f.DCI.Completeness, f.Train), "1", map[string]float64{"random rotations": f.DCI.CompletenessMean, "their 95th percentile": f.DCI.Completeness95}, "")
}
