package experiment

import (
	"context"
	"fmt"

	"github.com/cortigen/cortigen/pkg/artifact"
	"github.com/cortigen/cortigen/pkg/cortex"
)

// BlueprintName is the name of the experiment that turns the factors of the
// embedded cortex.
const BlueprintName = "blueprint"

// What a study shows (ours): factors on a map of mapWidth squares a side, and
// turned to turnLevels levels with half as many circuits at each as are decoded of
// a steered code.
const (
	mapWidth   = 64
	turnLevels = 5
)

// turned is what decides a study.
type turned struct {
	Map, Levels, Circuits int
}

// Blueprint shows what the embedded cortex is made of, whatever the setting's
// dataset is: its factors over the sheet, circuits as each of them is turned, and
// its statistics beside published ones.
func (r *Run) Blueprint(ctx context.Context) (cortex.Study, error) {
	checksum, err := cortex.Checksum(cortex.Config{}, r.cortexSeed())
	if err != nil {
		return cortex.Study{}, err
	}
	c := turned{mapWidth, turnLevels, max(2, r.sizes().Samples/2)}
	k, err := r.key(BlueprintName, "blueprint.go", "", c, checksum)
	if err != nil {
		return cortex.Study{}, err
	}
	return named(ctx, r, BlueprintName, k, func(ctx context.Context) (cortex.Study, error) { return r.turn(ctx, c) })
}

func (r *Run) turn(ctx context.Context, c turned) (cortex.Study, error) {
	factors := cortex.Factors()
	r.progress("blueprint", 0, 1+len(factors), "the sheet, beside published statistics")
	sheet, err := r.sheet(ctx)
	if err != nil {
		return cortex.Study{}, err
	}
	s := cortex.Study{Neurons: sheet.Connectome().Len(), Fields: sheet.Fields(c.Map)}
	if s.Published, err = cortex.Published(ctx, sheet.Connectome()); err != nil {
		return cortex.Study{}, err
	}
	for i, f := range factors {
		r.progress("blueprint", 1+i, 1+len(factors), "turning "+f.Name)
		turn, err := cortex.TurnFactor(ctx, f.Name, c.Levels, c.Circuits, r.seed().Sub("turn"))
		if err != nil {
			return cortex.Study{}, err
		}
		s.Turns = append(s.Turns, turn)
	}
	return s, nil
}

// BlueprintRows returns what the study says in numbers, as rows of the results
// table. They are of the embedded cortex and of no backend.
func (r *Run) BlueprintRows(ctx context.Context) ([]artifact.Row, error) {
	study, err := r.Blueprint(ctx)
	if err != nil {
		return nil, err
	}
	l := ledger{proto: artifact.Row{
		Dataset: artifact.Cortex, Preset: string(r.Setting.Preset), Backend: "none",
		Command: fmt.Sprintf("go run ./figures -preset %s -only blueprint", r.Setting.Preset),
	}}
	l.blueprint(study)
	return l.rows, nil
}

func (l *ledger) blueprint(s cortex.Study) {
	p := s.WorstPublished()
	l.add("cortex.published.worst_error_over_tolerance", number(p.Error(), len(s.Published)), "tolerances", map[string]float64{"just met": 1},
		fmt.Sprintf("worst of n statistics: %s is %.3g, published %.3g (%s), tolerance %.2g (%s)", p.Name, p.Ours, p.Published, p.Source, p.Tolerance, p.Why))
	for _, t := range s.Turns {
		l.add("cortex.blueprint.effect."+t.Factor.Name, t.Effects[t.Factor.Name], "sd", map[string]float64{"no effect": 0},
			"turned through its range, by how much it moves what circuits show of it, in their sd; mean over circuits")
	}
	leak, weakest := s.WorstLeak(), s.WeakestAnswer()
	l.add("cortex.blueprint.worst_leak", leak.Effect, "sd", map[string]float64{"the weakest own effect, of " + weakest.Turned: weakest.Effect.Value},
		fmt.Sprintf("turning %s through its range moves what circuits show of %s, with truth of effects unknown to the fit", leak.Turned, leak.Shown))
}
