package artifact_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/cortigen/cortigen/pkg/artifact"
)

func TestWriteFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "on", "the", "way")
	path := filepath.Join(dir, "file")
	for _, text := range []string{"first, and longer", "second"} {
		if err := artifact.WriteFile(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != text {
			t.Errorf("read %q, %v, want %q", got, err, text)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o644 {
		t.Errorf("mode %v, %v, want 0644: others may read results", info.Mode(), err)
	}
	alone(t, dir)
}

// alone checks that a folder holds one entry, so no temporary file is left.
func alone(t *testing.T, dir string) {
	t.Helper()
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("%s holds %v (%v), want one entry", dir, entries, err)
	}
}

func TestWriteFileFails(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	sub := filepath.Join(t.TempDir(), "folder")
	if err := os.MkdirAll(filepath.Join(sub, "full"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{
		"below a file":      filepath.Join(file, "x"),
		"in place of a dir": sub,
	} {
		if err := artifact.WriteFile(path, []byte("x")); err == nil || !strings.Contains(err.Error(), "artifact: write "+path) {
			t.Errorf("%s: error %v should name the file", name, err)
		}
	}
	alone(t, filepath.Dir(sub))

	locked := filepath.Join(t.TempDir(), "locked")
	if err := os.Mkdir(locked, 0o555); err != nil {
		t.Fatal(err)
	}
	// The superuser may write anywhere, and then the file must be whole.
	path := filepath.Join(locked, "file")
	err := artifact.WriteFile(path, []byte("x"))
	if got, readErr := os.ReadFile(path); err == nil && (readErr != nil || string(got) != "x") {
		t.Errorf("no error, but the file is %q, %v", got, readErr)
	}
	if err == nil && os.Geteuid() != 0 || err != nil && !strings.Contains(err.Error(), path) {
		t.Errorf("read-only folder: error %v should name the file", err)
	}
}

// Readers see one whole file or another, whoever writes.
func TestWriteFileIsAtomic(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	texts := [][]byte{bytes.Repeat([]byte("a"), 1<<16), bytes.Repeat([]byte("b"), 1<<15)}
	if err := artifact.WriteFile(path, texts[0]); err != nil {
		t.Fatal(err)
	}
	var writers sync.WaitGroup
	for _, text := range texts {
		writers.Go(func() {
			for range 20 {
				if err := artifact.WriteFile(path, text); err != nil {
					t.Error(err)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { writers.Wait(); close(done) }()
	for reading := true; reading; {
		select {
		case <-done:
			reading = false
		default:
		}
		got, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(got, texts[0]) && !bytes.Equal(got, texts[1]) {
			t.Fatalf("read %d bytes, %v", len(got), err)
		}
	}
	alone(t, filepath.Dir(path))
}
