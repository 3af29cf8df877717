package cortex

import (
	"context"
	"fmt"
	"math"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
)

// Statistic is a published number beside what a tissue has.
type Statistic struct {
	Name   string `json:"name"`
	Unit   string `json:"unit"`
	Source string `json:"source"`
	// Published and Ours are the values; Ours has the 95 % interval Lo to Hi.
	Published float64 `json:"published"`
	Ours      float64 `json:"ours"`
	Lo        float64 `json:"lo"`
	Hi        float64 `json:"hi"`
	// Tolerance is how far Ours may be from Published, and Why says where it is
	// from.
	Tolerance float64 `json:"tolerance"`
	Why       string  `json:"why"`
}

// Error is the distance from the published value, in tolerances: met up to 1.
func (s Statistic) Error() float64 { return math.Abs(s.Ours-s.Published) / s.Tolerance }

// Sources of published values.
const (
	microns = "MICrONS Consortium 2025, v1718, doi:10.1038/s41586-025-08790-w"
	egas    = "Egas Santander et al. 2024, doi:10.1101/2024.03.15.585196"
	billeh  = "Billeh et al. 2020, doi:10.1016/j.neuron.2020.01.040"
	turner  = "Turner et al. 2022, doi:10.1016/j.cell.2022.01.023"
)

// Published compares what cortex claims with its sources, from a tissue's neurons
// and edges alone, not from what was planted:
//
//   - the share of every class, and of excitatory neurons;
//   - the decay lengths across the sheet and in depth. In every tile of the sheet,
//     a logistic regression by maximum likelihood of edges among pyramids of one
//     layer, with an intercept a layer; the mean over tiles, weighted by
//     information;
//   - connection probabilities of pairs of types within a layer, in units of that
//     of pyramids of layer 2/3, as ratios of odds at equal distance, by maximum
//     likelihood given the tiles' intercepts and the decay lengths. (Of
//     probabilities as small as in electron microscopy, odds are the same.);
//   - mutual pairs among pyramids of layer 2/3 over those of as many edges placed
//     anywhere, in tiles.
//
// Tissue without positions or without one of the classes is an error. About a
// second for the default sheet.
func Published(ctx context.Context, tissue *connectome.Connectome) ([]Statistic, error) {
	all, err := shares(tissue)
	if err != nil {
		return nil, err
	}
	tiles := newTiles(tissue)
	if err := tiles.fit(ctx); err != nil {
		return nil, err
	}
	all = append(all, tiles.decays()...)
	for _, r := range ratios {
		s, err := tiles.ratio(ctx, r)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return append(all, tiles.mutual()), nil
}

// shares are those of the classes and of excitatory neurons.
func shares(tissue *connectome.Connectome) ([]Statistic, error) {
	n := float64(tissue.Len())
	counts, excitatory := map[circuit.Class]float64{}, 0.
	for i := range tissue.Len() {
		neuron := tissue.Neuron(i)
		if !neuron.Position.Known() {
			return nil, fmt.Errorf("cortex: published: neuron %d (id %q) of %s has no position", i, neuron.ID, tissue.Name())
		}
		counts[neuron.Class]++
		if neuron.Sign == circuit.Excitatory {
			excitatory++
		}
	}
	share := func(name string, published, count, tolerance float64, why string) Statistic {
		p := count / n
		se := math.Sqrt(p * (1 - p) / n)
		return Statistic{name, "1", microns, published, p, p - 1.96*se, p + 1.96*se, tolerance, why}
	}
	var all []Statistic
	for _, c := range classes {
		if counts[c.name] == 0 {
			return nil, fmt.Errorf("cortex: published: %s has no neuron of class %s", tissue.Name(), c.name)
		}
		// The published shares add up to .999.
		all = append(all, share("share of "+string(c.name), c.share, counts[c.name], c.share/10, "a tenth of the value"))
	}
	return append(all, share("share of excitatory neurons", .89, excitatory, .01, "the source's last digit")), nil
}

// kindOf is the kind of one of our classes.
func kindOf(name circuit.Class) (kind, bool) {
	for _, c := range classes {
		if c.name == name {
			return c.kind, true
		}
	}
	return 0, false
}

// ratio is a published connection probability of two kinds within a layer, over
// that of L2/3 pyramids, .160.
type ratio struct {
	name        string
	layer       circuit.Layer
	pre, post   kind
	probability float64
}

const ofReference = .160

// ratios are those that are claimed: within layers, so that forwardness, which
// favours one direction between layers, does not bear on them.
var ratios = []ratio{
	{"L4 E→E", "L4", pyramid, pyramid, .243},
	{"L5 E→E", "L5", pyramid, pyramid, .116},
	{"L6 E→E", "L6", pyramid, pyramid, .026},
	{"L2/3 E→PV", "L2/3", pyramid, basket, .395},
	{"L2/3 E→SST", "L2/3", pyramid, martinotti, .182},
	{"L2/3 PV→E", "L2/3", basket, pyramid, .411},
	{"L2/3 PV→PV", "L2/3", basket, basket, .451},
	{"L2/3 SST→E", "L2/3", martinotti, pyramid, .424},
	{"L2/3 SST→PV", "L2/3", martinotti, basket, .857},
	{"L4 E→PV", "L4", pyramid, basket, .43},
	{"L5 E→PV", "L5", pyramid, basket, .083},
	{"L5 E→SST", "L5", pyramid, martinotti, .063},
	{"L5 PV→E", "L5", basket, pyramid, .455},
}

// tiles are squares of a sheet, small enough for what varies over it to be one
// inside, with the neurons of each.
type tiles struct {
	tissue  *connectome.Connectome
	neurons [][]int
	kinds   []kind // −1 of other classes
	// By tile: the fit among pyramids of one layer.
	beta, se [][]float64
	slopes   [2]float64 // across, in depth; the means
}

// tileSide is that of a tile in µm, and furthest the largest distance across the
// sheet that is looked at: cortex connects no further than 70.
const (
	tileSide = 70
	furthest = 60
)

// reference is the layer whose pyramids others are compared with.
const reference circuit.Layer = "L2/3"

// pyramidLayers have pyramids; the first is that of reference.
var pyramidLayers = []circuit.Layer{reference, "L4", "L5", "L6"}

func newTiles(tissue *connectome.Connectome) *tiles {
	t := &tiles{tissue: tissue, kinds: make([]kind, tissue.Len())}
	at := map[[2]int]int{}
	for i := range tissue.Len() {
		n := tissue.Neuron(i)
		t.kinds[i] = -1
		if k, ours := kindOf(n.Class); ours {
			t.kinds[i] = k
		}
		square := [2]int{int(math.Floor(n.Position.X / tileSide)), int(math.Floor(n.Position.Y / tileSide))}
		k, known := at[square]
		if !known {
			k = len(t.neurons)
			at[square] = k
			t.neurons = append(t.neurons, nil)
		}
		t.neurons[k] = append(t.neurons[k], i)
	}
	return t
}

// pairs yields ordered pairs of a tile: of two kinds, within a layer.
func (t *tiles) pairs(tile int, layer circuit.Layer, pre, post kind, visit func(i, j int, across, inDepth float64)) {
	for _, i := range t.neurons[tile] {
		a := t.tissue.Neuron(i)
		if t.kinds[i] != pre || a.Layer != layer {
			continue
		}
		for _, j := range t.neurons[tile] {
			b := t.tissue.Neuron(j)
			if i == j || t.kinds[j] != post || b.Layer != layer {
				continue
			}
			if across := a.Position.Horizontal(b.Position); across <= furthest {
				visit(i, j, across, math.Abs(a.Position.Depth-b.Position.Depth))
			}
		}
	}
}

// fit fits every tile, and then the mean slopes.
func (t *tiles) fit(ctx context.Context) error {
	t.beta, t.se = make([][]float64, len(t.neurons)), make([][]float64, len(t.neurons))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for k := range t.neurons {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return fmt.Errorf("cortex: published: %w", err)
			}
			l := logit{width: len(pyramidLayers) + 2}
			for c, layer := range pyramidLayers {
				t.pairs(k, layer, pyramid, pyramid, func(i, j int, across, inDepth float64) {
					x := make([]float64, l.width)
					x[c], x[l.width-2], x[l.width-1] = 1, -across, -inDepth
					l.add(t.tissue.CSR().Has(i, j), 0, x...)
				})
			}
			t.beta[k], t.se[k] = l.fit()
			return nil
		})
	}
	return group.Wait()
}

// decays are the lengths, from the tiles' mean slopes.
func (t *tiles) decays() []Statistic {
	var all []Statistic
	for d, name := range []string{"decay length across the sheet", "decay length in depth"} {
		at := len(pyramidLayers) + d
		sum, weight := 0.0, 0.0
		for k := range t.beta {
			if w := 1 / (t.se[k][at] * t.se[k][at]); !math.IsNaN(w) {
				sum, weight = sum+w*t.beta[k][at], weight+w
			}
		}
		slope, se := sum/weight, 1/math.Sqrt(weight)
		t.slopes[d] = slope
		all = append(all, Statistic{name, "µm", egas, 84.5, 1 / slope, 1 / (slope + 1.96*se), 1 / (slope - 1.96*se), 8.45, "a tenth of the value"})
	}
	return all
}

// ratio is the odds of a kind of pairs over those of L2/3 pyramids.
func (t *tiles) ratio(ctx context.Context, r ratio) (Statistic, error) {
	if err := ctx.Err(); err != nil {
		return Statistic{}, fmt.Errorf("cortex: published: %w", err)
	}
	l := logit{width: 1}
	for k := range t.neurons {
		intercept := t.beta[k][0]
		if math.IsNaN(intercept) {
			continue
		}
		t.pairs(k, r.layer, r.pre, r.post, func(i, j int, across, inDepth float64) {
			l.add(t.tissue.CSR().Has(i, j), intercept-t.slopes[0]*across-t.slopes[1]*inDepth, 1)
		})
	}
	beta, se := l.fit()
	published := r.probability / ofReference
	return Statistic{
		r.name + " over L2/3 E→E", "1", billeh, published,
		math.Exp(beta[0]), math.Exp(beta[0] - 1.96*se[0]), math.Exp(beta[0] + 1.96*se[0]), published / 5, "a fifth of the value",
	}, nil
}

// mutual is how many times more mutual pairs there are among L2/3 pyramids than
// among as many edges placed anywhere in their tile.
func (t *tiles) mutual() Statistic {
	var both, chance float64
	for k := range t.neurons {
		var pairs, edges float64
		t.pairs(k, reference, pyramid, pyramid, func(i, j int, _, _ float64) {
			pairs++
			if t.tissue.CSR().Has(i, j) {
				edges++
				if t.tissue.CSR().Has(j, i) {
					both++
				}
			}
		})
		if pairs > 0 {
			chance += edges * edges / pairs
		}
	}
	// Each mutual pair was counted from both ends; their number is about Poisson.
	ours, se := both/chance, math.Sqrt(both/2)/(chance/2)
	return Statistic{
		"mutual pairs over chance, L2/3 pyramids", "1", turner, 2.66, ours, ours - 1.96*se, ours + 1.96*se,
		.96, "two standard errors of the source's 31 mutual pairs",
	}
}
