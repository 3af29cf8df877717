package connectome

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// Region is a set of neurons that lie together in the graph, where nothing is
// known of where they lie in space.
type Region struct {
	Name  string `json:"name"`
	Split Split  `json:"split"`
	// Neurons are indices into the reconstruction, ascending.
	Neurons []int `json:"neurons"`
	// Density is, for every region, the share of pairs from here to there that are
	// edges.
	Density []float64 `json:"density"`
}

// regionSize is the size of a region in neurons of the largest circuit cut from
// it: circuits of one region then differ, and a brain of three thousand neurons
// has a dozen regions (ours).
const regionSize = 2.5

// NewRegions divides the neurons of a reconstruction without positions into
// regions that share none, and these into training, validation and test, in the
// shares of cfg. Regions are about equally large and cut few edges (recursive
// spectral bisection). Neurons without an edge are left out.
//
// Regions lie beside each other in the graph, so that unlike blocks of tissue
// they have no gap: neurons of different splits are different, but connected.
func NewRegions(c *Connectome, cfg SplitConfig) ([]Region, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	count := int(float64(c.Len()) / (regionSize * float64(cfg.Neurons)))
	if count < 3 {
		return nil, fmt.Errorf("connectome: %s: split: %d neurons without positions are too few for three regions from which circuits of %d are cut: ask for circuits of at most %d", c.name, c.Len(), cfg.Neurons, int(float64(c.Len())/(3*regionSize)))
	}
	around := c.around()
	var regions []Region
	for k, part := range divideGraph(around, count) {
		split := splitOf(k, count, cfg)
		regions = append(regions, Region{Split: split, Neurons: part})
	}
	number := map[Split]int{}
	for k := range regions {
		r := &regions[k]
		r.Name = fmt.Sprintf("%s-%d", r.Split, number[r.Split])
		number[r.Split]++
	}
	c.measureRegions(regions)
	return regions, nil
}

// measureRegions fills in the densities.
func (c *Connectome) measureRegions(regions []Region) {
	owner := make([]int, c.Len())
	for i := range owner {
		owner[i] = -1
	}
	for k, r := range regions {
		for _, i := range r.Neurons {
			owner[i] = k
		}
	}
	for k := range regions {
		r := &regions[k]
		r.Density = make([]float64, len(regions))
		for _, i := range r.Neurons {
			for _, j := range c.edges.Row(i) {
				if to := owner[j]; to >= 0 {
					r.Density[to]++
				}
			}
		}
		for to, other := range regions {
			pairs := len(r.Neurons) * len(other.Neurons)
			if to == k {
				pairs -= len(r.Neurons)
			}
			r.Density[to] /= float64(pairs)
		}
	}
}

// splitOf spreads the splits over count regions, each in its share and at least
// one.
func splitOf(k, count int, cfg SplitConfig) Split {
	validation := max(1, int(cfg.ValidationShare*float64(count)+.5))
	test := max(1, int((1-cfg.TrainShare-cfg.ValidationShare)*float64(count)+.5))
	switch {
	case k < validation:
		return Validation
	case k < validation+test:
		return Test
	}
	return Train
}

// around returns, for every neuron, those connected to it either way; one that is
// connected both ways is there twice.
func (c *Connectome) around() [][]int32 {
	back := c.edges.Transpose()
	all := make([][]int32, c.Len())
	for i := range all {
		all[i] = slices.Concat(c.edges.Row(i), back.Row(i))
		slices.Sort(all[i])
	}
	return all
}

// divideGraph divides all neurons that have an edge into count parts of about the
// same size, ascending, by recursive spectral bisection: Pothen, Simon & Liou
// 1990, doi:10.1137/0611030. Single neurons then move to where most of their
// edges go, as far as sizes allow.
func divideGraph(around [][]int32, count int) [][]int {
	var members []int
	for i := range around {
		if len(around[i]) > 0 {
			members = append(members, i)
		}
	}
	var parts [][]int
	var halve func(members []int, count int)
	halve = func(members []int, count int) {
		if count == 1 {
			parts = append(parts, members)
			return
		}
		value := fiedler(around, members)
		order := slices.Clone(members)
		slices.SortFunc(order, func(i, j int) int { return cmp.Or(cmp.Compare(value[i], value[j]), cmp.Compare(i, j)) })
		at := len(order) * (count / 2) / count
		halve(slices.Sorted(slices.Values(order[:at])), count/2)
		halve(slices.Sorted(slices.Values(order[at:])), count-count/2)
	}
	halve(members, count)
	refine(around, parts)
	return parts
}

// fiedlerSteps of power iteration are enough to tell sides apart; refine mends
// what is left.
const fiedlerSteps = 200

// fiedler returns, by neuron, the eigenvector of the second largest eigenvalue of
// the normalised adjacency among members: neurons of one side of the sparsest
// cut have values of one sign.
func fiedler(around [][]int32, members []int) map[int]float64 {
	at := make(map[int32]int, len(members))
	for k, i := range members {
		at[int32(i)] = k
	}
	// Edges among members, by place; the square roots of degrees are the first
	// eigenvector.
	near := make([][]int, len(members))
	first, x, next := make([]float64, len(members)), make([]float64, len(members)), make([]float64, len(members))
	for k, i := range members {
		for _, j := range around[i] {
			if place, in := at[j]; in {
				near[k] = append(near[k], place)
			}
		}
		first[k] = math.Sqrt(float64(max(1, len(near[k]))))
		x[k] = math.Sin(float64(k + 1)) // any start that is not special
	}
	norm := floats.Norm(first, 2)
	for range fiedlerSteps {
		floats.AddScaled(x, -floats.Dot(x, first)/(norm*norm), first)
		floats.Scale(1/floats.Norm(x, 2), x)
		for k := range next {
			sum := 0.0
			for _, j := range near[k] {
				sum += x[j] / first[j]
			}
			next[k] = (x[k] + sum/first[k]) / 2 // so that all eigenvalues are positive
		}
		x, next = next, x
	}
	value := make(map[int]float64, len(members))
	for k, i := range members {
		value[i] = x[k] / first[k]
	}
	return value
}

const (
	// refineSweeps bounds how often all neurons are looked at, and slack how far
	// a part may be from its fair size (ours).
	refineSweeps = 20
	slack        = .1
)

// refine moves neurons, one at a time, to the part that most of their edges go
// to. Parts stay ascending.
func refine(around [][]int32, parts [][]int) {
	owner := make(map[int]int)
	size := make([]int, len(parts))
	for k, part := range parts {
		size[k] = len(part)
		for _, i := range part {
			owner[i] = k
		}
	}
	members := slices.Sorted(maps.Keys(owner))
	fair := float64(len(members)) / float64(len(parts))
	least, most := int(math.Ceil(fair*(1-slack))), int(fair*(1+slack))
	edges := make([]int, len(parts))
	for range refineSweeps {
		moved := false
		for _, i := range members {
			clear(edges)
			for _, j := range around[i] {
				edges[owner[int(j)]]++
			}
			own, best := owner[i], owner[i]
			for k := range parts {
				if edges[k] > edges[best] && size[k] < most {
					best = k
				}
			}
			if best != own && size[own] > least {
				owner[i] = best
				size[own], size[best] = size[own]-1, size[best]+1
				moved = true
			}
		}
		if !moved {
			break
		}
	}
	for k := range parts {
		parts[k] = nil
	}
	for _, i := range members {
		parts[owner[i]] = append(parts[owner[i]], i)
	}
}

// walkRestart is the chance of a random walk to go back to its start at each
// step, and walkSteps how many steps a neighbourhood may take for each of its
// neurons before another start is drawn (ours).
const (
	walkRestart = .15
	walkSteps   = 200
)

// walk returns target distinct neurons that a random walk with restarts visits,
// along edges either way and inside the region; nil where it does not get that
// far.
func walk(around [][]int32, inside []bool, start, target int, rng *rand.Rand) []int {
	visited := map[int]bool{start: true}
	chosen := []int{start}
	at := start
	for range walkSteps * target {
		if len(chosen) == target {
			return chosen
		}
		if len(around[at]) == 0 || rng.Float64() < walkRestart {
			at = start
			continue
		}
		next := int(around[at][rng.IntN(len(around[at]))])
		if !inside[next] {
			continue
		}
		at = next
		if !visited[at] {
			visited[at] = true
			chosen = append(chosen, at)
		}
	}
	return nil
}

// hops returns target neurons: all within some number of steps of the start and
// inside the region, and of those one step further as many as are wanted, drawn
// at random; nil where there are not so many.
func hops(around [][]int32, inside []bool, start, target int, rng *rand.Rand) []int {
	seen := map[int]bool{start: true}
	chosen := []int{start}
	for front := chosen; len(chosen) < target; {
		var next []int
		for _, i := range front {
			for _, j := range around[i] {
				if inside[j] && !seen[int(j)] {
					seen[int(j)] = true
					next = append(next, int(j))
				}
			}
		}
		if len(next) == 0 {
			return nil
		}
		rng.Shuffle(len(next), func(a, b int) { next[a], next[b] = next[b], next[a] })
		chosen = append(chosen, next[:min(len(next), target-len(chosen))]...)
		front = next
	}
	return chosen
}

// neighbourhoods cuts circuits out of regions.
type neighbourhoods struct {
	tissue  *Connectome
	regions []Region
	around  [][]int32
	cfg     ColumnConfig
	inside  [][]bool // by region
	grow    func(around [][]int32, inside []bool, start, target int, rng *rand.Rand) []int
}

func newNeighbourhoods(c *Connectome, regions []Region, split Split, cfg ColumnConfig) (*neighbourhoods, error) {
	k := &neighbourhoods{tissue: c, around: c.around(), cfg: cfg, grow: walk}
	if cfg.Shape == Hops {
		k.grow = hops
	}
	for _, r := range regions {
		if r.Split != split || len(r.Neurons) < cfg.MinNeurons {
			continue
		}
		inside := make([]bool, c.Len())
		for _, i := range r.Neurons {
			inside[i] = true
		}
		k.regions, k.inside = append(k.regions, r), append(k.inside, inside)
	}
	if len(k.regions) == 0 {
		return nil, fmt.Errorf("connectome: %s: neighbourhoods: no region of %q has the %d neurons that a circuit needs", c.name, split, cfg.MinNeurons)
	}
	return k, nil
}

func (k *neighbourhoods) cut(rng *rand.Rand) (*circuit.Circuit, error) {
	for range tries {
		r := rng.IntN(len(k.regions))
		region := k.regions[r]
		start := region.Neurons[rng.IntN(len(region.Neurons))]
		target := min(k.cfg.draw(rng), len(region.Neurons))
		chosen := k.grow(k.around, k.inside[r], start, target, rng)
		if chosen == nil {
			continue
		}
		return k.tissue.cutOut(chosen, circuit.Origin{Split: string(region.Split), Region: region.Name})
	}
	return nil, fmt.Errorf("connectome: %s: neighbourhoods: none of %d to %d neurons was found in %d tries: ask for smaller ones", k.tissue.name, k.cfg.MinNeurons, k.cfg.MaxNeurons, tries)
}
