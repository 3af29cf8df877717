package connectome_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/connectome/connectometest"
)

// written are files that other software wrote of the kit's sample, by the scripts
// in testdata/peers. TestPeersWrite says that the pinned versions still write them
// so.
var written = []struct {
	format, file string // under testdata
	script       string
	args         []string // before source and target
	target       string   // of the script; "" for file
	onlySynapses bool     // no sizes
	sameBytes    bool
}{
	{"graphml", "networkx/sample.graphml", "graphs.py", []string{"write", "networkx", "graphml"}, "", false, true},
	{"graphml", "igraph/sample.graphml", "graphs.py", []string{"write", "igraph", "graphml"}, "", false, true},
	{"node-link", "networkx/edges.json", "graphs.py", []string{"write", "networkx", "edges"}, "", false, true},
	{"node-link", "networkx/links.json", "graphs.py", []string{"write", "networkx", "links"}, "", false, true},
	{"npz", "scipy/csr.npz", "matrices.py", []string{"write", "csr"}, "scipy/csr", true, false},
	{"npz", "scipy/csc.npz", "matrices.py", []string{"write", "csc"}, "scipy/csc", true, false},
	{"npz", "scipy/coo.npz", "matrices.py", []string{"write", "coo"}, "scipy/coo", true, false},
}

func sample(t *testing.T) *connectome.Connectome {
	t.Helper()
	c, err := connectome.New(connectometest.Sample())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// sampleWithoutSizes is what a single matrix holds of the sample.
func sampleWithoutSizes(t *testing.T) *connectome.Connectome {
	t.Helper()
	d := connectometest.Sample()
	d.Sizes, d.SizeUnit = nil, ""
	c, err := connectome.New(d)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func open(t *testing.T, path string) *connectome.Connectome {
	t.Helper()
	c, err := connectome.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func save(t *testing.T, c *connectome.Connectome, path string, w connectome.Writing) {
	t.Helper()
	if err := connectome.Save(t.Context(), c, path, w); err != nil {
		t.Fatal(err)
	}
}

// What networkx, igraph and scipy write is read as it was. igraph writes 15
// digits of a number, which the tolerance of Diff allows.
func TestReadsPeersFiles(t *testing.T) {
	for _, w := range written {
		t.Run(w.file, func(t *testing.T) {
			sameAsSample(t, filepath.Join("testdata", filepath.FromSlash(w.file)), w.format, w.onlySynapses)
		})
	}
}

func sameAsSample(t *testing.T, path, format string, onlySynapses bool) {
	t.Helper()
	if f, err := connectome.Detect(path); err != nil || f.Name != format {
		t.Errorf("taken for %q (%v)", f.Name, err)
	}
	want := sample(t)
	if onlySynapses {
		want = sampleWithoutSizes(t)
	}
	got := open(t, path)
	for _, line := range connectometest.Diff(got, want) {
		t.Error(line)
	}
	if !onlySynapses && got.Name() != "sample" {
		t.Errorf("the name is %q", got.Name())
	}
}

// The pinned versions write what testdata has, and it is read as it was.
func TestPeersWrite(t *testing.T) {
	python := peerPython(t, "requirements.txt")
	source := filepath.Join(t.TempDir(), "sample.json")
	save(t, sample(t), source, connectome.Writing{})
	for _, w := range written {
		t.Run(w.file, func(t *testing.T) {
			dir := t.TempDir()
			target := w.target
			if target == "" {
				target = w.file
			}
			target = filepath.Join(dir, filepath.FromSlash(target))
			if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
				t.Fatal(err)
			}
			peerScript(t, python, w.script, append(append([]string{}, w.args...), source, target)...)
			fresh := filepath.Join(dir, filepath.FromSlash(w.file))
			sameAsSample(t, fresh, w.format, w.onlySynapses)
			if !w.sameBytes {
				return
			}
			got, err := os.ReadFile(fresh)
			if err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(filepath.Join("testdata", filepath.FromSlash(w.file)))
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s is not what they write now (%v): copy %s there if the new one is right", w.file, err, fresh)
			}
		})
	}
}

// networkx and igraph open what we write, and find all of it.
func TestPeersReadGraphs(t *testing.T) {
	python := peerPython(t, "requirements.txt")
	dir := t.TempDir()
	c := sample(t)
	for _, p := range []struct{ library, form, file string }{
		{"networkx", "graphml", "sample.graphml"}, {"igraph", "graphml", "sample.graphml"}, {"networkx", "edges", "sample.json"},
	} {
		t.Run(p.library+" "+p.form, func(t *testing.T) {
			path := filepath.Join(dir, p.file)
			save(t, c, path, connectome.Writing{Overwrite: true})
			got := peerScript(t, python, "graphs.py", "show", p.library, p.form, path)
			if want := graphLines(c); got != want {
				t.Errorf("it reads\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// graphLines is what graphs.py shows of a graph.
func graphLines(c *connectome.Connectome) string {
	var b strings.Builder
	sizes, unit := c.Sizes()
	fmt.Fprintf(&b, "graph\t%s\t%s\n", c.Name(), unit)
	word := func(s string) string {
		if s == "" || s == "?" || s == "NaN" {
			return "-"
		}
		return s
	}
	number := func(x float64) string { return word(fmt.Sprintf("%.17g", x)) }
	for i := range c.Len() {
		n := c.Neuron(i)
		p := n.Position
		fmt.Fprintf(&b, "neuron\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%t\t%s\n", n.ID, word(string(n.Class)), word(string(n.Layer)), word(n.Sign.String()),
			number(p.X), number(p.Y), number(p.Depth), c.Observed(i), number(c.Factors()["density"][i]))
	}
	k := 0
	for pre := range c.Len() {
		for _, post := range c.CSR().Row(pre) { // ids of the sample ascend
			fmt.Fprintf(&b, "edge\t%s\t%s\t%d\t%s\n", c.Neuron(pre).ID, c.Neuron(int(post)).ID, c.Synapses()[k], number(sizes[k]))
			k++
		}
	}
	return b.String()
}

// scipy opens the matrices that we write.
func TestScipyReads(t *testing.T) {
	python := peerPython(t, "requirements.txt")
	c := sample(t)
	path := filepath.Join(t.TempDir(), "sample")
	save(t, c, path, connectome.Writing{Format: "npz"})
	sizes, _ := c.Sizes()
	for _, m := range []struct {
		file, kind string
		value      func(k int) float64
	}{
		{"adjacency.npz", "int32", func(k int) float64 { return float64(c.Synapses()[k]) }},
		{"sizes.npz", "float64", func(k int) float64 { return sizes[k] }},
	} {
		t.Run(m.file, func(t *testing.T) {
			var want strings.Builder
			fmt.Fprintf(&want, "csr %s %d %d\n", m.kind, c.Len(), c.Len())
			k := 0
			for pre := range c.Len() {
				for _, post := range c.CSR().Row(pre) {
					fmt.Fprintf(&want, "%d %d %.17g\n", pre, post, m.value(k))
					k++
				}
			}
			if got := peerScript(t, python, "matrices.py", "show", filepath.Join(path, m.file)); got != want.String() {
				t.Errorf("it reads\n%s\nwant\n%s", got, want.String())
			}
		})
	}
	t.Run("bool, no edges", func(t *testing.T) {
		empty, err := connectome.New(connectome.Data{Name: "two", Neurons: []circuit.Neuron{{ID: "a", Position: circuit.NoPosition()}, {ID: "b", Position: circuit.NoPosition()}}})
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "two")
		save(t, empty, path, connectome.Writing{Format: "npz"})
		if got := peerScript(t, python, "matrices.py", "show", filepath.Join(path, "adjacency.npz")); got != "csr bool 2 2\n" {
			t.Errorf("it reads %q", got)
		}
	})
}
