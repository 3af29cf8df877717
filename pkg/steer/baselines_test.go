package steer

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/structure"
)

// signed draws a circuit of n neurons, every third inhibitory, each pair connected
// with probability p from excitatory and q from inhibitory neurons.
func signed(n int, p, q float64, rng *rand.Rand) *circuit.Circuit {
	neurons, edges := make([]circuit.Neuron, n), []circuit.Edge{}
	for i := range neurons {
		neurons[i] = circuit.Neuron{ID: fmt.Sprint(i), Class: "E", Sign: circuit.Excitatory, Position: circuit.NoPosition()}
		if i%3 == 2 {
			neurons[i].Class, neurons[i].Sign = "I", circuit.Inhibitory
		}
	}
	for i := range n {
		for j := range n {
			chance := p
			if i%3 == 2 {
				chance = q
			}
			if i != j && rng.Float64() < chance {
				edges = append(edges, circuit.Edge{Pre: i, Post: j})
			}
		}
	}
	c, err := circuit.New(neurons, edges)
	if err != nil {
		panic(err)
	}
	return c
}

// stock is a rig whose reference is of 40 circuits, and these.
func stock(t *testing.T) (Rig, Collection, []*circuit.Circuit) {
	t.Helper()
	rng := rand.New(rand.NewPCG(6, 1))
	var circuits []*circuit.Circuit
	for range 40 {
		circuits = append(circuits, signed(24, .1+.2*rng.Float64(), .2+.2*rng.Float64(), rng))
	}
	table, err := structure.Profiles(t.Context(), circuits, "density", "reciprocity", "clustering", "out_degree_sd", "density_ee", "density_ie", "e_share", "neurons")
	if err != nil {
		t.Fatal(err)
	}
	rig := Rig{Decoder: dials{dim: 4}, Reference: NewReference(table)}
	collection, err := Collect(t.Context(), rig.Reference, circuits)
	if err != nil {
		t.Fatal(err)
	}
	return rig, collection, circuits
}

// By hand: three circuits of three neurons with 1, 3 and 5 of 6 edges. Density .5
// is the second's; with reciprocity held at 0, where the second has a mutual pair,
// the first is nearer.
func TestRetrieval(t *testing.T) {
	var circuits []*circuit.Circuit
	for _, edges := range [][]circuit.Edge{{{Pre: 0, Post: 1}}, {{Pre: 0, Post: 1}, {Pre: 1, Post: 0}, {Pre: 1, Post: 2}}, {{Pre: 0, Post: 1}, {Pre: 1, Post: 0}, {Pre: 1, Post: 2}, {Pre: 2, Post: 1}, {Pre: 0, Post: 2}}} {
		c, err := signed(3, 0, 0, rand.New(rand.NewPCG(1, 1))).WithEdges(edges)
		if err != nil {
			t.Fatal(err)
		}
		circuits = append(circuits, c)
	}
	r := Reference{Names: []string{"density", "reciprocity"}, Mean: []float64{.5, .5}, SD: []float64{.2, .1}}
	collection, err := Collect(t.Context(), r, circuits)
	if err != nil {
		t.Fatal(err)
	}
	task := Task{Request: Request{Targets: []Target{Value("density", .5)}}}
	for name, c := range map[string]struct {
		task Task
		want int // the circuit
		out  bool
	}{
		"target alone": {task, 1, false},
		"held at 0":    {Task{Request: Request{Targets: task.Targets, Hold: []string{"reciprocity"}}, Keep: []float64{0}}, 0, true},
		"held at none": {Task{Request: Request{Targets: task.Targets, Hold: []string{"reciprocity"}}, Keep: []float64{math.NaN()}}, 1, false},
		"interval":     {Task{Request: Request{Targets: []Target{Between("density", .6, .9)}}}, 2, false},
		"beyond":       {Task{Request: Request{Targets: []Target{Value("density", 1)}}}, 2, true},
	} {
		p, err := Retrieval{Collection: collection}.Propose(t.Context(), c.task, nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Circuits) != 1 || p.Circuits[0] != circuits[c.want] || p.OutOfReach != c.out || p.Code != nil {
			t.Errorf("%s: out of reach %v, picked one of %d edges, want that of %d", name, p.OutOfReach, p.Circuits[0].Edges(), circuits[c.want].Edges())
		}
	}
	two, err := Retrieval{Collection: collection, Circuits: 2}.Propose(t.Context(), task, nil)
	if err != nil || len(two.Circuits) != 2 || !two.OutOfReach { // mean density 1/3 or 2/3
		t.Errorf("of two circuits it is out of reach: %v (%v)", two.OutOfReach, err)
	}
	empty, err := circuits[0].WithEdges(nil)
	if err != nil {
		t.Fatal(err)
	}
	none, err := Collect(t.Context(), r, []*circuit.Circuit{empty})
	if err != nil {
		t.Fatal(err)
	}
	task.Targets = []Target{Value("reciprocity", .5)}
	for _, m := range []Method{Retrieval{Collection: none}, Rewire{Collection: none}} {
		if _, err := m.Propose(t.Context(), task, rand.New(rand.NewPCG(1, 1))); err == nil || !strings.Contains(err.Error(), "none of the 1 circuits") {
			t.Errorf("%s: where no circuit has the measure, the error is %v", m.Name(), err)
		}
	}
	if _, err := Collect(t.Context(), r, nil); err == nil {
		t.Error("a collection of nothing is no error")
	}
}

// What is counted from edge to edge is what package structure measures of the
// circuit, and undoing restores it.
func TestTally(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		w := newTally(signed(rapid.IntRange(3, 12).Draw(t, "neurons"), .3, .5, rng))
		before, err := w.circuit()
		if err != nil {
			t.Fatal(err)
		}
		g := &greed{tally: w, rng: rng}
		var all []change
		for range rapid.IntRange(1, 12).Draw(t, "moves") {
			all = append(all, g.move(gains[rng.IntN(len(gains))], losses[rng.IntN(len(losses))], 3)...)
		}
		sameAsStructure(t, w)
		w.undo(all)
		sameAsStructure(t, w)
		after, err := w.circuit()
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(before.EdgeList(), after.EdgeList()) {
			t.Fatal("undoing does not restore the edges")
		}
	})
}

func sameAsStructure(t *rapid.T, w *tally) {
	c, err := w.circuit()
	if err != nil {
		t.Fatal(err)
	}
	p, err := structure.NewProfile(c, cheap...)
	if err != nil {
		t.Fatal(err)
	}
	for k, name := range cheap {
		got, want := w.value(name), p.Values[k]
		if math.IsNaN(got) != math.IsNaN(want) || math.Abs(got-want) > 1e-9*max(1, math.Abs(want)) {
			t.Fatalf("%s is counted as %g, measured as %g", name, got, want)
		}
	}
}

func TestRewire(t *testing.T) {
	rig, collection, circuits := stock(t)
	edges := circuits[0].Edges()
	m := Rewire{Collection: collection, Circuits: 12}
	for name, c := range map[string]struct {
		request Request
		out     bool
	}{
		"density":           {Ask(SD("density", 3)), false},
		"reciprocity held":  {Ask(SD("reciprocity", 3), "density"), false},
		"degrees":           {Ask(SD("out_degree_sd", 3), "density", "reciprocity"), false},
		"two":               {Request{Targets: []Target{SD("reciprocity", -2), SD("out_degree_sd", 1.5)}}, false},
		"between signs":     {Ask(Between("density_ee", .5, .6), "density_ie"), false},
		"clustering (dear)": {Ask(SD("clustering", 3)), false},
		"no edges do it":    {Ask(SD("e_share", 0)), true},
	} {
		if name == "no edges do it" { // all circuits have an E share of 2/3: none can have 1
			rig.Reference.SD[slices.Index(rig.Reference.Names, "e_share")] = .1
			c.request = Ask(Value("e_share", 1))
		}
		a, err := rig.Answer(t.Context(), m, c.request, 3)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if a.Hit() == c.out || a.OutOfReach != c.out {
			t.Errorf("%s: misses by %.2f sd, out of reach: %v", name, a.HitSD, a.OutOfReach)
		}
		if strings.Contains(name, "dear") != (a.Spent > 0) && !c.out {
			t.Errorf("%s: spent %d looks", name, a.Spent)
		}
		if a.Code != nil || a.Judged != 12 || a.Circuits[3].Len() != 24 {
			t.Errorf("%s: a code %v, judged by %d", name, a.Code, a.Judged)
		}
		for k, target := range a.Targets {
			if c.out && target.Nearest != target.Achieved.Mean {
				t.Errorf("%s: target %d has no nearest value", name, k)
			}
		}
	}
	if circuits[0].Edges() != edges {
		t.Error("a real circuit was changed")
	}
}

// Rewiring keeps rows that were not observed as they are, and does the same on
// one core as on many.
func TestRewireUnobserved(t *testing.T) {
	_, _, circuits := stock(t)
	mask := make([]bool, 24)
	for i := range mask {
		mask[i] = i%4 != 0
	}
	masked, err := circuits[0].WithObserved(mask)
	if err != nil {
		t.Fatal(err)
	}
	r := Reference{Names: []string{"density"}, Mean: []float64{.2}, SD: []float64{.05}}
	collection, err := Collect(t.Context(), r, []*circuit.Circuit{masked})
	if err != nil {
		t.Fatal(err)
	}
	task := Task{Request: Request{Targets: []Target{Value("density", .4)}, Samples: 4}}
	propose := func() Proposal {
		p, err := Rewire{Collection: collection}.Propose(t.Context(), task, rand.New(rand.NewPCG(2, 2)))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	p, again := propose(), propose()
	for k, c := range p.Circuits {
		if !slices.Equal(c.EdgeList(), again.Circuits[k].EdgeList()) {
			t.Error("rewiring again gives other edges")
		}
		for i := range 24 {
			if !mask[i] && !slices.Equal(c.CSR().Row(i), masked.CSR().Row(i)) {
				t.Errorf("row %d was not observed and changed", i)
			}
		}
		if got := structure.Density(c); math.Abs(got-.4) > .02 {
			t.Errorf("density is %.3f", got)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (Rewire{Collection: collection}).Propose(ctx, task, rand.New(rand.NewPCG(2, 2))); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled rewiring gives %v", err)
	}
}

// By hand: of 24 neurons 16 are excitatory, so 240 of 552 pairs are EE. Scaling
// all odds by one factor leaves the odds ratio of two blocks as it was.
func TestBlockModel(t *testing.T) {
	rig, _, circuits := stock(t)
	m, err := NewBlockModel(circuits)
	if err != nil {
		t.Fatal(err)
	}
	e, i := kind{"E", circuit.Excitatory}, kind{"I", circuit.Inhibitory}
	ratio := m.logits[block{e, e}] - m.logits[block{i, e}]
	w := m.rates(circuits[0])
	task := Task{Request: Request{Targets: []Target{Value("density", .35)}}}
	if missed := w.scale(task, "density"); math.Abs(missed) > 1e-9 {
		t.Errorf("density misses by %g", missed)
	}
	if got := w.blocks[w.at[block{e, e}]].logit - w.blocks[w.at[block{i, e}]].logit; math.Abs(got-ratio) > 1e-9 {
		t.Errorf("the log odds ratio went from %g to %g", ratio, got)
	}
	if pairs := w.blocks[w.at[block{e, e}]].pairs; pairs != 240 {
		t.Errorf("there are %g pairs EE", pairs)
	}
	for name, c := range map[string]struct {
		request Request
		out     bool
		note    string
	}{
		"density":          {Ask(Value("density", .35)), false, ""},
		"between signs":    {Ask(Value("density_ee", .4), "density"), false, ""},
		"part and whole":   {Request{Targets: []Target{Value("density", .3), Value("density_ee", .5)}}, false, ""},
		"too much":         {Request{Targets: []Target{Value("density", .1), Value("density_ee", .5)}}, true, ""},
		"not addressed":    {Ask(SD("reciprocity", 2)), true, "no means to change reciprocity"},
		"interval, within": {Ask(Between("density", .1, .9)), false, ""},
	} {
		a, err := rig.Answer(t.Context(), m, c.request, 3)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if a.OutOfReach != c.out || !strings.Contains(a.Note, c.note) {
			t.Errorf("%s: out of reach %v (%s)", name, a.OutOfReach, a.Note)
		}
		for _, target := range a.Targets {
			// 64 circuits of 552 pairs: the mean density has an sd below .0025.
			if miss := math.Abs(target.Asked.Miss(target.Achieved.Mean)); !c.out && miss > .012 {
				t.Errorf("%s: misses by %.4f", name, miss)
			}
		}
		if a.Judged != 64 || a.Spent != 0 {
			t.Errorf("%s: %d circuits, %d spent", name, a.Judged, a.Spent)
		}
	}
	if m.Addresses("clustering") || !m.Addresses("density_ei") || !m.Addresses("edges") {
		t.Error("it is wrong about what it addresses")
	}
	if _, err := NewBlockModel(nil); err == nil {
		t.Error("a block model of nothing is no error")
	}
}

// By hand: {01, 12} and {01, 20} share one of three edges, distance 2/3; the empty
// circuit shares none of the two of either. The mean of 2/3, 1, 1 is 8/9.
func TestEdgeDistance(t *testing.T) {
	like := signed(3, 0, 0, rand.New(rand.NewPCG(1, 1)))
	a, _ := like.WithEdges([]circuit.Edge{{Pre: 0, Post: 1}, {Pre: 1, Post: 2}})
	b, _ := like.WithEdges([]circuit.Edge{{Pre: 0, Post: 1}, {Pre: 2, Post: 0}})
	if got := edgeDistance([]*circuit.Circuit{a, b, like}); math.Abs(got-8./9) > 1e-12 {
		t.Errorf("the distance is %g, want 8/9", got)
	}
	other := signed(4, .5, .5, rand.New(rand.NewPCG(1, 1)))
	if got := edgeDistance([]*circuit.Circuit{a, other}); !math.IsNaN(got) {
		t.Errorf("circuits of other neurons are %g apart", got)
	}
}

// An answer of one circuit, over and over, has no diversity; the block model's has
// about that of chance: two circuits of density d share d/(2−d) of their edges.
func TestDiversity(t *testing.T) {
	rig, collection, circuits := stock(t)
	one, err := rig.Answer(t.Context(), Retrieval{Collection: collection}, Ask(SD("density", 1)), 1)
	if err != nil {
		t.Fatal(err)
	}
	if one.Diversity != (Diversity{}) || one.Judged != 1 || !math.IsNaN(one.Targets[0].Achieved.SD) {
		t.Errorf("one circuit has diversity %+v", one.Diversity)
	}
	m, err := NewBlockModel(circuits)
	if err != nil {
		t.Fatal(err)
	}
	many, err := rig.Answer(t.Context(), m, Ask(Value("density", .3)), 1)
	if err != nil {
		t.Fatal(err)
	}
	if chance := 1 - .3/1.7; math.Abs(many.Diversity.Edge-chance) > .05 || !(many.Diversity.Profile > .3 && many.Diversity.Profile < 2) {
		t.Errorf("the diversity is %+v, by chance edges differ by %.2f", many.Diversity, chance)
	}
}

// A table stands for circuits only if it is of them, and of the reference's measures.
func TestNewCollectionErrors(t *testing.T) {
	c := signed(6, .4, .4, rand.New(rand.NewPCG(1, 1)))
	r := Reference{Names: []string{"density"}}
	for name, of := range map[string]structure.Table{
		"no row":         {Names: r.Names},
		"other measures": {Names: []string{"edges"}, Rows: [][]float64{{12}}},
	} {
		if _, err := NewCollection(r, []*circuit.Circuit{c}, of); err == nil || !strings.Contains(err.Error(), "for 1 circuits") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := NewCollection(r, nil, structure.Table{Names: r.Names}); err == nil {
		t.Error("a collection of nothing is no error")
	}
}
