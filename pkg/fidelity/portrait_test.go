package fidelity

import (
	"strings"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
)

// Two circuits of three neurons, with one and with two edges: densities of 1/6
// and 2/6, the second all mutual.
func TestPortray(t *testing.T) {
	ids := []string{"a", "b", "c"}
	circuits := []*circuit.Circuit{
		named(t, "x", ids, circuit.Edge{Pre: 0, Post: 1}),
		named(t, "y", ids, circuit.Edge{Pre: 0, Post: 1}, circuit.Edge{Pre: 1, Post: 0}),
	}
	p, err := Portray(t.Context(), connectome.Overview{Name: "toy"}, circuits, false, []string{"density", "reciprocity"}, 200, 1)
	if err != nil {
		t.Fatal(err)
	}
	if p.Means[0].Value != .25 || p.Means[0].N != 2 || p.Means[1].Value != .5 || p.Circuits != 2 {
		t.Errorf("portrait is %+v, want densities of mean 1/4 and reciprocities of mean 1/2 over two regions", p)
	}
	if _, err := Portray(t.Context(), connectome.Overview{}, circuits, false, []string{"densty"}, 200, 1); err == nil || !strings.Contains(err.Error(), "densty") {
		t.Errorf("a measure that does not exist gives %v", err)
	}
}
