//go:build unix

package jupyter

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// trainingCells are a notebook that trains a toy: the third cell for longer than
// anyone waits, the fourth looks at what that left and goes on for an epoch.
var trainingCells = []string{`%noautoget
import (
	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/cortex"
	"github.com/cortigen/cortigen/pkg/experiment"
	"github.com/cortigen/cortigen/pkg/graphvae"
	"github.com/cortigen/cortigen/pkg/show"
)`, `func toy() (*graphvae.Model, []*circuit.Circuit, graphvae.Training) {
	circuits := show.Must(cortex.Circuits(context.Background(), nil, 12, connectome.ColumnConfig{MinNeurons: 10, MaxNeurons: 12}, 1))
	config := graphvae.Config{Kind: graphvae.Exchangeable, Classes: graphvae.Vocabulary(circuits), Latent: 3, NeuronLatent: 2, Hidden: 8, Rank: 4, Stages: 1}
	model := show.Must(graphvae.New(show.Must(graphvae.GoBackend()), config, 1))
	return model, circuits, graphvae.Training{Steps: 1000000, Batch: 4, WarmUp: 1e-9, Checkpoint: "left"}
}

func bound(model *graphvae.Model, circuits []*circuit.Circuit) (nats float64) {
	for _, terms := range show.Must(model.Bound(context.Background(), circuits[8:], 3)) {
		nats += terms.Total()
	}
	return nats
}`, `%%
model, circuits, cfg := toy()
watch, now := show.Training(), graphvae.Epoch{}
for epoch, err := range model.Train(show.Context(), circuits[:8], circuits[8:], cfg, 2) {
	if err != nil {
		last := experiment.ProgressOf("toy", now)
		last.Stopped = true
		watch(last)
		fmt.Printf("%v: epoch %d, %v nats\n", errors.Is(err, context.Canceled), now.Epoch, bound(model, circuits))
		break
	}
	now = epoch
	watch(experiment.ProgressOf("toy", epoch))
	if epoch.Epoch == 5 {
		os.WriteFile("mark", nil, 0o644)
	}
}`, `%%
model, circuits, cfg := toy()
found, epochs, err := graphvae.LoadCheckpoint(model.Backend(), "left")
fmt.Printf("%v: epoch %d, %v nats\n", err, len(epochs), bound(found, circuits))
for epoch, err := range model.Train(show.Context(), circuits[:8], circuits[8:], cfg, 2) {
	if err != nil || epoch.Took > 0 {
		fmt.Printf("%v: then epoch %d\n", err, epoch.Epoch)
		break
	}
}`}

// A reader stops a cell in the middle of a training: the model in the cell has the
// best weights so far, the one output says what was kept, and the next cell, which
// is another program, finds the same weights and goes on.
func TestRealTrainingIsInterrupted(t *testing.T) {
	e := realEnvironment(t)
	var cells []string
	for _, source := range trainingCells {
		text, err := json.Marshal(source)
		if err != nil {
			t.Fatal(err)
		}
		cells = append(cells, strings.Trim(string(text), `"`))
	}
	path := notebookFile(t, codeCells(cells...))
	run := exec.CommandContext(t.Context(), e.bin("python"), filepath.Join("testdata", "interrupt.py"), path, "2", filepath.Join(filepath.Dir(path), "mark"))
	run.Env = e.environ(quickCortex, nil)
	printed, err := run.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, complaint(err))
	}
	done := filepath.Join(t.TempDir(), "done.ipynb")
	put(t, done, string(printed))
	n, err := ReadNotebook(done)
	if err != nil {
		t.Fatal(err)
	}
	stopped, next := cellText(n, 2), cellText(n, 3)
	kept := regexp.MustCompile(`true: (epoch \d+, \S+ nats)`).FindStringSubmatch(stopped)
	if kept == nil {
		t.Fatalf("the interrupted cell says %q, want epoch and bound of what it kept; the next %q", stopped, next)
	}
	if !strings.Contains(next, "<nil>: "+kept[1]) {
		t.Errorf("the next cell finds %q, want %s", next, kept[1])
	}
	// The epoch at hand may have been finished or not.
	if !regexp.MustCompile(`<nil>: then epoch \d+`).MatchString(next) || strings.Contains(next, "then epoch 1\n") {
		t.Errorf("the next cell says %q, want that it goes on", next)
	}
	if pages := strings.Count(string(printed), "data:image/svg+xml"); pages != 1 || !strings.Contains(string(printed), "toy: interrupted after step") {
		t.Errorf("the cell is left with %d displays, want one that says that it was interrupted", pages)
	}
}

// cellText is all that a code cell printed.
func cellText(n *Notebook, i int) (text string) {
	for _, out := range n.Cells[i].Outputs {
		text += out.Text
	}
	return text
}

// complaint is what a failed command said.
func complaint(err error) string {
	if failed, ok := err.(*exec.ExitError); ok {
		return string(failed.Stderr)
	}
	return ""
}
