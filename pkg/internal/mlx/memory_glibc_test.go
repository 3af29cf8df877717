//go:build linux

package mlx

import (
	"context"
	"syscall"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
)

// A program that takes 64 MiB of buffers has them from the system once, not at
// every run: that would be 16,384 pages of 4 kB each time.
func TestMemoryOfXLAIsKept(t *testing.T) {
	c, err := choose(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	if nameOf(c.config) != "xla:cpu" {
		t.Skip("needs XLA on the processor: " + c.why)
	}
	b, err := open(c)
	if err != nil {
		t.Fatal(err)
	}
	data := make([]float32, 1<<12)
	run := func() {
		t.Helper()
		// The square of a column times itself is an array that no fusion avoids.
		_, err := graph.CallOnce(b.Compute, func(x *graph.Node) *graph.Node {
			square := graph.Einsum("i,j->ij", x, x)
			return graph.ReduceAllSum(graph.Einsum("ij,jk->ik", square, graph.Slice(square, graph.AxisRange(), graph.AxisRange(0, 8))))
		}, Tensor(data, len(data)))
		if err != nil {
			t.Fatal(err)
		}
	}
	run()
	before := pagesTaken(t)
	run()
	if taken := pagesTaken(t) - before; taken > 2000 {
		t.Errorf("the second run took %d pages from the system", taken)
	}
}

// pagesTaken counts the pages that this process was given by the system.
func pagesTaken(t *testing.T) int64 {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return u.Minflt
}
