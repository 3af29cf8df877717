package connectome

import (
	"path/filepath"
	"testing"

	"github.com/cortigen/cortigen/pkg/internal/outside"
)

// The matrix of the rat column gives the graph that the pack's tables give:
// 836,167 edges, bools. Only ids are not in the matrix.
func TestPublishedNPZ(t *testing.T) {
	dir := outside.Pack(t, "bbp-rat-sscx-column")
	tables, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	matrix, err := Open(t.Context(), filepath.Join(dir, "adj_r0c10.npz"))
	if err != nil {
		t.Fatal(err)
	}
	if matrix.Len() != 6719 || matrix.Edges() != 836167 || matrix.Report().Layout != sparseNPZ().Title {
		t.Errorf("%d neurons, %d edges: %s", matrix.Len(), matrix.Edges(), matrix.Report())
	}
	for i := range tables.Len() {
		got, want := matrix.CSR().Row(i), tables.CSR().Row(i)
		if len(got) != len(want) {
			t.Fatalf("neuron %d has %d outputs, and %d in the tables", i, len(got), len(want))
		}
		for k := range got {
			if got[k] != want[k] {
				t.Fatalf("neuron %d: output %d is %d, and %d in the tables", i, k, got[k], want[k])
			}
		}
	}
}
