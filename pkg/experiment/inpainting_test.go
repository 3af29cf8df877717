package experiment

import (
	"context"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/fidelity"
)

// An answer that is kept is given to the circuit that it is about only.
func TestCompletedAnswersAreOfTheirCircuit(t *testing.T) {
	ctx := context.Background()
	asked, other := new(circuit.Circuit), new(circuit.Circuit)
	known := completed{"model", map[*circuit.Circuit][]float64{asked: {.5}}}
	if p, err := known.Inpaint(ctx, fidelity.Partial{Circuit: asked}, nil); err != nil || len(p) != 1 {
		t.Errorf("asked about: %v, %v", p, err)
	}
	if _, err := known.Inpaint(ctx, fidelity.Partial{Circuit: other}, nil); err == nil {
		t.Error("a circuit that nobody asked about has an answer")
	}
}
