package experiment

import (
	"context"
	"fmt"
	"slices"

	"github.com/cortigen/cortigen/pkg/fidelity"
	"github.com/cortigen/cortigen/pkg/graphvae"
)

// AblationsName is the name of the experiment that takes the model apart.
const AblationsName = "ablations"

// whole is the name of the model itself among ablations.
const whole = "whole"

// parts are what can be taken out of the Exchangeable model, as configurations.
var parts = []struct {
	name string
	take func(*graphvae.Config)
}{
	{"without u", func(c *graphvae.Config) { c.WithoutU = true }},
	{"without z", func(c *graphvae.Config) { c.WithoutZ = true }},
	{"without bilinear", func(c *graphvae.Config) { c.WithoutBilinear = true }},
	{"without distance", func(c *graphvae.Config) { c.WithoutDistance = true }},
	{"independent pairs", func(c *graphvae.Config) { c.IndependentPairs = true }},
}

// Ablations trains the Exchangeable model whole, with each of its parts taken
// out, and with other numbers of dimensions of z, all from the same seed, and
// judges them on the same held-out circuits. A model of kind Slots is not among
// them: its bound pays for the classes, which this one is given.
func (r *Run) Ablations(ctx context.Context) ([]fidelity.Ablation, error) {
	k, err := r.wiringKey(ctx, AblationsName, "ablations.go "+standingFiles)
	if err != nil {
		return nil, err
	}
	return named(ctx, r, AblationsName, k, r.ablate)
}

// ablated are the variants, the whole first.
func (r *Run) ablated() []variant {
	all := []variant{{name: whole, replicates: 1, short: true}}
	for _, part := range parts {
		if some := r.sizes().Wiring.Parts; some != nil && !slices.Contains(some, part.name) {
			continue
		}
		all = append(all, variant{name: part.name, replicates: 1, short: true, change: func(how *recipe) { part.take(&how.Model) }})
	}
	for _, dims := range r.sizes().Wiring.Dims {
		all = append(all, variant{name: dimensions(dims), replicates: 1, short: true, change: func(how *recipe) { how.Model.Latent = dims }})
	}
	return all
}

func dimensions(dims int) string { return fmt.Sprintf("%d dimensions of z", dims) }

func (r *Run) ablate(ctx context.Context) ([]fidelity.Ablation, error) {
	var all []fidelity.Ablation
	for _, v := range r.ablated() {
		w, err := r.wire(ctx, v)
		if err != nil {
			return nil, err
		}
		a, err := r.ablation(ctx, v.name, w)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", v.name, err)
		}
		all = append(all, a)
		last := &all[len(all)-1]
		if last.Margin, err = all[0].Bound.Below(last.Bound, r.sizes().Draws, r.seed().Sub("intervals")); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// ablation judges one variant.
func (r *Run) ablation(ctx context.Context, name string, w wiring) (fidelity.Ablation, error) {
	m := w.model()
	r.progress("ablations", 0, 1, name)
	a := fidelity.Ablation{Name: name, Latent: m.Dim()}
	var err error
	if a.Bound, err = r.importance(ctx, m, r.judged(w.Test)); err != nil {
		return a, err
	}
	a.Bound.Name = name
	spent, err := r.spent(ctx, m, w.Test)
	if err != nil {
		return a, err
	}
	a.KL, a.NeuronKL = spent.kl, spent.neuronKL
	report, _, err := r.scores(ctx, m, w.Test)
	if err != nil {
		return a, err
	}
	a.AUC = report.AUC
	units, err := r.units(ctx, m, w.Validation)
	a.Active = active(units)
	return a, err
}

// ablationRows are parts of names of rows, by those of the variants.
var ablationRows = map[string]string{
	whole: "whole", "without u": "without_u", "without z": "without_z", "without bilinear": "without_bilinear",
	"without distance": "without_distance", "independent pairs": "independent_pairs",
}

func (l *ledger) ablations(all []fidelity.Ablation) {
	for _, a := range all {
		said := fmt.Sprintf("bound of %d importance-weighted draws; one training each, of the same seed; z %.1f nats with %d active units, u %.0f nats, edge AUC %.3f",
			a.Bound.Draws, a.KL.Value, a.Active, a.NeuronKL.Value, a.AUC.Value)
		beside := map[string]float64(nil)
		if a.Name != whole {
			said += fmt.Sprintf("; the whole lies below by %v, paired", a.Margin)
			beside = map[string]float64{whole: all[0].Bound.Mean.Value}
		}
		name, part := ablationRows[a.Name]
		if part {
			l.add("ablation.exchangeable."+name+".nats_per_pair", a.Bound.Mean, "nats/pair", beside, said)
		}
		if !part || a.Name == whole {
			l.add(fmt.Sprintf("dims.exchangeable.%d.nats_per_pair", a.Latent), a.Bound.Mean, "nats/pair", beside, said)
		}
	}
}
