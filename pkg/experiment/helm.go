package experiment

import (
	"context"
	"errors"
	"slices"

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/graphvae"
	"github.com/cortigen/cortigen/pkg/steer"
	"github.com/cortigen/cortigen/pkg/structure"
)

// HelmName is the name of what steering starts from.
const HelmName = "helm"

// steered are the measures that a helm asks for and holds (ours); the density between
// the two classes that have most edges comes to them.
var steered = []string{
	"density", "reciprocity", "out_degree_sd", "clustering", "spectral_radius", "downward_share",
}

// Helm is a trained Exchangeable model, ready to be steered: what answers requests,
// and what is known of its measures.
type Helm struct {
	// Rig decodes circuits and measures them, in units of the training circuits.
	steer.Rig
	// Linear steps along the most probable directions of probes.
	Linear steer.Linear
	// Learned foretells measures from codes.
	Learned *steer.Surrogate
	// Reach is how far each measure went in circuits decoded all over the ball.
	Reach []steer.Reach
	// Codes of test circuits, [circuits][dimensions].
	Codes [][]float64
	// Like are the circuits whose neurons are wired; nil of a model that draws its
	// own.
	Like []*circuit.Circuit

	run     *Run
	model   *graphvae.Model
	table   structure.Table    // of the training circuits
	known   []*circuit.Circuit // that the model was trained on
	unseen  []*circuit.Circuit // test circuits
	descent steer.Method       // compiled
}

// helmKit is what is kept of a helm.
type helmKit struct {
	Kit   steer.Kit       `json:"kit"`
	Table structure.Table `json:"table"`
	Codes [][]float64     `json:"codes"`
}

// water is what a helm steers.
type water struct {
	// name, "" for the model of the setting on neurons of its own test circuits.
	name string
	wire func(*Run, context.Context) (wiring, error)
	// like returns the circuits whose neurons are wired; nil where the model draws its
	// own.
	like func(ctx context.Context, w wiring) ([]*circuit.Circuit, error)
	// measures beside those that are steered everywhere.
	measures []string
	// files of this package that like is computed by, and the checksum of what it
	// starts from.
	files, sum string
}

// helmKey is that of a result that files of this package compute from a helm.
func (r *Run) helmKey(ctx context.Context, name string, at water, files string) (artifact.Key, error) {
	return r.wiringKey(ctx, dotted(dotted(name, at.name), at.sum), "helm.go pilot.go reconstruction.go answers.go probes.go "+at.files+files)
}

// given is the model that wires the neurons of test circuits.
var given = water{wire: (*Run).wired, like: func(_ context.Context, w wiring) ([]*circuit.Circuit, error) { return likeTest(w), nil }}

// ownNeurons is the model that draws neurons too.
var ownNeurons = water{name: "whole", wire: (*Run).composed, measures: []string{"e_share"}, files: "making.go "}

// onNeuronsOf is the model on the neurons of a reconstruction from elsewhere, whose
// checksum is sum.
func onNeuronsOf(other *Run, sum string) water {
	like := func(ctx context.Context, w wiring) ([]*circuit.Circuit, error) {
		circuits, err := piecesOf(ctx, other, w.Train)
		if err == nil && len(circuits) == 0 {
			err = errNoPieces
		}
		return circuits, err
	}
	return water{name: "on." + other.Setting.DatasetName(), wire: (*Run).wired, like: like, files: "outside.go survey.go tissue.go ", sum: sum}
}

// errNoPieces says that a reconstruction has no circuits that the model could wire.
var errNoPieces = errors.New("no piece of it has enough neurons of the model's classes at known places")

// Helm returns the trained model with what answers requests, on the neurons of some
// test circuits. The first time it trains, and decodes circuits all over the ball to
// learn what they are like; then it is a matter of seconds.
func (r *Run) Helm(ctx context.Context) (*Helm, error) { return r.helm(ctx, given) }

// WholeHelm is Helm of the model that draws neurons too, whose share of excitatory
// ones can be asked for.
func (r *Run) WholeHelm(ctx context.Context) (*Helm, error) { return r.helm(ctx, ownNeurons) }

func (r *Run) helm(ctx context.Context, at water) (*Helm, error) {
	w, err := at.wire(r, ctx)
	if err != nil {
		return nil, err
	}
	h := &Helm{run: r, model: w.model(), known: w.Train, unseen: w.Test}
	h.Rig.Decoder = w.model()
	if at.like != nil {
		if h.Like, err = at.like(ctx, w); err != nil {
			return nil, err
		}
		if h.Rig.Decoder, err = steer.On(w.model(), h.Like...); err != nil {
			return nil, err
		}
	}
	k, err := r.helmKey(ctx, HelmName, at, "")
	if err != nil {
		return nil, err
	}
	kept, err := named(ctx, r, dotted(HelmName, at.name), k, func(ctx context.Context) (helmKit, error) {
		p, err := r.newPilot(ctx, w, h.Rig.Decoder, slices.Concat(steered, pairAsked(w.Train), at.measures))
		if err != nil {
			return helmKit{}, err
		}
		return p.kit(ctx)
	})
	if err != nil {
		return nil, err
	}
	h.Rig.Reference, h.Reach, h.Codes, h.table = kept.Kit.Reference, kept.Kit.Reach, kept.Codes, kept.Table
	if h.Linear, err = kept.Kit.Linear(); err == nil {
		h.Learned, err = kept.Kit.Surrogate()
	}
	return h, err
}

// kit learns what is decoded, and keeps it.
func (p *pilot) kit(ctx context.Context) (helmKit, error) {
	learned, reach, err := p.surrogate(ctx)
	if err != nil {
		return helmKit{}, err
	}
	return helmKit{Kit: steer.NewKit(p.rig.Reference, p.linear, learned, reach), Table: p.table, Codes: p.test.Mean}, nil
}

// dotted joins names that are not empty.
func dotted(name, detail string) string {
	if detail == "" {
		return name
	}
	return name + "." + detail
}

// pairAsked is the pair of classes that has most edges in the circuits, as a
// measure.
func pairAsked(circuits []*circuit.Circuit) []string {
	edges := map[[2]circuit.Class]int{}
	for _, c := range circuits[:min(len(circuits), 200)] {
		for _, e := range c.EdgeList() {
			edges[[2]circuit.Class{c.Neuron(e.Pre).Class, c.Neuron(e.Post).Class}]++
		}
	}
	var most [2]circuit.Class
	for pair, n := range edges {
		if n > edges[most] || n == edges[most] && (pair[0] < most[0] || pair[0] == most[0] && pair[1] < most[1]) {
			most = pair
		}
	}
	if most == ([2]circuit.Class{}) {
		return nil
	}
	return []string{steer.ClassPair(most[0], most[1])}
}

// Of the method that follows gradients (ours): how many circuits lend their neurons
// to what is expected, with how many codes of neurons each.
const expectedLike, expectedDraws = 2, 2

// descent is how many steps the method takes at most, and from how many other codes
// where the first leads nowhere (ours): of small presets few, and none.
func (s sizes) descent() (steps, restarts int) {
	if s.small() {
		return min(6, s.Wiring.Training.Steps), -1
	}
	return 12, 1
}

// small presets make few circuits.
func (s sizes) small() bool { return s.Wiring.Made < 200 }

// Gradient descends along what the model expects of measures, and along what was
// learned of those that it has no expectation of. Its first steps take some seconds to
// compile. Of a model that draws its neurons, whose measures depend on these too, it is
// what was learned that says all.
func (h *Helm) Gradient() (steer.Method, error) {
	if h.descent != nil {
		return h.descent, nil
	}
	steps, restarts := h.run.sizes().descent()
	m := steer.Gradient{Expecter: h.Learned, Reference: h.Reference, Restarts: restarts, Iterations: steps}
	if h.Like != nil {
		known := h.model.Expectable()
		names := slices.DeleteFunc(slices.Clone(h.Reference.Names), func(name string) bool { return !slices.Contains(known, name) })
		expecter, err := h.model.Expecter(h.Like[:min(expectedLike, len(h.Like))], names, expectedDraws, h.run.seed().Sub("expect"))
		if err != nil {
			return nil, err
		}
		m.Expecter = steer.Joined{expecter, h.Learned}
	}
	h.descent = steer.Corrected{Base: m, Rig: h.Rig, Label: m.Name()}
	return h.descent, nil
}

// Surrogate descends along what was learned.
func (h *Helm) Surrogate() steer.Method { return steer.NewSurrogate(h.Rig, h.Learned) }

// Answer has gradients answer a request; the seed is the run's.
func (h *Helm) Answer(ctx context.Context, request steer.Request) (steer.Answer, error) {
	m, err := h.Gradient()
	if err != nil {
		return steer.Answer{}, err
	}
	return h.Rig.Answer(ctx, m, request, h.run.seed().Sub("answer"))
}

// Baselines are answers that need no model, and steps that need no thought: the
// nearest real circuit, real circuits rewired, circuits drawn by class, no step, and a
// step at random.
func (h *Helm) Baselines() ([]steer.Method, error) {
	collection, err := steer.NewCollection(h.Reference, h.known, h.table)
	if err != nil {
		return nil, err
	}
	blocks, err := steer.NewBlockModel(h.known)
	if err != nil {
		return nil, err
	}
	looks := min(256, 16*h.run.sizes().Samples)
	return []steer.Method{
		steer.Retrieval{Collection: collection}, steer.Rewire{Collection: collection, Looks: looks}, blocks, steer.Stay{}, steer.Random{Like: h.Linear},
	}, nil
}

// Export writes the circuits of an answer in every format that can hold them, or in
// those named, beside what was asked: see steer.Export.
func (h *Helm) Export(ctx context.Context, a steer.Answer, folder string, w steer.Exporting) (steer.Exported, error) {
	w.Reference = h.Reference
	if w.Model == nil {
		w.Model = h.model.Config()
	}
	return steer.Export(ctx, a, folder, w)
}

// explorerAxes is the number of axes of the code that an explorer has knobs for (ours).
const explorerAxes = 4

// Explorer turns the main axes of codes of test circuits, and the helm's measures, like
// knobs.
func (h *Helm) Explorer() (*steer.Explorer, error) {
	axes, err := steer.PrincipalAxes(h.Codes, explorerAxes)
	if err != nil {
		return nil, err
	}
	e := &steer.Explorer{Rig: h.Rig, Axes: axes, Expecter: h.Learned, Measures: h.Learned.Measures(), Seed: h.run.seed().Sub("explore")}
	return e, e.Check()
}
