package jupyter

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// MaxLines is how long a cell of the course may be.
const MaxLines = 12

// Notebook is what is needed of an .ipynb file.
type Notebook struct {
	Path  string
	Cells []Cell
}

// Cell is one cell.
type Cell struct {
	Kind    string // "code" or "markdown"
	Source  string
	Count   int      // of its execution; 0: not executed
	Outputs []Output // of a code cell
}

// Output is one output of a cell, with its text or, of rich ones, all texts.
type Output struct {
	Kind string // "stream", "display_data", "execute_result" or "error"
	Text string
}

// text is a string or a list of lines, as nbformat writes it.
type text string

func (t *text) UnmarshalJSON(data []byte) error {
	var lines []string
	if err := json.Unmarshal(data, &lines); err == nil {
		*t = text(strings.Join(lines, ""))
		return nil
	}
	return json.Unmarshal(data, (*string)(t))
}

// ReadNotebook reads an .ipynb file of format 4. Outputs that are no text, such
// as images, have none.
func ReadNotebook(path string) (*Notebook, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("jupyter: %w", err)
	}
	var file struct {
		Format int `json:"nbformat"`
		Cells  []struct {
			Kind    string `json:"cell_type"`
			Source  text   `json:"source"`
			Count   *int   `json:"execution_count"`
			Outputs []struct {
				Kind  string                     `json:"output_type"`
				Text  text                       `json:"text"`
				Value text                       `json:"evalue"`
				Data  map[string]json.RawMessage `json:"data"`
			} `json:"outputs"`
		} `json:"cells"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, fmt.Errorf("jupyter: %s is not a notebook: %w", path, err)
	}
	if file.Format != 4 {
		return nil, fmt.Errorf("jupyter: %s has notebook format %d: open and save it in JupyterLab to get format 4", path, file.Format)
	}
	n := &Notebook{Path: path}
	for _, c := range file.Cells {
		cell := Cell{Kind: c.Kind, Source: string(c.Source)}
		if c.Count != nil {
			cell.Count = *c.Count
		}
		for _, o := range c.Outputs {
			all := string(o.Text) + string(o.Value)
			for kind, raw := range o.Data {
				var value text
				if !strings.HasPrefix(kind, "image/p") && json.Unmarshal(raw, &value) == nil {
					all += string(value)
				}
			}
			cell.Outputs = append(cell.Outputs, Output{Kind: o.Kind, Text: all})
		}
		n.Cells = append(n.Cells, cell)
	}
	return n, nil
}

// sources returns the cells without what an execution adds.
func (n *Notebook) sources() []byte {
	var b []byte
	for _, c := range n.Cells {
		b = fmt.Appendf(b, "%s %d\n%s\n", c.Kind, len(c.Source), c.Source)
	}
	return b
}

// functionPattern finds a function that a cell declares.
var functionPattern = regexp.MustCompile(`(?m)^func\b`)

// machinePattern finds paths of a machine in outputs.
var machinePattern = regexp.MustCompile(`(?:/home/|/Users/|/root/|/tmp/|[A-Z]:\\Users\\)[^\s"'<]*`)

// Check returns every way in which a notebook is not fit to be committed: a code
// cell of more than MaxLines lines, or that declares a function, which belongs
// into a package; cells that were not executed, or out of order; an error among
// the outputs; a path of the machine it was executed on.
func (n *Notebook) Check() error {
	var faults []error
	fault := func(cell int, format string, args ...any) {
		faults = append(faults, fmt.Errorf("%s: code cell %d: %s", filepath.Base(n.Path), cell, fmt.Sprintf(format, args...)))
	}
	number := 0
	for _, c := range n.Cells {
		if c.Kind != "code" {
			continue
		}
		number++
		if lines := strings.Count(strings.TrimRight(c.Source, "\n"), "\n") + 1; lines > MaxLines {
			fault(number, "%d lines, at most %d are wanted", lines, MaxLines)
		}
		if functionPattern.MatchString(c.Source) {
			fault(number, "declares a function: put it into a package")
		}
		if c.Count != number {
			fault(number, "execution count %d: execute all cells, in order", c.Count)
		}
		for _, o := range c.Outputs {
			if o.Kind == "error" {
				fault(number, "has an error among its outputs: %s", o.Text)
			}
			if found := machinePattern.FindString(o.Text); found != "" {
				fault(number, "shows a path of the machine it ran on: %s", found)
			}
		}
	}
	if number == 0 {
		faults = append(faults, fmt.Errorf("%s: no code cells", filepath.Base(n.Path)))
	}
	return errors.Join(faults...)
}

// Course lists the notebooks of a folder by name: those that begin with a
// number, such as 00_start_here.ipynb.
func Course(folder string) ([]string, error) {
	all, err := filepath.Glob(filepath.Join(folder, "[0-9]*.ipynb"))
	if err != nil {
		return nil, fmt.Errorf("jupyter: %w", err)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("jupyter: no notebooks in %s", folder)
	}
	slices.Sort(all)
	return all, nil
}
