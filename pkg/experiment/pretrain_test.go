package experiment

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/cortex"
	"github.com/cortigen/cortigen/pkg/fidelity"
	"github.com/cortigen/cortigen/pkg/graphvae"
)

// The model that ships fits this program, is small, and is worth shipping: on
// circuits that nobody trained on it beats the table by class and distance, and
// reaches what it says that it reaches. Where this fails because the model was
// changed, go run ./figures -pretrained makes it again.
func TestPretrainedModel(t *testing.T) {
	backend, err := graphvae.GoBackend()
	if err != nil {
		t.Fatal(err)
	}
	m, made, err := graphvae.Pretrained(backend)
	if err != nil {
		t.Fatal(err)
	}
	var bytes int64
	files, err := filepath.Glob(filepath.Join("..", "graphvae", "pretrained", "*"))
	if err != nil || len(files) != 2 {
		t.Errorf("files are %q (%v), want a head and its weights", files, err)
	}
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		bytes += info.Size()
	}
	if bytes > 2<<20 {
		t.Errorf("it takes %d bytes, more than 2 MiB", bytes)
	}

	train, err := cortex.Circuits(t.Context(), nil, 200, connectome.ColumnConfig{}, 77)
	if err != nil {
		t.Fatal(err)
	}
	fresh, err := cortex.Circuits(t.Context(), nil, 12, connectome.ColumnConfig{}, 78)
	if err != nil {
		t.Fatal(err)
	}
	terms, err := m.Bound(t.Context(), fresh, 79)
	if err != nil {
		t.Fatal(err)
	}
	table, err := fidelity.EvaluateBaseline(t.Context(), fidelity.FitClassDistance(train), fresh, 20, 80)
	if err != nil {
		t.Fatal(err)
	}
	var bound, difference, square float64
	for i, one := range terms {
		bound += one.PerPair() / float64(len(terms))
		d := one.PerPair() - table.Scores[i].LogLoss
		difference, square = difference+d, square+d*d
	}
	n := float64(len(terms))
	difference /= n
	se := math.Sqrt((square/n - difference*difference) / n)
	t.Logf("%.4f nats per pair, class × distance %.4f: %.4f ± %.4f; it says %.4f and %.4f", bound, table.LogLoss.Value, difference, se, made.Bound, made.ClassDistance)
	if difference+2*se > 0 {
		t.Errorf("its bound is %.4f nats per pair, class × distance costs %.4f: the difference is %.4f ± %.4f, want it below 0", bound, table.LogLoss.Value, difference, se)
	}
	// Circuits differ in density, so differences from the table are compared.
	if said := made.Bound - made.ClassDistance; math.Abs(difference-said) > 4*se+.002 {
		t.Errorf("it gains %.4f ± %.4f on class × distance, and says %.4f: the model computes otherwise than when it was trained", -difference, se, -said)
	}
}

// Pretraining writes what loads, from the training that the other results use.
func TestPretrain(t *testing.T) {
	r := tinyRun(t)
	dir := t.TempDir()
	made, err := r.Pretrain(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	backend, err := graphvae.GoBackend()
	if err != nil {
		t.Fatal(err)
	}
	m, loaded, err := graphvae.LoadPretrained(backend, os.DirFS(dir))
	if err != nil || loaded != made || m.Config().Hidden != 8 {
		t.Errorf("loaded as %+v (%v), made as %+v", loaded, err, made)
	}
	if made.Bound < .05 || made.Bound > 1 || made.ClassDistance < .05 || made.ClassDistance > .7 || made.Steps != presets[tiny].Wiring.Training.Steps || made.HeldOut != presets[tiny].Wiring.Test {
		t.Errorf("it was made as %+v", made)
	}
	r.Setting.Dataset = "elsewhere"
	if _, err := r.Pretrain(t.Context(), dir); err == nil {
		t.Error("a model of data that may not be copied was written")
	}
}
