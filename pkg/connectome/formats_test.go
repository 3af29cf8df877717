package connectome_test

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/connectome/connectometest"
)

// kits are all formats; a new one joins by a line.
var kits = []connectometest.Kit{
	{Format: "allen-l4-tables", Lay: layAllenTables, Holds: connectometest.Fields{Class: true, Layer: true, Sign: true, Position: true, Synapses: true}, Dirty: true, Expect: signForClass},
	parquetKit,
	caveKit, caveDumpKit, caveParquet,
	plainKit,
	{Format: "plain", Lay: layNeuropull, Holds: connectometest.Fields{Class: true, Layer: true, Sign: true, Position: true, Synapses: true}, Dirty: true},
	{Format: "plain", Lay: layEdgeTable, Holds: connectometest.Fields{Synapses: true}, EdgesOnly: true, Dirty: true},
	{Format: "graphml", Lay: connectometest.Saved("graphml"), Holds: connectometest.All},
	{Format: "npz", Lay: connectometest.Saved("npz"), Holds: connectometest.All},
	{Format: "node-link", Lay: connectometest.Saved("node-link"), Holds: connectometest.All},
	{Format: "sonata", Lay: connectometest.Saved("sonata"), Holds: connectometest.All, Needs: hdf5Python, Cuts: 8}, // each opening starts a Python
	{Format: "connectivity-matrix", Lay: connectometest.Saved("connectivity-matrix"), Holds: connectometest.All, Needs: hdf5Python, Cuts: 8},
}

var plainKit = connectometest.Kit{Format: "plain", Lay: connectometest.Saved("plain"), Holds: connectometest.All}

func TestFormats(t *testing.T) {
	for _, k := range kits {
		connectometest.Test(t, k)
	}
}

// A format that is in no kit is one that nobody tests.
func TestEveryFormatHasAKit(t *testing.T) {
	tested := map[string]bool{
		// Of the pack layouts, which share their reader, one stands for all;
		// TestPublished reads each of the others.
		"bbp-sscx": true, "minnie65-pack": true, "pinky100-pack": true, "winding2023": true, "cook2019": true,
	}
	for _, k := range kits {
		tested[k.Format] = true
	}
	for _, f := range connectome.Formats() {
		if !tested[f.Name] && f.Reads { // what is only written, TestSimulators opens
			t.Errorf("format %s has no kit in formats_test.go", f.Name)
		}
	}
}

func FuzzPack(f *testing.F) { connectometest.Fuzz(f, kits[0]) }

func FuzzPlain(f *testing.F) { connectometest.Fuzz(f, plainKit) }

// signForClass is what the packs take for the class of a neuron without a type.
func signForClass(d *connectome.Data) {
	for i, n := range d.Neurons {
		if n.Class == "" {
			d.Neurons[i].Class = circuit.Class(n.Sign.String())
		}
	}
}

// layAllenTables writes nodes.csv and edges.csv.
func layAllenTables(tb testing.TB, dir string, d connectome.Data) string {
	tb.Helper()
	nodes := [][]string{{"node_id", "cell_type", "ei", "x_um", "y_um", "z_um", "layer"}}
	for _, n := range d.Neurons {
		p := n.Position
		nodes = append(nodes, []string{n.ID, string(n.Class), n.Sign.String(), number(p.X), number(-p.Depth), number(p.Y), string(n.Layer)})
	}
	edges := [][]string{{"pre", "post", "n_rows"}}
	for k, e := range d.Edges {
		edges = append(edges, []string{d.Neurons[e.Pre].ID, d.Neurons[e.Post].ID, fmt.Sprint(d.Synapses[k])})
	}
	layCSV(tb, filepath.Join(dir, "nodes.csv"), nodes)
	layCSV(tb, filepath.Join(dir, "edges.csv"), edges)
	return dir
}

// layNeuropull writes nodes.csv and edgelist.csv, as neuropull exports them.
func layNeuropull(tb testing.TB, dir string, d connectome.Data) string {
	tb.Helper()
	nodes := [][]string{{"node_id", "cell_type", "layer", "ei", "x_nm", "y_nm", "z_nm"}}
	for _, n := range d.Neurons {
		p := n.Position
		nodes = append(nodes, []string{n.ID, string(n.Class), string(n.Layer), n.Sign.String(), number(1000 * p.X), number(1000 * p.Depth), number(1000 * p.Y)})
	}
	layCSV(tb, filepath.Join(dir, "nodes.csv"), nodes)
	layCSV(tb, filepath.Join(dir, "edgelist.csv"), edgeRows("source", "target", "weight", d))
	return dir
}

// layEdgeTable writes one table, of edges.
func layEdgeTable(tb testing.TB, dir string, d connectome.Data) string {
	tb.Helper()
	path := filepath.Join(dir, "some graph.csv")
	layCSV(tb, path, edgeRows("Pre Root ID", "Post Root ID", "n_syn", d))
	return path
}

func edgeRows(pre, post, count string, d connectome.Data) [][]string {
	rows := [][]string{{pre, post, count}}
	for k, e := range d.Edges {
		rows = append(rows, []string{d.Neurons[e.Pre].ID, d.Neurons[e.Post].ID, fmt.Sprint(d.Synapses[k])})
	}
	return rows
}

// number writes a coordinate in full; NaN is an empty field.
func number(x float64) string {
	if x != x {
		return ""
	}
	return fmt.Sprintf("%.17g", x)
}

func layCSV(tb testing.TB, path string, rows [][]string) {
	tb.Helper()
	f, err := os.Create(path)
	if err != nil {
		tb.Fatal(err)
	}
	w := csv.NewWriter(f)
	if err := w.WriteAll(rows); err != nil {
		tb.Fatal(err)
	}
	if err := f.Close(); err != nil {
		tb.Fatal(err)
	}
}
