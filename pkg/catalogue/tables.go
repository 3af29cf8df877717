package catalogue

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/cortigen/cortigen/pkg/artifact"
)

// Tables is a way of turning what was fetched into tables that connectome.Open
// reads.
type Tables string

const (
	// NoTables leaves the files as they are.
	NoTables Tables = ""
	// MatrixTables reads matrices.json of cect, {nodes, connections: {Generic_CS,
	// Generic_GJ}}, a matrix of chemical synapses and one of gap junctions with a
	// row for each presynaptic cell.
	MatrixTables Tables = "matrices.json"
	// LabelledTables reads adjacency.txt, a row of counts for each presynaptic
	// neuron, and labels.txt, a class for each.
	LabelledTables Tables = "adjacency.txt"
)

var makers = map[Tables]func(folder string) (nodes, edges [][]string, from []string, err error){
	NoTables:       nil,
	MatrixTables:   matrixTables,
	LabelledTables: labelledTables,
}

// make writes nodes.csv and edgelist.csv as neuropull has them.
func (f *Fetcher) make(ctx context.Context, tables Tables, folder string) ([]Kept, error) {
	maker := makers[tables]
	if maker == nil {
		return nil, ctx.Err()
	}
	f.say(Event{File: "nodes.csv and edgelist.csv", Stage: Making})
	nodes, edges, from, err := maker(folder)
	if err != nil {
		return nil, err
	}
	var made []Kept
	for _, table := range []struct {
		file string
		rows [][]string
	}{{"nodes.csv", nodes}, {"edgelist.csv", edges}} {
		var text bytes.Buffer
		if err := csv.NewWriter(&text).WriteAll(table.rows); err != nil {
			return nil, fmt.Errorf("catalogue: %w", err)
		}
		path := filepath.Join(folder, table.file)
		if err := artifact.WriteFile(path, text.Bytes()); err != nil {
			return nil, err
		}
		sum, err := sumFile(ctx, path, func(int64) {})
		if err != nil {
			return nil, err
		}
		made = append(made, Kept{File: table.file, Size: sum.size, SHA256: sum.sha256, From: strings.Join(from, ", "), Checked: MadeHere})
	}
	return made, nil
}

// matrixTables gives a row to each pair with a chemical synapse, a gap junction, or
// both; the weight is their sum, as in neuropull.
func matrixTables(folder string) (nodes, edges [][]string, from []string, err error) {
	const name = "matrices.json"
	var in struct {
		Nodes       []string               `json:"nodes"`
		Connections map[string][][]float64 `json:"connections"`
	}
	data, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		return nil, nil, nil, fmt.Errorf("catalogue: %w", err)
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return nil, nil, nil, fmt.Errorf("catalogue: %s: %w", name, err)
	}
	nodes = [][]string{{"node_id", "pair", "side"}}
	for _, id := range in.Nodes {
		nodes = append(nodes, []string{id, "", ""})
	}
	chemical, electrical := in.Connections["Generic_CS"], in.Connections["Generic_GJ"]
	for kind, matrix := range map[string][][]float64{"Generic_CS": chemical, "Generic_GJ": electrical} {
		if err := square(matrix, len(in.Nodes)); err != nil {
			return nil, nil, nil, fmt.Errorf("catalogue: %s: matrix %s: %w", name, kind, err)
		}
	}
	edges = [][]string{{"source", "target", "weight", "chemical_weight", "electrical_weight"}}
	for i, pre := range in.Nodes {
		for j, post := range in.Nodes {
			if c, g := chemical[i][j], electrical[i][j]; c > 0 || g > 0 {
				edges = append(edges, []string{pre, post, count(c + g), count(c), count(g)})
			}
		}
	}
	return nodes, edges, []string{name}, nil
}

// count writes a number of synapses; none is empty, as in neuropull.
func count(x float64) string {
	if x == 0 {
		return ""
	}
	return strconv.FormatInt(int64(x), 10)
}

// square checks that a matrix has n rows of n counts.
func square(matrix [][]float64, n int) error {
	if len(matrix) != n || n == 0 {
		return fmt.Errorf("%d rows, want one for each of %d neurons", len(matrix), n)
	}
	for i, row := range matrix {
		if len(row) != n {
			return fmt.Errorf("row %d has %d numbers, want %d", i+1, len(row), n)
		}
		for j, x := range row {
			if x < 0 || x > math.MaxInt32 || x != math.Trunc(x) {
				return fmt.Errorf("row %d, column %d: %g is not a number of synapses", i+1, j+1, x)
			}
		}
	}
	return nil
}

// labelledTables numbers the neurons from 1, in the order of the file.
func labelledTables(folder string) (nodes, edges [][]string, from []string, err error) {
	const adjacency, labels = "adjacency.txt", "labels.txt"
	rows, err := os.ReadFile(filepath.Join(folder, adjacency))
	if err != nil {
		return nil, nil, nil, fmt.Errorf("catalogue: %w", err)
	}
	classes, err := os.ReadFile(filepath.Join(folder, labels))
	if err != nil {
		return nil, nil, nil, fmt.Errorf("catalogue: %w", err)
	}
	var matrix [][]float64
	for line := range strings.Lines(string(rows)) {
		var row []float64
		for _, word := range strings.Fields(line) {
			x, err := strconv.ParseFloat(word, 64)
			if err != nil {
				return nil, nil, nil, fmt.Errorf("catalogue: %s: line %d: %q is not a number", adjacency, len(matrix)+1, word)
			}
			row = append(row, x)
		}
		matrix = append(matrix, row)
	}
	names := strings.Fields(string(classes))
	if err := square(matrix, len(names)); err != nil {
		return nil, nil, nil, fmt.Errorf("catalogue: %s (classes from %s): %w", adjacency, labels, err)
	}
	nodes, edges = [][]string{{"node_id", "super_class"}}, [][]string{{"source", "target", "weight"}}
	for i, class := range names {
		nodes = append(nodes, []string{strconv.Itoa(i + 1), class})
		for j, x := range matrix[i] {
			if x > 0 {
				edges = append(edges, []string{strconv.Itoa(i + 1), strconv.Itoa(j + 1), count(x)})
			}
		}
	}
	return nodes, edges, []string{adjacency, labels}, nil
}
