package graphvae_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/graphvae"
	"github.com/cortigen/cortigen/pkg/internal/outside"
)

// export writes weights and codes of a trained toy and returns the files.
func export(t *testing.T, kind graphvae.Kind) (r toyRun, weights, codes string) {
	t.Helper()
	r = newToyRunOf(t, kind, "")
	r.epochs(t, 1)
	for i, c := range r.validation {
		r.validation[i] = c.WithOrigin(circuit.Origin{Source: "toy", Region: "région-" + string(rune('a'+i))})
	}
	dir := t.TempDir()
	weights, codes = filepath.Join(dir, "weights.npz"), filepath.Join(dir, "codes.npz")
	if err := errors.Join(r.model.ExportWeights(weights), r.model.ExportCodes(context.Background(), codes, r.validation)); err != nil {
		t.Fatal(err)
	}
	return r, weights, codes
}

// arraysIn opens an npz file.
func arraysIn(t *testing.T, path string) *artifact.ArrayReader {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := artifact.DecodeArrays(data)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The exported weights are those that Save writes, to the last bit, and their
// number is Weights.
func TestExportedWeights(t *testing.T) {
	forKinds(t, func(t *testing.T, kind graphvae.Kind) {
		r, weights, _ := export(t, kind)
		exported, total := arraysIn(t, weights), 0
		dir := t.TempDir()
		if err := r.model.Save(dir); err != nil {
			t.Fatal(err)
		}
		files, err := filepath.Glob(filepath.Join(dir, "*.npz"))
		if err != nil || len(files) != 1 {
			t.Fatalf("%v, %v", files, err)
		}
		saved := arraysIn(t, files[0])
		for _, name := range exported.Names() {
			if name == "config.json" {
				continue
			}
			got, err := exported.Tensor(name)
			if err != nil {
				t.Fatal(err)
			}
			total += len(got.Values)
			if want := savedValues(t, saved, "/weights/"+name, len(got.Shape)); !slices.Equal(got.Values, want) {
				t.Errorf("%s is %v…, saved as %v…", name, got.Values[:2], want[:2])
			}
		}
		if total != r.model.Weights() || len(exported.Names()) != len(saved.Names())+1 {
			t.Errorf("%d numbers in %d arrays, the model has %d in %d", total, len(exported.Names())-1, r.model.Weights(), len(saved.Names()))
		}
		var text []byte
		if err := exported.Read("config.json", &text); err != nil {
			t.Fatal(err)
		}
		var config graphvae.Config
		if err := json.Unmarshal(text, &config); err != nil || config.Hidden != 12 || config.Kind != kind {
			t.Errorf("the configuration is %s (%v)", text, err)
		}
	})
}

// savedValues reads a weight that Save wrote.
func savedValues(t *testing.T, r *artifact.ArrayReader, name string, dimensions int) (values []float32) {
	t.Helper()
	if dimensions == 1 {
		if err := r.Read(name, &values); err != nil {
			t.Fatal(err)
		}
		return values
	}
	m, err := r.Matrix(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range m.RawMatrix().Data {
		values = append(values, float32(x))
	}
	return values
}

// Rows of the exported codes are those of Encode and EncodeNeurons, and each
// says whose it is.
func TestExportedCodes(t *testing.T) {
	r, _, codes := export(t, graphvae.Exchangeable)
	arrays := arraysIn(t, codes)
	z := encode(t, r.model, r.validation...)
	u, err := r.model.EncodeNeurons(context.Background(), r.validation)
	if err != nil {
		t.Fatal(err)
	}
	sameRows(t, arrays, "z_mean", z.Mean)
	sameRows(t, arrays, "z_log_var", z.LogVar)
	var mean, logVar [][]float64
	var owner []int64
	var ids []string
	for k, c := range r.validation {
		mean, logVar = append(mean, u[k].Mean...), append(logVar, u[k].LogVar...)
		for _, n := range c.Neurons() {
			owner, ids = append(owner, int64(k)), append(ids, n.ID)
		}
	}
	sameRows(t, arrays, "u_mean", mean)
	sameRows(t, arrays, "u_log_var", logVar)
	var gotOwner []int64
	var gotIDs []string
	if err := arrays.Read("neuron_circuit", &gotOwner); err != nil {
		t.Fatal(err)
	}
	if err := arrays.Read("neuron_id", &gotIDs); err != nil {
		t.Fatal(err)
	}
	for i, id := range gotIDs { // npyio (v0.9.0) reads UTF-32 as bytes: ids here are ASCII
		gotIDs[i] = strings.ReplaceAll(id, "\x00", "")
	}
	if !slices.Equal(gotOwner, owner) || !slices.Equal(gotIDs, ids) {
		t.Errorf("neurons are %v of circuits %v", gotIDs, gotOwner)
	}
}

func sameRows(t *testing.T, r *artifact.ArrayReader, name string, want [][]float64) {
	t.Helper()
	got, err := r.Tensor(name)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.Shape, []int{len(want), len(want[0])}) {
		t.Fatalf("%s is %v, want %d rows of %d", name, got.Shape, len(want), len(want[0]))
	}
	for i, x := range slices.Concat(want...) {
		if float64(got.Values[i]) != x {
			t.Fatalf("%s has %g at %d, want %g", name, got.Values[i], i, x)
		}
	}
}

// A model of kind Slots has no codes of neurons, but says which neurons there are.
func TestExportedCodesOfSlots(t *testing.T) {
	_, _, codes := export(t, graphvae.Slots)
	if names := arraysIn(t, codes).Names(); slices.Contains(names, "u_mean") || !slices.Contains(names, "z_mean") || !slices.Contains(names, "neuron_id") {
		t.Errorf("the arrays are %q", names)
	}
}

func TestExportRefuses(t *testing.T) {
	circuits := toyCircuits(t, 3, 1)
	m := toyModelOf(t, circuits, graphvae.Exchangeable)
	path := filepath.Join(t.TempDir(), "codes.npz")
	if err := m.ExportCodes(context.Background(), path, nil); err == nil || !strings.Contains(err.Error(), "no circuits") {
		t.Errorf("no circuits: %v", err)
	}
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	if err := m.ExportCodes(gone, path, circuits); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file was left: %v", err)
	}
	if err := m.ExportWeights(filepath.Join(t.TempDir(), "x\x00")); err == nil || !strings.Contains(err.Error(), "graphvae: export weights") {
		t.Errorf("no such place: %v", err)
	}
}

// exported is an array as numpy sees it: floats by their bits.
type exported struct {
	Type   string `json:"type"`
	Shape  []int  `json:"shape"`
	Values []any  `json:"values"`
}

// The five lines of testdata/read_export.py, in Python, read what was written:
// names, shapes and every bit.
func TestPythonReadsExport(t *testing.T) {
	python := outside.Python(t, filepath.Join("testdata", "peers", "numpy.txt"))
	r, weights, codes := export(t, graphvae.Exchangeable)
	var got struct {
		Latent     int                 `json:"latent"`
		FirstClass string              `json:"first_class"`
		Z          []int               `json:"z"`
		U          []int               `json:"u"`
		UValues    []uint32            `json:"u_values"`
		Weights    map[string]exported `json:"weights"`
		Codes      map[string]exported `json:"codes"`
	}
	printed := outside.Run(t, python, filepath.Join("testdata", "peers", "check_export.py"), weights, codes)
	if err := json.Unmarshal([]byte(printed), &got); err != nil {
		t.Fatalf("%v in %.300s", err, printed)
	}
	n := r.validation[0].Len()
	if got.Latent != 3 || got.FirstClass != "E" || !slices.Equal(got.Z, []int{len(r.validation), 3}) || !slices.Equal(got.U, []int{n, 2}) {
		t.Errorf("the example has latent %d, class %q, z %v, u %v", got.Latent, got.FirstClass, got.Z, got.U)
	}
	u, err := r.model.EncodeNeurons(context.Background(), r.validation[:1])
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range slices.Concat(u[0].Mean...) {
		// A circuit's last bits depend on what stands beside it in a batch.
		if math.Abs(float64(math.Float32frombits(got.UValues[i]))-x) > 1e-5 {
			t.Fatalf("u has %g at %d, want %g", math.Float32frombits(got.UValues[i]), i, x)
		}
	}
	sameArrays(t, got.Weights, arraysIn(t, weights), nil)
	sameArrays(t, got.Codes, arraysIn(t, codes), textsOf(r.validation))
}

// textsOf is what the text arrays of circuits must hold.
func textsOf(circuits []*circuit.Circuit) map[string][]string {
	all := map[string][]string{}
	for _, c := range circuits {
		o := c.Origin()
		for name, text := range map[string]string{"circuit_source": o.Source, "circuit_region": o.Region, "circuit_split": o.Split} {
			all[name] = append(all[name], text)
		}
		for _, n := range c.Neurons() {
			all["neuron_id"], all["neuron_class"] = append(all["neuron_id"], n.ID), append(all["neuron_class"], string(n.Class))
		}
	}
	return all
}

// sameArrays compares what numpy sees with what Go reads, and with texts, which
// npyio (v0.9.0) writes but does not read.
func sameArrays(t *testing.T, got map[string]exported, want *artifact.ArrayReader, texts map[string][]string) {
	t.Helper()
	if len(got) != len(want.Names()) {
		t.Errorf("numpy sees %d arrays, want %q", len(got), want.Names())
	}
	for _, name := range want.Names() {
		var values []any
		shape := []int{}
		switch got[name].Type {
		case "f":
			tensor, err := want.Tensor(name)
			if err != nil {
				t.Error(err)
			}
			shape = tensor.Shape
			for _, x := range tensor.Values {
				values = append(values, math.Float32bits(x))
			}
		case "U":
			for _, text := range texts[name] {
				values = append(values, text)
			}
		case "i":
			values = vector[int64](t, want, name)
		case "u":
			values = vector[uint8](t, want, name)
		default:
			t.Errorf("numpy has %s as type %q", name, got[name].Type)
		}
		if len(shape) == 0 {
			shape = []int{len(values)}
		}
		if !slices.Equal(got[name].Shape, shape) {
			t.Errorf("numpy has %s as %v, want %v", name, got[name].Shape, shape)
		}
		theirs, err := json.Marshal(got[name].Values)
		if err != nil {
			t.Fatal(err)
		}
		ours, err := json.Marshal(values)
		if err != nil || string(theirs) != string(ours) {
			t.Errorf("numpy has %s as %.200s, want %.200s (%v)", name, theirs, ours, err)
		}
	}
}

func vector[T any](t *testing.T, r *artifact.ArrayReader, name string) (values []any) {
	t.Helper()
	var all []T
	if err := r.Read(name, &all); err != nil {
		t.Error(err)
	}
	for _, x := range all {
		values = append(values, x)
	}
	return values
}
