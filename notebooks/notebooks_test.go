package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/jupyter"
)

// The committed course is what a reader of the repository sees: executed, in
// order, in small steps.
func TestCourse(t *testing.T) {
	notebooks, err := jupyter.Course(".")
	if err != nil {
		t.Fatal(err)
	}
	if len(notebooks) < 4 {
		t.Errorf("the course has %d notebooks, want 4 or more", len(notebooks))
	}
	for _, path := range notebooks {
		n, err := jupyter.ReadNotebook(path)
		if err != nil {
			t.Error(err)
			continue
		}
		if err := n.Check(); err != nil {
			t.Error(err)
		}
		var prose, code strings.Builder
		for _, c := range n.Cells {
			if c.Kind == "code" {
				code.WriteString(c.Source + "\n")
			} else {
				prose.WriteString(c.Source + "\n")
			}
		}
		for _, part := range []string{"**Question.**", "**What we expect.**", "**What to see.**", "**What it does not show.**", "## Your turn"} {
			if !strings.Contains(prose.String(), part) {
				t.Errorf("%s has no part %q", path, part)
			}
		}
		if first := n.Cells[1]; !strings.HasPrefix(first.Source, "%noautoget") {
			t.Errorf("%s: the first code cell does not begin with %%noautoget: the kernel would ask the network for packages", path)
		}
		for _, word := range []string{"show.Figure(", "show.Exercise("} {
			if !strings.Contains(code.String(), word) {
				t.Errorf("%s: no cell calls %s", path, word)
			}
		}
	}
}

// A run at another preset, or of other data, must not find its outputs among
// what is committed.
func TestCourseIsOfTheCortex(t *testing.T) {
	n, err := jupyter.ReadNotebook("00_start_here.ipynb")
	if err != nil {
		t.Fatal(err)
	}
	var shown strings.Builder
	for _, c := range n.Cells {
		for _, o := range c.Outputs {
			shown.WriteString(o.Text)
		}
	}
	for _, want := range []string{"cortex", string(artifact.Standard), "xla"} {
		if !strings.Contains(shown.String(), want) {
			t.Errorf("the committed outputs do not say %q: write them with go run ./notebooks -preset standard -write", want)
		}
	}
}

func TestParse(t *testing.T) {
	here := t.TempDir()
	t.Chdir(here)
	if err := os.Mkdir("pack", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("pack/edges.csv", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"CORTIGEN_DATASET", "CORTIGEN_PRESET", "CORTIGEN_SEED", "CORTIGEN_DATA", "CORTIGEN_CACHE"} {
		t.Setenv(name, "")
	}
	t.Setenv("CORTIGEN_CACHE", "cache")

	o, err := parse("run", []string{"-data", "pack", "-preset", "standard", "-only", "01"}, here)
	if err != nil {
		t.Fatal(err)
	}
	if !filepath.IsAbs(o.setting.Dataset) || filepath.Base(o.setting.Dataset) != "pack" {
		t.Errorf("the dataset is %q, want an absolute path: cells run elsewhere", o.setting.Dataset)
	}
	if o.setting.Preset != artifact.Standard || o.only != "01" || o.write {
		t.Errorf("parsed %+v", o)
	}
	if cache := os.Getenv("CORTIGEN_CACHE"); !filepath.IsAbs(cache) {
		t.Errorf("CORTIGEN_CACHE is %q, want an absolute path", cache)
	}
	if o, err = parse("lab", []string{"-dir", "pack", "-port", "9999", "-no-browser"}, here); err != nil || !filepath.IsAbs(o.dir) || o.port != 9999 || !o.noBrowser {
		t.Errorf("parsed %+v (%v)", o, err)
	}
	if o, err = parse("run", nil, here); err != nil || o.setting.Dataset != artifact.Cortex || o.setting.Preset != artifact.Quick {
		t.Errorf("without flags parsed %+v (%v), want the quick cortex", o.setting, err)
	}
}

func TestParseErrors(t *testing.T) {
	t.Setenv("CORTIGEN_PRESET", "")
	for name, c := range map[string]struct {
		word string
		args []string
		want string
	}{
		"unknown word":       {"labb", nil, "use lab, clean"},
		"unknown preset":     {"run", []string{"-preset", "big"}, `preset "big"`},
		"not a flag":         {"run", []string{"-only", "01", "02"}, `"02" is not a flag`},
		"flag of another":    {"clean", []string{"-write"}, "not defined"},
		"no such dataset":    {"run", []string{"-data", "no-such-pack"}, "no-such-pack"},
		"nor for the lab":    {"lab", []string{"-dir", ".", "-data", "no-such-pack"}, "no-such-pack"},
		"no such folder":     {"lab", []string{"-dir", "no-such-folder"}, "no-such-folder"},
		"write of real data": {"run", []string{"-write", "-data", "pack"}, "-write is for the embedded cortex"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := parse(c.word, c.args, t.TempDir()); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want one with %q", err, c.want)
			}
		})
	}
	if _, err := parse("run", []string{"-h"}, t.TempDir()); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("-h gives %v, want help", err)
	}
}

// A folder of datasets is told from a dataset in a line that can be read.
func TestParseNamesTheDatasetsOfAFolder(t *testing.T) {
	t.Setenv("CORTIGEN_PRESET", "")
	data := t.TempDir()
	for _, name := range []string{"pack-a", "pack-b", ".hidden"} {
		if err := os.Mkdir(filepath.Join(data, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(data, "README.md"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := parse("run", []string{"-data", data}, t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "pack-a, pack-b") || len(err.Error()) > 200+2*len(data) {
		t.Errorf("error is %v, want a short one that names the folders", err)
	}
	if err := os.WriteFile(filepath.Join(data, "edges.csv"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := parse("run", []string{"-data", data}, t.TempDir()); err != nil {
		t.Errorf("a folder with a file gives %v, though it may be a dataset", err)
	}
}

// Without a terminal a long cell is told of now and then.
func TestProgressTellsOfLongCells(t *testing.T) {
	var out bytes.Buffer
	p := newProgress(&out, 5*time.Millisecond)
	p.cell("00_a", 2, 6)
	time.Sleep(100 * time.Millisecond)
	p.stop()
	text := out.String()
	if !strings.HasPrefix(text, "  00_a: 6 cells …\n") || strings.Count(text, "00_a: cell 2 of 6, ") < 2 {
		t.Errorf("said %q, want the cell again and again", text)
	}
	time.Sleep(20 * time.Millisecond)
	if out.String() != text {
		t.Error("it goes on after its end")
	}
}

func TestChoose(t *testing.T) {
	all := []string{"a/00_x.ipynb", "a/01_y.ipynb", "a/02_z.ipynb"}
	for only, want := range map[string]string{"": "00 01 02", "02,00": "00 02", "01_y": "01", "0": "00 01 02", "00, 0": "00 01 02"} {
		chosen, err := choose(all, only)
		var got []string
		for _, path := range chosen {
			got = append(got, filepath.Base(path)[:2])
		}
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("choose %q gives %v (%v), want %s", only, got, err, want)
		}
	}
	for _, only := range []string{"07", "01,", "x"} {
		if _, err := choose(all, only); err == nil {
			t.Errorf("choose %q is no error", only)
		}
	}
}

// A copy that is not fit leaves the committed notebooks alone, all of them.
func TestWriteRefuses(t *testing.T) {
	folder, copies := t.TempDir(), t.TempDir()
	fit := `{"nbformat":4,"cells":[{"cell_type":"code","source":"x := 1","execution_count":1,"outputs":[]}]}`
	unfit := strings.Replace(fit, `"outputs":[]`, `"outputs":[{"output_type":"stream","text":"in /home/me/x"}]`, 1)
	var results []jupyter.Result
	for name, text := range map[string]string{"00_a": fit, "01_b": unfit} {
		path := filepath.Join(copies, name+".ipynb")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		results = append(results, jupyter.Result{Name: name, Notebook: path})
	}
	if err := write(results, folder); err == nil || !strings.Contains(err.Error(), "/home/me/x") {
		t.Errorf("error is %v, want one that names the path", err)
	}
	if left, _ := os.ReadDir(folder); len(left) != 0 {
		t.Errorf("%d notebooks were written", len(left))
	}
}

func TestClean(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{".venv/x", ".out/y", "pkg"} {
		if err := os.MkdirAll(filepath.Join(root, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if err := clean(root, &out); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(root); len(left) != 1 || left[0].Name() != "pkg" {
		t.Errorf("left is %v, want pkg alone", left)
	}
}

func TestRunOutsideOfAClone(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("CORTIGEN_ROOT", "")
	if err := run(context.Background(), nil, new(bytes.Buffer)); err == nil || !strings.Contains(err.Error(), "clone") {
		t.Errorf("error is %v, want one that says where to run", err)
	}
}
