package structure_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/internal/outside"
	"github.com/cortigen/cortigen/pkg/structure"
)

// Triads, triangles and simplices of five columns of the Blue Brain model against
// networkx 3.6.1, igraph 1.0.0, bctpy 0.6.1, pyflagser 0.4.7, pyflagsercount 0.5.0
// and connectome-analysis 1.1.0; counts exactly, the rest to 1e-9. The files lie
// beside the data packs and do not ship.
func TestCrossCheckTriads(t *testing.T) {
	for k := range 5 {
		path := outside.Reference(t, fmt.Sprintf("circuit_%d.json", k))
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var file struct {
			N      int
			Edges  [][2]int
			Values struct {
				Triads   map[string]map[string]int64 `json:"triad_census"`
				Mean     map[string]float64          `json:"clustering_directed_mean"`
				Neuron   map[string]json.RawMessage  `json:"clustering_directed_node"`
				Directed map[string]float64          `json:"transitivity_directed"`
				Plain    map[string]float64          `json:"transitivity_undirected"`
				Simplex  map[string][]int64          `json:"directed_simplex_counts"`
				Euler    map[string]float64          `json:"euler_characteristic"`
			}
		}
		if err := json.Unmarshal(text, &file); err != nil {
			t.Fatal(err)
		}
		var edges []circuit.Edge
		for _, e := range file.Edges {
			edges = append(edges, circuit.Edge{Pre: e[0], Post: e[1]})
		}
		c := of(t, file.N, edges...)

		census := structure.Triads(c)
		for library, want := range file.Values.Triads {
			for triad, count := range census {
				if name := structure.Triad(triad).String(); count != want[name] || len(want) != 16 {
					t.Errorf("%s: %d triads %s, %s has %d", path, count, name, library, want[name])
				}
			}
		}
		// networkx and bctpy have 0 where clustering is not defined.
		of := structure.ClusteringOf(c)
		zeros := 0.0
		for i, v := range of {
			if math.IsNaN(v) {
				of[i] = 0
			}
			zeros += of[i] / float64(file.N)
		}
		near := func(name string, got float64, values map[string]float64) {
			if len(values) == 0 {
				t.Errorf("%s: no reference of %s", path, name)
			}
			for library, want := range values {
				if !same(got, want, 1e-9) {
					t.Errorf("%s: %s is %v, %s has %v", path, name, got, library, want)
				}
			}
		}
		near("mean clustering with zeros", zeros, file.Values.Mean)
		near("transitivity", structure.Transitivity(c), file.Values.Directed)
		near("transitivity without directions", structure.TransitivityUndirected(c), file.Values.Plain)
		near("Euler characteristic", structure.EulerCharacteristic(c), file.Values.Euler)
		var neurons []float64
		if err := json.Unmarshal(file.Values.Neuron["networkx.clustering"], &neurons); err != nil || len(neurons) != file.N {
			t.Fatalf("%s: clustering by neuron: %v", path, err)
		}
		for i, want := range neurons {
			if !same(of[i], want, 1e-9) {
				t.Errorf("%s: clustering of neuron %d is %v, networkx has %v", path, i, of[i], want)
			}
		}
		counts, err := structure.Simplices(c)
		if err != nil || len(file.Values.Simplex) != 3 || len(file.Values.Triads) != 2 {
			t.Fatalf("%s: %v, %d and %d references", path, err, len(file.Values.Simplex), len(file.Values.Triads))
		}
		for library, want := range file.Values.Simplex {
			if !slices.Equal(counts, want) {
				t.Errorf("%s: simplices %v, %s has %v", path, counts, library, want)
			}
		}
	}
}
