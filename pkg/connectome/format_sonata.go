package connectome

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// sonata is the SONATA network format (Dai et al. 2020,
// doi:10.1371/journal.pcbi.1007696): nodes and edges in HDF5 files, what they
// share in tables of types.
//
//   - One population of nodes is read, and the one population of edges within it:
//     that which is there, or that which Reading.Population names (of nodes or of
//     edges).
//   - A neuron's id is its node_id; class is cell_type, pop_name, mtype or
//     model_name; sign is ei or synapse_class; layer is layer; each from the node
//     group, else from the table of types. dynamics_params are left alone.
//   - Positions are x, y, z in µm. SONATA does not say which way the pia is; in
//     the models of cortex that use it, morphologies stand with their apical
//     dendrites along +y, so depth is −y, and x and z span the sheet.
//   - Each row of the edges is a synapse, or nsyns of them; rows of a pair are
//     added up. Where no pair has two rows and there is no nsyns, nothing is
//     counted.
//   - Files that Save wrote carry more in attributes that others pass over: in
//     nodes neuron_id (the id as it was), observed (0 or 1) and factor_NAME; in
//     edges size, with its unit in the attribute unit; in the root of the nodes
//     file the attribute cortigen_name. With it, texts are taken as they are.
func sonata() format {
	return format{
		Format: Format{Name: "sonata", Title: "SONATA: nodes and edges in HDF5, types in CSV", Folder: true},
		match:  matchSONATA, read: readSONATA, save: saveSONATA,
	}
}

// sonataFiles are the files of a network, as names within the source's folder.
type sonataFiles struct {
	config string
	// h5 holds nodes, edges or both.
	h5 []string
	// nodeTypes and edgeTypes are tables of types; of is which of h5 the
	// configuration gives to each, "" where there is none to say.
	nodeTypes, edgeTypes []typesFile
}

type typesFile struct{ name, of string }

// all lists the files in a fixed order.
func (f sonataFiles) all() []string {
	var all []string
	if f.config != "" {
		all = append(all, f.config)
	}
	all = append(all, f.h5...)
	for _, t := range slices.Concat(f.nodeTypes, f.edgeTypes) {
		all = append(all, t.name)
	}
	slices.Sort(all[min(len(all), 1):])
	return slices.Compact(all)
}

func matchSONATA(s *source) (files []string, near error) {
	found, err := findSONATA(s)
	if err != nil || found.h5 == nil {
		return nil, err
	}
	return found.all(), nil
}

// findSONATA looks for a configuration, else at what files hold.
func findSONATA(s *source) (sonataFiles, error) {
	for _, file := range s.with(".json") {
		if s.single() || file == "circuit_config.json" {
			if f, err := configured(s, file); f.h5 != nil || err != nil {
				return f, err
			}
		}
	}
	var f sonataFiles
	for _, file := range hdf5Files(s) {
		if marks := marksOf(s, file); !marks.matrix && (marks.nodes || marks.edges) {
			f.h5 = append(f.h5, file)
		}
	}
	if f.h5 == nil {
		return f, nil
	}
	tables := s
	if s.single() { // the types lie beside it
		var err error
		if tables, err = newSource(s.dir); err != nil {
			return f, err
		}
	}
	for _, file := range tables.with(".csv") {
		words := strings.FieldsFunc(string(firstLine(tables.head(file))), func(r rune) bool { return strings.ContainsRune(" \t,\r\"", r) })
		switch {
		case slices.Contains(words, "node_id"): // a table of nodes
		case slices.Contains(words, "node_type_id"):
			f.nodeTypes = append(f.nodeTypes, typesFile{name: file})
		case slices.Contains(words, "edge_type_id"):
			f.edgeTypes = append(f.edgeTypes, typesFile{name: file})
		}
	}
	return f, nil
}

func firstLine(text []byte) []byte {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	return line
}

// circuitConfig is what of circuit_config.json is needed.
type circuitConfig struct {
	Manifest map[string]string `json:"manifest"`
	Networks struct {
		Nodes []struct {
			File  string `json:"nodes_file"`
			Types string `json:"node_types_file"`
		} `json:"nodes"`
		Edges []struct {
			File  string `json:"edges_file"`
			Types string `json:"edge_types_file"`
		} `json:"edges"`
	} `json:"networks"`
}

// largestConfig is far more than a configuration takes.
const largestConfig = 1 << 22

// configured reads a configuration; a file that is none gives nothing.
func configured(s *source, file string) (f sonataFiles, err error) {
	head := s.head(file)
	if !bytes.Contains(head, []byte(`"networks"`)) && len(head) < headBytes {
		return f, nil
	}
	if info, err := os.Stat(s.join(file)); err != nil || info.Size() > largestConfig {
		return f, nil
	}
	text, err := os.ReadFile(s.join(file))
	if err != nil {
		return f, &ParseError{File: s.join(file), Err: err}
	}
	var c circuitConfig
	if !bytes.Contains(text, []byte(`"nodes_file"`)) {
		return f, nil
	}
	if err := json.Unmarshal(text, &c); err != nil {
		return f, &ParseError{File: s.join(file), Err: fmt.Errorf("not a SONATA configuration: %w", err)}
	}
	f.config = file
	resolve := func(written string) string {
		name, fault := c.resolve(written)
		if fault == nil {
			var info os.FileInfo
			if info, fault = os.Stat(s.join(name)); fault == nil && !info.Mode().IsRegular() {
				fault = errors.New("not a file")
			}
		}
		if fault != nil {
			err = errors.Join(err, &ParseError{File: s.join(file), Column: written, Err: fault})
		}
		return name
	}
	for _, n := range c.Networks.Nodes {
		f.add(resolve, n.File, n.Types, &f.nodeTypes)
	}
	for _, e := range c.Networks.Edges {
		f.add(resolve, e.File, e.Types, &f.edgeTypes)
	}
	slices.Sort(f.h5)
	f.h5 = slices.Compact(f.h5)
	return f, err
}

// add takes one entry of the configuration.
func (f *sonataFiles) add(resolve func(string) string, h5, types string, to *[]typesFile) {
	if h5 == "" {
		return
	}
	name := resolve(h5)
	f.h5 = append(f.h5, name)
	if types != "" && types != "NULL" {
		*to = append(*to, typesFile{name: resolve(types), of: name})
	}
}

// resolve replaces what the manifest names and returns a path below the folder.
func (c circuitConfig) resolve(written string) (string, error) {
	path := written
	for range 1 + len(c.Manifest) { // a name may stand for another
		for name, stands := range c.Manifest {
			path = strings.ReplaceAll(path, "$"+strings.Trim(name, "${}"), stands)
			path = strings.ReplaceAll(path, "${"+strings.Trim(name, "${}")+"}", stands)
		}
		if len(path) > 4096 {
			break
		}
	}
	path = filepath.Clean(filepath.FromSlash(strings.ReplaceAll(path, "${configdir}", ".")))
	if strings.Contains(path, "$") || !filepath.IsLocal(path) {
		return "", fmt.Errorf("it means %q, and only files below the configuration's own folder are read: copy them there, or open the folder that they are in", path)
	}
	return path, nil
}

func readSONATA(ctx context.Context, s *source, _ []string, r Reading) (d Data, err error) {
	f, err := findSONATA(s)
	if err != nil {
		return d, err
	}
	var paths []string
	for _, file := range f.h5 {
		paths = append(paths, s.join(file))
	}
	if err := uncut(paths); err != nil {
		return d, err
	}
	tables, err := readTypeTables(s.dir, f)
	if err != nil {
		return d, err
	}
	h, err := openHDF5(ctx, r.Python, "r", paths...)
	if err != nil {
		return d, err
	}
	defer func() { err = h.close(err) }()
	return (&network{ctx: ctx, h: h, dir: s.dir, files: f, tables: tables}).read(r.Population)
}

// readTypeTables reads all tables of types, by name.
func readTypeTables(dir string, f sonataFiles) (map[string]*typeTable, error) {
	all := map[string]*typeTable{}
	for k, files := range [][]typesFile{f.nodeTypes, f.edgeTypes} {
		for _, file := range files {
			t, err := readTypes(filepath.Join(dir, file.name), [2]string{"node_type_id", "edge_type_id"}[k])
			if err != nil {
				return nil, err
			}
			all[file.name] = t
		}
	}
	return all, nil
}
