package experiment

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/cortex"
	"github.com/cortigen/cortigen/pkg/seed"
)

// Tissue opens the setting's dataset: the embedded cortex, a folder, or the
// name of a pack in CORTIGEN_DATA.
func (r *Run) Tissue(ctx context.Context) (*connectome.Connectome, error) {
	if r.Setting.Dataset == artifact.Cortex {
		return cortex.New(ctx, cortex.Config{}, r.cortexSeed())
	}
	path, err := findDataset(r.Setting.Dataset)
	if err != nil {
		return nil, err
	}
	return connectome.Open(ctx, path)
}

func (r *Run) cortexSeed() seed.Seed { return r.seed().Sub("cortex") }

// tissueChecksum returns what the tissue's Checksum would be, without reading
// or making it.
func (r *Run) tissueChecksum() (string, error) {
	if r.Setting.Dataset == artifact.Cortex {
		return cortex.Checksum(cortex.Config{}, r.cortexSeed())
	}
	path, err := findDataset(r.Setting.Dataset)
	if err != nil {
		return "", err
	}
	return connectome.Checksum(path)
}

// findDataset returns the folder that a user means by a name or path.
func findDataset(dataset string) (string, error) {
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
			return "", fmt.Errorf("experiment: dataset: %w", err)
		}
	}
	return "", fmt.Errorf("experiment: no dataset %q (looked at %q): give %q, a folder, or the name of a folder in CORTIGEN_DATA", dataset, places, artifact.Cortex)
}

// cut is what decides a sample.
type cut struct {
	Counts map[connectome.Split]int `json:"counts"`
	Split  connectome.SplitConfig   `json:"split"`
	Band   connectome.ColumnConfig  `json:"band"`
}

func (r *Run) cut() cut {
	s := r.sizes()
	return cut{
		Counts: map[connectome.Split]int{connectome.Train: s.Train, connectome.Validation: s.Validation, connectome.Test: s.Test},
		Band:   s.Band,
	}
}

func (r *Run) columnsKey() (artifact.Key, error) {
	checksum, err := r.tissueChecksum()
	if err != nil {
		return artifact.Key{}, err
	}
	return r.key(ColumnsName, "columns.go", "", r.cut(), checksum)
}

// Columns returns the setting's columns, split by space.
func (r *Run) Columns(ctx context.Context) (connectome.Sample, error) {
	k, err := r.columnsKey()
	if err != nil {
		return connectome.Sample{}, err
	}
	return named(ctx, r, ColumnsName, k, func(ctx context.Context) (connectome.Sample, error) {
		r.progress("tissue", 0, 1, r.Setting.DatasetName())
		tissue, err := r.Tissue(ctx)
		if err != nil {
			return connectome.Sample{}, err
		}
		c := r.cut()
		return connectome.NewSample(ctx, tissue, c.Split, c.Band, c.Counts, r.seed().Sub("columns"))
	})
}
