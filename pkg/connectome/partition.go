package connectome

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
)

// Split says what a block of tissue is for.
type Split string

// The splits.
const (
	Train      Split = "train"
	Validation Split = "validation"
	Test       Split = "test"
)

// Block is a rectangle of the sheet seen from above, in µm. A neuron belongs to
// the block that its soma lies in; columns lie wholly inside one block.
type Block struct {
	Name  string  `json:"name"`
	Split Split   `json:"split"`
	X0    float64 `json:"x0_um"`
	X1    float64 `json:"x1_um"`
	Y0    float64 `json:"y0_um"`
	Y1    float64 `json:"y1_um"`
}

// Holds reports whether the disc round (x, y) lies wholly within the block.
func (b Block) Holds(x, y, radius float64) bool {
	return x-radius >= b.X0 && x+radius < b.X1 && y-radius >= b.Y0 && y+radius < b.Y1
}

// Partition is tissue divided into blocks that share no neuron.
type Partition struct {
	Blocks []Block `json:"blocks"`
	// Gap is the distance between blocks of different splits, in µm.
	Gap float64 `json:"gap_um"`
	// Radius is the expected radius of the largest column, in µm.
	Radius float64 `json:"radius_um"`
	// Hull is the convex hull of the somata seen from above, counter-clockwise.
	// Columns lie inside it, so that the edge of the tissue cuts none.
	Hull [][2]float64 `json:"hull_um"`
}

// Of returns the blocks of one split.
func (p *Partition) Of(split Split) []Block {
	return slices.DeleteFunc(slices.Clone(p.Blocks), func(b Block) bool { return b.Split != split })
}

// SplitConfig says how tissue is divided; zero values mean the defaults, all of
// them ours.
type SplitConfig struct {
	// TrainShare and ValidationShare are shares of the length of the tissue's
	// longer side, gaps not counted; the rest is for testing. Defaults .6 and
	// .15.
	TrainShare      float64 `json:"train_share,omitempty"`
	ValidationShare float64 `json:"validation_share,omitempty"`
	// Gap between splits in µm. Default: a quarter more than the expected radius
	// of the largest column.
	Gap float64 `json:"gap_um,omitempty"`
	// Neurons is the largest column that blocks must hold. Default 100.
	Neurons int `json:"neurons,omitempty"`
	// Radius is that of the largest circuit, in µm. Default: the expected radius of
	// a column of Neurons.
	Radius float64 `json:"radius_um,omitempty"`
	// Side is about how long the sides of a block should be, in expected radii
	// of the largest column: smaller blocks make more independent regions, and
	// leave columns less room. Default 3.4.
	Side float64 `json:"side,omitempty"`
}

func (c SplitConfig) withDefaults() SplitConfig {
	c.TrainShare = cmp.Or(c.TrainShare, .6)
	c.ValidationShare = cmp.Or(c.ValidationShare, .15)
	c.Neurons = cmp.Or(c.Neurons, 100)
	c.Side = cmp.Or(c.Side, 3.4)
	return c
}

// Validate returns every fault.
func (c SplitConfig) Validate() error {
	c = c.withDefaults()
	var faults []error
	if !(c.TrainShare > 0 && c.ValidationShare > 0 && c.TrainShare+c.ValidationShare < 1) {
		faults = append(faults, fmt.Errorf("connectome: split: shares %g for training and %g for validation: give positive numbers that leave something for testing", c.TrainShare, c.ValidationShare))
	}
	if c.Gap < 0 || math.IsNaN(c.Gap) || !(c.Radius >= 0) || c.Neurons < 1 || !(c.Side > 2) {
		faults = append(faults, fmt.Errorf("connectome: split: gap %g µm, radius %g µm, %d neurons, side %g radii: give a gap and a radius of 0 or more, 1 neuron or more, and more than 2 radii", c.Gap, c.Radius, c.Neurons, c.Side))
	}
	return errors.Join(faults...)
}

// NewPartition divides tissue by space. Along the longer side of the sheet come
// training, validation and test, with a gap between; each is divided into
// blocks named "train-0", "train-1" and so on. A block that lies so much beyond
// the edge of the tissue that no column fits is left out. Tissue without
// positions, or too small for at least one block a split, is an error.
func NewPartition(c *Connectome, cfg SplitConfig) (*Partition, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	points := c.somata()
	if len(points) < 3 {
		return nil, fmt.Errorf("connectome: %s: split: %d neurons have positions: a split by space needs them", c.name, len(points))
	}
	p := &Partition{Hull: convexHull(points), Radius: cmp.Or(cfg.Radius, typicalRadius(points, cfg.Neurons))}
	if !(area(p.Hull) > 0) {
		return nil, fmt.Errorf("connectome: %s: split: seen from above, all somata lie on a line", c.name)
	}
	p.Gap = cmp.Or(cfg.Gap, 1.25*p.Radius)

	x0, x1, y0, y1 := bounds(p.Hull)
	long := x1-x0 >= y1-y0
	if !long {
		x0, x1, y0, y1 = y0, y1, x0, x1
	}
	usable := x1 - x0 - 2*p.Gap
	at := x0
	for _, part := range []struct {
		split Split
		share float64
	}{{Train, cfg.TrainShare}, {Validation, cfg.ValidationShare}, {Test, 1 - cfg.TrainShare - cfg.ValidationShare}} {
		strip := Block{Split: part.split, X0: at, X1: at + usable*part.share, Y0: y0, Y1: y1}
		p.divide(strip, cfg.Side*p.Radius, long)
		if len(p.Of(part.split)) == 0 {
			return nil, fmt.Errorf("connectome: %s: split: the tissue, %.0f × %.0f µm, is too small: no column of %d neurons (radius about %.0f µm) fits into the part for %s", c.name, x1-x0, y1-y0, cfg.Neurons, p.Radius, part.split)
		}
		at = strip.X1 + p.Gap
	}
	return p, nil
}

// divide adds the blocks of a strip whose long axis is X; where that is not the
// sheet's longer side, blocks are turned back.
func (p *Partition) divide(strip Block, side float64, long bool) {
	nx, ny := max(1, int((strip.X1-strip.X0)/side)), max(1, int((strip.Y1-strip.Y0)/side))
	width, height := (strip.X1-strip.X0)/float64(nx), (strip.Y1-strip.Y0)/float64(ny)
	number := 0
	for i := range nx {
		for j := range ny {
			b := Block{
				Split: strip.Split,
				X0:    strip.X0 + float64(i)*width, X1: strip.X0 + float64(i+1)*width,
				Y0: strip.Y0 + float64(j)*height, Y1: strip.Y0 + float64(j+1)*height,
			}
			if !long {
				b.X0, b.X1, b.Y0, b.Y1 = b.Y0, b.Y1, b.X0, b.X1
			}
			if p.room(b) == 0 {
				continue
			}
			b.Name = fmt.Sprintf("%s-%d", strip.Split, number)
			number++
			p.Blocks = append(p.Blocks, b)
		}
	}
}

// roomGrid is how finely room looks, per side.
const roomGrid = 24

// room estimates the area, in µm², of the centres of expected columns that lie
// inside the block and the tissue.
func (p *Partition) room(b Block) float64 { return p.roomWithin(b, sidesOf(p.Hull)) }

func (p *Partition) roomWithin(b Block, sides []side) float64 {
	cell := (b.X1 - b.X0) * (b.Y1 - b.Y0) / (roomGrid * roomGrid)
	total := 0.0
	for i := range roomGrid {
		for j := range roomGrid {
			x := b.X0 + (float64(i)+.5)/roomGrid*(b.X1-b.X0)
			y := b.Y0 + (float64(j)+.5)/roomGrid*(b.Y1-b.Y0)
			if b.Holds(x, y, p.Radius) && insideSides(sides, x, y, p.Radius) {
				total += cell
			}
		}
	}
	return total
}

// fits reports whether a disc lies wholly inside a block and the tissue.
func (p *Partition) fits(b Block, x, y, radius float64) bool {
	return b.Holds(x, y, radius) && insideHull(p.Hull, x, y, radius)
}

// radiusProbes is how many somata typicalRadius looks round.
const radiusProbes = 64

// typicalRadius is the median, over evenly chosen somata, of the radius round
// one that holds the given number of neurons. The median passes over the edge
// of the tissue, where density falls.
func typicalRadius(points [][2]float64, neurons int) float64 {
	var radii []float64
	distances := make([]float64, len(points))
	for k := range min(radiusProbes, len(points)) {
		at := points[k*len(points)/min(radiusProbes, len(points))]
		for i, p := range points {
			distances[i] = math.Hypot(p[0]-at[0], p[1]-at[1])
		}
		slices.Sort(distances)
		radii = append(radii, distances[min(neurons, len(points))-1])
	}
	slices.Sort(radii)
	return radii[len(radii)/2]
}

// somata returns the known positions seen from above.
func (c *Connectome) somata() [][2]float64 {
	var points [][2]float64
	for _, n := range c.neurons {
		if n.Position.Known() {
			points = append(points, [2]float64{n.Position.X, n.Position.Y})
		}
	}
	return points
}
