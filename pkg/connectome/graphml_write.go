package connectome

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// textFile is a file of text under way, compressed if its name ends in .gz. The
// first error stays.
type textFile struct {
	*bufio.Writer
	file *os.File
	zip  *gzip.Writer
}

func newTextFile(path string) (*textFile, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	t := &textFile{file: f, Writer: bufio.NewWriterSize(f, 1<<16)}
	if strings.HasSuffix(path, ".gz") {
		t.zip = gzip.NewWriter(f)
		t.Writer = bufio.NewWriterSize(t.zip, 1<<16)
	}
	return t, nil
}

// close ends the file; it is whole if err is nil.
func (t *textFile) close() error {
	err := t.Flush()
	if t.zip != nil {
		err = errors.Join(err, t.zip.Close())
	}
	return errors.Join(err, t.file.Close())
}

// eachEdge calls f for every edge in CSR order.
func (c *Connectome) eachEdge(ctx context.Context, f func(k, pre, post int) error) error {
	k := 0
	for pre := range c.Len() {
		for _, post := range c.edges.Row(pre) {
			if k%checkEvery == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			if err := f(k, pre, int(post)); err != nil {
				return err
			}
			k++
		}
	}
	return ctx.Err()
}

// value is one named property of a neuron or an edge, as text.
type value struct {
	name, text string
	// kind is string, double, int or boolean.
	kind string
}

// values returns what is known of neuron i, besides its id, in a fixed order.
func (c *Connectome) values(i int, factors []string) []value {
	n := c.neurons[i]
	all := make([]value, 0, 8+len(factors))
	for _, v := range []value{{"class", string(n.Class), "string"}, {"layer", string(n.Layer), "string"}} {
		if v.text != "" {
			all = append(all, v)
		}
	}
	if n.Sign != 0 {
		all = append(all, value{"sign", n.Sign.String(), "string"})
	}
	if p := n.Position; p.Known() {
		all = append(all, value{"x_um", exact(p.X), "double"}, value{"y_um", exact(p.Y), "double"}, value{"depth_um", exact(p.Depth), "double"})
	}
	if c.observed != nil {
		all = append(all, value{"observed", strconv.FormatBool(c.observed[i]), "boolean"})
	}
	for _, name := range factors {
		all = append(all, value{factorPrefix + name, exact(c.factors[name][i]), "double"})
	}
	return all
}

// edgeValues returns what is known of edge k.
func (c *Connectome) edgeValues(k int) []value {
	var all []value
	if c.synapses != nil {
		all = append(all, value{"synapses", strconv.Itoa(int(c.synapses[k])), "int"})
	}
	if c.sizes != nil {
		all = append(all, value{"size", exact(c.sizes[k]), "double"})
	}
	return all
}

// exact is the shortest text that reads as x.
func exact(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

// sayable names what text formats have no word for: a neuron without an id, a
// factor or a size that is NaN or infinite.
func (c *Connectome) sayable() error {
	if i := slices.IndexFunc(c.neurons, func(n circuit.Neuron) bool { return n.ID == "" }); i >= 0 {
		return fmt.Errorf("neuron %d has no id", i)
	}
	odd := func(x float64) bool { return math.IsNaN(x) || math.IsInf(x, 0) }
	for _, name := range slices.Sorted(maps.Keys(c.factors)) {
		if i := slices.IndexFunc(c.factors[name], odd); i >= 0 {
			return fmt.Errorf("factor %q of neuron %q is %g: only finite numbers can be written", name, c.neurons[i].ID, c.factors[name][i])
		}
	}
	if k := slices.IndexFunc(c.sizes, odd); k >= 0 {
		return fmt.Errorf("size %g of edge %d: only finite numbers can be written", c.sizes[k], k)
	}
	return nil
}

func saveGraphML(ctx context.Context, c *Connectome, path string, _ Writing) (err error) {
	if err := errors.Join(c.sayable(), c.fitForXML()); err != nil {
		return err
	}
	t, err := newTextFile(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	w := &graphMLWriter{textFile: t, c: c, factors: slices.Sorted(maps.Keys(c.factors)), keys: map[string]string{}}
	w.head()
	for i := range c.Len() {
		if i%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		w.node(i)
	}
	if err := c.eachEdge(ctx, w.edge); err != nil {
		return err
	}
	_, err = w.WriteString("  </graph>\n</graphml>\n")
	return err
}

// fitForXML names the first text with a character that XML has no way to hold.
func (c *Connectome) fitForXML() error {
	fit := func(what, text string) error {
		odd := func(r rune) bool {
			return !(r == '\t' || r == '\n' || r == '\r' || r >= ' ' && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFD || r >= 0x10000)
		}
		if !utf8.ValidString(text) || strings.ContainsFunc(text, odd) {
			return fmt.Errorf("%s %q has a character that XML cannot hold", what, text)
		}
		return nil
	}
	all := []error{fit("name", c.name), fit("size unit", c.sizeUnit)}
	for _, name := range slices.Sorted(maps.Keys(c.factors)) {
		all = append(all, fit("factor", name))
	}
	for _, n := range c.neurons {
		if err := errors.Join(fit("id", n.ID), fit("class", string(n.Class)), fit("layer", string(n.Layer))); err != nil {
			all = append(all, err)
			break
		}
	}
	return errors.Join(all...)
}

// graphMLWriter is a writing under way; its file keeps the first error.
type graphMLWriter struct {
	*textFile
	c       *Connectome
	factors []string
	keys    map[string]string // attribute → key
}

// head writes everything before the first node.
func (w *graphMLWriter) head() {
	fmt.Fprint(w, `<?xml version="1.0" encoding="UTF-8"?>`+"\n",
		`<graphml xmlns="http://graphml.graphdrawing.org/xmlns" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" `,
		`xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">`+"\n")
	w.key("graph", value{name: "name", kind: "string"})
	w.key("graph", value{name: "size_unit", kind: "string"})
	for _, v := range []value{
		{"class", "", "string"}, {"layer", "", "string"}, {"sign", "", "string"},
		{"x_um", "", "double"}, {"y_um", "", "double"}, {"depth_um", "", "double"},
	} {
		w.key("node", v)
	}
	if w.c.observed != nil {
		w.key("node", value{name: "observed", kind: "boolean"})
	}
	for _, name := range w.factors {
		w.key("node", value{name: factorPrefix + name, kind: "double"})
	}
	if w.c.Edges() > 0 {
		for _, v := range w.c.edgeValues(0) {
			w.key("edge", v)
		}
	}
	fmt.Fprint(w, `  <graph edgedefault="directed">`+"\n")
	if w.c.name != "" {
		w.data("graph", value{name: "name", text: w.c.name})
	}
	if w.c.sizeUnit != "" {
		w.data("graph", value{name: "size_unit", text: w.c.sizeUnit})
	}
}

// key declares an attribute.
func (w *graphMLWriter) key(domain string, v value) {
	id := "d" + strconv.Itoa(len(w.keys))
	w.keys[domain+" "+v.name] = id
	fmt.Fprintf(w, `  <key id="%s" for="%s" attr.name="%s" attr.type="%s"/>`+"\n", id, domain, escaped(v.name), v.kind)
}

// data writes a value inside the element at hand.
func (w *graphMLWriter) data(domain string, v value) {
	w.WriteString(`<data key="`)
	w.WriteString(w.keys[domain+" "+v.name])
	w.WriteString(`">`)
	w.WriteString(escaped(v.text))
	w.WriteString("</data>")
	if domain == "graph" {
		w.WriteString("\n")
	}
}

func (w *graphMLWriter) node(i int) {
	fmt.Fprintf(w, `    <node id="%s">`, escaped(w.c.neurons[i].ID))
	for _, v := range w.c.values(i, w.factors) {
		w.data("node", v)
	}
	w.WriteString("</node>\n")
}

func (w *graphMLWriter) edge(k, pre, post int) error {
	w.WriteString(`    <edge source="`)
	w.WriteString(escaped(w.c.neurons[pre].ID))
	w.WriteString(`" target="`)
	w.WriteString(escaped(w.c.neurons[post].ID))
	w.WriteString(`">`)
	for _, v := range w.c.edgeValues(k) {
		w.data("edge", v)
	}
	_, err := w.WriteString("</edge>\n")
	return err
}

// escaped is text as XML has it, in elements and in attributes.
func escaped(text string) string {
	if !strings.ContainsAny(text, "<>&'\"\t\n\r") {
		return text
	}
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a Builder takes everything
	return b.String()
}
