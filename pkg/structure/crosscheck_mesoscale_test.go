package structure_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/internal/outside"
	"github.com/cortigen/cortigen/pkg/structure"
)

// crossChecked is a circuit of the reference values beside the data packs.
type crossChecked struct {
	path    string
	circuit *circuit.Circuit
	layer   []int
	values  map[string]map[string]json.RawMessage
}

// crossChecks reads the five columns of the Blue Brain model; the files lie
// beside the data packs and do not ship.
func crossChecks(t *testing.T) []crossChecked {
	t.Helper()
	all := make([]crossChecked, 5)
	for k := range all {
		path := outside.Reference(t, fmt.Sprintf("circuit_%d.json", k))
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var file struct {
			N      int
			Edges  [][2]int
			Layer  []int
			Values map[string]map[string]json.RawMessage
		}
		if err := json.Unmarshal(text, &file); err != nil {
			t.Fatal(err)
		}
		var edges []circuit.Edge
		for _, e := range file.Edges {
			edges = append(edges, circuit.Edge{Pre: e[0], Post: e[1]})
		}
		all[k] = crossChecked{path, of(t, file.N, edges...), file.Layer, file.Values}
	}
	return all
}

// read reads a value of a library.
func (c crossChecked) read(t *testing.T, value, library string, into any) {
	t.Helper()
	if err := json.Unmarshal(c.values[value][library], into); err != nil {
		t.Fatalf("%s: %s of %s: %v", c.path, value, library, err)
	}
}

// networkx 3.6.1, bctpy 0.6.1.
func TestCrossCheckMesoscale(t *testing.T) {
	for _, c := range crossChecks(t) {
		var membership []int
		c.read(t, "modularity_of_membership", "membership", &membership)
		for _, q := range []struct {
			value  string
			groups []int
		}{{"modularity_of_membership", membership}, {"modularity_by_layer", c.layer}} {
			var want float64
			c.read(t, q.value, "networkx.community.modularity (directed)", &want)
			if got, err := structure.Modularity(c.circuit, q.groups); err != nil || !same(got, want, 1e-9) {
				t.Errorf("%s: %s is %v (%v), networkx has %v", c.path, q.value, got, err, want)
			}
		}
		var cores []int
		c.read(t, "core_number_node", "networkx.core_number (in+out degree)", &cores)
		if got := structure.CoreNumbers(c.circuit); !slices.Equal(got, cores) {
			t.Errorf("%s: core numbers are %v, networkx has %v", c.path, got, cores)
		}
		var club []*float64
		c.read(t, "rich_club", "bct.rich_club_bd[0]", &club)
		got := structure.RichClub(c.circuit)
		if len(got) != len(club)+1 {
			t.Fatalf("%s: the rich club has %d thresholds, bctpy %d and not that of 0", c.path, len(got), len(club))
		}
		for k, value := range club {
			want := math.NaN()
			if value != nil {
				want = *value
			}
			if !same(got[k+1], want, 1e-9) {
				t.Errorf("%s: the rich club above %d is %v, bctpy has %v", c.path, k+1, got[k+1], want)
			}
		}
	}
}

// The best division that a search finds is no matter of definition: a run of ours
// must be as good as one of networkx 3.6.1, by the medians of 20.
func TestCommunitiesAreAsGoodAsThoseOfNetworkx(t *testing.T) {
	for _, c := range crossChecks(t) {
		var spread [3]float64
		c.read(t, "louvain_directed_modularity_20_seeds", "networkx.community.louvain_communities min/median/max", &spread)
		found := make([]float64, 20)
		for k := range found {
			of, q, err := structure.Communities(t.Context(), c.circuit, 1, rand.New(rand.NewPCG(uint64(k), 0)))
			if err != nil {
				t.Fatal(err)
			}
			if again, err := structure.Modularity(c.circuit, of); err != nil || again != q {
				t.Errorf("%s: a run says that its modularity is %v; it is %v (%v)", c.path, q, again, err)
			}
			found[k] = q
		}
		slices.Sort(found)
		median := (found[9] + found[10]) / 2
		t.Logf("least %.4f, median %.4f, greatest %.4f; networkx %.4f; best of ten %.4f", found[0], median, found[19], spread, structure.BestModularity(c.circuit))
		if median < spread[1] {
			t.Errorf("%s: the median modularity is %v, networkx has %v", c.path, median, spread[1])
		}
		if best := structure.BestModularity(c.circuit); best < spread[1] {
			t.Errorf("%s: the best of ten runs is %v, networkx has %v as its median", c.path, best, spread[1])
		}
	}
}

func BenchmarkCommunities(b *testing.B) {
	var edges []circuit.Edge
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 100 {
		for j := range 100 {
			if i != j && rng.Float64() < .04 {
				edges = append(edges, circuit.Edge{Pre: i, Post: j})
			}
		}
	}
	c := of(b, 100, edges...)
	for _, runs := range []int{1, 10} {
		b.Run(fmt.Sprint(runs), func(b *testing.B) {
			for b.Loop() {
				structure.Communities(b.Context(), c, runs, rng)
			}
		})
	}
}
