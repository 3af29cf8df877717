package experiment

import (
	"context"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/cortigen/cortigen/pkg/latent"
	"github.com/cortigen/cortigen/pkg/steer"
	"github.com/cortigen/cortigen/pkg/structure"
)

// knobs are the measures that are steered, each with those it should leave
// alone (ours).
var knobs = []struct {
	measure string
	hold    []string
}{
	{measure: "density"},
	{measure: "reciprocity", hold: []string{"density"}},
}

// targets are where to, in sd of the training circuits.
var targets = []float64{-1.5, -1, -.5, .5, 1, 1.5}

// watched are the measures whose drift is told: one of each family, so that a
// drift is not counted several times under several names.
var watched = []string{
	"neurons", "e_share", "density", "out_degree_cv", "in_degree_cv",
	"in_out_correlation", "reciprocity", "clustering", "spectral_radius",
}

// Steering turns knobs of the trained model and measures the decoded circuits,
// beside taking no step and stepping in a random direction.
func (r *Run) Steering(ctx context.Context) (steer.Study, error) {
	k, err := r.modelKey(ctx, SteeringName, "steering.go")
	if err != nil {
		return steer.Study{}, err
	}
	return named(ctx, r, SteeringName, k, r.steer)
}

func (r *Run) steer(ctx context.Context) (steer.Study, error) {
	probing, err := r.Probes(ctx)
	if err != nil {
		return steer.Study{}, err
	}
	codes, err := r.Codes(ctx)
	if err != nil {
		return steer.Study{}, err
	}
	t, err := r.trained(ctx)
	if err != nil {
		return steer.Study{}, err
	}
	table, err := structure.Profiles(ctx, t.cut.Train, watched...)
	if err != nil {
		return steer.Study{}, err
	}
	rig := steer.Rig{Decoder: t.model(), Reference: steer.NewReference(table)}
	linear, err := steer.NewLinear(usable(probing.Measures)...)
	if err != nil {
		return steer.Study{}, err
	}
	likely, err := linear.Likely(codes.Train.Mean)
	if err != nil {
		return steer.Study{}, err
	}
	study := steer.Study{Reference: rig.Reference}
	if err := r.traverse(ctx, rig, likely, &study); err != nil {
		return steer.Study{}, err
	}
	requests := r.requests(codes.Validation)
	r.progress("steer", 0, 1, "calibrating on the decoder's response")
	calibrated, err := steer.Calibrate(ctx, rig, likely, requests, steer.Calibration{Samples: r.sizes().Samples}, r.seed().Sub("calibrate"))
	if err != nil {
		return steer.Study{}, err
	}
	methods := append([]steer.Method{linear, likely, calibrated}, steer.Baselines(calibrated)...)
	for i, m := range methods {
		r.progress("steer", i, len(methods), m.Name())
		answers, err := rig.Evaluate(ctx, m, requests, r.seed().Sub("steer"))
		if err != nil {
			return steer.Study{}, err
		}
		study.Methods = append(study.Methods, r.trial(m.Name(), answers, study.Measures))
	}
	return study, nil
}

// usable returns the probes that have a slope.
func usable(measures []latent.HeldOut) []latent.Probe {
	var probes []latent.Probe
	for _, h := range measures {
		if h.Note == "" {
			probes = append(probes, h.Probe)
		}
	}
	return probes
}

// requests asks for every target of every knob, from the codes of some
// validation circuits that lie inside the prior's ball.
func (r *Run) requests(codes latent.Codes) []steer.Request {
	var inside [][]float64
	for _, z := range codes.Mean {
		if floats.Norm(z, 2) < steer.Radius(len(z)) {
			inside = append(inside, z)
		}
	}
	n := min(r.sizes().Starts, len(inside))
	var requests []steer.Request
	for _, knob := range knobs {
		for i := range n {
			for _, target := range targets {
				request := steer.Ask(steer.SD(knob.measure, target), knob.hold...)
				request.Start, request.Samples = inside[i*len(inside)/n], r.sizes().Samples
				requests = append(requests, request)
			}
		}
	}
	return requests
}

// traverse measures what the decoder makes of each knob's direction from the
// origin, and decodes circuits to look at along the first.
func (r *Run) traverse(ctx context.Context, rig steer.Rig, linear steer.Linear, study *steer.Study) error {
	for i, knob := range knobs {
		r.progress("steer", i, len(knobs), "along "+knob.measure)
		study.Measures = append(study.Measures, knob.measure)
		d, err := linear.Direction(knob.measure, knob.hold...)
		if err != nil {
			return err
		}
		t, err := rig.Traverse(ctx, d, nil, nil, r.sizes().Samples, r.seed().Sub("traverse", i))
		if err != nil {
			return err
		}
		study.Traversals = append(study.Traversals, t)
		if i > 0 {
			continue
		}
		codes := make([][]float64, len(t.Steps))
		for k, step := range t.Steps {
			codes[k] = floats.ScaleTo(make([]float64, len(d.Vector)), step, d.Vector)
		}
		circuits, err := rig.Decoder.Decode(ctx, codes, 1, r.seed().Sub("shown"))
		if err != nil {
			return err
		}
		for k, some := range circuits {
			study.Shown = append(study.Shown, steer.Shown{Step: t.Steps[k], Circuit: some[0]})
		}
	}
	return nil
}

// trial scores the answers, whose circuits are not kept.
func (r *Run) trial(method string, answers []steer.Answer, measures []string) steer.Trial {
	draws := r.sizes().Draws
	t := steer.Trial{Method: method, Score: steer.Summarise(answers, draws, r.seed().Stream("steer.score"))}
	for i := range answers {
		answers[i].Circuits = nil
	}
	t.Answers = answers
	for _, measure := range measures {
		of := slices.DeleteFunc(slices.Clone(answers), func(a steer.Answer) bool { return a.Request.Targets[0].Measure != measure })
		t.ByMeasure = append(t.ByMeasure, steer.Summarise(of, draws, r.seed().Stream("steer.score."+measure)))
	}
	return t
}
