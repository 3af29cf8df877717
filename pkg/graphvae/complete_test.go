package graphvae_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/graphvae"
)

func complete(t *testing.T, m *graphvae.Model, circuits []*circuit.Circuit, visible [][]bool, draws int) [][]float64 {
	t.Helper()
	p, err := m.Complete(context.Background(), circuits, visible, draws, 5)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// halfSeen sees every other ordered pair of a circuit.
func halfSeen(c *circuit.Circuit) []bool {
	visible := make([]bool, c.Len()*c.Len())
	for at := range visible {
		visible[at] = at%2 == 0
	}
	return visible
}

// What is hidden is not looked at: other edges there change no bit.
func TestCompleteDoesNotPeek(t *testing.T) {
	circuits := toyCircuits(t, 3, 1)
	m := toyModelOf(t, circuits, graphvae.Exchangeable)
	masks, others := [][]bool{}, []*circuit.Circuit{}
	changed := 0
	for _, c := range circuits {
		visible := halfSeen(c)
		var edges []circuit.Edge
		for i := range c.Len() {
			for j := range c.Len() {
				hidden := i != j && !visible[i*c.Len()+j]
				if c.Has(i, j) != hidden {
					edges = append(edges, circuit.Edge{Pre: i, Post: j})
				}
				if hidden {
					changed++
				}
			}
		}
		other, err := c.WithEdges(edges)
		if err != nil {
			t.Fatal(err)
		}
		masks, others = append(masks, visible), append(others, other)
	}
	p, q := complete(t, m, circuits, masks, 3), complete(t, m, others, masks, 3)
	for i := range p {
		if !slices.Equal(p[i], q[i]) {
			t.Errorf("circuit %d: hidden edges change what is said", i)
		}
		for at, x := range p[i] {
			if diagonal := at%(circuits[i].Len()+1) == 0; diagonal != (x == 0) || !(x >= 0 && x < 1) {
				t.Fatalf("circuit %d: the probability of entry %d is %g", i, at, x)
			}
		}
	}
	if changed == 0 {
		t.Error("nothing was hidden, so this test saw nothing")
	}
	// And what is visible does count.
	if r := complete(t, m, others, nil, 3); slices.Equal(p[0], r[0]) {
		t.Error("visible edges change nothing")
	}
}

// A nil mask is the circuit's own, and the order of neurons changes nothing.
func TestCompleteOfTheOwnMask(t *testing.T) {
	circuits := toyCircuits(t, 3, 1)
	m := toyModelOf(t, circuits, graphvae.Exchangeable)
	own := make([][]bool, len(circuits))
	unobserved := 0
	for i, c := range circuits {
		own[i] = make([]bool, c.Len()*c.Len())
		for at := range own[i] {
			own[i][at] = c.Observed(at / c.Len())
		}
		unobserved += c.Len() - c.ObservedRows()
	}
	if unobserved == 0 {
		t.Fatal("every row is observed, so this test sees nothing")
	}
	p, q := complete(t, m, circuits, nil, 2), complete(t, m, circuits, own, 2)
	for i := range p {
		if !slices.Equal(p[i], q[i]) {
			t.Errorf("circuit %d: a nil mask is not the circuit's own", i)
		}
	}
	order := make([]int, circuits[0].Len())
	for i := range order {
		order[i] = len(order) - 1 - i
	}
	turned, err := circuits[0].Subcircuit(order)
	if err != nil {
		t.Fatal(err)
	}
	r := complete(t, m, []*circuit.Circuit{turned}, nil, 2)[0]
	n := len(order)
	for i := range n {
		for j := range n {
			if got, want := r[i*n+j], p[0][order[i]*n+order[j]]; math.Abs(got-want) > 1e-6 {
				t.Fatalf("relabelled, %d→%d has %g, had %g", i, j, got, want)
			}
		}
	}
}

// Where edges are returned far more often than by chance, a hidden one is
// foretold from the visible other direction of its pair.
func TestCompleteUsesTheOtherDirection(t *testing.T) {
	circuits := reciprocalCircuits(t, 140, 1)
	cfg := short
	cfg.Steps, cfg.Hide = 100, .5
	m := trainExchangeable(t, circuits, func(*graphvae.Config) {}, cfg)
	var with, without, edges, none float64
	for _, c := range circuits[100:] {
		n := c.Len()
		visible := make([]bool, n*n)
		for i := range n {
			for j := range n {
				visible[i*n+j] = i > j || (i+j)%2 == 0 // of half of the pairs one direction is hidden
			}
		}
		p := complete(t, m, []*circuit.Circuit{c}, [][]bool{visible}, 4)[0]
		for i := range n {
			for j := i + 1; j < n; j += 2 {
				if c.Has(j, i) {
					with, edges = with+p[i*n+j], edges+1
				} else {
					without, none = without+p[i*n+j], none+1
				}
			}
		}
	}
	t.Logf("P(i→j) is %.3f where j→i is, %.3f where it is not", with/edges, without/none)
	if with/edges < without/none+.1 {
		t.Errorf("P(i→j) is %.3f where j→i is, %.3f where it is not", with/edges, without/none)
	}
}

func TestCompleteRefuses(t *testing.T) {
	circuits := toyCircuits(t, 2, 1)
	m := toyModelOf(t, circuits, graphvae.Exchangeable)
	for name, c := range map[string]struct {
		visible [][]bool
		draws   int
		says    string
	}{
		"no draws":         {nil, 0, "0 draws"},
		"too few masks":    {[][]bool{nil}, 1, "1 masks for 2 circuits"},
		"a mask too short": {[][]bool{nil, {true}}, 1, "the mask of circuit 1 has 1 entries"},
		"both at once":     {[][]bool{{true}, nil}, -1, "the mask of circuit 0"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := m.Complete(context.Background(), circuits, c.visible, c.draws, 1)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v does not say %s", err, c.says)
			}
		})
	}
	if _, err := toyModelOf(t, circuits, graphvae.Slots).Complete(context.Background(), circuits, nil, 1, 1); err == nil {
		t.Error("Slots, which has no such codes, completes")
	}
}
