package connectome

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/cortigen/cortigen/pkg"
)

// ErrNoHDF5 says that no Python with the packages for HDF5 was found.
var ErrNoHDF5 = errors.New("HDF5 goes through Python with h5py, and there is none: run `go run ./datasets convert IN OUT` in a clone of Cortigen, which sets it up, or name a Python that has it in CORTIGEN_PYTHON (python -m pip install h5py pandas tables)")

// python is a script under way in an interpreter. The context kills it.
type python struct {
	ctx     context.Context
	in      io.WriteCloser
	out     *bufio.Reader
	command *exec.Cmd
	said    *lastBytes
}

// startPython runs a script, whose first line of output says at once whether
// the packages that it needs are there, in the first interpreter of pythons
// where they are.
func startPython(ctx context.Context, asked, script, packages string, args ...string) (*python, error) {
	var tried []string
	for _, interpreter := range pythons(asked) {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("connectome: %w", err)
		}
		p, why, err := tryPython(ctx, interpreter, script, args)
		if err != nil {
			return nil, err
		}
		if p != nil {
			return p, nil
		}
		tried = append(tried, fmt.Sprintf("%s: %s", interpreter, why))
	}
	return nil, fmt.Errorf("%w (wanted: %s; tried %s)", ErrNoHDF5, packages, cmp.Or(strings.Join(tried, "; "), "none: this is not inside a clone, and CORTIGEN_PYTHON is not set"))
}

// pythons are the interpreters to try: the one asked for, or CORTIGEN_PYTHON and
// that of the notebook environment.
func pythons(asked string) []string {
	if asked != "" {
		return []string{asked}
	}
	var all []string
	if named := os.Getenv("CORTIGEN_PYTHON"); named != "" {
		all = append(all, named)
	}
	if root, err := pkg.Root(); err == nil {
		place := filepath.Join(root, ".venv", "bin", "python")
		if runtime.GOOS == "windows" {
			place = filepath.Join(root, ".venv", "Scripts", "python.exe")
		}
		all = append(all, place)
	}
	return all
}

// tryPython starts the script; where the interpreter or a package is not there,
// p is nil and why says so.
func tryPython(ctx context.Context, interpreter, script string, args []string) (p *python, why string, err error) {
	c := exec.CommandContext(ctx, interpreter, append([]string{"-c", script}, args...)...)
	// No byte code beside anything; locks would fail on read-only disks.
	c.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1", "PYTHONIOENCODING=utf-8", "HDF5_USE_FILE_LOCKING=FALSE")
	c.WaitDelay = 5 * time.Second
	p = &python{ctx: ctx, command: c, said: &lastBytes{}}
	c.Stderr = p.said
	if p.in, err = c.StdinPipe(); err != nil {
		return nil, "", fmt.Errorf("connectome: python: %w", err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		return nil, "", fmt.Errorf("connectome: python: %w", err)
	}
	p.out = bufio.NewReaderSize(out, 1<<16)
	if err := c.Start(); ctx.Err() != nil && err != nil {
		return nil, "", fmt.Errorf("connectome: %w", ctx.Err())
	} else if err != nil {
		return nil, strings.TrimPrefix(err.Error(), "fork/exec "+interpreter+": "), nil
	}
	// The first line, or the absence of one, tells.
	first, err := p.out.ReadBytes('\n')
	var hello struct {
		Error   string `json:"error"`
		Missing bool   `json:"missing"`
	}
	switch {
	case ctx.Err() != nil:
		return nil, "", p.end(false)
	case err != nil:
		return nil, fmt.Sprintf("it is no Python that works: %v", cmp.Or(p.end(false), err)), nil
	case json.Unmarshal(first, &hello) != nil:
		p.end(false) // whatever it is
		return nil, fmt.Sprintf("it is no Python: it says %.80q", first), nil
	case hello.Missing:
		p.end(false) // it has ended
		return nil, hello.Error, nil
	}
	p.out = bufio.NewReaderSize(io.MultiReader(bytes.NewReader(first), p.out), 1<<16)
	return p, "", nil
}

// end closes the script's input, which ends it, and waits. Unless all went well
// so far (whole), it is killed, and its exit status tells nothing new.
func (p *python) end(whole bool) error {
	p.in.Close()
	if !whole {
		p.command.Process.Kill()
	}
	err := p.command.Wait()
	switch {
	case p.ctx.Err() != nil:
		return fmt.Errorf("connectome: %w", p.ctx.Err())
	case !whole && p.said.String() == "":
		return nil
	case !whole:
		return fmt.Errorf("connectome: Python says: %s", p.said)
	case err != nil:
		return fmt.Errorf("connectome: python: %w: %s", err, p.said)
	}
	return nil
}

// lastBytes keeps the end of what is written to it.
type lastBytes struct {
	mu   sync.Mutex
	text []byte
}

const keptBytes = 4096

// Write keeps the last few thousand bytes.
func (l *lastBytes) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, p...)
	if more := len(l.text) - keptBytes; more > 0 {
		l.text = append(l.text[:0], l.text[more:]...)
	}
	return len(p), nil
}

// String returns the last lines.
func (l *lastBytes) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := strings.Split(strings.TrimSpace(string(l.text)), "\n")
	return strings.Join(lines[max(0, len(lines)-6):], "\n")
}
