package connectome_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/connectome/connectometest"
)

// kitOf returns the first kit of a format.
func kitOf(f *testing.F, format string) connectometest.Kit {
	f.Helper()
	for _, k := range kits {
		if k.Format == format {
			return k
		}
	}
	f.Fatalf("no kit of %s", format)
	return connectometest.Kit{}
}

func FuzzGraphML(f *testing.F)  { connectometest.Fuzz(f, kitOf(f, "graphml")) }
func FuzzNodeLink(f *testing.F) { connectometest.Fuzz(f, kitOf(f, "node-link")) }
func FuzzNPZ(f *testing.F)      { connectometest.Fuzz(f, kitOf(f, "npz")) }

// graphML is a document around keys and the contents of a directed graph.
func graphML(keys, graph string) string {
	return "<graphml>\n" + keys + "\n<graph edgedefault=\"directed\">\n" + graph + "\n</graph>\n</graphml>\n"
}

func key(id, domain, name, kind string) string {
	return fmt.Sprintf(`<key id=%q for=%q attr.name=%q attr.type=%q/>`, id, domain, name, kind)
}

func openText(t *testing.T, name, text string, r connectome.Reading) (*connectome.Connectome, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return connectome.OpenAs(t.Context(), path, r)
}

// facts are neurons, edges and their numbers in a line a thing.
func facts(c *connectome.Connectome) []string {
	var lines []string
	for i := range c.Len() {
		n := c.Neuron(i)
		line := fmt.Sprintf("%s %s %s %s", n.ID, n.Class, n.Layer, n.Sign)
		if p := n.Position; p.Known() {
			line += fmt.Sprintf(" (%g %g %g)", p.X, p.Y, p.Depth)
		}
		if !c.Observed(i) {
			line += " unobserved"
		}
		lines = append(lines, line)
	}
	sizes, unit := c.Sizes()
	k := 0
	for pre := range c.Len() {
		for _, post := range c.CSR().Row(pre) {
			line := c.Neuron(pre).ID + ">" + c.Neuron(int(post)).ID
			if c.Synapses() != nil {
				line += fmt.Sprintf(" %d", c.Synapses()[k])
			}
			if sizes != nil {
				line += fmt.Sprintf(" %g %s", sizes[k], unit)
			}
			lines = append(lines, line)
			k++
		}
	}
	return lines
}

// Each document is understood as said, with a word about what is left out.
func TestGraphTexts(t *testing.T) {
	big := "864691135866104123"
	for _, c := range []struct {
		name, file, text string
		reading          connectome.Reading
		want             []string
		report           string // in the report
	}{
		{"ids are the nodes'", "a.graphml", graphML("", `<node id="`+big+`"/><node id="b"/><edge source="b" target="`+big+`"/>`),
			connectome.Reading{}, []string{big + "   ?", "b   ?", "b>" + big}, ""},
		{"edges before nodes", "a.graphml", graphML("", `<edge source="b" target="a"/><node id="a"/><node id="b"/>`),
			connectome.Reading{}, []string{"a   ?", "b   ?", "b>a"}, ""},
		{"numbered nodes go by name", "a.graphml", graphML(key("v_name", "node", "name", "string"),
			`<node id="n0"><data key="v_name">x</data></node><node id="n1"><data key="v_name">y</data></node><edge source="n0" target="n1"/>`),
			connectome.Reading{}, []string{"x   ?", "y   ?", "x>y"}, ""},
		{"a name that is there twice is no id", "a.graphml", graphML(key("v_name", "node", "name", "string"),
			`<node id="n0"><data key="v_name">x</data></node><node id="n1"><data key="v_name">x</data></node>`),
			connectome.Reading{}, []string{"n0   ?", "n1   ?"}, `"name" does not tell all neurons apart`},
		{"a name beside true ids is a caption", "a.graphml", graphML(key("d0", "node", "name", "string"),
			`<node id="u"><data key="d0">x</data></node><node id="v"><data key="d0">y</data></node>`),
			connectome.Reading{}, []string{"u   ?", "v   ?"}, "not read, of each neuron: name"},
		{"root_id wins", "a.graphml", graphML(key("d0", "node", "root_id", "long"),
			`<node id="u"><data key="d0">`+big+`</data></node><node id="v"><data key="d0">5</data></node>`),
			connectome.Reading{}, []string{big + "   ?", "5   ?"}, ""},
		{"small ids as double", "a.graphml", graphML(key("d0", "node", "root_id", "double"),
			`<node id="u"><data key="d0">7.0</data></node><node id="v"><data key="d0">5</data></node>`),
			connectome.Reading{}, []string{"7   ?", "5   ?"}, ""},
		{"defaults, units and other words", "a.graphml", graphML(
			`<key id="c" for="node" attr.name="Cell Type" attr.type="string"><default>PC</default></key>`+
				`<key id="w" for="edge" attr.name="n_syn" attr.type="int"><default>2</default></key>`+
				key("x", "node", "x_nm", "double")+key("y", "node", "y_nm", "double")+key("z", "node", "z_nm", "double")+key("e", "node", "ei", "int")+key("l", "node", "layer", "double"),
			`<node id="a"><data key="x">1000</data><data key="y">2000</data><data key="z">3000</data><data key="e">-1</data><data key="l">4</data></node>`+
				`<node id="b"><data key="c">BC</data></node><edge source="a" target="b"/><edge source="b" target="a"><data key="w">3</data></edge>`),
			connectome.Reading{}, []string{"a PC 4 I (1 3 2)", "b BC  ?", "a>b 2", "b>a 3"}, "y_nm is taken for it"},
		{"voxels", "a.graphml", graphML(key("x", "node", "x_vx", "int")+key("y", "node", "y_vx", "int")+key("z", "node", "z_vx", "int"),
			`<node id="a"><data key="x">1000</data><data key="y">2000</data><data key="z">100</data></node>`),
			connectome.Reading{VoxelNM: [3]float64{8, 8, 33}}, []string{"a   ? (8 3.3 16)"}, ""},
		{"half a position is none", "a.graphml", graphML(key("x", "node", "x_um", "double")+key("y", "node", "y_um", "double")+key("z", "node", "depth_um", "double"),
			`<node id="a"><data key="x">1</data><data key="y">2</data></node><node id="b"><data key="x">nan</data><data key="z">7</data></node>`),
			connectome.Reading{}, []string{"a   ?", "b   ?"}, "2 neurons have one or two coordinates"},
		{"parallel edges add up", "a.graphml", graphML(key("w", "edge", "weight", "double"),
			`<node id="a"/><node id="b"/><edge source="a" target="b"><data key="w">2.0</data></edge><edge source="a" target="b"><data key="w">3</data></edge><edge source="a" target="a"><data key="w">1</data></edge>`),
			connectome.Reading{}, []string{"a   ?", "b   ?", "a>b 5"}, "1 × autapse"},
		{"a weight of parts is a size", "a.graphml", graphML(key("w", "edge", "weight", "double"),
			`<node id="a"/><node id="b"/><edge source="a" target="b"><data key="w">2.5</data></edge><edge source="b" target="a"><data key="w">3</data></edge>`),
			connectome.Reading{}, []string{"a   ?", "b   ?", "a>b 2.5 weight", "b>a 3 weight"}, "taken for the size"},
		{"no synapse, no edge; stray ends", "a.graphml", graphML(key("w", "edge", "synapses", "int"),
			`<node id="a"/><node id="b"/><edge source="a" target="b"><data key="w">0</data></edge><edge source="b" target="a"><data key="w">1</data></edge><edge source="a" target="q"><data key="w">1</data></edge>`),
			connectome.Reading{}, []string{"a   ?", "b   ?", "b>a 1"}, "1 × edge with an end that is not among the nodes"},
		{"unread attributes are named", "a.graphml", graphML(key("d0", "node", "soma volume", "double")+key("d1", "edge", "delay", "double"),
			`<node id="a"><data key="d0">1</data></node><node id="b"/><edge source="a" target="b"><data key="d1">1</data></edge>`),
			connectome.Reading{}, []string{"a   ?", "b   ?", "a>b"}, "not read, of each edge: delay"},
		{"masked", "a.graphml", graphML(key("o", "node", "proofread", "boolean"), `<node id="a"><data key="o">True</data></node><node id="b"><data key="o">False</data></node><node id="c"/><edge source="b" target="a"/>`),
			connectome.Reading{}, []string{"a   ?", "b   ? unobserved", "c   ? unobserved", "b>a"}, "1 neurons have no proofread"},
		{"left out", "a.graphml", graphML(key("o", "node", "observed", "boolean")+key("f", "node", "factor_d", "double"), `<node id="b"><data key="o">False</data><data key="f">1</data></node><node id="a"><data key="o">True</data><data key="f">2</data></node><edge source="b" target="a"/>`),
			connectome.Reading{Unproofread: connectome.LeftOut}, []string{"a   ?"}, "1 × edge of a neuron that is not proofread"},
		{"trusted", "a.graphml", graphML(key("o", "node", "observed", "boolean"), `<node id="b"><data key="o">false</data></node><node id="a"><data key="o">1</data></node><edge source="b" target="a"/>`),
			connectome.Reading{Unproofread: connectome.Trusted}, []string{"b   ?", "a   ?", "b>a"}, "against what the source says"},
		{"drawings are skipped", "a.graphml", graphML(`<key id="g" for="node" yfiles.type="nodegraphics"/>`, `<desc>x</desc><node id="a"><data key="g"><y:Shape xmlns:y="u"><y:Fill color="#0"/></y:Shape></data></node>`),
			connectome.Reading{}, []string{"a   ?"}, "not read, of each neuron: g"},

		{"numbers as ids, to the last digit", "a.json", `{"directed": true, "nodes": [{"id": ` + big + `}, {"id": 2.0}], "edges": [{"source": ` + big + `, "target": 2}]}`,
			connectome.Reading{}, []string{big + "   ?", "2   ?", big + ">2"}, ""},
		{"sorted members, NaN, null, old name of edges", "a.json", `{"directed": true, "graph": [], "links": [{"source": "a", "target": "b", "key": 0, "n_syn": 3}, {"source": "a", "target": "b", "key": 1, "n_syn": 1}], "multigraph": true,
			"nodes": [{"class": "x NaN", "id": "a", "x": NaN, "y": 1, "depth": 2, "type": "T"}, {"id": "b", "x": 4, "y": 5, "depth": 6.5, "class": null, "sign": "exc"}]}`,
			connectome.Reading{}, []string{"a x NaN  ?", "b   E (4 5 6.5)", "a>b 4"}, "not read, of each neuron: type"},
		{"nested values are skipped", "a.json", `{"nodes": [{"id": "a", "pos": [1, 2], "class": {"a": 1}}], "edges": []}`,
			connectome.Reading{}, []string{"a   ?"}, "class, pos"},
		{"numbered nodes with root ids", "a.json", `{"nodes": [{"id": 0, "root_id": ` + big + `}, {"id": 1, "root_id": 9}], "links": [{"source": 1, "target": 0}]}`,
			connectome.Reading{}, []string{big + "   ?", "9   ?", "9>" + big}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := openText(t, c.file, c.text, c.reading)
			if err != nil {
				t.Fatal(err)
			}
			if lines := facts(got); !slices.Equal(lines, c.want) {
				t.Errorf("read as %q, want %q", lines, c.want)
			}
			if report := got.Report().String(); !strings.Contains(report, c.report) {
				t.Errorf("the report should say %q:\n%s", c.report, report)
			}
		})
	}
}

// What cannot be read is refused with the place and what is wrong there.
func TestGraphTextErrors(t *testing.T) {
	bomb := `<?xml version="1.0"?><!DOCTYPE graphml [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY x SYSTEM "file:///etc/passwd">]>` + "\n"
	for _, c := range []struct {
		name, file, text string
		line             int
		want             string
	}{
		{"undirected", "a.graphml", "<graphml>\n<graph edgedefault=\"undirected\"/></graphml>", 2, "synapses have a direction"},
		{"an undirected edge", "a.graphml", graphML("", "<node id=\"a\"/>\n<edge source=\"a\" target=\"a\" directed=\"false\"/>"), 5, "undirected"},
		{"a hyperedge", "a.graphml", graphML("", `<hyperedge/>`), 4, "hyperedges are not read"},
		{"a port", "a.graphml", graphML("", `<node id="a"><port name="p"/></node>`), 4, "ports are not read"},
		{"an edge to a port", "a.graphml", graphML("", `<edge source="a" target="b" sourceport="p"/>`), 4, "port"},
		{"a nested graph", "a.graphml", graphML("", `<node id="a"><graph edgedefault="directed"/></node>`), 4, "a graph within a node"},
		{"two graphs", "a.graphml", `<graphml><graph edgedefault="directed"/><graph edgedefault="directed"/></graphml>`, 1, "two graphs"},
		{"no graph", "a.graphml", `<graphml></graphml>`, 1, "no <graph>"},
		{"a node twice", "a.graphml", graphML("", "<node id=\"a\"/>\n<node id=\"a\"/>"), 5, `node "a" is there twice`},
		{"a node without id", "a.graphml", graphML("", `<node/>`), 4, "without an id"},
		{"an edge without target", "a.graphml", graphML("", `<edge source="a"/>`), 4, "without source or target"},
		{"no such key", "a.graphml", graphML("", `<node id="a"><data key="q">1</data></node>`), 4, `"q"`},
		{"a key twice", "a.graphml", graphML(key("d", "node", "x", "int")+key("d", "node", "y", "int"), ""), 2, `"d"`},
		{"lost digits", "a.graphml", graphML(key("d", "node", "root_id", "double"), `<node id="n0"><data key="d">8.64691135866104e+17</data></node>`), 4, "lost its last digits: write ids as strings"},
		{"not a count", "a.graphml", graphML(key("d", "edge", "synapses", "int"), "<node id=\"a\"/>\n<edge source=\"a\" target=\"a\"><data key=\"d\">1.5</data></edge>"), 5, "not a count"},
		{"a default that is not a count", "a.graphml", graphML(`<key id="d" for="edge" attr.name="synapses"><default>many</default></key>`, ""), 2, "not a finite number"},
		{"negative weight", "a.graphml", graphML(key("d", "edge", "weight", "int"), `<node id="a"/><node id="b"/><edge source="a" target="b"><data key="d">-1</data></edge>`), 4, "negative"},
		{"a count for some", "a.graphml", graphML(key("d", "edge", "weight", "int"), `<node id="a"/><node id="b"/><edge source="a" target="b"/><edge source="b" target="a"><data key="d">1</data></edge>`), 0, `"a" → "b" has none`},
		{"the same twice", "a.graphml", graphML(key("d", "node", "class", "string")+key("e", "node", "Class", "string"), `<node id="a"><data key="d">x</data><data key="e">y</data></node>`), 4, "means the same"},
		{"given twice", "a.graphml", graphML(key("d", "node", "class", "string"), `<node id="a"><data key="d">x</data><data key="d">y</data></node>`), 4, "given twice"},
		{"a size beyond numbers", "a.graphml", graphML(key("d", "edge", "size", "double"), `<node id="a"/><node id="b"/><edge source="a" target="b"><data key="d">1e999</data></edge>`), 4, "not a finite number"},
		{"a factor for some", "a.graphml", graphML(key("d", "node", "factor_f", "double"), "<node id=\"a\"><data key=\"d\">1</data></node>\n<node id=\"b\"/>"), 8, "a generating factor is needed of all"},
		{"all ends astray", "a.graphml", graphML("", `<node id="a"/><edge source="0" target="0"/>`), 0, "none of the 1 edges"},
		{"entities", "a.graphml", bomb + graphML("", `<node id="&b;"/>`), 5, "invalid character entity &b;"},
		{"an entity that is a file", "a.graphml", bomb + graphML("", `<node id="a">&x;</node>`), 5, "invalid character entity &x;"},
		{"another encoding", "a.graphml", `<?xml version="1.0" encoding="UTF-16"?>` + graphML("", ""), 1, "UTF-8"},
		{"cut short", "a.graphml", "<graphml>\n<graph edgedefault=\"directed\">\n<node id=\"a\"/>", 3, "unexpected EOF"},
		{"something after it", "a.graphml", graphML("", "") + "<graphml/>", 7, "nothing after it"},

		{"undirected", "a.json", "{\"directed\": false,\n \"nodes\": [], \"edges\": []}", 1, "synapses have a direction"},
		{"both names", "a.json", "{\"nodes\": [],\n\"edges\": [],\n\"links\": []}", 3, "keep one"},
		{"no nodes", "a.json", `{"edges": []}`, 1, `no "nodes"`},
		{"nodes by key", "a.json", `{"nodes": {"a": {}}}`, 1, "an array is expected"},
		{"a node that is no object", "a.json", "{\"nodes\": [\n\"a\"]}", 2, "an object is expected"},
		{"a node without id", "a.json", "{\"nodes\": [\n{\"class\": \"x\"}]}", 2, "without an id"},
		{"an id of parts", "a.json", "{\"nodes\": [\n{\"id\": [1, 2]}]}", 2, "not the id of a node"},
		{"lost digits", "a.json", "{\"nodes\": [\n\n{\"id\": 8.646911358661041e17}]}", 3, "lost its last digits"},
		{"an edge without target", "a.json", "{\"nodes\": [],\n\"edges\": [{\"source\": 1}]}", 2, "without"},
		{"infinity", "a.json", "{\"nodes\": [{\"id\": 1, \"x\":\n-Infinity}]}", 2, "not a finite number"},
		{"twice in an object", "a.json", "{\"nodes\": [\n{\"id\": 1, \"id\": 2}]}", 2, "duplicate"},
		{"cut short", "a.json", "{\"nodes\": [\n{\"id\": 1},\n{\"id\"", 3, "unexpected EOF"},
		{"something after it", "a.json", "{\"nodes\": []}\n{}", 2, "after the graph"},
		{"not quite JSON", "a.json", "{\"nodes\": [\n{'id': 1}]}", 2, "not JSON"},
	} {
		t.Run(c.name+" "+c.file, func(t *testing.T) {
			got, err := openText(t, c.file, c.text, connectome.Reading{})
			var at *connectome.ParseError
			if !errors.As(err, &at) {
				t.Fatalf("%v, %v: want a ParseError", got, err)
			}
			if at.Line != c.line || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %q, want line %d and %q", err, c.line, c.want)
			}
		})
	}
}

// Sizes and counts that add up to more than can be held are errors.
func TestSumsOverflow(t *testing.T) {
	for attribute, number := range map[string]string{"size": "1.5e308", "synapses": "2000000000"} {
		edge := `<edge source="a" target="b"><data key="d">` + number + `</data></edge>`
		if c, err := openText(t, "a.graphml", graphML(key("d", "edge", attribute, "double"), `<node id="a"/><node id="b"/>`+edge+edge), connectome.Reading{}); err == nil {
			t.Errorf("%s: read as %q", attribute, facts(c))
		}
	}
}

// A name that ends in .gz is a promise, which is kept and understood.
func TestCompressedGraphs(t *testing.T) {
	for _, file := range []string{"sample.graphml.gz", "sample.json.gz"} {
		t.Run(file, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), file)
			save(t, sample(t), path, connectome.Writing{})
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := gzip.NewReader(bytes.NewReader(text)); err != nil {
				t.Errorf("not compressed: %v", err)
			}
			for _, line := range connectometest.Diff(open(t, path), sample(t)) {
				t.Error(line)
			}
			if err := os.WriteFile(path, text[:len(text)-4], 0o644); err != nil {
				t.Fatal(err)
			}
			if _, err := connectome.Open(t.Context(), path); err == nil {
				t.Error("without its last four bytes it is read")
			}
		})
	}
}

// What a format cannot hold is an error, not something else.
func TestUnsayable(t *testing.T) {
	for _, c := range []struct {
		format, want string
		data         connectome.Data
	}{
		{"graphml", "no id", connectome.Data{Neurons: []circuit.Neuron{{}}}},
		{"graphml", "XML cannot hold", connectome.Data{Neurons: []circuit.Neuron{{ID: "a", Class: "\x01"}}}},
		{"graphml", "XML cannot hold", connectome.Data{Neurons: []circuit.Neuron{{ID: "a\xff"}}}},
		{"node-link", "not UTF-8", connectome.Data{Neurons: []circuit.Neuron{{ID: "a\xff"}}}},
		{"npz", "come back", connectome.Data{Neurons: []circuit.Neuron{{ID: "a\r\nb"}}}},
		{"npz", "no synapse", connectome.Data{Neurons: []circuit.Neuron{{ID: "a"}, {ID: "b"}}, Edges: []circuit.Edge{{Pre: 0, Post: 1}}, Synapses: []int32{0}}},
	} {
		t.Run(c.format+" "+c.want, func(t *testing.T) {
			for i := range c.data.Neurons {
				c.data.Neurons[i].Position = circuit.NoPosition()
			}
			made, err := connectome.New(c.data)
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(t.TempDir(), "x")
			err = connectome.Save(t.Context(), made, path, connectome.Writing{Format: c.format})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
			if _, err := os.Stat(path); err == nil {
				t.Error("something is left at the path")
			}
		})
	}
}

// layNPZ writes arrays and other files into a folder.
func layNPZ(t *testing.T, files map[string]any) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		var text []byte
		switch content := content.(type) {
		case string:
			text = []byte(content)
		case artifact.Arrays:
			var err error
			if text, err = artifact.EncodeArrays(content); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// coo is a matrix with 0→1 and 2→0.
func coo(data any) artifact.Arrays {
	return artifact.Arrays{"format": []string{"coo"}, "shape": []int64{3, 3}, "row": []int32{0, 2}, "col": []int32{1, 0}, "data": data}
}

func TestNPZ(t *testing.T) {
	for _, c := range []struct {
		name   string
		files  map[string]any
		path   string // in the folder
		want   []string
		report string
	}{
		{"numbered", map[string]any{"m.npz": coo([]int64{4, 5})}, "m.npz", []string{"0   ?", "1   ?", "2   ?", "0>1 4", "2>0 5"}, "numbered from 0"},
		{"rows are presynaptic", map[string]any{"m.npz": coo([]bool{true, true})}, "", []string{"0   ?", "1   ?", "2   ?", "0>1", "2>0"}, "rows of the matrix are taken as presynaptic"},
		{"a table of its name", map[string]any{"m.npz": coo([]bool{true, true}), "m.csv": "ei,root_id\nE,864691135866104123\nI,6\n,7\n"}, "m.npz", []string{"864691135866104123   E", "6   I", "7   ?", "864691135866104123>6", "7>864691135866104123"}, ""},
		{"a table of neurons", map[string]any{"m.npz": coo([]bool{true, true}), "neurons.csv": "id,volume\na,1\nb,2\nc,3\n"}, "", []string{"a   ?", "b   ?", "c   ?", "a>b", "c>a"}, "not read, of each neuron: volume"},
		{"a table without ids", map[string]any{"m.npz": coo([]bool{true, true}), "neurons.csv": "type\nA\nB\nB\n"}, "", []string{"0 A  ?", "1 B  ?", "2 B  ?", "0>1", "2>0"}, "no column of the table is an id"},
		{"whole floats are counts", map[string]any{"m.npz": coo([]float64{4, 5})}, "m.npz", []string{"0   ?", "1   ?", "2   ?", "0>1 4", "2>0 5"}, ""},
		{"others are sizes", map[string]any{"m.npz": coo([]float32{4, 5.5})}, "m.npz", []string{"0   ?", "1   ?", "2   ?", "0>1 4 ", "2>0 5.5 "}, "size of synapses"},
		{"zeros are no edges", map[string]any{"m.npz": coo([]int32{0, 5})}, "m.npz", []string{"0   ?", "1   ?", "2   ?", "2>0 5"}, "1 × stored zero"},
		{"sizes beside", map[string]any{"adjacency.npz": coo([]int32{1, 5}), "sizes.npz": coo([]float64{0, 2.5})}, "", []string{"0   ?", "1   ?", "2   ?", "0>1 1 0 ", "2>0 5 2.5 "}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := open(t, filepath.Join(layNPZ(t, c.files), c.path))
			if lines := facts(got); !slices.Equal(lines, c.want) {
				t.Errorf("read as %q, want %q", lines, c.want)
			}
			if report := got.Report().String(); !strings.Contains(report, c.report) {
				t.Errorf("the report should say %q:\n%s", c.report, report)
			}
		})
	}
}

func TestNPZErrors(t *testing.T) {
	with := func(a artifact.Arrays, name string, v any) artifact.Arrays { a[name] = v; return a }
	csr := func(indptr []int64, indices []int32) artifact.Arrays {
		return artifact.Arrays{"format": []string{"csr"}, "shape": []int64{3, 3}, "indptr": indptr, "indices": indices, "data": make([]bool, len(indices))}
	}
	for _, c := range []struct {
		name  string
		files map[string]any
		want  string
	}{
		{"not sparse", map[string]any{"m.npz": artifact.Arrays{"a": []int32{1}}}, "save_npz"},
		{"two matrices", map[string]any{"m.npz": coo([]int32{1, 1}), "n.npz": coo([]int32{1, 1})}, "name one of m.npz, n.npz"},
		{"another layout", map[string]any{"m.npz": with(coo([]int32{1, 1}), "format", []string{"bsr"})}, "tocsr"},
		{"not square", map[string]any{"m.npz": with(coo([]int32{1, 1}), "shape", []int64{3, 4})}, "square"},
		{"outside", map[string]any{"m.npz": with(coo([]int32{1, 1}), "col", []int32{1, 3})}, "element 1 is 3, and there are 3 neurons"},
		{"signed", map[string]any{"m.npz": coo([]int32{1, -2})}, "element 1 (row 2, column 0) is -2"},
		{"not a number", map[string]any{"m.npz": coo([]float64{1, nan()})}, "is NaN"},
		{"few values", map[string]any{"m.npz": coo([]int32{1})}, "1 values for 2 entries"},
		{"rows and columns", map[string]any{"m.npz": with(coo([]int32{1, 1}), "col", []int32{1})}, "2 rows and 1 columns"},
		{"indptr falls", map[string]any{"m.npz": csr([]int64{0, 2, 1, 2}, []int32{1, 0})}, "ascend"},
		{"indptr too far", map[string]any{"m.npz": csr([]int64{0, 1, 2, 9}, []int32{1, 0})}, "ascend from 0 to 2"},
		{"indptr too short", map[string]any{"m.npz": csr([]int64{0, 1, 2}, []int32{1, 0})}, "want 4 numbers"},
		{"too many neurons for its bytes", map[string]any{"m.npz": with(coo([]int32{1, 1}), "shape", []int64{1e9, 1e9})}, "1000000000 neurons in a file of"},
		{"a table of others", map[string]any{"m.npz": coo([]int32{1, 1}), "neurons.csv": "id\na\nb\n"}, "2 neurons, but the matrix m.npz is 3 × 3"},
		{"an id twice", map[string]any{"m.npz": coo([]int32{1, 1}), "neurons.csv": "id\na\nb\na\n"}, `"a" is there twice`},
		{"a rounded id", map[string]any{"m.npz": coo([]int32{1, 1}), "neurons.csv": "id\n1\n2\n8.64691135866104e+17\n"}, "line 4, column \"id\": 8.64691135866104e+17 was written as a floating-point number"},
		{"sizes of no edge", map[string]any{"adjacency.npz": coo([]int32{1, 0}), "sizes.npz": coo([]float64{1, 2.5})}, "1 sizes are of pairs that are no edges"},
		{"sizes of others", map[string]any{"adjacency.npz": coo([]int32{1, 1}), "sizes.npz": with(coo([]float64{1, 2.5}), "shape", []int64{4, 4})}, "4 neurons, and adjacency.npz has 3"},
		{"sizes twice", map[string]any{"adjacency.npz": coo([]float64{1, 1.5}), "sizes.npz": coo([]float64{1, 2.5})}, "counts of synapses are expected"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := connectome.Open(t.Context(), layNPZ(t, c.files)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

func nan() float64 { return circuit.NoPosition().X }

// A file of a kilobyte that claims 10¹² edges is refused before memory is taken,
// and so is one whose bytes are there but say nothing.
func TestNPZClaims(t *testing.T) {
	claim := func(t *testing.T, header string, zeros int) string {
		t.Helper()
		arrays := coo([]int32{1, 1})
		delete(arrays, "data")
		text, err := artifact.EncodeArrays(arrays)
		if err != nil {
			t.Fatal(err)
		}
		in, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		w := zip.NewWriter(&out)
		for _, f := range in.File {
			if err := w.Copy(f); err != nil {
				t.Fatal(err)
			}
		}
		f, err := w.Create("data.npy")
		if err == nil {
			_, err = fmt.Fprintf(f, "\x93NUMPY\x01\x00%c\x00%s%s", len(header), header, make([]byte, zeros))
		}
		if err = errors.Join(err, w.Close()); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "claim.npz")
		if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, path := range map[string]string{
		"10¹² values":          claim(t, "{'descr': '<i8', 'fortran_order': False, 'shape': (1000000000000,), }\n", 64),
		"more than its shape":  claim(t, "{'descr': '<i4', 'fortran_order': False, 'shape': (2,), }\n", 64),
		"fewer than its shape": claim(t, "{'descr': '<i4', 'fortran_order': False, 'shape': (900,), }\n", 64),
		"objects":              claim(t, "{'descr': '|O', 'fortran_order': False, 'shape': (2,), }\n", 64),
	} {
		t.Run(name, func(t *testing.T) {
			var at *connectome.ParseError
			if _, err := connectome.Open(t.Context(), path); !errors.As(err, &at) || at.Column != "data" {
				t.Errorf("error %v, want one of the array data", err)
			}
		})
	}
}

// No edges have no counts, whatever was said of autapses: else a file that says
// nothing of counts would come back as another reconstruction. (Found by
// FuzzGraphML.)
func TestNoEdgesHaveNoCounts(t *testing.T) {
	c, err := connectome.New(connectome.Data{
		Neurons: []circuit.Neuron{{ID: "9", Position: circuit.NoPosition()}}, Edges: []circuit.Edge{{}},
		Synapses: []int32{9}, Sizes: []float64{9}, SizeUnit: "voxels",
	})
	if err != nil {
		t.Fatal(err)
	}
	if sizes, unit := c.Sizes(); c.Synapses() != nil || sizes != nil || unit != "" {
		t.Errorf("counts %v, sizes %v of %q", c.Synapses(), sizes, unit)
	}
	for _, format := range []string{"graphml", "node-link", "npz", "plain"} {
		path := filepath.Join(t.TempDir(), "c")
		save(t, c, path, connectome.Writing{Format: format})
		for _, line := range connectometest.Diff(open(t, path), c) {
			t.Errorf("%s: %s", format, line)
		}
	}
}
