package artifact

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// WriteFile writes data to path so that a reader sees the old file or the new
// one, never a part: it writes beside it, syncs, and renames. Folders are made
// as needed.
func WriteFile(path string, data []byte) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("artifact: write %s: %w", path, err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("artifact: write %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("artifact: write %s: %w", path, errors.Join(err, os.Remove(f.Name())))
		}
	}()
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
