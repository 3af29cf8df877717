package experiment

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/cortex"
	"github.com/cortigen/cortigen/pkg/fidelity"
	"github.com/cortigen/cortigen/pkg/graphvae"
	"github.com/cortigen/cortigen/pkg/internal/outside"
	"github.com/cortigen/cortigen/pkg/steer"
)

// tiny is a preset of these tests: too small to learn anything.
const tiny artifact.Preset = "tiny"

func TestMain(m *testing.M) {
	presets[tiny] = sizes{
		Train: 24, Validation: 8, Test: 12,
		Model:    graphvae.Config{Hidden: 8, Rank: 4, Latent: 3, Stages: 1},
		Training: graphvae.Training{Steps: 9, Batch: 8}, Replicates: 2,
		Wiring: wiringSizes{
			Train: 16, Validation: 8, Test: 8,
			Model:    graphvae.Config{Hidden: 8, Rank: 4, Latent: 3, NeuronLatent: 2, Stages: 1},
			Training: graphvae.Training{Steps: 4, Batch: 8}, Replicates: 2,
			Importance: 4, Prior: 4, Judged: 3, Made: 12, Planted: 4, Weights: []float64{.3}, Dims: []int{1},
			Effects: fidelity.SenderReceiverConfig{Circuits: 6, Draws: 4, Iterations: 2},
			Trees:   fidelity.BoostedTreesConfig{Pairs: 20_000, Trees: 4},
			Oracle:  cortex.EvidenceConfig{Steps: 20},
		},
		Draws: 40, Tested: 2, Surrogates: 20, Samples: 4, Starts: 1,
	}
	os.Exit(m.Run())
}

// grown holds the embedded cortex that all tests cut.
var grown Run

// quickRows are all groups of rows but those that have long tests of their own.
func quickRows() (names []string) {
	for _, g := range rowGroups {
		if !slices.Contains([]string{"directing", "synthesis", "recovering"}, g.name) {
			names = append(names, g.name)
		}
	}
	return names
}

// tinyRun is on the embedded cortex and the pure-Go backend, with a store of
// its own.
func tinyRun(t *testing.T) *Run {
	t.Helper()
	t.Setenv("GOMLX_BACKEND", "go")
	r := &Run{Setting: artifact.Setting{Dataset: artifact.Cortex, Preset: tiny, Seed: 1}, Store: artifact.Open(t.TempDir())}
	r.tissues.Store(grown.memory())
	return r
}

// wanted are names of rows that others read: the results table and the README.
var wanted = []string{
	"reconstruction.slots.edge_auc", "reconstruction.slots.edge_ap", "reconstruction.slots.class_accuracy",
	"reconstruction.slots.kl_nats", "reconstruction.slots.active_units", "baseline.class_distance.edge_auc",
	"probe.slots.r2.density", "probe.slots.r2.spectral_radius", "probe.slots.r2.out_degree_sd",
	"steer.linear.hit_sd.density", "steer.linear.hit_sd.reciprocity", "steer.linear.drift_sd",
	"split.random.edge_auc_inflation", "cortex.published.worst_error_over_tolerance", "survey.reciprocity_ratio",
	"generation.conditional.edge_auc", "generation.conditional.nats_per_pair",
	"generation.conditional.share_within_floor", "generation.conditional.classifier_auc", "generation.conditional.novelty", "generation.conditional.memorised",
	"generation.unconditional.share_within_floor", "generation.unconditional.classifier_auc",
	"inpainting.exchangeable.edge_auc", "inpainting.best_baseline.edge_auc", "inpainting.rows.exchangeable.edge_auc",
	"mutual.exchangeable.worst_relative_error", "mutual.exchangeable.ratio_at_1", "mutual.exchangeable.ratio_at_1.9",
	"probe.exchangeable.r2.density", "ceiling.r2.density", "probe.exchangeable.r2.spectral_radius", "ceiling.r2.clustering",
	"null.configuration.triads_over_2sd", "null.er.log_ratio.reciprocity_ratio",
	"reconstruction.exchangeable.nats_per_pair", "reconstruction.exchangeable.nats_per_pair.seeds", "reconstruction.exchangeable.edge_auc",
	"reconstruction.exchangeable.edge_ap", "reconstruction.exchangeable.kl_nats", "reconstruction.exchangeable.active_units",
	"reconstruction.exchangeable.nats_below.class_distance", "reconstruction.exchangeable.nats_below.sender_receiver", "reconstruction.exchangeable.nats_below.boosted_trees",
	"baseline.class_distance.nats_per_pair", "baseline.sender_receiver.nats_per_pair", "baseline.class_distance_degree.nats_per_pair", "baseline.boosted_trees.nats_per_pair",
	"rate.exchangeable.edge_auc_60", "rate.exchangeable.edge_auc_240", "rate.exchangeable.edge_auc_800",
	"rate.exchangeable.null_auc_60", "rate.exchangeable.null_auc_240", "rate.exchangeable.null_auc_800",
	"ablation.exchangeable.whole.nats_per_pair", "ablation.exchangeable.without_u.nats_per_pair", "ablation.exchangeable.without_z.nats_per_pair",
	"ablation.exchangeable.without_bilinear.nats_per_pair", "ablation.exchangeable.without_distance.nats_per_pair", "ablation.exchangeable.independent_pairs.nats_per_pair",
	"oracle.gap_closed", "oracle.nats_per_pair", "dims.exchangeable.1.nats_per_pair", "dims.exchangeable.3.nats_per_pair",
}

func TestRowsWalksTheWholeLineOnce(t *testing.T) {
	ctx := context.Background()
	r := tinyRun(t)
	r.Progress = func(task string, _, _ int, _ string) {
		if strings.HasPrefix(task, "train") && strings.HasSuffix(task, whole) {
			t.Errorf("%s: that is the first replicate of the model, trained before", task)
		}
	}
	rows, err := r.Rows(ctx, quickRows()...)
	if err != nil {
		t.Fatal(err)
	}
	// A survey has a row of each reconstruction under the same name.
	names, seen := map[string]bool{}, map[[2]string]bool{}
	for _, row := range rows {
		if err := row.Validate(); err != nil {
			t.Error(err)
		}
		if seen[[2]string{row.Name, row.Dataset}] {
			t.Errorf("two rows %s of %s", row.Name, row.Dataset)
		}
		names[row.Name], seen[[2]string{row.Name, row.Dataset}] = true, true
	}
	for _, name := range wanted {
		if !names[name] {
			t.Errorf("no row %s", name)
		}
	}

	checkStanding(ctx, t, r)
	checkRate(ctx, t, r)
	checkAblations(ctx, t, r)

	r.Progress = func(task string, _, _ int, text string) { t.Errorf("asked again, it does %s: %s", task, text) }
	again, err := r.Rows(ctx, quickRows()...)
	if err != nil {
		t.Fatal(err)
	}
	sameRows(t, "loaded", rows, again)

	// Another store, so all is computed again.
	other, err := tinyRun(t).Rows(ctx, quickRows()...)
	if err != nil {
		t.Fatal(err)
	}
	sameRows(t, "computed twice", rows, other)

	for name, load := range map[string]func(*artifact.Entry) error{
		ColumnsName:        value[connectome.Sample],
		ReconstructionName: value[fidelity.Reconstruction],
		SteeringName:       value[steer.Study],
	} {
		entry, err := r.Store.Named(r.Setting.Name(name))
		if err == nil {
			err = load(entry)
		}
		if err != nil {
			t.Errorf("%s is not to be had by name: %v", name, err)
		}
	}
}

func value[T any](e *artifact.Entry) error {
	var v T
	return e.Value(&v)
}

func sameRows(t *testing.T, what string, a, b []artifact.Row) {
	t.Helper()
	x, err := artifact.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	y, err := artifact.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	if string(x) != string(y) {
		t.Errorf("%s: the rows differ", what)
	}
}

// TestTrainingGoesOn interrupts a training, damages what was stored, and looks
// whether the end is the same.
func TestTrainingGoesOn(t *testing.T) {
	r := tinyRun(t)
	undisturbed, err := r.trained(context.Background())
	if err != nil {
		t.Fatal(err)
	}

	r = tinyRun(t)
	ctx, cancel := context.WithCancel(context.Background())
	r.Progress = func(task string, done, _ int, _ string) {
		if task == "train 2 of 2" && done > 0 {
			cancel()
		}
	}
	if _, err := r.trained(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("interrupted: %v", err)
	}
	resumedAt := -1
	r.Progress = func(task string, done, _ int, _ string) {
		if strings.HasPrefix(task, "train 1") {
			t.Error("the finished training ran again")
		}
		if done > 0 && resumedAt < 0 {
			resumedAt = done
		}
	}
	resumed, err := r.trained(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	sameCourse(t, "resumed", undisturbed, resumed)

	models, err := filepath.Glob(filepath.Join(r.Store.Dir(), "models", "*"))
	if err != nil || len(models) != 2 {
		t.Fatalf("%d models: %v", len(models), err)
	}
	if err := os.RemoveAll(models[0]); err != nil {
		t.Fatal(err)
	}
	r.Progress = nil
	mended, err := r.trained(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	sameCourse(t, "mended", undisturbed, mended)
}

func sameCourse(t *testing.T, what string, a, b trainedSample) {
	t.Helper()
	for i := range a.all {
		if x, y := a.all[i].course, b.all[i].course; x.Best != y.Best || !reflect.DeepEqual(x.Epochs, y.Epochs) {
			t.Errorf("%s: course %d is another", what, i)
		}
	}
	ctx := context.Background()
	x, err := encode(ctx, a.model(), a.cut.Test)
	if err != nil {
		t.Fatal(err)
	}
	y, err := encode(ctx, b.model(), b.cut.Test)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(x, y) {
		t.Errorf("%s: the model encodes otherwise", what)
	}
}

func TestUnknownDatasetNamesThePlaces(t *testing.T) {
	data := t.TempDir()
	t.Setenv("CORTIGEN_DATA", data)
	r := tinyRun(t)
	r.Setting.Dataset = "no-such-pack"
	_, err := r.Columns(context.Background())
	if err == nil {
		t.Fatal("no error")
	}
	for _, part := range []string{"no-such-pack", data, artifact.Cortex} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
}

func TestColumnsOfAPack(t *testing.T) {
	const pack = "bbp-rat-sscx-column"
	t.Setenv("CORTIGEN_DATA", filepath.Dir(outside.Pack(t, pack)))
	r := tinyRun(t)
	r.Setting.Dataset = pack
	cut, err := r.Columns(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if len(cut.Train) != 24 || len(cut.Validation) != 8 || len(cut.Test) != 12 {
		t.Errorf("%d, %d, %d columns", len(cut.Train), len(cut.Validation), len(cut.Test))
	}
	if n := connectome.Shared(cut.Train, cut.Test); n != 0 {
		t.Errorf("%d neurons are in training and test circuits", n)
	}
	if factors(cut.Train) != nil {
		t.Error("a pack has no true factors")
	}
}

func TestUsualClasses(t *testing.T) {
	of := func(classes ...circuit.Class) *circuit.Circuit {
		neurons := make([]circuit.Neuron, len(classes))
		for i, class := range classes {
			neurons[i] = circuit.Neuron{ID: string(rune('a' + i)), Class: class, Position: circuit.NoPosition()}
		}
		c, err := circuit.New(neurons, nil)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	got := usualClasses([]*circuit.Circuit{of("A", "B", "B"), of("A", "A"), of("B", "A", "B", "B")}, 5)
	want := []circuit.Class{"A", "A", "B", null, null}
	if !slices.Equal(got, want) {
		t.Errorf("%q, by hand %q", got, want)
	}
}

func TestComposition(t *testing.T) {
	cut, err := tinyRun(t).Columns(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	classes := circuit.Classes(cut.Test...)
	for i, row := range composition(cut.Test, classes) {
		sum := 0.0
		for _, n := range row {
			sum += n
		}
		if int(sum) != cut.Test[i].Len() {
			t.Errorf("circuit %d: counts add up to %g of %d", i, sum, cut.Test[i].Len())
		}
	}
}
