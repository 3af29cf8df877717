package connectome

import (
	"bytes"
	"context"
	_ "embed" // the scripts
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Pair tables for simulators, which are only written. Each is a folder with the
// connections, the neurons (neurons.csv) and a short script that loads both;
// lines that begin with # state the rule of weights and delays (SimulatorConfig)
// at the head of each table of connections.
//
//   - nest: connections.csv with source and target (from 1), weight in pA, delay
//     in ms and synapse_model.
//   - brian2: connections.csv with i and j (from 0), weight in mV, by which a
//     spike moves the potential, and delay in ms.
//   - pynn: excitatory.txt and inhibitory.txt, as PyNN's FromFileConnector reads
//     them: i and j (from 0), weight in µS, above 0 in both since the receptor
//     tells the sign, and delay in ms.
func simulators() []format {
	var all []format
	for _, s := range []simulator{
		{name: "nest", title: "pair table for NEST, signed pA and ms", unit: "pA", weight: 87.8, script: loadNEST, tables: nestTables},
		{name: "brian2", title: "pair table for Brian2, signed mV and ms", unit: "mV", weight: 0.15, script: loadBrian2, tables: brian2Tables},
		{name: "pynn", title: "connector files for PyNN, µS and ms", unit: "uS", weight: 0.0005, script: loadPyNN, tables: pyNNTables},
	} {
		all = append(all, format{Format: Format{Name: s.name, Title: s.title, Folder: true}, save: s.save})
	}
	return all
}

var (
	//go:embed load_nest.py
	loadNEST string
	//go:embed load_brian2.py
	loadBrian2 string
	//go:embed load_pynn.py
	loadPyNN string
)

type simulator struct {
	name, title, unit string
	// weight is that of a synapse by default.
	weight float64
	script string
	tables func(all []connection) map[string]simulatorTable
}

// simulatorTable is a table of connections, without what states the rule.
type simulatorTable struct {
	separator rune
	rows      [][]string
}

func (s simulator) save(ctx context.Context, c *Connectome, dir string, w Writing) error {
	if err := w.Simulator.Validate(); err != nil {
		return err
	}
	config := w.Simulator.withDefaults(s.weight)
	all, err := config.connections(c)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("connectome: %w", err)
	}
	head := config.rule(c, s.unit)
	for name, table := range s.tables(all) { // each its own file, so in any order
		if err := writeRuled(filepath.Join(dir, name), head, table); err != nil {
			return err
		}
	}
	if err := writeRuled(filepath.Join(dir, "neurons.csv"), nil, listedNeurons(c)); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "load_"+s.name+".py"), []byte(s.script), 0o644)
}

// writeRuled writes a table below lines that say what it is.
func writeRuled(path string, head []string, t simulatorTable) error {
	var b bytes.Buffer
	if t.separator == '\t' {
		head = pyNNHead(head)
	}
	for _, line := range head {
		fmt.Fprintf(&b, "# %s\n", strings.Map(oneLine, line))
	}
	out := csv.NewWriter(&b)
	out.Comma = t.separator
	if err := out.WriteAll(t.rows); err != nil {
		return fmt.Errorf("connectome: %s: %w", path, err)
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}

// pyNNHead makes lines as PyNN's text files have them: a name, one equals sign
// and a Python list. PyNN evaluates the list, so texts in it, in which a
// reconstruction's name stands, are quoted to the last letter.
func pyNNHead(lines []string) []string {
	var quoted []string
	for _, line := range lines {
		quoted = append(quoted, strings.ReplaceAll(strconv.QuoteToASCII(line), "=", ":"))
	}
	return []string{`columns = ["i", "j", "weight", "delay"]`, "rule = [" + strings.Join(quoted, ", ") + "]"}
}

// oneLine keeps a name from ending a line of comment.
func oneLine(r rune) rune {
	if r < ' ' || r == '\u2028' || r == '\u2029' || r == '\u0085' {
		return ' '
	}
	return r
}

func decimal(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

// listedNeurons is neurons.csv: row k is neuron k of the connections.
func listedNeurons(c *Connectome) simulatorTable {
	t := simulatorTable{separator: ',', rows: [][]string{{"index", "id", "class", "layer", "sign", "x_um", "y_um", "depth_um"}}}
	place := func(x float64) string {
		if math.IsNaN(x) {
			return ""
		}
		return decimal(x)
	}
	for i := range c.Len() {
		n := c.Neuron(i)
		t.rows = append(t.rows, []string{
			strconv.Itoa(i), n.ID, string(n.Class), string(n.Layer), strings.Trim(n.Sign.String(), "?"),
			place(n.Position.X), place(n.Position.Y), place(n.Position.Depth),
		})
	}
	return t
}

func nestTables(all []connection) map[string]simulatorTable {
	t := simulatorTable{separator: ',', rows: [][]string{{"source", "target", "weight_pA", "delay_ms", "synapse_model"}}}
	for _, c := range all {
		t.rows = append(t.rows, []string{strconv.Itoa(c.pre + 1), strconv.Itoa(c.post + 1), decimal(c.weight), decimal(c.delay), "static_synapse"})
	}
	return map[string]simulatorTable{"connections.csv": t}
}

func brian2Tables(all []connection) map[string]simulatorTable {
	t := simulatorTable{separator: ',', rows: [][]string{{"i", "j", "weight_mV", "delay_ms"}}}
	for _, c := range all {
		t.rows = append(t.rows, []string{strconv.Itoa(c.pre), strconv.Itoa(c.post), decimal(c.weight), decimal(c.delay)})
	}
	return map[string]simulatorTable{"connections.csv": t}
}

// pyNNTables parts edges by receptor.
func pyNNTables(all []connection) map[string]simulatorTable {
	tables := map[string]simulatorTable{}
	for _, name := range []string{"excitatory.txt", "inhibitory.txt"} {
		tables[name] = simulatorTable{separator: '\t'}
	}
	for _, c := range all {
		name := "excitatory.txt"
		if math.Signbit(c.weight) {
			name = "inhibitory.txt"
		}
		t := tables[name]
		t.rows = append(t.rows, []string{strconv.Itoa(c.pre), strconv.Itoa(c.post), decimal(math.Abs(c.weight)), decimal(c.delay)})
		tables[name] = t
	}
	return tables
}
