package connectome

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/internal/outside"
	"github.com/cortigen/cortigen/pkg/seed"
)

func mutual(c *Connectome) int {
	count := 0
	for i := range c.Len() {
		for _, j := range c.CSR().Row(i) {
			if int(j) > i && c.CSR().Has(int(j), i) {
				count++
			}
		}
	}
	return count
}

func synapses(c *Connectome) int {
	sum := 0
	for _, n := range c.Synapses() {
		sum += int(n)
	}
	return sum
}

// Counts of neurons, edges, synapses and classes are those that the packs'
// PROVENANCE.md gives; the counts of mutual pairs are, for minnie65, that of its
// reciprocity of .35 and, for pinky100, that of Turner et al. 2022
// (doi:10.1016/j.cell.2022.01.023). Sums of synapses leave out autapses.
func TestPublished(t *testing.T) {
	for _, c := range []struct {
		pack, layout            string
		neurons, edges          int
		mutual, synapses        int
		excitatory, autapses    int
		first                   string // id of the first neuron
		classes                 int
		placed                  int
		droppedNeurons, dropped int // other than autapses
	}{
		{"bbp-rat-sscx-column", "rat SSCx column", 6719, 836167, 12534, 0, 5852, 0, "0", 11, 6719, 0, 0},
		// Rows of 346 unproofread neurons are masked; edges are the 6,714 of the 249
		// onto all, and 1,354 that were seen of the others. Counted by hand with csv
		// and sets in Python, from the pack's tables.
		{"microns-minnie65-v117", "MICrONS minnie65", 595, 8068, 451, 17796, 499, 0, "864691134884807418", 0, 594, 0, 177778},
		{"microns-pinky100-v185", "MICrONS pinky100", 334, 1734, 31, 1959, 334, 0, "648518346349540057", 1, 334, 122, 122},
		{"drosophila-larva-winding2023", "Drosophila larva", 3066, 110677 - 537, 14150, 351828, 0, 537, "2206279", 18, 0, 0, 0},
		{"celegans-cook2019-hermaphrodite", "C. elegans", 473, 4841, 669, 27996, 0, 38, "ADAL", 1, 0, 0, 2068},
		{"allen-v1-l4-model-sonata", "V1 layer-4", 449, 9417, 941, 47020, 0, 0, "0", 7, 449, 0, 0},
	} {
		t.Run(c.pack, func(t *testing.T) {
			dir := outside.Pack(t, c.pack)
			got, err := Open(t.Context(), dir)
			if err != nil {
				t.Fatal(err)
			}
			report := got.Report()
			if !strings.HasPrefix(report.Layout, c.layout) {
				t.Errorf("layout is %q, want %s", report.Layout, c.layout)
			}
			for _, n := range []struct {
				what      string
				got, want int
			}{
				{"neurons", got.Len(), c.neurons}, {"edges", got.Edges(), c.edges}, {"mutual pairs", mutual(got), c.mutual},
				{"synapses", synapses(got), c.synapses}, {"autapses", dropped(report, "autapse"), c.autapses},
				{"drops", dropped(report, "") - c.autapses, c.dropped},
			} {
				if n.got != n.want {
					t.Errorf("%d %s, want %d", n.got, n.what, n.want)
				}
			}
			classes, excitatory, placed := map[circuit.Class]bool{}, 0, 0
			for i := range got.Len() {
				n := got.Neuron(i)
				classes[n.Class] = true
				if n.Sign == circuit.Excitatory {
					excitatory++
				}
				if n.Position.Known() {
					placed++
				}
			}
			if c.classes > 0 && len(classes) != c.classes || c.excitatory > 0 && excitatory != c.excitatory || placed != c.placed {
				t.Errorf("%d classes, %d excitatory, %d with a position, want %d, %d, %d", len(classes), excitatory, placed, c.classes, c.excitatory, c.placed)
			}
			if id := got.Neuron(0).ID; id != c.first {
				t.Errorf("the first id is %q, want %q to the last digit", id, c.first)
			}
			if sum, err := Checksum(dir); err != nil || sum != got.Checksum() {
				t.Errorf("Checksum is %s (%v), want that of Open, %s", sum, err, got.Checksum())
			}
		})
	}
}

// dropped sums drops whose name holds a word.
func dropped(r Report, word string) int {
	sum := 0
	for _, d := range r.Drops {
		if strings.Contains(d.What, word) {
			sum += d.Count
		}
	}
	return sum
}

// In the rat column, layers are stacked: neurons of all layers have the same mean
// place across the sheet.
func TestRatColumnStandsUpright(t *testing.T) {
	c, err := Open(t.Context(), outside.Pack(t, "bbp-rat-sscx-column"))
	if err != nil {
		t.Fatal(err)
	}
	x, y, n := map[circuit.Layer]float64{}, map[circuit.Layer]float64{}, map[circuit.Layer]float64{}
	for i := range c.Len() {
		neuron := c.Neuron(i)
		x[neuron.Layer] += neuron.Position.X
		y[neuron.Layer] += neuron.Position.Y
		n[neuron.Layer]++
	}
	for layer := range n {
		if off := math.Hypot(x[layer]/n[layer], y[layer]/n[layer]); off > 30 {
			t.Errorf("%s lies %.0f µm off the column's axis: the axis is tilted", layer, off)
		}
	}
}

// tilted makes a curved sheet whose frame is turned: depths follow the height
// above a bowl, as in a real cortex.
func TestAlignToDepth(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var d Data
	var z, across []float64
	const tilt = .5
	for i := range 3000 {
		a, b, depth := 200*rng.Float64()-100, 120*rng.Float64()-60, 900*rng.Float64()
		along := depth + .002*a*a // the bowl
		d.Neurons = append(d.Neurons, circuit.Neuron{ID: fmt.Sprint(i), Position: circuit.Position{
			X: a*math.Cos(tilt) - along*math.Sin(tilt), Y: b, Depth: depth,
		}})
		z = append(z, a*math.Sin(tilt)+along*math.Cos(tilt))
		across = append(across, a)
	}
	d.Neurons = append(d.Neurons, circuit.Neuron{ID: "lost", Position: circuit.Position{X: 1, Y: 2, Depth: 3}})
	z = append(z, math.NaN())
	if err := alignToDepth(&d, z); err != nil {
		t.Fatal(err)
	}
	if d.Neurons[3000].Position.Known() {
		t.Error("a neuron without z has a position")
	}
	var sumX, sumDepth, sumXDepth, sumXX, sumDD float64
	for i := range 3000 {
		p := d.Neurons[i].Position
		sumX, sumDepth = sumX+p.X/3000, sumDepth+p.Depth/3000
	}
	worst := 0.
	for i := range 3000 {
		p := d.Neurons[i].Position
		sumXDepth += (p.X - sumX) * (p.Depth - sumDepth)
		sumXX += (p.X - sumX) * (p.X - sumX)
		sumDD += (p.Depth - sumDepth) * (p.Depth - sumDepth)
		worst = max(worst, math.Abs(math.Hypot(p.X, p.Y)-math.Hypot(across[i], d.Neurons[i].Position.Y)))
	}
	if r := sumXDepth / math.Sqrt(sumXX*sumDD); math.Abs(r) > .02 {
		t.Errorf("x correlates with depth by %.3f, want none", r)
	}
	if len(d.Report.Notes) != 1 || !strings.Contains(d.Report.Notes[0], "turned") {
		t.Errorf("notes are %q, want one that says so", d.Report.Notes)
	}
	for name, bad := range map[string][]circuit.Neuron{
		"too few":  d.Neurons[:3],
		"no depth": {{Position: circuit.Position{X: 1}}, {Position: circuit.Position{X: 2}}, {Position: circuit.Position{X: 3}}, {Position: circuit.Position{X: 4}}},
	} {
		if err := alignToDepth(&Data{Neurons: bad}, make([]float64, len(bad))); err == nil {
			t.Errorf("%s is no error", name)
		}
	}
}

// write makes a pack of files; names ending in .gz are compressed.
func write(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, ".gz") {
			z := gzip.NewWriter(f)
			_, err = z.Write([]byte(text))
			err = errors.Join(err, z.Close())
		} else {
			_, err = f.WriteString(text)
		}
		if err = errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const (
	allenNodes = "node_id,cell_type,ei,x_um,y_um,z_um,layer\n"
	allenEdges = "pre,post,n_rows\n"
	threeNodes = allenNodes + "9007199254740993,Rorb,E,0,10,0,4\n9007199254740995,PV1,I,5,20,5,4\nc,,E,,30,1,4\n"
)

func TestOpenCountsWhatItDrops(t *testing.T) {
	dir := write(t, map[string]string{
		"nodes.csv.gz": threeNodes + "c,Rorb,E,1,1,1,4\n",
		"edges.csv":    allenEdges + "9007199254740993,9007199254740995,3\n9007199254740993,9007199254740995,2\n9007199254740995,9007199254740995,1\n9007199254740995,nobody,1\nc,9007199254740993,0\n9007199254740995,c,1\n",
	})
	c, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if c.Len() != 3 || c.Edges() != 2 || synapses(c) != 6 {
		t.Errorf("%d neurons, %d edges, %d synapses, want 3, 2 and 6: repeated edges add up", c.Len(), c.Edges(), synapses(c))
	}
	if c.Neuron(0).ID != "9007199254740993" {
		t.Errorf("an id of more than 53 bits became %s", c.Neuron(0).ID)
	}
	for what, want := range map[string]int{"autapse": 1, "repeated edge": 1, "not in the neuron table": 1, "listed again": 1, "without a synapse": 1} {
		if got := dropped(c.Report(), what); got != want {
			t.Errorf("%d drops are %q, want %d: %+v", got, what, want, c.Report().Drops)
		}
	}
	if c.Neuron(2).Position.Known() || !strings.Contains(c.Report().String(), "1 of 3 neurons have no position") {
		t.Errorf("a missing coordinate is not told: %s", c.Report())
	}
	if n := c.Neuron(2); n.Class != "E" || c.Neuron(1).Class != "PV1" || c.Neuron(1).Sign != circuit.Inhibitory {
		t.Errorf("classes are %q and %q", n.Class, c.Neuron(1).Class)
	}
}

func TestOpenErrors(t *testing.T) {
	edges := allenEdges + "9007199254740993,c,1\n"
	for name, c := range map[string]struct {
		nodes, edges string
		want         []string
	}{
		"not a number":         {strings.Replace(threeNodes, "5,20,5", "5,x,5", 1), edges, []string{"nodes.csv", "line 3", `column "y_um"`, `"x" is not a finite number`}},
		"infinite position":    {strings.Replace(threeNodes, "5,20,5", "5,Inf,5", 1), edges, []string{"line 3", `column "y_um"`}},
		"wrong sign":           {strings.Replace(threeNodes, "PV1,I", "PV1,glia", 1), edges, []string{"line 3", `column "ei"`, `"glia"`}},
		"short row":            {threeNodes + "d,e\n", edges, []string{"nodes.csv", "line 5", "2 fields, the header has 7"}},
		"no id":                {threeNodes + ",Rorb,E,1,1,1,4\n", edges, []string{"line 5", "without an id"}},
		"count is no number":   {threeNodes, edges + "c,9007199254740993,many\n", []string{"edges.csv", "line 3", `column "n_rows"`, `"many" is not a count`}},
		"negative count":       {threeNodes, edges + "c,9007199254740993,-1\n", []string{"line 3", "is not a count"}},
		"half a synapse":       {threeNodes, edges + "c,9007199254740993,1.5\n", []string{"line 3", "is not a count"}},
		"missing column":       {strings.Replace(threeNodes, "cell_type", "type", 1), edges, []string{"nodes.csv", "line 1", `column "cell_type"`, "missing"}},
		"column twice":         {strings.Replace(threeNodes, "x_um,y_um", "x_um,x_um", 1), edges, []string{"nodes.csv", `column "x_um"`, "twice"}},
		"empty file":           {"", edges, []string{"nodes.csv", "empty"}},
		"an unfinished quote":  {threeNodes + "\"d,Rorb,E,1,1,1,4\n", edges, []string{"nodes.csv", "line"}},
		"columns of no layout": {"a,b\n1,2\n", "c,d\n3,4\n", []string{"no known format", "rat SSCx column", "it has edges.csv, nodes.csv"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(t.Context(), write(t, map[string]string{"nodes.csv": c.nodes, "edges.csv": c.edges}))
			if err == nil {
				t.Fatal("is no error")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error does not say %q: %v", want, err)
				}
			}
		})
	}
}

func TestOpenWrongPlaces(t *testing.T) {
	dir := write(t, map[string]string{"nodes.csv": threeNodes, "nodes.csv.gz": ""})
	if _, err := Open(t.Context(), filepath.Join(dir, "none")); err == nil || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a folder that is not there gives %v", err)
	}
	if _, err := Open(t.Context(), t.TempDir()); err == nil || !strings.Contains(err.Error(), "no files") {
		t.Errorf("an empty folder gives %v", err)
	}
	broken := write(t, map[string]string{"edges.csv": allenEdges})
	if err := os.WriteFile(filepath.Join(broken, "nodes.csv.gz"), []byte("plain text"), 0o644); err != nil {
		t.Fatal(err)
	}
	var parse *ParseError
	if _, err := Open(t.Context(), broken); !errors.As(err, &parse) || !strings.Contains(err.Error(), "not a gzip file") {
		t.Errorf("a .gz that is none gives %v", err)
	}
}

func TestOpenIsCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := write(t, map[string]string{"nodes.csv": threeNodes, "edges.csv": allenEdges})
	if _, err := Open(ctx, dir); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want the context's", err)
	}
}

// A changed byte is another dataset.
func TestChecksumFollowsContent(t *testing.T) {
	sum := func(edges string) string {
		t.Helper()
		s, err := Checksum(write(t, map[string]string{"nodes.csv": threeNodes, "edges.csv": edges}))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if a := sum(allenEdges); a != sum(allenEdges) || a == sum(allenEdges+"c,9007199254740993,1\n") {
		t.Error("the checksum does not follow what the files hold")
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(threeNodes, allenEdges+"c,9007199254740993,1\n")
	f.Add(allenNodes+"a,b,c\n", allenEdges+"\"\n")
	f.Add("node_id,super_class\n1,x\n", "source,target,weight\n1,1,2\n")
	f.Fuzz(func(t *testing.T, nodes, edges string) {
		dir := write(t, map[string]string{"nodes.csv": nodes, "edges.csv": edges})
		c, err := Open(t.Context(), dir)
		if err != nil {
			return // said, not panicked
		}
		if c.Edges() > strings.Count(edges, "\n")+1 || c.Report().Neurons != c.Len() {
			t.Errorf("%d edges, %d neurons reported as %d", c.Edges(), c.Len(), c.Report().Neurons)
		}
	})
}

// sheet makes a flat sheet of tissue with a random graph.
func sheet(t *testing.T, n int, width, height float64) *Connectome {
	t.Helper()
	rng := rand.New(rand.NewPCG(7, 7))
	d := Data{Name: "sheet", Factors: map[string][]float64{"half": make([]float64, n)}, Observed: make([]bool, n)}
	for i := range n {
		d.Neurons = append(d.Neurons, circuit.Neuron{
			ID: fmt.Sprint(i), Class: circuit.Class([]string{"A", "B"}[rng.IntN(2)]),
			Position: circuit.Position{X: width * rng.Float64(), Y: height * rng.Float64(), Depth: 500 * rng.Float64()},
		})
		d.Observed[i] = i%10 > 0
		if d.Neurons[i].Position.X > width/2 {
			d.Factors["half"][i] = 1
		}
		for range 10 {
			if j := rng.IntN(n); j != i {
				d.Edges = append(d.Edges, circuit.Edge{Pre: i, Post: j})
			}
		}
	}
	c, err := New(d)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var counts = map[Split]int{Train: 40, Validation: 10, Test: 20}

func TestSample(t *testing.T) {
	for name, c := range map[string]*Connectome{"wide": sheet(t, 6000, 900, 500), "tall": sheet(t, 6000, 400, 1000)} {
		t.Run(name, func(t *testing.T) {
			s, err := NewSample(t.Context(), c, SplitConfig{}, ColumnConfig{}, counts, 3)
			if err != nil {
				t.Fatal(err)
			}
			all := map[Split][]*circuit.Circuit{Train: s.Train, Validation: s.Validation, Test: s.Test}
			blocks := map[string]Block{}
			for _, b := range s.Partition.Blocks {
				blocks[b.Name] = b
			}
			for split, columns := range all {
				if len(columns) != counts[split] {
					t.Errorf("%d columns for %s, want %d", len(columns), split, counts[split])
				}
				for _, column := range columns {
					o := column.Origin()
					b, named := blocks[o.Region]
					if !named || b.Split != split || o.Split != string(split) {
						t.Fatalf("a column for %s is of block %q, split %q", split, o.Region, o.Split)
					}
					if column.Len() < 81 || column.Len() > 100 {
						t.Errorf("a column has %d neurons, want 81 to 100", column.Len())
					}
					if f := o.Factors["half"]; f < 0 || f > 1 || math.IsNaN(f) {
						t.Errorf("the factor is %g, want a mean of 0 and 1", f)
					}
					if column.FullyObserved() {
						t.Error("the mask was lost")
					}
					complete(t, c, column, b)
				}
			}
			for _, pair := range [][2]Split{{Train, Validation}, {Train, Test}, {Validation, Test}} {
				if n := Shared(all[pair[0]], all[pair[1]]); n != 0 {
					t.Errorf("%s and %s share %d neurons", pair[0], pair[1], n)
				}
			}
			apart(t, s.Partition)
		})
	}
}

// complete checks that a column holds all neurons of its cylinder: it was not
// cut off at a border.
func complete(t *testing.T, c *Connectome, column *circuit.Circuit, b Block) {
	t.Helper()
	in := map[string]bool{}
	var x0, x1, y0, y1 = math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for _, n := range column.Neurons() {
		in[n.ID] = true
		x0, x1 = min(x0, n.Position.X), max(x1, n.Position.X)
		y0, y1 = min(y0, n.Position.Y), max(y1, n.Position.Y)
	}
	r := column.Origin().Radius
	if x1-x0 > 2*r || y1-y0 > 2*r || x0 < b.X0 || x1 > b.X1 || y0 < b.Y0 || y1 > b.Y1 {
		t.Errorf("a column of radius %.1f spans %.1f × %.1f µm, or leaves its block", r, x1-x0, y1-y0)
	}
	// The centre is not kept, but the middle of the span is near it: a disc well
	// inside must have no neuron that the column lacks.
	centre := circuit.Position{X: (x0 + x1) / 2, Y: (y0 + y1) / 2}
	for i := range c.Len() {
		n := c.Neuron(i)
		if n.Position.Horizontal(centre) < .6*r && !in[n.ID] {
			t.Errorf("neuron %s lies within a column that lacks it", n.ID)
		}
	}
}

// apart checks that blocks of different splits keep the gap, and none overlap.
func apart(t *testing.T, p *Partition) {
	t.Helper()
	for i, a := range p.Blocks {
		for _, b := range p.Blocks[i+1:] {
			dx, dy := max(a.X0-b.X1, b.X0-a.X1), max(a.Y0-b.Y1, b.Y0-a.Y1)
			distance := max(dx, dy)
			if a.Split != b.Split && distance < p.Gap-1e-9 || distance < -1e-9 {
				t.Errorf("blocks %s and %s are %.1f µm apart, the gap is %.1f", a.Name, b.Name, distance, p.Gap)
			}
		}
	}
	if p.Gap < p.Radius {
		t.Errorf("the gap, %.1f µm, is less than a column's radius, %.1f", p.Gap, p.Radius)
	}
}

// Random splits of overlapping columns share neurons in masses.
func TestRandomSplitLeaks(t *testing.T) {
	s, err := NewSample(t.Context(), sheet(t, 6000, 900, 500), SplitConfig{}, ColumnConfig{}, counts, 3)
	if err != nil {
		t.Fatal(err)
	}
	if n := Shared(s.Train[:20], s.Train[20:]); n < 200 {
		t.Errorf("two halves of the training columns share %d neurons: is the leak gone?", n)
	}
}

func TestColumnsDependOnSeedAndIndexOnly(t *testing.T) {
	c := sheet(t, 6000, 900, 500)
	p, err := NewPartition(c, SplitConfig{})
	if err != nil {
		t.Fatal(err)
	}
	ids := func(count int, s seed.Seed) [][]string {
		t.Helper()
		columns, err := Columns(t.Context(), c, p, Train, count, ColumnConfig{}, s)
		if err != nil {
			t.Fatal(err)
		}
		var all [][]string
		for _, column := range columns {
			var ids []string
			for _, n := range column.Neurons() {
				ids = append(ids, n.ID)
			}
			all = append(all, ids)
		}
		return all
	}
	few, many := ids(5, 1), ids(15, 1)
	for i := range few {
		if !slices.Equal(few[i], many[i]) {
			t.Errorf("column %d depends on how many are cut", i)
		}
	}
	if slices.Equal(few[0], ids(1, 2)[0]) {
		t.Error("another seed gives the same column")
	}
}

func TestCutErrors(t *testing.T) {
	small := sheet(t, 300, 100, 100)
	if _, err := NewPartition(small, SplitConfig{}); err == nil || !strings.Contains(err.Error(), "too small") {
		t.Errorf("small tissue gives %v", err)
	}
	nowhere, err := New(Data{Name: "x", Neurons: []circuit.Neuron{{ID: "a", Position: circuit.NoPosition()}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewPartition(nowhere, SplitConfig{}); err == nil || !strings.Contains(err.Error(), "positions") {
		t.Errorf("tissue without positions gives %v", err)
	}
	line := Data{Name: "x"}
	for i := range 500 {
		line.Neurons = append(line.Neurons, circuit.Neuron{ID: fmt.Sprint(i), Position: circuit.Position{X: float64(i), Y: 2 * float64(i)}})
	}
	onALine, err := New(line)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewPartition(onALine, SplitConfig{}); err == nil {
		t.Error("somata on a line can be split")
	}
	tissue := sheet(t, 6000, 900, 500)
	p, err := NewPartition(tissue, SplitConfig{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Columns(t.Context(), tissue, p, "other", 1, ColumnConfig{}, 1); err == nil || !strings.Contains(err.Error(), `"other"`) {
		t.Errorf("an unknown split gives %v", err)
	}
	if _, err := Columns(t.Context(), tissue, p, Train, 1, ColumnConfig{MinNeurons: 3000, MaxNeurons: 3100}, 1); err == nil || !strings.Contains(err.Error(), "3000 to 3100 neurons") {
		t.Errorf("columns that do not fit give %v", err)
	}
	if _, err := Columns(t.Context(), tissue, p, Train, 1, ColumnConfig{MinNeurons: 9, MaxNeurons: 3}, 1); err == nil {
		t.Error("an empty band is no error")
	}
	for _, bad := range []SplitConfig{{TrainShare: 1}, {TrainShare: .6, ValidationShare: .4}, {Gap: -1}, {Side: 2}, {Neurons: -1}} {
		if err := bad.Validate(); err == nil {
			t.Errorf("%+v is no error", bad)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Columns(ctx, tissue, p, Train, 3, ColumnConfig{}, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled cut gives %v", err)
	}
}

func TestNewErrors(t *testing.T) {
	two := []circuit.Neuron{{ID: "a"}, {ID: "a"}}
	_, err := New(Data{Name: "n", Neurons: two, Observed: []bool{true}, Synapses: []int32{1}, Factors: map[string][]float64{"f": {1}}})
	for _, want := range []string{`same id "a"`, "mask of 1 entries for 2", "1 synapse counts for 0 edges", `factor "f" has 1 values`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want one with %q", err, want)
		}
	}
	if _, err := New(Data{Name: "n", Neurons: two[:1], Edges: []circuit.Edge{{Pre: 0, Post: 1}}}); err == nil {
		t.Error("an edge to nowhere is no error")
	}
}

func TestHull(t *testing.T) {
	hull := convexHull([][2]float64{{0, 0}, {4, 0}, {4, 3}, {0, 3}, {2, 1}, {2, 0}, {0, 0}})
	if len(hull) != 4 || area(hull) != 12 {
		t.Errorf("the hull is %v, want the rectangle's four corners", hull)
	}
	for _, c := range []struct {
		x, y, radius float64
		want         bool
	}{{2, 1.5, 1.5, true}, {2, 1.5, 1.51, false}, {.5, 1, .6, false}, {5, 1, .1, false}} {
		if got := insideHull(hull, c.x, c.y, c.radius); got != c.want {
			t.Errorf("a disc of %g round (%g, %g) is inside: %v", c.radius, c.x, c.y, got)
		}
	}
}
