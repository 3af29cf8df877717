package pkg

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// ErrNoRoot says that the working folder lies in no clone of this module.
var ErrNoRoot = errors.New("this is not inside a clone of github.com/cortigen/cortigen: run it there, or set CORTIGEN_ROOT to its folder")

// Root returns the folder of the clone to work in: CORTIGEN_ROOT, else the
// folder, from the working one upwards, whose go.mod is this module's, else
// ErrNoRoot.
func Root() (string, error) {
	if root := os.Getenv("CORTIGEN_ROOT"); root != "" {
		if !isRoot(root) {
			return "", fmt.Errorf("CORTIGEN_ROOT is %q: %w", root, ErrNoRoot)
		}
		return filepath.Abs(root)
	}
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("pkg: %w", err)
	}
	for !isRoot(dir) {
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", ErrNoRoot
		}
		dir = parent
	}
	return dir, nil
}

func isRoot(dir string) bool {
	text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	return err == nil && strings.HasPrefix(string(text), "module "+strings.TrimSuffix(modulePath, "/")+"\n")
}
