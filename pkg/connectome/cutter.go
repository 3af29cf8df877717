package connectome

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// cutter draws columns of one split.
type cutter struct {
	tissue *Connectome
	cfg    ColumnConfig
	blocks []Block
	inside []somata
	sides  []side
	room   []float64 // by block, running sum of room
}

// somata are neurons with their places.
type somata struct {
	neurons []int32
	x, y    []float64
}

func newCutter(c *Connectome, p *Partition, split Split, cfg ColumnConfig) (*cutter, error) {
	k := &cutter{tissue: c, cfg: cfg, blocks: p.Of(split), sides: sidesOf(p.Hull)}
	if len(k.blocks) == 0 {
		return nil, fmt.Errorf("connectome: %s: columns: the partition has no block for %q", c.name, split)
	}
	all := c.placed()
	k.inside, k.room = make([]somata, len(k.blocks)), make([]float64, len(k.blocks))
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for b, block := range k.blocks {
		group.Go(func() error {
			k.inside[b] = all.within(block)
			k.room[b] = p.roomWithin(block, k.sides)
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	total := 0.0
	for b, room := range k.room {
		total += room
		k.room[b] = total
	}
	return k, nil
}

// placed returns all neurons with a position, by strips of the sheet across X.
func (c *Connectome) placed() strips {
	var all somata
	for i := range c.neurons {
		if p := &c.neurons[i].Position; p.Known() {
			all.add(int32(i), p.X, p.Y)
		}
	}
	s := strips{low: math.Inf(1), of: make([]somata, 1+len(all.x)/perStrip)}
	high := math.Inf(-1)
	for _, x := range all.x {
		s.low, high = min(s.low, x), max(high, x)
	}
	s.width = (high - s.low) / float64(len(s.of))
	for k, x := range all.x {
		s.of[s.at(x)].add(all.neurons[k], x, all.y[k])
	}
	return s
}

// strips divide somata by X, so that those of a block are found without looking
// at all.
type strips struct {
	low, width float64
	of         []somata
}

// perStrip is the mean number of somata of a strip.
const perStrip = 256

// at returns the strip of a coordinate, the nearest for one outside; it never
// falls where the coordinate grows.
func (s strips) at(x float64) int {
	if at := (x - s.low) / s.width; at > 0 {
		return int(min(at, float64(len(s.of)-1)))
	}
	return 0 // of NaN too, where all have the same X
}

func (s *somata) add(neuron int32, x, y float64) {
	s.neurons, s.x, s.y = append(s.neurons, neuron), append(s.x, x), append(s.y, y)
}

// within returns those of a block.
func (s strips) within(b Block) (found somata) {
	for _, strip := range s.of[s.at(b.X0) : s.at(b.X1)+1] {
		for k, x := range strip.x {
			if b.Holds(x, strip.y[k], 0) {
				found.add(strip.neurons[k], x, strip.y[k])
			}
		}
	}
	return found
}

// cut draws until a column fits.
func (k *cutter) cut(rng *rand.Rand) (*circuit.Circuit, error) {
	for range tries {
		b, x, y := k.place(rng)
		block := k.blocks[b]
		target := k.cfg.draw(rng)
		fits := func(radius float64) bool { return block.Holds(x, y, radius) && insideSides(k.sides, x, y, radius) }
		chosen, radius := k.bisect(b, x, y, target, fits)
		if chosen == nil || !fits(radius) {
			continue
		}
		return k.tissue.cutOut(chosen, circuit.Origin{Split: string(block.Split), Region: block.Name, Radius: radius})
	}
	return nil, fmt.Errorf("connectome: %s: columns: no column of %d to %d neurons fitted into the %s blocks in %d tries: make blocks larger or columns smaller",
		k.tissue.name, k.cfg.MinNeurons, k.cfg.MaxNeurons, k.blocks[0].Split, tries)
}

// place draws a block by its room, and a place in it.
func (k *cutter) place(rng *rand.Rand) (b int, x, y float64) {
	at := rng.Float64() * k.room[len(k.room)-1]
	b, _ = slices.BinarySearch(k.room, at)
	b = min(b, len(k.blocks)-1)
	block := k.blocks[b]
	x = block.X0 + rng.Float64()*(block.X1-block.X0)
	y = block.Y0 + rng.Float64()*(block.Y1-block.Y0)
	return b, x, y
}

// soma is a neuron and its distance from an axis or a place.
type soma struct {
	neuron   int32
	distance float64
}

// bisect finds a radius round (x, y) that holds target neurons of the block, or
// where somata at equal distance make that impossible, a number in the band;
// nil when the block has too few, or the fewest that are asked for do not fit.
// Chosen are ordered by distance, then index.
func (k *cutter) bisect(block int, x, y float64, target int, fits func(radius float64) bool) (chosen []int, radius float64) {
	if len(k.inside[block].x) < k.cfg.MinNeurons {
		return nil, 0
	}
	s := k.tissue.borrow()
	defer k.tissue.scratch.Put(s)
	near, farthest := s.nearest(&k.inside[block], x, y, k.cfg, fits)
	if near == nil {
		return nil, 0
	}
	// within is exact up to the band's upper end, and above it beyond.
	within := func(r float64) int {
		n, _ := slices.BinarySearchFunc(near, r, func(s soma, r float64) int {
			if s.distance <= r {
				return -1
			}
			return 1
		})
		return n
	}
	low, high := 0.0, farthest
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
		if low == high {
			break // and so radius stays
		}
	}
	n := within(radius)
	if n < k.cfg.MinNeurons || n > k.cfg.MaxNeurons {
		return nil, 0
	}
	for _, s := range near[:n] {
		chosen = append(chosen, int(s.neuron))
	}
	return chosen, radius
}

// nearest returns the somata nearest to (x, y) by distance, then index: all where
// there are no more than the band's most, else more than these and none further
// than one left out, but for rounding; and the distance of the farthest of all.
// It returns none where a disc that holds the band's fewest does not fit.
//
// Squares of distances say which few somata are worth a square root: those
// whose squares are within roundingRoom of what is asked.
func (s *scratch) nearest(all *somata, x, y float64, band ColumnConfig, fits func(radius float64) bool) (near []soma, farthest float64) {
	s.square = slices.Grow(s.square[:0], 2*len(all.x)) // and a copy to sort
	squares := s.square
	largest := 0.0
	for j := range all.x {
		dx, dy := all.x[j]-x, all.y[j]-y
		squares = append(squares, dx*dx+dy*dy)
		largest = max(largest, squares[j])
	}
	bound := math.Inf(1)
	if largest > leastTrusted && largest < mostTrusted {
		for j, square := range squares {
			if square >= largest*(1-roundingRoom) {
				farthest = max(farthest, all.distance(j, x, y))
			}
		}
		sorting := append(squares, squares...)[len(squares):]
		if fewest := smallest(sorting, band.MinNeurons-1); fewest > leastTrusted && !fits(math.Sqrt(fewest)*(1-roundingRoom)) {
			return nil, 0
		}
		if band.MaxNeurons < len(squares) {
			bound = max(leastTrusted, smallest(sorting, band.MaxNeurons)*(1+roundingRoom))
		}
	}
	near = make([]soma, 0, band.MaxNeurons+1)
	for j, square := range squares {
		if square <= bound {
			near = append(near, soma{all.neurons[j], all.distance(j, x, y)})
		}
	}
	slices.SortFunc(near, func(a, b soma) int {
		if a.distance != b.distance {
			return cmp.Compare(a.distance, b.distance)
		}
		return cmp.Compare(a.neuron, b.neuron)
	})
	return near, max(farthest, near[len(near)-1].distance)
}

// roundingRoom is far above what rounding makes of a square of a distance, and
// of a root.
const roundingRoom = 1e-9

// Squares between these have neither over- nor underflown, so that their relative
// error is that of rounding.
const (
	leastTrusted = 1e-200
	mostTrusted  = 1e200
)

func (s *somata) distance(j int, x, y float64) float64 {
	return circuit.Position{X: s.x[j], Y: s.y[j]}.Horizontal(circuit.Position{X: x, Y: y})
}

// smallest returns the k-th smallest number, counted from 0, and reorders them
// (quickselect, Hoare 1961, doi:10.1145/366622.366647).
func smallest(x []float64, k int) float64 {
	for low, high := 0, len(x)-1; low < high; {
		pivot := median(x[low], x[(low+high)/2], x[high])
		i, j := low, high
		for i <= j {
			for x[i] < pivot {
				i++
			}
			for x[j] > pivot {
				j--
			}
			if i <= j {
				x[i], x[j] = x[j], x[i]
				i, j = i+1, j-1
			}
		}
		switch {
		case k <= j:
			high = j
		case k >= i:
			low = i
		default:
			return x[k]
		}
	}
	return x[k]
}

func median(a, b, c float64) float64 { return max(min(a, b), min(max(a, b), c)) }
