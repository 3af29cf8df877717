package catalogue_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/catalogue"
)

func TestLocate(t *testing.T) {
	home := t.TempDir()
	t.Chdir(home)
	t.Setenv("CORTIGEN_DATA", filepath.Join(home, "data"))
	t.Setenv("CORTIGEN_CACHE", filepath.Join(home, "cache"))
	name := catalogue.All()[0].Name
	fetched := filepath.Join(home, "cache", "datasets", name)
	if _, err := catalogue.Locate(name); err == nil || !strings.Contains(err.Error(), "go run ./datasets fetch "+name) {
		t.Errorf("an entry that was not fetched gives %v", err)
	}
	provenance, err := artifact.Marshal(catalogue.Provenance{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{
		filepath.Join(fetched, "provenance.json"): string(provenance),
		"data/pack/nodes.csv":                     "", "here/nodes.csv": "", "one.graphml": "", "data/here/nodes.csv": "",
	} {
		if err := artifact.WriteFile(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	for dataset, want := range map[string]string{
		"pack": filepath.Join(home, "data", "pack"), "here": "here", "one.graphml": "one.graphml", name: fetched,
	} {
		if got, err := catalogue.Locate(dataset); err != nil || got != want {
			t.Errorf("%s lies at %q (%v), want %q", dataset, got, err, want)
		}
	}
	if _, err := catalogue.Locate("nowhere"); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), `"nowhere"`) {
		t.Errorf("what is nowhere gives %v", err)
	}
	if err := os.MkdirAll(filepath.Join(home, "data", name), 0o755); err != nil {
		t.Fatal(err)
	}
	if got, err := catalogue.Locate(name); err != nil || got != filepath.Join(home, "data", name) {
		t.Errorf("the user's own copy comes first, got %q (%v)", got, err)
	}
}
