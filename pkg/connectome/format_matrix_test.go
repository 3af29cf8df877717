package connectome_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/connectome/connectometest"
)

// peerMatrix is what ConnectivityMatrix.from_h5 has of a file, as
// testdata/peers/open_matrix.py prints it.
type peerMatrix struct {
	Vertices int
	IDs      []string
	// Edges are pre, post and value of the entries that are not zero and not on
	// the diagonal, sorted.
	Edges   [][3]float64
	Columns map[string][]any
}

func openPeerMatrix(t *testing.T, python, path string, args ...string) (m peerMatrix) {
	t.Helper()
	if err := json.Unmarshal([]byte(peerScript(t, python, "open_matrix.py", append([]string{path}, args...)...)), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// The genuine files in the wheel of connectome-utilities are read as its own
// from_h5 reads them: the nervous system of C. elegans (Witvliet et al. 2021,
// doi:10.1038/s41586-021-03778-8), whose stages are columns of edges, and a
// sample of layers 2 and 3 of a rat (6,439 neurons, 713,949 edges).
func TestMatrixOfItsOwnLibrary(t *testing.T) {
	python := peerPython(t, "requirements-hdf5.txt")
	t.Setenv("CORTIGEN_PYTHON", python)
	examples := strings.TrimSpace(peerScript(t, python, "open_matrix.py", "where"))
	for _, c := range []struct {
		file, population, prefix, property string
		neurons, edges                     int
		counted                            bool
		first                              string
	}{
		{"C_elegans_witvliet.h5", "chemical", "chemical", "1", 324, 775, true, "ADAL"},
		{"C_elegans_witvliet.h5", "chemical/full_matrix:8", "chemical", "8", 324, 2186, true, "ADAL"},
		{"C_elegans_witvliet.h5", "electrical", "electrical", "1", 324, 81, true, "ADAL"},
		{"L23_EXC_sampled_cmat.h5", "", "connectivity", "", 6439, 713949, false, "473"},
	} {
		t.Run(c.file+" "+c.population, func(t *testing.T) {
			path := filepath.Join(examples, c.file)
			got, err := connectome.OpenAs(t.Context(), path, connectome.Reading{Population: c.population})
			if err != nil {
				t.Fatal(err)
			}
			want := openPeerMatrix(t, python, path, c.prefix, c.property)
			if got.Len() != c.neurons || want.Vertices != c.neurons || got.Edges() != c.edges || len(want.Edges) != c.edges {
				t.Fatalf("%d neurons and %d edges; the library has %d and %d; %d and %d are published", got.Len(), got.Edges(), want.Vertices, len(want.Edges), c.neurons, c.edges)
			}
			if got.Neuron(0).ID != c.first {
				t.Errorf("the first neuron is %q, want %q", got.Neuron(0).ID, c.first)
			}
			if (got.Synapses() != nil) != c.counted {
				t.Errorf("synapse counts: %v", got.Synapses() != nil)
			}
			sameEdges(t, got, want)
		})
	}
}

func sameEdges(t *testing.T, got *connectome.Connectome, want peerMatrix) {
	t.Helper()
	at := 0
	for i := range got.Len() {
		for _, j := range got.CSR().Row(i) {
			n := 1.0
			if got.Synapses() != nil {
				n = float64(got.Synapses()[at])
			}
			if w := want.Edges[at]; w != [3]float64{float64(i), float64(j), n} {
				t.Fatalf("edge %d is %d→%d×%v, the library has %v", at, i, j, n, w)
			}
			at++
		}
	}
}

// Groups are a question for the user where there are several.
func TestMatrixGroups(t *testing.T) {
	python := peerPython(t, "requirements-hdf5.txt")
	t.Setenv("CORTIGEN_PYTHON", python)
	path := filepath.Join(strings.TrimSpace(peerScript(t, python, "open_matrix.py", "where")), "C_elegans_witvliet.h5")
	for population, want := range map[string]string{
		"":           "/chemical/full_matrix, /combined/full_matrix, /electrical/full_matrix: name one in Reading.Population",
		"optical":    `fit "optical"`,
		"chemical:9": "missing; there are 1, 2, 3, 4, 5, 6, 7, 8",
	} {
		_, err := connectome.OpenAs(t.Context(), path, connectome.Reading{Population: population})
		var parse *connectome.ParseError
		if err == nil || !strings.Contains(err.Error(), want) || !errors.As(err, &parse) {
			t.Errorf("%q: the error is %v, want one with %q", population, err, want)
		}
	}
}

// from_h5 opens what Save writes, and sees the same.
func TestMatrixForItsOwnLibrary(t *testing.T) {
	python := peerPython(t, "requirements-hdf5.txt")
	t.Setenv("CORTIGEN_PYTHON", python)
	for name, keep := range map[string]connectometest.Fields{"all": connectometest.All, "edges alone": {}} {
		t.Run(name, func(t *testing.T) {
			c, err := connectome.New(connectometest.Keep(connectometest.Sample(), keep))
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(t.TempDir(), "matrix.h5")
			if err := connectome.Save(t.Context(), c, path, connectome.Writing{}); err != nil {
				t.Fatal(err)
			}
			got := openPeerMatrix(t, python, path, "connectivity", "")
			if got.Vertices != c.Len() || len(got.Edges) != c.Edges() {
				t.Fatalf("%d vertices and %d edges, want %d and %d", got.Vertices, len(got.Edges), c.Len(), c.Edges())
			}
			sameEdges(t, c, got)
			for i := range c.Len() {
				n := c.Neuron(i)
				for column, want := range map[string]any{"neuron_id": n.ID, "cell_type": string(n.Class), "layer": string(n.Layer)} {
					if g := got.Columns[column][i]; g != want {
						t.Errorf("%s of neuron %d is %v, want %v", column, i, g, want)
					}
				}
				if x, known := got.Columns["depth_um"][i].(float64); known != n.Position.Known() || known && x != n.Position.Depth {
					t.Errorf("depth of neuron %d is %v, want %v", i, got.Columns["depth_um"][i], n.Position.Depth)
				}
			}
		})
	}
}

// What others put into such files: synapses one by one, as MICrONS's group full
// has them, sizes, categories, positions in nm, words for signs.
func TestMatrixOfOthers(t *testing.T) {
	hdf5Python(t)
	for _, how := range []string{"plain", "blosc", "table"} {
		t.Run(how, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), map[string]string{"plain": "x.h5", "blosc": "x", "table": "x.dat"}[how])
			peerScript(t, pythonNow(), "lay_matrix.py", path, how)
			c, err := connectome.Open(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			var lines []string
			for i := range c.Len() {
				n := c.Neuron(i)
				lines = append(lines, fmt.Sprintf("%s %s %s %v", n.ID, n.Class, n.Sign, n.Position.Depth))
			}
			sizes, _ := c.Sizes()
			at := 0
			for i := range c.Len() {
				for _, j := range c.CSR().Row(i) {
					lines = append(lines, fmt.Sprintf("%d-%d×%d of %v", i, j, c.Synapses()[at], sizes[at]))
					at++
				}
			}
			want := []string{"864691135866104123 23P E 1.5", "864691135866104125 BC I 2.5", "9007199254740993  ? NaN", "0-1×2 of 30", "1-0×1 of 5", "1-2×3 of 603"}
			if strings.Join(lines, "\n") != strings.Join(want, "\n") {
				t.Errorf("it is\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

// What can be wrong with a file is said with file and place, and column names
// that are pickles of anything but names are refused, not run.
func TestMatrixErrors(t *testing.T) {
	hdf5Python(t)
	for how, want := range map[string]string{
		"evil-names":     "mention posix.system, which is not looked up",
		"evil-array":     "mention builtins.exec, which is not looked up",
		"endless-names":  "not a list of texts and integers",
		"broken-names":   "pickled column names cannot be read",
		"outside":        "row 1 is vertex 3, and they run from 0 to 2",
		"not-square":     "a square one over all vertices is expected",
		"no-row":         "columns row and col are expected",
		"short-edges":    "edge_indices has 6",
		"negative-count": "-2 is not a count",
	} {
		t.Run(how, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.h5")
			peerScript(t, pythonNow(), "lay_matrix.py", path, how)
			_, err := connectome.Open(t.Context(), path)
			var parse *connectome.ParseError
			if err == nil || !strings.Contains(err.Error(), want) || !errors.As(err, &parse) || parse.File != path {
				t.Errorf("the error is %v, want one about %s with %q", err, path, want)
			}
		})
	}
}
