package jupyter

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
)

// The oldest Python that the requirements install on.
const (
	oldestMajor = 3
	oldestMinor = 10
)

// preparePython makes .venv from the pinned requirements.
func (e *Environment) preparePython(ctx context.Context) error {
	stamp, inputs := e.path("cortigen.stamp"), digest(requirements)
	if fresh(stamp, inputs) {
		if _, err := command(ctx, "", nil, e.bin("python"), "-c", "import jupyterlab, nbclient, nbconvert"); err == nil {
			return nil
		} else if ctx.Err() != nil {
			return ctx.Err()
		}
		e.say("  the environment in .venv no longer works, and is made again")
	} else if _, err := os.Stat(e.path()); err == nil {
		e.say("  the environment in .venv is half-made or out of date, and is made again")
	}
	python, err := findPython(ctx)
	if err != nil {
		return err
	}
	if err := os.RemoveAll(e.path()); err != nil {
		return fmt.Errorf("jupyter: %w", err)
	}
	done := e.begin("Python environment (.venv: JupyterLab, nbclient, nbconvert)")
	if out, err := command(ctx, e.Root, nil, python, "-m", "venv", e.path()); err != nil {
		if bytes.Contains(out, []byte("ensurepip")) || bytes.Contains(out, []byte("No module named venv")) {
			return fmt.Errorf("jupyter: %s has no working venv module: install it (Debian, Ubuntu: apt install python3-venv) or set CORTIGEN_PYTHON to another Python", python)
		}
		return fmt.Errorf("jupyter: %w", err)
	}
	if err := e.install(ctx, "requirements.txt", requirements); err != nil {
		return err
	}
	e.Fresh = true
	done()
	return finish(stamp, inputs)
}

// install installs a list of requirements, of which a copy stays in .venv.
func (e *Environment) install(ctx context.Context, name string, text []byte) error {
	list := e.path(name)
	if err := os.WriteFile(list, text, 0o644); err != nil {
		return fmt.Errorf("jupyter: %w", err)
	}
	// Wheels only: a source archive would run its own code, and want a compiler.
	out, err := command(ctx, e.Root, nil, e.bin("python"), "-m", "pip", "install",
		"--disable-pip-version-check", "--no-input", "--retries", "2", "--require-hashes", "--only-binary", ":all:", "-r", list)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case offline(out):
		return fmt.Errorf("jupyter: pip: %w\n%s", errOffline, tail(out, 3))
	}
	return fmt.Errorf("jupyter: %w", err)
}

var versionPattern = regexp.MustCompile(`^Python (\d+)\.(\d+)`)

// findPython returns CORTIGEN_PYTHON or the first of python3 and python that is
// new enough.
func findPython(ctx context.Context) (string, error) {
	names := []string{"python3", "python"}
	if asked := os.Getenv("CORTIGEN_PYTHON"); asked != "" {
		names = []string{asked}
	}
	var found []string
	for _, name := range names {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		out, err := command(ctx, "", nil, path, "--version")
		if errors.Is(err, context.Canceled) {
			return "", err
		}
		version := versionPattern.FindSubmatch(bytes.TrimSpace(out))
		if err != nil || version == nil {
			found = append(found, path+" does not run")
			continue
		}
		major, _ := strconv.Atoi(string(version[1])) // digits, by the pattern
		minor, _ := strconv.Atoi(string(version[2]))
		if major == oldestMajor && minor >= oldestMinor {
			return path, nil
		}
		found = append(found, fmt.Sprintf("%s is %s", path, bytes.TrimSpace(out)))
	}
	about := "none is in PATH"
	if len(found) > 0 {
		about = strings.Join(found, "; ")
	}
	return "", fmt.Errorf("jupyter: Python %d.%d or newer is needed for JupyterLab, and there is none (%s; looked for %s): install it, or set CORTIGEN_PYTHON to its path",
		oldestMajor, oldestMinor, about, strings.Join(names, ", "))
}
