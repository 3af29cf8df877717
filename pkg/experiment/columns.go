package experiment

import (
	"context"

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/catalogue"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/cortex"
	"github.com/cortigen/cortigen/pkg/seed"
)

func (r *Run) cortexSeed() seed.Seed { return r.seed().Sub("cortex") }

// tissueChecksum returns what the tissue's Checksum would be, without reading
// or making it.
func (r *Run) tissueChecksum() (string, error) {
	if r.Setting.Dataset == artifact.Cortex {
		return cortex.Checksum(cortex.Config{}, r.cortexSeed())
	}
	path, err := catalogue.Locate(r.Setting.Dataset)
	if err != nil {
		return "", err
	}
	return connectome.Checksum(path)
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
