package structure

import "github.com/cortigen/cortigen/pkg/circuit"

var pairMeasures = []Measure{
	{"reciprocity", "1", 0, 1, "share of edges whose reverse is an edge too", "Newman, Forrest & Balthrop 2002, doi:10.1103/PhysRevE.66.035101", "m", KnownPairs, ofCircuit(Reciprocity)},
	{"reciprocity_ratio", "1", 0, inf, "reciprocity over the density of the same pairs: 1 at chance", "Song et al. 2005, doi:10.1371/journal.pbio.0030068", "m", KnownPairs, ofCircuit(ReciprocityRatio)},
}

// mutualEdges counts, among pairs with both rows observed, the edges, and those
// whose reverse is an edge too.
func mutualEdges(c *circuit.Circuit) (edges, mutual int) {
	for i := range c.Len() {
		if !c.Observed(i) {
			continue
		}
		for _, j := range c.CSR().Row(i) {
			if !c.Observed(int(j)) {
				continue
			}
			edges++
			if c.Has(int(j), i) {
				mutual++
			}
		}
	}
	return edges, mutual
}

// Reciprocity returns the share of edges whose reverse is an edge too, among
// pairs with both rows observed; NaN without such an edge.
// Newman, Forrest & Balthrop 2002, doi:10.1103/PhysRevE.66.035101.
func Reciprocity(c *circuit.Circuit) float64 {
	edges, mutual := mutualEdges(c)
	return ratio(float64(mutual), float64(edges))
}

// ReciprocityRatio returns reciprocity over the density of the same pairs: how
// many times more mutual pairs there are than among as many edges placed at
// random. NaN without edges.
func ReciprocityRatio(c *circuit.Circuit) float64 {
	edges, mutual := mutualEdges(c)
	rows := c.ObservedRows()
	return ratio(ratio(float64(mutual), float64(edges)), ratio(float64(edges), float64(rows*(rows-1))))
}
