package experiment

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/fidelity"
	"github.com/cortigen/cortigen/pkg/graphvae"
	"github.com/cortigen/cortigen/pkg/latent"
	"github.com/cortigen/cortigen/pkg/seed"
)

// StandingName is the name of the experiment on what held-out wiring costs.
const StandingName = "standing"

// standingFiles compute it.
const standingFiles = "standing.go answers.go oracle.go reconstruction.go"

// Standing trains the Exchangeable model, chooses by the validation bound, and
// says what the wiring of held-out circuits costs under it, given their neurons,
// beside every other answer to the same question.
func (r *Run) Standing(ctx context.Context) (fidelity.Standing, error) {
	k, err := r.wiringKey(ctx, StandingName, standingFiles)
	if err != nil {
		return fidelity.Standing{}, err
	}
	return named(ctx, r, StandingName, k, r.stand)
}

func (r *Run) stand(ctx context.Context) (fidelity.Standing, error) {
	w, err := r.wired(ctx)
	if err != nil {
		return fidelity.Standing{}, err
	}
	m, judged := w.model(), evenly(len(w.Test), r.sizes().Wiring.Judged)
	s := fidelity.Standing{
		Kind: string(m.Config().Kind), Backend: w.backend.Name(), Weights: m.Weights(), Latent: m.Dim(), NeuronLatent: m.Config().NeuronLatent,
		Train: len(w.Train), Validation: len(w.Validation), Test: len(w.Test), Judged: len(judged), Chosen: w.best,
	}
	if err := r.others(ctx, w.population, judged, &s); err != nil {
		return fidelity.Standing{}, err
	}
	if err := r.bounds(ctx, w, judged, &s); err != nil {
		return fidelity.Standing{}, err
	}
	if err := r.controls(ctx, m, pick(w.Test, judged), &s); err != nil {
		return fidelity.Standing{}, err
	}
	if s.Oracle, err = r.oracle(ctx, w.population, judged, s); err != nil {
		return fidelity.Standing{}, err
	}
	s.Units, err = r.units(ctx, m, w.Validation)
	return s, err
}

// bounds fills in what the model's trainings cost and how they score.
func (r *Run) bounds(ctx context.Context, w wiring, judged []int, s *fidelity.Standing) error {
	draws, intervals := r.sizes().Draws, r.seed().Sub("intervals")
	for i, one := range w.all {
		r.progress("importance-weighted bounds", i, len(w.all), "held-out circuits")
		b, err := r.importance(ctx, one.model, pick(w.Test, judged))
		if err != nil {
			return err
		}
		s.Seeds = append(s.Seeds, b)
		report, pictures, err := r.scores(ctx, one.model, w.Test)
		if err != nil {
			return err
		}
		one.course.AUC = report.AUC.Value
		s.Courses = append(s.Courses, one.course)
		if i != w.best {
			continue
		}
		s.Model = report
		of := func(i int) ([]float64, error) { return pictures[i].Edges, nil }
		if s.Within, err = fidelity.EvaluateWithinClasses(ctx, s.Kind, w.Test, of, draws, intervals); err != nil {
			return err
		}
	}
	for _, other := range s.Others {
		below, err := s.Chose().Below(other, draws, intervals)
		if err != nil {
			return err
		}
		s.Margins = append(s.Margins, fidelity.Margin{Over: other.Name, Nats: below})
	}
	spent, err := r.spent(ctx, w.model(), w.Test)
	if err != nil {
		return err
	}
	s.ELBO, s.Code, s.KL, s.NeuronKL = spent.elbo.Only(judged, draws, intervals), spent.code, spent.kl, spent.neuronKL
	return nil
}

// importance returns the importance-weighted bounds of a model.
func (r *Run) importance(ctx context.Context, m *graphvae.Model, circuits []*circuit.Circuit) (fidelity.Bounds, error) {
	all, err := m.ImportanceBound(ctx, circuits, r.sizes().Wiring.Importance, r.seed().Sub("importance"))
	if err != nil {
		return fidelity.Bounds{}, err
	}
	b := fidelity.Bounds{Name: string(m.Config().Kind), Region: connectome.Regions(circuits)}
	for _, one := range all {
		b.PerPair, b.Effective, b.Draws = append(b.PerPair, one.PerPair()), append(b.Effective, one.Effective), one.Samples
	}
	b.Mean = fidelity.MeanOver(b.PerPair, b.Region, r.sizes().Draws, r.seed().Sub("intervals"))
	return b, nil
}

// controls fills in what must come out as nothing.
func (r *Run) controls(ctx context.Context, m *graphvae.Model, circuits []*circuit.Circuit, s *fidelity.Standing) error {
	r.progress("controls", 0, 2, "neurons in another order")
	var err error
	if s.Relabelled, err = relabelled(ctx, m, circuits, r.seed().Sub("relabelled")); err != nil {
		return err
	}
	r.progress("controls", 1, 2, "neurons with each other's classes and places")
	swapped := make([]*circuit.Circuit, len(circuits))
	for i, c := range circuits {
		if swapped[i], err = fidelity.SwapLabels(c, r.seed().Stream("swapped labels", i)); err != nil {
			return err
		}
	}
	if s.Shuffled, err = r.importance(ctx, m, swapped); err != nil {
		return err
	}
	s.Shuffled.Name += ", labels swapped"
	// Whoever knows the density only pays the same however labels are swapped.
	density, _ := s.Other("density")
	s.ShuffledBelow, err = s.Shuffled.Below(density, r.sizes().Draws, r.seed().Sub("intervals"))
	return err
}

// relabelled returns the largest difference, in any dimension of mean or
// log-variance, between codes of circuits and of the same with their neurons in
// another order.
func relabelled(ctx context.Context, m *graphvae.Model, circuits []*circuit.Circuit, s seed.Seed) (float64, error) {
	turned := make([]*circuit.Circuit, len(circuits))
	var err error
	for i, c := range circuits {
		if turned[i], err = c.Subcircuit(s.Stream("order", i).Perm(c.Len())); err != nil {
			return 0, err
		}
	}
	a, err := m.Encode(ctx, circuits)
	if err != nil {
		return 0, err
	}
	b, err := m.Encode(ctx, turned)
	if err != nil {
		return 0, err
	}
	largest := 0.
	for i := range circuits {
		for k := range a.Mean[i] {
			largest = max(largest, math.Abs(a.Mean[i][k]-b.Mean[i][k]), math.Abs(a.LogVar[i][k]-b.LogVar[i][k]))
		}
	}
	return largest, nil
}

// answerRows are parts of names of rows, by those of the answers.
var answerRows = map[string]string{
	"class × distance":                     "class_distance",
	"class × distance × sender × receiver": "sender_receiver",
	"boosted trees":                        "boosted_trees",
	"class × distance × degrees of the circuit itself, code counted": "class_distance_degree",
}

func (l *ledger) standing(s fidelity.Standing) {
	model, chose := "reconstruction."+s.Kind+".", s.Chose()
	costs, aucs, aps := map[string]float64{}, map[string]float64{}, map[string]float64{}
	for _, o := range s.Others {
		costs[o.Name] = o.Mean.Value
	}
	for _, b := range s.Baselines {
		aucs[b.Name], aps[b.Name] = b.AUC.Value, b.AP.Value
	}
	for _, reading := range s.Readings {
		aucs[reading.Report.Name], aps[reading.Report.Name] = reading.Report.AUC.Value, reading.Report.AP.Value
	}
	l.add(model+"nats_per_pair", chose.Mean, "nats/pair", costs,
		fmt.Sprintf("upper bound of %d importance-weighted draws (of one draw: %.4f) on %d of %d test circuits; of them %.1f draws count in the mean", chose.Draws, s.ELBO.Mean.Value, s.Judged, s.Test, mean(chose.Effective)))
	var seeds []float64
	for _, b := range s.Seeds {
		seeds = append(seeds, b.Mean.Value)
	}
	l.add(model+"nats_per_pair.seeds", latent.Interval{Value: chose.Mean.Value, Lo: slices.Min(seeds), Hi: slices.Max(seeds), N: len(seeds)}, "nats/pair", nil,
		"the training chosen by its validation bound; here lo and hi are the least and greatest over trainings from n seeds")
	l.add(model+"edge_auc", s.Model.AUC, "1", aucs, "decoded from posterior means: the code counts, see kl_nats; mean over circuits, interval over regions")
	l.add(model+"edge_ap", s.Model.AP, "1", aps, "")
	l.add(model+"edge_auc_within_classes", s.Within.AUC, "1", map[string]float64{"class pairs only": .5}, "edges against other pairs of the same two classes")
	l.codes(model, s)
	l.oracle(s)
	for _, m := range s.Margins {
		if name, ours := answerRows[m.Over]; ours {
			l.add(model+"nats_below."+name, m.Nats, "nats/pair", map[string]float64{"no gain": 0}, "paired by circuit; above 0 the model is better")
		}
	}
	for _, o := range s.Others {
		if name, ours := answerRows[o.Name]; ours {
			note := "exact"
			if o.Draws > 0 {
				note = fmt.Sprintf("upper bound of %d importance-weighted draws; of them %.1f count in the mean", o.Draws, mean(o.Effective))
			}
			l.add("baseline."+name+".nats_per_pair", o.Mean, "nats/pair", map[string]float64{s.Kind: chose.Mean.Value}, o.Name+": "+note)
		}
	}
}

// codes adds what the codes cost and carry, and the controls.
func (l *ledger) codes(model string, s fidelity.Standing) {
	l.add(model+"kl_nats", s.Code, "nats/circuit", map[string]float64{"no code": 0}, fmt.Sprintf("z %v + u of all neurons %v", s.KL, s.NeuronKL))
	l.add(model+"active_units", number(float64(active(s.Units)), s.Validation), "units", nil,
		fmt.Sprintf("of %d of z; KL above %g nats and shuffling costs likelihood, on validation circuits", s.Latent, latent.ActiveKL))
	l.add(model+"relabelled_code", number(s.Relabelled, s.Judged), "prior sd", map[string]float64{"no difference": 0},
		"largest difference in mean or log-variance of a code once the neurons are in another order")
	density, _ := s.Other("density")
	l.add(model+"nats_per_pair.swapped_labels", s.Shuffled.Mean, "nats/pair", map[string]float64{"density": density.Mean.Value},
		fmt.Sprintf("neurons have each other's classes and places: to lie below the density would be knowledge that there is none of; it lies below by %v", s.ShuffledBelow))
}

func mean(values []float64) float64 {
	sum := 0.
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}
