package experiment

import (
	"context"

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/fidelity"
	"github.com/cortigen/cortigen/pkg/graphvae"
	"github.com/cortigen/cortigen/pkg/latent"
)

// trainedSample is what all experiments on a trained model start from.
type trainedSample struct {
	cut     connectome.Sample
	backend graphvae.Backend
	all     []trained
	best    int
}

// model returns the replicate with the best validation bound.
func (t trainedSample) model() *graphvae.Model { return t.all[t.best].model }

func (r *Run) trained(ctx context.Context) (trainedSample, error) {
	backend, err := r.Backend(ctx)
	if err != nil {
		return trainedSample{}, err
	}
	cut, err := r.Columns(ctx)
	if err != nil {
		return trainedSample{}, err
	}
	circuits, err := hash(r.columnsKey())
	if err != nil {
		return trainedSample{}, err
	}
	all, best, err := r.trainAll(ctx, backend, cut, circuits, r.sizes().Replicates, r.slots)
	return trainedSample{cut, backend, all, best}, err
}

// modelKey is the key of a result that one file computes from the trained model.
func (r *Run) modelKey(ctx context.Context, name, file string) (artifact.Key, error) {
	backend, err := r.Backend(ctx)
	if err != nil {
		return artifact.Key{}, err
	}
	columns, err := hash(r.columnsKey())
	if err != nil {
		return artifact.Key{}, err
	}
	return artifact.NewKey(name, r.sizes(), r.Setting.Seed, backend.Name(), []string{
		"pkg/experiment/" + file, "pkg/experiment/run.go", "pkg/experiment/training.go", "pkg/experiment/reconstruction.go",
	}, columns)
}

// Reconstruction trains the model, chooses the epoch and the replicate by the
// validation bound, and scores it on the test circuits beside baselines.
func (r *Run) Reconstruction(ctx context.Context) (fidelity.Reconstruction, error) {
	k, err := r.modelKey(ctx, ReconstructionName, "reconstruction.go")
	if err != nil {
		return fidelity.Reconstruction{}, err
	}
	return named(ctx, r, ReconstructionName, k, r.reconstruct)
}

func (r *Run) reconstruct(ctx context.Context) (fidelity.Reconstruction, error) {
	t, err := r.trained(ctx)
	if err != nil {
		return fidelity.Reconstruction{}, err
	}
	m, test := t.model(), t.cut.Test
	f := fidelity.Reconstruction{
		Kind: string(m.Config().Kind), Backend: t.backend.Name(), Weights: m.Weights(), Latent: m.Dim(),
		Train: len(t.cut.Train), Validation: len(t.cut.Validation), Test: len(test), Chosen: t.best,
	}
	draws, intervals := r.sizes().Draws, r.seed().Sub("intervals")
	for i, one := range t.all {
		r.progress("reconstruct", i, len(t.all), "held-out circuits")
		report, pictures, err := r.scores(ctx, one.model, test)
		if err != nil {
			return fidelity.Reconstruction{}, err
		}
		one.course.AUC = report.AUC.Value
		f.Courses = append(f.Courses, one.course)
		if i != t.best {
			continue
		}
		f.Model = report
		f.Classes = r.classAccuracy(t.cut, m.Config(), pictures)
		f.Example = fidelity.Example{Circuit: test[0], Probabilities: pictures[0].Edges}
	}
	for _, b := range fidelity.Baselines(t.cut.Train) {
		report, err := fidelity.EvaluateBaseline(ctx, b, test, draws, intervals)
		if err != nil {
			return fidelity.Reconstruction{}, err
		}
		f.Baselines = append(f.Baselines, report)
	}
	if f.Gains, err = fidelity.Compare(f.Model, f.Baselines, draws, intervals); err != nil {
		return fidelity.Reconstruction{}, err
	}
	spent, err := r.spent(ctx, m, test)
	if err != nil {
		return fidelity.Reconstruction{}, err
	}
	f.KL, f.PerPair = spent.code, spent.elbo.Mean
	f.Units, err = r.units(ctx, m, t.cut.Validation)
	return f, err
}

func reconstructions(ctx context.Context, m *graphvae.Model, circuits []*circuit.Circuit) ([]graphvae.Reconstruction, error) {
	all := make([]graphvae.Reconstruction, 0, len(circuits))
	err := m.Reconstruct(ctx, circuits, func(_ int, one graphvae.Reconstruction) error {
		all = append(all, one)
		return nil
	})
	return all, err
}

// scores are those of the edges that a model decodes from its posterior means.
func (r *Run) scores(ctx context.Context, m *graphvae.Model, circuits []*circuit.Circuit) (fidelity.Report, []graphvae.Reconstruction, error) {
	pictures, err := reconstructions(ctx, m, circuits)
	if err != nil {
		return fidelity.Report{}, nil, err
	}
	report, err := fidelity.Evaluate(ctx, string(m.Config().Kind), circuits, func(i int) ([]float64, error) { return pictures[i].Edges, nil }, r.sizes().Draws, r.seed().Sub("intervals"))
	return report, pictures, err
}

// spending is the bound of one draw of the codes: code, kl and neuronKL are
// lengths of code in nats per circuit, all of it and its two parts.
type spending struct {
	elbo               fidelity.Bounds
	code, kl, neuronKL latent.Interval
}

func (r *Run) spent(ctx context.Context, m *graphvae.Model, circuits []*circuit.Circuit) (spending, error) {
	terms, err := m.Bound(ctx, circuits, r.seed().Sub("bound"))
	if err != nil {
		return spending{}, err
	}
	region := connectome.Regions(circuits)
	of := func(value func(graphvae.Terms) float64) ([]float64, latent.Interval) {
		values := make([]float64, len(terms))
		for i, t := range terms {
			values[i] = value(t)
		}
		return values, fidelity.MeanOver(values, region, r.sizes().Draws, r.seed().Sub("intervals"))
	}
	s := spending{elbo: fidelity.Bounds{Name: string(m.Config().Kind) + ", one draw", Region: region, Draws: 1}}
	s.elbo.PerPair, s.elbo.Mean = of(graphvae.Terms.PerPair)
	_, s.code = of(graphvae.Terms.CodeLength)
	_, s.kl = of(func(t graphvae.Terms) float64 { return t.KL })
	_, s.neuronKL = of(func(t graphvae.Terms) float64 { return t.NeuronKL })
	return s, nil
}

// units tells the dimensions of the code that carry something.
func (r *Run) units(ctx context.Context, m *graphvae.Model, circuits []*circuit.Circuit) ([]latent.Unit, error) {
	codes, err := encode(ctx, m, circuits)
	if err != nil {
		return nil, err
	}
	return codes.Units(func(z [][]float64) (float64, error) {
		likelihood, err := m.Likelihood(ctx, circuits, z)
		if err != nil {
			return 0, err
		}
		sum := 0.0
		for _, l := range likelihood {
			sum += l
		}
		return sum / float64(len(likelihood)), nil
	}, r.seed().Stream("units"))
}

// active counts the units that are.
func active(units []latent.Unit) int {
	n := 0
	for _, u := range units {
		if u.Active {
			n++
		}
	}
	return n
}

func encode(ctx context.Context, m *graphvae.Model, circuits []*circuit.Circuit) (latent.Codes, error) {
	posterior, err := m.Encode(ctx, circuits)
	return latent.Codes{Mean: posterior.Mean, LogVar: posterior.LogVar, Region: connectome.Regions(circuits)}, err
}

// classAccuracy counts slots that get their class. Columns are in canonical
// order, so neuron i has slot i.
func (r *Run) classAccuracy(cut connectome.Sample, config graphvae.Config, pictures []graphvae.Reconstruction) fidelity.ClassAccuracy {
	usual := usualClasses(cut.Train, config.Slots)
	n := len(cut.Test)
	allSlots, real := make([]float64, n), make([]float64, n)
	usualAll, usualReal := 0.0, 0.0
	for i, c := range cut.Test {
		right, usuallyRight, usuallyNull := 0, 0, 0
		for slot := range config.Slots {
			if slot >= c.Len() {
				if usual[slot] == null {
					usuallyNull++
				}
				continue
			}
			class := c.Neuron(slot).Class
			if k := pictures[i].Classes[slot]; k < len(config.Classes) && config.Classes[k].Class == class {
				right++
			}
			if usual[slot] == class {
				usuallyRight++
			}
		}
		slots, neurons := float64(config.Slots), float64(c.Len())
		allSlots[i], real[i] = float64(right+pictures[i].Padding)/slots, float64(right)/neurons
		usualAll += float64(usuallyRight+usuallyNull) / slots / float64(n)
		usualReal += float64(usuallyRight) / neurons / float64(n)
	}
	region := connectome.Regions(cut.Test)
	draws, intervals := r.sizes().Draws, r.seed().Sub("intervals")
	return fidelity.ClassAccuracy{
		AllSlots:         fidelity.MeanOver(allSlots, region, draws, intervals),
		Real:             fidelity.MeanOver(real, region, draws, intervals),
		BaselineAllSlots: usualAll,
		BaselineReal:     usualReal,
	}
}

// null is the class of an empty slot.
const null = circuit.Class("")

// usualClasses returns the class that each slot has most often, the first by
// name of equals.
func usualClasses(train []*circuit.Circuit, slots int) []circuit.Class {
	usual := make([]circuit.Class, slots)
	for slot := range usual {
		counts := map[circuit.Class]int{}
		for _, c := range train {
			if slot < c.Len() {
				counts[c.Neuron(slot).Class]++
			} else {
				counts[null]++
			}
		}
		for class, n := range counts {
			if best := counts[usual[slot]]; n > best || n == best && class < usual[slot] {
				usual[slot] = class
			}
		}
	}
	return usual
}
