package connectome_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/connectome/connectometest"
	"github.com/cortigen/cortigen/pkg/internal/outside"
)

// The SONATA files of the Allen layer-4 model are the graph of the tables that
// were made of them elsewhere: 449 neurons, 9,417 pairs, 47,020 rows
// (PROVENANCE.md). The tables' coordinates have three decimals.
func TestSONATAIsItsTables(t *testing.T) {
	pack := outside.Pack(t, "allen-v1-l4-model-sonata")
	hdf5Python(t)
	got, err := connectome.OpenAs(t.Context(), pack, connectome.Reading{Format: "sonata"})
	if err != nil {
		t.Fatal(err)
	}
	want, err := connectome.Open(t.Context(), pack)
	if err != nil {
		t.Fatal(err)
	}
	if want.Report().Layout == got.Report().Layout {
		t.Fatalf("both are %s", want.Report().Layout)
	}
	sum := 0
	for _, n := range got.Synapses() {
		sum += int(n)
	}
	if got.Len() != 449 || got.Edges() != 9417 || sum != 47020 {
		t.Errorf("%d neurons, %d edges, %d synapses", got.Len(), got.Edges(), sum)
	}
	if !slices.Equal(got.CSR().Targets, want.CSR().Targets) || !slices.Equal(got.CSR().Offsets, want.CSR().Offsets) || !slices.Equal(got.Synapses(), want.Synapses()) {
		t.Error("the edges are not those of the tables")
	}
	for i := range want.Len() {
		g, w := got.Neuron(i), want.Neuron(i)
		if g.ID != w.ID || g.Class != w.Class || g.Sign != w.Sign {
			t.Fatalf("neuron %d is %+v, the tables say %+v", i, g, w)
		}
		p, q := g.Position, w.Position
		if max(abs(p.X-q.X), abs(p.Y-q.Y), abs(p.Depth-q.Depth)) > .00051 || p.Depth < 0 {
			t.Fatalf("neuron %d is at %+v, the tables say %+v", i, p, q)
		}
	}
}

func abs(x float64) float64 { return max(x, -x) }

// The four files alone, without tables, are told by their content, each end of a
// reading with its own file.
func TestSONATAFilesAlone(t *testing.T) {
	pack := outside.Pack(t, "allen-v1-l4-model-sonata")
	hdf5Python(t)
	dir := t.TempDir()
	for _, file := range []string{"l4_nodes.h5", "l4_l4_edges.h5", "l4_node_types.csv", "l4_l4_edge_types.csv"} {
		text, err := os.ReadFile(filepath.Join(pack, file))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, file), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c, err := connectome.Open(t.Context(), dir)
	if err != nil || c.Edges() != 9417 || len(c.Report().Files) != 4 {
		t.Fatalf("%v, %v", c, err)
	}
	if err := os.Remove(filepath.Join(dir, "l4_l4_edges.h5")); err != nil {
		t.Fatal(err)
	}
	if _, err := connectome.Open(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "nodes l4; edges none") {
		t.Errorf("without edges the error is %v", err)
	}
}

// laySONATA writes files as other software does (testdata/peers/lay_sonata.py):
// several groups of nodes and of edges, words in @library, what all of a type
// share in tables, more than one population.
func laySONATA(t *testing.T, dir, how string) string {
	t.Helper()
	peerScript(t, os.Getenv("CORTIGEN_PYTHON"), "lay_sonata.py", dir, how)
	return dir
}

// What lay_sonata.py lays, by hand: five cortical neurons and two thalamic ones.
func TestSONATAOfOthers(t *testing.T) {
	hdf5Python(t)
	for _, how := range []string{"plain", "latest", "gzip", "config", "one-file"} {
		t.Run(how, func(t *testing.T) {
			path := laySONATA(t, t.TempDir(), how)
			if how == "one-file" {
				path = filepath.Join(path, "network.h5")
			}
			c, err := connectome.Open(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			var ids []string
			for i := range c.Len() {
				ids = append(ids, fmt.Sprintf("%s %s %s %s", c.Neuron(i).ID, c.Neuron(i).Class, c.Neuron(i).Sign, c.Neuron(i).Layer))
			}
			want := []string{"10 L4_PC E L4", "11 L4_PC E L4", "9007199254740993 L23_BC I L2/3", "13 L23_BC I L2/3", "14 L4_PC E L4"}
			if !slices.Equal(ids, want) {
				t.Errorf("neurons are %q, want %q", ids, want)
			}
			if p := c.Neuron(0).Position; p != (circuit.Position{X: 1, Y: 3, Depth: 200}) {
				t.Errorf("neuron 0 is at %+v", p)
			}
			if c.Neuron(4).Position.Known() {
				t.Error("neuron 4 has a position, and only part of one is there")
			}
			var edges []string
			for i := range c.Len() {
				for k, j := range c.CSR().Row(i) {
					edges = append(edges, fmt.Sprintf("%d-%d×%d", i, j, c.Synapses()[c.CSR().Offsets[i]+int64(k)]))
				}
			}
			// 0→1 in three rows of 1, 2 and 4 synapses; 2→0 in one of the group
			// without nsyns; 3→2 says 0.
			if want := []string{"0-1×7", "2-0×1", "4-2×2"}; !slices.Equal(edges, want) {
				t.Errorf("edges are %q, want %q", edges, want)
			}
			drops := fmt.Sprint(c.Report().Drops)
			for _, want := range []string{"autapse) 1", "without a synapse 1", "not in the node population 1"} {
				if !strings.Contains(drops, want) {
					t.Errorf("left out is %s, want %q in it", drops, want)
				}
			}
		})
	}
}

// Several populations within themselves are a question for the user.
func TestSONATAPopulations(t *testing.T) {
	hdf5Python(t)
	dir := laySONATA(t, t.TempDir(), "two")
	_, err := connectome.Open(t.Context(), dir)
	if err == nil || !strings.Contains(err.Error(), "cortex_to_cortex (cortex to cortex)") || !strings.Contains(err.Error(), "Reading.Population") {
		t.Errorf("the error is %v, want one that lists them and says how to choose", err)
	}
	for _, name := range []string{"thalamus", "thalamus_to_thalamus"} {
		c, err := connectome.OpenAs(t.Context(), dir, connectome.Reading{Population: name})
		if err != nil || c.Len() != 2 || c.Edges() != 1 || c.Synapses() != nil {
			t.Errorf("%s: %v, %v", name, c, err)
		}
	}
	if _, err := connectome.OpenAs(t.Context(), dir, connectome.Reading{Population: "brainstem"}); err == nil || !strings.Contains(err.Error(), `"brainstem"`) {
		t.Errorf("a population that is not there: %v", err)
	}
}

// The consumers of SONATA open what Save writes, and see the same.
func TestSONATAForOthers(t *testing.T) {
	python := peerPython(t, "requirements-hdf5.txt")
	t.Setenv("CORTIGEN_PYTHON", python)
	d := connectometest.Sample()
	c, err := connectome.New(d)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "sonata")
	if err := connectome.Save(t.Context(), c, dir, connectome.Writing{Format: "sonata"}); err != nil {
		t.Fatal(err)
	}
	want := described(c)
	for _, library := range []string{"libsonata", "bluepysnap"} {
		if got := peerScript(t, python, "open_sonata.py", library, dir); got != want {
			t.Errorf("%s sees\n%s\nwant\n%s", library, got, want)
		}
	}
}

// described is a reconstruction as the peers' scripts print it: a line a neuron,
// a line an edge.
func described(c *connectome.Connectome) string {
	var b strings.Builder
	for i := range c.Len() {
		n := c.Neuron(i)
		fmt.Fprintf(&b, "%s|%s|%s|%s|%.9g|%.9g|%.9g\n", n.ID, n.Class, n.Layer, strings.Trim(n.Sign.String(), "?"), n.Position.X, n.Position.Depth, n.Position.Y)
	}
	sizes, _ := c.Sizes()
	for i := range c.Len() {
		for k, j := range c.CSR().Row(i) {
			at := c.CSR().Offsets[i] + int64(k)
			fmt.Fprintf(&b, "%d %d %d %g\n", i, j, c.Synapses()[at], sizes[at])
		}
	}
	return strings.ReplaceAll(b.String(), "NaN", "nan")
}

// What SONATA files can get wrong is said with file and place.
func TestSONATAErrors(t *testing.T) {
	hdf5Python(t)
	for how, want := range map[string]string{
		"bad-index":     "row 2 is at place 7 of group 1, which has 2",
		"bad-library":   "word 9 of a library of 2",
		"twice":         "both have id 10",
		"bad-sign":      `"x" is neither E nor I`,
		"text-position": `the text "right", and a number is expected`,
		"short-target":  "source_node_id has 8",
		"negative":      "-1 is not a count",
		"float-ids":     "integers are expected",
		"bad-types":     `"seven" is not an integer`,
		"huge-id":       "beyond the integers",
	} {
		t.Run(how, func(t *testing.T) {
			dir := laySONATA(t, t.TempDir(), how)
			_, err := connectome.Open(t.Context(), dir)
			var parse *connectome.ParseError
			if err == nil || !strings.Contains(err.Error(), want) || !errors.As(err, &parse) || !strings.HasPrefix(parse.File, dir) {
				t.Errorf("the error is %v, want one about a file of %s with %q", err, dir, want)
			}
		})
	}
}

// A configuration may name only what lies below it.
func TestSONATAConfigStaysHome(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"outside":  {`{"networks":{"nodes":[{"nodes_file":"../nodes.h5"}],"edges":[]}}`, `"../nodes.h5"`},
		"absolute": {`{"networks":{"nodes":[{"nodes_file":"/etc/passwd"}],"edges":[]}}`, `"/etc/passwd"`},
		"manifest": {`{"manifest":{"$A":"$B/..","$B":".."},"networks":{"nodes":[{"nodes_file":"$A/nodes.h5"}]}}`, `"../../nodes.h5"`},
		"loop":     {`{"manifest":{"$A":"$A$A"},"networks":{"nodes":[{"nodes_file":"$A/nodes.h5"}]}}`, `only files below`},
		"missing":  {`{"networks":{"nodes":[{"nodes_file":"nodes.h5"}],"edges":[]}}`, `nodes.h5`},
		"broken":   {`{"networks":{"nodes":[{"nodes_file":"nodes.h5"]}}`, `not a SONATA configuration`},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "circuit_config.json"), []byte(c.text), 0o644); err != nil {
				t.Fatal(err)
			}
			_, err := connectome.Open(context.Background(), dir)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "circuit_config.json") {
				t.Errorf("the error is %v, want one with %q", err, c.want)
			}
		})
	}
}
