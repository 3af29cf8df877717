package connectome

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/cortigen/cortigen/pkg/artifact"
)

// A sparse matrix as scipy.sparse.save_npz writes it, with a table of neurons.
// Rows are presynaptic, columns postsynaptic, in the order of the table. What we
// write is a folder that holds all that a Connectome has:
//
//	adjacency.npz  CSR: synapse counts (int32), or bool where there are none;
//	               array name: the reconstruction's name in UTF-8
//	sizes.npz      CSR (float64) of the same edges, where sizes are known;
//	               array size_unit: their unit in UTF-8
//	neurons.csv    id, class, layer, sign, x_um, y_um, depth_um and, where there
//	               are any, observed and factor_NAME; empty: not known
//
// Read are CSR, CSC and COO of any integer, bool or float, in such a folder or a
// file alone; its table may also be called as the matrix is (matrix.npz,
// matrix.csv), and have other words for columns (see properties.go). Without a
// table, neurons are numbered from 0. Whole numbers are synapse counts, others
// sizes, and stored zeros are not edges.
func sparseNPZ() format {
	return format{
		Format: Format{Name: "npz", Title: "sparse matrix and table (scipy npz)", Folder: true},
		match:  matchNPZ, read: readNPZ, save: saveNPZ,
	}
}

const (
	adjacencyFile = "adjacency.npz"
	sizesFile     = "sizes.npz"
	neuronStem    = "neurons"
)

// matchNPZ returns the matrix, its table if any, and the matrix of sizes if any.
func matchNPZ(s *source) ([]string, error) {
	var sparse []string
	var near error
	for _, file := range s.files {
		zip := strings.EqualFold(filepath.Ext(file), ".npz") || s.single()
		if !zip || !bytes.HasPrefix(s.head(file), []byte("PK\x03\x04")) || file == sizesFile && !s.single() {
			continue
		}
		if err := isSparse(s.join(file)); err == nil {
			sparse = append(sparse, file)
		} else if strings.EqualFold(filepath.Ext(file), ".npz") {
			near = err
		}
	}
	switch {
	case slices.Contains(sparse, adjacencyFile):
		sparse = []string{adjacencyFile}
	case len(sparse) > 1:
		return nil, fmt.Errorf("connectome: open: %s holds %d matrices: name one of %s", s.path, len(sparse), strings.Join(sparse, ", "))
	case len(sparse) == 0:
		return nil, near
	}
	return withCompanions(s, sparse[0]), nil
}

// withCompanions returns a matrix and the files beside it that belong to it.
func withCompanions(s *source, matrix string) []string {
	files := []string{matrix}
	there := func(file string) bool {
		info, err := os.Stat(s.join(file))
		return err == nil && info.Mode().IsRegular()
	}
	stems := []string{strings.TrimSuffix(matrix, filepath.Ext(matrix))}
	if !s.single() || matrix == adjacencyFile {
		stems = append(stems, neuronStem)
	}
	var tables []string
	for _, stem := range stems {
		for _, file := range []string{stem + ".csv", stem + ".csv.gz"} {
			if there(file) {
				tables = append(tables, file)
			}
		}
	}
	files = append(files, tables[:min(1, len(tables))]...)
	if matrix == adjacencyFile && there(sizesFile) {
		files = append(files, sizesFile)
	}
	return files
}

// isSparse says what an npz file lacks to be a sparse matrix.
func isSparse(path string) error {
	a, err := openArrays(context.Background(), path)
	if err != nil {
		return err
	}
	defer a.file.Close()
	if !a.Has("format") || !a.Has("shape") || !a.Has("data") {
		return &ParseError{File: path, Err: fmt.Errorf("it holds the arrays %q: save the matrix with scipy.sparse.save_npz", a.Names())}
	}
	return nil
}

// arrays is an open npz file.
type arrays struct {
	*artifact.ArrayReader
	path string
	file *os.File
	size int64
}

// openArrays opens an npz file; reading from it ends with the context.
func openArrays(ctx context.Context, path string) (*arrays, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("connectome: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("connectome: %w", err), f.Close())
	}
	r, err := artifact.NewArrayReader(readerAt{ctx, f}, info.Size())
	if err != nil {
		return nil, errors.Join(&ParseError{File: path, Err: err}, f.Close())
	}
	return &arrays{ArrayReader: r, path: path, file: f, size: info.Size()}, nil
}

// readerAt reads until its context ends.
type readerAt struct {
	ctx context.Context
	r   io.ReaderAt
}

// ReadAt is as in io.ReaderAt.
func (r readerAt) ReadAt(p []byte, offset int64) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.ReadAt(p, offset)
}

func readNPZ(ctx context.Context, s *source, files []string, r Reading) (Data, error) {
	d, err := readMatrixAndTable(ctx, s, files, r)
	if err != nil && ctx.Err() != nil {
		return Data{}, fmt.Errorf("connectome: read %s: %w", s.join(files[0]), ctx.Err())
	}
	return d, err
}

func readMatrixAndTable(ctx context.Context, s *source, files []string, r Reading) (Data, error) {
	m, err := readSparse(ctx, s.join(files[0]))
	if err != nil {
		return Data{}, err
	}
	table := ""
	for _, file := range files[1:] {
		if file != sizesFile {
			table = s.join(file)
		}
	}
	g, err := npzNeurons(ctx, m, table, r)
	if err != nil {
		return Data{}, err
	}
	g.name = m.caption
	g.note("rows of the matrix are taken as presynaptic, columns as postsynaptic")
	if m.zeros > 0 {
		g.drop("stored zero of the matrix", m.zeros)
	}
	var sizes *sparse
	if slices.Contains(files[1:], sizesFile) {
		if sizes, err = readSparse(ctx, s.join(sizesFile)); err != nil {
			return Data{}, err
		}
	}
	if err := m.strengthen(g, sizes); err != nil {
		return Data{}, err
	}
	return g.data()
}

// npzNeurons reads the table, or numbers the neurons where it is "".
func npzNeurons(ctx context.Context, m *sparse, path string, r Reading) (*gathering, error) {
	if path == "" {
		g := newGathering(m.path, r, m.fail)
		// A row that nothing is known of costs a byte at least; a claim costs none.
		if int64(m.n) > m.bytes {
			return nil, m.failf("shape", "%d neurons in a file of %d bytes: give a table of them, %s.csv", m.n, m.bytes, neuronStem)
		}
		for i := range m.n {
			if err := errors.Join(g.neurons.begin(), g.node(strconv.Itoa(i))); err != nil {
				return nil, err
			}
		}
		g.note("no table of neurons is there: they are numbered from 0")
		return g, nil
	}
	g, err := tableNeurons(ctx, path, r)
	if err == nil && len(g.keys) != m.n {
		err = g.fault("", "%d neurons, but the matrix %s is %d × %d", len(g.keys), filepath.Base(m.path), m.n, m.n)
	}
	return g, err
}

// tableNeurons gathers a neuron of every row of a table, known by its number.
func tableNeurons(ctx context.Context, path string, r Reading) (*gathering, error) {
	t, err := openTable(path)
	if err != nil {
		return nil, err
	}
	g := newGathering(path, r, t.fail)
	g.listed = true
	columns := slices.SortedFunc(maps.Keys(t.columns), func(a, b string) int { return cmp.Compare(t.columns[a], t.columns[b]) })
	err = t.each(ctx, func() error {
		if err := errors.Join(g.neurons.begin(), g.node(strconv.Itoa(len(g.keys)))); err != nil {
			return err
		}
		for k, name := range columns {
			if t.row[k] == "" {
				continue
			}
			if err := g.neurons.set(name, t.row[k], roundedNumber(t.row[k])); err != nil {
				return err
			}
		}
		return nil
	})
	return g, errors.Join(err, t.close())
}

// roundedNumber reports whether a text is a number with an exponent, as tables
// have large ids that went through a floating-point column.
func roundedNumber(text string) bool {
	if !strings.ContainsAny(text, "eE") {
		return false
	}
	_, err := strconv.ParseFloat(text, 64)
	return err == nil
}

func saveNPZ(ctx context.Context, c *Connectome, path string, _ Writing) error {
	if err := errors.Join(c.sayable(), c.fitForTable()); err != nil {
		return err
	}
	counts := any(make([]bool, c.Edges()))
	if c.synapses != nil {
		if k := slices.Index(c.synapses, 0); k >= 0 {
			return fmt.Errorf("edge %d has no synapse, and a zero is no edge in a sparse matrix", k)
		}
		counts = c.synapses
	} else {
		for k := range c.Edges() {
			counts.([]bool)[k] = true
		}
	}
	if err := c.saveSparse(ctx, filepath.Join(path, adjacencyFile), counts, "name", c.name); err != nil {
		return err
	}
	if c.sizes != nil {
		if err := c.saveSparse(ctx, filepath.Join(path, sizesFile), c.sizes, "size_unit", c.sizeUnit); err != nil {
			return err
		}
	}
	return c.saveTable(ctx, filepath.Join(path, neuronStem+".csv"))
}

// saveSparse writes values of all edges as scipy's CSR, and a text as UTF-8.
func (c *Connectome) saveSparse(ctx context.Context, path string, values any, name, text string) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return artifact.WriteArrays(writer{ctx, f}, artifact.Arrays{
		"format.npy": []string{"csr"}, "shape.npy": []int64{int64(c.Len()), int64(c.Len())},
		"indptr.npy": c.edges.Offsets, "indices.npy": c.edges.Targets, "data.npy": values, name + ".npy": []byte(text),
	})
}

// writer writes until its context ends.
type writer struct {
	ctx context.Context
	w   io.Writer
}

// Write is as in io.Writer.
func (w writer) Write(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.w.Write(p)
}

// fitForTable names the first text that would not come back from a CSV table.
func (c *Connectome) fitForTable() error {
	for _, name := range slices.Sorted(maps.Keys(c.factors)) {
		if headerWord(name) != strings.TrimLeft(name, "\ufeff") || strings.Contains(name, "\r\n") {
			return fmt.Errorf("factor %q cannot be the name of a column", name)
		}
	}
	for _, n := range c.neurons {
		for what, text := range map[string]string{"id": n.ID, "class": string(n.Class), "layer": string(n.Layer)} {
			if strings.Contains(text, "\r\n") || roundedNumber(text) {
				return fmt.Errorf("%s %q of a neuron would not come back from a table as it is", what, text)
			}
		}
	}
	return nil
}

// saveTable writes neurons.csv.
func (c *Connectome) saveTable(ctx context.Context, path string) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	header := []string{"id", "class", "layer", "sign", "x_um", "y_um", "depth_um"}
	if c.observed != nil {
		header = append(header, "observed")
	}
	factors := slices.Sorted(maps.Keys(c.factors))
	for _, name := range factors {
		header = append(header, factorPrefix+name)
	}
	w := csv.NewWriter(writer{ctx, f})
	if err := w.Write(header); err != nil {
		return err
	}
	row := make([]string, len(header))
	for i, n := range c.neurons {
		clear(row)
		row[0] = n.ID
		for _, v := range c.values(i, factors) {
			row[slices.Index(header, v.name)] = v.text
		}
		if err := w.Write(row); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}
