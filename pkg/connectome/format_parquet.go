package connectome

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/parquet-go/parquet-go"
	"golang.org/x/sync/errgroup"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// The parquet pair is our own format: a folder with two tables that any
// parquet software reads and writes. It holds all that a Connectome has, and
// loads fast. Only the columns marked * must be there.
//
//	neurons.parquet, a row a neuron, in order:
//	  id*         text (or integers; never floats), unique
//	  class       text, "" unknown
//	  layer       text, "" unknown
//	  sign        text: "E", "I", or "?" unknown
//	  x_um, y_um  double, across the sheet; NaN or null unknown
//	  depth_um    double, from the pia down; NaN or null unknown
//	  observed    boolean: were the outputs observed? Absent: all were
//	  factor_NAME double: the true generating factor NAME
//
//	edges.parquet, a row an edge, pre and post being rows of neurons.parquet,
//	counted from 0. Written in ascending order of pre, then post; read in any:
//	  pre*, post* int32 (or int64)
//	  synapses    int32, the synapse count
//	  size        double, the summed size of the synapses
//
// Columns of other names are left alone. Key-value metadata of either file:
// cortigen.version ("1"), cortigen.name (of the reconstruction),
// cortigen.size_unit (of column size). All are optional. In Python:
//
//	edges = pd.read_parquet("pair/edges.parquet")
//	neurons = pd.read_parquet("pair/neurons.parquet")
//	pre_id = neurons["id"].to_numpy()[edges["pre"]]
func parquetPair() format {
	return format{
		Format: Format{Name: "parquet", Title: "parquet pair, ours", Folder: true},
		match:  matchPair, read: readPair, save: savePair,
	}
}

const (
	neuronsFile  = "neurons.parquet"
	edgesFile    = "edges.parquet"
	pairVersion  = "1"
	versionKey   = "cortigen.version"
	nameKey      = "cortigen.name"
	sizeUnitKey  = "cortigen.size_unit"
	factorPrefix = "factor_"
)

func matchPair(s *source) (files []string, near error) {
	if s.single() {
		if name := s.files[0]; name == neuronsFile || name == edgesFile {
			near = &ParseError{File: s.path, Err: errors.New("one file of a parquet pair: give the folder")}
		}
		return nil, near
	}
	neurons, edges := slices.Contains(s.files, neuronsFile), slices.Contains(s.files, edgesFile)
	switch {
	case !neurons && !edges:
		return nil, nil
	case !neurons:
		return nil, &ParseError{File: s.join(neuronsFile), Err: fmt.Errorf("is not there, beside %s", edgesFile)}
	case !edges:
		return nil, &ParseError{File: s.join(edgesFile), Err: fmt.Errorf("is not there, beside %s", neuronsFile)}
	}
	return []string{neuronsFile, edgesFile}, nil
}

func readPair(ctx context.Context, s *source, files []string, _ Reading) (Data, error) {
	neurons, err := openParquet(s.join(files[0]))
	if err != nil {
		return Data{}, err
	}
	edges, err := openParquet(s.join(files[1]))
	if err != nil {
		return Data{}, errors.Join(err, neurons.close())
	}
	d, err := readPairTables(ctx, neurons, edges)
	return d, errors.Join(err, neurons.close(), edges.close())
}

func readPairTables(ctx context.Context, neurons, edges *parquetTable) (Data, error) {
	for _, t := range []*parquetTable{neurons, edges} {
		if v := t.lookup(versionKey); v != "" && v != pairVersion {
			return Data{}, t.fail("", fmt.Errorf("it says %s %q, and %q is known: it was written by a later version", versionKey, v, pairVersion))
		}
	}
	d := Data{Name: neurons.lookup(nameKey)}
	if err := readPairNeurons(ctx, neurons, &d); err != nil {
		return Data{}, err
	}
	return d, readPairEdges(ctx, edges, &d)
}

// readPairNeurons reads column after column.
func readPairNeurons(ctx context.Context, t *parquetTable, d *Data) error {
	if !slices.Contains(t.columns(), "id") {
		return t.fail("id", fmt.Errorf("missing: the columns are %q", t.columns()))
	}
	d.Neurons = make([]circuit.Neuron, t.rows)
	for i := range d.Neurons {
		d.Neurons[i].Position = circuit.NoPosition()
	}
	for _, column := range t.columns() {
		if err := readNeuronColumn(ctx, t, column, d); err != nil {
			return err
		}
	}
	half := 0
	for i, n := range d.Neurons {
		p := n.Position
		if !p.Known() {
			if !math.IsNaN(p.X) || !math.IsNaN(p.Y) || !math.IsNaN(p.Depth) {
				half++
			}
			d.Neurons[i].Position = circuit.NoPosition()
		}
	}
	if half > 0 {
		d.Report.Notes = append(d.Report.Notes, fmt.Sprintf("%d neurons have only some of x_um, y_um and depth_um: their position is taken for unknown", half))
	}
	return nil
}

func readNeuronColumn(ctx context.Context, t *parquetTable, column string, d *Data) error {
	words := newWords()
	set := func(f func(i int, v parquet.Value) error) error {
		return t.each(ctx, column, func(first int, values []parquet.Value) error {
			for k, v := range values {
				if err := f(first+k, v); err != nil {
					return t.failAt(first+k, column, err)
				}
			}
			return nil
		})
	}
	number := func(into func(n *circuit.Neuron) *float64) error {
		return set(func(i int, v parquet.Value) (err error) {
			*into(&d.Neurons[i]), err = cellNumber(v)
			return err
		})
	}
	switch column {
	case "id":
		return set(func(i int, v parquet.Value) (err error) {
			d.Neurons[i].ID, err = cellID(v)
			return err
		})
	case "class":
		return set(func(i int, v parquet.Value) error {
			word, err := words.of(v)
			d.Neurons[i].Class = circuit.Class(word)
			return err
		})
	case "layer":
		return set(func(i int, v parquet.Value) error {
			word, err := words.of(v)
			d.Neurons[i].Layer = circuit.Layer(word)
			return err
		})
	case "sign":
		return set(func(i int, v parquet.Value) error {
			word, err := words.of(v)
			if err == nil {
				d.Neurons[i].Sign, err = circuit.ParseSign(word)
			}
			return err
		})
	case "x_um":
		return number(func(n *circuit.Neuron) *float64 { return &n.Position.X })
	case "y_um":
		return number(func(n *circuit.Neuron) *float64 { return &n.Position.Y })
	case "depth_um":
		return number(func(n *circuit.Neuron) *float64 { return &n.Position.Depth })
	case "observed":
		d.Observed = make([]bool, t.rows)
		return set(func(i int, v parquet.Value) (err error) {
			d.Observed[i], err = cellFlag(v)
			return err
		})
	}
	if name, factor := strings.CutPrefix(column, factorPrefix); factor {
		values := make([]float64, t.rows)
		if d.Factors == nil {
			d.Factors = map[string][]float64{}
		}
		d.Factors[name] = values
		return set(func(i int, v parquet.Value) (err error) {
			values[i], err = cellNumber(v)
			return err
		})
	}
	return nil
}

// readPairEdges reads columns side by side, into their places.
func readPairEdges(ctx context.Context, t *parquetTable, d *Data) error {
	d.Edges = make([]circuit.Edge, t.rows)
	group, ctx := errgroup.WithContext(ctx)
	// integers reads a column of numbers from 0 to below limit.
	integers := func(column, what string, limit int64, set func(row int, x int64)) {
		group.Go(func() error {
			return t.integers(ctx, column, func(first int, values []int64) error {
				for k, x := range values {
					if x < 0 || x >= limit {
						return t.failAt(first+k, column, fmt.Errorf("%d is no %s", x, what))
					}
					set(first+k, x)
				}
				return nil
			})
		})
	}
	n := int64(len(d.Neurons))
	row := fmt.Sprintf("row of %s, which has %d", neuronsFile, n)
	integers("pre", row, n, func(i int, x int64) { d.Edges[i].Pre = int(x) })
	integers("post", row, n, func(i int, x int64) { d.Edges[i].Post = int(x) })
	if slices.Contains(t.columns(), "synapses") {
		d.Synapses = make([]int32, t.rows)
		integers("synapses", "synapse count", math.MaxInt32+1, func(i int, x int64) { d.Synapses[i] = int32(x) })
	}
	if slices.Contains(t.columns(), "size") {
		d.Sizes, d.SizeUnit = make([]float64, t.rows), t.lookup(sizeUnitKey)
		group.Go(func() error {
			return t.reals(ctx, "size", func(first int, values []float64) error {
				for k, x := range values {
					if math.IsInf(x, 0) {
						return t.failAt(first+k, "size", errors.New("an infinite number"))
					}
				}
				copy(d.Sizes[first:], values)
				return nil
			})
		})
	}
	return group.Wait()
}

// cellID is an id, to the last digit.
func cellID(v parquet.Value) (string, error) {
	id := ""
	switch v.Kind() {
	case parquet.ByteArray:
		id = string(v.ByteArray())
	case parquet.Int64:
		id = strconv.FormatInt(v.Int64(), 10)
	case parquet.Int32:
		id = strconv.FormatInt(int64(v.Int32()), 10)
	case parquet.Double, parquet.Float:
		return "", errFloatID
	}
	if id == "" {
		return "", errors.New("a neuron without an id")
	}
	return id, nil
}

// errFloatID says what went wrong before we were asked.
var errFloatID = errors.New("ids are floats here, which keep 53 of their 64 bits: some are other ids now. Export them again as integers or text (pandas makes floats of integer columns with gaps: fill the gaps, or use dtype \"Int64\")")

// cellInteger is a whole number.
func cellInteger(v parquet.Value) (int64, error) {
	switch {
	case v.IsNull():
		return 0, errors.New("an empty cell, where a whole number is needed")
	case v.Kind() == parquet.Int32:
		return int64(v.Int32()), nil
	case v.Kind() == parquet.Int64:
		return v.Int64(), nil
	}
	return 0, fmt.Errorf("%s is not a whole number", v)
}

// cellNumber is a number; null is NaN.
func cellNumber(v parquet.Value) (float64, error) {
	x := math.NaN()
	switch {
	case v.IsNull():
	case v.Kind() == parquet.Double:
		x = v.Double()
	case v.Kind() == parquet.Float:
		x = float64(v.Float())
	case v.Kind() == parquet.Int32:
		x = float64(v.Int32())
	case v.Kind() == parquet.Int64:
		x = float64(v.Int64())
	default:
		return 0, fmt.Errorf("%s is not a number", v)
	}
	if math.IsInf(x, 0) {
		return 0, errors.New("an infinite number")
	}
	return x, nil
}

// cellFlag is a boolean, or 0 or 1.
func cellFlag(v parquet.Value) (bool, error) {
	switch {
	case v.Kind() == parquet.Boolean:
		return v.Boolean(), nil
	case v.Kind() == parquet.Int32 && (v.Int32() == 0 || v.Int32() == 1):
		return v.Int32() == 1, nil
	case v.Kind() == parquet.Int64 && (v.Int64() == 0 || v.Int64() == 1):
		return v.Int64() == 1, nil
	}
	return false, fmt.Errorf("%s is neither true nor false", v)
}

// words keeps one string of each of a few words that come again and again.
type words map[string]string

func newWords() words { return words{} }

// of is a text; null is "".
func (w words) of(v parquet.Value) (string, error) {
	switch {
	case v.IsNull():
		return "", nil
	case v.Kind() != parquet.ByteArray:
		return "", fmt.Errorf("%s is not text", v)
	}
	bytes := v.ByteArray()
	if word, known := w[string(bytes)]; known {
		return word, nil
	}
	word := string(bytes)
	if len(w) < 1<<12 {
		w[word] = word
	}
	return word, nil
}
