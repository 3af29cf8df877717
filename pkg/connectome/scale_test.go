package connectome_test

import (
	"bufio"
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/seed"
	"github.com/cortigen/cortigen/pkg/structure"
)

// The size of the graph that speed is measured on: about that of the neurons and
// connections of MICrONS minnie65.
const (
	scaleNeurons = 67_534
	scaleEdges   = 10_400_000
)

// scaled is a graph on a sheet of cortex: out-degrees and the neurons' draw for
// inputs are lognormal, and targets lie at distances of exponential law. It is the
// same on any number of cores.
func scaled(tb testing.TB, neurons, edges int) connectome.Data {
	tb.Helper()
	const (
		side, depth = 1600., 1000. // µm; the sheet is 2 side × side
		reach       = 180.         // mean distance of a target, µm
		cell        = 50.          // of the grid in which targets are looked for, µm
		spread      = .9           // sd of the logarithms of degrees
	)
	rng := rand.New(rand.NewPCG(67534, 104))
	d := connectome.Data{Name: "scale", Neurons: make([]circuit.Neuron, neurons)}
	nx, ny := int(2*side/cell), int(side/cell)
	inCell := make([][]int32, nx*ny)
	draw := make([][]float64, nx*ny) // running sums
	degree := make([]float64, neurons)
	total := 0.0
	for i := range d.Neurons {
		x, y := 2*side*rng.Float64(), side*rng.Float64()
		class, sign := circuit.Class("E"), circuit.Excitatory
		if i%6 == 0 {
			class, sign = "I", circuit.Inhibitory
		}
		d.Neurons[i] = circuit.Neuron{ID: strconv.Itoa(i), Class: class, Sign: sign, Position: circuit.Position{X: x, Y: y, Depth: depth * rng.Float64()}}
		k := int(y/cell)*nx + int(x/cell)
		before := 0.0
		if len(draw[k]) > 0 {
			before = draw[k][len(draw[k])-1]
		}
		inCell[k], draw[k] = append(inCell[k], int32(i)), append(draw[k], before+math.Exp(spread*rng.NormFloat64()))
		if degree[i] = math.Exp(spread * rng.NormFloat64()); i%5 == 0 {
			degree[i] = 0 // an axon that nobody followed: components are more than one
		}
		total += degree[i]
	}
	begin := make([]int, neurons+1)
	sum := 0.0
	for i := range degree {
		sum += degree[i]
		begin[i+1] = int(float64(edges)*sum/total + .5)
	}
	d.Pairs = make([]circuit.Pair, begin[neurons])
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	const chunk = 512
	for from := 0; from < neurons; from += chunk {
		group.Go(func() error {
			taken := make([]int32, neurons)
			for i := from; i < min(from+chunk, neurons); i++ {
				rng := rand.New(rand.NewPCG(67534, uint64(i)))
				at := d.Neurons[i].Position
				taken[i] = int32(i) + 1
				for k := begin[i]; k < begin[i+1]; {
					angle, far := 2*math.Pi*rng.Float64(), reach/2*(rng.ExpFloat64()+rng.ExpFloat64())
					x, y := at.X+far*math.Cos(angle), at.Y+far*math.Sin(angle)
					if x < 0 || x >= 2*side || y < 0 || y >= side {
						continue
					}
					c := int(y/cell)*nx + int(x/cell)
					if len(draw[c]) == 0 {
						continue
					}
					which, _ := slices.BinarySearch(draw[c], rng.Float64()*draw[c][len(draw[c])-1])
					if j := inCell[c][which]; taken[j] != int32(i)+1 {
						taken[j] = int32(i) + 1
						d.Pairs[k] = circuit.Pair{Pre: int32(i), Post: j}
						k++
					}
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		tb.Fatal(err)
	}
	rand.New(rand.NewPCG(1, 104)).Shuffle(len(d.Pairs), func(a, b int) { d.Pairs[a], d.Pairs[b] = d.Pairs[b], d.Pairs[a] })
	return d
}

// scaleGraph is made once for all benchmarks.
var scaleGraph = sync.OnceValues(func() (connectome.Data, error) {
	d := scaled(&testing.B{}, scaleNeurons, scaleEdges)
	return d, nil
})

// layScale writes the edges as a table, in no order.
func layScale(tb testing.TB, path string, d connectome.Data) {
	tb.Helper()
	f, err := os.Create(path)
	if err != nil {
		tb.Fatal(err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	fmt.Fprintln(w, "pre,post")
	var line []byte
	for _, p := range d.Pairs {
		line = strconv.AppendInt(line[:0], int64(p.Pre), 10)
		line = strconv.AppendInt(append(line, ','), int64(p.Post), 10)
		if _, err := w.Write(append(line, '\n')); err != nil {
			tb.Fatal(err)
		}
	}
	if err := cmp.Or(w.Flush(), f.Close()); err != nil {
		tb.Fatal(err)
	}
}

func benchmarkTissue(b *testing.B) *connectome.Connectome {
	b.Helper()
	d, err := scaleGraph()
	if err != nil {
		b.Fatal(err)
	}
	c, err := connectome.New(d)
	if err != nil {
		b.Fatal(err)
	}
	return c
}

func BenchmarkScaleLoad(b *testing.B) {
	d, err := scaleGraph()
	if err != nil {
		b.Fatal(err)
	}
	path := filepath.Join(b.TempDir(), "edges.csv")
	layScale(b, path, d)
	for b.Loop() {
		c, err := connectome.Open(b.Context(), path)
		if err != nil {
			b.Fatal(err)
		}
		if c.Edges() != scaleEdges {
			b.Fatalf("%d edges", c.Edges())
		}
	}
}

func BenchmarkScaleNew(b *testing.B) {
	d, err := scaleGraph()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := connectome.New(d); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkScaleCut(b *testing.B) {
	c := benchmarkTissue(b)
	p, err := connectome.NewPartition(c, connectome.SplitConfig{})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := connectome.Columns(b.Context(), c, p, connectome.Train, 1000, connectome.ColumnConfig{MinNeurons: 100, MaxNeurons: 100}, seed.Seed(1)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkScaleDegrees(b *testing.B) {
	g := benchmarkTissue(b).CSR()
	for b.Loop() {
		g.OutDegrees()
		g.InDegrees()
	}
}

func BenchmarkScaleReciprocity(b *testing.B) {
	g := benchmarkTissue(b).CSR()
	for b.Loop() {
		g.Mutual()
	}
}

func BenchmarkScaleComponents(b *testing.B) {
	g := benchmarkTissue(b).CSR()
	for b.Loop() {
		if _, err := structure.StrongComponents(b.Context(), g); err != nil {
			b.Fatal(err)
		}
	}
}
