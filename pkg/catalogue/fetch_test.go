package catalogue_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cortigen/cortigen/pkg/catalogue"
)

func isKind(err, kind error) bool { return errors.Is(err, kind) }

func fetch(t *testing.T, f *catalogue.Fetcher, e catalogue.Entry) error {
	t.Helper()
	_, err := f.Fetch(t.Context(), e)
	return err
}

func mustFetch(t *testing.T, f *catalogue.Fetcher, e catalogue.Entry) {
	t.Helper()
	if err := fetch(t, f, e); err != nil {
		t.Fatal(err)
	}
}

func TestFetch(t *testing.T) {
	noLeaks(t)
	o := newOrigin(t, 1<<20)
	f := quick(t)
	t.Setenv("CORTIGEN_CACHE", filepath.Dir(f.Dir))
	var stages []catalogue.Stage
	f.Progress = func(e catalogue.Event) {
		if len(stages) == 0 || stages[len(stages)-1] != e.Stage {
			stages = append(stages, e.Stage)
		}
	}
	if _, ok := catalogue.Find("tiny"); ok {
		t.Error("it is found before it is fetched")
	}
	e := entry(o.URL+"/file", known(o.data))
	dir, err := f.Fetch(t.Context(), e)
	if err != nil || dir != filepath.Join(f.Dir, "tiny") {
		t.Fatalf("Fetch: %q, %v", dir, err)
	}
	wantFile(t, f, o.data)
	if fmt.Sprint(stages) != fmt.Sprint([]catalogue.Stage{catalogue.Fetching, catalogue.Verifying}) {
		t.Errorf("progress told %q", stages)
	}
	p, err := catalogue.ReadProvenance(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := catalogue.Kept{File: "file.bin", Size: 1 << 20, SHA256: sha(o.data), From: o.URL + "/file", Checked: catalogue.CheckedSHA256}
	if len(p.Files) != 1 || p.Files[0] != want || p.Licence != e.Licence || len(p.Cite) != 1 || p.Cite[0] != e.Cite[0] || p.Version != 1 || time.Since(p.Fetched) > time.Minute {
		t.Errorf("provenance is %+v", p)
	}
	mustFetch(t, f, e)
	if o.requests() != 1 {
		t.Errorf("fetching it again asked the server: %d requests", o.requests())
	}
	if path, ok := catalogue.Find("tiny"); !ok || path != dir {
		t.Errorf("Find: %q, %v, want %q", path, ok, dir)
	}
}

// What Find returns is the file that a reader opens, where an entry names one.
func TestFindOpens(t *testing.T) {
	o := newOrigin(t, 10)
	f := quick(t)
	t.Setenv("CORTIGEN_CACHE", filepath.Dir(f.Dir))
	mustFetch(t, f, entry(o.URL, func(e *catalogue.Entry) { e.Open = "file.bin" }))
	if path, ok := catalogue.Find("tiny"); !ok || path != filepath.Join(f.Dir, "tiny", "file.bin") {
		t.Errorf("Find: %q, %v", path, ok)
	}
	for _, name := range []string{"../datasets/tiny", "tiny/", "", ".", "Tiny"} {
		if path, ok := catalogue.Find(name); ok {
			t.Errorf("Find(%q) is %q", name, path)
		}
	}
}

// The connection drops in the middle; the same fetch goes on from there.
func TestDroppedConnection(t *testing.T) {
	noLeaks(t)
	const size = 1 << 20
	for name, change := range map[string]func(o *origin){
		"with an ETag":     func(o *origin) {},
		"with a date":      func(o *origin) { o.etag, o.modified = "", time.Unix(1e9, 0) },
		"with neither":     func(o *origin) { o.etag = "" }, // the checksum of the whole tells
		"with a weak ETag": func(o *origin) { o.etag = `W/"v1"` },
		"more often than is tried without a new byte": func(o *origin) { o.cuts = slices.Repeat([]int{120_000}, 8) },
		"in the first byte":                           func(o *origin) { o.cuts = []int{0, 500_000} },
	} {
		t.Run(name, func(t *testing.T) {
			o := newOrigin(t, size)
			o.cuts = []int{500_000}
			change(o)
			cuts := len(o.cuts)
			f := quick(t)
			mustFetch(t, f, entry(o.URL, known(o.data)))
			wantFile(t, f, o.data)
			if o.requests() != cuts+1 {
				t.Errorf("%d requests, want %d", o.requests(), cuts+1)
			}
			if got := o.header(cuts, "Range"); !strings.HasPrefix(got, "bytes=") || got == "bytes=0-" {
				t.Errorf("the last request has Range %q", got)
			}
			// What was sent before a cut may be lost on its way.
			if served := o.bytesServed(); served > size+size/4 {
				t.Errorf("%d bytes were served for a file of %d", served, size)
			}
		})
	}
}

// A run that was cancelled leaves a part; the next goes on with the byte after it.
func TestResumeAcrossRuns(t *testing.T) {
	noLeaks(t)
	const size = 4 << 20
	o := newOrigin(t, size)
	f := quick(t)
	ctx, cancel := context.WithCancel(t.Context())
	f.Progress = func(e catalogue.Event) {
		if e.Done >= size/2 {
			cancel()
		}
	}
	e := entry(o.URL) // size and checksum unknown: the ETag alone vouches for the part
	if _, err := f.Fetch(ctx, e); !errors.Is(err, context.Canceled) {
		t.Fatalf("a cancelled fetch gives %v", err)
	}
	if left := wantNothing(t, f); fmt.Sprint(left) != "[file.bin.part file.bin.state]" {
		t.Errorf("left: %q", left)
	}
	info, err := os.Stat(filepath.Join(f.Dir, "tiny.part", "file.bin.part"))
	if err != nil || info.Size() < size/2 || info.Size() == size {
		t.Fatalf("the part has %d bytes (%v)", info.Size(), err)
	}
	f.Progress = nil
	mustFetch(t, f, e)
	wantFile(t, f, o.data)
	if got, want := o.header(1, "Range"), fmt.Sprintf("bytes=%d-", info.Size()); got != want {
		t.Errorf("second request has Range %q, want %q", got, want)
	}
	if got := o.header(1, "If-Range"); got != `"v1"` {
		t.Errorf("second request has If-Range %q", got)
	}
}

func TestServerWithoutRanges(t *testing.T) {
	o := newOrigin(t, 1<<20)
	o.whole, o.cuts = true, []int{600_000}
	f := quick(t)
	mustFetch(t, f, entry(o.URL, known(o.data)))
	wantFile(t, f, o.data)
	if o.header(1, "Range") == "" || o.requests() != 2 {
		t.Errorf("%d requests, Range %q", o.requests(), o.header(1, "Range"))
	}
}

// The file on the server changes between two requests: the result is the new file,
// and no mixture, whether the server knows If-Range or not.
func TestFileChangesMeanwhile(t *testing.T) {
	for name, c := range map[string]struct {
		sloppy bool
		size   int
	}{
		"If-Range honoured, shorter": {false, 400_000}, // than the part: no end of the old may stay
		"If-Range honoured, longer":  {false, 900_000},
		"If-Range ignored, shorter":  {true, 400_000},
		"If-Range ignored, longer":   {true, 900_000},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOrigin(t, 1<<20)
			o.cuts = []int{600_000}
			fresh := noise(c.size)
			o.before = func(_ http.ResponseWriter, r *http.Request, n int) bool {
				o.mu.Lock()
				defer o.mu.Unlock()
				if n > 0 {
					o.data, o.etag = fresh, `"v2"`
				}
				if c.sloppy {
					r.Header.Del("If-Range")
				}
				return false
			}
			f := quick(t)
			mustFetch(t, f, entry(o.URL))
			wantFile(t, f, fresh)
			if o.header(1, "Range") == "" {
				t.Error("the second request has no Range")
			}
		})
	}
}

// Nothing tells whether the rest would be of the same file: it is fetched anew.
func TestNothingVouchesForThePart(t *testing.T) {
	o := newOrigin(t, 1<<20)
	o.etag, o.cuts = "", []int{600_000}
	f := quick(t)
	mustFetch(t, f, entry(o.URL))
	wantFile(t, f, o.data)
	if o.requests() != 2 || o.header(1, "Range") != "" {
		t.Errorf("%d requests, the second with Range %q", o.requests(), o.header(1, "Range"))
	}
}

func TestWrongChecksum(t *testing.T) {
	noLeaks(t)
	o := newOrigin(t, 1000)
	other := noise(1001)
	for name, change := range map[string]func(s *catalogue.Source){
		"SHA-256":            func(s *catalogue.Source) { s.SHA256 = sha(other) },
		"MD5":                func(s *catalogue.Source) { s.MD5 = md5sum(other) },
		"SHA-256, right MD5": func(s *catalogue.Source) { s.SHA256, s.MD5 = sha(other), md5sum(o.data) },
	} {
		t.Run(name, func(t *testing.T) {
			f := quick(t)
			err := fetch(t, f, entry(o.URL, func(e *catalogue.Entry) { change(&e.Sources[0]) }))
			wantError(t, err, catalogue.ErrChecksum, o.URL, "fetch again")
			if left := wantNothing(t, f); len(left) != 0 {
				t.Errorf("left: %q", left)
			}
		})
	}
}

func TestChecksums(t *testing.T) {
	o := newOrigin(t, 1000)
	for want, change := range map[string]func(s *catalogue.Source){
		catalogue.CheckedSHA256: func(s *catalogue.Source) { s.SHA256, s.MD5 = sha(o.data), md5sum(o.data) },
		catalogue.CheckedMD5:    func(s *catalogue.Source) { s.MD5 = md5sum(o.data) },
		catalogue.FirstSeen:     func(s *catalogue.Source) {},
	} {
		f := quick(t)
		mustFetch(t, f, entry(o.URL, func(e *catalogue.Entry) { change(&e.Sources[0]) }))
		if p, err := catalogue.ReadProvenance(filepath.Join(f.Dir, "tiny")); err != nil || p.Files[0].Checked != want {
			t.Errorf("checked by %q (%v), want %q", p.Files[0].Checked, err, want)
		}
	}
}

// Where no checksum is known, the first fetch is trusted and later ones must agree.
func TestTrustOnFirstUse(t *testing.T) {
	o := newOrigin(t, 1000)
	f := quick(t)
	again := func() error {
		if err := os.RemoveAll(filepath.Join(f.Dir, "tiny")); err != nil {
			t.Fatal(err)
		}
		return fetch(t, f, entry(o.URL))
	}
	if err := again(); err != nil {
		t.Fatal(err)
	}
	if err := again(); err != nil {
		t.Fatal(err)
	}
	if p, err := catalogue.ReadProvenance(filepath.Join(f.Dir, "tiny")); err != nil || p.Files[0].Checked != catalogue.CheckedSeen {
		t.Errorf("second fetch: checked by %q (%v)", p.Files[0].Checked, err)
	}
	o.set(func() { o.data, o.etag = noise(999), `"v2"` })
	err := again()
	wantError(t, err, catalogue.ErrReplaced, sha(o.data), sha(noise(1000)), ".seen")
	if left := wantNothing(t, f); len(left) != 0 {
		t.Errorf("left: %q", left)
	}
	if err := os.RemoveAll(filepath.Join(f.Dir, ".seen")); err != nil {
		t.Fatal(err)
	}
	if err := again(); err != nil {
		t.Errorf("after the record was deleted: %v", err)
	}
}

func TestRedirects(t *testing.T) {
	noLeaks(t)
	o := newOrigin(t, 100_000)
	hops := 3
	o.before = func(w http.ResponseWriter, r *http.Request, _ int) bool {
		var n int
		if _, err := fmt.Sscanf(r.URL.Path, "/hop/%d", &n); err != nil || n == 0 {
			return false
		}
		http.Redirect(w, r, fmt.Sprintf("/hop/%d", n-1), http.StatusFound)
		return true
	}
	o.cuts = []int{-1, -1, -1, 50_000} // the file's first answer is cut: the range survives the redirects
	f := quick(t)
	mustFetch(t, f, entry(fmt.Sprintf("%s/hop/%d", o.URL, hops), known(o.data)))
	wantFile(t, f, o.data)
	if o.requests() != 8 || o.header(7, "Range") == "" {
		t.Errorf("%d requests, the last with Range %q", o.requests(), o.header(7, "Range"))
	}
	f = quick(t)
	err := fetch(t, f, entry(o.URL+"/hop/11"))
	wantError(t, err, catalogue.ErrRefused, "10 redirects")
}

func TestRedirectToPlainHTTP(t *testing.T) {
	noLeaks(t)
	o := newOrigin(t, 1000)
	safe := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/there" {
			http.Redirect(w, r, o.URL+"/file", http.StatusFound)
			return
		}
		http.Redirect(w, r, "/there", http.StatusFound)
	}))
	defer safe.Close()
	f := quick(t)
	f.Client = safe.Client()
	err := fetch(t, f, entry(safe.URL+"/file", known(o.data)))
	wantError(t, err, catalogue.ErrDowngrade, "https", o.URL)
	if o.requests() != 0 {
		t.Error("the plain server was asked")
	}
	if left := wantNothing(t, f); len(left) != 0 {
		t.Errorf("left: %q", left)
	}
}

// A certificate that is not trusted is no reason to try again.
func TestUntrustedCertificate(t *testing.T) {
	safe := httptest.NewUnstartedServer(http.NotFoundHandler())
	safe.Config.ErrorLog = quiet()
	safe.StartTLS()
	defer safe.Close()
	f := quick(t)
	retries := 0
	f.Progress = func(e catalogue.Event) {
		if e.Stage == catalogue.Retrying {
			retries++
		}
	}
	err := fetch(t, f, entry(safe.URL))
	wantError(t, err, nil, "certificate")
	if retries != 0 {
		t.Errorf("tried again %d times", retries)
	}
}

func TestStatus(t *testing.T) {
	noLeaks(t)
	for name, c := range map[string]struct {
		codes    []int // of the first answers; 0 is the file
		requests int
		says     string // "" where the fetch succeeds
	}{
		"not found":              {[]int{404}, 1, "404 Not Found: the file was moved"},
		"gone":                   {[]int{410}, 1, "withdrawn"},
		"forbidden":              {[]int{403}, 1, "account"},
		"teapot":                 {[]int{418}, 1, "418"},
		"broken for good":        {[]int{500, 500, 500, 500, 500}, 5, "500 Internal Server Error (after 5 tries"},
		"broken for a moment":    {[]int{500, 502, 503, 504, 0}, 5, ""},
		"too many requests":      {[]int{429, 0}, 2, ""},
		"broken, then not there": {[]int{503, 404}, 2, "404"},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOrigin(t, 1000)
			o.before = func(w http.ResponseWriter, _ *http.Request, n int) bool {
				if n >= len(c.codes) || c.codes[n] == 0 {
					return false
				}
				w.Header().Set("Retry-After", "0")
				w.WriteHeader(c.codes[n])
				fmt.Fprintln(w, "<html>no</html>")
				return true
			}
			f := quick(t)
			err := fetch(t, f, entry(o.URL, known(o.data)))
			if c.says == "" {
				if err != nil {
					t.Fatal(err)
				}
				wantFile(t, f, o.data)
			} else {
				wantError(t, err, catalogue.ErrRefused, o.URL, c.says)
				if left := wantNothing(t, f); len(left) != 0 {
					t.Errorf("left: %q", left)
				}
			}
			if o.requests() != c.requests {
				t.Errorf("%d requests, want %d", o.requests(), c.requests)
			}
		})
	}
}

func TestNotEnoughRoom(t *testing.T) {
	o := newOrigin(t, 1000)
	f := quick(t)
	capacity := int64(1 << 20)
	f.Disk(999, &capacity)
	err := fetch(t, f, entry(o.URL, known(o.data)))
	wantError(t, err, catalogue.ErrDiskFull, "1000 bytes", f.Dir, "999 free")
	if o.requests() != 0 {
		t.Error("the server was asked for what cannot be kept")
	}
	// The catalogue does not know the size, the server does.
	f = quick(t)
	f.Disk(999, &capacity)
	wantError(t, fetch(t, f, entry(o.URL)), catalogue.ErrDiskFull, "1000 bytes", f.Dir)
	if left := wantNothing(t, f); len(left) != 0 {
		t.Errorf("left: %q", left)
	}
}

// The disk fills while bytes come; with room made, the fetch goes on.
func TestDiskFills(t *testing.T) {
	noLeaks(t)
	const size = 1 << 20
	o := newOrigin(t, size)
	f := quick(t)
	capacity := int64(400_000)
	f.Disk(-1, &capacity)
	err := fetch(t, f, entry(o.URL, known(o.data)))
	wantError(t, err, catalogue.ErrDiskFull, f.Dir, "no space left", "bytes more are needed")
	if o.requests() != 1 {
		t.Errorf("%d requests to a full disk", o.requests())
	}
	wantNothing(t, f)
	capacity = size
	mustFetch(t, f, entry(o.URL, known(o.data)))
	wantFile(t, f, o.data)
	if got := o.header(1, "Range"); got != "bytes=400000-" {
		t.Errorf("second request has Range %q", got)
	}
}

func TestSizes(t *testing.T) {
	noLeaks(t)
	chunked := func(data []byte) func(w http.ResponseWriter, r *http.Request, n int) bool {
		return func(w http.ResponseWriter, _ *http.Request, _ int) bool {
			for chunk := range slices.Chunk(data, 10_000) {
				if _, err := w.Write(chunk); err != nil {
					return true
				}
				w.(http.Flusher).Flush()
			}
			return true
		}
	}
	data := noise(100_000)
	for name, c := range map[string]struct {
		declared int64
		before   func(w http.ResponseWriter, r *http.Request, n int) bool
		kind     error
		says     string
	}{
		"announced longer":    {99_999, nil, catalogue.ErrSize, "offers 100000 bytes, the catalogue says 99999"},
		"announced shorter":   {100_001, nil, catalogue.ErrSize, "offers 100000 bytes, the catalogue says 100001"},
		"longer, unannounced": {50_000, chunked(data), catalogue.ErrSize, "more than 50000 bytes"},
		"endless": {50_000, func(w http.ResponseWriter, r *http.Request, _ int) bool {
			for r.Context().Err() == nil {
				if _, err := w.Write(data); err != nil {
					break
				}
			}
			return true
		}, catalogue.ErrSize, "more than 50000 bytes"},
		"shorter, unannounced": {200_000, chunked(data), io.ErrUnexpectedEOF, "of 200000 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOrigin(t, len(data))
			o.before = c.before
			f := quick(t)
			err := fetch(t, f, entry(o.URL, func(e *catalogue.Entry) { e.Sources[0].Size = c.declared }))
			wantError(t, err, c.kind, c.says)
			left := wantNothing(t, f)
			if errors.Is(c.kind, catalogue.ErrSize) && len(left) != 0 {
				t.Errorf("left: %q", left)
			}
		})
	}
}

func TestPageInPlaceOfData(t *testing.T) {
	noLeaks(t)
	const page = "<!DOCTYPE html>\n<html><head><title>Sign in, please</title></head><body>…</body></html>"
	for name, c := range map[string]struct{ kind, text string }{
		"by its type":      {"text/html; charset=utf-8", page},
		"by what it is":    {"application/octet-stream", page},
		"after a comment":  {"", "\n <!-- hello -->\n" + page},
		"with no doctype":  {"text/plain", "<html>" + page},
		"XHTML":            {"application/xhtml+xml", `<?xml version="1.0"?>` + page},
		"type, other text": {"text/html", "id,pre,post\n<title>Sign in, please</title>"},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOrigin(t, 0)
			o.before = func(w http.ResponseWriter, _ *http.Request, _ int) bool {
				w.Header().Set("Content-Type", c.kind)
				fmt.Fprint(w, c.text)
				return true
			}
			f := quick(t)
			wantError(t, fetch(t, f, entry(o.URL)), catalogue.ErrNotData, o.URL, "Sign in, please")
			if left := wantNothing(t, f); len(left) != 0 || o.requests() != 1 {
				t.Errorf("left: %q, after %d requests", left, o.requests())
			}
		})
	}
}

// XML, such as GraphML, is data.
func TestDataThatLooksLikeAPage(t *testing.T) {
	o := newOrigin(t, 0)
	o.data = []byte("<?xml version=\"1.0\"?>\n<!-- from <html> -->\n<graphml></graphml>")
	f := quick(t)
	mustFetch(t, f, entry(o.URL))
	wantFile(t, f, o.data)
}

func TestUnaskedEncoding(t *testing.T) {
	o := newOrigin(t, 1000)
	o.before = func(w http.ResponseWriter, _ *http.Request, _ int) bool {
		w.Header().Set("Content-Encoding", "gzip")
		return false
	}
	f := quick(t)
	wantError(t, fetch(t, f, entry(o.URL)), catalogue.ErrRefused, "Content-Encoding gzip")
}

// Two fetches of one entry: one fetches, the other waits and finds it there.
func TestTwoAtOnce(t *testing.T) {
	noLeaks(t)
	o := newOrigin(t, 1<<20)
	release := make(chan struct{})
	o.before = func(http.ResponseWriter, *http.Request, int) bool { <-release; return false }
	f := quick(t)
	waited := make(chan struct{})
	var once sync.Once
	var both sync.WaitGroup
	for range 2 {
		g := *f
		g.Progress = func(e catalogue.Event) {
			if e.Stage == catalogue.Waiting {
				once.Do(func() { close(waited) })
			}
		}
		both.Go(func() {
			if _, err := g.Fetch(t.Context(), entry(o.URL, known(o.data))); err != nil {
				t.Error(err)
			}
		})
	}
	select {
	case <-waited:
	case <-time.After(10 * time.Second):
		t.Error("neither waited for the other")
	}
	close(release)
	both.Wait()
	wantFile(t, f, o.data)
	if o.requests() != 1 {
		t.Errorf("%d requests", o.requests())
	}
}

// One that waits can be cancelled.
func TestCancelWhileWaiting(t *testing.T) {
	noLeaks(t)
	o := newOrigin(t, 10)
	release := make(chan struct{})
	o.before = func(http.ResponseWriter, *http.Request, int) bool { <-release; return false }
	f := quick(t)
	var first sync.WaitGroup
	first.Go(func() {
		if _, err := f.Fetch(t.Context(), entry(o.URL)); err != nil {
			t.Error(err)
		}
	})
	for o.requests() == 0 {
		time.Sleep(time.Millisecond)
	}
	ctx, cancel := context.WithCancel(t.Context())
	g := *f
	g.Progress = func(catalogue.Event) { cancel() }
	if _, err := g.Fetch(ctx, entry(o.URL)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	close(release)
	first.Wait()
}

func TestCancelEndsSoon(t *testing.T) {
	noLeaks(t)
	o := newOrigin(t, 10)
	o.before = func(_ http.ResponseWriter, r *http.Request, _ int) bool { <-r.Context().Done(); return true }
	f := quick(t)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	if _, err := f.Fetch(ctx, entry(o.URL)); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 5*time.Second {
		t.Errorf("error %v after %s", err, time.Since(start))
	}
	f.Pause = time.Hour // and so does one that pauses between tries
	o.set(func() {
		o.before = func(w http.ResponseWriter, _ *http.Request, _ int) bool { w.WriteHeader(500); return true }
	})
	ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := f.Fetch(ctx, entry(o.URL)); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 10*time.Second {
		t.Errorf("error %v after %s", err, time.Since(start))
	}
}

// A server that goes silent is left, and asked for the rest.
func TestStall(t *testing.T) {
	noLeaks(t)
	o := newOrigin(t, 100_000)
	o.before = func(w http.ResponseWriter, r *http.Request, n int) bool {
		if n > 0 {
			return false
		}
		w.Header().Set("ETag", o.etag)
		w.Header().Set("Content-Length", "100000")
		w.Write(o.data[:40_000])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
		return true
	}
	f := quick(t)
	f.Stall = 200 * time.Millisecond
	var why error
	f.Progress = func(e catalogue.Event) {
		if e.Why != nil {
			why = e.Why
		}
	}
	mustFetch(t, f, entry(o.URL, known(o.data)))
	wantFile(t, f, o.data)
	if got := o.header(1, "Range"); got != "bytes=40000-" {
		t.Errorf("second request has Range %q", got)
	}
	wantError(t, why, nil, "no byte came for too long", "200ms")
}

func TestOffline(t *testing.T) {
	noLeaks(t)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	f := quick(t)
	err := fetch(t, f, entry(gone.URL+"/a/file.bin"))
	wantError(t, err, catalogue.ErrOffline, strings.TrimPrefix(gone.URL, "http://")+" cannot be reached", gone.URL+"/a/file.bin",
		filepath.Join(f.Dir, "tiny.part"), "as file.bin", "HTTPS_PROXY")
}

// A file that the user fetched by other means is taken, and checked.
func TestFileByHand(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	data := noise(1000)
	put := func(f *catalogue.Fetcher, data []byte) {
		dir := filepath.Join(f.Dir, "tiny.part")
		if err := errors.Join(os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, "file.bin"), data, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	f := quick(t)
	put(f, data)
	mustFetch(t, f, entry(gone.URL, known(data)))
	wantFile(t, f, data)
	f = quick(t)
	put(f, noise(999))
	wantError(t, fetch(t, f, entry(gone.URL, known(data))), catalogue.ErrSize, "999 bytes")
	wantNothing(t, f)
}

func TestFolderOfAnother(t *testing.T) {
	o := newOrigin(t, 10)
	f := quick(t)
	mine := filepath.Join(f.Dir, "tiny", "mine.txt")
	if err := errors.Join(os.MkdirAll(filepath.Dir(mine), 0o755), os.WriteFile(mine, []byte("x"), 0o644)); err != nil {
		t.Fatal(err)
	}
	wantError(t, fetch(t, f, entry(o.URL)), nil, filepath.Join(f.Dir, "tiny"), "not made by a fetch")
	if text, err := os.ReadFile(mine); err != nil || string(text) != "x" || o.requests() != 0 {
		t.Errorf("the user's file is %q (%v), %d requests", text, err, o.requests())
	}
}

func TestNewVersionReplaces(t *testing.T) {
	o := newOrigin(t, 10)
	f := quick(t)
	mustFetch(t, f, entry(o.URL, known(o.data)))
	o.set(func() { o.data, o.etag = noise(20), `"v2"` })
	mustFetch(t, f, entry(o.URL, known(o.data), func(e *catalogue.Entry) { e.Version = 2 }))
	wantFile(t, f, o.data)
}

// What a killed run left does not get into the dataset.
func TestLeftOvers(t *testing.T) {
	o := newOrigin(t, 10)
	f := quick(t)
	dir := filepath.Join(f.Dir, "tiny.part", ".pip-123")
	if err := errors.Join(os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, "x"), []byte("x"), 0o644)); err != nil {
		t.Fatal(err)
	}
	mustFetch(t, f, entry(o.URL))
	wantFile(t, f, o.data)
}

// A part that is whole, of a file whose size nobody told.
func TestPartIsWhole(t *testing.T) {
	o := newOrigin(t, 1000)
	f := quick(t)
	dir := filepath.Join(f.Dir, "tiny.part")
	state := fmt.Sprintf("{\n \"url\": %q,\n \"etag\": \"\\\"v1\\\"\"\n}\n", o.URL)
	if err := errors.Join(os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, "file.bin.part"), o.data, 0o644),
		os.WriteFile(filepath.Join(dir, "file.bin.state"), []byte(state), 0o644)); err != nil {
		t.Fatal(err)
	}
	mustFetch(t, f, entry(o.URL))
	wantFile(t, f, o.data)
	if o.header(0, "Range") != "bytes=1000-" || o.bytesServed() > 100 {
		t.Errorf("Range %q, %d bytes served", o.header(0, "Range"), o.bytesServed())
	}
}

func TestInvalidEntryIsNotFetched(t *testing.T) {
	f := quick(t)
	wantError(t, fetch(t, f, entry("ftp://x/y")), nil, "not a web address")
	if names := listing(t, f.Dir); len(names) != 0 {
		t.Errorf("made %q", names)
	}
}
