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

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/graphvae"
)

// A run that was left and resumed yields the epochs of before first, and ends
// with the bits of one that was not.
func TestResume(t *testing.T) { forKinds(t, resume) }

func resume(t *testing.T, kind graphvae.Kind) {
	whole := newToyRunOf(t, kind, "")
	want := withoutTime(whole.epochs(t, 0))
	dir := t.TempDir()
	for _, stop := range []int{3, 4, 8, 0} { // those of before count
		r := newToyRunOf(t, kind, dir)
		got := r.epochs(t, stop)
		if stop > 0 && len(got) != stop {
			t.Fatalf("%d epochs, want %d", len(got), stop)
		}
		if !reflect.DeepEqual(withoutTime(got), want[:len(got)]) {
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
	r := newToyRunOf(t, kind, dir)
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

// What a run that was interrupted has left is a model with the best weights so
// far, whatever kind it is.
func TestLoadCheckpoint(t *testing.T) {
	forKinds(t, func(t *testing.T, kind graphvae.Kind) {
		dir := t.TempDir()
		r := newToyRunOf(t, kind, dir)
		if _, _, err := graphvae.LoadCheckpoint(r.model.Backend(), dir); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("no checkpoint: %v", err)
		}
		done := r.epochs(t, 7) // leaves the best of them in the model
		loaded, epochs, err := graphvae.LoadCheckpoint(r.model.Backend(), dir)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(epochs, withoutTime(done)) {
			t.Errorf("epochs are %+v, want %+v", epochs, done)
		}
		if !sameFiles(saved(t, loaded), saved(t, r.model)) {
			t.Error("the weights are not the best so far")
		}
		truncate(t, filepath.Join(dir, "training.json"))
		if _, _, err := graphvae.LoadCheckpoint(r.model.Backend(), dir); !errors.Is(err, artifact.ErrDamaged) {
			t.Errorf("damaged: %v", err)
		}
	})
}

// The KL of the units of z add up to that of the code.
func TestUnitsAddUp(t *testing.T) {
	forKinds(t, func(t *testing.T, kind graphvae.Kind) {
		for _, e := range newToyRunOf(t, kind, "").epochs(t, 2) {
			sum := 0.0
			for _, kl := range e.Units {
				sum += kl
			}
			if len(e.Units) != 3 || math.Abs(sum-e.Validation.KL) > 1e-9*sum {
				t.Errorf("units %v add up to %g, the code is %g nats long", e.Units, sum, e.Validation.KL)
			}
		}
	})
}
