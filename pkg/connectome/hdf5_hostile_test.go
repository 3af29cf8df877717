package connectome_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cortigen/cortigen/pkg/connectome"
)

// Files that are not what they seem are refused, in little time and memory; and
// what would be read as silent zeros is refused too.
func TestHDF5Hostile(t *testing.T) {
	hdf5Python(t)
	for how, want := range map[string]string{
		"claims":         "claims 1000000000000 values",
		"claims-filled":  "claims 1000000000000 values",
		"claimed-nodes":  "claims 1000000000000 values",
		"large-chunk":    "chunks of (100000000,) values are larger than the file can fill",
		"never-written":  "never written: they would read as zeros",
		"partly-written": "2 of its 4 chunks were never written",
		"external-data":  "lie in other files, which are not read",
		"virtual":        "lie in other files, which are not read",
		"external-link":  "not by a link that stays in it",
		"a-group":        "is a group, not a dataset",
		"complex":        "values of type complex128 are not read",
		"matrix":         "integers are expected, one a row",
		"many":           "more than 20000 groups and datasets",
	} {
		t.Run(how, func(t *testing.T) {
			dir := t.TempDir()
			peerScript(t, pythonNow(), "lay_hostile.py", dir, how)
			begun := time.Now()
			_, err := connectome.OpenAs(t.Context(), dir, connectome.Reading{Format: "sonata"})
			var parse *connectome.ParseError
			if err == nil || !strings.Contains(err.Error(), want) || !errors.As(err, &parse) {
				t.Errorf("the error is %v, want one with %q", err, want)
			}
			if took := time.Since(begun); took > time.Minute {
				t.Errorf("it took %v", took)
			}
		})
	}
	for _, how := range []string{"good", "loop", "deep"} {
		dir := t.TempDir()
		peerScript(t, pythonNow(), "lay_hostile.py", dir, how)
		if c, err := connectome.Open(t.Context(), dir); err != nil || c.Len() != 4 || c.Edges() != 8 {
			t.Errorf("%s: %v, %v", how, c, err)
		}
	}
}

// A file with bytes that flipped is refused or read as something; the library may
// die of it, in a process of its own.
func TestHDF5Damaged(t *testing.T) {
	hdf5Python(t)
	dir := t.TempDir()
	peerScript(t, pythonNow(), "lay_hostile.py", dir, "good")
	path := filepath.Join(dir, "edges.h5")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(5, 6))
	refused := 0
	for range 24 {
		damaged := append([]byte{}, whole...)
		for range 8 {
			damaged[rng.IntN(len(damaged))] ^= byte(1 + rng.IntN(255))
		}
		if err := os.WriteFile(path, damaged, 0o644); err != nil {
			t.Fatal(err)
		}
		c, err := connectome.OpenAs(t.Context(), dir, connectome.Reading{Format: "sonata"})
		if err != nil {
			refused++
			if !strings.Contains(err.Error(), dir) {
				t.Errorf("an error that does not say where: %v", err)
			}
		} else if c.Len() > 4 || c.Edges() > 12 {
			t.Errorf("%d neurons and %d edges", c.Len(), c.Edges())
		}
	}
	if refused == 0 {
		t.Error("nothing was damaged")
	}
}
