//go:build linux

package connectome_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/internal/outside"
	"github.com/cortigen/cortigen/pkg/seed"
	"github.com/cortigen/cortigen/pkg/structure"
)

// Ours and what users would pick instead do the same on the same file, in turns:
// times drift with the machine, so only ratios of one round are compared. Each
// runs in a process of its own, ours in this test's binary, that takes commands.
const (
	scaleWorker  = "CORTIGEN_SCALE_WORKER"
	scaleRounds  = 7
	scaleData    = "generated-67k" // 67,534 neurons, 10.4 million edges
	scaleCommand = "CORTIGEN_SLOW=1 go test ./pkg/connectome -run TestScaleBesidePeers -count=1 -timeout 60m"
)

// answer is what a worker says of a command.
type answer struct {
	Seconds float64 `json:"seconds"`
	// CPU is seconds of processors, which say more than Seconds where others
	// wait for the same ones.
	CPU float64 `json:"cpu"`
	// What was found; ours and the peers' must be the same.
	Neurons     int     `json:"neurons,omitempty"`
	Edges       int     `json:"edges,omitempty"`
	LargestOut  int     `json:"largest_out,omitempty"`
	LargestIn   int     `json:"largest_in,omitempty"`
	Reciprocity float64 `json:"reciprocity,omitempty"`
	Components  int     `json:"components,omitempty"`
	Largest     int     `json:"largest,omitempty"`
	Columns     int     `json:"columns,omitempty"`
	MB          float64 `json:"mb,omitempty"`
}

// TestScaleWorker is the process of ours; as a test it has nothing to do.
func TestScaleWorker(t *testing.T) {
	if os.Getenv(scaleWorker) == "" {
		return
	}
	var w ourWorker
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		name, argument, _ := strings.Cut(lines.Text(), " ")
		clock := startClock(t)
		a, err := w.do(t, name, argument)
		if err != nil {
			t.Fatal(err)
		}
		if a.Seconds == 0 {
			a.Seconds, a.CPU = clock.read(t)
		}
		line, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("%s\n", line)
	}
}

// ourWorker holds what was loaded and cut.
type ourWorker struct {
	c       *connectome.Connectome
	columns []*circuit.Circuit
}

func (w *ourWorker) do(t *testing.T, name, argument string) (answer, error) {
	var err error
	switch name {
	case "load":
		w.c, err = connectome.Open(t.Context(), argument)
		if err != nil {
			return answer{}, err
		}
		return answer{Neurons: w.c.Len(), Edges: w.c.Edges()}, nil
	case "forget":
		w.c = nil
		debug.FreeOSMemory()
		return answer{}, nil
	case "degrees":
		out, in := w.c.Degrees()
		return answer{LargestOut: int(slices.Max(out)), LargestIn: int(slices.Max(in))}, nil
	case "reciprocity":
		return answer{Reciprocity: 2 * float64(w.c.CSR().Mutual()) / float64(w.c.Edges())}, nil
	case "components":
		found, err := structure.StrongComponents(t.Context(), w.c.CSR())
		return answer{Components: len(found.Sizes), Largest: found.Largest()}, err
	case "place": // gives the neurons their places again, which a table of edges does not have
		w.c, err = connectome.New(scaled(t, scaleNeurons, scaleEdges))
		return answer{}, err
	case "cut":
		return w.cut(t)
	case "list":
		return answer{}, w.list(argument)
	case "peak":
		return answer{MB: float64(usage(t).Maxrss) / 1024}, nil
	}
	return answer{}, fmt.Errorf("no command %q", name)
}

func (w *ourWorker) cut(t *testing.T) (answer, error) {
	p, err := connectome.NewPartition(w.c, connectome.SplitConfig{})
	if err != nil {
		return answer{}, err
	}
	clock := startClock(t)
	w.columns, err = connectome.Columns(t.Context(), w.c, p, connectome.Train, 1000, connectome.ColumnConfig{MinNeurons: 100, MaxNeurons: 100}, seed.Seed(1))
	seconds, cpu := clock.read(t)
	edges := 0
	for _, c := range w.columns {
		edges += c.Edges()
	}
	return answer{Seconds: seconds, CPU: cpu, Columns: len(w.columns), Edges: edges}, err
}

// list writes X and Y of all neurons in a line each, and then the ids of each
// column's neurons, for the peers to cut.
func (w *ourWorker) list(path string) error {
	var text strings.Builder
	for _, of := range []func(circuit.Position) float64{func(p circuit.Position) float64 { return p.X }, func(p circuit.Position) float64 { return p.Y }} {
		for i := range w.c.Len() {
			fmt.Fprint(&text, of(w.c.Neuron(i).Position), " ")
		}
		text.WriteString("\n")
	}
	for _, c := range w.columns {
		for _, n := range c.Neurons() {
			text.WriteString(n.ID + " ")
		}
		text.WriteString("\n")
	}
	return os.WriteFile(path, []byte(text.String()), 0o644)
}

// clock measures time and time of processors.
type clock struct {
	began time.Time
	used  syscall.Rusage
}

func usage(t *testing.T) (u syscall.Rusage) {
	t.Helper()
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return u
}

func startClock(t *testing.T) clock {
	t.Helper()
	return clock{time.Now(), usage(t)}
}

func (c clock) read(t *testing.T) (seconds, cpu float64) {
	t.Helper()
	now := usage(t)
	used := now.Utime.Nano() - c.used.Utime.Nano() + now.Stime.Nano() - c.used.Stime.Nano()
	return time.Since(c.began).Seconds(), float64(used) / 1e9
}

// tell asks for what is not timed.
func tell(t *testing.T, w *outside.Worker, command string) (a answer) {
	t.Helper()
	w.Ask(t, command, &a)
	return a
}

// found is an answer without its time.
func (a answer) found() answer {
	a.Seconds, a.CPU = 0, 0
	return a
}

// race is one job, ours and the peers'.
type race struct {
	ours  string
	peers []string
	// By command, a round each.
	times, cpu map[string][]float64
}

// round runs all once, and compares what they find.
func (r *race) round(t *testing.T, ours, peers *outside.Worker) {
	t.Helper()
	defer func() { t.Logf("seconds so far: %.3g; of processors: %.3g", r.lists(r.times), r.lists(r.cpu)) }()
	var got answer
	ours.Ask(t, r.ours, &got)
	r.times[r.ours], r.cpu[r.ours] = append(r.times[r.ours], got.Seconds), append(r.cpu[r.ours], got.CPU)
	for _, command := range r.peers {
		var a answer
		peers.Ask(t, command, &a)
		r.times[command], r.cpu[command] = append(r.times[command], a.Seconds), append(r.cpu[command], a.CPU)
		if a.found() != got.found() {
			t.Errorf("%s finds %+v, ours %+v", command, a, got)
		}
	}
}

// row is the median over rounds of the best peer's time over ours.
func (r *race) row(name, peers string) artifact.Row {
	times := r.lists(r.times)
	ratios := outside.Ratios(times[0], times[1:]...)
	row := artifact.Row{Name: name, Dataset: scaleData, Preset: "standard", Backend: "go", N: len(ratios), Unit: "1", Command: scaleCommand}
	row.Value, row.Lo, row.Hi = outside.Middle(ratios), slices.Min(ratios), slices.Max(ratios)
	row.Note = fmt.Sprintf("time of %s over ours, above 1 ours is faster; %d neurons, %d edges; median, least and greatest of rounds in turns; s (of processors): ours %.3g (%.3g)",
		peers, scaleNeurons, scaleEdges, outside.Middle(r.times[r.ours]), outside.Middle(r.cpu[r.ours]))
	for _, peer := range r.peers {
		name, _, _ := strings.Cut(peer, "-")
		row.Note += fmt.Sprintf(", %s %.3g (%.3g)", name, outside.Middle(r.times[peer]), outside.Middle(r.cpu[peer]))
	}
	return row
}

// lists are times in the order of ours and the peers.
func (r *race) lists(times map[string][]float64) [][]float64 {
	all := [][]float64{times[r.ours]}
	for _, peer := range r.peers {
		all = append(all, times[peer])
	}
	return all
}

// newRace is one without a round.
func newRace(ours string, peers ...string) race {
	return race{ours: ours, peers: peers, times: map[string][]float64{}, cpu: map[string][]float64{}}
}

// TestScaleBesidePeers measures the ratios and keeps them for the results table.
func TestScaleBesidePeers(t *testing.T) {
	python := peerPython(t, "scale.txt")
	dir := t.TempDir()
	path, list := filepath.Join(dir, "edges.csv"), filepath.Join(dir, "columns.txt")
	layScale(t, path, scaled(t, scaleNeurons, scaleEdges))
	debug.FreeOSMemory()

	us := exec.Command(os.Args[0], "-test.run=^TestScaleWorker$", "-test.timeout=0")
	us.Env = append(os.Environ(), scaleWorker+"=1")
	ours := outside.StartWorker(t, us)
	peers := outside.StartWorker(t, exec.Command(python, filepath.Join("testdata", "peers", "scale.py")))

	load := newRace("load "+path, "scipy-load "+path)
	for range scaleRounds {
		load.round(t, ours, peers)
		tell(t, ours, "forget")
	}
	peak := tell(t, ours, "peak").MB
	rows := []artifact.Row{load.row("scale.load_csv.ratio_scipy", "pandas' C parser and scipy's coo to csr")}
	rows = append(rows, artifact.Row{Name: "scale.peak_mb", Dataset: scaleData, Preset: "standard", Backend: "go", Value: peak, Lo: peak, Hi: peak, N: 1, Unit: "MB", Command: scaleCommand,
		Note: fmt.Sprintf("most memory of a process that opened the table of edges %d times; less is better", scaleRounds), Baselines: map[string]float64{"scipy": tell(t, peers, "peak").MB}})

	tell(t, ours, load.ours)
	tell(t, peers, "igraph-load")
	for _, name := range []string{"degrees", "reciprocity", "components"} {
		r := newRace(name, "scipy-"+name, "igraph-"+name)
		for range scaleRounds {
			r.round(t, ours, peers)
		}
		row := r.row("scale."+name+".ratio_best", "the faster of scipy and igraph")
		if name == "degrees" {
			row.Note += "; ours counts them when the graph is built, as igraph does"
		}
		rows = append(rows, row)
	}
	tell(t, ours, "place")
	tell(t, ours, "cut")
	tell(t, ours, "list "+list)
	for _, r := range []struct{ command, name, what string }{
		{"scipy-cut ", "scale.cut_columns.ratio_scipy", "numpy's search of a column's neurons among all and scipy's submatrix"},
		{"scipy-known ", "scale.cut_columns.ratio_scipy_known", "scipy's submatrix alone, of neurons that are known; ours finds them too"},
	} {
		cut := newRace("cut", r.command+list)
		for range scaleRounds {
			cut.round(t, ours, peers)
		}
		rows = append(rows, cut.row(r.name, r.what))
	}

	store, err := artifact.Default()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		t.Logf("%-30s %.3g (%.3g to %.3g) %s; %s", r.Name, r.Value, r.Lo, r.Hi, r.Unit, r.Note)
	}
	if err := store.PutRows("scale/scale", rows); err != nil {
		t.Fatal(err)
	}
}
