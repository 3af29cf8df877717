package artifact

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// replaceFolder makes dir hold the files, by filling a folder beside it and
// renaming.
func replaceFolder(dir string, files map[string][]byte) (err error) {
	parent := filepath.Dir(dir)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return err
	}
	sweep(parent, time.Now())
	fresh, err := os.MkdirTemp(parent, newPrefix+"*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(fresh)) }()
	if err := os.Chmod(fresh, 0o755); err != nil {
		return err
	}
	for name, data := range files {
		if err := WriteFile(filepath.Join(fresh, name), data); err != nil {
			return err
		}
	}
	return swapFolder(fresh, dir)
}

// swapFolder renames fresh to dir, in place of what is there: a damaged entry,
// or that of a program that ran at the same time. A folder cannot be renamed
// onto another, so the old one is moved away first; a program that puts its own
// there in between is why this is a loop, which every such program passes once.
func swapFolder(fresh, dir string) error {
	err := os.Rename(fresh, dir)
	if err == nil {
		return nil
	}
	const attempts = 1000 // more programs than will ever save the same result at once
	old, tempErr := os.MkdirTemp(filepath.Dir(dir), oldPrefix+"*")
	if tempErr != nil {
		return errors.Join(err, tempErr)
	}
	defer os.RemoveAll(old) // best effort, as sweep comes by later
	for attempt := range attempts {
		moved := os.Rename(dir, filepath.Join(old, strconv.Itoa(attempt)))
		if moved != nil && !errors.Is(moved, fs.ErrNotExist) {
			return moved
		}
		if err = os.Rename(fresh, dir); err == nil {
			return nil
		}
	}
	return err
}

// Names of unfinished folders begin so.
const (
	newPrefix = ".new-"
	oldPrefix = ".old-"
)

// leftOver is the age at which an unfinished folder must be that of a program
// that was killed: filling one takes seconds (ours).
const leftOver = 24 * time.Hour

// sweep removes what killed programs left. It does its best: left-overs cost
// space, not correctness, since no name leads to them.
func sweep(parent string, now time.Time) {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return
	}
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), newPrefix) && !strings.HasPrefix(entry.Name(), oldPrefix) {
			continue
		}
		if info, err := entry.Info(); err == nil && now.Sub(info.ModTime()) > leftOver {
			os.RemoveAll(filepath.Join(parent, entry.Name()))
		}
	}
}
