package connectometest

import (
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/cortigen/cortigen/pkg/connectome"
)

// Kit is one format, as the tests need it.
type Kit struct {
	// Format is its name in connectome.Formats.
	Format string
	// Lay writes d into a folder, as other software would, and returns the path
	// to open. It writes those of d's fields that are in Holds.
	Lay func(tb testing.TB, dir string, d connectome.Data) (path string)
	// Holds names what the format keeps.
	Holds Fields
	// Expect, where not nil, is what else the format makes of data, such as a
	// class that it derives. It may change its argument's neurons.
	Expect func(d *connectome.Data)
	// Reading is how the files are opened; zero detects.
	Reading connectome.Reading
	// EdgesOnly says that the format has no list of neurons: those without an
	// edge are lost, and the others come in an order of its own (that of Order).
	EdgesOnly bool
	// Dirty says that Lay may be given autapses, repeated edges and edges to
	// neurons that are not listed (an id of neither end), since such files have
	// them.
	Dirty bool
	// Needs, where not nil, skips the test where something that the format takes
	// is not there, such as a Python, and else makes it known.
	Needs func(t *testing.T)
	// Cuts is at how many places each file is cut short; 0 means 24.
	Cuts int
}

// Saved is the Lay of a format that Save writes.
func Saved(format string) func(testing.TB, string, connectome.Data) string {
	return func(tb testing.TB, dir string, d connectome.Data) string {
		tb.Helper()
		path := filepath.Join(dir, "sample"+extension(tb, format))
		if err := connectome.Save(tb.Context(), build(tb, d), path, connectome.Writing{Format: format}); err != nil {
			tb.Fatal(err)
		}
		return path
	}
}

func extension(tb testing.TB, format string) string {
	tb.Helper()
	for _, f := range connectome.Formats() {
		if f.Name == format {
			return f.Extension
		}
	}
	tb.Fatalf("format %q is not in connectome.Formats", format)
	return ""
}

func build(tb testing.TB, d connectome.Data) *connectome.Connectome {
	tb.Helper()
	c, err := connectome.New(d)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// expected is what the format should give back of d.
func (k Kit) expected(d connectome.Data) connectome.Data {
	d = Keep(d, k.Holds)
	if k.EdgesOnly {
		d = ByFirstEdge(d)
	}
	if k.Expect != nil {
		k.Expect(&d)
	}
	return d
}

// Test runs all checks of a format.
func Test(t *testing.T, k Kit) {
	t.Run(k.Format, func(t *testing.T) {
		if k.Needs != nil {
			k.Needs(t)
		}
		t.Run("gives back what it holds", k.testContent)
		t.Run("is told by its content", k.testDetect)
		t.Run("no neurons, no edges", k.testEmpty)
		t.Run("counts what it leaves out", k.testDirty)
		t.Run("checksum follows content", k.testChecksum)
		t.Run("cancelled", k.testCancelled)
		t.Run("same on any number of cores", k.testCores)
		t.Run("cut short", k.testTruncated)
		t.Run("replaced by rubbish", k.testRubbish)
	})
}

func (k Kit) open(tb testing.TB, path string) *connectome.Connectome {
	tb.Helper()
	c, err := connectome.OpenAs(tb.Context(), path, k.Reading)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

func (k Kit) testContent(t *testing.T) {
	d := Sample()
	got := k.open(t, k.Lay(t, t.TempDir(), d))
	for _, line := range Diff(got, build(t, k.expected(d))) {
		t.Error(line)
	}
	if got.Report().Neurons != got.Len() || got.Report().Edges != got.Edges() || len(got.Report().Files) == 0 {
		t.Errorf("the report is wrong: %+v", got.Report())
	}
}

func (k Kit) testDetect(t *testing.T) {
	f, err := connectome.Detect(k.Lay(t, t.TempDir(), Sample()))
	if err != nil || f.Name != k.Format {
		t.Errorf("taken for %q (%v)", f.Name, err)
	}
}

// testEmpty asks for a defined answer: a reconstruction without edges or an
// error that says so, and no panic.
func (k Kit) testEmpty(t *testing.T) {
	d := Sample()
	d.Edges, d.Synapses, d.Sizes = nil, nil, nil
	c, err := connectome.OpenAs(t.Context(), k.Lay(t, t.TempDir(), d), k.Reading)
	if err == nil && (c.Edges() != 0 || c.Len() != len(d.Neurons) && !k.EdgesOnly) {
		t.Errorf("%d neurons and %d edges of a graph that has %d and none", c.Len(), c.Edges(), len(d.Neurons))
	}
	if err != nil && !k.EdgesOnly {
		t.Errorf("neurons without edges are an error: %v", err)
	}
}

func (k Kit) testDirty(t *testing.T) {
	if !k.Dirty {
		return // the format's own writer cannot express it; its tests do by hand
	}
	d := Sample()
	edges := len(d.Edges)
	d.Edges = append(d.Edges, d.Edges[3], d.Edges[7])
	d.Edges = append(d.Edges, d.Edges[0])
	d.Edges[len(d.Edges)-1].Post = d.Edges[0].Pre
	d.Synapses = append(d.Synapses, 1, 1, 1)
	d.Sizes = append(d.Sizes, 1, 1, 1)
	got := k.open(t, k.Lay(t, t.TempDir(), d))
	if got.Edges() != edges {
		t.Errorf("%d edges, want %d", got.Edges(), edges)
	}
	for what, want := range map[string]int{"autapse": 1, "repeated": 2} {
		sum := 0
		for _, drop := range got.Report().Drops {
			if strings.Contains(drop.What, what) {
				sum += drop.Count
			}
		}
		if sum != want && !(what == "repeated" && k.Holds.Synapses && sum == 0) {
			t.Errorf("%d drops called %q, want %d: %+v", sum, what, want, got.Report().Drops)
		}
	}
}

func (k Kit) testChecksum(t *testing.T) {
	path := k.Lay(t, t.TempDir(), Sample())
	got := k.open(t, path)
	if again := k.open(t, path); again.Checksum() != got.Checksum() || got.Checksum() == "" {
		t.Errorf("two openings have checksums %q and %q", got.Checksum(), again.Checksum())
	}
	if k.Reading == (connectome.Reading{}) {
		if sum, err := connectome.Checksum(path); err != nil || sum != got.Checksum() {
			t.Errorf("Checksum is %q (%v), that of Open %q", sum, err, got.Checksum())
		}
	}
	d := Sample()
	d.Edges[2], d.Edges[3] = d.Edges[3], d.Edges[2]
	d.Edges = d.Edges[1:]
	d.Synapses, d.Sizes = d.Synapses[1:], d.Sizes[1:]
	if other := k.open(t, k.Lay(t, t.TempDir(), d)); other.Checksum() == got.Checksum() {
		t.Error("another graph has the same checksum")
	}
}

func (k Kit) testCancelled(t *testing.T) {
	path := k.Lay(t, t.TempDir(), Sample())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := connectome.OpenAs(ctx, path, k.Reading); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want the context's", err)
	}
}

func (k Kit) testCores(t *testing.T) {
	path := k.Lay(t, t.TempDir(), Sample())
	many := k.open(t, path)
	before := runtime.GOMAXPROCS(1)
	one := k.open(t, path)
	runtime.GOMAXPROCS(before)
	for _, line := range Diff(many, one) {
		t.Error(line)
	}
}

// testTruncated cuts every file at many places. What is left must be refused
// or, where the cut fell so that nobody can tell (the end of a line of text),
// read as far as it goes; never more, and never a panic.
func (k Kit) testTruncated(t *testing.T) {
	path := k.Lay(t, t.TempDir(), Sample())
	whole := k.open(t, path)
	for _, file := range filesAt(t, path) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		cuts := cmp.Or(k.Cuts, 24)
		for part := range cuts {
			end := len(text) * part / cuts
			put(t, file, text[:end])
			c, err := connectome.OpenAs(t.Context(), path, k.Reading)
			if err == nil && (c.Edges() > whole.Edges() || c.Len() > whole.Len()) {
				t.Errorf("%s cut to %d of %d bytes has more than the whole", filepath.Base(file), end, len(text))
			}
			if err == nil && end > 0 && text[end-1] != '\n' && text[end] != '\n' && slices.Equal(c.CSR().Targets, whole.CSR().Targets) && binary(text) {
				t.Errorf("%s cut to %d of %d bytes is read as the whole", filepath.Base(file), end, len(text))
			}
		}
		put(t, file, text)
	}
}

// binary reports whether a file is not lines of text.
func binary(text []byte) bool { return slices.Contains(text, 0) }

func (k Kit) testRubbish(t *testing.T) {
	for name, text := range map[string]string{
		"nothing": "", "zeros": strings.Repeat("\x00", 999), "text": "this is not what you think\n", "html": "<!DOCTYPE html><html><body>Sign in</body></html>",
	} {
		t.Run(name, func(t *testing.T) {
			path := k.Lay(t, t.TempDir(), Sample())
			for _, file := range filesAt(t, path) {
				before, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				put(t, file, []byte(text))
				c, err := connectome.OpenAs(t.Context(), path, k.Reading)
				if err == nil && c.Edges() > 0 && len(filesAt(t, path)) == 1 {
					t.Errorf("%s is read as %d edges", filepath.Base(file), c.Edges())
				}
				put(t, file, before)
			}
		})
	}
}

// filesAt returns the files that a path means.
func filesAt(tb testing.TB, path string) []string {
	tb.Helper()
	info, err := os.Stat(path)
	if err != nil {
		tb.Fatal(err)
	}
	if !info.IsDir() {
		return []string{path}
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		tb.Fatal(err)
	}
	var files []string
	for _, e := range entries {
		files = append(files, filepath.Join(path, e.Name()))
	}
	return files
}

func put(tb testing.TB, file string, text []byte) {
	tb.Helper()
	if err := os.WriteFile(file, text, 0o644); err != nil {
		tb.Fatal(err)
	}
}

// ByFirstEdge returns the data as an edge list without neurons tells it: only
// neurons with an edge, in ascending order of their ids as numbers where all are
// numbers, else as text.
func ByFirstEdge(d connectome.Data) connectome.Data {
	has := make([]bool, len(d.Neurons))
	for _, e := range d.Edges {
		has[e.Pre], has[e.Post] = true, true
	}
	at := make([]int, len(d.Neurons))
	kept := d
	kept.Neurons, kept.Observed, kept.Factors = nil, nil, nil
	for i, n := range d.Neurons { // Sample's ids ascend
		at[i] = len(kept.Neurons)
		if has[i] {
			kept.Neurons = append(kept.Neurons, n)
		}
	}
	kept.Edges = slices.Clone(d.Edges)
	for k, e := range kept.Edges {
		kept.Edges[k].Pre, kept.Edges[k].Post = at[e.Pre], at[e.Post]
	}
	return kept
}
