package jupyter

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// notebookFile writes a notebook of code cells, executed in order.
func notebookFile(t *testing.T, cells string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "00_test.ipynb")
	if err := os.WriteFile(path, []byte(`{"nbformat":4,"nbformat_minor":5,"metadata":{},"cells":[`+cells+`]}`), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReadNotebook(t *testing.T) {
	n, err := ReadNotebook(notebookFile(t, `
		{"cell_type":"markdown","source":["# A\n","b"]},
		{"cell_type":"code","source":"x","execution_count":1,"outputs":[
			{"output_type":"stream","name":"stdout","text":["one\n","two"]},
			{"output_type":"display_data","data":{"image/png":"AAAA/home/","text/html":"<b>three</b>","text/plain":["four"]}},
			{"output_type":"error","evalue":"five","traceback":[]}]},
		{"cell_type":"code","source":"y","execution_count":null,"outputs":[]}`))
	if err != nil {
		t.Fatal(err)
	}
	if len(n.Cells) != 3 || n.Cells[0].Source != "# A\nb" || n.Cells[1].Count != 1 || n.Cells[2].Count != 0 {
		t.Errorf("read %+v", n.Cells)
	}
	outputs := n.Cells[1].Outputs
	if outputs[0].Text != "one\ntwo" || outputs[2].Text != "five" {
		t.Errorf("texts are %q and %q", outputs[0].Text, outputs[2].Text)
	}
	rich := outputs[1].Text
	if !strings.Contains(rich, "three") || !strings.Contains(rich, "four") || strings.Contains(rich, "AAAA") {
		t.Errorf("the text of a rich output is %q, want its texts without the image", rich)
	}
}

func TestReadNotebookErrors(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct{ text, want string }{
		"broken.ipynb": {"{", "is not a notebook"},
		"old.ipynb":    {`{"nbformat":3,"worksheets":[]}`, "format 3"},
		"other.ipynb":  {`{"a":1}`, "format 0"},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(c.text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadNotebook(path); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: error is %v, want one with its name and %q", name, err, c.want)
		}
	}
	if _, err := ReadNotebook(filepath.Join(dir, "none.ipynb")); err == nil {
		t.Error("a file that is not there is no error")
	}
}

func TestCheck(t *testing.T) {
	long := strings.Repeat(`x\n`, MaxLines)
	for name, c := range map[string]struct{ cells, want string }{
		"fit":          {`{"cell_type":"code","source":"x\n","execution_count":1,"outputs":[{"output_type":"stream","text":"in ~/x, at 3/4"}]}`, ""},
		"twelve lines": {`{"cell_type":"code","source":"` + long + `","execution_count":1,"outputs":[]}`, ""},
		"thirteen":     {`{"cell_type":"code","source":"` + long + `y","execution_count":1,"outputs":[]}`, "13 lines"},
		"a function":   {`{"cell_type":"code","source":"x\nfunc f() {}","execution_count":1,"outputs":[]}`, "declares a function"},
		"a closure":    {`{"cell_type":"code","source":"f := func() {}","execution_count":1,"outputs":[]}`, ""},
		"not executed": {`{"cell_type":"code","source":"x","execution_count":null,"outputs":[]}`, "execution count 0"},
		"out of order": {`{"cell_type":"code","source":"x","execution_count":1,"outputs":[]},{"cell_type":"markdown","source":""},{"cell_type":"code","source":"x","execution_count":3,"outputs":[]}`, "code cell 2: execution count 3"},
		"an error":     {`{"cell_type":"code","source":"x","execution_count":1,"outputs":[{"output_type":"error","evalue":"oh"}]}`, "error among its outputs: oh"},
		"a home":       {`{"cell_type":"code","source":"x","execution_count":1,"outputs":[{"output_type":"display_data","data":{"text/html":"see /home/me/a b"}}]}`, "/home/me/a"},
		"a temp":       {`{"cell_type":"code","source":"x","execution_count":1,"outputs":[{"output_type":"stream","text":"/tmp/gonb_1/main.go:3"}]}`, "/tmp/gonb_1/main.go:3"},
		"no code":      {`{"cell_type":"markdown","source":"x"}`, "no code cells"},
	} {
		t.Run(name, func(t *testing.T) {
			n, err := ReadNotebook(notebookFile(t, c.cells))
			if err != nil {
				t.Fatal(err)
			}
			err = n.Check()
			if c.want == "" && err != nil {
				t.Errorf("found fault: %v", err)
			}
			if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("error is %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestCourse(t *testing.T) {
	dir := t.TempDir()
	if _, err := Course(dir); err == nil {
		t.Error("a folder without notebooks is no error")
	}
	for _, name := range []string{"01_b.ipynb", "00_a.ipynb", "notes.ipynb", "02.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Course(dir)
	if err != nil || len(got) != 2 || filepath.Base(got[0]) != "00_a.ipynb" || filepath.Base(got[1]) != "01_b.ipynb" {
		t.Errorf("the course is %v (%v), want the numbered notebooks in order", got, err)
	}
}
