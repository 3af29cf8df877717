package connectome

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// savePlain writes neurons.csv and edges.csv into a folder.
func savePlain(ctx context.Context, c *Connectome, path string, _ Writing) error {
	neurons := func(w *bufio.Writer) error { return writeNeurons(ctx, c, w) }
	edges := func(w *bufio.Writer) error { return writeEdges(ctx, c, w) }
	if err := writeTable(filepath.Join(path, neuronStems[0]+".csv"), neurons); err != nil {
		return err
	}
	return writeTable(filepath.Join(path, edgeStems[0]+".csv"), edges)
}

func writeTable(path string, write func(w *bufio.Writer) error) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriterSize(f, 1<<18)
	if err := write(w); err != nil {
		return err
	}
	return w.Flush()
}

// header writes the first line. Names that would not be read as they are, are an
// error.
func writeHeader(w *csv.Writer, names []string) error {
	for k, name := range names {
		switch {
		case name != headerWord(name) || checkText(name) != nil:
			return fmt.Errorf("%q cannot be the name of a column: leave out blanks around it and line breaks", name)
		case slices.Contains(names[:k], name):
			return fmt.Errorf("two columns would be called %q", name)
		}
	}
	return w.Write(names)
}

func writeNeurons(ctx context.Context, c *Connectome, out *bufio.Writer) error {
	w := csv.NewWriter(out)
	factors := slices.Sorted(maps.Keys(c.factors))
	header := []string{idAliases[0], classAliases[0], layerAliases[0], signAliases[0], "x_um", "y_um", "depth_um"}
	if c.observed != nil {
		header = append(header, observedAliases[0])
	}
	for _, name := range factors {
		header = append(header, factorPrefix+name)
	}
	if err := writeHeader(w, header); err != nil {
		return err
	}
	var row []string
	for i, n := range c.neurons {
		if i%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if n.ID == "" || n.ID != strings.TrimSpace(n.ID) {
			return fmt.Errorf("neuron %d has the id %q: give ids that are not empty and have no blanks around them", i, n.ID)
		}
		for _, text := range []string{n.ID, string(n.Class), string(n.Layer)} {
			if err := checkText(text); err != nil {
				return fmt.Errorf("neuron %d (id %q): %w", i, n.ID, err)
			}
		}
		sign := n.Sign.String()
		if n.Sign == 0 {
			sign = ""
		}
		at := n.Position
		if !at.Known() {
			at.X, at.Y, at.Depth = math.NaN(), math.NaN(), math.NaN()
		}
		row = append(row[:0], n.ID, string(n.Class), string(n.Layer), sign, exactly(at.X), exactly(at.Y), exactly(at.Depth))
		if c.observed != nil {
			row = append(row, strconv.Itoa(oneIf(c.observed[i])))
		}
		for _, name := range factors {
			row = append(row, exactly(c.factors[name][i]))
		}
		if err := w.Write(row); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

func oneIf(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// exactly writes a number so that it is read back to the bit; nothing for NaN.
func exactly(x float64) string {
	if math.IsNaN(x) {
		return ""
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}

func writeEdges(ctx context.Context, c *Connectome, out *bufio.Writer) error {
	w := csv.NewWriter(out)
	header := []string{endAliases[0][0], endAliases[0][1]}
	if c.synapses != nil {
		header = append(header, countAliases[0])
	}
	if c.sizes != nil {
		size := sizeAliases[0]
		if c.sizeUnit != "" {
			size += "[" + c.sizeUnit + "]"
		}
		header = append(header, size)
	}
	if err := writeHeader(w, header); err != nil {
		return err
	}
	w.Flush()
	ids := make([][]byte, len(c.neurons))
	for i, n := range c.neurons {
		ids[i] = quoted(n.ID)
	}
	var line []byte
	for i := range c.neurons {
		if i%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		for e := c.edges.Offsets[i]; e < c.edges.Offsets[i+1]; e++ {
			line = append(append(append(line[:0], ids[i]...), ','), ids[c.edges.Targets[e]]...)
			if c.synapses != nil {
				line = strconv.AppendInt(append(line, ','), int64(c.synapses[e]), 10)
			}
			if c.sizes != nil {
				line = append(append(line, ','), exactly(c.sizes[e])...)
			}
			if _, err := out.Write(append(line, '\n')); err != nil {
				return err
			}
		}
	}
	return w.Error()
}

// quoted is a field as a CSV file has it.
func quoted(field string) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write([]string{field}) // into memory
	w.Flush()
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
