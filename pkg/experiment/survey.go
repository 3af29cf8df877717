package experiment

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/fidelity"
)

// SurveyName is the name of the experiment that puts reconstructions side by
// side.
const SurveyName = "survey"

// surveyCircuits is how many circuits of each reconstruction are measured (ours).
const surveyCircuits = 96

// surveyed are the measures that a survey shows: those that sources can be
// compared by at like size.
var surveyed = []string{"density", "reciprocity_ratio", "out_degree_cv", "in_degree_cv", "clustering"}

// Survey returns portraits of the embedded cortex and of every reconstruction in
// CORTIGEN_DATA that a reader knows, in the order of their names, each by
// circuits of the usual size or, where it is too small to be cut into regions,
// as one circuit. A folder that no reader knows is passed over; one that is
// damaged is an error.
func (r *Run) Survey(ctx context.Context) ([]fidelity.Portrait, error) {
	runs, sums, err := r.everySource()
	if err != nil {
		return nil, err
	}
	k, err := r.key(SurveyName, "survey.go", "", r.sizes(), sums...)
	if err != nil {
		return nil, err
	}
	return named(ctx, r, SurveyName, k, func(ctx context.Context) ([]fidelity.Portrait, error) {
		var all []fidelity.Portrait
		for i, one := range runs {
			r.progress("survey", i, len(runs), one.Setting.DatasetName())
			p, err := one.portray(ctx)
			if err != nil {
				return nil, err
			}
			all = append(all, p)
		}
		return all, nil
	})
}

// everySource returns runs of the embedded cortex and of every pack, with the
// checksums of their data.
func (r *Run) everySource() (runs []*Run, sums []string, err error) {
	runs = []*Run{r.of(artifact.Cortex)}
	packs, err := knownPacks(os.Getenv("CORTIGEN_DATA"))
	if err != nil {
		return nil, nil, err
	}
	for _, path := range packs {
		runs = append(runs, r.of(path))
	}
	for _, one := range runs {
		sum, err := one.tissueChecksum()
		if err != nil {
			return nil, nil, err
		}
		sums = append(sums, sum)
	}
	return runs, sums, nil
}

func (r *Run) portray(ctx context.Context) (fidelity.Portrait, error) {
	tissue, err := r.Tissue(ctx)
	if err != nil {
		return fidelity.Portrait{}, err
	}
	circuits, whole, err := r.circuitsOf(ctx, tissue)
	if err != nil {
		return fidelity.Portrait{}, err
	}
	return fidelity.Portray(ctx, tissue.Overview(), circuits, whole, surveyed, r.sizes().Draws, r.seed().Sub("intervals"))
}

// circuitsOf cuts a reconstruction all over, or returns the whole where it
// cannot be divided.
func (r *Run) circuitsOf(ctx context.Context, tissue *connectome.Connectome) (circuits []*circuit.Circuit, whole bool, err error) {
	c := r.cut()
	counts := map[connectome.Split]int{connectome.Train: surveyCircuits}
	sample, err := connectome.NewRandomSample(ctx, tissue, c.Split, c.Band, counts, r.seed().Sub("survey"))
	if err == nil {
		return sample.Train, false, nil
	}
	if ctx.Err() != nil || tissue.Len() > circuit.MaxNeurons {
		return nil, false, err
	}
	one, err := tissue.Circuit(tissue.ObservedRows())
	return []*circuit.Circuit{one}, true, err
}

// knownPacks returns what a folder of datasets holds that a reader knows.
func knownPacks(dir string) ([]string, error) {
	if dir == "" {
		return nil, nil
	}
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("experiment: survey: %w", err)
	}
	var packs []string
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if info, err := os.Stat(path); err != nil || !info.IsDir() {
			continue
		}
		if _, err := connectome.Detect(path); err == nil {
			packs = append(packs, path)
		}
	}
	return packs, nil
}

// survey adds what a survey says of each reconstruction, under its own name.
func (l *ledger) survey(all []fidelity.Portrait) {
	proto := l.proto
	for _, p := range all {
		l.proto.Dataset, l.proto.Backend = p.Overview.Name, "none"
		note := fmt.Sprintf("mean over %d circuits of the usual size", p.Circuits)
		if p.Whole {
			note = fmt.Sprintf("the whole, %d neurons with observed outputs", p.Overview.Observed)
		}
		for k, measure := range p.Measures {
			baselines := map[string]float64(nil)
			if measure == "reciprocity_ratio" {
				baselines = map[string]float64{"chance": 1}
			}
			l.add("survey."+measure, p.Means[k], "1", baselines, note)
		}
	}
	l.proto = proto
}
