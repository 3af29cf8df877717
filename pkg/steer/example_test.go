package steer_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/latent"
	"github.com/cortigen/cortigen/pkg/seed"
	"github.com/cortigen/cortigen/pkg/steer"
)

// fan decodes a code of one number into a neuron that contacts more others the
// greater the number: a decoder that can be followed by hand.
type fan struct{}

func (fan) Dim() int { return 1 }

func (fan) Decode(_ context.Context, z [][]float64, samples int, _ seed.Seed) ([][]*circuit.Circuit, error) {
	all := make([][]*circuit.Circuit, len(z))
	for k, code := range z {
		neurons, edges := make([]circuit.Neuron, 11), []circuit.Edge{}
		for i := range neurons {
			neurons[i] = circuit.Neuron{ID: fmt.Sprint(i), Position: circuit.NoPosition()}
			if i > 0 && float64(i) <= 5+2*code[0] {
				edges = append(edges, circuit.Edge{Pre: 0, Post: i})
			}
		}
		c, err := circuit.New(neurons, edges)
		if err != nil {
			return nil, err
		}
		for range samples {
			all[k] = append(all[k], c)
		}
	}
	return all, nil
}

func Example() {
	rig := steer.Rig{Decoder: fan{}, Reference: steer.Reference{Names: []string{"edges", "reciprocity"}, Mean: []float64{5, 0}, SD: []float64{2, .1}}}
	linear, err := steer.NewLinear(latent.Probe{Measure: "edges", Weights: []float64{1.5}, Intercept: 5, SD: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	request := steer.Ask(steer.SD("edges", 1.5)) // 1.5 sd above the mean: 8 edges
	answer, err := rig.Answer(context.Background(), linear, request, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s: asked for %g, got %g after a step of %.2f\n", answer.Method, answer.Targets[0].Asked.From, answer.Targets[0].Achieved.Mean, answer.Step)

	calibrated, err := steer.Calibrate(context.Background(), rig, linear, []steer.Request{request}, steer.Calibration{Steps: 41, Samples: 1}, 2)
	if err != nil {
		fmt.Println(err)
		return
	}
	if answer, err = rig.Answer(context.Background(), calibrated, request, 1); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s: asked for %g, got %g\n", answer.Method, answer.Targets[0].Asked.From, answer.Targets[0].Achieved.Mean)
	// Output:
	// linear: asked for 8, got 9 after a step of 2.00
	// linear, calibrated: asked for 8, got 8
}

// Several targets, one of them an interval, and a request that no circuit can
// meet. Edges of the fan are 5 + 2z, so that 7 edges are at z = 1, and no edge is
// ever returned.
func ExampleRig_Resolve() {
	rig := steer.Rig{Decoder: fan{}, Reference: steer.Reference{Names: []string{"edges", "reciprocity"}, Mean: []float64{5, 0}, SD: []float64{2, .1}}}
	request := steer.Request{Targets: []steer.Target{steer.SD("edges", 1), steer.Between("reciprocity", 0, .05)}}
	resolved, err := rig.Resolve(request)
	fmt.Println(resolved.Targets, resolved.Samples, resolved.Budget, err)
	_, err = rig.Resolve(steer.Ask(steer.Value("reciprocity", 1.5), "edgse"))
	fmt.Println(err)
	// Output:
	// [edges 7 reciprocity 0 to 0.05] 64 512 <nil>
	// steer: request for ["reciprocity"]: target reciprocity 1.5: no circuit has it, since reciprocity lies between 0 and 1: choose within, which is 0 to 10 sd
	// there is no measure "edgse": did you mean "edges"?
}

// A look at what was decoded puts right what the probe has wrong, and says what is
// out of reach: the fan has 10 edges at most.
func ExampleCorrected() {
	rig := steer.Rig{Decoder: fan{}, Reference: steer.Reference{Names: []string{"edges"}, Mean: []float64{5}, SD: []float64{2}}}
	linear, err := steer.NewLinear(latent.Probe{Measure: "edges", Weights: []float64{1.5}, Intercept: 5, SD: 2})
	if err != nil {
		fmt.Println(err)
		return
	}
	corrected := steer.Corrected{Base: linear, Rig: rig}
	for _, edges := range []float64{8, 12} {
		answer, err := rig.Answer(context.Background(), corrected, steer.Ask(steer.Value("edges", edges)), 1)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("asked for %g edges, got %g, out of reach: %v, nearest %g\n", edges, answer.Targets[0].Achieved.Mean, answer.OutOfReach, answer.Targets[0].Nearest)
	}
	// Output:
	// asked for 8 edges, got 8, out of reach: false, nearest NaN
	// asked for 12 edges, got 10, out of reach: true, nearest 10
}

// The circuits of an answer go to a simulator and to networkx, with a note of what
// was asked. The fan says nothing of signs, so a rule must.
func ExampleExport() {
	ctx := context.Background()
	rig := steer.Rig{Decoder: fan{}, Reference: steer.Reference{Names: []string{"edges"}, Mean: []float64{5}, SD: []float64{2}}}
	answer, err := rig.Answer(ctx, steer.Stay{}, steer.Request{Targets: []steer.Target{steer.SD("edges", 0)}, Samples: 2}, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	dir, err := os.MkdirTemp("", "export")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	exporting := steer.Exporting{
		Formats:   []string{"graphml", "nest"}, // without this, all
		Simulator: connectome.SimulatorConfig{UnknownAs: circuit.Excitatory},
		Model:     "fan", Reference: rig.Reference,
	}
	exported, err := steer.Export(ctx, answer, filepath.Join(dir, "five edges"), exporting)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, w := range exported.Written {
		fmt.Println(w.Title, w.Paths)
	}
	fan, err := connectome.Open(ctx, exported.Path("graphml", 1))
	if err != nil {
		fmt.Println(err)
		return
	}
	manifest, err := steer.ReadManifest(exported.Folder)
	fmt.Println(fan.Edges(), "edges; asked for:", manifest.Targets[0].Asked, err)
	// Output:
	// GraphML (networkx, igraph) [graphml/circuit-000.graphml graphml/circuit-001.graphml]
	// pair table for NEST, signed pA and ms [nest/circuit-000 nest/circuit-001]
	// 5 edges; asked for: edges 5 <nil>
}

// fanned foretells the edges of a fan: 5 + 2z.
type fanned struct{}

func (fanned) Measures() []string { return []string{"edges"} }

func (fanned) Expect(_ context.Context, codes [][]float64) (values [][]float64, gradients [][][]float64, err error) {
	for _, z := range codes {
		values, gradients = append(values, []float64{5 + 2*z[0]}), append(gradients, [][]float64{{2}})
	}
	return values, gradients, nil
}

// An axis that is shifted, and a target that is set, beyond which the ball ends:
// with one dimension its radius is 2.58.
func ExampleExplorer() {
	axes, err := steer.PrincipalAxes([][]float64{{-1}, {0}, {1}}, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	explorer := steer.Explorer{
		Rig:  steer.Rig{Decoder: fan{}, Reference: steer.Reference{Names: []string{"edges"}, Mean: []float64{5}, SD: []float64{2}}},
		Axes: axes, Expecter: fanned{}, Measures: []string{"edges"},
	}
	for _, knobs := range []steer.Knobs{
		{Shifts: []float64{1}},
		{Shifts: []float64{4}},
		{Targets: []steer.Target{steer.SD("edges", -2)}},
		{Targets: []steer.Target{steer.Value("edges", 13)}},
	} {
		view, err := explorer.View(context.Background(), knobs)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("z %+.1f: %g edges, %g at the start %q\n", view.Code[0], view.Now[0].Mean, view.Start[0].Mean, view.Notes)
	}
	// Output:
	// z +1.0: 7 edges, 5 at the start []
	// z +2.6: 10 edges, 5 at the start ["The shifts lead 4.0 sd away, out of the ball that holds 99 % of the prior: put back to its surface, 2.6 sd away."]
	// z -2.0: 1 edges, 5 at the start []
	// z +2.6: 10 edges, 5 at the start ["edges 4 sd is out of reach from here: the nearest that was found is 2.50 sd."]
}
