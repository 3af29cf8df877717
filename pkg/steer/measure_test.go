package steer

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/structure"
)

// By hand: of neurons E0, E1 and I2 with the edges 0→1, 1→0, 0→2 and 2→0, both
// pairs EE are edges, one of two EI, one of two IE, and there is no pair II. The
// density is 4 of 6.
func ExampleProfiles() {
	c, _ := circuit.New([]circuit.Neuron{
		{ID: "0", Class: "E", Position: circuit.NoPosition()}, {ID: "1", Class: "E", Position: circuit.NoPosition()}, {ID: "2", Class: "I", Position: circuit.NoPosition()},
	}, []circuit.Edge{{Pre: 0, Post: 1}, {Pre: 1, Post: 0}, {Pre: 0, Post: 2}, {Pre: 2, Post: 0}})
	table, err := Profiles(context.Background(), []*circuit.Circuit{c}, ClassPair("E", "E"), "density", ClassPair("E", "I"), ClassPair("I", "I"))
	fmt.Println(table.Names, err)
	fmt.Printf("%.3f\n", table.Rows[0])
	// Output:
	// [density.E->E density density.E->I density.I->I] <nil>
	// [1.000 0.667 0.500 NaN]
}

func TestProfilesErrors(t *testing.T) {
	c := signed(6, .4, .4, rand.New(rand.NewPCG(1, 1)))
	if _, err := Profiles(t.Context(), []*circuit.Circuit{c}, "density", "recprocity"); err == nil || !strings.Contains(err.Error(), `did you mean "reciprocity"`) {
		t.Errorf("a misspelt name gives %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Profiles(ctx, []*circuit.Circuit{c}, "density"); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled it gives %v", err)
	}
	r := Reference{Names: []string{ClassPair("E", "I"), "density"}, Mean: []float64{.2, .2}, SD: []float64{.05, .05}}
	rig := Rig{Decoder: dials{dim: 2}, Reference: r}
	for name, c := range map[string]struct {
		request Request
		want    string
	}{
		"misspelt pair": {Ask(SD("density.E-I", 0)), `did you mean "density.E->I"`},
		"another pair":  {Ask(SD(ClassPair("I", "E"), 0)), "not among the measures of the reference"},
		"above 1":       {Ask(Value(ClassPair("E", "I"), 1.1)), "between 0 and 1"},
	} {
		if _, err := rig.Resolve(c.request); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error is %v, want %q", name, err, c.want)
		}
	}
}

// Where classes are signs, densities between the ones are those between the
// others, and all baselines can be asked for them.
func TestClassPairsAreMeasures(t *testing.T) {
	_, _, circuits := stock(t)
	ei := ClassPair("E", "I")
	table, err := Profiles(t.Context(), circuits, ei, "density_ei", "density")
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range table.Rows {
		if row[0] != row[1] || row[2] != structure.Density(circuits[i]) {
			t.Fatalf("circuit %d has %v", i, row)
		}
	}
	rig := Rig{Decoder: dials{dim: 4}, Reference: NewReference(table)}
	collection, err := Collect(t.Context(), rig.Reference, circuits)
	if err != nil {
		t.Fatal(err)
	}
	sbm, err := NewBlockModel(circuits)
	if err != nil {
		t.Fatal(err)
	}
	if !sbm.Addresses(ei) {
		t.Errorf("the block model says that it does not address %s", ei)
	}
	for _, m := range []Method{Retrieval{Collection: collection}, Rewire{Collection: collection, Circuits: 8}, sbm} {
		r := Ask(SD(ei, 1.2))
		if m.Name() != "retrieval" {
			r.Targets = append(r.Targets, Value("density", .25))
		}
		a, err := rig.Answer(t.Context(), m, r, 1)
		if err != nil {
			t.Fatal(err)
		}
		if !a.Hit() || a.OutOfReach || math.IsNaN(a.HitSD) {
			t.Errorf("%s misses by %.2f sd (%s)", m.Name(), a.HitSD, a.Note)
		}
	}
}
