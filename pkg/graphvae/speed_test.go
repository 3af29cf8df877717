//go:build linux || darwin

package graphvae

import (
	"context"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/internal/outside"
	"github.com/cortigen/cortigen/pkg/seed"
)

const (
	speedRounds  = 7
	speedSteps   = 10 // a round
	speedCommand = "CORTIGEN_SLOW=1 go test ./pkg/graphvae -run TestSpeedBesidePeers -count=1"
)

// TestSpeedBesidePeers measures a step of training beside the same in JAX, which
// is the same model: from the same weights, noise and circuits the terms of the
// bound are the same, before and after the steps of a round.
func TestSpeedBesidePeers(t *testing.T) {
	python := outside.Python(t, filepath.Join("testdata", "peers", "peers.txt"))
	backend, err := OpenBackend(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if backend.Name() != "xla:cpu" {
		t.Skip("needs XLA on the processor, as JAX has it, but the backend is " + backend.Why())
	}
	r := newRace(t, backend)
	command := exec.Command(python, filepath.Join("testdata", "peers", "step.py"), r.arrays(t))
	command.Env = append(os.Environ(), "JAX_PLATFORMS=cpu")
	worker := outside.StartWorker(t, command)
	r.sameTerms(t, worker)

	var ours, theirs, oursSpent, theirsSpent []float64
	for round := range speedRounds + 1 {
		var answer stepAnswer
		worker.Ask(t, fmt.Sprintf("step %d", speedSteps), &answer)
		wall, spent, terms := r.steps(t)
		if round == 0 { // compiled both, and took the same steps from the same weights
			near(t, "after some steps", terms, answer.Terms)
			continue
		}
		ours, theirs = append(ours, wall), append(theirs, answer.Seconds)
		oursSpent, theirsSpent = append(oursSpent, spent), append(theirsSpent, answer.Processor)
	}
	ratios, spent := outside.Ratios(ours, theirs), outside.Ratios(oursSpent, theirsSpent)
	row := artifact.Row{
		Name: "speed.train_step.ratio_jax", Preset: "standard", Backend: backend.Name(), N: speedRounds, Unit: "1", Command: speedCommand,
		Value: outside.Middle(ratios), Lo: slices.Min(ratios), Hi: slices.Max(ratios),
		Note: fmt.Sprintf("time of JAX's step over ours, above 1 ours is faster, target 1; the Exchangeable model at its defaults, 32 circuits of 97 to 104 neurons in 11 classes, Adam and clipping, the same terms from the same weights, %d cores each, what ours frees being kept in large pages (package mlx); median, least and greatest of rounds in turns; ms a step: ours %.3g, JAX %.3g; ratio of processor time %.2f, ms %.3g and %.3g",
			runtime.GOMAXPROCS(0), outside.Middle(ours)*1e3, outside.Middle(theirs)*1e3, outside.Middle(spent), outside.Middle(oursSpent)*1e3, outside.Middle(theirsSpent)*1e3),
	}
	t.Logf("%s %.3g (%.3g to %.3g); %s", row.Name, row.Value, row.Lo, row.Hi, row.Note)
	store, err := artifact.Default()
	if err != nil {
		t.Fatal(err)
	}
	if err := store.PutRows("speed/graphvae", []artifact.Row{row}); err != nil {
		t.Fatal(err)
	}
}

// stepAnswer is what step.py says.
type stepAnswer struct {
	Seconds, Processor float64
	Loss               float64
	Terms              []float64 // edges, KL, neurons' KL
}

// race is a model and a batch that are stepped on.
type race struct {
	model *Model
	batch batch
	noise noise
}

func newRace(t *testing.T, backend Backend) race {
	t.Helper()
	circuits := columns(t, 32)
	m, err := New(backend, Config{Kind: Exchangeable, Classes: Vocabulary(circuits)}, 1)
	if err != nil {
		t.Fatal(err)
	}
	shake(t, m, .01) // tables start at 0, where much of the model says nothing
	r := race{m, packBatch(circuits, len(circuits), m.config.width(circuits), m.config), m.config.newNoise(len(circuits), m.config.width(circuits))}
	rng := seed.Seed(8).Stream("noise")
	normals(rng, r.noise.z)
	normals(rng, r.noise.v)
	return r
}

// arrays writes what step.py reads.
func (r race) arrays(t *testing.T) (path string) {
	t.Helper()
	b, c := r.batch, r.model.config
	arrays := artifact.Arrays{
		"batch/adjacency": artifact.Tensor{Shape: []int{b.size, b.slots, b.slots}, Values: b.adjacency},
		"batch/classes":   artifact.Tensor{Shape: []int{b.size, b.slots, b.kinds}, Values: b.classes},
		"batch/real":      artifact.Tensor{Shape: []int{b.size, b.slots}, Values: b.real},
		"batch/visible":   artifact.Tensor{Shape: []int{b.size, b.slots, b.slots}, Values: b.visible},
		"batch/place":     artifact.Tensor{Shape: []int{b.size, b.slots, placeWidth}, Values: b.place},
		"batch/noise/z":   artifact.Tensor{Shape: []int{b.size, c.Latent}, Values: r.noise.z},
		"batch/noise/v":   artifact.Tensor{Shape: []int{b.size, b.slots, c.NeuronLatent}, Values: r.noise.v},
	}
	weights, err := r.model.snapshot(isWeight)
	if err != nil {
		t.Fatal(err)
	}
	for path, v := range weights {
		arrays[strings.TrimPrefix(path, weightScope)] = artifact.Tensor{Shape: v.dimensions, Values: v.values}
	}
	data, err := artifact.EncodeArrays(arrays)
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "arrays.npz")
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// arguments are those of a batch and its noise.
func (r race) arguments() []any { return append(r.batch.tensors(), r.noise.tensors()...) }

// sameTerms compares the terms of both at the weights that both were given.
func (r race) sameTerms(t *testing.T, worker *outside.Worker) {
	t.Helper()
	var answer stepAnswer
	worker.Ask(t, "terms", &answer)
	out, err := run(r.model.terms, "terms", r.arguments()...)
	if err != nil {
		t.Fatal(err)
	}
	sums := make([]float64, len(out))
	for k := range out {
		for _, x := range out[k] {
			sums[k] += float64(x) / float64(r.batch.size)
		}
	}
	near(t, "at the first weights", []float64{sums[0], sums[2], sums[3]}, answer.Terms)
}

// near compares terms to a thousandth.
func near(t *testing.T, when string, ours, theirs []float64) {
	t.Helper()
	for k := range ours {
		if len(theirs) != len(ours) || math.Abs(ours[k]-theirs[k]) > 1e-3*math.Abs(ours[k]) {
			t.Fatalf("the terms %s are %v, those of JAX %v", when, ours, theirs)
		}
	}
	t.Logf("terms %s: %v, of JAX %v", when, ours, theirs)
}

// steps takes the steps of a round and returns the median seconds of one, the
// mean seconds of processors, and the terms at the weights of the last.
func (r race) steps(t *testing.T) (seconds, processors float64, terms []float64) {
	t.Helper()
	args := append(r.arguments(), float32(1e-3), float32(1), float32(5), float32(1), float32(1), float32(0))
	var each []float64
	begun := processor(t)
	for range speedSteps {
		start := time.Now()
		out, err := run(r.model.step, "step", args...)
		if err != nil {
			t.Fatal(err)
		}
		each = append(each, time.Since(start).Seconds())
		terms = []float64{float64(out[0][0]), float64(out[2][0]), float64(out[3][0])}
	}
	return outside.Middle(each), (processor(t) - begun) / speedSteps, terms
}

// processor returns the seconds that all processors were at work for this
// process.
func processor(t *testing.T) float64 {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}
