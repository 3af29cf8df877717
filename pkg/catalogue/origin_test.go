package catalogue_test

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"log"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cortigen/cortigen/pkg/catalogue"
)

// origin is a server of one file at /file that misbehaves as told.
type origin struct {
	*httptest.Server
	mu       sync.Mutex
	data     []byte
	etag     string
	modified time.Time
	// whole sends 200 and everything, whatever range is asked for.
	whole bool
	// cuts are how many bytes of the next answers are sent before the connection
	// is dropped; negative is no cut.
	cuts []int
	// before, where not nil, may answer in place of the file.
	before func(w http.ResponseWriter, r *http.Request, n int) (answered bool)

	asked  []*http.Request
	served int
}

func newOrigin(t *testing.T, size int) *origin {
	t.Helper()
	o := &origin{data: noise(size), etag: `"v1"`}
	o.Server = httptest.NewServer(o)
	t.Cleanup(o.Close)
	return o
}

// noise is bytes that no offset repeats.
func noise(n int) []byte {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(r.Uint32())
	}
	return data
}

func (o *origin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	n := len(o.asked)
	o.asked = append(o.asked, r.Clone(r.Context()))
	before := o.before
	cut := -1
	if len(o.cuts) > 0 {
		cut, o.cuts = o.cuts[0], o.cuts[1:]
	}
	o.mu.Unlock()
	if before != nil && before(w, r, n) {
		return
	}
	o.mu.Lock()
	data, etag, modified, whole := o.data, o.etag, o.modified, o.whole
	o.mu.Unlock()
	if etag != "" {
		w.Header().Set("ETag", etag)
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	if whole {
		r.Header.Del("Range")
	}
	http.ServeContent(&cutter{ResponseWriter: w, o: o, left: cut}, r, "", modified, bytes.NewReader(data))
}

// cutter drops the connection after some bytes.
type cutter struct {
	http.ResponseWriter
	o    *origin
	left int
}

func (c *cutter) Write(p []byte) (int, error) {
	if c.left >= 0 && len(p) >= c.left {
		p = p[:c.left]
	}
	n, err := c.ResponseWriter.Write(p)
	c.o.mu.Lock()
	c.o.served += n
	c.o.mu.Unlock()
	if c.left >= 0 {
		if c.left -= n; c.left <= 0 {
			c.ResponseWriter.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}
	}
	return n, err
}

// set changes what the server does while it runs.
func (o *origin) set(change func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	change()
}

func (o *origin) requests() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.asked)
}

func (o *origin) header(request int, name string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if request >= len(o.asked) {
		return "no such request"
	}
	return o.asked[request].Header.Get(name)
}

func (o *origin) bytesServed() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.served
}

func sha(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func md5sum(data []byte) string {
	sum := md5.Sum(data)
	return hex.EncodeToString(sum[:])
}

// entry is one of a single file; its size and checksum are unknown.
func entry(url string, changes ...func(*catalogue.Entry)) catalogue.Entry {
	e := catalogue.Entry{
		Name: "tiny", Version: 1, Title: "a tiny dataset", Species: "none", Region: "none", Format: "none",
		Sources: []catalogue.Source{{URL: url, File: "file.bin"}},
		Licence: catalogue.Licence{Name: "CC0", Verified: true},
		Cite:    []catalogue.Citation{{Text: "Nobody (2026)", DOI: "10.0/0"}},
		Note:    "of a test",
	}
	for _, change := range changes {
		change(&e)
	}
	return e
}

// known sets size and SHA-256 of the file.
func known(data []byte) func(*catalogue.Entry) {
	return func(e *catalogue.Entry) {
		e.Sources[0].Size, e.Sources[0].SHA256 = int64(len(data)), sha(data)
	}
}

// quick is a fetcher that waits for nothing.
func quick(t *testing.T) *catalogue.Fetcher {
	t.Helper()
	return &catalogue.Fetcher{Dir: filepath.Join(t.TempDir(), "datasets"), Pause: time.Millisecond, Stall: 10 * time.Second}
}

// wantFile checks the dataset's file, and that nothing unfinished is beside it.
func wantFile(t *testing.T, f *catalogue.Fetcher, want []byte) {
	t.Helper()
	got, err := os.ReadFile(filepath.Join(f.Dir, "tiny", "file.bin"))
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("the file has %d bytes, SHA-256 %s (%v), want %d, %s", len(got), sha(got), err, len(want), sha(want))
	}
	if names := listing(t, f.Dir); slices.ContainsFunc(names, func(n string) bool { return strings.Contains(n, ".part") || strings.Contains(n, ".old") }) {
		t.Errorf("left beside it: %q", names)
	}
	if names := listing(t, filepath.Join(f.Dir, "tiny")); !slices.Equal(names, []string{"file.bin", "provenance.json"}) {
		t.Errorf("the folder holds %q", names)
	}
}

// wantNothing checks that there is no dataset, and returns what lies in the part
// folder.
func wantNothing(t *testing.T, f *catalogue.Fetcher) []string {
	t.Helper()
	if _, err := os.Stat(filepath.Join(f.Dir, "tiny")); !os.IsNotExist(err) {
		t.Errorf("something is there under the final name (%v)", err)
	}
	return listing(t, filepath.Join(f.Dir, "tiny.part"))
}

func listing(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// wantError checks that an error is of a kind and says some words.
func wantError(t *testing.T, err, kind error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %v", kind)
	}
	text := err.Error()
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("error %q does not say %q", text, word)
		}
	}
	if kind != nil && !isKind(err, kind) {
		t.Errorf("error %q is not %q", text, kind)
	}
}

func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

// noLeaks fails where a test leaves goroutines, once servers and clients had time
// to end theirs.
func noLeaks(t *testing.T) {
	t.Helper()
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		deadline := time.Now().Add(5 * time.Second)
		for runtime.NumGoroutine() > before && time.Now().Before(deadline) {
			time.Sleep(10 * time.Millisecond)
		}
		if now := runtime.NumGoroutine(); now > before {
			stacks := make([]byte, 1<<16)
			t.Errorf("%d goroutines, %d before:\n%s", now, before, stacks[:runtime.Stack(stacks, true)])
		}
	})
}
