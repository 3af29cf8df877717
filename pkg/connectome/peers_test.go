package connectome_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cortigen/cortigen/pkg/internal/outside"
)

// Peers are other people's Python libraries, that write the files which users
// bring and open those which we write.

// peerPython returns a Python that has what the file of testdata/peers requires,
// or skips the test and says why.
func peerPython(t *testing.T, requirements string) (python string) {
	t.Helper()
	return outside.Python(t, filepath.Join("testdata", "peers", requirements))
}

// peerScript runs testdata/peers/script with arguments and returns what it
// printed.
func peerScript(t *testing.T, python, script string, args ...string) string {
	t.Helper()
	return outside.Run(t, python, append([]string{filepath.Join("testdata", "peers", script)}, args...)...)
}

// The environment holds the versions that its list asks for.
func TestPeers(t *testing.T) {
	python := peerPython(t, "requirements.txt")
	got := strings.Fields(outside.Run(t, python, "-c",
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
