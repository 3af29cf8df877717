package figure

import (
	"math"
	"slices"

	"gonum.org/v1/plot"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
)

// depthBin is the height of a bin of depth, in µm.
const depthBin = 40

// DepthProfile shows what changes with depth: where the neurons of each class
// lie, and how many inputs and outputs neurons have within their training
// circuits.
func DepthProfile(s connectome.Sample) (*Figure, error) {
	if len(s.Somata) == 0 {
		return nil, errNothing("tissue without positions")
	}
	classes, keys, err := classesByDepth(s.Somata)
	if err != nil {
		return nil, err
	}
	degrees, err := degreesByDepth(s.Train)
	if err != nil {
		return nil, err
	}
	f := newFigure(7.2, 3.9, []*plot.Plot{classes, degrees})
	f.keys = append(keys, key{"inputs", inputMark}, key{"outputs", outputMark}, key{"middle half of circuits", mark{colour: pale, band: true}})
	return f, nil
}

var (
	inputMark  = mark{colour: grey, line: 1.6, dashed: true}
	outputMark = mark{colour: black, line: 1.6}
)

// classesByDepth draws, for each class, the share of its neurons in each bin.
func classesByDepth(somata []connectome.Soma) (*plot.Plot, []key, error) {
	p := newPanel("Where classes lie", "share of the class's neurons, in bins of 40 µm", "depth (µm)")
	counts, totals := map[circuit.Class]map[int]float64{}, map[circuit.Class]float64{}
	lowest, highest := math.MaxInt, math.MinInt
	for _, soma := range somata {
		if counts[soma.Class] == nil {
			counts[soma.Class] = map[int]float64{}
		}
		bin := int(math.Floor(soma.Depth / depthBin))
		counts[soma.Class][bin]++
		totals[soma.Class]++
		lowest, highest = min(lowest, bin), max(highest, bin)
	}
	var names []circuit.Class
	for class := range counts {
		names = append(names, class)
	}
	slices.Sort(names)
	var keys []key
	for k, class := range names {
		m := mark{colour: colour(k), line: 1.4, dashed: k >= len(colours)}
		var x, y []float64
		for bin := lowest; bin <= highest; bin++ {
			x = append(x, counts[class][bin]/totals[class])
			y = append(y, (float64(bin)+.5)*depthBin)
		}
		if err := m.draw(p, x, y); err != nil {
			return nil, nil, err
		}
		name := string(class)
		if name == "" {
			name = "no class"
		}
		keys = append(keys, key{name, m})
	}
	p.Y.Scale = plot.InvertedScale{Normalizer: p.Y.Scale}
	return p, keys, nil
}

// degreesByDepth draws mean degrees, with a band for the middle half of the
// circuits.
func degreesByDepth(circuits []*circuit.Circuit) (*plot.Plot, error) {
	p := newPanel("How connected they are", "mean degree within a circuit", "depth (µm)")
	for _, side := range []struct {
		mark mark
		of   func(*circuit.Circuit) []int
	}{{inputMark, (*circuit.Circuit).InDegrees}, {outputMark, (*circuit.Circuit).OutDegrees}} {
		byBin := map[int][]float64{} // means of the circuits
		for _, c := range circuits {
			sums, counts := map[int]float64{}, map[int]float64{}
			degrees := side.of(c)
			for i, n := range c.Neurons() {
				if !n.Position.Known() {
					continue
				}
				bin := int(math.Floor(n.Position.Depth / depthBin))
				sums[bin] += float64(degrees[i])
				counts[bin]++
			}
			for bin := range sums {
				byBin[bin] = append(byBin[bin], sums[bin]/counts[bin])
			}
		}
		var bins []int
		for bin, means := range byBin {
			if len(means) >= 4 {
				bins = append(bins, bin)
			}
		}
		slices.Sort(bins)
		var depth, middle, lo, hi []float64
		for _, bin := range bins {
			means := byBin[bin]
			slices.Sort(means)
			depth = append(depth, (float64(bin)+.5)*depthBin)
			sum := 0.0
			for _, v := range means {
				sum += v
			}
			middle = append(middle, sum/float64(len(means)))
			lo, hi = append(lo, means[len(means)/4]), append(hi, means[len(means)*3/4])
		}
		if err := sideBand(p, depth, lo, hi, side.mark.colour); err != nil {
			return nil, err
		}
		if err := side.mark.draw(p, middle, depth); err != nil {
			return nil, err
		}
	}
	p.X.Min = 0
	p.Y.Scale = plot.InvertedScale{Normalizer: p.Y.Scale}
	return p, nil
}
