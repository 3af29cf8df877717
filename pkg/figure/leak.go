package figure

import (
	"fmt"

	"gonum.org/v1/plot"

	"github.com/cortigen/cortigen/pkg/fidelity"
	"github.com/cortigen/cortigen/pkg/latent"
)

var (
	spatialMark = mark{colour: blue, dot: 3}
	randomMark  = mark{colour: vermillion, dot: 3, hollow: true}
)

// Leak shows what a random split pretends: the AUC of test edges under both
// splits, and how much of the test each has seen.
func Leak(l fidelity.Leak) (*Figure, error) {
	if len(l.Spatial.Reports) == 0 || len(l.Spatial.Reports) != len(l.Random.Reports) {
		return nil, errNothing("no splits to compare")
	}
	spatial, random := series{mark: spatialMark}, series{mark: randomMark}
	var names []string
	for k, r := range l.Spatial.Reports {
		names = append(names, r.Name)
		spatial.values, random.values = append(spatial.values, r.AUC), append(random.values, l.Random.Reports[k].AUC)
	}
	regions := func(r fidelity.Report) int { return r.AUC.N }
	scores, err := dotPanel("Edges of test circuits", fmt.Sprintf("AUC (n = %d and %d regions)", regions(l.Spatial.Reports[0]), regions(l.Random.Reports[0])), names, spatial, random)
	if err != nil {
		return nil, err
	}
	seen, err := dotPanel("Already seen in training", "share", []string{"test neurons", "test pairs"},
		series{spatialMark, []latent.Interval{plain(l.Spatial.Neurons), plain(l.Spatial.Pairs)}},
		series{randomMark, []latent.Interval{plain(l.Random.Neurons), plain(l.Random.Pairs)}})
	if err != nil {
		return nil, err
	}
	seen.X.Min, seen.X.Max = 0, 1
	f := newFigure(7.2, 2.4, []*plot.Plot{scores, seen})
	f.keys = []key{{"split by space", spatialMark}, {"random split", randomMark}}
	return f, nil
}
