package figure

import (
	"fmt"
	"image/color"
	"strings"
	"testing"

	"github.com/cortigen/cortigen/pkg/circuit"
	"github.com/cortigen/cortigen/pkg/cortex"
	"github.com/cortigen/cortigen/pkg/latent"
)

// blueprintStudy is drawn up by hand: every factor shows itself, moves the next
// one a little, and the last is undefined.
func blueprintStudy(t *testing.T) cortex.Study {
	s := cortex.Study{Neurons: 4321}
	all := cortex.Factors()
	for k, f := range all {
		field := cortex.Field{Factor: f, Side: 1000, Width: 6}
		for i := range 36 {
			field.Values = append(field.Values, f.Min+(f.Max-f.Min)*float64((i+k)%36)/35)
		}
		s.Fields = append(s.Fields, field)
		turn := cortex.Turn{
			Factor: f, Levels: []float64{f.Min, (f.Min + f.Max) / 2, f.Max},
			Shown: map[string][]latent.Interval{}, Effects: map[string]latent.Interval{},
			Circuits: [3]*circuit.Circuit{ring(t, 12), ring(t, 14), ring(t, 16)},
			Mark:     "edges that stand out", Marked: [3][]circuit.Edge{{{Pre: 0, Post: 1}}, nil, nil},
		}
		for _, v := range turn.Levels {
			turn.Shown[f.Name] = append(turn.Shown[f.Name], latent.Interval{Value: 1.02 * v, Lo: .98 * v, Hi: 1.06 * v, N: 31})
		}
		for _, g := range all {
			turn.Effects[g.Name] = latent.Interval{Value: .04, Lo: -.1, Hi: .2, N: 31}
		}
		turn.Effects[f.Name] = latent.Interval{Value: 5.5, Lo: 5, Hi: 6, N: 31}
		turn.Effects[all[(k+1)%len(all)].Name] = latent.Interval{Value: -.7, Lo: -.9, Hi: -.5, N: 31}
		s.Turns = append(s.Turns, turn)
	}
	s.Turns[2].Effects[cortex.Tilt] = latent.Interval{Value: nan, Lo: nan, Hi: nan}
	for i := range 4 {
		s.Published = append(s.Published, cortex.Statistic{
			Name: fmt.Sprint("statistic ", i), Unit: []string{"1", "µm"}[i%2], Published: 50, Ours: 48 + float64(i), Lo: 47, Hi: 53, Tolerance: 5,
		})
	}
	return s
}

func blueprintFigures(t *testing.T) map[string]drawn {
	s := blueprintStudy(t)
	return map[string]drawn{
		"fields":    {func() (*Figure, error) { return Fields(s) }, []string{"e share, 0.8 to 0.98", "decay, 58 to 96 µm", "x (µm)", "of the range: 0 %", "100 %", "n = 4321 neurons"}},
		"turn":      {func() (*Figure, error) { return Turn(s, cortex.Decay) }, []string{"decay 58: 12 edges", "decay 96: 16 edges", "planted decay (µm)", "shown decay (µm)", "n = 31 independent circuits", "as planted", "23P", "edges that stand out", "other edges"}},
		"turns":     {func() (*Figure, error) { return Turns(s) }, []string{"planted density", "shown tilt (log-odds)", "n = 31"}},
		"effects":   {func() (*Figure, error) { return Effects(s) }, []string{"factor turned", "n = 31", "5.5*", "0.0", "–", "modularity"}},
		"published": {func() (*Figure, error) { return Published(s) }, []string{"n = 4321 neurons", "in tolerances", "statistic 1: 49, published 50 µm", "tolerance"}},
	}
}

func TestBlueprintFigures(t *testing.T) {
	for name, c := range blueprintFigures(t) {
		t.Run(name, func(t *testing.T) { check(t, c) })
	}
}

func TestNothingOfABlueprintToDraw(t *testing.T) {
	bare := cortex.Study{Turns: []cortex.Turn{{Factor: cortex.Factors()[0]}}}
	for name, make := range map[string]func() (*Figure, error){
		"fields":          func() (*Figure, error) { return Fields(bare) },
		"unknown factor":  func() (*Figure, error) { return Turn(blueprintStudy(t), "none") },
		"no circuits":     func() (*Figure, error) { return Turn(bare, cortex.Density) },
		"nothing turned":  func() (*Figure, error) { return Turns(cortex.Study{}) },
		"nothing read":    func() (*Figure, error) { return Turns(bare) },
		"no effects":      func() (*Figure, error) { return Effects(cortex.Study{}) },
		"nothing to meet": func() (*Figure, error) { return Published(bare) },
	} {
		if f, err := make(); err == nil || f != nil || !strings.HasPrefix(err.Error(), "figure: ") {
			t.Errorf("%s: error is %v, want one of this package", name, err)
		}
	}
}

func TestEffectColours(t *testing.T) {
	white := color.RGBA{255, 255, 255, 255}
	for _, c := range []struct {
		sd   float64
		want color.RGBA
	}{{0, white}, {3, sky}, {90, sky}, {-3, orange}, {nan, pale}} {
		if got := effectColour(c.sd); got != c.want {
			t.Errorf("%g sd is %v, expected %v", c.sd, got, c.want)
		}
	}
}
