//go:build unix

package connectome

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// interpreter writes a program of /bin/sh that is taken for a Python.
func interpreter(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "python")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

const (
	greets  = `echo '{"hello": "cortigen-hdf5", "version": 1}'`
	without = `echo "{\"error\": \"ModuleNotFoundError: No module named 'h5py'\", \"missing\": true}"; exit 3`
)

// alone leaves no interpreter to be found but those that a test names.
func alone(t *testing.T) (root string) {
	t.Helper()
	root = t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "go.mod"), []byte("module github.com/cortigen/cortigen\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("CORTIGEN_ROOT", root)
	t.Setenv("CORTIGEN_PYTHON", "")
	return root
}

// Where no Python has h5py the error says what to run, and what was tried.
func TestNoHDF5(t *testing.T) {
	for name, c := range map[string]struct{ python, want string }{
		"not there":  {"/nowhere/python", "/nowhere/python: no such file"},
		"without":    {interpreter(t, without), "No module named 'h5py'"},
		"no python":  {interpreter(t, "echo hello"), "it is no Python"},
		"broken":     {interpreter(t, "echo 'Fatal Python error: init' >&2; exit 1"), "Fatal Python error: init"},
		"silent":     {interpreter(t, "exit 0"), "it is no Python that works"},
		"none named": {"", ".venv/bin/python: no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			alone(t)
			_, err := openHDF5(t.Context(), c.python, "r", "x.h5")
			if !errors.Is(err, ErrNoHDF5) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "x.h5: ") || !strings.Contains(err.Error(), "go run ./datasets convert") {
				t.Errorf("the error is %v, want one with %q and what to run", err, c.want)
			}
		})
	}
}

// CORTIGEN_PYTHON may be a Python for other purposes: then that of the notebook
// environment is taken. One that was asked for by name is the only one.
func TestPythonOrder(t *testing.T) {
	root := alone(t)
	t.Setenv("CORTIGEN_PYTHON", interpreter(t, without))
	venv := filepath.Join(root, ".venv", "bin")
	if err := os.MkdirAll(venv, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(interpreter(t, greets+"; cat >/dev/null"), filepath.Join(venv, "python")); err != nil {
		t.Fatal(err)
	}
	h, err := openHDF5(t.Context(), "", "r", "x.h5")
	if err != nil {
		t.Fatal(err)
	}
	if err := h.close(nil); err != nil {
		t.Error(err)
	}
	if _, err := openHDF5(t.Context(), interpreter(t, without), "r", "x.h5"); !errors.Is(err, ErrNoHDF5) {
		t.Errorf("another than the one asked for was taken: %v", err)
	}
}

// A cancelled context ends the script, which is gone when the reading returns.
func TestPythonIsKilled(t *testing.T) {
	alone(t)
	pid := filepath.Join(t.TempDir(), "pid")
	python := interpreter(t, greets+"; echo $$ >"+pid+"; exec sleep 600")
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(300*time.Millisecond, cancel)
	begun := time.Now()
	h, err := openHDF5(ctx, python, "r", "x.h5")
	if err == nil {
		_, err = h.list(0)
		err = h.close(err)
	}
	if !errors.Is(err, context.Canceled) || time.Since(begun) > 20*time.Second {
		t.Errorf("after %v the error is %v, want the context's", time.Since(begun), err)
	}
	text, err := os.ReadFile(pid)
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(number, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the script is still there: %v", err)
	}
}

// A script that dies says why, and which file it was about.
func TestPythonDies(t *testing.T) {
	alone(t)
	h, err := openHDF5(t.Context(), interpreter(t, greets+`; read line; echo 'Segmentation fault' >&2; exit 139`), "r", "x.h5")
	if err != nil {
		t.Fatal(err)
	}
	_, err = h.list(0)
	err = h.close(err)
	if err == nil || !strings.Contains(err.Error(), "Segmentation fault") || !strings.Contains(err.Error(), "x.h5") || !errors.Is(err, errLost) {
		t.Errorf("the error is %v", err)
	}
}

// What a script says last is kept, however much it says.
func TestLastBytes(t *testing.T) {
	var l lastBytes
	for k := range 100_000 {
		if n, err := l.Write([]byte(strconv.Itoa(k) + "\n")); err != nil || n == 0 {
			t.Fatal(n, err)
		}
	}
	if got := l.String(); !strings.HasSuffix(got, "99998\n99999") || len(got) > keptBytes {
		t.Errorf("it kept %q", got)
	}
}
