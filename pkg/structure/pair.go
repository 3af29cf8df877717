package structure

import "github.com/cortigen/cortigen/pkg/circuit"

var pairMeasures = []Measure{
	{"reciprocity", "1", 0, 1, "share of edges whose reverse is an edge too", "Newman, Forrest & Balthrop 2002, doi:10.1103/PhysRevE.66.035101", "m", KnownPairs, (*view).reciprocity},
	{"reciprocity_ratio", "1", 0, inf, "reciprocity over the density of the same pairs: 1 at chance", "Song et al. 2005, doi:10.1371/journal.pbio.0030068", "m", KnownPairs, (*view).reciprocityRatio},
	{"reciprocity_ratio_ee", "1", 0, inf, "mutual pairs of two excitatory neurons over those of independent directions", "Song et al. 2005, doi:10.1371/journal.pbio.0030068", "m", KnownPairs, (*view).reciprocityRatioEE},
	{"reciprocity_ratio_ei", "1", 0, inf, "mutual pairs of an excitatory and an inhibitory neuron over those of independent directions", "Song et al. 2005, doi:10.1371/journal.pbio.0030068, for two groups: ours", "m", KnownPairs, (*view).reciprocityRatioEI},
	{"reciprocity_ratio_ii", "1", 0, inf, "mutual pairs of two inhibitory neurons over those of independent directions", "Song et al. 2005, doi:10.1371/journal.pbio.0030068", "m", KnownPairs, (*view).reciprocityRatioII},
}

// knownPairs sums what signPairs counts among pairs with both rows observed.
func (v *view) knownPairs() (edges, mutual, rows int) {
	g := v.signPairs()
	for _, cell := range g.cells {
		edges += cell.knownEdges
		mutual += cell.mutual
	}
	for _, known := range g.known {
		rows += known
	}
	return edges, mutual, rows
}

// Reciprocity returns the share of edges whose reverse is an edge too, among
// pairs with both rows observed; NaN without such an edge.
// Newman, Forrest & Balthrop 2002, doi:10.1103/PhysRevE.66.035101. (igraph's
// reciprocity(mode="ratio") is another quantity: mutual pairs over connected
// pairs.)
func Reciprocity(c *circuit.Circuit) float64 { return measured(c, (*view).reciprocity) }

func (v *view) reciprocity() float64 {
	edges, mutual, _ := v.knownPairs()
	return ratio(float64(mutual), float64(edges))
}

// ReciprocityRatio returns reciprocity over the density of the same pairs: how
// many times more mutual pairs there are than among as many edges placed at
// random. NaN without edges. Song et al. 2005,
// doi:10.1371/journal.pbio.0030068.
func ReciprocityRatio(c *circuit.Circuit) float64 { return measured(c, (*view).reciprocityRatio) }

func (v *view) reciprocityRatio() float64 {
	edges, mutual, rows := v.knownPairs()
	return ratio(ratio(float64(mutual), float64(edges)), ratio(float64(edges), float64(rows*(rows-1))))
}

// ReciprocityRatioEE is ReciprocityRatio among excitatory neurons: mutual pairs
// over what they would be if the two directions of a pair were independent. NaN
// without such edges.
func ReciprocityRatioEE(c *circuit.Circuit) float64 { return measured(c, (*view).reciprocityRatioEE) }

// ReciprocityRatioEI returns, among pairs of an excitatory and an inhibitory
// neuron with both rows observed, mutual pairs over what they would be if the two
// directions, each with its own density, were independent. NaN where either
// direction has no edge.
func ReciprocityRatioEI(c *circuit.Circuit) float64 { return measured(c, (*view).reciprocityRatioEI) }

// ReciprocityRatioII is ReciprocityRatioEE among inhibitory neurons.
func ReciprocityRatioII(c *circuit.Circuit) float64 { return measured(c, (*view).reciprocityRatioII) }

func (v *view) reciprocityRatioEE() float64 {
	return v.signPairs().reciprocityRatio(excitatory, excitatory)
}

func (v *view) reciprocityRatioEI() float64 {
	return v.signPairs().reciprocityRatio(excitatory, inhibitory)
}

func (v *view) reciprocityRatioII() float64 {
	return v.signPairs().reciprocityRatio(inhibitory, inhibitory)
}
