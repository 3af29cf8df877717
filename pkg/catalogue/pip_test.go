package catalogue_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/cortigen/cortigen/pkg/catalogue"
)

// pip returns a Python that has it.
func pip(t *testing.T) string {
	t.Helper()
	for _, python := range []string{os.Getenv("CORTIGEN_PYTHON"), "python3", "python"} {
		if python != "" && exec.Command(python, "-c", "import pip").Run() == nil {
			return python
		}
	}
	t.Skip("needs pip: a Python that has it, in PATH or named by CORTIGEN_PYTHON")
	return ""
}

// index is a package index on this machine that serves one wheel, tinydata 1.0;
// pip is told to use it and nothing else.
func index(t *testing.T, wheel []byte) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/simple/tinydata/":
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, `<!DOCTYPE html><html><body><a href="/files/tinydata-1.0-py3-none-any.whl">tinydata-1.0-py3-none-any.whl</a></body></html>`)
		case "/files/tinydata-1.0-py3-none-any.whl":
			w.Write(wheel)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(server.Close)
	useIndex(t, server.URL+"/simple")
	return server
}

func useIndex(t *testing.T, url string) {
	t.Helper()
	t.Setenv("PIP_INDEX_URL", url)
	t.Setenv("PIP_CONFIG_FILE", os.DevNull)
	t.Setenv("PIP_NO_CACHE_DIR", "1")
	t.Setenv("PIP_RETRIES", "1")
	t.Setenv("NO_PROXY", "127.0.0.1")
	for _, name := range []string{"PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL"} {
		t.Setenv(name, "")
	}
}

const tinyText = "pre,post\n1,2\n"

func tinyWheel(t *testing.T) []byte {
	const info = "tinydata-1.0.dist-info/"
	return zipOf(t, packed{path: "tinydata/data.csv", text: tinyText}, packed{path: info + "METADATA", text: "Metadata-Version: 2.1\nName: tinydata\nVersion: 1.0\n"},
		packed{path: info + "WHEEL", text: "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"}, packed{path: info + "RECORD"})
}

func wheelEntry(wheel []byte) catalogue.Entry {
	return entry("", func(e *catalogue.Entry) {
		e.Sources[0] = catalogue.Source{Package: "tinydata==1.0", File: "tinydata-1.0-py3-none-any.whl", Size: int64(len(wheel)), SHA256: sha(wheel),
			Members: []catalogue.Member{{Path: "tinydata/data.csv", File: "data.csv", Size: int64(len(tinyText)), SHA256: sha([]byte(tinyText))}}}
	})
}

func TestPackage(t *testing.T) {
	pip(t)
	wheel := tinyWheel(t)
	index(t, wheel)
	f := quick(t)
	mustFetch(t, f, wheelEntry(wheel))
	dir := filepath.Join(f.Dir, "tiny")
	if names := listing(t, dir); !slices.Equal(names, []string{"data.csv", "provenance.json"}) {
		t.Errorf("the folder holds %q", names)
	}
	p, findings, err := catalogue.Check(t.Context(), dir, nil)
	if err != nil || len(findings) != 1 || findings[0].State != catalogue.Whole || p.Files[0].From != "PyPI tinydata==1.0 (tinydata-1.0-py3-none-any.whl)#tinydata/data.csv" {
		t.Errorf("%+v, %+v (%v)", p.Files, findings, err)
	}
}

func TestPackageRefused(t *testing.T) {
	pip(t)
	wheel := tinyWheel(t)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for name, c := range map[string]struct {
		prepare func(t *testing.T, f *catalogue.Fetcher, e *catalogue.Entry)
		kind    error
		says    []string
	}{
		"another wheel": {func(t *testing.T, _ *catalogue.Fetcher, e *catalogue.Entry) {
			index(t, wheel)
			e.Sources[0].SHA256 = sha([]byte("other"))
		}, catalogue.ErrChecksum, []string{"tinydata==1.0"}},
		"index out of reach": {func(t *testing.T, _ *catalogue.Fetcher, _ *catalogue.Entry) {
			useIndex(t, gone.URL+"/simple")
		}, catalogue.ErrOffline, []string{"PIP_INDEX_URL", "tinydata-1.0-py3-none-any.whl", "tiny.part"}},
		"no pip": {func(t *testing.T, f *catalogue.Fetcher, _ *catalogue.Entry) {
			f.Python = filepath.Join(t.TempDir(), "python3")
		}, nil, []string{"Python with pip is needed", "CORTIGEN_PYTHON", "put it into"}},
	} {
		t.Run(name, func(t *testing.T) {
			f, e := quick(t), wheelEntry(wheel)
			c.prepare(t, f, &e)
			wantError(t, fetch(t, f, e), c.kind, c.says...)
			if left := wantNothing(t, f); slices.ContainsFunc(left, func(n string) bool { return n != "tinydata-1.0-py3-none-any.whl" }) {
				t.Errorf("left: %q", left)
			}
		})
	}
}

// A wheel that the user downloaded elsewhere needs no pip.
func TestPackageByHand(t *testing.T) {
	wheel := tinyWheel(t)
	f := quick(t)
	f.Python = filepath.Join(t.TempDir(), "no python")
	dir := filepath.Join(f.Dir, "tiny.part")
	if err := errors.Join(os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, "tinydata-1.0-py3-none-any.whl"), wheel, 0o644)); err != nil {
		t.Fatal(err)
	}
	mustFetch(t, f, wheelEntry(wheel))
}

func TestPackageCancelled(t *testing.T) {
	pip(t)
	noLeaks(t)
	asked := make(chan struct{}, 100)
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		<-r.Context().Done()
	}))
	t.Cleanup(silent.Close)
	useIndex(t, silent.URL+"/simple")
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-asked; cancel() }()
	f := quick(t)
	start := time.Now()
	if _, err := f.Fetch(ctx, wheelEntry(tinyWheel(t))); !errors.Is(err, context.Canceled) || time.Since(start) > 30*time.Second {
		t.Errorf("error %v after %s", err, time.Since(start))
	}
	if left := wantNothing(t, f); len(left) != 0 {
		t.Errorf("left: %q", left)
	}
}
