package experiment

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"sync"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/fidelity"
	"github.com/cortigen/cortigen/pkg/graphvae"
	"github.com/cortigen/cortigen/pkg/nullmodel"
)

// RateName is the name of the experiment on the length of code that accuracy
// costs.
const RateName = "rate"

const (
	// wideNeurons is the number of dimensions of u of one more training, at the
	// least weight, where the usual number may be what limits accuracy (ours).
	wideNeurons = 16
	// rateNull keeps degrees exactly, since what stores degrees gains from their
	// chance spread (see fidelity.MeasureExcess); rateDraws are its draws of each
	// circuit (ours).
	rateNull  = "distance_degree_exact"
	rateDraws = 2
)

// Rate says how well edges are told against the length of the code that tells
// them: the model, trainings in which codes of neurons weigh less, and what the
// other answers of Standing reach at theirs. Every point has the same score on
// degree-matched nulls beside it.
func (r *Run) Rate(ctx context.Context) (fidelity.Rate, error) {
	k, err := r.wiringKey(ctx, RateName, "rate.go "+standingFiles)
	if err != nil {
		return fidelity.Rate{}, err
	}
	return named(ctx, r, RateName, k, r.rate)
}

// bend is a point of the curve to be.
type bend struct {
	weight float64
	wide   bool
}

// bends are the model's own weight, 1, and those of the preset, from the shortest
// code to the longest; a curve has one more at its end, with more numbers a neuron.
func (r *Run) bends() []bend {
	all := []bend{{weight: 1}}
	for _, weight := range r.sizes().Wiring.Weights {
		all = append(all, bend{weight: weight})
	}
	slices.SortStableFunc(all, func(a, b bend) int { return int(math.Copysign(1, b.weight-a.weight)) })
	if last := all[len(all)-1]; len(all) > 2 {
		all = append(all, bend{last.weight, true})
	}
	return all
}

// bent trains a point.
func (r *Run) bent(ctx context.Context, b bend) (wiring, error) {
	if b.weight == 1 {
		return r.wired(ctx)
	}
	name := fmt.Sprintf("neurons' code × %g", b.weight)
	if b.wide {
		name += fmt.Sprintf(", %d dimensions each", wideNeurons)
	}
	return r.wire(ctx, variant{name: name, replicates: 1, short: true, change: func(how *recipe) {
		how.Training.UWeight = b.weight
		if b.wide {
			how.Model.NeuronLatent = wideNeurons
		}
	}})
}

func (r *Run) rate(ctx context.Context) (fidelity.Rate, error) {
	standing, err := r.Standing(ctx)
	if err != nil {
		return fidelity.Rate{}, err
	}
	var rate fidelity.Rate
	for _, b := range r.bends() {
		w, err := r.bent(ctx, b)
		if err != nil {
			return fidelity.Rate{}, err
		}
		p, err := r.point(ctx, w, b)
		if err != nil {
			return fidelity.Rate{}, err
		}
		rate.Points = append(rate.Points, p)
	}
	for _, b := range standing.Baselines {
		rate.Baselines = append(rate.Baselines, fidelity.RatePoint{Name: b.Name, Code: number(0, b.AUC.N), AUC: b.AUC, AP: b.AP, PerPair: b.LogLoss})
	}
	for _, reading := range standing.Readings {
		b := reading.Report
		rate.Baselines = append(rate.Baselines, fidelity.RatePoint{Name: b.Name, Code: reading.Code, AUC: b.AUC, AP: b.AP, PerPair: reading.Bounds.Mean})
	}
	return rate, nil
}

// point measures a training.
func (r *Run) point(ctx context.Context, w wiring, b bend) (fidelity.RatePoint, error) {
	m := w.model()
	p := fidelity.RatePoint{Name: fmt.Sprintf("%s, weight %g, %d a neuron", m.Config().Kind, b.weight, m.Config().NeuronLatent), Weight: b.weight}
	spent, err := r.spent(ctx, m, w.Test)
	if err != nil {
		return p, err
	}
	report, _, err := r.scores(ctx, m, w.Test)
	if err != nil {
		return p, err
	}
	p.Code, p.PerPair, p.AUC, p.AP = spent.code, spent.elbo.Mean, report.AUC, report.AP
	excess, err := r.excess(ctx, p.Name, m, pick(w.Test, evenly(len(w.Test), r.sizes().Tested)))
	p.Excess = &excess
	return p, err
}

// excess holds a model's scores against those on degree-matched nulls.
func (r *Run) excess(ctx context.Context, name string, m *graphvae.Model, circuits []*circuit.Circuit) (fidelity.Excess, error) {
	null, err := nullmodel.Find(rateNull)
	if err != nil {
		return fidelity.Excess{}, err
	}
	r.progress("degree-matched nulls", 0, 1, name)
	var turn sync.Mutex // a model does one thing at a time
	reconstruct := func(ctx context.Context, c *circuit.Circuit) ([]float64, error) {
		turn.Lock()
		defer turn.Unlock()
		pictures, err := reconstructions(ctx, m, []*circuit.Circuit{c})
		if err != nil {
			return nil, err
		}
		return pictures[0].Edges, nil
	}
	return fidelity.MeasureExcess(ctx, name, circuits, reconstruct, null, rateDraws, r.sizes().Draws, r.seed().Sub("intervals"))
}

// rateLimits are lengths of code that others report accuracy at, in nats a
// circuit.
var rateLimits = []float64{60, 240, 800}

func (l *ledger) rate(f fidelity.Rate, kind graphvae.Kind) {
	aucs := map[string]float64{}
	for _, b := range f.Baselines {
		aucs[fmt.Sprintf("%s (%.0f nats)", b.Name, b.Code.Value)] = b.AUC.Value
	}
	for _, limit := range rateLimits {
		name := fmt.Sprintf("rate.%s.%%s_auc_%g", kind, limit)
		best, found := f.Within(limit)
		if !found {
			shortest := slices.MinFunc(f.Points, func(a, b fidelity.RatePoint) int { return int(math.Copysign(1, a.Code.Value-b.Code.Value)) })
			none := fmt.Sprintf("no training has a code of at most %g nats a circuit: the shortest is %.0f", limit, shortest.Code.Value)
			for _, of := range []string{"edge", "null"} {
				l.add(fmt.Sprintf(name, of), number(math.NaN(), 0), "1", aucs, none)
			}
			continue
		}
		used := fmt.Sprintf("%s: a code of %v nats a circuit", best.Name, best.Code)
		nulls := maps.Clone(aucs)
		nulls["degree-matched nulls"] = best.Excess.AUC.Nulls.Value
		l.add(fmt.Sprintf(name, "edge"), best.AUC, "1", nulls, used)
		l.add(fmt.Sprintf(name, "null"), best.Excess.AUC.Nulls, "1", map[string]float64{"the circuits themselves": best.Excess.AUC.Real.Value},
			fmt.Sprintf("%s; the same score on %d draws of %s of each of n circuits; excess %v", used, best.Excess.Draws, best.Excess.Null, best.Excess.AUC.Excess))
	}
}
