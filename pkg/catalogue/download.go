package catalogue

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/cortigen/cortigen/pkg/artifact"
)

// Errors that a caller can act on.
var (
	// ErrOffline means that a host could not be reached.
	ErrOffline = errors.New("cannot be reached")
	// ErrRefused means that the server answered, and not with the file.
	ErrRefused = errors.New("the server refuses")
	// ErrNotData means that a page came in place of the file.
	ErrNotData = errors.New("a web page came in place of the file")
	// ErrSize means more or fewer bytes than announced.
	ErrSize = errors.New("not the size that was announced")
	// ErrChecksum means that the bytes are not those of the catalogue.
	ErrChecksum = errors.New("not the checksum in the catalogue")
	// ErrDiskFull means that a file system has no room.
	ErrDiskFull = errors.New("no room on the disk")
	// ErrDowngrade means a redirect from https to http.
	ErrDowngrade = errors.New("redirected from https to http, which anyone on the way could change")
)

var (
	errStalled = errors.New("no byte came for too long")
	errRange   = errors.New("the server sent another range than was asked for")
)

// file is what a download is written to.
type file interface {
	io.WriteSeeker
	Truncate(size int64) error
	Sync() error
	Close() error
}

// partState is kept beside an unfinished download: what tells whether the file on
// the server is still the same.
type partState struct {
	URL      string `json:"url"`
	ETag     string `json:"etag,omitempty"`
	Modified string `json:"modified,omitempty"`
}

// validator is what If-Range may hold: a strong ETag or a date.
func (s partState) validator() string {
	if s.ETag != "" && !strings.HasPrefix(s.ETag, "W/") {
		return s.ETag
	}
	return s.Modified
}

// transfer is one download.
type transfer struct {
	*Fetcher
	source Source
	client *http.Client
	path   string // of the finished file
}

func (t *transfer) part() string      { return t.path + partSuffix }
func (t *transfer) stateFile() string { return t.path + ".state" }

// client returns one that follows ten redirects, none of them from https to http.
func (f *Fetcher) client() *http.Client {
	var c http.Client
	if f.Client != nil {
		c = *f.Client
	}
	if c.Transport == nil {
		c.Transport = http.DefaultTransport.(*http.Transport).Clone()
	}
	c.CheckRedirect = func(request *http.Request, via []*http.Request) error {
		if via[len(via)-1].URL.Scheme == "https" && request.URL.Scheme != "https" {
			return fmt.Errorf("%w: %s", ErrDowngrade, request.URL.Redacted())
		}
		if len(via) > 10 {
			return fmt.Errorf("%w: more than 10 redirects", ErrRefused)
		}
		return nil
	}
	return &c
}

// download fetches a source's file to path, going on with what an earlier run left.
// It does not look at checksums.
func (t *transfer) download(ctx context.Context) error {
	const attempts = 1000 // of which most bring bytes: a bound on a server that sends one at a time
	pause := t.pause()
	for failures, attempt := 0, 0; ; attempt++ {
		before := fileSize(t.part())
		err := t.attempt(ctx)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case !temporary(err):
			return err
		}
		if fileSize(t.part()) > before {
			failures, pause = 0, t.pause()
		}
		if failures++; failures >= t.tries() || attempt >= attempts || failures >= 2 && errors.Is(err, ErrOffline) {
			return fmt.Errorf("%w (after %d tries; what came is kept, and the next fetch goes on from there)", err, attempt+1)
		}
		t.say(Event{File: t.source.File, Stage: Retrying, Done: fileSize(t.part()), Total: t.source.Size, Why: err})
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(max(pause, retryAfter(err))):
		}
		pause = min(2*pause, 30*time.Second)
	}
}

func fileSize(path string) int64 {
	if info, err := os.Stat(path); err == nil {
		return info.Size()
	}
	return 0
}

// statusError is an answer other than the file.
type statusError struct {
	url    string
	status string
	code   int
	after  time.Duration
}

func (e *statusError) Error() string {
	advice := ""
	switch e.code {
	case http.StatusForbidden, http.StatusUnauthorized:
		advice = ": the data may need an account now; the entry's page says how to get them"
	case http.StatusNotFound, http.StatusGone:
		advice = ": the file was moved or withdrawn; look for it on the entry's page"
	}
	return fmt.Sprintf("catalogue: %s: %v: %s%s", e.url, ErrRefused, e.status, advice)
}

func (e *statusError) Unwrap() error { return ErrRefused }

// temporary tells whether a later try may succeed.
func temporary(err error) bool {
	var status *statusError
	if errors.As(err, &status) {
		switch status.code {
		case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests, http.StatusInternalServerError,
			http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			return true
		}
		return false
	}
	var untrusted *tls.CertificateVerificationError
	if errors.As(err, &untrusted) {
		return false
	}
	for _, final := range []error{ErrRefused, ErrNotData, ErrSize, ErrDiskFull, ErrDowngrade, errWrite} {
		if errors.Is(err, final) {
			return false
		}
	}
	return true
}

// retryAfter is how long a server asks to wait, at most a minute.
func retryAfter(err error) time.Duration {
	var status *statusError
	if errors.As(err, &status) {
		return min(status.after, time.Minute)
	}
	return 0
}

// attempt asks once for the bytes that are still missing and writes what comes.
func (t *transfer) attempt(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	alarm := time.AfterFunc(t.stall(), func() { cancel(errStalled) })
	defer alarm.Stop()

	offset, state := t.resume()
	if t.source.Size > 0 && offset == t.source.Size {
		return t.finish(nil)
	}
	answer, err := t.ask(ctx, offset, state)
	if err != nil {
		return t.because(ctx, err)
	}
	defer answer.Body.Close()
	switch answer.StatusCode {
	case http.StatusOK:
		offset = 0
	case http.StatusPartialContent:
		if err := t.sameFile(answer, offset, state); err != nil {
			return err
		}
	case http.StatusRequestedRangeNotSatisfiable:
		return t.unsatisfiable(answer, offset)
	default:
		after, _ := strconv.Atoi(answer.Header.Get("Retry-After")) // a date, or none, is 0
		return &statusError{url: t.source.URL, status: answer.Status, code: answer.StatusCode, after: time.Duration(after) * time.Second}
	}
	total, err := t.total(answer, offset)
	if err != nil {
		return err
	}
	body := bufio.NewReaderSize(answer.Body, 1<<16)
	if err := t.isData(answer, body, offset); err != nil {
		return t.because(ctx, err)
	}
	if err := t.write(ctx, alarm, answer, body, offset, total); err != nil {
		return t.because(ctx, err)
	}
	return nil
}

// resume says from where to go on: 0 where what is there cannot be trusted to be
// the beginning of the file on the server.
func (t *transfer) resume() (offset int64, state partState) {
	offset = fileSize(t.part())
	if offset == 0 {
		return 0, partState{}
	}
	data, err := os.ReadFile(t.stateFile())
	if err != nil || artifact.Unmarshal(data, &state) != nil || state.URL != t.source.URL {
		return 0, partState{}
	}
	checked := t.source.SHA256 != "" || t.source.MD5 != ""
	if state.validator() == "" && !checked || t.source.Size > 0 && offset > t.source.Size {
		return 0, partState{}
	}
	return offset, state
}

func (t *transfer) ask(ctx context.Context, offset int64, state partState) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, t.source.URL, nil)
	if err != nil {
		return nil, fmt.Errorf("catalogue: %w", err)
	}
	request.Header.Set("User-Agent", "cortigen-datasets")
	request.Header.Set("Accept-Encoding", "identity") // bytes as published, so that ranges and checksums hold
	if offset > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", offset))
		if v := state.validator(); v != "" {
			request.Header.Set("If-Range", v)
		}
	}
	return t.client.Do(request)
}

var contentRange = regexp.MustCompile(`^bytes (\d+)-(\d+)/(\d+|\*)$`)

// sameFile checks that a partial answer goes on where the part ends. Where it does
// not, the part is dropped and the next try begins anew.
func (t *transfer) sameFile(answer *http.Response, offset int64, state partState) error {
	match := contentRange.FindStringSubmatch(answer.Header.Get("Content-Range"))
	etag := answer.Header.Get("ETag")
	if match != nil && match[1] == strconv.FormatInt(offset, 10) && (etag == "" || state.ETag == "" || etag == state.ETag) {
		return nil
	}
	if err := t.drop(); err != nil {
		return err
	}
	return fmt.Errorf("catalogue: %s: %w: %q", t.source.URL, errRange, answer.Header.Get("Content-Range"))
}

// unsatisfiable handles the answer that there is nothing after offset: the part is
// the whole file, or it is of another one.
func (t *transfer) unsatisfiable(answer *http.Response, offset int64) error {
	if whole := answer.Header.Get("Content-Range"); whole == fmt.Sprintf("bytes */%d", offset) && (t.source.Size == 0 || t.source.Size == offset) {
		return t.finish(nil)
	}
	if err := t.drop(); err != nil {
		return err
	}
	return fmt.Errorf("catalogue: %s: %w: %s", t.source.URL, errRange, answer.Status)
}

// total returns how long the whole file will be, 0 where nobody says, and compares
// it with the catalogue and the room there is.
func (t *transfer) total(answer *http.Response, offset int64) (int64, error) {
	total := t.source.Size
	if answer.ContentLength >= 0 {
		announced := offset + answer.ContentLength
		if total > 0 && announced != total {
			return 0, fmt.Errorf("catalogue: %s: %w: the server offers %d bytes, the catalogue says %d: the publisher may have replaced the file", t.source.URL, ErrSize, announced, total)
		}
		total = announced
	}
	return total, t.room(filepath.Dir(t.path), total-offset)
}

var (
	htmlStart = regexp.MustCompile(`(?is)^\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype\s+html|html|head|body)\b`)
	htmlTitle = regexp.MustCompile(`(?is)<title[^>]*>\s*(.*?)\s*</title>`)
)

// isData refuses a page, such as one that asks to sign in, and an encoded body.
func (t *transfer) isData(answer *http.Response, body *bufio.Reader, offset int64) error {
	if encoding := answer.Header.Get("Content-Encoding"); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return fmt.Errorf("catalogue: %s: %w: it sends the file with Content-Encoding %s, which was not asked for", t.source.URL, ErrRefused, encoding)
	}
	if ext := filepath.Ext(t.source.File); ext == ".html" || ext == ".htm" {
		return nil
	}
	kind, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type")) // none is not HTML
	page := kind == "text/html" || kind == "application/xhtml+xml"
	var start []byte
	if page || offset == 0 {
		var err error
		start, err = body.Peek(2048)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
	}
	if !page && !(offset == 0 && htmlStart.Match(start)) {
		return nil
	}
	title := ""
	if match := htmlTitle.FindSubmatch(start); match != nil {
		title = fmt.Sprintf(" with the title %q", bytes.TrimSpace(match[1]))
	}
	return fmt.Errorf("catalogue: %s: %w%s: a sign-in, a proxy's notice, or a file that moved: open the address in a browser", t.source.URL, ErrNotData, title)
}

// errWrite is a fault of the disk other than being full.
var errWrite = errors.New("cannot write")

// write appends the body to the part, and finishes the file when all came.
func (t *transfer) write(ctx context.Context, alarm *time.Timer, answer *http.Response, body io.Reader, offset, total int64) (err error) {
	if offset == 0 {
		state := partState{URL: t.source.URL, ETag: answer.Header.Get("ETag"), Modified: answer.Header.Get("Last-Modified")}
		data, err := artifact.Marshal(state)
		if err == nil {
			err = artifact.WriteFile(t.stateFile(), data)
		}
		if err != nil {
			return t.diskFault(err, total)
		}
	}
	out, err := t.system().open(t.part())
	if err != nil {
		return t.diskFault(err, total-offset)
	}
	closed := false
	defer func() {
		if !closed {
			err = errors.Join(err, out.Close())
		}
	}()
	if err := out.Truncate(offset); err != nil {
		return t.diskFault(err, total-offset)
	}
	if _, err := out.Seek(offset, io.SeekStart); err != nil {
		return t.diskFault(err, total-offset)
	}
	tell := report(t.Progress, t.source.File, Fetching, total)
	tell(offset)
	buffer := make([]byte, 1<<18)
	for done := offset; ; {
		n, readErr := body.Read(buffer)
		alarm.Reset(t.stall())
		if total > 0 && done+int64(n) > total {
			closed = true
			return errors.Join(fmt.Errorf("catalogue: %s: %w: more than %d bytes came", t.source.URL, ErrSize, total), out.Close(), t.drop())
		}
		if n > 0 {
			if _, err := out.Write(buffer[:n]); err != nil {
				return t.diskFault(err, total-done)
			}
			done += int64(n)
			tell(done)
		}
		switch {
		case errors.Is(readErr, io.EOF) && done < total:
			return fmt.Errorf("catalogue: %s: %w: the connection ended after %d of %d bytes", t.source.URL, io.ErrUnexpectedEOF, done, total)
		case errors.Is(readErr, io.EOF):
			closed = true
			return t.finish(out)
		case readErr != nil:
			return readErr
		case ctx.Err() != nil:
			return ctx.Err()
		}
	}
}

// finish makes the part durable and gives it the file's name. out is nil where
// nothing new was written.
func (t *transfer) finish(out file) error {
	if out != nil {
		if err := errors.Join(out.Sync(), out.Close()); err != nil {
			return t.diskFault(err, 0)
		}
	}
	if err := os.Rename(t.part(), t.path); err != nil {
		return t.diskFault(err, 0)
	}
	os.Remove(t.stateFile()) // best effort: it is read for a part only
	return nil
}

// drop forgets the part.
func (t *transfer) drop() error {
	for _, path := range []string{t.part(), t.stateFile()} {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("catalogue: %w: %w", errWrite, err)
		}
	}
	return nil
}

// diskFault words an error of the disk; need is how many bytes are still missing.
func (t *transfer) diskFault(err error, need int64) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return t.full(filepath.Dir(t.path), need, err)
	}
	return fmt.Errorf("catalogue: %w: %w", errWrite, err)
}

// because words an error of the network: a stall is told from a Ctrl-C, and a host
// that cannot be reached is named with what to do.
func (t *transfer) because(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), errStalled) {
		return fmt.Errorf("catalogue: %s: %w (%s)", t.source.URL, errStalled, t.stall())
	}
	var dial *net.OpError
	var name *net.DNSError
	if errors.As(err, &name) || errors.As(err, &dial) && dial.Op == "dial" {
		host := t.source.URL
		var address *url.Error
		if errors.As(err, &address) {
			host = address.URL
		}
		if u, parseErr := url.Parse(host); parseErr == nil {
			host = u.Host
		}
		return fmt.Errorf("catalogue: %s %w: %w: check the connection or the proxy (HTTPS_PROXY); or download %s elsewhere, put it into %s as %s, and fetch again",
			host, ErrOffline, err, t.source.URL, filepath.Dir(t.path), t.source.File)
	}
	if strings.HasPrefix(err.Error(), "catalogue: ") {
		return err
	}
	return fmt.Errorf("catalogue: %s: %w", t.source.URL, err)
}
