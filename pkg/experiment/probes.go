package experiment

import (
	"context"
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/latent"
	"github.com/cortigen/cortigen/pkg/structure"
)

// Codes returns the codes of all columns.
func (r *Run) Codes(ctx context.Context) (latent.Atlas, error) {
	k, err := r.modelKey(ctx, CodesName, "probes.go")
	if err != nil {
		return latent.Atlas{}, err
	}
	return named(ctx, r, CodesName, k, func(ctx context.Context) (latent.Atlas, error) {
		t, err := r.trained(ctx)
		if err != nil {
			return latent.Atlas{}, err
		}
		var a latent.Atlas
		for _, part := range []struct {
			circuits []*circuit.Circuit
			into     *latent.Codes
		}{{t.cut.Train, &a.Train}, {t.cut.Validation, &a.Validation}, {t.cut.Test, &a.Test}} {
			if *part.into, err = encode(ctx, t.model(), part.circuits); err != nil {
				return latent.Atlas{}, err
			}
		}
		return a, nil
	})
}

// Probes fits linear probes of measures, and of the true factors where the
// tissue knows them, to the codes of the training circuits, and scores them on
// the test circuits.
func (r *Run) Probes(ctx context.Context) (latent.Probing, error) {
	k, err := r.modelKey(ctx, ProbesName, "probes.go")
	if err != nil {
		return latent.Probing{}, err
	}
	return named(ctx, r, ProbesName, k, r.probe)
}

func (r *Run) probe(ctx context.Context) (latent.Probing, error) {
	cut, err := r.Columns(ctx)
	if err != nil {
		return latent.Probing{}, err
	}
	codes, err := r.Codes(ctx)
	if err != nil {
		return latent.Probing{}, err
	}
	classes := circuit.Classes(cut.Train...)
	p := prober{
		run: r, codes: codes,
		trainClasses: composition(cut.Train, classes), testClasses: composition(cut.Test, classes),
	}
	train, test, err := measured(ctx, cut.Train, cut.Test)
	if err != nil {
		return latent.Probing{}, err
	}
	measures := len(train)
	trainFactors, testFactors := factors(cut.Train), factors(cut.Test)
	all, err := p.judge(ctx, append(train, trainFactors...), append(test, testFactors...))
	if err != nil {
		return latent.Probing{}, err
	}
	probing := latent.Probing{Measures: all[:measures], Factors: all[measures:], Region: connectome.Regions(cut.Test)}
	if probing.Components, err = latent.PCA(codes.Train.Mean); err != nil {
		return latent.Probing{}, err
	}
	projected, err := probing.Components.Project(codes.Test.Mean)
	if err != nil {
		return latent.Probing{}, err
	}
	for _, row := range projected {
		probing.Map = append(probing.Map, [2]float64{row[0], row[1]})
	}
	return probing, nil
}

// prober judges outcomes on one set of codes.
type prober struct {
	run                       *Run
	codes                     latent.Atlas
	trainClasses, testClasses [][]float64
}

func (p prober) judge(ctx context.Context, train, test []latent.Outcome) ([]latent.HeldOut, error) {
	draws := p.run.sizes().Draws
	p.run.progress("probes", 0, 1, "cross-validation on training circuits")
	config := latent.ProbeConfig{Permutations: draws, Draws: draws}
	validated, err := latent.CrossValidateAll(ctx, p.codes.Train.Mean, train, p.codes.Train.Region, config, p.run.seed().Sub("probes"))
	if err != nil {
		return nil, err
	}
	judged := make([]latent.HeldOut, len(train))
	for i := range train {
		p.run.progress("probes", i, len(train), train[i].Measure)
		judged[i] = latent.HeldOut{Measure: train[i].Measure, Across: validated[i].R2, P: validated[i].P, Q: validated[i].Q, Note: validated[i].Note, Values: test[i].Values}
		if judged[i].Note != "" {
			judged[i].R2, judged[i].Across, judged[i].Simple, judged[i].Gain = undefined, undefined, undefined, undefined
			continue
		}
		if err := p.score(&judged[i], validated[i].Probe, train[i], test[i]); err != nil {
			return nil, err
		}
	}
	return judged, nil
}

var undefined = latent.Interval{Value: math.NaN(), Lo: math.NaN(), Hi: math.NaN()}

// score fills in what a probe and the simple fit are worth on test circuits.
func (p prober) score(h *latent.HeldOut, probe latent.Probe, train, test latent.Outcome) error {
	draws, region := p.run.sizes().Draws, p.codes.Test.Region
	stream := func() *rand.Rand { return p.run.seed().Stream("probes.test") } // the same regions for all
	var err error
	h.Probe = probe
	if h.Score, err = probe.Score(p.codes.Test.Mean, test, region, draws, stream()); err != nil {
		return err
	}
	if h.Predicted, err = probe.Predict(p.codes.Test.Mean); err != nil {
		return err
	}
	simple, err := latent.FitProbe(p.trainClasses, train, p.codes.Train.Region, latent.ProbeConfig{PerColumn: true})
	if err != nil {
		return err
	}
	simpleScore, err := simple.Score(p.testClasses, test, region, draws, stream())
	if err != nil {
		return err
	}
	predicted, err := simple.Predict(p.testClasses)
	if err != nil {
		return err
	}
	h.Simple = simpleScore.R2
	h.Gain, err = latent.Gain(test.Values, h.Predicted, predicted, region, draws, stream())
	return err
}

// probed are the measures that are read from codes: one or two of each family, of
// little cost.
var probed = []string{
	"neurons", "edges", "density", "e_share",
	"out_degree_mean", "out_degree_sd", "out_degree_cv", "in_degree_sd", "in_degree_cv", "in_out_correlation",
	"reciprocity", "reciprocity_ratio", "clustering", "transitivity", "spectral_radius",
}

// measured returns the probed measures of both splits.
func measured(ctx context.Context, train, test []*circuit.Circuit) (ofTrain, ofTest []latent.Outcome, err error) {
	trainTable, err := structure.Profiles(ctx, train, probed...)
	if err != nil {
		return nil, nil, err
	}
	testTable, err := structure.Profiles(ctx, test, probed...)
	return outcomes(trainTable), outcomes(testTable), err
}

func outcomes(t structure.Table) []latent.Outcome {
	all := make([]latent.Outcome, len(t.Names))
	for j, name := range t.Names {
		all[j] = latent.Outcome{Measure: name, Values: make([]float64, len(t.Rows))}
		for i, row := range t.Rows {
			all[j].Values[i] = row[j]
		}
	}
	return all
}

// factors returns the true factors of the circuits, by name; none where the
// source does not know them.
func factors(circuits []*circuit.Circuit) []latent.Outcome {
	var all []latent.Outcome
	for _, name := range slices.Sorted(maps.Keys(circuits[0].Origin().Factors)) {
		all = append(all, factorOf(circuits, name))
	}
	return all
}

func factorOf(circuits []*circuit.Circuit, name string) latent.Outcome {
	o := latent.Outcome{Measure: name}
	for _, c := range circuits {
		o.Values = append(o.Values, c.Origin().Factors[name])
	}
	return o
}

// composition counts the neurons of each class, [circuits][classes].
func composition(circuits []*circuit.Circuit, classes []circuit.Class) [][]float64 {
	all := make([][]float64, len(circuits))
	for i, c := range circuits {
		all[i] = make([]float64, len(classes))
		for _, n := range c.Neurons() {
			if k := slices.Index(classes, n.Class); k >= 0 {
				all[i][k]++
			}
		}
	}
	return all
}
