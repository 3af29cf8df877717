package outside

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Node returns a Node.js, and the folder for NODE_PATH of the packages that a
// folder's package.json and package-lock.json list, with their hashes. The test is
// skipped, and says why, where there is no Node.js or CORTIGEN_SLOW is not set.
func Node(t testing.TB, list string) (node, modules string) {
	t.Helper()
	if os.Getenv("CORTIGEN_SLOW") == "" {
		t.Skipf("%s: set CORTIGEN_SLOW=1 to try the software of %s, which needs the network once", t.Name(), list)
	}
	node, err := exec.LookPath("node")
	npm, npmErr := exec.LookPath("npm")
	if err := errors.Join(err, npmErr); err != nil {
		t.Skipf("%s: there is no Node.js with npm to try the software of %s with: %v", t.Name(), list, err)
	}
	lock, err := os.ReadFile(filepath.Join(list, "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(lock)
	return node, filepath.Join(home(t, "node-"+hex.EncodeToString(sum[:8]), func(fresh string) {
		for _, name := range []string{"package.json", "package-lock.json"} {
			text, err := os.ReadFile(filepath.Join(list, name))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(fresh, name), text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		Run(t, npm, "ci", "--prefix", fresh, "--no-audit", "--no-fund", "--ignore-scripts")
	}), "node_modules")
}

// Chromium returns the browser, or skips the test and says so.
func Chromium(t testing.TB) (path string) {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skipf("%s: there is no chromium to open a page with (apt-get install chromium)", t.Name())
	return ""
}
