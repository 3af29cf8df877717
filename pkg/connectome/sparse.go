package connectome

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/circuit"
)

// sparse is a square sparse matrix from an npz file.
type sparse struct {
	path  string
	bytes int64 // of the file
	n     int
	// edges are the entries that are not zero, as stored; zeros is how many are.
	edges []circuit.Pair
	zeros int
	// values are those of the edges.
	values []float64
	kind   artifact.Shape
	// caption is the text that we keep beside a matrix.
	caption string
}

func (m *sparse) fail(array string, err error) error {
	return &ParseError{File: m.path, Column: array, Err: err}
}

func (m *sparse) failf(array, format string, args ...any) error {
	return m.fail(array, fmt.Errorf(format, args...))
}

// readSparse reads CSR, CSC or COO.
func readSparse(ctx context.Context, path string) (m *sparse, err error) {
	a, err := openArrays(ctx, path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, a.file.Close()) }()
	m = &sparse{path: path, bytes: a.size}
	layout, err := a.Word("format")
	if err != nil {
		return nil, m.fail("format", err)
	}
	read := map[string]func(*arrays) (pre, post []int32, err error){
		"csr": m.compressed, "csc": m.compressed, "coo": m.coordinates,
	}[layout]
	if read == nil {
		return nil, m.failf("format", "%q: save it as CSR (matrix.tocsr())", layout)
	}
	if err := m.shape(a); err != nil {
		return nil, err
	}
	pre, post, err := read(a)
	if err != nil {
		return nil, err
	}
	if layout == "csc" {
		pre, post = post, pre
	}
	if err := m.fill(a, pre, post); err != nil {
		return nil, err
	}
	return m, m.readCaption(a)
}

// shape reads the number of neurons.
func (m *sparse) shape(a *arrays) error {
	shape, err := artifact.Vector[int64](a.ArrayReader, "shape")
	if err != nil {
		return m.fail("shape", err)
	}
	if len(shape) != 2 || shape[0] != shape[1] || shape[0] < 0 || shape[0] > math.MaxInt32 {
		return m.failf("shape", "%v: a square matrix of all neurons by all is expected", shape)
	}
	m.n = int(shape[0])
	return nil
}

// compressed returns, of every entry, the row of a CSR matrix (or the column of
// CSC), and the other index.
func (m *sparse) compressed(a *arrays) (major, minor []int32, err error) {
	starts, err := artifact.Vector[int64](a.ArrayReader, "indptr")
	if err != nil {
		return nil, nil, m.fail("indptr", err)
	}
	minor, err = artifact.Vector[int32](a.ArrayReader, "indices")
	if err != nil {
		return nil, nil, m.fail("indices", err)
	}
	if len(starts) != m.n+1 || starts[0] != 0 || !slices.IsSorted(starts) || starts[m.n] > int64(len(minor)) {
		return nil, nil, m.failf("indptr", "want %d numbers that ascend from 0 to %d at most", m.n+1, len(minor))
	}
	minor = minor[:starts[m.n]]
	major = make([]int32, len(minor))
	for i := range m.n {
		for k := starts[i]; k < starts[i+1]; k++ {
			major[k] = int32(i)
		}
	}
	return major, minor, m.inside("indices", minor)
}

// coordinates returns rows and columns of a COO matrix.
func (m *sparse) coordinates(a *arrays) (rows, columns []int32, err error) {
	rows, err = artifact.Vector[int32](a.ArrayReader, "row")
	if err != nil {
		return nil, nil, m.fail("row", err)
	}
	columns, err = artifact.Vector[int32](a.ArrayReader, "col")
	if err != nil {
		return nil, nil, m.fail("col", err)
	}
	if len(rows) != len(columns) {
		return nil, nil, m.failf("row", "%d rows and %d columns", len(rows), len(columns))
	}
	return rows, columns, errors.Join(m.inside("row", rows), m.inside("col", columns))
}

func (m *sparse) inside(array string, indices []int32) error {
	outside := func(i int32) bool { return i < 0 || int(i) >= m.n }
	if k := slices.IndexFunc(indices, outside); k >= 0 {
		return m.failf(array, "element %d is %d, and there are %d neurons", k, indices[k], m.n)
	}
	return nil
}

// fill reads the values and leaves out zeros.
func (m *sparse) fill(a *arrays, pre, post []int32) (err error) {
	if m.kind, err = a.Shape("data"); err != nil {
		return m.fail("data", err)
	}
	values, err := artifact.Vector[float64](a.ArrayReader, "data")
	if err != nil {
		return m.fail("data", err)
	}
	if len(values) < len(pre) {
		return m.failf("data", "%d values for %d entries", len(values), len(pre))
	}
	m.edges, m.values = make([]circuit.Pair, 0, len(pre)), values[:0]
	for k := range pre {
		x := values[k]
		switch {
		case x == 0:
			m.zeros++
			continue
		case !(x > 0) || math.IsInf(x, 0):
			return m.failf("data", "element %d (row %d, column %d) is %g: give magnitudes here, and effects as the neurons' sign", k, pre[k], post[k], x)
		}
		m.edges = append(m.edges, circuit.Pair{Pre: pre[k], Post: post[k]})
		m.values = append(m.values, x)
	}
	return nil
}

// readCaption reads the name of the reconstruction or the unit of sizes.
func (m *sparse) readCaption(a *arrays) error {
	for _, array := range []string{"name", "size_unit"} {
		if !a.Has(array) {
			continue
		}
		shape, err := a.Shape(array)
		if err != nil {
			return m.fail(array, err)
		}
		if shape.Type != "|u1" || len(shape.Sizes) != 1 { // not ours
			continue
		}
		letters, err := artifact.Vector[int32](a.ArrayReader, array)
		if err != nil {
			return m.fail(array, err)
		}
		text := make([]byte, len(letters))
		for i, b := range letters {
			text[i] = byte(b)
		}
		m.caption = string(text)
	}
	return nil
}

// strengthen gives the edges to g with what the matrix and that of sizes, which
// may be nil, say of them.
func (m *sparse) strengthen(g *gathering, sizes *sparse) error {
	g.edges, g.links.count = m.edges, len(m.edges)
	whole := !slices.ContainsFunc(m.values, func(x float64) bool { return x != math.Trunc(x) })
	switch {
	case m.kind.Bool():
		g.note("the matrix is of bools: edges have no synapse counts")
	case whole:
		if k := slices.IndexFunc(m.values, func(x float64) bool { return x > math.MaxInt32 }); k >= 0 {
			e := m.edges[k]
			return m.failf("data", "%g (row %d, column %d) is too large for a count of synapses", m.values[k], e.Pre, e.Post)
		}
		g.links.byWord["synapses"] = &property{meaning: meaning{field: fieldSynapses}, name: "data", numbers: m.values}
	case sizes != nil:
		return m.failf("data", "not whole everywhere, though sizes are in %s: counts of synapses are expected", sizesFile)
	default:
		g.note("values of the matrix are not whole everywhere, and taken for the size of synapses")
		g.links.byWord["size"] = &property{meaning: meaning{field: fieldSize}, name: "data", numbers: m.values}
	}
	if sizes == nil {
		return nil
	}
	g.sizeUnit = sizes.caption
	numbers, err := m.sizesOf(sizes)
	g.links.byWord["size"] = &property{meaning: meaning{field: fieldSize}, name: "data of " + sizesFile, numbers: numbers}
	return err
}

// sizesOf finds the size of every edge: 0 where it is not stored, and all of it at
// the first of repeated edges.
func (m *sparse) sizesOf(sizes *sparse) ([]float64, error) {
	if sizes.n != m.n {
		return nil, sizes.failf("shape", "%d neurons, and %s has %d", sizes.n, adjacencyFile, m.n)
	}
	at := make([]int32, len(sizes.edges))
	rows, _, _, err := circuit.NewCSRPairs(sizes.n, sizes.edges, at)
	if err != nil {
		return nil, sizes.fail("data", err)
	}
	sums := sumSizes(sizes.values, at, rows.Edges())
	numbers := make([]float64, len(m.edges))
	taken := make([]bool, len(sums))
	left := len(sums)
	for k, e := range m.edges {
		edge, found := slices.BinarySearch(rows.Row(int(e.Pre)), e.Post)
		if edge += int(rows.Offsets[e.Pre]); found && !taken[edge] {
			numbers[k], taken[edge] = sums[edge], true
			left--
		}
	}
	if left > 0 {
		return nil, sizes.failf("data", "%d sizes are of pairs that are no edges in %s", left, adjacencyFile)
	}
	return numbers, nil
}
