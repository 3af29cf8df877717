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

// rowGroups are the experiments that have numbers for the results table, by the
// names that command figures has for them.
var rowGroups = []struct {
	name string
	add  func(ctx context.Context, r *Run, l *ledger) error
}{
	{"reconstruction", entered((*Run).Reconstruction, (*ledger).reconstruction)},
	{"probes", entered((*Run).Probes, (*ledger).probes)},
	{"steering", entered((*Run).Steering, (*ledger).steering)},
	{"leak", entered((*Run).Leak, (*ledger).leak)},
	{"survey", entered((*Run).Survey, (*ledger).survey)},
	{"survey", entered((*Run).Completeness, (*ledger).completeness)},
	{"special", entered((*Run).Special, (*ledger).special)},
	{"standing", entered((*Run).Standing, (*ledger).standing)},
	{"rate", entered((*Run).Rate, func(l *ledger, f fidelity.Rate) { l.rate(f, graphvae.Exchangeable) })},
	{"ablations", entered((*Run).Ablations, (*ledger).ablations)},
	{"reading", entered((*Run).Reading, (*ledger).reading)},
	{"making", entered((*Run).Making, (*ledger).making)},
	{"inpainting", entered((*Run).Inpainting, (*ledger).inpainting)},
	{"mutual", ofCortex(entered((*Run).Mutual, (*ledger).mutual))},
	{"directing", entered((*Run).Directing, (*ledger).directing)},
	{"synthesis", entered((*Run).Synthesis, (*ledger).synthesis)},
	{"synthesis", ofCortex(entered((*Run).WholeSynthesis, (*ledger).wholeSynthesis))},
	{"synthesis", entered((*Run).OutsideSynthesis, (*ledger).outsideSynthesis)},
	{"recovering", ofCortex(entered((*Run).Recovering, (*ledger).recovering))},
	{"outside", entered((*Run).Outside, (*ledger).outside)},
	{"blueprint", entered((*Run).BlueprintRows, func(l *ledger, rows []artifact.Row) { l.rows = append(l.rows, rows...) })},
}

// entered runs an experiment and puts its result into a ledger.
func entered[T any](run func(*Run, context.Context) (T, error), add func(*ledger, T)) func(context.Context, *Run, *ledger) error {
	return func(ctx context.Context, r *Run, l *ledger) error {
		result, err := run(r, ctx)
		if err == nil {
			add(l, result)
		}
		return err
	}
}

// ofCortex passes an experiment over where it is not of the embedded cortex.
func ofCortex(add func(context.Context, *Run, *ledger) error) func(context.Context, *Run, *ledger) error {
	return func(ctx context.Context, r *Run, l *ledger) error {
		if r.Setting.Dataset != artifact.Cortex {
			return nil
		}
		return add(ctx, r, l)
	}
}

// Rows returns every number of the run's experiments, or of those named, as rows of
// the results table. What was not computed yet is.
func (r *Run) Rows(ctx context.Context, only ...string) ([]artifact.Row, error) {
	backend, err := r.Backend(ctx)
	if err != nil {
		return nil, err
	}
	l := &ledger{proto: artifact.Row{
		Dataset: r.Setting.DatasetName(), Preset: string(r.Setting.Preset), Backend: backend.Name(),
		Command: fmt.Sprintf("go run ./figures -preset %s -data %s", r.Setting.Preset, r.Setting.DatasetName()),
	}}
	for _, g := range rowGroups {
		if len(only) > 0 && !slices.Contains(only, g.name) {
			continue
		}
		if err := g.add(ctx, r, l); err != nil {
			return nil, err
		}
	}
	return l.rows, nil
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
