package structure_test

import (
	"context"
	"fmt"

	"github.com/cortigen/cortigen/pkg/structure"
)

// The circuit is 0⇄1, 1→2, 2→0, 2→3, 3→4, with 10 triples of neurons.
func ExampleTriads() {
	census := structure.Triads(five())
	for k, count := range census {
		if count > 0 {
			fmt.Println(structure.Triad(k), count)
		}
	}
	fmt.Println("of", census.Total())
	// 012: {0 2 4}, {0 3 4}, {1 2 4}, {1 3 4}; 102: {0 1 3}, {0 1 4};
	// 021D: {0 2 3}; 021C: {1 2 3}, {2 3 4}; 120C: {0 1 2}, as 1→2→0 and 0⇄1.
	// Output:
	// 012 4
	// 102 2
	// 021D 1
	// 021C 2
	// 120C 1
	// of 10
}

// The circuit is 0⇄1, 1→2, 2→0, 2→3, 3→4.
func ExampleClusteringOf() {
	c := five()
	fmt.Printf("%.4f\n", structure.ClusteringOf(c))
	// Pairs of a target and another source, and those of them with target→source:
	// of 0 (1, 2) yes; of 1 (2, 0) yes; of 2 (0, 1) yes, (3, 1) no; of 3 (4, 2) no.
	fmt.Printf("cycle %.3f = (1 + 1 + 1/2 + 0) / 4\n", structure.ClusteringCycle(c))
	// With source→target there is only 1→0 at 2.
	fmt.Printf("middleman %.3f = (0 + 0 + 1/2 + 0) / 4\n", structure.ClusteringMiddleman(c))
	// Only 0 has two sources: of 1→2, 2→1 the first is there.
	fmt.Printf("in %.2f = 1/2\n", structure.ClusteringIn(c))
	// 1 has targets 0 and 2 with 2→0; 2 has 0 and 3 with nothing between.
	fmt.Printf("out %.2f = (1/2 + 0) / 2\n", structure.ClusteringOut(c))
	// Without directions: 1 triangle, and paths 1 + 1 + 3 + 1 about 0, 1, 2, 3.
	fmt.Printf("transitivity undirected %.2f = 3·1 / 6\n", structure.TransitivityUndirected(c))
	// Output:
	// [0.5000 0.5000 0.3333 0.0000 NaN]
	// cycle 0.625 = (1 + 1 + 1/2 + 0) / 4
	// middleman 0.125 = (0 + 0 + 1/2 + 0) / 4
	// in 0.50 = 1/2
	// out 0.25 = (1/2 + 0) / 2
	// transitivity undirected 0.50 = 3·1 / 6
}

// The circuit is 0⇄1, 1→2, 2→0, 2→3, 3→4: five neurons, six edges, and of three
// neurons 1→2→0 with 1→0.
func ExampleSimplices() {
	c := five()
	counts, err := structure.Simplices(c)
	fmt.Println(counts, err)
	fmt.Printf("Euler characteristic %g = 5 − 6 + 1\n", structure.EulerCharacteristic(c))
	highest, err := structure.SimplexDimensions(c)
	fmt.Println(highest, err)
	// Output:
	// [5 6 1] <nil>
	// Euler characteristic 0 = 5 − 6 + 1
	// [2 2 2 1 1] <nil>
}

// A whole graph gives the numbers that a circuit does.
func ExampleSimplicesOf() {
	g := five().CSR()
	census, err := structure.TriadsOf(context.Background(), g)
	fmt.Println(census[structure.Triad120C], err)
	found, err := structure.SimplicesOf(context.Background(), g, 7)
	fmt.Println(found.Simplices, err)
	// Neurons 3 and 4 are in nothing higher than an edge, the others in a triad.
	fmt.Printf("%.1f\n", found.Shares())
	// Output:
	// 1 <nil>
	// [5 6 1] <nil>
	// [0.0 0.4 0.6]
}
