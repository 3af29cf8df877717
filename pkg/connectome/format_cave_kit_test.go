package connectome_test

import (
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/connectome/connectometest"
)

// CAVE tables as csv in the older words, as gzipped dumps without headers, and as
// parquet in the newer words.
var (
	caveKit       = connectometest.Kit{Format: "cave", Lay: layCaveCSV, Holds: caveHolds, Expect: caveTypes, Dirty: true}
	caveDumpKit   = connectometest.Kit{Format: "cave", Lay: layCaveDump, Holds: caveHolds, Expect: caveTypes, Dirty: true}
	caveParquet   = connectometest.Kit{Format: "cave", Lay: layCaveParquet, Holds: caveHolds, Expect: caveTypes, Dirty: true}
	caveHolds     = connectometest.Fields{Class: true, Sign: true, Position: true, Synapses: true, Sizes: true, Observed: true}
	caveSystems   = map[circuit.Sign]string{circuit.Excitatory: "excitatory_neuron", circuit.Inhibitory: "inhibitory_neuron"}
	caveTypeWords = []string{"id", "valid", "pt_position", "pt_root_id", "classification_system", "cell_type"}
)

func FuzzCave(f *testing.F)        { connectometest.Fuzz(f, caveKit) }
func FuzzCaveParquet(f *testing.F) { connectometest.Fuzz(f, caveParquet) }

// caveTypes is what the reader makes of types: layers and signs where the type
// says them, signs for classes where there is no type.
func caveTypes(d *connectome.Data) {
	for i := range d.Neurons {
		n := &d.Neurons[i]
		switch n.Class {
		case "23P":
			n.Layer = "L2/3"
		case "5P-IT":
			n.Layer = "L5"
		}
		if n.Layer != "" && n.Sign == circuit.UnknownSign {
			n.Sign = circuit.Excitatory
		}
		if n.Class == "" && n.Sign != circuit.UnknownSign {
			n.Class = circuit.Class(n.Sign.String())
		}
	}
}

// caveVoxels is a place in voxels, x, y and z of the EM frame.
func caveVoxels(p circuit.Position) [3]float64 {
	return [3]float64{p.X * 1000 / 4, p.Depth * 1000 / 4, p.Y * 1000 / 40}
}

// caveCells are rows of a cell-type table, and of proofreading_status_public_release.
func caveCells(d connectome.Data) (types, proof [][]string) {
	for i, n := range d.Neurons {
		place := ""
		if n.Position.Known() {
			p := caveVoxels(n.Position)
			place = fmt.Sprintf("[%.17g %.17g %.17g]", p[0], p[1], p[2])
		}
		types = append(types, []string{strconv.Itoa(i + 7), "t", place, n.ID, caveSystems[n.Sign], string(n.Class)})
		status := "non"
		if d.Observed[i] {
			status = []string{"clean", "extended"}[i%2]
		}
		proof = append(proof, []string{strconv.Itoa(i), "t", "1", "2", "3", "99", n.ID, n.ID, "extended", status})
	}
	return types, proof
}

// caveSynapses are rows of a synapse table: pre, post and size. An edge of n
// synapses has n rows, in between those of others.
func caveSynapses(d connectome.Data) (rows [][3]string) {
	for round, more := int32(0), true; more; round++ {
		more = false
		for k, e := range d.Edges {
			if d.Synapses[k] <= round {
				continue
			}
			more = true
			size := 0.
			if round == 0 {
				size = d.Sizes[k]
			}
			rows = append(rows, [3]string{d.Neurons[e.Pre].ID, d.Neurons[e.Post].ID, strconv.FormatFloat(size, 'g', -1, 64)})
		}
	}
	// Of other cells, and of no cell.
	return append(rows, [3]string{d.Neurons[0].ID, "864691130000000001", "5"}, [3]string{"0", d.Neurons[0].ID, "5"})
}

func layCaveCSV(tb testing.TB, dir string, d connectome.Data) string {
	tb.Helper()
	types, proof := caveCells(d)
	synapses := [][]string{{"id", "pre_pt_root_id", "post_pt_root_id", "size"}}
	for k, row := range caveSynapses(d) {
		synapses = append(synapses, []string{strconv.Itoa(k), row[0], row[1], row[2]})
	}
	layCSV(tb, filepath.Join(dir, "my synapses.csv"), synapses)
	layCSV(tb, filepath.Join(dir, "types.csv"), append([][]string{caveTypeWords}, types...))
	layCSV(tb, filepath.Join(dir, "z.csv"), append([][]string{{"id", "valid", "pt_position_x", "pt_position_y", "pt_position_z", "pt_supervoxel_id", "pt_root_id", "valid_id", "status_dendrite", "status_axon"}}, proof...))
	return dir
}

// layCaveDump writes the files of release v117 and a dump with its header beside
// it.
func layCaveDump(tb testing.TB, dir string, d connectome.Data) string {
	tb.Helper()
	types, proof := caveCells(d)
	var synapses [][]string
	for k, row := range caveSynapses(d) {
		synapses = append(synapses, []string{strconv.Itoa(k), "t", "1", "2", "3", "98", row[0], "1", "2", "3", "97", row[1], "1", "2", "3", row[2]})
	}
	layGzip(tb, filepath.Join(dir, "synapses_pni_2.csv.gz"), synapses)
	layCSV(tb, filepath.Join(dir, "proofreading_status_public_release.csv"), proof)
	layGzip(tb, filepath.Join(dir, "aibs_metamodel_merged.csv.gz"), types)
	var header [][]string
	for _, word := range caveTypeWords {
		header = append(header, []string{word, "text"})
	}
	layCSV(tb, filepath.Join(dir, "aibs_metamodel_merged_header.csv"), header)
	return dir
}

func layGzip(tb testing.TB, path string, rows [][]string) {
	tb.Helper()
	f, err := os.Create(path)
	if err != nil {
		tb.Fatal(err)
	}
	z := gzip.NewWriter(f)
	err = csv.NewWriter(z).WriteAll(rows)
	if err := errors.Join(err, z.Close(), f.Close()); err != nil {
		tb.Fatal(err)
	}
}

func layCaveParquet(tb testing.TB, dir string, d connectome.Data) string {
	tb.Helper()
	type typeRow struct {
		ID       int64     `parquet:"id"`
		Root     int64     `parquet:"pt_root_id"`
		Group    string    `parquet:"classification_system,dict"`
		Type     *string   `parquet:"cell_type,optional,dict"`
		Position []float64 `parquet:"pt_position,list,optional"`
	}
	type proofRow struct {
		Root     int64  `parquet:"pt_root_id"`
		Valid    int64  `parquet:"valid_id"`
		Axon     bool   `parquet:"status_axon"`
		Strategy string `parquet:"strategy_axon,dict"`
	}
	type synapseRow struct {
		Pre  int64  `parquet:"pre_pt_root_id,dict"`
		Post int64  `parquet:"post_pt_root_id"`
		Size *int32 `parquet:"size,optional"`
	}
	var types []typeRow
	var proof []proofRow
	for i, n := range d.Neurons {
		t := typeRow{ID: int64(i + 7), Root: number64(tb, n.ID), Group: caveSystems[n.Sign]}
		if n.Class != "" {
			class := string(n.Class)
			t.Type = &class
		}
		if n.Position.Known() {
			p := caveVoxels(n.Position)
			t.Position = p[:]
		}
		types = append(types, t)
		p := proofRow{t.Root, t.Root, d.Observed[i], "none"}
		if d.Observed[i] {
			p.Strategy = []string{"axon_fully_extended", "axon_interareal"}[i%2]
		}
		if i%3 > 0 || p.Axon { // who is not in the table is not proofread
			proof = append(proof, p)
		}
	}
	var synapses []synapseRow
	for _, row := range caveSynapses(d) {
		size := int32(number64(tb, row[2]))
		synapses = append(synapses, synapseRow{number64(tb, row[0]), number64(tb, row[1]), &size})
	}
	layTable(tb, filepath.Join(dir, "synapses.parquet"), synapses, parquet.MaxRowsPerRowGroup(100), parquet.Compression(&parquet.Snappy))
	layTable(tb, filepath.Join(dir, "types.parquet"), types, parquet.MaxRowsPerRowGroup(10))
	layTable(tb, filepath.Join(dir, "proofreading.parquet"), proof, parquet.Compression(&parquet.Zstd))
	return dir
}

func number64(tb testing.TB, text string) int64 {
	tb.Helper()
	x, err := strconv.ParseInt(strings.TrimSuffix(text, ".0"), 10, 64)
	if err != nil {
		tb.Fatal(err)
	}
	return x
}

func layTable[T any](tb testing.TB, path string, rows []T, options ...parquet.WriterOption) {
	tb.Helper()
	f, err := os.Create(path)
	if err != nil {
		tb.Fatal(err)
	}
	w := parquet.NewGenericWriter[T](f, options...)
	if _, err = w.Write(rows); err == nil {
		err = w.Close()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		tb.Fatal(err)
	}
}
