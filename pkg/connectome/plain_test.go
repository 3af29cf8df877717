package connectome

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// layFiles writes files and returns the one, or the folder of many.
func layFiles(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if len(files) == 1 {
			return filepath.Join(dir, name)
		}
	}
	return dir
}

// told is a reconstruction in a line: ids, then edges with their numbers.
func told(c *Connectome) string {
	var b strings.Builder
	for i := range c.Len() {
		fmt.Fprintf(&b, "%s ", c.Neuron(i).ID)
	}
	b.WriteString("|")
	for i := range c.Len() {
		for e := c.edges.Offsets[i]; e < c.edges.Offsets[i+1]; e++ {
			fmt.Fprintf(&b, " %s>%s", c.Neuron(i).ID, c.Neuron(int(c.edges.Targets[e])).ID)
			if c.synapses != nil {
				fmt.Fprintf(&b, " n%d", c.synapses[e])
			}
			if c.sizes != nil {
				fmt.Fprintf(&b, " s%g", c.sizes[e])
			}
		}
	}
	return b.String()
}

// All by hand.
func TestPlainEdges(t *testing.T) {
	for name, c := range map[string]struct {
		file, text string
		want       string
		says       []string
	}{
		"header":                 {"a.csv", "pre,post\n2,10\n10,2\n", "2 10 | 2>10 10>2", []string{"no table of neurons"}},
		"aliases in any case":    {"a.csv", "Target,note,SOURCE\n2,x,10\n", "2 10 | 10>2", []string{"columns not read: note"}},
		"tabs":                   {"a.tsv", "from\tto\n1\t2\n", "1 2 | 1>2", nil},
		"semicolons":             {"a.csv", "src;dst;n_syn\n1;2;5\n", "1 2 | 1>2 n5", nil},
		"blanks":                 {"a.txt", "  pre   post weight\n 1  2\t 3 \n", "1 2 | 1>2 n3", []string{"whole"}},
		"no header":              {"a.csv", "5,7\n7,5\n", "5 7 | 5>7 7>5", []string{"no header: its columns are taken for pre, post"}},
		"no header, weights":     {"a.txt", "5 7 1.5\n7 5 2\n", "5 7 | 5>7 s1.5 7>5 s2", []string{"taken for pre, post, weight", "not all values"}},
		"SNAP":                   {"a.txt", "# Directed graph\n# FromNodeId\tToNodeId\n0\t11342\n0\t824020\n", "0 11342 824020 | 0>11342 0>824020", nil},
		"numpy":                  {"a.csv", "# pre,post\n3,4\n", "3 4 | 3>4", nil},
		"comment and header":     {"a.csv", "% made by hand\n\npre,post\n3,4\n", "3 4 | 3>4", nil},
		"windows":                {"a.csv", "\ufeffpre,post\r\n3,4\r\n\r\n4,3", "3 4 | 3>4 4>3", nil},
		"quotes":                 {"a.csv", "\"pre\",\"post\"\n\"3\",\"4\"\n", "3 4 | 3>4", nil},
		"ids of text":            {"a.csv", "pre,post\nAVAL,AVBR\nAVBR,10\n", "10 AVAL AVBR | AVAL>AVBR AVBR>10", nil},
		"64 bits and more":       {"a.csv", "pre,post\n864691135866104123,864691135866104124\n99999999999999999999,1\n", "1 864691135866104123 864691135866104124 99999999999999999999 | 864691135866104123>864691135866104124 99999999999999999999>1", nil},
		"leading zeros stay":     {"a.csv", "pre,post\n007,7\n7,12\n", "007 7 12 | 007>7 7>12", nil},
		"blanks round fields":    {"a.csv", "pre, post, n_syn\n 1, 2, 3\n", "1 2 | 1>2 n3", nil},
		"weights are sizes":      {"a.csv", "pre,post,weight\n1,2,.5\n2,1,-3e2\n", "1 2 | 1>2 s0.5 2>1 s-300", []string{"taken for sizes"}},
		"counts and sizes":       {"a.csv", "pre,post,size[voxels],synapses\n1,2,10.5,2\n1,2,1,3\n", "1 2 | 1>2 n5 s11.5", []string{"repeated edge"}},
		"weights beside sizes":   {"a.csv", "pre,post,size,weight\n1,2,10,.2\n", "1 2 | 1>2 s10", []string{`"weight" is not read`}},
		"no synapse, no edge":    {"a.csv", "pre,post,n_syn\n1,2,0\n2,3,1\n", "1 2 3 | 2>3 n1", []string{"1 × edge without a synapse"}},
		"autapses and repeats":   {"a.csv", "pre,post,n_syn\n1,1,9\n2,3,1\n2,3,2\n", "1 2 3 | 2>3 n3", []string{"1 × autapse", "1 × repeated"}},
		"counts written as 2.0":  {"a.csv", "pre,post,n_syn\n1,2,2.0\n", "1 2 | 1>2 n2", nil},
		"a header and no rows":   {"a.csv", "pre,post,n_syn\n", "|", nil},
		"a name that tells none": {"wiring", "pre,post\n1,2\n", "1 2 | 1>2", nil},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Open(t.Context(), layFiles(t, map[string]string{c.file: c.text}))
			if err != nil {
				t.Fatal(err)
			}
			if told(got) != c.want {
				t.Errorf("read as %s, want %s", told(got), c.want)
			}
			for _, say := range c.says {
				if !strings.Contains(got.Report().String(), say) {
					t.Errorf("the report does not say %q: %s", say, got.Report())
				}
			}
		})
	}
}

func TestPlainNeurons(t *testing.T) {
	edges := "pre,post,n_syn\nb,a,2\na,c,1\nc,gone,4\n"
	for name, c := range map[string]struct {
		neurons string
		reading Reading
		want    string // neurons
		wiring  string
		says    []string
	}{
		"all": {"id,class,layer,sign,x_um,y_um,depth_um,observed,factor_density\na,PV,L4,I,1,2,3,1,.5\nb,,,,,,,0,\nc,E5,L5,1,4,5,6,1,1\n", Reading{},
			"[{a PV L4 I {1 2 3}} {b   ? {NaN NaN NaN}} {c E5 L5 E {4 5 6}}]", "a b c | a>c n1 b>a n2", []string{"1 × edge with an end that is not in the neuron table", "1 of 3 neurons have no position"}},
		"neuropull, order of the table": {"node_id,cell_type,x_nm,y_nm,z_nm\nc,x,1000,2000,3000\nb,,4,5,6\na,,7,8,9\n", Reading{},
			"[{c x  ? {1 3 2}} {b   ? {0.004 0.006 0.005}} {a   ? {0.007 0.009 0.008}}]", "c b a | b>a n2 a>c n1", []string{`no column of depth: "y_nm" is taken for it`}},
		"depth with x and z": {"id,x_mm,z_mm,depth_um\na,1,2,3\n", Reading{}, "[{a   ? {1000 2000 3}}]", "a |", []string{"3 × edge"}},
		"no unit":            {"id,x,y,depth\na,1,2,3\n", Reading{}, "[{a   ? {1 2 3}}]", "a |", []string{"µm are assumed"}},
		"two coordinates":    {"id,x_um,y_um\na,1,2\n", Reading{}, "[{a   ? {NaN NaN NaN}}]", "a |", []string{"two coordinates or fewer", "1 neurons have some coordinates"}},
		"half known":         {"id,x_um,y_um,depth_um\na,1,nan,3\nb,1,2,3\n", Reading{}, "[{a   ? {NaN NaN NaN}} {b   ? {1 2 3}}]", "a b | b>a n2", []string{"1 neurons have some coordinates"}},
		"listed twice":       {"id,class\na,x\nb,y\na,z\n", Reading{}, "[{a x  ? {NaN NaN NaN}} {b y  ? {NaN NaN NaN}}]", "a b | b>a n2", []string{"1 × neuron listed again"}},
		"unobserved left out": {"id,observed\na,1\nb,0\nc,1\n", Reading{Unproofread: LeftOut}, "[{a   ? {NaN NaN NaN}} {c   ? {NaN NaN NaN}}]", "a c | a>c n1",
			[]string{"1 × neuron whose outputs", "1 × edge with an end that was left out"}},
		"other columns": {"name,colour\na,red\nb,blue\n", Reading{}, "[{a   ? {NaN NaN NaN}} {b   ? {NaN NaN NaN}}]", "a b | b>a n2", []string{"neurons.csv: columns not read: colour"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := OpenAs(t.Context(), layFiles(t, map[string]string{"neurons.csv": c.neurons, "edges.csv": edges, "README.txt": "Hello there,\nall\n"}), c.reading)
			if err != nil {
				t.Fatal(err)
			}
			if list := fmt.Sprint(got.neurons); list != c.want {
				t.Errorf("neurons are %s, want %s", list, c.want)
			}
			if told(got) != c.wiring {
				t.Errorf("read as %s, want %s", told(got), c.wiring)
			}
			for _, say := range c.says {
				if !strings.Contains(got.Report().String(), say) {
					t.Errorf("the report does not say %q: %s", say, got.Report())
				}
			}
		})
	}
}

func TestPlainObserved(t *testing.T) {
	path := layFiles(t, map[string]string{"neurons.csv": "id,observed\na,1\nb,0\n", "edges.csv": "pre,post\na,b\n"})
	for u, want := range map[Unproofread]bool{Masked: false, Trusted: true} {
		c, err := OpenAs(t.Context(), path, Reading{Unproofread: u})
		if err != nil || c.Observed(1) != want || !c.Observed(0) {
			t.Errorf("%s: observed is %t (%v)", u, c.Observed(1), err)
		}
	}
}

func TestPlainErrors(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"too few fields":          {map[string]string{"a.csv": "pre,post\n1,2\n3\n"}, []string{"a.csv, line 3", "1 fields, the header has 2"}},
		"too many, by blanks":     {map[string]string{"a.txt": "1 2\n\n1 2 3\n"}, []string{"a.txt, line 3", "3 fields"}},
		"no end":                  {map[string]string{"a.csv": "# x\npre,post\n1,2\n3,\n"}, []string{"line 4", `column "post"`, "without this end"}},
		"not a count":             {map[string]string{"a.csv": "pre,post,n_syn\n1,2,3\n1,2,2.5\n"}, []string{"line 3", `column "n_syn"`, `"2.5" is not a count`}},
		"weight is a word":        {map[string]string{"a.csv": "pre,post,weight\n1,2,3\n1,2,much\n"}, []string{"line 3", `column "weight"`, `"much" is not a finite number`}},
		"weight is infinite":      {map[string]string{"a.csv": "pre,post,weight\n1,2,inf\n"}, []string{"line 2", "finite"}},
		"size is missing":         {map[string]string{"a.csv": "pre,post,size\n1,2,\n"}, []string{"line 2", `column "size"`, "finite"}},
		"a lone quote":            {map[string]string{"a.csv": "pre,post\n1,2\n1,\"2\n"}, []string{"a.csv, line", "quot"}},
		"id over two lines":       {map[string]string{"a.csv": "pre,post\n1,\"2\n3\"\n"}, []string{"line 2", `column "post"`, "line break"}},
		"header twice":            {map[string]string{"a.csv": "pre,post,x,x\n1,2,3,4\n"}, []string{"line 1", `column "x"`, "twice"}},
		"one end":                 {map[string]string{"a.csv": "pre,past\n1,2\n"}, []string{"a.csv, line 1", "one end"}},
		"counts overflow":         {map[string]string{"a.csv": "pre,post,n_syn\n1,2,2147483647\n1,2,1\n"}, []string{"below 2³¹"}},
		"count too large":         {map[string]string{"a.csv": "pre,post,n_syn\n1,2,2147483648\n"}, []string{"line 2", "not a count"}},
		"two tables of edges":     {map[string]string{"a.csv": "pre,post\n1,2\n", "b.csv": "pre,post\n1,2\n"}, []string{"a.csv, b.csv may each be the table of edges", "edges.csv"}},
		"neurons without id":      {map[string]string{"edges.csv": "pre,post\n1,2\n", "neurons.csv": "colour\nred\n"}, []string{"neurons.csv, line 1", "name it id"}},
		"empty id":                {map[string]string{"edges.csv": "pre,post\n1,2\n", "neurons.csv": "id,class\n1,a\n ,b\n"}, []string{"neurons.csv, line 3", `column "id"`, "without an id"}},
		"sign":                    {map[string]string{"edges.csv": "pre,post\n1,2\n", "neurons.csv": "id,ei\n1,E\n2,X\n"}, []string{"neurons.csv, line 3", `column "ei"`, "neither E nor I"}},
		"coordinate":              {map[string]string{"edges.csv": "pre,post\n1,2\n", "neurons.csv": "id,x_um,y_um,z_um\n1,2,3,four\n"}, []string{"neurons.csv, line 2", `column "z_um"`, "not a finite number"}},
		"observed":                {map[string]string{"edges.csv": "pre,post\n1,2\n", "neurons.csv": "id,observed\n1,maybe\n"}, []string{"neurons.csv, line 2", `column "observed"`}},
		"factor":                  {map[string]string{"edges.csv": "pre,post\n1,2\n", "neurons.csv": "id,factor_a\n1,b\n"}, []string{"neurons.csv, line 2", `column "factor_a"`}},
		"depth that goes nowhere": {map[string]string{"edges.csv": "pre,post\n1,2\n", "neurons.csv": "id,x_um,y_um,z_um,depth_um\n1,2,3,4,5\n"}, []string{"neurons.csv", `column "depth_um"`, "leave out one"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(t.Context(), layFiles(t, c.files))
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
			var at *ParseError
			if strings.Contains(c.want[0], "line") && !errors.As(err, &at) {
				t.Errorf("%v is no ParseError", err)
			}
		})
	}
}

// What the format cannot hold is refused, with a word on where.
func TestPlainSaveRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change func(d *Data)
		want   string
	}{
		"empty id":        {func(d *Data) { d.Neurons[1].ID = "" }, "neuron 1"},
		"blank round id":  {func(d *Data) { d.Neurons[1].ID = " b" }, "blanks"},
		"line break":      {func(d *Data) { d.Neurons[0].Class = "a\nb" }, "line break"},
		"break in a unit": {func(d *Data) { d.Sizes, d.SizeUnit = []float64{1}, "a\nb" }, "name of a column"},
		"break in a name": {func(d *Data) { d.Factors = map[string][]float64{"a\n": {1, 2}} }, "name of a column"},
		"blank in a name": {func(d *Data) { d.Factors = map[string][]float64{"a ": {1, 2}} }, "name of a column"},
	} {
		t.Run(name, func(t *testing.T) {
			d := Data{Name: "two", Neurons: []circuit.Neuron{{ID: "a", Position: circuit.NoPosition()}, {ID: "b", Position: circuit.NoPosition()}}, Edges: []circuit.Edge{{Pre: 0, Post: 1}}}
			c.change(&d)
			tissue, err := New(d)
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(t.TempDir(), "out")
			if err := Save(t.Context(), tissue, path, Writing{Format: "plain"}); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one about %q", err, c.want)
			}
			if _, err := os.Stat(path); err == nil {
				t.Error("something was left at the path")
			}
		})
	}
}

// manyRows is a table of several blocks, with ids below and above what is looked
// up without a hash.
func manyRows(rows int, weighted bool) []byte {
	rng := rand.New(rand.NewPCG(9, 9))
	id := func() uint64 {
		if x := rng.Uint64N(3000); x%2 == 0 {
			return 864691135866100000 + x
		} else {
			return 700 * x
		}
	}
	var b bytes.Buffer
	b.WriteString("pre,post,weight\n")
	for range rows {
		if weighted {
			fmt.Fprintf(&b, "%d,%d,%.3f\n", id(), id(), rng.Float64())
		} else {
			fmt.Fprintf(&b, "%d,%d,%d\n", id(), id(), 1+rng.IntN(30))
		}
	}
	return b.Bytes()
}

// Large tables take the fast way, which gives the same on any number of cores as
// the slow way, gzipped or not.
func TestPlainFastAsSlow(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, weighted := range []bool{false, true} {
		text := manyRows(150_000, weighted)
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		if _, err := z.Write(text); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		for file, text := range map[string][]byte{"a.csv": text, "a.csv.gz": packed.Bytes()} {
			e := edgeTableAt(t, layFiles(t, map[string]string{file: string(text)}))
			slow, err := e.readSlow(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, cores := range []int{1, 2, 5} {
				runtime.GOMAXPROCS(cores)
				fast, err := e.readFast(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if said := differ(fast, slow); said != "" {
					t.Errorf("%s on %d cores: %s", file, cores, said)
				}
			}
		}
	}
}

func edgeTableAt(t testing.TB, path string) *edgeTable {
	t.Helper()
	s, err := newSource(path)
	if err != nil {
		t.Fatal(err)
	}
	return newEdgeTable(s, s.files[0])
}

// differ says in what two readings differ.
func differ(a, b edgeRows) string {
	switch {
	case !slices.Equal(a.ids, b.ids):
		return fmt.Sprintf("ids %.20q, want %.20q", a.ids, b.ids)
	case !slices.Equal(a.pairs, b.pairs):
		return fmt.Sprintf("%d pairs differ from %d", len(a.pairs), len(b.pairs))
	}
	for v := range a.values {
		if !slices.Equal(a.values[v], b.values[v]) || (a.values[v] == nil) != (b.values[v] == nil) {
			return fmt.Sprintf("values %d are %v, want %v", v, a.values[v], b.values[v])
		}
	}
	return ""
}

// The fast way and the slow way agree on whatever the fast one takes.
func FuzzEdgeTable(f *testing.F) {
	for _, text := range []string{
		"pre,post\n1,2\n2,3\n", "pre,post,weight\n1,2,3\n3,1,0.5\n", "1 2\n3 4\n", "1\t2\t3\n", "pre;post;n_syn;size\n1;2;3;4.5\n",
		"# a\npre,post\r\n1,2\r\n\r\n", "a,pre,b,post,c\nx,1,y,2,z\n,0,,00,\n", "pre,post\n\"1\",2\n", "  1   2  \n\n 2\t1", "pre,post,w\n 1 , 2 , 3 \n",
		"pre,post\n18446744073709551616,9999999999999999999\n", "pre,post,count\n1,2,1e3\n", "pre,post,count\n1,2,0x10\n", "pre,post,x\n1,2,\r\n1,2,\ry\n",
		"pre,post\n1,2\n3", "pre,post\n1,2,\n", "1 2 3\n1 2 1_0\n", "pre,post\n1,2\r", "pre,post\n1,2\n\r\n", "\ufeff1,2\n1048576,1048575\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		const name = "a.csv"
		s := &source{path: name, dir: ".", files: []string{name}, heads: map[string][]byte{name: text[:min(len(text), headBytes)]}}
		if files, _ := matchPlain(s); files == nil {
			return
		}
		e := newEdgeTable(s, name)
		e.block = 64 // so that lines lie across blocks
		if len(text) > 1<<12 {
			e.block = 1 << 12
		}
		fast, err := e.parse(t.Context(), bytes.NewReader(text))
		if err != nil {
			return
		}
		rows, err := e.dialect.table(name, bytes.NewReader(text))
		if err != nil {
			t.Fatalf("the fast way takes what the slow way refuses: %v", err)
		}
		slow, err := e.readTable(t.Context(), rows)
		if err != nil {
			t.Fatalf("the fast way takes what the slow way refuses: %v", err)
		}
		if said := differ(fast, slow); said != "" {
			t.Error(said)
		}
	})
}
