package nullmodel_test

import (
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"testing"

	"gonum.org/v1/gonum/stat"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/internal/outside"
	"github.com/cortigen/cortigen/pkg/nullmodel"
	"github.com/cortigen/cortigen/pkg/seed"
)

// table reads two columns of a csv file.
func table(t *testing.T, file string, columns ...string) [][]string {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]int{}
	for k, name := range records[0] {
		at[name] = k
	}
	var rows [][]string
	for _, record := range records[1:] {
		var row []string
		for _, name := range columns {
			row = append(row, record[at[name]])
		}
		rows = append(rows, row)
	}
	return rows
}

// pinky is the graph that Turner et al. 2022 counted in: the tables of their
// motif notebook, which hold somewhat more than the tables of the pack's edges
// (1,734). Repeated synapses are merged and 2 autapses left out.
func pinky(t *testing.T) *circuit.Circuit {
	t.Helper()
	pack := outside.Pack(t, "microns-pinky100-v185")
	var neurons []circuit.Neuron
	at := map[string]int{}
	for _, row := range table(t, filepath.Join(pack, "motifs_soma.csv"), "segment_id") {
		at[row[0]] = len(neurons)
		neurons = append(neurons, circuit.Neuron{ID: row[0], Position: circuit.NoPosition()})
	}
	var edges []circuit.Edge
	seen := map[circuit.Edge]bool{}
	for _, row := range table(t, filepath.Join(pack, "motifs_synapses.csv"), "pre", "post") {
		e := circuit.Edge{Pre: at[row[0]], Post: at[row[1]]}
		if e.Pre != e.Post && !seen[e] {
			seen[e] = true
			edges = append(edges, e)
		}
	}
	c, err := circuit.New(neurons, edges)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// transitivity is that of the undirected graph of connected pairs: the share of
// paths of two connected pairs that are closed. It is what Turner et al. quote:
// the directed one is .098.
func transitivity(c *circuit.Circuit) float64 {
	n := c.Len()
	connected := func(i, j int) bool { return c.Has(i, j) || c.Has(j, i) }
	paths, closed := 0, 0
	for i := range n {
		var partners []int
		for j := range n {
			if i != j && connected(i, j) {
				partners = append(partners, j)
			}
		}
		for x, j := range partners {
			for _, k := range partners[:x] {
				paths++
				if connected(j, k) {
					closed++
				}
			}
		}
	}
	return float64(closed) / float64(paths)
}

// Turner et al. 2022, doi:10.1016/j.cell.2022.01.023: 363 pyramidal cells, 1,750
// connections, 31 mutual pairs, 2.66 times those of ER; 22.6 ± 4.3 in the
// configuration model. Transitivity .0951; ER .0265, configuration .0852.
func TestPublishedTurner2022(t *testing.T) {
	c := pinky(t)
	if c.Len() != 363 || c.Edges() != 1750 || c.Mutual() != 31 {
		t.Fatalf("%d neurons, %d edges, %d mutual pairs, want 363, 1750 and 31", c.Len(), c.Edges(), c.Mutual())
	}
	if got := transitivity(c); math.Abs(got-.0951) > .00005 {
		t.Errorf("the transitivity is %.5f, want .0951", got)
	}
	const draws = 1000
	for _, want := range []struct {
		model                          string
		mutual, mutualSD, transitivity float64
	}{
		// 31/2.66 = 11.65 of nearly independent pairs: as good as Poisson, ± 3.41.
		{"er", 11.65, 3.41, .0265},
		{"configuration", 22.6, 4.3, .0852},
	} {
		t.Run(want.model, func(t *testing.T) {
			m, err := nullmodel.Find(want.model)
			if err != nil {
				t.Fatal(err)
			}
			mutual, closed := make([]float64, draws), make([]float64, draws)
			err = nullmodel.Each(t.Context(), m, c, draws, 1, func(i int, d *circuit.Circuit) error {
				mutual[i], closed[i] = float64(d.Mutual()), transitivity(d)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			mean, sd := stat.MeanStdDev(mutual, nil)
			meanT, sdT := stat.MeanStdDev(closed, nil)
			t.Logf("%.2f ± %.2f mutual pairs, transitivity %.5f ± %.5f", mean, sd, meanT, sdT)
			// Both means have an error, theirs also that of its last digit; how
			// many draws they made is not said: as many as we, we take it.
			within := func(sd, digit float64) float64 { return digit/2 + 3*sd*math.Sqrt(2./draws) }
			if math.Abs(mean-want.mutual) > within(sd, .1) || math.Abs(sd-want.mutualSD) > .08*want.mutualSD {
				t.Errorf("%.2f ± %.2f mutual pairs, want %.2f ± %.2f", mean, sd, want.mutual, want.mutualSD)
			}
			if math.Abs(meanT-want.transitivity) > within(sdT, .0001) {
				t.Errorf("the transitivity is %.5f, want %.4f", meanT, want.transitivity)
			}
		})
	}
}

// On the same graph, draws have forgotten where they started.
func TestChainsMixOnPinky(t *testing.T) {
	c := pinky(t)
	for _, name := range []string{"configuration", "degree_reciprocal"} {
		m, err := nullmodel.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		chain, err := nullmodel.Mixing(t.Context(), m, c, 0, seed.Seed(2).Stream(name))
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%+v, %.1f steps an edge", chain, chain.StepsPerEdge())
		if !chain.Mixed() {
			t.Errorf("the chain of %s is too short", name)
		}
	}
}
