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

// Five columns of the Blue Brain model with values from networkx 3.6.1, igraph
// 1.0.0, bctpy 0.6.1 and scipy 1.17.1; the files lie beside the data packs.
func TestCrossCheckPaths(t *testing.T) {
	for k := range 5 {
		text, err := os.ReadFile(outside.Reference(t, fmt.Sprintf("circuit_%d.json", k)))
		if err != nil {
			t.Fatal(err)
		}
		var file struct {
			N      int
			Edges  [][2]int
			Values struct {
				Out struct {
					V []float64 `json:"networkx.DiGraph.out_degree"`
				} `json:"out_degree"`
				In struct {
					V []float64 `json:"networkx.DiGraph.in_degree"`
				} `json:"in_degree"`
				Between struct {
					V []float64 `json:"networkx.betweenness_centrality(normalized=False)"`
				} `json:"betweenness_node_unnormalised"`
				Strong struct {
					V []int `json:"networkx.strongly_connected_components"`
				} `json:"scc_sizes"`
				Weak struct {
					V []int `json:"networkx.weakly_connected_components"`
				} `json:"wcc_sizes"`
				BetweenMean   map[string]float64 `json:"betweenness_mean_normalised"`
				PathLength    map[string]float64 `json:"apl_reachable_pairs"`
				Reachable     map[string]float64 `json:"reachable_pairs"`
				Diameter      map[string]float64 `json:"diameter_reachable"`
				Efficiency    map[string]float64 `json:"global_efficiency"`
				Assortativity map[string]float64 `json:"assortativity_out_in"`
			}
		}
		if err := json.Unmarshal(text, &file); err != nil {
			t.Fatal(err)
		}
		var edges []circuit.Edge
		for _, e := range file.Edges {
			edges = append(edges, circuit.Edge{Pre: e[0], Post: e[1]})
		}
		c, want := of(t, file.N, edges...), file.Values
		pairs := float64(file.N * (file.N - 1))
		for _, v := range []struct {
			name string
			got  float64
			want map[string]float64
		}{
			{"betweenness_mean", structure.BetweennessMean(c), want.BetweenMean},
			{"path_length", structure.PathLength(c), want.PathLength},
			{"reachable_share", structure.ReachableShare(c) * pairs, want.Reachable},
			{"diameter", structure.Diameter(c), want.Diameter},
			{"efficiency", structure.Efficiency(c), want.Efficiency},
			{"assortativity", structure.Assortativity(c), want.Assortativity},
		} {
			if len(v.want) == 0 {
				t.Errorf("circuit %d: there is no reference for %s", k, v.name)
			}
			for library, want := range v.want {
				if !same(v.got, want, 1e-9) {
					t.Errorf("circuit %d: %s is %v, %s has %v", k, v.name, v.got, library, want)
				}
			}
		}
		crossCheckNeurons(t, fmt.Sprintf("circuit %d: out-degree", k), floats(c.OutDegrees()), want.Out.V, 0)
		crossCheckNeurons(t, fmt.Sprintf("circuit %d: in-degree", k), floats(c.InDegrees()), want.In.V, 0)
		between := structure.Betweenness(c)
		for i := range between {
			between[i] *= pairs - 2*float64(file.N-1)
		}
		crossCheckNeurons(t, fmt.Sprintf("circuit %d: betweenness", k), between, want.Between.V, 1e-9)
		strong, errStrong := structure.StrongComponents(t.Context(), c.CSR())
		weak, errWeak := structure.WeakComponents(t.Context(), c.CSR())
		if errStrong != nil || errWeak != nil || !slices.Equal(descending(strong.Sizes), want.Strong.V) || !slices.Equal(descending(weak.Sizes), want.Weak.V) {
			t.Errorf("circuit %d: components %v and %v, networkx has %v and %v", k, strong.Sizes, weak.Sizes, want.Strong.V, want.Weak.V)
		}
		if got := structure.LargestStrongShare(c); got != float64(want.Strong.V[0])/float64(file.N) {
			t.Errorf("circuit %d: the largest strong component has %v of neurons", k, got)
		}
		if got := structure.LargestWeakShare(c); got != float64(want.Weak.V[0])/float64(file.N) {
			t.Errorf("circuit %d: the largest weak component has %v of neurons", k, got)
		}
	}
}

func crossCheckNeurons(t *testing.T, what string, got, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i := range got {
		if !(math.Abs(got[i]-want[i]) <= tolerance) {
			t.Errorf("%s of neuron %d is %v, want %v", what, i, got[i], want[i])
		}
	}
}

func descending(x []int) []int {
	y := slices.Sorted(slices.Values(x))
	slices.Reverse(y)
	return y
}
