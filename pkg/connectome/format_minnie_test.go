package connectome

import (
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/internal/outside"
)

// bySigns counts edges by the signs of their ends.
func bySigns(c *Connectome) map[string]int {
	counts := map[string]int{}
	for _, e := range edgesOf(c) {
		counts[c.Neuron(e.Pre).Sign.String()+c.Neuron(e.Post).Sign.String()]++
	}
	return counts
}

// known returns the density of observed rows, and the reciprocity of pairs with
// both rows observed.
func known(c *circuit.Circuit) (density, reciprocity float64) {
	edges, within, both := 0., 0., 0.
	for _, e := range c.EdgeList() {
		switch {
		case !c.Observed(e.Pre):
		case !c.Observed(e.Post):
			edges++
		default:
			edges, within = edges+1, within+1
			if c.Has(e.Post, e.Pre) {
				both++
			}
		}
	}
	return edges / float64(c.ObservedRows()*(c.Len()-1)), both / within
}

// What the proofreading table is made into: the counts of LeftOut are those of
// the pack's PROVENANCE.md and of an independent build of v117 (science.md §10);
// densities and reciprocities were counted with sets in Python.
func TestPublishedMinnie(t *testing.T) {
	dir := outside.Pack(t, "microns-minnie65-v117")
	for _, c := range []struct {
		unproofread              Unproofread
		neurons, edges, observed int
		signs                    map[string]int
		density, reciprocity     float64
		mutual, synapses         int
	}{
		{LeftOut, 249, 2424, 249, map[string]int{"EE": 294, "EI": 331, "IE": 333, "II": 1466}, 2424. / (249 * 248), 840. / 2424, 420, 5524},
		{Masked, 595, 8068, 249, nil, 6714. / (249 * 594), 840. / 2424, 451, 17796},
		{Trusted, 595, 8068, 595, nil, 8068. / (595 * 594), 902. / 8068, 451, 17796},
	} {
		t.Run(string(c.unproofread), func(t *testing.T) {
			got, err := OpenAs(t.Context(), dir, Reading{Unproofread: c.unproofread})
			if err != nil {
				t.Fatal(err)
			}
			observed := 0
			for i := range got.Len() {
				if got.Observed(i) {
					observed++
				}
			}
			if got.Len() != c.neurons || got.Edges() != c.edges || observed != c.observed || mutual(got) != c.mutual || synapses(got) != c.synapses {
				t.Errorf("%d neurons, %d edges, %d observed rows, %d mutual pairs, %d synapses", got.Len(), got.Edges(), observed, mutual(got), synapses(got))
			}
			for signs, want := range c.signs {
				if n := bySigns(got)[signs]; n != want {
					t.Errorf("%d edges of %s, want %d", n, signs, want)
				}
			}
			all := make([]int, got.Len())
			for i := range all {
				all[i] = i
			}
			cut, err := got.Circuit(all)
			if err != nil {
				t.Fatal(err)
			}
			if cut.ObservedRows() != c.observed {
				t.Errorf("the circuit has %d observed rows, want %d: the mask was lost", cut.ObservedRows(), c.observed)
			}
			if d, r := known(cut); math.Abs(d-c.density) > 1e-12 || math.Abs(r-c.reciprocity) > 1e-12 {
				t.Errorf("density %.4f, reciprocity %.4f, want %.4f and %.4f", d, r, c.density, c.reciprocity)
			}
		})
	}
	plain, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if plain.Observed(1) { // in_249 of the second row is 0
		t.Error("Open does not mask unproofread axons")
	}
}

// The paper's 363 cells and 1,750 edges (Turner et al. 2022) are the pack's
// motifs tables: all 363 pyramidal cells, 28 of them without an edge. The pack's
// own edges are those of the spine table, published apart (Zenodo 3710459): it
// lacks 17 of the paper's edges and has one that the paper has not, and the pack
// lists only the 334 cells that have one. Both have 31 mutual pairs.
func TestPublishedPinkyAndItsPack(t *testing.T) {
	dir := outside.Pack(t, "microns-pinky100-v185")
	rows := func(file string) [][]string {
		t.Helper()
		f, err := os.Open(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		all, err := csv.NewReader(f).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		return all[1:]
	}
	d := Data{Name: "paper"}
	at := map[string]int{}
	for _, row := range rows("motifs_soma.csv") {
		at[row[1]] = len(d.Neurons)
		d.Neurons = append(d.Neurons, circuit.Neuron{ID: row[1], Position: circuit.NoPosition()})
	}
	for _, row := range rows("motifs_synapses.csv") {
		d.Edges = append(d.Edges, circuit.Edge{Pre: at[row[0]], Post: at[row[1]]})
	}
	paper, err := New(d)
	if err != nil {
		t.Fatal(err)
	}
	pack, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if paper.Len() != 363 || paper.Edges() != 1750 || mutual(paper) != 31 || pack.Len() != 334 || pack.Edges() != 1734 || mutual(pack) != 31 {
		t.Errorf("the paper has %d cells, %d edges, %d mutual pairs; the pack %d, %d, %d", paper.Len(), paper.Edges(), mutual(paper), pack.Len(), pack.Edges(), mutual(pack))
	}
	missing, added := paper.Edges(), 0
	for _, e := range edgesOf(pack) {
		if paper.CSR().Has(at[pack.Neuron(e.Pre).ID], at[pack.Neuron(e.Post).ID]) {
			missing--
		} else {
			added++
		}
	}
	if missing != 17 || added != 1 {
		t.Errorf("the pack lacks %d of the paper's edges and has %d others, want 17 and 1", missing, added)
	}
	// science.md §10: the mutual pairs are 2.66 times those of a random graph.
	n, m := 363., 1750.
	if ratio := 31 / (n * (n - 1) / 2 * math.Pow(m/(n*(n-1)), 2)); math.Abs(ratio-2.66) > .01 {
		t.Errorf("31 mutual pairs are %.3f times chance, the paper says 2.66", ratio)
	}
}
