package connectome_test

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

// Peers are other people's Python libraries, that write the files which users
// bring and open those which we write. They live in an environment of their own
// for each list of requirements in testdata/peers, made once a machine under the
// user's cache folder. That takes the network and a minute, so tests that ask
// for one run where CORTIGEN_SLOW is set, as in CI.

// peersMade keeps two tests from making the same environment at once.
var peersMade sync.Mutex

// peerPython returns a Python that has what the file of testdata/peers requires,
// or skips the test and says why.
func peerPython(t *testing.T, requirements string) (python string) {
	t.Helper()
	if os.Getenv("CORTIGEN_SLOW") == "" {
		t.Skipf("%s: set CORTIGEN_SLOW=1 to try the software of testdata/peers/%s, which needs the network once", t.Name(), requirements)
	}
	system, err := exec.LookPath("python3")
	if err != nil {
		t.Skipf("%s: there is no python3 to try the software of testdata/peers/%s with", t.Name(), requirements)
	}
	list, err := filepath.Abs(filepath.Join("testdata", "peers", requirements))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	caches, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	peersMade.Lock()
	defer peersMade.Unlock()
	sum := sha256.Sum256(append(text, pythonVersion(t, system)...))
	home := filepath.Join(caches, "cortigen-peers", hex.EncodeToString(sum[:8]))
	if _, err := os.Stat(home); err != nil {
		makePeers(t, system, list, home)
	}
	return peerBinary(home)
}

// makePeers makes an environment beside home and renames it, so that a killed
// test, or another at the same time, leaves no half of one. (An environment that
// was renamed has wrong paths in bin's scripts, but not for python itself.)
func makePeers(t *testing.T, system, list, home string) {
	t.Helper()
	begun := time.Now()
	if err := os.MkdirAll(filepath.Dir(home), 0o755); err != nil {
		t.Fatal(err)
	}
	fresh, err := os.MkdirTemp(filepath.Dir(home), ".new-*")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(fresh)
	runPeer(t, system, "-m", "venv", fresh)
	runPeer(t, peerBinary(fresh), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input",
		"--require-hashes", "--only-binary", ":all:", "-r", list)
	if err := os.Rename(fresh, home); err != nil && !errors.Is(err, fs.ErrExist) {
		t.Fatal(err)
	}
	t.Logf("made %s in %.0f s", home, time.Since(begun).Seconds())
}

func peerBinary(home string) string {
	if runtime.GOOS == "windows" {
		return filepath.Join(home, "Scripts", "python.exe")
	}
	return filepath.Join(home, "bin", "python")
}

// pythonVersion tells environments of one list by the Python that made them.
func pythonVersion(t *testing.T, python string) string {
	t.Helper()
	return runPeer(t, python, "-c", "import sys; print(sys.version)")
}

// runPeer runs a command and returns what it printed; what it said is the
// test's error where it fails.
func runPeer(t *testing.T, name string, args ...string) string {
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

// peerScript runs testdata/peers/script with arguments and returns what it
// printed.
func peerScript(t *testing.T, python, script string, args ...string) string {
	t.Helper()
	return runPeer(t, python, append([]string{filepath.Join("testdata", "peers", script)}, args...)...)
}

// The environment holds the versions that its list asks for.
func TestPeers(t *testing.T) {
	python := peerPython(t, "requirements.txt")
	got := strings.Fields(runPeer(t, python, "-c",
		"import igraph, networkx, numpy, scipy; print(igraph.__version__, networkx.__version__, numpy.__version__, scipy.__version__)"))
	text, err := os.ReadFile(filepath.Join("testdata", "peers", "requirements.in"))
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"igraph", "networkx", "numpy", "scipy"} {
		if want := name + "==" + got[i] + "\n"; !strings.Contains(string(text), want) {
			t.Errorf("it has %s, which requirements.in does not ask for", strings.TrimSpace(want))
		}
	}
}
