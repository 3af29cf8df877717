package jupyter

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	_ "embed" // the executor
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/catalogue"
)

//go:embed execute.py
var executor []byte

// Job says how notebooks are executed.
type Job struct {
	// Setting is handed to the cells as CORTIGEN_DATASET, CORTIGEN_PRESET and
	// CORTIGEN_SEED. A dataset that is a path must be absolute.
	Setting artifact.Setting
	// To is the folder for executed copies, as NAME.ipynb and NAME.html.
	To string
	// Progress, where not nil, is told of every cell that begins. It must be
	// quick.
	Progress func(name string, cell, of int)
}

// Result is an executed notebook.
type Result struct {
	// Name without folder and extension, and where the executed copy is.
	Name     string `json:"name"`
	Notebook string `json:"notebook"`
	HTML     string `json:"html"`
	// Unchanged says that a copy from before was kept.
	Unchanged bool `json:"-"`
	// Seconds of the whole notebook, and of each code cell in order.
	Seconds float64   `json:"seconds"`
	Cells   []float64 `json:"cells"`
	// Inputs is the hash of what the copy was made from.
	Inputs string `json:"inputs"`
}

// Execute runs copies of notebooks in order, those that changed and all that
// follow a changed one. Cells are told by CORTIGEN_HEADLESS=1 that nobody reads
// along. After the first error nothing more is run; it says notebook, cell and
// what the cell wrote, and the copy up to there is kept.
func (e *Environment) Execute(ctx context.Context, notebooks []string, job Job) ([]Result, error) {
	held, err := lock(ctx, filepath.Join(e.Root, ".out", "launcher.lock"), e.log)
	if err != nil {
		return nil, err
	}
	defer held.Close()
	if err := os.MkdirAll(job.To, 0o755); err != nil {
		return nil, fmt.Errorf("jupyter: %w", err)
	}
	results := make([]Result, len(notebooks))
	first := len(notebooks)
	base, err := e.baseInputs(job)
	if err != nil {
		return nil, err
	}
	for i, path := range notebooks {
		n, err := ReadNotebook(path)
		if err != nil {
			return nil, err
		}
		name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
		results[i] = Result{
			Name: name, Notebook: filepath.Join(job.To, name+".ipynb"), HTML: filepath.Join(job.To, name+".html"),
			Inputs: digest([]byte(base), n.sources()),
		}
		if first == len(notebooks) && !results[i].load() {
			first = i
		}
	}
	if first == len(notebooks) {
		return results, nil
	}
	return results, e.run(ctx, held, notebooks[first:], results[first:], job)
}

// record is where a result is kept beside its copy.
func (r *Result) record() string { return strings.TrimSuffix(r.Notebook, ".ipynb") + ".json" }

// load takes over a result from before, if it was made from the same inputs.
func (r *Result) load() bool {
	data, err := os.ReadFile(r.record())
	if err != nil {
		return false
	}
	var old Result
	if json.Unmarshal(data, &old) != nil || old.Inputs != r.Inputs {
		return false
	}
	for _, file := range []string{r.Notebook, r.HTML} {
		if _, err := os.Stat(file); err != nil {
			return false
		}
	}
	old.Notebook, old.HTML, old.Unchanged = r.Notebook, r.HTML, true
	*r = old
	return true
}

// baseInputs hashes all that an execution depends on, but for the notebook.
func (e *Environment) baseInputs(job Job) (string, error) {
	spec, err := json.Marshal(e.kernel)
	if err != nil {
		return "", fmt.Errorf("jupyter: %w", err)
	}
	setting, err := json.Marshal(job.Setting)
	if err != nil {
		return "", fmt.Errorf("jupyter: %w", err)
	}
	parts := [][]byte{spec, setting, requirements, executor, []byte(runtime.Version()), []byte(os.Getenv("CORTIGEN_CACHE"))}
	for _, name := range []string{"go.mod", "go.sum"} {
		data, err := os.ReadFile(filepath.Join(e.Root, name))
		if err != nil {
			return "", fmt.Errorf("jupyter: %w", err)
		}
		parts = append(parts, data)
	}
	err = filepath.WalkDir(filepath.Join(e.Root, "pkg"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		data, err := os.ReadFile(path)
		parts = append(parts, []byte(path), data)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("jupyter: %w", err)
	}
	about, err := datasetState(job.Setting)
	if err != nil {
		return "", err
	}
	return digest(append(parts, about)...), nil
}

// datasetState tells whether the files of a dataset changed, by size and time:
// the experiments themselves hash what they hold.
func datasetState(s artifact.Setting) ([]byte, error) {
	if s.Dataset == artifact.Cortex {
		return nil, nil
	}
	place, err := catalogue.Locate(s.Dataset)
	if err != nil {
		return nil, fmt.Errorf("jupyter: %w", err)
	}
	files, err := os.ReadDir(place)
	if info, statErr := os.Stat(place); statErr == nil && !info.IsDir() {
		files, err = []fs.DirEntry{fs.FileInfoToDirEntry(info)}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("jupyter: %w", err)
	}
	var state []byte
	for _, f := range files {
		if info, err := f.Info(); err == nil {
			state = fmt.Appendf(state, "%s %d %d\n", f.Name(), info.Size(), info.ModTime().UnixNano())
		}
	}
	return state, nil
}

// event is a line that the executor writes.
type event struct {
	Event   string  `json:"event"`
	Number  int     `json:"number"`
	Of      int     `json:"of"`
	Seconds float64 `json:"seconds"`
	Error   string  `json:"error"`
}

// run has the executor work through notebooks.
func (e *Environment) run(ctx context.Context, held *os.File, notebooks []string, results []Result, job Job) error {
	var jobs bytes.Buffer
	lines := json.NewEncoder(&jobs)
	for i := range results {
		// What was there is no longer what the inputs make.
		if err := os.Remove(results[i].record()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("jupyter: %w", err)
		}
		if err := lines.Encode(map[string]string{"source": notebooks[i], "target": results[i].Notebook, "html": results[i].HTML}); err != nil {
			return fmt.Errorf("jupyter: %w", err)
		}
	}
	c := exec.CommandContext(ctx, e.bin("python"), "-c", string(executor))
	c.Dir, c.Env = e.Root, e.environ(job.Setting, map[string]string{"CORTIGEN_HEADLESS": "1"})
	c.Stdin = &jobs
	var complaints bytes.Buffer
	c.Stderr = &complaints
	// The executor shuts its kernel down when asked to end.
	bind(c, syscall.SIGTERM, held)
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	c.WaitDelay = 10 * time.Second
	out, err := c.StdoutPipe()
	if err != nil {
		return fmt.Errorf("jupyter: %w", err)
	}
	if err := c.Start(); err != nil {
		return fmt.Errorf("jupyter: %w", err)
	}
	followed := follow(out, results, job)
	waited := c.Wait()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case followed != nil && waited != nil:
		return fmt.Errorf("%w\n%s", followed, tail(complaints.Bytes(), 15))
	case followed != nil:
		return followed
	case waited != nil:
		return fmt.Errorf("jupyter: execution: %w\n%s", waited, tail(complaints.Bytes(), 15))
	}
	return nil
}

// follow reads the executor's lines to their end, and keeps the record of every
// notebook that was finished.
func follow(lines io.Reader, results []Result, job Job) error {
	at := -1
	var failed error
	for scanner := bufio.NewScanner(lines); scanner.Scan(); {
		var ev event
		if json.Unmarshal(scanner.Bytes(), &ev) != nil {
			continue // a library's own words
		}
		switch ev.Event {
		case "notebook":
			at = min(at+1, len(results)-1)
		case "cell":
			if job.Progress != nil {
				job.Progress(results[at].Name, ev.Number, ev.Of)
			}
		case "done":
			results[at].Cells = append(results[at].Cells, ev.Seconds)
		case "end":
			results[at].Seconds = ev.Seconds
			if ev.Error != "" {
				failed = fmt.Errorf("%s, %s\n(the copy up to there is %s)", results[at].Name, ev.Error, results[at].Notebook)
				continue
			}
			record, err := json.MarshalIndent(results[at], "", "  ")
			if err != nil {
				return fmt.Errorf("jupyter: %w", err)
			}
			failed = cmp.Or(failed, artifact.WriteFile(results[at].record(), record))
		}
	}
	return failed
}

// environ is the environment of programs that serve notebooks.
func (e *Environment) environ(s artifact.Setting, more map[string]string) []string {
	changed := map[string]string{
		"CORTIGEN_DATASET":        s.Dataset,
		"CORTIGEN_PRESET":         string(s.Preset),
		"CORTIGEN_SEED":           fmt.Sprint(s.Seed),
		"CORTIGEN_ROOT":           e.Root,
		"JUPYTER_PREFER_ENV_PATH": "1",
		"JUPYTER_RUNTIME_DIR":     filepath.Join(e.Root, ".out", "jupyter"),
		"JUPYTER_CONFIG_DIR":      cmp.Or(os.Getenv("JUPYTER_CONFIG_DIR"), e.path("home", "config")),
		"JUPYTER_DATA_DIR":        cmp.Or(os.Getenv("JUPYTER_DATA_DIR"), e.path("home", "data")),
		"IPYTHONDIR":              cmp.Or(os.Getenv("IPYTHONDIR"), e.path("home", "ipython")),
		"PYTHONUTF8":              "1",
		"PATH":                    filepath.Dir(e.bin("python")) + string(os.PathListSeparator) + os.Getenv("PATH"),
	}
	for name, value := range more {
		changed[name] = value
	}
	return environ(changed)
}
