package circuit

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func neuron(id string, class Class, depth float64) Neuron {
	return Neuron{ID: id, Class: class, Layer: "L4", Sign: Excitatory, Position: Position{X: 1, Y: 2, Depth: depth}}
}

// drawn draws a circuit of up to 80 neurons, which is more than one word of
// bits, some without position and some with masked rows.
func drawn(t *rapid.T) *Circuit {
	n := rapid.IntRange(0, 80).Draw(t, "neurons")
	rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
	neurons := make([]Neuron, n)
	observed := make([]bool, n)
	for i := range neurons {
		neurons[i] = neuron(string(rune('a'+i%26))+string(rune('0'+i/26)), Class([]string{"A", "B", ""}[rng.IntN(3)]), rng.Float64())
		if rng.IntN(4) == 0 {
			neurons[i].Position = NoPosition()
		}
		observed[i] = rng.IntN(5) > 0
	}
	density := rng.Float64()
	var edges []Edge
	for i := range n {
		for j := range n {
			if i != j && rng.Float64() < density {
				edges = append(edges, Edge{i, j})
			}
		}
	}
	rng.Shuffle(len(edges), func(i, j int) { edges[i], edges[j] = edges[j], edges[i] })
	c, err := New(neurons, edges)
	if err != nil {
		t.Fatal(err)
	}
	if c, err = c.WithObserved(observed); err != nil {
		t.Fatal(err)
	}
	return c.WithOrigin(Origin{Source: "drawn", Region: "r", Radius: 3, Factors: map[string]float64{"f": .5}})
}

// same reports whether two circuits are equal, NaN positions included.
func same(c, d *Circuit) bool {
	if c.Len() != d.Len() || !slices.Equal(c.EdgeList(), d.EdgeList()) {
		return false
	}
	for i, a := range c.Neurons() {
		b := d.Neuron(i)
		known := a.Position.Known()
		if known != b.Position.Known() || c.Observed(i) != d.Observed(i) {
			return false
		}
		if !known {
			a.Position, b.Position = Position{}, Position{}
		}
		if a != b {
			return false
		}
	}
	return c.Origin().Region == d.Origin().Region && c.Origin().Factors["f"] == d.Origin().Factors["f"]
}

func TestNewReportsEveryFault(t *testing.T) {
	half := neuron("c", "A", 1)
	half.Position.Y = math.NaN()
	_, err := New(
		[]Neuron{neuron("a", "A", 1), neuron("a", "A", 1), neuron("", "A", 1), half},
		[]Edge{{0, 1}, {0, 1}, {2, 2}})
	if err == nil {
		t.Fatal("a circuit full of faults is no error")
	}
	for _, want := range []string{`neurons 0 and 1 have the same id "a"`, "neuron 2 has no id", "half-known position", "1 autapses", "1 repeated edges"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q: %v", want, err)
		}
	}
	if _, err := New([]Neuron{neuron("a", "", 0)}, []Edge{{0, 1}}); err == nil || !strings.Contains(err.Error(), "0→1") {
		t.Errorf("an edge to nowhere gives %v", err)
	}
	if _, err := New(make([]Neuron, MaxNeurons+1), nil); err == nil || !strings.Contains(err.Error(), "connectome") {
		t.Errorf("too many neurons give %v", err)
	}
}

func TestNewCopies(t *testing.T) {
	neurons, edges := []Neuron{neuron("a", "A", 1), neuron("b", "A", 2)}, []Edge{{0, 1}}
	c, err := New(neurons, edges)
	if err != nil {
		t.Fatal(err)
	}
	neurons[0].ID, edges[0] = "changed", Edge{1, 0}
	if c.Neuron(0).ID != "a" || !c.Has(0, 1) || c.Has(1, 0) {
		t.Error("a circuit follows the slices that it was made from")
	}
}

// By hand: 0→1, 1→0, 0→2, 3→2.
func TestCounts(t *testing.T) {
	c, err := New([]Neuron{neuron("a", "A", 1), neuron("b", "A", 2), neuron("c", "B", 3), neuron("d", "B", 4)},
		[]Edge{{0, 1}, {1, 0}, {0, 2}, {3, 2}})
	if err != nil {
		t.Fatal(err)
	}
	if c.Edges() != 4 || c.Mutual() != 1 {
		t.Errorf("%d edges, %d mutual pairs, want 4 and 1", c.Edges(), c.Mutual())
	}
	if got := c.OutDegrees(); !slices.Equal(got, []int{2, 1, 0, 1}) {
		t.Errorf("out-degrees are %v", got)
	}
	if got := c.InDegrees(); !slices.Equal(got, []int{1, 1, 2, 0}) {
		t.Errorf("in-degrees are %v", got)
	}
	if got := Classes(c); !slices.Equal(got, []Class{"A", "B"}) {
		t.Errorf("classes are %v", got)
	}
}

func TestRepresentationsAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawn(t)
		n, dense := c.Len(), c.Dense(nil)
		transposed := c.CSR().Transpose()
		out, in := c.OutDegrees(), c.InDegrees()
		edges := 0
		for i := range n {
			row, column := 0, 0
			for j := range n {
				has := c.Has(i, j)
				if (dense[i*n+j] == 1) != has || c.CSR().Has(i, j) != has || transposed.Has(j, i) != has || (c.Bits(i)[j/64]>>(j%64)&1 == 1) != has {
					t.Fatalf("representations differ at %d→%d", i, j)
				}
				if has {
					row++
				}
				if c.Has(j, i) {
					column++
				}
			}
			if out[i] != row || in[i] != column {
				t.Fatalf("degrees of %d are %d and %d, want %d and %d", i, out[i], in[i], row, column)
			}
			edges += row
		}
		if c.Edges() != edges || len(c.EdgeList()) != edges {
			t.Fatalf("%d edges, %d listed, want %d", c.Edges(), len(c.EdgeList()), edges)
		}
	})
}

func TestJSONRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawn(t)
		data, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		var d Circuit
		if err := json.Unmarshal(data, &d); err != nil {
			t.Fatal(err)
		}
		if !same(c, &d) {
			t.Fatalf("came back different: %s", data)
		}
	})
}

func TestJSONErrors(t *testing.T) {
	for want, text := range map[string]string{
		"pairs of pre and post": `{"neurons":[{"id":"a"}],"edges":[0]}`,
		"0→3":                   `{"neurons":[{"id":"a"}],"edges":[0,3]}`,
		"mask of 2 entries":     `{"neurons":[{"id":"a"}],"edges":[],"observed":[true,false]}`,
		"cannot unmarshal":      `{"neurons":3}`,
	} {
		var c Circuit
		if err := json.Unmarshal([]byte(text), &c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s gives %v, want an error with %q", text, err, want)
		}
	}
}

func FuzzUnmarshal(f *testing.F) {
	f.Add([]byte(`{"neurons":[{"id":"a"},{"id":"b","position_um":[1,2,3]}],"edges":[0,1],"observed":[true,false]}`))
	f.Add([]byte(`{"neurons":[{"id":"a"}],"edges":[0,-1]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var c Circuit
		if err := json.Unmarshal(data, &c); err != nil {
			return
		}
		again, err := json.Marshal(&c)
		if err != nil {
			t.Fatal(err)
		}
		var d Circuit
		if err := json.Unmarshal(again, &d); err != nil || c.Len() != d.Len() || c.Edges() != d.Edges() {
			t.Errorf("what was read does not come back: %v", err)
		}
	})
}

// A permutation relabels: what is connected stays so.
func TestSubcircuit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawn(t)
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "order"), 1))
		order := rng.Perm(c.Len())[:rapid.IntRange(0, c.Len()).Draw(t, "kept")]
		d, err := c.Subcircuit(order)
		if err != nil {
			t.Fatal(err)
		}
		for k, i := range order {
			if d.Neuron(k).ID != c.Neuron(i).ID || d.Observed(k) != c.Observed(i) {
				t.Fatalf("neuron %d is not the one that was named", k)
			}
			for l, j := range order {
				if d.Has(k, l) != c.Has(i, j) {
					t.Fatalf("edge %d→%d differs", k, l)
				}
			}
		}
	})
	c, err := New([]Neuron{neuron("a", "A", 1), neuron("b", "A", 2)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, indices := range [][]int{{0, 0}, {2}, {-1}} {
		if _, err := c.Subcircuit(indices); err == nil {
			t.Errorf("subcircuit %v is no error", indices)
		}
	}
}

// The order that neurons came in must not show in the canonical one.
func TestCanonicalForgetsOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawn(t)
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "order"), 2))
		shuffled, err := c.Subcircuit(rng.Perm(c.Len()))
		if err != nil {
			t.Fatal(err)
		}
		if !same(c.Canonical(), shuffled.Canonical()) {
			t.Fatal("the canonical circuit depends on the order of the neurons")
		}
	})
	c, err := New([]Neuron{neuron("z", "B", 1), neuron("y", "A", 9), neuron("x", "A", 3), {ID: "w", Class: "A", Position: NoPosition()}}, []Edge{{0, 2}})
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	for _, n := range c.Canonical().Neurons() {
		order = append(order, n.ID)
	}
	if strings.Join(order, "") != "xywz" || !c.Canonical().Has(3, 0) {
		t.Errorf("the canonical order is %v, want class, then depth, unknown depths last: x y w z", order)
	}
}

func TestMask(t *testing.T) {
	c, err := New([]Neuron{neuron("a", "A", 1), neuron("b", "A", 2)}, []Edge{{0, 1}})
	if err != nil {
		t.Fatal(err)
	}
	if !c.FullyObserved() || c.ObservedRows() != 2 {
		t.Error("a circuit without a mask is not fully observed")
	}
	masked, err := c.WithObserved([]bool{false, true})
	if err != nil {
		t.Fatal(err)
	}
	if masked.FullyObserved() || masked.ObservedRows() != 1 || masked.Observed(0) || !masked.Has(0, 1) || !c.FullyObserved() {
		t.Error("the mask is wrong, or it changed the circuit it was taken from")
	}
	again, err := masked.WithEdges([]Edge{{1, 0}})
	if err != nil || again.Observed(0) || !again.Has(1, 0) || again.Has(0, 1) {
		t.Errorf("other edges lose the mask (%v)", err)
	}
	if all, err := masked.WithObserved([]bool{true, true}); err != nil || !all.FullyObserved() {
		t.Errorf("a mask that masks nothing is not none (%v)", err)
	}
	if _, err := c.WithObserved([]bool{true}); err == nil {
		t.Error("a mask of the wrong length is no error")
	}
}

func TestNewCSRCounts(t *testing.T) {
	rows, duplicates, autapses, err := NewCSR(3, []Edge{{0, 1}, {0, 1}, {0, 1}, {2, 2}, {2, 0}})
	if err != nil || duplicates != 2 || autapses != 1 || rows.Edges() != 2 || !rows.Has(0, 1) || !rows.Has(2, 0) || rows.Rows() != 3 {
		t.Errorf("rows %v, %d duplicates, %d autapses (%v)", rows, duplicates, autapses, err)
	}
	if (CSR{}).Rows() != 0 {
		t.Error("the zero CSR has rows")
	}
}

func TestParseSign(t *testing.T) {
	for text, want := range map[string]Sign{"E": Excitatory, "inhibitory": Inhibitory, "": UnknownSign, "?": UnknownSign, "exc": Excitatory} {
		if got, err := ParseSign(text); err != nil || got != want {
			t.Errorf("ParseSign(%q) = %v, %v", text, got, err)
		}
	}
	for _, s := range []Sign{Excitatory, Inhibitory, UnknownSign} {
		if got, err := ParseSign(s.String()); err != nil || got != s {
			t.Errorf("%v does not come back from its word", s)
		}
	}
	if _, err := ParseSign("glia"); err == nil {
		t.Error("a sign that is none is no error")
	}
}

func TestPosition(t *testing.T) {
	p, q := Position{0, 0, 0}, Position{3, 4, 12}
	if p.Distance(q) != 13 || p.Horizontal(q) != 5 {
		t.Errorf("distances are %g and %g, want 13 and 5", p.Distance(q), p.Horizontal(q))
	}
	if NoPosition().Known() || !math.IsNaN(p.Distance(NoPosition())) || (Position{X: math.Inf(1)}).Known() {
		t.Error("an unknown position is known")
	}
}

// Other neurons keep edges, mask and origin; too few are an error.
func TestWithNeurons(t *testing.T) {
	place := NoPosition()
	c, err := New([]Neuron{{ID: "a", Position: place}, {ID: "b", Position: place}}, []Edge{{Pre: 1, Post: 0}})
	if err != nil {
		t.Fatal(err)
	}
	if c, err = c.WithObserved([]bool{false, true}); err != nil {
		t.Fatal(err)
	}
	d, err := c.WithOrigin(Origin{Source: "sheet"}).WithNeurons([]Neuron{{ID: "x", Position: place}, {ID: "y", Position: place}})
	if err != nil {
		t.Fatal(err)
	}
	if d.Neuron(0).ID != "x" || !d.Has(1, 0) || d.Edges() != 1 || d.Observed(0) || !d.Observed(1) || d.Origin().Source != "sheet" {
		t.Errorf("%v with edges %v, origin %v", d.Neuron(0), d.EdgeList(), d.Origin())
	}
	if _, err := c.WithNeurons([]Neuron{{ID: "x", Position: place}}); err == nil {
		t.Error("one neuron in place of two")
	}
}
