package steer_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/connectome/connectometest"
	"github.com/cortigen/cortigen/pkg/cortex"
	"github.com/cortigen/cortigen/pkg/internal/outside"
	"github.com/cortigen/cortigen/pkg/seed"
	"github.com/cortigen/cortigen/pkg/steer"
)

// coin wires any two given neurons with a probability that the code sets.
type coin struct{}

func (coin) Dim() int { return 2 }

func (coin) Generate(_ context.Context, like []*circuit.Circuit, z [][]float64, samples int, s seed.Seed) ([][]*circuit.Circuit, error) {
	all := make([][]*circuit.Circuit, len(like))
	for i, on := range like {
		for k := range samples {
			rng := s.Stream("coin", i, k)
			var edges []circuit.Edge
			for pre := range on.Len() {
				for post := range on.Len() {
					if pre != post && rng.Float64() < .2+.1*z[i][0] {
						edges = append(edges, circuit.Edge{Pre: pre, Post: post})
					}
				}
			}
			c, err := on.WithEdges(edges)
			if err != nil {
				return nil, err
			}
			all[i] = append(all[i], c)
		}
	}
	return all, nil
}

func cortexCircuits(t *testing.T, count int) []*circuit.Circuit {
	t.Helper()
	circuits, err := cortex.Circuits(t.Context(), nil, count, connectome.ColumnConfig{MinNeurons: 12, MaxNeurons: 16}, 5)
	if err != nil {
		t.Fatal(err)
	}
	return circuits
}

// coinRig decodes onto neurons of the cortex.
func coinRig(t *testing.T) steer.Rig {
	t.Helper()
	decoder, err := steer.On(coin{}, cortexCircuits(t, 2)...)
	if err != nil {
		t.Fatal(err)
	}
	return steer.Rig{Decoder: decoder, Reference: steer.Reference{Names: []string{"density", "reciprocity"}, Mean: []float64{.05, .05}, SD: []float64{.02, .05}}}
}

// steered is an answer whose circuits were decoded.
func steered(t *testing.T) steer.Answer {
	t.Helper()
	request := steer.Request{Targets: []steer.Target{steer.SD("density", .5)}, Start: []float64{.5, 0}, Samples: 4}
	answers, err := coinRig(t).Evaluate(t.Context(), steer.Stay{}, []steer.Request{request, request}, 3)
	if err != nil {
		t.Fatal(err)
	}
	return answers[1]
}

// odd is a circuit of which little is known: a masked row, a neuron without sign,
// class and position, one without edges, an id beyond 2⁵³.
func odd(t *testing.T) *circuit.Circuit {
	t.Helper()
	neurons := []circuit.Neuron{
		{ID: "864691135866104123", Class: "23P", Layer: "L2/3", Sign: circuit.Excitatory, Position: circuit.Position{X: .1, Y: -2. / 3, Depth: 250}},
		{ID: "864691135866104125", Class: `a "quoted", odd one`, Sign: circuit.Inhibitory, Position: circuit.Position{X: 10, Y: 3, Depth: 1e-7}},
		{ID: "7", Position: circuit.NoPosition()},
		{ID: "x", Class: "23P", Sign: circuit.Excitatory, Position: circuit.NoPosition()},
	}
	c, err := circuit.New(neurons, []circuit.Edge{{Pre: 0, Post: 1}, {Pre: 1, Post: 0}, {Pre: 2, Post: 0}})
	if err != nil {
		t.Fatal(err)
	}
	if c, err = c.WithObserved([]bool{true, false, true, true}); err != nil {
		t.Fatal(err)
	}
	return c
}

func exportTo(t *testing.T, a steer.Answer, w steer.Exporting) steer.Exported {
	t.Helper()
	done, err := steer.Export(t.Context(), a, filepath.Join(t.TempDir(), "made", "answer"), w)
	if err != nil {
		t.Fatal(err)
	}
	return done
}

// whole is a circuit as a reconstruction, made here anew.
func whole(t *testing.T, c *circuit.Circuit) *connectome.Connectome {
	t.Helper()
	d := connectome.Data{Edges: c.EdgeList()}
	for i, n := range c.Neurons() {
		d.Neurons, d.Observed = append(d.Neurons, n), append(d.Observed, c.Observed(i))
	}
	tissue, err := connectome.New(d)
	if err != nil {
		t.Fatal(err)
	}
	return tissue
}

// hdf5Python names a Python for HDF5 where continuous integration makes one.
func hdf5Python(t *testing.T) string {
	t.Helper()
	if os.Getenv("CORTIGEN_SLOW") == "" {
		return "" // what there may be
	}
	return outside.Python(t, filepath.Join(peers, "requirements-hdf5.txt"))
}

// peers has what package connectome brings other software with.
var peers = filepath.Join("..", "connectome", "testdata", "peers")

// Whatever is read, gives back each circuit: neurons in order with all that is
// known of them, edges and mask, but no synapse counts, which nobody gave. A new
// format joins by itself.
func TestExportComesBack(t *testing.T) {
	circuits := slices.Concat(steered(t).Circuits, cortexCircuits(t, 1), []*circuit.Circuit{odd(t)})
	python := hdf5Python(t)
	done := exportTo(t, steer.Answer{Circuits: circuits}, steer.Exporting{Python: python})
	for _, f := range connectome.Formats() {
		if !f.Writes || !f.Reads {
			continue
		}
		t.Run(f.Name, func(t *testing.T) {
			at := slices.IndexFunc(done.LeftOut, func(n steer.NotWritten) bool { return n.Format == f.Name })
			if at >= 0 && strings.Contains(done.LeftOut[at].Why, "CORTIGEN_PYTHON") {
				t.Skip(done.LeftOut[at].Why)
			}
			for i, c := range circuits {
				back, err := connectome.OpenAs(t.Context(), done.Path(f.Name, i), connectome.Reading{Python: python})
				if err != nil {
					t.Fatal(err)
				}
				if back.Report().Layout != f.Title || back.Name() != fmt.Sprintf("circuit-%03d", i) {
					t.Errorf("circuit %d comes back as %q in format %q", i, back.Name(), back.Report().Layout)
				}
				for _, line := range connectometest.Diff(back, whole(t, c)) {
					t.Errorf("circuit %d: %s", i, line)
				}
			}
		})
	}
}

// Every format that there is, is written or said to be left out.
func TestExportAccountsForEveryFormat(t *testing.T) {
	done := exportTo(t, steered(t), steer.Exporting{Python: filepath.Join(t.TempDir(), "no python")})
	told := map[string]int{}
	for _, w := range done.Written {
		told[w.Format]++
		if len(w.Paths) != 4 {
			t.Errorf("%s has %d circuits, want 4", w.Format, len(w.Paths))
		}
	}
	for _, n := range done.LeftOut {
		told[n.Format]++
		if !strings.Contains(n.Why, "CORTIGEN_PYTHON") || strings.Contains(n.Why, ".export-") {
			t.Errorf("%s is left out since %q", n.Format, n.Why)
		}
	}
	for _, f := range connectome.Formats() {
		if f.Writes != (told[f.Name] == 1) {
			t.Errorf("%s: writes is %t, told %d times", f.Name, f.Writes, told[f.Name])
		}
	}
	if len(done.LeftOut) == 0 {
		t.Error("without Python there should be no HDF5")
	}
	entries, err := os.ReadDir(done.Folder)
	if err != nil || len(entries) != len(done.Written)+1 {
		t.Errorf("the folder holds %v (%v), want a folder a format and request.json", entries, err)
	}
	if _, rows := done.Table(); len(rows) != len(done.Written)+len(done.LeftOut) {
		t.Errorf("the table is %q", rows)
	}
}

// connectionsIn reads a table of connections: pre, post and the weight's sign.
func connectionsIn(t *testing.T, folder, simulator string) map[circuit.Edge]circuit.Sign {
	t.Helper()
	files := map[string]circuit.Sign{"connections.csv": 0}
	separator, first := ",", 0
	switch simulator {
	case "nest":
		first = 1
	case "pynn":
		files, separator = map[string]circuit.Sign{"excitatory.txt": circuit.Excitatory, "inhibitory.txt": circuit.Inhibitory}, "\t"
	}
	found := map[circuit.Edge]circuit.Sign{}
	for file, sign := range files {
		text, err := os.ReadFile(filepath.Join(folder, file))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			fields := strings.Split(strings.TrimSpace(line), separator)
			pre, err := strconv.Atoi(fields[0])
			if err != nil {
				continue // what states the rule, and the header
			}
			post, err := strconv.Atoi(fields[1])
			if err != nil {
				t.Fatal(err)
			}
			e := circuit.Edge{Pre: pre - first, Post: post - first}
			if found[e] = sign; sign == 0 {
				found[e] = circuit.Excitatory
				if strings.HasPrefix(fields[2], "-") {
					found[e] = circuit.Inhibitory
				}
			}
		}
	}
	return found
}

// Tables for simulators have the edges of the circuit, each with the sign of its
// neuron.
func TestExportForSimulators(t *testing.T) {
	answer := steered(t)
	done := exportTo(t, answer, steer.Exporting{Formats: []string{"pynn", "nest", "brian2"}})
	if got := []string{done.Written[0].Format, done.Written[1].Format, done.Written[2].Format}; !slices.Equal(got, []string{"pynn", "nest", "brian2"}) {
		t.Errorf("written are %q", got)
	}
	signs := map[circuit.Sign]bool{}
	for _, w := range done.Written {
		for i, c := range answer.Circuits {
			want := map[circuit.Edge]circuit.Sign{}
			for _, e := range c.EdgeList() {
				want[e] = c.Neuron(e.Pre).Sign
				signs[want[e]] = true
			}
			if got := connectionsIn(t, done.Path(w.Format, i), w.Format); !maps.Equal(got, want) {
				t.Errorf("%s, circuit %d has the connections %v, want %v", w.Format, i, got, want)
			}
		}
	}
	if len(signs) != 2 {
		t.Errorf("edges are of %d signs, so that little is tested", len(signs))
	}
}

// bothSigns is whether two edges or more are of each sign: PyNN's own reader of
// files fails at fewer lines.
func bothSigns(c *circuit.Circuit) bool {
	count := map[circuit.Sign]int{}
	for _, e := range c.EdgeList() {
		count[c.Neuron(e.Pre).Sign]++
	}
	return count[circuit.Excitatory] > 1 && count[circuit.Inhibitory] > 1
}

// The simulators open what was exported, with the edges of the circuit, and run.
func TestExportRunsInSimulators(t *testing.T) {
	python := outside.Python(t, filepath.Join(peers, "requirements-simulators.txt"))
	answer := steered(t)
	done := exportTo(t, answer, steer.Exporting{Formats: []string{"nest", "brian2", "pynn"}})
	i := slices.IndexFunc(answer.Circuits, bothSigns)
	if i < 0 {
		t.Fatal("no circuit has edges of both signs")
	}
	c := answer.Circuits[i]
	for _, simulator := range []string{"nest", "brian2", "pynn"} {
		printed := outside.Run(t, python, filepath.Join(peers, "open_simulator.py"), simulator, done.Path(simulator, i))
		var got []circuit.Edge
		for line := range strings.Lines(printed) {
			var e circuit.Edge
			var weight, delay float64
			if n, _ := fmt.Sscan(line, &e.Pre, &e.Post, &weight, &delay); n == 4 {
				got = append(got, e)
			}
		}
		if !slices.Equal(got, c.EdgeList()) || !strings.Contains(printed, fmt.Sprintf("spiked %d\n", c.Len())) {
			t.Errorf("%s has circuit %d as\n%s\nwant %v", simulator, i, printed, c.EdgeList())
		}
	}
}

// What an answer says comes back with its files, undefined numbers too, and its
// seed makes the circuits again.
func TestManifest(t *testing.T) {
	answer, rig := steered(t), coinRig(t)
	answer.Circuits = append(answer.Circuits, odd(t))
	done := exportTo(t, answer, steer.Exporting{Formats: []string{"plain"}, Reference: rig.Reference, Model: map[string]any{"kind": "coin"}})
	m, err := steer.ReadManifest(done.Folder)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(m.Exported, done) {
		t.Errorf("it lists %+v, Export returned %+v", m.Exported, done)
	}
	want := answer
	want.Circuits = nil
	if got := fmt.Sprintf("%+v", m.Answer); got != fmt.Sprintf("%+v", want) { // NaN is not itself
		t.Errorf("the answer comes back as\n%s\nwant\n%+v", got, want)
	}
	if answer.Index != 1 || answer.Seed != 3 || m.Units["position"] == "" || !reflect.DeepEqual(m.Reference, rig.Reference) || !reflect.DeepEqual(m.Model, map[string]any{"kind": "coin"}) {
		t.Errorf("it is %+v", m)
	}
	again, err := rig.Decoder.Decode(t.Context(), [][]float64{m.Code}, m.Judged, m.DecodeSeed)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range again[0] {
		if !slices.Equal(c.EdgeList(), answer.Circuits[i].EdgeList()) {
			t.Errorf("circuit %d is not decoded again", i)
		}
	}
	if last := m.Members[4]; last.Unobserved != 1 || last.Unsigned != 1 || last.Unplaced != 2 || last.Neurons != 4 || last.Edges != 3 {
		t.Errorf("the odd one is described as %+v", last)
	}
	if m.Members[0].Origin.Region != answer.Circuits[0].Origin().Region || m.Members[0].Origin.Source == "" {
		t.Errorf("where circuit 0 is from was lost: %+v", m.Members[0])
	}
}

// Unknown signs and masks: left out with the reason, an error where the format was
// asked for, and written where the user says what to make of them.
func TestExportOfWhatAFormatCannotHold(t *testing.T) {
	masked, err := cortexCircuits(t, 1)[0].WithObserved(append(make([]bool, 3), slices.Repeat([]bool{true}, cortexCircuits(t, 1)[0].Len()-3)...))
	if err != nil {
		t.Fatal(err)
	}
	unsigned, err := odd(t).WithObserved(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		circuit *circuit.Circuit
		why     string
		neurons int
		allow   steer.Exporting
	}{
		"sign":             {unsigned, `circuit-001: connectome: save`, 4, steer.Exporting{Simulator: connectome.SimulatorConfig{UnknownAs: circuit.Inhibitory}}},
		"mask, left out":   {masked, "1 of 2 circuits have neurons whose outputs were not observed", masked.Len() - 3, steer.Exporting{Unproofread: connectome.LeftOut}},
		"mask, as it came": {masked, "1 of 2 circuits have neurons whose outputs were not observed", masked.Len(), steer.Exporting{Unproofread: connectome.Trusted}},
	} {
		t.Run(name, func(t *testing.T) {
			answer := steer.Answer{Circuits: []*circuit.Circuit{cortexCircuits(t, 1)[0], c.circuit}}
			done := exportTo(t, answer, steer.Exporting{Python: "none"}) // which would take longest
			for _, simulator := range []string{"nest", "brian2", "pynn"} {
				at := slices.IndexFunc(done.LeftOut, func(n steer.NotWritten) bool { return n.Format == simulator })
				if at < 0 || !strings.Contains(done.LeftOut[at].Why, c.why) || done.Path(simulator, 0) != "" {
					t.Errorf("%s: left out are %+v", simulator, done.LeftOut)
				}
				if _, err := os.Stat(filepath.Join(done.Folder, simulator)); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("%s: its folder is there (%v)", simulator, err)
				}
			}
			folder := filepath.Join(t.TempDir(), "named")
			if _, err := steer.Export(t.Context(), answer, folder, steer.Exporting{Formats: []string{"plain", "nest"}}); err == nil || !strings.Contains(err.Error(), c.why) {
				t.Errorf("asked for by name, the error is %v", err)
			}
			if _, err := os.Stat(folder); err == nil {
				t.Error("something was left")
			}
			c.allow.Formats = []string{"nest", "plain"}
			done = exportTo(t, answer, c.allow)
			if m := done.Members[1]; m.Neurons != c.neurons || m.Unobserved != 0 {
				t.Errorf("written was %+v, want %d neurons", m, c.neurons)
			}
			back, err := connectome.Open(t.Context(), done.Path("plain", 1))
			if err != nil || back.Len() != c.neurons || len(connectionsIn(t, done.Path("nest", 1), "nest")) != back.Edges() {
				t.Errorf("what was written has %v (%v)", back.Report(), err)
			}
		})
	}
}

func TestExportErrors(t *testing.T) {
	answer := steered(t)
	taken := t.TempDir()
	file := filepath.Join(taken, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		answer steer.Answer
		folder string
		w      steer.Exporting
		want   []string
	}{
		"nothing":       {steer.Answer{}, "x", steer.Exporting{}, []string{"no circuits", "ask again"}},
		"nil circuit":   {steer.Answer{Circuits: []*circuit.Circuit{nil}}, "x", steer.Exporting{}, []string{"circuit 0 of 1 is nil"}},
		"misspelt":      {answer, "x", steer.Exporting{Formats: []string{"graphlm", "plain", "nests"}}, []string{`"graphlm"`, `did you mean "graphml"?`, `did you mean "nest"?`}},
		"only read":     {answer, "x", steer.Exporting{Formats: []string{"cave"}}, []string{`no format "cave" is written`}},
		"twice":         {answer, "x", steer.Exporting{Formats: []string{"npz", "npz"}}, []string{`"npz" is asked for twice`}},
		"rule":          {answer, "x", steer.Exporting{Simulator: connectome.SimulatorConfig{DelayMS: -1}}, []string{"delay is -1"}},
		"unproofread":   {answer, "x", steer.Exporting{Unproofread: "maybe"}, []string{`unproofread is "maybe"`}},
		"model":         {answer, "x", steer.Exporting{Model: func() {}}, []string{"the model cannot be described so"}},
		"no folder":     {answer, "", steer.Exporting{}, []string{"name a folder"}},
		"folder there":  {answer, ".", steer.Exporting{}, []string{"is there already"}},
		"no export":     {answer, ".", steer.Exporting{Overwrite: true}, []string{"no request.json", "delete it yourself"}},
		"file":          {answer, "file", steer.Exporting{Overwrite: true}, []string{"is there, and is no export"}},
		"below a file":  {answer, "file/x", steer.Exporting{}, []string{"steer: export"}},
		"long name":     {answer, strings.Repeat("x", 300), steer.Exporting{}, []string{"steer: export"}},
		"without HDF5":  {answer, "x", steer.Exporting{Formats: []string{"sonata"}, Python: file}, []string{"sonata", "CORTIGEN_PYTHON"}},
		"several wrong": {answer, "x", steer.Exporting{Formats: []string{"nix"}, Unproofread: "maybe"}, []string{`"nix"`, `"maybe"`}},
	} {
		t.Run(name, func(t *testing.T) {
			folder := c.folder
			if folder != "" {
				folder = filepath.Join(taken, folder)
			}
			done, err := steer.Export(t.Context(), c.answer, folder, c.w)
			if err == nil || done.Written != nil {
				t.Fatalf("no error, and %+v", done)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error is %v, want one with %q", err, want)
				}
			}
			if entries, err := os.ReadDir(taken); err != nil || len(entries) != 1 {
				t.Errorf("left are %v (%v), want the file alone", entries, err)
			}
		})
	}
	_, err := steer.Export(t.Context(), answer, filepath.Join(taken, "x"), steer.Exporting{Formats: []string{"sonata"}, Python: file})
	if !errors.Is(err, connectome.ErrNoHDF5) {
		t.Errorf("the error is %v, want ErrNoHDF5", err)
	}
}

// countdown is done after it was looked at so many times.
type countdown struct {
	context.Context
	left *atomic.Int64
}

func (c countdown) Err() error {
	if c.left.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

// Whenever the context ends, nothing new is there, and an older export is as it
// was.
func TestExportCancelled(t *testing.T) {
	answer := steered(t)
	for _, older := range []bool{false, true} {
		parent := t.TempDir()
		folder := filepath.Join(parent, "answer")
		w := steer.Exporting{Formats: []string{"graphml", "nest", "npz"}, Overwrite: older}
		before := 0
		if older {
			if _, err := steer.Export(t.Context(), answer, folder, steer.Exporting{Formats: []string{"plain"}}); err != nil {
				t.Fatal(err)
			}
			before = 1
		}
		looks := int64(0)
		for ; ; looks++ {
			left := atomic.Int64{}
			left.Store(looks)
			_, err := steer.Export(countdown{t.Context(), &left}, answer, folder, w)
			if err == nil {
				break
			}
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("after %d looks the error is %v", looks, err)
			}
			entries, err := os.ReadDir(parent)
			if err != nil || len(entries) != before {
				t.Fatalf("after %d looks there are %v (%v)", looks, entries, err)
			}
			if m, err := steer.ReadManifest(folder); older && (err != nil || m.Written[0].Format != "plain") {
				t.Fatalf("after %d looks the older export is %+v (%v)", looks, m, err)
			}
		}
		if looks < 3*int64(len(answer.Circuits)) {
			t.Errorf("the context was looked at %d times", looks)
		}
		m, err := steer.ReadManifest(folder)
		if err != nil || len(m.Written) != 3 {
			t.Errorf("in the end there is %+v (%v)", m, err)
		}
		if _, err := os.Stat(filepath.Join(folder, "plain")); err == nil {
			t.Error("something of the older export is left")
		}
	}
}

// meddling does something to the folder in which an export is made, whenever the
// context is looked at.
type meddling struct {
	context.Context
	parent string
	with   func(fresh string) error // what the context says
}

func (m meddling) Err() error {
	work, err := filepath.Glob(filepath.Join(m.parent, ".export-*", "fresh"))
	if err == nil && len(work) > 0 {
		return m.with(work[0])
	}
	return nil
}

// A context that ends when all is written still leaves nothing.
func TestExportCancelledAtTheEnd(t *testing.T) {
	parent := t.TempDir()
	ctx := meddling{t.Context(), parent, func(fresh string) error {
		if _, err := os.Stat(filepath.Join(fresh, "request.json")); err == nil {
			return context.Canceled
		}
		return nil
	}}
	_, err := steer.Export(ctx, steered(t), filepath.Join(parent, "answer"), steer.Exporting{Formats: []string{"npz"}})
	if entries, _ := os.ReadDir(parent); !errors.Is(err, context.Canceled) || len(entries) > 0 {
		t.Errorf("the error is %v, left are %v", err, entries)
	}
}

// Trouble with the disk is not what a format lacks: it ends the export, and leaves
// nothing new.
func TestExportOnATroubledDisk(t *testing.T) {
	answer := steered(t)
	answer.Circuits = answer.Circuits[:1] // one look before each format
	for said, with := range map[string]func(fresh string) error{
		"format ": func(fresh string) error {
			if err := errors.Join(os.RemoveAll(fresh), os.WriteFile(fresh, nil, 0o644)); err != nil {
				t.Error(err)
			}
			return nil
		},
		"rename ": func(fresh string) error {
			if _, err := os.Stat(filepath.Join(fresh, "request.json")); err == nil {
				if err := os.RemoveAll(fresh); err != nil {
					t.Error(err)
				}
			}
			return nil
		},
	} {
		t.Run(said, func(t *testing.T) {
			parent := t.TempDir()
			folder := filepath.Join(parent, "answer")
			if _, err := steer.Export(t.Context(), answer, folder, steer.Exporting{Formats: []string{"plain"}}); err != nil {
				t.Fatal(err)
			}
			done, err := steer.Export(meddling{t.Context(), parent, with}, answer, folder, steer.Exporting{Overwrite: true, Python: "none"})
			var ofPath *fs.PathError
			var ofLink *os.LinkError
			if !errors.As(err, &ofPath) && !errors.As(err, &ofLink) || !strings.Contains(err.Error(), said) {
				t.Errorf("the error is %v, and done %+v", err, done)
			}
			if m, err := steer.ReadManifest(folder); err != nil || m.Written[0].Format != "plain" {
				t.Errorf("the older export is %+v (%v)", m, err)
			}
			if entries, err := os.ReadDir(parent); err != nil || len(entries) != 1 {
				t.Errorf("left are %v (%v)", entries, err)
			}
		})
	}
}

// The same answer gives the same request.json.
func TestExportRepeats(t *testing.T) {
	var texts []string
	for range 2 {
		done := exportTo(t, steered(t), steer.Exporting{Formats: []string{"graphml", "npz"}})
		text, err := os.ReadFile(filepath.Join(done.Folder, "request.json"))
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	if texts[0] != texts[1] {
		t.Errorf("once it is\n%s\nand then\n%s", texts[0], texts[1])
	}
}
