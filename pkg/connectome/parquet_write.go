package connectome

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// outColumn is a column to write: its node and the value of every row.
type outColumn struct {
	name  string
	node  parquet.Node
	value func(row int) parquet.Value
}

// Encodings: runs and repeats where there are any, deltas of ascending indices.
var (
	ids     = parquet.Encoded(parquet.String(), &parquet.DeltaLengthByteArray)
	terms   = parquet.Encoded(parquet.String(), &parquet.RLEDictionary)
	reals   = parquet.Encoded(parquet.Leaf(parquet.DoubleType), &parquet.Plain)
	flags   = parquet.Leaf(parquet.BooleanType)
	indices = parquet.Encoded(parquet.Int(32), &parquet.DeltaBinaryPacked)
)

// groupRows is the length of a row group: what other software reads at a time.
const groupRows = 1 << 20

func savePair(ctx context.Context, c *Connectome, path string, _ Writing) error {
	meta := map[string]string{versionKey: pairVersion, nameKey: c.name}
	if err := writeParquet(ctx, filepath.Join(path, neuronsFile), c.Len(), neuronColumns(c), meta); err != nil {
		return err
	}
	if c.sizes != nil {
		meta[sizeUnitKey] = c.sizeUnit
	}
	return writeParquet(ctx, filepath.Join(path, edgesFile), c.Edges(), edgeColumns(c), meta)
}

func neuronColumns(c *Connectome) []outColumn {
	text := func(name string, node parquet.Node, of func(n circuit.Neuron) string) outColumn {
		return outColumn{name, node, func(i int) parquet.Value { return parquet.ByteArrayValue([]byte(of(c.neurons[i]))) }}
	}
	real := func(name string, of func(i int) float64) outColumn {
		return outColumn{name, reals, func(i int) parquet.Value { return parquet.DoubleValue(of(i)) }}
	}
	columns := []outColumn{
		text("id", ids, func(n circuit.Neuron) string { return n.ID }),
		text("class", terms, func(n circuit.Neuron) string { return string(n.Class) }),
		text("layer", terms, func(n circuit.Neuron) string { return string(n.Layer) }),
		text("sign", terms, func(n circuit.Neuron) string { return n.Sign.String() }),
		real("x_um", func(i int) float64 { return c.neurons[i].Position.X }),
		real("y_um", func(i int) float64 { return c.neurons[i].Position.Y }),
		real("depth_um", func(i int) float64 { return c.neurons[i].Position.Depth }),
	}
	if c.observed != nil {
		columns = append(columns, outColumn{"observed", flags, func(i int) parquet.Value { return parquet.BooleanValue(c.observed[i]) }})
	}
	for _, name := range slices.Sorted(maps.Keys(c.factors)) {
		columns = append(columns, real(factorPrefix+name, func(i int) float64 { return c.factors[name][i] }))
	}
	return columns
}

func edgeColumns(c *Connectome) []outColumn {
	row := 0 // of the edge last asked for, which only grows
	columns := []outColumn{
		{"pre", indices, func(k int) parquet.Value {
			for c.edges.Offsets[row+1] <= int64(k) {
				row++
			}
			return parquet.Int32Value(int32(row))
		}},
		{"post", indices, func(k int) parquet.Value { return parquet.Int32Value(c.edges.Targets[k]) }},
	}
	if c.synapses != nil {
		columns = append(columns, outColumn{"synapses", indices, func(k int) parquet.Value { return parquet.Int32Value(c.synapses[k]) }})
	}
	if c.sizes != nil {
		columns = append(columns, outColumn{"size", reals, func(k int) parquet.Value { return parquet.DoubleValue(c.sizes[k]) }})
	}
	return columns
}

// writeParquet writes a table, column by column, in groups of rows.
func writeParquet(ctx context.Context, path string, rows int, columns []outColumn, meta map[string]string) (err error) {
	defer recovered(path, "", &err)
	schema := parquet.Group{}
	for _, c := range columns {
		schema[c.name] = parquet.Compressed(c.node, &parquet.Zstd)
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	buffered := bufio.NewWriterSize(f, 1<<18)
	options := []parquet.WriterOption{parquet.NewSchema("table", schema), parquet.CreatedBy("cortigen", pairVersion, ""), parquet.DataPageStatistics(false)}
	for _, key := range slices.Sorted(maps.Keys(meta)) {
		options = append(options, parquet.KeyValueMetadata(key, meta[key]))
	}
	config, err := parquet.NewWriterConfig(options...)
	if err != nil {
		return err
	}
	w := parquet.NewGenericWriter[any](buffered, config)
	// The schema orders columns by name.
	slices.SortFunc(columns, func(a, b outColumn) int { return strings.Compare(a.name, b.name) })
	for first := 0; first < rows; first += groupRows {
		if err := writeGroup(ctx, w, columns, first, min(first+groupRows, rows)); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return buffered.Flush()
}

func writeGroup(ctx context.Context, w *parquet.GenericWriter[any], columns []outColumn, first, end int) error {
	values := make([]parquet.Value, 0, cursorValues)
	for k, column := range w.ColumnWriters() {
		for at := first; at < end; at += cursorValues {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			values = values[:0]
			for row := at; row < min(at+cursorValues, end); row++ {
				values = append(values, columns[k].value(row))
			}
			if _, err := column.WriteRowValues(values); err != nil {
				return fmt.Errorf("column %q: %w", columns[k].name, err)
			}
		}
		if err := column.Close(); err != nil {
			return fmt.Errorf("column %q: %w", columns[k].name, err)
		}
	}
	return w.Flush()
}
