package catalogue

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/cortigen/cortigen/pkg/artifact"
)

// Fetcher fetches datasets. Its zero value is ready for use.
type Fetcher struct {
	// Dir holds the datasets' folders; "" is Root().
	Dir string
	// Client asks the servers; nil is one with the proxies of the environment. Its
	// redirects are checked either way.
	Client *http.Client
	// Python is an interpreter that has pip; "" is CORTIGEN_PYTHON or the first of
	// python3 and python that has.
	Python string
	// Tries is how many times in a row a download may fail without a new byte; 0 is 5.
	Tries int
	// Pause is the time before the second try, doubled before each further one up
	// to 30 s; 0 is 1 s.
	Pause time.Duration
	// Stall is how long a connection may bring nothing; 0 is one minute.
	Stall time.Duration
	// Progress, where not nil, is told how far a fetch is, as often as bytes come. It is
	// called by the goroutine that called Fetch.
	Progress func(Event)

	disk *system
}

// system is what a test replaces.
type system struct {
	open func(path string) (file, error)
	free func(dir string) (int64, bool)
}

func (f *Fetcher) system() system {
	s := system{open: func(path string) (file, error) { return os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o644) }, free: free}
	if f.disk != nil && f.disk.open != nil {
		s.open = f.disk.open
	}
	if f.disk != nil && f.disk.free != nil {
		s.free = f.disk.free
	}
	return s
}

func (f *Fetcher) tries() int           { return orDefault(f.Tries, 5) }
func (f *Fetcher) pause() time.Duration { return orDefault(f.Pause, time.Second) }
func (f *Fetcher) stall() time.Duration { return orDefault(f.Stall, time.Minute) }

func orDefault[T int | time.Duration](x, d T) T {
	if x > 0 {
		return x
	}
	return d
}

func (f *Fetcher) say(e Event) {
	if f.Progress != nil {
		f.Progress(e)
	}
}

func (f *Fetcher) root() (string, error) {
	if f.Dir != "" {
		return f.Dir, nil
	}
	return Root()
}

// Fetch makes the folder of an entry and returns it. What is there already, from
// the same version of the entry, is left as it is. A fetch that was broken off is
// continued; while one is at work, another of the same entry waits for it. On an
// error the dataset's folder is as it was before, and what came whole or in part
// stays in a folder beside it, for the next fetch.
//
// A file that was downloaded by other means is taken from that folder, NAME.part,
// under its Source.File, and checked like any other.
func (f *Fetcher) Fetch(ctx context.Context, e Entry) (dir string, err error) {
	if err := e.Validate(); err != nil {
		return "", err
	}
	root, err := f.root()
	if err != nil {
		return "", err
	}
	dir = filepath.Join(root, e.Name)
	if err := os.MkdirAll(root, 0o755); err != nil {
		return "", fmt.Errorf("catalogue: %w", err)
	}
	unlock, err := lock(ctx, filepath.Join(root, "."+e.Name+".lock"), func() { f.say(Event{File: e.Name, Stage: Waiting}) })
	if err != nil {
		return "", err
	}
	defer unlock()
	switch p, err := ReadProvenance(dir); {
	case err == nil && p.Version == e.Version && p.Name == e.Name:
		return dir, nil
	case err == nil:
	case errors.Is(err, ErrNoProvenance):
		if _, err := os.Lstat(dir); err == nil {
			return "", fmt.Errorf("catalogue: %s is there and was not made by a fetch: move it away, or fetch to another folder", dir)
		}
	default:
		return "", err
	}
	if err := f.fill(ctx, e, root, dir+partSuffix); err != nil {
		return "", err
	}
	return dir, replace(dir+partSuffix, dir)
}

// replace renames fresh to dir, in place of an older one. The lock is held.
func replace(fresh, dir string) error {
	old := dir + ".old"
	if err := os.Rename(dir, old); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("catalogue: %w", err)
	}
	if err := os.Rename(fresh, dir); err != nil {
		return fmt.Errorf("catalogue: %w", err)
	}
	if err := os.RemoveAll(old); err != nil {
		return fmt.Errorf("catalogue: %w", err)
	}
	return nil
}

// fill makes all files of an entry in the folder, provenance.json last.
func (f *Fetcher) fill(ctx context.Context, e Entry, root, folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("catalogue: %w", err)
	}
	if err := f.room(folder, missing(e, folder)); err != nil {
		return err
	}
	p := Provenance{Name: e.Name, Title: e.Title, Version: e.Version, Licence: e.Licence, Cite: e.Cite, Format: e.Format, Open: e.Open, Note: e.Note}
	client := f.client()
	defer client.CloseIdleConnections()
	for _, s := range e.Sources {
		t := &transfer{Fetcher: f, source: s, client: client, path: filepath.Join(folder, s.File)}
		kept, err := t.take(ctx, root, folder)
		if err != nil {
			return err
		}
		p.Files = append(p.Files, kept...)
	}
	made, err := f.make(ctx, e.Tables, folder)
	if err != nil {
		return err
	}
	p.Files = append(p.Files, made...)
	if err := sweep(folder, p.Files); err != nil {
		return err
	}
	p.Fetched = time.Now().UTC().Truncate(time.Second)
	text, err := artifact.Marshal(p)
	if err != nil {
		return err
	}
	return artifact.WriteFile(filepath.Join(folder, provenanceFile), text)
}

// sweep removes what a killed run, or an older version of the entry, left.
func sweep(folder string, files []Kept) error {
	known := map[string]bool{}
	for _, k := range files {
		known[k.File] = true
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return fmt.Errorf("catalogue: %w", err)
	}
	for _, e := range entries {
		if !known[e.Name()] {
			if err := os.RemoveAll(filepath.Join(folder, e.Name())); err != nil {
				return fmt.Errorf("catalogue: %w", err)
			}
		}
	}
	return nil
}

// take makes the files of one source in the folder, by download where they are not
// there.
func (t *transfer) take(ctx context.Context, root, folder string) ([]Kept, error) {
	if kept, ok := t.unpackedBefore(ctx, folder); ok {
		return kept, nil
	}
	if _, err := os.Stat(t.path); errors.Is(err, fs.ErrNotExist) {
		get := t.download
		if t.source.Package != "" {
			get = t.pip
		}
		if err := get(ctx); err != nil {
			return nil, err
		}
	} else if err != nil {
		return nil, fmt.Errorf("catalogue: %w", err)
	}
	kept, err := t.verify(ctx, root)
	if err != nil || len(t.source.Members) == 0 {
		return []Kept{kept}, err
	}
	return t.unpack(ctx, folder)
}

// verify compares the finished download with what is known of it. A file that is
// not what was published is deleted.
func (t *transfer) verify(ctx context.Context, root string) (Kept, error) {
	s := t.source
	got, err := sumFile(ctx, t.path, report(t.Progress, s.File, Verifying, s.Size))
	if err != nil {
		return Kept{}, err
	}
	k := Kept{File: s.File, Size: got.size, SHA256: got.sha256, From: s.from()}
	switch {
	case s.Size > 0 && got.size != s.Size:
		err = fmt.Errorf("catalogue: %s: %w: %d bytes, the catalogue says %d", s.from(), ErrSize, got.size, s.Size)
	case s.SHA256 != "" && got.sha256 != s.SHA256:
		err = fmt.Errorf("catalogue: %s: %w: SHA-256 is %s, the catalogue says %s: damaged on the way, or replaced by the publisher; it was deleted: fetch again", s.from(), ErrChecksum, got.sha256, s.SHA256)
	case s.SHA256 != "":
		k.Checked = CheckedSHA256
	case s.MD5 != "" && got.md5 != s.MD5:
		err = fmt.Errorf("catalogue: %s: %w: MD5 is %s, the catalogue says %s: damaged on the way, or replaced by the publisher; it was deleted: fetch again", s.from(), ErrChecksum, got.md5, s.MD5)
	case s.MD5 != "":
		k.Checked = CheckedMD5
	default:
		k.Checked, err = trust(root, s.from(), got)
	}
	if errors.Is(err, ErrChecksum) || errors.Is(err, ErrSize) || errors.Is(err, ErrReplaced) {
		err = errors.Join(err, os.Remove(t.path))
	}
	return k, err
}

// from names the place of a source.
func (s Source) from() string {
	if s.Package != "" {
		return "PyPI " + s.Package + " (" + s.File + ")"
	}
	return s.URL
}

// missing returns how many bytes an entry still needs in the folder, as far as
// sizes are known. An archive and what is taken out of it lie there together for
// a while.
func missing(e Entry, folder string) int64 {
	var need int64
	for _, s := range e.Sources {
		path := filepath.Join(folder, s.File)
		need += max(0, s.Size-max(fileSize(path), fileSize(path+partSuffix)))
		for _, m := range s.Members {
			need += max(0, m.Size-fileSize(filepath.Join(folder, m.File)))
		}
	}
	return need
}

// room refuses to begin what cannot be finished.
func (f *Fetcher) room(folder string, need int64) error {
	if have, known := f.system().free(folder); known && need > have {
		return f.full(folder, need, nil)
	}
	return nil
}

// full words that a disk is full.
func (f *Fetcher) full(folder string, need int64, cause error) error {
	about := ""
	if have, known := f.system().free(folder); known {
		about = fmt.Sprintf(", which has %d free", have)
	}
	err := fmt.Errorf("catalogue: %w: %d bytes more are needed in %s%s: make room, or fetch to another folder; what came is kept", ErrDiskFull, max(need, 0), folder, about)
	return errors.Join(err, cause)
}
