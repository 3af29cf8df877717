package structure

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/cortigen/cortigen/pkg/circuit"
)

var mesoscaleMeasures = []Measure{
	{"modularity", "1", -.5, 1, "directed modularity of the best of 10 Louvain runs", "Leicht & Newman 2008, doi:10.1103/PhysRevLett.100.118703; Blondel et al. 2008, doi:10.1088/1742-5468/2008/10/P10008", "10·m", KnownPairs, (*view).bestModularity},
	{"core_max", "1", 0, inf, "largest k for which there is a k-core, by in- and out-degree together", "Seidman 1983, doi:10.1016/0378-8733(83)90028-X", "n+m", KnownPairs, (*view).coreMax},
	{"rich_club", "1", 0, 1, "density among the tenth of neurons of greatest total degree, and those that equal the last of them", "Colizza et al. 2006, doi:10.1038/nphys209; the tenth is ours", "n+m", KnownPairs, (*view).richClub},
	{"common_neighbour_bias", "1", 0, inf, "common partners of connected pairs over those of unconnected pairs, means", "ours, after Perin, Berger & Markram 2011, doi:10.1073/pnas.1016051108", "n³/64", KnownPairs, (*view).commonNeighbourBias},
}

// partnered makes the lists of partners of observed neurons.
func (v *view) partnered() *partners {
	if !v.hasPartners {
		v.hasPartners = true
		v.partners.fill(v.c.CSR(), v.c.Observed)
	}
	return &v.partners
}

// Modularity returns the directed modularity of a division of the neurons: the
// share of edges within communities, less what it would be if edges had only the
// degrees of their ends,
//
//	Q = 1/m Σ_ij (A_ij − kᵢᵒᵘᵗkⱼⁱⁿ/m) [gᵢ = gⱼ].
//
// Membership has the community of every neuron, any number. Neurons whose rows
// are unknown are left out with their edges. NaN without an edge; an error where
// there is not one entry a neuron.
//
// Leicht & Newman 2008, doi:10.1103/PhysRevLett.100.118703, eq. 3; the same as
// networkx.community.modularity of a DiGraph and as igraph's with directed=True.
func Modularity(c *circuit.Circuit, membership []int) (float64, error) {
	if len(membership) != c.Len() {
		return 0, fmt.Errorf("structure: modularity: %d memberships for %d neurons: give each neuron one", len(membership), c.Len())
	}
	p := viewOf(c).partnered()
	sums := map[int]flow{}
	within := int64(0)
	for i, g := range membership {
		s := sums[g]
		s.out += int64(len(p.targets(i)))
		s.in += int64(len(p.origins(i)))
		sums[g] = s
		for _, j := range p.targets(i) {
			if membership[j] == g {
				within++
			}
		}
	}
	m := int64(p.edges())
	score := m * within // whole numbers, so the map's order does not matter
	for _, s := range sums {
		score -= s.out * s.in
	}
	return ratio(ratio(float64(score), float64(m)), float64(m)), nil
}

// BestModularity returns the greatest directed modularity (see Modularity) that
// ten runs of Communities find, NaN without an edge between observed neurons.
// Their random numbers are always the same (PCG seeded by 2008 and 10): equal
// circuits have equal values. networkx and igraph draw anew each time and run
// once.
func BestModularity(c *circuit.Circuit) float64 { return measured(c, (*view).bestModularity) }

// modularityRuns is how many runs a search has (ours). On columns of 100 neurons it
// finds what a thousand find to .0001 (package cortex) or .01 (the Blue Brain
// model, where communities are weak).
const modularityRuns = 10

func (v *view) bestModularity() float64 {
	l := v.communities()
	rng := rand.New(rand.NewPCG(2008, modularityRuns))
	for range modularityRuns {
		l.run(rng)
	}
	return l.modularity()
}

// CoreNumbers returns, for every neuron, the largest k for which it is in the
// k-core: the largest part of the circuit in which every neuron has k edges, in
// and out together, a mutual pair counting twice. It is −1 where a neuron's row
// is unknown; only edges between observed neurons count.
//
// Seidman 1983, doi:10.1016/0378-8733(83)90028-X; the numbers are those of
// networkx.core_number of a DiGraph and of igraph's coreness(mode="all").
func CoreNumbers(c *circuit.Circuit) []int {
	numbers := make([]int, c.Len())
	cores, _ := viewOf(c).partnered().cores(context.Background())
	for i, k := range cores {
		numbers[i] = int(k)
		if !c.Observed(i) {
			numbers[i] = -1
		}
	}
	return numbers
}

// Cores returns the core numbers of a graph of any size (see CoreNumbers), every
// row taken as it is, in O(n+m) time and 8 bytes an edge. The context is looked at
// every few thousand neurons.
func Cores(ctx context.Context, g circuit.CSR) ([]int32, error) {
	var p partners
	p.fill(g, func(int) bool { return true })
	numbers, err := p.cores(ctx)
	if err != nil {
		return nil, fmt.Errorf("structure: cores: %w", err)
	}
	return numbers, nil
}

// stripping is the memory of cores.
type stripping struct {
	left, sorted, place, begins, next []int32
}

// cores takes away neurons in the order of what is left of their degrees
// (Batagelj & Zaversnik 2011, doi:10.1007/s11634-010-0079-y). The next call
// overwrites what it returns. Only a cancelled context is an error.
func (p *partners) cores(ctx context.Context) ([]int32, error) {
	n := len(p.sources)
	s := &p.stripped
	s.left, s.sorted, s.place = cleared(s.left, n), cleared(s.sorted, n), cleared(s.place, n)
	left, sorted, place, most := s.left, s.sorted, s.place, int32(0)
	for i := range left {
		left[i] = int32(p.degree(i))
		most = max(most, left[i])
	}
	// Neurons by degree: those of degree d begin at begins[d].
	s.begins = cleared(s.begins, int(most)+2)
	begins := s.begins
	for _, d := range left {
		begins[d+1]++
	}
	for d := range most {
		begins[d+1] += begins[d]
	}
	s.next = append(s.next[:0], begins...)
	next := s.next
	for i, d := range left {
		place[i] = next[d]
		sorted[next[d]] = int32(i)
		next[d]++
	}
	for k, i := range sorted {
		if k%checkEvery == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		for _, j := range p.all(int(i)) {
			if left[j] <= left[i] {
				continue
			}
			// j becomes the first of its degree, and then the last of one less.
			d := left[j]
			first := sorted[begins[d]]
			sorted[place[j]], sorted[begins[d]] = first, j
			place[first], place[j] = place[j], begins[d]
			begins[d]++
			left[j]--
		}
	}
	return left, nil
}

// CoreMax returns the largest k for which there is a k-core (see CoreNumbers); 0
// without edges, NaN without observed neurons.
func CoreMax(c *circuit.Circuit) float64 { return measured(c, (*view).coreMax) }

func (v *view) coreMax() float64 {
	if v.c.ObservedRows() == 0 {
		return math.NaN()
	}
	cores, _ := v.partnered().cores(context.Background())
	return float64(slices.Max(cores))
}

// RichClub returns, for k from 0 to the largest total degree, the density among
// the neurons of a total degree above k, NaN where there are fewer than two:
// entries from 1 are bctpy's rich_club_bd. Only observed neurons count, and edges
// between them. It is not normalised by a null model.
//
// Colizza et al. 2006, doi:10.1038/nphys209, for directed graphs.
func RichClub(c *circuit.Circuit) []float64 {
	v := viewOf(c)
	most := 0
	for i := range v.n {
		most = max(most, v.partnered().degree(i))
	}
	club := make([]float64, most+1)
	for k := range club {
		club[k] = v.density(k + 1)
	}
	return club
}

// density is that among observed neurons of at least a total degree.
func (v *view) density(degree int) float64 {
	p := v.partnered()
	members, edges := 0, 0
	for i := range v.n {
		if !v.c.Observed(i) || p.degree(i) < degree {
			continue
		}
		members++
		for _, j := range p.targets(i) {
			if p.degree(int(j)) >= degree {
				edges++
			}
		}
	}
	return ratio(float64(edges), float64(members*(members-1)))
}

// RichClubTop returns the density among the tenth of observed neurons, rounded
// up, that has the greatest total degrees. Neurons that have the degree of the
// last of them belong too, so which of equals is taken cannot matter. NaN where
// there are fewer than two. It is the entry of RichClub one below that degree.
func RichClubTop(c *circuit.Circuit) float64 { return measured(c, (*view).richClub) }

func (v *view) richClub() float64 {
	p := v.partnered()
	degrees := v.degrees[:0]
	for i := range v.n {
		if v.c.Observed(i) {
			degrees = append(degrees, p.degree(i))
		}
	}
	v.degrees = degrees
	if len(degrees) == 0 {
		return math.NaN()
	}
	slices.Sort(degrees)
	return v.density(degrees[len(degrees)-(len(degrees)+9)/10])
}

// CommonNeighbourBias returns how many neurons two connected neurons both have as
// partners, in whichever direction, over how many two unconnected ones have; each
// is a mean over unordered pairs. Above 1 edges are where partners are shared.
// Only observed neurons count. NaN where all pairs are connected or none is, or
// unconnected pairs share no partner.
//
// Ours, after Perin, Berger & Markram 2011, doi:10.1073/pnas.1016051108, who
// found that the probability of an edge rises with the number of common
// neighbours.
func CommonNeighbourBias(c *circuit.Circuit) float64 { return measured(c, (*view).commonNeighbourBias) }

func (v *view) commonNeighbourBias() float64 {
	v.rows()
	v.either = cleared(v.either, len(v.out))
	for k := range v.either {
		v.either[k] = v.out[k] | v.in[k]
	}
	var shared, pairs [2]int // of unconnected pairs, of connected ones
	for i := range v.n {
		if !v.c.Observed(i) {
			continue
		}
		row := v.row(v.either, i)
		for j := range i {
			if v.c.Observed(j) {
				connected := row[j/64] >> (j % 64) & 1
				shared[connected] += common(row, v.row(v.either, j))
				pairs[connected]++
			}
		}
	}
	return ratio(ratio(float64(shared[1]), float64(pairs[1])), ratio(float64(shared[0]), float64(pairs[0])))
}
