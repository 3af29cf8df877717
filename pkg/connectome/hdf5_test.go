package connectome_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/cortigen/cortigen/pkg"
)

// hdf5Python makes a Python with h5py, pandas and tables known as
// CORTIGEN_PYTHON: that of the peers, where they are tried (CORTIGEN_SLOW), else
// one that is there. Without any it skips the test and says so.
func hdf5Python(t *testing.T) {
	t.Helper()
	if os.Getenv("CORTIGEN_SLOW") != "" {
		t.Setenv("CORTIGEN_PYTHON", peerPython(t, "requirements-hdf5.txt"))
		return
	}
	var places []string
	if root, err := pkg.Root(); err == nil {
		places = append(places, filepath.Join(root, ".venv", "bin", "python"), filepath.Join(root, ".venv", "Scripts", "python.exe"))
	}
	for _, python := range append([]string{os.Getenv("CORTIGEN_PYTHON")}, places...) {
		if python != "" && exec.Command(python, "-c", "import h5py, hdf5plugin, pandas, tables").Run() == nil {
			t.Setenv("CORTIGEN_PYTHON", python)
			return
		}
	}
	t.Skipf("%s: no Python with h5py, hdf5plugin, pandas and tables (CORTIGEN_PYTHON, or .venv after `go run ./datasets convert`): set one, or CORTIGEN_SLOW=1", t.Name())
}

// pythonNow is what hdf5Python found.
func pythonNow() string { return os.Getenv("CORTIGEN_PYTHON") }
