package artifact

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Errors that a caller can act on.
var (
	// ErrMissing means that there is no such result.
	ErrMissing = errors.New("no such result")
	// ErrStale means that there is one, made by other sources or switches.
	ErrStale = errors.New("result is out of date")
	// ErrDamaged means that a stored file is not what was written.
	ErrDamaged = errors.New("stored result is damaged")
)

// Store is a folder of results.
type Store struct {
	dir string
}

// Open returns the store in dir, which is made when first written to.
func Open(dir string) *Store { return &Store{dir: dir} }

// Default returns the store in CORTIGEN_CACHE or, where that is not set, in
// the user's cache folder.
func Default() (*Store, error) {
	if dir := os.Getenv("CORTIGEN_CACHE"); dir != "" {
		return Open(dir), nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, fmt.Errorf("artifact: no cache folder: set CORTIGEN_CACHE to one: %w", err)
	}
	return Open(filepath.Join(cache, "cortigen")), nil
}

// Dir returns the store's folder.
func (s *Store) Dir() string { return s.dir }

// stamp is key.json.
type stamp struct {
	Key Key `json:"key"`
	// Files maps each file's name to its SHA-256.
	Files map[string]string `json:"files"`
}

// Entry is one stored result.
type Entry struct {
	dir   string
	stamp stamp
}

// Key says what the result was made from.
func (e *Entry) Key() Key { return e.stamp.Key }

// Dir returns the result's folder.
func (e *Entry) Dir() string { return e.dir }

// Value decodes the result into v.
func (e *Entry) Value(v any) error {
	data, err := e.file("value.json")
	if err != nil {
		return err
	}
	if err := Unmarshal(data, v); err != nil {
		return fmt.Errorf("artifact: %s: %w: %w", e.dir, ErrDamaged, err)
	}
	return nil
}

// Arrays opens the result's arrays; ErrMissing when it has none.
func (e *Entry) Arrays() (*ArrayReader, error) {
	data, err := e.file("arrays.npz")
	if err != nil {
		return nil, err
	}
	return DecodeArrays(data)
}

func (e *Entry) file(name string) ([]byte, error) {
	want, listed := e.stamp.Files[name]
	if !listed {
		return nil, fmt.Errorf("artifact: %s has no %s: %w", e.dir, name, ErrMissing)
	}
	data, err := os.ReadFile(filepath.Join(e.dir, name))
	if err != nil {
		return nil, fmt.Errorf("artifact: %w: %w", ErrDamaged, err)
	}
	if digest(data) != want {
		return nil, fmt.Errorf("artifact: %s does not have the checksum it was written with: %w: delete the folder to have it made again", filepath.Join(e.dir, name), ErrDamaged)
	}
	return data, nil
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

var plainKind = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*$`)

// place returns the folder of a key below one of the store's folders.
func (s *Store) place(below string, k Key) (string, error) {
	if !plainKind.MatchString(k.Kind) {
		return "", fmt.Errorf("artifact: %q is not a kind: use letters, digits, '.', '_', '-'", k.Kind)
	}
	hash, err := k.Hash()
	if err != nil {
		return "", err
	}
	return filepath.Join(s.dir, below, k.Kind+"-"+hash[:24]), nil
}

// folder returns where the result of a key belongs.
func (s *Store) folder(k Key) (string, error) { return s.place("results", k) }

// Scratch returns a folder that belongs to the key's unfinished computation,
// for checkpoints. It is made here and goes away when the result is saved.
func (s *Store) Scratch(k Key) (string, error) {
	dir, err := s.place("unfinished", k)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("artifact: %w", err)
	}
	return dir, nil
}

// Find returns the stored result of a key, or ErrMissing.
func (s *Store) Find(k Key) (*Entry, error) {
	dir, err := s.folder(k)
	if err != nil {
		return nil, err
	}
	return readEntry(dir)
}

func readEntry(dir string) (*Entry, error) {
	data, err := os.ReadFile(filepath.Join(dir, "key.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("artifact: %s: %w", dir, ErrMissing)
	} else if err != nil {
		return nil, fmt.Errorf("artifact: %w", err)
	}
	e := &Entry{dir: dir}
	if err := Unmarshal(data, &e.stamp); err != nil {
		return nil, fmt.Errorf("artifact: %s: %w: %w", dir, ErrDamaged, err)
	}
	return e, nil
}

// Save stores a result, with or without arrays, in place of any that was there.
func (s *Store) Save(k Key, value any, arrays Arrays) (*Entry, error) {
	files := map[string][]byte{}
	var err error
	if files["value.json"], err = Marshal(value); err != nil {
		return nil, err
	}
	if len(arrays) > 0 {
		if files["arrays.npz"], err = EncodeArrays(arrays); err != nil {
			return nil, err
		}
	}
	st := stamp{Key: k, Files: map[string]string{}}
	for name, data := range files {
		st.Files[name] = digest(data)
	}
	if files["key.json"], err = Marshal(st); err != nil {
		return nil, err
	}
	dir, err := s.folder(k)
	if err != nil {
		return nil, err
	}
	if err := replaceFolder(dir, files); err != nil {
		return nil, fmt.Errorf("artifact: save %s: %w", k.Kind, err)
	}
	if scratch, err := s.place("unfinished", k); err == nil {
		os.RemoveAll(scratch) // best effort: left-overs cost space, not correctness
	}
	return &Entry{dir: dir, stamp: st}, nil
}

// Do returns the stored result of k or makes, stores and returns it. A damaged
// entry is made again.
func Do[T any](ctx context.Context, s *Store, k Key, compute func(context.Context) (T, error)) (T, error) {
	var value T
	entry, err := s.Find(k)
	if err == nil {
		err = entry.Value(&value)
	}
	if err == nil {
		return value, nil
	}
	if !errors.Is(err, ErrMissing) && !errors.Is(err, ErrDamaged) {
		return value, err
	}
	if value, err = compute(ctx); err != nil {
		return value, err
	}
	_, err = s.Save(k, value, nil)
	return value, err
}

var plainName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*(/[A-Za-z0-9][A-Za-z0-9_.-]*)*$`)

func (s *Store) namePath(name string) (string, error) {
	if !plainName.MatchString(name) {
		return "", fmt.Errorf("artifact: %q is not a name: use letters, digits, '.', '_', '-', with '/' between parts", name)
	}
	return filepath.Join(s.dir, "names", filepath.FromSlash(name)+".name"), nil
}

// Name makes name point at the result of k.
func (s *Store) Name(name string, k Key) error {
	path, err := s.namePath(name)
	if err != nil {
		return err
	}
	dir, err := s.folder(k)
	if err != nil {
		return err
	}
	return WriteFile(path, []byte(filepath.Base(dir)+"\n"))
}

// Named returns the result that name points at. It is ErrMissing where there
// is none, and ErrStale where the running program would make another.
func (s *Store) Named(name string) (*Entry, error) {
	path, err := s.namePath(name)
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("artifact: %q: %w: run the experiment that makes it first", name, ErrMissing)
	} else if err != nil {
		return nil, fmt.Errorf("artifact: %w", err)
	}
	entry, err := readEntry(filepath.Join(s.dir, "results", filepath.Base(strings.TrimSpace(string(data)))))
	if err != nil {
		return nil, fmt.Errorf("artifact: %q: %w", name, err)
	}
	if why := entry.Key().current(); why != nil {
		return nil, fmt.Errorf("artifact: %q: %w: %w: run the experiment again", name, ErrStale, why)
	}
	return entry, nil
}

// Load returns the value of the result that name points at in the default
// store, checked as by [Store.Named].
func Load[T any](name string) (T, error) {
	var value T
	s, err := Default()
	if err != nil {
		return value, err
	}
	entry, err := s.Named(name)
	if err != nil {
		return value, err
	}
	return value, entry.Value(&value)
}
