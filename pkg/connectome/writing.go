package connectome

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Writing says how Save writes. The zero value goes by the path's extension.
type Writing struct {
	// Format is the name of one of Formats; "" means that the path's extension
	// tells, and that a path without one is a folder of our own parquet pair.
	Format string `json:"format,omitempty"`
	// Overwrite is whether what is at the path may be replaced.
	Overwrite bool `json:"overwrite,omitempty"`
	// Simulator is the rule of weights and delays in tables for simulators.
	Simulator SimulatorConfig `json:"simulator,omitzero"`
	// Python is as in Reading.
	Python string `json:"-"`
}

// writer returns the format to write to a path.
func (w Writing) writer(path string) (format, error) {
	all := slices.DeleteFunc(formats(), func(f format) bool { return f.save == nil })
	extension := strings.ToLower(filepath.Ext(path))
	inner := strings.ToLower(filepath.Ext(path[:len(path)-len(extension)]))
	for _, f := range all {
		if w.Format == f.Name || w.Format == "" && (extension == f.Extension || extension == ".gz" && f.compresses && inner == f.Extension) {
			return f, nil
		}
	}
	if w.Format != "" {
		return format{}, fmt.Errorf("connectome: save: format %q is not written: use one of %s", w.Format, names(all))
	}
	return format{}, fmt.Errorf("connectome: save: %s: nothing is written with extension %q: name a format, one of %s", path, extension, names(all))
}

// Save writes a reconstruction to path: a file, or a folder for a format of
// several files. What a format cannot hold is said in its Title. A reader sees
// the old path or the new one, never a part. An error names what was wrong and
// leaves nothing at the path.
func Save(ctx context.Context, c *Connectome, path string, w Writing) (err error) {
	f, err := w.writer(path)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(path); err == nil && !w.Overwrite {
		return fmt.Errorf("connectome: save: %s is there already: choose another path, or say that it may be overwritten", path)
	}
	parent := filepath.Dir(filepath.Clean(path))
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return fmt.Errorf("connectome: save: %w", err)
	}
	// All of it is made in a folder beside the path, on the same disk.
	work, err := os.MkdirTemp(parent, ".new-*")
	if err != nil {
		return fmt.Errorf("connectome: save: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	fresh := filepath.Join(work, filepath.Base(path))
	if f.Folder {
		if err := os.Mkdir(fresh, 0o755); err != nil {
			return fmt.Errorf("connectome: save: %w", err)
		}
	}
	if err := f.save(ctx, c, fresh, w); err != nil {
		return fmt.Errorf("connectome: save %s as %s: %w", path, f.Name, err)
	}
	if err := os.Rename(path, filepath.Join(work, "old")); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("connectome: save: %w", err)
	}
	if err := os.Rename(fresh, path); err != nil {
		return fmt.Errorf("connectome: save: %w", err)
	}
	return nil
}
