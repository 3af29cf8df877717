package fidelity

import (
	"context"
	"fmt"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/connectome"
	"github.com/cortigen/cortigen/pkg/latent"
	"github.com/cortigen/cortigen/pkg/seed"
	"github.com/cortigen/cortigen/pkg/structure"
)

// Portrait is a reconstruction as its circuits show it: measures of circuits of
// like size, which can be held against those of another source where measures of
// wholes cannot.
type Portrait struct {
	Overview connectome.Overview `json:"overview"`
	// Circuits is the number of circuits measured, Whole whether it is the
	// reconstruction itself, too small to be cut.
	Circuits int  `json:"circuits"`
	Whole    bool `json:"whole"`
	// Measures are names of package structure; Means those over circuits, with
	// intervals over regions where there are several.
	Measures []string          `json:"measures"`
	Means    []latent.Interval `json:"means"`
}

// Portray measures circuits, all cut from one reconstruction.
func Portray(ctx context.Context, o connectome.Overview, circuits []*circuit.Circuit, whole bool, measures []string, draws int, s seed.Seed) (Portrait, error) {
	table, err := structure.Profiles(ctx, circuits, measures...)
	if err != nil {
		return Portrait{}, fmt.Errorf("fidelity: portrait: %w", err)
	}
	p := Portrait{Overview: o, Circuits: len(circuits), Whole: whole, Measures: measures}
	for _, name := range measures {
		values, err := table.Column(name)
		if err != nil {
			return Portrait{}, fmt.Errorf("fidelity: portrait: %w", err)
		}
		p.Means = append(p.Means, MeanOver(values, connectome.Regions(circuits), draws, s))
	}
	return p, nil
}

// Overviews returns what portraits are of, for a table.
func Overviews(all []Portrait) []connectome.Overview {
	var list []connectome.Overview
	for _, p := range all {
		list = append(list, p.Overview)
	}
	return list
}
