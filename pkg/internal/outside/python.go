package outside

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// made keeps two tests from making the same environment at once.
var made sync.Mutex

// Python returns a Python that has what a file of hashed requirements lists, or
// skips the test and says why.
func Python(t testing.TB, requirements string) (python string) {
	t.Helper()
	if os.Getenv("CORTIGEN_SLOW") == "" {
		t.Skipf("%s: set CORTIGEN_SLOW=1 to try the software of %s, which needs the network once", t.Name(), requirements)
	}
	system, err := exec.LookPath("python3")
	if err != nil {
		t.Skipf("%s: there is no python3 to try the software of %s with", t.Name(), requirements)
	}
	list, err := filepath.Abs(requirements)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(append(text, version(t, system)...))
	return binary(home(t, hex.EncodeToString(sum[:8]), func(fresh string) {
		Run(t, system, "-m", "venv", fresh)
		Run(t, binary(fresh), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input",
			"--require-hashes", "--only-binary", ":all:", "-r", list)
	}))
}

// home returns the folder of an environment by its name, which is filled where it is
// not there yet: beside, and renamed, so that a killed test, or another at the same
// time, leaves no half of one. (A Python that was renamed has wrong paths in bin's
// scripts, but not for python itself.)
func home(t testing.TB, name string, fill func(fresh string)) string {
	t.Helper()
	caches, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	made.Lock()
	defer made.Unlock()
	home := filepath.Join(caches, "cortigen-peers", name)
	if _, err := os.Stat(home); err == nil {
		return home
	}
	begun := time.Now()
	if err := os.MkdirAll(filepath.Dir(home), 0o755); err != nil {
		t.Fatal(err)
	}
	fresh, err := os.MkdirTemp(filepath.Dir(home), ".new-*")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(fresh)
	fill(fresh)
	if err := os.Rename(fresh, home); err != nil && !errors.Is(err, fs.ErrExist) {
		t.Fatal(err)
	}
	t.Logf("made %s in %.0f s", home, time.Since(begun).Seconds())
	return home
}

func binary(home string) string {
	if runtime.GOOS == "windows" {
		return filepath.Join(home, "Scripts", "python.exe")
	}
	return filepath.Join(home, "bin", "python")
}

// version tells environments of one list by the Python that made them.
func version(t testing.TB, python string) string {
	t.Helper()
	return Run(t, python, "-c", "import sys; print(sys.version)")
}

// Run runs a command and returns what it printed; what it said is the
// test's error where it fails.
func Run(t testing.TB, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	var out, said strings.Builder
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdout, cmd.Stderr = &out, &said
	// The user's own packages and settings stay out.
	cmd.Env = append(os.Environ(), "PYTHONNOUSERSITE=1", "PYTHONPATH=", "PYTHONHASHSEED=0")
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s%s", fmt.Sprint(append([]string{name}, args...)), err, out.String(), said.String())
	}
	return out.String()
}
