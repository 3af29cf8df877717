package catalogue

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// pip fetches the wheel of a Python package to the transfer's path. Nothing of the
// package runs: a wheel is an archive, and other kinds are not accepted. pip brings
// the user's index, proxies and certificates, and checks the wheel by its SHA-256.
func (t *transfer) pip(ctx context.Context) error {
	s := t.source
	python, err := t.python(ctx)
	if err != nil {
		return fmt.Errorf("%w: or download %s from PyPI elsewhere, put it into %s, and fetch again", err, s.File, filepath.Dir(t.path))
	}
	scratch, err := os.MkdirTemp(filepath.Dir(t.path), ".pip-*")
	if err != nil {
		return fmt.Errorf("catalogue: %w", err)
	}
	defer os.RemoveAll(scratch) // best effort: the fetch has its file, or its error
	list := filepath.Join(scratch, "requirements.txt")
	if err := os.WriteFile(list, fmt.Appendf(nil, "%s --hash=sha256:%s\n", s.Package, s.SHA256), 0o644); err != nil {
		return t.diskFault(err, s.Size)
	}
	t.say(Event{File: s.File, Stage: Fetching, Total: s.Size})
	out, err := command(ctx, python, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--ignore-requires-python", "--require-hashes",
		"--no-input", "--disable-pip-version-check", "--progress-bar", "off", "--dest", scratch, "--requirement", list)
	if err != nil {
		return t.pipFault(ctx, out, err)
	}
	if err := os.Rename(filepath.Join(scratch, s.File), t.path); err != nil {
		return fmt.Errorf("catalogue: pip fetched %s, but not %s: %w", s.Package, s.File, err)
	}
	t.say(Event{File: s.File, Stage: Fetching, Done: s.Size, Total: s.Size})
	return nil
}

// pipFault words what pip said.
func (t *transfer) pipFault(ctx context.Context, out []byte, err error) error {
	s := t.source
	has := func(signs ...string) bool {
		for _, sign := range signs {
			if bytes.Contains(out, []byte(sign)) {
				return true
			}
		}
		return false
	}
	index := "the index of pip's configuration"
	if url := os.Getenv("PIP_INDEX_URL"); url != "" {
		index = "the index of PIP_INDEX_URL"
	}
	by := fmt.Sprintf("; or download %s elsewhere, put it into %s, and fetch again", s.File, filepath.Dir(t.path))
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case has("DO NOT MATCH THE HASHES"):
		return fmt.Errorf("catalogue: %s: %w: pip refused the wheel: damaged on the way, or the index serves another file\n%s", s.from(), ErrChecksum, tail(out, 12))
	case has("No space left on device"):
		return t.full(filepath.Dir(t.path), s.Size, err)
	case has("NewConnectionError", "ConnectTimeout", "ReadTimeout", "ProxyError", "Temporary failure in name resolution", "Name or service not known", "Connection refused", "Network is unreachable"):
		return fmt.Errorf("catalogue: %s: %s %w: check the connection, the proxy (HTTPS_PROXY) or PIP_INDEX_URL%s\n%s", s.from(), index, ErrOffline, by, tail(out, 3))
	case has("No matching distribution found"):
		return fmt.Errorf("catalogue: %s: %s %w: it has no such version as a wheel, or was out of reach%s\n%s", s.from(), index, ErrRefused, by, tail(out, 3))
	}
	return fmt.Errorf("catalogue: %s: pip: %w%s\n%s", s.from(), err, by, tail(out, 12))
}

// tail returns the last lines of a program's output.
func tail(out []byte, lines int) string {
	all := strings.Split(strings.TrimSpace(string(out)), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// errNoPip means that there is no Python with pip.
var errNoPip = errors.New("catalogue: Python with pip is needed for what a Python package carries, and there is none")

// python returns an interpreter that has pip.
func (f *Fetcher) python(ctx context.Context) (string, error) {
	names := []string{"python3", "python"}
	if asked := os.Getenv("CORTIGEN_PYTHON"); asked != "" {
		names = []string{asked}
	}
	if f.Python != "" {
		names = []string{f.Python}
	}
	for _, name := range names {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		// The interpreter itself, since what is found may be a wrapper, which would
		// leave pip running where it is ended.
		out, err := exec.CommandContext(ctx, path, "-c", "import sys, pip; print(sys.executable)").Output()
		if real := strings.TrimSpace(string(out)); err == nil && real != "" {
			return real, nil
		}
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
	}
	return "", fmt.Errorf("%w (looked for %s): install it, or set CORTIGEN_PYTHON to its path", errNoPip, strings.Join(names, ", "))
}

// command runs a program and returns all it said.
func command(ctx context.Context, name string, args ...string) ([]byte, error) {
	c := exec.CommandContext(ctx, name, args...)
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) } // pip tidies up
	c.WaitDelay = 3 * time.Second                                     // where it does not listen
	return c.CombinedOutput()
}
