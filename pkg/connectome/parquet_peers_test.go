package connectome_test

import (
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/connectome/connectometest"
)

// pandas opens our pair and sees what we wrote; what pandas and pyarrow write of
// it, in another order and with their own types, is the same to us.
func TestPandasOpensThePair(t *testing.T) {
	python := peerPython(t, "parquet.txt")
	d := connectometest.Sample()
	want, err := connectome.New(d)
	if err != nil {
		t.Fatal(err)
	}
	old, fresh := filepath.Join(t.TempDir(), "old"), filepath.Join(t.TempDir(), "new")
	if err := connectome.Save(t.Context(), want, old, connectome.Writing{}); err != nil {
		t.Fatal(err)
	}
	var said struct {
		Neurons, Edges, Synapses, Observed, Placed int
		First                                      []string
		Size, Density                              float64
		Sorted                                     bool
		Dtypes                                     map[string]string
		Name, Unit                                 string
	}
	out := peerScript(t, python, "parquet_pair.py", old, fresh)
	if err := json.Unmarshal([]byte(out), &said); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	synapses, size, observed, density := 0, 0., 0, 0.
	for k := range d.Edges {
		synapses, size = synapses+int(d.Synapses[k]), size+d.Sizes[k]
	}
	for i := range d.Neurons {
		density += d.Factors["density"][i]
		if d.Observed[i] {
			observed++
		}
	}
	first := []string{want.Neuron(0).ID, want.Neuron(int(want.CSR().Targets[0])).ID}
	if said.Neurons != 24 || said.Edges != len(d.Edges) || said.Synapses != synapses || said.Observed != observed || said.Placed != 23 || said.Size != size ||
		math.Abs(said.Density-density) > 1e-9 || !said.Sorted || said.Name != "sample" || said.Unit != "voxels" || fmt.Sprint(said.First) != fmt.Sprint(first) {
		t.Errorf("pandas sees %+v", said)
	}
	if fmt.Sprint(said.Dtypes) != "map[post:int32 pre:int32 size:float64 synapses:int32]" {
		t.Errorf("pandas has types %v", said.Dtypes)
	}
	got, err := connectome.Open(t.Context(), fresh)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range connectometest.Diff(got, want) {
		t.Error(line)
	}
}

// What pandas writes of CAVE's tables, in each compression that it has.
func TestPandasWritesCaveTables(t *testing.T) {
	python := peerPython(t, "parquet.txt")
	for _, compression := range []string{"snappy", "gzip", "brotli", "zstd", "none", "lz4"} {
		t.Run(compression, func(t *testing.T) {
			dir := t.TempDir()
			name := compression
			peerScript(t, python, "cave_tables.py", dir, name)
			c, err := connectome.Open(t.Context(), dir)
			if compression == "lz4" {
				if err == nil || !strings.Contains(err.Error(), "is not read: write the table with zstd or snappy") {
					t.Errorf("error is %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			n := c.Neuron(0)
			sizes, _ := c.Sizes()
			if c.Len() != 2 || c.Edges() != 2 || fmt.Sprint(c.Synapses(), sizes) != "[2 1] [30 30]" || !c.Observed(0) || c.Observed(1) ||
				n.ID != "864691135866104123" || n.Position != (circuit.Position{X: 962.56, Y: 854.4, Depth: 831.488}) {
				t.Errorf("%+v, synapses %v, sizes %v:\n%s", n, c.Synapses(), sizes, c.Report())
			}
		})
	}
}
