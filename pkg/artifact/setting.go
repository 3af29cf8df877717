package artifact

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Preset names a size of all experiments.
type Preset string

// The presets: a few minutes on two cores; a few hours; a night or a GPU.
const (
	Quick    Preset = "quick"
	Standard Preset = "standard"
	Paper    Preset = "paper"
)

// Cortex is the name of the embedded dataset.
const Cortex = "cortex"

// Setting is what one switch changes for all experiments at once.
type Setting struct {
	// Dataset is the name of the embedded cortex, of a pack, or the path of a
	// folder. Default Cortex.
	Dataset string `json:"dataset"`
	// Preset is the size. Default Quick.
	Preset Preset `json:"preset"`
	// Seed is the experiment's. Default 1.
	Seed uint64 `json:"seed"`
}

// FromEnvironment reads CORTIGEN_DATASET, CORTIGEN_PRESET and CORTIGEN_SEED;
// what is not set has its default.
func FromEnvironment() (Setting, error) {
	s := Setting{
		Dataset: cmp.Or(os.Getenv("CORTIGEN_DATASET"), Cortex),
		Preset:  Preset(cmp.Or(os.Getenv("CORTIGEN_PRESET"), string(Quick))),
		Seed:    1,
	}
	var err error
	if text := os.Getenv("CORTIGEN_SEED"); text != "" {
		if s.Seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			err = fmt.Errorf("artifact: CORTIGEN_SEED is %q: use a whole number", text)
		}
	}
	return s, errors.Join(err, s.Validate())
}

// Validate reports a preset that does not exist.
func (s Setting) Validate() error {
	if presets := []Preset{Quick, Standard, Paper}; !slices.Contains(presets, s.Preset) {
		return fmt.Errorf("artifact: preset %q: use one of %q", s.Preset, presets)
	}
	return nil
}

// DatasetName returns the dataset's short name: the last part of a path.
func (s Setting) DatasetName() string { return filepath.Base(s.Dataset) }

// Name returns the name under which an experiment's result is kept, so that
// results of other switches are never mistaken for it.
func (s Setting) Name(experiment string) string {
	dataset := plain(s.DatasetName())
	if s.Dataset != s.DatasetName() {
		// Two folders may have the same last part.
		where := s.Dataset
		if absolute, err := filepath.Abs(where); err == nil {
			where = absolute
		}
		sum := sha256.Sum256([]byte(where))
		dataset += fmt.Sprintf("-%x", sum[:4])
	}
	backend := "auto"
	if asked := os.Getenv("GOMLX_BACKEND"); asked != "" {
		backend, _, _ = strings.Cut(asked, ":")
	}
	return strings.Join([]string{dataset, string(s.Preset), "seed-" + strconv.FormatUint(s.Seed, 10), plain(backend), experiment}, "/")
}

// plain replaces what a name may not hold.
func plain(text string) string {
	mapped := strings.Map(func(r rune) rune {
		if r < 128 && plainName.MatchString(string(r)) || r == '-' || r == '_' {
			return r
		}
		return '-'
	}, text)
	return cmp.Or(strings.TrimLeft(mapped, "-_"), "unnamed")
}
