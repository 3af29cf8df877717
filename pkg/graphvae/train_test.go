package graphvae_test

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/graphvae"
	"github.com/cortigen/cortigen/pkg/seed"
)

// toyRun is a short training: 10 epochs of 3 steps.
type toyRun struct {
	model             *graphvae.Model
	train, validation []*circuit.Circuit
	cfg               graphvae.Training
}

func newToyRun(tb testing.TB, checkpoint string) toyRun {
	tb.Helper()
	return newToyRunOf(tb, graphvae.Slots, checkpoint)
}

func newToyRunOf(tb testing.TB, kind graphvae.Kind, checkpoint string) toyRun {
	tb.Helper()
	circuits := toyCircuits(tb, 16, 1)
	return toyRun{toyModelOf(tb, circuits, kind), circuits[:12], circuits[12:], graphvae.Training{Steps: 30, Batch: 4, LearningRate: .01, Checkpoint: checkpoint}}
}

// epochs trains until done or, where stop is not 0, breaks after that many
// epochs.
func (r toyRun) epochs(tb testing.TB, stop int) []graphvae.Epoch {
	tb.Helper()
	var all []graphvae.Epoch
	for epoch, err := range r.model.Train(context.Background(), r.train, r.validation, r.cfg, 2) {
		if err != nil {
			tb.Fatal(err)
		}
		all = append(all, epoch)
		if len(all) == stop {
			break
		}
	}
	return all
}

// trainError is the error that training ends with, after so many epochs.
func (r toyRun) trainError(ctx context.Context) (epochs int, last error) {
	for _, err := range r.model.Train(ctx, r.train, r.validation, r.cfg, 2) {
		if last = err; err == nil {
			epochs++
		}
	}
	return epochs, last
}

// saved returns the files that a model is saved as, by name.
func saved(tb testing.TB, m *graphvae.Model) map[string]string {
	tb.Helper()
	dir := tb.TempDir()
	if err := m.Save(dir); err != nil {
		tb.Fatal(err)
	}
	return contents(tb, dir)
}

func contents(tb testing.TB, dir string) map[string]string {
	tb.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		tb.Fatal(err)
	}
	files := map[string]string{}
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			tb.Fatal(err)
		}
		files[entry.Name()] = string(text)
	}
	return files
}

func sameFiles(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for name, text := range a {
		if other, there := b[name]; !there || other != text {
			return false
		}
	}
	return true
}

// withoutTime leaves out what no run repeats.
func withoutTime(epochs []graphvae.Epoch) []graphvae.Epoch {
	all := slices.Clone(epochs)
	for i := range all {
		all[i].Took = 0
	}
	return all
}

func TestEpochs(t *testing.T) {
	epochs := newToyRun(t, "").epochs(t, 0)
	if len(epochs) != 10 {
		t.Fatalf("%d epochs, want 30 steps in epochs of 3", len(epochs))
	}
	checkBest(t, epochs)
	for i, e := range epochs {
		// The weight of the KL term rises over the first .3 of 30 steps.
		wantBeta := min(1, float64(3*(i+1))/9)
		if e.Epoch != i+1 || e.Steps != 3*(i+1) || e.Of != 30 || math.Abs(e.Beta-wantBeta) > 1e-12 || e.Took <= 0 {
			t.Errorf("epoch %d: %+v, want weight %g", i, e, wantBeta)
		}
	}
	if last := epochs[9].Validation; last.Total() >= epochs[0].Validation.Total() || last.Pairs <= 0 {
		t.Errorf("validation went from %v to %v", epochs[0].Validation, last)
	}
}

// checkBest applies the rule: an epoch is the best if the KL term has more
// weight than in all before, or else if its bound is better than theirs.
func checkBest(t *testing.T, epochs []graphvae.Epoch) {
	t.Helper()
	bound, weight := math.Inf(1), 0.
	for _, e := range epochs {
		want := e.Beta > weight || e.Validation.Total() < bound
		if e.Best != want {
			t.Errorf("epoch %d: best %v, want %v", e.Epoch, e.Best, want)
		}
		if want {
			bound, weight = e.Validation.Total(), e.Beta
		}
	}
}

// While the KL term gains weight, a later epoch is preferred though its bound be
// worse, as here, where the learning rate is too high.
func TestWarmUpPrefersLaterEpochs(t *testing.T) {
	r := newToyRun(t, "")
	r.cfg.LearningRate, r.cfg.WarmUp = .3, .8
	epochs := r.epochs(t, 0)
	checkBest(t, epochs)
	worse := false
	for i := range 7 {
		worse = worse || epochs[i+1].Validation.Total() > epochs[i].Validation.Total()
	}
	if !worse {
		t.Error("the bound only improved, so this test saw nothing")
	}
}

// Steps are rounded up to whole epochs, and a batch to the circuits there are.
func TestUnevenSteps(t *testing.T) {
	r := newToyRun(t, "")
	r.cfg.Steps, r.cfg.Batch = 5, 5 // two steps an epoch, two circuits left out of each
	if epochs := r.epochs(t, 0); len(epochs) != 3 || epochs[2].Steps != 6 {
		t.Errorf("epochs %+v", epochs)
	}
	r = newToyRun(t, "")
	r.cfg.Steps, r.cfg.Batch = 2, 100
	if epochs := r.epochs(t, 0); len(epochs) != 2 {
		t.Errorf("epochs %+v", epochs)
	}
}

// bestOf returns the best epoch: the last that was when it came.
func bestOf(epochs []graphvae.Epoch) graphvae.Epoch {
	best := epochs[0]
	for _, e := range epochs {
		if e.Best {
			best = e
		}
	}
	return best
}

// validationTotal evaluates a model as training does after an epoch.
func (r toyRun) validationTotal(tb testing.TB) float64 {
	tb.Helper()
	terms, err := r.model.Bound(context.Background(), r.validation, seed.Seed(2).Sub("validation"))
	if err != nil {
		tb.Fatal(err)
	}
	var mean graphvae.Terms
	for _, t := range terms {
		mean.Edges += t.Edges
		mean.Classes += t.Classes
		mean.KL += t.KL
		mean.NeuronKL += t.NeuronKL
	}
	return mean.Total() / float64(len(terms))
}

// closeTotal allows for another order of addition in float64.
func closeTotal(x, y float64) bool { return math.Abs(x-y) <= 1e-12*math.Abs(y) }

// A model that is left after a break holds the weights of the best epoch: those
// that give its validation bound. A high learning rate makes the last epochs
// not the best.
func TestBreakLeavesBestWeights(t *testing.T) {
	lastIsNotBest := false
	for _, stop := range []int{1, 4, 9, 0} {
		r := newToyRun(t, "")
		r.cfg.LearningRate = .5
		epochs := r.epochs(t, stop)
		if stop > 0 && len(epochs) != stop {
			t.Fatalf("%d epochs after a break at %d", len(epochs), stop)
		}
		best := bestOf(epochs)
		lastIsNotBest = lastIsNotBest || !epochs[len(epochs)-1].Best
		if got, want := r.validationTotal(t), best.Validation.Total(); !closeTotal(got, want) {
			t.Errorf("break at %d: bound %v, that of the best epoch (%d) was %v", stop, got, best.Epoch, want)
		}
	}
	if !lastIsNotBest {
		t.Error("the last epoch was always the best, so this test saw nothing")
	}
}

// Training starts from the weights alone: what the optimiser remembers of an
// earlier training does not count.
func TestTrainingAgain(t *testing.T) {
	r := newToyRun(t, "")
	r.epochs(t, 0)
	dir := t.TempDir()
	if err := r.model.Save(dir); err != nil {
		t.Fatal(err)
	}
	loaded := r
	var err error
	if loaded.model, err = graphvae.Load(r.model.Backend(), dir); err != nil {
		t.Fatal(err)
	}
	again, fresh := withoutTime(r.epochs(t, 0)), withoutTime(loaded.epochs(t, 0))
	if !reflect.DeepEqual(again, fresh) || !sameFiles(saved(t, r.model), saved(t, loaded.model)) {
		t.Errorf("trained again: %+v, loaded and trained: %+v", again[0], fresh[0])
	}
}

// Cancelled in the middle of an epoch, training loses that epoch and no more.
func TestCancelledTraining(t *testing.T) {
	dir := t.TempDir()
	r := newToyRun(t, dir)
	before := saved(t, r.model)
	if epochs, err := r.trainError(&expire{context.Background(), 2}); epochs != 0 || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "graphvae: train") {
		t.Errorf("%d epochs, then %v", epochs, err)
	}
	if !sameFiles(before, saved(t, r.model)) {
		t.Error("cancelled in its first epoch, training changed the weights")
	}
	// An epoch asks four times: before each of three steps and one evaluation.
	for _, asked := range []int{18, 19} {
		r = newToyRun(t, dir)
		epochs, err := r.trainError(&expire{context.Background(), asked})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
		// The second run begins where the first ended: at most one epoch is lost.
		if wantDone := map[int]int{18: 4, 19: 8}[asked]; epochs != wantDone {
			t.Errorf("%d epochs done, want %d", epochs, wantDone)
		}
	}
	r = newToyRun(t, dir)
	r.epochs(t, 0)
	whole := newToyRun(t, "")
	whole.epochs(t, 0)
	if !sameFiles(saved(t, r.model), saved(t, whole.model)) {
		t.Error("a training that was cancelled twice ends elsewhere")
	}
}

func TestTrainingRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change func(r *toyRun)
		says   []string
	}{
		"no validation circuits": {func(r *toyRun) { r.validation = nil }, []string{"no validation circuits"}},
		"no training circuits":   {func(r *toyRun) { r.train = nil }, []string{"no training"}},
		"too large":              {func(r *toyRun) { r.validation = append(slices.Clone(r.validation), foreign(t, 13, "E")) }, []string{"circuit 4", "13 neurons"}},
		"unknown class":          {func(r *toyRun) { r.train = append(slices.Clone(r.train), foreign(t, 3, "X")) }, []string{"circuit 12", `"X"`}},
		"many faults": {func(r *toyRun) {
			r.cfg = graphvae.Training{Steps: -1, Batch: -2, LearningRate: math.NaN(), FinalRate: 2, WarmUp: math.Inf(1), Clip: -1}
		}, []string{"-1 steps", "batch of -2", "learning rate is NaN", "final rate is 2", "warm-up is +Inf", "clip is -1"}},
	} {
		r := newToyRun(t, "")
		c.change(&r)
		epochs, err := r.trainError(context.Background())
		for _, word := range append(c.says, "graphvae: train") {
			if epochs != 0 || err == nil || !strings.Contains(err.Error(), word) {
				t.Errorf("%s: %d epochs, error %v does not say %s", name, epochs, err, word)
			}
		}
	}
	if err := (graphvae.Training{}).Validate(); err != nil {
		t.Errorf("the defaults are faulty: %v", err)
	}
}

func TestConfigRefuses(t *testing.T) {
	err := graphvae.Config{Kind: "cubes", Classes: []graphvae.ClassInfo{{Class: "E"}, {Class: "E"}}, Slots: 1, Latent: -1, Hidden: 5000, Rank: -2, Stages: 33}.Validate()
	for _, word := range []string{`"cubes"`, `"E" is listed twice`, "slots is 1", "latent is -1", "hidden is 5000", "rank is -2", "stages is 33"} {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("error %v does not say %s", err, word)
		}
	}
	backend, err := graphvae.GoBackend()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := graphvae.New(backend, graphvae.Config{}, 1); err == nil || !strings.Contains(err.Error(), "classes are empty") {
		t.Errorf("a model without classes: %v", err)
	}
}
