package artifact_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/cortigen/cortigen/pkg/artifact"
)

type report struct {
	Value float64 `json:"value"`
}

// save stores a report and returns its entry.
func save(t *testing.T, s *artifact.Store, k artifact.Key, value float64) *artifact.Entry {
	t.Helper()
	e, err := s.Save(k, report{value}, artifact.Arrays{"ones": []float64{1, 1}})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// value reads an entry's report.
func value(t *testing.T, e *artifact.Entry) float64 {
	t.Helper()
	var r report
	if err := e.Value(&r); err != nil {
		t.Fatal(err)
	}
	return r.Value
}

func TestSaveAndFind(t *testing.T) {
	s, k := artifact.Open(t.TempDir()), newKey(t, "test.save", 1)
	if _, err := s.Find(k); !errors.Is(err, artifact.ErrMissing) {
		t.Errorf("find in an empty store: %v", err)
	}
	save(t, s, k, 1)
	save(t, s, k, 2) // in place of the first
	e, err := s.Find(k)
	if err != nil {
		t.Fatal(err)
	}
	if got := value(t, e); got != 2 {
		t.Errorf("value %g, want 2", got)
	}
	if hash(t, e.Key()) != hash(t, k) {
		t.Errorf("key came back as %+v, was %+v", e.Key(), k)
	}
	arrays, err := e.Arrays()
	if err != nil {
		t.Fatal(err)
	}
	var ones []float64
	if err := arrays.Read("ones", &ones); err != nil || len(ones) != 2 {
		t.Errorf("ones = %v, %v", ones, err)
	}
	onlyEntries(t, s, 1)
}

// onlyEntries checks that a store holds so many results and nothing unfinished.
func onlyEntries(t *testing.T, s *artifact.Store, want int) {
	t.Helper()
	found, err := os.ReadDir(filepath.Join(s.Dir(), "results"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		if strings.HasPrefix(f.Name(), ".") {
			t.Errorf("%s is left over", f.Name())
		}
	}
	if len(found) != want {
		t.Errorf("%d results, want %d", len(found), want)
	}
}

func TestResultWithoutArrays(t *testing.T) {
	s := artifact.Open(t.TempDir())
	e, err := s.Save(newKey(t, "test.plain", 1), report{1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Arrays(); !errors.Is(err, artifact.ErrMissing) {
		t.Errorf("arrays of a result without: %v", err)
	}
}

// counted returns a computation and how often it ran.
func counted(result float64) (func(context.Context) (report, error), *int) {
	runs := 0
	return func(context.Context) (report, error) { runs++; return report{result}, nil }, &runs
}

// Each kind of damage is named where the result is asked for, and repaired by
// Do at the cost of one computation.
func TestDamage(t *testing.T) {
	for name, damage := range map[string]func(dir string) error{
		"a flipped digit in value.json": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "value.json"), []byte("{\n \"value\": 6\n}\n"), 0o644)
		},
		"value.json cut short": func(dir string) error { return os.Truncate(filepath.Join(dir, "value.json"), 3) },
		"value.json gone":      func(dir string) error { return os.Remove(filepath.Join(dir, "value.json")) },
		"key.json cut short":   func(dir string) error { return os.Truncate(filepath.Join(dir, "key.json"), 40) },
		"key.json empty":       func(dir string) error { return os.Truncate(filepath.Join(dir, "key.json"), 0) },
	} {
		t.Run(name, func(t *testing.T) {
			s, k := artifact.Open(t.TempDir()), newKey(t, "test.damage", 1)
			e := save(t, s, k, 5)
			if err := s.Name("damage", k); err != nil {
				t.Fatal(err)
			}
			if err := damage(e.Dir()); err != nil {
				t.Fatal(err)
			}
			e, err := s.Named("damage")
			if err == nil {
				err = e.Value(&report{})
			}
			if !errors.Is(err, artifact.ErrDamaged) || !strings.Contains(err.Error(), filepath.Base(s.Dir())) {
				t.Errorf("by name: error %v should be ErrDamaged and say where", err)
			}
			compute, runs := counted(5)
			for range 2 {
				if got, err := artifact.Do(context.Background(), s, k, compute); err != nil || got.Value != 5 {
					t.Errorf("Do = %v, %v", got, err)
				}
			}
			if *runs != 1 {
				t.Errorf("computed %d times, want once", *runs)
			}
			onlyEntries(t, s, 1)
		})
	}
}

func TestDamagedArrays(t *testing.T) {
	s := artifact.Open(t.TempDir())
	e := save(t, s, newKey(t, "test.damage", 1), 5)
	if err := os.Truncate(filepath.Join(e.Dir(), "arrays.npz"), 30); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Arrays(); !errors.Is(err, artifact.ErrDamaged) || !strings.Contains(err.Error(), "arrays.npz") {
		t.Errorf("error %v", err)
	}
}

func TestDoFails(t *testing.T) {
	s, k := artifact.Open(t.TempDir()), newKey(t, "test.do", 1)
	for _, cause := range []error{context.Canceled, os.ErrClosed} {
		_, err := artifact.Do(context.Background(), s, k, func(context.Context) (int, error) { return 0, cause })
		if !errors.Is(err, cause) {
			t.Errorf("Do hides %v: %v", cause, err)
		}
	}
	if _, err := s.Find(k); !errors.Is(err, artifact.ErrMissing) {
		t.Errorf("a failed computation was stored: %v", err)
	}
	_, err := artifact.Do(context.Background(), s, k, func(context.Context) (func(), error) { return nil, nil })
	if err == nil || !strings.Contains(err.Error(), "func()") {
		t.Errorf("storing a function: %v", err)
	}
}

// A program that was killed while it filled a folder leaves one that no key and
// no name leads to; in time it is swept away.
func TestKilledSave(t *testing.T) {
	s, k := artifact.Open(t.TempDir()), newKey(t, "test.killed", 1)
	results := filepath.Join(s.Dir(), "results")
	for _, name := range []string{".new-1", ".new-2", ".old-1"} {
		if err := os.MkdirAll(filepath.Join(results, name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(results, name, "value.json"), []byte(`{"val`), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Find(k); !errors.Is(err, artifact.ErrMissing) {
		t.Errorf("find: %v", err)
	}
	yesterday := time.Now().Add(-25 * time.Hour)
	for _, name := range []string{".new-1", ".old-1"} {
		if err := os.Chtimes(filepath.Join(results, name), yesterday, yesterday); err != nil {
			t.Fatal(err)
		}
	}
	save(t, s, k, 3)
	if e, err := s.Find(k); err != nil || value(t, e) != 3 {
		t.Errorf("find: %v", err)
	}
	left, err := filepath.Glob(filepath.Join(results, ".*"))
	if err != nil || len(left) != 1 || filepath.Base(left[0]) != ".new-2" {
		t.Errorf("left over: %v (%v), want only .new-2, which another program may be filling", left, err)
	}
}

// Programs that make the same result at the same time all succeed, and one
// whole result stays.
func TestConcurrentSaves(t *testing.T) {
	s, k := artifact.Open(t.TempDir()), newKey(t, "test.race", 1)
	const programs, rounds = 16, 5
	var wg sync.WaitGroup
	errs := make([]error, programs)
	for i := range programs {
		wg.Go(func() {
			for range rounds {
				_, err := s.Save(k, report{8}, artifact.Arrays{"m": mat.NewDense(2, 2, nil)})
				errs[i] = errors.Join(errs[i], err)
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
	e, err := s.Find(k)
	if err != nil || value(t, e) != 8 {
		t.Errorf("find: %v", err)
	}
	onlyEntries(t, s, 1)
}

func TestNames(t *testing.T) {
	t.Setenv("CORTIGEN_CACHE", t.TempDir())
	s, err := artifact.Default()
	if err != nil {
		t.Fatal(err)
	}
	const name = "cortex/quick/reconstruction"
	if _, err := artifact.Load[report](name); !errors.Is(err, artifact.ErrMissing) || !strings.Contains(err.Error(), name) {
		t.Errorf("no such name: %v", err)
	}
	k := newKey(t, "test.names", 1)
	if err := s.Name(name, k); err != nil {
		t.Fatal(err)
	}
	if _, err := artifact.Load[report](name); !errors.Is(err, artifact.ErrMissing) {
		t.Errorf("a name of nothing: %v", err)
	}
	save(t, s, k, 4)
	if got, err := artifact.Load[report](name); err != nil || got.Value != 4 {
		t.Errorf("loaded %v, %v", got, err)
	}
	newer := newKey(t, "test.names", 2)
	save(t, s, newer, 9)
	if err := s.Name(name, newer); err != nil {
		t.Fatal(err)
	}
	if got, err := artifact.Load[report](name); err != nil || got.Value != 9 {
		t.Errorf("after renaming, loaded %v, %v", got, err)
	}
}

// What other sources, machines or toolchains made is not served by name.
func TestStale(t *testing.T) {
	s := artifact.Open(t.TempDir())
	for name, c := range map[string]struct {
		change func(k *artifact.Key)
		says   string
	}{
		"sources":      {func(k *artifact.Key) { k.Sources = strings.Repeat("0", 64) }, "pkg/seed"},
		"architecture": {func(k *artifact.Key) { k.Arch = "riscv64" }, "riscv64"},
		"toolchain":    {func(k *artifact.Key) { k.Go = "go1.0" }, "go1.0"},
		"packages":     {func(k *artifact.Key) { k.Packages = []string{"pkg/gone"} }, "pkg/gone"},
	} {
		k := newKey(t, "test.stale", name)
		c.change(&k)
		save(t, s, k, 1)
		if err := s.Name(name, k); err != nil {
			t.Fatal(err)
		}
		_, err := s.Named(name)
		if !errors.Is(err, artifact.ErrStale) || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "run the experiment again") {
			t.Errorf("%s: error %v should be ErrStale and say %q", name, err, c.says)
		}
	}
}

func TestBadNames(t *testing.T) {
	s := artifact.Open(t.TempDir())
	for _, name := range []string{"", "/", "/a", "a/", "a//b", "..", "../a", "a/../b", ".hidden", "a/.b", "a b", "a\\b", "a:b", "ä", "a\n", "a\x00"} {
		if err := s.Name(name, newKey(t, "test.names", 1)); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q", name)) {
			t.Errorf("Name(%q): %v", name, err)
		}
		if _, err := s.Named(name); err == nil || errors.Is(err, artifact.ErrMissing) {
			t.Errorf("Named(%q): %v", name, err)
		}
	}
	for _, kind := range []string{"", "..", "../a", "a/b", ".a", "a b"} {
		if _, err := s.Save(newKey(t, kind, 1), 1, nil); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q", kind)) {
			t.Errorf("kind %q: %v", kind, err)
		}
	}
	if found, err := os.ReadDir(s.Dir()); err != nil || len(found) > 0 {
		t.Errorf("bad names made %v (%v)", found, err)
	}
}

func TestScratchGoesWhenSaved(t *testing.T) {
	s, k := artifact.Open(t.TempDir()), newKey(t, "test.scratch", 1)
	dir, err := s.Scratch(k)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := s.Scratch(k); err != nil || again != dir {
		t.Errorf("asked again, scratch is %s, %v, was %s", again, err, dir)
	}
	if err := os.WriteFile(filepath.Join(dir, "half"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	other, err := s.Scratch(newKey(t, "test.scratch", 2))
	if err != nil || other == dir {
		t.Errorf("another key's scratch is %s, %v", other, err)
	}
	save(t, s, k, 1)
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("scratch is still there: %v", err)
	}
	if _, err := os.Stat(other); err != nil {
		t.Errorf("another key's scratch went too: %v", err)
	}
}
