package experiment

import (
	"context"
	"fmt"

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/nullmodel"
	"github.com/cortigen/cortigen/pkg/significance"
	"github.com/cortigen/cortigen/pkg/structure"
)

// SpecialName is the name of the experiment that asks what is special about
// circuits.
const SpecialName = "special"

// nullsOf are the null models that circuits are held against, from the loosest to
// the strictest. Without positions, classes stand in for distance; without classes,
// distance for both; without either, fewer models are left.
func nullsOf(circuits []*circuit.Circuit) []string {
	positions, classes := true, true
	for _, c := range circuits {
		known := false
		for _, n := range c.Neurons() {
			positions = positions && n.Position.Known()
			known = known || n.Class != ""
		}
		classes = classes && known
	}
	switch {
	case positions && classes:
		return []string{"er", "reciprocal_er", "class_distance", "configuration", "distance_degree", "degree_reciprocal"}
	case positions:
		return []string{"er", "reciprocal_er", "distance", "configuration", "distance_degree", "degree_reciprocal"}
	case classes:
		return []string{"er", "reciprocal_er", "sbm", "configuration", "dcsbm", "degree_reciprocal"}
	default:
		return []string{"er", "reciprocal_er", "configuration", "degree_reciprocal"}
	}
}

// specialMeasures are those that null models are asked about; spreadMeasures those
// whose spread over circuits is shown.
var (
	specialMeasures = append(significance.ConnectedTriads(),
		"reciprocity_ratio", "reciprocity_ratio_ee", "reciprocity_ratio_ei", "reciprocity_ratio_ii",
		"simplices_2", "simplices_3", "simplices_4", "simplices_5", "clustering", "transitivity_undirected",
		"path_length", "rich_club", "common_neighbour_bias")
	spreadMeasures = []string{"density", "reciprocity_ratio", "out_degree_cv", "clustering", "path_length", "modularity", "trophic_coherence", "spectral_radius"}
)

// specialFiles compute it.
const specialFiles = "special.go survey.go columns.go preset.go"

// null is what a test against null models depends on.
func (r *Run) null() any {
	s := r.sizes()
	return struct {
		Tested, Surrogates, Draws int
		Cut                       any
	}{s.Tested, s.Surrogates, s.Draws, r.cut()}
}

// Special returns what is special about the circuits of the embedded cortex and of
// every reconstruction in CORTIGEN_DATA that a reader knows: their measures against
// up to six null models each.
func (r *Run) Special(ctx context.Context) ([]significance.Findings, error) {
	runs, sums, err := r.everySource()
	if err != nil {
		return nil, err
	}
	k, err := r.key(SpecialName, specialFiles, "", r.null(), sums...)
	if err != nil {
		return nil, err
	}
	return named(ctx, r, SpecialName, k, func(ctx context.Context) ([]significance.Findings, error) {
		var all []significance.Findings
		for i, one := range runs {
			r.progress("null models", i, len(runs), one.Setting.DatasetName())
			// Each is kept, so that an interrupted run goes on after the last.
			own, err := r.key("findings", specialFiles, "", r.null(), sums[i])
			if err != nil {
				return nil, err
			}
			f, err := artifact.Do(ctx, r.Store, own, one.findings)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", one.Setting.DatasetName(), err)
			}
			all = append(all, f)
		}
		return all, nil
	})
}

func (r *Run) findings(ctx context.Context) (significance.Findings, error) {
	tissue, err := r.Tissue(ctx)
	if err != nil {
		return significance.Findings{}, err
	}
	circuits, whole, err := r.circuitsOf(ctx, tissue)
	if err != nil {
		return significance.Findings{}, err
	}
	f := significance.Findings{Overview: tissue.Overview(), Whole: whole}
	if f.Values, err = structure.Profiles(ctx, circuits, spreadMeasures...); err != nil {
		return significance.Findings{}, err
	}
	apart := connectome.Disjoint(circuits, r.sizes().Tested)
	for _, c := range apart {
		f.Neurons += float64(c.Len()) / float64(len(apart))
	}
	statistic, err := significance.Measures(specialMeasures...)
	if err != nil {
		return significance.Findings{}, err
	}
	cfg := significance.Config{Draws: r.sizes().Surrogates, Resamples: r.sizes().Draws}
	for _, name := range nullsOf(apart) {
		null, err := nullmodel.Find(name)
		if err != nil {
			return significance.Findings{}, err
		}
		report, err := significance.Test(ctx, apart, null, statistic, cfg, r.seed().Sub("special "+name))
		if err != nil {
			return significance.Findings{}, err
		}
		f.Reports = append(f.Reports, report)
	}
	f.Reports = significance.Correct(f.Reports...)
	return f, nil
}

// special adds what null models say of each reconstruction, under its own name.
func (l *ledger) special(all []significance.Findings) {
	proto := l.proto
	triads := significance.ConnectedTriads()
	for _, f := range all {
		l.proto.Dataset, l.proto.Backend = f.Overview.Name, "none"
		strict, ok := f.Report("configuration")
		if !ok {
			continue
		}
		others := map[string]float64{}
		for _, r := range f.Reports {
			if r.Null != strict.Null {
				beyond, _ := r.Beyond(triads)
				others[r.Null] = float64(beyond)
			}
		}
		beyond, tested := strict.Beyond(triads)
		l.add("null.configuration.triads_over_2sd", number(float64(beyond), strict.Circuits), "triads", others,
			fmt.Sprintf("of %d kinds that the null model does not fix, the mean count over %d circuits of %.0f neurons lies more than 2 sd from the mean of %d draws; baselines: other null models", tested, strict.Circuits, f.Neurons, strict.Draws))
		for _, r := range f.Reports {
			for _, measure := range []string{"triad_030T", "reciprocity_ratio", "simplices_2", "transitivity_undirected"} {
				if s, ok := r.Score(measure); ok {
					l.add("null."+r.Null+".log_ratio."+measure, s.LogRatio, "nats", map[string]float64{"as the null model": 0},
						fmt.Sprintf("z %.3g, percentile %.3g, q %.2g; %d draws of %d circuits", s.Z, s.Percentile, s.Q, s.Draws, s.Circuits))
				}
			}
		}
	}
	l.proto = proto
}
