package connectome

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Node-link JSON is what networkx's node_link_data returns and D3 draws. It is
// read element by element, plain or gzip, with edges under "edges" (networkx
// from 3.4 on) or "links", and NaN and Infinity as Python writes them.
//
// What we write holds all that a Connectome has, under the names that GraphML
// has too (see graphML): {"directed": true, "multigraph": false, "graph":
// {"name", "size_unit"}, "nodes": [{"id", "class", …}], "edges": [{"source",
// "target", "synapses", "size"}]}. Ids are strings, since JavaScript rounds
// numbers above 2⁵³; what is not known is left out.
//
// What we read may have ids as numbers, exact to the last digit, and other words
// for attributes. Where nodes are only numbered, or have an attribute root_id, ids
// are as in graphML. Parallel edges of a multigraph are merged, counted. An
// undirected graph is an error.
func nodeLink() format {
	return format{
		Format:     Format{Name: "node-link", Title: "node-link JSON (networkx)", Extension: ".json"},
		compresses: true, match: matchNodeLink, read: readNodeLink, save: saveNodeLink,
	}
}

func matchNodeLink(s *source) ([]string, error) {
	return onlyFile(s, ".json", "node-link JSON", func(head []byte) bool {
		members := outerMembers(head)
		return slices.ContainsFunc(members, func(m string) bool {
			return slices.Contains([]string{"nodes", "links", "edges", "multigraph"}, m)
		})
	})
}

// outerMembers names the members of the JSON object that a head begins, as far
// as it goes.
func outerMembers(head []byte) []string {
	in := jsontext.NewDecoder(newPythonJSON(bytes.NewReader(head)))
	if t, err := in.ReadToken(); err != nil || t.Kind() != '{' {
		return nil
	}
	var members []string
	for {
		t, err := in.ReadToken()
		if err != nil || t.Kind() != '"' {
			return members
		}
		members = append(members, t.String())
		if in.SkipValue() != nil {
			return members
		}
	}
}

func readNodeLink(ctx context.Context, s *source, files []string, r Reading) (d Data, err error) {
	g := &nodeLinkReader{ctx: ctx}
	g.gathering = newGathering(s.join(files[0]), r, g.fail)
	f, err := os.Open(g.path)
	if err != nil {
		return Data{}, fmt.Errorf("connectome: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	plain, err := decompressed(f, g.path)
	if err != nil {
		return Data{}, &ParseError{File: g.path, Err: err}
	}
	g.in = jsontext.NewDecoder(newPythonJSON(plain))
	if err := g.document(); err != nil {
		return Data{}, err
	}
	return g.data()
}

// nodeLinkReader is a reading under way.
type nodeLinkReader struct {
	*gathering
	ctx  context.Context
	in   *jsontext.Decoder
	seen int // nodes and edges
	// linked is what the file calls its edges.
	linked string
	nodes  bool
}

// fail is an error at the place being read.
func (g *nodeLinkReader) fail(column string, err error) error {
	return g.failAt(g.in.InputOffset(), column, err)
}

func (g *nodeLinkReader) failf(format string, args ...any) error {
	return g.fail("", fmt.Errorf(format, args...))
}

func (g *nodeLinkReader) failAt(offset int64, column string, err error) error {
	return &ParseError{File: g.path, Line: lineAt(g.path, offset), Column: column, Err: err}
}

// lineAt counts the lines of a file, as decompressed, up to an offset; 0 where
// it cannot.
func lineAt(path string, offset int64) int {
	f, err := os.Open(path)
	if err != nil {
		return 0
	}
	defer f.Close()
	plain, err := decompressed(f, path)
	if err != nil {
		return 0
	}
	line := 1
	in := bufio.NewReaderSize(io.LimitReader(plain, offset), 1<<16)
	for {
		part, err := in.ReadSlice('\n')
		if bytes.HasSuffix(part, []byte("\n")) {
			line++
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return line
		}
	}
}

// broken is what the decoder has against the file.
func (g *nodeLinkReader) broken(err error) error {
	var syntax *jsontext.SyntacticError
	switch {
	case errors.As(err, &syntax):
		return g.failAt(syntax.ByteOffset, "", fmt.Errorf("not JSON: %w", syntax.Err))
	case errors.Is(err, io.EOF):
		return g.failf("the file ends too early")
	}
	return g.fail("", err)
}

func (g *nodeLinkReader) token() (jsontext.Token, error) {
	t, err := g.in.ReadToken()
	if err != nil {
		return t, g.broken(err)
	}
	return t, nil
}

func (g *nodeLinkReader) skip() error {
	if err := g.in.SkipValue(); err != nil {
		return g.broken(err)
	}
	return nil
}

// members calls f for every member of the object that comes next, before its
// value.
func (g *nodeLinkReader) members(what string, f func(name string) error) error {
	t, err := g.token()
	if err != nil {
		return err
	}
	if t.Kind() != '{' {
		return g.failf("%s is a %s, where an object is expected", what, t.Kind())
	}
	for {
		t, err := g.token()
		if err != nil || t.Kind() == '}' {
			return err
		}
		if err := f(t.String()); err != nil {
			return err
		}
	}
}

// elements calls f before every element of the array that comes next.
func (g *nodeLinkReader) elements(what string, f func() error) error {
	t, err := g.token()
	if err != nil {
		return err
	}
	if t.Kind() != '[' {
		return g.failf("%s is a %s, where an array is expected", what, t.Kind())
	}
	for g.in.PeekKind() != ']' {
		if g.seen++; g.seen%checkEvery == 1 && g.ctx.Err() != nil {
			return fmt.Errorf("connectome: read %s: %w", g.path, g.ctx.Err())
		}
		if err := f(); err != nil {
			return err
		}
	}
	_, err = g.token()
	return err
}

// document reads the whole file.
func (g *nodeLinkReader) document() error {
	if err := g.members("the file", g.member); err != nil {
		return err
	}
	if _, err := g.in.ReadToken(); !errors.Is(err, io.EOF) {
		return g.failf("something comes after the graph")
	}
	if !g.nodes {
		return g.failf(`no "nodes"`)
	}
	return nil
}

// member reads one of the graph's outer members.
func (g *nodeLinkReader) member(name string) error {
	switch name {
	case "directed":
		t, err := g.token()
		if err == nil && t.Kind() != 't' {
			return g.failf(`"directed" is %s: synapses have a direction, so save a directed graph (networkx: DiGraph)`, t)
		}
		return err
	case "graph":
		if g.in.PeekKind() != '{' {
			return g.skip()
		}
		return g.members(name, g.graphMember)
	case "nodes":
		g.nodes = true
		return g.elements(name, g.nodeObject)
	case "links", "edges":
		if g.linked != "" {
			return g.failf("both %q and %q: keep one", g.linked, name)
		}
		g.linked = name
		return g.elements(name, g.edgeObject)
	}
	return g.skip()
}

func (g *nodeLinkReader) graphMember(name string) error {
	into := map[string]*string{"name": &g.name, "size_unit": &g.sizeUnit}[name]
	if into == nil || g.in.PeekKind() != '"' {
		return g.skip()
	}
	t, err := g.token()
	*into = t.String()
	return err
}

// scalar reads a value as text; floating is whether it is a number with a point
// or an exponent, and plain whether it is no object and no array, which are
// skipped. null is "".
func (g *nodeLinkReader) scalar() (text string, floating, plain bool, err error) {
	switch g.in.PeekKind() {
	case '{', '[':
		return "", false, false, g.skip()
	}
	t, err := g.token()
	if err != nil {
		return "", false, false, err
	}
	text = t.String()
	switch t.Kind() {
	case 'n':
		text = ""
	case '0':
		floating = strings.ContainsAny(text, ".eE")
	}
	return text, floating, true, nil
}

// key reads what stands for a node.
func (g *nodeLinkReader) key(member string) (string, error) {
	text, floating, plain, err := g.scalar()
	if err != nil {
		return "", err
	}
	if !plain || text == "" {
		return "", g.fail(member, errors.New("not the id of a node: a string or a number is expected"))
	}
	if text, err = integralText(text, floating); err != nil {
		return "", g.fail(member, err)
	}
	return text, nil
}

// property reads a value that is an attribute of a neuron or an edge.
func (g *nodeLinkReader) property(of *properties, name string) error {
	text, floating, plain, err := g.scalar()
	switch {
	case err != nil:
		return err
	case !plain:
		of.unread[name] = true
		return nil
	}
	return of.set(name, text, floating)
}

func (g *nodeLinkReader) nodeObject() error {
	if err := g.neurons.begin(); err != nil {
		return err
	}
	id := ""
	err := g.members("a node", func(name string) (err error) {
		if name == "id" {
			id, err = g.key(name)
			return err
		}
		return g.property(g.neurons, name)
	})
	if err != nil {
		return err
	}
	if err := g.node(id); err != nil {
		return g.fail("id", err)
	}
	return nil
}

func (g *nodeLinkReader) edgeObject() error {
	if err := g.links.begin(); err != nil {
		return err
	}
	var pre, post string
	err := g.members("an edge", func(name string) (err error) {
		switch name {
		case "source":
			pre, err = g.key(name)
		case "target":
			post, err = g.key(name)
		case "key": // tells parallel edges apart
			err = g.skip()
		default:
			err = g.property(g.links, name)
		}
		return err
	})
	if err != nil {
		return err
	}
	if pre == "" || post == "" {
		return g.failf(`an edge without "source" or "target"`)
	}
	g.edge(pre, post)
	return nil
}

func saveNodeLink(ctx context.Context, c *Connectome, path string, _ Writing) (err error) {
	if err := c.sayable(); err != nil {
		return err
	}
	t, err := newTextFile(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	w := &nodeLinkWriter{textFile: t, c: c}
	w.WriteString(`{"directed": true, "multigraph": false, "graph": {`)
	for _, v := range []value{{"name", c.name, "string"}, {"size_unit", c.sizeUnit, "string"}} {
		if v.text != "" {
			w.member(v)
		}
	}
	w.WriteString("},\n\"nodes\": [")
	factors := slices.Sorted(maps.Keys(c.factors))
	for i, n := range c.neurons {
		if i%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		w.object(i == 0, append([]value{{"id", n.ID, "string"}}, c.values(i, factors)...))
	}
	w.WriteString("],\n\"edges\": [")
	if err := c.eachEdge(ctx, w.edge); err != nil {
		return err
	}
	w.WriteString("]}\n")
	return w.fault
}

// nodeLinkWriter is a writing under way; its file keeps the first error of
// writing, and fault that of text.
type nodeLinkWriter struct {
	*textFile
	c     *Connectome
	begun bool // a member of the object at hand was written
	quote []byte
	fault error
}

func (w *nodeLinkWriter) edge(k, pre, post int) error {
	ends := []value{{"source", w.c.neurons[pre].ID, "string"}, {"target", w.c.neurons[post].ID, "string"}}
	w.object(k == 0, append(ends, w.c.edgeValues(k)...))
	return w.fault
}

// object writes an element of an array on a line of its own.
func (w *nodeLinkWriter) object(first bool, values []value) {
	if !first {
		w.WriteString(",")
	}
	w.WriteString("\n{")
	w.begun = false
	for _, v := range values {
		w.member(v)
	}
	w.WriteString("}")
}

func (w *nodeLinkWriter) member(v value) {
	if w.begun {
		w.WriteString(", ")
	}
	w.begun = true
	w.text(v.name)
	w.WriteString(": ")
	if v.kind == "string" {
		w.text(v.text)
	} else {
		w.WriteString(v.text)
	}
}

func (w *nodeLinkWriter) text(text string) {
	var err error
	w.quote, err = jsontext.AppendQuote(w.quote[:0], text)
	if err != nil && w.fault == nil {
		w.fault = fmt.Errorf("%q is not UTF-8, which JSON must be", text)
	}
	w.Write(w.quote)
}
