package pkg

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

func tree() fstest.MapFS {
	return fstest.MapFS{
		"a/a.go":      {Data: []byte("package a\n\nimport \"github.com/cortigen/cortigen/pkg/b\"\n\nvar _ = b.X\n")},
		"a/two.go":    {Data: []byte("package a\n")},
		"a/a_test.go": {Data: []byte("package a\n")},
		"b/run.py":    {Data: []byte("print(1)\n")},
		"b/notes.txt": {Data: []byte("nothing\n")},
		"b/b.go":      {Data: []byte("package b\n\nimport \"github.com/cortigen/cortigen/pkg\"\n\nvar X = pkg.X\n")},
		"c/c.go":      {Data: []byte("package c\n")},
		"d/d_test.go": {Data: []byte("package d\n")},
	}
}

func digestOf(t *testing.T, tree fstest.MapFS, packages ...string) string {
	t.Helper()
	d, err := sourceDigest(tree, packages)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// A changed source must change the digest of all that depends on it, and of
// nothing else.
func TestSourceDigestFollowsImports(t *testing.T) {
	before := tree()
	for name, c := range map[string]struct {
		file    string
		changes map[string]bool // by what is asked for
	}{
		"own file":        {"a/a.go", map[string]bool{"pkg/a": true, "pkg/a/a.go": true, "pkg/a/two.go": false, "pkg/b": false, "pkg/c": false}},
		"sibling file":    {"a/two.go", map[string]bool{"pkg/a": true, "pkg/a/a.go": false, "pkg/a/two.go": true}},
		"imported":        {"b/b.go", map[string]bool{"pkg/a": true, "pkg/a/a.go": true, "pkg/b": true, "pkg/c": false}},
		"script":          {"b/run.py", map[string]bool{"pkg/a": true, "pkg/a/a.go": true, "pkg/b": true, "pkg/b/b.go": false, "pkg/c": false}},
		"other file":      {"b/notes.txt", map[string]bool{"pkg/a": false, "pkg/b": false}},
		"test of package": {"a/a_test.go", map[string]bool{"pkg/a": false}},
		"other package":   {"c/c.go", map[string]bool{"pkg/a": false, "pkg/c": true}},
	} {
		t.Run(name, func(t *testing.T) {
			after := tree()
			after[c.file].Data = append(after[c.file].Data, "// changed\n"...)
			for asked, want := range c.changes {
				if got := digestOf(t, before, asked) != digestOf(t, after, asked); got != want {
					t.Errorf("%s changed: digest of %s changes is %v, want %v", c.file, asked, got, want)
				}
			}
		})
	}
}

func TestSourceDigestIgnoresOrder(t *testing.T) {
	if digestOf(t, tree(), "pkg/a", "pkg/c") != digestOf(t, tree(), "pkg/c", "pkg/a", "pkg/c") {
		t.Error("the order of packages changes their digest")
	}
}

// The same texts in other files are a change.
func TestSourceDigestKeepsFilesApart(t *testing.T) {
	one, two := []byte("package c\n"), []byte("package c\n\nvar X int\n")
	before := fstest.MapFS{"c/c.go": {Data: one}, "c/d.go": {Data: two}}
	after := fstest.MapFS{"c/c.go": {Data: two}, "c/d.go": {Data: one}}
	if digestOf(t, before, "pkg/c") == digestOf(t, after, "pkg/c") {
		t.Error("texts that changed places go unseen")
	}
}

func TestSourceDigestErrors(t *testing.T) {
	broken := tree()
	broken["e/e.go"] = &fstest.MapFile{Data: []byte("package")}
	broken["f/f.go"] = &fstest.MapFile{Data: []byte("package f\n\nimport \"github.com/cortigen/cortigen/pkg/gone\"\n")}
	for asked, want := range map[string]string{
		"pkg/none":      `no package "pkg/none"`,
		"a":             `no package "a"`,
		"pkg/a/none.go": `no file "pkg/a/none.go"`,
		"pkg/d":         `no package "pkg/d"`, // tests only
		"pkg/e":         "e/e.go",
		"pkg/f":         `no package "pkg/gone"`,
	} {
		if _, err := sourceDigest(broken, []string{asked}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error is %v, want one with %q", asked, err, want)
		}
	}
}

func TestSourceDigestOfThisModule(t *testing.T) {
	a, err := SourceDigest("pkg/experiment/columns.go")
	if err != nil {
		t.Fatal(err)
	}
	b, err := SourceDigest("pkg/circuit")
	if err != nil || a == b || len(a) != 64 {
		t.Errorf("digests are %q and %q (%v), want two different ones of 64 digits", a, b, err)
	}
}

// The scripts that the binary runs are among its sources, as they are compiled in.
func TestSourceDigestHasTheScripts(t *testing.T) {
	for _, script := range []string{"connectome/hdf5.py", "jupyter/execute.py"} {
		if text, err := files.ReadFile(script); err != nil || len(text) == 0 {
			t.Errorf("%s is not embedded: %v", script, err)
		}
	}
}

func TestRoot(t *testing.T) {
	clone := t.TempDir()
	if err := os.WriteFile(filepath.Join(clone, "go.mod"), []byte("module github.com/cortigen/cortigen\n\ngo 1.26\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	below := filepath.Join(clone, "a", "b")
	if err := os.MkdirAll(below, 0o755); err != nil {
		t.Fatal(err)
	}
	clone, err := filepath.EvalSymlinks(clone)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("CORTIGEN_ROOT", "")
	t.Chdir(below)
	if got, err := Root(); err != nil || got != clone {
		t.Errorf("Root from below is %q (%v), want %q", got, err, clone)
	}
	t.Setenv("CORTIGEN_ROOT", below)
	if _, err := Root(); !errors.Is(err, ErrNoRoot) || !strings.Contains(err.Error(), "CORTIGEN_ROOT") {
		t.Errorf("with a wrong CORTIGEN_ROOT the error is %v", err)
	}
	t.Setenv("CORTIGEN_ROOT", clone)
	t.Chdir(t.TempDir())
	if got, err := Root(); err != nil || got != clone {
		t.Errorf("Root by CORTIGEN_ROOT is %q (%v), want %q", got, err, clone)
	}
	t.Setenv("CORTIGEN_ROOT", "")
	if _, err := Root(); !errors.Is(err, ErrNoRoot) {
		t.Errorf("outside of a clone the error is %v, want ErrNoRoot", err)
	}
}
