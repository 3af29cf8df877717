package jupyter

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
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
		err := e.checkPython(ctx)
		if err == nil || ctx.Err() != nil {
			return ctx.Err()
		}
		e.say("  the environment in .venv no longer works (%s), and is made again", tail([]byte(err.Error()), 1))
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
	if out, err := e.work(ctx, nil, python, "-m", "venv", e.path()); err != nil {
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
	// No dependencies: the list has them all, but for what the plugin's wheel asks
	// for and nobody needs. Compiled is what is imported, when it is.
	out, err := e.work(ctx, nil, e.bin("python"), "-m", "pip", "install",
		"--disable-pip-version-check", "--no-input", "--retries", "2", "--require-hashes", "--only-binary", ":all:", "--no-deps", "--no-compile", "-r", list)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case offline(out):
		return fmt.Errorf("jupyter: pip: %w\n%s", errOffline, tail(out, 3))
	case bytes.Contains(out, []byte("No matching distribution found")):
		return fmt.Errorf("jupyter: pip: the package index has no wheel for this Python (%s) or this platform (%s on %s): set CORTIGEN_PYTHON to another Python, %d.%d or newer, or PIP_INDEX_URL to an index that has it\n%s",
			e.pythonVersion(ctx), runtime.GOOS, runtime.GOARCH, oldestMajor, oldestMinor, tail(out, 3))
	}
	return fmt.Errorf("jupyter: %w", err)
}

// checkPython says what of a finished environment has gone since.
func (e *Environment) checkPython(ctx context.Context) error {
	if _, err := command(ctx, e.bin("python"), "-c", "import jupyterlab, nbclient, nbconvert"); err != nil {
		return err
	}
	// Without its pages the server starts, and shows none.
	if page := e.path("share", "jupyter", "lab", "static", "index.html"); !there(page) {
		return fmt.Errorf("%s is missing", page)
	}
	if pluginIsListed() && e.plugin() == "" {
		return errors.New("the PJRT plugin is missing")
	}
	return nil
}

func there(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// pluginIsListed reports whether the requirements bring a PJRT plugin here.
func pluginIsListed() bool { return runtime.GOOS == "linux" && runtime.GOARCH == "amd64" }

// pythonVersion returns the version of the environment's Python, for errors.
func (e *Environment) pythonVersion(ctx context.Context) string {
	out, err := command(ctx, e.bin("python"), "--version")
	if err != nil {
		return "which does not run"
	}
	return string(bytes.TrimSpace(out))
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
		out, err := command(ctx, path, "--version")
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
