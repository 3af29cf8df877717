package experiment

import (
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/internal/outside"
)

// Neurons are divided along the longer side, none is in two circuits, masks go
// with their rows, and depths are moved to where the classes usually lie.
func TestPieces(t *testing.T) {
	var d connectome.Data
	d.Name = "strip"
	for i := range 250 {
		class := circuit.Class("A")
		if i%5 == 0 {
			class = "foreign"
		}
		d.Neurons = append(d.Neurons, circuit.Neuron{ID: strconv.Itoa(i), Class: class, Position: circuit.Position{X: float64(i), Y: float64(i % 7), Depth: 400}})
		d.Observed = append(d.Observed, i%3 > 0)
		if i > 0 {
			d.Edges = append(d.Edges, circuit.Edge{Pre: i, Post: i - 1})
		}
	}
	tissue, err := connectome.New(d)
	if err != nil {
		t.Fatal(err)
	}
	known := tissue.Where(func(i int) bool { return tissue.Neuron(i).Class == "A" })
	circuits, err := pieces(tissue, known, map[circuit.Class]float64{"A": 150})
	if err != nil {
		t.Fatal(err)
	}
	if len(circuits) != 2 {
		t.Fatalf("200 neurons of the class made %d circuits, want 2 of a hundred", len(circuits))
	}
	seen := map[float64]bool{}
	for k, c := range circuits {
		for i, n := range c.Neurons() {
			if seen[n.Position.X] {
				t.Errorf("the neuron at %g is in two circuits", n.Position.X)
			}
			seen[n.Position.X] = true
			if (k == 0) != (n.Position.X < 125) {
				t.Errorf("the neuron at %g is in circuit %d: the halves are not along the longer side", n.Position.X, k)
			}
			if math.Abs(n.Position.Depth-150) > 1e-9 {
				t.Errorf("depth %g, want the usual 150", n.Position.Depth)
			}
			if want := int(n.Position.X)%3 > 0; c.Observed(i) != want {
				t.Errorf("the row of the neuron at %g: observed %t, want %t", n.Position.X, c.Observed(i), want)
			}
		}
	}
}

// The proofread neurons of MICrONS v117, masked: every answer is a number, and
// what cannot be tried is left out.
func TestOutsideOnMICrONS(t *testing.T) {
	data := t.TempDir()
	for _, name := range []string{"microns-minnie65-v117", "celegans-cook2019-hermaphrodite"} {
		if err := os.Symlink(outside.Pack(t, name), filepath.Join(data, name)); err != nil {
			t.Fatal(err)
		}
	}
	r := tinyRun(t)
	t.Setenv("CORTIGEN_DATA", data)
	all, err := r.Outside(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 1 || all[0].Name != "microns-minnie65-v117" {
		t.Fatalf("tried on %+v, want MICrONS alone: no neuron of the worm has a class of cortex", all)
	}
	o := all[0]
	if o.All != 595 || o.Circuits < 2 || o.Neurons > 314 || o.Observed >= o.Neurons || o.Observed == 0 {
		t.Errorf("%d circuits of %d neurons of %d, %d observed: 314 of the pack's 595 have a class of the cortex (nodes.csv), and not all are proofread", o.Circuits, o.Neurons, o.All, o.Observed)
	}
	if len(o.Margins) != len(o.Others) || len(o.Others) != 4 {
		t.Errorf("%d margins over %d answers, want 4", len(o.Margins), len(o.Others))
	}
	for _, b := range append(o.Others, o.Model) {
		if !(b.Mean.Value > 0 && b.Mean.Value < 2) {
			t.Errorf("%s costs %v nats a pair", b.Name, b.Mean)
		}
	}
	if a := o.Hidden.Model.AUC.Value; !(a > 0 && a < 1) {
		t.Errorf("AUC of hidden pairs is %g", a)
	}
	r.Setting.Dataset = o.Name
	if all, err := r.Outside(t.Context()); err != nil || all != nil {
		t.Errorf("a reconstruction's own setting: %v, %v, want nothing", all, err)
	}
}
