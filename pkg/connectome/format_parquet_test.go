package connectome

import (
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"pgregory.net/rapid"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// layParquet writes a table from a slice of structs, as other software would.
func layParquet[T any](t testing.TB, path string, rows []T, options ...parquet.WriterOption) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := parquet.NewGenericWriter[T](f, options...)
	if _, err = w.Write(rows); err == nil {
		err = w.Close()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

type plainEdgeRow struct {
	Pre  int64 `parquet:"pre"`
	Post int64 `parquet:"post"`
}

type plainNeuronRow struct {
	ID int64 `parquet:"id"`
}

var threePlain = []plainNeuronRow{{864691135866104123}, {864691135866104125}, {864691135866104127}}

// What other software writes: nulls, integers for ids, dictionaries, either
// version of pages, any usual compression, several row groups.
func TestPairOfOthers(t *testing.T) {
	type neuronRow struct {
		ID    int64    `parquet:"id"`
		Class *string  `parquet:"class,optional,dict"`
		Sign  string   `parquet:"sign,dict"`
		X     *float64 `parquet:"x_um,optional"`
		Y     *float64 `parquet:"y_um,optional"`
		Depth *float64 `parquet:"depth_um,optional"`
		Seen  bool     `parquet:"observed"`
		Truth float32  `parquet:"factor_density"`
		Other string   `parquet:"colour,optional"`
	}
	type edgeRow struct {
		Pre      *int64 `parquet:"pre,optional,dict"`
		Post     int32  `parquet:"post"`
		Synapses int64  `parquet:"synapses,dict"`
		Size     int32  `parquet:"size"`
	}
	p := func(x float64) *float64 { return &x }
	i := func(x int64) *int64 { return &x }
	class := "23P, \"odd\""
	neurons := []neuronRow{
		{864691135866104123, &class, "E", p(1), p(2), p(3), true, .5, "red"},
		{864691135866104125, nil, "?", nil, nil, nil, false, .25, ""},
		{864691135866104127, &class, "I", p(1), nil, p(3), true, 1, ""},
	}
	edges := []edgeRow{{i(2), 0, 3, 10}, {i(0), 1, 1, 20}, {i(0), 2, 2, 30}, {i(2), 0, 1, 5}, {i(1), 1, 9, 9}}
	for name, options := range map[string][]parquet.WriterOption{
		"snappy, pages of version 1": {parquet.Compression(&parquet.Snappy), parquet.DataPageVersion(1)},
		"zstd, pages of version 2":   {parquet.Compression(&parquet.Zstd), parquet.DataPageVersion(2)},
		"gzip":                       {parquet.Compression(&parquet.Gzip)},
		"brotli":                     {parquet.Compression(&parquet.Brotli)},
		"plain":                      {parquet.DataPageVersion(1)},
		"a row group every 2 rows":   {parquet.MaxRowsPerRowGroup(2)},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			layParquet(t, filepath.Join(dir, neuronsFile), neurons, slices.Concat(options, []parquet.WriterOption{parquet.KeyValueMetadata(nameKey, "theirs")})...)
			layParquet(t, filepath.Join(dir, edgesFile), edges, slices.Concat(options, []parquet.WriterOption{parquet.KeyValueMetadata(sizeUnitKey, "nm²")})...)
			c, err := Open(t.Context(), dir)
			if err != nil {
				t.Fatal(err)
			}
			sizes, unit := c.Sizes()
			if c.Name() != "theirs" || unit != "nm²" || !slices.Equal(sizes, []float64{20, 30, 15}) || !slices.Equal(c.Synapses(), []int32{1, 2, 4}) {
				t.Errorf("%q: sizes %v %q, synapses %v", c.Name(), sizes, unit, c.Synapses())
			}
			if !slices.Equal(c.CSR().Targets, []int32{1, 2, 0}) || !slices.Equal(c.CSR().Offsets, []int64{0, 2, 2, 3}) {
				t.Errorf("edges are %v", c.CSR())
			}
			want := circuit.Neuron{ID: "864691135866104123", Class: circuit.Class(class), Sign: circuit.Excitatory, Position: circuit.Position{X: 1, Y: 2, Depth: 3}}
			if c.Neuron(0) != want || c.Neuron(1).Class != "" || c.Neuron(1).ID != "864691135866104125" || c.Neuron(2).Sign != circuit.Inhibitory {
				t.Errorf("neurons are %+v, %+v, %+v", c.Neuron(0), c.Neuron(1), c.Neuron(2))
			}
			if c.Observed(1) || !c.Observed(2) || c.Neuron(2).Position.Known() || !slices.Equal(c.Factors()["density"], []float64{.5, .25, 1}) {
				t.Errorf("observed, position or factors are wrong: %+v, %v", c.Neuron(2), c.Factors())
			}
			if report := c.Report().String(); dropped(c.Report(), "autapse") != 1 || dropped(c.Report(), "repeated") != 1 || !strings.Contains(report, "1 neurons have only some") {
				t.Errorf("the report is %s", report)
			}
		})
	}
}

func TestPairErrors(t *testing.T) {
	good := []plainEdgeRow{{0, 1}, {1, 2}}
	type floatID struct {
		ID float64 `parquet:"id"`
	}
	type noID struct {
		Name string `parquet:"name"`
	}
	type textEdge struct {
		Pre  string `parquet:"pre"`
		Post int64  `parquet:"post"`
	}
	type holedEdge struct {
		Pre  *int64 `parquet:"pre,optional"`
		Post int64  `parquet:"post"`
	}
	type listEdge struct {
		Pre  []int64 `parquet:"pre"`
		Post int64   `parquet:"post"`
	}
	type counted struct {
		Pre      int64   `parquet:"pre"`
		Post     int64   `parquet:"post"`
		Synapses int64   `parquet:"synapses"`
		Size     float64 `parquet:"size"`
	}
	zero := int64(0)
	for name, c := range map[string]struct {
		neurons, edges func(path string)
		want           []string
	}{
		"an index below 0": {
			func(p string) { layParquet(t, p, threePlain) }, func(p string) { layParquet(t, p, []plainEdgeRow{{0, 1}, {-1, 2}}) },
			[]string{edgesFile, `column "pre"`, "row 1", "-1 is no row of neurons.parquet, which has 3"},
		},
		"an index beyond the table": {
			func(p string) { layParquet(t, p, threePlain) }, func(p string) { layParquet(t, p, []plainEdgeRow{{0, 1}, {1, 2}, {0, 3}}) },
			[]string{edgesFile, `column "post"`, "row 2", "3 is no row"},
		},
		"an index beyond 32 bits": {
			func(p string) { layParquet(t, p, threePlain) }, func(p string) { layParquet(t, p, []plainEdgeRow{{1 << 32, 1}}) },
			[]string{"row 0", "4294967296 is no row"},
		},
		"float ids": {
			func(p string) { layParquet(t, p, []floatID{{8.64691135866104123e17}}) }, func(p string) { layParquet(t, p, []plainEdgeRow{}) },
			[]string{neuronsFile, `column "id"`, "row 0", "floats", "Export them again"},
		},
		"no ids":        {func(p string) { layParquet(t, p, []noID{{"a"}}) }, func(p string) { layParquet(t, p, good) }, []string{neuronsFile, `column "id"`, "missing", `"name"`}},
		"an id twice":   {func(p string) { layParquet(t, p, []plainNeuronRow{{1}, {1}}) }, func(p string) { layParquet(t, p, []plainEdgeRow{}) }, []string{`same id "1"`}},
		"text for edge": {func(p string) { layParquet(t, p, threePlain) }, func(p string) { layParquet(t, p, []textEdge{{"a", 1}}) }, []string{`column "pre"`, "row 0", "not a whole number"}},
		"an empty end":  {func(p string) { layParquet(t, p, threePlain) }, func(p string) { layParquet(t, p, []holedEdge{{&zero, 1}, {nil, 1}}) }, []string{`column "pre"`, "row 1", "empty cell"}},
		"lists":         {func(p string) { layParquet(t, p, threePlain) }, func(p string) { layParquet(t, p, []listEdge{{[]int64{1, 2}, 1}}) }, []string{`column "pre"`, "lists"}},
		"a count below 0": {
			func(p string) { layParquet(t, p, threePlain) }, func(p string) { layParquet(t, p, []counted{{0, 1, -1, 1}}) },
			[]string{`column "synapses"`, "row 0", "-1 is no synapse count"},
		},
		"an infinite size": {
			func(p string) { layParquet(t, p, threePlain) }, func(p string) { layParquet(t, p, []counted{{0, 1, 1, math.Inf(1)}}) },
			[]string{`column "size"`, "row 0", "infinite"},
		},
		"lz4": {
			func(p string) { layParquet(t, p, threePlain, parquet.Compression(&parquet.Lz4Raw)) }, func(p string) { layParquet(t, p, good) },
			[]string{neuronsFile, `column "id"`, "compression LZ4_RAW is not read", `compression="zstd"`},
		},
		"a later version": {
			func(p string) { layParquet(t, p, threePlain, parquet.KeyValueMetadata(versionKey, "2")) }, func(p string) { layParquet(t, p, good) },
			[]string{neuronsFile, "later version"},
		},
		"no edges":   {func(p string) { layParquet(t, p, threePlain) }, func(string) {}, []string{edgesFile, "is not there"}},
		"no neurons": {func(string) {}, func(p string) { layParquet(t, p, good) }, []string{neuronsFile, "is not there"}},
		"text": {
			func(p string) { layParquet(t, p, threePlain) }, func(p string) { os.WriteFile(p, []byte("pre,post\n0,1\n"), 0o644) },
			[]string{edgesFile, "PAR1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			c.neurons(filepath.Join(dir, neuronsFile))
			c.edges(filepath.Join(dir, edgesFile))
			_, err := Open(t.Context(), dir)
			var parse *ParseError
			if err == nil || !errors.As(err, &parse) && name != "an id twice" {
				t.Fatalf("error is %v, want a ParseError", err)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error does not say %q: %v", want, err)
				}
			}
		})
	}
	dir := t.TempDir()
	layParquet(t, filepath.Join(dir, neuronsFile), threePlain)
	if _, err := Open(t.Context(), filepath.Join(dir, neuronsFile)); err == nil || !strings.Contains(err.Error(), "give the folder") {
		t.Errorf("one file of the pair gives %v", err)
	}
}

// A few bytes that claim a great deal are refused before anything is allocated.
func TestPairRefusesClaims(t *testing.T) {
	dir := t.TempDir()
	layParquet(t, filepath.Join(dir, neuronsFile), threePlain)
	path := filepath.Join(dir, edgesFile)
	layParquet(t, path, []plainEdgeRow{{0, 1}})
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	binary.LittleEndian.PutUint32(text[len(text)-8:], 1<<31)
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "its footer claims 2147483648 of the file's") {
		t.Errorf("a footer longer than its file gives %v", err)
	}
	for name, c := range map[string]struct {
		data []byte
		bits int
		ok   bool
	}{
		"a run of 2³⁰":             {binary.AppendUvarint(nil, 1<<31), 1, false},
		"2²⁷ packed values":        {binary.AppendUvarint(nil, 1<<25|1), 1, false},
		"two runs, together over":  {[]byte{40 << 1, 0, 40 << 1, 0}, 1, false},
		"a run":                    {[]byte{40 << 1, 0}, 1, true},
		"40 packed values":         {[]byte{5<<1 | 1, 1, 2, 3, 4, 5}, 1, true},
		"a length that never ends": {[]byte{0xff, 0xff}, 1, false},
	} {
		if err := runs(c.data, c.bits, 40); (err == nil) != c.ok {
			t.Errorf("%s: error is %v", name, err)
		}
	}
	for name, c := range map[string]struct {
		head []uint64
		ok   bool
	}{
		"as parquet-go writes": {[]uint64{128, 4, 40, 0}, true}, "too many values": {[]uint64{128, 4, 1 << 40}, false},
		"no parts": {[]uint64{128, 0, 40}, false}, "a great block": {[]uint64{1 << 40, 4, 40}, false}, "cut short": {[]uint64{128}, false},
	} {
		var data []byte
		for _, u := range c.head {
			data = binary.AppendUvarint(data, u)
		}
		if err := deltas(data, 40); (err == nil) != c.ok {
			t.Errorf("%s: error is %v", name, err)
		}
	}
}

// Whatever a connectome holds comes back.
func TestPairRoundTrip(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(0, 40).Draw(rt, "n")
		text := rapid.StringN(0, 12, 24)
		d := Data{Name: text.Draw(rt, "name"), SizeUnit: text.Draw(rt, "unit"), Synapses: []int32{}, Sizes: []float64{}}
		for i := range n {
			neuron := circuit.Neuron{ID: text.Draw(rt, "id") + string(rune('一'+i)), Class: circuit.Class(text.Draw(rt, "class")), Layer: circuit.Layer(text.Draw(rt, "layer")), Sign: circuit.Sign(rapid.IntRange(-1, 1).Draw(rt, "sign")), Position: circuit.NoPosition()}
			if rapid.Bool().Draw(rt, "placed") {
				x := rapid.Float64Range(-1e9, 1e9)
				neuron.Position = circuit.Position{X: x.Draw(rt, "x"), Y: x.Draw(rt, "y"), Depth: x.Draw(rt, "depth")}
			}
			d.Neurons = append(d.Neurons, neuron)
			d.Observed = append(d.Observed, rapid.Bool().Draw(rt, "observed"))
			for j := range n {
				if i != j && rapid.IntRange(0, 9).Draw(rt, "edge") == 0 {
					d.Edges = append(d.Edges, circuit.Edge{Pre: i, Post: j})
					d.Synapses = append(d.Synapses, rapid.Int32Range(0, math.MaxInt32).Draw(rt, "synapses"))
					d.Sizes = append(d.Sizes, rapid.Float64Range(0, 1e300).Draw(rt, "size"))
				}
			}
		}
		c, err := New(d)
		if err != nil {
			rt.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "pair")
		if err := Save(t.Context(), c, path, Writing{}); err != nil {
			rt.Fatal(err)
		}
		again, err := Open(t.Context(), path)
		if err != nil {
			rt.Fatal(err)
		}
		sizes, unit := again.Sizes()
		wantUnit := d.SizeUnit
		if c.Edges() == 0 {
			wantUnit = "" // a unit of nothing
		}
		if again.Name() != d.Name && d.Name != "" || unit != wantUnit || !slices.Equal(sizes, d.Sizes) || !slices.Equal(again.Synapses(), d.Synapses) {
			rt.Errorf("%q (%q, %v, %v), want %q (%q, %v, %v)", again.Name(), unit, sizes, again.Synapses(), d.Name, wantUnit, d.Sizes, d.Synapses)
		}
		if !slices.Equal(again.CSR().Targets, c.CSR().Targets) || !slices.Equal(again.CSR().Offsets, c.CSR().Offsets) || !slices.Equal(again.observed, c.observed) {
			rt.Error("edges or mask differ")
		}
		for i := range n {
			g, w := again.Neuron(i), c.Neuron(i)
			if !w.Position.Known() && !g.Position.Known() {
				g.Position, w.Position = circuit.Position{}, circuit.Position{}
			}
			if g != w {
				rt.Errorf("neuron %d is %+v, want %+v", i, g, w)
			}
		}
	})
}
