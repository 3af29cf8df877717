package experiment

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/cortex"
	"github.com/cortigen/cortigen/pkg/fidelity"
	"github.com/cortigen/cortigen/pkg/latent"
)

// MutualName is the name of the experiment on planted reciprocity.
const MutualName = "mutual"

// plantedRatios are strengths of reciprocity: up to what the cortex has, and beyond,
// where P11 ≤ min(p, q) leaves no room for it in most circuits.
var plantedRatios = []float64{1, 1.3, 1.6, 1.9, 2.5, 4}

// Mutual plants reciprocity in circuits of the embedded cortex, alike in all else,
// and asks how much of it there is in what the Exchangeable model makes of the same
// neurons, given the circuits' codes; beside a model without the mutual term. Of
// any other dataset it is an error: nothing is planted there.
func (r *Run) Mutual(ctx context.Context) (fidelity.Mutual, error) {
	if r.Setting.Dataset != artifact.Cortex {
		return fidelity.Mutual{}, fmt.Errorf("experiment: %s: nothing is planted in %q: use the dataset %q", MutualName, r.Setting.DatasetName(), artifact.Cortex)
	}
	k, err := r.wiringKey(ctx, MutualName, "mutual.go answers.go")
	if err != nil {
		return fidelity.Mutual{}, err
	}
	return named(ctx, r, MutualName, k, r.mutual)
}

func (r *Run) mutual(ctx context.Context) (fidelity.Mutual, error) {
	whole, err := r.wired(ctx)
	if err != nil {
		return fidelity.Mutual{}, err
	}
	without, err := r.wire(ctx, variant{name: "independent pairs", change: func(how *recipe) { how.Model.IndependentPairs = true }, replicates: 1, short: true})
	if err != nil {
		return fidelity.Mutual{}, err
	}
	degrees, err := fidelity.FitDegrees(ctx, r.judged(whole.Train), r.seed().Sub("degrees"))
	if err != nil {
		return fidelity.Mutual{}, err
	}
	// Only its shrinkage is used, which a few circuits tell.
	f := fidelity.Mutual{Circuits: r.sizes().Wiring.Planted, Spread: degrees.Spread(), Steps: whole.steps(), IndependentSteps: without.steps()}
	for i, ratio := range plantedRatios {
		r.progress("plant", i, len(plantedRatios), fmt.Sprintf("reciprocity %g", ratio))
		p, err := r.plant(ctx, ratio, whole, without, degrees)
		if err != nil {
			return fidelity.Mutual{}, err
		}
		f.Points = append(f.Points, p)
	}
	return f, nil
}

// plant makes circuits of one strength and has them made again.
func (r *Run) plant(ctx context.Context, ratio float64, whole, without wiring, degrees *fidelity.Degrees) (fidelity.MutualPoint, error) {
	planted := min(ratio, mostReciprocity())
	specimens, err := cortex.Specimens(ctx, cortex.Blueprint{cortex.Reciprocity: planted}, r.sizes().Wiring.Planted, r.sizes().Band, r.seed().Sub("planted circuits"))
	if err != nil {
		return fidelity.MutualPoint{}, err
	}
	var p fidelity.MutualPoint
	if planted < ratio {
		// Nothing can be made; the caps of what can say why.
		p = fidelity.MutualPoint{Planted: ratio, Real: undefined, Generated: undefined, Independent: undefined, Error: undefined, IndependentError: undefined}
	} else {
		var again [2][]*circuit.Circuit
		real := specimenCircuits(specimens)
		for k, w := range []wiring{whole, without} {
			if again[k], err = r.again(ctx, w, real); err != nil {
				return fidelity.MutualPoint{}, err
			}
		}
		if p, err = fidelity.PlantedMutual(ctx, degrees, ratio, real, again[0], again[1], r.sizes().Draws, r.seed().Sub("intervals")); err != nil {
			return fidelity.MutualPoint{}, err
		}
	}
	r.caps(specimens, &p)
	if planted < ratio {
		p.True = undefined
	}
	return p, nil
}

// mostReciprocity is the end of the factor's range.
func mostReciprocity() float64 {
	all := cortex.Factors()
	return all[slices.IndexFunc(all, func(f cortex.Factor) bool { return f.Name == cortex.Reciprocity })].Max
}

// again makes a circuit of the neurons of each, from its code.
func (r *Run) again(ctx context.Context, w wiring, circuits []*circuit.Circuit) ([]*circuit.Circuit, error) {
	codes, err := w.model().Encode(ctx, circuits)
	if err != nil {
		return nil, err
	}
	made, err := w.model().Generate(ctx, circuits, codes.Mean, 1, r.seed().Sub("again"))
	return slices.Concat(made...), err
}

// caps fills in what is true of the circuits.
func (r *Run) caps(specimens []cortex.Specimen, p *fidelity.MutualPoint) {
	ratios, caps, regions := make([]float64, len(specimens)), make([]float64, len(specimens)), make([]string, len(specimens))
	for i, s := range specimens {
		ratios[i], caps[i] = s.Truth.Ratio()
		regions[i] = s.Circuit.Origin().Region
		if caps[i] > p.Planted {
			p.Within += 1 / float64(len(specimens))
		}
	}
	draws, intervals := r.sizes().Draws, r.seed().Sub("intervals")
	p.True, p.Cap = fidelity.MeanOver(ratios, regions, draws, intervals), fidelity.MeanOver(caps, regions, draws, intervals)
}

func (l *ledger) mutual(f fidelity.Mutual) {
	worst, independent := f.Worst(), 0.
	for _, p := range f.Points {
		if p.Feasible {
			independent = max(independent, math.Abs(p.IndependentError.Value))
		}
	}
	l.add("mutual.exchangeable.worst_relative_error", size(worst.Error), "1", map[string]float64{"independent pairs": independent},
		fmt.Sprintf("mutual pairs over those that class × distance and own degrees lead to expect, generated over real, less 1; greatest over the feasible strengths, at %g; %d circuits each, codes encoded, neurons' codes from their prior; trained for %d steps, independent pairs for %d", worst.Planted, f.Circuits, f.Steps, f.IndependentSteps))
	for _, p := range f.Points {
		if !p.Feasible {
			continue
		}
		l.add(fmt.Sprintf("mutual.exchangeable.ratio_at_%g", p.Planted), p.Generated, "1",
			map[string]float64{"real circuits": p.Real.Value, "independent pairs": p.Independent.Value, "planted": p.Planted},
			fmt.Sprintf("expected without knowing communities, so that real circuits are above the planted ratio; true ratio %.3g, cap %.3g", p.True.Value, p.Cap.Value))
	}
}

// steps is how long the model was trained.
func (w wiring) steps() int {
	epochs := w.all[w.best].course.Epochs
	return epochs[len(epochs)-1].Step
}

// size is the interval of an absolute value.
func size(i latent.Interval) latent.Interval {
	if i.Value < 0 {
		i.Value, i.Lo, i.Hi = -i.Value, -i.Hi, -i.Lo
	}
	if i.Lo < 0 {
		i.Lo, i.Hi = 0, max(-i.Lo, i.Hi)
	}
	return i
}
