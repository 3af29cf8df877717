package experiment

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/fidelity"
	"github.com/cortigen/cortigen/pkg/graphvae"
	"github.com/cortigen/cortigen/pkg/latent"
	"github.com/cortigen/cortigen/pkg/steer"
)

// Rows returns every number of the run's experiments, as rows of the results
// table. What was not computed yet is.
func (r *Run) Rows(ctx context.Context) ([]artifact.Row, error) {
	reconstruction, err := r.Reconstruction(ctx)
	if err != nil {
		return nil, err
	}
	probing, err := r.Probes(ctx)
	if err != nil {
		return nil, err
	}
	study, err := r.Steering(ctx)
	if err != nil {
		return nil, err
	}
	leak, err := r.Leak(ctx)
	if err != nil {
		return nil, err
	}
	portraits, err := r.Survey(ctx)
	if err != nil {
		return nil, err
	}
	complete, err := r.Completeness(ctx)
	if err != nil {
		return nil, err
	}
	special, err := r.Special(ctx)
	if err != nil {
		return nil, err
	}
	read, err := r.Reading(ctx)
	if err != nil {
		return nil, err
	}
	making, err := r.Making(ctx)
	if err != nil {
		return nil, err
	}
	inpainting, err := r.Inpainting(ctx)
	if err != nil {
		return nil, err
	}
	var mutual fidelity.Mutual
	if r.Setting.Dataset == artifact.Cortex {
		if mutual, err = r.Mutual(ctx); err != nil {
			return nil, err
		}
	}
	made, err := r.BlueprintRows(ctx)
	if err != nil {
		return nil, err
	}
	standing, err := r.Standing(ctx)
	if err != nil {
		return nil, err
	}
	rate, err := r.Rate(ctx)
	if err != nil {
		return nil, err
	}
	ablations, err := r.Ablations(ctx)
	if err != nil {
		return nil, err
	}
	outside, err := r.Outside(ctx)
	if err != nil {
		return nil, err
	}
	l := ledger{proto: artifact.Row{
		Dataset: r.Setting.DatasetName(), Preset: string(r.Setting.Preset), Backend: reconstruction.Backend,
		Command: fmt.Sprintf("go run ./figures -preset %s -data %s", r.Setting.Preset, r.Setting.DatasetName()),
	}}
	l.reconstruction(reconstruction)
	l.probes(probing)
	l.steering(study)
	l.leak(leak)
	l.survey(portraits)
	l.completeness(complete)
	l.special(special)
	l.standing(standing)
	l.rate(rate, graphvae.Exchangeable)
	l.ablations(ablations)
	l.reading(read)
	l.making(making)
	l.inpainting(inpainting)
	if r.Setting.Dataset == artifact.Cortex {
		l.mutual(mutual)
	}
	l.outside(outside)
	return append(l.rows, made...), nil
}

// ledger collects rows of one run.
type ledger struct {
	proto artifact.Row
	rows  []artifact.Row
}

func (l *ledger) add(name string, value latent.Interval, unit string, baselines map[string]float64, note string) {
	row := l.proto
	row.Name, row.Unit, row.Baselines, row.Note = name, unit, baselines, note
	row.Value, row.Lo, row.Hi, row.N = value.Value, value.Lo, value.Hi, value.N
	if math.IsNaN(row.Value) {
		row.Note = cmp.Or(note, "undefined: no circuit has the measure, or it does not vary")
	}
	l.rows = append(l.rows, row)
}

func number(value float64, n int) latent.Interval {
	return latent.Interval{Value: value, Lo: math.NaN(), Hi: math.NaN(), N: n}
}

func (l *ledger) reconstruction(f fidelity.Reconstruction) {
	model := "reconstruction." + f.Kind + "."
	l.add(model+"edge_auc", f.Model.AUC, "1", byName(f.Baselines, auc), "held-out regions; mean over circuits, interval over regions")
	l.add(model+"edge_ap", f.Model.AP, "1", byName(f.Baselines, ap), "")
	l.add(model+"edge_log_loss", f.Model.LogLoss, "nats/pair", byName(f.Baselines, logLoss), "code length not counted")
	l.add(model+"nats_per_pair", f.PerPair, "nats/pair", byName(f.Baselines, logLoss), "upper bound, code length counted")
	l.add(model+"kl_nats", f.KL, "nats/circuit", map[string]float64{"no code": 0}, "")
	l.add(model+"class_accuracy", f.Classes.AllSlots, "1", map[string]float64{"usual class of the slot": f.Classes.BaselineAllSlots}, "all slots, padding and its null class included")
	l.add(model+"class_accuracy.real", f.Classes.Real, "1", map[string]float64{"usual class of the slot": f.Classes.BaselineReal}, "real neurons")
	l.add(model+"active_units", number(float64(active(f.Units)), f.Validation), "units", nil,
		fmt.Sprintf("of %d; KL above %g nats and shuffling costs likelihood, on validation circuits", f.Latent, latent.ActiveKL))
	for _, g := range f.Gains {
		if g.Over == "class × distance" {
			l.add(model+"edge_auc.gain_over_class_distance", g.AUC, "1", map[string]float64{"no gain": 0}, "paired; below 0 the model is worse")
		}
	}
	aucs := make([]float64, len(f.Courses))
	for i, c := range f.Courses {
		aucs[i] = c.AUC
	}
	l.add(model+"edge_auc.seeds", latent.Interval{Value: f.Courses[f.Chosen].AUC, Lo: slices.Min(aucs), Hi: slices.Max(aucs), N: len(aucs)}, "1", nil,
		"the training chosen by its validation bound; here lo and hi are the least and greatest over trainings from n seeds")
	for _, b := range f.Baselines {
		if b.Name == "class × distance" {
			l.add("baseline.class_distance.edge_auc", b.AUC, "1", nil, "fitted on the training circuits")
			l.add("baseline.class_distance.edge_ap", b.AP, "1", nil, "")
		}
	}
}

func (l *ledger) probes(p latent.Probing) {
	for _, group := range []struct {
		of   []latent.HeldOut
		name string
	}{{p.Measures, ""}, {p.Factors, "factor."}} {
		for _, h := range group.of {
			l.add("probe.slots.r2."+group.name+h.Measure, h.R2, "1", map[string]float64{"training mean": h.MeanR2, "class counts": h.Simple.Value}, cmp.Or(h.Note, "on test regions"))
			l.add("probe.slots.r2_across."+group.name+h.Measure, h.Across, "1", map[string]float64{"mean of the other regions": 0}, cmp.Or(h.Note, "nested cross-validation, whole training regions left out"))
		}
	}
}

// methodNames are those of rows, by those of the methods.
var methodNames = map[string]string{
	"linear":             "linear",
	"likely":             "likely",
	"likely, calibrated": "calibrated",
}

func (l *ledger) steering(s steer.Study) {
	for _, t := range s.Methods {
		name, ours := methodNames[t.Method]
		if !ours {
			continue // a baseline: it stands beside the others
		}
		name = "steer." + name + "."
		l.add(name+"drift_sd", t.Score.MedianDriftSD, "sd", beside(s, func(t steer.Trial) float64 { return t.Score.MedianDriftSD.Value }),
			"median over requests of the median drift of the other measures")
		for i, measure := range s.Measures {
			of := func(value func(steer.Score) float64) map[string]float64 {
				return beside(s, func(t steer.Trial) float64 { return value(t.ByMeasure[i]) })
			}
			score := t.ByMeasure[i]
			l.add(name+"hit_sd."+measure, score.MeanHitSD, "sd", of(func(s steer.Score) float64 { return s.MeanHitSD.Value }),
				fmt.Sprintf("mean |achieved − asked| over requests, measured on decoded circuits; out of reach %.0f %%", 100*score.OutOfReach))
			l.add(name+"hit_rate."+measure, score.HitRate, "1", of(func(s steer.Score) float64 { return s.HitRate.Value }),
				fmt.Sprintf("share of requests within %g sd", steer.HitWithin))
		}
	}
}

// beside returns a number of every baseline.
func beside(s steer.Study, of func(steer.Trial) float64) map[string]float64 {
	values := map[string]float64{}
	for _, t := range s.Methods {
		if _, ours := methodNames[t.Method]; !ours {
			values[t.Method] = of(t)
		}
	}
	return values
}

// The scores of a report, for byName.
func auc(r fidelity.Report) latent.Interval     { return r.AUC }
func ap(r fidelity.Report) latent.Interval      { return r.AP }
func logLoss(r fidelity.Report) latent.Interval { return r.LogLoss }

// byName returns a score of every report.
func byName(reports []fidelity.Report, of func(fidelity.Report) latent.Interval) map[string]float64 {
	values := map[string]float64{}
	for _, r := range reports {
		values[r.Name] = of(r).Value
	}
	return values
}
