package catalogue

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/cortigen/cortigen/pkg/artifact"
)

// Locate returns the folder or file that a user means by a dataset's name: a
// path, what has the name in CORTIGEN_DATA, or the dataset of the catalogue that
// was fetched under it, in this order. An entry that was not fetched yet is an
// error that says how to.
func Locate(dataset string) (string, error) {
	places := []string{dataset}
	if data := os.Getenv("CORTIGEN_DATA"); data != "" && !filepath.IsAbs(dataset) {
		places = append(places, filepath.Join(data, dataset))
	}
	for _, place := range places {
		_, err := os.Stat(place)
		if err == nil {
			return place, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("catalogue: dataset: %w", err)
		}
	}
	if path, fetched := Find(dataset); fetched {
		return path, nil
	}
	if entry, err := Lookup(dataset); err == nil {
		return "", fmt.Errorf("catalogue: dataset %q was not fetched yet: go run ./datasets fetch %s", dataset, entry.Name)
	}
	return "", fmt.Errorf("catalogue: no dataset %q (looked at %q): give %q, a folder or file, the name of one in CORTIGEN_DATA, or one of go run ./datasets list: %w", dataset, places, artifact.Cortex, fs.ErrNotExist)
}
