package graphvae_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/graphvae"
)

// shipped saves a toy as a pretrained model is and returns the files.
func shipped(t *testing.T) (r toyRun, files fstest.MapFS) {
	t.Helper()
	r = newToyRunOf(t, graphvae.Exchangeable, "")
	r.epochs(t, 1)
	dir := t.TempDir()
	litter(t, dir, "weights-0123456789abcdef.npz", ".model.json.12", ".weights-0123456789abcdef.npz.3") // as a kill leaves them
	if err := r.model.SavePretrained(dir, graphvae.Made{On: "toys", Steps: 3, Bound: .25}); err != nil {
		t.Fatal(err)
	}
	files = fstest.MapFS{}
	for name, text := range contents(t, dir) {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return r, files
}

func weightsOf(files fstest.MapFS) string {
	for name := range files {
		if strings.HasPrefix(name, "weights-") {
			return name
		}
	}
	return ""
}

func TestPretrainedComesBack(t *testing.T) {
	r, files := shipped(t)
	if len(files) != 2 {
		t.Errorf("the folder holds %d files, want a head and its weights", len(files))
	}
	loaded, made, err := graphvae.LoadPretrained(r.model.Backend(), files)
	if err != nil {
		t.Fatal(err)
	}
	if made != (graphvae.Made{On: "toys", Steps: 3, Bound: .25}) {
		t.Errorf("it was made as %+v", made)
	}
	if !sameFiles(saved(t, loaded), saved(t, r.model)) {
		t.Error("other weights came back")
	}
}

// Whatever byte is flipped, the model is refused and the reader is told what to
// do.
func TestPretrainedRefusesDamage(t *testing.T) {
	r, files := shipped(t)
	for name, file := range files {
		step := max(1, len(file.Data)/200)
		for at := 0; at < len(file.Data); at += step {
			damaged := fstest.MapFS{"model.json": files["model.json"], weightsOf(files): files[weightsOf(files)]}
			text := slices.Clone(file.Data)
			text[at] ^= 1
			damaged[name] = &fstest.MapFile{Data: text}
			_, _, err := graphvae.LoadPretrained(r.model.Backend(), damaged)
			if !errors.Is(err, artifact.ErrDamaged) || !strings.Contains(err.Error(), "go run ./figures -pretrained") {
				t.Fatalf("%s, byte %d: %v", name, at, err)
			}
		}
	}
	delete(files, weightsOf(files))
	if _, _, err := graphvae.LoadPretrained(r.model.Backend(), files); !errors.Is(err, artifact.ErrDamaged) {
		t.Errorf("no weights: %v", err)
	}
	if _, _, err := graphvae.LoadPretrained(r.model.Backend(), fstest.MapFS{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no model: %v", err)
	}
}

// reship changes head and arrays and puts the sums right, as another version of
// this program would have written them.
func reship(t *testing.T, files fstest.MapFS, head func(string) string, arrays func(artifact.Arrays)) fstest.MapFS {
	t.Helper()
	name := weightsOf(files)
	r, err := artifact.DecodeArrays(files[name].Data)
	if err != nil {
		t.Fatal(err)
	}
	all := artifact.Arrays{}
	for _, array := range r.Names() {
		if tensor, err := r.Tensor(array); err == nil {
			all[array] = tensor
			continue
		}
		var text []byte
		if err := r.Read(array, &text); err != nil {
			t.Fatal(err)
		}
		all[array] = text
	}
	arrays(all)
	data, err := artifact.EncodeArrays(all)
	if err != nil {
		t.Fatal(err)
	}
	text, before, after := string(files["model.json"].Data), digest(files[name].Data), digest(data)
	_, sum, _ := strings.Cut(text, `"sum": "`)
	sum = sum[:64]
	zeros := strings.Repeat("0", 64)
	text = head(strings.Replace(strings.Replace(text, before, after, 1), sum, zeros, 1))
	text = strings.Replace(text, zeros, digest([]byte(text)), 1)
	return fstest.MapFS{"model.json": {Data: []byte(text)}, "weights-" + after[:16] + ".npz": {Data: data}}
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// Weights that were written whole but do not fit the model as it is now are told
// apart from damage.
func TestPretrainedRefusesOtherVersions(t *testing.T) {
	config := func(old, replacement string) func(artifact.Arrays) {
		return func(a artifact.Arrays) {
			text := string(a["config.json"].([]byte))
			if !strings.Contains(text, old) {
				t.Fatalf("no %s in %s", old, text)
			}
			a["config.json"] = []byte(strings.Replace(text, old, replacement, 1))
		}
	}
	same, sameArrays := func(text string) string { return text }, func(artifact.Arrays) {}
	for name, c := range map[string]struct {
		head   func(string) string
		arrays func(artifact.Arrays)
		says   string
	}{
		"version":       {func(s string) string { return strings.Replace(s, `"version": 1`, `"version": 9`, 1) }, sameArrays, "version 9"},
		"head":          {func(s string) string { return strings.Replace(s, `"on"`, `"made_of"`, 1) }, sameArrays, "made_of"},
		"shapes":        {same, config(`"hidden": 12`, `"hidden": 13`), "the model's is ["},
		"unknown field": {same, config(`"hidden": 12`, `"concealed": 12`), "concealed"},
		"bad field":     {same, config(`"hidden": 12`, `"hidden": -12`), "hidden is -12"},
		"weight gone":   {same, func(a artifact.Arrays) { delete(a, "decoder/first/bias") }, "no weight /weights/decoder/first/bias"},
		"weight more":   {same, func(a artifact.Arrays) { a["wings/bias"] = a["decoder/first/bias"] }, "no weight /weights/wings/bias"},
	} {
		t.Run(name, func(t *testing.T) {
			r, files := shipped(t)
			_, _, err := graphvae.LoadPretrained(r.model.Backend(), reship(t, files, c.head, c.arrays))
			if !errors.Is(err, graphvae.ErrOutdated) || errors.Is(err, artifact.ErrDamaged) {
				t.Fatalf("error is %v, want that it is outdated", err)
			}
			for _, word := range []string{c.says, "go run ./figures -pretrained"} {
				if !strings.Contains(err.Error(), word) {
					t.Errorf("error %v does not say %s", err, word)
				}
			}
		})
	}
}

// A model that would weigh every clone down is not written.
func TestPretrainedIsSmall(t *testing.T) {
	circuits := toyCircuits(t, 3, 1)
	r := toyModelOf(t, circuits, graphvae.Exchangeable)
	config := toyConfig(circuits, graphvae.Exchangeable)
	config.Hidden = 200
	large, err := graphvae.New(r.Backend(), config, 1)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "pretrained")
	if err := large.SavePretrained(dir, graphvae.Made{}); err == nil || !strings.Contains(err.Error(), "train a smaller model") {
		t.Errorf("%d weights: %v", large.Weights(), err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a folder was left: %v", err)
	}
}
