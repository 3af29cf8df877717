package experiment

import (
	"strconv"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/nullmodel"
)

// Whatever a reconstruction lacks, the null models that are chosen can be fitted
// to its circuits, and there are as many as there can be.
func TestNullsFitWhatIsThere(t *testing.T) {
	for name, c := range map[string]struct {
		positions, classes bool
		models             int
	}{
		"all": {true, true, 6}, "no positions": {false, true, 6}, "no classes": {true, false, 6}, "neither": {false, false, 4},
	} {
		t.Run(name, func(t *testing.T) {
			neurons := make([]circuit.Neuron, 12)
			for i := range neurons {
				neurons[i] = circuit.Neuron{ID: strconv.Itoa(i), Position: circuit.NoPosition()}
				if c.positions {
					neurons[i].Position = circuit.Position{X: float64(i), Y: float64(i % 3)}
				}
				if c.classes {
					neurons[i].Class = circuit.Class(rune('A' + i%2))
				}
			}
			one, err := circuit.New(neurons, []circuit.Edge{{Pre: 0, Post: 1}, {Pre: 1, Post: 0}, {Pre: 3, Post: 7}, {Pre: 7, Post: 9}, {Pre: 11, Post: 4}})
			if err != nil {
				t.Fatal(err)
			}
			names := nullsOf([]*circuit.Circuit{one})
			if len(names) != c.models {
				t.Errorf("%d null models, want %d: %v", len(names), c.models, names)
			}
			for _, name := range names {
				m, err := nullmodel.Find(name)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := m.Fit(t.Context(), one); err != nil {
					t.Error(err)
				}
			}
		})
	}
}
