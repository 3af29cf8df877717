package connectome_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/connectome/connectometest"
)

// three is a chain of an excitatory, an inhibitory and an unsigned neuron, the
// first two 600 µm apart and the third nowhere.
func three(t *testing.T) *connectome.Connectome {
	t.Helper()
	c, err := connectome.New(connectome.Data{
		Name: "three\n# = 'x'", Synapses: []int32{2, 3, 5},
		Neurons: []circuit.Neuron{
			{ID: "a", Sign: circuit.Excitatory, Position: circuit.Position{X: 0, Y: 0, Depth: 100}},
			{ID: "b", Sign: circuit.Inhibitory, Position: circuit.Position{X: 600, Y: 0, Depth: 100}},
			{ID: "c", Position: circuit.NoPosition()},
		},
		Edges: []circuit.Edge{{Pre: 0, Post: 1}, {Pre: 1, Post: 0}, {Pre: 1, Post: 2}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func saved(t *testing.T, c *connectome.Connectome, w connectome.Writing) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), w.Format)
	if err := connectome.Save(t.Context(), c, dir, w); err != nil {
		t.Fatal(err)
	}
	return dir
}

// table returns the lines of a file that are no comments, and those that are.
func tableLines(t *testing.T, path string) (rows, head []string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSuffix(line, "\n"); strings.HasPrefix(line, "#") {
			head = append(head, line)
		} else {
			rows = append(rows, line)
		}
	}
	return rows, head
}

// By hand. 600 µm at 300 µm/ms are 2 ms, and 1 ms of the synapse. Two synapses
// of 87.8 pA are 175.6; three of them, inhibitory and four times as strong,
// −1053.6; five, −1756. The third neuron has no place: 1 ms.
func TestSimulatorTables(t *testing.T) {
	c := three(t)
	for _, want := range []struct {
		format, file string
		rows         []string
	}{
		{"nest", "connections.csv", []string{"source,target,weight_pA,delay_ms,synapse_model", "1,2,175.6,3,static_synapse", "2,1,-1053.6,3,static_synapse", "2,3,-1756,1,static_synapse"}},
		{"brian2", "connections.csv", []string{"i,j,weight_mV,delay_ms", "0,1,0.3,3", "1,0,-1.8,3", "1,2,-3,1"}},
		{"pynn", "excitatory.txt", []string{"0\t1\t0.001\t3"}},
		{"pynn", "inhibitory.txt", []string{"1\t0\t0.006\t3", "1\t2\t0.01\t1"}},
		{"nest", "neurons.csv", []string{"index,id,class,layer,sign,x_um,y_um,depth_um", "0,a,,,E,0,0,100", "1,b,,,I,600,0,100", "2,c,,,,,,"}},
	} {
		rows, head := tableLines(t, filepath.Join(saved(t, c, connectome.Writing{Format: want.format}), want.file))
		if !slices.EqualFunc(rows, want.rows, sameNumbers) {
			t.Errorf("%s of %s is\n%s\nwant\n%s", want.file, want.format, strings.Join(rows, "\n"), strings.Join(want.rows, "\n"))
		}
		if text := strings.Join(head, "\n"); want.file != "neurons.csv" && (!strings.Contains(text, "300 um/ms") || !strings.Contains(text, "2 edges have an end without a position") && !strings.Contains(text, "1 edges have an end without a position")) {
			t.Errorf("%s of %s does not state its rule:\n%s", want.file, want.format, text)
		}
	}
}

// sameNumbers compares lines field by field, numbers to 1e-12.
func sameNumbers(a, b string) bool {
	split := func(r rune) bool { return r == ',' || r == '\t' }
	x, y := strings.FieldsFunc(a, split), strings.FieldsFunc(b, split)
	return slices.EqualFunc(x, y, func(p, q string) bool {
		var f, g float64
		if _, err := fmt.Sscan(p, &f); err != nil {
			return p == q
		}
		_, err := fmt.Sscan(q, &g)
		return err == nil && math.Abs(f-g) <= 1e-12*math.Abs(g)
	})
}

func TestSimulatorRule(t *testing.T) {
	rows, _ := tableLines(t, filepath.Join(saved(t, three(t), connectome.Writing{Format: "brian2", Simulator: connectome.SimulatorConfig{
		WeightPerSynapse: 1, InhibitoryFactor: 2, DelayMS: 0.02, ConductionVelocity: 1000, StepMS: 0.25,
	}}), "connections.csv"))
	// 0.62 ms are two and a half steps, rounded up; 0.02 ms at least one.
	if want := []string{"i,j,weight_mV,delay_ms", "0,1,2,0.5", "1,0,-6,0.5", "1,2,-10,0.25"}; !slices.Equal(rows, want) {
		t.Errorf("rows are %q, want %q", rows, want)
	}
	rows, head := tableLines(t, filepath.Join(saved(t, three(t), connectome.Writing{Format: "brian2", Simulator: connectome.SimulatorConfig{SameDelay: true, DelayMS: 1.5}}), "connections.csv"))
	if !strings.HasSuffix(rows[1], ",1.5") || !strings.HasSuffix(rows[3], ",1.5") || strings.Contains(strings.Join(head, ""), "um/ms") {
		t.Errorf("with one delay for all: %q, %q", rows, head)
	}
}

// A sign is not guessed: the user says what unknown ones are.
func TestSimulatorUnknownSigns(t *testing.T) {
	d := connectometest.Sample() // a third of its neurons have none
	c, err := connectome.New(d)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "nest")
	err = connectome.Save(t.Context(), c, dir, connectome.Writing{Format: "nest"})
	if err == nil || !strings.Contains(err.Error(), "of 24 neurons have outputs and no known sign") || !strings.Contains(err.Error(), "UnknownAs") {
		t.Errorf("the error is %v, want one that counts them and says what to set", err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("something was left at the path")
	}
	for as, sign := range map[circuit.Sign]string{circuit.Excitatory: "", circuit.Inhibitory: "-"} {
		_, head := tableLines(t, filepath.Join(saved(t, c, connectome.Writing{Format: "nest", Simulator: connectome.SimulatorConfig{UnknownAs: as}}), "connections.csv"))
		if !strings.Contains(strings.Join(head, ""), "were taken as "+as.String()) {
			t.Errorf("as %s (%q): the table does not say so: %q", as, sign, head)
		}
	}
}

func TestSimulatorConfigValidate(t *testing.T) {
	for name, c := range map[string]struct {
		config connectome.SimulatorConfig
		want   string
	}{
		"negative weight": {connectome.SimulatorConfig{WeightPerSynapse: -1}, "weight per synapse is -1"},
		"no number":       {connectome.SimulatorConfig{DelayMS: math.NaN()}, "delay is NaN"},
		"endless":         {connectome.SimulatorConfig{ConductionVelocity: math.Inf(1)}, "conduction velocity"},
		"sign":            {connectome.SimulatorConfig{UnknownAs: 7}, "unknown signs as 7"},
	} {
		t.Run(name, func(t *testing.T) {
			err := connectome.Save(t.Context(), three(t), filepath.Join(t.TempDir(), "x"), connectome.Writing{Format: "brian2", Simulator: c.config})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v, want one with %q", err, c.want)
			}
		})
	}
}

// The simulators load the tables by the scripts that lie beside them, have the
// weights and delays that the rule gives, worked out here anew, and run.
func TestSimulators(t *testing.T) {
	python := peerPython(t, "requirements-simulators.txt")
	d := connectometest.Sample()
	for i := range d.Neurons {
		if d.Neurons[i].Sign == circuit.UnknownSign {
			d.Neurons[i].Sign = circuit.Excitatory
		}
	}
	c, err := connectome.New(d)
	if err != nil {
		t.Fatal(err)
	}
	for simulator, weight := range map[string]float64{"nest": 87.8, "brian2": 0.15, "pynn": 0.0005} {
		t.Run(simulator, func(t *testing.T) {
			dir := saved(t, c, connectome.Writing{Format: simulator})
			got := strings.Split(strings.TrimSpace(peerScript(t, python, "open_simulator.py", simulator, dir)), "\n")
			var want []string
			for i := range c.Len() {
				for k, j := range c.CSR().Row(i) {
					w := weight * float64(c.Synapses()[c.CSR().Offsets[i]+int64(k)])
					if c.Neuron(i).Sign == circuit.Inhibitory {
						w *= -4
					}
					p, q, delay := c.Neuron(i).Position, c.Neuron(int(j)).Position, 1.0
					if p.Known() && q.Known() {
						delay += math.Sqrt((p.X-q.X)*(p.X-q.X)+(p.Y-q.Y)*(p.Y-q.Y)+(p.Depth-q.Depth)*(p.Depth-q.Depth)) / 300
					}
					want = append(want, fmt.Sprintf("%d %d %.9g %.6g", i, j, w, math.Round(10*delay)/10))
				}
			}
			want = append(want, fmt.Sprintf("spiked %d", c.Len()))
			if !slices.Equal(got[max(0, len(got)-len(want)):], want) {
				t.Errorf("it has\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

// A name cannot do in a table what a name should not: PyNN evaluates the heads
// of its files as Python.
func TestSimulatorNamesAreOnlyNames(t *testing.T) {
	python := peerPython(t, "requirements-simulators.txt")
	d := connectometest.Sample()
	d.Name = "x\"]; open('/tmp/gone', 'w') #\n# columns = [__import__('os').abort()]\u2028="
	for i := range d.Neurons {
		d.Neurons[i].Sign = circuit.Inhibitory
	}
	c, err := connectome.New(d)
	if err != nil {
		t.Fatal(err)
	}
	for _, simulator := range []string{"nest", "brian2", "pynn"} {
		if got := peerScript(t, python, "open_simulator.py", simulator, saved(t, c, connectome.Writing{Format: simulator})); !strings.Contains(got, "spiked 24\n") {
			t.Errorf("%s: %s", simulator, got)
		}
	}
	if _, err := os.Stat("/tmp/gone"); err == nil {
		t.Error("a name was evaluated")
	}
}
