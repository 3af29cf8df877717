//go:build unix

package jupyter

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What HDF5 files take is installed when it is first asked for, after the rest,
// and then no more.
func TestHDF5(t *testing.T) {
	fakePython(t, "", `echo "$@" >>"$(dirname "$0")/../pip.log"`)
	root := t.TempDir()
	var said bytes.Buffer
	python, err := HDF5(t.Context(), root, &said)
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(root, ".venv", "bin", "python"); python != want {
		t.Errorf("the interpreter is %q, want %q", python, want)
	}
	log, err := os.ReadFile(filepath.Join(root, ".venv", "pip.log"))
	if err != nil {
		t.Fatal(err)
	}
	calls := strings.Split(strings.TrimSpace(string(log)), "\n")
	if len(calls) != 2 || !strings.HasSuffix(calls[0], "requirements.txt") || !strings.HasSuffix(calls[1], "requirements-hdf5.txt") {
		t.Fatalf("pip was called with %q, want the notebooks' list and then that for HDF5", calls)
	}
	for _, call := range calls {
		if !strings.Contains(call, "--require-hashes") || !strings.Contains(call, "--only-binary") {
			t.Errorf("pip was called with %q: anything could be installed", call)
		}
	}
	if list, err := os.ReadFile(filepath.Join(root, ".venv", "requirements-hdf5.txt")); err != nil || !bytes.Equal(list, hdf5Requirements) {
		t.Errorf("the list in .venv is not the embedded one (%v)", err)
	}
	if !strings.Contains(said.String(), "h5py") {
		t.Errorf("said %q, want what takes time", &said)
	}

	said.Reset()
	if _, err := HDF5(t.Context(), root, &said); err != nil || said.Len() > 0 {
		t.Errorf("again: error %v, said %q; want nothing done", err, &said)
	}
}

// The course's environment is made without them.
func TestNotebooksDoWithoutHDF5(t *testing.T) {
	e, _ := testEnvironment(t)
	fakePython(t, "", `echo "$@" >>"$(dirname "$0")/../pip.log"`)
	if err := e.preparePython(t.Context()); err != nil {
		t.Fatal(err)
	}
	log, err := os.ReadFile(e.path("pip.log"))
	if err != nil || strings.Contains(string(log), "hdf5") || strings.Contains(string(requirements), "\nh5py==") {
		t.Errorf("pip was called with %q (%v), want nothing about HDF5", log, err)
	}
}

func TestHDF5Heals(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, e *Environment){
		"killed before the stamp": func(t *testing.T, e *Environment) { remove(t, e.path("cortigen-hdf5.stamp")) },
		"other requirements":      func(t *testing.T, e *Environment) { put(t, e.path("cortigen-hdf5.stamp"), "old") },
		"packages gone": func(t *testing.T, e *Environment) {
			script(t, e.path("bin", "python"), `case "$2" in *h5py*) exit 1;; esac; [ "$1" = -c ] || echo "$@" >>"$(dirname "$0")/../pip.log"`)
		},
		"environment made again": func(t *testing.T, e *Environment) { remove(t, e.path("cortigen.stamp")) },
	} {
		t.Run(name, func(t *testing.T) {
			e, log := testEnvironment(t)
			fakePython(t, "", `echo "$@" >>"$(dirname "$0")/../pip.log"`)
			if _, err := HDF5(t.Context(), e.Root, log); err != nil {
				t.Fatal(err)
			}
			remove(t, e.path("pip.log"))
			spoil(t, e)
			if _, err := HDF5(t.Context(), e.Root, log); err != nil {
				t.Fatal(err)
			}
			calls, err := os.ReadFile(e.path("pip.log"))
			if err != nil || strings.Count(string(calls), "requirements-hdf5.txt") != 1 {
				t.Errorf("pip was called with %q (%v), want the list for HDF5 once", calls, err)
			}
		})
	}
}

func TestHDF5Errors(t *testing.T) {
	for name, c := range map[string]struct {
		pip, want string
		is        error
	}{
		"no network": {`case "$*" in *hdf5*) echo "WARNING: Retrying after connection broken by NewConnectionError(x)" >&2; exit 1;; esac`, "HTTPS_PROXY", errOffline},
		"bad hash":   {`case "$*" in *hdf5*) echo "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES" >&2; exit 1;; esac`, "DO NOT MATCH THE HASHES", nil},
	} {
		t.Run(name, func(t *testing.T) {
			e, log := testEnvironment(t)
			fakePython(t, "", c.pip)
			_, err := HDF5(t.Context(), e.Root, log)
			if err == nil || !strings.Contains(err.Error(), c.want) || c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("error is %v, want one with %q", err, c.want)
			}
			if _, err := os.Stat(e.path("cortigen-hdf5.stamp")); err == nil {
				t.Error("a failed installation was stamped")
			}
			if !fresh(e.path("cortigen.stamp"), digest(requirements)) {
				t.Error("the notebooks' part, which was finished, was lost")
			}
		})
	}
}

// The list must install on a machine that trusts hashes only, and must not ask
// for another version of what the notebooks have.
func TestHDF5RequirementsFitTheNotebooks(t *testing.T) {
	versions := func(list []byte) map[string]string {
		found := map[string]string{}
		for line := range strings.SplitSeq(string(list), "\n") {
			name, version, pinned := strings.Cut(line, "==")
			if pinned && !strings.HasPrefix(line, " ") && !strings.HasPrefix(line, "#") {
				found[name] += " " + strings.TrimSuffix(version, " \\")
			}
		}
		return found
	}
	ours, theirs := versions(hdf5Requirements), versions(requirements)
	for _, want := range []string{"h5py", "numpy", "pandas", "tables"} {
		if ours[want] == "" {
			t.Errorf("the requirements do not name %s", want)
		}
	}
	if hashes := strings.Count(string(hdf5Requirements), "--hash=sha256:"); hashes < len(ours) {
		t.Errorf("%d packages have %d hashes", len(ours), hashes)
	}
	for name, version := range ours {
		word := func(v string) string { return strings.Fields(v)[0] }
		if theirs[name] != "" && word(version) != word(theirs[name]) && !strings.Contains(theirs[name], word(version)) {
			t.Errorf("%s is %s here and %s for the notebooks", name, version, theirs[name])
		}
	}
}
