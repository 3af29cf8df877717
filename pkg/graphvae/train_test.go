package graphvae_test

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cortigen/cortigen/pkg/artifact"
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
	circuits := toyCircuits(tb, 16, 1)
	return toyRun{toyModel(tb, circuits), circuits[:12], circuits[12:], graphvae.Training{Steps: 30, Batch: 4, LearningRate: .01, Checkpoint: checkpoint}}
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
		r.cfg.LearningRate = .2
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
	if !slices.Equal(again, fresh) || !sameFiles(saved(t, r.model), saved(t, loaded.model)) {
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

// A run that was left and resumed yields the epochs of before first, and ends
// with the bits of one that was not.
func TestResume(t *testing.T) {
	whole := newToyRun(t, "")
	want := withoutTime(whole.epochs(t, 0))
	dir := t.TempDir()
	for _, stop := range []int{3, 4, 8, 0} { // those of before count
		r := newToyRun(t, dir)
		got := r.epochs(t, stop)
		if stop > 0 && len(got) != stop {
			t.Fatalf("%d epochs, want %d", len(got), stop)
		}
		if !slices.Equal(withoutTime(got), want[:len(got)]) {
			t.Errorf("resumed to %d epochs:\n%+v, want\n%+v", stop, got, want)
		}
		restored := slices.IndexFunc(got, func(e graphvae.Epoch) bool { return e.Took > 0 })
		if before := map[int]int{3: 0, 4: 3, 8: 4, 0: 8}[stop]; restored != before {
			t.Errorf("resumed after %d epochs, want %d", restored, before)
		}
		if best := bestOf(got).Validation.Total(); !closeTotal(r.validationTotal(t), best) {
			t.Errorf("after %d epochs the model does not hold the best weights", len(got))
		}
		if stop == 0 && !sameFiles(saved(t, r.model), saved(t, whole.model)) {
			t.Error("resumed training ends with other bits")
		}
	}
	// Asked once more, it has nothing to do.
	r := newToyRun(t, dir)
	for _, e := range r.epochs(t, 0) {
		if e.Took > 0 {
			t.Errorf("epoch %d was done again", e.Epoch)
		}
	}
	if !sameFiles(saved(t, r.model), saved(t, whole.model)) {
		t.Error("a finished training that is asked for again has other bits")
	}
	if files := contents(t, dir); len(files) != 2 {
		t.Errorf("the checkpoint folder holds %d files, want a head and its arrays", len(files))
	}
}

// What is left in a checkpoint's folder by a run that was killed, whole or in
// parts, does not matter and is cleared away, even where training was done and
// nothing is written any more.
func TestLeftOversOfKilledRun(t *testing.T) {
	for name, before := range map[string]int{"in the middle": 2, "at the end": 0} {
		dir := t.TempDir()
		newToyRun(t, dir).epochs(t, before)
		litter(t, dir, ".training.json.123", ".training-0123456789abcdef.npz.456", "training-0123456789abcdef.npz", "notes.txt")
		newToyRun(t, dir).epochs(t, 0)
		files := contents(t, dir)
		if _, kept := files["notes.txt"]; len(files) != 3 || !kept {
			t.Errorf("killed %s: the folder holds %d files, want head, arrays and notes.txt", name, len(files))
		}
	}
}

// litter puts useless files into a folder.
func litter(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("half"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// A checkpoint of anything but the same run, whole and of this version, is an
// error that says which file and what to do, and nothing is overwritten.
func TestCheckpointRefuses(t *testing.T) {
	rewrite := func(old, replacement string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			path := filepath.Join(dir, "training.json")
			text := contents(t, dir)["training.json"]
			if !strings.Contains(text, old) {
				t.Fatalf("no %s in %s", old, text)
			}
			if err := os.WriteFile(path, []byte(strings.Replace(text, old, replacement, 1)), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	arrays := func(t *testing.T, dir string) string {
		found, err := filepath.Glob(filepath.Join(dir, "training-*.npz"))
		if err != nil || len(found) != 1 {
			t.Fatalf("%v, %v", found, err)
		}
		return found[0]
	}
	for name, c := range map[string]struct {
		damage func(t *testing.T, dir string)
		change func(r *toyRun)
		says   []string
		is     error
	}{
		"other data":          {change: func(r *toyRun) { r.train = r.train[1:] }, says: []string{"another run"}},
		"other validation":    {change: func(r *toyRun) { r.validation = r.validation[1:] }, says: []string{"another run"}},
		"other steps":         {change: func(r *toyRun) { r.cfg.Steps = 33 }, says: []string{"another run"}},
		"other learning rate": {change: func(r *toyRun) { r.cfg.LearningRate = .011 }, says: []string{"another run"}},
		"other weights":       {change: func(r *toyRun) { r.model = trained(t) }, says: []string{"another run"}},
		"other version":       {damage: rewrite(`"version": 1`, `"version": 2, "shards": 4`), says: []string{"version 2", "version 1", "training.json"}},
		"json cut short":      {damage: func(t *testing.T, dir string) { truncate(t, filepath.Join(dir, "training.json")) }, says: []string{"training.json"}, is: artifact.ErrDamaged},
		"json of another":     {damage: rewrite(`"arrays"`, `"tables"`), says: []string{"training.json", "tables"}, is: artifact.ErrDamaged},
		"short checksum":      {damage: rewrite(`"arrays": "`, `"arrays": "", "x": "`), says: []string{"training.json"}, is: artifact.ErrDamaged},
		"arrays cut short":    {damage: func(t *testing.T, dir string) { truncate(t, arrays(t, dir)) }, says: []string{".npz"}, is: artifact.ErrDamaged},
		"arrays gone": {damage: func(t *testing.T, dir string) {
			if err := os.Remove(arrays(t, dir)); err != nil {
				t.Fatal(err)
			}
		}, says: []string{".npz"}, is: artifact.ErrDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			newToyRun(t, dir).epochs(t, 2)
			if c.damage != nil {
				c.damage(t, dir)
			}
			before := contents(t, dir)
			r := newToyRun(t, dir)
			if c.change != nil {
				c.change(&r)
			}
			epochs, err := r.trainError(context.Background())
			if epochs != 0 || err == nil || c.is != nil && !errors.Is(err, c.is) {
				t.Fatalf("%d epochs, then %v", epochs, err)
			}
			for _, word := range append(c.says, "graphvae: train: checkpoint", dir, "delete") {
				if !strings.Contains(err.Error(), word) {
					t.Errorf("error %v does not say %s", err, word)
				}
			}
			if !sameFiles(before, contents(t, dir)) {
				t.Error("the files have changed")
			}
		})
	}
}

// trained is a toy model with other weights.
func trained(t *testing.T) *graphvae.Model {
	r := newToyRun(t, "")
	r.epochs(t, 1)
	return r.model
}

// truncate cuts a file in half.
func truncate(t *testing.T, path string) {
	t.Helper()
	info, err := os.Stat(path)
	if err == nil {
		err = os.Truncate(path, info.Size()/2)
	}
	if err != nil {
		t.Fatal(err)
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

// A model that was saved and loaded is the same model.
func TestSaveAndLoad(t *testing.T) {
	r := newToyRun(t, "")
	r.epochs(t, 2)
	dir := t.TempDir()
	litter(t, dir, ".model.json.1", ".model-0123456789abcdef.npz.2", "model-0123456789abcdef.npz") // as a kill leaves them
	for range 2 {                                                                                  // saving again replaces
		if err := r.model.Save(dir); err != nil {
			t.Fatal(err)
		}
	}
	loaded, err := graphvae.Load(r.model.Backend(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if !sameFiles(contents(t, dir), saved(t, loaded)) || len(contents(t, dir)) != 2 {
		t.Error("a loaded model is saved as other files")
	}
	if loaded.Weights() != r.model.Weights() || loaded.Config().Slots != 12 {
		t.Errorf("%d weights, config %+v", loaded.Weights(), loaded.Config())
	}
	if !sameRow(encode(t, r.model, r.train[0]), 0, encode(t, loaded, r.train[0]), 0) {
		t.Error("a loaded model encodes otherwise")
	}
	if _, err := graphvae.Load(r.model.Backend(), t.TempDir()); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "model.json") {
		t.Errorf("no model: %v", err)
	}
	found, err := filepath.Glob(filepath.Join(dir, "*.npz"))
	if err != nil || len(found) != 1 {
		t.Fatalf("%v, %v", found, err)
	}
	truncate(t, found[0])
	if _, err := graphvae.Load(r.model.Backend(), dir); !errors.Is(err, artifact.ErrDamaged) {
		t.Errorf("a damaged model: %v", err)
	}
}
