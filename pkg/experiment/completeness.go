package experiment

import (
	"context"
	"fmt"
	"os"

	"github.com/cortigen/cortigen/pkg/fidelity"
)

// CompletenessName is the name of the experiment on unproofread axons.
const CompletenessName = "completeness"

// Completeness measures, for the setting's dataset and for every reconstruction
// in CORTIGEN_DATA, how density and reciprocity hang on what is made of neurons
// whose axons were not proofread. Those that do not say, or have none, are passed
// over.
func (r *Run) Completeness(ctx context.Context) ([]fidelity.Completeness, error) {
	packs, err := knownPacks(os.Getenv("CORTIGEN_DATA"))
	if err != nil {
		return nil, err
	}
	runs := []*Run{r}
	for _, path := range packs {
		runs = append(runs, r.of(path))
	}
	// A dataset of the setting that is also a pack is one dataset.
	var sums []string
	var distinct []*Run
	seen := map[string]bool{}
	for _, one := range runs {
		sum, err := one.tissueChecksum()
		if err != nil {
			return nil, err
		}
		if !seen[sum] {
			seen[sum] = true
			sums, distinct = append(sums, sum), append(distinct, one)
		}
	}
	k, err := r.key(CompletenessName, "completeness.go", "", r.sizes().Draws, sums...)
	if err != nil {
		return nil, err
	}
	return named(ctx, r, CompletenessName, k, func(ctx context.Context) ([]fidelity.Completeness, error) {
		var all []fidelity.Completeness
		for i, one := range distinct {
			r.progress("completeness", i, len(distinct), one.Setting.DatasetName())
			c, masked, err := one.completeness(ctx)
			if err != nil {
				return nil, err
			}
			if masked {
				all = append(all, c)
			}
		}
		return all, nil
	})
}

// completeness is that of one dataset; masked is false where all its rows are
// observed, and then it is not measured.
func (r *Run) completeness(ctx context.Context) (c fidelity.Completeness, masked bool, err error) {
	tissue, err := r.Tissue(ctx)
	if err != nil || len(tissue.ObservedRows()) == tissue.Len() {
		return c, false, err
	}
	c, err = fidelity.MeasureCompleteness(ctx, tissue, r.sizes().Draws, r.seed().Sub("intervals"))
	return c, true, err
}

// completeness adds the rows of every reconstruction under its own name.
func (l *ledger) completeness(all []fidelity.Completeness) {
	proto := l.proto
	for _, c := range all {
		l.proto.Dataset, l.proto.Backend = c.Name, "none"
		for _, m := range c.Measures {
			name := "completeness." + m.Measure + "."
			l.add(name+"naive", m.Naive, "1", map[string]float64{"masked": m.Masked.Value},
				fmt.Sprintf("outputs of %d of %d neurons are incomplete and taken for complete: wrong; intervals over neurons", c.Neurons-c.Observed, c.Neurons))
			l.add(name+"masked", m.Masked, "1", map[string]float64{"naive": m.Naive.Value}, fmt.Sprintf("pairs that are known: %d of %d rows were observed", c.Observed, c.Neurons))
			l.add(name+"proofread_only", m.ProofreadOnly, "1", map[string]float64{"naive": m.Naive.Value}, fmt.Sprintf("the %d neurons with observed rows among themselves", c.Observed))
		}
	}
	l.proto = proto
}
