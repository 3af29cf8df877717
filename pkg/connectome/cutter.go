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

// somata are the neurons of a block, ascending, with their places.
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

// placed returns all neurons with a position.
func (c *Connectome) placed() (all somata) {
	for i := range c.neurons {
		if p := &c.neurons[i].Position; p.Known() {
			all.add(int32(i), p.X, p.Y)
		}
	}
	return all
}

func (s *somata) add(neuron int32, x, y float64) {
	s.neurons, s.x, s.y = append(s.neurons, neuron), append(s.x, x), append(s.y, y)
}

// within returns those of a block.
func (s *somata) within(b Block) (found somata) {
	for k, x := range s.x {
		if x >= b.X0 && x < b.X1 && b.Holds(x, s.y[k], 0) {
			found.add(s.neurons[k], x, s.y[k])
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
		chosen, radius := k.bisect(b, x, y, target)
		if chosen == nil || !block.Holds(x, y, radius) || !insideSides(k.sides, x, y, radius) {
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
// nil when the block has too few. Chosen are ordered by distance, then index.
func (k *cutter) bisect(block int, x, y float64, target int) (chosen []int, radius float64) {
	if len(k.inside[block].x) < k.cfg.MinNeurons {
		return nil, 0
	}
	near, farthest := k.inside[block].nearest(x, y, k.cfg.MaxNeurons)
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
// there are no more than most, else more than most of them and none further than
// one left out, but for rounding; and the distance of the farthest of all.
//
// Squares of distances say which few somata are worth a square root: those
// whose squares are within roundingRoom of what is asked.
func (s *somata) nearest(x, y float64, most int) (near []soma, farthest float64) {
	squares := make([]float64, len(s.x))
	largest := 0.0
	for j := range squares {
		dx, dy := s.x[j]-x, s.y[j]-y
		squares[j] = dx*dx + dy*dy
		largest = max(largest, squares[j])
	}
	bound := math.Inf(1)
	if largest > leastTrusted && largest < mostTrusted {
		for j, square := range squares {
			if square >= largest*(1-roundingRoom) {
				farthest = max(farthest, s.distance(j, x, y))
			}
		}
		if most < len(squares) {
			bound = max(leastTrusted, smallest(slices.Clone(squares), most)*(1+roundingRoom))
		}
	}
	for j, square := range squares {
		if square <= bound {
			near = append(near, soma{s.neurons[j], s.distance(j, x, y)})
		}
	}
	slices.SortFunc(near, func(a, b soma) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.neuron, b.neuron))
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
