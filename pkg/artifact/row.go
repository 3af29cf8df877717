package artifact

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Row is one measured number of the results table, figures/results.json.
type Row struct {
	// Name is experiment.model-or-method.quantity[.detail].
	Name string `json:"name"`
	// Dataset is what it was measured on, or "" where no data was involved.
	Dataset string `json:"dataset"`
	Preset  string `json:"preset"`
	Backend string `json:"backend"`
	// Value, and its 95 % interval; NaN (null) where undefined, and then Note
	// says why.
	Value float64 `json:"value"`
	Lo    float64 `json:"lo"`
	Hi    float64 `json:"hi"`
	// N is the number of independent things behind the value: regions,
	// requests, runs.
	N    int    `json:"n"`
	Unit string `json:"unit"`
	// Baselines are the same quantity of simpler answers, by name.
	Baselines map[string]float64 `json:"baselines,omitempty"`
	// Command is how to measure it again.
	Command string `json:"command"`
	// Note says what a reader must know to read the number right.
	Note string `json:"note,omitempty"`
}

// Validate returns every fault of a row: no name, unit or command; a value that
// is infinite, or undefined without a note; an interval that misses the value.
func (r Row) Validate() error {
	var faults []error
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("artifact: row %q: "+format, append([]any{r.Name}, args...)...))
	}
	if strings.Count(r.Name, ".") < 1 {
		fault("the name should be experiment.model-or-method.quantity")
	}
	for _, field := range []struct{ name, text string }{{"preset", r.Preset}, {"unit", r.Unit}, {"command", r.Command}} {
		if field.text == "" {
			fault("no %s", field.name)
		}
	}
	if math.IsInf(r.Value, 0) || math.IsInf(r.Lo, 0) || math.IsInf(r.Hi, 0) {
		fault("infinite value or interval: %g (%g to %g)", r.Value, r.Lo, r.Hi)
	}
	if math.IsNaN(r.Value) && r.Note == "" {
		fault("undefined, but no note says why")
	}
	if r.Lo > r.Value || r.Hi < r.Value {
		fault("value %g outside its interval %g to %g", r.Value, r.Lo, r.Hi)
	}
	return errors.Join(faults...)
}

// compare orders rows by what they measure; 0 means the same thing.
func (r Row) compare(s Row) int {
	return cmp.Or(cmp.Compare(r.Name, s.Name), cmp.Compare(r.Dataset, s.Dataset), cmp.Compare(r.Preset, s.Preset), cmp.Compare(r.Backend, s.Backend))
}

// MergeRows returns old with the rows of fresh in place of those that measure
// the same thing, ordered by name, dataset, preset and backend.
func MergeRows(old, fresh []Row) []Row {
	merged := slices.Clone(fresh)
	for _, r := range old {
		if !slices.ContainsFunc(fresh, func(f Row) bool { return f.compare(r) == 0 }) {
			merged = append(merged, r)
		}
	}
	slices.SortStableFunc(merged, Row.compare)
	return merged
}

// ReadRows reads a results table; a file that is not there holds none.
func ReadRows(path string) ([]Row, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("artifact: %w", err)
	}
	var rows []Row
	if err := Unmarshal(data, &rows); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return rows, nil
}

// WriteRows writes a results table atomically, after checking every row.
func WriteRows(path string, rows []Row) error {
	for _, r := range rows {
		if err := r.Validate(); err != nil {
			return err
		}
	}
	data, err := Marshal(rows)
	if err != nil {
		return err
	}
	return WriteFile(path, data)
}

// PutRows keeps measured rows that no experiment owns, such as timings of a
// command, for the next one that writes the results table. They replace the
// rows kept under the same name.
func (s *Store) PutRows(name string, rows []Row) error {
	if !plainName.MatchString(name) {
		return fmt.Errorf("artifact: %q is not a name for rows", name)
	}
	return WriteRows(filepath.Join(s.dir, "rows", filepath.FromSlash(name)+".json"), rows)
}

// Rows returns all rows that were put, by name.
func (s *Store) Rows() ([]Row, error) {
	var all []Row
	err := filepath.WalkDir(filepath.Join(s.dir, "rows"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".json" {
			return err
		}
		rows, err := ReadRows(path)
		all = append(all, rows...)
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return all, err
}
