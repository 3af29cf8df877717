package connectome

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/seed"
)

// The cutter as it was first written: every neuron of a block is looked at,
// with maps, sorts and two circuits a column. The fast one must give the same to
// the bit.
type slowCutter struct {
	tissue *Connectome
	part   *Partition
	cfg    ColumnConfig
	blocks []Block
	inside [][]int
	room   []float64
}

func newSlowCutter(c *Connectome, p *Partition, split Split, cfg ColumnConfig) *slowCutter {
	k := &slowCutter{tissue: c, part: p, cfg: cfg.withDefaults(), blocks: p.Of(split)}
	total := 0.0
	k.inside = make([][]int, len(k.blocks))
	for b, block := range k.blocks {
		for i, n := range c.neurons {
			if n.Position.Known() && block.Holds(n.Position.X, n.Position.Y, 0) {
				k.inside[b] = append(k.inside[b], i)
			}
		}
		total += p.room(block)
		k.room = append(k.room, total)
	}
	return k
}

func (k *slowCutter) cut(rng *rand.Rand) (*circuit.Circuit, error) {
	for range tries {
		at := rng.Float64() * k.room[len(k.room)-1]
		b, _ := slices.BinarySearch(k.room, at)
		b = min(b, len(k.blocks)-1)
		block := k.blocks[b]
		x := block.X0 + rng.Float64()*(block.X1-block.X0)
		y := block.Y0 + rng.Float64()*(block.Y1-block.Y0)
		target := k.cfg.MinNeurons + rng.IntN(k.cfg.MaxNeurons-k.cfg.MinNeurons+1)
		chosen, radius := k.bisect(b, x, y, target)
		if chosen == nil || !k.part.fits(block, x, y, radius) {
			continue
		}
		column, err := k.tissue.slowCircuit(chosen)
		if err != nil {
			return nil, err
		}
		origin := column.Origin()
		origin.Split, origin.Region, origin.Radius = string(block.Split), block.Name, radius
		return column.Canonical().WithOrigin(origin), nil
	}
	return nil, fmt.Errorf("none in %d tries", tries)
}

func (k *slowCutter) bisect(block int, x, y float64, target int) (chosen []int, radius float64) {
	centre := circuit.Position{X: x, Y: y}
	type soma struct {
		neuron   int
		distance float64
	}
	somata := make([]soma, len(k.inside[block]))
	for j, i := range k.inside[block] {
		somata[j] = soma{i, k.tissue.neurons[i].Position.Horizontal(centre)}
	}
	slices.SortFunc(somata, func(a, b soma) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.neuron, b.neuron))
	})
	within := func(r float64) int {
		n, _ := slices.BinarySearchFunc(somata, r, func(s soma, r float64) int {
			if s.distance <= r {
				return -1
			}
			return 1
		})
		return n
	}
	if len(somata) < k.cfg.MinNeurons {
		return nil, 0
	}
	low, high := 0.0, somata[len(somata)-1].distance
	for range 60 {
		radius = (low + high) / 2
		switch n := within(radius); {
		case n == target:
			low, high = radius, radius
		case n < target:
			low = radius
		default:
			high = radius
		}
	}
	n := within(radius)
	if n < k.cfg.MinNeurons || n > k.cfg.MaxNeurons {
		return nil, 0
	}
	for _, s := range somata[:n] {
		chosen = append(chosen, s.neuron)
	}
	return chosen, radius
}

func (c *Connectome) slowCircuit(indices []int) (*circuit.Circuit, error) {
	at := make(map[int32]int, len(indices))
	neurons := make([]circuit.Neuron, len(indices))
	var observed []bool
	if c.observed != nil {
		observed = make([]bool, len(indices))
	}
	for k, i := range indices {
		at[int32(i)] = k
		neurons[k] = c.neurons[i]
		if observed != nil {
			observed[k] = c.observed[i]
		}
	}
	var edges []circuit.Edge
	for k, i := range indices {
		for _, j := range c.edges.Row(i) {
			if post, in := at[j]; in {
				edges = append(edges, circuit.Edge{Pre: k, Post: post})
			}
		}
	}
	cut, err := circuit.New(neurons, edges)
	if err != nil {
		return nil, err
	}
	origin := circuit.Origin{Source: c.name}
	if c.factors != nil {
		origin.Factors = make(map[string]float64, len(c.factors))
		for name, values := range c.factors {
			sum := 0.0
			for _, i := range indices {
				sum += values[i]
			}
			origin.Factors[name] = sum / float64(len(indices))
		}
	}
	return cut.WithOrigin(origin).WithObserved(observed)
}

// wiredSheet is tissue with what a cut has to carry. Where step is not 0,
// positions are multiples of it, so that many somata are equally far.
func wiredSheet(t testing.TB, neurons int, side, step float64) *Connectome {
	t.Helper()
	rng := rand.New(rand.NewPCG(uint64(neurons), 7))
	d := Data{Name: "sheet", Observed: make([]bool, neurons), Factors: map[string][]float64{"density": make([]float64, neurons), "e_share": make([]float64, neurons)}}
	place := func(span float64) float64 {
		x := span * rng.Float64()
		if step > 0 {
			x = step * math.Floor(x/step)
		}
		return x
	}
	for i := range neurons {
		n := circuit.Neuron{ID: fmt.Sprint(rng.Uint64()), Class: circuit.Class(fmt.Sprint("c", rng.IntN(5))), Sign: circuit.Sign(1 - 2*rng.IntN(2)),
			Position: circuit.Position{X: place(2 * side), Y: place(side), Depth: place(1000)}}
		if i%50 == 7 {
			n.Position = circuit.NoPosition()
		}
		d.Neurons, d.Observed[i] = append(d.Neurons, n), i%3 > 0
		d.Factors["density"][i], d.Factors["e_share"][i] = rng.Float64(), rng.NormFloat64()
		for range 60 {
			d.Edges = append(d.Edges, circuit.Edge{Pre: i, Post: rng.IntN(neurons)})
		}
	}
	c, err := New(d)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCutterAsSlow(t *testing.T) {
	for name, c := range map[string]struct {
		neurons    int
		side, step float64
		split      SplitConfig
		columns    ColumnConfig
	}{
		"usual":                   {neurons: 6000, side: 900},
		"somata on a grid":        {neurons: 6000, side: 900, step: 20},
		"one neuron wide band":    {neurons: 6000, side: 900, columns: ColumnConfig{MinNeurons: 90, MaxNeurons: 90}},
		"wide band":               {neurons: 6000, side: 900, columns: ColumnConfig{MinNeurons: 5, MaxNeurons: 100}},
		"large blocks":            {neurons: 9000, side: 900, split: SplitConfig{Side: 9}},
		"blocks smaller than all": {neurons: 5000, side: 900, split: SplitConfig{Side: 2.4}},
		"tiny lengths":            {neurons: 6000, side: 1e-103},
		"huge lengths":            {neurons: 6000, side: 1e105},
		"beyond squares":          {neurons: 6000, side: 1e150},
	} {
		t.Run(name, func(t *testing.T) {
			tissue := wiredSheet(t, c.neurons, c.side, c.step)
			p, err := NewPartition(tissue, c.split)
			if err != nil {
				t.Fatal(err)
			}
			for _, split := range []Split{Train, Test} {
				slow := newSlowCutter(tissue, p, split, c.columns)
				columns, err := Columns(t.Context(), tissue, p, split, 12, c.columns, seed.Seed(5))
				if err != nil {
					t.Fatal(err)
				}
				for i, column := range columns {
					want, err := slow.cut(seed.Seed(5).Stream("column "+string(split), i))
					if err != nil {
						t.Fatal(err)
					}
					if !reflect.DeepEqual(column, want) {
						t.Errorf("%s column %d differs: %d neurons, %d edges, %+v; want %d, %d, %+v", split, i, column.Len(), column.Edges(), column.Origin(), want.Len(), want.Edges(), want.Origin())
					}
				}
			}
		})
	}
}

func TestSmallest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := rapid.SliceOfN(rapid.OneOf(rapid.Float64Range(0, 4), rapid.Map(rapid.IntRange(0, 4), func(k int) float64 { return float64(k) })), 1, 40).Draw(t, "x")
		k := rapid.IntRange(0, len(x)-1).Draw(t, "k")
		want := slices.Sorted(slices.Values(x))[k]
		if got := smallest(slices.Clone(x), k); got != want {
			t.Errorf("%g, want %g", got, want)
		}
	})
}

// Depths repeat on the grid, and some neurons have none.
func TestCanonicalOrder(t *testing.T) {
	c := wiredSheet(t, 500, 100, 50)
	indices := rand.New(rand.NewPCG(2, 3)).Perm(300)
	want := slices.Clone(indices)
	slices.SortFunc(want, func(i, j int) int { return circuit.CompareNeurons(&c.neurons[i], &c.neurons[j]) })
	if got := c.canonical(indices); !slices.Equal(got, want) {
		t.Errorf("order is %v, want %v", got, want)
	}
}

func TestCircuitFaults(t *testing.T) {
	c := wiredSheet(t, 20, 100, 0)
	for name, indices := range map[string][]int{"below": {3, -1}, "beyond": {20}, "twice": {4, 5, 4}} {
		if got, err := c.Circuit(indices); err == nil {
			t.Errorf("%s: a circuit of %d", name, got.Len())
		}
	}
	// What failed has left nothing behind.
	got, err := c.Circuit([]int{8, 4, 5})
	want, wantErr := c.slowCircuit([]int{8, 4, 5})
	if err != nil || wantErr != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v (%v), want %v (%v)", got, err, want, wantErr)
	}
}
