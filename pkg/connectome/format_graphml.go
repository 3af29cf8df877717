package connectome

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// GraphML (Brandes et al. 2002, doi:10.1007/3-540-45848-4_59) is a graph as XML,
// with named attributes on nodes and edges. It is read as networkx and igraph
// write it, plain or gzip, element by element.
//
// What we write holds all that a Connectome has. Node ids are neuron ids;
// attributes that are not known are left out.
//
//	graph  name       string, of the reconstruction
//	       size_unit  string, of the edges' size
//	node   class, layer            string
//	       sign                    string, E or I
//	       x_um, y_um, depth_um    double, µm
//	       observed                boolean; absent for all: every row was
//	       factor_NAME             double, the true generating factor NAME
//	edge   synapses   int
//	       size       double
//
// What we read may call them otherwise (see the words in properties.go).
// Neurons are called as their attribute root_id says (or another word for it),
// if it tells all apart, else by the node's id; where nodes are only numbered
// (n0, n1, …, as igraph does), by an attribute id, name or label first. Defaults
// of keys count. What is not read is noted in the report; an undirected graph,
// nested graphs, hyperedges and ports are errors.
func graphML() format {
	return format{
		Format:     Format{Name: "graphml", Title: "GraphML (networkx, igraph)", Extension: ".graphml"},
		compresses: true, match: matchGraphML, read: readGraphML, save: saveGraphML,
	}
}

func matchGraphML(s *source) ([]string, error) {
	return onlyFile(s, ".graphml", "GraphML", func(head []byte) bool {
		return bytes.Contains(head, []byte("<graphml")) || bytes.Contains(head, []byte(":graphml"))
	})
}

// onlyFile returns the file pointed at, or the only one of the extension in a
// folder, if its head is right. Two of them are nearly one.
func onlyFile(s *source, extension, title string, right func(head []byte) bool) ([]string, error) {
	files := s.files
	if !s.single() {
		files = s.with(extension)
	}
	var found []string
	for _, file := range files {
		if right(s.head(file)) {
			found = append(found, file)
		}
	}
	if len(found) > 1 {
		return nil, fmt.Errorf("connectome: open: %s holds %d reconstructions as %s: name one of %s", s.path, len(found), title, strings.Join(found, ", "))
	}
	return found, nil
}

func readGraphML(ctx context.Context, s *source, files []string, r Reading) (d Data, err error) {
	path := s.join(files[0])
	f, err := os.Open(path)
	if err != nil {
		return Data{}, fmt.Errorf("connectome: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	plain, err := decompressed(f, path)
	if err != nil {
		return Data{}, &ParseError{File: path, Err: err}
	}
	g := &graphMLReader{ctx: ctx, xml: xml.NewDecoder(plain), keys: map[string]graphMLKey{}}
	g.gathering = newGathering(path, r, g.fail)
	g.inNode = map[string]func(xml.StartElement) error{
		"data": g.dataOf(g.neurons.set), "port": g.not("ports are not read"),
		"graph": g.not("a graph within a node is not read"), "locator": g.not("a node in another file is not read"),
	}
	g.inEdge = map[string]func(xml.StartElement) error{
		"data": g.dataOf(g.links.set), "graph": g.not("a graph within an edge is not read"),
	}
	if err := g.document(); err != nil {
		return Data{}, err
	}
	if err := g.defaults(); err != nil {
		return Data{}, err
	}
	return g.data()
}

// graphMLReader is a reading under way.
type graphMLReader struct {
	*gathering
	ctx  context.Context
	xml  *xml.Decoder
	keys map[string]graphMLKey // by id
	// order is that in which keys were declared.
	order  []string
	graphs int
	seen   int // nodes and edges
	// inNode and inEdge read what is in a node and in an edge.
	inNode, inEdge map[string]func(xml.StartElement) error
}

// graphMLKey declares an attribute.
type graphMLKey struct {
	domain, name string
	floating     bool
	fallback     string
	hasFallback  bool
	line         int
}

// fail is an error at the place being read.
func (g *graphMLReader) fail(column string, err error) error {
	line, _ := g.xml.InputPos()
	return &ParseError{File: g.path, Line: line, Column: column, Err: err}
}

func (g *graphMLReader) failf(format string, args ...any) error {
	return g.fail("", fmt.Errorf(format, args...))
}

// token returns the next; nil at the end of the file.
func (g *graphMLReader) token() (xml.Token, error) {
	t, err := g.xml.Token()
	switch {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, g.broken(err)
	}
	return t, nil
}

func (g *graphMLReader) broken(err error) error {
	var syntax *xml.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return &ParseError{File: g.path, Line: syntax.Line, Err: fmt.Errorf("not XML: %s", syntax.Msg)}
	case strings.Contains(err.Error(), "CharsetReader"):
		return g.failf("%w: save the file as UTF-8", err)
	}
	return g.fail("", err)
}

// document reads the whole file.
func (g *graphMLReader) document() error {
	done := false
	for {
		t, err := g.token()
		if err != nil {
			return err
		}
		switch t := t.(type) {
		case nil:
			if !done {
				return g.failf("the file ends before <graphml>")
			}
			if g.graphs == 0 {
				return g.failf("no <graph>")
			}
			return nil
		case xml.StartElement:
			if done || t.Name.Local != "graphml" {
				return g.failf("<%s>, where one <graphml> is expected and nothing after it", t.Name.Local)
			}
			done = true
			if err := g.children(map[string]func(xml.StartElement) error{"key": g.key, "graph": g.graph}); err != nil {
				return err
			}
		}
	}
}

// children reads the elements in the one at hand to its end; those without an
// entry are skipped.
func (g *graphMLReader) children(read map[string]func(xml.StartElement) error) error {
	for {
		t, err := g.token()
		if err != nil {
			return err
		}
		switch t := t.(type) {
		case nil:
			return g.failf("the file ends too early")
		case xml.EndElement:
			return nil
		case xml.StartElement:
			f, known := read[t.Name.Local]
			if !known {
				f = g.skip
			}
			if err := f(t); err != nil {
				return err
			}
		}
	}
}

func (g *graphMLReader) skip(xml.StartElement) error {
	if err := g.xml.Skip(); err != nil {
		return g.broken(err)
	}
	return nil
}

// not makes an error of an element that says more than a graph can.
func (g *graphMLReader) not(what string) func(xml.StartElement) error {
	return func(xml.StartElement) error { return g.failf("%s: write a plain directed graph", what) }
}

// text returns the characters of the element at hand, to its end.
func (g *graphMLReader) text() (string, error) {
	var text strings.Builder
	for {
		t, err := g.token()
		if err != nil {
			return "", err
		}
		switch t := t.(type) {
		case nil:
			return "", g.failf("the file ends too early")
		case xml.EndElement:
			return text.String(), nil
		case xml.CharData:
			text.Write(t)
		case xml.StartElement: // a drawing program's
			if err := g.skip(t); err != nil {
				return "", err
			}
		}
	}
}

// attr returns an XML attribute, "" where it is not there.
func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

func (g *graphMLReader) key(e xml.StartElement) error {
	id, kind := attr(e, "id"), attr(e, "attr.type")
	if id == "" {
		return g.failf("a <key> without an id")
	}
	if _, twice := g.keys[id]; twice {
		return g.failf("two <key> with the id %q", id)
	}
	k := graphMLKey{domain: attr(e, "for"), name: attr(e, "attr.name"), floating: kind == "double" || kind == "float"}
	if k.name == "" {
		k.name = id
	}
	k.line, _ = g.xml.InputPos()
	err := g.children(map[string]func(xml.StartElement) error{"default": func(xml.StartElement) (err error) {
		k.fallback, err = g.text()
		k.hasFallback = true
		return err
	}})
	g.keys[id] = k
	g.order = append(g.order, id)
	return err
}

func (g *graphMLReader) graph(e xml.StartElement) error {
	if g.graphs++; g.graphs > 1 {
		return g.failf("two graphs in a file: write each into one of its own")
	}
	if directed := attr(e, "edgedefault"); directed != "directed" {
		return g.failf("edgedefault is %q: synapses have a direction, so save a directed graph (networkx: DiGraph, igraph: directed=True)", directed)
	}
	return g.children(map[string]func(xml.StartElement) error{
		"node": g.nodeElement, "edge": g.edgeElement, "data": g.dataOf(g.setGraph),
		"hyperedge": g.not("hyperedges are not read"), "locator": g.not("a graph in another file is not read"),
	})
}

// next counts an element, and notices a cancelled context.
func (g *graphMLReader) next() error {
	if g.seen++; g.seen%checkEvery == 1 && g.ctx.Err() != nil {
		return fmt.Errorf("connectome: read %s: %w", g.path, g.ctx.Err())
	}
	return nil
}

func (g *graphMLReader) nodeElement(e xml.StartElement) error {
	if err := errors.Join(g.next(), g.neurons.begin()); err != nil {
		return err
	}
	if err := g.node(attr(e, "id")); err != nil {
		return g.fail("", err)
	}
	return g.children(g.inNode)
}

func (g *graphMLReader) edgeElement(e xml.StartElement) error {
	if err := errors.Join(g.next(), g.links.begin()); err != nil {
		return err
	}
	pre, post := attr(e, "source"), attr(e, "target")
	switch {
	case pre == "" || post == "":
		return g.failf("an edge without source or target")
	case attr(e, "directed") == "false":
		return g.failf("the edge %q – %q is undirected, and synapses have a direction", pre, post)
	case attr(e, "sourceport") != "" || attr(e, "targetport") != "":
		return g.failf("the edge %q → %q ends in a port: ports are not read", pre, post)
	}
	g.edge(pre, post)
	return g.children(g.inEdge)
}

// dataOf reads a value and hands it to set with the name of its key.
func (g *graphMLReader) dataOf(set func(name, value string, floating bool) error) func(xml.StartElement) error {
	return func(e xml.StartElement) error {
		id := attr(e, "key")
		k, known := g.keys[id]
		if !known {
			return g.failf("<data key=%q>, but no <key> before it declares that", id)
		}
		value, err := g.text()
		if err != nil {
			return err
		}
		return set(k.name, value, k.floating)
	}
}

// setGraph takes what the graph says of itself.
func (g *graphMLReader) setGraph(name, value string, _ bool) error {
	switch name {
	case "name":
		g.name = value
	case "size_unit":
		g.sizeUnit = value
	}
	return nil
}

// defaults fills in what keys say of nodes and edges that do not.
func (g *graphMLReader) defaults() error {
	for _, id := range g.order {
		k := g.keys[id]
		if !k.hasFallback {
			continue
		}
		for _, into := range []*properties{g.neurons, g.links} {
			if domain := map[string]string{"neuron": "node", "edge": "edge"}[into.of]; !slices.Contains([]string{domain, "all", ""}, k.domain) {
				continue
			}
			if err := into.setDefault(k.name, k.fallback, k.floating); err != nil {
				var at *ParseError
				if errors.As(err, &at) {
					at.Line = k.line
				}
				return err
			}
		}
	}
	return nil
}
