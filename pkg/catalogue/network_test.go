package catalogue_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cortigen/cortigen/pkg/catalogue"
)

// With CORTIGEN_NETWORK=1 one entry of every Python package is fetched with the
// machine's pip, and its tables are counted. With CORTIGEN_NETWORK=all every such
// entry is, and the server of every other address is asked for its size; nothing is
// downloaded from there.
func TestPublished(t *testing.T) {
	network := os.Getenv("CORTIGEN_NETWORK")
	if network == "" {
		t.Skip("needs the network: set CORTIGEN_NETWORK to 1 for packages by pip, or to all for every address")
	}
	root := t.TempDir()
	packages := map[string]bool{}
	for _, e := range catalogue.All() {
		for _, s := range e.Sources {
			switch {
			case s.URL != "" && network == "all":
				t.Run(e.Name+"/"+s.File, func(t *testing.T) { ask(t, s) })
			case s.Package != "" && (network == "all" || !packages[s.Package]):
				packages[s.Package] = true
				t.Run(e.Name, func(t *testing.T) { fetchPublished(t, root, e) })
			}
		}
	}
	if len(packages) != 3 {
		t.Errorf("fetched from %d packages, want connectome-utilities, graspologic and cect", len(packages))
	}
}

func fetchPublished(t *testing.T, root string, e catalogue.Entry) {
	dir, err := (&catalogue.Fetcher{Dir: root}).Fetch(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	_, findings, err := catalogue.Check(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range findings {
		if f.State != catalogue.Whole {
			t.Errorf("%+v", f)
		}
	}
	if e.Tables != catalogue.NoTables {
		count(t, dir, e.Holds)
	}
}

// count compares the tables with what the entry says it holds. Edges are chemical.
func count(t *testing.T, dir string, holds catalogue.Holds) {
	t.Helper()
	lines := func(name string) []string {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return strings.Split(strings.TrimSpace(string(text)), "\n")[1:]
	}
	if n := len(lines("nodes.csv")); n != holds.Neurons {
		t.Errorf("%d neurons, the entry says %d", n, holds.Neurons)
	}
	edges := 0
	for _, line := range lines("edgelist.csv") {
		if cells := strings.Split(line, ","); len(cells) == 3 || cells[3] != "" {
			edges++
		}
	}
	if edges != holds.Edges {
		t.Errorf("%d edges, the entry says %d", edges, holds.Edges)
	}
}

// ask compares what a server announces with the catalogue.
func ask(t *testing.T, s catalogue.Source) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodHead, s.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept-Encoding", "identity")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Errorf("%s: %s", s.URL, answer.Status)
	}
	if s.Size > 0 && answer.ContentLength >= 0 && answer.ContentLength != s.Size {
		t.Errorf("%s: %d bytes, the catalogue says %d", s.URL, answer.ContentLength, s.Size)
	}
}
