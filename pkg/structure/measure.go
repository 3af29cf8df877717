package structure

import (
	"fmt"
	"math"

	"github.com/cortigen/cortigen/pkg/circuit"
)

// Measure is an entry of the registry.
type Measure struct {
	// Name is that of tables and of figures/results.json.
	Name string
	// Unit is "1" for pure numbers.
	Unit string
	// Min and Max bound the defined values.
	Min, Max float64
	// Definition says in one line what is computed, Source where it is from.
	Definition, Source string
	// Cost is the order of the running time in n neurons and m edges.
	Cost string

	of func(c *circuit.Circuit) float64
}

// Of returns the measure of a circuit, NaN where it is not defined.
func (m Measure) Of(c *circuit.Circuit) float64 { return m.of(c) }

// Measures returns the registry, in the order of tables.
func Measures() []Measure { return append([]Measure(nil), registry...) }

var inf = math.Inf(1)

var registry = []Measure{
	{"neurons", "1", 0, inf, "number of neurons n", "", "1", func(c *circuit.Circuit) float64 { return float64(c.Len()) }},
	{"edges", "1", 0, inf, "number of edges from observed rows, m", "", "n", func(c *circuit.Circuit) float64 { return float64(observedEdges(c)) }},
	{"density", "1", 0, 1, "m over the number of ordered pairs with an observed row", "", "n", Density},
	{"e_share", "1", 0, 1, "share of excitatory among neurons of known sign", "", "n", ExcitatoryShare},
	{"out_degree_mean", "neurons", 0, inf, "mean number of targets of an observed neuron", "", "n", OutDegreeMean},
	{"out_degree_sd", "neurons", 0, inf, "sd of the number of targets over observed neurons (divisor n)", "", "n²/64", OutDegreeSD},
	{"out_degree_cv", "1", 0, inf, "out_degree_sd over out_degree_mean", "", "n²/64", OutDegreeCV},
	{"in_degree_sd", "neurons", 0, inf, "sd of the number of sources over neurons (divisor n); NaN where a row is unknown", "", "n+m", InDegreeSD},
	{"in_degree_cv", "1", 0, inf, "in_degree_sd over the mean in-degree; NaN where a row is unknown", "", "n+m", InDegreeCV},
	{"in_out_correlation", "1", -1, 1, "Pearson correlation of in- and out-degree over neurons; NaN where a row is unknown", "", "n+m", InOutCorrelation},
	{"reciprocity", "1", 0, 1, "share of edges whose reverse is an edge too, among pairs with both rows observed", "Newman, Forrest & Balthrop 2002, doi:10.1103/PhysRevE.66.035101", "m", Reciprocity},
	{"reciprocity_ratio", "1", 0, inf, "reciprocity over density, both among pairs with both rows observed: 1 at chance", "Song et al. 2005, doi:10.1371/journal.pbio.0030068", "m", ReciprocityRatio},
	{"clustering", "1", 0, 1, "mean over neurons of the directed clustering coefficient, where it is defined", "Fagiolo 2007, doi:10.1103/PhysRevE.76.026107, eq. 9", "m·n/16", Clustering},
	{"transitivity", "1", 0, 1, "all directed triangles over all that could be, counted as for clustering", "Fagiolo 2007, doi:10.1103/PhysRevE.76.026107; bctpy transitivity_bd", "m·n/16", Transitivity},
	{"spectral_radius", "1", 0, inf, "largest modulus of the eigenvalues of A; exactly 0 without a cycle; NaN where a row is unknown", "", "n³", SpectralRadius},
}

// Find returns the measure of that name. The error for an unknown one names the
// nearest.
func Find(name string) (Measure, error) {
	nearest := registry[0]
	for _, m := range registry {
		if m.Name == name {
			return m, nil
		}
		if distance(name, m.Name) < distance(name, nearest.Name) {
			nearest = m
		}
	}
	return Measure{}, fmt.Errorf("structure: there is no measure %q: did you mean %q?", name, nearest.Name)
}

// distance is the edit distance of two words (Levenshtein 1966).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			substitute := diagonal
			if a[i] != b[j] {
				substitute++
			}
			diagonal = row[j+1]
			row[j+1] = min(substitute, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
