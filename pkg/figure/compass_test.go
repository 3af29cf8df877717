package figure

import (
	"math"
	"strings"
	"testing"

	"github.com/cortigen/cortigen/pkg/latent"
	"github.com/cortigen/cortigen/pkg/steer"
)

func recovery() latent.Recovery {
	nan := math.NaN()
	of := func(name string, given bool) latent.RecoveredFactor {
		return latent.RecoveredFactor{
			Factor: name, Unit: "µm", Given: given, R2: interval(.6), Ceiling: interval(.8), Share: interval(.75), Posterior: interval(.7), Classes: latent.Interval{Value: -9, Lo: nan, Hi: nan},
			Values: []float64{1, 2, 3}, Predicted: []float64{1.5, 2, 2.5}, Known: []float64{1.1, 2, 2.9},
		}
	}
	sizes := []latent.SampleSize{{Circuits: 8, R2: interval(.1)}, {Circuits: 16, R2: interval(.4)}, {Circuits: 32, R2: latent.Interval{Value: nan}}}
	return latent.Recovery{
		Judged: 3, Factors: []latent.RecoveredFactor{of("decay", false), of("e_share", true)},
		Curves: []latent.SampleSizeCurve{{Measure: "decay", Sizes: sizes}, {Measure: "e_share"}},
	}
}

func compass() latent.Compass {
	nan := math.NaN()
	of := func(diagonal, rest float64) latent.Specificity {
		return latent.Specificity{Matrix: [][]float64{{diagonal, rest}, {nan, diagonal}}, Dominance: interval(.4)}
	}
	attribution := func(measure string) latent.Attribution {
		return latent.Attribution{Measure: measure, Importance: []float64{.1, .4, 0}}
	}
	return latent.Compass{
		Measures: []string{"density", "wire_length"}, Dim: 3, Step: 2, Starts: 4, Samples: 64,
		Plain:   latent.SpecificityContrast{Directions: of(1, -.2), Random: of(.2, .2)},
		Pure:    latent.SpecificityContrast{Directions: of(.7, 0)},
		Weights: []latent.Attribution{attribution("density"), attribution("wire_length")}, Response: []latent.Attribution{attribution("density"), attribution("wire_length")},
		Readouts: []latent.Readout{{Measure: "density", Ridge: interval(.8), ByPCA: []float64{.1, .2, nan}, ByPLS: []float64{.6, .7, .7}}},
	}
}

func synthesis() steer.Synthesis {
	of := func(method string, front bool) steer.Entry {
		return steer.Entry{Method: method, Standing: steer.Standing{
			HitRate: interval(.6), ByKind: []steer.Rate{{Of: "near", Rate: interval(.8)}, {Of: "far", Rate: interval(.3)}}, HeldDriftSD: interval(.2), HeldFloorSD: interval(.05), Diversity: interval(.9), OnFront: front,
		}}
	}
	asked := func(sd, got float64, refused bool) steer.Answer {
		t := steer.Achievement{Asked: steer.Value("density", .1+.02*sd), Achieved: steer.Reading{MeanSD: got, SDSD: .5}}
		return steer.Answer{Targets: []steer.Achievement{t}, HitSD: math.Abs(got - sd), OutOfReach: refused}
	}
	return steer.Synthesis{
		Likeness: []latent.Interval{interval(.9), interval(.7)}, Real: interval(.91),
		Samples: 64, Reference: steer.Reference{Names: []string{"density", "edges"}, Mean: []float64{.1, 100}, SD: []float64{.02, 9}},
		Sweep: []steer.Answer{asked(-1, -1.1, false), asked(2, 1.5, false), asked(4, 2.9, true)},
		Board: steer.Board{Queries: make([]steer.Query, 12), Entries: []steer.Entry{of("gradient", true), of("sbm", false)}},
		Reach: []steer.Reach{{Measure: "density", LowSD: -2, HighSD: 3, Codes: 60}, {Measure: "edges", LowSD: -1, HighSD: 1, Codes: 60}},
	}
}

func TestFiguresOfDirections(t *testing.T) {
	for name, c := range map[string]drawn{
		"recovery":     {func() (*Figure, error) { return Recovery(recovery()) }, []string{"n = 3 circuits", "decay", "not in the wiring", "the ceiling"}},
		"recovered":    {func() (*Figure, error) { return Recovered(recovery()) }, []string{"planted (µm)", "from the code, n = 3 circuits"}},
		"sample sizes": {func() (*Figure, error) { return SampleSizes(recovery()) }, []string{"training circuits", "decay"}},
		"directions":   {func() (*Figure, error) { return Directions(compass()) }, []string{"wire length 2", "0.40 on the diagonal", "from 4 codes, 64 circuits each"}},
		"importances":  {func() (*Figure, error) { return Importances(compass()) }, []string{"dimension of the code", "wire length"}},
		"readouts":     {func() (*Figure, error) { return Readouts(compass()) }, []string{"directions", "supervised directions (PLS)"}},
		"board":        {func() (*Figure, error) { return Board(synthesis()) }, []string{"gradient *", "n = 12", "drift (sd)"}},
		"asked":        {func() (*Figure, error) { return Asked(synthesis()) }, []string{"density", "asked (sd)", "mean of 64 circuits", "missed without a word"}},
		"front":        {func() (*Figure, error) { return Front(synthesis()) }, []string{"gradient", "sbm", "share of requests met", "n = 12", "AUC of class × distance"}},
		"reach":        {func() (*Figure, error) { return Reach(synthesis()) }, []string{"density", "sd of real circuits from their mean"}},
	} {
		t.Run(name, func(t *testing.T) { check(t, c) })
	}
}

func TestNoDirectionsToDraw(t *testing.T) {
	for name, make := range map[string]func() (*Figure, error){
		"recovery":     func() (*Figure, error) { return Recovery(latent.Recovery{}) },
		"recovered":    func() (*Figure, error) { return Recovered(latent.Recovery{}) },
		"sample sizes": func() (*Figure, error) { return SampleSizes(latent.Recovery{}) },
		"directions":   func() (*Figure, error) { return Directions(latent.Compass{}) },
		"importances":  func() (*Figure, error) { return Importances(latent.Compass{}) },
		"readouts":     func() (*Figure, error) { return Readouts(latent.Compass{}) },
		"board":        func() (*Figure, error) { return Board(steer.Synthesis{}) },
		"asked":        func() (*Figure, error) { return Asked(steer.Synthesis{}) },
		"front":        func() (*Figure, error) { return Front(steer.Synthesis{}) },
		"reach":        func() (*Figure, error) { return Reach(steer.Synthesis{}) },
	} {
		if f, err := make(); err == nil || f != nil || !strings.HasPrefix(err.Error(), "figure: ") {
			t.Errorf("%s: error is %v, want one of this package", name, err)
		}
	}
}
