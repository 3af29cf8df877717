package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/cortigen/cortigen/pkg/artifact"
)

// copiedFile remembers, in a folder of copies, the hash of each as it was made.
const copiedFile = ".cortigen-copies.json"

// copyCourse puts notebooks into a folder to work in. A copy that is as it was
// made follows its notebook; one that was changed is the user's and stays, and
// out is told where the notebook has changed too.
func copyCourse(notebooks []string, folder string, out io.Writer) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	memory := filepath.Join(folder, copiedFile)
	made := map[string]string{}
	text, err := os.ReadFile(memory)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case json.Unmarshal(text, &made) != nil:
		return fmt.Errorf("%s is not JSON: remove it; changed copies then count as yours", memory)
	}
	for _, path := range notebooks {
		name := filepath.Base(path)
		hash, err := copyNotebook(path, filepath.Join(folder, name), made[name], out)
		if err != nil {
			return err
		}
		made[name] = hash
	}
	text, err = json.MarshalIndent(made, "", "  ")
	if err != nil {
		return err
	}
	return artifact.WriteFile(memory, text)
}

// copyNotebook makes one copy, where none is or it is as made, and returns the
// hash of the notebook that it is from.
func copyNotebook(from, to, made string, out io.Writer) (string, error) {
	fresh, err := os.ReadFile(from)
	if err != nil {
		return "", err
	}
	old, err := os.ReadFile(to)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	switch {
	case err != nil, hashOf(old) == made && !bytes.Equal(old, fresh):
		return hashOf(fresh), artifact.WriteFile(to, fresh)
	case hashOf(old) != made && hashOf(fresh) != made && !bytes.Equal(old, fresh):
		fmt.Fprintf(out, "%s was changed here and in the course: yours is kept; rename it to get the new one\n", to)
		return made, nil
	}
	return hashOf(fresh), nil
}

func hashOf(text []byte) string { return fmt.Sprintf("%x", sha256.Sum256(text)) }
