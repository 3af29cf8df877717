//go:build linux || darwin

package structure_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/internal/outside"
	"github.com/cortigen/cortigen/pkg/nullmodel"
	"github.com/cortigen/cortigen/pkg/structure"
)

const (
	speedRounds  = 7
	speedSpend   = .1 // seconds of ours in a round
	speedCommand = "CORTIGEN_SLOW=1 go test ./pkg/structure -run TestSpeedBesidePeers -count=1"
)

// job is what ours and a peer do to one circuit. Peers' are in
// testdata/peers/speed.py, under the same name.
type job struct {
	name, peer string
	// ours returns what was found, which must be what the peer finds; nil where
	// chance decides.
	ours func(c *circuit.Circuit) ([]float64, error)
	// Above this ratio is the target.
	target float64
	note   string
}

func speedJobs(t *testing.T) []job {
	rng := rand.New(rand.NewPCG(1, 5))
	return []job{
		{"triads", "igraph", func(c *circuit.Circuit) ([]float64, error) {
			census := structure.Triads(c)
			return floats(census[:]), nil
		}, 10, "triad_census"},
		{"clustering", "bctpy", func(c *circuit.Circuit) ([]float64, error) { return structure.ClusteringOf(c), nil }, 10, "clustering_coef_bd, of every neuron"},
		{"betweenness", "igraph", func(c *circuit.Circuit) ([]float64, error) {
			between := structure.Betweenness(c)
			for i := range between {
				between[i] *= float64((c.Len() - 1) * (c.Len() - 2)) // as igraph has it
			}
			return between, nil
		}, 3, "betweenness, of every neuron"},
		{"paths", "igraph", func(c *circuit.Circuit) ([]float64, error) {
			p, err := structure.NewProfile(c, "path_length", "efficiency")
			return p.Values, err
		}, 5, "average_path_length, and efficiency by distances and numpy"},
		{"louvain", "networkx", func(c *circuit.Circuit) ([]float64, error) {
			_, q, err := structure.Communities(t.Context(), c, 1, rng)
			return []float64{q}, err
		}, 20, "louvain_communities, directed, one run each"},
		{"components", "igraph", func(c *circuit.Circuit) ([]float64, error) {
			found, err := structure.StrongComponents(t.Context(), c.CSR())
			return []float64{float64(len(found.Sizes))}, err
		}, 3, "connected_components(mode=strong)"},
		{"simplices", "pyflagser", func(c *circuit.Circuit) ([]float64, error) {
			counts, err := structure.Simplices(c)
			return floats(counts), err
		}, 5, "flagser_count_unweighted"},
		{"rewire", "igraph", func(c *circuit.Circuit) ([]float64, error) {
			_, err := nullmodel.Configuration(c, rng)
			return nil, err
		}, 3, "rewire(n=10·m); ours makes ten steps an edge over the share of steps that are not rejected"},
	}
}

// TestSpeedBesidePeers measures, on five columns of package cortex, how many times
// faster ours is, and keeps the ratios for the results table.
func TestSpeedBesidePeers(t *testing.T) {
	python := outside.Python(t, filepath.Join("testdata", "peers", "peers.txt"))
	command := exec.Command(python, filepath.Join("testdata", "peers", "speed.py"), layPath)
	// One thread each: those of a matrix product of this size cost more than they do.
	command.Env = append(os.Environ(), "OPENBLAS_NUM_THREADS=1", "OMP_NUM_THREADS=1")
	worker := outside.StartWorker(t, command)
	var columns []*circuit.Circuit
	var all []laid
	readJSON(t, layPath, &all)
	for _, l := range all {
		if strings.HasPrefix(l.Name, "cortex") {
			columns = append(columns, l.circuit(t))
		}
	}
	var rows []artifact.Row
	for _, j := range speedJobs(t) {
		rows = append(rows, j.race(t, worker, columns))
	}
	rows = append(rows, profileRow(t, columns))
	for _, r := range rows {
		t.Logf("%-32s %.3g (%.3g to %.3g) %s; %s", r.Name, r.Value, r.Lo, r.Hi, r.Unit, r.Note)
	}
	store, err := artifact.Default()
	if err != nil {
		t.Fatal(err)
	}
	if err := store.PutRows("speed/structure", rows); err != nil {
		t.Fatal(err)
	}
}

// race takes turns and returns the median of the rounds' ratios.
func (j job) race(t *testing.T, worker *outside.Worker, columns []*circuit.Circuit) artifact.Row {
	t.Helper()
	var ours, theirs, found, peerFound []float64
	for range speedRounds {
		var answer struct {
			Seconds float64
			Values  [][]float64
		}
		worker.Ask(t, j.name, &answer)
		seconds, values := j.time(t, columns)
		ours, theirs = append(ours, seconds), append(theirs, answer.Seconds)
		if j.name == "louvain" {
			found, peerFound = append(found, slices.Concat(values...)...), append(peerFound, slices.Concat(answer.Values...)...)
			continue
		}
		for k := range columns {
			if !slices.EqualFunc(values[k], answer.Values[k], func(a, b float64) bool { return same(a, b, 1e-9*math.Max(1, math.Abs(b))) }) {
				t.Errorf("%s of column %d: %s finds %v, ours %v", j.name, k, j.peer, answer.Values[k], values[k])
			}
		}
	}
	ratios := outside.Ratios(ours, theirs)
	row := speedRow("speed."+j.name+".ratio_"+j.peer, "1", ratios)
	row.Note = fmt.Sprintf("processor time of %s's %s over ours, above 1 ours is faster, target %g; 5 columns of 100 neurons; median, least and greatest of rounds in turns; µs of processors a circuit: ours %.3g, %s %.3g",
		j.peer, j.note, j.target, outside.Middle(ours)*1e6, j.peer, outside.Middle(theirs)*1e6)
	if found != nil {
		mean, peerMean := total(found)/float64(len(found)), total(peerFound)/float64(len(peerFound))
		row.Note += fmt.Sprintf("; modularity, mean over rounds and columns: ours %.4f, %s %.4f", mean, j.peer, peerMean)
		if mean < peerMean-.001 {
			t.Errorf("%s: the modularity that ours finds is on average %.4f, that of %s %.4f", j.name, mean, j.peer, peerMean)
		}
	}
	return row
}

// time returns the seconds of processors that a circuit takes, as speed.py counts
// them, and what was found.
func (j job) time(t *testing.T, columns []*circuit.Circuit) (seconds float64, values [][]float64) {
	t.Helper()
	for _, c := range columns {
		found, err := j.ours(c)
		if err != nil {
			t.Fatal(err)
		}
		for i, value := range found {
			if math.IsNaN(value) {
				found[i] = 0 // bctpy's convention
			}
		}
		values = append(values, found)
	}
	runtime.GC() // of what was before
	begun, done := processor(t), 0
	for seconds < speedSpend {
		for _, c := range columns {
			if _, err := j.ours(c); err != nil {
				t.Fatal(err)
			}
			done++
		}
		seconds = processor(t) - begun
	}
	return seconds / float64(done), values
}

// processor returns the seconds that all processors were at work for this process,
// for the collection of garbage too. Others at work on the machine do not
// lengthen it, as they do time itself, and more so that of slower jobs.
func processor(t *testing.T) float64 {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// profileRow measures all measures of many circuits on all cores.
func profileRow(t *testing.T, columns []*circuit.Circuit) artifact.Row {
	t.Helper()
	many := slices.Repeat(columns, 20)
	var rates []float64
	for range speedRounds {
		begun := time.Now()
		if _, err := structure.Profiles(t.Context(), many); err != nil {
			t.Fatal(err)
		}
		rates = append(rates, float64(len(many))/time.Since(begun).Seconds())
	}
	row := speedRow("speed.profile.circuits_per_s", "1/s", rates)
	row.Note = fmt.Sprintf("all %d measures of columns of 100 neurons, on %d cores; median, least and greatest of rounds", len(structure.Measures()), runtime.GOMAXPROCS(0))
	return row
}

func speedRow(name, unit string, rounds []float64) artifact.Row {
	return artifact.Row{Name: name, Dataset: "cortex", Preset: "standard", Backend: "go", N: len(rounds), Unit: unit, Command: speedCommand,
		Value: outside.Middle(rounds), Lo: slices.Min(rounds), Hi: slices.Max(rounds)}
}
