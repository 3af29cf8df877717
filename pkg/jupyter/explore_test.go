//go:build unix

package jupyter

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/internal/outside"
)

// exploreCells are a notebook with an explorer of the model that ships: four axes
// of the codes of columns of the cortex, and two targets.
var exploreCells = []string{`%noautoget
import (
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/cortex"
	"github.com/cortigen/cortigen/pkg/graphvae"
	"github.com/cortigen/cortigen/pkg/show"
	"github.com/cortigen/cortigen/pkg/steer"
)`, `func explorer(ctx context.Context) *steer.Explorer {
	circuits := show.Must(cortex.Circuits(ctx, nil, 24, connectome.ColumnConfig{MinNeurons: 81, MaxNeurons: 100}, 1))
	model, _, err := graphvae.Pretrained(show.Must(graphvae.OpenBackend(ctx)))
	codes := show.Must(show.Must(model, err).Encode(ctx, circuits))
	targets, beside := []string{"density", "reciprocity"}, []string{"clustering", "out_degree_cv", "in_degree_cv", "spectral_radius"}
	rig := steer.Rig{
		Decoder:   show.Must(steer.On(model, circuits[0])),
		Reference: steer.NewReference(show.Must(steer.Profiles(ctx, circuits, append(beside, targets...)...))),
	}
	sound := show.Must(rig.Sound(ctx, steer.Spread(rig.Decoder.Dim(), 120, rand.New(rand.NewPCG(1, 1))), 8, 1, targets...))
	return &steer.Explorer{
		Rig: rig, Axes: show.Must(steer.PrincipalAxes(codes.Mean, 4)),
		Expecter: show.Must(steer.Learn(ctx, sound, steer.Learning{}, 1)), Measures: targets, Beside: beside,
	}
}`, `%%
ctx := show.Context()
show.Explore(ctx, explorer(ctx))`, `%%
fmt.Println("the next cell", "ran")`, `%%
ctx := show.Context()
show.Explore(ctx, explorer(ctx))`}

// explored is what testdata/browser/explore.cjs tells.
type explored struct {
	Milliseconds []float64
	Changed      []struct{ Adjacency, Wiring, Measures bool }
	Labels       []string
	Reset        bool
	Said         string
	Sliders      int
	// Live is the file as it was saved while the cell ran.
	Live string
}

// A reader turns the knobs of an explorer in JupyterLab: each turn changes the
// picture, in no time; a stop or an interrupt gives the kernel back, and the
// notebook's file then holds the pictures and no dead knobs.
func TestRealExplorer(t *testing.T) {
	e := realEnvironment(t)
	chromium := outside.Chromium(t)
	node, modules := outside.Node(t, filepath.Join("testdata", "browser"))
	dir, pictures := t.TempDir(), os.Getenv("CORTIGEN_PICTURES") // to look at
	if pictures == "" {
		pictures = t.TempDir()
	}
	path := filepath.Join(dir, "explore.ipynb")
	put(t, path, notebookOf(t, exploreCells...))
	address := openLab(t, e, dir)
	driver := exec.CommandContext(t.Context(), node, filepath.Join("testdata", "browser", "explore.cjs"), chromium, address+"lab/tree/explore.ipynb?token=let-me-in", path, pictures, "30")
	driver.Env = append(os.Environ(), "NODE_PATH="+modules)
	printed, err := driver.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, complaint(err))
	}
	var got explored
	if err := json.Unmarshal(printed, &got); err != nil {
		t.Fatalf("%v in %s", err, printed)
	}
	checkExplored(t, got)
	checkSaved(t, path)
	keepLatency(t, got.Milliseconds)
}

// notebookOf is one of code cells, for this kernel.
func notebookOf(t *testing.T, sources ...string) string {
	t.Helper()
	type cell struct {
		Type     string   `json:"cell_type"`
		ID       string   `json:"id"`
		Metadata struct{} `json:"metadata"`
		Source   string   `json:"source"`
		Count    *int     `json:"execution_count"`
		Outputs  []string `json:"outputs"`
	}
	var cells []cell
	for i, source := range sources {
		cells = append(cells, cell{Type: "code", ID: fmt.Sprint("cell-", i), Source: source, Outputs: []string{}})
	}
	kernel := map[string]any{"kernelspec": map[string]string{"display_name": "Go (gonb)", "language": "go", "name": KernelName}}
	text, err := json.Marshal(map[string]any{"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// freePort is one that nobody listened on a moment ago.
func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

// openLab runs JupyterLab on a folder until the test ends, and returns its address.
func openLab(t *testing.T, e *Environment, dir string) (address string) {
	t.Helper()
	port := freePort(t)
	t.Setenv("JUPYTER_TOKEN", "let-me-in")
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- e.Lab(ctx, Lab{Dir: dir, Port: port, NoBrowser: true, Setting: quickCortex}) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	address = fmt.Sprintf("http://127.0.0.1:%d/", port)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(200 * time.Millisecond) {
		if response, err := http.Get(address + "api"); err == nil {
			response.Body.Close()
			return address
		}
		if time.Now().After(deadline) {
			t.Fatal("JupyterLab does not answer")
		}
	}
}

func checkExplored(t *testing.T, got explored) {
	t.Helper()
	adjacency, wiring, measures := 0, 0, 0
	for _, c := range got.Changed {
		for at, changed := range map[*int]bool{&adjacency: c.Adjacency, &wiring: c.Wiring, &measures: c.Measures} {
			if changed {
				*at++
			}
		}
	}
	if n := len(got.Changed); n < 20 || adjacency < n-2 || wiring < n-2 || measures < n-2 {
		t.Errorf("of %d turns %d changed the adjacency, %d the wiring and %d the measures", n, adjacency, wiring, measures)
	}
	if len(got.Labels) != 6 || !strings.HasSuffix(got.Labels[0], " prior sd") || !strings.HasSuffix(got.Labels[5], " sd") || strings.Contains(strings.Join(got.Labels, " "), "free") {
		t.Errorf("sliders say %q", got.Labels)
	}
	if !got.Reset {
		t.Error("reset, the picture is not that of the start")
	}
	if pictures := strings.Count(got.Live, "data:image/png;base64,"); pictures != 1 || !strings.Contains(got.Live, "not connected: run the cell") {
		t.Errorf("saved while it runs, the file holds %d pictures, and sliders that look alive: %v", pictures, !strings.Contains(got.Live, "not connected: run the cell"))
	}
	if got.Sliders != 0 || !strings.Contains(got.Said, "axis 1") || !strings.Contains(got.Said, "+1.5 prior sd") || strings.Contains(got.Said, "target") {
		t.Errorf("stopped, %d sliders are left, and it says %q", got.Sliders, got.Said)
	}
}

// checkSaved reads the notebook's file as one without a kernel does.
func checkSaved(t *testing.T, path string) {
	t.Helper()
	n, err := ReadNotebook(path)
	if err != nil {
		t.Fatal(err)
	}
	saved := readText(t, path)
	if pictures := strings.Count(saved, "data:image/png;base64,"); pictures != 2 || strings.Contains(saved, "type=\\\"range") || strings.Contains(saved, "gonb_comm") {
		t.Errorf("the file holds %d pictures, sliders: %v, scripts: %v", pictures, strings.Contains(saved, "type=\\\"range"), strings.Contains(saved, "gonb_comm"))
	}
	if !strings.Contains(saved, "Stopped at: axis 1") || cellText(n, 3) != "the next cell ran\n" {
		t.Errorf("the file does not say where it stopped, or the next cell says %q", cellText(n, 3))
	}
}

// keepLatency keeps how long a turn took, for the results table.
func keepLatency(t *testing.T, milliseconds []float64) {
	t.Helper()
	sorted := slices.Sorted(slices.Values(milliseconds))
	late := sorted[len(sorted)*95/100]
	row := artifact.Row{
		Name: "explorer.latency_ms", Dataset: "cortex", Preset: "quick", Backend: "xla:cpu", Value: outside.Middle(milliseconds), Lo: sorted[0], Hi: late, N: len(sorted), Unit: "ms",
		Baselines: map[string]float64{"target": 150}, Command: "CORTIGEN_SLOW=1 go test ./pkg/jupyter -run TestRealExplorer",
		Note: "from the event of a slider in JupyterLab to the picture that answers it, decoded on the page; 8 circuits of about 90 neurons a turn, four axes and two targets in turn; median, least, and 95th percentile of turns",
	}
	t.Logf("%s %.0f ms (%.0f, 95th percentile %.0f)", row.Name, row.Value, row.Lo, row.Hi)
	if row.Value > 1000 {
		t.Errorf("a turn takes %.0f ms", row.Value)
	}
	store, err := artifact.Default()
	if err != nil {
		t.Fatal(err)
	}
	if err := store.PutRows("speed/explorer", []artifact.Row{row}); err != nil {
		t.Fatal(err)
	}
}
