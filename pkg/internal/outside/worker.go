package outside

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Worker is a process that takes commands in lines and answers each by a line of
// JSON. What peers are timed by is such a process: it loads once and is asked
// often, in turns with ours.
type Worker struct {
	name string
	in   io.Writer
	out  *bufio.Scanner
}

// StartWorker starts a process. It ends with the test, which fails where the
// process did.
func StartWorker(t testing.TB, cmd *exec.Cmd) *Worker {
	t.Helper()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w := &Worker{filepath.Base(cmd.Path), in, bufio.NewScanner(out)}
	w.out.Buffer(nil, 1<<24)
	t.Cleanup(func() {
		in.Close()         // ends it
		for w.out.Scan() { // what a test says at its end
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s: %v", w.name, err)
		}
	})
	return w
}

// Ask gives a command and reads the answer. Lines that are no JSON object are
// passed over.
func (w *Worker) Ask(t testing.TB, command string, answer any) {
	t.Helper()
	if _, err := fmt.Fprintln(w.in, command); err != nil {
		t.Fatal(err)
	}
	for w.out.Scan() {
		if strings.HasPrefix(w.out.Text(), "{") {
			if err := json.Unmarshal(w.out.Bytes(), answer); err != nil {
				t.Fatalf("%s: %s: %v", w.name, command, err)
			}
			return
		}
	}
	t.Fatalf("%s: %s: no answer", w.name, command)
}

// Ratios returns, by round, the least time of the peers over ours: above 1 ours is
// faster. Times drift with the machine, so only those of one round are compared.
func Ratios(ours []float64, peers ...[]float64) []float64 {
	ratios := make([]float64, len(ours))
	for k, seconds := range ours {
		best := peers[0][k]
		for _, peer := range peers {
			best = min(best, peer[k])
		}
		ratios[k] = best / seconds
	}
	return ratios
}

// Middle is the median, the upper one of an even number.
func Middle(x []float64) float64 { return slices.Sorted(slices.Values(x))[len(x)/2] }
