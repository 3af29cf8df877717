package circuit

import (
	"encoding/json"
	"fmt"
)

// wire is a circuit on disk. Unknown positions are null, edges a flat list.
type wire struct {
	Neurons  []wireNeuron `json:"neurons"`
	Edges    []int        `json:"edges"` // pre, post, pre, post, …
	Observed []bool       `json:"observed,omitempty"`
	Origin   Origin       `json:"origin"`
}

type wireNeuron struct {
	ID       string      `json:"id"`
	Class    Class       `json:"class,omitempty"`
	Layer    Layer       `json:"layer,omitempty"`
	Sign     Sign        `json:"sign,omitempty"`
	Position *[3]float64 `json:"position_um,omitempty"` // x, y, depth
}

// MarshalJSON writes neurons, edges, mask and origin.
func (c *Circuit) MarshalJSON() ([]byte, error) {
	w := wire{Neurons: make([]wireNeuron, c.Len()), Edges: make([]int, 0, 2*c.Edges()), Observed: c.observed, Origin: c.origin}
	for i, n := range c.neurons {
		w.Neurons[i] = wireNeuron{ID: n.ID, Class: n.Class, Layer: n.Layer, Sign: n.Sign}
		if p := n.Position; p.Known() {
			w.Neurons[i].Position = &[3]float64{p.X, p.Y, p.Depth}
		}
	}
	for _, e := range c.EdgeList() {
		w.Edges = append(w.Edges, e.Pre, e.Post)
	}
	return json.Marshal(w)
}

// UnmarshalJSON reads what MarshalJSON wrote and checks it as New does.
func (c *Circuit) UnmarshalJSON(data []byte) error {
	var w wire
	if err := json.Unmarshal(data, &w); err != nil {
		return fmt.Errorf("circuit: %w", err)
	}
	if len(w.Edges)%2 != 0 {
		return fmt.Errorf("circuit: edges hold %d numbers: expected pairs of pre and post", len(w.Edges))
	}
	neurons := make([]Neuron, len(w.Neurons))
	for i, n := range w.Neurons {
		neurons[i] = Neuron{ID: n.ID, Class: n.Class, Layer: n.Layer, Sign: n.Sign, Position: NoPosition()}
		if p := n.Position; p != nil {
			neurons[i].Position = Position{X: p[0], Y: p[1], Depth: p[2]}
		}
	}
	edges := make([]Edge, len(w.Edges)/2)
	for i := range edges {
		edges[i] = Edge{w.Edges[2*i], w.Edges[2*i+1]}
	}
	d, err := New(neurons, edges)
	if err != nil {
		return err
	}
	if d, err = d.WithObserved(w.Observed); err != nil {
		return err
	}
	*c = *d.WithOrigin(w.Origin)
	return nil
}
